"""Test an identity of tensors in a finite field: random primes, sizes and values.

Every maximal part that is not rational, such as an entry of exp(A*x), stands for an unknown
of its shape, and equal parts, which are one node, for the same unknown. What remains is an
identity of rational functions. If it is false, it holds at a random point modulo a random
prime with the probability that Schwartz (1980) and Zippel (1979) bound.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.calculus.tensors import Tensor
from matcalc.checking.elimination import Singular, adjugate, determinant_and_inverse
from matcalc.checking.values import Arithmetic, Place, TooLarge, lengths, value_of
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder

BITS = 61
WANTED = 80
"""An identity is verified if the error is bounded by 2^-WANTED."""
MOST_TRIALS = 6

Sizes = Mapping[str, int]


class Verified(NamedTuple):
    """An identity held in a finite field; wrongly so with probability below 2^-bits."""

    bits: int
    sizes: tuple[Sizes, ...]
    trials: int


def holds(
    left: Tensor,
    right: Tensor,
    variables: Mapping[str, Expression],
    assignments: Sequence[Sizes],
    generator: random.Random,
) -> Verified | None:
    """Test whether two tensors are equal at these sizes; None if they differ, or it is open."""
    from math import floor, log2

    weight = _weight(left) + _weight(right)
    certain = BITS - 7 - log2(max(weight, 1))  # bits a trial: primes, degree and height
    if certain <= 1:
        return None
    trials = -(-WANTED // floor(certain))
    if trials > MOST_TRIALS:
        return None
    tested = []
    for sizes in assignments:
        for _ in range(trials):
            same = _trial(left, right, variables, sizes, generator)
            if same is None:
                break
            if not same:
                return None
        else:
            tested.append(sizes)
    if len(tested) < min(2, len(assignments)):
        return None
    return Verified(floor(certain * trials), tuple(tested), trials)


def _trial(
    left: Tensor,
    right: Tensor,
    variables: Mapping[str, Expression],
    sizes: Sizes,
    generator: random.Random,
) -> bool | None:
    """Compare at one random point; None if there is no value there."""
    import numpy as np

    for _ in range(4):
        prime = random_prime(generator)
        try:
            arrays = {
                name: _random(node, sizes, prime, generator) for name, node in variables.items()
            }
            place = Place(_modular(prime, sizes, generator), sizes, arrays, {})
            return bool(np.all(value_of(left, place) == value_of(right, place)))
        except Singular:
            continue
        except TooLarge:
            return None
    return None


def _random(node: Expression, sizes: Sizes, prime: int, generator: random.Random) -> Any:
    shape = [d.evaluate(sizes) for d in node.shape]
    array = _unknown(shape, prime, generator)
    structure = node.value.structure
    if structure == "diagonal":
        for i in range(shape[0]):
            for j in range(shape[0]):
                if i != j:
                    array[i, j] = 0
    elif structure:
        array = (array + array.T) % prime
    return array


def _unknown(shape: Sequence[int], prime: int, generator: random.Random) -> Any:
    import numpy as np

    array = np.empty(tuple(shape), dtype=object)
    for index in np.ndindex(*array.shape):
        array[index] = generator.randrange(prime)
    return array


def _modular(prime: int, sizes: Sizes, generator: random.Random) -> Arithmetic:
    """Return arithmetic modulo a prime; parts that are not rational become unknowns."""
    roots: dict[tuple[Tensor, int], Any] = {}

    def number(value: Fraction | int) -> int:
        exact = Fraction(value)
        return exact.numerator * inverse(exact.denominator) % prime

    def inverse(value: int) -> int:
        if value % prime == 0:
            raise Singular
        return pow(value, -1, prime)

    def power(tensor: Tensor, array: Any, exponent: Fraction) -> Any:
        if exponent.denominator != 1:
            key = (tensor, exponent.denominator)
            if key not in roots:
                roots[key] = _unknown(array.shape, prime, generator)
            array = roots[key]
        return _entrywise(array, lambda entry: _power(entry, exponent.numerator, prime))

    def opaque(node: Tensor, operands: Sequence[Any]) -> Any:
        place = Place(None, sizes, {}, {})  # type: ignore[arg-type]
        return _unknown(lengths(node, place), prime, generator)

    def matrix(name: str, entries: Any) -> Any:
        determinant, inverted = determinant_and_inverse(
            entries, lambda v: v % prime, lambda a, b: a * inverse(b), lambda v: v % prime
        )
        if name == "det":
            return determinant
        if name == "adj":
            return adjugate(entries, lambda minor: matrix("det", minor) if minor.size else 1)
        if inverted is None:
            raise Singular
        return inverted

    def whole(value: int) -> int:
        return value if value < prime // 2 else value - prime

    return Arithmetic(number, lambda array: array % prime, power, opaque, matrix, whole)


def _power(entry: int, exponent: int, prime: int) -> int:
    if exponent < 0 and entry == 0:
        raise Singular
    return pow(entry, exponent, prime)


def _entrywise(array: Any, function: Any) -> Any:
    import numpy as np

    result = np.empty(array.shape, dtype=object)
    for index in np.ndindex(*array.shape):
        result[index] = function(array[index])
    return result


# The bound


def _weight(tensor: Tensor) -> int:
    """Return a bound of the degree, as a quotient of polynomials, plus the bits of the numbers.

    Of a random prime of `BITS` bits at most one in 2^(BITS - 7) divides a number a word long,
    and a polynomial of degree d vanishes at a fraction d/p of the points.
    """
    order = postorder([tensor], lambda t: [o.tensor for o in t.operands])
    weights: dict[Tensor, int] = {}
    for node in order:
        parts = [weights[o.tensor] for o in node.operands]
        if node.kind == "product":
            exponents = [abs(o.weight.numerator) for o in node.operands]
            inner = sum(part * e for part, e in zip(parts, exponents, strict=True))
            weights[node] = inner + _bits(node.value[0]) + 4 * len(node.value[1])
        elif node.kind == "sum":
            weights[node] = sum(parts) + sum(_bits(o.weight) for o in node.operands)
        elif node.kind in ("matrix", "matrix_power"):
            weights[node] = 16 * (sum(parts) + 1)
        else:
            weights[node] = 1
    return weights[tensor] + 8


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def random_prime(generator: random.Random) -> int:
    """Return a random prime of `BITS` bits.

    >>> random_prime(random.Random(1)).bit_length()
    61
    """
    while True:
        candidate = generator.getrandbits(BITS) | (1 << (BITS - 1)) | 1
        if all(candidate % small for small in _SMALL) and _is_prime(candidate):
            return candidate


_SMALL = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def _is_prime(number: int) -> bool:
    """Test a number below 2^64 by Miller and Rabin; these bases suffice (Sorenson & Webster)."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, *_SMALL):
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True
