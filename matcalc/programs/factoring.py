"""Take out what all terms of a sum have in common, so that less is multiplied."""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.tensors import Label, Labels, Operand, Tensor, make
from matcalc.expressions.traversal import postorder

_Factor = tuple[Tensor, Labels, Fraction]


def factored(root: Tensor) -> Tensor:
    """Return a tensor of the same value in which sums of products have no common factors.

    V[l,j]*a[i,l] + V[l,j]*b[i,l] becomes V[l,j]*(a[i,l] + b[i,l]). The result is for
    computing with: it is not in the engine's normal form.
    """
    results: dict[Tensor, Tensor] = {}
    opened: set[Tensor] = set()
    for node in postorder([root], lambda node: [o.tensor for o in node.operands]):
        operands = [o._replace(tensor=results[o.tensor]) for o in node.operands]
        same = all(
            new.tensor is old.tensor for new, old in zip(operands, node.operands, strict=True)
        )
        result = node if same else make(node.kind, node.value, operands, node.shape)
        if result.kind == "sum":
            product = _taken_out(result)
            if product is not None:
                opened.add(product)
                result = product
        elif result.kind == "product":
            result = _flattened(result, opened)
        results[node] = result
    return results[root]


def _taken_out(node: Tensor) -> Tensor | None:
    """Return a sum as common factors times a sum, None if there are no common factors."""
    terms = [_factors(operand) for operand in node.operands]
    if not all(terms):
        return None
    rank = len(node.shape)
    common = [
        factor
        for factor in terms[0]
        if all(_is_own(label, rank) for label in factor[1])
        and all(factor in term for term in terms)
    ]
    common = [factor for factor in dict.fromkeys(common) if factor[1]]
    if not common or len(node.operands) < 2:
        return None
    rest: list[tuple[Operand, list[_Factor]]] = []
    for operand, term in zip(node.operands, terms, strict=True):
        left = list(term)
        for factor in common:
            left.remove(factor)
        rest.append((operand, left))
    used = sorted(
        {x for _, left in rest for _, labels, _ in left for x in labels if _is_own(x, rank)}
    )
    inner = make(
        "sum",
        None,
        [_remaining(o, left, used) for o, left in rest],
        tuple([node.shape[axis] for axis in used]),
    )
    operands = [Operand(*factor) for factor in common]
    operands.append(Operand(inner, tuple(used), Fraction(1)))
    return make("product", (Fraction(1), ()), operands, node.shape)


def _is_own(label: Label, rank: int) -> bool:
    return isinstance(label, int) and label < rank


def _factors(operand: Operand) -> list[_Factor]:
    """Return a term's factors, labelled by the sum's axes; its own sums by their number."""
    tensor, labels, _ = operand
    if tensor.kind != "product":
        return [(tensor, labels, Fraction(1))]
    rank = len(tensor.shape)
    return [
        (o.tensor, tuple([labels[x] if x < rank else ("s", x - rank) for x in o.labels]), o.weight)
        for o in tensor.operands
    ]


def _remaining(operand: Operand, left: list[_Factor], used: list[int]) -> Operand:
    """Return the term without the common factors, on the axes that are still used."""
    coefficient, summed = operand.tensor.value if operand.tensor.kind == "product" else (1, ())
    own = [axis for axis in used if any(axis in labels for _, labels, _ in left)]
    lengths = dict(zip(operand.labels, operand.tensor.shape, strict=True))
    place: dict[Label, int] = {axis: k for k, axis in enumerate(own)}
    place.update({("s", k): len(own) + k for k in range(len(summed))})
    operands = [
        Operand(tensor, tuple([place[x] for x in labels]), weight)
        for tensor, labels, weight in left
    ]
    shape = tuple([lengths[axis] for axis in own])
    product = make("product", (Fraction(coefficient), summed), operands, shape)
    return Operand(product, tuple([used.index(axis) for axis in own]), operand.weight)


def _flattened(node: Tensor, opened: set[Tensor]) -> Tensor:
    """Return a product with the products that came of sums multiplied in."""
    if not any(o.tensor in opened and o.weight == 1 for o in node.operands):
        return node
    operands: list[Operand] = []
    for operand in node.operands:
        if operand.tensor in opened and operand.weight == 1:
            for inner in operand.tensor.operands:
                labels = tuple([operand.labels[label] for label in inner.labels])
                operands.append(inner._replace(labels=labels))
        else:
            operands.append(operand)
    return make("product", node.value, operands, node.shape)
