"""The table's formulas, read once from their text and kept."""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction
from functools import cache

from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.dimensions import name as dimension_named
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression, make, variable
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.syntax.reading import read_formula


@cache
def derivative(name: str, arity: int, argument: int, beside_number: bool = False) -> Expression:
    """Return an elementwise function's derivative by one argument, in its scalar parameters.

    `beside_number` tells that another argument is a number.
    """
    row = ROWS[name, arity]
    formulas = row.beside_number if beside_number and row.beside_number else row.derivatives
    return read_formula(formulas[argument], dict.fromkeys(row.parameters, ()))


@cache
def differential(name: str, rank: int) -> tuple[Expression, Shape, Shape]:
    """Return a function's differential in X, Y and dX, and the shapes of X and Y.

    `rank` is that of X: a reduction has a row for vectors and matrices alike.
    """
    row = ROWS[name, 1]
    n: tuple[Dimension, ...] = tuple([dimension_named(x) for x in "nmpqrstuvw"[:rank]])
    if row.takes == "square":
        n = (n[0], n[0])
    result = n if row.gives == "same" else ()
    return read_formula(row.differential, {"X": n, "dX": n, "Y": result}), n, result


@cache
def of_one_entry(name: str) -> Expression:
    """Return what a function of a matrix is of one entry, in the scalar x."""
    row = ROWS[name, 1]
    if row.of_one_entry:
        return read_formula(row.of_one_entry, {"x": ()})
    one = make("ones", (), (ONE, ONE))
    whole = make("multiply", (variable("x", ()), one))
    return opened_call(make("call", (whole,), (name, None)))


@cache
def logarithm(name: str, complement: bool = False) -> Expression | None:
    """Return log(f(x)), or log(1 - f(x)), of a function f; None if its row has it not."""
    row = ROWS[name, 1]
    text = row.complement if complement else row.logarithm
    return read_formula(text, {"x": ()}) if text else None


@cache
def quotients() -> dict[tuple[str, str], str]:
    """Return the functions that are quotients of two others of the same argument, by those.

    >>> quotients()["sinh", "cosh"]
    'tanh'
    """
    read = {row: read_formula(row.quotient, {"x": ()}) for row in ROWS.values() if row.quotient}
    return {(q.arguments[0].value[0], q.arguments[1].value[0]): row.name for row, q in read.items()}


# Definitions


@cache
def definition(name: str, shapes: tuple[Shape, ...]) -> Expression:
    """Return the formula that a function is, in its parameters: of arrays of these shapes.

    Parameters in small letters are scalars, whatever the shapes: it works entry by entry.
    """
    row = ROWS[name, len(shapes)]
    given = [() if p.islower() else shape for p, shape in zip(row.parameters, shapes, strict=True)]
    return read_formula(row.definition, dict(zip(row.parameters, given, strict=True)))


def opened_call(call: Expression) -> Expression:
    """Return what a call of a function with a definition stands for.

    >>> from matcalc.expressions.dimensions import name
    >>> x = variable("x", (name("n"),))
    >>> from matcalc.notation.text import to_text
    >>> to_text(opened_call(make("call", (x,), ("norm1", None))))
    'sum(abs(x))'
    """
    formula = definition(call.value[0], tuple([a.shape for a in call.arguments]))
    row = ROWS[call.value[0], len(call.arguments)]
    whole = put_in(formula, dict(zip(row.parameters, call.arguments, strict=True)))
    if whole.shape == call.shape:
        return whole
    # a matrix of one entry, whose transpose is a vector
    return make("multiply", (make("call", (whole,), ("sum", None)), make("ones", (), call.shape)))


def put_in(formula: Expression, values: dict[str, Expression]) -> Expression:
    """Return a formula of the table with values for its parameters.

    What it multiplies as scalars is multiplied entry by entry.
    """
    found: dict[Expression, Expression] = {}
    for node in postorder([formula], lambda node: node.arguments):
        if node.head == "variable":
            found[node] = values[node.value.name]
        elif node.arguments:
            arguments = tuple([found[argument] for argument in node.arguments])
            scalars = node.head == "multiply" and not node.shape
            scalars = scalars and not any(a.shape for a in node.arguments)
            lifted = scalars and all(a.shape for a in arguments)
            found[node] = make("hadamard" if lifted else node.head, arguments, node.value)
        else:
            found[node] = node
    return found[formula]


def opened(
    formulas: Sequence[Expression], own: Container[tuple[str, int]] = ()
) -> list[Expression]:
    """Return formulas with definitions for the calls of functions that are nothing else.

    Functions in `own` (by name and arity) stay, and those that work entry by entry, which
    have templates. A definition may call functions that have one. What the formulas share is
    looked through once.
    """
    found: dict[Expression, Expression] = {}
    for node in postorder(formulas, lambda node: node.arguments):
        arguments = tuple([found[argument] for argument in node.arguments])
        same = all(a is b for a, b in zip(arguments, node.arguments, strict=True))
        whole = node if same else make(node.head, arguments, node.value)
        key = (node.value[0], len(arguments)) if node.head == "call" else None
        if key is not None and key not in own and key in ROWS and is_defined(key):
            (whole,) = opened([opened_call(whole)], own)
        found[node] = whole
    return [found[formula] for formula in formulas]


def is_defined(key: tuple[str, int]) -> bool:
    """Tell whether a function is computed from its definition, as an array and not by entries."""
    row = ROWS[key]
    return bool(row.definition) and not row.parameters[0].islower()


# Functions of numbers, in other languages


@cache
def template(name: str, arity: int, column: str) -> str:
    """Return how a function of numbers is written: the row's own word, or by its definition.

    >>> template("tanh", 1, "numpy"), template("arcsin", 1, "mpmath")
    ('np.tanh({0})', 'asin({0})')
    >>> template("silu", 1, "numpy")
    '({0}*(sigmoid({0})))'
    """
    row = ROWS[name, arity]
    own: str = getattr(row, column)
    if own:
        return own
    if column == "mpmath" and row.sympy:
        return row.sympy
    if row.definition:
        return _written(definition(name, ((),) * arity), row.parameters, column)
    if column in ("mpmath", "pieces"):
        return template(name, arity, "sympy")
    arguments = ", ".join([f"{{{k}}}" for k in range(arity)])
    return f"np.{name}({arguments})" if column == "numpy" else f"{name}({arguments})"


_NUMBERS = {"numpy": "({0}/{1})", "mpmath": "(mpf({0})/{1})"}
_OPERATORS = {"multiply": "*", "hadamard": "*", "divide": "/", "power": "**"}
_COMPARED = {"numpy": "(({0} {op} {1})*1.0)", "mpmath": "int({0} {op} {1})"}


def _written(formula: Expression, parameters: tuple[str, ...], column: str) -> str:
    """Return a formula in scalars as a template of this column."""
    texts: dict[Expression, str] = {}
    for node in postorder([formula], lambda node: node.arguments):
        parts = [texts[argument] for argument in node.arguments]
        if node.head == "variable":
            texts[node] = f"{{{parameters.index(node.value.name)}}}"
        elif node.head == "number":
            texts[node] = _number(node.value, column)
        elif node.head == "pi":
            texts[node] = "np.pi" if column == "numpy" else "pi"
        elif node.head == "add":
            texts[node] = f"({' + '.join(parts)})"
        elif node.head == "negate":
            texts[node] = f"(-{parts[0]})"
        elif node.head == "compare":
            form = _COMPARED.get(column, "Piecewise((1, {0} {op} {1}), (0, True))")
            texts[node] = form.format(*parts, op=node.value)
        elif node.head == "call":
            inner = template(node.value[0], len(parts), column).format(*parts)
            texts[node] = f"({inner})"
        else:
            texts[node] = f"({parts[0]}{_OPERATORS[node.head]}{parts[1]})"
    return texts[formula]


def _number(value: Fraction, column: str) -> str:
    if value.denominator == 1:
        return str(value)
    return _NUMBERS.get(column, "Rational({0}, {1})").format(value.numerator, value.denominator)
