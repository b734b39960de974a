"""Elementary functions in emitted code: every row of the table, for every target."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import matcalc
from matcalc.expressions.functions import ELEMENTARY

POINTS = {"x": [0.3, 0.9, 1.5, -0.4, 0.0, -40.0], "y": [0.2, 1.0, -3.0, 0.5, 2.0, 1.0]}
GIVEN = {**POINTS, "w": [1.0, 0.0, 2.0, -1.0, 0.5, 3.0]}
ROWS = [row for row in ELEMENTARY if row.name != "power"]
TARGETS = ["numpy", "jax", "torch"]


def arrays(target: str, names: str) -> dict[str, Any]:
    values = {name: np.array(GIVEN[name]) for name in names}
    if target == "numpy":
        return values
    library: Any = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
        return values
    return {name: library.tensor(value) for name, value in values.items()}


def agrees(formula: Any, target: str, names: str) -> None:
    values = {name: np.array(GIVEN[name]) for name in names}
    given = arrays(target, names)
    with np.errstate(all="ignore"):
        got = formula.compile(target)(**given)
        assert_allclose(np.asarray(got), formula.evaluate(**values), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_emitted(row: Any, target: str) -> None:
    names = "xyw"[: len(row.parameters)]
    where = f"{', '.join(names)}: vector(n)"
    agrees(matcalc.parse(f"{row.name}({', '.join(names)})", where), target, names)
    # as an operand, of operands that are formulas, and of numbers
    inner = ", ".join([f"{name} + 1/3" for name in names])
    agrees(matcalc.parse(f"(2 - {row.name}({inner})) .* x", where), target, names)
    numbers = ", ".join(["3/2" if row.name == "arccosh" else "1/3", "2", "pi"][: len(names)])
    agrees(matcalc.parse(f"x*{row.name}({numbers})^2", "x: vector(n)"), target, "x")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("target", TARGETS)
def test_what_a_template_repeats_is_computed_once(row: Any, target: str) -> None:
    names = "xyw"[: len(row.parameters)]
    products = ", ".join([f"X*{name}" for name in names])
    where = f"X: square(n); {', '.join(names)}: vector(n)"
    source = matcalc.parse(f"{row.name}({products})", where).code(target)
    assert source.count(" @ ") == len(names)
    compile(source, "emitted", "exec")
