"""The paths on which a variable reaches the result, and the chain rule that they call for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.derivation import rules
from matcalc.derivation.steps import Chain
from matcalc.expressions.nodes import Expression

MOST_PATHS = 6
"""More paths are counted, not spelled out."""

Edges = Mapping[Expression, Sequence[Expression]]


def chain_of(wrt: Expression, result: Expression, operands: Edges) -> Chain:
    """Return which chain rule carries the variable to the result, and why.

    `operands` has, for every intermediate that depends on the variable, those of its
    operands that do, in order from the variable to the result.
    """
    counts: dict[Expression, int] = {wrt: 1}
    for symbol, parts in operands.items():
        counts[symbol] = sum([counts[part] for part in parts])
    count = counts.get(result, 0)
    paths = _spelled(wrt, result, operands) if 0 < count <= MOST_PATHS else ()
    shapes = [symbol.shape for symbol in (wrt, *operands)]
    several = any(len(parts) > 1 for parts in operands.values())
    name = wrt.value.name
    if count == 0:
        return Chain(rules.CONSTANT, f"{name} does not reach the result", 0, ())
    if len(operands) == 1:
        return Chain(rules.DIRECT, f"{name} enters one operator only", count, paths)
    ways = "on one path" if count == 1 else f"on {count} paths, which add up"
    if not any(shapes):
        rule = rules.TOTAL_DERIVATIVE if several else rules.SINGLE_VARIABLE
        return Chain(rule, f"all are scalars; {name} reaches the result {ways}", count, paths)
    if max(map(len, shapes)) > 1:
        reason = f"there are matrices between; {name} reaches the result {ways}"
        return Chain(rules.TENSOR, reason, count, paths)
    reason = f"there are vectors between; {name} reaches the result {ways}"
    return Chain(rules.VECTOR, reason, count, paths)


def _spelled(
    wrt: Expression, result: Expression, operands: Edges
) -> tuple[tuple[Expression, ...], ...]:
    """Return every path, from the variable to the result."""
    found: list[tuple[Expression, ...]] = []
    stack: list[tuple[Expression, ...]] = [(result,)]
    while stack:
        path = stack.pop()
        if path[0] is wrt:
            found.append(path)
            continue
        stack += [(part, *path) for part in reversed(operands[path[0]])]
    return tuple(found)
