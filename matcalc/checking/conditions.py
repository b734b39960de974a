"""The conditions on which a formula branches, as differences: positive, negative or zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.templates import opened_call, put_in
from matcalc.calculus.tensors import constant_value
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, number
from matcalc.expressions.traversal import postorder
from matcalc.signs import range_of
from matcalc.syntax.reading import read_formula


class Condition(NamedTuple):
    """A difference whose sign decides; `sides` are the signs that it may have."""

    left: Expression
    right: Expression
    difference: Expression
    sides: frozenset[int]


def conditions(formulas: Iterable[Expression]) -> list[Condition]:
    """Return what the formulas branch on, each once, in the order of evaluation.

    Conditions that depend on a running index are left out.
    """
    found: dict[Expression, Condition] = {}
    order = _expanded(formulas)
    free = free_indices(order)
    for node in order:
        for left, right in _compared(node):
            if free[node]:
                continue
            condition = _condition(left, right)
            if condition is not None:
                found.setdefault(condition.difference, condition)
    return list(found.values())


def _children(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _expanded(formulas: Iterable[Expression]) -> list[Expression]:
    """Return all nodes, and those of the definitions of defined functions."""
    order = postorder(formulas, _children)
    more = []
    for node in order:
        if node.head == "call" and ROWS[node.value[0], len(node.arguments)].definition:
            more.append(opened_call(node))
    return postorder([*order, *more], _children)


def _compared(node: Expression) -> Iterator[tuple[Expression, Expression]]:
    if node.head == "compare":
        if node.value not in ("==", "!="):
            yield node.arguments  # type: ignore[misc]
    elif node.head == "call":
        name = node.value[0]
        row = ROWS[name, len(node.arguments)]
        if row.derivatives and row.kink:
            tie = read_formula(row.kink, dict.fromkeys(row.parameters, ()))
            values = dict(zip(row.parameters, node.arguments, strict=True))
            left, right = [put_in(side, values) for side in tie.arguments]
            yield left, right
        elif row.chooses == "condition" and node.arguments[0].head != "compare":
            yield node.arguments[0], number(0)
    elif node.head == "power" and _is_root(node.arguments[1]):
        yield from _rooted(node.arguments[0])


def _is_root(exponent: Expression) -> bool:
    if any(node.head in ("variable", "index") for node in postorder([exponent], _children)):
        return False
    value = constant_value(tensor_of(exponent))
    return value is not None and value.denominator % 2 == 0


def _rooted(square: Expression) -> Iterator[tuple[Expression, Expression]]:
    """Yield that the root of a square is the absolute value: a branch without a comparison."""
    if square.head == "power" and square.arguments[1].head == "number":
        if square.arguments[1].value % 2 == 0:
            yield square.arguments[0], number(0)
    elif square.head in ("multiply", "hadamard") and square.arguments[0] is square.arguments[1]:
        yield square.arguments[0], number(0)


def _condition(left: Expression, right: Expression) -> Condition | None:
    if left is right:
        return None
    difference = left if right is number(0) else make("add", (left, make("negate", (right,))))
    if not any(node.head == "variable" for node in postorder([difference], _children)):
        return None
    sides = {-1, 1}
    if right is number(0) and range_of(left).is_nonnegative:
        sides.discard(-1)
    if left is number(0) and range_of(right).is_nonnegative:
        sides.discard(1)
    return Condition(left, right, difference, frozenset(sides))
