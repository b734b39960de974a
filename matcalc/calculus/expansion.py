"""Multiplying out sums, where a factor meets its own inverse: s*(1 - s)*(y/s - (1 - y)/(1 - s))."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.products import product
from matcalc.calculus.sums import Term, add, apply, view
from matcalc.calculus.tensors import Labels, Operand, Tensor, constant, constant_value
from matcalc.calculus.work import Factor
from matcalc.expressions.relations import RELATIONS

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


def cleared(tensor: Tensor) -> Tensor | None:
    """Write x/(c*(y/c + 1)) as x/(y + c); None where no denominator contains another."""
    rank = len(tensor.shape)
    sizes = dict(enumerate((*tensor.shape, *tensor.value[1])))
    for position, whole in enumerate(tensor.operands):
        if whole.tensor.kind != "sum" or whole.weight != -1:
            continue
        within = set(whole.labels)
        for place, other in enumerate(tensor.operands):
            if place == position or other.weight >= 0 or not within.issuperset(other.labels):
                continue
            if not _is_divided_by(whole, other):
                continue
            factor: Factor = (other.tensor, other.labels, -other.weight)
            terms: list[Term] = []
            for inner, axes, weight in whole.tensor.operands:
                places = tuple([whole.labels[k] for k in axes])
                out = tuple(dict.fromkeys((*places, *other.labels)))
                terms.append((product([(inner, places, _one), factor], out), out, weight))
            denominator = add(terms, whole.labels, sizes)
            kept: list[Factor] = [
                o for k, o in enumerate(tensor.operands) if k not in (position, place)
            ]
            kept.append((denominator, whole.labels, -_one))
            return product(kept, tuple(range(rank)), sizes, tensor.value[0])
    return None


def _is_divided_by(whole: Operand, other: Operand) -> bool:
    """Tell whether a term of the sum has the other operand, to the same power, below."""
    for inner, axes, _ in whole.tensor.operands:
        if inner.kind == "product":
            places = tuple([whole.labels[k] for k in axes])
            for o in inner.operands:
                if o.tensor is other.tensor and o.weight == other.weight:
                    inside = max(o.labels, default=-1) < len(places)
                    if inside and tuple([places[k] for k in o.labels]) == other.labels:
                        return True
    return False


def compared_with_zero(tensor: Tensor) -> Tensor | None:
    """Return [a - b > 0] for [a > b] where terms cancel; None for all else."""
    if tensor.kind != "apply" or tensor.value not in RELATIONS:
        return None
    if any(not o.labels and constant_value(o.tensor) is not None for o in tensor.operands):
        return None
    out: Labels = tuple(range(len(tensor.shape)))
    sizes = dict(enumerate(tensor.shape))
    terms: list[Term] = []
    for operand, sign in zip(tensor.operands, (_one, -_one), strict=True):
        whole = operand.tensor
        opened = multiplied_out(whole) if whole.kind == "product" else whole
        terms.append((opened or whole, operand.labels, sign))
    coefficient, difference, labels = view(add(terms, out, sizes), out)
    if difference.kind == "sum" and len(difference.operands) >= sum(map(_length, terms)):
        return None
    function = RELATIONS[tensor.value].mirrored if coefficient < 0 else tensor.value
    return apply(function, [(difference, labels), (constant(0), ())], out, sizes)


def _length(term: Term) -> int:
    return len(term[0].operands) if term[0].kind == "sum" else 1


def distributed(node: Tensor, chosen: int) -> list[Tensor]:
    """Return the products of the node with one of its sums replaced by each term."""
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
