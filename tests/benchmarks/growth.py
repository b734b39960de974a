"""How times and sizes grow with the formula: fitted exponents, of which the aim is 1.15 at most.

Of each formula: the time to read and differentiate it by all its variables together, to write
the answers as text, as LaTeX and as code, and how many characters these have.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import matcalc
from tests.benchmarks.formulas import FAMILIES, Family, Question
from tests.benchmarks.section import Section
from tests.benchmarks.tables import number, table
from tests.benchmarks.timing import TooLong, timed, within

WRITERS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "LaTeX": lambda answers: answers.latex(),
    "code": lambda answers: answers.code("numpy"),
}
COLUMNS = ("diff s", *[f"{name} {unit}" for name in WRITERS for unit in ("s", "characters")])


class Row(NamedTuple):
    """What was measured of a formula: seconds and numbers of characters by column.

    A column that took too long, or was refused, is left out.
    """

    family: str
    size: int
    columns: dict[str, float]

    def cells(self) -> list[str]:
        """Return the row as printed."""
        digits = [0 if "characters" in column else 3 for column in COLUMNS]
        values = map(self.columns.get, COLUMNS)
        return ["", f"{self.size:,}", *map(number, values, digits)]


def run() -> Section:
    """Measure all families at their full sizes."""
    return grown(FAMILIES)


def grown(families: Sequence[Family], limit: float = 60, runs: int = 2) -> Section:
    """Measure formulas of these families; no step may take longer than the limit."""
    lines, records = [], []
    for family in families:
        rows = [measured(family, size, limit, runs) for size in family.sizes]
        exponents = {column: exponent(rows, column) for column in COLUMNS}
        lines += [[family.name, *[""] * (len(COLUMNS) + 1)], *[row.cells() for row in rows]]
        lines.append(["", "exponent", *[number(exponents[column]) for column in COLUMNS]])
        records.append(
            {
                "family": family.name,
                "rows": [row._asdict() for row in rows],
                "exponents": exponents,
            }
        )
    return Section(table(["", "size", *COLUMNS], lines), records)


def measured(family: Family, size: int, limit: float, runs: int) -> Row:
    """Measure one formula; of several runs the fastest counts.

    It is derived anew for every writer, which would profit from what another has prepared.
    """
    gc.collect()  # what ran before should not be paid for here
    question = family.question(size)
    columns: dict[str, float] = {}

    def least(column: str, call: Callable[[], Any]) -> Any:
        seconds, result = within(limit, lambda: timed(call))
        columns[column] = min(seconds, columns.get(column, seconds))
        return result

    for name, write in WRITERS.items():
        try:
            for _ in range(runs):
                answers = least("diff s", lambda: differentiated(question))
                text = least(f"{name} s", partial(write, answers))
                columns[f"{name} characters"] = len(text)
        except (TooLong, matcalc.MatcalcError):
            continue
    return Row(family.name, size, columns)


def differentiated(question: Question) -> Any:
    """Return the answer by the one variable, or the answers by all."""
    text, wrt, where = question
    return matcalc.diff(text, wrt if len(wrt) > 1 else wrt[0], where, "mixed")


def exponent(rows: Sequence[Row], column: str) -> float | None:
    """Return the slope of the least-squares line through the logarithms."""
    points = [
        (math.log(row.size), math.log(row.columns[column])) for row in rows if column in row.columns
    ]
    if len(points) < 2:
        return None
    x0, y0 = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((x - x0) * (y - y0) for x, y in points) / sum((x - x0) ** 2 for x, _ in points)
