"""Read the dimensions off the arrays that are given for variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension, integer
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe

Equation = tuple[Dimension, int, str]

LARGEST_SEARCH = 100_000
"""How far a dimension that occurs as a power, as in n*n = 49, is looked for."""


def read_sizes(
    variables: Iterable[tuple[Expression, Any]], given: Mapping[str, int]
) -> dict[str, int]:
    """Return the dimensions' values, from the variables' arrays and those given by name.

    Equations such as n-p+1 = 4 are solved as soon as one unknown is left. What nothing
    tells stays out of the answer. Raises MatcalcError where two arrays disagree.
    """
    sizes: dict[str, int] = {}
    sources: dict[str, str] = {}
    for name, value in given.items():
        sizes[name], sources[name] = value, f"{name}={value} is given"
    open_equations = [
        (dimension, length, f"{variable.value.name} has shape {_shape_text(array.shape)}")
        for variable, array in variables
        for dimension, length in zip(variable.shape, _lengths(variable, array), strict=True)
    ]
    while True:
        rest = [e for e in open_equations if not _use(e, sizes, sources)]
        if len(rest) == len(open_equations):
            return sizes
        open_equations = rest


def dimension_value(dimension: Dimension, sizes: Mapping[str, int]) -> int:
    """Return the dimension's value; raise MatcalcError naming what is not known."""
    try:
        value = dimension.evaluate(sizes)
    except KeyError as missing:
        name = missing.args[0]
        raise MatcalcError(
            "E402", f"the size {name} is not known from the arrays", hint=f"give it: {name}=5"
        ) from None
    return value


def array_shape(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return the lengths of a shape's axes; raise MatcalcError if one is negative."""
    lengths = tuple([dimension_value(dimension, sizes) for dimension in shape])
    for dimension, length in zip(shape, lengths, strict=True):
        if length < 0:  # an empty block, such as zeros(n-3) at n = 3, is none
            raise MatcalcError("E305", f"a length {dimension} would be {length}")
    return lengths


def _shape_text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if len(shape) != 1 else f"({shape[0]},)"


def _lengths(variable: Expression, array: Any) -> tuple[int, ...]:
    """Return the array's shape, if it has as many axes as the variable."""
    shape: tuple[int, ...] = array.shape
    name = variable.value.name
    wanted = ", ".join(map(str, variable.shape)) + "," * (len(variable.shape) == 1)
    if len(shape) != len(variable.shape):
        raise MatcalcError(
            "E305",
            f"{name} is {describe(variable.shape)}: its array has shape ({wanted}), not {shape}",
            hint=_rank_hint(name, len(shape), len(variable.shape)),
        )
    if 0 in shape:
        raise MatcalcError("E305", f"the array for {name} is empty: its shape is {shape}")
    return shape


def _rank_hint(name: str, given: int, wanted: int) -> str:
    if wanted == 2 and given == 1:
        return f"a row has shape (1, n): numpy.reshape({name}, (1, -1))"
    if wanted == 1 and given == 2:
        return f"a vector has shape (n,): numpy.ravel({name})"
    return ""


def _use(equation: Equation, sizes: dict[str, int], sources: dict[str, str]) -> bool:
    """Solve the equation for its last unknown, or check it; False if it must wait."""
    dimension, length, source = equation
    known = {name: integer(sizes[name]) for name in dimension.names if name in sizes}
    reduced = dimension.substitute(known)
    unknown = sorted(reduced.names)
    if not unknown:
        if reduced.value != length:
            raise _conflict(equation, sizes, sources)
        return True
    if len(unknown) > 1:
        return False
    solution = _solve(reduced, unknown[0], length)
    if solution is None:
        raise MatcalcError(
            "E305", f"{source}, but no {unknown[0]} makes {dimension} equal to {length}"
        )
    sizes[unknown[0]] = solution
    sources[unknown[0]] = source
    return True


def _solve(dimension: Dimension, name: str, length: int) -> int | None:
    """Return the positive integer at which the polynomial in one name has this value."""
    terms = dict(dimension.terms)
    constant = terms.pop((), 0)
    if list(terms) == [(name,)]:
        quotient, remainder = divmod(length - constant, terms[(name,)])
        return quotient if not remainder and quotient > 0 else None
    for candidate in range(1, min(length + abs(constant) + 1, LARGEST_SEARCH)):
        if dimension.evaluate({name: candidate}) == length:
            return candidate
    return None


def _conflict(
    equation: Equation, sizes: Mapping[str, int], sources: Mapping[str, str]
) -> MatcalcError:
    dimension, length, source = equation
    value = dimension.evaluate(sizes)
    if not dimension.names:
        return MatcalcError("E305", f"{source}; the {length} must be {value}")
    reasons = ", ".join(dict.fromkeys(sources[name] for name in sorted(dimension.names)))
    return MatcalcError(
        "E305", f"{source}, so that {dimension} is {length}, but it is {value}: {reasons}"
    )
