"""The functions of the table, of numbers that are enclosed.

A row's template for SymPy is read with these meanings. A function that has none here is
computed by mpmath at both ends and between them, and what it may be is taken twice as wide.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from matcalc.calculus.templates import template
from matcalc.checking.enclosures import (
    Enclosure,
    enclosed,
    hull,
    magnitude,
    of_fraction,
    outwards,
    power,
    undefined,
    unknown,
    widened,
)
from matcalc.programs.backends import compiled

LARGEST_EXPONENT = 34
"""exp and the like are not computed of arguments of more bits before the point."""

Function = Callable[..., Enclosure]


def number(bits: int) -> Callable[[Any], Enclosure]:
    """Return what turns rational numbers into enclosures of this precision."""
    return lambda value: (
        value if isinstance(value, Enclosure) else of_fraction(Fraction(value), bits)
    )


# Functions of one number


def _increasing(name: str, low: Any = None, high: Any = None, *, closed: bool = True) -> Function:
    """Return an increasing function of mpmath, defined between `low` and `high`."""

    def function(x: Enclosure) -> Enclosure:
        import mpmath.libmp

        inside = [True]
        if low is not None:
            inside.append(x >= low if closed else x > low)
        if high is not None:
            inside.append(x <= high if closed else x < high)
        if False in inside:
            return undefined(x.bits)
        if None in inside:
            return unknown(x.bits, x)
        return enclosed((name, x), widened(getattr(mpmath.libmp, f"mpf_{name}"), x), x)

    return function


def _decreasing(function: Function) -> Function:
    return lambda x: -function(x)


def _saturating(function: Function, distance: Callable[[float], float]) -> Function:
    """Return a function with the limits 1 and -1.

    `distance` tells how many bits it is away from them for arguments of this size.
    """

    def saturating(x: Enclosure) -> Enclosure:
        value = function(x)
        if x.defined and 0 < magnitude(x) < float("inf"):
            needed = distance(2.0 ** min(magnitude(x), LARGEST_EXPONENT))
            value.needed = max(value.needed, needed + value.bits if needed > value.bits else 0)
        return value

    return saturating


def _exp(x: Enclosure) -> Enclosure:
    from mpmath.libmp import fone, fzero, mpf_shift

    if not x.defined or magnitude(x) <= LARGEST_EXPONENT:
        return _increasing("exp")(x)
    if x > 0:
        return enclosed(("exp", x), (mpf_shift(fone, 2**LARGEST_EXPONENT), _infinity()), x)
    if x < 0:
        return enclosed(("exp", x), (fzero, mpf_shift(fone, -(2**LARGEST_EXPONENT))), x)
    return unknown(x.bits, x)


def _infinity() -> Any:
    from mpmath.libmp import finf

    return finf


def _cosh(x: Enclosure) -> Enclosure:
    return _bounded(_increasing("cosh"))(_absolute(x))


def _absolute(x: Enclosure) -> Enclosure:
    return abs(x)


def _bounded(function: Function) -> Function:
    """Return a function that is given up for arguments out of hand."""

    def bounded(x: Enclosure) -> Enclosure:
        return function(x) if magnitude(x) <= LARGEST_EXPONENT else unknown(x.bits, x)

    return bounded


def _wave(name: str) -> Function:
    """Return sin, cos or tan, which mpmath has for intervals."""

    def wave(x: Enclosure) -> Enclosure:
        import mpmath.libmp

        if not x.defined:
            return x
        bounds = getattr(mpmath.libmp, f"mpi_{name}")(x.bounds, x.bits + 20)
        return enclosed((name, x), outwards(bounds, x.bits), x)

    return _bounded(wave)


def _sqrt(x: Enclosure) -> Enclosure:
    return raised(x, of_fraction(Fraction(1, 2), x.bits))


def _sign(x: Enclosure) -> Enclosure:
    if not x.defined:
        return x
    if x == 0:
        return of_fraction(Fraction(0), x.bits)
    if x > 0 or x < 0:
        return of_fraction(Fraction(1 if x > 0 else -1), x.bits)
    return hull([of_fraction(Fraction(sign), x.bits) for sign in (-1, 1)])


def _by_mpmath(name: str) -> Function:
    """Return a function of mpmath's, computed at the ends of the arguments and between them."""

    def function(*arguments: Enclosure) -> Enclosure:
        import itertools

        bits = arguments[0].bits
        if not all(a.defined and magnitude(a) < LARGEST_EXPONENT for a in arguments):
            return unknown(bits, *arguments)
        own = _context(bits)
        ends = [dict.fromkeys((*a.bounds, _between(a))) for a in arguments]
        found = []
        for point in itertools.product(*ends):
            try:
                value = getattr(own, name)(*map(own.make_mpf, point))
            except (ArithmeticError, ValueError, TypeError):
                return unknown(bits, *arguments)
            if not isinstance(value, own.mpf) or not own.isfinite(value):
                return unknown(bits, *arguments)
            found.append(value)
        low, high = min(found), max(found)
        spare = high - low
        bounds = outwards(((low - spare)._mpf_, (high + spare)._mpf_), bits)
        return enclosed((name, *arguments), bounds, *arguments)

    return function


def _between(x: Enclosure) -> Any:
    from matcalc.checking.enclosures import middle

    return middle(x)


def _context(bits: int) -> Any:
    import mpmath

    own = mpmath.MPContext()
    own.prec = bits + 40
    return own


# Functions of several


def chosen(largest: bool) -> Function:
    """Return the function of the largest of several numbers, or of the smallest."""

    def choose(*several: Enclosure) -> Enclosure:
        first, *others = several
        for other in others:
            more = other > first if largest else other < first
            if more is None:
                first = _spread(first, other, largest=largest)
            elif more:
                first = other
        return first

    return choose


def _spread(a: Enclosure, b: Enclosure, *, largest: bool) -> Enclosure:
    """Return the larger, or the smaller, of two numbers of which the bounds overlap."""
    from mpmath.libmp import mpf_gt

    if not (a.defined and b.defined):
        return undefined(a.bits)
    if a == b:
        return a
    bounds = []
    for one, other in zip(a.bounds, b.bounds, strict=True):
        bounds.append(one if mpf_gt(one, other) is largest else other)
    return enclosed((f"chosen {largest}", a, b), (bounds[0], bounds[1]), a, b)


def _pieces(*cases: tuple[Enclosure, bool | None]) -> Any:
    """Return the value of the first case that holds, or what contains all that may."""
    possible = []
    for value, holds in cases:
        if holds is not False:
            possible.append(value)
        if holds is True:
            break
    numbers = [value for value in possible if isinstance(value, Enclosure)]
    return possible[0] if len(possible) == 1 else hull([numbers[0].like(v) for v in possible])


def _where(condition: Enclosure, then: Enclosure, otherwise: Enclosure) -> Enclosure:
    if not condition.defined:
        return condition
    result: Enclosure = _pieces((then, condition != 0), (otherwise, True))
    return result


def raised(base: Enclosure, exponent: Enclosure) -> Enclosure:
    """Return a power; a negative number has those by whole numbers only."""
    whole = exponent.exact
    if whole is None or not base.defined:
        return _exp(exponent * _MEANINGS["log"](base))
    if base.exact == 0:
        return undefined(base.bits) if whole < 0 else of_fraction(Fraction(whole == 0), base.bits)
    if whole.denominator != 1:
        return _root(base, exponent)
    return power(base, whole.numerator)


def _root(base: Enclosure, exponent: Enclosure) -> Enclosure:
    from mpmath.libmp import fzero

    if base < 0:
        return undefined(base.bits)
    if base > 0:
        if exponent.exact == Fraction(1, 2):
            return _increasing("sqrt")(base)
        return _exp(exponent * _MEANINGS["log"](base))
    if exponent < 0 or (base >= 0) is None:
        return unknown(base.bits, base)
    top = Enclosure(base.bits, (base.bounds[1],) * 2, None, base.history)
    return enclosed(("root", base, exponent), (fzero, _root(top, exponent).bounds[1]), base)


_MEANINGS: dict[str, Any] = {
    "exp": _exp,
    "log": _increasing("log", 0, closed=False),
    "sqrt": _sqrt,
    "sin": _wave("sin"),
    "cos": _wave("cos"),
    "tan": _wave("tan"),
    "sinh": _bounded(_increasing("sinh")),
    "cosh": _cosh,
    "tanh": _saturating(_increasing("tanh"), lambda x: 3 * x),
    "erf": _saturating(_increasing("erf"), lambda x: 1.5 * x**2),
    "asin": _increasing("asin", -1, 1),
    "acos": lambda x: pi(x.bits) / 2 - _MEANINGS["asin"](x),
    "atan": _increasing("atan"),
    "asinh": _increasing("asinh"),
    "acosh": _increasing("acosh", 1),
    "atanh": _increasing("atanh", -1, 1, closed=False),
    "cbrt": lambda x: _sign(x) * raised(abs(x), of_fraction(Fraction(1, 3), x.bits)),
    "floor": _increasing("floor"),
    "ceiling": _increasing("ceil"),
    "sign": _sign,
    "Abs": _absolute,
    "Max": chosen(True),
    "Min": chosen(False),
    "Piecewise": _pieces,
}
"""What names in a template for SymPy mean; all else is mpmath's."""

RELATIONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "Ne": lambda a, b: a != b,
    "Eq": lambda a, b: a == b,
    "Gt": lambda a, b: a > b,
    "Lt": lambda a, b: a < b,
    "Ge": lambda a, b: a >= b,
    "Le": lambda a, b: a <= b,
}

_SPELLED = {"ceiling": "ceil", "polygamma": "psi", "LambertW": "lambertw"}


def _meaning(name: str, bits: int) -> Any:
    if name == "pi":
        return pi(bits)
    if name == "Rational":
        return Fraction
    if name in RELATIONS or name == "Piecewise":
        return RELATIONS.get(name, _pieces)
    function = _MEANINGS.get(name) or _by_mpmath(_SPELLED.get(name, name))
    convert = number(bits)
    return lambda *arguments: function(*map(convert, arguments))


def pi(bits: int) -> Enclosure:
    """Return pi."""
    from mpmath.libmp import mpf_pi, round_nearest

    value = mpf_pi(bits + 20, round_nearest)
    return Enclosure(bits, outwards((value, value), bits), None, hash("pi"))


@lru_cache(maxsize=512)
def elementwise(name: str, arity: int, bits: int) -> Callable[..., Any]:
    """Return an elementwise function of the table, in numbers of this precision."""
    import numpy as np

    function: Callable[..., Any] = np.frompyfunc(_of_row(name, arity, bits), arity, 1)
    return function


def _of_row(name: str, arity: int, bits: int) -> Callable[..., Any]:
    convert = number(bits)
    special: dict[str, Function] = {"where": _where, "power": raised, "sqrt": _sqrt}
    if name in special:
        return lambda *arguments: special[name](*map(convert, arguments))
    function = compiled(template(name, arity, "sympy"), arity, lambda n: _meaning(n, bits))

    def guarded(*arguments: Any) -> Any:
        numbers = list(map(convert, arguments))
        return convert(function(*numbers)) if all(n.defined for n in numbers) else undefined(bits)

    return guarded
