"""The value of a formula by plain NumPy, one rule a head: shares no code with the engine.

A vector is an array (n,), a row (1, n). Numbers may be complex: f(x + ih) has the derivative
in its imaginary part, to the last bit (Squire & Trapp 1998). Comparisons and kinks look at
the real part.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder

Values = Mapping[str, Any]
Sizes = Mapping[str, int]
_STEP = 1e-30


class Kink(Exception):
    """Two branches meet at this point."""


def value_of(e: Expression, values: Values, sizes: Sizes, smooth: bool = False) -> Any:
    """Return the value; `sizes` has every dimension. Raises Kink at one if `smooth`."""
    return _Evaluation(values, sizes, smooth).value(e, {})


class _Evaluation:
    """One evaluation: what does not depend on an index that runs is computed once."""

    def __init__(self, values: Values, sizes: Sizes, smooth: bool) -> None:
        self.values = values
        self.sizes = sizes
        self.smooth = smooth
        self.known: dict[Any, Any] = {}
        self.free: dict[Expression, frozenset[str]] = {}

    def value(self, e: Expression, running: Sizes) -> Any:
        free = self.indices(e)
        key = (e, *[(name, at) for name, at in running.items() if name in free])
        if key not in self.known:
            parts: tuple[Any, ...] = ()
            if e.head not in ("index_sum", "tensor"):
                parts = tuple([self.value(part, running) for part in e.arguments])
            value = _HEADS[e.head](e, parts, self, running)
            self.known[key] = np.reshape(value, self.shape(e.shape, running))
        return self.known[key]

    def shape(self, shape: Any, running: Sizes) -> list[int]:
        return [d.evaluate({**self.sizes, **running}) for d in shape]

    def indices(self, e: Expression) -> frozenset[str]:
        """Return the names that may be indices in a formula, bound ones too."""
        known = self.free.get(e)
        if known is None:
            known = frozenset([e.value] if e.head == "index" else [])
            known |= {name for d in e.shape for name in d.names}
            known |= e.value.names if e.head == "size" else frozenset()
            known = known.union(*[self.indices(part) for part in e.arguments])
            self.free[e] = known
        return known


def jacobian(e: Expression, name: str, values: Values, sizes: Sizes) -> Any:
    """Return the derivative by every entry of a variable, axes (value..., variable...)."""
    at = np.asarray(values[name], dtype=complex)
    columns = []
    for place in np.ndindex(*at.shape):
        moved = at.copy()
        moved[place] += _STEP * 1j
        columns.append(np.imag(value_of(e, {**values, name: moved}, sizes, True)) / _STEP)
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + at.shape)


def _number(e: Expression, *_: Any) -> Any:
    return float(e.value)


def _variable(e: Expression, parts: Any, run: _Evaluation, *_: Any) -> Any:
    return np.asarray(run.values[e.value.name])


def _shaped(fill: Callable[..., Any]) -> Callable[..., Any]:
    return lambda e, parts, run, running: fill(run.shape(e.shape, running))


def _commutation(e: Expression, parts: Any, run: _Evaluation, running: Sizes) -> Any:
    m, n = run.shape(e.value, running)
    k = np.zeros((m * n, m * n))
    for i, j in itertools.product(range(m), range(n)):
        k[j + i * n, i + j * m] = 1  # vec(A')[j + i n] = A[i, j] = vec(A)[i + j m]
    return k


def _multiply(e: Expression, parts: Any, *_: Any) -> Any:
    a, b = (p if p.ndim != 1 else p[:, None] for p in parts)
    return a * b if not a.ndim or not b.ndim else a @ b


def _kron(e: Expression, parts: Any, *_: Any) -> Any:
    a, b = (p if p.ndim != 1 else p[:, None] for p in parts)
    return np.kron(a, b)


def _matrix_power(e: Expression, parts: Any, *_: Any) -> Any:
    base, exponent = parts[0], round(float(np.real(parts[1])))
    if not base.ndim:
        return base**exponent
    factor = np.linalg.inv(base) if exponent < 0 else base
    result = np.eye(len(base))
    for _step in range(abs(exponent)):
        result = result @ factor
    return result


_COMPARISONS = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


def _compare(e: Expression, parts: Any, run: _Evaluation, *_: Any) -> Any:
    if run.smooth and any("variable" in _heads(part) for part in e.arguments):
        _apart(parts[0], parts[1])
    return _COMPARISONS[e.value](np.real(parts[0]), np.real(parts[1])) * 1.0


def _heads(e: Expression) -> set[str]:
    return {node.head for node in postorder([e], lambda node: node.arguments)}


def _apart(a: Any, b: Any) -> None:
    if np.any(np.abs(np.real(a - b)) < 1e-9):
        raise Kink


def _distinct(a: Any, axis: int | None) -> None:
    ordered = np.sort(np.real(a.reshape(-1) if axis is None else np.moveaxis(a, axis, -1)))
    if ordered.shape[-1] > 1:
        _apart(ordered[..., 0], ordered[..., 1])
        _apart(ordered[..., -1], ordered[..., -2])


def _index_sum(e: Expression, parts: Any, run: _Evaluation, running: Sizes) -> Any:
    low, high = (_whole(run.value(b, running)) for b in e.arguments[:2])
    total: Any = np.zeros(run.shape(e.shape, running))
    for k in range(low, high + 1):
        total = total + run.value(e.arguments[2], {**running, e.value: k})
    return total


def _tensor(e: Expression, parts: Any, run: _Evaluation, running: Sizes) -> Any:
    bounds = [_whole(run.value(b, running)) for b in e.arguments[:-1]]
    ranges = [range(a, b + 1) for a, b in zip(bounds[::2], bounds[1::2], strict=True)]
    return np.array(
        [
            run.value(e.arguments[-1], {**running, **dict(zip(e.value[0], at, strict=True))})
            for at in itertools.product(*ranges)
        ]
    )


def _whole(value: Any) -> int:
    return round(float(np.real(value)))


def _subscript(e: Expression, parts: Any, run: _Evaluation, running: Sizes) -> Any:
    array, given = parts[0], iter(parts[1:])
    if len(e.value) == 1 and array.ndim == 2:
        array = array.reshape(-1)
    keys: list[Any] = []
    for axis, selector in enumerate(e.value):
        if selector == "all":
            keys.append(slice(None))
            continue
        first = _whole(next(given))
        last = first if selector == "entry" else _whole(next(given))
        if not 1 <= first <= last + 1 <= array.shape[axis] + 1:
            raise IndexError("out of range")
        keys.append(slice(first - 1, last))
    return array[tuple(keys)]


def _stack(e: Expression, parts: Any, *_: Any) -> Any:
    cells = iter(parts)
    if len(e.shape) == 1:
        return np.concatenate([np.reshape(cell, -1) for cell in cells])
    rows = []
    for length in e.value:
        row = [next(cells) for _ in range(length)]
        rows.append(np.hstack([c.reshape(-1, 1) if c.ndim < 2 else c for c in row]))
    return np.vstack(rows)


def _abstract(e: Expression, parts: Any, run: _Evaluation, *_: Any) -> Any:
    return run.values[e.value.function.name](*parts, orders=e.value.orders)


# --- functions ------------------------------------------------------------------------------------


def _extreme(sign: int) -> Callable[..., Any]:
    def chosen(a: Any, axis: int | None) -> Any:
        flat = a.reshape(-1) if axis is None else np.moveaxis(a, axis, -1)
        at = np.argmax(sign * np.real(flat), axis=-1)
        return np.take_along_axis(flat, np.expand_dims(at, -1), -1)

    return chosen


def _softmax(a: Any, axis: int | None) -> Any:
    e = np.exp(a - np.max(np.real(a)))
    return e / np.sum(e, axis=axis, keepdims=axis is not None)


def _logsumexp(a: Any, axis: int | None) -> Any:
    return np.log(np.sum(np.exp(a), axis=axis))


def _determinant(a: Any) -> Any:
    return np.linalg.det(a) if a.ndim == 2 else a


def _adjugate(a: Any) -> Any:
    n = len(a)
    cofactors = np.zeros((n, n), dtype=complex)
    for i, j in itertools.product(range(n), range(n)):
        minor = np.delete(np.delete(a, i, 0), j, 1)
        cofactors[i, j] = (-1) ** (i + j) * (np.linalg.det(minor) if n > 1 else 1)
    return cofactors.T


def _diag(a: Any) -> Any:
    return np.diag(a) if a.ndim == 1 or a.shape[0] == a.shape[1] else np.diag(a.reshape(-1))


def _correlation(full: bool) -> Callable[..., Any]:
    def correlated(x: Any, k: Any) -> Any:
        if full:
            x = np.pad(x, [(length - 1, length - 1) for length in k.shape])
        shape = [a - b + 1 for a, b in zip(x.shape, k.shape, strict=True)]
        result = np.zeros(shape, dtype=complex)
        for place in np.ndindex(*shape):
            window = tuple([slice(p, p + b) for p, b in zip(place, k.shape, strict=True)])
            result[place] = np.sum(x[window] * k)
        return result

    return correlated


def _sign(x: Any) -> Any:
    return np.sign(np.real(x))


def _erf(x: Any) -> Any:
    real = np.vectorize(math.erf, otypes=[float])(np.real(x))
    return real + 2 / np.sqrt(np.pi) * np.exp(-(np.real(x) ** 2)) * np.imag(x) * 1j


def _power(a: Any, b: Any) -> Any:
    if not np.ndim(b) and b == _whole(b):
        return a ** _whole(b) if _whole(b) >= 0 else 1 / a ** -_whole(b)
    return a**b


def _pick(condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, a, b)


_CALLS: dict[str, Callable[..., Any]] = {
    "abs": lambda x: x * _sign(x),
    "sign": _sign,
    "log2": lambda x: np.log(x) / np.log(2),
    "log10": lambda x: np.log(x) / np.log(10),
    "log1p": lambda x: np.log(1 + x),
    "expm1": lambda x: np.exp(x) - 1,
    "erf": _erf,
    "relu": lambda x: _pick(np.real(x) > 0, x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + _erf(x / np.sqrt(2))) / 2,
    "elu": lambda x: _pick(np.real(x) > 0, x, np.exp(x) - 1),
    "leaky_relu": lambda x: _pick(np.real(x) > 0, x, x / 100),
    "step": lambda x: (np.real(x) > 0) * 1.0,
    "where": lambda c, a, b: _pick(c != 0, a, b),
    "power": lambda a, b: _power(a, b),
    "inv": lambda a: np.linalg.inv(a) if a.ndim else 1 / a,
    "det": _determinant,
    "logdet": lambda a: np.log(_determinant(a)),
    "adj": _adjugate,
    "norm1": lambda a: np.sum(a * _sign(a)),
    "norm2": lambda a: np.sqrt(np.sum(a * a)),
    "normF": lambda a: np.sqrt(np.sum(a * a)),
    "norminf": lambda a: _extreme(1)(a * _sign(a), None),
    "tr": lambda a: np.trace(a) if a.ndim else a,
    "diag": _diag,
    "vec": lambda a: a.reshape(-1, order="F"),
    "cross": lambda a, b: np.cross(a.reshape(-1), b.reshape(-1)),
    "outer": lambda a, b: np.outer(a, b),
    "flip": np.flip,
    "conv": _correlation(full=False),
    "conv2d": _correlation(full=False),
    "conv_full": _correlation(full=True),
    "conv2d_full": _correlation(full=True),
    "transpose": lambda a: a.T,
}

_KINKED: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(
        ("abs", "sign", "relu", "elu", "leaky_relu", "step", "norm1"), lambda x: _apart(x, 0)
    ),
    "max": lambda a, b=None: _distinct(a, b) if b is None or isinstance(b, int) else _apart(a, b),
    "min": lambda a, b=None: _distinct(a, b) if b is None or isinstance(b, int) else _apart(a, b),
    "norm2": lambda a: _apart(np.sum(a * a), 0),
    "normF": lambda a: _apart(np.sum(a * a), 0),
    "norminf": lambda a: _distinct(np.abs(np.real(a)), None),
}

_ALONG: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": _extreme(1),
    "min": _extreme(-1),
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": lambda a, axis: np.log(_softmax(a, axis)),
}


def _call(e: Expression, parts: Any, run: _Evaluation, running: Sizes) -> Any:
    name = e.value[0]
    if run.smooth and name in _KINKED:
        _KINKED[name](*parts, *([e.value[1]] if len(parts) == 1 and name in _ALONG else []))
    if name == "unvec":
        return np.reshape(parts[0], run.shape(e.shape, running), order="F")
    if name in ("max", "min") and len(parts) == 2:
        a, b = parts
        first = np.real(a) >= np.real(b) if name == "max" else np.real(a) <= np.real(b)
        return _pick(first, a, b)
    if name in _ALONG:
        return _ALONG[name](parts[0], axis=e.value[1])
    return _CALLS[name](*parts) if name in _CALLS else getattr(np, name)(*parts)


_HEADS: dict[str, Callable[..., Any]] = {
    "number": _number,
    "size": lambda e, parts, run, running: e.value.evaluate({**run.sizes, **running}),
    "pi": lambda *_: math.pi,
    "variable": _variable,
    "index": lambda e, parts, run, running: running[e.value],
    "ones": _shaped(np.ones),
    "zeros": _shaped(np.zeros),
    "eye": _shaped(lambda shape: np.eye(*shape) if shape else 1.0),
    "commutation": _commutation,
    "add": lambda e, parts, *_: sum(parts[1:], start=parts[0]),
    "negate": lambda e, parts, *_: -parts[0],
    "multiply": _multiply,
    "hadamard": lambda e, parts, *_: parts[0] * parts[1],
    "divide": lambda e, parts, *_: parts[0] / parts[1],
    "dot": lambda e, parts, *_: np.sum(parts[0].reshape(-1) * parts[1].reshape(-1)),
    "kron": _kron,
    "power": lambda e, parts, *_: _power(*parts),
    "matrix_power": _matrix_power,
    "transpose": lambda e, parts, *_: parts[0].T if parts[0].ndim == 2 else parts[0],
    "compare": _compare,
    "call": _call,
    "abstract": _abstract,
    "index_sum": _index_sum,
    "tensor": _tensor,
    "delta": lambda e, parts, *_: (_whole(parts[0]) == _whole(parts[1])) * 1.0,
    "subscript": _subscript,
    "stack": _stack,
}
