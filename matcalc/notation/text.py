"""Formulas as plain text in matcalc's own language, which parses back to the same value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import function_name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.notation.precedence import (
    LEVELS,
    Level,
    Operand,
    Piece,
    Printed,
    begins_signed,
    bracketed,
    join,
    lay_out,
    signed_sum,
)
from matcalc.notation.sharing import Names, Program, program

Layout = Mapping[Expression, Printed]


def to_text(
    expression: Expression,
    *,
    ascii: bool = False,  # noqa: A002
    names: Names | None = None,
    named: Mapping[Expression, str] = MappingProxyType({}),
) -> str:
    """Return the formula as typed, or as a program that names its shared parts.

    With `names`, parts are named where that makes the text distinctly shorter; without, only
    in formulas that would be huge. Parts that are `named` already are written as their names.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import make, number, variable
    >>> x, y = (variable(letter, (name("n"),)) for letter in "xy")
    >>> product = make("multiply", (make("transpose", (x,)), y))
    >>> to_text(make("add", (product, make("negate", (number(2),)))))
    "x'*y - 2"
    """
    if expression in named:
        return named[expression]
    chosen = program([expression], names)
    parts, (result,) = program_text(chosen, ascii=ascii, named=named)
    return "; ".join([*[f"{name} = {part}" for name, part in parts], result])


def program_text(
    chosen: Program,
    *,
    ascii: bool = False,  # noqa: A002
    named: Mapping[Expression, str] = MappingProxyType({}),
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the shared parts of a program as (name, text) in order, and the formulas of them."""
    describe = _describe_ascii if ascii else describe_text
    known = {**named}
    lines = []
    for name, part in chosen.parts:
        lines.append((name, join(part, lay_out(part, describe, known))))
        known[part] = name
    return lines, [join(result, lay_out(result, describe, known)) for result in chosen.results]


def count_nodes(expression: Expression) -> int:
    """Return the number of operators, functions, names and numbers in the formula's text.

    A fraction counts as the division it is typed as, a transpose is one operator, a
    subtraction is one operator. Shared parts count as often as they are written.

    >>> from fractions import Fraction
    >>> from matcalc.expressions.nodes import number
    >>> count_nodes(number(Fraction(-1, 3)))
    4
    """
    layout = lay_out(expression, describe_text)
    counts: dict[Expression, int] = {}
    for node in postorder([expression], lambda node: node.arguments):
        own = _OWN_NODES.get(node.head, _one)(node)
        inner = sum([counts[argument] for argument in node.arguments])
        if node.head == "add":  # the minus of a term is the subtraction
            inner -= sum([isinstance(p, Operand) and p.unsigned for p in layout[node].pieces])
        counts[node] = own + inner
    return counts[expression]


def size_text(dimension: Dimension) -> str:
    """Return a dimension as it is written where a number is expected: 'n-1'."""
    return str(dimension)


# The number of nodes that a head itself is written with


def _one(node: Expression) -> int:
    return 1


def _of_number(node: Expression) -> int:
    value: Fraction = node.value
    return 1 + 2 * (value.denominator != 1) + (value < 0)


def _of_dimension(dimension: Dimension) -> int:
    count = 0
    for monomial, coefficient in dimension.terms:
        factors = len(monomial) + (abs(coefficient) != 1 or not monomial)
        count += 2 * factors  # the factors, and an operator before each but the first
    first = dimension.terms[0][1] if dimension.terms else 1
    return max(1, count - 1 + (first < 0))


def _of_shape(shape: Shape) -> int:
    return 1 + sum(map(_of_dimension, shape)) if shape else 1


def _of_call(node: Expression) -> int:
    return _of_shape(node.value[1]) if ROWS[node.value[0], len(node.arguments)].sizes else 1


_OWN_NODES: dict[str, Callable[[Expression], int]] = {
    "number": _of_number,
    "size": lambda node: _of_dimension(node.value),
    "ones": lambda node: _of_shape(node.value),
    "zeros": lambda node: _of_shape(node.value),
    "eye": lambda node: _of_shape((node.value,)),
    "commutation": lambda node: _of_shape(node.value),
    "add": lambda node: len(node.arguments) - 1,
    "call": _of_call,
    "index_sum": lambda node: 2,
    "tensor": lambda node: 1 + len(node.value[0]),
    "subscript": lambda node: 1 + sum(isinstance(s, tuple) for s in node.value),
}


# Names and numbers


def _atom(*pieces: Piece) -> Printed:
    return Printed(pieces, Level.ATOM)


def _number(node: Expression, layout: Layout) -> Printed:
    value = node.value
    level = Level.PRODUCT if value.denominator != 1 else Level.SIGN if value < 0 else Level.ATOM
    return Printed((str(value),), level, signed=value < 0)


def _size(node: Expression, layout: Layout) -> Printed:
    text = size_text(node.value)
    terms = node.value.terms
    signed = text.startswith("-")
    if len(terms) > 1:
        return Printed((text,), Level.SUM, signed)
    return Printed(
        (text,), Level.PRODUCT if "*" in text else Level.SIGN if signed else Level.ATOM, signed
    )


def _filled(name: str, scalar: str) -> Callable[[Expression, Layout], Printed]:
    def describe(node: Expression, layout: Layout) -> Printed:
        return _atom(f"{name}({_sizes(node.value)})" if node.value else scalar)

    return describe


def _sizes(shape: Shape) -> str:
    return ", ".join(map(size_text, shape))


# Sums and products, on one level, left to right


def _negate(node: Expression, layout: Layout) -> Printed:
    (operand,) = node.arguments
    inner = layout[operand]
    loose = inner.level < Level.PRODUCT or inner.signed
    shown = Operand(operand, "(", ")") if loose else Operand(operand)
    level = LEVELS["negate"] if loose else min(LEVELS["negate"], inner.level)
    return Printed(("-", shown), level, signed=True)


def unsigned(node: Expression, layout: Layout) -> Expression:
    """Return the term after the minus: a minus binds tighter than a product, -A*B is one."""
    while node.head == "negate" and layout[node].level < Level.ATOM:
        (node,) = node.arguments
    return node


def product_kind(node: Expression, layout: Layout) -> str:
    """Return which product or quotient a term is written as: the operator applied last."""
    node = unsigned(node, layout)
    if layout[node].level == Level.ATOM:
        return "atom"
    if node.head == "number" and node.value.denominator != 1:
        return "divide"
    if node.head == "divide" and not _is_quotient(node):
        return "entrywise"
    return node.head


def _is_quotient(node: Expression) -> bool:
    """Tell whether a division is written with / (by a scalar, or a scalar by a vector)."""
    numerator, denominator = node.arguments
    return not denominator.shape or (not numerator.shape and len(denominator.shape) == 1)


def ends_in_inner_product(node: Expression, layout: Layout) -> bool:
    """Tell whether this is a scalar whose text ends in a row times a column: 2*x'*y."""
    node = unsigned(node, layout)
    while node.head == "multiply" and not node.shape and layout[node].level == Level.PRODUCT:
        last = layout[node].pieces[-1]
        right = node.arguments[1]
        if right.shape:
            return True
        if isinstance(last, Operand) and last.opening:
            return False
        node = right
    return False


def is_scaling(node: Expression, layout: Layout) -> bool:
    """Tell whether this is a scalar times a thing that needs no brackets: 2*x."""
    node = unsigned(node, layout)
    if node.head != "multiply" or layout[node].level > Level.PRODUCT:
        return False
    left, right = node.arguments
    return not left.shape and layout[right].level > Level.PRODUCT


def _left(node: Expression, natural: bool, layout: Layout) -> Operand:
    """Return the left operand of a product: by the grammar it needs no brackets on this level.

    It gets them where it would not read well.
    """
    if natural:
        return bracketed(node, Level.PRODUCT, layout)
    return bracketed(node, Level.SIGN, layout)


def _right(node: Expression, layout: Layout) -> Operand:
    printed = layout[node]
    if printed.level < Level.POWER:
        return Operand(node, "(", ")")
    return Operand(node)


def _multiply(node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    natural = product_kind(left, layout) in ("multiply", "divide", "size")
    first: tuple[Piece, ...] = (_left(left, natural, layout),)
    if right.shape or right.head == "multiply":
        first = _with_inner_products_closed(left, first, layout)
    second = Operand(right) if continues(right, left, layout) else _right(right, layout)
    return Printed((*first, "*", second), LEVELS[node.head], begins_signed(first[0], layout))


def _with_inner_products_closed(
    left: Expression, shown: tuple[Piece, ...], layout: Layout
) -> tuple[Piece, ...]:
    """Put brackets around inner products in front of a vector: (x'*y)*z, 2*(x'*y)*z."""
    if ends_in_inner_product(left, layout) and left.arguments[-1].shape:
        return (Operand(left, "(", ")"),)
    if left.shape or left.head not in ("multiply", "divide"):
        return shown
    pieces = layout[left].pieces
    if len(pieces) < 3 or shown[0] != Operand(left):
        return shown
    return tuple([closed for piece in pieces for closed in _closed(piece, layout)])


def _closed(piece: Piece, layout: Layout) -> tuple[Piece, ...]:
    """Put brackets around the inner product that a piece ends in: 2*(x'*y)."""
    if not isinstance(piece, Operand) or not ends_in_inner_product(piece.node, layout):
        return (piece,)
    parts = piece.node.arguments
    if piece.opening or piece.node.head == "negate" or any(part.shape for part in parts):
        return (Operand(piece.node, "(", ")"),)
    return (*layout[piece.node].pieces[:-1], Operand(parts[-1], "(", ")"))


def continues(right: Expression, left: Expression, layout: Layout) -> bool:
    """Tell whether left*(b*c) may be written left*b*c.

    The right operand must be a chain of products that nothing divides or signs. Then the
    product is associative if `left` is a scalar, and if no part of the chain is one.
    """
    if layout[right].level != Level.PRODUCT or layout[right].signed or right.head != "multiply":
        return False
    if ends_in_inner_product(left, layout) and not right.shape:
        return False
    while right.head == "multiply" and layout[right].level == Level.PRODUCT:
        first, second = right.arguments
        if left.shape and not (first.shape and second.shape and right.shape):
            return False
        opened = layout[right].pieces[0]
        assert isinstance(opened, Operand)
        if opened.opening:
            return True
        right = first
    return layout[right].level > Level.PRODUCT


def _product(first: Operand, operator: str, second: Operand, layout: Layout) -> Printed:
    return Printed((first, operator, second), Level.PRODUCT, begins_signed(first, layout))


_ENTRYWISE = frozenset(("hadamard", "entrywise"))


def _hadamard(node: Expression, layout: Layout) -> Printed:
    return _entrywise(" .* ", node, layout)


def _entrywise(operator: str, node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    natural = product_kind(left, layout) in _ENTRYWISE or is_scaling(left, layout)
    return _product(_left(left, natural, layout), operator, _right(right, layout), layout)


def _divide(node: Expression, layout: Layout) -> Printed:
    if not _is_quotient(node):
        return _entrywise(" ./ ", node, layout)
    left, right = node.arguments
    natural = product_kind(left, layout) in ("multiply", "divide", "size")
    return _product(_left(left, natural, layout), "/", _right(right, layout), layout)


def _dot(node: Expression, layout: Layout) -> Printed:
    first, second = [bracketed(part, Level.POWER, layout) for part in node.arguments]
    return _product(first, "·", second, layout)


def _kron(node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    first = _left(left, product_kind(left, layout) == "kron", layout)
    return _product(first, " ⊗ ", _right(right, layout), layout)


# Powers, transposes, entries


def _power(node: Expression, layout: Layout) -> Printed:
    base, exponent = node.arguments
    rank = len(base.shape)
    plain = node.head == "matrix_power" or (rank < 2 and len(exponent.shape) <= rank)
    operator = "^" if plain else " .^ "
    first = bracketed(base, Level.POSTFIX, layout)
    whole = exponent.head == "number" and exponent.value.denominator == 1
    second = Operand(exponent) if whole else bracketed(exponent, Level.POSTFIX, layout)
    return Printed((first, operator, second), LEVELS[node.head])


def _transpose(node: Expression, layout: Layout) -> Printed:
    (operand,) = node.arguments
    if operand.head in ("number", "size", "pi"):
        return Printed((Operand(operand, "(", ")"), "'"), LEVELS[node.head])
    return Printed((bracketed(operand, Level.ATOM, layout), "'"), LEVELS[node.head])


def _subscript(node: Expression, layout: Layout) -> Printed:
    base = node.arguments[0]
    bare = layout[base].level == Level.ATOM and base.head not in ("number", "stack", "compare")
    pieces: list[Piece] = [Operand(base) if bare else Operand(base, "(", ")"), "["]
    indices = iter(node.arguments[1:])
    for position, selector in enumerate(node.value):
        if position:
            pieces.append(",")
        if selector == "all":
            pieces.append(":")
        elif selector == "entry":
            pieces.append(Operand(next(indices)))
        else:
            pieces += (Operand(next(indices)), ":", Operand(next(indices)))
    return _atom(*pieces, "]")


def _compare(node: Expression, layout: Layout) -> Printed:
    return _atom("[", *_comparison(node), "]")


def _comparison(node: Expression) -> tuple[Piece, ...]:
    left, right = node.arguments
    return (Operand(left), f" {node.value} ", Operand(right))


def _stack(node: Expression, layout: Layout) -> Printed:
    pieces: list[Piece] = ["["]
    cells = iter(node.arguments)
    for row, length in enumerate(node.value):
        if row:
            pieces.append("; ")
        for column in range(length):
            if column:
                pieces.append(", ")
            pieces.append(Operand(next(cells)))
    return _atom(*pieces, "]")


# Functions and running indices


def _listed(opening: str, arguments: tuple[Expression, ...], closing: str = ")") -> Printed:
    pieces: list[Piece] = [opening]
    for position, argument in enumerate(arguments):
        if position:
            pieces.append(", ")
        pieces.append(Operand(argument))
    return _atom(*pieces, closing)


def _call(node: Expression, layout: Layout) -> Printed:
    name, detail = node.value
    condition, row = node.arguments[0], ROWS[name, len(node.arguments)]
    if (
        row.chooses == "condition"
        and condition.head == "compare"
        and len(layout[condition].pieces) > 1
    ):
        _, then, otherwise = map(Operand, node.arguments)
        return _atom(f"{name}(", *_comparison(condition), ", ", then, ", ", otherwise, ")")
    if row.sizes:
        return _listed(f"{name}(", node.arguments, f", {_sizes(detail)})")
    return _listed(f"{name}(", node.arguments, ")" if detail is None else f", axis={detail})")


def _abstract(node: Expression, layout: Layout) -> Printed:
    return _listed(f"{function_name(node.value)}(", node.arguments)


def _bounds(name: str, low: Expression, high: Expression, layout: Layout) -> list[Piece]:
    return [f"{name} = ", bracketed(low, Level.ATOM, layout), "..", Operand(high), ", "]


def _index_sum(node: Expression, layout: Layout) -> Printed:
    low, high, body = node.arguments
    return _atom("sum(", *_bounds(node.value, low, high, layout), Operand(body), ")")


def _tensor(node: Expression, layout: Layout) -> Printed:
    pieces: list[Piece] = ["tensor("]
    for position, name in enumerate(node.value[0]):
        low, high = node.arguments[2 * position : 2 * position + 2]
        pieces += _bounds(name, low, high, layout)
    return _atom(*pieces, Operand(node.arguments[-1]), ")")


_TABLE: dict[str, Callable[[Expression, Layout], Printed]] = {
    "number": _number,
    "size": _size,
    "pi": lambda node, layout: _atom("pi"),
    "variable": lambda node, layout: _atom(node.value.name),
    "index": lambda node, layout: _atom(node.value),
    "ones": _filled("ones", "1"),
    "zeros": _filled("zeros", "0"),
    "eye": lambda node, layout: _atom(f"eye({size_text(node.value)})"),
    "commutation": lambda node, layout: _atom(f"commutation({_sizes(node.value)})"),
    "add": signed_sum,
    "negate": _negate,
    "multiply": _multiply,
    "hadamard": _hadamard,
    "divide": _divide,
    "dot": _dot,
    "kron": _kron,
    "power": _power,
    "matrix_power": _power,
    "transpose": _transpose,
    "compare": _compare,
    "call": _call,
    "abstract": _abstract,
    "index_sum": _index_sum,
    "tensor": _tensor,
    "delta": lambda node, layout: _listed("delta(", node.arguments),
    "subscript": _subscript,
    "stack": _stack,
}

_ASCII: dict[str, Callable[[Expression, Layout], Printed]] = _TABLE | {
    "dot": lambda node, layout: _listed("dot(", node.arguments),
    "kron": lambda node, layout: _listed("kron(", node.arguments),
}


def describe_text(node: Expression, layout: Layout) -> Printed:
    """Return the pieces and the level of one node, its operands left to be printed."""
    return _TABLE[node.head](node, layout)


def _describe_ascii(node: Expression, layout: Layout) -> Printed:
    return _ASCII[node.head](node, layout)
