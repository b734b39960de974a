"""Further formulas as people paste them, held against what they mean.

A line of `tests/data/pasted.txt` is: typed | wrt | meaning | the meaning's declarations.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.syntax.meaning import Row, verdict

TEXT = (Path(__file__).parents[1] / "data" / "pasted.txt").read_text("utf-8")
LINES = [line.split(" | ") for line in TEXT.splitlines()]
DIMS = {"n": 3, "m": 4, "k": 5, "p": 2, "N": 6, "K": 4, "J": 5, "T": 4}
POSITIVE = {"p": "positive", "q": "positive", "e": "positive", "x_bar": "positive"}


def row(line: list[str]) -> Row:
    typed, wrt, meaning, where = line
    means = {"expr": meaning, "where": where, "wrt": wrt}
    rename = {"g": ["gamma"], "t": ["beta"], "e": ["epsilon"]}
    return {"typed": typed, "wrt": wrt, "where": "", "means": means, "notes": [],
            "dims": DIMS, "domain": POSITIVE, "rename": rename}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_meaning(line: list[str]) -> None:
    assert verdict(row(line)) == ""
