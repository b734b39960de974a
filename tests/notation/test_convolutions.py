"""Convolutions and flips: derivatives are convolutions again, or statements about entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.notation.text import count_nodes
from tests import differences

WHERE = (
    "x: vector(n); k: vector(p); l: vector(q); X: matrix(m, n); K: matrix(p, q); L: matrix(p, q); "
    "A: matrix(m, p); B: matrix(p, n); F: matrix(u, n-p+1); e, f: vector(3); S: square(3); "
    "g: vector(n-p+1); G: matrix(m-p+1, n-q+1); h: vector(n+p-1); H: matrix(m+p-1, n+q-1); "
    "b: scalar"
)
LARGE = {"m": 5, "n": 7, "p": 2, "q": 3, "u": 2}
SIZES = (
    {"m": 4, "n": 5, "p": 2, "q": 3, "u": 2},
    {"m": 3, "n": 4, "p": 3, "q": 1, "u": 2},  # a kernel of one column, as high as the signal
    {"m": 2, "n": 4, "p": 1, "q": 4, "u": 3},  # a kernel of one row, as wide as the signal
)

PULLED = (  # formula, variable, upstream, the answer
    ("conv(x, k)", "x", "g", "conv_full(g, flip(k))"),
    ("conv(x, k)", "k", "g", "conv(x, g)"),
    ("conv_full(x, k)", "x", "h", "conv(h, flip(k))"),
    ("conv_full(x, k)", "k", "h", "flip(conv(h, x))"),
    ("conv2d(X, K)", "X", "G", "conv2d_full(G, flip(K))"),
    ("conv2d(X, K)", "K", "G", "conv2d(X, G)"),
    ("conv2d_full(X, K)", "X", "H", "conv2d(H, flip(K))"),
    ("conv2d_full(X, K)", "K", "H", "flip(conv2d(H, X))"),
    ("conv2d(X, flip(K))", "X", "G", "conv2d_full(G, K)"),
    ("conv2d(X, flip(K))", "K", "G", "flip(conv2d(X, G))"),
    ("flip(x)", "x", "B'*k", "flip(B'*k)"),
    ("flip(X)", "X", "A*B", "flip(A*B)"),
    ("relu(conv(x, k) + b)", "k", "g", "conv(x, [conv(x, k) + b > 0] .* g)"),
    ("relu(conv2d(X, K) + b)", "K", "G", "conv2d(X, [conv2d(X, K) + b > 0] .* G)"),
    ("relu(conv2d(X, K) + b)", "X", "G", "conv2d_full([conv2d(X, K) + b > 0] .* G, flip(K))"),
    ("conv2d(A*B, K)", "A", "G", "conv2d_full(G, flip(K))*B'"),
    ("conv2d(A*B, K)", "B", "G", "A'*conv2d_full(G, flip(K))"),
    ("conv2d(X', K)", "X", "ones(n-p+1, m-q+1)", "conv2d_full(K, ones(n-p+1, m-q+1))'"),
)

GRADIENTS = (
    ("sum(conv2d(X, K))", "K", "conv2d(X, ones(m-p+1, n-q+1))"),
    ("norm2(conv2d(X, K) - G)^2", "X", "2*conv2d_full(conv2d(X, K) - G, flip(K))"),
    ("norm2(conv2d(X, K) - G)^2", "K", "2*conv2d(X, conv2d(X, K) - G)"),
    ("norm2(conv(x, flip(k)))^2", "x", "2*conv_full(conv(x, flip(k)), k)"),
    ("norm2(conv(x, flip(k)))^2", "k", "2*flip(conv(x, conv(x, flip(k))))"),
    ("sum(conv(x, x[1:2]))", "x", None),
    ("sum(conv_full(x, x) .^ 2)", "x", None),
    ("sum(flip(X) .* X)", "X", "2*flip(X)"),
    ("sum(tanh(conv(tanh(conv_full(x, k)), l)))", "x", None),
    ("sum(tanh(conv(tanh(conv_full(x, k)), l)))", "k", None),
    ("sum(tanh(conv2d(tanh(conv2d_full(X, K) + b), L)))", "X", None),
    ("sum(tanh(conv2d(tanh(conv2d_full(X, K) + b), L)))", "K", None),
    ("sum(tanh(conv2d(tanh(conv2d_full(X, K) + b), L)))", "L", None),
    ("sum(F*tanh(conv(x, k)))", "x", None),
    ("tr(conv2d_full(X, X'))", "X", None),
    ("sum(conv2d(x*x', K) .^ 2)", "x", None),
    ("sum(conv2d(diag(x), K) .^ 2)", "x", None),
)

JACOBIANS = (
    ("conv(x, k)", "k", "tensor(i = 1..n-p+1, j = 1..p, x[i + j - 1])"),
    (
        "conv(x, k)", "x",
        "tensor(i = 1..n-p+1, j = 1..n, ([zeros(n-p); k; zeros(n-p)])[j - i + n-p+1])",
    ),
    (
        "conv2d(X, K)", "K",
        "tensor(i = 1..m-p+1, j = 1..n-q+1, r = 1..p, s = 1..q, X[i + r - 1,j + s - 1])",
    ),
    ("conv2d(X, K)", "X", None),
    ("conv_full(x, k)", "x", None),
    ("conv_full(x, k)", "k", None),
    ("conv2d_full(X, K)", "X", None),
    ("conv2d_full(X, K)", "K", None),
    ("flip(x)", "x", "tensor(i = 1..n, j = 1..n, delta(i + j, n+1))"),
    ("flip(X)*x", "x", "flip(X)"),
    ("flip(X*x)", "x", "tensor(i = 1..m, j = 1..n, X[m+1 - i,j])"),
    ("flip(x) .* x", "x", None),
    ("tanh(conv(x, k))*b", "x", None),
    ("conv(conv_full(x, k), l)", "x", None),
    ("conv(conv_full(x, k), l)", "k", None),
    ("conv(conv_full(x, k), l)", "l", None),
    ("conv(tanh(conv_full(x, k)), l)", "x", None),
    ("conv(flip(x), k)", "x", None),
    ("conv(X[1,:]', k)", "X", None),
    ("conv2d(X, flip(K))", "K", None),
    ("conv2d(flip(X), K)", "X", None),
    ("conv2d(A*B, K)", "A", None),
    ("F*tanh(conv(x, k))", "x", None),
    ("F*conv(x, k)", "k", None),
    ("sum(conv2d(X, K), axis=1)", "X", None),
    ("sum(conv2d(X, K), axis=0)", "K", None),
    ("conv2d(X, k*l')", "k", None),
    ("conv2d(X, K)[1,:]", "X", None),
    ("conv_full(x, k)[2:3]", "k", None),
    ("diag(conv(x, k))", "x", None),
    ("kron(x, flip(k))", "x", None),
    ("vec(flip(X))", "X", None),
    ("vec(kron(X, X)[1:m,1:n])[1:n] .* sum(X' .* X', axis=1)", "X", None),
    ("cross(e, S*cross(e, f))", "e", None),
    # an axis of a Kronecker product that the result has too
    ("kron(diag(y)*X, X')[1,1]", "y", None),
    ("sum(kron(X, diag(y)*X)[1:m,1:n])", "y", None),
    ("sum(kron(diag(y)*X, X')[1:m,1:n])", "y", None),
)  # fmt: skip


def values_of(formula: Any, sizes: dict[str, int], seed: int) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    return {
        name: generator.uniform(0.3, 1.1, [part.evaluate(sizes) for part in node.shape])
        * generator.choice([-1, 1])
        for name, node in formula.inferred.variables.items()
    }


def assert_value(
    answer: Any, function: Callable[..., Any], wrt: str, values: dict[str, Any], sizes: Any
) -> None:
    """Hold the answer, and the printed one, against differences of a function of `wrt`."""
    estimate = differences.jacobian(lambda at: function({**values, wrt: at}), values[wrt])
    got = answer.evaluate(**values, **sizes)
    back = matcalc.parse(str(answer), WHERE).evaluate(**values, **sizes)
    np.testing.assert_allclose(back, got, rtol=1e-10, atol=1e-10, err_msg=str(answer))
    wanted = estimate.value.reshape(got.shape)
    scale = max(1.0, float(np.max(np.abs(wanted))))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6 * scale, err_msg=str(answer))


def assert_derivative(text: str, wrt: str, order: int, points: Any = SIZES) -> None:
    formula = matcalc.parse(text, WHERE)
    answer = matcalc.diff(text, wrt, WHERE, "mixed", order)
    first = formula if order == 1 else matcalc.diff(text, wrt, WHERE, "mixed")
    for seed, sizes in enumerate(points):
        values = values_of(formula, sizes, seed)
        assert_value(answer, lambda at: first.evaluate(**at, **sizes), wrt, values, sizes)  # noqa: B023


@pytest.mark.parametrize(("text", "wrt", "upstream", "printed"), PULLED)
def test_pulled_back_is_a_convolution(text: str, wrt: str, upstream: str, printed: str) -> None:
    answer = matcalc.vjp(text, wrt, upstream, WHERE)
    assert str(answer) == printed
    total = matcalc.parse(f"sum(({upstream}) .* ({text}))", WHERE)
    sizes = LARGE
    values = values_of(total, sizes, 5)
    assert_value(answer, lambda at: total.evaluate(**at, **sizes), wrt, values, sizes)


@pytest.mark.parametrize(("text", "wrt", "printed"), GRADIENTS)
def test_gradients_have_no_indices(text: str, wrt: str, printed: str | None) -> None:
    shown = str(matcalc.gradient(text, wrt, WHERE))
    assert printed in (None, shown)
    if text not in ("sum(conv(x, x[1:2]))", "tr(conv2d_full(X, X'))") and "x*x" not in text:
        assert "tensor" not in shown or "diag" in text
    assert_derivative(text, wrt, 1, (LARGE, *SIZES[1:]))


@pytest.mark.parametrize(("text", "wrt", "printed"), JACOBIANS)
def test_jacobians_state_entries(text: str, wrt: str, printed: str | None) -> None:
    shown = str(matcalc.diff(text, wrt, WHERE, "mixed"))
    assert printed in (None, shown)
    assert_derivative(text, wrt, 1)


SECOND = [row for row in GRADIENTS if row[0] not in ("sum(conv2d(X, K))",)]


@pytest.mark.parametrize(("text", "wrt", "printed"), SECOND)
def test_second_derivatives(text: str, wrt: str, printed: str | None) -> None:
    assert_derivative(text, wrt, 2)


def test_a_convolution_of_variables_of_equal_length_is_an_inner_product() -> None:
    assert str(matcalc.gradient("sum(conv(x, x))", "x", WHERE)) == "2*x"


def test_a_flip_of_one_axis_is_not_a_flip() -> None:
    """A matrix with only its rows turned round has no notation but its entries."""
    answer = matcalc.vjp("flip(X*x)", "X", "A[:,1]", WHERE)
    assert str(answer) == "flip(A[:,1])*x'"
    turned = matcalc.diff("flip(X*x)", "x", WHERE, "numerator")
    assert "flip" not in str(turned)


def test_every_entry_agrees_with_sympy() -> None:
    import sympy

    from matcalc.programs.backends import SYMPY
    from matcalc.programs.evaluation import evaluate

    sizes = {"m": 3, "n": 4, "p": 2, "q": 3}
    symbols = {
        "X": np.array(sympy.symbols("x:12"), object).reshape(3, 4),
        "K": np.array(sympy.symbols("k:6"), object).reshape(2, 3),
    }
    formula = matcalc.parse("conv2d_full(X .^ 2, flip(K))", WHERE).expression
    entries = evaluate(formula, symbols, sizes, SYMPY)
    for wrt in "XK":
        answer = matcalc.diff("conv2d_full(X .^ 2, flip(K))", wrt, WHERE, "mixed").expression
        got = evaluate(answer, symbols, sizes, SYMPY)
        for place in np.ndindex(*got.shape):
            wanted = sympy.diff(entries[place[:2]], symbols[wrt][place[2:]])
            assert sympy.expand(got[place] - wanted) == 0


def test_deep_networks_stay_short_and_quick() -> None:
    where, text = "x: vector(45)", "x"
    for layer in range(20):
        where += f"; k{layer}: vector(3)"
        text = f"tanh(conv({text}, k{layer}))"
    generator = np.random.default_rng(0)
    values: dict[str, Any] = {f"k{layer}": generator.normal(size=3) for layer in range(20)}
    values["x"] = generator.normal(size=45)
    gradient = matcalc.gradient(f"sum({text})", "x", where)
    jacobian = matcalc.diff(text, "x", where)
    assert count_nodes(gradient.expression) < 10_000
    np.testing.assert_allclose(
        jacobian.evaluate(**values).sum(axis=0), gradient.evaluate(**values), rtol=1e-9, atol=1e-12
    )
