"""Elaborate calls: of the functions of the table, of constants, of abstract functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ALIASES, CALLED, NAMES
from matcalc.expressions.nodes import Application
from matcalc.expressions.shapes import arities, describe, wrong_count
from matcalc.expressions.table.row import Row
from matcalc.syntax.drafts import Draft
from matcalc.syntax.tree import Tree

if TYPE_CHECKING:
    from matcalc.syntax.elaboration import Elaborator

Task = Generator[Any, Any, Draft]


def call(self: Elaborator, tree: Tree) -> Task:
    """Elaborate name(arguments)."""
    value: Any = tree.value
    typed, keywords = value
    if typed in self.functions:
        draft: Draft = yield abstract(self, tree, typed, (), keywords)
        return draft
    name = ALIASES.get(typed, typed)
    if typed not in NAMES or typed in self.bound or typed in self.indices:
        raise _no_function(self, tree, typed)
    row = CALLED[name]
    _check_count(self, tree, row)
    axis = _axis(self, tree, row, keywords)
    special = _SPECIAL.get(name)
    if special is not None:
        draft = yield special(self, tree)
        return draft
    arguments: tuple[Draft, ...] = yield spread(self, tree)
    if row.takes == "square" and row.entries == "summed" and not arguments[0].shape:
        return arguments[0]  # the trace of a number
    return self.node(tree, "call", arguments, (name, axis), by_operand=True)


def spread(self: Elaborator, tree: Tree) -> Generator[Any, Any, tuple[Draft, ...]]:
    """Elaborate the arguments of a call."""
    arguments = []
    for child in tree.children:
        arguments.append((yield self.task(child)))
    return tuple(arguments)


# What may be called, and how


def _no_function(self: Elaborator, tree: Tree, name: str) -> MatcalcError:
    arguments = ", ".join(self.text(child) for child in tree.children)
    known = name in self.declared or name in self.bound or name in self.kinds.order
    if (
        known
        or name in self.indices
        or name in self.dimensions
        or re.fullmatch(r"pi|\w_?\d*", name)
    ):
        hint = f"a product: {name}*({arguments})"
        if tree.children and not name[0].isupper():
            hint += f"; an entry: {name}[{arguments}]"
        if not known:
            hint += f"; an abstract function is declared: {name}: elementwise"
        return self.error("E109", f"{name} is not a function", tree.mark, hint)
    from difflib import get_close_matches

    names = sorted(NAMES | self.functions.keys())
    lower = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), lower, 3, 0.7)
    hint = ", ".join(lower[candidate] for candidate in close)
    if name.lower() == "power" or name == "pow":
        hint = "x^2, x .^ 2"
    hint = hint or f"an abstract function is declared, as in {name}: elementwise"
    return self.error("E203", f"there is no function {name}", tree.mark, hint)


def _check_count(self: Elaborator, tree: Tree, row: Row) -> None:
    counts = arities(row.name)
    if row.sizes and len(tree.children) > max(counts):
        return
    if len(tree.children) not in counts:
        error = wrong_count(row.name, counts, len(tree.children))
        message = error.message if counts else f"{row.name} runs indices over an expression"
        raise self.error(error.code, message, tree.mark, row.usage or error.hint)


def _axis(self: Elaborator, tree: Tree, row: Row, keywords: Any) -> int | None:
    """Return the axis that a keyword names, or None; refuse all other keywords."""
    axis = None
    for keyword, value in keywords:
        place = value.span
        if keyword != "axis" or not row.axis or len(tree.children) != 1:
            what = (
                f"{row.name} takes no {keyword}" if keyword == "axis" else f"there is no {keyword}="
            )
            raise self.error("E306", what, place, "sum(A, axis=0), softmax(A, axis=1)")
        if value.kind != "number" or value.value not in (Fraction(0), Fraction(1)):
            message = f"an axis is 0 or 1, not {self.text(value)}"
            hint = "axis=0 goes down the columns, axis=1 along the rows"
            raise self.error("E306", message, place, hint)
        axis = int(value.value)
    return axis


# Functions that are heads of their own


def _dot(self: Elaborator, tree: Tree) -> Task:
    left, right = yield spread(self, tree)
    head = "dot" if left.shape and right.shape else "multiply"
    return self.node(tree, head, (left, right))


def _outer(self: Elaborator, tree: Tree) -> Task:
    arguments = yield spread(self, tree)
    for child, draft in zip(tree.children, arguments, strict=True):
        shape = self.shape(draft)
        if len(shape) != 1:
            message = f"outer takes two vectors; {self.text(child)} is {describe(shape)}"
            raise self.error("E305", message, child.span)
    right = self.node(tree.children[1], "transpose", arguments[1:])
    return self.node(tree, "multiply", (arguments[0], right))


def _kron(self: Elaborator, tree: Tree) -> Task:
    return self.node(tree, "kron", (yield spread(self, tree)))


def _transpose(self: Elaborator, tree: Tree) -> Task:
    return self.node(tree, "transpose", (yield spread(self, tree)), by_operand=True)


def _unvec(self: Elaborator, tree: Tree) -> Task:
    body = yield self.task(tree.children[0])
    shape = []
    for child in tree.children[1:]:
        shape.append((yield self.size(child)))
    return self.node(tree, "call", (body,), ("unvec", tuple(shape)), by_operand=True)


# Constants


def _filled(head: str) -> Callable[[Elaborator, Tree], Task]:
    def build(self: Elaborator, tree: Tree) -> Task:
        shape = []
        for child in tree.children:
            shape.append((yield self.size(child)))
        return self.leaf(tree, head, tuple(shape), tuple(shape))

    return build


def _eye(self: Elaborator, tree: Tree) -> Task:
    size = yield self.size(tree.children[0])
    return self.leaf(tree, "eye", size, (size, size))


def _commutation(self: Elaborator, tree: Tree) -> Task:
    rows: Dimension = yield self.size(tree.children[0])
    columns: Dimension = yield self.size(tree.children[1])
    return self.node(tree, "commutation", (), (rows, columns))


def _delta(self: Elaborator, tree: Tree) -> Task:
    indices = []
    for child in tree.children:
        draft = yield self.integer(child)
        if not draft.exact.integral:
            message = f"{self.text(child)} is not an index"
            raise self.error("E305", message, child.span, "tensor(i = 1..n, j = 1..n, delta(i, j))")
        indices.append(draft)
    return self.node(tree, "delta", tuple(indices))


def _constant(rank: int) -> Callable[[Elaborator, Tree], Task]:
    def build(self: Elaborator, tree: Tree) -> Task:
        entry = self.finite((yield self.task(tree.children[0])))
        if entry.shape:
            value: Any = tree.value
            name = value[0]
            message = f"{name}(c) fills with a number; {self.text(tree.children[0])} is "
            message += describe(self.shape(entry))
            raise self.error("E305", message, tree.children[0].span, f"{name}(1)")
        shape = tuple(self.unknowns.fresh() for _ in range(rank))
        zero = entry.exact.constant == 0
        filled = self.leaf(tree, "zeros" if zero else "ones", shape, shape)
        self.open.append(filled)
        if zero or entry.exact.constant == 1:
            return filled
        return self.node(tree, "multiply", (entry, filled))

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
    self: Elaborator, tree: Tree, name: str, orders: tuple[int, ...], keywords: Any = ()
) -> Task:
    """Elaborate an abstract function, derived by its arguments of these numbers."""
    signature = self.functions[name]
    for keyword, value in keywords:
        raise self.error("E306", f"{name} takes no {keyword}", value.span)
    arguments = yield spread(self, tree)
    count = 1 if signature.elementwise else len(signature.parameters)
    for order in orders:
        if not 0 <= order < count:
            plural = "" if count == 1 else "s"
            message = f"{name} has {count} argument{plural}; there is no {order + 1}."
            raise self.error("E306", message, tree.mark, f"{name}'1(…) to {name}'{count}(…)")
    value = Application(signature, tuple(sorted(orders)))
    return self.node(tree, "abstract", arguments, value, by_operand=True)


def derivative(self: Elaborator, tree: Tree) -> Task:
    """Elaborate f'(x): the derivative of an abstract function, nothing else."""
    value: Any = tree.value
    name, orders = value
    if name in self.functions:
        draft: Draft = yield abstract(self, tree, name, orders)
        return draft
    arguments = ", ".join(self.text(child) for child in tree.children)
    if name in NAMES:
        message = f"{name}' is not read; only declared functions are written with a derivative"
        raise self.error("E109", message, tree.mark, f"f: elementwise, then f'({arguments})")
    message = f"{name} is not a function, so {name}'({arguments}) is no derivative"
    raise self.error("E109", message, tree.mark, f"{name}'*({arguments})")
    yield
