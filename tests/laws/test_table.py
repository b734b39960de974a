"""Every law holds in numbers, is applied to what it is about, and leaves equal formulas equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.laws.connecting import ENTRIES, connected
from matcalc.laws.law import SHAPES, Law, pattern
from matcalc.laws.matching import applied
from matcalc.laws.rewriting import rewritings
from matcalc.laws.table import LAWS
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.reading import read_formula

SIZES = {"m": 2, "n": 3, "p": 5, "q": 4}

WHERE_A_CHOICE_IS = frozenset("aw")
"""Letters that are 0 or 1 in the laws of choices."""


def _point(law: Law, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for letter, shape in SHAPES.items():
        sizes = [dimension.evaluate(SIZES) for dimension in shape]
        entries = rng.uniform(0.3, 1.5, sizes) * rng.choice([-1.0, 1.0], sizes)
        if "where" in law.left and letter in WHERE_A_CHOICE_IS:
            entries = (entries > 0) * 1.0
        if letter == "a" and "0" in law.condition:
            entries = np.abs(entries)
        values[letter] = entries
    return values


def _value(formula: Expression, values: dict[str, Any]) -> Any:
    return np.asarray(evaluate(formula, {**values, **SIZES}))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.left)
def test_both_sides_are_equal(law: Law) -> None:
    sides = pattern(law)
    assert sides.left.shape == sides.right.shape
    for seed in range(3):
        values = _point(law, seed)
        left, right = _value(sides.left, values), _value(sides.right, values)
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.left)
def test_the_left_side_becomes_the_right_one(law: Law) -> None:
    sides = pattern(law)
    found = applied(sides, sides.left)
    assert found is not None
    values = _point(law, 7)
    np.testing.assert_allclose(_value(found, values), _value(sides.right, values), rtol=1e-9)


FORMULAS = (
    "2*ones(m)'*(diag(x)*A)*u*c",
    "tr(-S)/c + det(S*T)*tr(c*inv(T))",
    "[c*u; a*u] + b*[v; w]",
    "[u', c]*[v; a]*b",
    "r*diag(v)*S'*(u - v)/norm2(u)^2",
    "sum(A', axis=0)*x + mean(A, axis=0)*(-u)",
    "(A*eye(n)[:,2])'*x - eye(m)[1,:]*x",
    "exp(-a)*b/(1 + exp(-a))^2 + 1/(1 + exp(-c))",
    "-(u .* (1 ./ (ones(n) + exp(v))))'*w",
    "adj(S)/det(S)*u*v'*inv(S*T)",
    "(c*A ⊗ F)/b",
    "x'*[A, B]*[u; v]",
)


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("expanding", [False, True])
def test_rewriting_keeps_the_value_and_ends(text: str, expanding: bool) -> None:
    formula = read_formula(text, SHAPES)
    values = _point(LAWS[0], 3)
    wanted = _value(formula, values)
    lines = list(rewritings(formula, expanding))
    assert lines
    for rule, found in lines:
        np.testing.assert_allclose(_value(found, values), wanted, rtol=1e-9, err_msg=rule.name)
    again = list(rewritings(lines[-1][1], expanding))
    assert not again


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_led_to_what_it_becomes(text: str) -> None:
    formula = read_formula(text, SHAPES)
    *_, (_, end) = rewritings(formula, True)
    lines = connected(end, formula)
    assert lines[-1].formula is formula
    assert all(line.rule is not ENTRIES for line in lines)


def test_names_of_letters_are_shapes_of_laws_only() -> None:
    for law in LAWS:
        nodes = postorder([pattern(law).left], lambda node: node.arguments)
        letters = {node.value.name for node in nodes if node.head == "variable"}
        right = postorder([pattern(law).right], lambda node: node.arguments)
        assert {n.value.name for n in right if n.head == "variable"} <= letters
