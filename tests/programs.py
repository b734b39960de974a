"""Programs of other people's that tests look at results with: pdflatex, chromium."""

import os
import shutil

import pytest

REQUIRED = "MATCALC_TEST_ALL_PROGRAMS"
"""Where this variable is set, a program that is missing is a failure."""


def program(name: str) -> str:
    """Return the path of a program; without it, skip the test."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{name} is not installed, and {REQUIRED} is set")
        pytest.skip(f"{name} is not installed")
    return path
