"""Local Jacobians: how the value of one node depends on each of its operands.

Every rule of differentiation is here or in the table of functions. A `Partial` is the
Jacobian of a node by one operand as a product with named axes; forward and reverse
accumulation multiply the same partials in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.lowering import Indexed, by_entries, lower, result_axes
from matcalc.calculus.matrices import (
    add_exponents,
    indexed_power,
    integer_exponent,
    matrix_power,
)
from matcalc.calculus.products import product
from matcalc.calculus.sums import add, apply, guard, opposite
from matcalc.calculus.templates import derivative, differential
from matcalc.calculus.tensors import (
    Label,
    Labels,
    Tensor,
    delta,
    is_number,
    leaf,
    make,
    size_tensor,
)
from matcalc.calculus.work import Factor, fresh
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, ZERO, Dimension, at_least, integer
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Application, Declared, Expression, variable
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.traversal import postorder

_one = Fraction(1)

EXPANDED_POWER = 8  # higher matrix powers are differentiated as a sum over an index


class Partial(NamedTuple):
    """One term of a node's Jacobian by an operand: coefficient * product of factors.

    `axes` labels the node's axes, `inner` the operand's; both may occur in the factors.
    `rule` names the rule of differentiation.
    """

    operand: Tensor
    axes: Labels
    inner: Labels
    factors: tuple[Factor, ...]
    coefficient: Fraction
    rule: str


def partials(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    """Yield the terms of the node's Jacobian by each operand that `depends`."""
    yield from _RULES[node.kind](node, depends)


def _distinct(labels: Labels, tensor: Tensor) -> tuple[Labels, list[Factor]]:
    """Return labels without repeats, and a delta for every repeat."""
    if len(set(labels)) == len(labels):
        return labels, []
    names: list[Label] = []
    deltas: list[Factor] = []
    for label, dimension in zip(labels, tensor.shape, strict=True):
        if label in names:
            other = fresh()
            deltas.append((delta(dimension), (label, other), _one))
            label = other
        names.append(label)
    return tuple(names), deltas


def _own(node: Tensor) -> Labels:
    return tuple(range(len(node.shape)))


def _product(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    coefficient, _ = node.value
    for k, (tensor, labels, exponent) in enumerate(node.operands):
        if not depends(tensor):
            continue
        others: list[Factor] = [
            (o.tensor, o.labels, o.weight) for j, o in enumerate(node.operands) if j != k
        ]
        if exponent != 1:
            others.append((tensor, labels, exponent - 1))
        inner, deltas = _distinct(labels, tensor)
        factors = (*others, *deltas)
        rule = "power rule" if exponent != 1 else "product rule"
        yield Partial(tensor, _own(node), inner, factors, coefficient * exponent, rule)


def _sum(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    for tensor, labels, weight in node.operands:
        if depends(tensor):
            inner, deltas = _distinct(labels, tensor)
            yield Partial(tensor, _own(node), inner, tuple(deltas), weight, "sum rule")


def _apply(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    for k, operand in enumerate(node.operands):
        if not depends(operand.tensor):
            continue
        slope = elementary_derivative(node, k)
        inner, deltas = _distinct(operand.labels, operand.tensor)
        factors = ((slope, _own(node), _one), *deltas)
        yield Partial(operand.tensor, _own(node), inner, factors, _one, "elementwise function")


def elementary_derivative(node: Tensor, k: int) -> Tensor:
    """Return the derivative of an elementwise node by its k-th argument, entry by entry."""
    own = _own(node)
    sizes = dict(enumerate(node.shape))
    if isinstance(node.value, Application):
        function, orders = node.value
        application = Application(function, (*orders, 0))
        arguments = [(o.tensor, o.labels) for o in node.operands]
        return apply(application, arguments, own, sizes)
    name = node.value
    if name in RELATIONS:
        return product([], own, sizes, 0)
    arity = len(node.operands)
    if k and ROWS[name, arity].chooses == "condition":
        condition = node.operands[0]
        chosen = condition.tensor if k == 1 else opposite(condition.tensor)
        return product([(guard(name, chosen), condition.labels, _one)], own, sizes)
    operands = tuple([Indexed(o.tensor, o.labels) for o in node.operands])
    numbers = any(is_number(o.tensor) for j, o in enumerate(node.operands) if j != k)
    slope = derivative(name, arity, k, numbers)
    value = by_entries(slope, ROWS[name, arity].parameters, operands)
    return product([(*value, _one)], own, sizes)


class _Axis(NamedTuple):
    """A label that a differential does not know: an axis beside those that it tells of."""

    axis: int


def _matrix_power(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    base, exponent = node.operands
    if depends(exponent.tensor):
        raise MatcalcError("E303", "the exponent of a matrix power is a constant")
    value = integer_exponent(exponent.tensor)
    batch = tuple(range(2, len(base.tensor.shape)))
    if value is None or abs(value) > EXPANDED_POWER:
        yield from _long_power(node, base.tensor, exponent.tensor)
        return
    if value == -1:
        yield from _tabulated(node, "inv", 2)
        return
    inner = ("p", "q", *batch)
    for i in range(abs(value)):
        left, right = (i, value - 1 - i) if value > 0 else (-1 - i, value + i)
        factors: list[Factor] = [
            (matrix_power(base.tensor, left), (0, "p", *batch), _one),
            (matrix_power(base.tensor, right), ("q", 1, *batch), _one),
        ]
        sign = _one if value > 0 else -_one
        yield Partial(base.tensor, _own(node), inner, tuple(factors), sign, "matrix power")


def _long_power(node: Tensor, base: Tensor, exponent: Tensor) -> Iterator[Partial]:
    """Yield d(X^k) = sum over t of X^t dX X^(k-1-t) with t an index."""
    if exponent.shape:
        yield _counted_power(node, base, exponent)
        return
    if len(base.shape) > 2:
        raise MatcalcError("E303", "a matrix that depends on an index has a constant power only")
    value = integer_exponent(exponent)
    negative = value is not None and value < 0
    length = _length_of(exponent, negative)
    running = leaf("count", Dimension(()), length)
    sizes = {"t": length}
    if negative:
        left = add([(running, ("t",), -_one), (_constant(-1), (), _one)], ("t",), sizes)
        right = add([(running, ("t",), _one), (exponent, (), _one)], ("t",), sizes)
    else:
        left = running
        last = add_exponents(exponent, -1)
        last = last if isinstance(last, Tensor) else _constant(last)
        right = add([(running, ("t",), -_one), (last, (), _one)], ("t",), sizes)
    factors: tuple[Factor, ...] = (
        (indexed_power(base, left), (0, "p", "t"), _one),
        (indexed_power(base, right), ("q", 1, "t"), _one),
    )
    sign = -_one if negative else _one
    yield Partial(base, (0, 1), ("p", "q"), factors, sign, "matrix power")


def _counted_power(node: Tensor, base: Tensor, exponent: Tensor) -> Partial:
    """Return d(X^e) = sum over s and t of [e == s + t + 1] X^s dX X^t, for every e that runs."""
    least, most = _range_of_exponent(exponent)
    if not at_least(least, ZERO):
        raise MatcalcError(
            "E303",
            "negative powers of a matrix that an index counts are not differentiated",
            hint="write the exponent as a number: X^-3",
        )
    count = leaf("count", ZERO, most)
    own = tuple(range(2, len(node.shape)))
    sizes: dict[Label, Dimension] = {"s": most, "t": most}
    sizes.update(zip(own, exponent.shape, strict=True))
    both = [(count, ("s",), _one), (count, ("t",), _one), (_constant(1), (), _one)]
    total = add(both, ("s", "t"), sizes)
    equal = apply("==", [(exponent, own), (total, ("s", "t"))], (*own, "s", "t"), sizes)
    factors: tuple[Factor, ...] = (
        (indexed_power(base, count), (0, "p", "s"), _one),
        (indexed_power(base, count), ("q", 1, "t"), _one),
        (equal, (*own, "s", "t"), _one),
    )
    return Partial(base, _own(node), ("p", "q"), factors, _one, "matrix power")


def _range_of_exponent(exponent: Tensor) -> tuple[Dimension, Dimension]:
    """Return bounds of a sum of indices, sizes and integers; raise MatcalcError for others."""
    if exponent.kind == "count":
        return exponent.value, exponent.value + exponent.shape[0] - ONE
    terms = [(o.tensor, o.weight) for o in exponent.operands]
    if exponent.kind == "product" and len(terms) == 1 and not exponent.value[1]:
        terms = [(terms[0][0], exponent.value[0])]
    elif exponent.kind != "sum":
        value = _as_dimension(exponent)
        return value, value
    least = most = ZERO
    for inner, weight in terms:
        ends = [end * integer(int(weight)) for end in _range_of_exponent(inner)]
        low, high = ends if weight > 0 else ends[::-1]
        least, most = least + low, most + high
    return least, most


def _constant(value: int) -> Tensor:
    return product([], (), None, value)


def _length_of(exponent: Tensor, negative: bool) -> Dimension:
    value = integer_exponent(exponent)
    if value is not None:
        return integer(abs(value))
    return _as_dimension(exponent)


def _as_dimension(tensor: Tensor) -> Dimension:
    """Return a scalar that is made of dimensions and integers."""
    if tensor.kind == "size":
        return tensor.value  # type: ignore[no-any-return]
    if tensor.kind == "sum":
        total = ZERO
        for inner, _, weight in tensor.operands:
            total = total + _as_dimension(inner) * integer(int(weight))
        return total
    if tensor.kind == "product" and not tensor.shape and not tensor.value[1]:
        result = integer(int(tensor.value[0]))
        for inner, _, exponent in tensor.operands:
            for _ in range(int(exponent)):
                result = result * _as_dimension(inner)
        return result
    raise MatcalcError("E303", "the exponent of a matrix power is an integer or a dimension")


def _matrix(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    yield from _tabulated(node, node.value, 2)


def _reduce(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    yield from _tabulated(node, node.value[0], len(node.value[1]))


def _tabulated(node: Tensor, name: str, rank: int) -> Iterator[Partial]:
    """Read a Jacobian off the table's differential: what multiplies dX, term by term."""
    tensor = node.operands[0].tensor
    template, shape, result = differential(name, rank)
    reduces = node.kind == "reduce"
    # a reduction's operand has axes (kept..., reduced...), a matrix's (n, n, batch...)
    batch = range(len(node.shape)) if reduces else range(2, len(tensor.shape))
    own = [axis for axis in range(len(tensor.shape)) if axis not in batch]
    names: list[Label] = [None] * len(tensor.shape)
    for k, axis in enumerate(own):
        names[axis] = k
    for k, axis in enumerate(batch):
        names[axis] = _Axis(k)
    rode = tuple([_Axis(k) for k in range(len(batch))])
    tangent = leaf("variable", Declared("tangent"), *tensor.shape)
    named = tuple(names)
    value_labels = (0, 1, *rode) if result else rode
    bindings: dict[Expression, Indexed] = {
        variable("X", shape): Indexed(tensor, named),
        variable("dX", shape): Indexed(tangent, named),
        variable("Y", result): Indexed(node, value_labels),
    }
    value = lower(template, bindings)
    place = {label: k for k, label in enumerate(value_labels)}
    axes = tuple([place[label] for label in value.labels])
    for factors, inner, coefficient in _linear_terms(value.tensor, axes, tangent):
        yield Partial(tensor, _own(node), inner, factors, coefficient, name)


def _linear_terms(
    tensor: Tensor, axes: Labels, tangent: Tensor
) -> Iterator[tuple[tuple[Factor, ...], Labels, Fraction]]:
    """Yield (factors, the tangent's labels, coefficient) of a form that is linear in it."""
    if tensor.kind == "sum":
        for inner, labels, weight in tensor.operands:
            named = tuple([axes[k] for k in labels])
            for factors, found, scale in _linear_terms(inner, named, tangent):
                yield factors, found, scale * weight
        return
    if tensor is tangent:
        yield (), axes, _one
        return
    coefficient, summed = tensor.value
    names: list[Label] = [*axes, *[fresh() for _ in summed]]
    others: list[Factor] = []
    linear: tuple[Tensor, Labels] | None = None
    for inner, labels, weight in tensor.operands:
        named = tuple([names[k] for k in labels])
        if inner is tangent or (inner.kind == "sum" and tangent in postorder([inner], _children)):
            linear = (inner, named)
        else:
            others.append((inner, named, weight))
    if linear is None:
        return
    if linear[0] is not tangent:
        for more, found, scale in _linear_terms(*linear, tangent):
            yield (*others, *more), found, coefficient * scale
        return
    distinct, deltas = _distinct(linear[1], tangent)
    yield (*others, *deltas), distinct, coefficient


def _children(tensor: Tensor) -> list[Tensor]:
    return [operand.tensor for operand in tensor.operands]


def _call(node: Tensor, depends: Callable[[Tensor], bool]) -> Iterator[Partial]:
    application, batches = node.value
    function, orders = application
    rank = len(node.shape) - batches
    batch = tuple(range(rank, len(node.shape)))
    for k, operand in enumerate(node.operands):
        if not depends(operand.tensor):
            continue
        derived = Application(function, tuple(sorted((*orders, k))))
        own = len(operand.tensor.shape) - batches
        axes = result_axes(derived)
        slope = make("call", (derived, batches), node.operands, (*axes, *node.shape[rank:]))
        # axes of the derivative: the result's, then one group an order; the new one comes
        # after those of lower arguments and the same argument
        before = [function.parameters[j] for j in orders if j <= k]
        skip = len(result_axes(Application(function))) + sum(
            len([d for d in shape if d.value != 1]) for shape in before
        )
        inner = tuple([("in", axis) for axis in range(own)])
        labels = (*range(skip), *inner, *range(skip, rank), *batch)
        factors: tuple[Factor, ...] = ((slope, labels, _one),)
        yield Partial(operand.tensor, _own(node), (*inner, *batch), factors, _one, "Jacobian")


_RULES = {
    "product": _product,
    "sum": _sum,
    "apply": _apply,
    "matrix_power": _matrix_power,
    "matrix": _matrix,
    "reduce": _reduce,
    "call": _call,
}

__all__ = ["Partial", "elementary_derivative", "partials", "size_tensor"]
