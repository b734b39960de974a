"""The rewriter: one operator a step, innermost first, shared parts once."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc.calculus.intermediates import LEAVES
from matcalc.expressions.nodes import substitute
from matcalc.notation.text import to_text
from matcalc.programs.evaluation import evaluate

PAPER = [
    ("sin(x^2)", ["u1 = x^2", "u2 = sin(u1)"]),
    ("log(sin(x^3)^2)", ["u1 = x^3", "u2 = sin(u1)", "u3 = u2^2", "u4 = log(u3)"]),
    ("x + x^2", ["u1 = x^2", "u2 = x + u1"]),
    ("sin(x + x^2)", ["u1 = x^2", "u2 = x + u1", "u3 = sin(u2)"]),
    ("x*x^2", ["u1 = x^2", "u2 = x*u1"]),
    ("exp(x^2)*sin(x^2)", ["u1 = x^2", "u2 = exp(u1)", "u3 = sin(u1)", "u4 = u2*u3"]),
    ("u = x^2; u + sin(u)", ["u1 = x^2", "u2 = sin(u1)", "u3 = u1 + u2"]),
    ("u1 + sin(u1)", ["u2 = sin(u1)", "u3 = u1 + u2"]),
]


@pytest.mark.parametrize(("text", "steps"), PAPER)
def test_formulas_of_the_paper(text: str, steps: list[str]) -> None:
    formula = matcalc.parse(text, where="x, u1: scalar" if "u1" in text else "x: scalar")
    written = [f"{u.name} = {to_text(u.operation)}" for u in formula.intermediates]
    assert written == steps


FORMULAS = [
    "norm2(y - V*relu(W*x + b))^2 + c*normF(W)^2",
    "sum(i = 1..n, x[i]*sin(x[1]*x[i])) + det(W'*W)",
    "[x; b]'*[x; b] + mean(softmax(W, axis=1))",
]
WHERE = "W: matrix(m, n); V: matrix(k, m); x: vector(n); b: vector(m); y: vector(k); c: scalar"


@pytest.mark.parametrize("text", FORMULAS)
def test_each_step_has_one_operator_and_all_steps_make_the_formula(text: str) -> None:
    formula = matcalc.parse(text, WHERE)
    steps = formula.intermediates
    whole = {}
    for step in steps:
        assert step.operation.head not in LEAVES
        if step.operation.head != "index_sum":  # its body runs with the index
            assert all(part.head in LEAVES for part in step.operation.arguments)
        whole[step.symbol] = substitute(step.operation, whole)
        assert whole[step.symbol] is step.meaning
    assert whole[steps[-1].symbol] is formula.expression
    assert len({step.meaning for step in steps}) == len(steps)


def test_values_of_the_steps_are_values_of_the_parts() -> None:
    formula = matcalc.parse("log(sum(exp(W*x)))", "W: matrix(2, 3); x: vector(3)")
    values: dict[str, object] = {"W": np.arange(6.0).reshape(2, 3), "x": np.array([0.1, 0.2, 0.3])}
    for step in formula.intermediates:
        values[step.name] = evaluate(step.operation, values)
    assert np.allclose(np.asarray(values[step.name]), formula.evaluate(**values))


def test_a_deep_formula_is_rewritten() -> None:
    formula = matcalc.parse("sin(" * 3000 + "x" + ")" * 3000, "x: scalar")
    assert len(formula.intermediates) == 3000
