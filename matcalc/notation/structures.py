"""0-1 tensors that have a notation of their own: slices, convolutions, flips, cross products.

A structure is written once what it is summed with is there as one vector at one vertex, or
as one matrix between two.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.calculus.tensors import Operand
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.notation import convolutions
from matcalc.notation.building import cost, entrywise, negate
from matcalc.notation.convolutions import flipped
from matcalc.notation.graphs import Graph
from matcalc.notation.vertices import (
    edges_at,
    is_matrix,
    is_single,
    is_vector,
    matrix_at,
    remove,
    vector_at,
)

_one = Fraction(1)


def write_structure(graph: Graph) -> bool:
    """Write one of the pending structures; return False where none can be written yet."""
    for rules in (_RULES, _MATRIX_RULES):
        for operand in graph.pending:
            rule = rules.get(operand.tensor.kind)
            if rule is not None and rule(graph, operand):
                return True
    return False


def write_columns(graph: Graph) -> bool:
    """Write a convolution of a matrix's columns with a vector, or of two kernels."""
    shifts = [operand for operand in graph.pending if operand.tensor.kind == "shift"]
    return any(
        convolutions.of_columns(graph, shift) or convolutions.of_kernels(graph, shift)
        for shift in shifts
    )


# --- slices ---------------------------------------------------------------------------------------


def _slice(graph: Graph, operand: Operand) -> bool:
    """Write the entries picked from a vector or matrix as a slice."""
    long, short = operand.labels
    if long == short:  # [i == i + c], of a c that may be 0
        return False
    if not is_single(graph, long) or long not in graph.vertices:
        return _padded(graph, operand)
    graph.pending.remove(operand)
    offset, length = operand.tensor.value, operand.tensor.shape[1]
    low, high = size(offset + ONE), size(offset + length)
    edges = edges_at(graph, long)
    graph.vertices.discard(long)
    for column, exponent in graph.weights.pop(long, []):
        piece = make("subscript", (column, low, high), (("range", length),))
        graph.weigh(short, piece, exponent)
    for edge in edges:
        graph.edges.remove(edge)
        if edge.row == long:
            piece = make("subscript", (edge.matrix, low, high), (("range", length), "all"))
            graph.join(piece, short, edge.column, edge.exponent)
        else:
            piece = make("subscript", (edge.matrix, low, high), ("all", ("range", length)))
            graph.join(piece, edge.row, short, edge.exponent)
    return True


def _padded(graph: Graph, operand: Operand) -> bool:
    """Write the entries that a slice leaves of a vector, with zeros where the others are."""
    long, short = operand.labels
    meeting = [o for o in graph.pending if short in o.labels]
    if long >= graph.rank or short < graph.rank or short in graph.picked or len(meeting) != 1:
        return False
    if graph.degree(short) or graph.degree(long) or long not in graph.weights:
        return False
    vector = entrywise(graph.weights.pop(long))
    assert vector is not None
    offset, (whole, length) = operand.tensor.value, operand.tensor.shape
    low, high = size(offset + ONE), size(offset + length)
    piece = make("subscript", (vector, low, high), (("range", length),))
    kept = entrywise([(piece, _one), *graph.weights.pop(short, [])])
    assert kept is not None
    cells = [kept]
    if offset.value != 0:
        cells.insert(0, make("zeros", (), (offset,)))
    if (whole - offset - length).value != 0:
        cells.append(make("zeros", (), (whole - offset - length,)))
    graph.pending.remove(operand)
    graph.vertices.discard(short)
    graph.weigh(long, make("stack", tuple(cells), (1,) * len(cells)), _one)
    return True


# --- flips ----------------------------------------------------------------------------------------


def _turned(graph: Graph, flip: Operand) -> bool:
    """Write a vector read backwards as flip(x)."""
    a, b = flip.labels
    sides = [side for side in ((a, b), (b, a)) if a != b and is_vector(graph, side[0])]
    if not sides:
        return False
    inner, outer = min(sides, key=lambda side: cost(vector_at(graph, side[0])))
    vector = vector_at(graph, inner)
    remove(graph, (inner,), flip)
    graph.weigh(outer, flipped(vector), _one)
    return True


def _turned_matrix(graph: Graph, flip: Operand) -> bool:
    """Write a matrix both axes of which are read backwards as flip(X)."""
    for other in graph.pending:
        if other.tensor.kind != "flip" or other is flip:
            continue
        for row, up in (flip.labels, flip.labels[::-1]):
            for column, across in (other.labels, other.labels[::-1]):
                if row != up and column != across and is_matrix(graph, row, column):
                    matrix = matrix_at(graph, row, column)
                    remove(graph, (row, column), flip, other)
                    graph.join(flipped(matrix), up, across)
                    return True
    return False


# --- cross products -------------------------------------------------------------------------------


def _crossed(graph: Graph, sign: Operand) -> bool:
    """Write the sign of a permutation, summed with two vectors, as a cross product."""
    labels = sign.labels
    if len(set(labels)) != 3:
        return False
    for k in range(3):
        out, first, second = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if is_vector(graph, first) and is_vector(graph, second):
            parts = (vector_at(graph, first), vector_at(graph, second))
            remove(graph, (first, second), sign)
            graph.weigh(out, make("call", parts, ("cross", None)), _one)
            return True
    return False


def _crossing(graph: Graph, sign: Operand) -> bool:
    """Write the sign of a permutation, summed with one vector, as a skew-symmetric matrix."""
    labels = sign.labels
    for k in range(3):
        label, row, column = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if len(set(labels)) == 3 and is_vector(graph, label):
            vector = vector_at(graph, label)
            remove(graph, (label,), sign)
            graph.join(_skew(vector), row, column)
            return True
    return False


def _skew(vector: Expression) -> Expression:
    """Return the matrix S with S*y = cross(y, v): entries sign(i, j, k)*v[k]."""
    x, y, z = (make("subscript", (vector, number(k)), ("entry",)) for k in (1, 2, 3))
    zero = number(0)
    cells = (zero, z, negate(y), negate(z), zero, x, y, negate(x), zero)
    return make("stack", cells, (3, 3, 3))


Rule = Callable[[Graph, Operand], bool]

_RULES: dict[str, Rule] = {
    "select": _slice,
    "shift": convolutions.of_vectors,
    "flip": _turned,
    "levi_civita": _crossed,
}

_MATRIX_RULES: dict[str, Rule] = {
    "shift": convolutions.of_matrices,
    "flip": _turned_matrix,
    "levi_civita": _crossing,
}
