"""The backward pass of a two-dimensional convolution, by its kernel and by its image."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from tests.benchmarks.problem import Problem, normal

SIZES = ((32, 3), (256, 5))


def in_jax(jax: Any) -> Any:
    def convolution(X: Any, K: Any) -> Any:
        return jax.lax.conv_general_dilated(X[None, None], K[None, None], (1, 1), "VALID")[0, 0]

    return convolution


def in_torch(torch: Any) -> Any:
    return lambda X, K: torch.nn.functional.conv2d(X[None, None], K[None, None])[0, 0]


def by_kernel(X: Any, K: Any, G: Any) -> Any:
    """Return the products of G with the windows of X, which lie one below the other in memory."""
    rows, columns = G.shape
    result = np.empty(K.shape)
    for j in range(K.shape[1]):
        stretch = X[:, j : j + columns].ravel()
        for i in range(K.shape[0]):
            result[i, j] = stretch[i * columns : (i + rows) * columns] @ G.ravel()
    return result


def by_image(X: Any, K: Any, G: Any, cached: int = 4096) -> Any:
    """Return the full convolution: all rows of K at once times some rows of G, moved along."""
    (p, q), (rows, columns) = K.shape, G.shape
    result = np.zeros(X.shape)
    step = max(1, cached // X.shape[1])
    for i in range(0, rows, step):
        some = G[i : i + step]
        moved = np.zeros((q, len(some), X.shape[1]))
        for j in range(q):
            moved[j, :, j : j + columns] = some
        products = (K @ moved.reshape(q, -1)).reshape(p, len(some), -1)
        for k in range(p):
            result[i + k : i + k + len(some)] += products[k]
    return result


def pulled(vjp: Any, convolution: Any, by: str) -> Any:
    """Return the VJP by one of both, by a library's `vjp`."""
    if by == "K":
        return lambda X, K, G: vjp(lambda K: convolution(X, K), K)[1](G)[0]
    return lambda X, K, G: vjp(lambda X: convolution(X, K), X)[1](G)[0]


def problems(sizes: tuple[tuple[int, int], ...] = SIZES) -> list[Problem]:
    where = "X: matrix(m, n); K: matrix(p, q)"
    found = []
    for by, hand in (("K", by_kernel), ("X", by_image)):
        emitted = matcalc.vjp("conv2d(X, K)", by, "G", where).compile()
        for n, k in sizes:
            side = n - k + 1
            found.append(
                Problem(
                    f"2-D convolution, VJP by {by}, {n} and {k}",
                    {"X": normal(n, n), "K": normal(k, k), "G": normal(side, side)},
                    emitted,
                    hand,
                    lambda jax, by=by: pulled(jax.vjp, in_jax(jax), by),
                    lambda torch, by=by: pulled(torch.func.vjp, in_torch(torch), by),
                )
            )
    return found
