"""Claims that are right almost everywhere, but not on the kinks, where a convention decides.

There the formula has no derivative, and the answer has the slope that the table of functions
documents; a claim with another value there is refuted. Where the formula is smooth after
all, as max(0, x) + min(0, x) is, no convention is needed, and none refutes.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from matcalc.checking.comparison import Comparison, compare, signs_at
from matcalc.checking.conditions import Condition
from matcalc.checking.conditions import conditions as conditions_of
from matcalc.checking.effort import refuse_after
from matcalc.checking.points import assignments, whole_points
from matcalc.checking.precise import Point, is_number, precision
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at
from matcalc.checking.values import TooLarge
from matcalc.expressions.traversal import postorder

POINTS_A_SIZE = 40
STEP = Fraction(1, 2**80)
BITS = 400
MOST_DIRECTIONS = 16


def refutation_on_kinks(question: Question, deadline: float) -> Comparison | None:
    """Return a point on a kink at which the claim has not the documented slope, or None.

    Raises OutOfTime.
    """
    conditions = [c for c in conditions_of([question.formula]) if _is_documented(c, question)]
    if not conditions or question.order > 1 or question.entry:
        return None
    for sizes in itertools.islice(assignments(question.parts()), 1):
        points = whole_points(question.variables, sizes)
        for point in itertools.islice(points, POINTS_A_SIZE):
            refuse_after(deadline)
            if not any(0 in signs_at(condition, point) for condition in conditions):
                continue
            try:
                comparison = compare(question, point)
            except TooLarge:
                return None
            if comparison is None or comparison.undefined or not comparison.differs:
                continue
            if _has_kink(question, point):
                return comparison
    return None


def _is_documented(condition: Condition, question: Question) -> bool:
    """Tell whether the convention names one slope: not where both sides move, as in max(a, b)."""
    sides = [postorder([side], lambda n: n.arguments) for side in condition[:2]]
    return sum(question.variable in side for side in sides) == 1


def _has_kink(question: Question, point: Point) -> bool:
    """Tell whether the slopes of the formula to both sides of the point differ."""
    import numpy as np

    name = question.variable.value.name
    middle = entries_at(question.formula, point, BITS)
    for index in itertools.islice(np.ndindex(*point.values[name].shape), MOST_DIRECTIONS):
        slopes = []
        for step in (STEP, -STEP):
            moved = point.values[name].copy()
            moved[index] = moved[index] + step
            there = Point(point.sizes, {**point.values, name: moved})
            slopes.append(_slopes(entries_at(question.formula, there, BITS), middle, step))
        if any(_apart(a, b) for a, b in zip(*slopes, strict=True)):
            return True
    return False


def _slopes(there: Any, here: Any, step: Fraction) -> list[Any]:
    with precision(BITS):
        pairs = zip(there.flat, here.flat, strict=True)
        return [(a - b) * step.denominator / step.numerator for a, b in pairs]


def _apart(a: Any, b: Any) -> bool:
    with precision(BITS):
        return is_number(a) and is_number(b) and bool(abs(a - b) * 2**30 > 1 + abs(a))
