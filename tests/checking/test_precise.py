"""What has no real value is not a number, and harms nothing that is not chosen."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.checking.precise import Point, is_number, value_at


def at(text: str, x: Fraction | int) -> list[Any]:
    formula = matcalc.parse(text, "x: scalar")
    point = Point({"n": 2}, {"x": np.array(Fraction(x), dtype=object)})
    return list(value_at(formula.expression, point).flat)


@pytest.mark.parametrize(
    "text",
    ["log(-x)", "1/(x - 1)", "sqrt(-x)", "(-x)^0.5", "arcsin(2*x)", "arccosh(x/2)", "0/(x - 1)",
     "0^-x", "inv([x, x; x, x])", "logdet([-x, 0; 0, x])", "exp(10^30*x)", "max(log(-x), 0)"],
)  # fmt: skip
def test_undefined(text: str) -> None:
    assert not all(map(is_number, at(text, 1)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("where(x > 0, x, log(-x))", 1),
        ("where(x < 0, 1/(x - x), 2)", 2),
        ("(-x)^3", -1),
        ("exp(1000000*x)/exp(1000000*x)", 1),
        ("(10^20 + x) - 10^20", 1),
        ("det([x, 2; 3, 4])", -2),
        ("sign(-x) + step(x) + relu(-x)", 0),
    ],
)
def test_defined(text: str, value: int) -> None:
    (found,) = at(text, 1)
    assert abs(found - value) < 1e-40


def test_singular_matrices_are_found_in_spite_of_rounding() -> None:
    formula = matcalc.parse("inv(X'*X)", "X: matrix(m, n)")
    array = np.array([[Fraction(1, 3), Fraction(2, 7), Fraction(5, 11)]], dtype=object)
    value = value_at(formula.expression, Point({"m": 1, "n": 3}, {"X": array}))
    assert not any(map(is_number, value.flat))
