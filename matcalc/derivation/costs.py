"""What it takes to multiply the Jacobians of a derivation: forward, in reverse, at best.

For a chain of Jacobians the order with the fewest multiplications is found by dynamic
programming over where to split it, as for a chain of matrices; where paths branch, finding
it is NP-complete (Naumann, "Optimal Jacobian accumulation is NP-complete", 2008), and the
better of forward and reverse is taken. A product of Jacobians takes as many multiplications
as there are values of the axes that both have, counted once where a delta makes two axes
one: n for two diagonal Jacobians, m*n*p for full ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from matcalc.calculus.accumulation import jacobian
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.calculus.ties import Ties, groups, renamed, tied, ties_of
from matcalc.derivation.steps import Derivation
from matcalc.expressions.dimensions import ONE, ZERO, Dimension
from matcalc.expressions.nodes import Expression, variable
from matcalc.expressions.splitting import (
    ASSUMED_SIZE,
    LONGEST_CHAIN,
    Splits,
    assumed_size,
    cheapest_splits,
    one_by_one,
    products,
)
from matcalc.notation.text import to_text
from matcalc.records import Record, replace

Axis = tuple[Expression, int]

Terms = Sequence[Ties[Axis]]
"""The axes that are one in every term of a Jacobian that is a sum."""


class Plan(Record):
    """An order of multiplying the Jacobians: its name, its multiplications, and how it goes."""

    name: str
    multiplications: Dimension
    order: str = ""


class Costs(Record):
    """The plans, the best one last; `assumed` are the dimensions whose sizes are not known."""

    plans: tuple[Plan, ...]
    assumed: tuple[str, ...]

    @property
    def remark(self) -> str:
        """How orders are compared where sizes are not known."""
        names = ", ".join(self.assumed)
        verb = "count" if len(self.assumed) > 1 else "counts"
        return f"to compare orders, {names} {verb} as {ASSUMED_SIZE}"


def costs(derivation: Derivation) -> Costs:
    """Return how many multiplications it takes to multiply the Jacobians, in three orders.

    A dimension known by name only counts as `ASSUMED_SIZE` when orders are compared; of equal
    orders the reverse one is taken.

    >>> import matcalc
    >>> where = "A: matrix(2, 3); B: matrix(3, 100); x: vector(100)"
    >>> derivation = matcalc.diff("sum(A*(B*x))", "x", where).derivation()
    >>> for plan in costs(derivation).plans:
    ...     print(plan.name, plan.multiplications, plan.order)
    forward 800 ∂y/∂u2·(∂u2/∂u1·∂u1/∂x)
    reverse 306 (∂y/∂u2·∂u2/∂u1)·∂u1/∂x
    best 306 (∂y/∂u2·∂u2/∂u1)·∂u1/∂x
    """
    if derivation.result not in derivation.operands:  # a constant
        return Costs(tuple([Plan(name, ZERO) for name in ("forward", "reverse", "best")]), ())
    graph = _graph(derivation)
    ahead, back = _forward(graph), _reverse(graph)
    better = ahead if assumed_size(ahead) < assumed_size(back) else back
    plans = [Plan("forward", ahead), Plan("reverse", back)]
    count = len(graph.nodes) - 1
    if graph.is_chain and count < LONGEST_CHAIN:
        plans = [
            Plan("forward", ahead, _written(graph, one_by_one(count, from_right=False))),
            Plan("reverse", back, _written(graph, one_by_one(count, from_right=True))),
        ]
        plans.append(_best(graph, plans[0 if better is ahead else 1]))
    else:
        plans.append(Plan("best", better, "forward" if better is ahead else "reverse"))
    names = {name for plan in plans for name in plan.multiplications.names}
    return Costs(tuple(plans), tuple(sorted(names)))


# The graph of local Jacobians


class _Graph(NamedTuple):
    """The nodes from the variable to the result, and the Jacobian of each by its operands.

    Of a Jacobian, `terms` has the ties of every term of it, and `names` what it is called.
    """

    nodes: tuple[Expression, ...]
    operands: Mapping[Expression, tuple[Expression, ...]]
    terms: Mapping[tuple[Expression, Expression], Terms]
    names: Mapping[tuple[Expression, Expression], str]

    @property
    def is_chain(self) -> bool:
        """Whether one path leads from the variable to the result."""
        before = [part for parts in self.operands.values() for part in parts]
        return before == list(self.nodes[:-1])


def _graph(derivation: Derivation) -> _Graph:
    wrt, result = derivation.variable, derivation.result
    operands = {**derivation.operands}
    terms: dict[tuple[Expression, Expression], Terms] = {}
    names = {}
    for symbol, parts in operands.items():
        value = tensor_of(derivation.definitions[symbol])
        for part in parts:
            names[symbol, part] = f"∂{symbol.value.name}/∂{part.value.name}"
            terms[symbol, part] = (frozenset(),)
            if "[" not in part.value.name:
                terms[symbol, part] = _terms(value, symbol, part)
    nodes = [wrt, *operands]
    if derivation.seed is not None:
        scalar = variable("", ())
        pulled = derivation.manner == "backward"
        pair = (scalar, result) if pulled else (wrt, scalar)
        operands = {**operands, scalar: (result,)} if pulled else {wrt: (scalar,), **operands}
        nodes = [*nodes, scalar] if pulled else [scalar, *nodes]
        terms[pair], names[pair] = (frozenset(),), to_text(derivation.seed)
    return _Graph(tuple(nodes), operands, terms, names)


def _axes(node: Expression) -> list[Axis]:
    """Return the axes of a node that are longer than 1, which are those of its tensor."""
    return [(node, place) for place, length in enumerate(node.shape) if length != ONE]


def _terms(value: Tensor, of: Expression, by: Expression) -> Terms:
    """Return which axes the deltas of a Jacobian make one, for each of its terms."""
    (whole,) = jacobian(value, [tensor_of(by)])
    axes = [*_axes(of), *_axes(by)]
    if whole.kind != "sum":
        return (renamed(ties_of(whole), axes),)
    return tuple(
        [renamed(ties_of(term), [axes[k] for k in labels]) for term, labels, _ in whole.operands]
    )


def _product(nodes: Sequence[Expression], left: Terms, right: Terms) -> Dimension:
    """Return what a product takes of a Jacobian between the first two nodes and the last two."""
    whole = _values(nodes, (_common(left), _common(right)))
    apart = ZERO
    for one, other in itertools.product(left, right):
        apart = apart + _values(nodes, (one, other))
    return min((whole, apart), key=assumed_size)


def _values(nodes: Sequence[Expression], ties: Iterable[Ties[Axis]]) -> Dimension:
    """Return how many values the axes of these nodes have together."""
    lengths = {(node, k): node.shape[k] for one in nodes for node, k in _axes(one)}
    total = ONE
    for group in groups([*lengths], ties):
        total = total * lengths[group[0]]
    return total


def _common(terms: Terms) -> Ties[Axis]:
    return frozenset.intersection(*terms)


# Orders


def _forward(graph: _Graph) -> Dimension:
    """Multiply what each node has with the derivative of its operands by the variable."""
    wrt = graph.nodes[0]
    total = ZERO
    found: dict[Expression, Ties[Axis]] = {}
    for node, parts in graph.operands.items():
        arriving = []
        for part in parts:
            local = graph.terms[node, part]
            ties = _common(local)
            if part is not wrt:
                total = total + _product((node, part, wrt), local, (found[part],))
                ties = tied([*_axes(node), *_axes(wrt)], (ties, found[part]))
            arriving.append(ties)
        found[node] = _common(arriving)
    return total


def _reverse(graph: _Graph) -> Dimension:
    """Multiply the derivative of the result by each node with what the node has."""
    result = graph.nodes[-1]
    total = ZERO
    arriving: dict[Expression, list[Ties[Axis]]] = {}
    for node, parts in reversed([*graph.operands.items()]):
        for part in parts:
            local = graph.terms[node, part]
            ties = _common(local)
            if node is not result:
                above = _common(arriving[node])
                total = total + _product((result, node, part), (above,), local)
                ties = tied([*_axes(result), *_axes(part)], (above, ties))
            arriving.setdefault(part, []).append(ties)
    return total


def _best(graph: _Graph, otherwise: Plan) -> Plan:
    """Return the cheapest way to split a chain into products of two; else forward or reverse."""
    nodes = graph.nodes
    count = len(nodes) - 1
    terms = {(k, k + 1): graph.terms[nodes[k + 1], nodes[k]] for k in range(count)}
    for width in range(2, count + 1):
        for low in range(count - width + 1):
            high = low + width
            ends = [*_axes(nodes[high]), *_axes(nodes[low])]
            halves = (terms[low, high - 1], terms[high - 1, high])
            terms[low, high] = (tied(ends, map(_common, halves)),)

    def product(low: int, middle: int, high: int) -> Dimension:
        trio = (nodes[high], nodes[middle], nodes[low])
        return _product(trio, terms[middle, high], terms[low, middle])

    splits = cheapest_splits(count, lambda *place: assumed_size(product(*place)))
    total = sum(itertools.starmap(product, products(splits, count)), ZERO)
    if assumed_size(total) == assumed_size(otherwise.multiplications):
        return replace(otherwise, name="best")
    return Plan("best", total, _written(graph, splits))


def _written(graph: _Graph, splits: Splits) -> str:
    """Return the product of a chain's Jacobians, in parentheses where it is split."""
    texts: list[str] = []
    stack: list[tuple[int, int] | str] = [(0, len(graph.nodes) - 1)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            texts.append(item)
            continue
        low, high = item
        if high - low == 1:
            texts.append(graph.names[graph.nodes[high], graph.nodes[low]])
            continue
        middle = splits[item]
        inner: list[tuple[int, int] | str] = []
        for part in ((middle, high), (low, middle)):
            inner += ["(", part, ")", "·"] if part[1] - part[0] > 1 else [part, "·"]
        stack += reversed(inner[:-1])
    return "".join(texts)
