"""Sums and elementwise functions in normal form.

Each operand carries only the axes it depends on: what is broadcast is a missing label.
Like terms are collected, the common rational content is drawn out, and of a matrix and its
transpose one is chosen, so that equal sums are one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm

from matcalc.calculus.products import product
from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.tensors import (
    Label,
    Labels,
    Operand,
    Tensor,
    constant,
    constant_value,
    make,
    reduction_among,
)
from matcalc.calculus.work import Factor
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.shapes import Shape
from matcalc.expressions.table.row import known_values, of_fractions
from matcalc.limits import spend

Term = tuple[Tensor, Labels, Fraction]
Sizes = Mapping[Label, Dimension]

FLATTEN_LIMIT = 16  # a longer sum inside a sum stays one term, so that depth costs no copies

_one = Fraction(1)
_ONE = constant(1)


def view(tensor: Tensor, labels: Labels) -> tuple[Fraction, Tensor, Labels]:
    """Return (coefficient, tensor, labels) without broadcast axes, axes in label order."""
    coefficient = _one
    if tensor.kind == "product":
        coefficient, summed = tensor.value
        operands = tensor.operands
        rank = len(tensor.shape)
        if len(operands) == 1 and not summed and operands[0].weight == 1:
            inner = operands[0].labels
            if len(set(inner)) == len(inner):
                return (
                    coefficient,
                    operands[0].tensor,
                    _sorted_view(operands[0].tensor, tuple([labels[k] for k in inner])),
                )
        used = {k for operand in operands for k in operand.labels if k < rank}
        order = sorted(used, key=lambda k: labels[k])
        if coefficient != 1 or order != list(range(rank)):
            names = {k: ("axis", k) for k in range(rank)}
            factors: list[Factor] = []
            for operand in operands:
                named = tuple([names.get(k, k) for k in operand.labels])
                factors.append((operand.tensor, named, operand.weight))
            sizes = {rank + k: dimension for k, dimension in enumerate(summed)}
            tensor = product(factors, tuple([names[k] for k in order]), sizes)
        labels = tuple([labels[k] for k in order])
    return coefficient, tensor, _sorted_view(tensor, labels)


def _whole_view(tensor: Tensor, labels: Labels, shape: Shape) -> tuple[Tensor, Labels]:
    """Return a view with its coefficient left in the tensor."""
    coefficient, inner, names = view(tensor, labels)
    if coefficient == 1:
        return inner, names
    order = tuple(sorted(names))
    axes = {k: shape[k] for k in order}
    return product([(inner, names, _one)], order, axes, coefficient), order


def _sorted_view(tensor: Tensor, labels: Labels) -> Labels:
    if len(labels) == 2 and labels[0] > labels[1] and symmetric(tensor):
        return (labels[1], labels[0])
    return labels


def add(terms: Iterable[Term], out: Labels, sizes: Sizes) -> Tensor:
    """Return the sum of weight * tensor over the terms; `sizes` gives the axes' dimensions."""
    position = {label: k for k, label in enumerate(out)}
    collected: dict[tuple[Tensor, Labels], Fraction] = {}
    pending = [(t, tuple([position[x] for x in labels]), w) for t, labels, w in terms]
    pending.reverse()
    while pending:
        tensor, labels, weight = pending.pop()
        coefficient, tensor, labels = view(tensor, labels)
        weight *= coefficient
        if weight == 0:
            continue
        if tensor.kind == "sum" and len(tensor.operands) <= FLATTEN_LIMIT:
            pending.extend(
                (o.tensor, tuple([labels[k] for k in o.labels]), o.weight * weight)
                for o in reversed(tensor.operands)
            )
            continue
        key = (tensor, labels)
        collected[key] = collected.get(key, 0) + weight
    shape = tuple([sizes[label] for label in out])
    parts = [(t, labels, w) for (t, labels), w in collected.items() if w != 0]
    spend(1 + len(parts))
    if not parts:
        return constant(0, shape)
    axes = dict(enumerate(shape))
    if len(parts) == 1:
        tensor, labels, weight = parts[0]
        return product([(tensor, labels, _one)], tuple(axes), axes, weight)
    missing = [k for k in axes if all(k not in labels for _, labels, _ in parts)]
    if missing:  # every term is broadcast along these axes
        kept = [k for k in axes if k not in missing]
        inner = add(parts, tuple(kept), axes)
        return product([(inner, tuple(kept), _one)], tuple(axes), axes)
    content = _content([w for _, _, w in parts])
    parts, inner_shape, flipped = _oriented(parts, shape)
    parts.sort(key=lambda part: (part[0].digest, part[1]))
    if parts[0][2] < 0:
        content = -content
    operands = [Operand(t, labels, w / content) for t, labels, w in parts]
    node = make("sum", None, operands, inner_shape)
    names = (1, 0) if flipped else tuple(axes)
    return product([(node, names, _one)], tuple(axes), None, content)


def _content(weights: list[Fraction]) -> Fraction:
    numerator = 0
    denominator = 1
    for weight in weights:
        numerator = gcd(numerator, weight.numerator)
        denominator = lcm(denominator, weight.denominator)
    return Fraction(numerator, denominator)


def _oriented(
    parts: list[Term], shape: Shape, reduced: Tensor | None = None
) -> tuple[list[Term], Shape, bool]:
    """Choose between a matrix and its transpose; return the operands, shape, and choice.

    What another operand is reduced from stays as it is there.
    """
    if len(shape) != 2:
        return parts, shape, False
    if reduced is not None:
        turned = (reduced, (1, 0), _one) in parts
        if not turned:
            return parts, shape, False
        swapped = [(t, tuple([1 - label for label in labels]), w) for t, labels, w in parts]
        return swapped, (shape[1], shape[0]), True
    lying = [p for p in parts if p[0].kind != "product" and p[1] in ((0, 1), (1, 0))]
    if lying:
        tensor, labels, _ = min(lying, key=lambda part: part[0].digest)
        both = any(t is tensor and names == labels[::-1] for t, names, _ in lying)
        if both or labels == (0, 1):
            return parts, shape, False
    swapped = []
    for tensor, labels, weight in parts:
        inner, names = _whole_view(tensor, tuple([1 - label for label in labels]), shape[::-1])
        swapped.append((inner, names, weight))
    if not lying and _signature(swapped) >= _signature(parts):
        return parts, shape, False
    return swapped, (shape[1], shape[0]), True


def _signature(parts: list[Term]) -> list[tuple[int, Labels]]:
    return sorted((t.digest, labels) for t, labels, _ in parts)


def apply(
    function: object, arguments: Iterable[tuple[Tensor, Labels]], out: Labels, sizes: Sizes
) -> Tensor:
    """Return a function applied entry by entry; a missing label broadcasts."""
    position = {label: k for k, label in enumerate(out)}
    arguments = [(tensor, tuple([position[x] for x in labels])) for tensor, labels in arguments]
    reduction = reduction_among([tensor for tensor, _ in arguments])
    reduced = reduction.operands[0].tensor if reduction else None
    parts: list[Term] = []
    for tensor, places in arguments:
        inner, names = tensor, _sorted_view(tensor, places)
        if tensor is not reduced:
            inner, names = _whole_view(tensor, places, tuple([sizes[label] for label in out]))
        parts.append((inner, names, _one))
    used = sorted({label for _, names, _ in parts for label in names})
    axes = {k: sizes[label] for k, label in enumerate(out)}
    if len(used) < len(out):
        named = [(t, names) for t, names, _ in parts]
        inner = apply(function, named, tuple(used), axes)
        return product([(inner, tuple(used), _one)], tuple(axes), axes)
    shape = tuple(axes.values())
    folded = _fold(function, parts, shape)
    return _node(function, parts, shape, reduced) if folded is None else folded


def branch(
    function: str,
    condition: tuple[Tensor, Labels],
    chosen: tuple[Tensor, Labels],
    out: Labels,
    sizes: Sizes,
) -> Tensor:
    """Return where(c, f, 0) as one node; f is what a product cannot have beside its guard."""
    position = {label: k for k, label in enumerate(out)}
    shape = tuple([sizes[label] for label in out])
    parts: list[Term] = [(constant(0), (), _one)]
    for tensor, labels in (chosen, condition):
        places = tuple([position[x] for x in labels])
        parts.insert(0, (tensor, _sorted_view(tensor, places), _one))
    return _node(function, parts, shape)


def _node(
    function: object, parts: list[Term], shape: Shape, reduced: Tensor | None = None
) -> Tensor:
    parts, inner_shape, flipped = _oriented(parts, shape, reduced)
    node = make("apply", function, [Operand(*part) for part in parts], inner_shape)
    return product([(node, (1, 0), _one)], (0, 1)) if flipped else node


def power(base: Tensor, labels: Labels, exponent: Fraction, out: Labels, sizes: Sizes) -> Tensor:
    """Return base^exponent entry by entry for a rational exponent."""
    return product([(base, labels, exponent)], out, sizes)


def rebuild(tensor: Tensor, parts: list[Term], out: Labels, sizes: Sizes) -> Tensor:
    """Return a sum, elementwise function or reduction like `tensor` of other operands."""
    if tensor.kind == "sum":
        return add(parts, out, sizes)
    return apply(tensor.value, [(t, labels) for t, labels, _ in parts], out, sizes)


# --- values that are known --------------------------------------------------------------------


def _fold(function: object, parts: list[Term], shape: tuple[Dimension, ...]) -> Tensor | None:
    values = [constant_value(t) for t, _, _ in parts]
    if isinstance(function, str) and None not in values:
        known = _known(function, [value for value in values if value is not None])
        if known is not None:
            return constant(known, shape)
    if len(parts) == 2 and parts[0] == parts[1]:
        if function in ("max", "min"):
            axes = dict(enumerate(shape))
            return product([parts[0]], tuple(axes), axes)
        if function in RELATIONS:
            return constant(int(0 in RELATIONS[function].signs), shape)
    bounded = _bounded(function, parts)
    if bounded is not None:
        return constant(bounded, shape)
    if function == "where":
        return _chosen_branch(parts, shape)
    if function == "power" and values[1] is not None:
        axes = dict(enumerate(shape))
        return power(parts[0][0], parts[0][1], values[1], tuple(axes), axes)
    if function == "log":
        return _logarithm(parts[0], shape)
    return None


def _chosen_branch(parts: list[Term], shape: Shape) -> Tensor | None:
    """Write where(c, f, f) as f, where(c, 1, 0) as [c], and where(c, f, 0) as a guard times f."""
    axes = dict(enumerate(shape))
    out = tuple(axes)
    (condition, places, _), chosen, other = parts
    if chosen == other:
        return product([chosen], out, axes)
    if constant_value(chosen[0]) == 0:
        if condition.kind == "apply" and condition.value in RELATIONS:
            turned = opposite(condition), places
            return apply("where", [turned, other[:2], chosen[:2]], out, axes)
        return None
    if constant_value(other[0]) != 0:
        return None
    if constant_value(chosen[0]) == 1:
        comparison = condition.kind == "apply" and condition.value in RELATIONS
        return product([(condition, places, _one)], out, axes) if comparison else None
    return product([(guard("where", condition), places, _one), chosen], out, axes)


def opposite(condition: Tensor) -> Tensor:
    """Return what holds where a condition does not.

    >>> from matcalc.calculus.tensors import leaf
    >>> opposite(apply("<", [(constant(2), ()), (leaf("pi", None), ())], (), {})).value
    '>='
    """
    own = tuple(range(len(condition.shape)))
    sizes = dict(enumerate(condition.shape))
    if condition.kind == "apply" and condition.value in RELATIONS:
        sides = [(o.tensor, o.labels) for o in condition.operands]
        return apply(RELATIONS[condition.value].opposite, sides, own, sizes)
    return apply("==", [(condition, own), (constant(0), ())], own, sizes)


def guard(function: str, condition: Tensor) -> Tensor:
    """Return where(c, 1, 0) as one node, beside which a product takes what c guards."""
    own = tuple(range(len(condition.shape)))
    return branch(function, (condition, own), (_ONE, ()), own, dict(enumerate(condition.shape)))


def _known(function: str, values: list[Fraction]) -> Fraction | int | None:
    """Return a function's value of fractions if it is one that the table knows."""
    if function in RELATIONS:
        return int(RELATIONS[function].holds(*values))
    row = ROWS[function, len(values)]
    if row.rational:
        return of_fractions(row)(*values)
    return known_values(row.at).get(values[0]) if len(values) == 1 else None


_BESIDE_ITS_OWN = {">=": 1, "<": 0}


def _bounded(function: object, parts: list[Term]) -> int | None:
    """Return what max(a, b) >= a, or relu(a) >= a, is everywhere, and a > max(a, b); min alike."""
    if function not in RELATIONS:
        return None
    one, other = parts
    mirrored = RELATIONS[function].mirrored
    for whole, part, relation in ((one, other, function), (other, one, mirrored)):
        (tensor, labels, _), chosen = whole, _choice(whole[0])
        if chosen:
            own = [(o.tensor, tuple([labels[k] for k in o.labels])) for o in tensor.operands]
            if part[:2] in own:
                known = RELATIONS[relation].mirrored if chosen == "smallest" else relation
                return _BESIDE_ITS_OWN.get(known)
    return None


def _choice(tensor: Tensor) -> str:
    """Return 'largest' of max(a, b) and of what is one, as relu(a), 'smallest' of min(a, b)."""
    if tensor.kind != "apply" or not isinstance(tensor.value, str) or tensor.value in RELATIONS:
        return ""
    row = ROWS[tensor.value, len(tensor.operands)]
    if len(tensor.operands) == 1 and row.definition == "max(x, 0)":
        return "largest"
    return row.chooses if len(tensor.operands) == 2 else ""


def _logarithm(part: Term, shape: Shape) -> Tensor | None:
    """Write log(exp(u)) as u, log(1 + exp(u)) as softplus(u), log(sum(exp(x))) as logsumexp(x)."""
    tensor, labels, _ = part
    axes = dict(enumerate(shape))
    out = tuple(axes)
    exponential = _exponential(tensor)
    if exponential is not None:
        inner, names = exponential
        return product([(inner, tuple([labels[k] for k in names]), _one)], out, axes)
    if tensor.kind == "sum" and len(tensor.operands) == 2:
        one = [o for o in tensor.operands if constant_value(o.tensor) == 1 and o.weight == 1]
        other = [o for o in tensor.operands if _exponential(o.tensor) and o.weight == 1]
        if one and other:
            inner, names = _exponential(other[0].tensor) or (tensor, ())
            outer = tuple([labels[other[0].labels[k]] for k in names])
            return apply("softplus", [(inner, outer)], out, axes)
    if tensor.kind == "product":
        normalizer = log_of_sum(tensor)
        return normalizer and product([(normalizer, labels, _one)], out, axes)
    return None


def log_of_sum(tensor: Tensor) -> Tensor | None:
    """Return logsumexp(x) for the sum of exp(x) over some axes; None for another product."""
    coefficient, summed = tensor.value
    if coefficient != 1 or not summed or len(tensor.operands) != 1:
        return None
    (operand,) = tensor.operands
    exponential = _exponential(operand.tensor)
    if exponential is None or operand.weight != 1:
        return None
    inner, names = exponential
    places = tuple([operand.labels[k] for k in names])
    if sorted(places) != list(range(len(tensor.shape) + len(summed))):
        return None
    order = tuple(range(len(places)))
    whole = product([(inner, places, _one)], order)
    return make("reduce", ("logsumexp", summed), [Operand(whole, order)], tensor.shape)


def _exponential(tensor: Tensor) -> tuple[Tensor, Labels] | None:
    """Return (u, labels) of exp(u)."""
    if tensor.kind == "apply" and tensor.value == "exp":
        return tensor.operands[0].tensor, tensor.operands[0].labels
    return None


# --- what a condition tells ---------------------------------------------------------------------


def unguarded(tensor: Tensor, labels: Labels, condition: Tensor, names: Labels) -> Tensor | None:
    """Return max(a, b), or a sum with it, as a where [a > b] multiplies it; else None."""
    own = tuple(range(len(tensor.shape)))
    sizes = dict(enumerate(tensor.shape))
    place = {label: k for k, label in enumerate(labels)}
    here = tuple([place[name] for name in names])
    if tensor.kind == "apply":
        chosen = _chosen(tensor, own, condition, here)
        return None if chosen is None else product([(*chosen, _one)], own, sizes)
    if tensor.kind != "sum":
        return None
    changed = False
    parts: list[Term] = []
    for inner, axes, weight in tensor.operands:
        chosen = _chosen(inner, axes, condition, here) if inner.kind == "apply" else None
        changed = changed or chosen is not None
        parts.append((*(chosen or (inner, axes)), weight))
    return add(parts, own, sizes) if changed else None


def _chosen(
    tensor: Tensor, axes: Labels, condition: Tensor, here: Labels
) -> tuple[Tensor, Labels] | None:
    """Return the argument that max, min or relu takes where the condition holds."""
    if tensor.value not in ("max", "min", "relu"):
        return None
    big, small = [(o.tensor, tuple([here[k] for k in o.labels])) for o in condition.operands]
    if condition.value in ("<", "<="):
        big, small = small, big
    arguments = [(o.tensor, tuple([axes[k] for k in o.labels])) for o in tensor.operands]
    if tensor.value == "relu":
        return big if arguments == [big] and small == (constant(0), ()) else None
    if sorted(map(id, (big[0], small[0]))) != sorted(map(id, (a[0] for a in arguments))):
        return None
    if {big, small} != set(arguments):
        return None
    return big if tensor.value == "max" else small
