"""The normal form of tensors: equal formulas are one object, whatever their order."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.expressions.nodes import substitute
from tests.derivatives import problem, read

WHERE = (
    "a, b, c: scalar; x, y, z: vector(n); A: matrix(m, n); B: matrix(n, m); C, X: square(n); "
    "S: symmetric(n); f: elementwise"
)


def normal(text: str) -> Tensor:
    """Return the formula's normal form."""
    return tensor_of(read(text, WHERE))


EQUAL = (
    ("x + y - x", "y"),
    ("(x'*y)'", "y'*x"),
    ("(A*x)'", "x'*A'"),
    ("(A*B)'", "B'*A'"),
    ("(A')'", "A"),
    ("(X')^-1", "(X^-1)'"),
    ("tr(A*B)", "tr(B*A)"),
    ("tr(C')", "tr(C)"),
    ("tr(C*X)", "sum(C .* X')"),
    ("x'*C*y", "y'*C'*x"),
    ("S*x", "(x'*S)'"),
    ("S'", "S"),
    ("eye(n)*x", "x"),
    ("C*eye(n)", "C"),
    ("diag(x)*y", "x .* y"),
    ("diag(diag(x))", "x"),
    ("diag(x*y')", "x .* y"),
    ("ones(n)'*x", "sum(x)"),
    ("A*ones(n)", "sum(A, axis=1)"),
    ("sum(sum(A, axis=0))", "sum(A)"),
    ("mean(x)", "sum(x)/n"),
    ("x ./ x", "ones(n)"),
    ("(x.^2).^3", "x.^6"),
    ("sum(i = 1..n, x[i]*y[i])", "x'*y"),
    ("sum(i = 1..n, x[i])", "sum(x)"),
    ("sum(i = 1..n, A[:,i]*x[i])", "A*x"),
    ("tensor(i = 1..n, j = 1..m, A[j,i])", "A'"),
    ("x·y", "dot(y, x)"),
    ("norm2(x)^2", "x'*x"),
    ("C^3", "C*C*C"),
    ("C^0", "eye(n)"),
    ("unvec(vec(A), m, n)", "A"),
    ("unvec(vec(A)*x', m, n, n)", "tensor(i = 1..m, j = 1..n, k = 1..n, A[i,j]*x[k])"),
    ("flip(flip(x))", "x"),
    ("f(x)[2]", "f(x[2])"),
    ("exp(x)[1]", "exp(x[1])"),
    ("[x; y][1:n]", "x"),
    ("sum(x - mean(x))", "0"),
    ("sum(a*y .* z - b*(C*x - mean(C*x)))", "a*(y'*z)"),
    ("sum(A - ones(m)*mean(A, axis=0), axis=0)", "zeros(1, n)"),
    ("mean(C - mean(C))", "0"),
    ("sum(softmax(C*x + y))", "1"),
    ("sum(softmax(A, axis=0), axis=0)", "ones(1, n)"),
    ("sum(softmax(A, axis=1))", "m"),
    ("where(x > y, 0, 1)", "[x <= y]"),
)
DIFFERENT = (
    ("x*y'", "y*x'"),
    ("C*X", "X*C"),
    ("C'", "C"),
    ("x'*C*y", "x'*C'*y"),
    ("C .* X", "C*X"),
    ("sqrt(x.^2)", "x"),
    ("(a*b)^(1/2)", "a^(1/2)*b^(1/2)"),
    ("abs(x)", "x"),
    ("C^-1", "1/C"),
    ("f(x + y)", "f(x) + f(y)"),
    ("max(x, y)", "max(x, z)"),
    ("log(a*b)", "log(a) + log(b)"),
    ("sum(x)^2", "sum(x.^2)"),
    ("sum(y .* (x - mean(x)))", "0"),
    ("sum((x - mean(x)).^2)", "0"),
    ("sum(softmax(x).^2)", "1"),
    ("sum(softmax(A, axis=0), axis=1)", "ones(m)"),
    ("sum(y .* softmax(x))", "sum(y)"),
)


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal_formulas_are_one_tensor(left: str, right: str) -> None:
    assert normal(left) is normal(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_what_must_not_be_simplified(left: str, right: str) -> None:
    assert normal(left) is not normal(right)


@pytest.mark.parametrize(
    "terms",
    [
        ("x", "y", "C*z", "2*x"),
        ("sum(x)*y", "y .* exp(x)", "C'*C*x", "x'*y*z"),
        ("A'*A*x", "x/(1 + x'*x)", "f(x)", "ones(n)"),
    ],
)
@pytest.mark.parametrize("operator", [" + ", " .* "])
def test_the_order_of_operands_does_not_matter(terms: tuple[str, ...], operator: str) -> None:
    found = {
        normal(operator.join(f"({term})" for term in order))
        for order in itertools.permutations(terms)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    "factors", [("x'*y", "a", "tr(C)", "b^2"), ("sum(A)", "x'*C*x", "a + b", "1/a")]
)
def test_the_order_of_scalar_factors_does_not_matter(factors: tuple[str, ...]) -> None:
    found = {
        normal("*".join(f"({factor})" for factor in order))
        for order in itertools.permutations(factors)
    }
    assert len(found) == 1


DERIVED = (
    "x'*C*x", "norm2(A*x)^3", "log(sum(exp(x)))", "sum(f(C*x))", "y'*inv(C + x*x')*y",
    "prod(x)*(a + x'*x)", "sum(sigmoid(A*x))^2",
)  # fmt: skip


@pytest.mark.parametrize("text", DERIVED)
@pytest.mark.parametrize("order", [1, 2])
def test_the_normal_form_of_an_answer_is_the_answer(text: str, order: int) -> None:
    given = problem(text, "x", WHERE)
    first = given.answer("mixed", order)
    again = matcalc.parse(str(matcalc.diff(text, "x", WHERE, "mixed", order)), WHERE).expression
    assert tensor_of(again) is tensor_of(first)


VALUES: dict[str, Any] = {
    name: np.random.default_rng(k).uniform(0.3, 1.2, shape)
    for k, (name, shape) in enumerate({
        "a": (), "x": (3,), "y": (3,), "A": (2, 3), "C": (3, 3),
    }.items())
} | {"f": np.sin, "f'": np.cos, "f''": lambda t: -np.sin(t)}  # fmt: skip


@pytest.mark.parametrize("text", DERIVED)
def test_hessians_are_symmetric(text: str) -> None:
    value = matcalc.hessian(text, "x", WHERE).evaluate(**VALUES)
    np.testing.assert_allclose(value, value.T, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("left", "right"), itertools.combinations(DERIVED, 2))
def test_the_derivative_of_a_sum_is_the_sum_of_the_derivatives(left: str, right: str) -> None:
    together, one, other = [
        matcalc.gradient(text, "x", WHERE).evaluate(**VALUES)
        for text in (f"{left} + {right}", left, right)
    ]
    np.testing.assert_allclose(together, one + other, rtol=1e-12)


def test_a_structured_variable_is_replaced_by_a_loose_one_and_back() -> None:
    formula = read("tr(S*C)", WHERE)
    given = problem("tr(S*C)", "S", WHERE)
    assert substitute(formula, {}) is formula
    assert str(matcalc.gradient("tr(S*C)", "S", WHERE)) == "C'"
    assert given.variable.value.structure == "symmetric"
