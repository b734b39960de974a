"""Emitted code beside NumPy by hand, jitted JAX and torch.func: one table, one run, one thread.

The ratios are to NumPy by hand, of which the emitted code should not take more than 1.1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.competitors import ways
from tests.benchmarks.problem import Problem
from tests.benchmarks.problems import (
    convolution,
    factorisation,
    gaussian_process,
    linear,
    logistic,
    mini_batch,
    network,
    neuron,
    quadratic,
    softmax,
)
from tests.benchmarks.section import Section
from tests.benchmarks.tables import milliseconds, number, ratio, table
from tests.benchmarks.timing import in_turns

WAYS = ("hand", "emitted", "jax", "torch")
RATIOS = (("emitted", "hand"), ("jax", "hand"), ("torch", "hand"), ("emitted", "jax"))
KINDS = (
    quadratic,
    logistic,
    factorisation,
    network,
    mini_batch,
    neuron,
    gaussian_process,
    softmax,
    linear,
    convolution,
)


class Row(NamedTuple):
    """The median seconds of each way to a problem's derivative, and whether all agree."""

    name: str
    seconds: dict[str, float]
    agree: bool

    def cells(self) -> list[str]:
        """Return the row as printed."""
        seconds = self.seconds.get
        return [
            self.name,
            *[milliseconds(seconds(way)) for way in WAYS],
            *[number(ratio(seconds(above), seconds(below))) for above, below in RATIOS],
            "" if self.agree else "DIFFERENT",
        ]


def run() -> Section:
    """Compare all problems at their full sizes."""
    return compare([problem for kind in KINDS for problem in kind.problems()])


def compare(problems: list[Problem], turns: int = 7, seconds: float = 0.1) -> Section:
    """Time these problems, as `in_turns` does."""
    rows = [measured(problem, turns, seconds) for problem in problems]
    headings = [f"{way} ms" for way in WAYS] + ["/".join(pair) for pair in RATIOS]
    text = table(["", *headings, ""], [row.cells() for row in rows])
    return Section(text, [row._asdict() for row in rows])


def measured(problem: Problem, turns: int, seconds: float) -> Row:
    """Hold the results of all ways against each other, and time them."""
    calls = ways(problem)
    results = {name: call() for name, call in calls.items()}
    short = agree(results["hand"], results["emitted"])
    whole = problem.whole(results["hand"])
    others = [agree(whole, results[name]) for name in results if name not in ("hand", "emitted")]
    return Row(problem.name, in_turns(calls, turns, seconds), short and all(others))


def agree(first: Any, second: Any) -> bool:
    """Tell whether two results, each an array or several, are equal to rounding."""
    pairs = zip(arrays(first), arrays(second), strict=True)
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-8, atol=1e-10 * np.abs(a).max())
        for a, b in pairs
    )


def arrays(result: Any) -> list[Any]:
    """Return the arrays of a result of any library as NumPy's, in its dtype."""
    several = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(array) for array in several]
