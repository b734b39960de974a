"""Axes that deltas make one: a diagonal matrix has two axes, and one index that counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from matcalc.calculus.tensors import Tensor
from matcalc.expressions.traversal import postorder

Axis = TypeVar("Axis", bound=Hashable)

Ties = frozenset[frozenset[Axis]]
"""Pairs of axes that are one."""


def groups(axes: Iterable[Axis], ties: Iterable[Ties[Axis]]) -> list[list[Axis]]:
    """Return the axes in groups that are one by these ties, directly or by way of others.

    >>> groups("abcd", [frozenset([frozenset("ab")]), frozenset([frozenset("bd")])])
    [['a', 'b', 'd'], ['c']]
    """
    axes = list(axes)
    found = {axis: [axis] for axis in axes}
    for pair in (pair for one in ties for pair in one):
        first, second = (found.setdefault(axis, [axis]) for axis in pair)
        if first is not second:
            first += second
            found.update(dict.fromkeys(second, first))
    distinct = {id(group): group for group in map(found.__getitem__, axes)}
    wanted = set(axes)
    return [sorted(wanted.intersection(group), key=axes.index) for group in distinct.values()]


def tied(axes: Iterable[Axis], ties: Iterable[Ties[Axis]]) -> Ties[Axis]:
    """Return which of the axes are one by these ties."""
    found = groups(axes, ties)
    return frozenset([frozenset((a, b)) for group in found for a in group for b in group if a != b])


def renamed(ties: Ties[int], names: Sequence[Axis]) -> Ties[Axis]:
    """Return ties between numbered axes as ties between those of these names."""
    return frozenset([frozenset([names[k] for k in pair]) for pair in ties])


def ties_of(root: Tensor) -> Ties[int]:
    """Return the axes of a tensor that its deltas make one, by their numbers.

    >>> from matcalc.calculus.tensors import delta
    >>> from matcalc.expressions.dimensions import name
    >>> [sorted(pair) for pair in ties_of(delta(name("n")))]
    [[0, 1]]
    """
    known: dict[Tensor, Ties[int]] = {}
    for tensor in postorder([root], lambda node: [o.tensor for o in node.operands]):
        each = [renamed(known[inner], labels) for inner, labels, _ in tensor.operands]
        if tensor.kind == "delta":
            each = [frozenset([frozenset((0, 1))])]
        elif tensor.kind == "sum":
            each = [frozenset.intersection(*each)]
        elif tensor.kind != "product":
            each = []
        known[tensor] = tied(range(len(tensor.shape)), each)
    return known[root]
