"""Formulas as interned nodes with shapes, in the terms that people write them in."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple, final
from weakref import WeakValueDictionary

from matcalc.expressions import shapes
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.limits import spend
from matcalc.records import Frozen, setters


class Declared(NamedTuple):
    """The value of a `variable` node: its name and a structure it is known to have.

    `structure` is '', 'symmetric', 'spd' or 'diagonal'.
    """

    name: str
    structure: str = ""


class Signature(NamedTuple):
    """An abstract function: known by its name and the shapes it takes and gives.

    An elementwise function has one argument of any shape, and `parameters` is empty.
    """

    name: str
    elementwise: bool
    parameters: tuple[Shape, ...] = ()
    result: Shape = ()


class Application(NamedTuple):
    """The value of an `abstract` node: the function and the arguments it was derived by.

    `orders` has one argument number (from 0) an order, ascending: f'' is (0, 0).
    """

    function: Signature
    orders: tuple[int, ...] = ()


@final
class Expression(Frozen):
    """One node of a formula. Equal formulas are one object, so `is` and hash are cheap.

    `head` is one of `HEADS`, `value` its payload, `arguments` the operands, `shape` the
    shape: () a scalar, (n,) a column, (1, n) a row, (m, n) a matrix, more a tensor.
    """

    __slots__ = ("__weakref__", "arguments", "head", "shape", "value")

    head: str
    value: Any
    arguments: tuple[Expression, ...]
    shape: Shape

    def __repr__(self) -> str:
        return f"<{self.head} {self.value!r} {len(self.arguments)} arguments {self.shape}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make the node again: from all nodes in it, so that no depth matters."""
        order = postorder([self], lambda node: node.arguments)
        places = {node: place for place, node in enumerate(order)}
        parts = [
            (node.head, node.value, tuple([places[a] for a in node.arguments]), node.shape)
            for node in order
        ]
        return _made_again, (tuple(parts),)


_set_head, _set_value, _set_arguments, _set_shape = setters(
    Expression, "head", "value", "arguments", "shape"
)


HEADS = {
    "number": "value: Fraction",
    "size": "value: Dimension; a dimension used as a number",
    "pi": "the constant",
    "variable": "value: Declared",
    "index": "value: str; the running index of an `index_sum` or `tensor` around it",
    "ones": "value: shape; a vector or matrix of ones",
    "zeros": "value: shape",
    "eye": "value: Dimension; the identity matrix",
    "commutation": "value: (m, n); K with K*vec(A) = vec(A') for A of m x n",
    "add": "two or more terms, scalars expanded",
    "negate": "one operand",
    "multiply": "two factors: scalar and anything, or a matrix product",
    "hadamard": "two factors, entry by entry, scalars expanded",
    "divide": "numerator, denominator; entry by entry, scalars expanded",
    "dot": "two vectors",
    "kron": "two matrices",
    "power": "base, exponent; entry by entry, scalars expanded",
    "matrix_power": "square matrix, integer exponent (a number, a size or an index formula)",
    "transpose": "one operand",
    "compare": "value: '<', '<=', '>', '>=', '==', '!='; two operands, entry by entry, 1 or 0",
    "call": "value: (function name, axis or None); a function of the table; of 'unvec' "
    "('unvec', (m, n, ...)) and one operand",
    "abstract": "value: Application; a function known by its signature",
    "index_sum": "value: index name; operands low, high (inclusive), body",
    "tensor": "value: (index names, lengths as dimensions); operands low, high for each, then "
    "the scalar body",
    "delta": "two scalar index formulas: 1 where they are equal",
    "subscript": "value: one of 'entry', 'all', ('range', length) an axis; operands the object, "
    "then one index for an entry, two (inclusive) for a range",
    "stack": "value: row lengths; operands the cells row by row",
}

_interned: WeakValueDictionary[tuple[object, ...], Expression] = WeakValueDictionary()


def make(head: str, arguments: tuple[Expression, ...] = (), value: Any = None) -> Expression:
    """Return the node with this head, its shape computed from its arguments' shapes.

    Raises MatcalcError (E3xx) where the shapes do not fit.
    """
    spend(1 + len(arguments))
    key = (head, value, arguments)
    node = _interned.get(key)
    if node is None:
        operands = tuple([argument.shape for argument in arguments])
        node = _new(head, value, arguments, shapes.result_shape(head, value, operands))
        _interned[key] = node
    return node


def variable(name: str, shape: Shape, structure: str = "") -> Expression:
    """Return the variable of this name, shape and structure."""
    key = ("variable", name, shape, structure)
    node = _interned.get(key)
    if node is None:
        node = _interned[key] = _new("variable", Declared(name, structure), (), shape)
    return node


def _new(head: str, value: Any, arguments: tuple[Expression, ...], shape: Shape) -> Expression:
    node = Expression.__new__(Expression)
    _set_head(node, head)
    _set_value(node, value)
    _set_arguments(node, arguments)
    _set_shape(node, shape)
    return node


def _made_again(parts: tuple[tuple[str, Any, tuple[int, ...], Shape], ...]) -> Expression:
    nodes: list[Expression] = []
    for head, value, places, shape in parts:
        if head == "variable":
            nodes.append(variable(value.name, shape, value.structure))
        else:
            nodes.append(make(head, tuple([nodes[place] for place in places]), value))
    return nodes[-1]


def number(value: Fraction | int) -> Expression:
    """Return the exact number."""
    return make("number", (), Fraction(value))


def size(dimension: Dimension) -> Expression:
    """Return a dimension as a number."""
    value = dimension.value
    return number(value) if value is not None else make("size", (), dimension)


def is_diagonal(node: Expression) -> bool:
    """Tell whether this is written as the diagonal matrix of a vector.

    >>> from matcalc.expressions.dimensions import name
    >>> x = variable("x", (name("n"),))
    >>> is_diagonal(make("call", (x,), ("diag", None)))
    True
    """
    return node.head == "call" and node.value[0] == "diag" and len(node.shape) == 2


def substitute(expression: Expression, values: Mapping[Expression, Expression]) -> Expression:
    """Return the formula with nodes replaced by others of the same shape."""
    results: dict[Expression, Expression] = {}
    for node in postorder([expression], lambda n: () if n in values else n.arguments):
        if node in values:
            results[node] = values[node]
        elif node.arguments:
            arguments = tuple([results[child] for child in node.arguments])
            same = all(a is b for a, b in zip(arguments, node.arguments, strict=True))
            results[node] = node if same else make(node.head, arguments, node.value)
        else:
            results[node] = node
    return results[expression]
