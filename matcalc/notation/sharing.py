"""Which parts of a formula get a name of their own, so that its text stays short."""

from __future__ import annotations

from collections import Counter

from matcalc.expressions.functions import NAMES
from matcalc.expressions.names import free_indices, names_in
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.notation.precedence import Describe, Layout, Level, Printed, measured

MOST_NODES = 400
"""Formulas whose trees are not larger than this are always printed whole."""


def tree_sizes(order: list[Expression]) -> dict[Expression, int]:
    """Return the number of nodes of the tree under every node, operands listed first."""
    sizes: dict[Expression, int] = {}
    for node in order:
        sizes[node] = 1 + sum([sizes[argument] for argument in node.arguments])
    return sizes


def is_shared(order: list[Expression]) -> bool:
    """Tell whether the tree is large, and much larger than its graph."""
    size = tree_sizes(order)[order[-1]]
    return size > MOST_NODES and size > 2 * len(order)


def shared(expression: Expression, describe: Describe) -> list[tuple[str, Expression]]:
    """Return the parts to name, innermost first, or nothing if the formula is small.

    A part is named if it is used at least twice and its name makes the text shorter. What
    contains the index of a sum or tensor around it has no meaning outside, hence no name.
    """
    order = postorder([expression], lambda node: node.arguments)
    if not is_shared(order):
        return []
    uses = Counter(argument for node in order for argument in node.arguments)
    bound = free_indices(order)
    taken = names_in(order) | NAMES
    chosen: list[tuple[str, Expression]] = []
    layout: Layout = {}
    number = 1
    for node in order:
        printed = measured(describe(node, layout), layout)
        layout[node] = printed
        if not node.arguments or bound[node] or uses[node] < 2:
            continue
        while (name := f"z{number}") in taken:
            number += 1
        if _saving(printed.length, uses[node], len(name)) > 0:
            chosen.append((name, node))
            number += 1
            layout[node] = Printed((name,), Level.ATOM, length=len(name))
    return chosen


def _saving(length: int, uses: int, name: int) -> int:
    """Return by how much `name = text; ` and its uses are shorter than the text each time."""
    return uses * length - (uses * name + name + len(" = ; ") + length)
