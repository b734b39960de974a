"""A refuted claim whose slip is looked for, and what a search for it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from matcalc.checking.conditions import Condition
from matcalc.checking.evidence import Evidence
from matcalc.checking.questions import Question
from matcalc.expressions.nodes import Expression


class Slip(NamedTuple):
    """A stable name, and a sentence."""

    name: str
    hint: str


class Case(NamedTuple):
    """A refuted claim, and what the search for its slip needs."""

    question: Question
    evidence: Evidence
    conditions: list[Condition]
    names: Mapping[str, Expression]
    deadline: float


Search = Callable[[Case], Iterator[Slip]]
