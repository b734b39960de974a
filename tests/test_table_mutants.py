"""Mutants of the table of functions: whatever a row says, a wrong one is noticed.

Each derivative, differential, definition, domain and kink is changed in one place at a time,
as text, and must then disagree with the function's values: the checks of the table work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.expressions import functions
from matcalc.expressions.functions import DEFINED, ELEMENTARY, PRIMITIVE
from tests import differences, oracle

GRID = (-2.3, -1.4, -0.61, -0.2, 0.0, 0.33, 0.71, 1.0, 1.37, 2.6)
CHANGES: tuple[tuple[str, str], ...] = (
    (r"\bX - Y\b", "X + Y"), (r" - ", " + "), (r" \+ ", " - "), (r"^-", ""), (r"\^2\b", "^3"),
    (r"\b2\b", "3"), (r"\b1\b", "2"), (r"\b10\b", "11"), (r"(?<![.*])\*(?!\*)", " + "),
    (r"/", "*"), (r" > ", " < "), (r" < ", " > "), (r" == ", " != "), (r" != ", " == "),
    (r"\bsin\(", "cos("), (r"\bcos\(", "sin("), (r"\bsinh\(", "cosh("), (r"\bcosh\(", "sinh("),
    (r"\bexp\(", "sinh("), (r"\bsign\(", "abs("), (r"\bsum\(", "mean("), (r"\btr\(", "sum("),
    (r"\binv\(X\)", "inv(X)'"), (r"\bsqrt\(", "exp("), (r"\babs\(", "sin("),
    (r"\bsigmoid\(", "tanh("),
    (r"\berf\(", "tanh("), (r"\blog\(", "exp("), (r"where\(", "1 + where("), (r"X'", "X"),
    (r"\bdX\b", "dX'"), (r" > 0", " > 1"), (r" > 1", " > 0"), (r"== 0", "== 1"), (r" < 1", " < 2"),
)  # fmt: skip


def mutants(text: str) -> Iterator[str]:
    """Yield the text with one thing changed in one place, its opposite and its double."""
    seen = {text}
    changed = [f"-({text})", f"2*({text})"]
    for pattern, other in CHANGES:
        for found in re.finditer(pattern, text):
            changed.append(text[: found.start()] + other + text[found.end() :])
    for one in changed:
        if one not in seen:
            seen.add(one)
            yield one


def value(text: str, where: str, **values: Any) -> Any:
    """Return a formula's value; not a number where it has none or is none."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(matcalc.parse(text, where).evaluate(**values), float)
    except matcalc.MatcalcError:
        return np.asarray(np.nan)


def agree(left: Any, right: Any) -> bool:
    """Tell whether two arrays are equal, the places without a value too."""
    return left.shape == right.shape and np.allclose(left, right, 1e-4, 1e-4, equal_nan=True)


# Elementary functions


def points(row: Any) -> list[dict[str, float]]:
    """Return a grid of arguments."""
    if len(row.parameters) == 1:
        return [{row.parameters[0]: at} for at in GRID]
    rng = np.random.default_rng(3)
    positive = [at for at in GRID if at > 0]
    return [dict(zip(row.parameters, rng.choice(positive, len(row.parameters)), strict=True))
            for _ in range(40)]  # fmt: skip


def slope(row: Any, parameter: str, at: dict[str, float]) -> float:
    """Return the derivative by differences; nan where there is none."""
    function = oracle.function(row.name, len(row.parameters))
    assert function is not None

    def moved(array: Any) -> Any:
        return function(*[{**at, parameter: float(array)}[name] for name in row.parameters])

    here = float(moved(at[parameter]))
    sides = [float(moved(at[parameter] + step)) - here for step in (1e-6, -1e-6)]
    if not np.isfinite(sides).all() or abs(sides[0] + sides[1]) > 1e-9:
        return np.nan
    estimate = differences.jacobian(moved, np.array(at[parameter]), (2e-4, 1e-4, 5e-5))
    return float(estimate.value) if estimate.error < 1e-6 else np.nan


def holds(row: Any, parameter: str, text: str) -> bool:
    """Tell whether this is the derivative wherever there is one."""
    where = f"{', '.join(row.parameters)}: scalar"
    for at in points(row):
        wanted = slope(row, parameter, at)
        got = value(text, where, **at)
        if np.isfinite(wanted) and not agree(got, np.asarray(wanted)):
            return False
    return True


KNOWN = [row for row in ELEMENTARY if oracle.function(row.name, len(row.parameters))]
DERIVATIVES = [
    (row, parameter, text)
    for row in KNOWN
    for parameter, text in zip(row.parameters, row.derivatives, strict=True)
]


@pytest.mark.parametrize(
    ("row", "parameter", "text"), DERIVATIVES, ids=lambda part: getattr(part, "name", str(part))
)
def test_every_wrong_derivative_is_noticed(row: Any, parameter: str, text: str) -> None:
    assert holds(row, parameter, text)
    alive = [mutant for mutant in mutants(text) if holds(row, parameter, mutant)]
    alive = [mutant for mutant in alive if not equal(row, text, mutant)]
    assert not alive


def equal(row: Any, text: str, mutant: str) -> bool:
    """Tell whether a mutant is the same function, such as -(0)."""
    where = f"{', '.join(row.parameters)}: scalar"
    return all(agree(value(mutant, where, **at), value(text, where, **at)) for at in points(row))


# Domains and kinks


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_every_wrong_domain_and_kink_is_noticed(row: Any) -> None:
    if row.name == "power" or len(row.parameters) != 1:
        pytest.skip("of several arguments")
    assert fits(row, row.domain, row.kink)
    for mutant in {"", "x < 0", "x > 5", *mutants(row.domain or "x > 0")} - {row.domain}:
        assert not fits(row, mutant, row.kink) or equal(row, row.domain or "1", mutant or "1"), (
            mutant
        )
    places = {at["x"] for at in points(row) if within(row.domain, at)}
    kinks = {f"x == {place:g}" for place in (0, 1) if place in places}
    for mutant in {"", *kinks} - {row.kink}:
        assert not fits(row, row.domain, mutant), mutant


def fits(row: Any, domain: str, kink: str) -> bool:
    """Tell whether there is a derivative in the domain and off the kinks, and only there."""
    for at in points(row):
        smooth = within(domain, at) and not (kink and within(kink, at))
        if np.isfinite(slope(row, "x", at)) != smooth:
            return False
    return True


def within(condition: str, at: dict[str, float]) -> bool:
    """Tell whether a condition on x holds, as the empty one does."""
    return not condition or bool(value(condition, "x: scalar", **at) == 1)


# Functions of whole arrays


def arrays(takes: str) -> list[Any]:
    """Return arrays of the kind that a row takes."""
    rng = np.random.default_rng(1)
    if takes == "square":
        square = rng.uniform(-1, 1, (3, 3))
        return [square if np.linalg.det(square) > 0 else square[::-1]]
    matrix = rng.uniform(0.3, 1.5, (2, 3))
    return [matrix] if takes in ("matrix", "any") else [matrix[0], matrix]


def kind(array: Any, takes: str) -> str:
    return "square(n)" if takes == "square" else ["", "vector(n)", "matrix(m, n)"][array.ndim]


@pytest.mark.parametrize("row", DEFINED, ids=lambda row: row.name)
def test_every_wrong_definition_is_noticed(row: Any) -> None:
    function = oracle.function(row.name)
    if function is None:
        pytest.skip("defined by the table alone")

    def right(text: str) -> bool:
        return all(
            agree(value(text, f"X: {kind(array, row.takes)}", X=array), np.asarray(function(array)))
            for signed in arrays(row.takes)
            for array in (signed, -signed if row.name != "sqrt" else signed)
        )

    assert right(row.definition)
    assert not [mutant for mutant in mutants(row.definition) if right(mutant)]


@pytest.mark.parametrize("row", PRIMITIVE, ids=lambda row: row.name)
def test_every_wrong_differential_is_noticed(row: Any) -> None:
    function = oracle.function(row.name)
    if function is None:
        pytest.skip("defined by the table alone")
    assert right_differential(row, row.differential, function)
    alive = [m for m in mutants(row.differential) if right_differential(row, m, function)]
    # sum(A') is sum(A)
    assert not [m for m in alive if "dX'" not in m]


def right_differential(row: Any, text: str, function: Any) -> bool:
    """Tell whether this is the change along a random direction, and of ties that stay ties."""
    found = [(a, np.random.default_rng(2).uniform(-1, 1, a.shape)) for a in arrays(row.takes)]
    if row.takes != "square":
        found += [(np.full(a.shape, 0.7), np.full(a.shape, 0.4)) for a in arrays(row.takes)]
    for array, direction in found:
        step = 1e-6
        wanted = (function(array + step * direction) - function(array - step * direction)) / (
            2 * step
        )
        shape = kind(array, row.takes)
        result = np.asarray(function(array))
        of = shape if result.ndim else "scalar"
        got = value(text, f"X, dX: {shape}; Y: {of}", X=array, dX=direction, Y=result)
        if got.shape != result.shape or not np.allclose(got, wanted, 1e-4, 1e-6):
            return False
    return True


def test_there_are_many_mutants() -> None:
    texts = [text for _, _, text in DERIVATIVES]
    texts += [row.definition for row in DEFINED] + [row.differential for row in PRIMITIVE]
    assert sum(len(list(mutants(text))) for text in texts) > 3 * len(texts)
    assert functions.NAMES
