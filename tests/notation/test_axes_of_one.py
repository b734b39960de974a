"""Dimensions that are the number 1: tensors have no such axes, formulas do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from tests import differences

SIZES = {"n": 3, "N": 4, "p": 2, "m": 5}
FORMULAS = (
    ("logsumexp(tanh(W*x))", "W", "W: square(1); x: vector(1)"),
    ("sum(B*x)*det(A)", "B", "A, B: square(1); x: vector(1)"),
    ("sum(tanh(V*tanh(W*X + b*ones(4)')))", "V", "X: matrix(n, 4); W: matrix(1, n); b: vector(1); "
     "V: matrix(p, 1)"),
    ("sum(tanh(V*tanh(W*X + b*ones(4)')))", "b", "X: matrix(n, 4); W: matrix(1, n); b: vector(1); "
     "V: matrix(p, 1)"),
    ("sum(tanh(V*tanh(W*X + b*ones(4)')))", "W", "X: matrix(n, 4); W: matrix(1, n); b: vector(1); "
     "V: matrix(p, 1)"),
    ("-sum(y .* log(sigmoid(X*w + b)))", "X", "X: matrix(1, n); y: vector(1); b: scalar"),
    ("tr(inv(P + A*A'))", "A", "P: spd(1); A: square(1)"),
)  # fmt: skip


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("text", "wrt", "where"), FORMULAS)
def test_derivatives_equal_differences(text: str, wrt: str, where: str, order: int) -> None:
    answer = matcalc.diff(text, wrt, where, "mixed", order)
    inner = matcalc.diff(text, wrt, where, "mixed") if order == 2 else answer.formula
    generator = np.random.default_rng(1)
    at: dict[str, Any] = {
        name: generator.uniform(0.4, 1.2, [length.evaluate(SIZES) for length in node.shape])
        for name, node in answer.formula.inferred.variables.items()
    }
    near = differences.jacobian(lambda x: inner.evaluate(**{**at, wrt: x}), at[wrt])
    found = answer.evaluate(**at)
    assert found.shape == tuple(length.evaluate(SIZES) for length in answer.expression.shape)
    np.testing.assert_allclose(found.ravel(), near.value.ravel(), rtol=1e-5, atol=1e-6)
    again = matcalc.parse(str(answer), where)
    np.testing.assert_allclose(again.evaluate(**at), found, rtol=1e-9, atol=1e-12)


def test_abstract_functions_of_one_entry() -> None:
    where = "x: vector(n); g: vector(n) -> vector(1); q: vector(1) -> scalar"
    answer = matcalc.diff("q(g(x))", "x", where)
    assert matcalc.parse(str(answer), where).shape == answer.shape == ("1", "n")
    where = "x: vector(1); f: elementwise; q: vector(1) -> scalar"
    answer = matcalc.diff("q(f(x))", "x", where)
    assert matcalc.parse(str(answer), where).shape == answer.shape == ("1", "1")


def test_networks_of_one_unit() -> None:
    where = "X: matrix(2, 3); W: matrix(1, 2); b: vector(1); V: matrix(3, 1)"
    answers = matcalc.gradient("sum(tanh(V*tanh(W*X + b*ones(3)')))", ["W", "b", "V", "X"], where)
    assert [answer.shape for answer in answers.values()] == [
        ("1", "2"), ("1",), ("3", "1"), ("2", "3"),
    ]  # fmt: skip
    assert str(answers)


def test_a_function_of_a_row_as_a_matrix() -> None:
    where = "q: matrix(1, n) -> scalar; x: vector(n)"
    c, x = np.array([1.0, -2.0, 0.5]), np.array([1.0, 2.0, 3.0])
    functions = {"q": lambda row: np.sum(c * row**2), "q'": lambda row: (2 * c * row).T}
    for layout, wanted in (("mixed", 2 * c * x), ("numerator", (2 * c * x)[None, :])):
        answer = matcalc.diff("q(x')", "x", where, layout)  # type: ignore[call-overload]
        np.testing.assert_allclose(answer.evaluate(x=x, n=3, **functions), wanted)


def test_a_function_of_a_scalar_and_a_matrix() -> None:
    generator = np.random.default_rng(0)
    A = generator.normal(size=(2, 3))
    at = {"x": generator.normal(size=2), "W": generator.normal(size=(2, 3)), "m": 2, "n": 3}
    functions = {
        "q'1": lambda a, W: np.cos(a) * np.sum(A * W**2),
        "q'2": lambda a, W: (np.sin(a) * 2 * A * W).T,
        "q'1'2": lambda a, W: (np.cos(a) * 2 * A * W).T,
        "q'2'1": lambda a, W: (np.cos(a) * 2 * A * W).T,
    }
    where = "q: scalar, matrix(m, n) -> scalar; W: matrix(m, n); x: vector(2)"
    blocks = matcalc.hessian("q(x[1], W)", ["W", "x"], where)
    wanted = np.zeros((2, 3, 2))
    wanted[:, :, 0] = np.cos(at["x"][0]) * 2 * A * at["W"]
    np.testing.assert_allclose(blocks["W", "x"].evaluate(**at, **functions), wanted)
    found = blocks["x", "W"].evaluate(**at, **functions)
    np.testing.assert_allclose(found, wanted.transpose(2, 0, 1))
