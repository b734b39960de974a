"""Eight threads at once get what one gets, in a process that begins with them and later."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import gc, json, sys, threading
sys.setswitchinterval(1e-5)
import matcalc
from matcalc.checking.verification import verify

def told(text):
    return str(text).splitlines()

TASKS = [
    lambda: told(matcalc.check("tanh(a)", "a", "4/(exp(a) + exp(-a))^2")),
    lambda: told(matcalc.check("tanh(300*a)", "a", "300/cosh(300*a)^2", "a: scalar")),
    lambda: told(matcalc.check("x'*A*x", "x", "2*x'*A")),
    lambda: told(matcalc.check("f(x)'*x", "x", "f(x)'", "f: vector(n) -> vector(n); x: vector(n)")),
    lambda: told(matcalc.diff("sum(log(1 + exp(X*w)))", "w")),
    lambda: told(matcalc.diff("inv(A)*b", "A", "A: square(n); b: vector(n)").steps),
    lambda: told(matcalc.diff("softmax(W*x)", "x").code("numpy")),
    lambda: told(matcalc.diff("x'*S*x", "x", "S: symmetric(n)").latex()),
    lambda: told(matcalc.parse("sum(x .* y)").evaluate(x=[1.0, 2.0], y=[3.0, 4.0])),
    lambda: told(verify(matcalc.diff("tanh(A*x)", "x", "A: matrix(m, n); x: vector(n)"))),
    lambda: told(verify(matcalc.diff("logdet(X)", "X", "X: square(n)"))),
]

def run(turn):
    results = {}
    for k in range(len(TASKS)):
        place = (k + turn) % len(TASKS)
        try:
            results[place] = TASKS[place]()
        except Exception as error:
            results[place] = ["failed", repr(error)]
    found[turn] = [results[k] for k in sorted(results)]

count = int(sys.argv[1])
rounds = []
for _ in range(2):  # cold, then warm
    found = {}
    threads = [threading.Thread(target=run, args=(turn,)) for turn in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rounds += [found[turn] for turn in sorted(found)]
print(json.dumps([rounds, gc.isenabled()]))
"""


def run(threads: int) -> tuple[list[list[list[str]]], bool]:
    command = [sys.executable, "-c", SCRIPT, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rounds, collects = json.loads(done.stdout)
    return rounds, collects


@pytest.fixture(scope="module")
def alone() -> list[list[str]]:
    """What one thread gets."""
    rounds, collects = run(1)
    assert collects
    assert rounds[0] == rounds[1]
    assert not [task for task in rounds[0] if task[0] == "failed"]
    return rounds[0]


@pytest.mark.parametrize("turn", range(2))
def test_eight_threads(turn: int, alone: list[list[str]]) -> None:
    rounds, collects = run(8)
    assert collects
    assert len(rounds) == 16
    for found in rounds:
        assert found == alone
