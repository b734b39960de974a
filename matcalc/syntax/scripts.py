"""Say what x_i, A_{ij} and e^x mean in a typed formula: running indices decide."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator
from fractions import Fraction
from typing import Any

from matcalc.expressions.traversal import run
from matcalc.syntax.automaton import Refused
from matcalc.syntax.tree import Span, Tree

Task = Generator[Any, Tree, Tree]

_NEEDED = re.compile(r"_|(?<![^\W_])e\s*(?:\^|\*\*)")
_SIGNS = {"+": "p", "-": "m"}


def resolved(tree: Tree, text: str, given: Collection[str]) -> tuple[Tree, tuple[str, ...]]:
    """Return the tree with its scripts read, and notes; `given` are the declared names."""
    if _NEEDED.search(text) is None:
        return tree, ()
    pass_ = _Pass(tree, text, given)
    return run(pass_.task(tree, frozenset())), tuple(pass_.notes)


class _Pass:
    def __init__(self, tree: Tree, text: str, given: Collection[str]) -> None:
        self.text = text
        self.given = given
        self.notes: dict[str, None] = {}
        self.running: set[str] = set()
        self.names: set[str] = set()
        self.bases: set[str] = set()
        self.lone_e = False
        self.collect(tree)

    def collect(self, tree: Tree) -> None:
        """Gather the running indices, the names, and the names that have entries."""
        stack = [(tree, False)]
        scripted = []
        while stack:
            node, is_base = stack.pop()
            value: Any = node.value
            if node.kind == "indexed":
                self.running.update(value[1])
            elif node.kind == "program":
                self.names.update(value)
            elif node.kind == "name":
                self.names.add(value)
                self.lone_e |= value == "e" and not is_base
                scripted.append(value)
            elif node.kind == "script" and len(node.children) == 2:
                index = node.children[1].value
                scripted.append(f"{node.children[0].value}_{index}")
            power = node.kind == "power"
            stack += [(child, power and k == 0) for k, child in enumerate(node.children)]
        for name in scripted:
            base, _, label = name.rpartition("_")
            if base and label in self.running:
                self.bases.add(base)

    def task(self, tree: Tree, inside: frozenset[str]) -> Task:
        value: Any = tree.value
        if tree.kind == "name":
            return self.name(tree, inside)
        if tree.kind == "script":
            return self.script(tree, inside)
        if tree.kind == "indexed":
            return self.indexed(tree, inside | set(value[1]))
        if tree.kind == "power" and self.is_exponential(tree):
            return self.exponential(tree, inside)
        return self.generic(tree, inside)

    def generic(self, tree: Tree, inside: frozenset[str]) -> Task:
        children = []
        for child in tree.children:
            children.append((yield self.task(child, inside)))
        return tree._replace(children=tuple(children)) if children else tree

    def indexed(self, tree: Tree, inside: frozenset[str]) -> Task:
        return (yield self.generic(tree, inside))

    def is_exponential(self, tree: Tree) -> bool:
        base = tree.children[0]
        is_e = base.kind == "name" and base.value == "e"
        return is_e and "e" not in self.given and not self.lone_e

    def exponential(self, tree: Tree, inside: frozenset[str]) -> Task:
        inner = yield self.task(tree.children[1], inside)
        typed = self.text[tree.span.start : tree.span.end]
        self.notes.setdefault(f"{typed} is read as the exponential exp(…)")
        return Tree("reading", "exponential", (inner,), tree.span, tree.mark)

    def name(self, tree: Tree, inside: frozenset[str]) -> Task:
        name = str(tree.value)
        base, _, label = name.rpartition("_")
        if base and name not in self.given:
            place = Span(tree.span.start, tree.span.start + len(base))
            named = Tree("name", base, (), place, place)
            at = Span(place.end + 1, tree.span.end)
            if label in inside or (label.isdigit() and base in self.bases):
                return self.entry(tree, named, (_part(label, at),))
            if len(label) > 1 and all(letter in inside for letter in label):
                return self.entry(tree, named, tuple(_part(letter, at) for letter in label))
            if label in self.running and base in self.bases:
                hint = f"sum(i = 1..n, …) over both, or another index than {label}"
                message = f"{label} runs in a sum that ends before {name}"
                raise Refused("E107", message, hint, (tree.span.start, tree.span.end))
        return _leaf(tree)

    def script(self, tree: Tree, inside: frozenset[str]) -> Task:
        base, *selectors = tree.children
        names = {str(part.value) for s in selectors for part in (s, *s.children)}
        label = str(selectors[0].value)
        several = selectors[0].kind == "name" and len(label) > 1
        if len(selectors) == 1 and several and all(letter in inside for letter in label):
            place = selectors[0].span
            return self.entry(tree, base, tuple(_part(letter, place) for letter in label))
        if len(selectors) > 1 or names & inside:
            return self.entry(tree, base, tuple(selectors))
        if label.isdigit() and str(base.value) in self.bases:
            return self.entry(tree, base, tuple(selectors))
        return _leaf(tree._replace(kind="name", value=label_of(base, selectors[0]), children=()))

    def entry(self, tree: Tree, base: Tree, selectors: tuple[Tree, ...]) -> Task:
        return _leaf(entry(tree, base, selectors, self.given))


def _leaf(tree: Tree) -> Task:
    return tree
    yield


def _part(label: str, place: Span) -> Tree:
    if label.isdigit():
        return Tree("number", Fraction(int(label)), (), place, place)
    return Tree("name", label, (), place, place)


def label_of(base: Tree, selector: Tree) -> str:
    """Return the name that x_{old}, x_{1} or x_{t+1} is."""
    if selector.kind == "add":
        left, right = (str(part.value) for part in selector.children)
        return f"{base.value}_{left}{_SIGNS[str(selector.value)]}{right}"
    return f"{base.value}_{selector.value}"


def entry(tree: Tree, base: Tree, selectors: tuple[Tree, ...], given: Collection[str]) -> Tree:
    """Return x_i, which may be an entry or a sample, or the entry A_ij."""
    if len(selectors) == 1 and base.kind == "name" and selectors[0].kind != "number":
        return Tree("sample", base.value, selectors, tree.span, tree.mark)
    return Tree("subscript", None, (base, *selectors), tree.span, tree.mark)
