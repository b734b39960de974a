"""Whether a claim certainly differs from the derivative at a point, by enclosures of both.

Two numbers differ if what contains them has nothing in common. Where it has, the precision is
raised until both are known to a common relative accuracy, or are zero as far as can be seen:
then they count as the same. What no precision tells is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from matcalc.checking.enclosures import (
    Enclosure,
    least_magnitude,
    magnitude,
    middle,
    width,
)
from matcalc.checking.precise import ARITHMETIC, Point, context, entrywise
from matcalc.checking.questions import Question
from matcalc.errors import MatcalcError

PRECISIONS = (256, 1_024, 4_096, 12_288)
"""Bits in which both sides are enclosed, one after the other, until they tell."""


class Certainty(NamedTuple):
    """Both sides in numbers, and the place of an entry that certainly differs, or None.

    `undefined` tells that the claim certainly has no value there. `bits` were needed.
    """

    derivative: Any
    claim: Any
    place: tuple[int, ...] | None
    undefined: bool
    bits: int


def certainty(question: Question, point: Point) -> Certainty | None:
    """Tell whether both sides are the same or differ; None if that cannot be told."""
    enough: float = question.bits
    for bits in PRECISIONS:
        if bits < enough:
            continue
        try:
            right = question.derivative_within(point, bits)
            left = question.claim_within(point, bits)
        except MatcalcError:
            return None
        if any(not entry.defined for entry in right.flat):
            return None
        judged = _judged(left, right, question.accuracy)
        if judged is not _OPEN:
            place, undefined = judged
            return Certainty(_numbers(right), _numbers(left), place, undefined, bits)
        enough = max([0, *[entry.needed for array in (left, right) for entry in array.flat]])
        if enough > PRECISIONS[-1]:
            return None
    return None


_OPEN: Any = object()


def _judged(left: Any, right: Any, accuracy: int) -> Any:
    """Return the place of an entry that differs and whether it is undefined, or that it is open."""
    import numpy as np

    scale = max([0.0, *[magnitude(entry) for entry in right.flat if entry.defined]])
    still_open = False
    for place in np.ndindex(*right.shape):
        a, b = left[place], right[place]
        if not a.defined:
            if magnitude(b) < float("inf"):
                return place, True
            still_open = True
        elif a < b or a > b:
            return place, False
        elif not _agree(a, b, scale, accuracy):
            still_open = True
    return _OPEN if still_open else (None, False)


def _agree(a: Enclosure, b: Enclosure, scale: float, accuracy: int) -> bool:
    """Tell whether numbers of which the bounds overlap count as the same."""
    if (a == b) is True:
        return True
    apart = max(width(a), width(b))
    if apart <= max(least_magnitude(a), least_magnitude(b)) - accuracy:
        return True
    if a.needed > a.bits or b.needed > b.bits:
        return False
    return apart <= scale - a.bits // 2 and a.bits > 2 * accuracy


def _numbers(array: Any) -> Any:
    """Return the numbers in the middle of the bounds, as mpmath has them."""
    with ARITHMETIC:
        make: Callable[[Any], Any] = context().make_mpf
        return entrywise(array, lambda entry: make(middle(entry)))
