"""Elementwise and abstract functions of formulas, in the shapes they need."""

from __future__ import annotations

from typing import Any

from matcalc.calculus.tensors import Labels
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Application, Expression, make, number
from matcalc.expressions.relations import RELATIONS
from matcalc.notation.building import chain, is_negative, negate, transpose


def applied(function: Any, arguments: tuple[Expression, ...]) -> Expression:
    """Return an elementwise function of formulas."""
    if isinstance(function, Application):
        return make("abstract", arguments, function)
    if function in RELATIONS:
        return make("compare", _balanced(arguments), function)
    if function == "power":
        return make("power", arguments)
    whole = make("call", arguments, (function, None))
    guarded = guard_and_branch(whole)
    if guarded and guarded[0].head == "compare" and guarded[1] is number(1):
        return guarded[0]
    return whole


def guard_and_branch(call: Expression) -> tuple[Expression, Expression] | None:
    """Return the condition and the branch of where(c, f, 0); None for another formula."""
    if call.head != "call" or len(call.arguments) != 3:
        return None
    condition, chosen, other = call.arguments
    zero = other is number(0) or other.head == "zeros"
    chooses = ROWS[call.value[0], 3].chooses == "condition"
    return (condition, chosen) if zero and chooses else None


def _balanced(sides: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Write a - b > 0 as a > b."""
    left, right = sides
    if right is number(0) and left.head == "add" and len(left.arguments) == 2:
        first, second = left.arguments
        if is_negative(second) and not is_negative(first):
            return (first, negate(second))
    return sides


def expanded(formula: Expression, labels: Labels, shape: tuple[Dimension, ...]) -> Expression:
    """Return an operand in the shape of the whole; only a scalar expands by itself."""
    if not labels:
        return formula
    if len(shape) == 2:
        if labels == (1, 0):
            return transpose(formula)
        if labels == (0,):
            return chain([formula, transpose(make("ones", (), (shape[1],)))])
        if labels == (1,):
            return chain([make("ones", (), (shape[0],)), transpose(formula)])
    return formula


def reduced_from(formula: Expression) -> Expression | None:
    """Return what a maximum or minimum is taken of, as it is written there; None of others.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import variable
    >>> A = variable("A", (name("m"), name("n")))
    >>> reduced_from(make("call", (A,), ("max", 1))) is A
    True
    """
    turned = formula.head == "transpose"
    call = formula.arguments[0] if turned else formula
    if call.head != "call" or len(call.arguments) > 1 or not ROWS[call.value[0], 1].chooses:
        return None
    (inner,) = call.arguments
    if not turned:
        return inner
    return inner.arguments[0] if inner.head == "transpose" else make("transpose", (inner,))


def reshaped(formula: Expression, shape: tuple[Dimension, ...]) -> Expression:
    """Return a formula in a shape that has its axes, and axes of length 1 that it lacks."""
    if formula.shape == shape:
        return formula
    if len(shape) == 2 and len(formula.shape) == 1:
        if shape[0] == ONE and shape[1] != ONE:
            return transpose(formula)
        if formula.shape[0] == shape[0]:  # one column as a matrix
            return make("multiply", (formula, transpose(make("ones", (), (ONE,)))))
    return make("multiply", (formula, make("ones", (), shape)))


def without_ones(formula: Expression) -> Expression:
    """Return a formula without its axes of length 1, which tensors do not have."""
    if ONE not in formula.shape:
        return formula
    if len(formula.shape) == 2 and formula.shape[0] == ONE != formula.shape[1]:
        formula = transpose(formula)
        if len(formula.shape) == 1:
            return formula
    kept = ["entry" if length == ONE else "all" for length in formula.shape]
    places = [number(1)] * kept.count("entry")
    return make("subscript", (formula, *places), tuple(kept))


def positional(e: Expression, application: Application) -> Expression:
    """Turn an abstract function's value from the numerator layout to axes in order."""
    if e.shape and e.shape[0] == ONE and len(e.shape) == 2:
        return transpose(e)
    function, orders = application
    by = [function.parameters[k] for k in orders if function.parameters[k]]
    if not function.result and len(by) == 1 and len(by[0]) == 2:
        return transpose(e)
    return e
