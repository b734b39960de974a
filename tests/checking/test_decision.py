"""Sound on random formulas: answers hold, and what is accepted has the answer's numbers."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import matcalc
from matcalc.checking.decision import decide
from matcalc.checking.effort import deadline_in
from matcalc.checking.questions import Question
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.programs.evaluation import evaluate
from tests.checking.mutations import mutants, without_indices
from tests.strategies import SIZES, WHERE, formulas, point

VARIABLES = ("a", "x", "z", "v", "A", "E", "C", "S", "P", "D")
ACCEPTED = ("proved", "verified", "consistent")


def drawn(text: str, seed: int) -> Question:
    present = [name for name in VARIABLES if re.search(rf"\b{name}\b", text)]
    assume(present)
    wrt = random.Random(seed).choice(present)
    try:
        d = matcalc.diff(text, wrt, WHERE)
    except MatcalcError:
        assume(False)
    assume(len(d.expression.shape) < 4)
    return Question(d.formula.expression, d.variable, (), d.expression, d.expression,
                    "numerator", 1)  # fmt: skip


def numbers(claim: Expression, seed: int) -> np.ndarray:
    return np.asarray(evaluate(claim, point(seed), SIZES), float)


@settings(max_examples=12, derandomize=True, deadline=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(text=formulas(budget=6), seed=st.integers(0, 10**6))
def test_random_formulas(text: str, seed: int) -> None:
    question = drawn(text, seed)
    decisions = {decide(question, s, deadline_in(30.0)).verdict for s in (0, seed)}
    assert len(decisions) == 1
    assert decisions <= {*ACCEPTED, "undecided"}
    assume(without_indices(question.answer))
    for _, claim in list(mutants(question.answer))[seed % 5 :: 5]:
        verdict = decide(question._replace(claim=claim), seed, deadline_in(30.0)).verdict
        if verdict not in ACCEPTED:
            continue
        for place in range(3):
            try:
                right, found = numbers(question.answer, place), numbers(claim, place)
            except MatcalcError:
                continue
            if np.isfinite(right).all() and np.isfinite(found).all():
                assert np.allclose(right, found, rtol=1e-6, atol=1e-8)


@settings(max_examples=15, derandomize=True, deadline=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    text=formulas(budget=6),
    seed=st.integers(0, 10**6),
    layout=st.sampled_from(["numerator", "denominator", "mixed"]),
    notation=st.sampled_from(["auto", "matrix", "kronecker", "index"]),
)
def test_no_own_answer_is_refuted_in_any_notation(
    text: str, seed: int, layout: Any, notation: Any
) -> None:
    present = [name for name in VARIABLES if re.search(rf"\b{name}\b", text)]
    assume(present)
    wrt = random.Random(seed).choice(present)
    try:
        d = matcalc.diff(text, wrt, WHERE, layout, notation=notation)
    except MatcalcError:
        assume(False)
    assume(len(d.expression.shape) < 4)
    verdict = matcalc.check(text, wrt, str(d), WHERE, layout)
    assert verdict.ok or verdict.verdict == "undecided", str(verdict)


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        ("log(x - 100)", "exp(-log(x - 100))"),
        ("sqrt(x - 3)*sqrt(5 - x)", "(4 - x)/sqrt((x - 3)*(5 - x))"),
        ("log(log(x))", "1/(x*log(x))"),
        ("arcsin(x)*log(x)", "log(x)/sqrt(1 - x^2) + arcsin(x)/x"),
        ("log(10^6*x - 1)", "10^6/(10^6*x - 1)"),
    ],
)
def test_narrow_and_distant_domains_are_found(formula: str, claim: str) -> None:
    assert matcalc.check(formula, "x", claim, "x: scalar").ok
    assert matcalc.check(formula, "x", f"1.001*({claim})", "x: scalar").verdict == "refuted"
