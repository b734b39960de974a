"""Elaborate calls: of the functions of the table, of constants, of abstract functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from fractions import Fraction
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ALIASES, CALLED, NAMES
from matcalc.expressions.nodes import Application
from matcalc.expressions.shapes import arities, describe, wrong_count
from matcalc.expressions.table.row import Row
from matcalc.syntax.absent import ABSENT, absent_hint
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaborator import Elaborator, Task
from matcalc.syntax.greek import WORDS
from matcalc.syntax.tree import Tree


def call(reader: Elaborator, tree: Tree) -> Task:
    """Elaborate name(arguments)."""
    value: Any = tree.value
    typed, keywords = value
    if typed in reader.functions:
        draft: Draft = yield abstract(reader, tree, typed, (), keywords)
        return draft
    name = ALIASES.get(typed, typed)
    if typed not in NAMES or typed in reader.bound or typed in reader.indices:
        raise _no_function(reader, tree, typed)
    row = CALLED[name]
    _check_count(reader, tree, row)
    axis = _axis(reader, tree, row, keywords)
    special = _SPECIAL.get(name)
    if special is not None:
        draft = yield special(reader, tree)
        return draft
    arguments: tuple[Draft, ...] = yield spread(reader, tree)
    is_reduction = row.takes == "tensor" and row.gives == "scalar" and len(arguments) == 1
    if is_reduction and not arguments[0].shape:
        reader.charge("reduced scalar", *arguments)
    if is_reduction and axis is None and arguments[0].head in ("matrix_power", "power"):
        reader.reduced.append(arguments[0])
    if row.takes == "square" and row.entries == "summed" and not arguments[0].shape:
        reader.charge("trace of a number", *arguments)
        return arguments[0]
    return reader.node(tree, "call", arguments, (name, axis), by_operand=True)


def spread(reader: Elaborator, tree: Tree) -> Generator[Any, Any, tuple[Draft, ...]]:
    """Elaborate the arguments of a call."""
    arguments = []
    for child in tree.children:
        arguments.append((yield reader.task(child)))
    return tuple(arguments)


# What may be called, and how


def _no_function(reader: Elaborator, tree: Tree, name: str) -> MatcalcError:
    arguments = ", ".join(reader.text(child) for child in tree.children)
    known = name in reader.declared or name in reader.bound or name in reader.kinds.order
    if (
        known
        or name in reader.indices
        or name in reader.dimensions
        or re.fullmatch(r"pi|\w_?\d*", name)
        or name.rstrip("_0123456789") in WORDS
    ):
        hint = f"a product: {name}*({arguments})"
        if tree.children and not name[0].isupper():
            hint += f"; an entry: {name}[{arguments}]"
        if not known:
            hint += f"; an abstract function is declared: {name}: elementwise"
        return reader.error("E109", f"{name} is not a function", tree.mark, hint)
    if name in ABSENT:
        message = f"there is no function {name} yet"
        return reader.error("E203", message, tree.mark, absent_hint(name))
    from difflib import get_close_matches

    names = sorted(NAMES | reader.functions.keys())
    lower = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), lower, 3, 0.7)
    hint = ", ".join(lower[candidate] for candidate in close)
    if name.lower() == "power" or name == "pow":
        hint = "x^2, x .^ 2"
    hint = hint or f"an abstract function is declared, as in {name}: elementwise"
    return reader.error("E203", f"there is no function {name}", tree.mark, hint)


def _check_count(reader: Elaborator, tree: Tree, row: Row) -> None:
    counts = arities(row.name)
    if row.sizes and len(tree.children) > max(counts):
        return
    if len(tree.children) not in counts:
        error = wrong_count(row.name, counts, len(tree.children))
        message = error.message if counts else f"{row.name} runs indices over an expression"
        raise reader.error(error.code, message, tree.mark, row.usage or error.hint)


def _axis(reader: Elaborator, tree: Tree, row: Row, keywords: Any) -> int | None:
    """Return the axis that a keyword names, or None; refuse all other keywords."""
    axis = None
    for keyword, value in keywords:
        place = value.span
        if keyword != "axis" or not row.axis or len(tree.children) != 1:
            what = (
                f"{row.name} takes no {keyword}" if keyword == "axis" else f"there is no {keyword}="
            )
            raise reader.error("E306", what, place, "sum(A, axis=0), softmax(A, axis=1)")
        if value.kind != "number" or value.value not in (Fraction(0), Fraction(1)):
            message = f"an axis is 0 or 1, not {reader.text(value)}"
            hint = "axis=0 goes down the columns, axis=1 along the rows"
            raise reader.error("E306", message, place, hint)
        axis = int(value.value)
    return axis


# Functions that are heads of their own


def _dot(reader: Elaborator, tree: Tree) -> Task:
    left, right = yield spread(reader, tree)
    head = "dot" if left.shape and right.shape else "multiply"
    return reader.node(tree, head, (left, right))


def _outer(reader: Elaborator, tree: Tree) -> Task:
    arguments = yield spread(reader, tree)
    for child, draft in zip(tree.children, arguments, strict=True):
        shape = reader.shape(draft)
        if len(shape) != 1:
            message = f"outer takes two vectors; {reader.text(child)} is {describe(shape)}"
            raise reader.error("E305", message, child.span)
    right = reader.node(tree.children[1], "transpose", arguments[1:])
    return reader.node(tree, "multiply", (arguments[0], right))


def _kron(reader: Elaborator, tree: Tree) -> Task:
    return reader.node(tree, "kron", (yield spread(reader, tree)))


def _transpose(reader: Elaborator, tree: Tree) -> Task:
    return reader.node(tree, "transpose", (yield spread(reader, tree)), by_operand=True)


def _unvec(reader: Elaborator, tree: Tree) -> Task:
    body = yield reader.task(tree.children[0])
    shape = []
    for child in tree.children[1:]:
        shape.append((yield reader.size(child)))
    return reader.node(tree, "call", (body,), ("unvec", tuple(shape)), by_operand=True)


# Constants


def _filled(head: str) -> Callable[[Elaborator, Tree], Task]:
    def build(reader: Elaborator, tree: Tree) -> Task:
        shape = []
        for child in tree.children:
            shape.append((yield reader.size(child)))
        return reader.leaf(tree, head, tuple(shape), tuple(shape))

    return build


def _eye(reader: Elaborator, tree: Tree) -> Task:
    size = yield reader.size(tree.children[0])
    return reader.leaf(tree, "eye", size, (size, size))


def _commutation(reader: Elaborator, tree: Tree) -> Task:
    rows: Dimension = yield reader.size(tree.children[0])
    columns: Dimension = yield reader.size(tree.children[1])
    return reader.node(tree, "commutation", (), (rows, columns))


def _delta(reader: Elaborator, tree: Tree) -> Task:
    indices = []
    for child in tree.children:
        draft = yield reader.integer(child)
        if not draft.exact.integral:
            message = f"{reader.text(child)} is not an index"
            raise reader.error(
                "E305", message, child.span, "tensor(i = 1..n, j = 1..n, delta(i, j))"
            )
        indices.append(draft)
    return reader.node(tree, "delta", tuple(indices))


def _constant(rank: int) -> Callable[[Elaborator, Tree], Task]:
    def build(reader: Elaborator, tree: Tree) -> Task:
        entry = reader.finite((yield reader.task(tree.children[0])))
        if entry.shape:
            value: Any = tree.value
            name = value[0]
            message = f"{name}(c) fills with a number; {reader.text(tree.children[0])} is "
            message += describe(reader.shape(entry))
            raise reader.error("E305", message, tree.children[0].span, f"{name}(1)")
        shape = tuple(reader.unknowns.fresh() for _ in range(rank))
        zero = entry.exact.constant == 0
        filled = reader.leaf(tree, "zeros" if zero else "ones", shape, shape)
        reader.open.append(filled)
        if zero or entry.exact.constant == 1:
            return filled
        return reader.node(tree, "multiply", (entry, filled))

    return build


_SPECIAL: dict[str, Callable[[Any, Tree], Task]] = {
    "dot": _dot,
    "outer": _outer,
    "kron": _kron,
    "transpose": _transpose,
    "unvec": _unvec,
    "ones": _filled("ones"),
    "zeros": _filled("zeros"),
    "eye": _eye,
    "commutation": _commutation,
    "delta": _delta,
    "vector": _constant(1),
    "matrix": _constant(2),
}


# Abstract functions


def abstract(
    reader: Elaborator, tree: Tree, name: str, orders: tuple[int, ...], keywords: Any = ()
) -> Task:
    """Elaborate an abstract function, derived by its arguments of these numbers."""
    signature = reader.functions[name]
    for keyword, value in keywords:
        raise reader.error("E306", f"{name} takes no {keyword}", value.span)
    arguments = yield spread(reader, tree)
    count = 1 if signature.elementwise else len(signature.parameters)
    for order in orders:
        if not 0 <= order < count:
            plural = "" if count == 1 else "s"
            message = f"{name} has {count} argument{plural}; there is no {order + 1}."
            raise reader.error("E306", message, tree.mark, f"{name}'1(…) to {name}'{count}(…)")
    value = Application(signature, tuple(sorted(orders)))
    return reader.node(tree, "abstract", arguments, value, by_operand=True)


def derivative(reader: Elaborator, tree: Tree) -> Task:
    """Elaborate f'(x): the derivative of an abstract function, nothing else."""
    value: Any = tree.value
    name, orders = value
    if name in reader.functions:
        draft: Draft = yield abstract(reader, tree, name, orders)
        return draft
    arguments = ", ".join(reader.text(child) for child in tree.children)
    if name in NAMES:
        message = f"{name}' is not read; only declared functions are written with a derivative"
        raise reader.error("E109", message, tree.mark, f"f: elementwise, then f'({arguments})")
    message = f"{name} is not a function, so {name}'({arguments}) is no derivative"
    raise reader.error("E109", message, tree.mark, f"{name}'*({arguments})")
    yield
