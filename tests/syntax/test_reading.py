"""Formulas as people type and paste them mean what their authors mean, or are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.syntax.meaning import Row, verdict

ROWS = json.loads((Path(__file__).parents[1] / "data" / "reading.json").read_text("utf-8"))

UNREAD = frozenset(
    """
    least-squares-13
    ridge-lasso-07
    gaussian-05
    gaussian-09
    cross-entropy-05
    cross-entropy-09
    attention-03
    trace-pca-05
    factorisation-05
    factorisation-07
    svm-05
    svm-07
    kalman-control-05
    kalman-control-09
    networks-07
    quadratic-form-09
    left-hand-side-05
    left-hand-side-09
    left-hand-side-13
    sums-bounds-07
    sums-bounds-09
    sums-bounds-15
    latex-names-05
    latex-names-09
    latex-names-11
    latex-names-13
    latex-frames-01
    latex-frames-03
    latex-functions-07
    latex-functions-09
    latex-functions-13
    latex-functions-25
    transposes-03
    transposes-05
    transposes-07
    scalars-by-context-11
    to-be-refused-07
    dots-09
    """.split()
)
"""Rows that are not read as they must be."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_meaning(row: Row) -> None:
    assert bool(verdict(row)) is (row["id"] in UNREAD)
