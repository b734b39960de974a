"""Sums of a matrix and a diagonal one: the matrix with its diagonal changed in place."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.programs import operations as ops
from matcalc.programs.operations import Operation
from matcalc.programs.sharing import Results, in_order, rewritten

TEMPORARY = frozenset(
    """add subtract multiply divide negate square power call where outer matmul inv
    cholesky_inverse plus_diagonal""".split()
)
"""What makes an array of its own, so that it may be written to where nothing else reads it."""


def without_diagonal_matrices(roots: Sequence[Operation]) -> list[Operation]:
    """Return the operations with A + diag(v) as `plus_diagonal` of A and v.

    >>> from matcalc import parse
    >>> from matcalc.programs.arrays import array_program
    >>> (total,) = without_diagonal_matrices(array_program([parse("A - 2*eye(n)").expression]))
    >>> total.head, total.arguments[1].value
    ('plus_diagonal', Fraction(-2, 1))
    """

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head not in ("add", "subtract") or len(node.shape) != 2:
            return None
        a, b = node.arguments
        for matrix, other in ((a, b), (b, a)):
            diagonal = _diagonal(other, results)
            if diagonal is None or matrix.shape != node.shape:
                continue
            array = results[matrix]
            if node.head == "subtract" and other is b:
                diagonal = ops.negate(diagonal)
            elif node.head == "subtract":
                array = _negative(array)
            return ops.make("plus_diagonal", (array, diagonal), None, node.shape)
        return None

    return rewritten(roots, in_order(roots), rule)


def _diagonal(node: Operation, results: Results) -> Operation | None:
    """Return the diagonal, or the number that stands all along it; None of another matrix."""
    scale = ops.ONE
    while node.head == "multiply" and not all(a.shape for a in node.arguments):
        factor, node = sorted(node.arguments, key=lambda a: len(a.shape))
        scale = ops.multiply(scale, results[factor])
    if node.head == "eye":
        return scale
    if node.head != "diagonal_matrix":
        return None
    (vector,) = node.arguments
    if vector.head == "full" and not vector.arguments[0].shape:
        (vector,) = vector.arguments
    return ops.multiply(scale, results[vector])


def _negative(matrix: Operation) -> Operation:
    if matrix.head == "outer":
        return ops.outer(ops.negate(matrix.arguments[0]), matrix.arguments[1])
    return ops.negate(matrix)
