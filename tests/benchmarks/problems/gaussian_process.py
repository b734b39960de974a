"""The marginal likelihood of a Gaussian process, by its covariance matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from tests.benchmarks.problem import Problem, normal


def in_jax(jax: Any) -> Any:
    def loss(K: Any, y: Any) -> Any:
        factor = jax.numpy.linalg.cholesky(K)
        z = jax.scipy.linalg.solve_triangular(factor, y, lower=True)
        return z @ z / 2 + jax.numpy.log(jax.numpy.diag(factor)).sum()

    return loss


def in_torch(torch: Any) -> Any:
    def loss(K: Any, y: Any) -> Any:
        factor = torch.linalg.cholesky(K)
        z = torch.linalg.solve_triangular(factor, y[:, None], upper=False)
        return (z**2).sum() / 2 + torch.log(torch.diagonal(factor)).sum()

    return loss


def by_hand(K: Any, y: Any) -> Any:
    """Return the gradient by the Cholesky factor, whose inverse costs less than that of K."""
    inverse = triangular_inverse(np.linalg.cholesky(K))
    a = (inverse @ y) @ inverse
    result = inverse.T @ inverse
    result -= np.outer(a, a)
    result *= 0.5
    return result


def triangular_inverse(L: Any, most: int = 64) -> Any:
    """Return the inverse of a lower triangular matrix by halves: NumPy has no routine for it."""
    if len(L) <= most:
        return np.linalg.inv(L)
    k = len(L) // 2
    above, below = triangular_inverse(L[:k, :k]), triangular_inverse(L[k:, k:])
    result = np.zeros_like(L)
    result[:k, :k], result[k:, k:] = above, below
    result[k:, :k] = -(below @ L[k:, :k]) @ above
    return result


def problems(n: int = 500) -> list[Problem]:
    root = normal(n, n)
    text, where = "1/2*y'*inv(K)*y + 1/2*logdet(K)", "K: spd(n); y: vector(n)"
    return [
        Problem(
            f"GP marginal likelihood, gradient, {n}",
            {"K": root @ root.T / n + np.eye(n), "y": normal(n)},
            matcalc.gradient(text, "K", where).compile(),
            by_hand,
            lambda jax: jax.grad(in_jax(jax)),
            lambda torch: torch.func.grad(in_torch(torch)),
        )
    ]
