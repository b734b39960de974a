"""Places of entries: sums of indices times sizes, so that s == i + j is solved for any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from matcalc.expressions.dimensions import ONE, ZERO, Dimension, integer
from matcalc.expressions.nodes import Expression, make, number, size


class Place(NamedTuple):
    """The sum of coefficient * index, and a constant. An index is a label or a formula."""

    parts: Mapping[Any, Dimension]
    constant: Dimension = ZERO

    def plus(self, other: Place, factor: Dimension = ONE) -> Place:
        """Return this place plus a multiple of another.

        >>> Place({"i": ONE}).plus(Place({"i": ONE, "j": ONE}, ONE), -ONE) == Place(
        ...     {"j": -ONE}, -ONE
        ... )
        True
        """
        parts = dict(self.parts)
        for index, coefficient in other.parts.items():
            parts[index] = parts.get(index, ZERO) + factor * coefficient
        kept = {index: c for index, c in parts.items() if c != ZERO}
        return Place(kept, self.constant + factor * other.constant)

    def at(self, values: Mapping[Any, Place]) -> Place:
        """Return the place with indices replaced by places."""
        result = Place({}, self.constant)
        for index, coefficient in self.parts.items():
            result = result.plus(values.get(index, Place({index: ONE})), coefficient)
        return result


def place_of(e: Expression) -> Place:
    """Return an index formula as a place."""
    if e.head == "number" and e.value.denominator == 1:
        return Place({}, integer(int(e.value)))
    if e.head == "size":
        return Place({}, e.value)
    if e.head == "negate":
        return Place({}).plus(place_of(e.arguments[0]), -ONE)
    if e.head == "add":
        total = Place({})
        for part in e.arguments:
            total = total.plus(place_of(part))
        return total
    if e.head == "multiply" and e.arguments[0].head in ("number", "size"):
        factor = place_of(e.arguments[0])
        if not factor.parts:
            return Place({}).plus(place_of(e.arguments[1]), factor.constant)
    return Place({e: ONE})


def written_place(place: Place) -> Expression:
    """Return a place, the indices of which are formulas, as one: i + j - 1."""
    ahead = [_times(c, e) for e, c in place.parts.items() if not _is_negative(c)]
    behind = [make("negate", (_times(-c, e),)) for e, c in place.parts.items() if _is_negative(c)]
    constant = [] if place.constant == ZERO else [_constant(place.constant)]
    terms = [*ahead, *behind, *constant] if ahead else [*constant, *behind]
    if not terms:
        return number(0)
    return terms[0] if len(terms) == 1 else make("add", tuple(terms))


def equal_places(difference: Place) -> Expression:
    """Return the condition that a place is 0, as delta(a, b) without minus signs if it can be."""
    left = {e: c for e, c in difference.parts.items() if not _is_negative(c)}
    right = {e: -c for e, c in difference.parts.items() if _is_negative(c)}
    constant = difference.constant
    if _is_negative(constant) or constant.value is None:
        sides = Place(left), Place(right, -constant)
    else:
        sides = Place(left, constant), Place(right)
    return make("delta", tuple([written_place(side) for side in sides]))


def _is_negative(dimension: Dimension) -> bool:
    return all(coefficient < 0 for _, coefficient in dimension.terms) and dimension != ZERO


def _times(coefficient: Dimension, e: Expression) -> Expression:
    return e if coefficient == ONE else make("multiply", (size(coefficient), e))


def _constant(constant: Dimension) -> Expression:
    value = constant.value
    if value is not None and value < 0:
        return make("negate", (number(-value),))
    return size(constant)
