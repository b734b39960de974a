"""Slices and Kronecker products of vectors have matrix notation, also as derivatives."""

from __future__ import annotations

import pytest

import matcalc

WHERE = "v, w: vector(m); x, y: vector(n); A: matrix(k, n)"


@pytest.mark.parametrize(
    ("formula", "wrt", "wanted"),
    [
        ("v[1:3]·w[1:3]", "v", "[w[1:3]', zeros(1, m-3)]"),
        ("v[2:4]·w[2:4]", "v", "[0, w[2:4]', zeros(1, m-4)]"),
        ("sum(v[1:3] .* w[1:3] .* exp(v)[1:3])", "v", None),
        ("kron(x, v)", "x", "eye(n) ⊗ v"),
        ("kron(x, v)", "v", "x ⊗ eye(m)"),
        ("kron(A*x, v)", "x", "A ⊗ v"),
        ("kron(v, A*x)", "x", "v ⊗ A"),
        ("kron(x, x)", "x", "eye(n) ⊗ x + x ⊗ eye(n)"),
        ("kron(exp(x), v)", "x", "(eye(n) ⊗ v)*diag(exp(x))"),
    ],
)
def test_matrix_notation(formula: str, wrt: str, wanted: str | None) -> None:
    answer = matcalc.diff(formula, wrt, WHERE)
    assert answer.notation == "matrix"
    if wanted is not None:
        assert str(answer).replace("zeros(1, 1)", "0") == wanted
    assert answer.verify().ok


def test_an_exponential_times_a_sigmoid_is_a_sigmoid() -> None:
    for formula in ("exp(x) ./ (1 + exp(x))", "1 ./ (1 + exp(-x))"):
        answer = matcalc.diff(f"sum({formula})", "x", WHERE)
        assert str(answer) == "(sigmoid(x) .* (1 - sigmoid(x)))'"
        assert answer.verify().ok
