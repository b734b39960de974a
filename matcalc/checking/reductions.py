"""Questions about large sizes that are numbers, such as 1000000, asked about small ones.

The number becomes a name everywhere, so that points are drawn at small sizes. That is right
only where nothing else depends on the number: formulas with other large numbers are left.
"""

from __future__ import annotations

from typing import Any

from matcalc.checking.points import size_names
from matcalc.checking.questions import Question
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension, integer
from matcalc.expressions.dimensions import name as named
from matcalc.expressions.nodes import Expression, make, variable
from matcalc.expressions.traversal import postorder

MOST_DRAWN = 400
"""Variables with more entries are not drawn."""

LARGE = 12
"""Sizes from here on become names."""

USUAL = 3
_NAMES = ("n", "m", "p", "q", "k", "N", "M", "P", "Q", "K")


def largest_variable(question: Question) -> int:
    """Return the entries of the largest variable, where sizes with a name are small."""
    most = 1
    for node in question.variables.values():
        entries = 1
        for dimension in node.shape:
            entries *= dimension.evaluate(dict.fromkeys(dimension.names, USUAL))
        most = max(most, entries)
    return most


def reduced(question: Question) -> tuple[Question, str]:
    """Return the question about small sizes, and which sizes they stand for.

    A question about small variables stays as it is. Raises TooLarge where sizes must stay.

    >>> import matcalc
    >>> d = matcalc.diff("x'*x", "x", "x: vector(1000000)")
    >>> parts = (d.formula.expression, d.variable, (), d.expression, d.expression)
    >>> reduced(Question(*parts, "numerator", 1))[1]
    'n in place of 1000000'
    """
    most = largest_variable(question)
    if most <= MOST_DRAWN:
        return question, ""
    nodes = postorder(question.parts(), lambda node: node.arguments)
    sizes = {d for node in question.variables.values() for d in node.shape if d.value is not None}
    large = sorted(d.value or 0 for d in sizes if (d.value or 0) >= LARGE)
    taken = {*size_names(nodes), *question.variables}
    names = [name for name in _NAMES if name not in taken]
    refusal = TooLarge(f"a variable has {most} entries, and {MOST_DRAWN} are drawn at most")
    if not large or len(large) > len(names) or _has_large_numbers(nodes, large[0]):
        raise refusal
    exchange = {integer(size): named(name) for size, name in zip(large, names, strict=False)}
    try:
        parts = [_exchanged(part, exchange) for part in (*question.parts(), question.variable)]
        entry = tuple([_exchanged(part, exchange) for part in question.entry])
    except MatcalcError:
        raise refusal from None
    formula, answer, claim, moving = parts
    told = ", ".join(f"{name} in place of {size}" for size, name in exchange.items())
    small = question._replace(
        formula=formula, answer=answer, claim=claim, variable=moving, entry=entry
    )
    if answer.shape != claim.shape and question.answer.shape == question.claim.shape:
        raise refusal
    return small, told


def _has_large_numbers(nodes: list[Expression], size: int) -> bool:
    """Tell whether a number may have come from a size."""
    numbers = [node.value for node in nodes if node.head == "number"]
    return any(max(abs(n.numerator), n.denominator) * 2 >= size for n in numbers)


def _exchanged(expression: Expression, exchange: dict[Dimension, Dimension]) -> Expression:
    """Return the formula with sizes exchanged wherever they stand."""
    results: dict[Expression, Expression] = {}
    for node in postorder([expression], lambda node: node.arguments):
        if node.head == "variable":
            shape = tuple([exchange.get(d, d) for d in node.shape])
            results[node] = variable(node.value.name, shape, node.value.structure)
            continue
        arguments = tuple([results[child] for child in node.arguments])
        value = _value(node.value, exchange)
        same = value == node.value and all(map(lambda a, b: a is b, arguments, node.arguments))
        results[node] = node if same else make(node.head, arguments, value)
    return results[expression]


def _value(value: Any, exchange: dict[Dimension, Dimension]) -> Any:
    if isinstance(value, Dimension):
        return exchange.get(value, value)
    if type(value) is tuple:
        return tuple([_value(part, exchange) for part in value])
    return value
