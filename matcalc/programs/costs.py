"""What an array program costs: its operations on numbers, at assumed sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from matcalc.expressions.traversal import postorder
from matcalc.programs.chains import entries, length
from matcalc.programs.operations import CONSTANT, Operation

_FREE = frozenset(
    """input number size pi column as_row row first_column transpose full reshape diagonal
    subscript pick align argument broadcast eye ones zeros""".split()
)
_CUBIC = frozenset(
    "solve inv det logdet adj matrix_power counted_power cholesky cholesky_inverse lu".split()
)
_SUBSTITUTED = frozenset(("cholesky_solve", "lu_solve"))


def work(roots: Sequence[Operation]) -> int:
    """Return the number of multiplications and the like; a dimension with a name is large.

    >>> from matcalc import parse
    >>> from matcalc.programs.arrays import array_program
    >>> work(array_program([parse("A*x", "A: matrix(3, 4)").expression]))
    12
    """
    order = postorder(roots, lambda node: node.arguments)
    return sum([_work(node) for node in order if node.head not in _FREE])


def _work(node: Operation) -> int:
    if node.kind == CONSTANT:
        return 0
    if node.head == "matmul":
        left = node.arguments[0]
        return entries(node) * length(left.shape[-1])
    if node.head == "einsum":
        return _contraction(node)
    if node.head == "tensordot":
        first, (axes, _) = node.arguments[0], node.value
        return entries(node) * prod(length(first.shape[axis]) for axis in axes)
    if node.head in _SUBSTITUTED:
        return entries(node.arguments[0]) * entries(node) // length(node.shape[0])
    if node.head == "each":
        inner = node.value[0]
        return prod(map(length, node.shape[len(inner.shape) :])) * max(1, work([inner]))
    if node.head in ("correlate", "convolve"):
        return entries(node) * entries(node.arguments[1])
    largest = max([entries(node), *map(entries, node.arguments)])
    if node.head in _CUBIC:
        return largest * length(node.arguments[0].shape[0])
    return largest


def _contraction(node: Operation) -> int:
    """Return what an einsum takes at most: the sizes of all its letters, multiplied."""
    inputs = node.value.partition("->")[0].split(",")
    sizes = {
        letter: length(dimension)
        for letters, argument in zip(inputs, node.arguments, strict=True)
        for letter, dimension in zip(letters, argument.shape, strict=True)
    }
    return prod(sizes.values())
