"""The table's formulas, read once from their text and kept."""

from __future__ import annotations

from functools import cache

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.dimensions import name as dimension_named
from matcalc.expressions.functions import (
    DEFINED_BY_NAME,
    ELEMENTARY_BY_NAME,
    PRIMITIVE_BY_NAME,
)
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.syntax.reading import read_formula


@cache
def definition(name: str, shape: Shape) -> Expression:
    """Return the formula that defines a `Defined` function, in the variable X of this shape."""
    return read_formula(DEFINED_BY_NAME[name].definition, {"X": shape})


@cache
def derivative(name: str, arity: int, argument: int) -> Expression:
    """Return an `Elementary` function's derivative by one argument, in its scalar parameters."""
    row = ELEMENTARY_BY_NAME[name, arity]
    return read_formula(row.derivatives[argument], dict.fromkeys(row.parameters, ()))


@cache
def differential(name: str, rank: int) -> tuple[Expression, Shape, Shape]:
    """Return a `Primitive` function's differential in X, Y and dX, and the shapes of X and Y.

    `rank` is that of X: a reduction has a row for vectors and matrices alike.
    """
    row = PRIMITIVE_BY_NAME[name]
    n: tuple[Dimension, ...] = tuple([dimension_named(x) for x in "nmpqrstuvw"[:rank]])
    if row.takes == "square":
        n = (n[0], n[0])
    result = n if name in ("inv", "adj") else ()
    return read_formula(row.differential, {"X": n, "dX": n, "Y": result}), n, result
