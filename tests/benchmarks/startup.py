"""How long the command takes, against the bare interpreter: python tests/benchmarks/startup.py.

The best of several runs each, as whole processes. The aim is a ratio of at most 10.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

RUNS = {
    "bare interpreter": ["-c", "pass"],
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


def best(words: list[str], repeats: int) -> float:
    """Return the shortest time of a run; the first, which writes bytecode, does not count."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, env=environment, check=False)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def table(repeats: int) -> str:
    """Return the times and their ratios to the bare interpreter's."""
    times = {name: best(words, repeats) for name, words in RUNS.items()}
    bare = times["bare interpreter"]
    lines = [f"{'':24}{'ms':>8}{'ratio':>8}"]
    lines += [f"{name:24}{1000 * t:8.1f}{t / bare:8.1f}" for name, t in times.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
