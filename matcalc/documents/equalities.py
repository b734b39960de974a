"""Tell whether two formulas are equal, wherever the first is defined."""

from __future__ import annotations

import itertools

from matcalc.calculus.layouts import Layout
from matcalc.checking.cases import Case
from matcalc.checking.comparison import Comparison, compare
from matcalc.checking.conditions import conditions
from matcalc.checking.counterexamples import shrunk
from matcalc.checking.decision import settled
from matcalc.checking.effort import deadline_in
from matcalc.checking.evidence import Evidence
from matcalc.checking.points import assignments, whole_points
from matcalc.checking.questions import Question
from matcalc.checking.slips import OF_VALUES, diagnose
from matcalc.checking.verdicts import Verdict
from matcalc.expressions.nodes import Expression, variable
from matcalc.expressions.shapes import describe

SIZES, POINTS = 3, 40
"""How many sizes, and points of small whole numbers at each, are tried on the kinks."""


def equality(
    left: Expression,
    right: Expression,
    layout: Layout,
    seed: int,
    limit: float,
    *,
    diagnosed: bool = False,
) -> Verdict:
    """Return the verdict on `left = right`; the hint of a refuted one shows both values.

    Where the left side is the truth, what went wrong on the right is `diagnosed` on request.

    Where formulas branch, points of small whole numbers show what they are at the branching
    itself: [x > 0] and [x >= 0] differ at 0 alone.
    """
    if left.shape != right.shape:
        shapes = f"{describe(left.shape)} and {describe(right.shape)}"
        reason = f"the sides have different shapes: {shapes}"
        return Verdict("refuted", reason, "shapes", layout, seed=seed)
    nothing = variable("~", ())  # no derivative is in question, so no variable is
    question = Question(left, nothing, (), left, right, layout, 1)
    deadline = deadline_in(limit)
    decision, question = settled(question, seed, deadline)
    branches = conditions(question.parts())
    found, tie = decision.refutation, decision.tie
    if decision.verdict == "consistent" and branches:
        found = _difference(question)
        tie = found is not None
    if found is None:
        return Verdict(
            decision.verdict, decision.reason, decision.method, layout, decision.bound, seed=seed
        )
    example = str(shrunk(question, found, branches, tie=tie))
    values = example.replace("the derivative is", "the true value is")
    hint = values.replace("the claim ", "this side ")
    slip = None
    if diagnosed and not tie:
        case = Case(question, Evidence(question, found), branches, {})
        slip = diagnose(case, OF_VALUES)
    return Verdict(
        "refuted", "the two sides differ", decision.method, layout, seed=seed,
        hint=f"{slip.hint}; {hint}" if slip else hint, slip=slip.name if slip else "",
    )  # fmt: skip


def _difference(question: Question) -> Comparison | None:
    """Return a point of small whole numbers at which the sides differ."""
    for sizes in itertools.islice(assignments(question.parts(), 1), SIZES):
        for point in itertools.islice(whole_points(question.variables, sizes), POINTS):
            found = compare(question, point)
            if found is not None and found.differs and not found.undefined:
                return found
    return None
