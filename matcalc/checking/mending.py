"""Claims that one change mends, and what is missing in others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.sums import add
from matcalc.checking.cases import Case, Slip
from matcalc.checking.precise import ROUGH
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at
from matcalc.checking.repairs import Repair, damages, known, repairs, sign_repairs
from matcalc.expressions.traversal import postorder
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.text import to_text

MOST_NODES = 200
"""Of longer formulas the difference is not written."""

LONGEST_TERM = 60
"""Characters of what is missing in a claim that are shown."""


def turned_signs(case: Case) -> Iterator[Slip]:
    """The claim with one sign turned is right."""
    for repair in sign_repairs(case.question.claim):
        if case.evidence.holds(repair.claim):
            yield Slip(repair.slip, _mended_text(repair))
            return


def mended(case: Case) -> Iterator[Slip]:
    """The claim with one thing changed is right."""
    question = case.question
    own = [
        node
        for node in postorder([question.formula, question.answer], lambda node: node.arguments)
        if node.head == "compare"
    ]
    found = repairs(question.claim, known(question.formula, own))
    for repair in itertools.islice(found, case.tries):
        if repair.claim.shape == question.answer.shape and case.evidence.holds(repair.claim):
            foreign = [f"the formula does not contain {name}" for name in _foreign(question)]
            yield Slip(repair.slip, "; ".join([_mended_text(repair), *foreign]))
            return


def damaged(case: Case) -> Iterator[Slip]:
    """The derivative with one slip in it has the claim's values, whatever form that has."""
    question = case.question
    if question.flat:
        return
    found = damages(question.answer, known(question.formula))
    for damage in itertools.islice(found, case.tries):
        if damage.claim.shape == question.claim.shape and case.evidence.agrees(
            lambda c, damage=damage: entries_at(damage.claim, c.point, ROUGH)  # type: ignore[misc]
        ):
            yield Slip(damage.slip, damage.hint)
            return


def _mended_text(repair: Repair) -> str:
    text = to_text(repair.claim)
    return repair.hint + (f"; {text} would be right" if len(text) <= 80 else "")


def foreign_variables(case: Case) -> Iterator[Slip]:
    """The claim has a variable that the formula does not."""
    for name in _foreign(case.question):
        yield Slip("variable", f"the formula does not contain {name}")


def _foreign(question: Question) -> list[str]:
    """Return the names of the claim's variables that the formula does not contain."""
    order = postorder([question.formula], lambda node: node.arguments)
    own = {node.value.name for node in order if node.head == "variable"}
    claimed = postorder([question.claim], lambda node: node.arguments)
    return [
        node.value.name
        for node in claimed
        if node.head == "variable" and node.value.name not in own and node is not question.variable
    ]


def differences(case: Case) -> Iterator[Slip]:
    """What the claim lacks, if that is shorter than the derivative."""
    question = case.question
    missing, surplus = lacking(question), lacking(question, surplus=True)
    if not missing or min(len(missing), len(surplus)) > len(to_text(question.answer)) * 3 // 4:
        return
    if len(surplus) < len(missing):
        yield Slip("extra term", f"the claim has {surplus} too much")
    else:
        yield Slip("term", f"the claim lacks {missing}")


def lacking(question: Question, surplus: bool = False) -> str:
    """Return what is to be added to the claim, or to the derivative, as text; '' if it is long."""
    if question.claim.shape != question.answer.shape:
        return ""
    if len(postorder(question.parts(), lambda node: node.arguments)) > MOST_NODES:
        return ""
    left, right = tensor_of(question.answer), tensor_of(question.claim)
    if surplus:
        left, right = right, left
    axes = tuple(range(len(left.shape)))
    terms = [(left, axes, Fraction(1)), (right, axes, Fraction(-1))]
    difference = add(terms, axes, dict(enumerate(left.shape)))
    names = frozenset(question.variables)
    formula = in_shape(Notation(Style(), names), difference, question.answer.shape)
    text = to_text(formula)
    return text if len(text) <= LONGEST_TERM else ""
