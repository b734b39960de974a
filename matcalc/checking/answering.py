"""From a claim to its verdict: the decision, the counterexample, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matcalc.calculus.layouts import Layout
from matcalc.checking.conditions import conditions
from matcalc.checking.counterexamples import shrunk
from matcalc.checking.decision import Decision, deadline_in, decide
from matcalc.checking.questions import Question
from matcalc.checking.verdicts import Verdict
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe

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
    common: dict[str, Any] = {
        "layout": layout,
        "domain": tuple([f"{fact.message}" for fact in derivative.facts()
                         if fact.code in ("W401", "W402")]),
        "derivative": derivative.text(),
        "assumptions": derivative.assumptions,
        "seed": seed,
    }  # fmt: skip
    if not fits:
        return Verdict("refuted", _wrong_shape(question), "shapes", slip="shape", **common)
    decision = decide(question, seed, deadline)
    extra = _flat_text(question) if question.flat else ""
    verdict = Verdict(
        decision.verdict, decision.reason + extra, decision.method, bound=decision.bound, **common
    )
    if decision.refutation is None:
        return verdict
    return _explained(verdict, question, decision)


def _explained(verdict: Verdict, question: Question, decision: Decision) -> Verdict:
    assert decision.refutation is not None
    branches = conditions(question.parts())
    example = shrunk(question, decision.refutation, branches, tie=decision.tie)
    return verdict._replace(counterexample=example)


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


def _flat_text(question: Question) -> str:
    return "; the claim is the flattened derivative, with columns stacked"
