"""One operation for several that are equal: a + b and b + a, u'(A v) and (A'u)'v."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from matcalc.expressions.traversal import postorder
from matcalc.programs import operations as ops
from matcalc.programs.operations import Operation

Results = Mapping[Operation, Operation]


def in_order(roots: Sequence[Operation]) -> list[Operation]:
    """Return all operations, each after what it needs."""
    return postorder(roots, lambda node: node.arguments)


def rewritten(
    roots: Sequence[Operation],
    order: Iterable[Operation],
    rule: Callable[[Operation, Results], Operation | None],
) -> list[Operation]:
    """Return the operations with a rule applied, which sees what their operands became."""
    results: dict[Operation, Operation] = {}
    for node in order:
        result = rule(node, results)
        if result is None:
            arguments = tuple([results[argument] for argument in node.arguments])
            same = arguments == node.arguments
            result = node if same else _renewed(node, arguments)
        results[node] = result
    return [results[root] for root in roots]


def _renewed(node: Operation, arguments: tuple[Operation, ...]) -> Operation:
    simplified = _SIMPLIFIED.get(node.head)
    if simplified is not None:
        return simplified(*arguments)
    return ops.make(node.head, arguments, node.value, node.shape, node.kind)


_SIMPLIFIED = {"add": ops.add, "subtract": ops.subtract, "multiply": ops.multiply}


def shared(roots: Sequence[Operation]) -> list[Operation]:
    """Return the operations with one in place of several that are equal by their laws."""
    return _paired(_commuted(roots))


def _commuted(roots: Sequence[Operation]) -> list[Operation]:
    """Write a + b and b + a, a*b and b*a, x·y and y·x as one."""
    seen: dict[object, Operation] = {}

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head not in ("add", "multiply") and (node.head != "matmul" or node.shape):
            return None
        arguments = tuple([results[argument] for argument in node.arguments])
        key = (node.head, frozenset(arguments), node.shape)
        made = ops.make(node.head, arguments, node.value, node.shape, node.kind)
        return seen.setdefault(key, made)

    return rewritten(roots, in_order(roots), rule)


def _paired(roots: Sequence[Operation]) -> list[Operation]:
    """Compute u'·(A v) as (A'u)'·v where A'u is needed anyway and A v is not; solutions too."""
    order = in_order(roots)
    uses = Counter(argument for node in order for argument in node.arguments)
    uses.update(roots)
    present = set(order)
    turned: dict[Operation, tuple[Operation, Operation]] = {}
    for node in order:
        if node.head != "matmul" or node.shape:
            continue
        for u, applied in (node.arguments, node.arguments[::-1]):
            if applied.head not in ("matmul", "solve") or uses[applied] > 1:
                continue
            matrix, v = applied.arguments
            other = ops.make(applied.head, (ops.transpose(matrix), u), None, matrix.shape[1:])
            if other in present and other is not applied:
                turned[node] = (other, v)
    if not turned:
        return list(roots)

    def rule(node: Operation, results: Results) -> Operation | None:
        if node not in turned:
            return None
        other, v = turned[node]
        return ops.inner(results[other], results[v])

    again = postorder(roots, lambda node: turned.get(node, node.arguments))
    return rewritten(roots, again, rule)
