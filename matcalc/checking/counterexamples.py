"""The counterexample that is shown: small sizes and small whole numbers, always the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from matcalc.checking.comparison import Comparison, compare, signs_at
from matcalc.checking.conditions import Condition
from matcalc.checking.conditions import conditions as conditions_of
from matcalc.checking.effort import affordable
from matcalc.checking.instances import instances
from matcalc.checking.points import assignments, structured, whole_points
from matcalc.checking.precise import Point, context, is_number
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at
from matcalc.checking.stand_ins import polynomial
from matcalc.checking.values import TooLarge
from matcalc.checking.verdicts import Counterexample
from matcalc.errors import MatcalcError
from matcalc.expressions.traversal import postorder

MOST_SIZES = 8
MOST_POINTS = 240
POINTS_A_SIZE = 30
MOST_CHANGES = 80
TINY = 80
WORK = 9_000
"""How many nodes of formulas are evaluated, at most, but for a few points."""


def shrunk(
    question: Question,
    found: Comparison,
    conditions: Sequence[Condition],
    *,
    tie: bool = False,
    functions: Mapping[str, str] = {},
) -> Counterexample:
    """Return a small counterexample of the kind that was found.

    The claim is wrong, or has no value, at it as at the point that was found. Off a tie of
    the formula's conditions, unless `tie` says that the claim is wrong only there. `functions`
    tells what has been put in for abstract functions.
    """
    if tie:
        return _told(question, found, functions)
    for instance, named in instances(question):
        small = _small(instance, found, conditions_of(instance.parts()))
        if small is not None:
            return _told(instance, small, named)
    small = _small(question, found, conditions)
    if small is not None:
        return _told(question, small, functions)
    whole = {name: _rounded(array) for name, array in found.point.values.items()}
    comparison = _refutes(question, Point(found.point.sizes, whole), found, conditions)
    best = comparison or found
    return _told(question, _simplified(question, best, conditions), functions)


def _small(
    question: Question, found: Comparison, conditions: Sequence[Condition]
) -> Comparison | None:
    """Return a counterexample of small whole numbers of the kind that was found, or None."""
    most = affordable(question.parts(), WORK)
    for point in itertools.islice(_small_points(question), min(most, MOST_POINTS)):
        comparison = _refutes(question, point, found, conditions)
        if comparison is not None:
            return _simplified(question, comparison, conditions)
    return None


def _small_points(question: Question) -> Iterator[Point]:
    several = list(itertools.islice(assignments(question.parts(), 1), 40))
    several.sort(key=lambda sizes: (sum(sizes.values()), max(sizes.values(), default=0)))
    for sizes in several[:MOST_SIZES]:
        yield from itertools.islice(whole_points(question.variables, sizes), POINTS_A_SIZE)


def _refutes(
    question: Question, point: Point, found: Comparison, conditions: Sequence[Condition]
) -> Comparison | None:
    for surely in (False, True):  # what does not even seem to differ takes less
        try:
            comparison = compare(question, point, surely=surely)
        except TooLarge:
            return None
        if comparison is None or not comparison.differs or comparison.undefined != found.undefined:
            return None
        if any(0 in signs_at(condition, point) for condition in conditions):
            return None
    return comparison


def _rounded(array: Any) -> Any:
    import numpy as np

    result = np.empty(array.shape, dtype=object)
    for index in np.ndindex(*array.shape):
        result[index] = Fraction(round(array[index]))
    return result


def _simplified(
    question: Question, start: Comparison, conditions: Sequence[Condition]
) -> Comparison:
    """Replace entries by smaller numbers, one by one, as long as the claim stays wrong."""
    import numpy as np

    best = start
    changes = 0
    most = min(MOST_CHANGES, affordable(question.parts(), WORK))
    improved = True
    while improved:
        improved = False
        for name in sorted(best.point.values):
            structure = question.variables[name].value.structure
            for index in np.ndindex(*best.point.values[name].shape):
                for smaller in _smaller(best.point.values[name][index]):
                    changes += 1
                    if changes > most:
                        return best
                    array = best.point.values[name].copy()
                    array[index] = smaller
                    if structure and (structure == "spd" or not _keeps(array, structure)):
                        continue
                    point = Point(best.point.sizes, {**best.point.values, name: array})
                    comparison = _refutes(question, point, start, conditions)
                    if comparison is not None:
                        best, improved = comparison, True
                        break
    return best


def _keeps(array: Any, structure: str) -> bool:
    return bool((structured(array, structure) == array).all())


def _smaller(value: Fraction) -> list[Fraction]:
    """Return the simpler numbers to try: nearer to zero, and whole."""
    tries = [Fraction(0), Fraction(1)]
    if abs(value) > 4:
        tries += [Fraction(round(value / 2)), Fraction(round(value * 3 / 4)), value - (value > 0)]
    if value.denominator != 1:
        tries += [Fraction(round(value)), Fraction(round(value * 4), 4)]
    size = abs(value) + (value < 0) * Fraction(1, 2) + value.denominator - 1
    return [t for t in tries if abs(t) + t.denominator - 1 < size and t != value]


# The values, as they are shown


def _told(
    question: Question, comparison: Comparison, functions: Mapping[str, str] = {}
) -> Counterexample:
    point, bits = comparison.point, 3 * question.bits
    return Counterexample(
        dict(point.sizes),
        {name: _exact(array) for name, array in point.values.items()},
        functions or _stand_ins(question),
        _rough(_settled(comparison.derivative, lambda: question.derivative_at(point, bits))),
        _rough(_settled(comparison.claim, lambda: entries_at(question.claim, point, bits))),
        tuple([k + 1 for k in comparison.place or ()]),
    )


def _stand_ins(question: Question) -> dict[str, str]:
    """Return what stands for the abstract functions at every point."""
    nodes = postorder(question.parts(), lambda node: node.arguments)
    functions = {n.value.function.name: n.value.function for n in nodes if n.head == "abstract"}
    return {
        name: _polynomial_text(name) if function.elementwise else "a polynomial"
        for name, function in sorted(functions.items())
    }


def _settled(array: Any, finer: Callable[[], Any]) -> Any:
    """Return values with 0 for what is rounding: it shrinks where more bits are used."""
    import numpy as np

    tiny = [v for v in array.flat if is_number(v) and v != 0 and abs(v) * 2**TINY < 1]
    if not tiny:
        return array
    try:
        values = finer()
    except (MatcalcError, TooLarge):
        return array
    result = np.array(array, dtype=object)
    for index in np.ndindex(*array.shape):
        value, again = array[index], values[index]
        if is_number(value) and is_number(again) and abs(again) * 2**TINY < abs(value):
            result[index] = value * 0
    return result


def _polynomial_text(name: str) -> str:
    terms = [
        f"{c}" if k == 0 else f"{c}*t" if k == 1 else f"{c}*t^{k}"
        for k, c in enumerate(polynomial(name))
    ]
    return " + ".join(terms).replace("+ -", "- ")


def _exact(array: Any) -> Any:
    """Return an array of fractions as nested lists of whole numbers, or texts such as '1/2'."""
    if getattr(array, "shape", ()):
        return [_exact(part) for part in array]
    value = array[()] if hasattr(array, "shape") else array
    return value.numerator if value.denominator == 1 else str(value)


def _rough(array: Any) -> Any:
    """Return an array of numbers as nested lists: whole numbers, floats, 'undefined'."""
    if getattr(array, "shape", ()):
        return [_rough(part) for part in array]
    value = array[()] if hasattr(array, "shape") else array
    if not is_number(value):
        return "undefined"
    own = context()
    if abs(value) < 10**9 and value == int(value):
        return int(value)
    number = float(value)
    if number and abs(number) != float("inf") and abs(number - float(own.nstr(value, 6))) == 0:
        return number
    return float(own.nstr(value, 10)) if abs(value) < 10**300 else own.nstr(value, 10)
