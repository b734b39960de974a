"""The last simplification is named after what it does, and only if it does that."""

from __future__ import annotations

import pytest

from matcalc.expressions.dimensions import name
from matcalc.expressions.nodes import Expression
from matcalc.laws import arithmetic
from matcalc.laws.arithmetic import Arithmetic
from matcalc.laws.rule import Rule
from matcalc.syntax.reading import read_formula

n, m = name("n"), name("m")
SHAPES = {"A": (n, n), "B": (n, n), "W": (m, n), "x": (n,), "v": (n,), "y": (m,), "a": (), "b": ()}

NAMED = (
    ("b*2*a", "2*a*b", arithmetic.ORDER),
    ("(A*x)'*B", "x'*A'*B", arithmetic.ORDER),
    ("v .* x .* sin(x)", "sin(x) .* x .* v", arithmetic.ORDER),
    ("a*b/a*x", "b*x", arithmetic.JOIN),
    ("v .* x ./ v", "x", arithmetic.JOIN),
    ("ones(n)'*(v .* x)", "v'*x", arithmetic.ONES),
    ("A - a*ones(n)*ones(n)'", "A - a", arithmetic.ONES),
    ("-(x'*(eye(n) - A))", "x'*(A - eye(n))", arithmetic.SIGNS),
    ("x'*A + (A*x)'", "x'*(A + A')", arithmetic.FACTOR),
    ("x'*(ones(n)*v' - eye(n))", "(sum(x)*v - x)'", arithmetic.FACTOR),
    ("a*(x + v)", "a*x + a*v", arithmetic.EXPAND),
    ("[a > 0]*(b - max(0, a))", "[a > 0]*(b - a)", arithmetic.POSITIVE),
    ("tr(A*B*W'*W)", "tr(W*A*B*W')", arithmetic.TRACE),
    ("tr(inv(A)*B*A)", "tr(B)", arithmetic.TRACE),
    ("diag(x)*v", "x .* v", arithmetic.DIAGONALS),
    ("diag(x)*A + diag(v)*A", "diag(x + v)*A", arithmetic.DIAGONALS),
    ("where(a > b, a, b)", "b + [a > b]*(a - b)", arithmetic.CHOICE),
    ("norm2(x)^2", "x'*x", arithmetic.DEFINED),
)

DIFFERENT = (
    ("A*B", "B*A"),
    ("A*B", "(A*B)'"),
    ("x*v'", "v*x'"),
    ("A*x*v'", "A*v*x'"),
    ("(A + a)*B", "A*B + a*B"),
    ("A .* (A*B)", "(A .* A)*B"),
    ("(a + b)^2", "a^2 + b^2"),
    ("a/(b + 1)", "a/b + a"),
    ("sum(x)*sum(v)", "sum(x .* v)"),
    ("[a > 0]*max(0, b)", "[a > 0]*b"),
    ("inv(A)*B*A", "B"),
    ("tr(inv(A)*B*A*B)", "tr(B)^2"),
    ("tr(A*B*W'*W)", "tr(B*A*W'*W)"),
    ("diag(x)*A", "A*diag(x)"),
    ("inv(A')", "inv(A)"),
    ("sum(A, axis=0)'", "sum(A, axis=1)"),
    ("where(a > b, a, b)", "where(b > a, a, b)"),
    ("[a >= b]", "[a > b]"),
)


def _read(text: str) -> Expression:
    return read_formula(text, SHAPES)


def _between(before: str, after: str) -> Rule | None:
    formulas = _read(before), _read(after)
    return Arithmetic(*formulas).between(*formulas)


@pytest.mark.parametrize(("before", "after", "rule"), NAMED)
def test_what_leads_to_an_equal_formula_is_named(before: str, after: str, rule: Rule) -> None:
    found = _between(before, after)
    assert found is not None
    assert rule.name in found.name


@pytest.mark.parametrize(("before", "after"), DIFFERENT)
def test_formulas_that_differ_have_no_law_between_them(before: str, after: str) -> None:
    assert _between(before, after) is None
