r"""Gather what the rest of a formula tells of a name: which indices run, what has entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matcalc.syntax.latex_trees import factors, head, innermost, is_label
from matcalc.syntax.tree import Tree


class Evidence:
    """What was seen in a formula.

    `runs` has the running indices, `alone` the names without subscripts, `bare` those of
    them that are no base of a power, `bases` the names x of x_i, `running` by a tree's id
    the first running index in it.
    """

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self.alone: set[str] = set()
        self.bare: set[str] = set()
        self.bases: set[str] = set()
        self.running: dict[int, str | None] = {}


def gather(tree: Tree, styles: Mapping[int, str]) -> Evidence:
    """Return what a raw tree tells."""
    found = Evidence()
    order = _postorder(tree)
    for node in order:
        if node.kind == "big":
            value: Any = node.value
            lower = [part for kind, trees in value[1] if kind == "lower" for part in trees]
            found.runs.update(*(_starts(part) for part in lower))
        elif node.kind == "script":
            starts = [part for part in node.children[1:] if part.kind == "compare"]
            found.runs.update(*(_starts(part) for part in starts))
    _read_names(tree, found, styles)
    for node in order:
        inside = [found.running.get(id(child)) for child in node.children]
        if node.kind == "name" and node.value in found.runs:
            inside = [str(node.value)]
        found.running[id(node)] = next(filter(None, inside), None)
        is_script = node.kind == "script" or (node.kind == "power" and is_label(node))
        if is_script and node.children[0].kind == "name" and any(inside[1:]):
            found.bases.add(str(node.children[0].value))
    return found


def _postorder(tree: Tree) -> list[Tree]:
    order, stack = [], [tree]
    while stack:
        node = stack.pop()
        order.append(node)
        stack += node.children
    order.reverse()
    return order


def _starts(tree: Tree) -> Iterator[str]:
    """Yield the indices i, j of i = 1, of i, of ij, or of i != j."""
    sides = [tree]
    if tree.kind == "compare":
        sides = list(tree.children[: 1 if tree.value == "==" else 2])
    for side in sides:
        for part in factors(side):
            if part.kind == "name":
                yield str(part.value)


def _read_names(tree: Tree, found: Evidence, styles: Mapping[int, str]) -> None:
    stack: list[tuple[Tree, str]] = [(tree, "")]
    while stack:
        node, above = stack.pop()
        if node.kind == "name" and above == "exponent" and node.value in ("T", "t"):
            continue
        if node.kind == "name" and above not in ("script", "call"):
            found.alone.add(str(node.value))
            if above != "power" and styles.get(node.span.start, "") != "upright":
                found.bare.add(str(node.value))
        elif node.kind == "power" and is_label(node):
            node = node._replace(kind="script")
        elif node.kind == "juxtaposed":
            parts = factors(node)
            for part, following in zip(parts, [*parts[1:], node], strict=True):
                called = following is not node and innermost(following) is not None
                stack.append((head(part)[1], "call") if called else (part, ""))
            continue
        for position, child in enumerate(node.children):
            leads = position == 0 and node.kind in ("script", "power")
            above = "exponent" if node.kind == "power" and position else ""
            stack.append((child, node.kind if leads else above))
