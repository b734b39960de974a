"""A point counts where the formula has a derivative; rounding decides nothing."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.checking.comparison import compare
from matcalc.checking.precise import Point
from matcalc.checking.questions import Question


def question(formula: str, claim: str) -> Question:
    d = matcalc.diff(formula, "x", "x: scalar")
    parsed = matcalc.parse(claim, "x: scalar").expression
    return Question(d.formula.expression, d.variable, (), d.expression, parsed, "numerator", 1)


def at(formula: str, claim: str, x: Fraction | int) -> Any:
    point = Point({}, {"x": np.array(Fraction(x), dtype=object)})
    return compare(question(formula, claim), point)


def test_out_of_the_domain_no_point_counts() -> None:
    assert at("log(x)", "1/x", -1) is None
    assert at("1/x", "x", 0) is None


def test_a_claim_without_value_is_told() -> None:
    comparison = at("x^2", "2*exp(log(x))", -1)
    assert comparison.undefined and comparison.differs


@pytest.mark.parametrize(
    ("formula", "claim", "x", "differs"),
    [
        ("(10^40 + x) - 10^40", "1", Fraction(1, 3), False),
        ("cosh(x)^2 - sinh(x)^2", "0", Fraction(61, 8), False),
        ("exp(x)", "exp(x)*(1 + 1e-45)", 1, True),
        ("tanh(x)", "0", 30, True),
        ("sin(x)", "cos(x + 1e-70)", 1, True),
    ],
)
def test_only_true_differences_count(
    formula: str, claim: str, x: Fraction | int, differs: bool
) -> None:
    assert at(formula, claim, x).differs is differs
