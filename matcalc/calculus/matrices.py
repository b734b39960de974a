"""Inverses, powers and other functions of square matrices, in normal form.

The operand of a matrix function has axes (n, n, batch...); so has what has the matrix's
shape, and a determinant has axes (batch...).
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.products import product
from matcalc.calculus.sums import add, view
from matcalc.calculus.tensors import (
    Labels,
    Operand,
    Tensor,
    constant,
    constant_value,
    delta,
    make,
    size_tensor,
)
from matcalc.calculus.work import PUSH_LIMIT, ZERO_ONE, Factor
from matcalc.expressions.functions import ROWS

_one = Fraction(1)

Exponent = Tensor | int


def as_tensor(exponent: Exponent) -> Tensor:
    """Return an exponent as a scalar tensor."""
    return constant(exponent) if isinstance(exponent, int) else exponent


def integer_exponent(exponent: Exponent) -> int | None:
    """Return the exponent if it is a known integer."""
    if isinstance(exponent, int):
        return exponent
    value = constant_value(exponent)
    return int(value) if value is not None and value.denominator == 1 else None


def add_exponents(a: Exponent, b: Exponent) -> Exponent:
    """Return the sum of two exponents."""
    left, right = integer_exponent(a), integer_exponent(b)
    if left is not None and right is not None:
        return left + right
    terms = [as_tensor(a), as_tensor(b)]
    shape = max((term.shape for term in terms), key=len)
    axes = tuple(range(len(shape)))
    parts = [(term, axes[: len(term.shape)], _one) for term in terms]
    total = add(parts, axes, dict(enumerate(shape)))
    _, _, labels = view(total, axes)
    if not labels and shape:  # the running index has cancelled
        total = _stripped(total)
    value = integer_exponent(total)
    return total if value is None else value


def _stripped(tensor: Tensor) -> Tensor:
    """Return a tensor that is the same along every axis as a scalar."""
    coefficient, inner, _ = view(tensor, tuple(range(len(tensor.shape))))
    return product([(inner, (), _one)], (), None, coefficient)


def inverse(matrix: Tensor) -> Tensor:
    """Return the inverse of a matrix."""
    return matrix_power(matrix, -1)


def matrix_power(base: Tensor, exponent: Exponent) -> Tensor:
    """Return base^exponent for an integer-valued exponent, of scalars X^0 = eye."""
    value = integer_exponent(exponent)
    n = base.shape[0]
    batch = tuple(range(2, len(base.shape)))
    if value == 1:
        return base
    if value == 0:
        sizes = dict(enumerate(base.shape))
        return product([(delta(n), (0, 1), _one)], (0, 1, *batch), sizes)
    if base.kind == "delta":
        return base
    if base.kind == "matrix_power" and not batch:
        inner = base.operands[1].tensor
        times = product([(inner, (), _one), (as_tensor(exponent), (), _one)], ())
        return matrix_power(base.operands[0].tensor, times)
    if base.kind == "product" and value is not None and not batch:
        opened = _power_of_product(base, value)
        if opened is not None:
            return opened
    shape = base.shape
    operands = [Operand(base, tuple(range(len(shape))))]
    tensor = as_tensor(exponent)
    operands.append(Operand(tensor, batch if tensor.shape else ()))
    return make("matrix_power", None, operands, shape)


def indexed_power(base: Tensor, exponent: Tensor) -> Tensor:
    """Return base^exponent for an exponent that runs along axes; these follow the matrix's."""
    own = tuple(range(len(base.shape)))
    axes = tuple(range(len(own), len(own) + len(exponent.shape)))
    operands = [Operand(base, own), Operand(exponent, axes)]
    return make("matrix_power", None, operands, base.shape + exponent.shape)


def _power_of_product(base: Tensor, value: int) -> Tensor | None:
    """Draw scalars, transposes and diagonals out of a power; invert a chain of squares."""
    coefficient, summed = base.value
    scalars = [o for o in base.operands if not o.labels]
    rest = [o for o in base.operands if o.labels]
    if coefficient == 0:
        return None
    drawn: list[Factor] = [(o.tensor, (), o.weight * value) for o in scalars]
    scale = coefficient**value
    if not rest:
        return None
    if scalars or coefficient != 1:
        factors: list[Factor] = [(o.tensor, o.labels, o.weight) for o in rest]
        sizes = dict(enumerate((*base.shape, *summed)))
        inner = matrix_power(product(factors, (0, 1), sizes), value)
        return product([*drawn, (inner, (0, 1), _one)], (0, 1), None, scale)
    if len(rest) == 1 and rest[0].labels == (1, 0) and rest[0].weight == 1:
        return product([(matrix_power(rest[0].tensor, value), (1, 0), _one)], (0, 1))
    if any(o.tensor.kind == "delta" and o.labels == (0, 1) for o in rest):  # a diagonal matrix
        others = [o for o in rest if o.tensor.kind != "delta"]
        if summed or any(o.labels != (0,) for o in others):
            return None
        diagonal: list[Factor] = [(o.tensor, (0,), o.weight * value) for o in others]
        return product([(delta(base.shape[0]), (0, 1), _one), *diagonal], (0, 1))
    chain = _square_chain(rest, base) if value == -1 and base.height <= PUSH_LIMIT else None
    if chain is None:
        return None
    factors = []
    for k, (tensor, flipped) in enumerate(chain):
        # the chain runs from row 0 to column 1; its inverse runs backwards
        ends = (_link(k + 1, len(chain)), _link(k, len(chain)))
        factors.append((inverse(tensor), ends[::-1] if flipped else ends, _one))
    return product(factors, ("row", "column"))


def _link(k: int, length: int) -> str | tuple[str, int]:
    if k == 0:
        return "column"
    return "row" if k == length else ("inner", k)


def _square_chain(operands: list[Operand], base: Tensor) -> list[tuple[Tensor, bool]] | None:
    """Return the square factors (tensor, transposed?) along the path from axis 0 to axis 1."""
    n = base.shape[0]
    if any(
        len(o.labels) != 2
        or o.weight != 1
        or o.tensor.shape != (n, n)
        or o.labels[0] == o.labels[1]
        or o.tensor.kind in ZERO_ONE
        for o in operands
    ):
        return None
    chain = []
    left = list(operands)
    label = 0
    while left:
        following = [o for o in left if label in o.labels]
        if len(following) != 1:
            return None
        (operand,) = following
        left.remove(operand)
        flipped = operand.labels[1] == label
        chain.append((operand.tensor, flipped))
        label = operand.labels[0] if flipped else operand.labels[1]
    return chain if label == 1 else None


def matrix_function(name: str, matrix: Tensor) -> Tensor:
    """Return a function of a matrix, such as inv, det, logdet or adj."""
    if name == "inv":
        return inverse(matrix)
    row = ROWS[name, 1]
    result = matrix.shape if row.gives == "same" else matrix.shape[2:]
    batch = matrix.shape[2:]
    if matrix.kind == "product" and not batch:
        coefficient, _ = matrix.value
        only = matrix.operands[0] if len(matrix.operands) == 1 else None
        if row.turns and only and only.labels == (1, 0) and only.weight == 1 and coefficient == 1:
            inner = matrix_function(name, only.tensor)
            return product([(inner, (1, 0), _one)], (0, 1)) if inner.shape else inner
        scalars: list[Factor] = [(o.tensor, (), o.weight) for o in matrix.operands if not o.labels]
        if name == "det" and (scalars or coefficient != 1) and len(scalars) < len(matrix.operands):
            return _determinant_of_multiple(matrix, scalars, coefficient)
    if matrix.kind == "matrix_power" and name == "det" and not batch:
        exponent = integer_exponent(matrix.operands[1].tensor)
        if exponent == -1:
            inner = matrix_function("det", matrix.operands[0].tensor)
            return product([(inner, (), Fraction(-1))], ())
    if matrix.kind == "delta" and name in ("det", "logdet"):
        return constant(1 if name == "det" else 0)
    labels: Labels = tuple(range(len(matrix.shape)))
    return make("matrix", name, [Operand(matrix, labels)], result)


def _determinant_of_multiple(
    matrix: Tensor, scalars: list[Factor], coefficient: Fraction
) -> Tensor:
    """Return det(c A) = c^n det(A)."""
    from matcalc.calculus.sums import apply

    summed = matrix.value[1]
    factors: list[Factor] = [(o.tensor, o.labels, o.weight) for o in matrix.operands if o.labels]
    sizes = dict(enumerate((*matrix.shape, *summed)))
    inner = matrix_function("det", product(factors, (0, 1), sizes))
    scale = product(scalars, (), None, coefficient)
    order = size_tensor(matrix.shape[0])
    raised = apply("power", [(scale, ()), (order, ())], (), {})
    return product([(raised, (), _one), (inner, (), _one)], ())
