"""Non-linear matrix factorisation: a Hessian of four axes that is made of small blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from tests.benchmarks.problem import Problem, normal


def value(library: Any) -> Any:
    return lambda A, U, V: ((A - library.tanh(U @ V.T)) ** 2).sum()


def core(A: Any, U: Any, V: Any) -> Any:
    """Return the blocks of the Hessian, one a row of U: all in one matrix product."""
    t = np.tanh(U @ V.T)
    s = 1 - t**2
    k = V.shape[1]
    products = (V[:, :, None] * V[:, None, :]).reshape(-1, k * k)
    return (2 * s * (s + 2 * t * (A - t)) @ products).reshape(-1, k, k)


def full(blocks: Any) -> Any:
    m, k, _ = blocks.shape
    result = np.zeros((m, k, m, k))
    np.einsum("ijik->ijk", result)[...] = blocks
    return result


def problems(n: int = 200, k: int = 5) -> list[Problem]:
    values = {"A": normal(n, n), "U": normal(n, k) / 3, "V": normal(n, k) / 4}
    hessian = matcalc.hessian(
        "normF(A - tanh(U*V'))^2", "U", "A: matrix(m, n); U: matrix(m, k); V: matrix(n, k)"
    )
    rows = Problem(
        f"matrix factorisation, Hessian, {n}",
        values,
        hessian.compile(),
        lambda A, U, V: full(core(A, U, V)),
        lambda jax: jax.hessian(value(jax.numpy), 1),
        lambda torch: torch.func.hessian(value(torch), 1),
    )
    compressed = hessian.compile(compressed=True)
    return [
        rows,
        rows._replace(
            name=f"matrix factorisation, compressed, {n}",
            emitted=lambda **values: compressed(**values).core,
            by_hand=core,
            whole=full,
        ),
    ]
