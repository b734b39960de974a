"""Multiplying out where that is shorter: conditions and denominators."""

from __future__ import annotations

import pytest

from matcalc.calculus.expansion import cleared, compared_with_zero
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from tests.derivatives import read

WHERE = "a, b, c: scalar; x, y, z: vector(n); A: matrix(m, n)"


def normal(text: str) -> Tensor:
    """Return the formula's normal form."""
    return tensor_of(read(text, WHERE))


@pytest.mark.parametrize(
    ("typed", "shorter"),
    [
        ("[a*x > (a - 1)*x]", "[x > 0]"),
        ("[(a - 1)*(x - y) >= a*(x - y)]", "[y - x >= 0]"),
        ("[a*x + y < y + a*x + z]", "[z > 0]"),
    ],
)
def test_a_comparison_in_which_terms_cancel(typed: str, shorter: str) -> None:
    assert compared_with_zero(normal(typed)) is normal(shorter)


@pytest.mark.parametrize("typed", ["[x > y]", "[x > 0]", "[a*x > b*x]", "[x + y > z]", "exp(x)"])
def test_a_comparison_in_which_nothing_cancels_is_kept(typed: str) -> None:
    assert compared_with_zero(normal(typed)) is None


@pytest.mark.parametrize(
    ("typed", "shorter"),
    [
        ("x ./ (c*(y/c + 1))", "x ./ (y + c)"),
        ("x ./ (c^2*(1 + (x/c).^2))", "x ./ (x.^2 + c^2)"),
        ("x*x'/(n*(x'*x/n + c))", "x*x'/(x'*x + n*c)"),
        ("1/(a*b*(c/a + 1))", "1/(b*(c + a))"),
        ("sum(z ./ (c*(y/c + 1)))", "sum(z ./ (y + c))"),
    ],
)
def test_a_denominator_within_a_denominator(typed: str, shorter: str) -> None:
    assert cleared(normal(typed)) is normal(shorter)


@pytest.mark.parametrize("typed", ["x ./ (c*(y/b + 1))", "x ./ (y/c + 1)", "c*x ./ (y/c + 1)"])
def test_other_denominators_are_kept(typed: str) -> None:
    assert cleared(normal(typed)) is None
