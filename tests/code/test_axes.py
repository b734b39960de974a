"""Sums and tensors over indices: as many arrays as factors, in parts where they are large."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.programs import axes
from matcalc.programs.backends import SYMPY
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer

WHERE = "a: scalar; x: vector(n); u: vector(m); A: matrix(m, n); S: square(n); T: tensor(m, n, n)"
N, M = 4, 3
SIZES = {"m": M, "n": N}

generator = np.random.default_rng(2)
GIVEN: dict[str, Any] = {
    "a": np.array(0.7), "x": generator.uniform(0.5, 1.5, N), "u": generator.uniform(0.5, 1.5, M),
    "A": generator.uniform(0.5, 1.5, (M, N)), "S": generator.uniform(0.5, 1.5, (N, N)),
    "T": generator.uniform(0.5, 1.5, (M, N, N)),
}  # fmt: skip
a, x, u, A, S, T = (GIVEN[letter] for letter in "axuAST")


def typed(text: str) -> Expression:
    return infer(parse_formula(text), text, parse_declarations(WHERE)).expression


VALUES: list[tuple[str, Any]] = [
    ("tensor(i = 1..m, j = 1..n, A[i,j]*x[j])", A * x),
    ("tensor(j = 1..n, i = 1..m, A[i,j])", A.T),
    ("tensor(i = 1..m, j = 1..n, k = 1..2, u[i])", np.tile(u[:, None, None], (1, N, 2))),
    ("tensor(i = 1..m, j = 1..n, a)", np.full((M, N), a)),
    ("tensor(i = 1..2, j = 2..3, x[i + j - 1])", [[x[1], x[2]], [x[2], x[3]]]),
    ("tensor(i = 1..m, sum(j = 1..n, A[i,j]*delta(i + j, 4)))", A[range(3), [2, 1, 0]]),
    ("sum(i = 1..m, sum(j = 1..n, sum(k = 1..n, A[i,j]*S[j,k]*x[k]/u[i])))", (A @ S @ x / u).sum()),
    ("sum(i = 1..m, sum(j = 1..n, 2*i - j))", 2 * 6 * N - M * 10),
    ("sum(i = 1..m, sum(i = 1..n, x[i]))", M * x.sum()),
    ("sum(i = 1..m, u[i]*sum(i = 1..n, x[i])*i)", x.sum() * (u * [1, 2, 3]).sum()),
    ("tensor(i = 1..n, sum(j = 1..m, u[j]*tensor(i = 1..n, x[i]^j)[i]))",
     sum(u[j] * x ** (j + 1) for j in range(M))),
    ("sum(i = 1..m, A[i,:])", A.sum(axis=0)[None]),
    ("sum(i = 1..n, A[:,i]*x[i])", A @ x),
    ("sum(i = 1..m, A[i,:]')", A.sum(axis=0)),
    ("sum(i = 1..3, S^i)", S + S @ S + S @ S @ S),
    ("tensor(i = 1..m, A[i,:]*x)", A @ x),
    ("tensor(i = 1..m, max(A[i,:]))", A.max(axis=1)),
    ("tensor(i = 1..n, tr(tensor(j = 1..n, k = 1..n, S[j,k]*x[i])))", np.trace(S) * x),
    ("tensor(k = 1..n, j = 1..m, i = 1..n, T[j,i,k])", T.transpose(2, 0, 1)),
    ("tensor(i = 1..n, sum(T[:,:,i]))", T.sum(axis=(0, 1))),
    ("tensor(i = 1..n, exp(x[i]) + a)", np.exp(x) + a),
    ("tensor(i = 1..m, where(u[i] > 1, i, -a))", np.where(u > 1, [1, 2, 3], -a)),
    ("tensor(i = 1..n, [x[i] > 1])", x > 1),
    ("sum(i = 5..n, x[i])", 0),
    ("tensor(i = 1..m, sum(j = 5..n, A[i,j]))", np.zeros(M)),
    ("sum(i = 1..m, 1/u[i] - (u[i] + i)/(2*a))", (1 / u - (u + [1, 2, 3]) / (2 * a)).sum()),
]  # fmt: skip


@pytest.fixture(params=[axes.LARGEST, 20, 2], ids=["at once", "in parts", "nearly one by one"])
def _largest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axes, "LARGEST", request.param)


@pytest.mark.usefixtures("_largest")
@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, expected: Any) -> None:
    value = evaluate(typed(text), GIVEN, SIZES)
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_sympy_values(text: str, expected: Any) -> None:
    value = evaluate(typed(text), GIVEN, SIZES, SYMPY)
    np.testing.assert_allclose(value.astype(float), expected, rtol=1e-12)


def test_sums_keep_symbols() -> None:
    import sympy

    names = sympy.symbols("x:4")
    value = evaluate(typed("sum(i = 1..n, sum(j = 1..n, x[i]*x[j]*delta(i + j, 5)))"),
                     {"x": names}, {}, SYMPY)  # fmt: skip
    assert sympy.expand(value[()]) == 2 * (names[0] * names[3] + names[1] * names[2])


def test_many_nested_sums_of_products_are_no_loop() -> None:
    """Summed entry by entry this would be 9^12 products."""
    chain = "*".join(f"S[{i},{j}]" for i, j in itertools.pairwise("bcdefghijklpq"))
    sums = "".join(f"sum({letter} = 1..n, " for letter in "bcdefghijklpq")
    value = evaluate(typed(f"{sums}{chain}{')' * 13}"), {"S": np.full((9, 9), 0.1)})
    assert value == pytest.approx(0.9**12 * 9)


def test_an_index_out_of_range_is_refused() -> None:
    with pytest.raises(MatcalcError, match="index 5 is out of range"):
        evaluate(typed("tensor(i = 1..m, x[i + 2])"), GIVEN, SIZES)
    with pytest.raises(MatcalcError, match="an index is a whole number"):
        axes.whole_numbers(np.array([1, 1.5]), "an index")


def test_contraction_sums_over_what_is_not_named() -> None:
    b = generator.normal(size=(4, 5))
    got = axes.contracted([(A, ("i", "j")), (b, ("j", "k")), (u, ("i",))], ("k",))
    np.testing.assert_allclose(got, u @ A @ b)
