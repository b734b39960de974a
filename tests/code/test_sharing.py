"""Equal operations are one, whatever order they are written in."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from matcalc.programs.answers import emit

WHERE = "A, B: square(n); S: symmetric(n); x, u, v: vector(n); a: scalar"


def body(answers: Any, target: str = "numpy") -> str:
    return emit(answers, target, value_and=True).rpartition('"""')[2]


@pytest.mark.parametrize(
    ("text", "part", "times"),
    [
        ("exp(x + u) + sin(u + x)", "x + u", 1),
        ("exp(x .* u) + sin(u .* x)", "x*u", 1),
        ("exp(x·u) + sin(u·x)", " @ ", 1),
        ("exp(x - u) + sin(u - x)", " - ", 2),
    ],
)
def test_orders_of_sums_and_products(text: str, part: str, times: int) -> None:
    assert matcalc.parse(text, WHERE).code().rpartition('"""')[2].count(part) == times


@pytest.mark.parametrize(
    ("text", "wrt", "products"),
    [
        ("x'*S*x", "x", 2),
        ("u'*A*v", "u", 2),
        ("u'*A*v", "v", 2),
        ("u'*A*B*v", "A", 3),
        ("(u'*A*v)^2", "v", 2),
        ("u'*inv(A)*v", "v", 1),
        ("u'*inv(A)*v", "u", 1),
    ],
)
def test_the_value_uses_what_the_derivative_needs(text: str, wrt: str, products: int) -> None:
    answer = matcalc.gradient(text, wrt, WHERE)
    source = body(answer)
    assert source.count(" @ ") == products
    assert source.count("solve(") == ("inv" in text)
    rng = np.random.default_rng(2)
    function = compile_together(answer, value_and=True)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = {name: rng.normal(size=(4, 4) if name in "ABS" else 4) for name in names}
    if "S" in given:
        given["S"] += given["S"].T
    value, gradient = function(**given)
    assert_allclose(value, answer.formula.evaluate(**given))
    assert_allclose(gradient, answer.evaluate(**given))
