"""Elaborate running indices: sums, products and tensors over them, and the samples x_i."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.syntax import exact
from matcalc.syntax.drafts import Draft, Place
from matcalc.syntax.elaborator import Elaborator, Rule, Task
from matcalc.syntax.tree import Tree
from matcalc.syntax.unification import is_unknown

Bounds = tuple[Draft, Draft]

_OVER_VECTORS = ("prod", "max", "min")
"""Functions that run an index by the vector of all values."""


def _indexed(reader: Elaborator, tree: Tree) -> Task:
    value: Any = tree.value
    name, names = value
    if name not in ("sum", "tensor", *_OVER_VECTORS):
        raise reader.error("E306", f"{name} does not run an index; sum and tensor do", tree.mark)
    if len(set(names)) < len(names):
        raise reader.error("E205", f"{name} binds an index twice", tree.mark)
    outer, sizing = reader.indices, reader.sizing
    bounds: list[Draft] = []
    lengths: list[Dimension] = []
    conditions: list[tuple[Tree, str, Draft, Draft]] = []
    for index, low_tree, high_tree in zip(
        names, tree.children[:-1:2], tree.children[1::2], strict=True
    ):
        low = yield from _bound(reader, low_tree)
        high = yield from _bound(reader, high_tree)
        low, high, more = widened(reader, tree, index, low, high)
        conditions += more
        lengths.append(span_length(reader, (low_tree, high_tree), low, high))
        bounds += [low, high]
        assert low.exact.size is not None and high.exact.size is not None
        reader.indices = reader.indices | {index: (low.exact.size, high.exact.size)}
    reader.sizing = False
    body: Draft = yield reader.task(tree.children[-1])
    reader.indices, reader.sizing = outer, sizing
    for condition, sign, left, right in conditions:
        asked = reader.node(condition, "compare", (left, right), sign)
        body = where(reader, tree, asked, body)
    if name == "sum":
        for position in reversed(range(len(names))):
            low, high = bounds[2 * position : 2 * position + 2]
            body = reader.node(tree, "index_sum", (low, high, body), names[position])
        return body
    body = reader.node(tree, "tensor", (*bounds, body), (tuple(names), tuple(lengths)))
    if name == "tensor":
        return body
    return reader.node(tree, "call", (body,), (name, None))


def _bound(reader: Elaborator, tree: Tree) -> Task:
    """Elaborate a bound; one that is not said is as long as what the index runs over."""
    if tree.kind == "open":
        size = reader.unknowns.fresh()
        return reader.leaf(tree, "size", size, (), exact.dimension(size))
    draft: Draft = yield reader.integer(tree)
    return draft


def widened(
    reader: Elaborator, tree: Tree, index: str, low: Draft, high: Draft
) -> tuple[Draft, Draft, list[tuple[Tree, str, Draft, Draft]]]:
    """Return bounds without indices, and the conditions that bounds with indices become."""
    running = reader.leaf(tree, "index", index, (), exact.index(None))
    conditions = []
    if low.exact.size is None and low.exact.bounds is not None:
        conditions.append((tree, "<=", low, running))
        low = _size(reader, low, low.exact.bounds[0])
    if high.exact.size is None and high.exact.bounds is not None:
        conditions.append((tree, "<=", running, high))
        high = _size(reader, high, high.exact.bounds[1])
    return low, high, conditions


def _size(reader: Elaborator, draft: Draft, size: Dimension) -> Draft:
    return Draft("size", size, (), (), draft.place, exact.dimension(size))


def span_length(reader: Elaborator, trees: tuple[Tree, ...], low: Draft, high: Draft) -> Dimension:
    """Return the length of low..high, both made of numbers and dimensions, or raise E307."""
    for draft, child in zip((low, high), trees, strict=True):
        if draft.exact.size is None:
            message = f"the bound {reader.text(child)} is not made of numbers and dimensions"
            if draft.exact.bounds is not None:
                message = f"the bound {reader.text(child)} contains an index; it may not"
            raise reader.error("E307", message, child.span, "sum(i = 1..N, x[i]), x[1:k]")
    assert low.exact.size is not None and high.exact.size is not None
    length = high.exact.size - low.exact.size + ONE
    if length.value is not None and length.value < 1:
        message = f"nothing lies between {low.exact.size} and {high.exact.size}"
        raise reader.error("E307", message, trees[-1].span)
    return length


# Conditions on indices


def _given(reader: Elaborator, tree: Tree) -> Task:
    """Read a body that counts only where a condition holds."""
    asked = yield reader.task(tree.children[0])
    body = yield reader.task(tree.children[1])
    return where(reader, tree, asked, body)


def where(reader: Elaborator, tree: Tree, asked: Draft, body: Draft) -> Draft:
    """Return the body where the condition holds, else zero.

    A factor of 0 or 1 will do if the body always has a value.
    """
    if _always_defined(body):
        return reader.node(tree, "multiply", (asked, body), operands=())
    zero = reader.leaf(tree, "number", Fraction(0), (), exact.number(Fraction(0)))
    return reader.node(tree, "call", (asked, body, zero), ("where", None), operands=())


_TOTAL = frozenset(("abs", "sign", "exp", "sin", "cos", "tanh", "relu", "sigmoid", "softplus"))


def _always_defined(body: Draft) -> bool:
    stack = [body]
    while stack:
        node = stack.pop()
        if node.head == "divide" and node.arguments[1].head not in ("number", "size", "pi"):
            return False
        if node.head in ("power", "matrix_power"):
            exponent = node.arguments[1].exact.constant
            if exponent is None or exponent.denominator != 1 or exponent < 0:
                return False
        if node.head == "call" and node.value[0] not in (*_TOTAL, "sum", "norm2", "tr"):
            return False
        stack += node.arguments
    return True


# Samples


def _sample(reader: Elaborator, tree: Tree) -> Task:
    """Read x_i: an entry of the vector x, or a row of the matrix X of samples as a column."""
    name, (selector,) = str(tree.value), tree.children
    index = yield reader.integer(selector)
    rank = len(reader.declared[name][0]) if name in reader.declared else reader.rank(name)
    if rank == 1:
        _check_length(reader, tree, name, index)
        body = yield reader.task(_named(tree, name))
        return subscript(reader, tree, body, ("entry",), (index,))
    matrix = sampled_name(reader, name)
    body = yield reader.task(_named(tree, matrix))
    if len(reader.shape(body)) != 2:  # a vector that the formulas name
        return subscript(reader, tree, body, ("entry",), (index,))
    by_column = _by_column(reader, tree, body, index)
    shape = ("all", "entry") if by_column else ("entry", "all")
    part = subscript(reader, tree, body, shape, (index,))
    what = f"column {reader.text(selector)} of {matrix}"
    if not by_column:
        part = reader.node(tree, "transpose", (part,))
        what = f"row {reader.text(selector)} of {matrix}, as a column"
    if name not in reader.declared and matrix == name.upper():
        reader.samples[name] = matrix
    reader.note(f"{reader.text(tree)} is read as {what}")
    return part


def _check_length(reader: Elaborator, tree: Tree, name: str, index: Draft) -> None:
    """Refuse x_i of a vector that is declared shorter or longer than the index runs."""
    if name not in reader.declared or index.head != "index" or index.exact.bounds is None:
        return
    (length,) = reader.unknowns.resolved(reader.declared[name][0])
    last = reader.unknowns.resolve(index.exact.bounds[1])
    if length == last or any(map(is_unknown, (*length.names, *last.names))):
        return
    if (length - last).value is not None or length.value is not None or last.value is not None:
        return  # told where the entry is out of range, or fine where it is not
    message = f"{reader.text(tree)} runs to {last}, and {name} is declared of length {length}"
    hint = f"a matrix of rows: {name.upper()}: matrix({last}, {length})"
    raise reader.error("E107", message, tree.span, hint)


def _named(tree: Tree, name: str) -> Tree:
    return Tree("name", name, (), tree.span, tree.mark)


def sampled_name(reader: Elaborator, name: str) -> str:
    """Return the matrix whose rows are the samples: X for x_i."""
    if name not in reader.declared and len(name) == 1 and name.isascii():
        return name.upper()
    return name


def _by_column(reader: Elaborator, tree: Tree, body: Draft, index: Draft) -> bool:
    """Tell whether samples are the columns of a declared matrix, by the range of the index."""
    if index.head != "index" or index.exact.bounds is None:
        return False
    last = reader.unknowns.resolve(index.exact.bounds[1])
    rows, columns = reader.shape(body)
    if rows == columns == last:
        name = body.value.name
        message = f"{reader.text(tree)} may be a row or a column of {name}"
        hint = f"{name}[i,:]', {name}[:,i]"
        raise reader.error("E107", message, tree.span, hint)
    return last == columns


def subscript(
    reader: Elaborator, tree: Tree, body: Draft, value: tuple[Any, ...], indices: tuple[Draft, ...]
) -> Draft:
    """Return entries of a draft; an axis that an index runs over is probably as long."""
    place = Place(reader.source, tree, tree.children[:1])
    draft = reader.node(tree, "subscript", (body, *indices), value, operands=place.operands)
    note_lengths(reader, body, value, indices)
    return draft


def note_lengths(
    reader: Elaborator, body: Draft, value: tuple[Any, ...], indices: tuple[Draft, ...]
) -> None:
    """Remember that an axis subscripted by i of i = 1..N is probably N long."""
    position = 0
    shape = reader.shape(body)
    axes = shape[-len(value) :] if len(value) <= len(shape) else ()
    for axis, selector in zip(axes, value, strict=False):
        if selector == "entry":
            index = indices[position]
            if index.exact.size is None and index.exact.bounds is not None:
                last = reader.unknowns.resolve(index.exact.bounds[1])
                if index.head == "index" and any(map(is_unknown, last.names)):
                    reader.unknowns.unify(last, axis)
                else:
                    reader.soft.append((axis, last))
        position += 1 if selector == "entry" else 0 if selector == "all" else 2


SUMS: dict[str, Rule] = {"indexed": _indexed, "given": _given, "sample": _sample}
