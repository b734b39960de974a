"""Formulas as SymPy writes them: matrix symbols of concrete sizes, vectors as columns.

What contracts to a number can stay a matrix of one row and column, to which functions are
applied entry by entry, or be made a scalar by `Trace`. SymPy derives some formulas in the one
form only and some in the other: `NUMBERS` has both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import sympy
from sympy.matrices import expressions as matrices

from matcalc.calculus.templates import template
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.programs.sizes import array_shape

NUMBERS: tuple[Callable[[Any], Any], ...] = (lambda product: product, sympy.Trace)
_T = sympy.Symbol("t", real=True)


class NoForm(Exception):
    """SymPy has no matrix expression for the formula."""


class Form(NamedTuple):
    """What a formula is written with: the sizes, and what makes a number of a 1 x 1 matrix."""

    sizes: Mapping[str, int]
    number: Callable[[Any], Any]


def translated(expression: Expression, form: Form) -> Any:
    """Return the formula in SymPy's terms; raise NoForm where it has none."""
    found: dict[Expression, Any] = {}
    for node in postorder([expression], lambda node: node.arguments):
        rule = RULES.get(node.head)
        if rule is None or len(node.shape) > 2:
            raise NoForm(node.head)
        found[node] = rule(node, [found[argument] for argument in node.arguments], form)
    return found[expression]


def size(node: Expression, form: Form) -> tuple[int, int]:
    """Return rows and columns; of a vector it is one column."""
    rows, columns = (*array_shape(node.shape, form.sizes), 1, 1)[:2]
    return rows, columns


def is_matrix(operand: Any) -> bool:
    """Tell whether SymPy takes this for a matrix, be it of one entry."""
    return bool(getattr(operand, "is_Matrix", False))


def as_number(operand: Any) -> Any:
    """Return what contracted to a number as a scalar of SymPy."""
    return sympy.Trace(operand) if is_matrix(operand) else operand


def spread(operand: Any, rows: int, columns: int) -> Any:
    """Expand what is a scalar to a matrix of equal entries."""
    if is_matrix(operand) and operand.shape == (rows, columns):
        return operand
    return as_number(operand) * matrices.OneMatrix(rows, columns)


def applied(function: Any, operand: Any) -> Any:
    """Apply a formula in `_T` to a scalar, or to each entry of a matrix."""
    if is_matrix(operand):
        return operand.applyfunc(sympy.Lambda(_T, function))
    return function.subs(_T, operand)


def ones(*shape: int) -> Any:
    return matrices.OneMatrix(*shape)


# Operators


def variable(node: Expression, operands: list[Any], form: Form) -> Any:
    name = node.value.name
    if node.shape:
        return sympy.MatrixSymbol(name, *size(node, form))
    return sympy.Symbol(name, real=True)


def add(node: Expression, operands: list[Any], form: Form) -> Any:
    if any(map(is_matrix, operands)):
        operands = [spread(operand, *size(node, form)) for operand in operands]
    total = operands[0]
    for operand in operands[1:]:
        total = total + operand
    return total


def multiply(node: Expression, operands: list[Any], form: Form) -> Any:
    left, right = operands
    first, second = node.arguments
    if first.shape and second.shape:
        return left * right if node.shape else form.number(left * right)
    if is_matrix(left) and is_matrix(right):  # one is a number of the form 1 x 1
        scalar, other = (left, right) if not first.shape else (right, left)
        if other.shape[1] == 1:
            return other * scalar
        return scalar * other if other.shape[0] == 1 else sympy.Trace(scalar) * other
    return left * right


def hadamard(node: Expression, operands: list[Any], form: Form) -> Any:
    if all(argument.shape for argument in node.arguments):
        return matrices.HadamardProduct(*operands)
    return multiply(node, operands, form)


def divide(node: Expression, operands: list[Any], form: Form) -> Any:
    above, below = operands
    if not node.arguments[1].shape:
        return multiply(node, [above, applied(1 / _T, below)], form)
    inverse = matrices.HadamardPower(below, -1)
    if node.arguments[0].shape:
        return matrices.HadamardProduct(above, inverse)
    return as_number(above) * inverse


def dot(node: Expression, operands: list[Any], form: Form) -> Any:
    left, right = (
        operand.T if is_matrix(operand) and operand.shape[0] == 1 else operand
        for operand in operands
    )
    if not all(argument.shape for argument in node.arguments):
        return multiply(node, [left, right], form)
    return form.number(left.T * right)


def power(node: Expression, operands: list[Any], form: Form) -> Any:
    base, exponent = operands[0], as_number(operands[1])
    if node.arguments[1].shape:
        raise NoForm("an exponent that is no number")
    if node.arguments[0].shape:
        return matrices.HadamardPower(base, exponent)
    return applied(_T**exponent, base)


def matrix_power(node: Expression, operands: list[Any], form: Form) -> Any:
    return operands[0] ** operands[1]


def transpose(node: Expression, operands: list[Any], form: Form) -> Any:
    return operands[0].T if is_matrix(operands[0]) else operands[0]


def subscript(node: Expression, operands: list[Any], form: Form) -> Any:
    if any(selector != "entry" for selector in node.value):
        raise NoForm("a slice")
    operand, *places = operands
    places = [place - 1 for place in places]
    if len(node.arguments[0].shape) == 1:
        places.append(sympy.Integer(0))
    return operand[tuple([sympy.Integer(0), *places][-2:])]


def index_sum(node: Expression, operands: list[Any], form: Form) -> Any:
    low, high, body = operands
    return sympy.Sum(as_number(body), (sympy.Symbol(node.value, integer=True), low, high))


# Functions


def call(node: Expression, operands: list[Any], form: Form) -> Any:
    name, axis = node.value
    row = ROWS[name, len(operands)]
    if name in CALLS and not row.derivatives:
        return CALLS[name](node, operands, form)
    if not row.derivatives or axis is not None:
        raise NoForm(name)
    return elementary(template(name, len(operands), "sympy"), operands)


def elementary(template: str, operands: list[Any]) -> Any:
    """Apply a function of one matrix, or of scalars only; the others are scalars."""
    symbols = [sympy.Symbol(f"argument{k}", real=True) for k in range(len(operands))]
    known = {symbol.name: symbol for symbol in symbols}
    function = sympy.sympify(template.format(*known), locals=known)
    wide = [k for k, operand in enumerate(operands) if is_matrix(operand)]
    if len(wide) > 1:
        raise NoForm("a function of two matrices")
    moving = {symbols[k]: _T for k in wide}
    given = {s: o for s, o in zip(symbols, operands, strict=True) if s not in moving}
    function = function.subs({**moving, **given}, simultaneous=True)
    return applied(function, operands[wide[0]]) if wide else function


def total(node: Expression, operands: list[Any], form: Form) -> Any:
    (operand,) = operands
    rows, columns = size(node.arguments[0], form)
    if node.value[1] == 0:
        return ones(1, rows) * operand
    if node.value[1] == 1:
        return operand * ones(columns, 1)
    if not is_matrix(operand):
        return operand
    left = [ones(1, rows)] if rows > 1 else []
    right = [ones(columns, 1)] if columns > 1 else []
    return form.number(sympy.MatMul(*left, operand, *right))


def mean(node: Expression, operands: list[Any], form: Form) -> Any:
    rows, columns = size(node.arguments[0], form)
    count = {None: rows * columns, 0: rows, 1: columns}[node.value[1]]
    return sympy.Rational(1, count) * total(node, operands, form)


def euclidean(node: Expression, operands: list[Any], form: Form) -> Any:
    (operand,) = operands
    if not is_matrix(operand):
        return sympy.sqrt(operand**2)
    squares = operand.T * operand
    square = form.number(squares) if operand.shape[1] == 1 else sympy.Trace(squares)
    return applied(sympy.sqrt(_T), square)


def norm1(node: Expression, operands: list[Any], form: Form) -> Any:
    return total(node, [applied(sympy.Abs(_T), operands[0])], form)


def logsumexp(node: Expression, operands: list[Any], form: Form) -> Any:
    exponentials = applied(sympy.exp(_T), operands[0])
    return applied(sympy.log(_T), total(node, [exponentials], form))


def softmax(node: Expression, operands: list[Any], form: Form) -> Any:
    exponentials = applied(sympy.exp(_T), operands[0])
    if node.value[1] is not None:
        raise NoForm("a softmax along an axis")
    return exponentials * applied(1 / _T, total(node, [exponentials], form))


def log_softmax(node: Expression, operands: list[Any], form: Form) -> Any:
    if node.value[1] is not None:
        raise NoForm("a softmax along an axis")
    return operands[0] - spread(logsumexp(node, operands, form), *size(node, form))


def diagonal(node: Expression, operands: list[Any], form: Form) -> Any:
    if len(node.shape) == 1:
        return matrices.DiagonalOf(operands[0])
    column = operands[0] if operands[0].shape[1] == 1 else operands[0].T
    return matrices.DiagMatrix(column)


Rule = Callable[[Expression, list[Any], Form], Any]

CALLS: dict[str, Rule] = {
    "sqrt": lambda node, operands, form: applied(sympy.sqrt(_T), operands[0]),
    "sum": total,
    "mean": mean,
    "norm1": norm1,
    "norm2": euclidean,
    "normF": euclidean,
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "inv": lambda node, operands, form: matrices.Inverse(operands[0]),
    "det": lambda node, operands, form: sympy.Determinant(operands[0]),
    "logdet": lambda node, operands, form: sympy.log(sympy.Determinant(operands[0])),
    "tr": lambda node, operands, form: sympy.Trace(operands[0]),
    "diag": diagonal,
}

RULES: dict[str, Rule] = {
    "number": lambda node, operands, form: sympy.Rational(*fraction(node.value)),
    "size": lambda node, operands, form: sympy.Integer(node.value.evaluate(form.sizes)),
    "pi": lambda node, operands, form: sympy.pi,
    "variable": variable,
    "index": lambda node, operands, form: sympy.Symbol(node.value, integer=True),
    "ones": lambda node, operands, form: ones(*size(node, form)),
    "zeros": lambda node, operands, form: sympy.ZeroMatrix(*size(node, form)),
    "eye": lambda node, operands, form: sympy.Identity(size(node, form)[0]),
    "add": add,
    "negate": lambda node, operands, form: -1 * operands[0],
    "multiply": multiply,
    "hadamard": hadamard,
    "divide": divide,
    "dot": dot,
    "kron": lambda node, operands, form: sympy.KroneckerProduct(*operands),
    "power": power,
    "matrix_power": matrix_power,
    "transpose": transpose,
    "subscript": subscript,
    "index_sum": index_sum,
    "call": call,
}


def fraction(value: Fraction) -> tuple[int, int]:
    return value.numerator, value.denominator
