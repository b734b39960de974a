"""Refuse what is defined nowhere: 1/0, log(-1), sqrt(-exp(x)), inv(A - A)."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression, substitute
from matcalc.expressions.traversal import postorder
from matcalc.signs import exact_exponent, range_of
from matcalc.syntax.drafts import text
from matcalc.syntax.inference import Inferred
from matcalc.syntax.reading import read_formula

_UPPER = ("<", "<=")


def refuse_undefined(inferred: Inferred) -> None:
    """Raise E405 at the first part of a formula that has a value nowhere."""
    for node in postorder([inferred.expression, *inferred.others], _always_needed):
        reason = undefined(node)
        if reason and node in inferred.places:
            place = inferred.places[node]
            span = place.tree.span
            message = f"{text(place.source, span)} has a value nowhere: {reason}"
            raise MatcalcError("E405", message).at(place.source, *span)


def _always_needed(node: Expression) -> tuple[Expression, ...]:
    """Return the arguments that a value is made of everywhere: of a choice only its condition."""
    row = ROWS.get((node.value[0], len(node.arguments))) if node.head == "call" else None
    return node.arguments[:1] if row and row.chooses == "condition" else node.arguments


def undefined(node: Expression) -> str:
    """Return why a formula has a value nowhere, whatever its variables are; '' if it may have one.

    Only the node itself is looked at; its arguments are taken to be defined somewhere.

    >>> from matcalc.expressions.nodes import make, number
    >>> undefined(make("divide", (number(1), number(0))))
    'the divisor is 0 everywhere'
    """
    if node.head == "divide" and _is_zero(node.arguments[1]):
        return "the divisor is 0 everywhere"
    if node.head == "power":
        return _power(node)
    if node.head == "matrix_power":
        return _singular(node.arguments[0]) if range_of(node.arguments[1]).is_negative else ""
    if node.head == "call":
        return _call(node)
    return ""


def _is_zero(node: Expression) -> bool:
    found = range_of(node)
    return found.low == 0 and found.high == 0


def _singular(node: Expression) -> str:
    return "the matrix is 0 everywhere, which has no inverse" if _is_zero(node) else ""


def _power(node: Expression) -> str:
    base, exponent = node.arguments
    if _is_zero(base) and range_of(exponent).is_negative:
        return "a negative power of 0"
    value = exact_exponent(node)
    whole = value is None or value.denominator == 1
    if not whole and range_of(base).is_negative:
        return "a fractional power of what is negative everywhere"
    return ""


def _call(node: Expression) -> str:
    name = node.value[0]
    row = ROWS.get((name, len(node.arguments)))
    if row is None:
        return ""
    if row.definition == "X .^ (1/2)" and range_of(node.arguments[0]).is_negative:
        return "the root of what is negative everywhere"
    if row.domain and row.takes == "square":
        return "" if row.polynomial else _singular(node.arguments[0])
    if row.domain and row.derivatives:
        return _outside(row.domain, row.parameters, node, closed=row.closed)
    return ""


def _outside(domain: str, parameters: tuple[str, ...], node: Expression, *, closed: bool) -> str:
    """Return that a row's domain is left wherever the arguments lie, '' if it may be met."""
    condition = read_formula(domain, dict.fromkeys(parameters, ()))
    values = dict(zip(parameters, node.arguments, strict=True))
    parts = [n for n in postorder([condition], lambda n: n.arguments) if n.head == "variable"]
    condition = substitute(condition, {part: values[part.value.name] for part in parts})
    left, right = map(range_of, condition.arguments)
    margin = left.plus(right.negated())
    if condition.value in _UPPER:
        margin = margin.negated()
    elif condition.value not in (">", ">="):
        return ""
    fails = margin.is_negative if closed else margin.is_nonpositive
    return f"{node.value[0]} needs {domain}, which holds nowhere" if fails else ""
