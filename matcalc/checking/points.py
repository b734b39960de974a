"""Where to look for a counterexample: sizes, and rational points of many kinds.

A point has each variable's structure. Its entries are fractions whose denominators are
powers of two, so that every arithmetic has them exactly.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.checking.precise import Point
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder

Sizes = dict[str, int]

LARGEST_SIZE = 7


class Kind(NamedTuple):
    """How an array's entries are drawn: their magnitude, and their signs, -1, 0 (both), 1."""

    magnitude: Fraction
    sign: int


KINDS = tuple(
    [
        Kind(Fraction(magnitude), sign)
        for magnitude, sign in (
            ("1", 0), ("1", 1), ("1/2", 0), ("1/2", 1), ("2", -1), ("8", 0), ("4", 1), ("1/16", 0),
            ("32", 0), ("1/64", 1), ("32", 1), ("16", -1), ("1/64", 0), ("8", 1), ("1/8", -1),
        )
    ]
)  # fmt: skip


def size_names(nodes: Iterable[Expression]) -> list[str]:
    """Return the names of the sizes in formulas, given all their nodes."""
    found: set[str] = set()
    for node in nodes:
        for dimension in (*node.shape, *((node.value,) if node.head == "size" else ())):
            found |= dimension.names
    return sorted(found)


def assignments(formulas: Iterable[Expression], smallest: int = 2) -> Iterator[Sizes]:
    """Yield sizes at which all lengths are positive, small unequal ones first."""
    nodes = postorder(formulas, lambda node: node.arguments)
    lengths = {d for node in nodes for d in node.shape}
    names = size_names(nodes)
    if not names:
        yield {}
        return
    for values in _tuples(len(names), smallest):
        sizes = dict(zip(names, values, strict=True))
        if all(d.evaluate(sizes) > 0 for d in lengths):
            yield sizes


def _tuples(count: int, smallest: int) -> Iterator[tuple[int, ...]]:
    """Yield tuples of sizes, unequal as long as there are enough.

    >>> list(itertools.islice(_tuples(2, 2), 5))
    [(2, 3), (3, 2), (2, 4), (4, 2), (3, 4)]
    """
    values = range(smallest, smallest + max(LARGEST_SIZE, count))
    distinct = sorted(itertools.combinations(values, min(count, 4)), key=lambda c: (max(c), c))
    for chosen in itertools.islice(distinct, 60):
        for order in itertools.islice(itertools.permutations(chosen), 24):
            yield tuple(itertools.islice(itertools.cycle(order), count))


def spread(candidates: Iterable[Sizes], count: int) -> list[Sizes]:
    """Return some assignments: small ones, in different orders, and larger ones."""
    found = list(itertools.islice(candidates, 120))
    if len(found) <= count:
        return found
    by_size = sorted(found, key=lambda sizes: (max(sizes.values()), sum(sizes.values())))
    head = found[:2]
    rest = [sizes for sizes in by_size if sizes not in head and max(sizes.values()) <= 5]
    step = max(1, len(rest) // (count - 2))
    return head + list(reversed(rest))[::step][: count - 2]


def sample(
    variables: Mapping[str, Expression],
    sizes: Mapping[str, int],
    generator: random.Random,
    turn: int,
    structures: Mapping[str, str] = {},
) -> Point:
    """Return a random point; `structures` adds to those that are declared.

    At first all variables are of one kind, then each of its own.
    """
    values = {}
    for name in sorted(variables):
        node = variables[name]
        kind = KINDS[turn % len(KINDS)]
        if turn >= len(KINDS) or (turn % 3 == 2):
            kind = KINDS[generator.randrange(len(KINDS))]
        structure = structures.get(name, node.value.structure)
        shape = tuple([d.evaluate(sizes) for d in node.shape])
        values[name] = structured(_drawn(shape, kind, generator), structure)
    together = [name for name, structure in structures.items() if structure == "commuting"]
    for place, name in enumerate(together[1:], 2):
        values[name] = _polynomial(values[together[0]], place)
    return Point(sizes, values)


def _polynomial(matrix: Any, place: int) -> Any:
    """Return a polynomial in a matrix, which commutes with it."""
    import numpy as np

    half = Fraction(1, 2)
    return matrix @ matrix * half + matrix * (place - 3 * half) + np.eye(len(matrix), dtype=int)


def _drawn(shape: tuple[int, ...], kind: Kind, generator: random.Random) -> Any:
    import numpy as np

    array = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        # away from 0 and from the magnitude itself, with an odd numerator
        fraction = Fraction(2 * generator.randrange(2**11, 2**15) + 1, 2**16)
        sign = kind.sign or generator.choice((-1, 1))
        array[index] = fraction * kind.magnitude * sign
    return array


def whole_points(variables: Mapping[str, Expression], sizes: Mapping[str, int]) -> Iterator[Point]:
    """Yield points of small integers, the smallest first; always the same ones."""
    generator = random.Random(0)
    for turn in range(120):
        reach = 1 + turn // 10
        low = 1 if turn % 3 == 0 else -reach
        values = {}
        for name in sorted(variables):
            node = variables[name]
            array = _whole([d.evaluate(sizes) for d in node.shape], low, reach, generator)
            values[name] = structured(array, node.value.structure)
        yield Point(sizes, values)


def _whole(shape: Sequence[int], low: int, high: int, generator: random.Random) -> Any:
    import numpy as np

    array = np.empty(tuple(shape), dtype=object)
    for index in np.ndindex(*array.shape):
        array[index] = Fraction(generator.randint(low, high))
    return array


def structured(array: Any, structure: str) -> Any:
    """Return an array that has the structure, made of the entries of one that may not.

    Besides what can be declared there are 'sign' (entries are 1 or -1), 'positive',
    'negative', and 'normalised' (the rows' entries are positive and add up to 1).
    """
    import numpy as np

    if structure == "symmetric":
        return np.array(np.triu(array) + np.triu(array, 1).T, dtype=object)
    if structure == "spd":
        return array @ array.T + np.eye(len(array), dtype=int)
    if structure == "diagonal":
        return array * np.eye(len(array), dtype=int)
    if structure == "normalised":
        magnitudes = structured(array, "positive")
        return magnitudes / magnitudes.sum(axis=-1, keepdims=True)
    if structure in ("sign", "positive", "negative"):
        result = np.empty(array.shape, dtype=object)
        for index in np.ndindex(*array.shape):
            one = Fraction(1 if array[index] >= 0 else -1)
            result[index] = {"sign": one, "positive": abs(array[index])}.get(
                structure, -abs(array[index])
            )
        return result
    return array
