"""What is large is measured before it is made: sizes, exponents, programs that double."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.checking.verification import verify


@pytest.mark.parametrize(
    ("formula", "claim", "where", "verdict"),
    [
        ("x'*x", "2*x'", "x: vector(1000000)", "proved"),
        ("x'*x", "3*x'", "x: vector(1000000)", "refuted"),
        ("x'*x", "2*x", "x: vector(1000000)", "refuted"),
        ("sum(x) + x'*ones(20000000)", "2*ones(20000000)'", "x: vector(20000000)", "proved"),
        ("sum(exp(x))", "exp(x)'", "x: vector(100000000)", "proved"),
        ("sum(exp(x))", "(exp(x/2) .* exp(x/2))'", "x: vector(5000)", "consistent"),
        ("sum(cosh(x))", "(exp(x) - exp(-x))'/2", "x: vector(5000)", "consistent"),
        ("norm2(A*x)^2", "2*x'*A'*A", "A: matrix(3000, 2000); x: vector(2000)", "proved"),
        ("norm2(A*x)^2", "2*x'*A*A'", "A: matrix(3000, 3000); x: vector(3000)", "refuted"),
        ("mean(x)", "ones(1000000)'/1000000", "x: vector(1000000)", "proved"),
        ("mean(cosh(x))", "(exp(x) - exp(-x))'/2000000", "x: vector(1000000)", "undecided"),
        ("x'*x", "2*x'", "x: vector(30)", "proved"),
    ],
)
def test_large_sizes_are_measured_before_they_are_drawn(
    formula: str, claim: str, where: str, verdict: str
) -> None:
    found = matcalc.check(formula, "x", claim, where)
    assert found.verdict == verdict, str(found)


def test_sympy_is_given_nothing_too_large() -> None:
    found = verify(matcalc.diff("x'*x", "x", "x: vector(100000000)"))
    assert found.ok is None
    assert "100000000 entries" in str(found)


@pytest.mark.parametrize(
    ("formula", "claim", "verdict"),
    [
        ("a^9000000000", "a", "refuted"),
        ("a^9000000000", "9000000000*a^8999999999", "proved"),
        ("exp(1000000000*a)", "a", "refuted"),
        ("exp(1000000000*a)", "10^9*exp(500000000*a)^2", "consistent"),
        ("sigmoid(10^40*a)", "a", "refuted"),
    ],
)
def test_no_number_is_built_that_is_too_long(formula: str, claim: str, verdict: str) -> None:
    assert matcalc.check(formula, "a", claim, "a: scalar").verdict == verdict


def test_long_programs_are_decided() -> None:
    lines = [f"u{k + 1} = u{k}*sin(u{k})" for k in range(30)]
    program = "; ".join(["u0 = t", *lines, "u30"])
    assert matcalc.check(program, "t", "t", "t: scalar").verdict == "refuted"


def test_a_size_that_only_a_place_names() -> None:
    where = "d: vector(n); a: vector(k)"
    verdict = matcalc.check("sum(j = 1..k, d[c*j]*a[j]^2)", "a", "a'", where)
    assert verdict.verdict == "refuted"
