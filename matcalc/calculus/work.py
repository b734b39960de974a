"""A product of tensors while it is brought to normal form: its factors, opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import count

from matcalc.calculus.tensors import Label, Labels, Tensor, leaf, make
from matcalc.expressions.dimensions import Dimension

Factor = tuple[Tensor, Labels, Fraction]

OPEN_LIMIT = 24  # a product with more operands stays one operand, so that chains grow linearly
PUSH_LIMIT = 60  # entries are taken of operands only up to this height, so that nothing recurses

SELECTORS = frozenset(["delta", "select", "unit", "fuse", "flip"])
ZERO_ONE = SELECTORS | {"shift"}

_fresh = count(1)
_one = Fraction(1)


def fresh() -> Label:
    """Return a label that no one else has."""
    return ("~", next(_fresh))


class Zero(Exception):
    """The product vanishes."""


class Work:
    """A product being brought to normal form."""

    __slots__ = ("coefficient", "dims", "factors", "kept", "out")

    def __init__(self, out: Labels, sizes: Mapping[Label, Dimension]) -> None:
        self.coefficient = _one
        self.factors: list[Factor] = []
        self.out = out
        self.kept = frozenset(out)
        assert len(self.kept) == len(out), "a diagonal has one axis"
        self.dims: dict[Label, Dimension] = dict(sizes)

    def rename(self, old: Label, new: Label) -> None:
        """Identify two labels."""
        self.factors = [
            (t, tuple([new if label == old else label for label in labels]), e)
            if old in labels
            else (t, labels, e)
            for t, labels, e in self.factors
        ]
        self.dims.pop(old, None)

    def drop(self, position: int) -> None:
        """Remove a factor; its labels stay, to be summed or broadcast."""
        del self.factors[position]

    def users(self, label: Label) -> list[int]:
        """Return the positions of the factors with this label."""
        return [i for i, factor in enumerate(self.factors) if label in factor[1]]


def open_factors(work: Work, operands: Iterable[Factor]) -> None:
    """Add factors to the product; those that are products themselves by their own factors."""
    stack = list(operands)
    stack.reverse()
    dims = work.dims
    while stack:
        tensor, labels, exponent = stack.pop()
        dims.update(zip(labels, tensor.shape, strict=True))
        if tensor.kind != "product":
            if tensor.kind == "size" and len(tensor.value.terms) == 1:
                _open_size(work, tensor, exponent)
            else:
                work.factors.append((tensor, labels, exponent))
            continue
        inner, summed = tensor.value
        if not opens(tensor, exponent):
            spread = _without_spread(tensor, labels)
            if spread is not None:
                stack.append((*spread, exponent))
                continue
            root = _exact_root(inner, exponent) if exponent.denominator != 1 else None
            if root is not None and inner != 1:
                work.coefficient *= root
                tensor = make("product", (_one, summed), tensor.operands, tensor.shape)
                if tensor.operands or summed:
                    stack.append((tensor, labels, exponent))
            else:
                work.factors.append((tensor, labels, exponent))
            continue
        if inner != 1:
            work.coefficient *= inner ** int(exponent)
        names = list(labels)
        for dimension in summed:
            label = fresh()
            names.append(label)
            dims[label] = dimension
        for operand in reversed(tensor.operands):
            opened = tuple([names[label] for label in operand.labels])
            stack.append((operand.tensor, opened, operand.weight * exponent))


def _without_spread(tensor: Tensor, labels: Labels) -> tuple[Tensor, Labels] | None:
    """Return a product without the axes along which it is the same; None if there are none."""
    from matcalc.calculus.products import product

    rank = len(tensor.shape)
    used = {label for operand in tensor.operands for label in operand.labels}
    kept = tuple([k for k in range(rank) if k in used])
    if len(kept) == rank:
        return None
    coefficient, summed = tensor.value
    sizes = {rank + k: dimension for k, dimension in enumerate(summed)}
    smaller = product(tensor.operands, kept, sizes, coefficient)
    return smaller, tuple([labels[k] for k in kept])


def opens(tensor: Tensor, exponent: Fraction) -> bool:
    """Tell whether (a*b)^exponent is a^exponent * b^exponent, and short enough to write so."""
    inner, summed = tensor.value
    if exponent == 1:
        return len(tensor.operands) <= OPEN_LIMIT
    if exponent.denominator != 1:
        # (x^(1/2))^(1/2) holds wherever it is defined, (x^2)^(1/2) = abs(x) does not open
        return bool(
            inner == 1
            and not summed
            and tensor.operands
            and all(o.weight.denominator != 1 for o in tensor.operands)
        )
    if inner == 0 and exponent < 0:
        return False
    picked = {o.labels[0] for o in tensor.operands if o.tensor.kind == "unit"}
    rank = len(tensor.shape)
    return all(label in picked for label in range(rank, rank + len(summed)))


def _exact_root(value: Fraction, exponent: Fraction) -> Fraction | None:
    """Return value**exponent if it is rational, for value > 0."""
    if value <= 0:
        return None
    root = exponent.denominator
    parts = []
    for part in (value.numerator, value.denominator):
        guess = round(part ** (1 / root)) if part < 2**52 else 0
        if guess**root != part:
            return None
        parts.append(guess)
    return Fraction(parts[0], parts[1]) ** exponent.numerator


def _open_size(work: Work, tensor: Tensor, exponent: Fraction) -> None:
    ((monomial, factor),) = tensor.value.terms
    if exponent.denominator == 1 and (factor != 1 or len(monomial) > 1):
        work.coefficient *= Fraction(factor) ** int(exponent)
        for part in monomial:
            work.factors.append((leaf("size", Dimension((((part,), 1),))), (), exponent))
    else:
        work.factors.append((tensor, (), exponent))
