"""The generalized product of tensors in normal form: einsum with exponents.

`product` multiplies operands entry by entry where they share labels and sums over every
label that is not asked for. Products inside products are opened, deltas renamed away,
equal operands merged into powers, A and inv(A) cancelled, and what is left is numbered in
an order that depends on structure only, so that equal products are one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from matcalc.calculus.branches import close_branches, open_branches
from matcalc.calculus.identities import (
    cancel_in_sums,
    drop_guarded,
    join_matrix_product,
    join_sigmoid,
    join_signs,
    recognise_sigmoid,
    recognise_softmax,
    sum_softmax,
)
from matcalc.calculus.numbering import number
from matcalc.calculus.selections import apply_selection
from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.tensors import Label, Labels, Tensor, constant, size_tensor
from matcalc.calculus.work import ZERO_ONE, Factor, Work, Zero, open_factors, opens
from matcalc.expressions.dimensions import Dimension
from matcalc.limits import spend

_one = Fraction(1)


def product(
    operands: Iterable[Factor],
    out: Labels,
    sizes: Mapping[Label, Dimension] | None = None,
    coefficient: Fraction | int = 1,
) -> Tensor:
    """Return coefficient * product of operands, summed over every label not in `out`.

    `sizes` gives the dimension of labels that no operand has: in `out` they broadcast,
    elsewhere the sum over them is a factor.
    """
    work = Work(out, sizes or {})
    work.coefficient = Fraction(coefficient)
    try:
        open_factors(work, operands)
        spend(1 + len(work.factors))
        if work.coefficient == 0:
            raise Zero
        _simplify(work)
    except Zero:
        return constant(0, tuple([work.dims[label] for label in out]))
    return number(work)


def _simplify(work: Work) -> None:
    if len(work.factors) > 1:
        open_branches(work)
    _merge_powers(work)
    recognise_sigmoid(work)
    if len(work.factors) > 1:
        while join_matrix_product(work):
            _merge_powers(work)
        join_sigmoid(work)
        recognise_softmax(work)
        join_signs(work)
        drop_guarded(work)
        _merge_powers(work)
        close_branches(work)
    cancel_in_sums(work)
    sum_softmax(work)
    _sum_unused(work)


def _merge_powers(work: Work) -> None:
    """Multiply equal operands, whose exponents add, until nothing opens any more."""
    while True:
        while apply_selection(work):
            pass
        if len(work.factors) < 2:
            return
        merged: dict[tuple[Tensor, Labels], Fraction] = {}
        for tensor, labels, exponent in work.factors:
            if len(labels) == 2 and symmetric(tensor):
                labels = tuple(sorted(labels, key=repr))
            key = (tensor, labels)
            merged[key] = _one if tensor.kind in ZERO_ONE else merged.get(key, 0) + exponent
        if len(merged) == len(work.factors):
            return
        work.factors = [(t, labels, e) for (t, labels), e in merged.items() if e != 0]
        opened = [f for f in work.factors if f[0].kind == "product" and opens(f[0], f[2])]
        if not opened:
            return
        work.factors = [factor for factor in work.factors if factor not in opened]
        open_factors(work, opened)


def _sum_unused(work: Work) -> None:
    used = {label for _, labels, _ in work.factors for label in labels}
    for label, dimension in list(work.dims.items()):
        if label not in used and label not in work.kept:
            del work.dims[label]
            open_factors(work, [(size_tensor(dimension), (), _one)])
    if any(t.kind == "size" for t, _, _ in work.factors):
        _merge_powers(work)
