"""Shifts [s == i + j] read as convolutions of what they are summed with."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.tensors import Label, Operand, leaf
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make
from matcalc.notation.building import best, cost, transpose
from matcalc.notation.graphs import Graph, hadamard_edges
from matcalc.notation.vertices import (
    edges_at,
    is_matrix,
    is_single,
    is_vector,
    matrix_at,
    remove,
    vector_at,
    weighted,
)

_one = Fraction(1)

# the axes (s, i, j) of [s == i + j]: which of them is left, and which are summed
_LEFT = ((1, (0, 2)), (2, (0, 1)), (0, (1, 2)))


def _correlated(name: str, left: int, parts: tuple[Expression, Expression]) -> Expression:
    """Return the sum of [s == i + j] with two parts; `left` tells which axis is left."""
    first, second = parts
    if left:
        return make("call", (first, second), (name, None))
    name += "_full"
    return best(
        make("call", (first, flipped(second)), (name, None)),
        make("call", (second, flipped(first)), (name, None)),
    )


def of_vectors(graph: Graph, shift: Operand) -> bool:
    """Write a shift summed with two vectors."""
    if len(set(shift.labels)) != 3:
        return False
    for left, axes in _LEFT:
        ends = shift.labels[axes[0]], shift.labels[axes[1]]
        if all(is_vector(graph, label) for label in ends):
            parts = vector_at(graph, ends[0]), vector_at(graph, ends[1])
            remove(graph, ends, shift)
            graph.weigh(shift.labels[left], _correlated("conv", left, parts), _one)
            return True
    return False


def of_matrices(graph: Graph, shift: Operand) -> bool:
    """Write two shifts, of rows and of columns, summed with two matrices."""
    for other in graph.pending:
        if other.tensor.kind != "shift" or other is shift:
            continue
        s, i, j = other.labels
        for columns in ((s, i, j), (s, j, i)):
            if len({*shift.labels}) == len({*columns}) == 3 and _pair(graph, shift, other, columns):
                return True
    return False


def _pair(graph: Graph, shift: Operand, other: Operand, columns: tuple[Label, ...]) -> bool:
    rows = shift.labels
    for left, axes in _LEFT:
        if not all(is_matrix(graph, rows[axis], columns[axis]) for axis in axes):
            continue
        first, second = (matrix_at(graph, rows[axis], columns[axis]) for axis in axes)
        upright = _correlated("conv2d", left, (first, second))
        turned = _correlated("conv2d", left, (transpose(first), transpose(second)))
        ends = tuple([labels[axis] for labels in (rows, columns) for axis in axes])
        remove(graph, ends, shift, other)
        if cost(upright) <= cost(turned):
            graph.join(upright, rows[left], columns[left])
        else:
            graph.join(turned, columns[left], rows[left])
        return True
    return False


def of_columns(graph: Graph, shift: Operand) -> bool:
    """Write a shift summed with a vector and with one axis of a matrix."""
    if len(set(shift.labels)) != 3:
        return False
    for left, axes in _LEFT:
        for along, across in (axes, axes[::-1]):
            if left and along:  # the kernel of a convolution is not the longer one
                continue
            row, label = shift.labels[along], shift.labels[across]
            edges = edges_at(graph, row)
            if not (is_single(graph, row) and is_vector(graph, label) and len(edges) == 1):
                continue
            (edge,) = edges
            column = edge.column if edge.row == row else edge.row
            if column in (row, shift.labels[left]):
                continue
            matrix = weighted(graph, row, hadamard_edges(edges, row), None)
            kernel = vector_at(graph, label) if left else flipped(vector_at(graph, label))
            name = ("conv2d" if left else "conv2d_full", None)
            whole = transpose(make("call", (transpose(matrix), transpose(kernel)), name))
            remove(graph, (row, label), shift)
            graph.join(whole, shift.labels[left], column)
            return True
    return False


def of_kernels(graph: Graph, outer: Operand) -> bool:
    """Write the convolution of a convolution by the convolution of their kernels."""
    for inner in [o for o in graph.pending if o.tensor.kind == "shift"]:
        middle = inner.labels[0]
        meeting = [o for o in graph.pending if middle in o.labels]
        if middle < graph.rank or middle in graph.picked:
            continue
        if len(meeting) != 2 or outer not in meeting or middle == outer.labels[0]:
            continue
        if middle in graph.weights or graph.degree(middle):
            continue
        for at, left in ((1, 2), (2, 1)):
            ends = outer.labels[3 - at], inner.labels[left]
            distinct = len({*outer.labels, *inner.labels}) == 5
            if outer.labels[at] != middle or not distinct:
                continue
            if all(is_vector(graph, label) for label in ends):
                _compose(graph, outer, inner, ends, inner.labels[3 - left])
                return True
    return False


def _compose(
    graph: Graph, outer: Operand, inner: Operand, ends: tuple[Label, Label], short: Label
) -> None:
    parts = vector_at(graph, ends[0]), vector_at(graph, ends[1])
    label = len(graph.dims)
    long, first, second = (graph.dims[k] for k in (outer.labels[0], *ends))
    graph.dims.append(first + second - ONE)
    graph.vertices.add(label)
    remove(graph, (*ends, inner.labels[0]), outer, inner)
    graph.weigh(label, _correlated("conv", 0, parts), _one)
    shift = leaf("shift", None, long, graph.dims[short], graph.dims[label])
    graph.pending.append(Operand(shift, (outer.labels[0], short, label)))


def flipped(e: Expression) -> Expression:
    """Return flip(e), or what that is."""
    if e.head == "call" and e.value[0] == "flip":
        return e.arguments[0]
    if e.head in ("ones", "eye"):
        return e
    return make("call", (e,), ("flip", None))
