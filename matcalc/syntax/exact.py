"""What is known exactly of a scalar formula: its value, or the range it stays in."""

from __future__ import annotations

from fractions import Fraction
from math import log2
from typing import NamedTuple

from matcalc.expressions.dimensions import Dimension, integer
from matcalc.limits import limit

# Numbers of up to about a thousand digits are computed; polynomials stay small.
_SHORT = 128
_TERMS = 64

Bounds = tuple[Dimension, Dimension]


class Exact(NamedTuple):
    """Facts about a scalar: None and False where nothing is known.

    `constant` is its value, `size` its value as a dimension, `bounds` the dimensions
    between which it stays as indices run; `integral` says that it is always an integer,
    `huge` that it is a number too large to be written out.
    """

    constant: Fraction | None = None
    size: Dimension | None = None
    bounds: Bounds | None = None
    integral: bool = False
    huge: bool = False


NOTHING = Exact()
HUGE = Exact(huge=True)


def number(value: Fraction) -> Exact:
    """Return what is known of a number."""
    if value.denominator != 1:
        return Exact(value)
    size = integer(value.numerator)
    return Exact(value, size, (size, size), True)


def dimension(size: Dimension) -> Exact:
    """Return what is known of a dimension used as a number."""
    value = size.value
    return Exact(None if value is None else Fraction(value), size, (size, size), True)


def index(bounds: Bounds | None) -> Exact:
    """Return what is known of an index that runs between bounds."""
    return Exact(None, None, bounds, True)


def negate(a: Exact) -> Exact:
    """Return what is known of -a."""
    if a.constant is not None:
        return number(-a.constant)
    size = None if a.size is None else -a.size
    bounds = None if a.bounds is None else (-a.bounds[1], -a.bounds[0])
    return Exact(None, size, bounds, a.integral)


def add(a: Exact, b: Exact) -> Exact:
    """Return what is known of a + b."""
    if a is NOTHING or b is NOTHING:
        return NOTHING
    if a.constant is not None and b.constant is not None:
        total = a.constant + b.constant
        return number(total) if _bits(total) <= limit("bits") else NOTHING
    size = None if a.size is None or b.size is None else _small(a.size + b.size)
    bounds = None
    if a.bounds is not None and b.bounds is not None and len(a.bounds[0].terms) < _TERMS:
        bounds = (a.bounds[0] + b.bounds[0], a.bounds[1] + b.bounds[1])
    return Exact(None, size, bounds, a.integral and b.integral)


def multiply(a: Exact, b: Exact) -> Exact:
    """Return what is known of a * b."""
    if a is NOTHING or b is NOTHING:
        return NOTHING
    if a.constant is not None and b.constant is not None:
        product = a.constant * b.constant
        return number(product) if _bits(product) <= limit("bits") else HUGE
    size = None
    if a.size and b.size and len(a.size.terms) * len(b.size.terms) <= _TERMS:
        size = a.size * b.size
    bounds = _scaled(a.bounds, b.constant) or _scaled(b.bounds, a.constant)
    if size is not None:
        bounds = (size, size)
    return Exact(None, size, bounds, a.integral and b.integral)


def divide(a: Exact, b: Exact) -> Exact:
    """Return what is known of a / b."""
    if a.constant is None or not b.constant:
        return NOTHING
    quotient = a.constant / b.constant
    return number(quotient) if _bits(quotient) <= limit("bits") else HUGE


def power(a: Exact, b: Exact) -> Exact:
    """Return what is known of a ^ b, without computing what would be huge."""
    if a.huge or b.huge:
        return HUGE if a.huge or a.constant is not None else NOTHING
    base, exponent = a.constant, b.constant
    if exponent is None or exponent.denominator != 1:
        return NOTHING
    times = exponent.numerator
    if base is not None:
        if base == 0 and times < 0:
            return NOTHING
        if base not in (0, 1, -1) and abs(times) * _logarithm(base) > limit("bits"):
            return HUGE
        if base in (0, 1, -1):
            times = times % 2 + 2 if times > 0 else times % 2
        return number(base**times)
    if a.size is None or not 1 <= times <= 4:
        return Exact(integral=a.integral and times >= 0)
    result = a
    for _ in range(times - 1):
        result = multiply(result, a)
    return result


def is_short(value: Fraction | None) -> bool:
    """Tell whether a value is known and short enough to be written out."""
    return value is not None and _bits(value) <= _SHORT


def _scaled(bounds: Bounds | None, factor: Fraction | None) -> Bounds | None:
    if bounds is None or factor is None or factor.denominator != 1:
        return None
    low, high = (part * integer(factor.numerator) for part in bounds)
    return (low, high) if factor >= 0 else (high, low)


def _small(size: Dimension) -> Dimension | None:
    return size if len(size.terms) <= _TERMS else None


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _logarithm(value: Fraction) -> float:
    return max(log2(abs(value.numerator)), log2(value.denominator))
