"""What a formula costs: multiplications and additions, as polynomials in the dimensions.

Counted as printed, products in the order of their parentheses, shared parts once:

- a product of m x n by n x p takes m*n*p multiplications and m*(n-1)*p additions; a factor
  of ones only adds, a diagonal matrix `diag(v)` scales, an identity or a part of it is free;
- entry by entry, an operation is a multiplication an entry: a power, a quotient, an
  elementary function; a comparison is an addition; signs, transposes, `diag`, `vec`, stacks
  and parts of a matrix are free;
- inverses and determinants take n^3 of both, a power X^k takes k - 1 products;
- what stands under an index counts as often as the index runs, what does not depend on it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from matcalc.calculus.templates import definition
from matcalc.expressions.dimensions import ONE, ZERO, Dimension, entries, integer
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, is_diagonal
from matcalc.expressions.traversal import postorder


class Operations(NamedTuple):
    """A count of multiplications and of additions."""

    multiplications: Dimension
    additions: Dimension

    def plus(self, other: Operations) -> Operations:
        """Return the sum of two counts."""
        return Operations(
            self.multiplications + other.multiplications, self.additions + other.additions
        )

    def times(self, count: Dimension) -> Operations:
        """Return the count of something that is done several times."""
        return Operations(self.multiplications * count, self.additions * count)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """Return the number of all operations at these sizes."""
        return self.multiplications.evaluate(sizes) + self.additions.evaluate(sizes)


FREE = Operations(ZERO, ZERO)


def operations(formula: Expression) -> Operations:
    """Return what it takes to evaluate a formula.

    >>> import matcalc
    >>> count = operations(matcalc.parse("A*(B*x)", "A: matrix(m, n); B: matrix(n, p)").expression)
    >>> str(count.multiplications), str(count.additions)
    ('m*n+n*p', 'm*n+n*p-m-n')
    """
    order = postorder([formula], _arguments)
    free = free_indices(order)
    costs: dict[Expression, Operations] = {}
    for node in order:
        costs[node] = _RULES.get(node.head, _free)(node)
        if node.head in ("index_sum", "tensor"):
            costs[node] = costs[node].plus(_repeated(node, free, costs))
    return _total(costs[node] for node in order if not free[node])


def _repeated(
    binder: Expression,
    free: Mapping[Expression, frozenset[str]],
    costs: Mapping[Expression, Operations],
) -> Operations:
    """Return what the parts under an index cost that depend on it."""
    names = _bound(binder)
    inner: list[Expression] = []
    body = binder.arguments[-1]
    hidden: dict[Expression, frozenset[str]] = {body: frozenset()}
    for node in reversed(postorder([body], _arguments)):
        within = hidden[node]
        if free[node] & names and not free[node] & within:
            inner.append(node)
        below = within | _bound(node)
        for argument in node.arguments:
            # a part that an inner index and the outer level share is counted outside
            hidden[argument] = hidden.get(argument, below) & below
    return _total(costs[node] for node in inner).times(_repetitions(binder))


def _bound(node: Expression) -> frozenset[str]:
    if node.head == "index_sum":
        return frozenset([node.value])
    return frozenset(node.value[0]) if node.head == "tensor" else frozenset()


def _repetitions(binder: Expression) -> Dimension:
    if binder.head == "tensor":
        return entries(binder.value[1])
    low, high, _ = binder.arguments
    return _length(high) - _length(low) + ONE


def _length(bound: Expression) -> Dimension:
    """Return a bound of an index as a dimension; one that runs itself counts from 0."""
    values: dict[Expression, Dimension] = {}
    for node in postorder([bound], _arguments):
        parts = [values[argument] for argument in node.arguments]
        if node.head == "number":
            values[node] = integer(int(node.value))
        elif node.head == "size":
            values[node] = node.value
        elif node.head == "add":
            values[node] = sum(parts[1:], parts[0])
        elif node.head == "negate":
            values[node] = -parts[0]
        elif node.head == "multiply":
            values[node] = parts[0] * parts[1]
        else:
            values[node] = ZERO
    return values[bound]


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _total(counts: Iterable[Operations]) -> Operations:
    total = FREE
    for count in counts:
        total = total.plus(count)
    return total


def _entries(node: Expression) -> Dimension:
    return entries(node.shape)


# One node


def _free(node: Expression) -> Operations:
    return FREE


def _multiplied(node: Expression) -> Operations:
    return Operations(_entries(node), ZERO)


def _added(node: Expression) -> Operations:
    return Operations(ZERO, _entries(node) * integer(len(node.arguments) - 1))


def _compared(node: Expression) -> Operations:
    return Operations(ZERO, _entries(node))


def _dot(node: Expression) -> Operations:
    length = _entries(node.arguments[0])
    return Operations(length, length - ONE)


def _matrix_product(node: Expression) -> Operations:
    left, right = node.arguments
    if not left.shape or not right.shape:
        return _multiplied(node)
    if _is_identity(left) or _is_identity(right):
        return FREE
    for factor, other in ((left, right), (right, left)):
        if is_diagonal(factor):
            return Operations(_entries(other), ZERO)
    inner = left.shape[1] if len(left.shape) == 2 else ONE
    if _is_ones(left) or _is_ones(right):
        return Operations(ZERO, _entries(node) * (inner - ONE))
    return Operations(_entries(node) * inner, _entries(node) * (inner - ONE))


def _is_identity(node: Expression) -> bool:
    while node.head in ("transpose", "subscript"):
        node = node.arguments[0]
    return node.head in ("eye", "commutation")


def _is_ones(node: Expression) -> bool:
    return node.head == "ones" or (node.head == "transpose" and node.arguments[0].head == "ones")


def _matrix_power(node: Expression) -> Operations:
    base, exponent = node.arguments
    cube = _entries(base) * base.shape[0]
    if exponent.head != "number":
        return Operations(cube, cube)
    products = integer(max(abs(int(exponent.value)) - 1, 0) + (exponent.value < 0))
    return Operations(cube, cube).times(products)


def _cubic(node: Expression) -> Operations:
    cube = _entries(node.arguments[0]) * node.arguments[0].shape[0]
    return Operations(cube, cube)


def _summed(node: Expression) -> Operations:
    return Operations(ZERO, _entries(node.arguments[0]) - _entries(node))


def _mean(node: Expression) -> Operations:
    return _summed(node).plus(_multiplied(node))


def _norm(node: Expression) -> Operations:
    return Operations(_entries(node.arguments[0]), _entries(node.arguments[0]))


def _prod(node: Expression) -> Operations:
    return Operations(_entries(node.arguments[0]) - _entries(node), ZERO)


def _softmax(node: Expression) -> Operations:
    return Operations(_entries(node.arguments[0]) * integer(2), _entries(node.arguments[0]))


def _trace(node: Expression) -> Operations:
    return Operations(ZERO, node.arguments[0].shape[0] - ONE)


def _cross(node: Expression) -> Operations:
    return Operations(integer(6), integer(3))


def _convolution(node: Expression) -> Operations:
    taps = _entries(node) * _entries(node.arguments[1])
    return Operations(taps, taps - _entries(node))


def _call(node: Expression) -> Operations:
    row = ROWS[node.value[0], len(node.arguments)]
    if row.definition and not row.derivatives and not row.cost:
        return operations(definition(row.name, tuple([a.shape for a in node.arguments])))
    return _CALLS[row.cost](node)


_CALLS: dict[str, Callable[[Expression], Operations]] = {
    "": _multiplied,
    "free": _free,
    "added": _summed,
    "multiplied": _prod,
    "averaged": _mean,
    "norm": _norm,
    "normalized": _softmax,
    "dot": _dot,
    "crossed": _cross,
    "trace": _trace,
    "cubic": _cubic,
    "convolution": _convolution,
}

_RULES: dict[str, Callable[[Expression], Operations]] = {
    "add": _added,
    "multiply": _matrix_product,
    "hadamard": _multiplied,
    "divide": _multiplied,
    "dot": _dot,
    "kron": _multiplied,
    "power": _multiplied,
    "matrix_power": _matrix_power,
    "compare": _compared,
    "call": _call,
    "abstract": _multiplied,
    "index_sum": lambda node: Operations(ZERO, _entries(node) * (_repetitions(node) - ONE)),
}
