"""A tensor in a wanted shape, as a formula."""

from __future__ import annotations

from matcalc.calculus.tensors import Tensor
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import run
from matcalc.notation.building import transpose
from matcalc.notation.indices import entry, index_names, listed
from matcalc.notation.matrices import Notation


def in_shape(notation: Notation, tensor: Tensor, shape: Shape) -> Expression:
    """Return the tensor as a formula of this shape; its axes are the shape's longer than 1."""
    if len(shape) > 2 and len(tensor.shape) < len(shape):
        return _with_unit_axes(notation, tensor, shape)
    formula = notation.formula(tensor)
    if formula.shape == shape:
        return formula
    if len(shape) == 2 and len(formula.shape) == 1:
        if shape[0] == ONE and shape[1] != ONE:
            return transpose(formula)
        if formula.shape[0] == shape[0]:  # one column as a matrix
            return make("multiply", (formula, make("transpose", (make("ones", (), (ONE,)),))))
    return make("multiply", (formula, make("ones", (), shape)))


def _with_unit_axes(notation: Notation, tensor: Tensor, shape: Shape) -> Expression:
    """Return the tensor entry by entry, with indices over 1..1 where an axis is 1."""
    names = index_names(notation.taken, len(shape))
    indices = [make("index", (), name) for name in names]
    chosen = tuple([i for i, d in zip(indices, shape, strict=True) if d != ONE])
    return listed(names, shape, run(entry(notation, tensor, chosen)))
