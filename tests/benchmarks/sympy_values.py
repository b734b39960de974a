"""The value of a SymPy expression of matrices and arrays, by NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy


def value(expression: Any, given: dict[str, Any]) -> Any:
    """Return the expression's value for values of its symbols; a vector is a column.

    Raises TypeError or ValueError where it has none. SymPy has its own way, `as_explicit`,
    which breaks off where arrays and matrices are added.
    """
    expression = expression.doit() if expression.has(sympy.Sum) else expression
    if isinstance(expression, sympy.Symbol | sympy.MatrixSymbol):
        array = np.asarray(given[expression.name], float)
        return array[:, None] if array.ndim == 1 else array
    name = type(expression).__name__
    if name in CONSTANTS:
        return CONSTANTS[name](*map(int, expression.shape))
    if name in ("ElementwiseApplyFunction", "ArrayElementwiseApplyFunc"):
        return applied(expression.function, value(expression.expr, given))
    if name in AXES:
        return AXES[name](expression, value(expression.expr, given))
    if name == "MatrixElement":
        matrix, *place = expression.args
        return value(matrix, given)[tuple(map(int, place))]
    operands = [value(argument, given) for argument in expression.args]
    if name in OPERATORS:
        return OPERATORS[name](*operands)
    if any(np.ndim(operand) for operand in operands):
        raise TypeError(f"{name} of arrays")
    number = expression.func(*map(float, operands)) if operands else expression
    return np.asarray(float(number))


def applied(function: Any, array: Any) -> Any:
    return np.vectorize(lambda entry: float(function(entry)), otypes=[float])(array)


def add(*terms: Any) -> Any:
    if len({np.shape(term) for term in terms}) > 1:
        raise ValueError("a sum of different shapes")
    return sum(terms[1:], terms[0])


def multiply(*factors: Any) -> Any:
    """Return the matrix product, times what are scalars."""
    result = np.asarray(math.prod(float(factor) for factor in factors if not np.ndim(factor)))
    for factor in factors:
        if np.ndim(factor):
            result = result @ factor if result.ndim else result * factor
    return result


def power(base: Any, exponent: Any) -> Any:
    """Return the power of a scalar or of a square matrix, that of one entry with any exponent."""
    if np.size(base) == 1:
        return base**exponent
    if exponent != int(exponent):
        raise ValueError("a root of a matrix")
    return np.linalg.matrix_power(base, int(exponent))


def outer(*factors: Any) -> Any:
    result = np.asarray(1.0)
    for factor in factors:
        result = np.multiply.outer(result, factor)
    return result


def hadamard(*factors: Any) -> Any:
    return math.prod(factors[1:], start=factors[0])


def joined(expression: Any, array: Any, kept: bool) -> Any:
    """Let axes run together; the joint axes come last, or are summed."""
    groups = expression.args[1:]
    labels = list(range(array.ndim))
    joint = []
    for label, group in enumerate(groups, array.ndim):
        joint.append(label)
        for axis in group:
            labels[int(axis)] = label
    single = [label for label in labels if label < array.ndim]
    return np.einsum(array, labels, single + (joint if kept else []))


Rule = Callable[..., Any]

CONSTANTS: dict[str, Rule] = {
    "Identity": lambda rows, columns: np.eye(rows),
    **dict.fromkeys(("OneMatrix", "OneArray"), lambda *shape: np.ones(shape)),
    **dict.fromkeys(("ZeroMatrix", "ZeroArray"), lambda *shape: np.zeros(shape)),
}

AXES: dict[str, Rule] = {
    "ArrayContraction": lambda e, array: joined(e, array, False),
    "ArrayDiagonal": lambda e, array: joined(e, array, True),
    "PermuteDims": lambda e, array: array.transpose(e.permutation.array_form),
}

OPERATORS: dict[str, Rule] = {
    **dict.fromkeys(("Add", "MatAdd", "ArrayAdd"), add),
    **dict.fromkeys(("Mul", "MatMul"), multiply),
    **dict.fromkeys(("Pow", "MatPow"), power),
    "Inverse": lambda matrix, exponent=-1: np.linalg.inv(matrix),
    "Transpose": np.transpose,
    "Trace": np.trace,
    "Determinant": np.linalg.det,
    "HadamardProduct": hadamard,
    "HadamardPower": lambda base, exponent: base**exponent,
    "KroneckerProduct": np.kron,
    "DiagMatrix": lambda vector: np.diag(vector.ravel()),
    "DiagonalOf": lambda matrix: np.diag(matrix)[:, None],
    "ArrayTensorProduct": outer,
}
