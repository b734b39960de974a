"""Real numbers as intervals that certainly contain them: what a refutation rests on.

A rational number of moderate length is exact. Any other lies between two floating-point
numbers, rounded outwards; numbers that one computation gave twice are known to be equal. Each
carries its own precision, so that nothing global is read or set.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

LONGEST_EXACT = 1_024
"""Bits beyond which a rational number is rounded."""

MOST_SQUARINGS = 64
"""Powers whose exponent has more bits are not computed."""

Bounds = tuple[Any, Any]


Operator = Callable[["Enclosure", Any], "Enclosure"]


def _of_numbers(operator: Operator) -> Operator:
    """Leave arrays to NumPy."""

    def guarded(self: Enclosure, other: Any) -> Any:
        return NotImplemented if hasattr(other, "shape") else operator(self, other)

    return guarded


class Enclosure:
    """A real number, exact or between two bounds; or one that has no value at all.

    Comparisons tell True, False, or None where the bounds do not decide. `history` is the same
    for numbers that the same operations gave of the same numbers. `needed` are the bits in which
    no summand had been too small to be seen, 0 if none was.
    """

    __slots__ = ("_bounds", "bits", "defined", "exact", "history", "needed")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        bits: int,
        bounds: Bounds | None,
        exact: Fraction | None = None,
        history: int = 0,
        *,
        needed: float = 0,
        defined: bool = True,
    ) -> None:
        self.bits = bits
        self._bounds = bounds
        self.exact = exact
        self.history = history
        self.needed = needed
        self.defined = defined

    def __repr__(self) -> str:
        if not self.defined:
            return "undefined"
        if self.exact is not None:
            return str(self.exact)
        from mpmath.libmp import to_str

        return "[{}, {}]".format(*[to_str(bound, 10) for bound in self.bounds])

    @property
    def bounds(self) -> Bounds:
        """Two floating-point numbers, not above and not below the number."""
        if self._bounds is None:
            assert self.exact is not None
            self._bounds = _rounded(self.exact, self.bits)
        return self._bounds

    # Arithmetic

    def __neg__(self) -> Enclosure:
        from mpmath.libmp import mpi_neg

        if self.exact is not None:
            return of_fraction(-self.exact, self.bits)
        return enclosed(("-", self), mpi_neg(self.bounds), self)

    def __abs__(self) -> Enclosure:
        from mpmath.libmp import mpi_abs

        if self.exact is not None:
            return of_fraction(abs(self.exact), self.bits)
        return enclosed(("abs", self), mpi_abs(self.bounds, self.bits), self)

    @_of_numbers
    def __add__(self, other: Any) -> Enclosure:
        from mpmath.libmp import mpi_add

        other = self.like(other)
        if self.exact is not None and other.exact is not None:
            return of_fraction(self.exact + other.exact, self.bits)
        if self.exact == 0 or other.exact == 0:
            kept = other if self.exact == 0 else self
            return kept if self.defined and other.defined else undefined(self.bits)
        parts = sorted((self, other), key=lambda part: part.history)
        sum_ = enclosed(("+", *parts), mpi_add(self.bounds, other.bounds, self.bits), self, other)
        large, small = sorted((magnitude(self), magnitude(other)), reverse=True)
        if small + self.bits < large < float("inf"):
            sum_.needed = max(sum_.needed, large - small + 2 * self.bits)
        return sum_

    __radd__ = __add__

    @_of_numbers
    def __sub__(self, other: Any) -> Enclosure:
        other = self.like(other)
        if self.defined and self.history == other.history and magnitude(self) < float("inf"):
            return of_fraction(Fraction(0), self.bits)
        difference: Enclosure = self + -other
        return difference

    @_of_numbers
    def __rsub__(self, other: Any) -> Enclosure:
        return self.like(other) - self

    @_of_numbers
    def __mul__(self, other: Any) -> Enclosure:
        from mpmath.libmp import mpi_mul

        other = self.like(other)
        if self.exact is not None and other.exact is not None:
            return of_fraction(self.exact * other.exact, self.bits)
        if 0 in (self.exact, other.exact) and self.defined and other.defined:
            return of_fraction(Fraction(0), self.bits)
        parts = sorted((self, other), key=lambda part: part.history)
        bounds = mpi_mul(self.bounds, other.bounds, self.bits)
        return enclosed(("*", *parts), bounds, self, other)

    __rmul__ = __mul__

    @_of_numbers
    def __truediv__(self, other: Any) -> Enclosure:
        from mpmath.libmp import mpi_div

        other = self.like(other)
        if other.exact == 0:
            return undefined(self.bits)
        if self.exact is not None and other.exact is not None:
            return of_fraction(self.exact / other.exact, self.bits)
        if _contains_zero(other):
            return unknown(self.bits, self, other)
        return enclosed(("/", self, other), mpi_div(self.bounds, other.bounds, self.bits),
                        self, other)  # fmt: skip

    @_of_numbers
    def __rtruediv__(self, other: Any) -> Enclosure:
        return self.like(other) / self

    def __pow__(self, exponent: int) -> Enclosure:
        return power(self, exponent)

    def like(self, value: Any) -> Enclosure:
        """Return a number as an enclosure of the same precision."""
        return value if isinstance(value, Enclosure) else of_fraction(Fraction(value), self.bits)

    # Comparisons

    def __lt__(self, other: Any) -> bool | None:
        from mpmath.libmp import mpi_lt

        other = self.like(other)
        if not (self.defined and other.defined):
            return None
        if self.exact is not None and other.exact is not None:
            return bool(self.exact < other.exact)
        if self.history == other.history:
            return False
        less: bool | None = mpi_lt(self.bounds, other.bounds)
        return less

    def __gt__(self, other: Any) -> bool | None:
        less: bool | None = self.like(other) < self
        return less

    def __le__(self, other: Any) -> bool | None:
        more: bool | None = self > other
        return None if more is None else not more

    def __ge__(self, other: Any) -> bool | None:
        less: bool | None = self < other
        return None if less is None else not less

    def __eq__(self, other: Any) -> bool | None:  # type: ignore[override]
        other = self.like(other)
        if not (self.defined and other.defined):
            return None
        if self.exact is not None and other.exact is not None:
            return bool(self.exact == other.exact)
        if self.history == other.history:
            return True
        apart: bool = self < other or self > other or False
        return False if apart else None

    def __ne__(self, other: Any) -> bool | None:  # type: ignore[override]
        equal: bool | None = self == other
        return None if equal is None else not equal

    # As other numbers

    def __round__(self) -> int:
        from mpmath.libmp import round_nearest, to_int

        if self.exact is not None:
            return round(self.exact)
        if magnitude(self) > LONGEST_EXACT:
            raise OverflowError("too long a number")
        return int(to_int(middle(self), round_nearest))


def of_fraction(value: Fraction, bits: int) -> Enclosure:
    """Return a rational number, exact unless it is too long."""
    numerator, denominator = value.numerator, value.denominator
    history = hash(f"{numerator:x}/{denominator:x}")  # of numbers as such, -1 and -2 have one
    if max(numerator.bit_length(), denominator.bit_length()) <= LONGEST_EXACT:
        return Enclosure(bits, None, value, history)
    return Enclosure(bits, _rounded(value, bits), None, history)


def _rounded(value: Fraction, bits: int) -> Bounds:
    from mpmath.libmp import from_rational, round_ceiling, round_floor

    return (
        from_rational(value.numerator, value.denominator, bits, round_floor),
        from_rational(value.numerator, value.denominator, bits, round_ceiling),
    )


def enclosed(steps: tuple[Any, ...], bounds: Bounds, *operands: Enclosure) -> Enclosure:
    """Return what an operation gives; `steps` is its name and what its value depends on."""
    bits = operands[0].bits
    if not all(operand.defined for operand in operands):
        return undefined(bits)
    history = hash(tuple([s.history if isinstance(s, Enclosure) else s for s in steps]))
    needed = max([operand.needed for operand in operands])
    return Enclosure(bits, bounds, None, history, needed=needed)


def undefined(bits: int) -> Enclosure:
    """Return what has no value, such as 1/0."""
    return Enclosure(bits, _line(), defined=False)


_unknowns = itertools.count()


def unknown(bits: int, *operands: Enclosure) -> Enclosure:
    """Return a number, if it is one, of which nothing is known."""
    if not all(operand.defined for operand in operands):
        return undefined(bits)
    number = Enclosure(bits, _line(), needed=max([0, *[operand.needed for operand in operands]]))
    number.history = hash(f"unknown {next(_unknowns)}")
    return number


def _line() -> Bounds:
    from mpmath.libmp import finf, fninf

    return fninf, finf


def hull(several: list[Enclosure]) -> Enclosure:
    """Return what contains all the numbers."""
    from mpmath.libmp import mpf_gt, mpf_lt

    first, *others = several
    if not others:
        return first
    if not all(one.defined for one in several):
        return unknown(first.bits)
    low, high = first.bounds
    for other in others:
        low = other.bounds[0] if mpf_lt(other.bounds[0], low) else low
        high = other.bounds[1] if mpf_gt(other.bounds[1], high) else high
    return enclosed(("hull", *several), (low, high), *several)


def _contains_zero(number: Enclosure) -> bool:
    from mpmath.libmp import mpf_sign

    low, high = number.bounds
    return bool(mpf_sign(low) <= 0 <= mpf_sign(high))


def magnitude(number: Enclosure) -> float:
    """Return the exponent of two above the number's absolute value; infinite if it may be so.

    >>> magnitude(of_fraction(Fraction(5), 100)), magnitude(of_fraction(Fraction(0), 100))
    (3, -inf)
    """
    return max([_exponent(bound) for bound in number.bounds])


def least_magnitude(number: Enclosure) -> float:
    """Return the exponent of two above the least absolute value; -inf if that may be zero."""
    if not number.defined or _contains_zero(number):
        return float("-inf")
    return min([_exponent(bound) for bound in number.bounds])


def _exponent(bound: Any) -> float:
    _, mantissa, exponent, count = bound
    if not mantissa:
        return float("inf") if exponent else float("-inf")
    return exponent + count  # type: ignore[no-any-return]


def width(number: Enclosure) -> float:
    """Return the exponent of two above the distance of the bounds; infinite if one is.

    >>> width(of_fraction(Fraction(1, 2), 100))
    -inf
    """
    from mpmath.libmp import mpf_sub, round_up

    low, high = number.bounds
    return _exponent(mpf_sub(high, low, 30, round_up)) if number.defined else float("inf")


def middle(number: Enclosure) -> Any:
    """Return the floating-point number between the bounds, for `make_mpf`; not a number if none."""
    from mpmath.libmp import fnan, mpf_add, mpf_shift, round_nearest

    if not number.defined:
        return fnan
    low, high = number.bounds
    return mpf_shift(mpf_add(low, high, number.bits, round_nearest), -1)


def power(base: Enclosure, exponent: int) -> Enclosure:
    """Return a whole power; nothing is known of one with an exponent out of hand."""
    from mpmath.libmp import mpi_pow_int

    if not base.defined or (base.exact == 0 and exponent < 0):
        return undefined(base.bits)
    if base.exact is not None:
        length = max(base.exact.numerator.bit_length(), base.exact.denominator.bit_length())
        if length * abs(exponent) <= 4 * LONGEST_EXACT:
            return of_fraction(base.exact**exponent, base.bits)
    if exponent < 0:
        return of_fraction(Fraction(1), base.bits) / power(base, -exponent)
    if magnitude(base) == float("inf") or exponent.bit_length() > MOST_SQUARINGS:
        return unknown(base.bits, base)
    bounds = mpi_pow_int(base.bounds, exponent, base.bits + 20 + exponent.bit_length())
    return enclosed(("power", base, str(exponent)), outwards(bounds, base.bits), base)


Monotone = Callable[..., Any]


def widened(function: Monotone, number: Enclosure) -> Bounds:
    """Return bounds of an increasing function's value, which takes a number, bits and rounding."""
    from mpmath.libmp import round_nearest

    low, high = [function(bound, number.bits + 20, round_nearest) for bound in number.bounds]
    return outwards((low, high), number.bits)


def outwards(bounds: Bounds, bits: int) -> Bounds:
    """Return the bounds moved apart by more than any rounding of `bits` + 20 bits."""
    from mpmath.libmp import fnan, mpf_abs, mpf_add, mpf_shift, mpf_sub, round_ceiling, round_floor

    low, high = bounds
    if fnan in bounds:
        return _line()
    spare = [
        mpf_shift(mpf_abs(value), -bits - 10) if value[1] else (0, 0, 0, 0) for value in bounds
    ]
    return (
        mpf_sub(low, spare[0], bits, round_floor),
        mpf_add(high, spare[1], bits, round_ceiling),
    )
