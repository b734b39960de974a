"""The tester, tested: wrong derivatives are refuted, right ones in other words accepted.

The formulas are those with an answer in the literature. A mutant of it that is not refuted
must have the reference numbers, which an independent evaluator computed: then it is right.
A sample is drawn; MATCALC_ALL_MUTANTS=1 takes all of them. The counts are printed.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.checking.decision import decide
from matcalc.checking.effort import deadline_in
from matcalc.checking.questions import Question
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.notation.text import to_text
from matcalc.programs.evaluation import evaluate
from tests.checking.mutations import MUTATIONS, mutants, rewritings, without_indices

CASES = Path(__file__).parents[1] / "data" / "cases"
FILES = ("seeds", "wikipedia", "cookbook", "ml")
EVERYTHING = bool(os.environ.get("MATCALC_ALL_MUTANTS"))
SHARE_OF_CASES = 1.0 if EVERYTHING else 0.08
SHARE = 1.0 if EVERYTHING else 0.12
SECONDS = 200.0
RIGHT_ONLY_ON_THEIR_DOMAIN = frozenset(
    ["ml-huber-scalar", "ml-smr-ls-W", "ml-smr-ls-b", "ml-sm1-W", "ml-sm1-x", "ml-label-smoothing"]
)
"""Answers for labels that add up to one, or for c > 0, which the formula does not say."""

Case = dict[str, Any]

REFERENCE = np.load(CASES / "reference.npz")
INPUTS: dict[str, dict[str, dict[str, Any]]] = {}
for _key in REFERENCE.files:
    _id, _point, *_rest = _key.split("/")
    if _rest[0] == "in":
        INPUTS.setdefault(_id, {}).setdefault(_point, {})[_rest[1]] = REFERENCE[_key]


def questions(file: str, generator: random.Random) -> Iterator[tuple[Case, Question]]:
    """Yield the cases with a textbook answer, as right claims."""
    for case in json.loads((CASES / f"{file}.json").read_text("utf-8")):
        local = case.get("local") or case.get("kink") or case["id"] in RIGHT_ONLY_ON_THEIR_DOMAIN
        if "op" in case or local or generator.random() > SHARE_OF_CASES:
            continue
        for layout in ("numerator", "denominator"):
            if not case.get(layout):
                continue
            d = matcalc.diff(case["expr"], case["wrt"], case["where"], layout, case["order"])
            claim = matcalc.parse(case[layout], case["where"]).expression
            if claim.shape == d.expression.shape:
                yield case, Question(d.formula.expression, d.variable, d.entry, d.expression,
                                     claim, layout, case["order"])  # fmt: skip


def has_reference_numbers(case: Case, question: Question, claim: Expression) -> bool:
    """Tell whether a claim has the independent numbers at all points of the case."""
    points = INPUTS.get(case["id"], {})
    for point, values in points.items():
        wanted = REFERENCE[f"{case['id']}/{point}/{question.layout}"]
        try:
            found = np.asarray(evaluate(claim, {**values, **case["dims"]}, case["dims"]), float)
        except MatcalcError:
            return False
        if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=1e-9, atol=1e-12):
            return False
    return bool(points)


def is_known_equal(question: Question, claim: Expression) -> bool:
    """Tell whether a claim is the answer transposed, and that symmetric: diagonal, or a Hessian."""
    text = to_text(question.claim)
    return ("diag(" in text[:6] or "''(" in text) and to_text(claim) in (f"{text}'", f"({text})'")


@pytest.mark.parametrize("file", FILES)
def test_mutants_are_refuted_and_rewritten_answers_accepted(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = random.Random(file)
    kinds: Counter[str] = Counter()
    wrong: list[str] = []
    for case, question in questions(file, generator):
        drawn = [("as in the literature", question.claim)] * (generator.random() < SHARE)
        for kind, claim in [*drawn, *_drawn(rewritings, question, generator)]:
            decision = _decision(question, claim, generator)
            kinds["accepted"] += 1
            if decision not in ("proved", "verified", "consistent"):
                wrong.append(f"{decision}: {case['id']} {kind}: {to_text(claim)}")
        for kind, claim in _drawn(mutants, question, generator):
            decision = _decision(question, claim, generator)
            equal = decision != "refuted" and (
                has_reference_numbers(case, question, claim) or is_known_equal(question, claim)
            )
            kinds[f"{kind}: {'right after all' if equal else decision}"] += 1
            if decision != "refuted" and not equal:
                wrong.append(f"{decision}: {case['id']} {kind}: {to_text(claim)}")
    with capsys.disabled():
        print(f"\n{file}: {dict(kinds)}")
    assert not wrong


def _drawn(
    change: Any, question: Question, generator: random.Random
) -> Iterator[tuple[str, Expression]]:
    if without_indices(question.claim):
        for kind, claim in change(question.claim):
            if generator.random() < SHARE:
                yield kind, claim


def _decision(question: Question, claim: Expression, generator: random.Random) -> str:
    seed = generator.randrange(10**6)
    return decide(question._replace(claim=claim), seed, deadline_in(SECONDS)).verdict


def test_there_are_many_kinds_of_mutants() -> None:
    assert len(MUTATIONS) >= 12
