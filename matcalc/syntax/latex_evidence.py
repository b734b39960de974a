r"""Gather what the rest of a formula tells of a name: which indices run, which x_i are vectors.

In \sum_i (y_i - w^\top x_i)^2 the y_i are numbers, but the x_i must be vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.syntax.kinds import by_letter
from matcalc.syntax.latex_trees import factors, innermost, is_label, unsigned
from matcalc.syntax.tree import Tree


class Evidence:
    """What was seen: `runs` has the running indices, `alone` the names without subscripts,
    `bare` those of them that are no base of a power, `samples` the names x whose x_i are
    vectors."""

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self.alone: set[str] = set()
        self.bare: set[str] = set()
        self.samples: dict[str, str] = {}
        self.subscripted: list[tuple[str, tuple[Tree, ...]]] = []

    def lengths(self, index: str, shapes: Mapping[str, tuple[Any, ...]]) -> list[str]:
        """Return the lengths of the declared axes that an index runs over, without repetition."""
        found: dict[str, None] = {}
        for name, selectors in self.subscripted:
            shape = shapes.get(name, ())
            if len(shape) == len(selectors):
                for size, selector in zip(shape, selectors, strict=True):
                    if selector.kind == "name" and selector.value == index:
                        found.setdefault(str(size))
        return list(found)


_SCALARS = frozenset(("tr", "det", "logdet", "norm1", "norm2", "normF", "norminf", "sum", "mean"))


def gather(tree: Tree, styles: Mapping[int, str], shapes: Mapping[str, tuple[Any, ...]]) -> Evidence:
    """Return what a raw tree tells."""
    found = Evidence()
    order = _postorder(tree)
    for node in order:
        if node.kind == "big":
            _read_indices(node, found)
    _read_names(tree, found)
    kinds: dict[int, str] = {}
    bases: dict[int, frozenset[str]] = {}
    for node in order:
        _classify(node, found, styles, shapes, kinds, bases)
    return found


def _postorder(tree: Tree) -> list[Tree]:
    order, stack = [], [tree]
    while stack:
        node = stack.pop()
        order.append(node)
        stack += node.children
    order.reverse()
    return order


def _read_indices(node: Tree, found: Evidence) -> None:
    value: Any = node.value
    for kind, trees in value[1]:
        if kind == "lower":
            for part in trees:
                first = part.children[0] if part.kind == "compare" else part
                stack = [first]
                while stack:
                    inner = stack.pop()
                    if inner.kind == "name":
                        found.runs.add(str(inner.value))
                    elif inner.kind == "juxtaposed":
                        stack += inner.children


def _read_names(tree: Tree, found: Evidence) -> None:
    stack: list[tuple[Tree, str]] = [(tree, "")]
    while stack:
        node, above = stack.pop()
        if node.kind == "name" and above not in ("script", "call"):
            found.alone.add(str(node.value))
            if above != "power":
                found.bare.add(str(node.value))
        elif node.kind == "power" and is_label(node):
            node = node._replace(kind="script")
        elif node.kind == "script" and node.children[0].kind == "name":
            selectors = node.children[1:]
            if len(selectors) == 1:
                selectors = tuple(factors(selectors[0]))
            found.subscripted.append((str(node.children[0].value), selectors))
        elif node.kind == "juxtaposed":
            parts = factors(node)
            for part, following in zip(parts, [*parts[1:], node], strict=True):
                called = following is not node and innermost(following) is not None
                stack.append((unsigned(part), "call") if called else (part, ""))
            continue
        for position, child in enumerate(node.children):
            leads = position == 0 and node.kind in ("script", "power")
            stack.append((child, node.kind if leads else ""))


def _classify(
    node: Tree,
    found: Evidence,
    styles: Mapping[int, str],
    shapes: Mapping[str, tuple[Any, ...]],
    kinds: dict[int, str],
    bases: dict[int, frozenset[str]],
) -> None:
    """Note whether a tree is a scalar, a vector, a row, a matrix, or c, an open x_i."""
    nothing: frozenset[str] = frozenset()
    parts = [kinds[id(child)] for child in node.children]
    open_names = [bases.get(id(child), nothing) for child in node.children]

    def vectors(names: frozenset[str]) -> None:
        for name in names:
            found.samples.setdefault(name, name)

    result, names = "s", nothing
    if node.kind == "name":
        result = _of_name(str(node.value), styles.get(node.span.start, ""), shapes)
    elif node.kind == "script" or (node.kind == "power" and is_label(node)):
        base, selector = node.children[0], node.children[-1]
        if selector.kind == "group":
            (selector, *_) = selector.children
        name = str(base.value)
        is_open = len(node.children) == 2 and selector.kind == "name"
        if base.kind == "name" and is_open and selector.value in found.runs and name not in shapes:
            result, names = "c", frozenset((name,))
            if styles.get(base.span.start, "") == "bold":
                vectors(names)
    elif node.kind in ("group", "sign", "add", "call", "called", "big", "compare", "stack"):
        result, names = _first_array(parts), nothing.union(*open_names)
        value: Any = node.value
        if node.kind in ("compare", "stack") or result != "c":
            names = nothing
        if node.kind in ("call", "called") and value[0] in _SCALARS:
            result, names = "s", nothing
    elif node.kind in ("power", "abs", "fraction"):
        result, names = parts[0], open_names[0]
        if node.kind == "power" and node.children[1].value == "T" and "T" not in shapes:
            result, names = _transposed(result, names, vectors)
    elif node.kind in ("transpose", "primed"):
        result, names = _transposed(parts[0], open_names[0], vectors)
    elif node.kind == "norm":
        vectors(open_names[0])
    elif node.kind in ("juxtaposed", "product"):
        left, right = parts
        if node.kind == "product" and node.value == "·":
            if "v" in (left, right):
                vectors(open_names[0] | open_names[1])
            both = "s" not in (left, right)
            result = "s" if both else _first_array(parts)
            names = nothing if both else open_names[0] | open_names[1]
        else:
            if left in ("r", "m") and right == "c":
                vectors(open_names[1])
                right = "v"
            result = _multiplied(left, right)
            names = open_names[0] | open_names[1] if result == "c" else nothing
    kinds[id(node)] = result
    bases[id(node)] = names


def _of_name(name: str, style: str, shapes: Mapping[str, tuple[Any, ...]]) -> str:
    if name in shapes:
        return "svm"[min(len(shapes[name]), 2)]
    if style == "bold":
        return "m" if name[0].isupper() else "v"
    return "svm"[by_letter(name)]


def _first_array(parts: list[str]) -> str:
    return next((part for part in parts if part not in "sc"), "c" if "c" in parts else "s")


def _transposed(kind: str, names: frozenset[str], vectors: Any) -> tuple[str, frozenset[str]]:
    if kind == "c":
        vectors(names)
        return "r", frozenset()
    return {"v": "r", "r": "v"}.get(kind, kind), names


_PRODUCTS = {"rv": "s", "rm": "r", "mv": "v", "mm": "m", "vr": "m", "cc": "c"}


def _multiplied(left: str, right: str) -> str:
    if left == "s":
        return right
    if right in ("s", "c") and left != "c":
        return left
    return _PRODUCTS.get(left + right, right if left == "c" else left)


