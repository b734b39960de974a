"""An enclosure contains the number, whatever was computed."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from matcalc.checking.enclosing import elementwise, number
from matcalc.checking.enclosures import Enclosure, of_fraction, power, undefined, unknown, width
from matcalc.checking.precise import elementwise as rough_elementwise
from matcalc.checking.precise import is_number, precision
from matcalc.checking.precise import number as rough_number
from matcalc.expressions.functions import ELEMENTARY

BITS = 100
FINE = 1_000


def drawn(generator: random.Random, scale: Fraction) -> Fraction:
    return scale * Fraction(2 * generator.randrange(-(2**20), 2**20) + 1, 2**20)


def contains(enclosure: Enclosure, value: Any) -> bool:
    """Tell whether a number of many more bits is between the bounds."""
    low, high = [mpmath.mp.make_mpf(bound) for bound in enclosure.bounds]
    return bool(low <= mpmath.mp.make_mpf(value._mpf_) <= high)


@pytest.mark.parametrize("row", ELEMENTARY, ids=lambda row: f"{row.name} {len(row.parameters)}")
def test_every_function_of_the_table(row: Any) -> None:
    generator = random.Random(row.name)
    arity = len(row.parameters)
    enclosed, rough = elementwise(row.name, arity, BITS), rough_elementwise(row.name, arity)
    seen = 0
    for scale in (Fraction(1, 2**40), Fraction(1, 8), Fraction(1), Fraction(7), Fraction(900)):
        for _ in range(12):
            values = [drawn(generator, scale) for _ in range(arity)]
            with precision(FINE):
                # a third is rational but no binary fraction, so that the arguments are wide too
                thirds = [rough_number(value) / 3 for value in values]
                wanted = rough(*thirds)
            arguments = [of_fraction(v, BITS) / number(BITS)(3) for v in values]
            wide = [Enclosure(BITS, a.bounds, None, hash(repr(a))) for a in arguments]
            for given in (arguments, wide):
                found = enclosed(*given)
                if is_number(wanted):
                    seen += 1
                    assert found.defined and contains(found, wanted), (row.name, values)
                else:
                    assert not found.defined or width(found) == float("inf")
    assert seen > 10


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_arithmetic(operation: Callable[[Any, Any], Any]) -> None:
    generator = random.Random(operation.__name__)
    for _ in range(60):
        a, b = [drawn(generator, Fraction(10) ** generator.randint(-40, 40)) for _ in range(2)]
        exact = operation(of_fraction(a, BITS), of_fraction(b, BITS))
        bounds = [of_fraction(x, BITS).bounds for x in (a, b)]
        wide = operation(*[Enclosure(BITS, b, None, hash(str(b))) for b in bounds])
        assert exact.exact is None or exact.exact == operation(a, b)
        with precision(FINE):
            assert contains(wide, rough_number(operation(a, b)))


def test_what_certainly_has_no_value_is_told_from_what_may_have_none() -> None:
    one, three = of_fraction(Fraction(1), BITS), of_fraction(Fraction(1, 3), BITS)
    root = power(elementwise("sqrt", 1, BITS)(number(BITS)(2)), 2)  # 2, as far as can be seen
    zero = root - 2
    assert not (one / (three - three)).defined
    assert (one / zero).defined and width(one / zero) == float("inf")
    logarithm = elementwise("log", 1, BITS)
    assert not logarithm(-one).defined
    assert not logarithm(one - one).defined
    assert logarithm(zero).defined
    assert not (undefined(BITS) * unknown(BITS)).defined


def test_numbers_of_one_hash_are_told_apart() -> None:
    sine = elementwise("sin", 1, BITS)(number(BITS)(1))
    for one, other in ((-1, -2), (0, 2**61 - 1), (1, 2**61)):
        assert hash(one) == hash(other)
        assert (sine + one == sine + other) is False
        assert (sine * one == sine * other) is False


def test_comparisons_tell_or_leave_it_open() -> None:
    sine = elementwise("sin", 1, BITS)
    one, two = number(BITS)(1), number(BITS)(2)
    assert (sine(one) == sine(one)) is True  # the same computation
    assert (sine(one) < sine(two)) is True
    assert (sine(one) == sine(two)) is False
    assert (elementwise("sqrt", 1, BITS)(two) ** 2 == 2) is None
    assert (sine(one) - sine(one)).exact == 0


def test_nothing_is_built_that_is_too_long() -> None:
    huge = power(number(BITS)(2), 9_000_000_000)
    assert huge.exact is None and (huge > 10**100) is True
    assert (elementwise("exp", 1, BITS)(number(BITS)(10**40)) > 10**1000) is True
    assert (elementwise("exp", 1, BITS)(number(BITS)(-(10**40))) < Fraction(1, 10**99)) is True
