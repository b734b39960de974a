"""Means: sums divided by how much they add up."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import EUCLIDEAN
from matcalc.expressions.nodes import Expression, make, size
from matcalc.notation.building import norm_of_square, raised

Powers = dict[Expression, Fraction]


def averaged(powers: Powers) -> Powers:
    """Write sum(x)/n as mean(x), and norm2(x)^2/n as mean(x^2), in a product of scalars.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import variable
    >>> n = name("n")
    >>> total = make("call", (variable("x", (n,)),), ("sum", None))
    >>> ((mean, exponent),) = averaged({total: Fraction(1), size(n): Fraction(-1)}).items()
    >>> mean.value[0], exponent == 1
    ('mean', True)
    """
    if not any(base.head == "size" and e < 0 for base, e in powers.items()):
        return powers
    result = dict(powers)
    for base, exponent in powers.items():
        argument, times = _summed(base, exponent)
        if argument is None or times.denominator != 1 or times <= 0:
            continue
        lengths = [size(length) for length in argument.shape if length != ONE]
        if lengths and all(result.get(n, 0) <= -times * lengths.count(n) for n in lengths):
            for n in lengths:
                result[n] += times
            del result[base]
            mean = make("call", (argument,), ("mean", None))
            result[mean] = result.get(mean, Fraction(0)) + times
    return {base: e for base, e in result.items() if e != 0}


def _summed(base: Expression, exponent: Fraction) -> tuple[Expression | None, Fraction]:
    """Return (x, e) for sum(x)^e, and (x^2, e) for norm2(x)^2e."""
    if base.head != "call" or base.value[0] not in {"sum", *EUCLIDEAN}:
        norm = norm_of_square(base)
        return (None, exponent) if norm is None else _summed(norm, 2 * exponent)
    (argument,) = base.arguments
    if base.value == ("sum", None):
        return argument, exponent
    if base.value[0] == "sum":
        return None, exponent
    return raised(argument, Fraction(2)), exponent / 2
