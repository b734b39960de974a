"""A claim with one thing mended: a sign, a transpose, a product, a name.

What may be mended are the rows of EDITS. Read the other way round each is a slip in the right
answer: that finds it in a claim which was tidied up since.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
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


class Change(NamedTuple):
    """What to put for a part of a formula, and what of it is left out or exchanged."""

    other: Expression
    what: str = ""


class Known(NamedTuple):
    """What a claim may have been meant to contain: parts of the formula, and conditions."""

    parts: list[Expression]
    conditions: list[Expression]
    free: dict[Expression, frozenset[str]]


class Edit(NamedTuple):
    """A row: the slip's name, what is tried, and the sentence if that mends the claim.

    In the sentence {stands} is in the claim, {must} in its place right, and {what} what the
    change tells. `lacking` is the sentence of the change read the other way round, if it is
    another; a row without {must} that has none is not read so.
    """

    slip: str
    changes: Callable[[Expression, Known], Iterator[Change]]
    sentence: str
    lacking: str = ""


def known(formula: Expression, conditions: Iterable[Expression] = ()) -> Known:
    """Return what a formula's derivative may be made of."""
    parts = postorder([formula], _arguments)
    return Known(parts, list(conditions), free_indices(parts))


def repairs(claim: Expression, own: Known) -> Iterator[Repair]:
    """Yield claims with one thing mended, the most telling ones first."""
    yield from _changed(claim, own, EDITS, reverse=False)
    yield from _swapped(claim)


def damages(answer: Expression, own: Known) -> Iterator[Repair]:
    """Yield the right answer with one slip in it."""
    rows = [row for row in EDITS if row.lacking or "{must}" in row.sentence]
    yield from _changed(answer, own, rows, reverse=True)


def sign_repairs(claim: Expression) -> Iterator[Repair]:
    """Yield claims with one sign turned."""
    yield from _changed(claim, Known([], [], {}), SIGNS, reverse=False)


def _changed(
    formula: Expression, own: Known, rows: Iterable[Edit], *, reverse: bool
) -> Iterator[Repair]:
    order = postorder([formula], _arguments)
    if len(order) > MOST_NODES:
        return
    seen = {formula}
    for row in rows:
        count = 0
        for node in reversed(order):
            for change in row.changes(node, own):
                count += 1
                if count > MOST_REPAIRS:
                    break
                hint = _sentence(row, node, change, reverse)
                for other in _fitting(formula, node, change.other, seen):
                    yield Repair(row.slip, hint, other)


def _sentence(row: Edit, node: Expression, change: Change, reverse: bool) -> str:
    stands, must = _text(node), _text(change.other)
    if not reverse:
        return row.sentence.format(stands=stands, must=must, what=change.what)
    sentence = row.lacking or row.sentence
    return sentence.format(stands=must, must=stands, what=change.what)


def _fitting(
    claim: Expression, node: Expression, other: Expression, seen: set[Expression]
) -> Iterator[Expression]:
    """Yield the claim with a node replaced, everywhere and then in one place only."""
    for mended in _replaced(claim, node, other):
        if mended not in seen and _spans(mended) <= _spans(claim):
            seen.add(mended)
            yield mended


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _spans(formula: Expression) -> set[tuple[object, ...]]:
    """Return the bounds of tensors and slices: a node's length says the same, so they stay."""
    spans: set[tuple[object, ...]] = set()
    for node in postorder([formula], _arguments):
        if node.head == "tensor":
            spans.add((node.value[1], *node.arguments[:-1]))
        elif node.head == "subscript" and any(isinstance(part, tuple) for part in node.value):
            spans.add((node.value, *node.arguments[1:]))
    return spans


def _replaced(claim: Expression, node: Expression, other: Expression) -> Iterator[Expression]:
    with suppress(MatcalcError):
        yield substitute(claim, {node: other})
    order = postorder([claim], _arguments)
    places = [(n, k) for n in order for k, child in enumerate(n.arguments) if child is node]
    for parent, k in places if len(places) > 1 else ():
        arguments = (*parent.arguments[:k], other, *parent.arguments[k + 1 :])
        try:
            yield substitute(claim, {parent: make(parent.head, arguments, parent.value)})
        except MatcalcError:
            continue


def _made(head: str, *arguments: Expression | None, value: object = None) -> Iterator[Expression]:
    """Yield a node, or nothing if its shapes do not fit."""
    given = [argument for argument in arguments if argument is not None]
    if len(given) == len(arguments):
        with suppress(MatcalcError):
            yield make(head, tuple(given), value)


def _text(node: Expression) -> str:
    text = to_text(node)
    return text if len(text) <= 50 else f"{text[:24]} ... {text[-20:]}"


def _opposite(node: Expression) -> Expression:
    return node.arguments[0] if node.head == "negate" else make("negate", (node,))


def _turned(node: Expression) -> Expression:
    return node.arguments[0] if node.head == "transpose" else make("transpose", (node,))


# Signs


def _terms_turned(node: Expression, own: Known) -> Iterator[Change]:
    for k, term in enumerate(node.arguments if node.head == "add" else ()):
        arguments = (*node.arguments[:k], _opposite(term), *node.arguments[k + 1 :])
        yield Change(make("add", arguments), _text(term))


def _negations(node: Expression, own: Known) -> Iterator[Change]:
    if node.head == "negate":
        yield Change(node.arguments[0])


def _operands_turned(node: Expression, own: Known) -> Iterator[Change]:
    if node.head == "call" and _minds_signs(node):
        yield Change(make("call", (_opposite(node.arguments[0]),), node.value))


def _minds_signs(node: Expression) -> bool:
    """Tell whether this is an elementwise function in whose argument a sign is easily lost."""
    row = ROWS[node.value[0], len(node.arguments)]
    return bool(row.derivatives) and len(node.arguments) == 1 and row.parity != "even"


# Products


def _entrywise(node: Expression, own: Known) -> Iterator[Change]:
    if node.head == "multiply":
        yield from map(Change, _made("hadamard", *node.arguments))


def _matrixwise(node: Expression, own: Known) -> Iterator[Change]:
    if node.head == "hadamard":
        yield from map(Change, _made("multiply", *node.arguments))


def _transposes(node: Expression, own: Known) -> Iterator[Change]:
    if len(node.shape) == 2 and node.shape[0] == node.shape[1]:
        yield Change(_turned(node))


def _orders(node: Expression, own: Known) -> Iterator[Change]:
    """Exchange the factors of a matrix product, or the arguments of a function of two."""
    if node.head in ("call", "kron") and len(node.arguments) == 2:
        yield from map(Change, _made(node.head, *node.arguments[::-1], value=node.value))
    if node.head != "multiply" or not all(len(a.shape) == 2 for a in node.arguments):
        return
    left, right = node.arguments
    yield from map(Change, _made("multiply", right, left))
    if left.head == "multiply":
        for begin in _made("multiply", left.arguments[0], right):
            yield from map(Change, _made("multiply", begin, left.arguments[1]))


def _outer(node: Expression, own: Known) -> Iterator[Change]:
    """Put u*v' for u'*v, and v*u'."""
    if node.head == "multiply" and not node.shape:
        left, right = node.arguments
        yield from map(Change, _made("multiply", _turned(left), _turned(right)))
        yield from map(Change, _made("multiply", right, left))


def _inner(node: Expression, own: Known) -> Iterator[Change]:
    """Put u'*v for u*v', times the unit matrix where one matrix must stay."""
    if node.head == "multiply" and len(node.shape) == 2:
        left, right = node.arguments
        for scalar in _made("multiply", _turned(left), _turned(right)):
            if not scalar.shape:
                yield Change(scalar)
                if node.shape[0] == node.shape[1]:
                    unit = make("eye", (), node.shape[0])
                    yield from map(Change, _made("multiply", scalar, unit))


# Functions


def _alike(name: str) -> list[str]:
    """Return what a function is mistaken for, or the other way round."""
    others = {row.name for row in TABLE if name in row.mistaken_for}
    return sorted({*ROWS[name, 1].mistaken_for, *others})


def _functions(node: Expression, own: Known) -> Iterator[Change]:
    if node.head == "call" and len(node.arguments) == 1:
        for other in _alike(node.value[0]):
            yield from map(Change, _made("call", *node.arguments, value=(other, node.value[1])))


def _diagonals(node: Expression, own: Known) -> Iterator[Change]:
    """Put the diagonal matrix for the diagonal: diag of a matrix takes it out."""
    if node.head == "call" and len(node.arguments) == 1:
        row = ROWS[node.value[0], 1]
        if row.gives == "diagonal" and len(node.arguments[0].shape) == 2:
            yield from map(Change, _made("call", node, value=node.value))


def _reductions(node: Expression, own: Known) -> Iterator[Change]:
    """Leave out what makes one number of an array: a trace, a sum."""
    if node.head == "call" and not node.shape and len(node.arguments) == 1:
        (operand,) = node.arguments
        yield from [Change(operand)] if operand.shape else ()


def _compositions(node: Expression, own: Known) -> Iterator[Change]:
    """Put f(u)*v for f(v), where f(u) is in the formula."""
    if node.head == "call" and len(node.arguments) == 1:
        for part in own.parts:
            same = part.head == "call" and part.value == node.value and part is not node
            if same and part.shape == node.shape and not own.free[part]:
                yield from map(Change, _made("hadamard", part, *node.arguments))


def _powers(node: Expression, own: Known) -> Iterator[Change]:
    """Square a part, leave a power out, or take it inside a sum."""
    if node.head == "call":
        yield Change(make("power", (node, number(2))))
    if node.head == "power":
        base, exponent = node.arguments
        yield Change(base)
        if base.head == "add":
            yield Change(make("add", tuple([_raised(t, exponent) for t in base.arguments])))


def _raised(term: Expression, exponent: Expression) -> Expression:
    """Return the power of a term, with its sign kept."""
    if term.head == "negate":
        return make("negate", (_raised(term.arguments[0], exponent),))
    if term.head == "number" and exponent.head == "number":
        return number(term.value**exponent.value) if exponent.value.denominator == 1 else term
    return make("power", (term, exponent))


# What is there too much, and what stands for something else


def _terms(node: Expression, own: Known) -> Iterator[Change]:
    """Leave out one term of a sum."""
    for k, term in enumerate(node.arguments if node.head == "add" else ()):
        rest = (*node.arguments[:k], *node.arguments[k + 1 :])
        left = list(_made("add", *rest)) if len(rest) > 1 else rest
        yield from [Change(other, _text(term)) for other in left if other.shape == node.shape]


def _factors(node: Expression, own: Known) -> Iterator[Change]:
    """Leave out one factor of a product, or two of a product entry by entry."""
    if node.head == "multiply":
        for k, factor in enumerate(node.arguments):
            other = node.arguments[1 - k]
            if other.shape == node.shape and factor.head != "number":
                yield Change(other, _text(factor))
    several = _entrywise_factors(node)
    for count in (1, 2):
        for gone in itertools.combinations(range(len(several)), count):
            kept = [f for k, f in enumerate(several) if k not in gone]
            if kept:
                other, lost = _together(kept), _together([several[k] for k in gone])
                yield from [Change(other, _text(lost))] if other.shape == node.shape else ()


def _together(factors: list[Expression]) -> Expression:
    return functools.reduce(lambda a, b: make("hadamard", (a, b)), factors)


def _entrywise_factors(node: Expression) -> list[Expression]:
    several: list[Expression] = []
    while node.head == "hadamard":
        node, last = node.arguments
        several.insert(0, last)
    return [node, *several] if several else []


def _conditions(node: Expression, own: Known) -> Iterator[Change]:
    for other in own.conditions if node.head == "compare" else ():
        if other.shape == node.shape or not other.shape:
            yield Change(other)


def _parts(node: Expression, own: Known) -> Iterator[Change]:
    """Put another variable or part of the formula for a variable."""
    if node.head not in ("variable", "subscript"):
        return
    fitting = [p for p in own.parts if p is not node and not own.free[p]]
    for other in sorted(fitting, key=lambda p: p.shape != node.shape):
        if len(other.shape) >= len(node.shape) and other.head not in ("number", "size"):
            yield Change(other)


def _swapped(claim: Expression) -> Iterator[Repair]:
    """Exchange two variables of one shape."""
    order = postorder([claim], _arguments)
    variables = [node for node in order if node.head == "variable"]
    for k, one in enumerate(variables):
        for other in variables[k + 1 :]:
            if one.shape == other.shape:
                hint = f"{one.value.name} and {other.value.name} are interchanged"
                yield Repair("variable", hint, substitute(claim, {one: other, other: one}))


_STANDS = "{stands} stands where {must} must"
_MATRIX, _HADAMARD = "the matrix product *", "the element-wise (Hadamard) product .*"

SIGNS = (
    Edit("sign", _terms_turned, "sign error in the term {what}"),
    Edit("sign", _negations, "sign error: {stands} stands for its opposite"),
    Edit("sign", _operands_turned, f"sign error: {_STANDS}"),
)

EDITS = (
    Edit("product", _entrywise, f"{_MATRIX} stands where {_HADAMARD} must: {{must}}",
         f"{_HADAMARD} stands where {_MATRIX} must: {{must}}"),
    Edit("product", _matrixwise, f"{_HADAMARD} stands where {_MATRIX} must: {{must}}",
         f"{_MATRIX} stands where {_HADAMARD} must: {{must}}"),
    Edit("transposed factor", _transposes, f"{_STANDS}: a transpose is wrong"),
    Edit("order of factors", _orders, f"the factors do not commute: {_STANDS}"),
    Edit("outer product", _outer, "the inner product {stands} stands where the outer product "
         "{must} must", "the outer product {stands} stands where the inner product {must} must"),
    Edit("inner product", _inner, "the outer product {stands} stands where the inner product "
         "{must} must", "the inner product {stands} stands where the outer product {must} must"),
    Edit("function", _functions, _STANDS),
    Edit("diag", _diagonals, f"diag takes the diagonal out of a matrix: {_STANDS}"),
    Edit("composition", _compositions, "{stands} is a composition, and stands where the product "
         "{must} must"),
    Edit("power", _powers, _STANDS),
    Edit("reduction", _reductions, f"{_STANDS}: nothing is added up",
         f"{_STANDS}: the entries must be added up"),
    Edit("extra term", _terms, "the claim has the term {what} too much"),
    Edit("factor", _factors, "the claim has the factor {what} too much",
         "the factor {what} is missing"),
    Edit("condition", _conditions, "the indicator has the wrong condition: {stands} for {must}"),
    Edit("variable", _parts, _STANDS),
)  # fmt: skip
"""What may be mended in a claim, the most telling first: one more slip is one more row."""
