r"""Gather what the rest of a formula tells of a name: which indices run, which x_i are vectors.

In \sum_i (y_i - w^\top x_i)^2 the y_i are numbers, but the x_i must be vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matcalc.expressions.functions import ELEMENTARY, TABLE
from matcalc.syntax.costs import letters_of
from matcalc.syntax.latex_trees import factors, head, innermost, is_label
from matcalc.syntax.tree import Tree

Shapes = Mapping[str, tuple[Any, ...]]
Names = Any
"""The names x of the open x_i in a tree: None, a name, or a tuple of such."""


class Evidence:
    """What was seen in a formula.

    `runs` has the running indices, `alone` the names without subscripts, `bare` those of
    them that are no base of a power, `samples` the names x whose x_i are vectors, `lengths`
    those of the declared axes that an index runs over, `running` by a tree's id the first
    running index in it.
    """

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self.alone: set[str] = set()
        self.bare: set[str] = set()
        self.samples: set[str] = set()
        self.lengths: dict[str, list[str]] = {}
        self.running: dict[int, str | None] = {}

    def read_lengths(self, shape: tuple[Any, ...], selectors: Sequence[Tree]) -> None:
        """Note the lengths of the axes that names run over."""
        if len(shape) == len(selectors):
            for size, selector in zip(shape, selectors, strict=True):
                lengths = self.lengths.setdefault(str(selector.value), [])
                if str(size) not in lengths:
                    lengths.append(str(size))


_SCALARS = {row.name for row in TABLE if row.gives == "scalar"} - {row.name for row in ELEMENTARY}


def gather(tree: Tree, styles: Mapping[int, str], shapes: Shapes) -> Evidence:
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
    _read_names(tree, found, styles, shapes)
    classes = _Classes(found, styles, shapes)
    for node in order:
        classes.read(node)
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
    """Yield the indices i, j of i = 1, of i, or of ij."""
    start = tree.children[0] if tree.kind == "compare" else tree
    for part in factors(start):
        if part.kind == "name":
            yield str(part.value)


def _read_names(tree: Tree, found: Evidence, styles: Mapping[int, str], shapes: Shapes) -> None:
    stack: list[tuple[Tree, str]] = [(tree, "")]
    while stack:
        node, above = stack.pop()
        if node.kind == "name" and above not in ("script", "call"):
            found.alone.add(str(node.value))
            if above != "power" and styles.get(node.span.start, "") != "upright":
                found.bare.add(str(node.value))
        elif node.kind == "power" and is_label(node):
            node = node._replace(kind="script")
        elif node.kind == "script" and node.children[0].kind == "name":
            base, *selectors = node.children
            if len(selectors) == 1:
                selectors = factors(selectors[0])
            found.read_lengths(shapes.get(str(base.value), ()), selectors)
        elif node.kind == "juxtaposed":
            parts = factors(node)
            for part, following in zip(parts, [*parts[1:], node], strict=True):
                called = following is not node and innermost(following) is not None
                stack.append((head(part)[1], "call") if called else (part, ""))
            continue
        for position, child in enumerate(node.children):
            leads = position == 0 and node.kind in ("script", "power")
            stack.append((child, node.kind if leads else ""))


class _Classes:
    """Tells whether trees are scalars, vectors, rows, matrices, or c: made of open x_i."""

    def __init__(self, found: Evidence, styles: Mapping[int, str], shapes: Shapes) -> None:
        self.found = found
        self.styles = styles
        self.shapes = shapes
        self.classes: dict[int, str] = {}
        self.names: dict[int, Names] = {}
        self.told: set[int] = set()

    def read(self, node: Tree) -> None:
        """Classify a node after its children."""
        inside = [self.found.running.get(id(child)) for child in node.children]
        if node.kind == "name" and node.value in self.found.runs:
            inside = [str(node.value)]
        self.found.running[id(node)] = next(filter(None, inside), None)
        classes = [self.classes[id(child)] for child in node.children]
        names = [self.names[id(child)] for child in node.children]
        result, kept = self.classify(node, classes, names)
        self.classes[id(node)] = result
        self.names[id(node)] = kept if result == "c" else None

    def vectors(self, *names: Names) -> None:
        """Note that the open x_i must be vectors."""
        stack = list(names)
        while stack:
            part = stack.pop()
            if isinstance(part, str):
                self.found.samples.add(part)
            elif part is not None and id(part) not in self.told:
                self.told.add(id(part))
                stack += part

    def classify(self, node: Tree, classes: list[str], names: list[Names]) -> tuple[str, Names]:
        """Return the class of a node, and the names that are open in it."""
        kind, value = node.kind, node.value
        if kind == "name":
            return self.of_name(str(value), self.styles.get(node.span.start, "")), None
        if kind == "script" or (kind == "power" and is_label(node)):
            return self.of_entry(node)
        if kind == "power" and node.children[1].value == "T" and "T" not in self.shapes:
            return self.transposed(classes[0], names[0])
        if kind in ("power", "abs", "fraction"):
            return classes[0], names[0]
        if kind in ("transpose", "primed"):
            return self.transposed(classes[0], names[0])
        if kind == "norm":
            self.vectors(names[0])
        elif kind in ("juxtaposed", "product"):
            return self.of_product(str(value or ""), classes, names)
        elif kind in ("group", "sign", "add", "call", "called", "big"):
            name: Any = value[0] if kind in ("call", "called") else ""  # type: ignore[index]
            if kind == "add" and "v" in classes:
                self.vectors(*names)
            if name not in _SCALARS:
                return _first_array(classes), tuple(names)
        return "s", None

    def of_name(self, name: str, style: str) -> str:
        if name in self.shapes:
            return "svm"[min(len(self.shapes[name]), 2)]
        if style == "bold":
            return "m" if name[0].isupper() else "v"
        row = letters_of(name)
        return "svm"[row[1:4].index(min(row[1:4]))]

    def of_entry(self, node: Tree) -> tuple[str, Names]:
        base, selector = node.children[0], node.children[-1]
        name = str(base.value)
        runs = self.found.running.get(id(selector))
        if base.kind != "name" or len(node.children) != 2 or runs is None:
            return "s", None
        if len(self.shapes.get(name, (1,))) != 1:
            return "v" if len(self.shapes[name]) == 2 else "s", None
        if self.styles.get(base.span.start, "") == "bold":
            self.vectors(name)
        return "c", name

    def transposed(self, kind: str, names: Names) -> tuple[str, Names]:
        self.vectors(names)
        return {"v": "r", "c": "r", "r": "v"}.get(kind, kind), None

    def of_product(self, sign: str, classes: list[str], names: list[Names]) -> tuple[str, Names]:
        left, right = classes
        if sign == "·" and "s" not in classes:
            if "v" in classes:
                self.vectors(*names)
            return "s", None
        if left in ("r", "m") and right == "c":
            self.vectors(names[1])
            right = "v"
        return _multiplied(left, right), tuple(names)


def _first_array(parts: list[str]) -> str:
    return next((part for part in parts if part not in "sc"), "c" if "c" in parts else "s")


_PRODUCTS = {"rv": "s", "rm": "r", "mv": "v", "mm": "m", "vr": "m", "cc": "c"}


def _multiplied(left: str, right: str) -> str:
    if left == "s":
        return right
    if right in ("s", "c") and left != "c":
        return left
    return _PRODUCTS.get(left + right, right if left == "c" else left)
