"""Tensors in real numbers of hundreds of bits, as the points of a comparison need them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.sums import COMPARISONS
from matcalc.calculus.tensors import Tensor
from matcalc.checking.precise import (
    Point,
    abstract_value,
    compared,
    context,
    elementwise,
    entrywise,
    matrix_value,
    number,
    precise_backend,
    precision,
    value_at,
)
from matcalc.checking.values import Arithmetic, Place, lengths, spread, value_of
from matcalc.expressions.names import BINDERS
from matcalc.expressions.nodes import Application, Expression
from matcalc.expressions.traversal import postorder


def tensor_at(tensor: Tensor, point: Point, bits: int) -> Any:
    """Return a tensor's entries at a point, nan where they have no value."""
    with precision(bits):
        arrays = {name: entrywise(array, number) for name, array in point.values.items()}
        place = Place(_arithmetic(point), point.sizes, arrays, {})
        return value_of(tensor, place)


def entries_at(expression: Expression, point: Point, bits: int) -> Any:
    """Return a formula's entries at a point, nan where they have no value.

    A formula is evaluated as it was typed; one with running indices as a tensor, so that
    all values of an index are taken at once.
    """
    if not _has_indices(expression):
        return value_at(expression, point, bits)
    shape = [d.evaluate(point.sizes) for d in expression.shape]
    return tensor_at(_tensor(expression), point, bits).reshape(shape)


@lru_cache(maxsize=64)
def _has_indices(expression: Expression) -> bool:
    return any(node.head in BINDERS for node in postorder([expression], lambda n: n.arguments))


@lru_cache(maxsize=64)
def _tensor(expression: Expression) -> Tensor:
    return tensor_of(expression)


def _arithmetic(point: Point) -> Arithmetic:
    def opaque(node: Tensor, operands: Sequence[Any]) -> Any:
        return _OPAQUE[node.kind](node, operands, point)

    return Arithmetic(number, lambda array: array, _power, opaque, matrix_value, round)


def _power(tensor: Tensor, array: Any, exponent: Fraction) -> Any:
    return elementwise("power", 2)(array, number(exponent))


def _spread(node: Tensor, operands: Sequence[Any], point: Point) -> list[Any]:
    shape = lengths(node, Place(None, point.sizes, {}, {}))  # type: ignore[arg-type]
    return [
        spread(array, operand.labels, shape)
        for array, operand in zip(operands, node.operands, strict=True)
    ]


def _apply(node: Tensor, operands: Sequence[Any], point: Point) -> Any:
    arrays = _spread(node, operands, point)
    if isinstance(node.value, Application):
        return abstract_value(node.value, point.sizes)(*arrays)
    if node.value in COMPARISONS:
        return compared(node.value, *arrays)
    return elementwise(node.value, len(arrays))(*arrays)


def _reduce(node: Tensor, operands: Sequence[Any], point: Point) -> Any:
    name, dimensions = node.value
    (array,), (operand,) = operands, node.operands
    order = sorted(range(array.ndim), key=lambda axis: operand.labels[axis])
    array = array.transpose(order)
    kept = array.shape[: array.ndim - len(dimensions)]
    array = array.reshape(*kept, -1)
    backend = precise_backend()
    if name == "prod":
        return array.prod(axis=-1)
    reduce = {"max": backend.largest, "min": backend.smallest, "logsumexp": backend.logsumexp}
    return reduce[name](array, array.ndim - 1)


def _call(node: Tensor, operands: Sequence[Any], point: Point) -> Any:
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
    "pi": lambda node, operands, point: +context().pi,
    "apply": _apply,
    "reduce": _reduce,
    "matrix": lambda node, operands, point: _logdet(node, operands),
    "call": _call,
}


def _logdet(node: Tensor, operands: Sequence[Any]) -> Any:
    import numpy as np

    (array,) = operands
    result = np.empty(array.shape[2:], dtype=object)
    for batch in np.ndindex(*result.shape):
        result[batch] = matrix_value("logdet", array[(..., *batch)])
    return result
