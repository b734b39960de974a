"""Where to split a chain of products in two: the matrix-chain problem (Godbole 1973).

A product is associative, so that its order is free; the cheapest one is found by dynamic
programming over the parts of the chain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from matcalc.expressions.dimensions import Dimension

Factor = TypeVar("Factor")

Splits = Mapping[tuple[int, int], int]
"""For factors number low up to, not with, high: the number at which the second half begins."""

ASSUMED_SIZE = 1000
"""What a dimension known by name only counts as when orders are compared."""

LONGEST_CHAIN = 64
"""Of longer chains not every order is looked at, which takes cubic time."""


def assumed_size(dimension: Dimension) -> int:
    """Return a dimension's size, or what it counts as.

    >>> from matcalc.expressions.dimensions import integer, name
    >>> assumed_size(integer(2) * name("n"))
    2000
    """
    return dimension.evaluate(defaultdict(lambda: ASSUMED_SIZE))


def cheapest_splits(
    count: int, cost: Callable[[int, int, int], int], *, last: bool = False
) -> Splits:
    """Return where to split every part of a chain of `count` factors.

    `cost(low, middle, high)` is what multiplying the two halves takes, each being one
    product already. Of equally cheap places the first is taken, or the `last`.

    >>> sizes = [10, 2, 30, 4]
    >>> cheapest_splits(3, lambda low, k, high: sizes[low] * sizes[k] * sizes[high])[0, 3]
    1
    """
    totals = {(k, k + 1): 0 for k in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for width in range(2, count + 1):
        for low in range(count - width + 1):
            high = low + width
            middles = range(high - 1, low, -1) if last else range(low + 1, high)
            found = [totals[low, k] + totals[k, high] + cost(low, k, high) for k in middles]
            totals[low, high] = min(found)
            splits[low, high] = middles[found.index(totals[low, high])]
    return splits


def one_by_one(count: int, *, from_right: bool) -> Splits:
    """Return the splits of a product that begins at one end of the chain."""
    if from_right:
        return {(low, count): low + 1 for low in range(count - 1)}
    return {(0, high): high - 1 for high in range(2, count + 1)}


def products(splits: Splits, count: int) -> list[tuple[int, int, int]]:
    """Return the products that make the whole chain, (low, middle, high), parts first.

    >>> products({(0, 3): 1, (1, 3): 2}, 3)
    [(1, 2, 3), (0, 1, 3)]
    """
    found = []
    pending = [(0, count)]
    while pending:
        low, high = pending.pop()
        if high - low > 1:
            middle = splits[low, high]
            found.append((low, middle, high))
            pending += [(low, middle), (middle, high)]
    return found[::-1]


def multiplied(
    factors: Sequence[Factor], splits: Splits, product: Callable[[Factor, Factor], Factor]
) -> Factor:
    """Return the product of the factors, split so.

    >>> multiplied(["A", "B", "C"], one_by_one(3, from_right=True), "({}*{})".format)
    '(A*(B*C))'
    """
    count = len(factors)
    done = {(k, k + 1): factor for k, factor in enumerate(factors)}
    for low, middle, high in products(splits, count):
        done[low, high] = product(done[low, middle], done[middle, high])
    return done[0, count]
