"""Counterexamples are small, always the same, and what they say is so."""

from typing import Any

import numpy as np
import pytest

import matcalc

CLAIMS = [
    ("x'*A*x", "x", "2*x'*A", "A: square(n); x: vector(n)"),
    ("norm2(A*x - b)^2", "x", "2*(b - A*x)'*A", "A: matrix(m, n); x: vector(n); b: vector(m)"),
    ("max(0, x - 10)", "x", "0", "x: scalar"),
    ("tr(A*X^2)", "X", "2*A*X", "A, X: square(n)"),
    ("log(x)", "x", "1/x^2", "x: scalar"),
    ("logdet(S)", "S", "S", "S: spd(n)"),
    ("x^2 + c", "x", "x", "x, c: scalar"),
]


@pytest.mark.parametrize(("formula", "variable", "claim", "where"), CLAIMS)
def test_numpy_finds_both_values(formula: str, variable: str, claim: str, where: str) -> None:
    example = matcalc.check(formula, variable, claim, where).counterexample
    assert example is not None
    values: dict[str, Any] = {k: np.array(v, float) for k, v in example.variables.items()}
    derivative = matcalc.diff(formula, variable, where).evaluate(**values)
    claimed = matcalc.parse(claim, where).evaluate(**values)
    assert np.allclose(derivative, np.array(example.derivative, float))
    assert np.allclose(claimed, np.array(example.claim, float))
    place = tuple(k - 1 for k in example.entry)
    assert not np.allclose(derivative[place], claimed[place])


@pytest.mark.parametrize(("formula", "variable", "claim", "where"), CLAIMS)
def test_they_are_small_and_depend_on_no_seed(
    formula: str, variable: str, claim: str, where: str
) -> None:
    examples = [matcalc.check(formula, variable, claim, where, seed=s).counterexample
                for s in (0, 99)]  # fmt: skip
    assert examples[0] == examples[1]
    assert examples[0] is not None
    assert all(size <= 3 for size in examples[0].sizes.values())
    for value in examples[0].variables.values():
        entries = np.array(value, dtype=object)
        assert all(isinstance(v, int) and abs(v) <= 30 for v in entries.flat)
