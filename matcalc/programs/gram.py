"""Products X'*diag(d)*X as R'*R with R = diag(sqrt(d))*X: BLAS computes one half of them.

It does so where both factors are one array (the routine `syrk`), and NumPy calls it then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from matcalc.programs import operations as ops
from matcalc.programs.definiteness import Known, definiteness
from matcalc.programs.elementary import called
from matcalc.programs.operations import Operation
from matcalc.programs.sharing import Results, in_order, rewritten


class Side(NamedTuple):
    """A factor of a product: a matrix, whether it is transposed, and what scales it.

    The vectors among `scales` run along the axis that the product sums over.
    """

    matrix: Operation
    transposed: bool
    scales: tuple[Operation, ...]


def of_one_array(roots: Sequence[Operation]) -> list[Operation]:
    """Return the operations with products X'*diag(d)*X, where d >= 0 is known, as R'*R.

    >>> from matcalc import parse
    >>> from matcalc.programs.arrays import array_program
    >>> where = "X: matrix(N, n); z: vector(N)"
    >>> (product,) = array_program([parse("X'*diag(exp(z))*X", where).expression])
    >>> (product,) = of_one_array([product])
    >>> left, right = product.arguments
    >>> left.head, left.arguments[0] is right
    ('transpose', True)
    """
    order = in_order(roots)
    known = definiteness(order)

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head != "matmul" or len(node.shape) != 2:
            return None
        left, right = _side(node.arguments[0], 1), _side(node.arguments[1], 0)
        scales = left.scales + right.scales
        if left.matrix is not right.matrix or left.transposed is right.transposed or not scales:
            return None
        parts = _rooted(scales, known)
        if parts is None:
            return None
        outside, root, under_root = (_product(part, results) for part in parts)
        if under_root is not ops.ONE:
            root = ops.multiply(root, called("sqrt", under_root))
        return ops.multiply(outside, _gram(root, results[right.matrix], right.transposed))

    return rewritten(roots, order, rule)


def _side(node: Operation, axis: int) -> Side:
    """Return a factor opened; the product sums over this axis of it."""
    transposed = False
    scales: list[Operation] = []
    while True:
        if node.head == "transpose":
            transposed, axis = not transposed, 1 - axis
        elif node.head == "negate":
            scales.append(ops.number(-1))
        else:
            first, second = node.arguments if node.head == "multiply" else (node, node)
            scale, rest = (first, second) if _scales(first, axis) else (second, first)
            if node.head != "multiply" or not _scales(scale, axis) or len(rest.shape) < 2:
                return Side(node, transposed, tuple(scales))
            scales += _factors(scale.arguments[0] if scale.head == "column" else scale)
            node = rest
            continue
        (node,) = node.arguments


def _scales(factor: Operation, axis: int) -> bool:
    """Tell whether a factor of a matrix is a scalar, or a vector along this axis."""
    return not factor.shape or (factor.head == "column" if axis == 0 else len(factor.shape) == 1)


def _factors(scale: Operation) -> list[Operation]:
    """Return the factors that a vector or number is the product of."""
    factors, pending = [], [scale]
    while pending:
        node = pending.pop()
        if node.head == "multiply":
            pending += node.arguments[::-1]
        elif node.head == "square":
            pending += node.arguments * 2
        elif node.head == "negate":
            pending += (node.arguments[0], ops.number(-1))
        else:
            factors.append(node)
    return factors


def _rooted(scales: Sequence[Operation], known: Known) -> list[list[Operation]] | None:
    """Return what scales X'*X, X itself, and the square of that; None if X cannot be scaled.

    What comes twice scales X whatever its sign, and so does the root of what is not negative.
    """
    outside, inside, under_root = [], [], []
    for scale, times in Counter(scales).items():
        inside += [scale] * (times // 2)
        if times % 2 and known.get(scale):
            under_root.append(scale)
        elif times % 2 and not scale.shape:
            outside.append(scale)
        elif times % 2:
            return None
    if not any(scale.shape for scale in inside + under_root):
        return [[*scales], [], []]
    return [outside, inside, under_root]


def _product(factors: Sequence[Operation], results: Results) -> Operation:
    product = ops.ONE
    for factor in factors:
        product = ops.multiply(product, results.get(factor, factor))
    return product


def _gram(root: Operation, matrix: Operation, transposed: bool) -> Operation:
    """Return X'*diag(root)^2*X, or X*diag(root)^2*X' if the right factor is transposed."""
    if root is ops.ONE:
        half = matrix
    else:
        side = "rows" if transposed else "columns"
        half = ops.multiply(ops.broadcast(root, side, matrix.shape), matrix)
    left, right = (half, ops.transpose(half)) if transposed else (ops.transpose(half), half)
    return ops.matmul(left, right)
