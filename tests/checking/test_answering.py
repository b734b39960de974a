"""Verdicts on claims: the right ones hold, the wrong ones are refuted, for every seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import matcalc
from matcalc.records import replace

DATA = Path(__file__).parents[1] / "data"
CLAIMS = json.loads((DATA / "claims.json").read_text("utf-8"))
WORDS = {
    "right only in the other layout": ("transposed", "layout"),
    "right only if symmetric": ("symmetric",),
}


def verdict_on(row: dict[str, Any], **options: Any) -> matcalc.Verdict:
    return matcalc.check(
        row["expr"], row["wrt"], row["claim"], row["where"], row["layout"], **options
    )


@pytest.mark.parametrize("row", CLAIMS, ids=[row["id"] for row in CLAIMS])
def test_claims(row: dict[str, Any]) -> None:
    verdict = verdict_on(row)
    if row["verdict"] == "right":
        assert verdict.verdict in ("proved", "verified", "consistent")
        assert verdict.ok and verdict.counterexample is None and not verdict.slip
        return
    assert (verdict.verdict, verdict.ok) == ("refuted", False)
    assert verdict.slip
    assert verdict.counterexample is not None or verdict.method == "shapes"
    assert all(word in verdict.hint for word in WORDS.get(row["verdict"], ()))


@pytest.mark.parametrize("row", CLAIMS[::9], ids=[row["id"] for row in CLAIMS[::9]])
def test_no_seed_changes_a_verdict(row: dict[str, Any]) -> None:
    verdicts = [verdict_on(row, seed=seed) for seed in (0, 1, 20180205)]
    assert len({replace(v, seed=0, bound="") for v in map(_hashable, verdicts)}) == 1


def _hashable(verdict: matcalc.Verdict) -> matcalc.Verdict:
    return replace(verdict, counterexample=None)


FLAT = "A: matrix(m, n); X: matrix(n, p); B: matrix(p, q); C: matrix(p, m); x: vector(n)"


@pytest.mark.parametrize(
    ("formula", "layout", "order", "claim"),
    [
        ("A*X*B", "numerator", 1, "B'⊗A"),
        ("A*X*B", "mixed", 1, "B'⊗A"),
        ("A*X*B", "denominator", 1, "B⊗A'"),
        ("A*X*B", "numerator", 1, "kron(B', A)"),
        ("X'", "numerator", 1, "commutation(n, p)"),
        ("X*B[:,1]", "numerator", 1, "B[:,1]'⊗eye(n)"),
        ("tr(X'*X)", "numerator", 2, "2*eye(n*p)"),
        ("tr(X'*X)", "denominator", 2, "2*eye(n)⊗eye(p)"),
        ("tr(X'*X)", "numerator", 1, "2*vec(X)'"),
        ("tr(A*X*C)", "numerator", 1, "vec(A'*C')'"),
        ("tr(X'*X)", "denominator", 1, "2*vec(X)"),
        ("tr(X'*X)", "mixed", 1, "2*vec(X)"),
        ("A*X", "numerator", 1, "tensor(i = 1..m, j = 1..p, k = 1..n, l = 1..p, "
         "A[i,k]*delta(j, l))"),
    ],
)  # fmt: skip
def test_the_flattened_derivative_is_right_too(
    formula: str, layout: Any, order: int, claim: str
) -> None:
    verdict = matcalc.check(formula, "X", claim, FLAT, layout, order)
    assert verdict.ok, str(verdict)
    assert ("flattened" in verdict.reason) is not claim.startswith("tensor")


def test_a_wrong_flattened_derivative_is_refuted() -> None:
    assert matcalc.check("A*X*B", "X", "A⊗B'", FLAT).verdict == "refuted"
    assert matcalc.check("X'", "X", "commutation(p, n)", FLAT).verdict == "refuted"
    assert matcalc.check("tr(X'*X)", "X", "2*vec(X')'", FLAT).verdict == "refuted"


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        ("x'*x", "2*x'"),
        ("exp(1000*sum(x))/(1 + exp(1000*sum(x)))",
         "s = sigmoid(1000*sum(x)); 1000*s*(1 - s)*ones(n)'"),
        ("(10^20 + sum(x)) - 10^20", "ones(n)'"),
        ("softmax(100*x)", "p = softmax(100*x); 100*(diag(p) - p*p')"),
        ("sum(log(cosh(x)))", "tanh(x)'"),
        ("sum(sinh(x))", "(exp(x) + exp(-x))'/2"),
        ("sum(x .* log(x))", "(log(x) + 1)'"),
        ("sum(arcsin(x))", "(1 ./ sqrt((1 - x) .* (1 + x)))'"),
        ("prod(x)", "(prod(x) ./ x)'"),
        ("max(x)", "[x == max(x)]'"),
    ],
)  # fmt: skip
def test_right_claims_in_other_words(formula: str, claim: str) -> None:
    verdict = matcalc.check(formula, "x", claim, "x: vector(n)")
    assert verdict.ok, str(verdict)


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        ("sum(exp(x))", "exp(x)' + 1e-40*exp(x)'"),
        ("sum(exp(x))", "exp(x + 1e-60)'"),
        ("x'*x", "2*x' + 2305843009213693951*x'"),
        ("softmax(100*x)", "0*x*x'"),
        ("tanh(sum(x))", "ones(n)'"),
        ("sum(x + tanh(10^12*x))", "ones(n)'"),
        ("sum(sigmoid(10^30*x))", "zeros(1, n)"),
        ("sum(max(0, x - 10^9))", "zeros(1, n)"),
    ],
)
def test_near_misses_are_refuted(formula: str, claim: str) -> None:
    verdict = matcalc.check(formula, "x", claim, "x: vector(n)")
    assert verdict.verdict == "refuted", str(verdict)


def test_an_entry_of_a_variable() -> None:
    assert matcalc.check("x'*x", "x[2]", "2*x[2]", "x: vector(n)").ok
    assert matcalc.check("x'*x", "x[2]", "2*x[1]", "x: vector(n)").verdict == "refuted"


def test_a_branch_that_no_point_reaches_is_said() -> None:
    verdict = matcalc.check("where(abs(x - 1/3) < 1e-9, x, 0)", "x", "0", "x: scalar")
    assert verdict.verdict == "undecided"
    assert "abs(x - 1/3) < 1/1000000000" in verdict.reason


def test_a_domain_without_points_is_said() -> None:
    verdict = matcalc.check(
        "log(2*x - x^2 - 2)", "x", "(2*x - 2)/(x^2 - 2*x + 2) + 0*exp(x)*sin(x)", "x: scalar"
    )
    assert verdict.verdict == "undecided"


def test_the_limit_is_kept() -> None:
    verdict = matcalc.check("sum(exp(x))", "x", "exp(x)'", "x: vector(n)", limit=0.0)
    assert (verdict.verdict, verdict.ok) == ("undecided", False)
    assert "limit" in verdict.reason


def test_what_a_verdict_says() -> None:
    verdict = matcalc.check("max(0, w·x + b)", "w", "x'", seed=7)
    text = str(verdict)
    assert text.startswith("refuted: ")
    for part in ("counterexample", "hint: right only where", "layout: numerator", "seed 7",
                 "assumed: w, x: vector(n); b: scalar", "not differentiable where"):  # fmt: skip
        assert part in text
    record = json.loads(verdict.json())
    assert (record["ok"], record["verdict"], record["slip"]) == (False, "refuted", "region")
    assert record["counterexample"]["derivative"] == [[0]]
    assert record["counterexample"]["claim"] != [[0]]


def test_a_verified_claim_states_its_bound() -> None:
    where = "A: spd(n); x: vector(n)"
    claim = "M = inv(A + x*x'); 2*M*x - 2*(x'*M*x)*M*x"
    verdict = matcalc.check("x'*inv(A + x*x')*x", "x", claim, where, "denominator")
    assert verdict.verdict == "verified"
    assert "2^-" in verdict.bound and int(verdict.bound.split("2^-")[1]) >= 80
