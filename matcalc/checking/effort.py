"""How much is done to decide a claim: work is counted, and the clock is only the last net.

What is counted is the same on every machine, so that verdicts, slips and hints are too. When
the time is up a claim is undecided.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder

FEWEST = 20


class OutOfTime(Exception):
    """The time that the user gives is up."""


def deadline_in(seconds: float) -> float:
    """Return the time on the monotonic clock that many seconds from now."""
    return time.monotonic() + seconds


def refuse_after(deadline: float) -> None:
    """Raise OutOfTime when the deadline has passed."""
    if time.monotonic() > deadline:
        raise OutOfTime


def affordable(formulas: Iterable[Expression], work: int) -> int:
    """Return how often formulas may be evaluated, if so many of their nodes may be.

    >>> from matcalc.expressions.nodes import number
    >>> affordable([number(2)], 300)
    300
    """
    return max(FEWEST, work // len(postorder(formulas, lambda node: node.arguments)))
