"""Backpropagation by layers: the same derivatives, in the form in which layers share them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given

import matcalc
from matcalc.errors import MatcalcError
from matcalc.notation.text import to_text
from matcalc.presenting.texts import shown
from matcalc.programs.evaluation import evaluate
from tests import differences
from tests.strategies import WHERE, formulas, point
from tests.test_properties import LARGEST, LAYOUT, SEEDS, VARIABLES, examples, words

NETWORKS = {
    "two layers": (
        "norm2(W_2*relu(W_1*x + b_1) + b_2 - y)^2",
        ["W_1", "b_1", "W_2", "b_2", "x"],
        "W_1: matrix(k, n); b_1: vector(k); W_2: matrix(m, k); b_2, y: vector(m); x: vector(n)",
    ),
    "a batch, one input": (
        "A = tanh(X*W + ones(N)*b'); sum(log(1 + exp(-y .* (A*v))))",
        ["W", "b", "v", "X"],
        "X: matrix(N, n); W: matrix(n, k); b, v: vector(k); y: vector(N)",
    ),
    "cross-entropy of a batch": (
        "A = relu(X*W' + ones(N)*b'); Z = A*V' + ones(N)*c'; -sum(Y .* log_softmax(Z, axis=1))/N",
        ["W", "b", "V", "c"],
        "X: matrix(N, n); W: matrix(k, n); b: vector(k); V: matrix(m, k); c: vector(m); "
        "Y: matrix(N, m)",
    ),
    "recurrent, weights shared": (
        "h_1 = tanh(W*x_1 + U*h); h_2 = tanh(W*x_2 + U*h_1); h_3 = tanh(W*x_3 + U*h_2); v·h_3",
        ["W", "U", "h", "v", "x_1"],
        "W: matrix(k, n); U: matrix(k, k); x_1, x_2, x_3: vector(n); h, v: vector(k)",
    ),
    "residual": (
        "h_1 = h + V_1*tanh(W_1*h); h_2 = h_1 + V_2*tanh(W_2*h_1); h_3 = h_2 + V_3*tanh(W_3*h_2); "
        "norm2(h_3)^2",
        ["h", "V_1", "W_1", "V_2", "W_2", "V_3", "W_3"],
        "h: vector(n); V_1, V_2, V_3: matrix(n, k); W_1, W_2, W_3: matrix(k, n)",
    ),
    "a gated cell": (
        "f = sigmoid(F*x + b); i = sigmoid(J*x); g = tanh(H*x); c = f .* c_0 + i .* g; "
        "o = sigmoid(O*x); h = o .* tanh(c); sum(h .* h)",
        ["F", "J", "H", "O", "b", "c_0", "x"],
        "F, J, H, O: matrix(k, n); x: vector(n); b, c_0: vector(k)",
    ),
    "attention": (
        "Q = X*W_q; K = X*W_k; V = X*W_v; P = softmax(Q*K'/sqrt(k), axis=1); sum(tanh(P*V))",
        ["W_q", "W_k", "W_v", "X"],
        "X: matrix(N, n); W_q, W_k, W_v: matrix(n, k)",
    ),
    "a gaussian process": (
        "S = X*X' + s*eye(n); y'*inv(S)*y + logdet(S)",
        ["X", "s", "y"],
        "X: matrix(n, k); s: scalar; y: vector(n)",
    ),
    "convolution": (
        "sum(tanh(conv(tanh(conv(x, k)), l)))", ["x", "k", "l"],
        "x: vector(n); k: vector(3); l: vector(2)",
    ),
}  # fmt: skip
SIZES = {"N": 4, "n": 5, "k": 3, "m": 2, "3": 3, "2": 2}


def values_of(formula: Any, seed: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found = {}
    for name, variable in formula.inferred.variables.items():
        shape = [SIZES[str(length)] for length in variable.shape]
        found[name] = rng.normal(size=shape) if shape else np.array(0.7)
    return found


def assert_near(gradient: Any, formula: Any, wrt: str, at: dict[str, Any]) -> None:
    """Hold a gradient against differences."""
    near = differences.jacobian(lambda x: formula.evaluate(**{**at, wrt: x}), at[wrt])
    np.testing.assert_allclose(gradient, near.value, atol=1e-6 + 10 * near.error)


@pytest.mark.parametrize("layout", ["mixed", "numerator"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_by_layers(name: str, layout: Any) -> None:
    text, names, where = NETWORKS[name]
    answers = matcalc.diff(text, names, where, layout)
    found = answers.layered
    assert found is not None
    at = values_of(answers.formula)
    sizes = SIZES | {"N": 4}
    for derivative, expression in zip(answers.values(), found, strict=True):
        assert expression.shape == derivative.expression.shape
        wanted = derivative.evaluate(**at)
        np.testing.assert_allclose(
            evaluate(expression, at, sizes), wanted, rtol=1e-9, atol=1e-12, err_msg=derivative.wrt
        )
        if layout == "mixed":
            assert_near(wanted, answers.formula, derivative.wrt, at)
    found = shown(answers)
    parts, texts = found.parts, found.answers
    header = "".join([f"{part} = {text}; " for part, text in parts])
    for derivative, answer in zip(answers.values(), texts, strict=True):
        again = matcalc.parse(header + answer, where).evaluate(**at)
        np.testing.assert_allclose(again, derivative.evaluate(**at), rtol=1e-9, atol=1e-12)
    computed = answers.compile(value_and=True)(**at)
    np.testing.assert_allclose(computed[0], answers.formula.evaluate(**at))
    for derivative, array in zip(answers.values(), computed[1:], strict=True):
        np.testing.assert_allclose(array, derivative.evaluate(**at), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["two layers", "a gated cell", "attention"])
def test_products_with_an_upstream_by_layers(name: str) -> None:
    text, names, where = NETWORKS[name]
    text = {
        "two layers": "W_2*relu(W_1*x + b_1) + b_2",
        "a gated cell": text.replace("; sum(h .* h)", "; h"),
        "attention": text.replace("sum(tanh(P*V))", "tanh(P*V)"),
    }[name]
    names = [one for one in names if one != "b_2" or "b_2" in text]
    answers = matcalc.vjp(text, names, "G", where)
    found = answers.layered
    assert found is not None
    at = values_of(answers.formula)
    shape = answers.formula.evaluate(**at).shape
    at["G"] = np.random.default_rng(1).normal(size=shape)
    for derivative, expression in zip(answers.values(), found, strict=True):
        wanted = derivative.evaluate(**at)
        np.testing.assert_allclose(evaluate(expression, at, SIZES), wanted, rtol=1e-9, atol=1e-12)


def test_a_batch_is_written_as_one_writes_it_by_hand() -> None:
    text, names, where = NETWORKS["cross-entropy of a batch"]
    source = matcalc.gradient(text, names, where).code(value_and=True)
    assert source.count(" @ ") == 5, source
    assert "b_1[:, None]" not in source


STABLE = (
    "sum(log(1 + exp(A*x)))",
    "log(sum(exp(A*x)))",
    "sum(log(softmax(A*x)))",
    "sum(log(sigmoid(A*x) .* sigmoid(A*x)))",
    "sum(log(1 - tanh(A*x).^2))",
    "sum(sqrt((A*x).^2 + 1))",
)


@pytest.mark.parametrize("text", STABLE)
def test_what_is_stable_together_is_not_cut(text: str) -> None:
    answers = matcalc.gradient(text, ["A", "x"], "A: matrix(m, n); x: vector(n)")
    values = answers.compile()(A=400 * np.eye(2), x=np.array([2.0, -2.0]))
    assert all(np.isfinite(array).all() for array in values)


@examples(150)
@example("kron(A, diag(z)*A)[1:m,1:n]", 0, "numerator")
@example("max(flip(diag(z)*A*B'), axis=0)'", 0, "numerator")
@example("((C.^2 + 1).^(C - C))*x", 0, "numerator")
@example("log(q(conv2d(conv2d_full(unvec(vec(A'), m, n), A), A)).^2 + 1/2)", 0, "numerator")
@given(formulas(), SEEDS, LAYOUT)
def test_random_formulas_by_layers(text: str, seed: int, layout: Any) -> None:
    names = [name for name in VARIABLES if name in words(text) and name not in "SPD"]
    assume(names)
    try:
        answers = matcalc.diff(f"sum({text})", names, WHERE, layout)
    except MatcalcError:
        assume(False)
    found = answers.layered
    assume(found is not None)
    at = point(seed)
    for derivative, expression in zip(answers.values(), found or [], strict=True):
        with np.errstate(all="ignore"):
            value = answers.formula.evaluate(**at.values, **at.sizes)
            wanted = derivative.evaluate(**at.values, **at.sizes)
            assume(np.isfinite(wanted).all() and abs(value) < LARGEST)
            got = evaluate(expression, at.values, at.sizes)
        scale = max(1.0, float(np.abs(wanted).max(initial=0)))
        label = f"{text} by {derivative.wrt}: {to_text(expression)}"
        np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-8 * scale, err_msg=label)
