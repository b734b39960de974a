"""Functions of whole arrays, for every value of the indices that run through what they take.

A matrix's inverse, determinant or power and an abstract function take the first axes of
their operands; those that follow belong to running indices, and to the result's last axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.calculus.tensors import Tensor
from matcalc.expressions.names import function_name
from matcalc.expressions.shapes import Shape, derivative_shape, is_row
from matcalc.programs import operations as ops
from matcalc.programs.operations import Operation


def reshaped(array: Operation, shape: Shape) -> Operation:
    """Return the array with axes of length 1 as in this shape."""
    if array.shape == shape:
        return array
    if not array.shape:
        return ops.filled(array, shape)
    if is_row(array.shape) and shape == array.shape[1:]:
        return ops.make("row", (ops.made(array),), None, shape)
    return ops.make("reshape", (ops.made(array),), None, shape)


def matrix_function(node: Tensor, results: Mapping[Tensor, Operation]) -> Operation:
    """Return a function of a matrix, or of each of those that an index runs through."""
    array = ops.made(results[node.operands[0].tensor])
    own = array.shape[:2] if len(node.shape) - len(array.shape[2:]) == 2 else ()

    def of_one(matrix: Operation) -> Operation:
        return ops.make(node.value, (matrix,), None, own)

    return each(of_one, [array], [2], array.shape[2:])


def matrix_power(node: Tensor, results: Mapping[Tensor, Operation]) -> Operation:
    """Return a matrix power; indices may run through the matrix, or through the exponent."""
    base, exponent = (results[operand.tensor] for operand in node.operands)
    known = exponent.kind == ops.CONSTANT

    def of_one(matrix: Operation, *counted: Operation) -> Operation:
        if ops.constant_value(exponent) == -1:
            return ops.inverse(matrix)
        if known:
            return ops.make("matrix_power", (matrix, exponent), None, matrix.shape)
        return ops.make("counted_power", (matrix, *counted), None, matrix.shape)

    arrays = [ops.made(base)] if known else [ops.made(base), ops.made(exponent)]
    return each(of_one, arrays, [2, 0], node.shape[2:])


def function_call(node: Tensor, results: Mapping[Tensor, Operation]) -> Operation:
    """Return the call of an abstract function, which gives a derivative in numerator layout."""
    application, batches = node.value
    function, orders = application
    own = node.shape[: len(node.shape) - batches]
    moving = [shape for shape in [function.parameters[k] for k in orders] if shape]
    given = derivative_shape(function.result, moving)

    def of_one(*arguments: Operation) -> Operation:
        operands = [
            ops.made(reshaped(argument, shape))
            for argument, shape in zip(arguments, function.parameters, strict=True)
        ]
        array = ops.make("function", tuple(operands), function_name(application), given)
        if not function.result and [len(shape) for shape in moving] == [2]:
            array = ops.transpose(array)  # (n, m) in numerator layout, by a matrix of (m, n)
        return reshaped(array, own)

    arrays = [ops.made(results[operand.tensor]) for operand in node.operands]
    ranks = [len(array.shape) - batches for array in arrays]
    return each(of_one, arrays, ranks, node.shape[len(own) :])


def each(
    function: Callable[..., Operation],
    arrays: Sequence[Operation],
    ranks: Sequence[int],
    batch: Shape,
) -> Operation:
    """Return the function of the arrays' first axes, so many as `ranks` says, for all places.

    An array without further axes is the same for every place.
    """
    if not batch:
        return function(*arrays)
    pairs = list(zip(arrays, ranks, strict=False))
    taken = [ops.make("argument", (), k, a.shape[:rank]) for k, (a, rank) in enumerate(pairs)]
    inner = function(*taken)
    value = (ops.floats(ops.made(inner)), tuple([rank for _, rank in pairs]))
    floats = tuple([ops.floats(array) for array in arrays])
    return ops.make("each", floats, value, (*inner.shape, *batch))
