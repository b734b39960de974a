"""The order in which Jacobians are multiplied: counts, and the best one of a chain."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcalc
from matcalc.derivation.costs import Costs
from tests.cli.command import command


def costs_of(text: str, wrt: str, where: str = "") -> Costs:
    return matcalc.diff(text, wrt, where).derivation().costs()


def counts(costs: Costs) -> dict[str, str]:
    return {plan.name: str(plan.multiplications) for plan in costs.plans}


def linear_chain(sizes: list[int]) -> Costs:
    """Return the costs of A_1*(A_2*(…*x)) with A_k of sizes[k-1] × sizes[k]."""
    text = "x"
    where = [f"x: vector({sizes[-1]})"]
    for k in range(len(sizes) - 1, 0, -1):
        text = f"A_{k}*({text})"
        where.append(f"A_{k}: matrix({sizes[k - 1]}, {sizes[k]})")
    return costs_of(text, "x", "; ".join(where))


def cheapest(sizes: list[int]) -> int:
    """Return the fewest multiplications of a product of matrices, over all parentheses."""

    @cache
    def between(low: int, high: int) -> int:
        if high - low == 1:
            return 0
        return min(
            between(low, k) + between(k, high) + sizes[low] * sizes[k] * sizes[high]
            for k in range(low + 1, high)
        )

    return between(0, len(sizes) - 1)


def test_a_chain_of_matrices_from_the_literature() -> None:
    """Cormen, Leiserson, Rivest & Stein, "Introduction to Algorithms", section 15.2."""
    found = linear_chain([30, 35, 15, 5, 10, 20, 25])
    assert counts(found)["best"] == "15125"
    assert found.plans[-1].order == (
        "(∂y/∂u5·(∂u5/∂u4·∂u4/∂u3))·((∂u3/∂u2·∂u2/∂u1)·∂u1/∂x)"
    )  # ((A1 (A2 A3)) ((A4 A5) A6))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, 60), min_size=3, max_size=8))
def test_the_best_order_is_the_cheapest_of_all(sizes: list[int]) -> None:
    found = counts(linear_chain(sizes))
    assert int(found["best"]) == cheapest(sizes)
    ahead = sum(sizes[-1] * a * b for a, b in zip(sizes, sizes[1:-1], strict=False))
    back = sum(sizes[0] * a * b for a, b in zip(sizes[1:], sizes[2:], strict=False))
    assert (int(found["forward"]), int(found["reverse"])) == (ahead, back)


COUNTED = (
    # diagonal Jacobians take n multiplications, not n^3
    ("sin(exp(x))", "x", "x: vector(n)", {"forward": "n", "reverse": "n", "best": "n"}),
    ("sum(sin(exp(x)))", "x", "x: vector(n)", {"forward": "2*n", "reverse": "2*n", "best": "2*n"}),
    ("tanh(W*x)", "x", "W: matrix(m, n)", {"forward": "m*n", "reverse": "m*n", "best": "m*n"}),
    # the gradient of a scalar is cheap in reverse, the derivative by a scalar forward
    ("norm2(A*x - y)^2", "x", "", {"forward": "2*m*n", "reverse": "m*n+m", "best": "m*n+m"}),
    ("A*(B*(t*x))", "t", "A: matrix(m, n); B: matrix(n, k); x: vector(k); t: scalar",
     {"forward": "k*n+m*n", "reverse": "k*m*n+k*m", "best": "k*n+m*n"}),
    # paths that branch: the better of the two
    ("sum(sin(x) .* cos(x))", "x", "x: vector(n)",
     {"forward": "3*n", "reverse": "4*n", "best": "3*n"}),
    # a constant, and one operator: there is nothing to multiply
    ("c", "x", "x, c: scalar", {"forward": "0", "reverse": "0", "best": "0"}),
    ("A*x", "x", "", {"forward": "0", "reverse": "0", "best": "0"}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "where", "wanted"), COUNTED)
def test_counts(text: str, wrt: str, where: str, wanted: dict[str, str]) -> None:
    assert counts(costs_of(text, wrt, where)) == wanted


def test_products_with_jacobians_begin_at_what_is_given() -> None:
    layer = ("tanh(W*x + b)", "W")
    back = matcalc.vjp(*layer).derivation().costs()
    assert counts(back) == {"forward": "3*m*n", "reverse": "m*n+2*m", "best": "m*n+2*m"}
    assert back.plans[-1].order == "((G·∂y/∂u2)·∂u2/∂u1)·∂u1/∂W"
    ahead = matcalc.jvp(*layer).derivation().costs()
    assert ahead.plans[-1].order == "∂y/∂u2·(∂u2/∂u1·(∂u1/∂W·V))"


def test_the_counts_are_those_of_numpy() -> None:
    """Multiply dense Jacobians in the best order, and count by the shapes."""
    sizes = [40, 3, 50, 2, 30]
    order = linear_chain(sizes).plans[-1].order
    matrices = {
        f"∂{of}/∂{by}": np.ones((rows, columns))
        for (of, by), rows, columns in zip(
            (("y", "u3"), ("u3", "u2"), ("u2", "u1"), ("u1", "x")), sizes, sizes[1:], strict=False
        )
    }
    total = 0

    class Counted(np.ndarray):  # type: ignore[type-arg]
        def __mul__(self, other: np.ndarray) -> np.ndarray:  # type: ignore[override, type-arg]
            nonlocal total
            total += self.shape[0] * self.shape[1] * other.shape[1]
            return np.matmul(self, other).view(Counted)

    program = order.replace("·", "*")
    for k, name in enumerate(matrices):
        program = program.replace(name, f"J{k}")
    values = {f"J{k}": matrix.view(Counted) for k, matrix in enumerate(matrices.values())}
    eval(program, values)
    assert total == cheapest(sizes)


def test_the_command_counts() -> None:
    found = command("explain", "norm2(A*x - y)^2", "--wrt", "x", "--cost")
    assert found.code == 0
    assert found.out.splitlines()[-5:] == [
        "Multiplications, if the Jacobians are multiplied",
        "   forward   2*m*n  ∂f/∂u2·(∂u2/∂u1·∂u1/∂x)",
        "   reverse   m*n+m  (∂f/∂u2·∂u2/∂u1)·∂u1/∂x",
        "   best      m*n+m  (∂f/∂u2·∂u2/∂u1)·∂u1/∂x",
        "   (to compare orders, m, n count as 1000)",
    ]
    as_json = command("explain", "A*(B*x)", "--wrt", "x", "--cost", "--format", "json",
                      "--where", "A: matrix(2, 3); B: matrix(3, 4)")  # fmt: skip
    (answer,) = json.loads(as_json.out)["derivatives"]
    assert answer["costs"]["best"] == {"multiplications": "24", "order": "∂y/∂u1·∂u1/∂x"}
    refused = command("explain", "x^2", "--wrt", "x", "--cost", "--format", "svg")
    assert refused.code == 2
    assert "--cost goes with --format text or json" in refused.err
