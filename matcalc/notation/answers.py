"""A tensor in a wanted shape, as a formula."""

from __future__ import annotations

from matcalc.calculus.tensors import Tensor
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.expressions.shapes import Shape
from matcalc.notation.building import transpose
from matcalc.notation.matrices import Notation


def in_shape(notation: Notation, tensor: Tensor, shape: Shape) -> Expression:
    """Return the tensor as a formula of this shape; its axes are the shape's longer than 1."""
    if len(shape) > 2 and len(tensor.shape) < len(shape):
        return _with_unit_axes(notation.formula(tensor), tensor, shape)
    formula = notation.formula(tensor)
    if formula.shape == shape:
        return formula
    if len(shape) == 2 and len(formula.shape) == 1:
        if shape[0] == ONE and shape[1] != ONE:
            return transpose(formula)
        if formula.shape[0] == shape[0]:  # one column as a matrix
            return make("multiply", (formula, make("transpose", (make("ones", (), (ONE,)),))))
    return make("multiply", (formula, make("ones", (), shape)))


def _with_unit_axes(formula: Expression, tensor: Tensor, shape: Shape) -> Expression:
    """Return the formula as a `tensor` with indices that run over 1..1 where an axis is 1."""
    from matcalc.notation.indices import _names, picked

    names = _names(frozenset(), len(shape), 0)
    indices = [make("index", (), name) for name in names]
    chosen = [i for i, d in zip(indices, shape, strict=True) if d != ONE]
    body = picked(formula, tuple(chosen)) if formula.shape else formula
    bounds: list[Expression] = []
    for dimension in shape:
        bounds += [number(1), size(dimension)]
    return make("tensor", (*bounds, body), (names, shape))
