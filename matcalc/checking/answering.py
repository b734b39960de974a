"""From a claim to its verdict: the decision, the counterexample, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from matcalc.asking.answers import Answer
from matcalc.calculus.layouts import Layout
from matcalc.checking.cases import Case
from matcalc.checking.comparison import Comparison
from matcalc.checking.conditions import conditions
from matcalc.checking.counterexamples import shrunk
from matcalc.checking.decision import decide, settled
from matcalc.checking.effort import deadline_in
from matcalc.checking.evidence import Evidence
from matcalc.checking.instances import bounded_instances
from matcalc.checking.questions import Groups, Question
from matcalc.checking.reductions import reduced
from matcalc.checking.slips import diagnose
from matcalc.checking.values import TooLarge
from matcalc.checking.verdicts import Verdict
from matcalc.expressions.dimensions import ONE, entries
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import describe
from matcalc.presenting.remarks import notes
from matcalc.presenting.texts import text_of
from matcalc.records import replace

LONGEST = 200
KINK_HINT = "right almost everywhere but for the kink, where the slope is taken as documented"
FLAT_TEXT = "; the claim is the flattened derivative, with columns stacked"
UNDEFINED_HINT = "the claim has no value there: a division by zero, or a logarithm of no number"


def verdict_of(
    answer: Answer,
    claim: Expression,
    names: Mapping[str, Expression],
    seed: int,
    limit: float,
) -> Verdict:
    """Return the verdict on a claim of a derivative; `names` has the parts of a program."""
    deadline = deadline_in(limit)
    layout: Layout = answer.layout  # type: ignore[assignment]
    question = Question(
        answer.formula.expression, answer.variable, answer.entry,
        answer.expression, claim, layout, answer.order,
    )  # fmt: skip
    fits = claim.shape == question.answer.shape
    if not fits:
        question = question._replace(flat=_flat(question))
    facts = notes(answer)
    common: dict[str, Any] = {
        "layout": layout,
        "domain": tuple([fact.message for fact in facts if fact.code in ("W401", "W402")]),
        "derivative": text_of(answer),
        "assumptions": answer.assumptions,
        "seed": seed,
    }  # fmt: skip
    if not fits and not question.flat:
        verdict = Verdict("refuted", _wrong_shape(question), "shapes", **common)
        with suppress(TooLarge):
            question, _ = reduced(question)
            verdict = _diagnosed(verdict, question, names)
        return verdict
    decision, question = settled(question, seed, deadline)
    functions: Mapping[str, str] = {}
    if decision.verdict == "undecided" and not decision.comparisons:
        for instance, named in bounded_instances(question):
            other = decide(instance, seed, deadline)
            if other.refutation is not None:
                decision, question, functions = other, instance, named
    extra = FLAT_TEXT if question.flat else ""
    verdict = Verdict(
        decision.verdict, decision.reason + extra, decision.method, bound=decision.bound, **common
    )
    if decision.refutation is None:
        if verdict.ok and any(fact.code == "W401" for fact in facts):
            verdict = replace(verdict, reason=f"{verdict.reason}, almost everywhere")
        return verdict
    branches = conditions(question.parts())
    example = shrunk(question, decision.refutation, branches, tie=decision.tie, functions=functions)
    verdict = replace(verdict, counterexample=example)
    if decision.refutation.undefined:
        return replace(verdict, slip="undefined", hint=UNDEFINED_HINT)
    if decision.tie:
        return replace(verdict, slip="kink", hint=KINK_HINT)
    return _diagnosed(verdict, question, names, decision.refutation)


def _diagnosed(
    verdict: Verdict,
    question: Question,
    names: Mapping[str, Expression],
    refutation: Comparison | None = None,
) -> Verdict:
    """Return the verdict with what probably went wrong, and the derivative."""
    evidence = Evidence(question, refutation)
    case = Case(question, evidence, conditions(question.parts()), names)
    slip = diagnose(case)
    right = f"the derivative is {verdict.derivative}"
    right = right if len(right) <= LONGEST else ""
    if slip is None:
        return replace(verdict, hint=right)
    hint = f"{slip.hint}; {right}" if right else slip.hint
    return replace(verdict, slip=slip.name, hint=hint)


def _wrong_shape(question: Question) -> str:
    given, wanted = describe(question.claim.shape), describe(question.answer.shape)
    return f"the claim's shape is wrong: it is {given}, the derivative {wanted}"


# The flattened derivative


def _flat(question: Question) -> Groups:
    """Return the axes of the answer that a claim of the flattened derivative joins; () if none."""
    shape = question.answer.shape
    for groups in _groups(question):
        joined = tuple([entries([shape[axis] for axis in group]) for group in groups])
        if groups and question.claim.shape == joined:
            return groups
    return ()


def _groups(question: Question) -> Iterator[Groups]:
    """Yield the ways to join axes: ∂vec(Y)/∂vec(X)', for a scalar vec(X)' or vec(X), or vec(Y)."""
    axes = tuple(range(len(question.answer.shape)))
    result = question.formula.shape
    own = len(result) - (len(result) == 2 and result[0] == ONE)
    target = len(question.target)
    if len(axes) > 2:
        rows = target if question.layout == "denominator" or not own else own
        yield axes[:rows], axes[rows:]
    elif not target and own == 2 and question.layout != "denominator":
        yield (axes,)
    elif not own and target == 2 and question.order == 1:
        if question.layout == "numerator":
            yield (), axes[::-1]
        else:
            yield (axes,)
