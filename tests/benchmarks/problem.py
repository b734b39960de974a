"""A problem of the benchmark: one derivative, and all ways to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Function = Callable[..., Any]


def same(result: Any) -> Any:
    """Return the result itself."""
    return result


class Problem(NamedTuple):
    """One derivative: arrays, the emitted function, NumPy by hand, and automatic differentiation.

    `emitted` takes the values by name, the others in their order. `in_jax` and `in_torch` get
    the library and return the function that its users would write. `whole` makes of a result
    by us or by hand what those return, where they return more.
    """

    name: str
    values: dict[str, Any]
    emitted: Function
    by_hand: Function
    in_jax: Callable[[Any], Function]
    in_torch: Callable[[Any], Function]
    whole: Function = same


def normal(*shape: int) -> Any:
    """Return the same random numbers for a shape in every run."""
    return np.random.default_rng(len(shape) + sum(shape)).standard_normal(shape)


def sigmoid(x: Any) -> Any:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))
