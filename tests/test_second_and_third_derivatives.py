"""Formulas that SymPy's matrix derivatives get wrong or refuse, and derivatives of order three.

All are held against finite differences of the formula's own values.
"""

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from tests.differences import Estimate, jacobian

WHERE = (
    "x, y: vector(n); a: scalar; A, X: square(n); M: matrix(m, n); S: symmetric(n); P: spd(n); "
    "B: matrix(p, q)"
)

REFUSED_BY_SYMPY = [
    ("log(det(X))", "X"),
    ("logdet(X)", "X"),
    ("exp(x'*A*x)", "x"),
    ("softmax(x)", "x"),
    ("softmax(M*x)", "x"),
    ("det(X)", "X"),
    ("logsumexp(M*x)", "x"),
    ("log(sum(exp(M*x)))", "x"),
    ("sqrt(x'*x)", "x"),
    ("tr(X ⊗ A)", "X"),
    ("sum(kron(X, B))", "X"),
    ("diag(x)*A*x", "x"),
    ("tr(inv(X)*A)", "X"),
    ("adj(X)*x", "X"),
    ("x/norm2(x)", "x"),
]


def values_of(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    other = rng.normal(size=(3, 3))
    return {
        "x": rng.uniform(0.4, 1.4, size=3), "y": rng.normal(size=3), "a": 0.7,
        "A": rng.normal(size=(3, 3)), "X": 0.4 * rng.normal(size=(3, 3)) + 2 * np.eye(3),
        "M": rng.normal(size=(2, 3)), "S": other + other.T, "P": other @ other.T + np.eye(3),
        "B": rng.normal(size=(2, 5)),
    }  # fmt: skip


def slopes(formula: Any, wrt: str, values: dict[str, Any]) -> Estimate:
    """Return the derivative of a formula's or an answer's values, by differences."""
    return jacobian(lambda at: formula.evaluate(**{**values, wrt: at}), values[wrt])


@pytest.mark.parametrize(("text", "wrt"), REFUSED_BY_SYMPY, ids=[c[0] for c in REFUSED_BY_SYMPY])
def test_refused_by_sympy(text: str, wrt: str) -> None:
    """The first derivative is the differences of the values, the second those of the first."""
    values = values_of(3)
    before: Any = matcalc.parse(text, WHERE)
    for order in (1, 2):
        answer = matcalc.diff(text, wrt, WHERE, "mixed", order)
        value, error = slopes(before, wrt, values)
        assert error < 1e-5
        for form in (answer, matcalc.parse(str(answer), WHERE)):
            np.testing.assert_allclose(form.evaluate(**values), value, rtol=1e-6, atol=1e-6)
        before = answer


THIRD = [
    ("x'*A*x*(y'*x)", "x"),
    ("sum(x^3)", "x"),
    ("sum(exp(M*x))", "x"),
    ("logsumexp(x)", "x"),
    ("(x'*x)^2", "x"),
    ("norm2(x)", "x"),
    ("prod(x)", "x"),
    ("softplus(y'*x)", "x"),
    ("exp(x'*P*x/4)", "x"),
    ("sin(a)*a", "a"),
    ("tr(X^3)", "X"),
    ("y'*X*X*X*x", "X"),
    ("logdet(X)", "X"),
    ("det(X)", "X"),
]


@pytest.mark.parametrize(("text", "wrt"), THIRD, ids=[c[0] for c in THIRD])
def test_third_derivatives(text: str, wrt: str) -> None:
    values = values_of(5)
    answer = matcalc.diff(text, wrt, WHERE, "mixed", 3)
    rank = len(matcalc.parse(text, WHERE).shape) + 3 * np.ndim(values[wrt])
    assert len(answer.shape) == rank
    before = matcalc.diff(text, wrt, WHERE, "mixed", 2)
    value, error = slopes(before, wrt, values)
    assert error < 1e-5
    np.testing.assert_allclose(answer.evaluate(**values), value, rtol=1e-6, atol=1e-6)


POWERS = [("tr(X^n)", 2), ("tr(X^m)", 2), ("tr(X^10)", 2), ("tr(A*X^n)", 1), ("X^5*x", 2)]
POWERS += [("tr(A*X^m)", 2), ("X^m*x", 2), ("tr(A*X^10)", 2)]


@pytest.mark.parametrize(("text", "order"), POWERS)
def test_powers(text: str, order: int) -> None:
    values = {**values_of(7), "m": 4}
    values["X"] = values["X"] / 2
    where = WHERE.replace("M: matrix(m, n)", "z: vector(m)")
    answer = matcalc.diff(text, "X", where, "mixed", order)
    before = matcalc.diff(text, "X", where, "mixed") if order == 2 else matcalc.parse(text, where)
    value, _ = slopes(before, "X", values)
    np.testing.assert_allclose(answer.evaluate(**values), value, rtol=1e-6, atol=1e-6)


def test_negative_powers_that_an_index_counts_are_refused() -> None:
    with pytest.raises(MatcalcError, match="powers of a matrix that an index counts") as caught:
        matcalc.diff("tr(A*X^(-10))", "X", WHERE, order=2)
    assert (caught.value.code, "X^-3" in caught.value.hint) == ("E303", True)
