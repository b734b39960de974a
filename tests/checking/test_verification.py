"""The referee: right answers pass, every mutant of one is caught, and limits are told."""

from __future__ import annotations

from typing import Any

import pytest

import matcalc
from matcalc.calculus.layouts import LAYOUTS
from matcalc.checking import verification
from matcalc.checking.verification import Verification, verify, verify_answer

RIGHT = (
    ("A*x", "x", "A: matrix(m, n); x: vector(n)", 1),
    ("max(0, w·x + b)", "w", "", 1),
    ("1/N*sum(i = 1..N, max(0, w·X[i,:]' + b) - y[i])", "w", "X: matrix(N, n); y: vector(N)", 1),
    ("x'*A*x", "x", "A: symmetric(n)", 2),
    ("tr(S*S*S)", "S", "S: symmetric(n)", 1),
    ("tr(D*A)", "D", "D: diagonal(n); A: square(n)", 1),
    ("logdet(P)", "P", "P: spd(n)", 1),
    ("inv(X)", "X", "X: square(n)", 1),
    ("softmax(W*x + b)", "W", "", 1),
    ("log_softmax(x)", "x", "x: vector(n)", 2),
    ("max(x)", "x", "x: vector(n)", 1),
    ("norminf(A*x)", "x", "A: matrix(m, n)", 1),
    ("abs(a)*sign(b)", "a", "", 1),
    ("elu(x)", "x", "x: vector(n)", 2),
    ("where(x > 0, log(1 + x^2), x)", "x", "x: vector(n)", 1),
    ("arccosh(a)", "a", "a: scalar", 2),
    ("x^a", "a", "x, a: scalar", 1),
    ("kron(A, B)", "A", "A: matrix(2, 2); B: matrix(m, n)", 1),
    ("conv(x, k)", "k", "x: vector(n); k: vector(3)", 1),
    ("sum(f(x))", "x", "f: elementwise; x: vector(n)", 2),
    ("g(h(x))", "x", "h: vector(n) -> vector(m); g: vector(m) -> scalar; x: vector(n)", 2),
    ("q(a*A)", "A", "q: matrix(m, n) -> scalar; A: matrix(m, n); a: scalar", 1),
    ("p(a*b, a)", "a", "p: scalar, scalar -> scalar; a, b: scalar", 2),
    ("log(det(X'*X))", "X", "X: matrix(m, n)", 1),
    ("x'*x", "x[2]", "x: vector(n)", 1),
    ("sum(X^2)", "X[1,2]", "X: square(n)", 2),
    ("3", "a", "a: scalar", 1),
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("text", "wrt", "where", "order"), RIGHT)
def test_right_answers_pass(text: str, wrt: str, where: str, order: int, layout: Any) -> None:
    result = verify(matcalc.diff(text, wrt, where, layout, order))
    assert result.ok is True, result.text
    assert result.mismatch == ""
    assert result.entries > 0
    assert str(result) == result.text


def test_products_with_a_given_tensor_pass() -> None:
    assert verify(matcalc.vjp("W*X", wrt="W")).ok
    assert verify(matcalc.vjp("softmax(x)", wrt="x", where="x: vector(n)")).ok
    assert verify(matcalc.jvp("inv(A)*b", wrt="A", where="A: square(n); b: vector(n)")).ok


def claim(text: str, wrt: str, where: str, answer: str, layout: str = "numerator") -> Verification:
    """Verify an answer that is given as text."""
    derivative = matcalc.diff(text, wrt, where)
    declared = "; ".join([where, *derivative.assumptions])
    claimed = matcalc.parse(answer, declared).expression
    return verify_answer(
        derivative.formula.expression, derivative.variable, claimed, layout, derivative.order
    )


QUADRATIC = ("x'*A*x", "x", "A: square(n); x: vector(n)")
WRONG = (
    (*QUADRATIC, "2*x'*A"),  # right only if A is symmetric
    (*QUADRATIC, "x'*A"),  # a term is missing
    (*QUADRATIC, "-x'*(A + A')"),
    (*QUADRATIC, "(1 + 1/10^20)*x'*(A + A')"),
    (*QUADRATIC, "(A + A')*x"),  # the other layout
    ("A*x", "x", "A: matrix(m, n); x: vector(n)", "A'"),
    ("sin(x)", "x", "x: vector(n)", "diag(cos(x)) + ones(n)*ones(n)'/10^22"),
    ("abs(a)", "a", "a: scalar", "1"),  # right for half of the points
    ("tr(eye(n))*a", "a", "a: scalar; X: square(n)", "3"),  # right at one size
    ("det(X)", "X", "X: square(n)", "tr(X)*eye(n) - X"),  # right at n = 2
    ("g(x)", "x", "g: vector(n) -> scalar; x: vector(n)", "g'(2*x)"),
    ("f(f(a))", "a", "f: elementwise; a: scalar", "f'(a)*f'(a)"),
    ("max(x)", "x", "x: vector(n)", "[x > 0]'"),
    ("tr(S*A)", "S", "S: symmetric(n); A: square(n)", "(A + A')/2"),
)


@pytest.mark.parametrize(("text", "wrt", "where", "answer"), WRONG)
def test_wrong_answers_are_refuted(text: str, wrt: str, where: str, answer: str) -> None:
    result = claim(text, wrt, where, answer)
    assert result.ok is False
    assert result.mismatch in result.text


def test_a_mismatch_names_the_entry_and_both_values() -> None:
    result = claim("a^2", "a", "a: scalar", "3*a")
    assert result.mismatch == (
        "the value is -4.4026873 in the answer and -2.9351248 by SymPy, where a = -1.468"
    )
    assert claim("A*x", "x", "A: matrix(m, n); x: vector(n)", "2*A").mismatch.startswith(
        "entry [1,1] is "
    )
    shaped = claim("A*x", "x", "A: matrix(m, n); x: vector(n)", "A'").mismatch
    assert shaped == "the answer's shape is (3, 2), and must be (2, 3)"


def test_sizes_are_unequal_and_two() -> None:
    result = verify(matcalc.diff("A*x", "x", "A: matrix(m, n); x: vector(n)"))
    assert result.sizes == ({"m": 2, "n": 3}, {"m": 3, "n": 2})
    assert result.text == "SymPy agrees in all 12 entries, at m = 2, n = 3 and at m = 3, n = 2"


def test_sizes_fit_polynomial_dimensions_and_ranges() -> None:
    fitting = verify(matcalc.diff("conv(x, k)", "x", "x: vector(n); k: vector(p)"))
    assert fitting.ok
    assert all(sizes["n"] >= sizes["p"] for sizes in fitting.sizes)
    entry = verify(matcalc.diff("x[5]^2", "x", "x: vector(n)"))
    assert entry.ok
    assert all(sizes["n"] >= 5 for sizes in entry.sizes)


def test_what_is_too_large_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_ENTRIES", 10)
    result = verify(matcalc.diff("inv(X)", "X", "X: square(n)"))
    assert result.ok is None
    assert result.text == "not verified: the derivative has 16 entries at n = 2"


def test_what_takes_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SECONDS", 0.0)
    result = verify(matcalc.diff("inv(X)", "X", "X: square(n)"))
    assert result.ok is None
    assert result.text == "not verified: SymPy took longer than 0 seconds"


def test_a_formula_that_is_defined_nowhere_is_told() -> None:
    result = verify(matcalc.diff("log(2*a - a^2 - 2)", "a", "a: scalar"))
    assert result.ok is None
    assert result.text == "not verified: no point was found at which the formula is defined"
