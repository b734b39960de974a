"""Indices whose names look alike in LaTeX are told apart, so that what is printed reads back."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc.notation.latex import to_latex

WHERE = "C: matrix(m, n); s: vector(n); i: scalar"


@pytest.mark.parametrize(
    "text",
    [
        "sum(i_ = 1..m, sum(i = 1..n, C[i_,i]*s[i]))",
        "sum(i = 1..m, sum(i_ = 1..n, C[i,i_]*s[i_]))",
        "sum(j1 = 1..m, sum(j_1 = 1..n, C[j1,j_1]^2))",
        "sum(i_ = 1..n, i*s[i_])",
        "tensor(j_ = 1..m, j = 1..n, k = 1..2, C[j_,j]*s[j]*k)",
        "sum(j_ = 1..m, sum(j = 1..n, sum(j__ = 1..n, C[j_,j]*s[j__]^2)))",
    ],
)
def test_indices_are_told_apart(text: str) -> None:
    formula = matcalc.parse(text, WHERE)
    back = matcalc.parse(f"${to_latex(formula.expression)}$", WHERE)
    values = {"C": np.arange(6.0).reshape(2, 3), "s": np.array([1.0, -2, 0.5]), "i": 7.0}
    np.testing.assert_allclose(back.evaluate(**values), formula.evaluate(**values))
