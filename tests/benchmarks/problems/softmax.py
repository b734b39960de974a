"""The Jacobian of the softmax: a diagonal less an outer product."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from tests.benchmarks.problem import Problem, normal


def by_hand(x: Any) -> Any:
    e = np.exp(x - x.max())
    s = e / e.sum()
    result = np.outer(-s, s)
    result.flat[:: len(s) + 1] += s
    return result


def problems(n: int = 1000) -> list[Problem]:
    return [
        Problem(
            f"softmax, Jacobian, {n}",
            {"x": normal(n)},
            matcalc.diff("softmax(x)", "x").compile(),
            by_hand,
            lambda jax: jax.jacfwd(jax.nn.softmax),
            lambda torch: torch.func.jacrev(lambda x: torch.softmax(x, 0)),
        )
    ]
