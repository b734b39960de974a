"""Ranges of formulas: every value lies in them."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcalc
from matcalc.expressions.functions import ELEMENTARY
from matcalc.signs import Range, range_of
from tests.strategies import WHERE, formulas, point

ranges = st.builds(
    lambda a, b, low, high: Range(
        None if low == "none" else Fraction(min(a, b)),
        None if high == "none" else Fraction(max(a, b)),
        low == "open" and a != b,
        high == "open" and a != b,
    ),
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.sampled_from(["none", "open", "closed"]),
    st.sampled_from(["none", "open", "closed"]),
)


def contains(interval: Range, value: Any) -> bool:
    low = (
        interval.low is None
        or value > interval.low
        or (value == interval.low and not interval.low_open)
    )
    high = (
        interval.high is None
        or value < interval.high
        or (value == interval.high and not interval.high_open)
    )
    return low and high


def members(interval: Range) -> list[Fraction]:
    tries = [Fraction(k, 2) for k in range(-10, 11)]
    return [value for value in tries if contains(interval, value)]


@settings(max_examples=200, deadline=None)
@given(ranges, ranges)
def test_arithmetic_of_ranges(a: Range, b: Range) -> None:
    total, product, square, joined = a.plus(b), a.times(b), a.squared(), a.joined(b)
    inverse = a.inverted()
    for x in members(a):
        assert contains(a.negated(), -x)
        assert contains(square, x * x)
        assert contains(joined, x)
        assert contains(a.summed(), x)
        assert contains(a.summed(), x + members(a)[0])
        if x:
            assert contains(inverse, 1 / x)
        for y in members(b)[::3]:
            assert contains(total, x + y)
            assert contains(product, x * y)


KNOWN = [
    ("1 - sigmoid(a)", "positive"),
    ("1 - tanh(a)^2", "positive"),
    ("2 + sin(a)", "positive"),
    ("-exp(a)", "nonpositive"),
    ("x'*P*x", "nonnegative"),
    ("(A*x)'*(A*x)", "nonnegative"),
    ("x'*x/n", "nonnegative"),
    ("sum(i = 1..n, x[i]^2)", "nonnegative"),
    ("min(abs(a), 3) - 3", "nonpositive"),
    ("max(a, 1)", "positive"),
    ("log(1 + a^2)", "nonnegative"),
    ("log_softmax(x)", "nonpositive"),
    ("a^3", ""),
    ("x'*A*x", ""),
    ("sum(x)", ""),
    ("1 - exp(a)", ""),
    ("a*abs(b)", ""),
    ("b - a^2", ""),
    ("(x - y)'*(x + y)", ""),
]


@pytest.mark.parametrize(("text", "sign"), KNOWN)
def test_signs(text: str, sign: str) -> None:
    where = "a, b: scalar; x, y: vector(n); A: square(n); P: spd(n)"
    found = range_of(matcalc.parse(text, where).expression)
    signs = {
        "positive": found.is_positive,
        "nonnegative": found.is_nonnegative,
        "nonpositive": found.is_nonpositive,
    }
    assert signs.get(sign, not any(signs.values()))


@settings(max_examples=300, deadline=None)
@given(formulas(), st.integers(0, 1000))
def test_values_lie_in_the_range(text: str, seed: int) -> None:
    formula = matcalc.parse(text, WHERE)
    found = range_of(formula.expression)
    at = point(seed)
    with np.errstate(all="ignore"):
        value = formula.evaluate(**at.values, **at.sizes)
    value = value[np.isfinite(value)]
    slack = 1e-12 * (1 + np.abs(value).max(initial=0))
    if found.low is not None:
        assert value.min(initial=np.inf) >= float(found.low) - slack
    if found.high is not None:
        assert value.max(initial=-np.inf) <= float(found.high) + slack


@pytest.mark.parametrize("row", [r for r in ELEMENTARY if len(r.parameters) == 1], ids=str)
def test_every_function_s_range(row: Any) -> None:
    formula = matcalc.parse(f"{row.name}(a)", "a: scalar")
    found = range_of(formula.expression)
    for a in np.linspace(-3, 3, 61):
        with np.errstate(all="ignore"):
            value = formula.evaluate(a=a)
        if np.isfinite(value):
            assert found.low is None or value >= float(found.low)
            assert found.high is None or value <= float(found.high)


def test_what_is_known_to_be_positive() -> None:
    x = matcalc.parse("x", "x: vector(n)").expression
    formula = matcalc.parse("1/x^3", "x: vector(n)").expression
    assert range_of(formula, [x]).is_positive
    assert not range_of(formula).is_nonnegative


def test_a_fraction_less_its_square_is_not_negative() -> None:
    for text, known in (("s - s^2", True), ("s - s^3", True), ("s - 2*s^2", False)):
        whole = text.replace("s", "sigmoid(x)")
        formula = matcalc.parse(whole, "x: vector(n)").expression
        assert range_of(formula).is_nonnegative is known
    assert not range_of(matcalc.parse("x - x^2", "x: scalar").expression).is_nonnegative
