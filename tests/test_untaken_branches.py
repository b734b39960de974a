"""What a condition does not choose may be undefined or infinite: it never touches the answer."""

import numpy as np
import pytest

import matcalc

ROOT = 1 / np.sqrt(2.0)

ROWS = [
    # formula, declarations, point, first derivative by x, second derivative by x
    ("where(x > 0, sqrt(x), 0)", "x: scalar", -1.0, 0, 0),
    ("where(x > 0, sqrt(x), 0)", "x: scalar", 4.0, 1 / 4, -1 / 32),
    ("where(x <= 0, 0, sqrt(x))", "x: scalar", -1.0, 0, 0),
    ("where(x > 0, log(x), x^2)", "x: scalar", -3.0, -6, 2),
    ("where(x > 0, x*log(x), x)", "x: scalar", 0.0, 1, 0),
    ("where(x == 0, 1, sin(x)/x)", "x: scalar", 0.0, 0, 0),
    ("where(x < 1, exp(x), 0)", "x: scalar", 1000.0, 0, 0),
    ("where(x > 0, where(x < 2, 1/x, 0), 0)", "x: scalar", 0.0, 0, 0),
    ("where(x > 0, where(x < 2, 1/x, 0), 0)", "x: scalar", 1.0, -1, 2),
    ("3*where(x > 1, sqrt(x - 1), 0)^2", "x: scalar", 0.0, 0, 0),
    ("x^2*where(x > 1, log(x - 1), x)", "x: scalar", 0.5, 3 / 4, 3),
    ("where(norm2(x) > 0.5, norm2(x), 1)", "x: vector(n)", np.zeros(3), np.zeros(3),
     np.zeros((3, 3))),
    ("where(norm2(x) > 0.5, norm2(x), 1)", "x: vector(n)", np.array([1.0, -1.0]),
     np.array([ROOT, -ROOT]), np.array([[1, 1], [1, 1]]) * ROOT / 2),
    ("sum(where(x > 0, x .* log(x), 0))", "x: vector(n)", np.array([-1, 0, 1.0]),
     np.array([0, 0, 1.0]), np.diag([0, 0, 1.0])),
    ("sum(i = 1..n, where(x[i] != 0, 1/x[i], 0))", "x: vector(n)", np.array([0, 2.0]),
     np.array([0, -1 / 4]), np.diag([0, 1 / 4])),
    ("norm2(where(x > 0, sqrt(x), 2))^2", "x: vector(n)", np.array([-1, 3.0]),
     np.array([0, 1.0]), np.zeros((2, 2))),
]  # fmt: skip


@pytest.mark.parametrize("target", ["evaluate", "numpy", "jax", "torch", "text"])
@pytest.mark.parametrize(("formula", "where", "x", "first", "second"), ROWS)
def test_a_branch_that_is_not_taken_counts_for_nothing(formula, where, x, first, second, target):
    if target in ("jax", "torch"):
        pytest.importorskip(target)
    for order, wanted in ((1, first), (2, second)):
        answer = matcalc.diff(formula, "x", where, layout="denominator", order=order)
        got = np.asarray(_value(answer, target, where, x), dtype=float)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def _value(answer, target, where, x):
    if target == "evaluate":
        return answer.evaluate(x=x)
    if target == "text":
        return matcalc.parse(str(answer), where=where).evaluate(x=x, n=np.size(x))
    array = np.asarray(x)
    if target == "torch":
        import torch

        array = torch.tensor(array, dtype=torch.float64)
    return answer.compile(target)(x=array)


CHOICES = [
    ("where(x > 0, A*log(x), 0)", "x"),  # a product that the condition guards as a whole
    ("where(x > 0, log(A*x), x)", "x"),
    ("where(x > 0, 1 ./ (A*x), 0)", "A"),
]


@pytest.mark.parametrize(("formula", "variable"), CHOICES)
def test_what_a_condition_guards_is_guarded_with_all_that_is_added_up(formula, variable):
    where = "A: matrix(n, n); x: vector(n)"
    rng = np.random.default_rng(3)
    matrix = rng.uniform(0.5, 2, (3, 3))
    point, weights = np.array([0.7, 1.3, 0.4]), rng.normal(size=3)
    masked = formula.replace("x > 0", "x > 1")  # at entries on both sides of the condition
    gradient = matcalc.vjp(masked, variable, "g", where=f"{where}; g: vector(n)")
    given = {"A": matrix, "x": point, "g": weights}
    found = gradient.evaluate(**given)
    value = matcalc.parse(masked, where=where)
    base, step = given[variable], 1e-6
    for place in np.ndindex(base.shape):
        moved = [dict(given), dict(given)]
        for sign, values in zip((1, -1), moved, strict=True):
            values[variable] = base.copy()
            values[variable][place] += sign * step
        ends = [weights @ value.evaluate(A=v["A"], x=v["x"]) for v in moved]
        assert found[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-6)
