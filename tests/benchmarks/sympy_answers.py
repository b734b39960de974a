"""What SymPy makes of a case: its derivative, whether that is right, and how long it takes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import sympy
from sympy.core.cache import clear_cache
from sympy.utilities.exceptions import SymPyDeprecationWarning

import matcalc
from tests.benchmarks.cases import Case, points
from tests.benchmarks.sympy_forms import NUMBERS, Form, NoForm, translated
from tests.benchmarks.sympy_values import value
from tests.benchmarks.timing import TooLong, median, within

OUTCOMES = ("right", "wrong", "breaks off", "not asked")
"""From the best to the worst. Not asked is what SymPy has no expression for, and what has no
numbers to compare with: abstract functions, and products with derivatives."""


class Answer(NamedTuple):
    """How SymPy answered a case, and if right the median seconds, with caches cleared or not."""

    outcome: str
    cold: float | None = None
    warm: float | None = None


def answered(case: Case, limit: float, runs: int) -> Answer:
    """Ask SymPy in each form; of several right answers the fastest counts."""
    if "op" in case or not points(case):
        return Answer("not asked")
    formula = matcalc.parse(case["expr"], case["where"])
    if case["wrt"] not in formula.inferred.variables:
        return Answer("not asked")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SymPyDeprecationWarning)  # SymPy's of its own code
        answers = [in_form(case, formula, number, limit, runs) for number in NUMBERS]
    return min(answers, key=lambda answer: (OUTCOMES.index(answer.outcome), answer.cold or 0))


def in_form(case: Case, formula: Any, number: Callable[[Any], Any], limit: float, runs: int) -> Any:
    """Ask SymPy with numbers in this form."""
    form = Form(case["dims"], number)
    variable = formula.inferred.variables[case["wrt"]]

    def ask() -> Any:
        value, by = (translated(e, form) for e in (formula.expression, variable))
        result = value.diff(by)
        str(result)
        return result

    def cold() -> None:
        clear_cache()
        ask()

    try:
        result = within(limit, ask)
        if result.has(sympy.Derivative):
            return Answer("breaks off")
        if not within(limit, lambda: is_right(result, case, formula)):
            return Answer("wrong")
        return Answer("right", within(runs * limit, lambda: median(cold, runs)), median(ask, runs))
    except NoForm:
        return Answer("not asked")
    except (TooLong, Exception):
        return Answer("breaks off")


def is_right(result: Any, case: Case, formula: Any) -> bool:
    """Compare the numbers, in the order of axes that we give or with the variable's first."""
    ahead = sum(length != 1 for length in lengths(formula.expression.shape, case))
    for given, wanted in points(case):
        found = np.squeeze(value(result, given))
        expected = wanted.squeeze()
        turned = np.moveaxis(expected, range(ahead), range(-ahead, 0)) if ahead else expected
        if not any(close(found, candidate) for candidate in (expected, turned)):
            return False
    return True


def lengths(shape: Any, case: Case) -> list[int]:
    return [dimension.evaluate(case["dims"]) for dimension in shape]


def close(first: Any, second: Any) -> bool:
    scale = 1e-8 * max(1e-6, float(np.max(np.abs(second), initial=0.0)))
    return first.shape == second.shape and np.allclose(first, second, rtol=1e-8, atol=scale)
