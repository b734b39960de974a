"""A claim against the derivative, at points: the same, different, or no evidence."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.checking.certainty import certainty
from matcalc.checking.conditions import Condition
from matcalc.checking.effort import refuse_after
from matcalc.checking.points import assignments, sample, spread
from matcalc.checking.precise import (
    ROUGH,
    Point,
    boxed,
    context,
    is_number,
    precision,
    value_at,
)
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError

FIXED_SEED = 20180205
ENOUGH = 6
"""Fewer informative points decide nothing."""

POWERS = (3, 6, 10, 20, 40, -10)
"""Powers of two by which points are moved out, or to zero, in search of what was not seen."""

MOST_TRIES = 16
"""Points that are tried at one assignment of sizes, for each informative one wanted."""


class Comparison(NamedTuple):
    """Both values at a point, and the place of the first entry that differs, or None.

    `undefined` tells that the claim has no value where the formula has a derivative.
    """

    point: Point
    derivative: Any
    claim: Any
    place: tuple[int, ...] | None
    undefined: bool = False

    @property
    def differs(self) -> bool:
        """Whether the claim is wrong here."""
        return self.place is not None


def compare(question: Question, point: Point, *, surely: bool = True) -> Comparison | None:
    """Compare at one point; None if the formula or its derivative has no value there.

    What differs certainly does, unless `surely` is False, where it only seems so: that is
    for what is told about a claim which is known to be wrong.
    """
    bits = question.bits
    try:
        if not _is_defined(entries_at(question.formula, point, bits)):
            return None
        right = question.derivative_at(point, bits)
    except MatcalcError:
        return None
    if not _is_defined(right):
        return None
    left = _claim_at(question, point, bits)
    if left is None:
        return Comparison(point, right, right * context().nan, (), undefined=True)
    if left.shape != right.shape:
        return Comparison(point, right, left, (), undefined=not _is_defined(left))
    apart = [place for place in _places(right) if not _close(left[place], right[place], question)]
    if not apart and any(right.flat):
        return Comparison(point, right, left, None)
    if not surely and not _is_defined(left):
        return Comparison(point, right, left, apart[0], undefined=True)
    if not surely and apart and _is_plain(left, right, apart[0]):
        return Comparison(point, right, left, apart[0])
    sure = certainty(question, point)
    if sure is None:
        return None
    return Comparison(point, sure.derivative, sure.claim, sure.place, sure.undefined)


def _places(array: Any) -> Iterator[tuple[int, ...]]:
    """Return the places of an array's entries, in order."""
    import numpy as np

    return np.ndindex(*array.shape)


def _is_plain(left: Any, right: Any, place: tuple[int, ...]) -> bool:
    """Tell whether no rounding is likely to have made an entry differ so much."""
    if not _is_defined(left):
        return False
    with precision(ROUGH):
        scale = max([1, *[abs(entry) for entry in right.flat]])
        return bool(abs(left[place] - right[place]) * 2**40 > scale)


def _claim_at(question: Question, point: Point, bits: int) -> Any:
    """Return the claim's entries; None where it has none, such as x[3] of two entries."""
    try:
        return entries_at(question.claim, point, bits)
    except MatcalcError:
        return None


def _is_defined(array: Any) -> bool:
    return all(is_number(entry) for entry in array.flat)


def _close(left: Any, right: Any, question: Question) -> bool:
    """Tell whether values agree in as many bits as the question asks for."""
    accuracy = question.accuracy
    if not is_number(left):
        return False
    with precision(2 * accuracy):
        scale = max(abs(left), abs(right))
        return bool(left == right or abs(left - right) * 2**accuracy <= scale)


class Survey(NamedTuple):
    """What the points told: all that counted, and sides of conditions that were not seen."""

    comparisons: list[Comparison]
    unseen: list[tuple[Condition, int]]
    reason: str = ""

    @property
    def refutation(self) -> Comparison | None:
        """The point that refutes the claim, if there is one."""
        return next((c for c in self.comparisons if c.differs), None)

    @property
    def sizes(self) -> list[dict[str, int]]:
        """The assignments of sizes that were tried."""
        seen = {tuple(c.point.sizes.items()): dict(c.point.sizes) for c in self.comparisons}
        return list(seen.values())


class _Watch:
    """Which sides of which conditions have been seen at points that count."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.open = {c: set(c.sides) for c in conditions}
        self.outside: dict[tuple[Condition, int], int] = {}

    def note(self, point: Point, counts: bool) -> None:
        for condition, sides in self.open.items():
            if sides:
                for side in signs_at(condition, point) & sides:
                    if counts:
                        sides.discard(side)
                    else:
                        key = (condition, side)
                        self.outside[key] = self.outside.get(key, 0) + 1

    def unseen(self) -> list[tuple[Condition, int]]:
        """Return the open sides, but for those seen only outside of the formula's domain."""
        return [
            (condition, side)
            for condition, sides in self.open.items()
            for side in sorted(sides)
            if self.outside.get((condition, side), 0) < 8
        ]


def signs_at(condition: Condition, point: Point) -> set[int]:
    """Return the signs that the difference of a condition has among its entries."""
    try:
        values = value_at(condition.difference, point).flat
    except (MatcalcError, TooLarge, KeyError):
        return set()
    return {(value > 0) - (value < 0) for value in values if is_number(value)}


def survey(
    question: Question, conditions: Sequence[Condition], seed: int, deadline: float
) -> Survey:
    """Compare at points of several sizes and kinds; stop at the first that refutes.

    The same points come first for every seed. Sizes at which the claim has no value at all,
    as where X'*X is singular, are left out, unless it has none at any. Raises OutOfTime.
    """
    found: list[Comparison] = []
    nowhere: list[Comparison] = []
    watch = _Watch(conditions)
    reason = ""
    several = spread(assignments(question.parts()), 5)
    wanted = 14 if several == [{}] else 6
    for generator, number in ((random.Random(FIXED_SEED), wanted), (random.Random(seed), 2)):
        for sizes in several:
            try:
                points = _informative(question, sizes, generator, number, watch, deadline)
            except TooLarge as error:
                reason = str(error)
                continue
            if all(c.undefined for c in points):
                nowhere += points
            else:
                found += points
            if any(c.differs for c in found):
                return Survey(found, [])
    if found or not nowhere:
        powers = (*_of_numbers(question), *(POWERS if len(found) < ENOUGH else ()))
        found += _farther(question, several[:1], powers, deadline)
        if any(c.differs for c in found):
            return Survey(found, [])
    if not found:
        return Survey(nowhere, watch.unseen(), reason)
    for comparison in _beyond(question, watch, several[:1], deadline):
        found.append(comparison)
        if comparison.differs:
            return Survey(found, [])
    return Survey(found, watch.unseen(), reason)


def _informative(
    question: Question,
    sizes: dict[str, int],
    generator: random.Random,
    number: int,
    watch: _Watch,
    deadline: float,
) -> list[Comparison]:
    """Return points of one assignment of sizes that count, up to the first that refutes."""
    found: list[Comparison] = []
    for turn in range(number + (MOST_TRIES if sizes else 4 * MOST_TRIES)):
        refuse_after(deadline)
        point = sample(question.variables, sizes, generator, turn)
        comparison = compare(question, point)
        watch.note(point, comparison is not None)
        if comparison is None:
            continue
        found.append(comparison)
        refuted = comparison.differs and not comparison.undefined
        if refuted or len(found) == number:
            break
    return found


def _of_numbers(question: Question) -> tuple[int, ...]:
    """Return powers of two at which large numbers matter: tanh(10^9*x) is flat but near zero."""
    return (-question.longest, question.longest) if question.longest > 10 else ()


def _farther(
    question: Question, several: Sequence[dict[str, int]], powers: Sequence[int], deadline: float
) -> list[Comparison]:
    """Return points far out, or near zero, for formulas such as log(x - 100)."""
    generator = random.Random(FIXED_SEED)
    found: list[Comparison] = []
    for sizes, power, turn in itertools.product(several, powers, range(12)):
        if len(found) == 2 * ENOUGH:
            break
        refuse_after(deadline)
        point = sample(question.variables, sizes, generator, turn)
        try:
            comparison = compare(question, _scaled(question, point, power, generator))
        except TooLarge:
            break
        found += [comparison] if comparison is not None else []
    return found


def _scaled(question: Question, point: Point, power: int, generator: random.Random) -> Point:
    """Return a point with some of its variables multiplied by a power of two."""
    values = {
        name: boxed(array * Fraction(2) ** (power if generator.randrange(2) else 0))
        if not question.variables[name].value.structure
        else array
        for name, array in point.values.items()
    }
    return Point(point.sizes, values)


def _beyond(
    question: Question, watch: _Watch, several: Sequence[dict[str, int]], deadline: float
) -> Iterator[Comparison]:
    """Look farther out, and closer to zero, for sides of conditions that were not seen."""
    generator = random.Random(FIXED_SEED)
    for sizes, power, turn in itertools.product(several, POWERS, range(12)):
        if not watch.unseen():
            return
        refuse_after(deadline)
        point = sample(question.variables, sizes, generator, turn)
        point = _scaled(question, point, power, generator)
        if not any(side in signs_at(condition, point) for condition, side in watch.unseen()):
            continue
        try:
            comparison = compare(question, point)
        except TooLarge:
            return
        watch.note(point, comparison is not None)
        if comparison is not None:
            yield comparison
