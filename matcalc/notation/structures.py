"""0-1 tensors that have a notation of their own: slices, convolutions, flips, cross products."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.calculus.tensors import Operand
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.notation.building import negate
from matcalc.notation.graphs import Edge, Graph

_one = Fraction(1)


def _slice(graph: Graph, operand: Operand) -> bool:
    """Write the entries picked from a vector or matrix as a slice."""
    long, short = operand.labels
    if not graph.unshared(long) or long not in graph.vertices:
        return False
    offset, length = operand.tensor.value, operand.tensor.shape[1]
    low, high = size(offset + ONE), size(offset + length)
    edges = [e for e in graph.edges if long in (e.row, e.column)]
    graph.vertices.discard(long)
    for column, exponent in graph.weights.pop(long, []):
        piece = make("subscript", (column, low, high), (("range", length),))
        graph.weigh(short, piece, exponent)
    for edge in edges:
        graph.edges.remove(edge)
        if edge.row == long:
            piece = make("subscript", (edge.matrix, low, high), (("range", length), "all"))
            edge = edge._replace(matrix=piece, row=short)
        else:
            piece = make("subscript", (edge.matrix, low, high), ("all", ("range", length)))
            edge = edge._replace(matrix=piece, column=short)
        graph.edges.append(edge)
    return True


def _convolution(graph: Graph, operand: Operand) -> bool:
    """Write [s + offset == i + j] summed with two vectors as a convolution."""
    s, i, j = operand.labels
    _, out, kernel = operand.tensor.shape
    offset = operand.tensor.value
    for output, other in ((i, j), (j, i)):
        if output in (s, other) or not (graph.alone(s) and graph.alone(other)):
            continue
        k_length = kernel if output == i else out
        signal, filter_ = graph.take_vector(s), graph.take_vector(other)
        assert signal is not None and filter_ is not None
        full = offset == k_length - ONE and offset.value != 0
        if offset.value == 0 or full:
            name = "conv_full" if full else "conv"
            graph.weigh(output, make("call", (signal, filter_), (name, None)), _one)
            return True
        return False
    if graph.alone(i) and graph.alone(j) and offset.value == 0:
        # G_i k_j summed where i + j == s: the full convolution with the kernel turned round
        left, right = graph.take_vector(i), graph.take_vector(j)
        assert left is not None and right is not None
        turned = make("call", (right,), ("flip", None))
        graph.weigh(s, make("call", (left, turned), ("conv_full", None)), _one)
        return True
    return False


def _turned(graph: Graph, operand: Operand) -> bool:
    """Write a vector read backwards as flip(x)."""
    for inner, outer in (operand.labels, operand.labels[::-1]):
        if inner != outer and graph.alone(inner):
            vector = graph.take_vector(inner)
            assert vector is not None
            graph.weigh(outer, make("call", (vector,), ("flip", None)), _one)
            return True
    return False


def _crossed(graph: Graph, operand: Operand) -> bool:
    """Write the sign of a permutation, summed with two vectors, as a cross product."""
    labels = operand.labels
    if len(set(labels)) != 3:
        return False
    for k in range(3):
        out, first, second = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if graph.alone(first) and graph.alone(second):
            left, right = graph.take_vector(first), graph.take_vector(second)
            assert left is not None and right is not None
            graph.weigh(out, make("call", (left, right), ("cross", None)), _one)
            return True
    for k in range(3):
        label, row, column = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if graph.alone(label):
            vector = graph.take_vector(label)
            assert vector is not None
            graph.edges.append(Edge(_skew(vector), row, column, _one))
            return True
    return False


def _skew(vector: Expression) -> Expression:
    """Return the matrix S with S*y = cross(y, v): entries sign(i, j, k)*v[k]."""
    x, y, z = (make("subscript", (vector, number(k)), ("entry",)) for k in (1, 2, 3))
    zero = number(0)
    cells = (zero, z, negate(y), negate(z), zero, x, y, negate(x), zero)
    return make("stack", cells, (3, 3, 3))


STRUCTURES: dict[str, Callable[[Graph, Operand], bool]] = {
    "select": _slice,
    "shift": _convolution,
    "flip": _turned,
    "levi_civita": _crossed,
}
