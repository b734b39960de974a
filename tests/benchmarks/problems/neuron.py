"""The loss of one neuron over many examples, as in Parr & Howard, section 6."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from tests.benchmarks.problem import Problem, normal


def in_jax(X: Any, w: Any, b: Any, y: Any) -> Any:
    import jax

    return ((y - jax.nn.relu(X @ w + b)) ** 2).mean()


def in_torch(X: Any, w: Any, b: Any, y: Any) -> Any:
    import torch

    return ((y - torch.relu(X @ w + b)) ** 2).mean()


def by_hand(X: Any, w: Any, b: Any, y: Any) -> Any:
    z = X @ w + b
    e = (z > 0) * (z - y)
    e *= 2 / len(y)
    return e @ X, e.sum()


def problems(N: int = 100_000, n: int = 20) -> list[Problem]:
    where = "X: matrix(N, n); y: vector(N); b: scalar"
    answers = matcalc.gradient("sum((y - max(0, X*w + b)).^2)/N", ["w", "b"], where)
    return [
        Problem(
            f"neuron's loss, gradients, {N} x {n}",
            {"X": normal(N, n), "w": normal(n), "b": np.array(0.1), "y": normal(N)},
            compile_together(list(answers.values())),
            by_hand,
            lambda jax: jax.grad(in_jax, (1, 2)),
            lambda torch: torch.func.grad(in_torch, (1, 2)),
        )
    ]
