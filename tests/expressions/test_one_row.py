"""A function is added by one row: on every road, without another line of code or test."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from tests.expressions.one_row import ADDED

SCRIPT = Path(__file__).with_name("one_row.py")


def test_one_row_opens_every_road() -> None:
    targets = ["numpy", *filter(importlib.util.find_spec, ("jax", "torch"))]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *targets], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
    held = done.stdout.splitlines()
    assert [line for line in held if line.endswith("text and LaTeX")] == [
        f"{added.row.name} text and LaTeX" for added in ADDED
    ]
