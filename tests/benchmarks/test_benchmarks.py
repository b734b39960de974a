"""The benchmarks run, and what they compare is equal; no time is judged, since machines differ."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import code, competitors, growth, latency, startup, sympy_answers
from tests.benchmarks.cases import first_order
from tests.benchmarks.formulas import FAMILIES
from tests.benchmarks.problem import Problem
from tests.benchmarks.problems import (
    convolution,
    factorisation,
    gaussian_process,
    linear,
    logistic,
    mini_batch,
    network,
    neuron,
    quadratic,
    softmax,
)
from tests.benchmarks.section import Section
from tests.benchmarks.timing import TooLong, within

SMALL = [
    *quadratic.problems(4),
    *logistic.problems(((6, 3),)),
    *factorisation.problems(5, 2),
    *network.problems(3, 4, 3),
    *mini_batch.problems(((12, 4),), 3),
    *neuron.problems(10, 3),
    *gaussian_process.problems(4),
    *softmax.problems(5),
    *linear.problems(3, 4, 5),
    *convolution.problems(((6, 3),)),
]


@pytest.mark.parametrize("problem", SMALL, ids=lambda problem: problem.name)
def test_all_ways_to_a_derivative_agree(problem: Problem) -> None:
    section = code.compare([problem], turns=1, seconds=0)
    (row,) = section.records
    assert row["agree"], section.text
    assert {"hand", "emitted"} <= row["seconds"].keys()
    assert problem.name in section.text and "DIFFERENT" not in section.text


def test_a_wrong_result_is_said_to_be_different() -> None:
    (problem, _) = quadratic.problems(3)
    wrong = problem._replace(by_hand=lambda A, x: A @ x)
    section = code.compare([wrong], turns=1, seconds=0)
    assert "DIFFERENT" in section.text and not section.records[0]["agree"]


def test_columns_of_absent_competitors_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(competitors, "optional", lambda name: None)
    section = code.compare(SMALL[:1], turns=1, seconds=0)
    assert section.records[0]["seconds"].keys() == {"hand", "emitted"}
    assert section.text.split()[-4:].count("-") == 3


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_growth_is_fitted(family: Any) -> None:
    section = growth.grown([family._replace(sizes=(2, 4))], runs=1)
    (record,) = section.records
    assert [row["size"] for row in record["rows"]] == [2, 4]
    assert set(record["rows"][0]["columns"]) == set(growth.COLUMNS)
    assert all(value is not None for value in record["exponents"].values())
    assert family.name in section.text and "exponent" in section.text


def test_the_exponent_of_squares_is_two() -> None:
    rows = [growth.Row("squares", n, {"diff s": 3.0 * n**2}) for n in (10, 20, 50)]
    assert growth.exponent(rows, "diff s") == pytest.approx(2)
    assert growth.exponent(rows, "text s") is None


def case(name: str) -> Any:
    return next(case for case in first_order() if case["id"] == name)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("ml-ls-half-grad", "right"),
        ("wp-vv-Ax", "right"),
        ("cb-89", "wrong"),
        ("wp-sm-det", "breaks off"),
        ("ph-jac-fg", "not asked"),
    ],
)
def test_what_sympy_answers_is_judged_by_its_numbers(name: str, outcome: str) -> None:
    answer = sympy_answers.answered(case(name), limit=60, runs=1)
    assert answer.outcome == outcome
    assert (answer.cold is not None) == (outcome == "right")


def test_latency_has_its_tables() -> None:
    cases = [case(name) for name in ("ml-ls-half-grad", "ph-jac-fg", "cb-89")]
    section = latency.measured(cases, limit=60, runs=1)
    assert [row["case"] for row in section.records] == [case["id"] for case in cases]
    for words in ("median of 3 cases", "breaks off", "median of 1 cases", "SymPy, warm cache"):
        assert words in section.text


def test_startup_has_a_line_a_run() -> None:
    runs = {name: startup.RUNS[name] for name in (startup.BARE, "matcalc --version")}
    section = startup.started(runs, 1)
    assert all(name in section.text for name in runs)
    assert section.records.keys() == runs.keys()


def test_the_command_writes_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(startup, "run", lambda: Section("a table", {"neuron": 0.5}))
    monkeypatch.setattr(sys, "argv", ["", "startup", "--json", str(tmp_path / "found.json")])
    monkeypatch.setattr(command, "ONE_THREAD", {})
    command.main()
    assert "a table" in capsys.readouterr().out
    written = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert written["startup"] == {"neuron": 0.5} and "numpy" in written["machine"]


def test_an_unknown_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["", "speed"])
    with pytest.raises(SystemExit):
        command.main()


def test_what_takes_too_long_is_stopped() -> None:
    with pytest.raises(TooLong):
        within(0.05, lambda: [None for _ in iter(int, 1)])
    assert np.isclose(within(5, lambda: 1.5), 1.5)
