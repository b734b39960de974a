"""Matrix factorisation: Hessians of four axes that are made of small blocks, or of one.

With tanh there is a block for every row of U; without it one block, which every row shares.
"""

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


def of_product(A: Any, U: Any, V: Any) -> Any:
    return 2 * V.T @ V


def alike(block: Any, m: int) -> Any:
    """Return the Hessian whose blocks are all one."""
    return full(np.broadcast_to(block, (m, *block.shape)))


def full(blocks: Any) -> Any:
    m, k, _ = blocks.shape
    result = np.zeros((m, k, m, k))
    np.einsum("ijik->ijk", result)[...] = blocks
    return result


def problems(n: int = 200, k: int = 5) -> list[Problem]:
    values = {"A": normal(n, n), "U": normal(n, k) / 3, "V": normal(n, k) / 4}
    where = "A: matrix(m, n); U: matrix(m, k); V: matrix(n, k)"
    hessian = matcalc.hessian("normF(A - tanh(U*V'))^2", "U", where)
    rows = Problem(
        f"tanh factorisation, Hessian, {n}",
        values,
        hessian.compile(),
        lambda A, U, V: full(core(A, U, V)),
        lambda jax: jax.hessian(value(jax.numpy), 1),
        lambda torch: torch.func.hessian(value(torch), 1),
    )
    compressed = hessian.compile(compressed=True)
    bilinear = matcalc.hessian("normF(A - U*V')^2", "U", where)
    block = bilinear.compile(compressed=True)
    plain = rows._replace(
        name=f"factorisation, Hessian, {n}",
        emitted=bilinear.compile(),
        by_hand=lambda A, U, V: alike(of_product(A, U, V), len(U)),
        in_jax=lambda jax: jax.hessian(lambda A, U, V: ((A - U @ V.T) ** 2).sum(), 1),
        in_torch=lambda torch: torch.func.hessian(lambda A, U, V: ((A - U @ V.T) ** 2).sum(), 1),
    )
    return [
        rows,
        rows._replace(
            name=f"tanh factorisation, compressed, {n}",
            emitted=lambda **values: compressed(**values).core,
            by_hand=core,
            whole=full,
        ),
        plain,
        plain._replace(
            name=f"factorisation, compressed, {n}",
            emitted=lambda **values: block(**values).core,
            by_hand=of_product,
            whole=lambda found: alike(found, n),
        ),
    ]
