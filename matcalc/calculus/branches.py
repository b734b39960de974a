"""Choices by a condition: the branch that is not taken is not computed with.

where(c, 1, 0) times f is where(c, f, 0): a false condition makes 0 of what is undefined or
infinite too. A product keeps the guard where(c, 1, 0), that is [c], beside factors that have
a finite value everywhere, and takes the others into the branch.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from matcalc.calculus.tensors import Label, Tensor, constant_value
from matcalc.calculus.work import Work, open_factors
from matcalc.expressions.functions import ROWS
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.table.row import interval
from matcalc.expressions.traversal import postorder

_one = Fraction(1)


def is_branch(tensor: Tensor) -> bool:
    """Tell whether a tensor is where(c, f, 0)."""
    if tensor.kind != "apply" or not isinstance(tensor.value, str) or len(tensor.operands) != 3:
        return False
    chooses = ROWS[tensor.value, 3].chooses == "condition"
    return chooses and constant_value(tensor.operands[2].tensor) == 0


def is_guard(tensor: Tensor) -> bool:
    """Tell whether a tensor is where(c, 1, 0)."""
    return is_branch(tensor) and constant_value(tensor.operands[1].tensor) == 1


def open_branches(work: Work) -> None:
    """Write where(c, f, 0) as the guard where(c, 1, 0) times f, and the guard's powers as it."""
    from matcalc.calculus.sums import guard

    opened = [f for f in work.factors if is_branch(f[0]) and f[2] > 0]
    work.factors = [f for f in work.factors if f not in opened]
    for tensor, labels, exponent in opened:
        condition, chosen, _ = tensor.operands
        places = tuple([labels[k] for k in condition.labels])
        work.factors.append((guard(tensor.value, condition.tensor), places, _one))
        inner = tuple([labels[k] for k in chosen.labels])
        open_factors(work, [(chosen.tensor, inner, exponent)])
    guards = [f for f in work.factors if is_guard(f[0])]
    if len(set(guards)) < len(guards):
        work.factors = [f for f in work.factors if f not in guards] + list(dict.fromkeys(guards))


def close_branches(work: Work) -> None:
    """Take factors that may be undefined or infinite into the branch that a guard chooses.

    With them goes what a sum over an index that is not the condition's joins them with.
    """
    from matcalc.calculus.products import product
    from matcalc.calculus.sums import branch

    guards = [f for f in work.factors if is_guard(f[0])]
    others = [f for f in work.factors if not is_guard(f[0])]
    inside = [f for f in others if not is_finite(f[0], f[2])] if guards else []
    if not inside:
        return
    conditions = [
        (t.operands[0].tensor, tuple([labels[k] for k in t.operands[0].labels]), _one)
        for t, labels, _ in guards
    ]
    asked = tuple(dict.fromkeys([x for _, labels, _ in conditions for x in labels]))
    stays = {*work.kept, *asked}
    while True:
        bound = {x for _, labels, _ in inside for x in labels if x not in stays}
        joined = [f for f in others if f not in inside and not bound.isdisjoint(f[1])]
        if not joined:
            break
        inside += joined
    named = tuple(dict.fromkeys([x for _, labels, _ in inside for x in labels if x in stays]))
    out: tuple[Label, ...] = tuple(dict.fromkeys((*asked, *named)))
    chosen = product(inside, named)
    condition = product(conditions, asked)
    sizes = {label: work.dims[label] for label in out}
    whole = branch(guards[0][0].value, (condition, asked), (chosen, named), out, sizes)
    for label in bound:
        del work.dims[label]
    work.factors = [f for f in others if f not in inside]
    open_factors(work, [(whole, out, _one)])


# What has a finite value everywhere


def is_finite(tensor: Tensor, exponent: Fraction = _one) -> bool:
    """Tell whether a power of a tensor has a value everywhere that does not overflow early."""
    if not _raised(tensor, exponent):
        return False
    nodes = postorder([tensor], _computed)
    return all(map(_has_value, nodes))


def _computed(tensor: Tensor) -> list[Tensor]:
    if is_branch(tensor):
        return [tensor.operands[0].tensor]
    return [operand.tensor for operand in tensor.operands]


def _has_value(tensor: Tensor) -> bool:
    if tensor.kind == "product":
        return all(_raised(o.tensor, o.weight) for o in tensor.operands)
    if tensor.kind == "matrix_power":
        power = constant_value(tensor.operands[1].tensor)
        return power is not None and power >= 0
    if tensor.kind == "matrix":
        row = ROWS[tensor.value, 1]
        return not row.domain or row.polynomial
    if tensor.kind != "apply" or not isinstance(tensor.value, str) or tensor.value in RELATIONS:
        return True
    return _is_tame(tensor.value, len(tensor.operands))


@cache
def _is_tame(name: str, arity: int) -> bool:
    """Tell whether a function has a value everywhere, and a slope that does not grow like it.

    exp, sinh and what else has an unbounded function for its slope overflows.
    """
    from matcalc.calculus.templates import derivative

    row = ROWS[name, arity]
    if row.domain:
        return False
    for place in range(arity):
        for part in postorder([derivative(name, arity, place)], lambda n: n.arguments):
            if part.head == "power" and part.arguments[1].head != "number":
                return False
            if part.head == "call" and not row.chooses:
                bounds = interval(ROWS[part.value[0], len(part.arguments)].range)
                if bounds.low is None or bounds.high is None:
                    return False
    return True


def _raised(base: Tensor, exponent: Fraction) -> bool:
    """Tell whether a power of what has a value has one."""
    if exponent >= 0 and exponent.denominator == 1:
        return True
    return _is_positive(base) or (exponent > 0 and _is_nonnegative(base))


def _is_positive(tensor: Tensor) -> bool:
    """Tell whether a tensor is seen to be above a positive number."""
    if tensor.kind in ("size", "pi"):
        return True
    if tensor.kind == "product":
        return tensor.value[0] > 0 and all(_is_positive(o.tensor) for o in tensor.operands)
    if tensor.kind == "sum":
        terms = [o.tensor for o in tensor.operands]
        plus = all(o.weight > 0 for o in tensor.operands) and all(map(_is_nonnegative, terms))
        return plus and any(map(_is_positive, terms))
    low = _low(tensor)
    return low is not None and low > 0


def _is_nonnegative(tensor: Tensor) -> bool:
    if tensor.kind == "product":
        return tensor.value[0] >= 0 and all(
            o.weight % 2 == 0 or _is_nonnegative(o.tensor) for o in tensor.operands
        )
    if tensor.kind == "sum":
        return all(o.weight > 0 and _is_nonnegative(o.tensor) for o in tensor.operands)
    low = _low(tensor)
    return (low is not None and low >= 0) or _is_positive_leaf(tensor)


def _is_positive_leaf(tensor: Tensor) -> bool:
    return tensor.kind in ("size", "pi", "delta", "unit", "select", "fuse", "shift", "flip")


def _low(tensor: Tensor) -> Fraction | None:
    """Return below what an elementary function's values are not."""
    if tensor.kind != "apply" or not isinstance(tensor.value, str):
        return None
    if tensor.value in RELATIONS:
        return Fraction(0)
    row = ROWS[tensor.value, len(tensor.operands)]
    return Fraction(0) if row.entries == "magnitudes" else interval(row.range).low
