"""Identities between factors: what a product of tensors is recognised as.

Each takes a product in work, changes its factors where it applies, and keeps its value
wherever that is defined.
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.tensors import Label, Tensor, constant_value, is_zero
from matcalc.calculus.work import PUSH_LIMIT, ZERO_ONE, Work, Zero, open_factors

_one = Fraction(1)


def matrix_base(tensor: Tensor) -> tuple[Tensor, Tensor | int]:
    """Return (base, exponent) of a matrix seen as a matrix power."""
    if tensor.kind == "matrix_power":
        return tensor.operands[0].tensor, tensor.operands[1].tensor
    return tensor, 1


def join_matrix_product(work: Work) -> bool:
    """Join X^p(a,b) X^q(b,c), summed over b, into X^(p+q)(a,c)."""
    from matcalc.calculus.matrices import add_exponents, matrix_power

    by_label: dict[Label, list[int]] = {}
    for position, (tensor, labels, weight) in enumerate(work.factors):
        running = len(labels) == 3 and tensor.kind == "matrix_power"
        if weight == 1 and (running or len(labels) == 2) and tensor.shape[0] == tensor.shape[1]:
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
        batch = a[2:] if len(base.shape) > 2 else ()
        a, b = a[:2], b[:2]
        if a[1] == label and b[0] == label:
            ends = (a[0], b[1])
        elif b[1] == label and a[0] == label:
            ends = (b[0], a[1])
        elif symmetric(base):
            ends = tuple([x for x in (*a, *b) if x != label])
        else:
            continue
        total = add_exponents(exponent, more)
        if not isinstance(total, int) and total.shape:  # the running index stays
            continue
        joined, ends = matrix_power(base, total), (*ends, *batch)
        work.factors[p] = (joined, ends, _one)
        work.drop(q)
        work.dims.pop(label, None)
        if joined.kind in ("delta", "product"):
            work.drop(work.factors.index((joined, ends, _one)))
            open_factors(work, [(joined, ends, _one)])
        return True
    return False


def recognise_sigmoid(work: Work) -> None:
    """Write (1 + exp(u))^-1 as sigmoid(-u)."""
    from matcalc.calculus.products import product
    from matcalc.calculus.sums import apply

    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "sum" or len(tensor.operands) != 2 or exponent >= 0:
            continue
        plain = [o for o in tensor.operands if o.weight == 1]
        constants = [o for o in plain if constant_value(o.tensor) == 1]
        powers = [o for o in plain if o.tensor.kind == "apply" and o.tensor.value == "exp"]
        if len(constants) != 1 or len(powers) != 1 or exponent.denominator != 1:
            continue
        inner = powers[0].tensor.operands[0]
        names = tuple([powers[0].labels[k] for k in inner.labels])
        own = tuple(range(len(tensor.shape)))
        sizes = dict(enumerate(tensor.shape))
        negative = product([(inner.tensor, names, _one)], own, sizes, -1)
        sigmoid = apply("sigmoid", [(negative, own)], own, sizes)
        work.factors[position] = (sigmoid, labels, -exponent)


def join_sigmoid(work: Work) -> None:
    """Write exp(u)*sigmoid(-u) as sigmoid(u)."""
    from matcalc.calculus.products import product
    from matcalc.calculus.sums import apply

    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "apply" or tensor.value != "sigmoid" or exponent.denominator != 1:
            continue
        inner = tensor.operands[0]
        own = tuple(range(len(tensor.shape)))
        sizes = dict(enumerate(tensor.shape))
        turned = product([(inner.tensor, inner.labels, _one)], own, sizes, -1)
        power = apply("exp", [(turned, own)], own, sizes)
        for place, (other, names, times) in enumerate(work.factors):
            if other is not power or names != labels or times.denominator != 1:
                continue
            joined = min(exponent, times)
            if joined <= 0:
                continue
            work.factors[position] = (tensor, labels, exponent - joined)
            work.factors[place] = (other, names, times - joined)
            work.factors.append((apply("sigmoid", [(turned, own)], own, sizes), labels, joined))
            work.factors = [factor for factor in work.factors if factor[2] != 0]
            return


def recognise_softmax(work: Work) -> None:
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


def sum_softmax(work: Work) -> None:
    """Write the sum of softmax(x), which is exp(x - logsumexp(x)), as 1."""
    from matcalc.calculus.sums import add, view

    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "apply" or tensor.value != "exp" or exponent != 1:
            continue
        coefficient, inner, axes = view(tensor.operands[0].tensor, tensor.operands[0].labels)
        places = tuple([labels[k] for k in axes])
        gone = {x for x in places if x not in work.kept and work.users(x) == [position]}
        if inner.kind != "sum" or not gone or len(set(places)) < len(places):
            continue
        own_axes = tuple(range(len(places)))
        for normalizer, own, weight in inner.operands:
            if normalizer.kind != "reduce" or normalizer.value[0] != "logsumexp":
                continue
            ((whole, order, _),) = normalizer.operands
            free = [k for k in range(len(places)) if k not in own]
            axis = [*own, *free]
            if coefficient * weight != -1 or not gone.issuperset([places[k] for k in free]):
                continue
            if not free or len(order) != len(axis):
                continue
            terms = [
                (whole, tuple([axis[k] for k in order]), _one),
                (normalizer, own, -_one),
            ]
            difference = add(terms, own_axes, dict(enumerate(inner.shape)))
            if view(difference, own_axes) == (coefficient, inner, own_axes):
                work.drop(position)
                for k in free:
                    del work.dims[places[k]]
                return


def join_signs(work: Work) -> None:
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
        open_factors(work, [(inner.tensor, names, exponent)])
        return


def drop_guarded(work: Work) -> None:
    """Write [z > 0]*max(0, z) as [z > 0]*z, also inside a sum that the condition multiplies."""
    from matcalc.calculus.sums import unguarded

    conditions = [
        (t, labels)
        for t, labels, _ in work.factors
        if t.kind == "apply" and t.value in ("<", "<=", ">", ">=")
    ]
    for condition, names in conditions:
        for position, (tensor, labels, exponent) in enumerate(work.factors):
            if tensor is not condition and set(labels) >= set(names):
                freed = unguarded(tensor, labels, condition, names)
                if freed is not None:
                    work.drop(position)
                    open_factors(work, [(freed, labels, exponent)])
                    return


def cancel_in_sums(work: Work) -> None:
    """Write the sum of x - mean(x) as 0: add up term by term what no other factor indexes."""
    from matcalc.calculus.products import product
    from matcalc.calculus.sums import FLATTEN_LIMIT, add

    for position, (tensor, labels, exponent) in enumerate(work.factors):
        if tensor.kind != "sum" or exponent != 1 or tensor.height > PUSH_LIMIT:
            continue
        gone = [x for x in labels if x not in work.kept and work.users(x) == [position]]
        if not gone or len(tensor.operands) > FLATTEN_LIMIT or len(set(labels)) < len(labels):
            continue
        kept = tuple([label for label in labels if label not in gone])
        parts = []
        for inner, axes, weight in tensor.operands:
            places = tuple([labels[k] for k in axes])
            sizes = {label: work.dims[label] for label in gone if label not in places}
            rest = tuple([label for label in kept if label in places])
            parts.append((product([(inner, places, _one)], rest, sizes), rest, weight))
        whole = add(parts, kept, work.dims)
        length = len(whole.operands) if whole.kind == "sum" else 1
        if is_zero(whole) or length < len(tensor.operands):
            for label in gone:
                del work.dims[label]
            work.drop(position)
            open_factors(work, [(whole, kept, _one)])
            if work.coefficient == 0:
                raise Zero
            return
