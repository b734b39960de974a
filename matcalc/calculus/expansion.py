"""Multiplying out sums, where a factor meets its own inverse: s*(1 - s)*(y/s - (1 - y)/(1 - s))."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.products import product
from matcalc.calculus.sums import Term, add
from matcalc.calculus.tensors import Labels, Operand, Tensor
from matcalc.calculus.work import Factor

MOST_TERMS = 16  # of a product that is multiplied out

_one = Fraction(1)


def cancels(tensor: Tensor) -> bool:
    """Tell whether a product has a sum among its factors that divides by another factor."""
    return any(_divides(tensor, operand) for operand in tensor.operands)


def _divides(tensor: Tensor, operand: Operand) -> bool:
    if operand.tensor.kind != "sum" or operand.weight != 1:
        return False
    outer = {(o.tensor, o.labels) for o in tensor.operands if o.weight > 0}
    for inner, labels, _ in operand.tensor.operands:
        if inner.kind != "product":
            continue
        places = tuple([operand.labels[k] for k in labels])
        for o in inner.operands:
            if o.weight > 0 or max(o.labels, default=-1) >= len(places):
                continue
            if (o.tensor, tuple([places[k] for k in o.labels])) in outer:
                return True
    return False


def multiplied_out(tensor: Tensor) -> Tensor | None:
    """Return a product as a sum without sums among the factors; None if it has many terms."""
    rank = len(tensor.shape)
    out: Labels = tuple(range(rank))
    pending = [(tensor, _one)]
    done: list[Term] = []
    while pending:
        if len(pending) + len(done) > MOST_TERMS:
            return None
        node, weight = pending.pop()
        sums = [
            k
            for k, o in enumerate(node.operands)
            if node.kind == "product" and o.tensor.kind == "sum" and o.weight == 1
        ]
        if not sums:
            done.append((node, out, weight))
            continue
        # what cancels is multiplied out first, while its counterpart is whole
        chosen = next((k for k in sums if _divides(node, node.operands[k])), sums[0])
        pending += [(part, weight) for part in distributed(node, chosen)]
    return add(done, out, dict(enumerate(tensor.shape)))


def distributed(node: Tensor, chosen: int) -> list[Tensor]:
    """Return the products of a node with one of its sums, a factor, replaced by each term."""
    coefficient, summed = node.value
    rank = len(node.shape)
    sizes = dict(enumerate((*node.shape, *summed)))
    others: list[Factor] = [
        (o.tensor, o.labels, o.weight) for k, o in enumerate(node.operands) if k != chosen
    ]
    whole = node.operands[chosen]
    parts = []
    for inner, labels, weight in whole.tensor.operands:
        factor: Factor = (inner, tuple([whole.labels[k] for k in labels]), _one)
        out = tuple(range(rank))
        parts.append(product([*others, factor], out, sizes, coefficient * weight))
    return parts
