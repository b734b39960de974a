"""Documents as people write them: every row of each is judged as its sidecar says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matcalc.documents.checking import Settings
from matcalc.documents.documents import check_text
from matcalc.documents.findings import Finding

DATA = Path(__file__).parents[1] / "data" / "documents"

# Rows that fall short, by file and first line, and why. None is called wrong.
SHORT = {
    ("softmax.tex", 39): "undecided: it might hold by the constraint on y in line 17",
}


def is_as_wanted(wanted: str, outcomes: list[str]) -> bool:
    bad = {"wrong", "follows", "undecided", "unread"}
    return {
        "right": "right" in outcomes and not bad & {*outcomes},
        "wrong": outcomes.count("wrong") == 1,
        "follows": "follows" in outcomes,
        "condition": {*outcomes} <= {"condition", "definition"},
        "definition": {*outcomes} <= {"definition"},
        "unread_ok": "wrong" not in outcomes,
    }[wanted]


def found(row: dict[str, Any], findings: tuple[Finding, ...]) -> list[str]:
    last = row.get("end", row["line"])
    return [f.outcome for f in findings if row["line"] <= f.line <= last]


@pytest.mark.parametrize("sidecar", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_rows(sidecar: Path) -> None:
    wanted = json.loads(sidecar.read_text("utf-8"))
    name = wanted["file"]
    layout = wanted["args"][1] if wanted["args"] else None
    report = check_text((DATA / name).read_text("utf-8"), name, Settings(layout=layout))
    short = []
    for row in wanted["lines"]:
        outcomes = found(row, report.findings)
        verdicts = filter(None, [row["verdict"], row.get("or")])
        if not any(is_as_wanted(verdict, outcomes) for verdict in verdicts):
            assert "wrong" not in outcomes, (name, row["line"], str(report))
            short.append((name, row["line"]))
    assert short == [place for place in SHORT if place[0] == name], str(report)
    wrong = {f.line for f in report.findings if f.outcome == "wrong"}
    planted = [row for row in wanted["lines"] if row["verdict"] == "wrong"]
    assert wrong <= {n for r in planted for n in range(r["line"], r.get("end", r["line"]) + 1)}


def test_notebooks_count_cells_and_their_lines() -> None:
    wanted = json.loads((DATA / "factorisation.json").read_text("utf-8"))
    report = check_text((DATA / wanted["file"]).read_text("utf-8"), wanted["file"])
    places = {(f.line, f.cell, f.cell_line) for f in report.findings}
    for row in wanted["lines"]:
        assert (row["line"], row["cell"], row["cell_line"]) in places
