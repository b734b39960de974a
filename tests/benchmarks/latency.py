"""How long a first derivative takes, from the typed formula to the printed answer, beside SymPy.

Over the shared cases, in a process that has derived before. SymPy's time is that of building
its expression, deriving and printing it; what it answers counts only where it is right.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import matcalc
from tests.benchmarks.cases import Case, first_order
from tests.benchmarks.section import Section
from tests.benchmarks.sympy_answers import OUTCOMES, Answer, answered
from tests.benchmarks.tables import milliseconds, number, ratio, table
from tests.benchmarks.timing import median

SLOWEST = 5


class Row(NamedTuple):
    """A case, our median seconds, and SymPy's answer."""

    case: str
    seconds: float
    sympy: Answer


def run() -> Section:
    """Measure all cases."""
    return measured(first_order())


def measured(cases: Sequence[Case], limit: float = 5, runs: int = 7) -> Section:
    """Measure these cases; SymPy has so many seconds for each."""
    for case in cases:
        printed(case)
    seconds = [median(lambda case=case: printed(case), runs) for case in cases]
    answers = [answered(case, limit, runs) for case in cases]
    rows = [Row(case["id"], *found) for case, *found in zip(cases, seconds, answers, strict=True)]
    text = "\n\n".join([overall(rows), outcomes(rows), common(rows)])
    return Section(text, [{**row._asdict(), "sympy": row.sympy._asdict()} for row in rows])


def printed(case: Case) -> str:
    """Return our answer as text."""
    text, wrt, where = case["expr"], case["wrt"], case["where"]
    if case.get("op") == "vjp":
        return str(matcalc.vjp(text, wrt, case["upstream"], where))
    if case.get("op") == "jvp":
        return str(matcalc.jvp(text, wrt, case["tangent"], where))
    return str(matcalc.diff(text, wrt, where))


def overall(rows: Sequence[Row]) -> str:
    """Return the table of our own times."""
    ordered = sorted(rows, key=lambda row: row.seconds, reverse=True)
    lines = [[f"median of {len(rows)} cases", milliseconds(statistics.median(seconds(rows)))]]
    lines += [[row.case, milliseconds(row.seconds)] for row in ordered[:SLOWEST]]
    return table(["matcalc, and its slowest cases", "ms"], lines)


def outcomes(rows: Sequence[Row]) -> str:
    """Return how many cases SymPy answers how."""
    counts = Counter(row.sympy.outcome for row in rows)
    asked = len(rows) - counts["not asked"]
    lines = []
    for outcome in OUTCOMES:
        part = counts[outcome] / asked if asked and outcome != "not asked" else None
        lines.append([outcome, str(counts[outcome]), number(part)])
    return table(["SymPy's answers", "cases", "of those asked"], lines)


def common(rows: Sequence[Row]) -> str:
    """Return the medians on the cases that SymPy gets right."""
    right = [row for row in rows if row.sympy.outcome == "right"]
    if not right:
        return "no case that SymPy gets right"
    ours = statistics.median(seconds(right))
    lines = [["matcalc", milliseconds(ours), number(1)]]
    for name in ("cold", "warm"):
        theirs = statistics.median([getattr(row.sympy, name) for row in right])
        lines.append([f"SymPy, {name} cache", milliseconds(theirs), number(ratio(ours, theirs))])
    return table([f"median of {len(right)} cases that both get right", "ms", "ours to it"], lines)


def seconds(rows: Sequence[Row]) -> list[float]:
    return [row.seconds for row in rows]
