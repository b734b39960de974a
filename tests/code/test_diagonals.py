"""Sums with a diagonal matrix, which is not made: no argument is ever written to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import matcalc
from matcalc.programs.answers import compiled_program as compile_together

WHERE = "A, B: square(n); x, y: vector(n); s: scalar"


def values() -> dict[str, object]:
    rng = np.random.default_rng(2)
    return {
        "A": rng.normal(size=(4, 4)),
        "B": rng.normal(size=(4, 4)),
        "x": rng.normal(size=4),
        "y": rng.normal(size=4),
        "s": np.array(0.7),
    }


def check(texts: list[str]) -> None:
    """Compare emitted code with `evaluate`, twice, and see the arguments unchanged."""
    formulas = [matcalc.parse(text, WHERE) for text in texts]
    function = compile_together(formulas)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    known = values()
    given = {name: known[name] for name in names if name in known}
    given |= {"n": 4} if "n" in names else {}
    before = {name: np.array(value) for name, value in given.items()}
    for _ in range(2):
        found = function(**given)
        for formula, value in zip(formulas, found if len(texts) > 1 else [found], strict=True):
            wanted = formula.evaluate(**{k: v for k, v in known.items() if k in formula.names})
            np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)
        for name, value in given.items():
            np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("diag(x) - x*x'", "plus_diagonal((-x)[:, None]*x, x)"),
        ("x*y' + diag(y)", "plus_diagonal(x[:, None]*y, y)"),
        ("A*B - diag(x)", "plus_diagonal(A @ B, -x)"),
        ("A + 2*eye(n)", "plus_diagonal(A.copy(), 2)"),
        ("A' + s*eye(n)", "plus_diagonal(A.T.copy(), s)"),
        ("s*diag(x) - A", "plus_diagonal(-A, s*x)"),
        ("A + diag(x) + s^2*eye(n)", "plus_diagonal(plus_diagonal(A.copy(), x), s**2)"),
    ],
)
def test_the_diagonal_is_added_in_place(text: str, written: str) -> None:
    assert f"return {written}\n" in matcalc.parse(text, WHERE).code()
    check([text])


def test_what_is_used_again_is_copied() -> None:
    check(["A*B + diag(x)", "A*B", "A*B + diag(y)", "A*B - eye(n)"])
    check(["diag(x) - x*x'", "x*x'", "-(x*x')"])


TERMS = st.sampled_from(["A", "A'", "A*B", "x*y'", "-(x*y')", "A .* B", "s*A", "diag(x)", "eye(n)"])
DIAGONALS = st.sampled_from(["diag(y)", "s*eye(n)", "-2*diag(x)", "eye(n)"])


@given(st.lists(st.tuples(TERMS, st.sampled_from("+-"), DIAGONALS, TERMS), min_size=2, max_size=4))
def test_any_sums_together(drawn: list[tuple[str, str, str, str]]) -> None:
    check([f"{a} {sign} {d} - {b}" for a, sign, d, b in drawn])


def test_matrices_are_added_where_one_is_no_matrix() -> None:
    assert "np.diag(x)" in matcalc.parse("diag(x) + s*ones(n)*ones(n)'", WHERE).code()
