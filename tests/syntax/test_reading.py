"""Formulas as people type and paste them mean what their authors mean, or are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.syntax.meaning import Row, verdict

ROWS = json.loads((Path(__file__).parents[1] / "data" / "reading.json").read_text("utf-8"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_meaning(row: Row) -> None:
    assert verdict(row) == ""
