"""Claims that are right in another layout, transposed, or right for symmetric matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matcalc.calculus.layouts import LAYOUTS, arrangement
from matcalc.checking.cases import Case, Slip
from matcalc.checking.comparison import Comparison
from matcalc.checking.questions import Question
from matcalc.checking.repairs import known, repairs
from matcalc.expressions.dimensions import ONE


def other_layouts(case: Case) -> Iterator[Slip]:
    """The claim is right in another layout, or is the transpose."""
    question = case.question
    if question.flat:
        return
    right = [
        layout
        for layout in LAYOUTS
        if layout != question.layout
        and case.evidence.agrees(lambda c, layout=layout: relaid(question, c, layout))  # type: ignore[misc]
    ]
    if right:
        text = f"transposed: right in {' and '.join(right)} layout"
        text += f", not in {question.layout} layout"
        names = symmetric_names(case)
        if names:
            text += f"; as it stands it is right only if {names} symmetric"
        yield Slip("transposed", text)
    elif case.evidence.agrees(lambda c: c.derivative.T):
        yield Slip("transposed", "transposed: the claim is the transpose of the derivative")


def relaid(question: Question, comparison: Comparison, layout: Any) -> Any:
    """Return the derivative's entries as another layout has them."""
    result, target = question.formula.shape, question.target
    here = arrangement(result, target, question.order, question.layout)
    there = arrangement(result, target, question.order, layout)
    array = comparison.derivative
    kept = [k for k, axis in enumerate(here.axes) if axis[0]]
    array = array.reshape([array.shape[k] for k in kept])
    axes = [here.axes[k] for k in kept]
    order = [axes.index(axis) for axis in there.axes if axis[0]]
    array = array.transpose(order)
    return array.reshape([d.evaluate(comparison.point.sizes) for d in there.shape])


def square_names(case: Case) -> list[str]:
    """Return the names of the square matrices that have no declared structure."""
    return [
        name
        for name, node in case.question.variables.items()
        if len(node.shape) == 2 and node.shape[0] == node.shape[1] != ONE
        and not node.value.structure
    ]  # fmt: skip


def symmetric_choices(case: Case) -> Iterator[list[str]]:
    """Yield which square matrices may have been taken for symmetric ones, few first."""
    names = square_names(case)
    fixed = [name for name in names if name != case.question.variable.value.name]
    yield from (some for some in [*[[name] for name in names], fixed, names] if some)


def are(names: list[str]) -> str:
    """Return 'A is', or 'A, B are'."""
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def symmetric_names(case: Case) -> str:
    """Return 'A is', or 'A, B are', if the claim is right for symmetric ones; else ''."""
    for some in symmetric_choices(case):
        if case.evidence.right_for(dict.fromkeys(some, "symmetric")):
            return are(some)
    return ""


def only_if_symmetric(case: Case) -> Iterator[Slip]:
    """The claim is right for symmetric matrices only: a transpose was forgotten."""
    names = symmetric_names(case)
    if names:
        mended = next(_transposed_factor(case), "")
        hint = f"right only if {names} symmetric: a transpose was forgotten"
        yield Slip("only if symmetric", hint + (f" ({mended})" if mended else ""))


def _transposed_factor(case: Case) -> Iterator[str]:
    question = case.question
    for repair in repairs(question.claim, known(question.formula)):
        if repair.slip == "transposed factor" and case.evidence.holds(repair.claim):
            yield repair.hint
