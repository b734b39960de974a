"""The last simplification is named after what it does, and only if it does that."""

from __future__ import annotations

import pytest

from matcalc.derivation import likeness
from matcalc.derivation.likeness import difference, is_reordered
from matcalc.derivation.steps import Rule
from matcalc.expressions.dimensions import name
from matcalc.expressions.nodes import Expression
from matcalc.syntax.reading import read_formula

n, m = name("n"), name("m")
SHAPES = {"A": (n, n), "B": (n, n), "W": (m, n), "x": (n,), "v": (n,), "y": (m,), "a": (), "b": ()}

NAMED = (
    ("b*2*a", "2*a*b", likeness.ORDER),
    ("(A*x)'*B", "x'*A'*B", likeness.ORDER),
    ("v .* x .* sin(x)", "sin(x) .* x .* v", likeness.ORDER),
    ("a*b/a*x", "b*x", likeness.JOIN),
    ("v .* x ./ v", "x", likeness.JOIN),
    ("ones(n)'*(v .* x)", "v'*x", likeness.ONES),
    ("A - a*ones(n)*ones(n)'", "A - a", likeness.ONES),
    ("-(x'*(eye(n) - A))", "x'*(A - eye(n))", likeness.SIGNS),
    ("x'*A + (A*x)'", "x'*(A + A')", likeness.FACTOR),
    ("x'*(ones(n)*v' - eye(n))", "(sum(x)*v - x)'", likeness.FACTOR),
    ("a*(x + v)", "a*x + a*v", likeness.EXPAND),
    ("[a > 0]*(b - max(0, a))", "[a > 0]*(b - a)", likeness.POSITIVE),
    ("exp(x)/sum(exp(x))", "softmax(x)", Rule("definition of softmax")),
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
)


def _read(text: str) -> Expression:
    return read_formula(text, SHAPES)


@pytest.mark.parametrize(("before", "after", "rule"), NAMED)
def test_what_leads_to_an_equal_formula_is_named(before: str, after: str, rule: Rule) -> None:
    assert difference(_read(before), _read(after)).name == rule.name


@pytest.mark.parametrize(("before", "after"), DIFFERENT)
def test_formulas_that_differ_are_not_alike(before: str, after: str) -> None:
    assert not is_reordered(_read(before), _read(after))
    assert difference(_read(before), _read(after)) is likeness.SIMPLIFICATION
