"""Which matrices are known to equal their transposes."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.tensors import Tensor, know_symmetric
from matcalc.calculus.work import PUSH_LIMIT

_one = Fraction(1)


def symmetric(tensor: Tensor) -> bool:
    """Tell whether a matrix is known to equal its transpose."""
    if tensor.symmetric is None:
        know_symmetric(tensor, False)  # while the question is open
        know_symmetric(tensor, _is_symmetric(tensor))
    return bool(tensor.symmetric)


def _is_symmetric(tensor: Tensor) -> bool:
    if len(tensor.shape) != 2 or tensor.shape[0] != tensor.shape[1]:
        return False
    if tensor.height > PUSH_LIMIT:
        return False
    kind = tensor.kind
    if kind == "variable":
        return bool(tensor.value.structure)
    if kind in ("delta", "flip"):
        return True
    if kind == "matrix_power":
        return symmetric(tensor.operands[0].tensor)
    if kind == "matrix":
        return symmetric(tensor.operands[0].tensor)
    if kind in ("sum", "apply", "product"):
        return transposed(tensor) is tensor
    return False


def transposed(tensor: Tensor) -> Tensor:
    """Return the tensor with its first two axes exchanged, in normal form."""
    if tensor.kind in ("sum", "apply"):
        from matcalc.calculus.sums import rebuild

        swap = {0: 1, 1: 0}
        parts = [
            (o.tensor, tuple([swap.get(label, label) for label in o.labels]), o.weight)
            for o in tensor.operands
        ]
        sizes = {0: tensor.shape[1], 1: tensor.shape[0]}
        return rebuild(tensor, parts, (0, 1), sizes)
    from matcalc.calculus.products import product

    return product([(tensor, (1, 0), _one)], (0, 1))
