"""The quadratic form x'*A*x: the smallest formula whose Hessian autodiff computes by columns."""

from __future__ import annotations

from typing import Any

import matcalc
from tests.benchmarks.problem import Problem, normal


def value(A: Any, x: Any) -> Any:
    return x @ (A @ x)


def problems(n: int = 1000) -> list[Problem]:
    values = {"A": normal(n, n), "x": normal(n)}
    text, where = "x'*A*x", "A: square(n); x: vector(n)"
    return [
        Problem(
            f"quadratic form, gradient, {n}",
            values,
            matcalc.gradient(text, "x", where).compile(),
            lambda A, x: A @ x + A.T @ x,
            lambda jax: jax.grad(value, 1),
            lambda torch: torch.func.grad(value, 1),
        ),
        Problem(
            f"quadratic form, Hessian, {n}",
            values,
            matcalc.hessian(text, "x", where).compile(),
            lambda A, x: A + A.T,
            lambda jax: jax.hessian(value, 1),
            lambda torch: torch.func.hessian(value, 1),
        ),
    ]
