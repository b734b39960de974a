"""Search the cheapest reading: one value for each open question, costs learned on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

from matcalc.syntax.costs import NEVER

Key = str
Choice = Mapping[Key, int]

MOST_STATES = 5_000
"""How many partial readings are looked at before the search gives up."""


class Clause(NamedTuple):
    """What values cost together: `cost` if all of `values` are chosen."""

    values: tuple[tuple[Key, int], ...]
    cost: float


class Search:
    """The values that each key may have, with their costs, and the clauses learned."""

    def __init__(self, options: Mapping[Key, Mapping[int, float]]) -> None:
        self.options = {
            key: sorted((cost, value) for value, cost in costs.items())
            for key, costs in options.items()
        }
        self.clauses: dict[tuple[tuple[Key, int], ...], float] = {}

    def cost(self, key: Key, value: int) -> float:
        """Return what a value costs by itself."""
        return next(cost for cost, other in self.options[key] if other == value)

    def learn(self, values: Iterable[tuple[Key, int]], cost: float) -> bool:
        """Remember what values cost together; return whether that is new."""
        clause = tuple(sorted(values))
        if self.clauses.get(clause, 0) >= cost:
            return False
        self.clauses[clause] = cost
        return True

    def best(self, without: tuple[Key, int] | None = None) -> tuple[float, dict[Key, int]] | None:
        """Return the cheapest choice and its cost by what is known; None if nothing fits.

        `without` forbids one value of one key.

        >>> search = Search({"x": {0: 1.5, 1: 0}, "y": {0: 1.5, 1: 0}})
        >>> _ = search.learn([("x", 1), ("y", 1)], 100)
        >>> search.best()
        (1.5, {'x': 1, 'y': 0})
        """
        chosen = {key: options[0][1] for key, options in self.options.items()}
        base = sum(options[0][0] for options in self.options.values())
        keys = {key for values in self.clauses for key, _ in values}
        if without is not None:
            keys.add(without[0])
        order = sorted(keys)
        found = self._cheapest(order, without)
        if found is None:
            return None
        cost, values = found
        chosen |= dict(zip(order, values, strict=True))
        return base + cost, chosen

    def _cheapest(
        self, order: list[Key], without: tuple[Key, int] | None
    ) -> tuple[float, tuple[int, ...]] | None:
        """Search uniformly by cost; each clause is charged where its last key is chosen."""
        place = {key: position for position, key in enumerate(order)}
        ending: list[list[Clause]] = [[] for _ in order]
        for values, cost in self.clauses.items():
            last = max((place[key] for key, _ in values), default=-1)
            if last >= 0:
                ending[last].append(Clause(values, cost))
        heap: list[tuple[float, int, tuple[int, ...]]] = [(0, 0, ())]
        states = 0
        while heap:
            spent, depth, prefix = heappop(heap)
            if -depth == len(order):
                return spent, prefix
            states += 1
            if states > MOST_STATES:
                return None
            key = order[-depth]
            cheapest = self.options[key][0][0]
            for own, value in self.options[key]:
                if (key, value) == without:
                    continue
                extended = (*prefix, value)
                cost = spent + own - cheapest
                for clause in ending[-depth]:
                    if all(extended[place[k]] == v for k, v in clause.values):
                        cost += clause.cost
                if cost < NEVER:
                    heappush(heap, (cost, depth - 1, extended))
        return None
