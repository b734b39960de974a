"""The table of layouts: shapes, and which entry stands where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.calculus.layouts import LAYOUTS, arrangement
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.dimensions import name as dimension
from tests import differences

WHERE = (
    "a: scalar; x: vector(p); y: vector(m); X: matrix(p, q); Y: matrix(m, n); T: tensor(m, n, p)"
)
VALUES: dict[str, Any] = {
    name: np.random.default_rng(k).uniform(0.5, 1.5, shape)
    for k, (name, shape) in enumerate(
        {"a": (), "x": (5,), "y": (2,), "X": (5, 7), "Y": (2, 3), "T": (2, 3, 5)}.items()
    )
}
SIZES = {"m": 2, "n": 3, "p": 5, "q": 7}

# formula, variable, order; shapes in numerator, denominator and mixed layout
TABLE = (
    ("a^3", "a", 1, (), (), ()),
    ("y*a^2", "a", 1, ("m",), ("1", "m"), ("m",)),
    ("y'*a^2", "a", 1, ("m",), ("1", "m"), ("m",)),
    ("Y*a^2", "a", 1, ("m", "n"), ("n", "m"), ("m", "n")),
    ("T*a^2", "a", 1, ("m", "n", "p"), ("m", "n", "p"), ("m", "n", "p")),
    ("sum(x.^3)", "x", 1, ("1", "p"), ("p",), ("p",)),
    ("y*sum(x.^3)", "x", 1, ("m", "p"), ("p", "m"), ("m", "p")),
    ("y'*sum(x.^3)", "x", 1, ("m", "p"), ("p", "m"), ("m", "p")),
    ("sum(X.^3)", "X", 1, ("q", "p"), ("p", "q"), ("p", "q")),
    ("y*sum(X.^3)", "X", 1, ("m", "p", "q"), ("p", "q", "m"), ("m", "p", "q")),
    ("Y*sum(x.^3)", "x", 1, ("m", "n", "p"), ("p", "m", "n"), ("m", "n", "p")),
    ("Y*sum(X.^3)", "X", 1, ("m", "n", "p", "q"), ("p", "q", "m", "n"), ("m", "n", "p", "q")),
    ("sum(T.^3)", "T", 1, ("m", "n", "p"), ("m", "n", "p"), ("m", "n", "p")),
    ("a^3", "a", 2, (), (), ()),
    ("y*a^3", "a", 2, ("m",), ("1", "m"), ("m",)),
    ("Y*a^3", "a", 2, ("m", "n"), ("n", "m"), ("m", "n")),
    ("Y*a^4", "a", 3, ("m", "n"), ("n", "m"), ("m", "n")),
    ("sum(x.^3)*x[1]", "x", 2, ("p", "p"), ("p", "p"), ("p", "p")),
    ("y*sum(x.^3)", "x", 2, ("m", "p", "p"), ("p", "p", "m"), ("m", "p", "p")),
    ("sum(X.^3)", "X", 2, ("p", "q", "p", "q"), ("p", "q", "p", "q"), ("p", "q", "p", "q")),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} by {row[1]}, order {row[2]}")
def test_the_shape_of_an_answer(row: tuple[Any, ...]) -> None:
    text, wrt, order, *shapes = row
    for layout, shape in zip(LAYOUTS, shapes, strict=True):
        answer = matcalc.diff(text, wrt, WHERE, layout, order)
        assert answer.shape == shape
        assert answer.layout == layout
        wanted = tuple([SIZES.get(length, 1) for length in shape])
        assert answer.evaluate(**VALUES, **SIZES).shape == wanted


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row[2] == 1], ids=lambda row: f"{row[0]} by {row[1]}"
)
def test_the_entries_of_an_answer(row: tuple[Any, ...]) -> None:
    text, wrt, *_ = row
    formula = matcalc.parse(text, WHERE)
    given = VALUES[wrt]
    estimate = differences.jacobian(
        lambda moved: formula.evaluate(**{**VALUES, **SIZES, wrt: moved}), given
    )
    result = formula.evaluate(**VALUES, **SIZES).shape
    for layout in LAYOUTS:
        value = matcalc.diff(text, wrt, WHERE, layout).evaluate(**VALUES, **SIZES)
        wanted = differences.arrange(estimate.value, result, given.shape, 1, layout)
        np.testing.assert_allclose(value, wanted, rtol=1e-8, atol=1e-8)


def test_an_arrangement_names_each_axis_once() -> None:
    m, n, p, q = map(dimension, "mnpq")
    shapes = [(), (m,), (ONE, m), (m, n), (m, n, p)]
    for result in shapes:
        for variable in [(), (p,), (p, q), (p, q, m)]:
            for order in (1, 2, 3):
                for layout in LAYOUTS:
                    shape, axes = arrangement(result, variable, order, layout)
                    assert len(shape) == len(axes) == len(set(axes))
                    moving = [axis for axis in axes if axis[0] == "x"]
                    assert len(moving) == order * len(variable)


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.diff("x'*x", "x", layout="column")  # type: ignore[call-overload]
    assert "numerator" in caught.value.hint
