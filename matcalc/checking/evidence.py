"""Points at which a refuted claim is held against what it may have been meant as."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from matcalc.calculus.accumulation import jacobian
from matcalc.calculus.layouts import arranged
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.checking.comparison import Comparison, compare
from matcalc.checking.conditions import conditions
from matcalc.checking.points import assignments, sample, spread
from matcalc.checking.precise import ROUGH, Point, boxed, is_number, precision
from matcalc.checking.questions import Question, flattened
from matcalc.checking.reals import entries_at, tensor_at
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, substitute, variable
from matcalc.expressions.shapes import Shape

POINTS_A_SIZE = 4
MOST_TRIES = 24
FIXED_SEED = 4801
FEW = 5
NEAR = 4
FARTHEST = 2_000
"""Powers of two beyond which no number is a simple fraction."""

Array = Any


def same(left: Array, right: Array, beside: Array = None) -> bool:
    """Tell whether two arrays have the same shape and, up to rounding, the same entries.

    Beside the entries of a third array, those that are rounding count as zero.
    """
    if left is None or left.shape != right.shape:
        return False
    with precision(ROUGH):
        entries = [*right.flat, *(() if beside is None else beside.flat)]
        floor = max([abs(b) for b in entries if is_number(b)], default=0) / 2**20
        for a, b in zip(left.flat, right.flat, strict=True):
            if not (is_number(a) and is_number(b)):
                return False
            if a != b and abs(a - b) * 2**150 > max(abs(a), abs(b), floor):
                return False
    return True


def _is_near(point: Point) -> bool:
    return all(abs(entry) <= NEAR for array in point.values.values() for entry in array.flat)


class Evidence:
    """A question and points at which formula, derivative and claim have values.

    The points are the same for every seed.
    """

    def __init__(
        self,
        question: Question,
        first: Comparison | None = None,
        structures: Mapping[str, str] = {},
    ) -> None:
        """Begin with the point that refuted the claim; variables may be given structures."""
        self.question = question
        self.structures = structures
        self.first = [] if first is None or first.undefined else [first]

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Points of three sizes; both values are known at each.

        Far out functions saturate, and what is left of their derivatives is rounding: without
        branches that are seen only there, the points near zero are enough.
        """
        found = [*self.first, *self._points({})]
        near = [c for c in found if _is_near(c.point)]
        enough = len(near) > FEW and any(c.differs for c in near)
        return near if enough and not conditions(self.question.parts()) else found

    def _points(self, structures: Mapping[str, str]) -> Iterator[Comparison]:
        several = spread(assignments(self.question.parts()), 3)
        count = POINTS_A_SIZE * (4 if several == [{}] else 1)
        for sizes in several:
            yield from self.at(sizes, count, structures)

    @cached_property
    def differs_in_general(self) -> bool:
        """Whether the claim is wrong at more than the point that refuted it."""
        return any(c.differs for c in self.comparisons if not any(c is one for one in self.first))

    def right_for(self, structures: Mapping[str, str]) -> bool:
        """Tell whether the claim is right where variables have these structures."""
        if not self.differs_in_general:
            return False
        count = 0
        for comparison in self._points(structures):
            if comparison.differs:
                return False
            count += 1
        return count > 2

    def at(
        self, sizes: Mapping[str, int], count: int, structures: Mapping[str, str] = {}
    ) -> Iterator[Comparison]:
        """Yield points of one assignment of sizes."""
        generator = random.Random(FIXED_SEED)
        for turn in range(count + MOST_TRIES):
            both = {**self.structures, **structures}
            point = sample(self.question.variables, sizes, generator, turn, both)
            try:
                comparison = compare(self.question, point, surely=False)
            except TooLarge:
                return
            if comparison is not None and not comparison.undefined:
                yield comparison
                count -= 1
            if not count:
                return

    def agrees(self, candidate: Callable[[Comparison], Array]) -> bool:
        """Tell whether the claim has the candidate's value at every point."""
        return bool(self.comparisons) and all(
            same(_attempt(candidate, c), c.claim, c.derivative) for c in self.comparisons
        )

    def agrees_changed(self, change: Callable[[Array, Array], Array]) -> bool:
        """Tell whether the claim's values, changed, are the derivative's at every point."""
        return bool(self.comparisons) and all(
            same(_attempt(lambda c: change(c.claim, c.derivative), c), c.derivative)
            for c in self.comparisons
        )

    def holds(self, claim: Expression) -> bool:
        """Tell whether another claim has the derivative's value at every point."""
        return bool(self.comparisons) and all(
            same(_attempt(lambda c: entries_at(claim, c.point, ROUGH), c), c.derivative)
            for c in self.comparisons
        )


def _attempt(candidate: Callable[[Comparison], Array], comparison: Comparison) -> Array:
    try:
        with precision(ROUGH):
            return candidate(comparison)
    except (MatcalcError, TooLarge, KeyError):
        return None


# Derivatives of other formulas, in the claim's arrangement


def loosened(node: Expression) -> Expression:
    """Return the variable without its structure: every entry moves by itself."""
    return variable(node.value.name, node.shape)


def is_plain(question: Question) -> bool:
    """Tell whether the question is for a first derivative that can be derived again with a slip."""
    return question.order == 1 and not (question.entry and question.formula.shape)


def derivative_of(question: Question, formula: Expression, moving: Expression) -> Tensor:
    """Return the first derivative of a formula by a variable, in the question's layout.

    If the question is for one entry of the variable, it is that by all entries of it.
    """
    loose = loosened(moving)
    value = tensor_of(substitute(formula, {moving: loose}))
    (tensor,) = jacobian(value, [tensor_of(loose)])
    layout = "mixed" if question.entry else question.layout
    tensor, _ = arranged(tensor, formula.shape, moving.shape, 1, layout)
    return tensor


def arranged_value(
    question: Question,
    tensor: Tensor,
    point: Point,
    leaves: Mapping[str, Array] = {},
    shape: Shape | None = None,
) -> Array:
    """Return a derivative's entries at a point, in the claim's or another shape."""
    values = {**point.values, **leaves}
    array = tensor_at(tensor, Point(point.sizes, values), ROUGH)
    if question.entry:
        places = [int(entries_at(index, point, ROUGH)[()]) - 1 for index in question.entry]
        array = boxed(array[tuple(places)])
    dimensions = question.answer.shape if shape is None else shape
    array = array.reshape([d.evaluate(point.sizes) for d in dimensions])
    return flattened(array, question.flat) if question.flat else array


def common_ratio(pairs: Sequence[tuple[Array, Array]]) -> Any:
    """Return c if left = c*right for all entries of all pairs, as a number; else None."""
    ratio = None
    with precision(ROUGH):
        for left, right in pairs:
            if left is None or right is None or left.shape != right.shape:
                return None
            scale = max([abs(b) for b in right.flat], default=0)
            for a, b in zip(left.flat, right.flat, strict=True):
                if not (is_number(a) and is_number(b)):
                    return None
                if abs(b) * 2**90 <= scale:
                    if abs(a) * 2**80 > scale:
                        return None
                    continue
                quotient = a / b
                if ratio is None:
                    ratio = quotient
                elif abs(ratio - quotient) * 2**140 > abs(ratio) + abs(quotient):
                    return None
    return ratio


def as_fraction(number: Any) -> Fraction | None:
    """Return the simple fraction that a number is, or None."""
    if number is None or not is_number(number):
        return None
    sign, mantissa, exponent, _ = number._mpf_
    if abs(exponent) > FARTHEST:
        return None
    exact = Fraction(mantissa) * Fraction(2) ** exponent * (-1) ** sign
    guess = exact.limit_denominator(10_000)
    return guess if abs(exact - guess) * 2**140 <= abs(exact) + (guess == 0) else None
