"""What an array that is made anyway tells of another: max(z, 0) > 0 holds where z > 0 does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from matcalc.expressions.traversal import postorder
from matcalc.programs import operations as ops
from matcalc.programs.elementary import called
from matcalc.programs.operations import Operation
from matcalc.programs.sharing import Results, in_order, rewritten

Present = Mapping[tuple[object, ...], Operation]


class Substitute(NamedTuple):
    """An operation of the program, and how another follows from it and their arguments."""

    source: Operation
    rule: Callable[[Operation, Results], Operation]


def reused(roots: Sequence[Operation]) -> list[Operation]:
    """Return the operations with those replaced that follow from what is made anyway.

    What replaces an operation has the same arguments, so that neither needs the other.

    >>> x = ops.make("input", (), ("x", ""), ())
    >>> _, mask = reused([called("maximum", x, ops.ZERO), ops.compare(">", x, ops.ZERO)])
    >>> mask.arguments[0].value
    'maximum'
    """
    order = in_order(roots)
    present = {(node.head, node.value, *node.arguments): node for node in order}
    found: dict[Operation, Substitute] = {}
    for node in order:
        substitute = _SUBSTITUTES[node.head](node, present) if node.head in _SUBSTITUTES else None
        if substitute is not None:
            found[node] = substitute
    if not found:
        return list(roots)

    def needed(node: Operation) -> tuple[Operation, ...]:
        return (found[node].source, *node.arguments) if node in found else node.arguments

    def rule(node: Operation, results: Results) -> Operation | None:
        if node not in found:
            return None
        return found[node].rule(results[found[node].source], results)

    return rewritten(roots, postorder(roots, needed), rule)


def _comparison(node: Operation, present: Present) -> Substitute | None:
    """Return z > 0 by max(z, 0), and z < 0 by min(z, 0): z itself need not be kept."""
    name = {">": "maximum", "<": "minimum"}.get(node.value)
    extreme = present.get(("call", name, *node.arguments))
    if extreme is None or node.arguments[1] is not ops.ZERO:
        return None
    return Substitute(extreme, lambda array, _: ops.compare(node.value, array, ops.ZERO))


def _softmax(node: Operation, present: Present) -> Substitute | None:
    """Return exp(log_softmax(z)), or exp(z - logsumexp(z))."""
    (z,) = node.arguments
    axis = node.value % len(z.shape)
    for value in (axis, axis - len(z.shape)):
        logarithm = present.get(("log_softmax", value, z))
        if logarithm is not None:
            return Substitute(logarithm, lambda array, _: called("exp", array))
    total = present.get(("logsumexp", axis if len(z.shape) > 1 else None, z))
    if total is None:
        return None
    side = "columns" if axis else "rows"

    def rule(total: Operation, results: Results) -> Operation:
        spread = ops.broadcast(total, side, z.shape) if total.shape else total
        return called("exp", ops.subtract(results[z], spread))

    return Substitute(total, rule)


def _masked_sum(node: Operation, present: Present) -> Substitute | None:
    """Return the sum of x where a mask holds by mask*x, also if that stands times a number."""
    scale, product = node.arguments if node.head == "multiply" else (None, node)
    if product.head != "matmul" or product.shape:
        return None
    for mask, x in (product.arguments, product.arguments[::-1]):
        if mask.head != "cast":
            continue
        pairs = ((*mask.arguments, x), (x, *mask.arguments))
        products = [present.get(("multiply", None, *pair)) for pair in pairs]
        masked = products[0] or products[1]
        if masked is not None and scale is not None:
            masked = present.get(("multiply", None, scale, masked))
        if masked is not None:
            return Substitute(masked, lambda array, _: ops.make("sum", (array,)))
    return None


_SUBSTITUTES: dict[str, Callable[[Operation, Present], Substitute | None]] = {
    "compare": _comparison,
    "softmax": _softmax,
    "matmul": _masked_sum,
    "multiply": _masked_sum,
}
