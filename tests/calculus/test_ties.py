"""Derivatives where branches tie on a whole region, beside difference quotients.

The weights of the branches add up to one, so that the derivative is right where the
branches are equal on a region, as max(r, 0) and r are for r > 0.
"""

from __future__ import annotations

import random
from inspect import signature

import numpy as np
import pytest

import matcalc

WHERE = "r, s, a, c, h: scalar; x: vector(3)"
STEP = 1e-6

REGIONS = [  # the formula, and the derivative by r, with a point on the tie
    ("min(r, max(r, 0))", {"r": 2.0}, 1),
    ("min(r, max(r, 0))", {"r": -2.0}, 1),
    ("max(relu(r), r)", {"r": 2.0}, 1),
    ("max(r, relu(r))", {"r": -2.0}, 0),
    ("max(abs(r), r)", {"r": 3.0}, 1),
    ("max(r, abs(r))", {"r": 3.0}, 1),
    ("min(r*a, min(max(r, 1 - h), 1 + h)*a)", {"r": 1.0, "a": 2.0, "h": 0.25}, 2),
    ("min(r*a, min(max(r, 1 - h), 1 + h)*a)", {"r": 1.125, "a": -2.0, "h": 0.25}, -2),
    ("min(r*a, min(max(r, 1 - h), 1 + h)*a)", {"r": 2.0, "a": 2.0, "h": 0.25}, 0),
    ("max((r - a)^2, (c + min(max(r - c, -h), h) - a)^2)",
     {"r": 2.0, "a": 1.0, "c": 2.125, "h": 0.5}, 2),
    ("max([r; r])", {"r": 2.0}, 1),
    ("min([r; r; r])", {"r": 2.0}, 1),
    ("norminf([r; -r])", {"r": -2.0}, -1),
    ("max([r, 2*r; 2*r, r])", {"r": 1.0}, 2),
    ("sum(max([r, r; r, 2*r], axis=0))", {"r": 1.0}, 3),
    ("sum(min([r, r; r, 2*r], axis=1))", {"r": 1.0}, 2),
    ("max(0, r)", {"r": 0.0}, 0),
    ("max(r, 0)", {"r": 0.0}, 0),
    ("min(r, 1)", {"r": 1.0}, 0),
    ("max(r, s)", {"r": 1.0, "s": 1.0}, 1),
    ("max(s, r)", {"r": 1.0, "s": 1.0}, 0),
    ("abs(r)", {"r": 0.0}, 0),
    ("relu(r)", {"r": 0.0}, 0),
    ("leaky_relu(r)", {"r": 0.0}, 0.01),
    ("step(r) + sign(r) + [r >= 0]", {"r": 0.0}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "point", "slope"), REGIONS)
def test_a_tie_has_weights_that_add_up_to_one(
    formula: str, point: dict[str, float], slope: float
) -> None:
    """Evaluation, emitted code, both products and the referee say the same."""
    answer = matcalc.diff(formula, wrt="r", where=WHERE)
    assert answer.evaluate(**point) == pytest.approx(slope)
    assert answer.compile("numpy")(**point) == pytest.approx(slope)
    assert matcalc.parse(str(answer), where=WHERE).evaluate(**point) == pytest.approx(slope)
    for product, by in ((matcalc.vjp, {"upstream": "1"}), (matcalc.jvp, {"tangent": "1"})):
        got = product(formula, wrt="r", where=WHERE, **by).evaluate(**point)
        assert got == pytest.approx(slope)


def _pieces(draw: random.Random, depth: int) -> str:
    """Return a random piecewise linear formula in r and s whose branches often tie."""
    if depth == 0:
        return draw.choice(["r", "r", "s", "0", "1", "2*r", "r - s", "-r"])
    one, other = _pieces(draw, depth - 1), _pieces(draw, draw.randrange(depth))
    form = draw.choice(
        ["max({0}, {1})", "min({0}, {1})", "relu({0})", "abs({0})", "{0} + {1}", "{0} - {1}",
         "max({0}, {0})", "min({0}, max({0}, {1}))", "max(min({0}, {1}), {0})", "max([{0}; {1}])",
         "min([{0}; {1}; {0}])", "norminf([{0}; {1}])", "min(max({0}, -1), 1)",
         "where([{0} > {1}], {0}, {1})", "leaky_relu({0})"]
    )  # fmt: skip
    return f"({form.format(one, other)})"


@pytest.mark.parametrize("seed", range(60))
def test_random_pieces_have_their_slope_wherever_they_are_smooth(seed: int) -> None:
    """Within open regions the answer is the difference quotient, whatever ties there."""
    draw = random.Random(seed)
    formula = _pieces(draw, draw.randint(1, 4))
    value = matcalc.parse(formula, where=WHERE)
    answers = {name: matcalc.diff(formula, wrt=name, where=WHERE) for name in "rs"}
    for _ in range(6):
        point = {"r": draw.uniform(-3, 3), "s": draw.uniform(-3, 3)}
        for name, answer in answers.items():
            ahead, behind = (
                value.evaluate(**{**point, name: point[name] + step}) for step in (STEP, -STEP)
            )
            here = value.evaluate(**point)
            slopes = (ahead - here) / STEP, (here - behind) / STEP
            if np.isclose(*slopes, atol=1e-6):
                assert answer.evaluate(**point) == pytest.approx(slopes[0], abs=1e-6), formula
                compiled = answer.compile("numpy")
                given = {key: point[key] for key in signature(compiled).parameters if key in point}
                assert compiled(**given) == pytest.approx(slopes[0], abs=1e-6), formula
