"""Malformed, hostile and merely odd inputs: each gets its exit code, code, place and hint.

A row's `reason` says where the language reads what the table's author expected it to refuse.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, command

ROWS = json.loads((Path(__file__).parents[1] / "data" / "bad_inputs.json").read_text("utf-8"))


def text_of(row: dict[str, Any]) -> str:
    if "expr" in row:
        return str(row["expr"])
    return "".join(text * times for text, times in row["expr_repeat"])


def answer(row: dict[str, Any], output: str) -> Outcome:
    words = ["diff", "--wrt", row["wrt"], "--format", output]
    if row["where"]:
        words += ["--where", row["where"]]
    if row.get("via") == "stdin" or text_of(row) == "-":
        return command(*words, "-", stdin=text_of(row).encode())
    return command(*words, "--", text_of(row))


def alternatives(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    outcome = answer(row, row.get("format", "text"))
    assert outcome.code in alternatives(row["exit"]), outcome
    everything = outcome.out + outcome.err
    assert "Traceback" not in everything
    codes = alternatives(row.get("code"))
    if outcome.code == 2 or any(code.startswith("W") for code in codes):
        assert not codes or set(codes) & set(re.findall(r"\b[EW]\d{3}\b", everything)), outcome
    for forbidden in row.get("must_not_contain", []):
        assert forbidden not in everything
    if outcome.code == 2:
        hints = row.get("hint_any", [])
        assert not hints or any(hint in everything for hint in hints), outcome


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row_as_json(row: dict[str, Any]) -> None:
    outcome = answer(row, "json")
    record = json.loads(outcome.out)
    assert record["schema"] == 1
    assert record["ok"] is (outcome.code == 0)
    if outcome.code == 2 and "column" in row:
        error = record["error"]
        assert (error["line"], error["column"]) == (row["line"], row["column"])
