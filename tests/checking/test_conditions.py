"""What formulas branch on is found, in definitions and roots too, and what cannot be is not."""

import pytest

import matcalc
from matcalc.checking.conditions import conditions
from matcalc.notation.text import to_text

WHERE = "x, y: vector(n); a, b: scalar; A: square(n)"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("max(0, x - a)", ["0 ? x - a"]),
        ("abs(a)*relu(b)", ["a ? 0", "b ? 0"]),
        ("where(x > a, x, y)", ["x ? a"]),
        ("where(a, x, y)", ["a ? 0"]),
        ("[a < b]*x", ["a ? b"]),
        ("norm1(x - y)", ["x - y ? 0"]),
        ("sqrt(a^2) + (b^2)^(1/2)", ["a ? 0", "b ? 0"]),
        ("x'*A*x + exp(a)", []),
        ("[2 > 1]*a", []),
        ("[a < a]*b", []),
        ("sum(i = 1..n, abs(x[i]))", []),
    ],
)
def test_conditions(text: str, found: list[str]) -> None:
    expression = matcalc.parse(text, WHERE).expression
    shown = [f"{to_text(c.left)} ? {to_text(c.right)}" for c in conditions([expression])]
    assert sorted(shown) == found


def test_a_side_that_cannot_be_is_not_asked_for() -> None:
    expression = matcalc.parse("abs(relu(a)) + relu(x'*x)", WHERE).expression
    sides = {to_text(c.left): set(c.sides) for c in conditions([expression])}
    assert sides == {"a": {-1, 1}, "relu(a)": {1}, "x'*x": {1}}
