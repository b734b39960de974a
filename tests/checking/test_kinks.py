"""On kinks the documented slope decides; where there is none after all, nothing does."""

import pytest

import matcalc

WHERE = "x: scalar; y, z: vector(n); c: scalar"


@pytest.mark.parametrize(
    ("formula", "variable", "claim"),
    [
        ("abs(x)", "x", "x/abs(x)"),
        ("min(x, 0) + max(x, 0)", "x", "1"),
        ("relu(x)^2", "x", "2*x*[x >= 0]"),
        ("x*abs(x)", "x", "2*abs(x)"),
        ("where(x > 6, x^2, 12*x - 36)", "x", "where(x >= 6, 2*x, 12)"),
        ("sum(max(c*y, (c - 1)*y))", "y", "(c - [y < 0])'"),
        ("max(y, z)", "y", "diag([y >= z])"),
    ],
)
def test_right_almost_everywhere(formula: str, variable: str, claim: str) -> None:
    assert matcalc.check(formula, variable, claim, WHERE).ok


@pytest.mark.parametrize(
    ("formula", "variable", "claim"),
    [
        ("relu(x)", "x", "[x >= 0]"),
        ("abs(x)", "x", "where(x >= 0, 1, -1)"),
        ("max(y, z)", "y", "diag([y > z])"),
        ("sum(max(0, 1 - y))", "y", "-[y <= 1]'"),
    ],
)
def test_another_slope_on_the_kink(formula: str, variable: str, claim: str) -> None:
    verdict = matcalc.check(formula, variable, claim, WHERE)
    assert (verdict.verdict, verdict.slip) == ("refuted", "kink")
    assert verdict.counterexample is not None
