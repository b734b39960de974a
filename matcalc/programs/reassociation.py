"""The order in which a chain of matrices is multiplied: C'*B'*A'*g from the right.

A product is associative, so that the reader's order is free; the wrong one multiplies
matrices where a vector would do (the matrix-chain problem: Godbole 1973).
"""

from __future__ import annotations

from collections import Counter, defaultdict

from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.splitting import cheapest_splits, multiplied, one_by_one
from matcalc.expressions.traversal import postorder

LONGEST_CHAIN = 40
"""Longer ones go from one end to the other: the best order takes cubic time to find."""

TYPICAL_SIZE = 64
"""Stands for every dimension that is a name."""


def reassociated(formula: Expression) -> Expression:
    """Return the formula with its matrix products in the cheapest order for typical sizes.

    What is used more than once stays whole, so that nothing is computed twice.

    >>> import matcalc
    >>> where = "A: matrix(m, n); B: matrix(n, p); x: vector(p)"
    >>> chain, cheaper = [matcalc.parse(t, where).expression for t in ("A*B*x", "A*(B*x)")]
    >>> reassociated(chain) is cheaper
    True
    """
    order = postorder([formula], _arguments)
    uses = Counter(argument for node in order for argument in node.arguments)
    inside = {
        argument
        for node in order
        if _is_product(node)
        for argument in node.arguments
        if _is_product(argument) and uses[argument] == 1
    }
    results: dict[Expression, Expression] = {}
    for node in order:
        if node in inside:
            continue
        if _is_product(node):
            factors = [results[factor] for factor in _factors(node, inside)]
            results[node] = _multiplied(factors)
            continue
        arguments = tuple([results[argument] for argument in node.arguments])
        same = all(a is b for a, b in zip(arguments, node.arguments, strict=True))
        results[node] = node if same else make(node.head, arguments, node.value)
    return results[formula]


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _is_product(node: Expression) -> bool:
    return node.head == "multiply" and all(map(_is_factor, node.arguments))


def _is_factor(node: Expression) -> bool:
    """Tell whether a node is a vector or matrix; a column of one entry may become a scalar."""
    return len(node.shape) in (1, 2) and node.shape[-1] != ONE


def _factors(product: Expression, inside: set[Expression]) -> list[Expression]:
    factors: list[Expression] = []
    stack = [product]
    while stack:
        node = stack.pop()
        if node is product or node in inside:
            stack += reversed(node.arguments)
        else:
            factors.append(node)
    return factors


def _multiplied(factors: list[Expression]) -> Expression:
    """Return the product of the factors in the order with the fewest multiplications."""
    count = len(factors)
    last = factors[-1].shape
    if count > LONGEST_CHAIN:
        splits = one_by_one(count, from_right=len(last) != 2)
        return multiplied(factors, splits, _product)
    typical: defaultdict[str, int] = defaultdict(lambda: TYPICAL_SIZE)
    lengths = [factor.shape[0].evaluate(typical) for factor in factors]
    lengths.append(last[1].evaluate(typical) if len(last) == 2 else 1)

    def cost(low: int, middle: int, high: int) -> int:
        return lengths[low] * lengths[middle] * lengths[high]

    return multiplied(factors, cheapest_splits(count, cost, last=True), _product)


def _product(left: Expression, right: Expression) -> Expression:
    return make("multiply", (left, right))
