"""Index sums without the indices that 0-1 tensors determine.

[s == i + j - 1] summed over s leaves x[i + j - 1], for every i and j there are. Solved for j
it would leave the range of j: there k[s - i + 1] is read from k with zeros around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.tensors import Label, Labels, Tensor
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression, make
from matcalc.notation.graphs import Graph
from matcalc.notation.places import Place

Places = dict[Label, Place]


class Factor(NamedTuple):
    """What is left of a product: a formula or tensor, a label for each axis, its exponent.

    Axes with a margin are read with so many zeros before and after.
    """

    what: Expression | Tensor
    labels: Labels
    exponent: Fraction = Fraction(1)
    margins: tuple[tuple[int, Dimension], ...] = ()


EXACT = {"select": (0,), "fuse": (0,), "shift": (0,), "flip": (0, 1)}
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
    while _substitute(left, places, graph.rank) or _extend(left, places, graph.rank):
        pass
    return [_with_margins(factor) for factor in left], places


def _substitute(left: list[Factor], places: Places, rank: int) -> bool:
    """Solve one 0-1 tensor for a summed label that it has in range."""
    for factor in left:
        if not isinstance(factor.what, Tensor):
            continue
        for axis in EXACT.get(factor.what.kind, ()):
            label = factor.labels[axis]
            zero = difference(factor.what, factor.labels).at(places)
            if label >= rank and zero.parts.get(label) in (ONE, -ONE):
                left.remove(factor)
                _place(label, zero, places)
                return True
    return False


def _place(label: Label, zero: Place, places: Places) -> None:
    place = Place({label: ONE}).plus(zero, -zero.parts[label])
    for other, known in places.items():
        places[other] = known.at({label: place})
    places[label] = place


def _extend(left: list[Factor], places: Places, rank: int) -> bool:
    """Solve a shift for a summed label that one formula has, with zeros around the formula."""
    for factor in left:
        if not isinstance(factor.what, Tensor) or factor.what.kind != "shift":
            continue
        for axis in (2, 1):
            label = factor.labels[axis]
            zero = difference(factor.what, factor.labels).at(places)
            holders = [f for f in left if label in f.labels and f is not factor]
            if label < rank or zero.parts.get(label) != -ONE or len(holders) != 1:
                continue
            (holder,) = holders
            if any(label in place.parts for place in places.values()):
                continue
            if isinstance(holder.what, Tensor) or holder.exponent <= 0:
                continue
            if holder.labels.count(label) != 1:
                continue
            margin = factor.what.shape[3 - axis] - ONE
            margins = (*holder.margins, (holder.labels.index(label), margin))
            left[left.index(holder)] = holder._replace(margins=tuple(sorted(margins)))
            left.remove(factor)
            _place(label, zero.plus(Place({}, margin)), places)
            return True
    return False


def _with_margins(factor: Factor) -> Factor:
    if not factor.margins:
        return factor
    assert isinstance(factor.what, Expression)
    return factor._replace(what=_surrounded(factor.what, dict(factor.margins)), margins=())


def _surrounded(e: Expression, margins: Mapping[int, Dimension]) -> Expression:
    """Return a vector or matrix with zeros before and after it along axes."""
    rows, columns = margins.get(0), margins.get(1)
    cells: tuple[Expression, ...] = (e,)
    width = e.shape[1:]
    if columns is not None:
        side = make("zeros", (), (e.shape[0], columns))
        cells = (side, e, side)
        width = (e.shape[1] + columns + columns,)
    if rows is None:
        return make("stack", cells, (3,))
    outside = make("zeros", (), (rows, *width))
    return make("stack", (outside, *cells, outside), (1, len(cells), 1))
