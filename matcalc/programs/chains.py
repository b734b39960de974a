"""Products of many matrices in the cheapest order, with `solve` in place of inverses."""

from __future__ import annotations

from typing import NamedTuple

from matcalc.expressions import splitting
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.programs import operations as ops
from matcalc.programs.operations import Operation


class Factor(NamedTuple):
    """One factor of a product.

    `kind` is 'scalar', 'row', 'column', 'matrix', 'diagonal' (by its vector) or 'inverse'
    (by the matrix that is to be inverted).
    """

    kind: str
    operation: Operation

    @property
    def rows(self) -> Dimension:
        return ONE if self.kind in ("row", "scalar") else self.operation.shape[0]

    @property
    def columns(self) -> Dimension:
        return ONE if self.kind in ("column", "scalar") else self.operation.shape[-1]


def length(dimension: Dimension) -> int:
    """Return a dimension's size, or what it counts as."""
    return max(1, splitting.assumed_size(dimension))


def entries(node: Operation) -> int:
    """Return how many entries an array has, or counts as having."""
    count = 1
    for dimension in node.shape:
        count *= length(dimension)
    return count


def dense(factor: Factor) -> Factor:
    """Return the factor as an array."""
    kind, node = factor
    if kind == "diagonal":
        return Factor("matrix", ops.diagonal_matrix(node))
    if kind == "inverse":
        return Factor("matrix", ops.inverse(node))
    return factor


def multiplied(factors: list[Factor]) -> Factor:
    """Return the product in the cheapest order; of equally cheap ones from the left.

    A very long product begins at the end that is a vector, else at the left.
    Scalars and vectors take part: `A*B*x` is A*(B*x), `x*y'*z` is (y'*z)*x.
    """
    count = len(factors)
    if count > splitting.LONGEST_CHAIN:
        splits = splitting.one_by_one(count, from_right=factors[-1].kind == "column")
        return splitting.multiplied(factors, splits, _pair)
    lengths = [*[length(factor.rows) for factor in factors], length(factors[-1].columns)]
    kinds = {(k, k + 1): factor.kind for k, factor in enumerate(factors)}
    for width in range(2, count + 1):
        for low in range(count - width + 1):
            high = low + width
            pair = {kinds[low, high - 1], kinds[high - 1, high]}
            kinds[low, high] = "diagonal" if pair == {"diagonal"} else "matrix"

    def cost(low: int, middle: int, high: int) -> int:
        sizes = lengths[low], lengths[middle], lengths[high]
        return _cost(kinds[low, middle], kinds[middle, high], *sizes)

    return splitting.multiplied(factors, splitting.cheapest_splits(count, cost), _pair)


def _cost(left: str, right: str, rows: int, between: int, columns: int) -> int:
    """Return what it costs to multiply factors of these kinds, an inverse that is made included."""
    if left == right == "diagonal":
        return rows
    if left == "diagonal":
        return rows * columns + (columns**3 if right == "inverse" else 0)
    if right == "diagonal":
        return rows * columns + (rows**3 if left == "inverse" else 0)
    if left == "inverse":
        return rows**3 + rows * rows * columns + (columns**3 if right == "inverse" else 0)
    if right == "inverse":
        return columns**3 + columns * columns * rows
    return rows * between * columns


def _pair(a: Factor, b: Factor) -> Factor:
    left, right = a.operation, b.operation
    match a.kind, b.kind:
        case ("scalar", kind):
            b = dense(b) if kind == "inverse" else b
            return Factor(b.kind, ops.multiply(left, b.operation))
        case (kind, "scalar"):
            a = dense(a) if kind == "inverse" else a
            return Factor(a.kind, ops.multiply(right, a.operation))
        case ("row", "column"):
            return Factor("scalar", ops.inner(left, right))
        case ("column", "row"):
            return Factor("matrix", ops.outer(left, right))
        case ("diagonal", "diagonal"):
            return Factor("diagonal", ops.multiply(left, right))
        case ("diagonal", "column") | ("row", "diagonal"):
            return Factor(b.kind if a.kind == "diagonal" else a.kind, ops.multiply(left, right))
        case ("diagonal", _):
            b = dense(b)
            scale = ops.broadcast(left, "columns", b.operation.shape)
            return Factor(b.kind, ops.multiply(scale, b.operation))
        case (_, "diagonal"):
            a = dense(a)
            scale = ops.broadcast(right, "rows", a.operation.shape)
            return Factor(a.kind, ops.multiply(a.operation, scale))
        case ("inverse", _):
            b = dense(b)
            return Factor(b.kind, ops.solve(left, b.operation))
        case ("row", "inverse"):
            return Factor("row", ops.solve(ops.transpose(right), left))
        case (_, "inverse"):
            solved = ops.solve(ops.transpose(right), ops.transpose(left))
            return Factor("matrix", ops.transpose(solved))
        case ("row", _):
            return Factor("row", ops.matmul(left, right))
    return Factor("column" if b.kind == "column" else "matrix", ops.matmul(left, right))


def scaled(scale: Operation, factors: list[Factor]) -> Factor:
    """Return scale * product, the scale where it meets the fewest entries."""
    if scale is ops.ONE:
        return multiplied(factors)
    smallest = min(range(len(factors)), key=lambda i: entries(factors[i].operation))
    result = length(factors[0].rows) * length(factors[-1].columns)
    small = factors[smallest]
    if len(factors) == 1 or entries(small.operation) >= result or small.kind == "inverse":
        product = multiplied(factors)
        if product.kind == "inverse":
            product = dense(product)
        return Factor(product.kind, ops.multiply(scale, product.operation))
    factors = list(factors)
    factors[smallest] = Factor(small.kind, ops.multiply(scale, small.operation))
    return multiplied(factors)


def trace(factors: list[Factor]) -> Operation:
    """Return the trace of a product: of a product of two, a sum over their entries."""
    if factors[0].rows == ONE:  # a matrix of one entry
        product = multiplied(factors).operation
        return ops.only_entry(product) if product.shape else product
    for i, factor in enumerate(factors):
        if factor.kind == "row" and factors[i - 1].kind == "column":
            return multiplied(factors[i:] + factors[:i]).operation
    if len(factors) == 1:
        return _trace_of(factors[0])
    middle = min(
        range(1, len(factors)),
        key=lambda k: length(factors[k].rows) * length(factors[0].rows),
    )
    left, right = multiplied(factors[:middle]), multiplied(factors[middle:])
    for one, other in ((left, right), (right, left)):
        if one.kind == "diagonal":
            return ops.inner(one.operation, _diagonal(dense(other).operation))
        if one.kind == "inverse" and other.kind == "matrix":
            return _trace_of(Factor("matrix", ops.solve(one.operation, other.operation)))
    a, b = dense(left).operation, dense(right).operation
    return ops.inner(a, ops.transpose(b))


def _trace_of(factor: Factor) -> Operation:
    if factor.kind == "diagonal":
        return ops.total(factor.operation)
    return ops.trace(dense(factor).operation)


def _diagonal(matrix: Operation) -> Operation:
    return ops.make("diagonal", (ops.made(matrix),), None, matrix.shape[:1])
