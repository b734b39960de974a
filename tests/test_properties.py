"""Random formulas over the whole language: what holds of every derivative.

A few hundred formulas are drawn in every run; thousands with
`HYPOTHESIS_PROFILE=thorough`, and other ones in each such run.
"""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import matcalc
from matcalc.calculus.layouts import LAYOUTS
from matcalc.calculus.lowering import tensor_of
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.notation.text import to_text
from matcalc.programs.evaluation import evaluate
from tests import differences
from tests.derivatives import Problem, problem, read
from tests.strategies import SIZES, WHERE, Point, Scope, formula, formulas, kink_distance, point

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

VARIABLES = ("a", "x", "z", "v", "A", "E", "C", "S", "P", "D", "T")
NEAREST_KINK = 0.06
LARGEST = 1e4
DECLARED = matcalc.parse("a", WHERE).naming


def examples(count: int) -> Any:
    """Return the settings of a property: so many examples, twenty times as many on demand."""
    return settings(
        max_examples=count * 20 if THOROUGH else count,
        derandomize=not THOROUGH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )


SEEDS = st.integers(0, 50)
LAYOUT = st.sampled_from(LAYOUTS)


def variable_of(draw: Any, text: str) -> str:
    """Draw a variable that the formula contains."""
    present = [name for name in VARIABLES if name in words(text)]
    assume(present)
    return str(draw(st.sampled_from(present)))


def value_of(expression: Expression, at: Point) -> Any:
    """Return an expression's value at a point."""
    return evaluate(expression, at.values, at.sizes)


def smooth(given_: Problem, at: Point) -> Any:
    """Return the formula's value at a point off its kinks; else draw another formula."""
    value = value_of(given_.formula, at)
    assume(np.isfinite(value).all() and np.max(np.abs(value), initial=0) < LARGEST)
    try:
        distance = kink_distance(given_.formula, lambda node: value_of(node, at))
    except (KeyError, MatcalcError):  # a kink under a running index
        distance = 0.0
    assume(distance > NEAREST_KINK)
    return value


def derivative_by_differences(expression: Expression, wrt: str, at: Point) -> differences.Estimate:
    """Return an expression's derivative where the differences converge."""
    estimate = differences.jacobian(
        lambda moved: evaluate(expression, {**at.values, wrt: moved}, at.sizes), at.values[wrt]
    )
    assume(estimate.error < 1e-6)
    return estimate


def assert_near(value: Any, wanted: Any, error: float, label: str) -> None:
    """Hold an array against differences."""
    assert value.shape == wanted.shape, label
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    tolerance = 1e-6 * scale + 10 * error
    np.testing.assert_allclose(value, wanted, rtol=0, atol=tolerance, err_msg=label)


def assert_reads_back(answer: Expression, at: Point) -> Any:
    """Evaluate an answer, and hold the printed one against it."""
    text = to_text(answer, names=DECLARED)
    value = value_of(answer, at)
    back = read(text, WHERE)
    assert back.shape == answer.shape, text
    scale = max(1.0, float(np.max(np.abs(value), initial=0.0)))
    np.testing.assert_allclose(
        value_of(back, at), value, rtol=1e-9, atol=1e-9 * scale, err_msg=text
    )
    return value


@examples(300)
@given(formulas(), SEEDS, LAYOUT, st.data())
def test_answers_equal_differences_and_read_back(
    text: str, seed: int, layout: Any, data: st.DataObject
) -> None:
    given_ = problem(text, variable_of(data.draw, text), WHERE)
    at = point(seed)
    value = smooth(given_, at)
    estimate = derivative_by_differences(given_.formula, given_.wrt, at)
    got = assert_reads_back(given_.answer(layout), at)
    moving = at.values[given_.wrt].shape
    wanted = differences.arrange(estimate.value, value.shape, moving, 1, layout)
    assert_near(got, wanted, estimate.error, f"{text} by {given_.wrt}")


@examples(120)
@given(formulas(budget=7), SEEDS, LAYOUT, st.data())
def test_second_derivatives_equal_differences_of_the_first(
    text: str, seed: int, layout: Any, data: st.DataObject
) -> None:
    wrt = variable_of(data.draw, text)
    assume(wrt not in "SPD")  # off its structure a first answer need not hold
    given_ = problem(text, wrt, WHERE)
    at = point(seed)
    value = smooth(given_, at)
    moving = at.values[wrt].shape
    assume(value.size * at.values[wrt].size ** 2 <= 150)
    first = given_.answer("mixed")
    estimate = derivative_by_differences(first, wrt, at)
    got = assert_reads_back(given_.answer(layout, 2), at)
    shape = value.shape[1:] if value.ndim == 2 and value.shape[0] == 1 else value.shape
    wanted = differences.arrange(estimate.value, shape, moving, 2, layout)
    assert_near(got, wanted, estimate.error, f"{text} by {wrt}, twice")


@examples(120)
@given(formulas(), SEEDS, st.data())
def test_backward_and_forward_accumulation_agree(text: str, seed: int, data: st.DataObject) -> None:
    given_ = problem(text, variable_of(data.draw, text), WHERE)
    at = point(seed)
    value = smooth(given_, at)
    assume(value.size * at.values[given_.wrt].size <= 60)
    both = [given_.formula_of(given_.jacobian(1, mode)) for mode in ("backward", "forward")]
    backward, forward = [value_of(answer, at) for answer in both]
    assume(np.isfinite(backward).all())
    scale = max(1.0, float(np.max(np.abs(backward), initial=0.0)))
    np.testing.assert_allclose(forward, backward, rtol=0, atol=1e-9 * scale, err_msg=text)


@examples(80)
@given(formulas((), 7), SEEDS, st.sampled_from(["x", "z", "v"]))
def test_hessians_are_symmetric(text: str, seed: int, wrt: str) -> None:
    at = point(seed)
    smooth(problem(text, wrt, WHERE), at)
    answer = matcalc.hessian(text, wrt, WHERE).expression
    value = value_of(answer, at)
    assume(np.isfinite(value).all())
    scale = max(1.0, float(np.max(np.abs(value))))
    np.testing.assert_allclose(value, value.T, rtol=0, atol=1e-9 * scale, err_msg=text)


UPSTREAM = {(): "b", ("n",): "y", ("m",): "z", ("m", "n"): "B", ("n", "n"): "C", ("3",): "w"}
MOVING = {"a": "b", "x": "y", "z": "2*z", "v": "w", "A": "B", "C": "C^2"}


@examples(50)
@given(st.sampled_from(sorted(UPSTREAM)), st.sampled_from(sorted(MOVING)), SEEDS, st.data())
def test_products_with_the_jacobian_and_its_transpose_agree(
    shape: tuple[str, ...], wrt: str, seed: int, data: st.DataObject
) -> None:
    """The products <G, J V> and <J'G, V> are one number."""
    text = data.draw(formulas(shape, 7))
    at = point(seed)
    smooth(problem(text, wrt, WHERE), at)
    upstream, tangent = UPSTREAM[shape], MOVING[wrt]
    pulled = matcalc.vjp(text, wrt, upstream, WHERE).expression
    pushed = matcalc.jvp(text, wrt, tangent, WHERE).expression
    left = np.sum(value_of(read(upstream, WHERE), at) * value_of(pushed, at))
    right = np.sum(value_of(pulled, at) * value_of(read(tangent, WHERE), at))
    assume(np.isfinite(left))
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-8, err_msg=text)


OPERATORS = st.sampled_from([" + ", " .* "])


@st.composite
def operands(draw: Any) -> list[str]:
    """Draw three or four formulas of one shape."""
    shape = draw(st.sampled_from([(), ("n",), ("m", "n")]))
    count = draw(st.integers(3, 4))
    return [formula(draw, shape, Scope((), draw(st.integers(0, 3)))) for _ in range(count)]


@examples(80)
@given(operands(), OPERATORS, st.randoms(use_true_random=False))
def test_the_normal_form_does_not_depend_on_the_order(
    parts: list[str], operator: str, random: Any
) -> None:
    shuffled = parts[:]
    random.shuffle(shuffled)
    left, right = [
        tensor_of(read(operator.join(f"({part})" for part in order), WHERE))
        for order in (parts, shuffled)
    ]
    assert left is right


@examples(80)
@given(formulas(), SEEDS)
def test_the_normal_form_has_the_value_of_the_formula(text: str, seed: int) -> None:
    """The formula is brought to normal form and written out by a factor that is derived by."""
    typed = problem(text, "x", WHERE)
    assume("b" not in words(text))
    at = point(seed)
    value = smooth(typed, at)
    shown = matcalc.jvp(f"b*({text})", "b", "1", WHERE).expression
    scale = max(1.0, float(np.max(np.abs(value), initial=0.0)))
    np.testing.assert_allclose(value_of(shown, at), value, rtol=0, atol=1e-9 * scale, err_msg=text)


def words(text: str) -> set[str]:
    """Return the names in a formula."""
    return set(re.findall(r"[A-Za-z_]\w*", text))


@examples(80)
@given(formulas((), 6), formulas((), 6), SEEDS, st.sampled_from(["x", "A", "a"]))
def test_the_derivative_of_a_sum_is_the_sum_of_the_derivatives(
    left: str, right: str, seed: int, wrt: str
) -> None:
    at = point(seed)
    smooth(problem(f"({left}) + ({right})", wrt, WHERE), at)
    answers = [
        matcalc.gradient(text, wrt, WHERE).expression
        for text in (f"({left}) + ({right})", left, right)
    ]
    together, one, other = [value_of(answer, at) for answer in answers]
    assume(np.isfinite(together).all())
    scale = max(1.0, float(np.max(np.abs(one)) + np.max(np.abs(other))))
    np.testing.assert_allclose(together, one + other, rtol=0, atol=1e-9 * scale)


def test_the_sizes_are_unequal() -> None:
    assert len(set(SIZES.values())) == len(SIZES)
