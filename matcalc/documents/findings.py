"""What is found in a derivation: of every equality whether it holds, and why not."""

from __future__ import annotations

from typing import Any

from matcalc.checking.verdicts import Verdict
from matcalc.errors import MatcalcError
from matcalc.records import Record, replace

RIGHT, WRONG, FOLLOWS, UNDECIDED, UNREAD = "right", "wrong", "follows", "undecided", "unread"
CONDITION, DEFINITION = "condition", "definition"


class Finding(Record):
    """What is found of one equality, `left = right`, that stands at `source[start:end]`.

    `outcome` is 'right', 'wrong', 'follows' (it is wrong, and right if the wrong line
    `premise` were right; or it rests on the line `premise`, which is not read), 'undecided',
    'condition', 'definition', or 'unread', which has an `error` and no verdict. In a
    notebook `cell` and `cell_line` count from 1.
    """

    outcome: str
    line: int
    start: int
    end: int
    left: str
    right: str
    verdict: Verdict | None = None
    error: MatcalcError | None = None
    premise: int = 0
    note: str = ""
    cell: int = 0
    cell_line: int = 0


class Report(Record):
    """All findings in a file, in order; `assumed` has what was inferred of undeclared names.

    `layout` is the one in which a document's derivatives were taken, if that was inferred.
    """

    name: str
    source: str
    findings: tuple[Finding, ...]
    assumed: tuple[str, ...] = ()
    layout: str = ""

    @property
    def ok(self) -> bool:
        """Whether all was read, and every equality holds."""
        fine = (RIGHT, CONDITION, DEFINITION)
        return all(finding.outcome in fine for finding in self.findings)

    @property
    def worst(self) -> str:
        """The outcome that tells most: wrong before unread before undecided."""
        outcomes = {finding.outcome for finding in self.findings}
        order = (WRONG, UNREAD, FOLLOWS, UNDECIDED)
        return next((outcome for outcome in order if outcome in outcomes), RIGHT)

    def count(self, *outcomes: str) -> int:
        """Return how many findings have one of the outcomes."""
        return sum(finding.outcome in outcomes for finding in self.findings)

    def record(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "schema": 1,
            "ok": self.ok,
            "file": self.name,
            "assumed": list(self.assumed),
            "layout": self.layout,
            "findings": [_record(finding) for finding in self.findings],
        }

    def __str__(self) -> str:
        return report_text(self)


def _record(finding: Finding) -> dict[str, Any]:
    error = finding.error
    return {
        "outcome": finding.outcome,
        "line": finding.line,
        "cell": finding.cell,
        "cell_line": finding.cell_line,
        "left": finding.left,
        "right": finding.right,
        "premise": finding.premise,
        "note": finding.note,
        "verdict": None if finding.verdict is None else finding.verdict.record(),
        "error": error and {"code": error.code, "message": error.message, "hint": error.hint},
    }


def report_text(report: Report, *, ascii: bool = False) -> str:  # noqa: A002
    """Return a line for every equality; for those that do not hold, where and why."""
    lines: list[str] = []
    for finding in report.findings:
        place = f"cell {finding.cell}:{finding.cell_line}" if finding.cell else str(finding.line)
        lines.append(f"{report.name}:{place}: {_headline(finding, ascii)}")
        if finding.outcome in (WRONG, UNDECIDED, UNREAD):
            lines += [f"  | {line}" for line in _underlined(report, finding)]
            lines += _reasons(finding)
    lines.append(_summary(report))
    lines += [f"assumed: {'; '.join(report.assumed)}"] if report.assumed else []
    return "\n".join(lines)


def _headline(finding: Finding, ascii: bool) -> str:  # noqa: A002
    if finding.outcome == UNREAD and finding.error is not None:
        return f"cannot be read: error[{finding.error.code}]: {finding.error.message}"
    equation = f"{_short(finding.left, ascii)} = {_short(finding.right, ascii)}"
    verdict = "" if finding.verdict is None else finding.verdict.verdict
    outcome = f"right ({verdict})" if finding.outcome == RIGHT else finding.outcome
    if finding.outcome == FOLLOWS and finding.error is not None:
        outcome = "follows"
    elif finding.outcome == FOLLOWS:
        outcome = f"follows from line {finding.premise}, which is wrong"
    note = f"; {finding.note}" if finding.note else ""
    return f"{outcome}: {equation}{note}"


def _short(text: str, ascii: bool) -> str:  # noqa: A002
    dots = "..." if ascii else "…"
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:40]} {dots} {text[-16:]}"


def _reasons(finding: Finding) -> list[str]:
    if finding.error is not None:
        return [f"  = hint: {finding.error.hint}"] if finding.error.hint else []
    verdict = finding.verdict
    if verdict is None:
        return []
    lines = [f"  {verdict.reason}"]
    if verdict.counterexample is not None:
        lines.append(f"  counterexample: {verdict.counterexample}")
    if verdict.slip:
        lines.append(f"  slip: {verdict.slip}")
    if verdict.hint:
        lines.append(f"  hint: {verdict.hint}")
    return lines


def _underlined(report: Report, finding: Finding) -> list[str]:
    """Return the line of the source, with carets under the place."""
    begin = report.source.rfind("\n", 0, finding.start) + 1
    stop = report.source.find("\n", finding.start)
    line = report.source[begin : stop if stop >= 0 else None].rstrip("\r")
    width = max(1, min(finding.end, begin + len(line)) - finding.start)
    blank = "".join("\t" if c == "\t" else " " for c in line[: finding.start - begin])
    return [line, blank + "^" * width]


_WORDS = {
    RIGHT: "right", WRONG: "wrong", FOLLOWS: "follows from another line",
    UNDECIDED: "undecided", UNREAD: "cannot be read", CONDITION: "condition",
    DEFINITION: "definition",
}  # fmt: skip
_PLURALS = {FOLLOWS: "follow from other lines", CONDITION: "conditions", DEFINITION: "definitions"}


def _summary(report: Report) -> str:
    """Return how many findings there are of each kind, the layout, and what to add."""
    parts = []
    for outcome, word in _WORDS.items():
        count = report.count(outcome)
        if count:
            parts.append(f"{count} {_PLURALS.get(outcome, word) if count > 1 else word}")
    layout = f"; layout: {report.layout}" if report.layout else ""
    said = [f.verdict.hint for f in report.findings if f.outcome == UNDECIDED and f.verdict]
    hints = dict.fromkeys(hint for hint in said if hint.startswith("add "))
    further = f": {'; '.join(list(hints)[:MOST_HINTS])}" if hints else ""
    return f"{report.name}: {', '.join(parts)}{further}{layout}"


MOST_HINTS = 4
"""How many declarations the summary asks for."""


def failure_text(report: Report) -> str:
    """Return the report without the equalities that hold."""
    fine = (RIGHT, CONDITION, DEFINITION)
    failed = [finding for finding in report.findings if finding.outcome not in fine]
    return report_text(replace(report, findings=tuple(failed)))
