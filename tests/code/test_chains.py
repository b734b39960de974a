"""Products of many factors: in the order with the fewest multiplications, inverses included."""

import inspect
import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import matcalc
from matcalc.expressions.dimensions import integer
from matcalc.expressions.splitting import LONGEST_CHAIN
from matcalc.programs import operations as ops
from matcalc.programs.chains import Factor, multiplied
from matcalc.programs.costs import work


def fewest(lengths: tuple[int, ...]) -> int:
    """Return the fewest multiplications of a chain, by trying every last product."""

    @cache
    def best(i: int, j: int) -> int:
        return min(
            [
                best(i, k) + best(k, j) + lengths[i] * lengths[k] * lengths[j]
                for k in range(i + 1, j)
            ],
            default=0,
        )

    return best(0, len(lengths) - 1)


@drawn(st.lists(st.integers(2, 9), min_size=3, max_size=9))
def test_a_chain_takes_the_fewest_multiplications(lengths: list[int]) -> None:
    factors = [
        Factor("matrix", ops.make("input", (), (f"A{k}", ""), (integer(m), integer(n))))
        for k, (m, n) in enumerate(itertools.pairwise(lengths))
    ]
    assert work([multiplied(factors).operation]) == fewest(tuple(lengths))


def test_long_chains_are_ordered_too() -> None:
    lengths = tuple([2 + 7 * k % 13 for k in range(LONGEST_CHAIN + 1)])
    factors = [
        Factor("matrix", ops.make("input", (), (f"A{k}", ""), (integer(m), integer(n))))
        for k, (m, n) in enumerate(itertools.pairwise(lengths))
    ]
    assert work([multiplied(factors).operation]) == fewest(lengths)
    longer = [*factors, factors[-1]._replace(operation=ops.transpose(factors[-1].operation))]
    assert multiplied(longer).operation.shape == (integer(lengths[0]), integer(lengths[-2]))


WHERE = "A, B: square(n); x: vector(n); v, w: vector(n); C: matrix(n, 2)"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("inv(A)*inv(B)*x", "np.linalg.solve(A, np.linalg.solve(B, x))"),
        ("inv(A)*inv(B)*C", "np.linalg.solve(A, np.linalg.solve(B, C))"),
        ("diag(v)*diag(w)*A", "(v*w)[:, None]*A"),
        ("diag(v)*inv(A)*x", "v*np.linalg.solve(A, x)"),
    ],
)
def test_inverses_and_diagonals_cost_what_is_made(text: str, written: str) -> None:
    formula = matcalc.parse(text, WHERE)
    assert f"return {written}\n" in formula.code()
    rng = np.random.default_rng(6)
    shapes = {"A": (4, 4), "B": (4, 4), "x": (4,), "v": (4,), "w": (4,), "C": (4, 2)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    function = formula.compile()
    given = {name: values[name] for name in inspect.signature(function).parameters}
    np.testing.assert_allclose(function(**given), formula.evaluate(**given), rtol=1e-9)


def test_contractions_are_counted() -> None:
    i, j, k, l = (integer(n) for n in (2, 3, 5, 7))  # noqa: E741
    a = ops.make("input", (), ("a", ""), (i, j, k))
    b = ops.make("input", (), ("b", ""), (j, k, l))
    product = ops.make("tensordot", (a, b), ((1, 2), (0, 1)), (i, l))
    assert work([product]) == 2 * 3 * 5 * 7
    factors = ops.make("lu", (ops.make("input", (), ("m", ""), (l, l)),), None, (l, l))
    right = ops.make("input", (), ("c", ""), (l, i))
    assert work([ops.make("lu_solve", (factors, right), 0, (l, i))]) == 7**3 + 7 * 7 * 2
