"""Derivatives by finite differences, independent of the engine: the tests' oracle.

Central differences at halved steps, extrapolated to step zero (Richardson 1911; Neville's
scheme). The difference between the last two estimates bounds the error, so a point at
which the numbers cannot tell is recognised rather than believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

STEPS = (2e-2, 1e-2, 5e-3, 2.5e-3)


class Estimate(NamedTuple):
    """A Jacobian with axes (result..., variable...), and a bound of its error."""

    value: Array
    error: float


def jacobian(
    function: Callable[[Array], Any], point: Any, steps: Sequence[float] = STEPS
) -> Estimate:
    """Return the derivative of `function` at `point`, from differences at halved `steps`.

    >>> value, error = jacobian(lambda x: np.sin(x), np.array([0.0, 1.0]))
    >>> bool(np.allclose(value, np.diag(np.cos([0.0, 1.0])), rtol=0, atol=1e-11)), error < 1e-9
    (True, True)
    """
    at = np.asarray(point, dtype=float)
    columns = []
    worst = 0.0
    for place in np.ndindex(*at.shape):
        column, error = _directional(function, at, place, steps)
        columns.append(column)
        worst = max(worst, error)
    stacked = np.stack(columns, axis=-1)
    return Estimate(stacked.reshape(stacked.shape[:-1] + at.shape), worst)


def _directional(
    function: Callable[[Array], Any], point: Array, place: tuple[int, ...], steps: Sequence[float]
) -> tuple[Array, float]:
    def moved(step: float) -> Array:
        other = point.copy()
        other[place] += step
        with np.errstate(all="ignore"):
            return np.asarray(function(other), dtype=float)

    with np.errstate(all="ignore"):
        row = [(moved(h) - moved(-h)) / (2 * h) for h in steps]
        before = row[-1]
        for level in range(1, len(steps)):
            before = row[-1]
            row = [
                fine + (fine - coarse) / (4.0**level - 1)
                for coarse, fine in zip(row, row[1:], strict=False)
            ]
    error = float(np.max(np.abs(row[-1] - before), initial=0.0))
    return row[-1], error if np.isfinite(row[-1]).all() else float("inf")


def second(function: Callable[[Array], Any], point: Any) -> Estimate:
    """Return the second derivative, with axes (result..., variable..., variable...)."""
    inner_error = 0.0

    def slope(at: Array) -> Array:
        nonlocal inner_error
        value, error = jacobian(function, at)
        inner_error = max(inner_error, error)
        return value

    value, error = jacobian(slope, point)
    return Estimate(value, max(error, inner_error / STEPS[-1]))


def arrange(
    derivative: Array, result: tuple[int, ...], variable: tuple[int, ...], order: int, layout: str
) -> Array:
    """Return a derivative with axes (result..., variable..., ...) in a layout.

    The table of layouts as Wikipedia ("Matrix calculus") has it, once more, in numbers. A
    row, (1, n), counts as the vector.

    >>> arrange(np.zeros((3, 2)), (3,), (2,), 1, "denominator").shape
    (2, 3)
    >>> arrange(np.zeros((5,)), (), (5,), 1, "numerator").shape
    (1, 5)
    """
    if len(result) == 2 and result[0] == 1:
        derivative, result = derivative[0], result[1:]
    ranks = (len(result), len(variable))
    transposed = layout == "denominator"
    if ranks[1] == 0:
        if transposed and ranks[0] == 1:
            return derivative[None, :]
        return derivative.T if transposed and ranks[0] == 2 else derivative
    if order == 1 and ranks[0] == 0 and ranks[1] <= 2:
        if layout != "numerator":
            return derivative
        return derivative[None, :] if ranks[1] == 1 else derivative.T
    if transposed:
        return np.moveaxis(derivative, range(ranks[0]), range(-ranks[0], 0))
    return derivative
