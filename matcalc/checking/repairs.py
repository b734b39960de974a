"""A claim with one thing mended: a sign, a transpose, a product, a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.functions import ROWS, TABLE
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, number, substitute
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text

MOST_NODES = 80
MOST_REPAIRS = 400


class Repair(NamedTuple):
    """A mended claim: the slip's name, what to say of it, and the formula."""

    slip: str
    hint: str
    claim: Expression


def repairs(
    claim: Expression, formula: Expression, conditions: Iterable[Expression]
) -> Iterator[Repair]:
    """Yield claims with one thing mended, the most telling ones first."""
    order = postorder([claim], lambda node: node.arguments)
    if len(order) > MOST_NODES:
        return
    count = 0
    parts = postorder([formula], lambda node: node.arguments)
    seen = {claim}
    for edit in (_products, _transposes, _orders, _functions, _powers):
        for node in reversed(order):
            for slip, hint, other in edit(node):
                yield from _fitting(claim, node, other, slip, hint, seen)
    yield from _swapped(claim)
    for node in reversed(order):
        for slip, hint, other in _exchanged(node, parts, list(conditions)):
            count += 1
            if count > MOST_REPAIRS:
                return
            yield from _fitting(claim, node, other, slip, hint, seen)


def sign_repairs(claim: Expression) -> Iterator[Repair]:
    """Yield claims with one sign turned."""
    order = postorder([claim], lambda node: node.arguments)
    if len(order) > MOST_NODES:
        return
    seen = {claim}
    for node in reversed(order):
        for slip, hint, other in _signs(node):
            yield from _fitting(claim, node, other, slip, hint, seen)


def _fitting(
    claim: Expression, node: Expression, other: Expression, slip: str, hint: str,
    seen: set[Expression],
) -> Iterator[Repair]:  # fmt: skip
    """Yield the claim with a node replaced, everywhere and then in one place only."""
    for mended in _replaced(claim, node, other):
        if mended not in seen and _spans(mended) <= _spans(claim):
            seen.add(mended)
            yield Repair(slip, hint, mended)


def _spans(formula: Expression) -> set[tuple[object, ...]]:
    """Return the bounds of tensors and slices: a node's length says the same, so they stay."""
    spans: set[tuple[object, ...]] = set()
    for node in postorder([formula], lambda node: node.arguments):
        if node.head == "tensor":
            spans.add((node.value[1], *node.arguments[:-1]))
        elif node.head == "subscript" and any(isinstance(part, tuple) for part in node.value):
            spans.add((node.value, *node.arguments[1:]))
    return spans


def _replaced(claim: Expression, node: Expression, other: Expression) -> Iterator[Expression]:
    with suppress(MatcalcError):
        yield substitute(claim, {node: other})
    order = postorder([claim], lambda n: n.arguments)
    places = [(n, k) for n in order for k, child in enumerate(n.arguments) if child is node]
    for parent, k in places if len(places) > 1 else ():
        arguments = (*parent.arguments[:k], other, *parent.arguments[k + 1 :])
        try:
            yield substitute(claim, {parent: make(parent.head, arguments, parent.value)})
        except MatcalcError:
            continue


Edit = tuple[str, str, Expression]


def _made(head: str, *arguments: Expression) -> Expression | None:
    """Return a node, or None if the shapes do not fit."""
    try:
        return make(head, arguments)
    except MatcalcError:
        return None


def _text(node: Expression) -> str:
    text = to_text(node)
    return text if len(text) <= 50 else f"{text[:24]} ... {text[-20:]}"


def _signs(node: Expression) -> Iterator[Edit]:
    """Turn the sign of one term of a sum, or of an argument."""
    if node.head == "add":
        for k, term in enumerate(node.arguments):
            turned = term.arguments[0] if term.head == "negate" else make("negate", (term,))
            arguments = (*node.arguments[:k], turned, *node.arguments[k + 1 :])
            yield "sign", f"sign error in the term {_text(term)}", make("add", arguments)
    elif node.head == "negate":
        yield "sign", f"sign error: {_text(node)} stands for its opposite", node.arguments[0]
    elif node.head == "call" and _minds_signs(node):
        (operand,) = node.arguments
        turned = operand.arguments[0] if operand.head == "negate" else make("negate", (operand,))
        other = make("call", (turned,), node.value)
        yield "sign", f"sign error: {_text(node)} stands where {_text(other)} must", other


def _minds_signs(node: Expression) -> bool:
    """Tell whether this is an elementwise function in whose argument a sign is easily lost."""
    row = ROWS[node.value[0], len(node.arguments)]
    return bool(row.derivatives) and len(node.arguments) == 1 and row.parity != "even"


def _products(node: Expression) -> Iterator[Edit]:
    """Exchange the matrix product and the one entry by entry."""
    if node.head not in ("multiply", "hadamard"):
        return
    head = "hadamard" if node.head == "multiply" else "multiply"
    other = _made(head, *node.arguments)
    if other is None:
        return
    stands, must = ("*", ".*") if node.head == "multiply" else (".*", "*")
    words = "the matrix product", "the element-wise (Hadamard) product"
    right, wrong = words if must == "*" else words[::-1]
    hint = f"{wrong} {stands} stands where {right} {must} must: {_text(other)}"
    yield "product", hint, other


def _transposes(node: Expression) -> Iterator[Edit]:
    """Transpose a part, or leave a transpose out."""
    if len(node.shape) == 2 and node.shape[0] == node.shape[1]:
        plain = node.arguments[0] if node.head == "transpose" else None
        other = plain or make("transpose", (node,))
        hint = f"{_text(node)} stands where {_text(other)} must: a transpose is wrong"
        yield "transposed factor", hint, other


def _orders(node: Expression) -> Iterator[Edit]:
    """Exchange the factors of a matrix product."""
    if node.head != "multiply" or not all(len(a.shape) == 2 for a in node.arguments):
        return
    left, right = node.arguments
    exchanged = [_made("multiply", right, left)]
    if left.head == "multiply":
        begin = _made("multiply", left.arguments[0], right)
        exchanged.append(begin and _made("multiply", begin, left.arguments[1]))
    for other in exchanged:
        if other is not None:
            hint = f"matrices do not commute: {_text(node)} stands where {_text(other)} must"
            yield "order of factors", hint, other


def _alike(name: str) -> list[str]:
    """Return what a function is mistaken for, or the other way round."""
    others = {row.name for row in TABLE if name in row.mistaken_for}
    return sorted({*ROWS[name, 1].mistaken_for, *others})


def _functions(node: Expression) -> Iterator[Edit]:
    """Exchange a function for one that it is easily taken for; leave out a diag."""
    if node.head != "call" or len(node.arguments) != 1:
        return
    name, (operand,) = node.value[0], node.arguments
    for other in _alike(name):
        try:
            changed = make("call", (operand,), (other, node.value[1]))
        except MatcalcError:
            continue
        hint = f"{_text(node)} stands where {_text(changed)} must"
        yield "function", hint, changed
    if name == "diag" and len(operand.shape) == 2:
        both = make("call", (node,), ("diag", None))
        yield "diag", f"diag takes the diagonal out of {_text(operand)}", both


def _powers(node: Expression) -> Iterator[Edit]:
    """Square a part, leave a power out, or take it inside a sum."""
    two = number(2)
    others = []
    if node.head == "call":
        others.append(make("power", (node, two)))
    if node.head == "power":
        base, exponent = node.arguments
        others.append(base)
        if base.head == "add":
            others.append(make("add", tuple([_raised(t, exponent) for t in base.arguments])))
    for other in others:
        yield "power", f"{_text(node)} stands where {_text(other)} must", other


def _raised(term: Expression, exponent: Expression) -> Expression:
    """Return the power of a term, with its sign kept."""
    if term.head == "negate":
        return make("negate", (_raised(term.arguments[0], exponent),))
    if term.head == "number" and exponent.head == "number":
        return number(term.value**exponent.value) if exponent.value.denominator == 1 else term
    return make("power", (term, exponent))


def _swapped(claim: Expression) -> Iterator[Repair]:
    """Exchange two variables of one shape."""
    order = postorder([claim], lambda node: node.arguments)
    variables = [node for node in order if node.head == "variable"]
    for k, one in enumerate(variables):
        for other in variables[k + 1 :]:
            if one.shape == other.shape:
                hint = f"{one.value.name} and {other.value.name} are interchanged"
                yield Repair("variable", hint, substitute(claim, {one: other, other: one}))


def _exchanged(
    node: Expression, parts: list[Expression], conditions: list[Expression]
) -> Iterator[Edit]:
    """Put another variable or part of the formula for a variable, a condition for a condition."""
    if node.head == "compare":
        for other in conditions:
            if other.shape == node.shape or not other.shape:
                hint = f"the indicator has the wrong condition: {_text(node)} for {_text(other)}"
                yield "condition", hint, other
    free = free_indices(parts)
    if node.head not in ("variable", "subscript"):
        return
    free = free_indices(parts)
    fitting = [p for p in parts if p is not node and not free[p]]
    for other in sorted(fitting, key=lambda p: p.shape != node.shape):
        if len(other.shape) >= len(node.shape) and other.head not in ("number", "size"):
            yield "variable", f"{_text(node)} stands where {_text(other)} must", other
