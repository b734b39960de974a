"""The shape of a derivative: numerator, denominator and mixed layout, in one place.

A Jacobian is computed with axes (result..., variable..., variable...). A layout says which
of them, in which order, make the rows, columns and further axes of the answer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from matcalc.calculus.products import product
from matcalc.calculus.tensors import Tensor
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.shapes import Shape

Layout = Literal["numerator", "denominator", "mixed"]
LAYOUTS: tuple[Layout, ...] = ("numerator", "denominator", "mixed")

Axis = tuple[str, int, int]  # (result or variable, which one, which axis of its shape)
Placed = list[tuple[Axis, Dimension]]


class Arrangement(NamedTuple):
    """The answer's shape, and for each of its axes the axis of the Jacobian it is."""

    shape: Shape
    axes: tuple[Axis, ...]


def arrangement(result: Shape, variable: Shape, order: int, layout: Layout) -> Arrangement:
    """Return how the derivative of `order` is laid out (Wikipedia, "Matrix calculus").

    >>> from matcalc.expressions.dimensions import name
    >>> m, n = name("m"), name("n")
    >>> [str(d) for d in arrangement((), (n,), 1, "numerator").shape]
    ['1', 'n']
    >>> [str(d) for d in arrangement((m,), (n,), 1, "denominator").shape]
    ['n', 'm']
    """
    row = len(result) == 2 and result[0] == ONE  # which counts as the vector
    rows: Placed = [(("y", 0, k), d) for k, d in enumerate(result)][row:]
    columns = [(("x", j, k), d) for j in range(order) for k, d in enumerate(variable)]
    if not variable:
        return _by_scalar(rows, layout)
    if order == 1 and not rows:
        return _of_scalar(columns, layout)
    if layout == "denominator":
        # the two indices of a Hessian are alike, and a Jacobian is transposed
        return _arranged([*columns, *rows])
    return _arranged([*rows, *columns])


def sides(
    result: Shape, variable: Shape, order: int, layout: Layout
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return which axes of the arranged derivative are the rows and columns of a matrix.

    That matrix is ∂vec(Y)/∂vec(X)ᵀ, or its transpose in denominator layout: of each group
    the last axis comes first, as it runs slowest where columns are stacked. Of a scalar's
    second derivative the rows are the first variable's. None where there are three groups.
    """
    arranged_ = arrangement(result, variable, order, layout)
    axes = [a for a, d in zip(arranged_.axes, arranged_.shape, strict=True) if d != ONE]
    groups: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for place, (kind, which, axis) in enumerate(axes):
        groups.setdefault((kind, which), []).append((axis, place))
    found = {
        key: tuple([place for _, place in sorted(group)[::-1]]) for key, group in groups.items()
    }
    rows = ("x", 0) if order == 2 and not found.get(("y", 0)) else ("y", 0)
    columns = ("x", 1) if rows == ("x", 0) else ("x", 0)
    if not found.keys() <= {rows, columns}:
        return None
    pair = found.get(rows, ()), found.get(columns, ())
    return pair[::-1] if layout == "denominator" else pair


def _arranged(places: Placed) -> Arrangement:
    return Arrangement(tuple([d for _, d in places]), tuple([a for a, _ in places]))


def _by_scalar(rows: Placed, layout: Layout) -> Arrangement:
    if layout != "denominator":
        return _arranged(rows)
    if len(rows) == 1:
        return _arranged([(("", 0, 0), ONE), *rows])
    return _arranged(rows[::-1] if len(rows) == 2 else rows)


def _of_scalar(columns: Placed, layout: Layout) -> Arrangement:
    if layout != "numerator":
        return _arranged(columns)
    if len(columns) == 1:
        return _arranged([(("", 0, 0), ONE), *columns])
    return _arranged(columns[::-1] if len(columns) == 2 else columns)


def arranged(
    jacobian: Tensor, result: Shape, variable: Shape, order: int, layout: Layout
) -> tuple[Tensor, Shape]:
    """Return the Jacobian with its axes in the answer's order (none of length 1), and its shape."""
    shape, axes = arrangement(result, variable, order, layout)
    own: list[Axis] = [("y", 0, k) for k, d in enumerate(result) if d != ONE]
    own += [("x", j, k) for j in range(order) for k, d in enumerate(variable) if d != ONE]
    wanted = [axis for axis, d in zip(axes, shape, strict=True) if d != ONE]
    labels = tuple(own)
    if tuple(wanted) == labels:
        return jacobian, shape
    return product([(jacobian, labels, Fraction(1))], tuple(wanted)), shape
