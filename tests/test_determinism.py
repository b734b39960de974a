"""Answers do not depend on how Python hashes, and every public name says what it means."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys

import pytest

import matcalc

PROGRAM = """
import matcalc
from tests.honesty.formulas import WHERE, drawn
for k in range(25):
    text = drawn(f"hash:{k}")[0].text
    for wrt in ("x", "A"):
        answer = matcalc.diff(text, wrt, WHERE, "mixed")
        print(answer, answer.latex(), *answer.notes)
"""


def test_answers_are_the_same_for_every_hash_seed() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("0", "1", "4711")
    }  # fmt: skip
    assert len(printed) == 1
    assert printed.pop()


@pytest.mark.parametrize("name", [name for name in matcalc.__all__ if name != "__version__"])
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(matcalc, name)
    assert inspect.getdoc(value)
    for method, part in vars(value).items() if inspect.isclass(value) else ():
        if not method.startswith("_") and (inspect.isfunction(part) or isinstance(part, property)):
            assert inspect.getdoc(part), f"{name}.{method}"
