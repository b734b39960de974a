"""The check's arithmetic of every elementary row, against floating point."""

import math
from fractions import Fraction
from typing import Any

import pytest

from matcalc.checking.precise import Point, digits, is_number, value_at
from matcalc.expressions.functions import ELEMENTARY
from matcalc.expressions.nodes import make, variable
from matcalc.programs.evaluation import evaluate

POINTS = [Fraction(k, 7) for k in (-23, -15, -9, -5, -1, 0, 2, 6, 10, 16, 25)]


@pytest.mark.parametrize("row", ELEMENTARY, ids=lambda row: row.name)
def test_every_row_has_a_value_in_hundreds_of_bits(row: Any) -> None:
    arguments = tuple([variable(letter, ()) for letter in "xyw"[: len(row.parameters)]])
    power = row.name == "power"
    formula = make("power" if power else "call", arguments, None if power else (row.name, None))
    for k in range(len(POINTS)):
        given = {a.value.name: POINTS[(k * (j + 1) + j) % 11] for j, a in enumerate(arguments)}
        value = value_at(formula, Point({}, _arrays(given)))[()]
        expected = float(evaluate(formula, {name: float(x) for name, x in given.items()}))
        if math.isfinite(expected):
            assert float(digits(value)) == pytest.approx(expected, rel=1e-13, abs=1e-14), given
        else:
            assert not is_number(value)


def _arrays(values: dict[str, Fraction]) -> dict[str, Any]:
    import numpy as np

    return {name: np.array(value, dtype=object) for name, value in values.items()}
