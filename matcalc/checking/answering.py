"""From a claim to its verdict: the decision, the counterexample, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matcalc.calculus.layouts import Layout
from matcalc.checking.cases import Case
from matcalc.checking.comparison import Comparison
from matcalc.checking.conditions import conditions
from matcalc.checking.counterexamples import shrunk
from matcalc.checking.decision import deadline_in, decide
from matcalc.checking.evidence import Evidence
from matcalc.checking.questions import Question
from matcalc.checking.slips import diagnose
from matcalc.checking.verdicts import Verdict
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe

PATIENCE = 2.0
"""Seconds for which the slip is looked for, at most."""
LONGEST = 200
KINK_HINT = "right almost everywhere but for the kink, where the slope is taken as documented"
FLAT_TEXT = "; the claim is the flattened derivative, with columns stacked"
UNDEFINED_HINT = "the claim has no value there: a division by zero, or a logarithm of no number"

if TYPE_CHECKING:
    from matcalc.derivative import Derivative


def verdict_of(
    derivative: Derivative,
    claim: Expression,
    names: Mapping[str, Expression],
    seed: int,
    limit: float,
) -> Verdict:
    """Return the verdict on a claim of a derivative; `names` has the parts of a program."""
    deadline = deadline_in(limit)
    layout: Layout = derivative.layout  # type: ignore[assignment]
    question = Question(
        derivative.formula.expression, derivative.variable, derivative.entry,
        derivative.expression, claim, layout, derivative.order,
    )  # fmt: skip
    rows = _flat(question)
    if claim.shape != question.answer.shape and rows:
        question = question._replace(flat=rows)
    fits = claim.shape == question.answer.shape or rows
    facts = derivative.facts()
    common: dict[str, Any] = {
        "layout": layout,
        "domain": tuple([fact.message for fact in facts if fact.code in ("W401", "W402")]),
        "derivative": derivative.text(),
        "assumptions": derivative.assumptions,
        "seed": seed,
    }  # fmt: skip
    if not fits:
        verdict = Verdict("refuted", _wrong_shape(question), "shapes", **common)
        return _diagnosed(verdict, question, names, deadline)
    decision = decide(question, seed, deadline)
    extra = FLAT_TEXT if question.flat else ""
    verdict = Verdict(
        decision.verdict, decision.reason + extra, decision.method, bound=decision.bound, **common
    )
    if decision.refutation is None:
        if verdict.ok and any(fact.code == "W401" for fact in facts):
            verdict = verdict._replace(reason=f"{verdict.reason}, almost everywhere")
        return verdict
    branches = conditions(question.parts())
    example = shrunk(question, decision.refutation, branches, deadline, tie=decision.tie)
    verdict = verdict._replace(counterexample=example)
    if decision.refutation.undefined:
        return verdict._replace(slip="undefined", hint=UNDEFINED_HINT)
    if decision.tie:
        return verdict._replace(slip="kink", hint=KINK_HINT)
    return _diagnosed(verdict, question, names, deadline, decision.refutation)


def _diagnosed(
    verdict: Verdict,
    question: Question,
    names: Mapping[str, Expression],
    deadline: float,
    refutation: Comparison | None = None,
) -> Verdict:
    """Return the verdict with what probably went wrong, and the derivative."""
    case = Case(question, Evidence(question, refutation), conditions(question.parts()), names,
                min(deadline, deadline_in(PATIENCE)))  # fmt: skip
    slip = diagnose(case)
    right = f"the derivative is {verdict.derivative}"
    right = right if len(right) <= LONGEST else ""
    if slip is None:
        return verdict._replace(hint=right)
    hint = f"{slip.hint}; {right}" if right else slip.hint
    return verdict._replace(slip=slip.name, hint=hint)


def _wrong_shape(question: Question) -> str:
    given, wanted = describe(question.claim.shape), describe(question.answer.shape)
    return f"the claim's shape is wrong: it is {given}, the derivative {wanted}"


# The flattened derivative


def _flat(question: Question) -> int:
    """Return how many axes of the answer make the rows of the flattened one; 0 if none do."""
    shape = question.answer.shape
    if len(question.claim.shape) != 2 or len(shape) < 3:
        return 0
    for rows in range(1, len(shape)):
        sizes = (_total(shape[:rows]), _total(shape[rows:]))
        if sizes == question.claim.shape and rows == _rows(question):
            return rows
    return 0


def _rows(question: Question) -> int:
    """Return how many axes of the answer are those of what is derived."""
    result = question.formula.shape
    own = len(result) - (len(result) == 2 and result[0] == ONE)
    target = len(question.target)
    if question.layout == "denominator":
        return target
    return own if own else target


def _total(shape: Shape) -> Dimension:
    total = ONE
    for dimension in shape:
        total = total * dimension
    return total
