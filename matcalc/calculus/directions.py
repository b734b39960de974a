"""The direction in which one entry of a variable moves, and no other."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.tensors import Tensor
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make


def entry_direction(variable: Expression, entry: tuple[Expression, ...]) -> Tensor:
    """Return the derivative of a variable by the entry with these indices: 1 there, else 0."""
    shape = variable.shape[-1:] if len(entry) == 1 else variable.shape
    columns = [
        make("subscript", (make("eye", (), length), place), ("all", "entry"))
        for place, length in zip(entry, shape, strict=True)
        if length != ONE
    ]
    labels = tuple(range(len(columns)))
    one = Fraction(1)
    return product([(tensor_of(c), (k,), one) for k, c in enumerate(columns)], labels)
