"""Products of tensors that look the same from both sides: A'*D*A, v*v', kron(S, S).

An exchange of labels swaps the two axes of every given pair and maps the product to itself,
factor by factor. Labels that stay in place carry a diagonal in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.tensors import Label, Labels, Tensor
from matcalc.calculus.work import Factor
from matcalc.expressions.dimensions import Dimension

MOST_FACTORS = 12

_one = Fraction(1)

Pairs = tuple[tuple[Label, Label], ...]


class Term(NamedTuple):
    """coefficient * product of factors, summed over the labels that are in no pair."""

    coefficient: Fraction
    factors: tuple[Factor, ...]
    sizes: dict[Label, Dimension]


class Mirrored(NamedTuple):
    """A term whose exchange of labels maps it to itself.

    `left` are factors on the one side, `weights` those on fixed labels only, `kernels`
    those that join a label to its mirror image. `sides` has the mirror image of every
    label on the left.
    """

    term: Term
    left: tuple[Factor, ...]
    weights: tuple[Factor, ...]
    kernels: tuple[Factor, ...]
    sides: dict[Label, Label]
    fixed: frozenset[Label]


def terms(tensor: Tensor) -> list[Term]:
    """Return a tensor's terms; its axes are labelled 0, 1, ..."""
    pending = [(tensor, tuple(range(len(tensor.shape))), _one)]
    found = []
    while pending:
        node, labels, weight = pending.pop()
        inner = node.operands
        if node.kind == "sum":
            pending += [
                (t, tuple([labels[k] for k in names]), weight * w) for t, names, w in inner[::-1]
            ]
        elif (
            node.kind == "product"
            and [o.tensor.kind for o in inner] == ["sum"]
            and (inner[0].weight == 1 and not node.value[1])
        ):  # a multiple of a sum
            names = tuple([labels[k] for k in inner[0].labels])
            pending.append((inner[0].tensor, names, weight * node.value[0]))
        else:
            found.append(_term(node, labels, weight, tensor))
    return found


def _term(tensor: Tensor, labels: Labels, weight: Fraction, whole: Tensor) -> Term:
    sizes: dict[Label, Dimension] = dict(enumerate(whole.shape))
    if tensor.kind != "product":
        return Term(weight, ((tensor, labels, _one),), sizes)
    coefficient, summed = tensor.value
    names = [*labels, *[("inner", k) for k in range(len(summed))]]
    sizes.update(zip(names[len(labels) :], summed, strict=True))
    factors = [(o.tensor, tuple([names[k] for k in o.labels]), o.weight) for o in tensor.operands]
    return Term(weight * coefficient, tuple(factors), sizes)


def mirrored(term: Term, pairs: Pairs) -> Iterator[Mirrored]:
    """Yield the exchanges of labels that swap every pair and map the term to itself."""
    if len(term.factors) > MOST_FACTORS or term.coefficient == 0:
        return
    merged: dict[Label, Label] = {}
    factors = list(term.factors)
    for a, b in pairs:
        joined = [f for f in factors if f[0].kind == "delta" and set(f[1]) == {a, b}]
        if joined:
            factors = [f for f in factors if f not in joined]
            merged[b] = a
    factors = [(t, tuple([merged.get(n, n) for n in labels]), e) for t, labels, e in factors]
    mirror: dict[Label, Label] = {}
    for a, b in pairs:
        if b in merged:
            mirror[a] = a
        else:
            mirror[a], mirror[b] = b, a
    left = {a for a, b in pairs if b not in merged}
    yield from _matched(term, factors, [], mirror, left)


def _matched(
    term: Term,
    factors: Sequence[Factor],
    done: list[tuple[Factor, Factor]],
    mirror: dict[Label, Label],
    left: set[Label],
) -> Iterator[Mirrored]:
    """Match one more factor with its image; what is joined to known labels comes first."""
    if not factors:
        result = _sided(term, done, mirror, left)
        if result is not None:
            yield result
        return
    first = next((f for f in factors if any(label in mirror for label in f[1])), factors[0])
    for image in factors:
        if image[0] is not first[0] or image[2] != first[2]:
            continue
        orders = [image[1]]
        if len(image[1]) == 2 and symmetric(image[0]):
            orders.append(image[1][::-1])
        for order in orders:
            more = _extended(mirror, first[1], order)
            if more is None:
                continue
            rest = [f for f in factors if f is not first and f is not image]
            yield from _matched(term, rest, [*done, (first, image)], more, left)


def _extended(
    mirror: dict[Label, Label], labels: Labels, images: Labels
) -> dict[Label, Label] | None:
    """Return the exchange with labels mapped to their images too, if it stays one."""
    more = dict(mirror)
    for label, image in zip(labels, images, strict=True):
        if more.setdefault(label, image) != image or more.setdefault(image, label) != label:
            return None
    return more


def _sided(
    term: Term, done: Sequence[tuple[Factor, Factor]], mirror: dict[Label, Label], left: set[Label]
) -> Mirrored | None:
    """Tell the left from the right; return None where a factor lies on both."""
    fixed = frozenset([label for label, image in mirror.items() if label == image])
    sides = {label: mirror[label] for label in left}
    weights, kernels, lefts = [], [], []
    pending = list(done)
    while pending:
        known = {*sides, *sides.values()}
        pair = next(
            ((f, g) for f, g in pending if not known.isdisjoint(f[1])),
            pending[0],
        )
        pending.remove(pair)
        factor, image = pair
        moving = [label for label in factor[1] if label not in fixed]
        if not moving:
            if factor is not image:
                return None
            weights.append(factor)
        elif factor is image:
            if len(factor[1]) != 2 or len(set(moving)) != 2:
                return None
            kernels.append(factor)
            if moving[0] not in known:
                sides[moving[0]] = moving[1]
        else:
            if any(label in sides.values() for label in moving):
                factor, image = image, factor
                moving = [label for label in factor[1] if label not in fixed]
            if any(label in sides.values() for label in moving):
                return None
            for label in moving:
                sides[label] = mirror[label]
            lefts.append(factor)
    return Mirrored(term, tuple(lefts), tuple(weights), tuple(kernels), sides, fixed)
