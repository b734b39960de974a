"""The chain rule over all paths, forward or backward: one algorithm, two orders.

Backward accumulation carries cotangents from the result to the variables, forward
accumulation tangents from the variables to the result (Laue, Mitterreiter & Giesen 2018).
Where a node is reached on several paths, what arrives on them adds up: the total
derivative of Parr & Howard, section 4.5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcalc.calculus.partials import Partial, partials
from matcalc.calculus.products import product
from matcalc.calculus.sums import Term, add
from matcalc.calculus.tensors import Labels, Tensor, constant, delta
from matcalc.calculus.work import Factor
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.traversal import postorder

_one = Fraction(1)

Shape = tuple[Dimension, ...]


def operands(tensor: Tensor) -> list[Tensor]:
    """Return the operands of a node, which are the next nodes inward."""
    return [operand.tensor for operand in tensor.operands]


def intermediates(result: Tensor) -> list[Tensor]:
    """Return the intermediate variables: every node under the result once, innermost first."""
    return [node for node in postorder([result], operands) if node.operands]


def identity(shape: Shape) -> Tensor:
    """Return the derivative of a tensor by itself: a delta for each axis."""
    rank = len(shape)
    factors: list[Factor] = [(delta(d), (k, rank + k), _one) for k, d in enumerate(shape)]
    return product(factors, tuple(range(2 * rank)))


def backward(
    result: Tensor, variables: Sequence[Tensor], cotangent: Tensor | None = None
) -> list[Tensor]:
    """Return the derivatives of the result by several variables, in one pass.

    Each has axes (seed..., variable...). The cotangent has axes (seed..., result...); by
    default it is the identity, and the derivatives are the Jacobians (result..., variable...).
    """
    rank = len(result.shape)
    if cotangent is None:
        cotangent = identity(result.shape)
    seeds = tuple([("seed", k) for k in range(len(cotangent.shape) - rank)])
    seed_shape = cotangent.shape[: len(seeds)]
    order = postorder([result], operands)
    dependent = _depending(order, variables)
    incoming: dict[Tensor, list[Term]] = {result: [(cotangent, (), _one)]}
    totals: dict[Tensor, Tensor] = {}
    for node in reversed(order):
        arrived = incoming.pop(node, None)
        if arrived is None or node not in dependent:
            continue
        total = _total([t for t, _, _ in arrived], (*seed_shape, *node.shape))
        if node in variables:
            totals[node] = total
        if not node.operands:
            continue
        for partial in partials(node, dependent.__contains__):
            term = _pull(total, seeds, partial)
            incoming.setdefault(partial.operand, []).append((term, (), _one))
    zeros = {v: constant(0, (*seed_shape, *v.shape)) for v in variables}
    return [totals.get(v, zeros[v]) for v in variables]


def _pull(cotangent: Tensor, seeds: Labels, partial: Partial) -> Tensor:
    """Return cotangent * Jacobian: what reaches the operand."""
    labels = (*seeds, *partial.axes)
    out = (*seeds, *partial.inner)
    sizes = dict(zip(partial.inner, partial.operand.shape, strict=True))
    sizes.update(zip(labels, cotangent.shape, strict=True))
    if cotangent.kind == "sum" and len(labels) > 2:
        # a sum of deltas contracts term by term
        terms = []
        for tensor, axes, weight in cotangent.operands:
            named = tuple([labels[k] for k in axes])
            term = product([(tensor, named, _one), *partial.factors], out, sizes, weight)
            terms.append((term, out, partial.coefficient))
        return add(terms, out, sizes)
    return product([(cotangent, labels, _one), *partial.factors], out, sizes, partial.coefficient)


def forward(
    result: Tensor, variables: Sequence[Tensor], tangents: Sequence[Tensor] | None = None
) -> Tensor:
    """Return the derivative of the result along tangents of the variables.

    A tangent has axes (variable..., seed...); by default, for one variable, the identity,
    and the derivative is the Jacobian (result..., variable...).
    """
    if tangents is None:
        (only,) = variables
        tangents = [identity(only.shape)]
    seed_shape = tangents[0].shape[len(variables[0].shape) :]
    seeds = tuple([("seed", k) for k in range(len(seed_shape))])
    known = dict(zip(variables, tangents, strict=True))
    order = postorder([result], operands)
    dependent = _depending(order, variables)
    for node in order:
        if node not in dependent or node in known:
            continue
        terms = []
        for partial in partials(node, dependent.__contains__):
            inner: Factor = (known[partial.operand], (*partial.inner, *seeds), _one)
            factors = [*partial.factors, inner]
            sizes = dict(zip(partial.axes, node.shape, strict=True))
            out = (*partial.axes, *seeds)
            terms.append(product(factors, out, sizes, partial.coefficient))
        known[node] = _total(terms, (*node.shape, *seed_shape))
    if result in known:
        return known[result]
    return constant(0, (*result.shape, *seed_shape))


def jacobian(result: Tensor, variables: Sequence[Tensor]) -> list[Tensor]:
    """Return the derivatives of the result by the variables, in the order with fewer axes.

    The Jacobians have axes (result..., variable...). A variable of lower order than the
    result is cheaper to follow forward, as is a single scalar; all others backward.
    """
    single = len(variables) == 1 and not variables[0].shape
    if single or all(len(v.shape) < len(result.shape) for v in variables):
        return [forward(result, [v]) for v in variables]
    return backward(result, variables)


def _total(terms: Sequence[Tensor], shape: Shape) -> Tensor:
    if len(terms) == 1:
        return terms[0]
    labels = tuple(range(len(shape)))
    return add([(t, labels, _one) for t in terms], labels, dict(enumerate(shape)))


def _depending(order: Sequence[Tensor], variables: Sequence[Tensor]) -> set[Tensor]:
    dependent = set(variables)
    for node in order:
        if any(operand.tensor in dependent for operand in node.operands):
            dependent.add(node)
    return dependent
