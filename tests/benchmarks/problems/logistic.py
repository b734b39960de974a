"""Logistic regression with labels -1 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from tests.benchmarks.problem import Problem, normal, sigmoid

SIZES = ((200, 100), (1000, 500), (2000, 1000))


def in_jax(jax: Any) -> Any:
    return lambda X, w, y: jax.nn.softplus(-y * (X @ w)).sum()


def in_torch(torch: Any) -> Any:
    return lambda X, w, y: torch.nn.functional.softplus(-y * (X @ w)).sum()


def gradient(X: Any, w: Any, y: Any) -> Any:
    return -(y * sigmoid(-y * (X @ w))) @ X


def hessian(X: Any, w: Any, y: Any) -> Any:
    """Return a product R'*R, of which BLAS computes one half."""
    s = sigmoid(y * (X @ w))
    root = np.sqrt(s * (1 - s))[:, None] * X
    return root.T @ root


def problems(sizes: tuple[tuple[int, int], ...] = SIZES) -> list[Problem]:
    text, where = "sum(log(1 + exp(-y .* (X*w))))", "X: matrix(N, n); y: vector(N)"
    by_us = matcalc.gradient(text, "w", where).compile()
    twice_by_us = matcalc.hessian(text, "w", where).compile()
    found = []
    for N, n in sizes:
        values = {"X": normal(N, n), "w": normal(n) / 20, "y": np.sign(normal(N))}
        found += [
            Problem(
                f"logistic regression, gradient, {N} x {n}",
                values,
                by_us,
                gradient,
                lambda jax: jax.grad(in_jax(jax), 1),
                lambda torch: torch.func.grad(in_torch(torch), 1),
            ),
            Problem(
                f"logistic regression, Hessian, {N} x {n}",
                values,
                twice_by_us,
                hessian,
                lambda jax: jax.hessian(in_jax(jax), 1),
                lambda torch: torch.func.hessian(in_torch(torch), 1),
            ),
        ]
    return found
