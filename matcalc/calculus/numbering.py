"""One order of factors and one numbering of summed labels for equal products."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.tensors import Label, Operand, Tensor, make
from matcalc.calculus.work import OPEN_LIMIT, Factor, Work
from matcalc.expressions.dimensions import Dimension
from matcalc.limits import spend


def number(work: Work) -> Tensor:
    """Return the product's node, its factors in order and its summed labels numbered."""
    factors = work.factors
    out = work.out
    shape = tuple([work.dims[label] for label in out])
    if len(factors) == 1 and work.coefficient == 1:
        tensor, labels, exponent = factors[0]
        if exponent == 1 and (labels == out or (symmetric(tensor) and set(labels) == set(out)
                                                and len(labels) == len(out))):  # fmt: skip
            return tensor
    if len(factors) > 1:
        factors = _ordered(work)
    numbers = {label: position for position, label in enumerate(out)}
    summed: list[Dimension] = []
    operands = []
    for tensor, labels, exponent in factors:
        for label in labels:
            if label not in numbers:
                numbers[label] = len(numbers)
                summed.append(work.dims[label])
        named = tuple([numbers[label] for label in labels])
        if symmetric(tensor) and len(named) == 2:
            named = tuple(sorted(named))
        operands.append(Operand(tensor, named, exponent))
    return make("product", (work.coefficient, tuple(summed)), operands, shape)


def _ordered(work: Work) -> list[Factor]:
    """Order the factors by structure: by digest, ties by how their labels connect."""
    keyed = [(hash((t.digest, e.numerator, e.denominator)), i)
             for i, (t, _, e) in enumerate(work.factors)]  # fmt: skip
    keyed.sort()
    base = {i: key for key, i in keyed}
    if len(set(base.values())) == len(keyed) or len(keyed) > OPEN_LIMIT:
        return [work.factors[i] for _, i in keyed]
    colors: dict[Label, int] = {label: k + 1 for k, label in enumerate(work.out)}
    for label, dimension in work.dims.items():
        colors.setdefault(label, crc32(str(dimension).encode()))
    remaining = list(range(len(work.factors)))
    ordered: list[Factor] = []
    while remaining:
        for _ in range(3):
            colors = _refined(work, base, colors)
        keys = {i: _key(work.factors[i], base[i], colors) for i in remaining}
        chosen = min(remaining, key=lambda i: keys[i])
        remaining.remove(chosen)
        ordered.append(work.factors[chosen])
        for label in work.factors[chosen][1]:
            if label not in work.kept:
                colors[label] = hash((colors[label], len(ordered)))
    return ordered


def _key(factor: Factor, base: int, colors: Mapping[Label, int]) -> int:
    names = [colors[label] for label in factor[1]]
    if symmetric(factor[0]):
        names.sort()
    return hash((base, tuple(names)))


def _refined(work: Work, base: Mapping[int, int], colors: Mapping[Label, int]) -> dict[Label, int]:
    spend(2 * len(work.factors))
    seen: dict[Label, list[int]] = {label: [] for label in colors}
    for i, factor in enumerate(work.factors):
        key = _key(factor, base[i], colors)
        even = symmetric(factor[0])
        for axis, label in enumerate(factor[1]):
            seen[label].append(hash((key, 0 if even else axis)))
    return {label: hash((colors[label], tuple(sorted(seen[label])))) for label in colors}
