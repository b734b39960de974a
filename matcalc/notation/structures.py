"""0-1 tensors that have a notation of their own: slices, convolutions, flips, cross products.

A structure is written once what it is summed with is there as one vector at one vertex, or
as one matrix between two.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.calculus.tensors import Label, Operand, leaf
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.notation.building import best, chain, cost, entrywise, negate, transpose
from matcalc.notation.graphs import Edge, Graph, hadamard_edges

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
    return any(_columns(graph, shift) or _composed(graph, shift) for shift in shifts)


# --- what is at a vertex --------------------------------------------------------------------------


def _single(graph: Graph, label: Label) -> bool:
    """Tell whether a vertex is summed and only one structure meets it."""
    meeting = sum(label in operand.labels for operand in graph.pending)
    return label >= graph.rank and label not in graph.picked and meeting == 1


def _is_vector(graph: Graph, label: Label) -> bool:
    """Tell whether there are but weights at a vertex, or nothing: a vector of ones."""
    return _single(graph, label) and not graph.degree(label)


def _vector(graph: Graph, label: Label) -> Expression:
    """Return the product of the weights on a vertex."""
    column = entrywise(graph.weights.get(label, []))
    return make("ones", (), (graph.dims[label],)) if column is None else column


def _is_matrix(graph: Graph, row: Label, column: Label) -> bool:
    """Tell whether all edges at two vertices are between these two; none is a matrix of rank 1."""
    ends = {row, column}
    return (
        row != column
        and _single(graph, row)
        and _single(graph, column)
        and all({e.row, e.column} == ends for e in graph.edges if ends & {e.row, e.column})
    )


def _matrix(graph: Graph, row: Label, column: Label) -> Expression:
    """Return the product of all that is at two vertices."""
    edges = _edges_at(graph, row)
    if edges:
        return _weighted(graph, row, hadamard_edges(edges, row), column)
    if row in graph.weights or column in graph.weights:
        return chain([_vector(graph, row), transpose(_vector(graph, column))])
    return make("ones", (), (graph.dims[row], graph.dims[column]))


def _weighted(graph: Graph, row: Label, matrix: Expression, column: Label | None) -> Expression:
    left, right = (entrywise(graph.weights.get(label, [])) for label in (row, column))
    front = [] if left is None else [make("call", (left,), ("diag", None))]
    back = [] if right is None else [make("call", (right,), ("diag", None))]
    return chain([*front, matrix, *back])


def _edges_at(graph: Graph, label: Label) -> list[Edge]:
    return [e for e in graph.edges if label in (e.row, e.column)]


def _remove(graph: Graph, labels: tuple[Label, ...], *structures: Operand) -> None:
    """Take vertices with all that is there, and the structures written, out of the graph."""
    for label in labels:
        graph.vertices.discard(label)
        graph.weights.pop(label, None)
    graph.edges = [e for e in graph.edges if e.row not in labels and e.column not in labels]
    for operand in structures:
        graph.pending.remove(operand)


# --- slices ---------------------------------------------------------------------------------------


def _slice(graph: Graph, operand: Operand) -> bool:
    """Write the entries picked from a vector or matrix as a slice."""
    long, short = operand.labels
    if not _single(graph, long) or long not in graph.vertices:
        return False
    graph.pending.remove(operand)
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


# --- convolutions ---------------------------------------------------------------------------------

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


def _vectors(graph: Graph, shift: Operand) -> bool:
    """Write a shift summed with two vectors."""
    if len(set(shift.labels)) != 3:
        return False
    for left, axes in _LEFT:
        ends = shift.labels[axes[0]], shift.labels[axes[1]]
        if all(_is_vector(graph, label) for label in ends):
            parts = _vector(graph, ends[0]), _vector(graph, ends[1])
            _remove(graph, ends, shift)
            graph.weigh(shift.labels[left], _correlated("conv", left, parts), _one)
            return True
    return False


def _matrices(graph: Graph, shift: Operand) -> bool:
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
        if not all(_is_matrix(graph, rows[axis], columns[axis]) for axis in axes):
            continue
        first, second = (_matrix(graph, rows[axis], columns[axis]) for axis in axes)
        upright = _correlated("conv2d", left, (first, second))
        turned = _correlated("conv2d", left, (transpose(first), transpose(second)))
        ends = tuple([labels[axis] for labels in (rows, columns) for axis in axes])
        _remove(graph, ends, shift, other)
        if cost(upright) <= cost(turned):
            graph.edges.append(Edge(upright, rows[left], columns[left], _one))
        else:
            graph.edges.append(Edge(turned, columns[left], rows[left], _one))
        return True
    return False


def _columns(graph: Graph, shift: Operand) -> bool:
    """Write a shift summed with a vector and with one axis of a matrix."""
    if len(set(shift.labels)) != 3:
        return False
    for left, axes in _LEFT:
        for along, across in (axes, axes[::-1]):
            if left and along:  # the kernel of a convolution is not the longer one
                continue
            row, label = shift.labels[along], shift.labels[across]
            edges = _edges_at(graph, row)
            if not (_single(graph, row) and _is_vector(graph, label) and len(edges) == 1):
                continue
            (edge,) = edges
            column = edge.column if edge.row == row else edge.row
            if column in (row, shift.labels[left]):
                continue
            matrix = _weighted(graph, row, hadamard_edges(edges, row), None)
            kernel = _vector(graph, label) if left else flipped(_vector(graph, label))
            name = ("conv2d" if left else "conv2d_full", None)
            whole = transpose(make("call", (transpose(matrix), transpose(kernel)), name))
            _remove(graph, (row, label), shift)
            graph.edges.append(Edge(whole, shift.labels[left], column, _one))
            return True
    return False


def _composed(graph: Graph, outer: Operand) -> bool:
    """Write the convolution of a convolution by the convolution of their kernels."""
    for inner in graph.pending:
        middle = inner.labels[0]
        meeting = [o for o in graph.pending if middle in o.labels]
        if inner.tensor.kind != "shift" or middle < graph.rank or middle in graph.picked:
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
            if all(_is_vector(graph, label) for label in ends):
                _compose(graph, outer, inner, ends, inner.labels[3 - left])
                return True
    return False


def _compose(
    graph: Graph, outer: Operand, inner: Operand, ends: tuple[Label, Label], short: Label
) -> None:
    parts = _vector(graph, ends[0]), _vector(graph, ends[1])
    label = len(graph.dims)
    long, first, second = (graph.dims[k] for k in (outer.labels[0], *ends))
    graph.dims.append(first + second - ONE)
    graph.vertices.add(label)
    _remove(graph, (*ends, inner.labels[0]), outer, inner)
    graph.weigh(label, _correlated("conv", 0, parts), _one)
    shift = leaf("shift", None, long, graph.dims[short], graph.dims[label])
    graph.pending.append(Operand(shift, (outer.labels[0], short, label)))


# --- flips ----------------------------------------------------------------------------------------


def flipped(e: Expression) -> Expression:
    """Return flip(e), or what that is."""
    if e.head == "call" and e.value[0] == "flip":
        return e.arguments[0]
    if e.head in ("ones", "eye"):
        return e
    return make("call", (e,), ("flip", None))


def _turned(graph: Graph, flip: Operand) -> bool:
    """Write a vector read backwards as flip(x)."""
    a, b = flip.labels
    sides = [side for side in ((a, b), (b, a)) if a != b and _is_vector(graph, side[0])]
    if not sides:
        return False
    inner, outer = min(sides, key=lambda side: cost(_vector(graph, side[0])))
    vector = _vector(graph, inner)
    _remove(graph, (inner,), flip)
    graph.weigh(outer, flipped(vector), _one)
    return True


def _turned_matrix(graph: Graph, flip: Operand) -> bool:
    """Write a matrix both axes of which are read backwards as flip(X)."""
    for other in graph.pending:
        if other.tensor.kind != "flip" or other is flip:
            continue
        for row, up in (flip.labels, flip.labels[::-1]):
            for column, across in (other.labels, other.labels[::-1]):
                if row != up and column != across and _is_matrix(graph, row, column):
                    matrix = _matrix(graph, row, column)
                    _remove(graph, (row, column), flip, other)
                    graph.edges.append(Edge(flipped(matrix), up, across, _one))
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
        if _is_vector(graph, first) and _is_vector(graph, second):
            parts = (_vector(graph, first), _vector(graph, second))
            _remove(graph, (first, second), sign)
            graph.weigh(out, make("call", parts, ("cross", None)), _one)
            return True
    return False


def _crossing(graph: Graph, sign: Operand) -> bool:
    """Write the sign of a permutation, summed with one vector, as a skew-symmetric matrix."""
    labels = sign.labels
    for k in range(3):
        label, row, column = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if len(set(labels)) == 3 and _is_vector(graph, label):
            vector = _vector(graph, label)
            _remove(graph, (label,), sign)
            graph.edges.append(Edge(_skew(vector), row, column, _one))
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
    "shift": _vectors,
    "flip": _turned,
    "levi_civita": _crossed,
}

_MATRIX_RULES: dict[str, Rule] = {
    "shift": _matrices,
    "flip": _turned_matrix,
    "levi_civita": _crossing,
}
