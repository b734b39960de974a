"""Elaborate brackets and binders: subscripts, stacks, running indices, programs."""

from __future__ import annotations

from typing import Any

from matcalc.expressions.functions import NAMES
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaborator import Elaborator, Rule, Task
from matcalc.syntax.sums import span_length, subscript
from matcalc.syntax.tree import Span, Tree


def _subscript(reader: Elaborator, tree: Tree) -> Task:
    body = yield reader.task(tree.children[0])
    value: list[Any] = []
    indices: list[Draft] = []
    for selector in tree.children[1:]:
        if selector.kind == "all":
            value.append("all")
        elif selector.kind == "range":
            low = yield reader.integer(selector.children[0])
            high = yield reader.integer(selector.children[1])
            value.append(("range", span_length(reader, selector.children, low, high)))
            indices += [low, high]
        else:
            entry = yield reader.integer(selector)
            if not entry.exact.integral:
                message = f"the index {reader.text(selector)} is not an integer, dimension or index"
                hint = "an entry x[1], x[n]; a running index: sum(i = 1..n, x[i])"
                raise reader.error("E307", message, selector.span, hint)
            value.append("entry")
            indices.append(entry)
    return subscript(reader, tree, body, tuple(value), tuple(indices))


def _stack(reader: Elaborator, tree: Tree) -> Task:
    cells: list[Draft] = []
    for child in tree.children:
        cells.append((yield reader.task(child)))
    if len(cells) == 1:
        return cells[0]
    return reader.node(tree, "stack", tuple(cells), tree.value, by_operand=True)


# Names bound


def _program(reader: Elaborator, tree: Tree) -> Task:
    mine: set[str] = set()
    start = tree.span.start
    names: Any = tree.value
    for name, child in zip(names, tree.children, strict=False):
        where = max(start, reader.source.rfind(name, start, child.span.start))
        place = Span(where, where + len(name))
        start = child.span.end
        draft = yield reader.task(child)
        if name in NAMES or name in reader.functions:
            raise reader.error("E204", f"{name} is a function and cannot be defined", place)
        if name in mine:
            reader.bound[name] = reader.finite(draft)  # it means the newer one from here
            continue
        if name in reader.variables or name in reader.declared:
            why = "declared" if name in reader.declared else "used before"
            raise reader.error("E205", f"{name} is {why} and cannot be defined", place)
        mine.add(name)
        reader.bound[name] = reader.finite(draft)
    last: Draft = yield reader.task(tree.children[-1])
    return last


BRACKETS: dict[str, Rule] = {
    "subscript": _subscript,
    "stack": _stack,
    "program": _program,
}
