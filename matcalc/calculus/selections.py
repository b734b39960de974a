"""Rules for 0-1 tensors in a product: deltas rename, unit vectors pick, selectors gather.

What is picked is evaluated at the entry: a rule moves entries and runs of entries through
sums and elementwise functions, so that (A*x)[2] and A[2,:]*x are one tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.calculus.tensors import (
    Label,
    Labels,
    Tensor,
    delta,
    leaf,
    reduction_among,
    select,
    size_tensor,
)
from matcalc.calculus.work import (
    PUSH_LIMIT,
    SELECTORS,
    ZERO_ONE,
    Factor,
    Work,
    Zero,
    fresh,
    open_factors,
)
from matcalc.expressions.dimensions import ONE, Dimension, at_least, integer

_one = Fraction(1)


def apply_selection(work: Work) -> bool:
    """Apply one rule for a 0-1 tensor; return False where none applies."""
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
            same = _equal(t.value, key)
            if same is not None:  # e_k .* e_l is [k == l]*e_k, where k and l may be one place
                work.factors[p] = (same, (), _one)
                return True
            raise Zero
        replaced = _entry(t, names, i, key, work)
        if replaced is not None:
            work.drop(p)
            open_factors(work, [(r, n, _one if r.kind in ZERO_ONE else e) for r, n in replaced])
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


def _equal(a: Dimension, b: Dimension) -> Tensor | None:
    """Return [a == b] of two places as a scalar; None where they differ for all sizes."""
    from matcalc.calculus.sums import apply  # the normal forms call each other

    if at_least(a - b, ONE) or at_least(b - a, ONE):
        return None
    return apply("==", [(size_tensor(a + ONE), ()), (size_tensor(b + ONE), ())], (), {})


def _entry(
    tensor: Tensor, names: Labels, label: Label, position: Dimension, work: Work
) -> list[tuple[Tensor, Labels]] | None:
    """Return factors equal to `tensor` with `label` fixed at `position`, or None."""
    kind = tensor.kind
    if _is_gathered(tensor):
        axes = [axis for axis, name in enumerate(names) if name == label]
        unit = leaf("unit", position, tensor.shape[axes[0]])
        restricted = _along(tensor, axes, unit, None)
        return [(restricted, tuple([name for name in names if name != label]))]
    if kind == "count":
        return [(size_tensor(tensor.value + position), ())]
    if kind == "select" and names[0] != names[1]:
        if label == names[0]:
            return _unit_at(position - tensor.value, tensor.shape[1], names[1])
        unit = leaf("unit", position + tensor.value, tensor.shape[0])
        return [(unit, (names[0],))]  # what is taken out of a whole lies in it
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
    return _gather(work, users, i, j, tensor)


def _is_gathered(tensor: Tensor) -> bool:
    """Tell whether entries are taken of the operands; in X == max(X) both X stay alike."""
    if tensor.kind not in ("sum", "apply") or tensor.height > PUSH_LIMIT:
        return False
    return tensor.kind == "sum" or reduction_among([o.tensor for o in tensor.operands]) is None


def _gather(work: Work, users: list[int], long: Label, short: Label, selector: Tensor) -> bool:
    """Take the selected entries inside a sum or an elementwise function."""
    for p in users:
        t, names, e = work.factors[p]
        if _is_gathered(t):
            axes = [axis for axis, name in enumerate(names) if name == long]
            gathered = _along(t, axes, selector, selector.shape[1])
            work.drop(p)
            open_factors(work, [(gathered, tuple([short if n == long else n for n in names]), e)])
            return True
    return False


def _along(tensor: Tensor, axes: list[int], selector: Tensor, length: Dimension | None) -> Tensor:
    """Return a sum or elementwise function with the axes fixed (unit) or gathered (select)."""
    from matcalc.calculus.products import product  # the normal forms call each other
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
    places = {names[0]: t.value for t, names, _ in work.factors if t.kind == "unit"}
    if i in places and j in places:  # one entry of a matrix is one of its vec
        place = places[i] * tensor.shape[2] + places[j]
        work.factors[position] = (leaf("unit", place, tensor.shape[0]), (r,), _one)
        return True
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
        if names[0] == r:  # [r == (i, j)][r == (k, l)] is [r == (i, j)][i == k][j == l]
            work.factors[p] = (delta(t.shape[1]), (i, names[1]), _one)
            work.factors.append((delta(t.shape[2]), (j, names[2]), _one))
            return True
        if names[1:] == pair:
            work.factors[p] = (delta(t.shape[0]), (r, names[0]), _one)
            return True
    if r not in work.kept and work.users(r) == [position]:  # sums over all pairs
        work.drop(position)
        work.dims.pop(r, None)
        return True
    return False


def _select_flip(work: Work, position: int, tensor: Tensor, labels: Labels) -> bool:
    for label, other in (labels, labels[::-1]):
        if label in work.kept or label == other:
            continue
        users = [p for p in work.users(label) if p != position]
        if not users:
            work.drop(position)
            work.dims.pop(label, None)
            return True
        # only where the flip goes away with it: it could be gathered back for ever
        if all(_is_gathered(work.factors[p][0]) for p in users):
            return _gather(work, users, label, other, tensor)
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
