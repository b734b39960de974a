"""How long the command takes as a whole process, against the bare interpreter.

The best of several runs each. The aim is a ratio of at most 10.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.section import Section
from tests.benchmarks.tables import milliseconds, number, table
from tests.benchmarks.timing import timed

ROOT = Path(__file__).resolve().parents[2]

BARE = "bare interpreter"
RUNS = {
    BARE: ["-c", "pass"],
    "matcalc --version": ["-m", "matcalc", "--version"],
    "neuron": ["-m", "matcalc", "diff", "max(0, w·x + b)", "--wrt", "w"],
    "refusal": ["-m", "matcalc", "diff", "x*x", "--wrt", "x"],
    "least squares, LaTeX": [
        *["-m", "matcalc", "diff", "norm2(A*x - y)^2", "--wrt", "x,A", "--format", "latex"]
    ],
    "log-determinant, JSON": ["-m", "matcalc", "diff", "logdet(X)", "--wrt=X", "--format=json"],
    "Hessian of log-sum-exp": ["-m", "matcalc", "diff", "logsumexp(A*x)", "--wrt=x", "--order=2"],
    "import sympy": ["-c", "import sympy"],
}


def run() -> Section:
    """Time all commands."""
    return started(RUNS, 15)


def started(runs: Mapping[str, list[str]], repeats: int) -> Section:
    """Time these commands, the bare interpreter among them."""
    times = {name: best(words, repeats) for name, words in runs.items()}
    bare = times[BARE]
    lines = [[name, milliseconds(time), number(time / bare, 1)] for name, time in times.items()]
    return Section(table(["whole command", "ms", "to bare"], lines), times)


def best(words: list[str], repeats: int) -> float:
    """Return the shortest time of a run; the first, which writes bytecode, does not count."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> None:
        subprocess.run([sys.executable, *words], capture_output=True, env=environment, check=False)

    return min([timed(run)[0] for _ in range(repeats + 1)][1:])
