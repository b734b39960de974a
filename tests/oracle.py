"""The functions of the table in plain NumPy and SciPy, sharing no code with the engine.

An elementary function is read off its row's SymPy column, so that a new row is known here;
what takes whole arrays is written out once more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from matcalc.expressions.functions import ALIASES, ROWS

Function = Callable[..., Any]


def function(name: str, count: int = 1) -> Function | None:
    """Return a function of arrays, and of an axis by keyword; None if none is known here."""
    name = ALIASES.get(name, name)
    if name in WRITTEN:
        return WRITTEN[name]
    if (name, count) in ROWS and ROWS[name, count].derivatives:
        return elementary(name, count)
    return WHOLE.get(name)


@cache
def elementary(name: str, count: int) -> Function | None:
    """Return the function that the row's SymPy column says."""
    import sympy

    row = ROWS[name, count]
    symbols = sympy.symbols(f"t:{count}", real=True)
    if not row.sympy and not hasattr(sympy, name):
        return None  # defined by the table alone
    places = [f"({{{k}}})" for k in range(count)]
    template = row.sympy or f"{name}({', '.join(places)})"  # empty: SymPy's name is the same
    expression = sympy.sympify(template.format(*[f"(t{k})" for k in range(count)]))
    expression = expression.subs({f"t{k}": symbol for k, symbol in enumerate(symbols)})
    computed = sympy.lambdify(symbols, expression, ["scipy", "numpy"])

    def value(*arrays: Any) -> Any:
        given = np.broadcast_arrays(*[np.asarray(array, float) for array in arrays])
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(computed(*given), float), given[0].shape)

    return value


def _reduced(reduce: Function) -> Function:
    def value(a: Any, axis: int | None = None) -> Any:
        a = np.asarray(a, float)
        return (
            reduce(a, axis=axis, keepdims=True)
            if axis == 0 and a.ndim == 2
            else reduce(a, axis=axis)
        )

    return value


def _logsumexp(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    from scipy.special import logsumexp

    return logsumexp(a, axis=axis, keepdims=keepdims)


def _softmax(a: Any, axis: int | None = None) -> Any:
    from scipy.special import softmax

    return softmax(a, axis=axis)


def _flat(a: Any) -> Any:
    return np.reshape(a, -1)


def _adjugate(a: Any) -> Any:
    size = len(a)
    result = np.empty_like(a, float)
    for i, j in np.ndindex(size, size):
        minor = np.delete(np.delete(a, i, 0), j, 1)
        result[j, i] = (-1.0) ** (i + j) * (np.linalg.det(minor) if size > 1 else 1.0)
    return result


def _diag(a: Any) -> Any:
    a = np.asarray(a)
    return np.diag(a if a.ndim == 1 or a.shape[0] != 1 or a.shape == (1, 1) else a[0])


def _column(a: Any) -> Any:
    return np.reshape(a, (-1, 1)) if np.ndim(a) == 1 else a


def _kron(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    result = np.kron(_column(a), _column(b))
    return result[:, 0] if np.ndim(a) == np.ndim(b) == 1 else result


def _correlate(a: Any, k: Any) -> Any:
    from scipy.signal import correlate

    return correlate(np.asarray(a, float), np.asarray(k, float), "valid", "direct")


def _correlate_full(a: Any, k: Any) -> Any:
    from scipy.signal import correlate

    return correlate(np.asarray(a, float), np.asarray(k, float), "full", "direct")


def _gelu(x: Any) -> Any:
    from scipy.special import erf

    return x * (1 + erf(np.asarray(x) / np.sqrt(2))) / 2


WRITTEN: dict[str, Function] = {
    "silu": lambda x: x / (1 + np.exp(-np.asarray(x))),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "gelu": _gelu,
}
"""Functions whose rows are written in other ones."""

WHOLE: dict[str, Function] = {
    "sqrt": np.sqrt,
    "norm1": lambda a: np.linalg.norm(_flat(a), 1),
    "norm2": lambda a: np.linalg.norm(_flat(a)),
    "normF": lambda a: np.linalg.norm(_flat(a)),
    "norminf": lambda a: np.linalg.norm(_flat(a), np.inf),
    "transpose": lambda a: a[None, :] if np.ndim(a) == 1 else np.transpose(a),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "logdet": lambda a: np.log(np.linalg.det(a)),
    "adj": _adjugate,
    "prod": _reduced(np.prod),
    "max": _reduced(np.max),
    "min": _reduced(np.min),
    "logsumexp": _reduced(_logsumexp),
    "sum": _reduced(np.sum),
    "mean": _reduced(np.mean),
    "dot": lambda a, b: np.sum(np.multiply(a, b)) if np.ndim(a) == np.ndim(b) else a * b,
    "outer": lambda a, b: np.outer(a, b),
    "cross": np.cross,
    "softmax": _softmax,
    "log_softmax": lambda a, axis=None: np.log(_softmax(a, axis)),
    "tr": lambda a: np.trace(a) if np.ndim(a) else a,
    "diag": _diag,
    "vec": lambda a: np.reshape(a, -1, order="F"),
    "unvec": lambda a, *lengths: np.reshape(a, lengths, order="F"),
    "kron": _kron,
    "flip": np.flip,
    "conv": _correlate,
    "conv2d": _correlate,
    "conv_full": _correlate_full,
    "conv2d_full": _correlate_full,
}
