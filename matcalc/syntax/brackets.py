"""Elaborate brackets and binders: subscripts, stacks, running indices, programs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.functions import NAMES
from matcalc.syntax.drafts import Draft
from matcalc.syntax.tree import Span, Tree

if TYPE_CHECKING:
    from matcalc.syntax.elaboration import Elaborator

Task = Generator[Any, Draft, Draft]


def _subscript(self: Elaborator, tree: Tree) -> Task:
    body = yield self.task(tree.children[0])
    value: list[Any] = []
    indices: list[Draft] = []
    for selector in tree.children[1:]:
        if selector.kind == "all":
            value.append("all")
        elif selector.kind == "range":
            low = yield self.integer(selector.children[0])
            high = yield self.integer(selector.children[1])
            value.append(("range", span_length(self, selector, low, high)))
            indices += [low, high]
        else:
            entry = yield self.integer(selector)
            if not entry.exact.integral:
                message = f"the index {self.text(selector)} is not an integer, dimension or index"
                hint = "an entry x[1], x[n]; a running index: sum(i = 1..n, x[i])"
                raise self.error("E307", message, selector.span, hint)
            value.append("entry")
            indices.append(entry)
    draft = self.node(tree, "subscript", (body, *indices), tuple(value), operands=tree.children[:1])
    _note_lengths(self, body, value, indices)
    return draft


def span_length(self: Elaborator, tree: Tree, low: Draft, high: Draft) -> Dimension:
    """Return the length of low..high, both made of numbers and dimensions, or raise E307."""
    for draft, child in zip((low, high), tree.children[-2:], strict=True):
        if draft.exact.size is None:
            message = f"the bound {self.text(child)} is not made of numbers and dimensions"
            if draft.exact.bounds is not None:
                message = f"the bound {self.text(child)} contains an index; it may not"
            raise self.error("E307", message, child.span, "sum(i = 1..N, x[i]), x[1:k]")
    assert low.exact.size is not None and high.exact.size is not None
    length = high.exact.size - low.exact.size + ONE
    if length.value is not None and length.value < 1:
        message = f"nothing lies between {low.exact.size} and {high.exact.size}"
        raise self.error("E307", message, tree.children[-1].span)
    return length


def _note_lengths(self: Elaborator, body: Draft, value: list[Any], indices: list[Draft]) -> None:
    """Remember that an axis subscripted by i of i = 1..N is probably N long."""
    position = 0
    axes = body.shape[-len(value) :] if len(value) <= len(body.shape) else ()
    for axis, selector in zip(axes, value, strict=False):
        if selector == "entry":
            index = indices[position]
            if index.head == "index" and index.exact.bounds is not None:
                self.soft.append((axis, index.exact.bounds[1]))
        position += 1 if selector == "entry" else 0 if selector == "all" else 2


def _stack(self: Elaborator, tree: Tree) -> Task:
    cells = []
    for child in tree.children:
        cells.append((yield self.task(child)))
    if len(cells) == 1:
        return cells[0]
    return self.node(tree, "stack", tuple(cells), tree.value, by_operand=True)


# Names bound


def _indexed(self: Elaborator, tree: Tree) -> Task:
    value: Any = tree.value
    name, names = value
    if name not in ("sum", "tensor"):
        raise self.error("E306", f"{name} does not run an index; sum and tensor do", tree.mark)
    if len(set(names)) < len(names):
        raise self.error("E205", f"{name} binds an index twice", tree.mark)
    bounds: list[Draft] = []
    lengths: list[Dimension] = []
    inner = dict(self.indices)
    for index, low_tree, high_tree in zip(
        names, tree.children[:-1:2], tree.children[1::2], strict=True
    ):
        low = yield self.integer(low_tree)
        high = yield self.integer(high_tree)
        pair = tree._replace(children=(low_tree, high_tree))
        lengths.append(span_length(self, pair, low, high))
        bounds += [low, high]
        assert low.exact.size is not None and high.exact.size is not None
        inner[index] = (low.exact.size, high.exact.size)
    outer, self.indices = self.indices, inner
    sizing, self.sizing = self.sizing, False
    body = yield self.task(tree.children[-1])
    self.indices, self.sizing = outer, sizing
    if name == "tensor":
        return self.node(tree, "tensor", (*bounds, body), (tuple(names), tuple(lengths)))
    for position in reversed(range(len(names))):
        low, high = bounds[2 * position : 2 * position + 2]
        body = self.node(tree, "index_sum", (low, high, body), names[position])
    return body


def _program(self: Elaborator, tree: Tree) -> Task:
    mine: set[str] = set()
    start = tree.span.start
    names: Any = tree.value
    for name, child in zip(names, tree.children, strict=False):
        where = max(start, self.source.rfind(name, start, child.span.start))
        place = Span(where, where + len(name))
        start = child.span.end
        draft = yield self.task(child)
        if name in NAMES or name in self.functions:
            raise self.error("E204", f"{name} is a function and cannot be defined", place)
        if name in mine:
            hint = "give each part its own name"
            raise self.error("E205", f"{name} is defined twice", place, hint)
        if name in self.variables or name in self.declared:
            why = "declared" if name in self.declared else "used before"
            raise self.error("E205", f"{name} is {why} and cannot be defined", place)
        mine.add(name)
        self.bound[name] = self.finite(draft)
    return (yield self.task(tree.children[-1]))


BRACKETS: dict[str, Callable[[Elaborator, Tree], Task]] = {
    "subscript": _subscript,
    "stack": _stack,
    "indexed": _indexed,
    "program": _program,
}
