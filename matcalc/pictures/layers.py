"""Layered drawing: nodes and edge labels in rows, in an order with few crossings.

The method of Sugiyama, Tagawa & Toda (1981): layers by longest paths, long edges through a
place in every row between, the order in a row by barycentres. Rows are then spread so that
everything is as straight as it can be without overlapping (isotonic regression).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

SWEEPS = 8
"""How often the rows are put in order, and spread, downwards and upwards."""

BETWEEN = 26.0
"""The least distance between two places of a row."""


class Place(NamedTuple):
    """What takes room in a row: to the left and to the right of the line that runs through it.

    `weight` says how much it matters that it is in the middle of its neighbours.
    """

    row: int
    left: float
    right: float
    weight: float


class Links(NamedTuple):
    """The neighbours of every place, in the row above and in the row below."""

    above: list[list[int]]
    below: list[list[int]]


def longest_paths(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the layer of every node: one more than the last of what it comes from.

    The nodes are numbered in an order of the flow.

    >>> longest_paths(3, [(0, 1), (1, 2), (0, 2)])
    [0, 1, 2]
    """
    layers = [0] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        layers[target] = max(layers[target], layers[source] + 1)
    return layers


def linked(count: int, pairs: Sequence[tuple[int, int]]) -> Links:
    """Return who is next to whom, from pairs of an upper and a lower place."""
    links = Links([[] for _ in range(count)], [[] for _ in range(count)])
    for upper, lower in pairs:
        links.below[upper].append(lower)
        links.above[lower].append(upper)
    return links


def ordered(places: Sequence[Place], links: Links) -> list[list[int]]:
    """Return the places of every row from left to right, with few crossings of edges."""
    rows: list[list[int]] = [[] for _ in range(max(place.row for place in places) + 1)]
    for number, place in enumerate(places):
        rows[place.row].append(number)
    best, fewest = rows, crossings(rows, links)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rows = _sweep(rows, links.below if sweep % 2 else links.above, upwards=sweep % 2 == 1)
        count = crossings(rows, links)
        if count < fewest:
            best, fewest = rows, count
    return best


def _sweep(rows: list[list[int]], neighbours: list[list[int]], upwards: bool) -> list[list[int]]:
    position: dict[int, float] = {}
    found = []
    for row in reversed(rows) if upwards else rows:
        middle = {}
        for at, number in enumerate(row):
            known = [position[other] for other in neighbours[number]]
            middle[number] = sum(known) / len(known) if known else float(at)
        row = sorted(row, key=middle.__getitem__)
        position.update({number: float(at) for at, number in enumerate(row)})
        found.append(row)
    return found[::-1] if upwards else found


def crossings(rows: Sequence[Sequence[int]], links: Links) -> int:
    """Count the pairs of edges between neighbouring rows that cross.

    >>> crossings([[0, 1], [2, 3]], linked(4, [(0, 3), (1, 2)]))
    1
    """
    count = 0
    for row, below in zip(rows, rows[1:], strict=False):
        position = {number: at for at, number in enumerate(below)}
        seen: list[int] = []
        for number in row:
            ends = sorted([position[other] for other in links.below[number]])
            count += sum([len(seen) - bisect_right(seen, end) for end in ends])
            for end in ends:
                insort(seen, end)
    return count


def spread(
    rows: Sequence[Sequence[int]], places: Sequence[Place], links: Links
) -> tuple[list[float], float]:
    """Return where each place's line runs, from the left edge on, and the width of all."""
    at = [0.0] * len(places)
    for row in rows:
        _place(row, places, at, [0.0] * len(row))
    for sweep in range(2 * SWEEPS + 1):  # the last one is downwards
        neighbours = links.below if sweep % 2 else links.above
        for row in reversed(rows) if sweep % 2 else rows:
            wanted = [_middle(number, neighbours[number], places, at) for number in row]
            _place(row, places, at, wanted)
    left = min([x - place.left for x, place in zip(at, places, strict=True)])
    right = max([x + place.right for x, place in zip(at, places, strict=True)])
    return [x - left for x in at], right - left


def _middle(
    number: int, neighbours: Sequence[int], places: Sequence[Place], at: Sequence[float]
) -> float:
    """Return the middle of the neighbours of a place, by their weights."""
    total = sum([places[other].weight for other in neighbours])
    if not total:
        return at[number]
    return sum([places[other].weight * at[other] for other in neighbours]) / total


def _place(
    row: Sequence[int], places: Sequence[Place], at: list[float], wanted: Sequence[float]
) -> None:
    """Put a row where it is wanted, as nearly as the distances between its places allow."""
    distances = [0.0] * len(row)
    for k in range(1, len(row)):
        gap = places[row[k - 1]].right + BETWEEN + places[row[k]].left
        distances[k] = distances[k - 1] + gap
    weights = [places[number].weight for number in row]
    free = [want - distance for want, distance in zip(wanted, distances, strict=True)]
    fitted = isotonic(free, weights)
    for number, value, distance in zip(row, fitted, distances, strict=True):
        at[number] = value + distance


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the ascending values nearest to these, by pooling adjacent violators.

    >>> isotonic([1.0, 4.0, 2.0], [1.0, 1.0, 1.0])
    [1.0, 3.0, 3.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            other, mass, size = pools.pop()
            total = mass + pool[1]
            pool = ((other * mass + pool[0] * pool[1]) / total, total, size + pool[2])
        pools.append(pool)
    return [value for value, _, size in pools for _ in range(size)]
