"""The order in which a product of several tensors is contracted, two at a time.

The fewest multiplications for few tensors, by the best way to make each set of them
(Pfeifer, Haegeman & Verstraete 2014); for many, one pair after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import prod

from matcalc.calculus.tensors import Label

MOST_TENSORS = 8
"""Of more than these not every order is looked at."""

Pair = tuple[int, int]


def contraction_order(
    tensors: Sequence[Iterable[Label]], out: Iterable[Label], lengths: Mapping[Label, int]
) -> list[Pair]:
    """Return which two to contract next, by their places; each result is put at the end.

    >>> contraction_order([("i", "j"), ("j", "k"), ("k",)], "i", {"i": 9, "j": 9, "k": 9})
    [(1, 2), (0, 3)]
    """
    sets = [frozenset(labels) for labels in tensors]
    if len(sets) > MOST_TENSORS:
        return _greedy(sets, frozenset(out), lengths)
    return _best(sets, frozenset(out), lengths)


def cost(labels: Iterable[Label], lengths: Mapping[Label, int]) -> int:
    """Return how many multiplications two tensors with these labels together take."""
    return prod(lengths[label] for label in labels)


def _best(
    sets: list[frozenset[Label]], out: frozenset[Label], lengths: Mapping[Label, int]
) -> list[Pair]:
    """Return the best order, built up from the best of every subset, a bit for each tensor."""
    count = len(sets)
    whole = (1 << count) - 1
    inside = [frozenset[Label]()] * (whole + 1)
    for group in range(1, whole + 1):
        lowest = (group & -group).bit_length() - 1
        inside[group] = inside[group & (group - 1)] | sets[lowest]
    left = [inside[group] & (inside[whole ^ group] | out) for group in range(whole + 1)]
    costs = {1 << place: 0 for place in range(count)}
    splits: dict[int, Pair] = {}
    for group in sorted(range(1, whole + 1), key=int.bit_count):
        if group in costs:
            continue
        found = []
        part = (group - 1) & group
        while part > group ^ part:  # the parts with the group's last tensor, largest first
            times = cost(left[part] | left[group ^ part], lengths)
            found.append((costs[part] + costs[group ^ part] + times, -part))
            part = (part - 1) & group
        costs[group], chosen = min(found)
        splits[group] = (group ^ -chosen, -chosen)
    places = {1 << place: place for place in range(count)}
    steps: list[Pair] = []
    pending = [whole] if count > 1 else []
    while pending:
        group = pending[-1]
        missing = [part for part in splits[group] if part not in places]
        if missing:
            pending += missing
            continue
        pending.pop()
        first, second = sorted(places[part] for part in splits[group])
        steps.append((first, second))
        places[group] = count + len(steps) - 1
    return steps


def _greedy(
    sets: list[frozenset[Label]], out: frozenset[Label], lengths: Mapping[Label, int]
) -> list[Pair]:
    """Contract next what makes the tensors that are left smallest."""
    tensors = dict(enumerate(sets))
    holders = Counter(label for labels in sets for label in labels)
    holders.update(out)
    steps: list[Pair] = []

    def growth(pair: Pair) -> tuple[int, int, Pair]:
        a, b = tensors[pair[0]], tensors[pair[1]]
        result = _left(a, b, holders)
        before = cost(a, lengths) + cost(b, lengths)
        return cost(result, lengths) - before, cost(a | b, lengths), pair

    while len(tensors) > 1:
        pairs = [*combinations(tensors, 2)]
        meeting = [pair for pair in pairs if tensors[pair[0]] & tensors[pair[1]]]
        first, second = min(meeting or pairs, key=growth)
        a, b = tensors.pop(first), tensors.pop(second)
        result = tensors[len(sets) + len(steps)] = _left(a, b, holders)
        holders.subtract([*a, *b])
        holders.update(result)
        steps.append((first, second))
    return steps


def _left(
    a: frozenset[Label], b: frozenset[Label], holders: Mapping[Label, int]
) -> frozenset[Label]:
    """Return the labels of two tensors that others or the result have too."""
    return frozenset([x for x in a | b if holders[x] > (x in a) + (x in b)])
