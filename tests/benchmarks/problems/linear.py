"""The backward pass of a linear layer, whose Jacobian would not fit in memory."""

from __future__ import annotations

from typing import Any

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from tests.benchmarks.problem import Problem, normal


def layer(X: Any, W: Any, b: Any) -> Any:
    return X @ W + b


def problems(N: int = 64, D: int = 4096, M: int = 4096) -> list[Problem]:
    where = "X: matrix(N, D); W: matrix(D, M); b: vector(M)"
    answers = matcalc.vjp("X*W + ones(N)*b'", ["X", "W", "b"], "G", where)
    return [
        Problem(
            f"linear layer, VJP, {N} x {D} x {M}",
            {"X": normal(N, D), "W": normal(D, M), "b": normal(M), "G": normal(M, N).T.copy()},
            compile_together(list(answers.values())),
            lambda X, W, b, G: (G @ W.T, X.T @ G, G.sum(axis=0)),
            lambda jax: lambda X, W, b, G: jax.vjp(layer, X, W, b)[1](G),
            lambda torch: lambda X, W, b, G: torch.func.vjp(layer, X, W, b)[1](G),
        )
    ]
