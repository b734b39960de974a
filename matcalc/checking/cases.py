"""A refuted claim whose slip is looked for, and what a search for it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from matcalc.checking.conditions import Condition
from matcalc.checking.effort import affordable
from matcalc.checking.evidence import Evidence
from matcalc.checking.questions import Question
from matcalc.expressions.nodes import Expression

WORK = 40_000
"""How many nodes of formulas one search evaluates, times the points of the evidence."""


class Slip(NamedTuple):
    """A stable name, and a sentence."""

    name: str
    hint: str


class Case(NamedTuple):
    """A refuted claim, and what the search for its slip needs; `work` is what one may cost."""

    question: Question
    evidence: Evidence
    conditions: list[Condition]
    names: Mapping[str, Expression]
    work: int = WORK

    @property
    def tries(self) -> int:
        """How many changed claims or derivations one search may hold against the evidence."""
        return affordable(self.question.parts(), self.work)


Search = Callable[[Case], Iterator[Slip]]
