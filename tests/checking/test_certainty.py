"""Right claims hold where rounding swallows what matters; wrong ones do not."""

from __future__ import annotations

import pytest

import matcalc

RIGHT = [
    ("tanh(W*x)", "x", "diag(1 ./ cosh(W*x).^2)*W", "W: matrix(m, n); x: vector(n)"),
    ("tanh(1000*a)", "a", "1000/cosh(1000*a)^2", "a: scalar"),
    ("tanh(1000*a)", "a", "4000/(exp(1000*a) + exp(-1000*a))^2", "a: scalar"),
    ("sigmoid(10^6*a)", "a", "10^6/(exp(10^6*a/2) + exp(-10^6*a/2))^2", "a: scalar"),
    ("exp(1000*a)/(1 + exp(1000*a))", "a", "1000*exp(-1000*a)/(1 + exp(-1000*a))^2", "a: scalar"),
    ("softplus(500*a)", "a", "500*exp(500*a)/(1 + exp(500*a))", "a: scalar"),
    ("(10^20 + a^2) - 10^20", "a", "(a + 10^25) + (a - 10^25)", "a: scalar"),
    ("(10^300 + a^2) - 10^300", "a", "2*a", "a: scalar"),
    ("erf(300*a)", "a", "600/sqrt(pi)/exp(300*a)^(300*a)", "a: scalar"),
    ("1 - erf(a)^2", "a", "-4*erf(a)*exp(-a^2)/sqrt(pi)", "a: scalar"),
    ("sum(log(1 + exp(-90*x)))", "x", "-90*(1 - sigmoid(90*x))'", "x: vector(n)"),
    ("softmax(700*x)", "x", "p = softmax(700*x); 700*(diag(p) - p*p')", "x: vector(n)"),
    ("sqrt(a^2 + 10^-60)", "a", "a/sqrt(a^2 + 10^-60)", "a: scalar"),
    ("cosh(40*a)^2", "a", "40*sinh(80*a)", "a: scalar"),
    *[
        (f"1/(1 + exp(-{k}*x))", "x", f"{k}*exp(-{k}*x)/(exp(-{k}*x) + 1)^2", "x: scalar")
        for k in (1, 12, 13, 25, 100, 10_000)
    ],
]  # fmt: skip


@pytest.mark.parametrize(("formula", "wrt", "claim", "where"), RIGHT)
def test_right_claims_hold(formula: str, wrt: str, claim: str, where: str) -> None:
    verdict = matcalc.check(formula, wrt, claim, where)
    assert verdict.ok, str(verdict)


@pytest.mark.parametrize(("formula", "wrt", "claim", "where"), RIGHT)
@pytest.mark.parametrize("off", ["(1 + 1e-30)", "(1 - 10^-40)"])
def test_what_is_minutely_off_is_refuted(
    formula: str, wrt: str, claim: str, where: str, off: str
) -> None:
    *before, last = claim.rsplit(";", 1)
    wrong = "".join([*[f"{part};" for part in before], f"({last})*{off}"])
    verdict = matcalc.check(formula, wrt, wrong, where)
    assert verdict.verdict == "refuted", str(verdict)


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        ("sigmoid(10^30*a)", "0"),
        ("tanh(10^9*a)", "0"),
        ("erf(10^7*a)", "0"),
        ("a + exp(-a^2*10^12)", "1"),
    ],
)
def test_what_is_swallowed_almost_everywhere_is_not_accepted(formula: str, claim: str) -> None:
    verdict = matcalc.check(formula, "a", claim, "a: scalar")
    assert not verdict.ok, str(verdict)
