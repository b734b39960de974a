"""Derivations of awkward formulas: each step is true, in every manner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.calculus.layouts import Layout
from matcalc.derivation.steps import DETAILS, MANNERS
from tests.derivation.truth import Numbers, false_steps

SIZES = {"m": 3, "n": 2, "k": 5, "p": 2, "d": 3, "N": 3}

FORMULAS = (
    ("sin(x^2)*exp(x)", "x", "x: scalar"),
    ("x^3/(1 + x^2)", "x", "x: scalar"),
    ("f(x^2)*g(x)", "x", "f, g: elementwise; x: scalar"),
    ("where(x > 0, x^2, -x)", "x", "x: scalar"),
    ("sum(w .* x + z)/z", "w", "w, x: vector(n); z: scalar"),
    ("1/N*sum(i = 1..N, (max(0, w·X[i,:]' + b) - y[i])^2)", "w",
     "w: vector(n); X: matrix(N, n); y: vector(N); b: scalar"),
    ("1/N*sum(i = 1..N, (max(0, w·X[i,:]' + b) - y[i])^2)", "b",
     "w: vector(n); X: matrix(N, n); y: vector(N); b: scalar"),
    ("x'*A*x/(x'*x)", "x", "x: vector(n); A: square(n)"),
    ("-sum(y .* log(softmax(W*x + b)))", "x",
     "b, y: vector(m); W: matrix(m, n); x: vector(n)"),
    ("-sum(y .* log(softmax(W*x + b)))", "W",
     "b, y: vector(m); W: matrix(m, n); x: vector(n)"),
    ("-y·log_softmax(z)", "z", "y, z: vector(n)"),
    ("sum(log(1 + exp(-y .* (X*w))))", "w", "X: matrix(m, n); w: vector(n); y: vector(m)"),
    ("-(y·log(sigmoid(X*w)) + (ones(m) - y)·log(ones(m) - sigmoid(X*w)))", "w",
     "X: matrix(m, n); w: vector(n); y: vector(m)"),
    ("softmax(Q*K', axis=1)*V", "Q", "Q: matrix(m, d); K: matrix(n, d); V: matrix(n, p)"),
    ("sum(softmax(Q*K', axis=1)*V)", "K", "Q: matrix(m, d); K: matrix(n, d); V: matrix(n, p)"),
    ("(x - mean(x))/sqrt(mean((x - mean(x)) .^ 2) + c)", "x", "x: vector(m); c: scalar"),
    ("1/2*y'*inv(K + s*eye(n))*y + 1/2*logdet(K'*K + s*eye(n))", "s",
     "y: vector(n); K: square(n); s: scalar"),
    ("1/2*y'*inv(K)*y + 1/2*log(det(K)^2)", "K", "y: vector(n); K: square(n)"),
    ("tr(X'*A*X*B)", "X", "X: matrix(m, n); A: square(m); B: square(n)"),
    ("A*inv(X)", "X", "A: matrix(m, n); X: square(n)"),
    ("outer(x, x)*A", "x", "x: vector(n); A: matrix(n, m)"),
    ("x/norm2(x)", "x", "x: vector(m)"),
    ("x[2]^2*x[1] + sum(x)*x[3]", "x[2]", "x: vector(m)"),
    ("X[1,1]*X[1,2] + tr(X*A)^2", "X[1,2]", "X: matrix(n, m); A: matrix(m, n)"),
    ("inv(X)*v", "X[2,1]", "X: square(n); v: vector(n)"),
    ("W*tanh(W*tanh(W*h))", "h", "W: square(n); h: vector(n)"),
    ("sum(tanh(W*tanh(W*h)))", "W", "W: square(n); h: vector(n)"),
    ("normF(X - U*V')^2", "U", "X: matrix(m, n); U: matrix(m, k); V: matrix(n, k)"),
    ("[x; 2*x]·c", "x", "x: vector(n); c: vector(2*n)"),
    ("sum((W2*relu(W1*x + b) - t) .^ 2)", "W1",
     "b: vector(k); x: vector(n); t: vector(p); W1: matrix(k, n); W2: matrix(p, k)"),
    ("exp(-1/2*(x - c)'*inv(S)*(x - c))", "S", "x, c: vector(n); S: square(n)"),
    ("a'*S*a + tr(S*S*S)", "S", "S: symmetric(n); a: vector(n)"),
    ("prod(x)/sum(x)", "x", "x: vector(m)"),
)  # fmt: skip


def _values(parsed: Any) -> dict[str, Any]:
    """Return unsymmetric values of every size its own, away from kinks and singularities."""
    rng = np.random.default_rng(11)
    values: dict[str, Any] = dict(SIZES)
    for name, node in sorted(parsed.inferred.variables.items()):
        shape = tuple(part.evaluate(SIZES) for part in node.shape)
        value = rng.normal(size=shape) + (0.3 if len(shape) < 2 else 0)
        if len(shape) == 2 and shape[0] == shape[1]:
            value = value + 3 * np.eye(shape[0])
        if node.value.structure == "symmetric":
            value = (value + value.T) / 2
        values[name] = np.abs(value) if name in ("s", "c") and not shape else value
    values |= {"f": np.sin, "f'": np.cos, "g": np.tanh, "g'": lambda v: 1 - np.tanh(v) ** 2}
    return values


@pytest.mark.parametrize(("text", "wrt", "where"), FORMULAS)
def test_steps_of_awkward_formulas_are_true(text: str, wrt: str, where: str) -> None:
    _, _, places = wrt.rstrip("]").partition("[")
    entry = tuple(int(place) - 1 for place in places.split(",")) if places else ()
    numbers = None
    layouts: tuple[Layout, ...] = ("numerator", "denominator", "mixed")
    for layout, detail in zip(layouts, DETAILS, strict=True):
        answer = matcalc.diff(text, wrt, where, layout)
        numbers = numbers or Numbers(_values(answer.formula), entry)
        for manner in MANNERS:
            derivation = answer.derivation(manner, detail)
            assert derivation.steps[-1].after is answer.expression
            found = false_steps(derivation, numbers)
            assert not found, [layout, manner, detail, *map(str, [f[0] for f in found])]
