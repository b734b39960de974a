"""Tensors in real numbers of hundreds of bits, as the points of a comparison need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.checking import enclosing
from matcalc.checking.enclosing_backend import enclosing_backend
from matcalc.checking.precise import (
    ARITHMETIC,
    Point,
    entrywise,
    evaluated,
    number,
    precise_backend,
    precision,
)
from matcalc.checking.stand_ins import abstract_value
from matcalc.checking.values import Arithmetic, Place, lengths, spread, value_of
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import BINDERS
from matcalc.expressions.nodes import Application, Expression
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.traversal import postorder
from matcalc.programs.backends import Backend

Number = Callable[[Any], Any]


def tensor_at(tensor: Tensor, point: Point, bits: int) -> Any:
    """Return a tensor's entries at a point, nan where they have no value."""
    with precision(bits):
        return _value(tensor, point, number, precise_backend())


def entries_at(expression: Expression, point: Point, bits: int) -> Any:
    """Return a formula's entries at a point, nan where they have no value."""
    with precision(bits):
        return _entries(expression, point, number, precise_backend())


def enclosures_at(expression: Expression, point: Point, bits: int) -> Any:
    """Return what certainly contains a formula's entries at a point."""
    with ARITHMETIC:
        return _entries(expression, point, enclosing.number(bits), enclosing_backend(bits))


def _entries(expression: Expression, point: Point, number: Number, backend: Backend) -> Any:
    """Return the entries of a formula in numbers of a backend.

    A formula is evaluated as it was typed; one with running indices as a tensor, so that
    all values of an index are taken at once.
    """
    if not _has_indices(expression):
        return evaluated(expression, point, number, backend)
    shape = [d.evaluate(point.sizes) for d in expression.shape]
    return _value(_tensor(expression), point, number, backend).reshape(shape)


def _value(tensor: Tensor, point: Point, number: Number, backend: Backend) -> Any:
    arrays = {name: entrywise(array, number) for name, array in point.values.items()}
    arithmetic = _arithmetic(point, number, backend)
    return value_of(tensor, Place(arithmetic, point.sizes, arrays, {}))


@lru_cache(maxsize=64)
def _has_indices(expression: Expression) -> bool:
    return any(node.head in BINDERS for node in postorder([expression], lambda n: n.arguments))


@lru_cache(maxsize=64)
def _tensor(expression: Expression) -> Tensor:
    return tensor_of(expression)


def _arithmetic(point: Point, number: Number, backend: Backend) -> Arithmetic:
    def opaque(node: Tensor, operands: Sequence[Any]) -> Any:
        return _OPAQUE[node.kind](node, operands, point, backend)

    def power(tensor: Tensor, array: Any, exponent: Fraction) -> Any:
        return backend.elementwise("power", 2)(array, number(exponent))

    return Arithmetic(number, lambda array: array, power, opaque, backend.matrix, round)


def _spread(node: Tensor, operands: Sequence[Any], point: Point) -> list[Any]:
    shape = lengths(node, Place(None, point.sizes, {}, {}))  # type: ignore[arg-type]
    return [
        spread(array, operand.labels, shape)
        for array, operand in zip(operands, node.operands, strict=True)
    ]


def _apply(node: Tensor, operands: Sequence[Any], point: Point, backend: Backend) -> Any:
    arrays = _spread(node, operands, point)
    if isinstance(node.value, Application):
        return abstract_value(node.value, point.sizes)(*arrays)
    if node.value in RELATIONS:
        return backend.compare(node.value, *arrays)
    return backend.elementwise(node.value, len(arrays))(*arrays)


def _reduce(node: Tensor, operands: Sequence[Any], point: Point, backend: Backend) -> Any:
    name, dimensions = node.value
    (array,), (operand,) = operands, node.operands
    order = sorted(range(array.ndim), key=lambda axis: operand.labels[axis])
    array = array.transpose(order)
    kept = array.shape[: array.ndim - len(dimensions)]
    array = array.reshape(*kept, -1)
    if name == "prod":
        return array.prod(axis=-1)
    reduce = {"max": backend.largest, "min": backend.smallest, "logsumexp": backend.logsumexp}
    return reduce[name](array, array.ndim - 1)


def _call(node: Tensor, operands: Sequence[Any], point: Point, backend: Backend) -> Any:
    """Return an abstract function's entries, for every value of the indices that run along."""
    import numpy as np

    application, batches = node.value
    shape = lengths(node, Place(None, point.sizes, {}, {}))  # type: ignore[arg-type]
    function = abstract_value(application, point.sizes)
    value = np.empty(shape, dtype=object)
    own = len(shape) - batches
    for batch in np.ndindex(*shape[own:]):
        arguments = [
            array[(..., *batch)].reshape([d.evaluate(point.sizes) for d in parameter])
            for array, parameter in zip(operands, application.function.parameters, strict=True)
        ]
        entries = np.asarray(function(*arguments), dtype=object)
        value[(..., *batch)] = _in_order(application, entries).reshape(shape[:own])
    return value


def _in_order(application: Application, entries: Any) -> Any:
    """Undo the numerator layout of a scalar's derivative by one matrix."""
    function, orders = application
    shapes = [function.parameters[k] for k in orders if function.parameters[k]]
    if not function.result and len(shapes) == 1 and len(shapes[0]) == 2:
        return entries.T
    return entries


_OPAQUE = {
    "pi": lambda node, operands, point, backend: backend.pi(),
    "apply": _apply,
    "reduce": _reduce,
    "matrix": lambda node, operands, point, backend: _of_matrix(node, operands, backend),
    "call": _call,
}


def _of_matrix(node: Tensor, operands: Sequence[Any], backend: Backend) -> Any:
    import numpy as np

    (array,) = operands
    whole = ROWS[node.value, 1].gives == "same"
    result = np.empty(array.shape if whole else array.shape[2:], dtype=object)
    for batch in np.ndindex(*array.shape[2:]):
        place = (slice(None), slice(None), *batch) if whole else batch
        result[place] = backend.matrix(node.value, array[(..., *batch)])
    return result
