"""The command `matcalc check`: exit codes, and what stands where."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, command

ROWS = json.loads((Path(__file__).parents[1] / "data" / "bad_claims.json").read_text("utf-8"))


def check(formula: str, claim: str, *options: str) -> Outcome:
    return command("check", formula, "--wrt", "x", "--claim", claim, *options)


@pytest.mark.parametrize(
    ("formula", "claim", "options", "code"),
    [
        ("x'*x", "2*x'", (), 0),
        ("x'*x", "2*x", ("--layout", "denominator"), 0),
        ("x'*x", "2*eye(n)", ("--order", "2", "--where", "x: vector(n)"), 0),
        ("x'*x", "x'", (), 1),
        ("x'*x", "2*x' +", (), 2),
        ("x'*x", "2*x'", ("--seed", "abc"), 2),
        ("sum(tanh(x))", "(1/cosh(x)^2)'", ("--where", "x: vector(n)"), 0),
        ("sum(tanh(x))", "(1/cosh(x)^2)'", ("--where", "x: vector(n)", "--strict"), 3),
        ("where(abs(x - 1/3) < 1e-9, x, 0)", "0", ("--where", "x: scalar"), 3),
    ],
)
def test_exit_codes(formula: str, claim: str, options: tuple[str, ...], code: int) -> None:
    outcome = check(formula, claim, *options)
    assert outcome.code == code, outcome
    assert bool(outcome.out) is (code != 2)


def test_the_seed_is_printed() -> None:
    assert "seed 12" in check("x'*x", "2*x'", "--seed", "12").out


def test_json() -> None:
    record = json.loads(check("x'*x", "x'", "--format", "json").out)
    assert (record["schema"], record["ok"], record["verdict"]) == (1, False, "refuted")
    assert record["slip"] == "constant factor"
    error = json.loads(check("x'*x", "2*x' +", "--format", "json").out)["error"]
    assert (error["code"], error["source"]) == ("E104", "2*x' +")


def test_what_is_missing() -> None:
    assert "the claim is missing" in command("check", "x'*x", "--wrt", "x").err
    assert "the variable" in command("check", "x'*x", "--claim", "2*x'").err
    assert "the formula is missing" in command("check", "--wrt", "x", "--claim", "2*x'").err


def test_help() -> None:
    assert "--strict" in command("check", "--help").out
    assert "check EXPR" in command("--help").out


def words(row: dict[str, Any]) -> list[str]:
    if "argv" in row:
        return list(row["argv"])
    text = row.get("expr") or "".join(part * times for part, times in row["expr_repeat"])
    layout = {"gradient": "mixed"}.get(row.get("layout", ""), row.get("layout") or "numerator")
    options = ["--where", row["where"]] if row["where"] else []
    found = ["check", "--wrt", row["wrt"], "--claim", row["claim"], "--layout", layout]
    return [*found, *options, "--", text]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    outcome = command(*words(row))
    allowed = row["exit"] if isinstance(row["exit"], list) else [row["exit"]]
    assert outcome.code in allowed, outcome
    everything = outcome.out + outcome.err
    assert "Traceback" not in everything
    hints = row.get("hint_any", [])
    assert not hints or any(hint in everything for hint in hints), everything
    if outcome.code == 2:
        codes = row["code"] if isinstance(row["code"], list) else [row["code"]]
        assert set(codes) & set(re.findall(r"\bE\d{3}\b", everything))
