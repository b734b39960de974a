"""The shared cases: formulas of the literature, with numbers of an independent evaluator."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

CASES = Path(__file__).resolve().parents[1] / "data" / "cases"
FILES = ("seeds", "wikipedia", "cookbook", "ml")

Case = dict[str, Any]


def first_order() -> list[Case]:
    """Return all cases of first derivatives and of products with them."""
    found = [case for name in FILES for case in json.loads((CASES / f"{name}.json").read_text())]
    return [case for case in found if case.get("order", 1) == 1]


def points(case: Case) -> list[tuple[dict[str, Any], Any]]:
    """Return arrays for the case's names, and what its derivative in mixed layout is there."""
    numbers = reference()
    found = []
    for key in numbers:
        name, point, *rest = key.split("/")
        if name == case["id"] and rest == ["mixed"]:
            start = f"{name}/{point}/in/"
            given = {k.removeprefix(start): numbers[k] for k in numbers if k.startswith(start)}
            found.append((given, numbers[key]))
    return found


@cache
def reference() -> dict[str, Any]:
    """Return all numbers, by case, point and what they are."""
    with np.load(CASES / "reference.npz") as stored:
        return dict(stored)
