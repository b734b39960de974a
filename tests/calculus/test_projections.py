"""Derivatives by structured matrices: The Matrix Cookbook's, and directions in numbers."""

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.calculus.projections import CONVENTIONS

WHERE = "A, B: square(n); S: symmetric(n); P: spd(n); D: diagonal(n); x, y: vector(n)"

COOKBOOK = [  # equations 138 to 143, and the answer for a diagonal matrix
    ("tr(A*S)", "S", "A + A' - A .* eye(n)"),
    ("det(P)", "P", "det(P)*(2*inv(P) - inv(P) .* eye(n))"),
    ("logdet(P)", "P", "2*inv(P) - inv(P) .* eye(n)"),
    ("x'*S*y", "S", "x*y' + y*x' - diag(x .* y)"),
    ("tr(A*D)", "D", "A .* eye(n)"),
]


def point(seed: int, n: int = 3) -> dict[str, Any]:
    """Return values that have the declared structure."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, n, n))
    return {
        "A": a,
        "B": b,
        "S": c + c.T,
        "P": c @ c.T + np.eye(n),
        "D": np.diag(rng.normal(size=n)),
        "x": rng.normal(size=n),
        "y": rng.normal(size=n),
    }


@pytest.mark.parametrize(("text", "wrt", "answer"), COOKBOOK)
def test_the_cookbook(text: str, wrt: str, answer: str) -> None:
    ours = matcalc.diff(text, wrt, WHERE, "denominator", structure="cookbook")
    wanted = matcalc.parse(answer, WHERE)
    for seed in range(3):
        values = point(seed)
        np.testing.assert_allclose(
            ours.evaluate(**values), wanted.evaluate(**values), rtol=1e-9, atol=1e-12
        )


FORMULAS = ["tr(A*{0})", "x'*{0}*{0}*y", "logdet({0}*{0} + eye(n))", "{0}*x", "inv({0})*y"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("wrt", ["S", "P", "D"])
@pytest.mark.parametrize("structure", CONVENTIONS)
def test_directions_of_the_structure(text: str, wrt: str, structure: Any) -> None:
    """Every convention gives the same derivative along matrices of the structure.

    By the Cookbook's an entry off the diagonal stands for two, so that only one of them
    counts.
    """
    values = point(5)
    rng = np.random.default_rng(8)
    direction = rng.normal(size=(3, 3))
    direction = direction + direction.T
    if wrt == "D":
        direction = np.diag(np.diag(direction))
    formula = text.format(wrt)
    tangent = matcalc.jvp(formula, wrt, "V", WHERE).evaluate(**values, V=direction)
    jacobian = matcalc.diff(formula, wrt, WHERE, "mixed", structure=structure).evaluate(**values)
    counted = np.triu(direction) if structure == "cookbook" else direction
    np.testing.assert_allclose(np.sum(jacobian * counted, axis=(-2, -1)), tangent, rtol=1e-9)
    if structure != "entries":
        np.testing.assert_allclose(jacobian, np.swapaxes(jacobian, -1, -2), atol=1e-12)


@pytest.mark.parametrize("structure", ["projected", "cookbook"])
@pytest.mark.parametrize("wrt", ["S", "D", "S[1,2]", "S[2,2]", "D[1,2]"])
@pytest.mark.parametrize("order", [1, 2])
def test_sympy_agrees(structure: Any, wrt: str, order: int) -> None:
    for text in ("x'*{0}*{0}*y", "tr(A*{0}*B)")[: 3 - order]:
        formula = text.format(wrt[0])
        derivative = matcalc.diff(formula, wrt, WHERE, "mixed", order, structure=structure)
        assert derivative.verify().ok, derivative


def test_a_projection_is_one() -> None:
    once = matcalc.diff("tr(A*S)", "S", WHERE, structure="projected")
    assert str(once) == "(A + A')/2"
    assert str(matcalc.diff("x'*S*x", "S", WHERE, structure="projected")) == "x*x'"
    assert str(matcalc.vjp("S*x", "S", "y", WHERE, structure="projected")) == "(x*y' + y*x')/2"


def test_structure_needs_a_structured_variable() -> None:
    for structure in ("projected", "cookbook"):
        with pytest.raises(MatcalcError, match="not declared symmetric") as caught:
            matcalc.diff("tr(A*B)", "A", WHERE, structure=structure)  # type: ignore[call-overload]
        assert caught.value.hint == "A: symmetric(n)"
    with pytest.raises(MatcalcError, match="no structure"):
        matcalc.diff("tr(A*S)", "S", WHERE, structure="lower")  # type: ignore[call-overload]
    both = matcalc.diff("tr(A*S)", ["A", "S"], WHERE, structure="projected")
    assert [str(d) for d in both.values()] == ["S", "(A + A')/2"]


def messages(answer: Any) -> dict[str, str]:
    return {note.code: note.message for note in answer.notes}


@pytest.mark.parametrize(
    ("wrt", "structure", "words"),
    [
        ("S", "entries", "plain partial derivatives"),
        ("S", "projected", "Matrix Cookbook counts"),
        ("S", "cookbook", "--structure=projected"),
        ("D", "projected", "every convention"),
    ],
)
def test_the_convention_is_told(wrt: str, structure: Any, words: str) -> None:
    notes = messages(matcalc.diff(f"tr(A*{wrt})", wrt, WHERE, structure=structure))
    assert words in notes["W301"]
    assert "W301" not in messages(matcalc.jvp(f"tr(A*{wrt})", wrt, "B", WHERE))
    assert "W301" not in messages(matcalc.diff("tr(A*S)", "A", WHERE))


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("inv(S)'", "inv(S)"),
        ("(S*A*S)'", "S*A'*S"),
        ("(S^3)'", "S^3"),
        ("(S*P)'", "P*S"),
        ("D'", "D"),
        ("(x'*S)'", "S*x"),
    ],
)
def test_symmetry_simplifies(text: str, simple: str) -> None:
    assert str(matcalc.diff(f"a*({text})", "a", WHERE + "; a: scalar")) == simple


def test_symmetric_matrices_do_not_commute() -> None:
    both = matcalc.diff("a*(S*P - P*S)", "a", WHERE + "; a: scalar")
    assert np.abs(both.evaluate(**point(3))).max() > 0.1
