"""What cannot be read as a claim is refused, at its place."""

import pytest

import matcalc

WHERE = "A: matrix(m, n); x: vector(n); b: vector(m)"


@pytest.mark.parametrize(
    ("claim", "code", "column"),
    [
        ("", "E801", 0),
        ("2*q*x'", "E801", 3),
        ("2*x' +", "E104", 7),
        ("A*A", "E301", 2),
        ("sinn(x)'", "E203", 1),
        ("x' + A", "E302", 4),
    ],
)
def test_refused(claim: str, code: str, column: int) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.check("x'*x", "x", claim, WHERE)
    error = caught.value
    assert (error.code, error.column) == (code, column)
    assert "claim" in error.message
    assert not column or error.source == claim


def test_the_formula_and_the_variable_are_refused_as_ever() -> None:
    with pytest.raises(matcalc.MatcalcError, match="E201"):
        matcalc.check("x'*x", "z", "2*x'", "x: vector(n)")
    with pytest.raises(matcalc.MatcalcError, match="E702"):
        matcalc.check("x'*x", "x", "2*x'", "x: vector(n)", layout="other")  # type: ignore[arg-type]


def test_a_claim_may_use_the_names_of_a_program() -> None:
    formula = "z = A*x - b; z'*z"
    assert matcalc.check(formula, "x", "2*z'*A", WHERE).ok
    assert matcalc.check(formula, "x", "g = A'*z; 2*g'", WHERE).ok


def test_a_claim_changes_no_size_of_the_formula() -> None:
    verdict = matcalc.check("A*x", "x", "A'", layout="denominator")
    assert verdict.ok
    assert matcalc.check("A*x", "x", "A'").verdict == "refuted"


def test_sizes_that_are_left_open_come_from_the_layout() -> None:
    assert matcalc.check("sum(x)", "x", "vector(1)'", "x: vector(n)").ok
    assert matcalc.check("2*x", "x", "2*eye", "x: vector(n)").ok
    assert matcalc.check("sum(A)", "A", "matrix(1)", "A: matrix(m, n)", "denominator").ok


def test_a_declared_variable_that_the_formula_lacks_is_told() -> None:
    verdict = matcalc.check("x'*x", "x", "2*x' + b'*A", WHERE)
    assert verdict.verdict == "refuted"
    assert "does not contain b" in verdict.hint
