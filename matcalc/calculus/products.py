"""The generalized product of tensors in normal form: einsum with exponents.

`product` multiplies operands entry by entry where they share labels and sums over every
label that is not asked for. Products inside products are opened, deltas renamed away,
equal operands merged into powers, A and inv(A) cancelled, and what is left is numbered in
an order that depends on structure only, so that equal products are one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import count
from zlib import crc32

from matcalc.calculus.tensors import (
    Label,
    Labels,
    Operand,
    Tensor,
    constant,
    delta,
    leaf,
    make,
)
from matcalc.expressions.dimensions import ONE, Dimension, integer

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
        _open(work, operands)
        if work.coefficient == 0:
            raise Zero
        _simplify(work)
    except Zero:
        return constant(0, tuple([work.dims[label] for label in out]))
    return _number(work)


# --- opening products inside products --------------------------------------------------------


def _open(work: Work, operands: Iterable[Factor]) -> None:
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
        if not _opens(tensor, exponent):
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


def _opens(tensor: Tensor, exponent: Fraction) -> bool:
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


# --- simplification ---------------------------------------------------------------------------


def _simplify(work: Work) -> None:
    while any(t.kind in SELECTORS for t, _, _ in work.factors):
        if not _one_selection(work):
            break
    _merge_powers(work)
    while _one_matrix_product(work):
        _merge_powers(work)
    _recognise_sigmoid(work)
    _recognise_softmax(work)
    _join_signs(work)
    _drop_guarded(work)
    _sum_unused(work)


def _one_selection(work: Work) -> bool:
    """Apply one rule for a 0-1 tensor; return False when none applies any more."""
    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind not in SELECTORS:
            continue
        if exponent != 1:  # 0 and 1 are their own powers
            work.factors[position] = (tensor, labels, _one)
        if _SELECTION_RULES[tensor.kind](work, position, tensor, labels):
            return True
    return False


def _select_delta(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    i, j = labels
    if i == j:
        work.drop(position)
        return True
    if i in work.kept and j in work.kept:
        if work.out.index(j) < work.out.index(i):
            i, j = j, i
        others = [p for p in work.users(j) if p != position]
        if not others:
            return False
        dimension = work.dims[j]
        work.rename(j, i)
        work.dims[j] = dimension
        work.factors[position] = (tensor, (i, j), _one)
        return True
    if i in work.kept:
        i, j = j, i
    work.drop(position)
    work.rename(i, j)
    return True


def _select_unit(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    (i,) = labels
    key = tensor.value
    if i not in work.kept:
        for other, (t, names, _) in enumerate(work.factors):
            if other != position and t is tensor and names[0] not in work.kept:
                work.drop(position)
                if names[0] != i:
                    work.rename(i, names[0])
                return True
    users = [p for p in work.users(i) if p != position]
    for p in users:
        t, names, e = work.factors[p]
        if t.kind == "unit":
            if t is tensor:
                work.drop(p)
                return True
            if _difference(t.value, key) is not None:
                raise Zero
            continue
        replaced = _entry(t, names, i, key, work)
        if replaced is not None:
            work.factors[p : p + 1] = [(r, n, e if r.kind not in ZERO_ONE else _one)
                                       for r, n in replaced]  # fmt: skip
            for r, n in replaced:
                work.dims.update(zip(n, r.shape, strict=True))
            return True
        if i in work.kept:
            # what is evaluated at the entry moves to a summed label; the unit vector stays
            label = fresh()
            work.dims[label] = work.dims[i]
            moved = tuple([label if name == i else name for name in names])
            work.factors[p] = (t, moved, e)
            work.factors.append((tensor, (label,), _one))
            return True
    if not users and i not in work.kept:
        work.drop(position)
        work.dims.pop(i, None)
        return True
    return False


def _entry(
    tensor: Tensor, names: Labels, label: Label, position: Dimension, work: Work
) -> list[tuple[Tensor, Labels]] | None:
    """Return factors equal to `tensor` with `label` fixed at `position`, or None."""
    kind = tensor.kind
    if kind in ("sum", "apply") and tensor.height <= PUSH_LIMIT:
        axes = [axis for axis, name in enumerate(names) if name == label]
        unit = leaf("unit", position, tensor.shape[axes[0]])
        restricted = _along(tensor, axes, unit, None)
        return [(restricted, tuple([name for name in names if name != label]))]
    if kind == "count":
        return [(size_tensor(tensor.value + position), ())]
    if kind == "select" and names[0] != names[1]:
        if label == names[0]:
            return _unit_at(position - tensor.value, tensor.shape[1], names[1])
        return _unit_at(position + tensor.value, tensor.shape[0], names[0])
    if kind == "flip" and names[0] != names[1]:
        other = names[1] if label == names[0] else names[0]
        return _unit_at(tensor.shape[0] - ONE - position, tensor.shape[0], other)
    if kind == "delta" and names[0] != names[1]:
        other = names[1] if label == names[0] else names[0]
        return [(leaf("unit", position, tensor.shape[0]), (other,))]
    if kind == "fuse" and label == names[0] and names.count(label) == 1:
        inner, place = tensor.shape[2].value, position.value
        if inner is not None and place is not None:
            outer_unit = leaf("unit", integer(place // inner), tensor.shape[1])
            inner_unit = leaf("unit", integer(place % inner), tensor.shape[2])
            return [(outer_unit, (names[1],)), (inner_unit, (names[2],))]
    return None


def _unit_at(
    position: Dimension, dimension: Dimension, label: Label
) -> list[tuple[Tensor, Labels]] | None:
    inside = at_least(position, integer(0)), at_least(dimension - ONE, position)
    if False in inside:
        raise Zero
    if None in inside:
        return None
    return [(leaf("unit", position, dimension), (label,))]


def _select_select(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    i, j = labels
    if i == j:
        if tensor.value.value is not None:  # [i == i + offset] with offset not 0
            raise Zero
        return False
    for p, (t, names, _) in enumerate(work.factors):
        if p == position or t.kind != "select":
            continue
        if names[0] == i:
            difference = t.value - tensor.value
            if t is tensor:
                work.factors[p] = (delta(t.shape[1]), (j, names[1]), _one)
                return True
            if (
                at_least(difference, tensor.shape[1])
                or at_least(-difference, t.shape[1])
            ):  # fmt: skip
                raise Zero
        elif names[1] == j and t is tensor and i not in work.kept and names[0] not in work.kept:
            work.drop(position)
            work.rename(i, names[0])
            return True
        elif names[0] == j and j not in work.kept and len(work.users(j)) == 2:
            combined = select(tensor.shape[0], t.shape[1], tensor.value + t.value)
            work.factors[position] = (combined, (i, names[1]), _one)
            work.drop(p)
            work.dims.pop(j, None)
            return True
    if i in work.kept:
        return False
    users = [p for p in work.users(i) if p != position]
    if not users:
        work.drop(position)
        work.dims.pop(i, None)
        return True
    for p in users:
        t, names, e = work.factors[p]
        if t.kind in ("sum", "apply") and t.height <= PUSH_LIMIT:
            axes = [axis for axis, name in enumerate(names) if name == i]
            gathered = _along(t, axes, tensor, tensor.shape[1])
            work.factors[p] = (gathered, tuple([j if n == i else n for n in names]), e)
            return True
    return False


def _along(
    tensor: Tensor, axes: list[int], selector: Tensor, length: Dimension | None
) -> Tensor:
    """Return a sum or elementwise function with the axes fixed (unit) or gathered (select)."""
    from matcalc.calculus.sums import rebuild

    dropped = frozenset(axes) if length is None else frozenset()
    kept = [axis for axis in range(len(tensor.shape)) if axis not in dropped]
    place = {axis: k for k, axis in enumerate(kept)}
    parts = []
    for operand in tensor.operands:
        hit = [label for label in operand.labels if label in axes]
        if not hit:
            labels = tuple([place[label] for label in operand.labels])
            parts.append((operand.tensor, labels, operand.weight))
            continue
        # one picked axis at a time; an operand with several of them gets a selector for each
        names: list[Label] = []
        factors: list[Factor] = []
        for label in operand.labels:
            if label in axes:
                long = ("long", len(factors))
                names.append(long)
                picked = (long,) if length is None else (long, label)
                factors.append((selector, picked, _one))
            else:
                names.append(label)
        out = tuple(dict.fromkeys(label for label in operand.labels if label in place))
        entry = product([(operand.tensor, tuple(names), _one), *factors], out)
        parts.append((entry, tuple([place[label] for label in out]), operand.weight))
    sizes = {
        place[axis]: length if axis in axes and length is not None else tensor.shape[axis]
        for axis in kept
    }
    return rebuild(tensor, parts, tuple(range(len(kept))), sizes)


def _select_fuse(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    r, i, j = labels
    for p, (t, names, _) in enumerate(work.factors):
        if p == position or t is not tensor:
            continue
        if names[0] == r and r not in work.kept and len(work.users(r)) == 2:
            work.factors[p] = (delta(t.shape[1]), (i, names[1]), _one)
            work.factors[position] = (delta(t.shape[2]), (j, names[2]), _one)
            work.dims.pop(r, None)
            return True
        pair = (i, j)
        if (
            names[1:] == pair
            and not work.kept.intersection(pair)
            and all(len(work.users(label)) == 2 for label in pair)
        ):
            work.factors[p] = (delta(t.shape[0]), (r, names[0]), _one)
            work.drop(position)
            work.dims.pop(i, None)
            work.dims.pop(j, None)
            return True
    if r not in work.kept and work.users(r) == [position]:  # sums over all pairs
        work.drop(position)
        work.dims.pop(r, None)
        return True
    return False


def _select_flip(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    for p, (t, names, _) in enumerate(work.factors):
        shared = set(names) & set(labels)
        if p == position or t is not tensor or len(shared) != 1:
            continue
        (label,) = shared
        if label in work.kept or len(work.users(label)) != 2:
            continue
        ends = [n for n in (*labels, *names) if n != label]
        if len(ends) == 2:
            work.factors[p] = (delta(t.shape[0]), (ends[0], ends[1]), _one)
            work.drop(position)
            work.dims.pop(label, None)
            return True
    return False


_SELECTION_RULES: dict[str, Callable[[Work, int, Tensor, Labels], bool]] = {
    "delta": _select_delta,
    "unit": _select_unit,
    "select": _select_select,
    "fuse": _select_fuse,
    "flip": _select_flip,
}


def _merge_powers(work: Work) -> None:
    """Multiply equal operands: exponents add."""
    merged: dict[tuple[Tensor, Labels], Fraction] = {}
    for tensor, labels, exponent in work.factors:
        if len(labels) == 2 and symmetric(tensor):
            labels = tuple(sorted(labels, key=repr))
        key = (tensor, labels)
        if tensor.kind in ZERO_ONE:
            merged[key] = _one
        else:
            merged[key] = merged.get(key, 0) + exponent
    if len(merged) != len(work.factors):
        work.factors = [(t, labels, e) for (t, labels), e in merged.items() if e != 0]
        for index, (t, labels, e) in enumerate(work.factors):
            if t.kind == "product" and _opens(t, e):
                work.drop(index)
                _open(work, [(t, labels, e)])
                _simplify(work)
                return


def matrix_base(tensor: Tensor) -> tuple[Tensor, Tensor | int]:
    """Return (base, exponent) of a matrix seen as a matrix power."""
    if tensor.kind == "matrix_power":
        return tensor.operands[0].tensor, tensor.operands[1].tensor
    return tensor, 1


def _one_matrix_product(work: Work) -> bool:
    """Join X^p(a,b) X^q(b,c), summed over b, into X^(p+q)(a,c)."""
    from matcalc.calculus.matrices import add_exponents, matrix_power

    by_label: dict[Label, list[int]] = {}
    for position, (tensor, labels, exponent) in enumerate(work.factors):
        running = len(labels) == 3 and tensor.kind == "matrix_power"
        if exponent == 1 and (running or len(labels) == 2) and tensor.shape[0] == tensor.shape[1]:
            for label in labels[:2]:
                by_label.setdefault(label, []).append(position)
    for label, positions in by_label.items():
        if label in work.kept or len(positions) != 2 or len(work.users(label)) != 2:
            continue
        p, q = positions
        if p == q:
            continue
        (left, a, _), (right, b, _) = work.factors[p], work.factors[q]
        if a[0] == a[1] or b[0] == b[1] or a[2:] != b[2:]:
            continue
        base, exponent = matrix_base(left)
        other, more = matrix_base(right)
        if base is not other or base.kind in ZERO_ONE:
            continue
        a, b = a[:2], b[:2]
        if a[1] == label and b[0] == label:
            ends = (a[0], b[1])
        elif b[1] == label and a[0] == label:
            ends = (b[0], a[1])
        elif symmetric(base):
            ends = tuple([x for x in (*a, *b) if x != label])  # type: ignore[assignment]
        else:
            continue
        total = add_exponents(exponent, more)
        if not isinstance(total, int) and total.shape:  # the running index stays
            continue
        joined = matrix_power(base, total)
        work.factors[p] = (joined, ends, _one)
        work.drop(q)
        work.dims.pop(label, None)
        if joined.kind in ("delta", "product"):
            work.drop(work.factors.index((joined, ends, _one)))
            _open(work, [(joined, ends, _one)])
            while _one_selection(work):
                pass
        return True
    return False


def _recognise_sigmoid(work: Work) -> None:
    """Write (1 + exp(u))^-1 as sigmoid(-u)."""
    from matcalc.calculus.sums import apply

    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "sum" or len(tensor.operands) != 2 or exponent >= 0:
            continue
        constants = [o for o in tensor.operands if o.tensor.kind == "product" and o.weight == 1
                     and not o.labels and not o.tensor.operands and o.tensor.value == (1, ())]  # fmt: skip
        powers = [o for o in tensor.operands if o.tensor.kind == "apply"
                  and o.tensor.value == "exp" and o.weight == 1]  # fmt: skip
        if len(constants) != 1 or len(powers) != 1 or exponent.denominator != 1:
            continue
        inner = powers[0].tensor.operands[0]
        names = tuple([powers[0].labels[k] for k in inner.labels])
        own = tuple(range(len(tensor.shape)))
        sizes = dict(enumerate(tensor.shape))
        negative = product([(inner.tensor, names, _one)], own, sizes, -1)
        sigmoid = apply("sigmoid", [(negative, own)], own, sizes)
        work.factors[position] = (sigmoid, labels, -exponent)


def _recognise_softmax(work: Work) -> None:
    """Write exp(x)/sum(exp(x)) as softmax(x), that is as exp(x - logsumexp(x))."""
    from matcalc.calculus.sums import add, apply, log_of_sum

    for p, (total, outer, exponent) in enumerate(work.factors):
        if exponent != -1 or total.kind != "product":
            continue
        normalizer = log_of_sum(total)
        if normalizer is None:
            continue
        summed = total.operands[0]
        for q, (tensor, labels, power) in enumerate(work.factors):
            if tensor is not summed.tensor or power != 1:
                continue
            # the axes of the exponential that the sum keeps must be the sum's own
            kept = [labels[k] for k, label in enumerate(summed.labels) if label < len(outer)]
            order = [label for label in summed.labels if label < len(outer)]
            if [outer[label] for label in order] != kept:
                continue
            inner = tensor.operands[0]
            own = tuple(range(len(tensor.shape)))
            sizes = dict(enumerate(tensor.shape))
            place = {label: k for k, label in enumerate(summed.labels)}
            axes = tuple([place[label] for label in range(len(outer))])
            terms = [(inner.tensor, inner.labels, _one), (normalizer, axes, -_one)]
            difference = add(terms, own, sizes)
            softmax = apply("exp", [(difference, own)], own, sizes)
            work.factors[q] = (softmax, labels, _one)
            work.drop(p)
            return


def _join_signs(work: Work) -> None:
    """Write sign(u)/abs(u) as 1/u and abs(u)^2 as u^2, which they equal wherever defined."""
    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "apply" or tensor.value != "abs" or exponent.denominator != 1:
            continue
        inner = tensor.operands[0]
        sign = next(
            (
                p
                for p, (t, names, e) in enumerate(work.factors)
                if t.kind == "apply"
                and t.value == "sign"
                and e.denominator == 1
                and e.numerator % 2 == 1
                and t.operands == tensor.operands
                and names == labels
            ),
            None,
        )
        if exponent.numerator % 2 == 1 and sign is None:
            continue
        names = tuple([labels[k] for k in inner.labels])
        gone = {position, sign} if exponent.numerator % 2 == 1 else {position}
        work.factors = [f for p, f in enumerate(work.factors) if p not in gone]
        _open(work, [(inner.tensor, names, exponent)])
        _merge_powers(work)
        return


def _drop_guarded(work: Work) -> None:
    """Write [z > 0]*max(0, z) as [z > 0]*z, also inside a sum that the condition multiplies."""
    from matcalc.calculus.sums import unguarded

    conditions = [
        (t, labels) for t, labels, _ in work.factors if t.kind == "apply" and t.value in ("<", ">")
    ]
    for condition, names in conditions:
        for position, (tensor, labels, exponent) in enumerate(work.factors):
            if tensor is not condition and set(labels) >= set(names):
                freed = unguarded(tensor, labels, condition, names)
                if freed is not None:
                    work.drop(position)
                    _open(work, [(freed, labels, exponent)])
                    return


def _sum_unused(work: Work) -> None:
    used = {label for _, labels, _ in work.factors for label in labels}
    for label, dimension in list(work.dims.items()):
        if label not in used and label not in work.kept:
            del work.dims[label]
            _open(work, [(size_tensor(dimension), (), _one)])
    if any(t.kind == "size" for t, _, _ in work.factors):
        _merge_powers(work)


# --- numbering --------------------------------------------------------------------------------


def _number(work: Work) -> Tensor:
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
    seen: dict[Label, list[int]] = {label: [] for label in colors}
    for i, factor in enumerate(work.factors):
        key = _key(factor, base[i], colors)
        even = symmetric(factor[0])
        for axis, label in enumerate(factor[1]):
            seen[label].append(hash((key, 0 if even else axis)))
    return {label: hash((colors[label], tuple(sorted(seen[label])))) for label in colors}


# --- facts about tensors ----------------------------------------------------------------------


def symmetric(tensor: Tensor) -> bool:
    """Tell whether a matrix is known to equal its transpose."""
    known = tensor.symmetric
    if known is None:
        tensor.symmetric = False  # while the question is open
        known = tensor.symmetric = _is_symmetric(tensor)
    return known


def _is_symmetric(tensor: Tensor) -> bool:
    if len(tensor.shape) != 2 or tensor.shape[0] != tensor.shape[1]:
        return False
    if tensor.height > PUSH_LIMIT:
        return False
    kind = tensor.kind
    if kind == "variable":
        return tensor.value.structure != ""
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
    return product([(tensor, (1, 0), _one)], (0, 1))


def size_tensor(dimension: Dimension) -> Tensor:
    """Return a dimension as a scalar tensor."""
    value = dimension.value
    return leaf("size", dimension) if value is None else constant(value)


def select(long: Dimension, short: Dimension, offset: Dimension) -> Tensor:
    """Return [i == j + offset] for i along `long` and j along `short`."""
    if long == short and offset.value == 0:
        return delta(long)
    return leaf("select", offset, long, short)


def at_least(a: Dimension, b: Dimension) -> bool | None:
    """Tell whether a >= b for all positive sizes; None if that depends on them."""
    terms = (a - b).terms
    named = [c for monomial, c in terms if monomial]
    if all(c > 0 for c in named) and sum(c for _, c in terms) >= 0:
        return True
    if all(c < 0 for c in named) and sum(c for _, c in terms) < 0:
        return False
    return None


def _difference(a: Dimension, b: Dimension) -> int | None:
    value = (a - b).value
    return value or None
