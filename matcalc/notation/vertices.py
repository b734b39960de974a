"""What is at the vertices of a graph, as one vector or as one matrix."""

from __future__ import annotations

from matcalc.calculus.tensors import Label, Operand
from matcalc.expressions.nodes import Expression, make
from matcalc.notation.building import chain, entrywise, transpose
from matcalc.notation.graphs import Edge, Graph, hadamard_edges


def is_single(graph: Graph, label: Label) -> bool:
    """Tell whether a vertex is summed and only one structure meets it."""
    meeting = sum(label in operand.labels for operand in graph.pending)
    return label >= graph.rank and label not in graph.picked and meeting == 1


def is_vector(graph: Graph, label: Label) -> bool:
    """Tell whether there are but weights at a vertex, or nothing: a vector of ones."""
    return is_single(graph, label) and not graph.degree(label)


def vector_at(graph: Graph, label: Label) -> Expression:
    """Return the product of the weights on a vertex."""
    column = entrywise(graph.weights.get(label, []))
    return make("ones", (), (graph.dims[label],)) if column is None else column


def is_matrix(graph: Graph, row: Label, column: Label) -> bool:
    """Tell whether all edges at two vertices are between these two; none is a matrix of rank 1."""
    ends = {row, column}
    return (
        row != column
        and is_single(graph, row)
        and is_single(graph, column)
        and all({e.row, e.column} == ends for e in graph.edges if ends & {e.row, e.column})
    )


def matrix_at(graph: Graph, row: Label, column: Label) -> Expression:
    """Return the product of all that is at two vertices."""
    edges = edges_at(graph, row)
    if edges:
        return weighted(graph, row, hadamard_edges(edges, row), column)
    if row in graph.weights or column in graph.weights:
        return chain([vector_at(graph, row), transpose(vector_at(graph, column))])
    return make("ones", (), (graph.dims[row], graph.dims[column]))


def weighted(graph: Graph, row: Label, matrix: Expression, column: Label | None) -> Expression:
    """Return a matrix with what is at its vertices multiplied along rows and columns."""
    left, right = (entrywise(graph.weights.get(label, [])) for label in (row, column))
    front = [] if left is None else [make("call", (left,), ("diag", None))]
    back = [] if right is None else [make("call", (right,), ("diag", None))]
    return chain([*front, matrix, *back])


def edges_at(graph: Graph, label: Label) -> list[Edge]:
    """Return the matrices at a vertex."""
    return [e for e in graph.edges if label in (e.row, e.column)]


def remove(graph: Graph, labels: tuple[Label, ...], *structures: Operand) -> None:
    """Take vertices with all that is there, and the structures written, out of the graph."""
    for label in labels:
        graph.vertices.discard(label)
        graph.weights.pop(label, None)
    graph.edges = [e for e in graph.edges if e.row not in labels and e.column not in labels]
    for operand in structures:
        graph.pending.remove(operand)
