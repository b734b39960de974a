"""Products in the cheaper order: the same value, never more multiplications."""

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.programs.counting import operations
from matcalc.programs.reassociation import LONGEST_CHAIN, reassociated
from tests.differences import Array

WHERE = "A: matrix(m, n); B: matrix(n, p); C: matrix(p, q); x: vector(q); y: vector(m)"

CHAINS = [
    ("A*B*C*x", "A*(B*(C*x))"),
    ("x'*C'*B'*A'", "x'*C'*B'*A'"),
    ("x*y'*A*B", "x*(y'*A*B)"),
    ("2*A*B*C*x", "2*A*(B*(C*x))"),
]


@pytest.mark.parametrize(("text", "cheapest"), CHAINS)
def test_cheapest_order(text: str, cheapest: str) -> None:
    chain, wanted = [matcalc.parse(t, WHERE).expression for t in (text, cheapest)]
    assert reassociated(chain) is wanted


@pytest.mark.parametrize("text", [*[chain for chain, _ in CHAINS], "y'*A*B*C*x"])
def test_values_stay(text: str) -> None:
    rng = np.random.default_rng(4)
    formula = matcalc.parse(text, WHERE)
    values: dict[str, Any] = {
        "A": rng.normal(size=(2, 3)), "B": rng.normal(size=(3, 5)), "C": rng.normal(size=(5, 7)),
        "x": rng.normal(size=7), "y": rng.normal(size=2),
    }  # fmt: skip
    ours: Array = formula.evaluate(**values)
    other = reassociated(formula.expression)
    assert other.shape == formula.expression.shape
    python = text.replace("x*y'", "np.outer(x, y)").replace("ones(q, p)", "np.ones((7, 5))")
    python = python.replace("'", ".T").replace("*", "@").replace("2@", "2*")
    wanted = eval(python, {"np": np}, values)
    np.testing.assert_allclose(np.squeeze(ours), np.squeeze(wanted), rtol=1e-12)
    sizes = {"m": 30, "n": 40, "p": 50, "q": 60}
    assert operations(other).evaluate(sizes) <= operations(formula.expression).evaluate(sizes)


@pytest.mark.parametrize("text", ["A*B*C*x", "y'*A*B*C*x", "(x*y'*A*B)'", "x*y'*A*(B*(C*x))"])
def test_no_matrices_are_multiplied(text: str) -> None:
    cost = operations(reassociated(matcalc.parse(text, WHERE).expression)).multiplications
    assert max(len(monomial) for monomial, _ in cost.terms) == 2


def test_what_is_shared_stays_whole() -> None:
    formula = matcalc.parse("z = A*B; sum(z) + sum(z*C*x)", WHERE).expression
    assert reassociated(formula) is matcalc.parse("sum(A*B) + sum(A*B*(C*x))", WHERE).expression
    sizes = {"m": 30, "n": 40, "p": 50, "q": 60}
    assert operations(reassociated(formula)).evaluate(sizes) < 30 * 40 * 50 * 3


def test_long_chains() -> None:
    for end, where in (("*x", "x: vector(n)"), ("", "x: vector(n)")):
        text = "*".join(["S"] * (3 * LONGEST_CHAIN)) + end
        formula = matcalc.parse(text.replace("S", "(S)"), f"S: square(n); {where}")
        assert reassociated(formula.expression).shape == formula.expression.shape


@pytest.mark.parametrize("text", ["(x*z')*z", "(x*z')*(A*x)", "sum(i = 1..1, x*z'*(A*x))"])
def test_columns_of_one_entry_keep_the_shape(text: str) -> None:
    formula = matcalc.parse(text, "x: vector(1); z: vector(m); A: matrix(m, 1)")
    values = {"x": [2.0], "z": [1.0, 3.0], "A": [[1.0], [-1.0]], "m": 2}
    value = formula.evaluate(**values)
    assert formula.expression.shape == () == np.shape(value)
    assert value == {"(x*z')*z": 20}.get(text, -8)
