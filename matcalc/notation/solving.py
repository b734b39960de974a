"""Index sums without the indices that 0-1 tensors determine.

[s == i + j - 1] summed over s leaves x[i + j - 1], for every i and j there are. Solved for j
it would leave the range of j: there k[s - i + 1] is read from k with zeros around it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.tensors import Label, Labels, Tensor
from matcalc.expressions.dimensions import ONE, ZERO, Dimension, at_least
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.shapes import Shape
from matcalc.notation.graphs import Graph
from matcalc.notation.places import Place

Places = dict[Label, Place]
Margin = tuple[Dimension, Dimension]


class Factor(NamedTuple):
    """What is left of a product: a formula or tensor, a label for each axis, its exponent.

    Axes with margins are read with so many zeros before and after.
    """

    what: Expression | Tensor
    labels: Labels
    exponent: Fraction = Fraction(1)
    margins: tuple[tuple[int, Margin], ...] = ()


MOST_INDICES = 3
"""The indices of one place: sums over many that meet in one factor are slow to evaluate."""

EXACT = {"flip": (0, 1), "select": (0,), "fuse": (0,), "shift": (0,)}
"""The axes of 0-1 tensors that the others determine, whatever these are."""


def difference(tensor: Tensor, labels: Labels) -> Place:
    """Return what is zero where a 0-1 tensor is 1; places count from 1."""
    shape = tensor.shape
    indices = [Place({label: ONE}) for label in labels]
    if tensor.kind == "flip":
        return indices[0].plus(indices[1]).plus(Place({}, shape[0] + ONE), -ONE)
    if tensor.kind == "select":
        return indices[0].plus(indices[1], -ONE).plus(Place({}, -tensor.value))
    long, first, second = indices
    if tensor.kind == "shift":
        return long.plus(first, -ONE).plus(second, -ONE).plus(Place({}, ONE))
    inner = shape[2]
    return long.plus(first, -inner).plus(second, -ONE).plus(Place({}, inner))


def solved(factors: list[Factor], graph: Graph) -> tuple[list[Factor], Places]:
    """Return the factors without the 0-1 tensors that were solved, and the labels' places."""
    left = list(factors)
    places = {label: Place({}, before + ONE) for label, before in graph.picked.items()}
    while _substitute(left, places, graph.rank) or _extend(left, places, graph.dims, graph.rank):
        pass
    return [_with_margins(factor) for factor in left], places


def _substitute(left: list[Factor], places: Places, rank: int) -> bool:
    """Solve one 0-1 tensor for a summed label that it has in range."""
    for kind, factor in itertools.product(EXACT, left):
        if not isinstance(factor.what, Tensor) or factor.what.kind != kind:
            continue
        for axis in EXACT[kind]:
            label = factor.labels[axis]
            zero = difference(factor.what, factor.labels).at(places)
            if label >= rank and _is_short(label, zero, places):
                left.remove(factor)
                _place(label, zero, places)
                return True
    return False


def _is_short(label: Label, zero: Place, places: Places) -> bool:
    """Tell whether a label can be solved for, and no place becomes a sum of many indices."""
    if zero.parts.get(label) not in (ONE, -ONE):
        return False
    others = zero.parts.keys() - {label}
    longest = [others, *[p.parts.keys() | others for p in places.values() if label in p.parts]]
    return all(len(parts - {label}) <= MOST_INDICES for parts in longest)


def _place(label: Label, zero: Place, places: Places) -> None:
    place = Place({label: ONE}).plus(zero, -zero.parts[label])
    for other, known in places.items():
        places[other] = known.at({label: place})
    places[label] = place


def _extend(left: list[Factor], places: Places, dims: Sequence[Dimension], rank: int) -> bool:
    """Solve a 0-1 tensor for a summed label that one formula has, with zeros around that."""
    for factor in left:
        if not isinstance(factor.what, Tensor) or factor.what.kind not in EXACT:
            continue
        zero = difference(factor.what, factor.labels).at(places)
        for label in reversed(factor.labels):
            holders = [f for f in left if label in f.labels and f is not factor]
            if label < rank or not _is_short(label, zero, places) or len(holders) != 1:
                continue
            (holder,) = holders
            if isinstance(holder.what, Tensor) or holder.exponent <= 0:
                continue
            if holder.labels.count(label) != 1 or any(label in p.parts for p in places.values()):
                continue
            margin = _margin(label, zero, dims)
            if margin is None:
                continue
            margins = (*holder.margins, (holder.labels.index(label), margin))
            left[left.index(holder)] = holder._replace(margins=margins)
            left.remove(factor)
            _place(label, zero, places)
            places[label] = places[label].plus(Place({}, margin[0]))
            return True
    return False


def _margin(label: Label, zero: Place, dims: Sequence[Dimension]) -> Margin | None:
    """Return how far the place of a label can lie before 1 and behind its last value."""
    low = high = Place({label: ONE}).plus(zero, -zero.parts[label])
    for index in low.parts:
        first, last = Place({}, ONE), Place({}, dims[index])
        if _is_negative(low.parts[index]):
            first, last = last, first
        low, high = low.at({index: first}), high.at({index: last})
    margin = ONE - low.constant, high.constant - dims[label]
    return margin if all(_is_length(part, dims) for part in margin) else None


def _is_negative(dimension: Dimension) -> bool:
    return all(coefficient < 0 for _, coefficient in dimension.terms)


def _is_length(dimension: Dimension, dims: Sequence[Dimension]) -> bool:
    """Tell whether a dimension is not negative, for all sizes for which there are such axes."""
    known = {ZERO, *[axis - ONE for axis in dims]}
    return any(at_least(dimension, a + b) for a in known for b in known)


def _with_margins(factor: Factor) -> Factor:
    if not factor.margins:
        return factor
    assert isinstance(factor.what, Expression)
    return factor._replace(what=_surrounded(factor.what, dict(factor.margins)), margins=())


def _surrounded(e: Expression, margins: Mapping[int, Margin]) -> Expression:
    """Return a vector or matrix with zeros before and after it along axes."""
    height, width = e.shape[0], e.shape[1:]
    cells: tuple[Expression, ...] = (e,)
    if 1 in margins:
        before, after = margins[1]
        cells = _filled((height, before), e, (height, after))
        width = (before + width[0] + after,)
    if 0 not in margins:
        return make("stack", cells, (len(cells),))
    before, after = margins[0]
    rows = _filled((before, *width), e, (after, *width))
    at = rows.index(e)
    return make(
        "stack",
        (*rows[:at], *cells, *rows[at + 1 :]),
        tuple([len(cells) if k == at else 1 for k in range(len(rows))]),
    )


def _filled(before: Shape, e: Expression, after: Shape) -> tuple[Expression, ...]:
    """Return a formula between blocks of zeros, those left out that have no entries."""
    first, last = ([] if ZERO in shape else [make("zeros", (), shape)] for shape in (before, after))
    return (*first, e, *last)
