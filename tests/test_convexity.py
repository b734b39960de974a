"""Semidefinite Hessians: what must be told, what must not, and numbers that would refute it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import Derivative, MatcalcError
from tests.strategies import WHERE as NAMES
from tests.strategies import point
from tests.test_cases import ALL, points

WHERE = (
    "a, c: scalar; x, w, b: vector(n); y, u: vector(m); z: vector(d); A, X: matrix(m, n); "
    "B: square(n); S: symmetric(n); P: spd(n); R: spd(m); D: diagonal(n); V: matrix(n, d)"
)

CONVEX = [
    ("norm2(A*x - y)^2", "x", "M'*M"),
    ("norm2(A*x - y)^2 + 3*norm2(x)^2", "x", "c*eye"),
    ("norm2(A*x - y)^2 + c^2*norm2(x)^2", "x", "c*eye"),
    ("sum(softplus(X*w) - y .* (X*w))", "w", "d = sigmoid(X*w) .* (1 - sigmoid(X*w)) >= 0"),
    ("sum(log(1 + exp(-y .* (X*w))))", "w", "diag(d)"),
    ("-sum(y .* log(sigmoid(X*w)) + (1 - y) .* log(1 - sigmoid(X*w)))", "w", "diag(d)"),
    ("sum(softplus(x))", "x", "diag(d)"),
    ("logsumexp(x)", "x", "diag(s) - s*s' with s = softmax(x)"),
    ("logsumexp(A*x + y)", "x", "M'*(diag(s) - s*s')*M with s = softmax(A*x + y)"),
    ("log(sum(exp(A*x)))", "x", "diag(s) - s*s'"),
    ("sum(logsumexp(X*V, axis=1))", "V", "diag(s) - s*s'"),
    ("sum(exp(X*w)) - y'*X*w", "w", "d = exp(X*w) >= 0"),
    ("(y - X*w)'*R*(y - X*w)", "w", "M'*S*M with S = R positive semidefinite"),
    ("x'*P*x/2 + exp(b'*x)", "x", "S = P positive semidefinite"),
    ("sum(exp(x))", "x", "diag(d)"),
    ("norm2(x)^2", "x", "c*eye"),
    ("norm2(x)^4", "x", "M'*M"),
    ("sqrt(x'*x + 1)", "x", "eye - c*u*u'"),
    ("norm2(x - mean(x))^2", "x", "eye - c*u*u'"),
    ("exp(x'*P*x)", "x", "M'*M"),
    ("(b'*x)^4", "x", "M'*M"),
    ("sum(x)^2", "x", "M'*M"),
    ("tr(V'*B'*B*V)", "V", "M'*M"),
    ("a^2 + exp(a)", "a", ""),
    ("-logdet(P)", "P", "positive semidefinite matrices"),
    ("tr(inv(P))", "P", "positive semidefinite matrices"),
]
"""A scalar, a variable, and what the sentence names; each is convex and smooth."""

WHERE_IT_EXISTS = [
    ("norm2(x)", "x", "positive"),
    ("norm2(A*x - y)", "x", "positive"),
    ("sum(max(0, 1 - y .* (X*w))^2)", "w", "positive"),
    ("sum(x .* log(x))", "x", "positive"),
    ("w'*P*w/2 - sum(log(w))", "w", "positive"),
    ("norm2(A*x - y)^2 + norm1(x)", "x", "positive"),
    ("x'*x - sum(abs(x))", "x", "positive"),
    ("sum(sqrt(x))", "x", "negative"),
    ("sum(log(x))", "x", "negative"),
]
"""The same with kinks or a smaller domain; convexity does not follow."""

CONCAVE = [("-x'*P*x", "x"), ("logsumexp(x) - x'*x", "x"), ("-sum(softplus(X*w))", "w")]

NOTHING = [
    ("x'*B*x", "x"),
    ("x'*S*x", "x"),
    ("x'*D*x", "x"),
    ("sum(x^3)", "x"),
    ("a^3", "a"),
    ("det(B)", "B"),
    ("-logdet(B)", "B"),
    ("tr(B*B)", "B"),
    ("tr(inv(B))", "B"),
    ("c*norm2(x)^2", "x"),
    ("u'*softplus(X*w)", "w"),
    ("sum(c*exp(x))", "x"),
    ("sum(exp(x)) - 2*x'*x", "x"),
    ("2*logsumexp(x) - log(sum(exp(2*x)))", "x"),
    ("norm2(x)^2 - 2*sum(x)^2", "x"),
    ("x'*x - 2*(b'*x)^2", "x"),
    ("sqrt(x'*x - 1)", "x"),
    ("sum(tanh(x))", "x"),
    ("sum(sin(x))", "x"),
    ("prod(x)", "x"),
    ("x[1]*x[2]", "x"),
    ("b'*x*x'*w", "x"),
    ("norm2(A*A'*y)^2", "A"),
    ("where(a > 0, a*log(a), a^3)", "a"),
    ("x'*x*sum(x)", "x"),
    ("b'*x", "x"),
]


def told(derivative: Derivative) -> str:
    return {note.code: note.message for note in derivative.notes}.get("C101", "")


@pytest.mark.parametrize(("text", "wrt", "words"), CONVEX, ids=[c[0] for c in CONVEX])
def test_convex(text: str, wrt: str, words: str) -> None:
    message = told(matcalc.hessian(text, wrt, WHERE))
    assert "positive semidefinite" in message or "nonnegative" in message
    assert message.endswith(f": convex in {wrt}")
    assert words in message


@pytest.mark.parametrize(
    ("text", "wrt", "which"), WHERE_IT_EXISTS, ids=[c[0] for c in WHERE_IT_EXISTS]
)
def test_where_it_exists(text: str, wrt: str, which: str) -> None:
    message = told(matcalc.hessian(text, wrt, WHERE))
    assert f"{which} semidefinite where it exists" in message
    assert "convex" not in message
    assert "concave" not in message


@pytest.mark.parametrize(("text", "wrt"), CONCAVE)
def test_concave(text: str, wrt: str) -> None:
    message = told(matcalc.hessian(text, wrt, WHERE))
    assert "negative semidefinite, minus " in message
    assert message.endswith(f"concave in {wrt}")


@pytest.mark.parametrize(("text", "wrt"), NOTHING)
def test_nothing_is_said(text: str, wrt: str) -> None:
    assert told(matcalc.hessian(text, wrt, WHERE)) == ""


def test_only_of_hessians() -> None:
    assert told(matcalc.diff("x'*x", "x")) == ""
    assert told(matcalc.diff("x .* x", "x", order=2)) == ""
    assert told(matcalc.vjp("x'*x", "x")) == ""
    assert told(matcalc.diff("x'*x", "x", order=2, layout="denominator"))
    assert "x[2]" in told(matcalc.hessian("x'*x", "x[2]"))
    blocks = matcalc.hessian("norm2(X*w + c - y)^2", ["w", "c"], WHERE)
    assert [bool(told(block)) for block in blocks.values()] == [True, False, False, True]
    assert "convex in c" in told(blocks["c", "c"])


def test_abstract_functions_may_have_kinks() -> None:
    message = told(matcalc.hessian("exp(g(y)) + x'*x", "x", "g: vector(n) -> scalar"))
    assert "where it exists" in message


def test_parts_without_a_formula_of_their_own() -> None:
    text = "sum(i = 1..n, q((x[i]^2 + 1) .^ A))"
    where = "q: matrix(m, n) -> scalar; A: matrix(m, n); x: vector(n)"
    assert told(matcalc.hessian(text, "A", where)) == ""


def refutes(derivative: Derivative, message: str, values: dict[str, Any]) -> bool:
    """Tell whether the Hessian's eigenvalues contradict what is told of it."""
    with np.errstate(all="ignore"):
        value = np.asarray(derivative.evaluate(**values), dtype=float)
        defined = np.isfinite(derivative.formula.evaluate(**values))
    if not defined or not np.isfinite(value).all():
        return False
    if "negative semidefinite" in message or "nonpositive" in message:
        value = -value
    count = round(value.size**0.5)
    matrix = value.reshape(count, count)
    if "among" in message:
        matrix = _on_symmetric(matrix)
    eigenvalues = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    return bool(eigenvalues.min() < -1e-9 * max(1.0, np.abs(eigenvalues).max()))


def _on_symmetric(matrix: Any) -> Any:
    """Return the quadratic form on symmetric matrices, in an orthonormal basis."""
    n = round(len(matrix) ** 0.5)
    basis = []
    for i in range(n):
        for j in range(i + 1):
            unit = np.zeros((n, n))
            unit[i, j] = unit[j, i] = 1
            basis.append(unit.ravel() / np.linalg.norm(unit))
    columns = np.array(basis).T
    return columns.T @ matrix @ columns


def values_of(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    m, n, d = 4, 3, 2
    square, other = rng.normal(size=(2, n, n))
    scale = (0.3, 1.0, 3.0)[seed % 3]
    return {
        "a": scale * rng.normal(), "c": rng.normal(), "x": scale * rng.normal(size=n),
        "w": rng.normal(size=n), "b": rng.normal(size=n), "y": rng.normal(size=m),
        "u": rng.normal(size=m), "z": rng.normal(size=d), "A": rng.normal(size=(m, n)),
        "X": scale * rng.normal(size=(m, n)), "B": square, "S": square + square.T,
        "P": other @ other.T + 0.1 * np.eye(n), "V": rng.normal(size=(n, d)),
        "R": np.cov(rng.normal(size=(m, 9))), "D": np.diag(rng.normal(size=n)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wrt"),
    [row[:2] for row in (*CONVEX, *WHERE_IT_EXISTS, *CONCAVE)],
    ids=[row[0] for row in (*CONVEX, *WHERE_IT_EXISTS, *CONCAVE)],
)
def test_eigenvalues(text: str, wrt: str) -> None:
    hessian = matcalc.hessian(text, wrt, WHERE)
    assert not any(refutes(hessian, told(hessian), values_of(seed)) for seed in range(12))


@pytest.mark.parametrize(("text", "wrt"), [row for row in NOTHING if row[0] != "b'*x"])
def test_the_refuter(text: str, wrt: str) -> None:
    """What must not be told is refuted by numbers: the tester finds mistakes."""
    hessian = matcalc.hessian(text, wrt, WHERE)
    for which in ("positive", "negative"):
        message = f"the Hessian is {which} semidefinite"
        assert any(refutes(hessian, message, values_of(seed)) for seed in range(40))


SECOND = [case for case in ALL if case.get("order") == 2]


@pytest.mark.parametrize("case", SECOND, ids=[case["id"] for case in SECOND])
def test_known_hessians(case: dict[str, Any]) -> None:
    answer = matcalc.diff(case["expr"], case["wrt"], case["where"], order=2)
    if told(answer):
        assert not any(refutes(answer, told(answer), values) for _, values in points(case))


VECTORS = ("A*x", "A*x - z", "z .* (A*x)", "A*C*x", "A*(x .* y)", "A*x + (y'*x)*z")
MAPS = ("exp({})", "({})^2", "softplus({})", "sigmoid({})", "sqrt(1 + ({})^2)", "-({})^2",
        "relu({})^2", "tanh({})", "log(({})^2 + 1)")  # fmt: skip
SCALARS = ("sum({})", "logsumexp({})", "norm2({})", "z'*({})", "sum({})^2", "-logsumexp({})",
           "sqrt(1 + sum(({})^2))", "({})'*A*P*A'*({})", "sum(log_softmax({}))",
           "norm2({} - mean({}))^2", "max({})")  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_random_formulas(seed: int) -> None:
    rng = random.Random(seed)
    text = rng.choice(VECTORS)
    if rng.random() < 0.7:
        text = rng.choice(MAPS).format(text)
    text = rng.choice(SCALARS).replace("{}", text)
    if rng.random() < 0.4:
        text += rng.choice("+-*") + rng.choice(SCALARS).replace("{}", rng.choice(VECTORS))
    for wrt in ("x", "P"):
        try:
            hessian = matcalc.hessian(text, wrt, NAMES)
        except MatcalcError:
            continue
        if told(hessian):
            assert not any(
                refutes(hessian, told(hessian), dict(point(k).values)) for k in range(4)
            ), text
