"""Derivatives by matrices that have a structure: the gradient in the space of such matrices.

A partial derivative moves every entry by itself. Among symmetric matrices the gradient is
the orthogonal projection of that, its symmetric part; among diagonal ones its diagonal. The
Matrix Cookbook (Petersen & Pedersen 2012, equation 138) differentiates by the free entries
of a symmetric matrix instead, so that an entry off the diagonal counts for two.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from matcalc.calculus.products import product
from matcalc.calculus.sums import Term, add
from matcalc.calculus.tensors import Tensor, delta

Convention = Literal["entries", "projected", "cookbook"]
CONVENTIONS: tuple[Convention, ...] = ("entries", "projected", "cookbook")

_one = Fraction(1)


def projected(
    tensor: Tensor, pairs: Sequence[tuple[int, int]], structure: str, convention: Convention
) -> Tensor:
    """Return a derivative by matrices of this structure, whose two axes each pair names.

    By 'projected' G becomes (G + G')/2, by 'cookbook' G + G' - diag(diag(G)); by a diagonal
    matrix both are diag(diag(G)). Each map is self-adjoint, so that it may as well be
    applied to the direction in which the matrix moves.
    """
    if convention == "entries":
        return tensor
    for pair in pairs:
        tensor = _on_pair(tensor, pair, structure, convention)
    return tensor


def _on_pair(
    tensor: Tensor, pair: tuple[int, int], structure: str, convention: Convention
) -> Tensor:
    row, column = pair
    axes = tuple(range(len(tensor.shape)))
    sizes = dict(enumerate(tensor.shape))
    swapped = tuple([column if k == row else row if k == column else k for k in axes])
    identity = delta(tensor.shape[row])
    diagonal = product([(tensor, axes, _one), (identity, pair, _one)], axes)
    if structure == "diagonal":
        return diagonal
    half = Fraction(1, 2) if convention == "projected" else _one
    terms: list[Term] = [(tensor, axes, half), (tensor, swapped, half)]
    if convention == "cookbook":
        terms.append((diagonal, axes, -_one))
    return add(terms, axes, sizes)
