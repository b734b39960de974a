"""Whether a printed answer is the derivative, by arithmetic that knows nothing of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import matcalc
from tests.notation.arithmetic import jacobian, value_of

SIZES = ({"m": 2, "n": 3, "k": 5, "p": 3}, {"m": 3, "n": 4, "k": 2, "p": 5})
MODES = ("numerator", "denominator", "mixed", "vjp", "jvp", "second")
_STEP = 1e-4

Answer = Any
Shape = tuple[str, ...]


def answer_of(text: str, wrt: str, mode: str, where: str) -> tuple[Answer, str]:
    """Return the answer, and the declarations to read it back with."""
    if mode in ("vjp", "jvp"):
        formula = matcalc.parse(text, where=where)
        variable = next(node for name, node in formula.inferred.variables.items() if name == wrt)
        shape = formula.shape if mode == "vjp" else tuple(map(str, variable.shape))
        where = f"{where}; G: {_kind(shape)}"
        if mode == "vjp":
            return matcalc.vjp(text, wrt, "G", where), where
        return matcalc.jvp(text, wrt, "G", where), where
    if mode == "second":
        return matcalc.diff(text, wrt, where, order=2), where
    return matcalc.diff(text, wrt, where, layout=mode), where  # type: ignore[call-overload]


def _kind(shape: Shape) -> str:
    name = ("scalar", "vector", "matrix")[len(shape)] if len(shape) < 3 else "tensor"
    return f"{name}({', '.join(shape)})" if shape else name


def true_value(answer: Answer, mode: str, values: Mapping[str, Any], sizes: Any) -> Any:
    """Return what the answer must be; raises Kink where there is no derivative."""
    formula = answer.formula.expression
    value = value_of(formula, values, sizes, smooth=True)
    if mode == "second":
        return _second(answer, values, sizes)
    first = jacobian(formula, answer.wrt, values, sizes)
    if mode == "vjp":
        axes = list(range(value.ndim))
        return np.tensordot(values["G"], first, axes=(axes, axes))
    if mode == "jvp":
        own = list(range(first.ndim - value.ndim))
        return np.tensordot(first, values["G"], axes=([value.ndim + k for k in own], own))
    return in_layout(first, answer.formula.shape, tuple(map(str, answer.variable.shape)), mode)


def in_layout(first: Any, y: Shape, x: Shape, layout: str) -> Any:
    """Place a Jacobian with axes (y..., x...) in a layout; a row y counts as a vector."""
    rows, columns = (len(s) - (len(s) == 2 and s[0] == "1") for s in (y, x))
    lengths = first.shape[len(y) - rows : len(y)] + first.shape[len(first.shape) - columns :]
    first = first.reshape(lengths)
    denominator = layout == "denominator"
    if columns == 0:
        if rows == 1 and denominator:
            return first.reshape(1, -1)
        return first.T if rows == 2 and denominator else first
    if rows == 0:
        if layout != "numerator":
            return first
        return first.reshape(1, -1) if columns == 1 else first.T if columns == 2 else first
    return np.moveaxis(first, range(rows, rows + columns), range(columns)) if denominator else first


def _second(answer: Answer, values: Mapping[str, Any], sizes: Any) -> Any:
    """Return differences of first derivatives, the entries in the order of numerator layout."""
    formula, name = answer.formula.expression, answer.wrt
    at = np.asarray(values[name], dtype=float)
    columns = []
    for place in np.ndindex(*at.shape):
        ends = []
        for sign in (1, -1):
            moved = at.copy()
            moved[place] += sign * _STEP
            ends.append(jacobian(formula, name, {**values, name: moved}, sizes))
        columns.append((ends[0] - ends[1]) / (2 * _STEP))
    return np.stack(columns, axis=-1).reshape(columns[0].shape + at.shape)


def agrees(printed: str, where: str, truth: Any, values: Any, sizes: Any, mode: str) -> bool:
    """Tell whether a printed answer, read back, has this value.

    Of second derivatives of all but scalars the axes of length 1 may be left out.
    """
    expression = matcalc.parse(printed, where=where).expression
    with np.errstate(all="ignore"):
        value = np.real(value_of(expression, values, sizes))
    scale = 1 + np.abs(truth).max(initial=0)
    if mode == "second":
        same = value.size == truth.size
        return bool(
            same and np.allclose(value.ravel(), truth.ravel(), rtol=1e-4, atol=1e-5 * scale)
        )
    return value.shape == truth.shape and bool(
        np.allclose(value, truth, rtol=1e-7, atol=1e-9 * scale)
    )


# --- values ---------------------------------------------------------------------------------------


def values_of(answer: Answer, mode: str, sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
    """Return numbers for the variables of `growing.WHERE`, and for the seed G."""
    draw = np.random.default_rng(seed)
    m, n, k = sizes["m"], sizes["n"], sizes["k"]

    def any_of(*shape: int) -> Any:
        return draw.uniform(0.3, 1.2, shape) * draw.choice([-1, 1, 1], shape)

    root, half = any_of(n, n), any_of(n, n)
    values = {
        "a": any_of(), "b": any_of(), "x": any_of(n), "u": any_of(n), "z": any_of(m),
        "A": any_of(m, n), "B": any_of(m, n), "E": any_of(n, k), "C": any_of(n, n),
        "S": half + half.T, "P": root @ root.T + np.eye(n), "D": np.diag(any_of(n)),
        "T": any_of(m, n, k), "w": any_of(m * n), "f": _f, "g": _g, "h": _h(m),
    }  # fmt: skip
    if mode in ("vjp", "jvp"):
        like = answer.formula.expression if mode == "vjp" else answer.variable
        values["G"] = any_of(*[d.evaluate(sizes) for d in like.shape])
    return values


def _f(x: Any, orders: tuple[int, ...]) -> Any:
    polynomial = (x * x, 2 * x, 2, 0, 0)[len(orders)]
    return np.sin(x + len(orders) * np.pi / 2) + polynomial


def _g(x: Any, orders: tuple[int, ...]) -> Any:
    """Return sum(sin(c .* x)) + sum(x)^2, c = 1/2, 1, 3/2, ..., or a derivative of it."""
    x, order = x.reshape(-1), len(orders)
    c = np.arange(1, x.size + 1) / 2
    square = (np.sum(x) ** 2, 2 * np.sum(x), 2, 0, 0)[order]
    entries = c**order * np.sin(c * x + order * np.pi / 2)
    return _on_diagonal(entries, order) + square


def _h(m: int) -> Any:
    def function(x: Any, orders: tuple[int, ...]) -> Any:
        x, order = x.reshape(-1), len(orders)
        weights = np.sin(np.arange(m * x.size).reshape(m, x.size) + 1.0)
        entries = np.sin(x + order * np.pi / 2)
        return np.array([_on_diagonal(row * entries, order) for row in weights])

    return function


def _on_diagonal(entries: Any, order: int) -> Any:
    if not order:
        return np.sum(entries)
    result = np.zeros((len(entries),) * order, dtype=complex)
    for k, value in enumerate(entries):
        result[(k,) * order] = value
    return result
