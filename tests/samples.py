"""A formula for every function of the table in every form that the language takes.

Nothing is listed by hand: the forms are found by asking the language which kinds of
arguments a name takes, and the points by looking for values. A new row has its samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

import matcalc
from matcalc.errors import MatcalcError
from matcalc.expressions import functions
from matcalc.expressions.nodes import Expression
from tests.strategies import SIZES, abstract_functions

KINDS = ("scalar", "vector(n)", "vector(m)", "vector(3)", "vector(m*n)", "matrix(m, n)",
         "matrix(n, m)", "square(n)", "tensor(m, n, k)")  # fmt: skip
OF_THREE = ("scalar", "vector(n)", "matrix(m, n)")
AXES = ("", ", axis=0", ", axis=1")
OPERATORS = {"power": "{0} .^ {1}"}
"""What is no name of the language is written with its operator."""


class Sample(NamedTuple):
    """A formula that uses one function, and the kinds of its arguments."""

    text: str
    where: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text} of {self.where}"


def names() -> list[str]:
    """Return every name of a function, aliases too."""
    rows = functions.TABLE
    return list(dict.fromkeys(name for row in rows for name in (row.name, *row.aliases)))


def counts(name: str) -> set[int]:
    """Return the numbers of arguments, sizes too, that the rows of this name are written for."""
    name = functions.ALIASES.get(name, name)
    return {len(row.parameters) + row.sizes for row in functions.TABLE if row.name == name}


@cache
def samples(name: str) -> tuple[Sample, ...]:
    """Return the function of everything that it takes: one sample for each way of ranks."""
    found: dict[object, Sample] = {}
    for sample in _candidates(name):
        key = (sample.text, _ranks(sample))
        if key not in found and is_taken(sample):
            found[key] = sample
    return tuple(found.values())


def _ranks(sample: Sample) -> tuple[str, ...]:
    kinds = sample.where.replace("square", "matrix").split("; ")
    return tuple([kind.partition("(")[0] for kind in kinds])


def _candidates(name: str) -> Iterator[Sample]:
    for count in counts(name):
        kinds = KINDS if count < 3 else OF_THREE
        axes = AXES if count == 1 else ("",)
        choices = itertools.product(kinds, repeat=count)
        # unequal kinds first
        for chosen in sorted(choices, key=lambda chosen: len(set(chosen)) < len(chosen)):
            arguments = ("X", "Y", "Z")[:count]
            where = "; ".join(f"{n}: {k}" for n, k in zip(arguments, chosen, strict=True))
            for axis in axes:
                written = f"{name}({', '.join(arguments)}{axis})"
                text = OPERATORS[name].format(*arguments) if name in OPERATORS else written
                yield Sample(text, where, arguments)
        if count == 3:  # lengths are no variables
            for kind in KINDS:
                yield Sample(f"{name}(X, m, n)", f"X: {kind}", ("X",))


def is_taken(sample: Sample) -> bool:
    """Tell whether the language takes the formula, and has a value for it."""
    try:
        formula = matcalc.parse(sample.text, sample.where)
    except MatcalcError:
        return False
    read_as_written = not formula.notes and set(formula.inferred.variables) == set(sample.arguments)
    return read_as_written and point(sample) is not None


RANGES = ((0.2, 1.4, True), (0.2, 0.9, False), (1.2, 2.4, False), (0.1, 0.8, True))


@cache
def point(sample: Sample, seed: int = 0) -> Mapping[str, Any] | None:
    """Return values at which the formula and its derivatives have one, if there are."""
    formula = matcalc.parse(sample.text, sample.where)
    derivatives = [matcalc.diff(sample.text, name, sample.where) for name in sample.arguments]
    for attempt, (low, high, signed) in itertools.product(range(6), RANGES):
        values = drawn(formula, np.random.default_rng([seed, attempt]), low, high, signed)
        with np.errstate(all="ignore"):
            try:
                found = [part.evaluate(**values) for part in (formula, *derivatives)]
            except MatcalcError:
                return None
        if all(np.isfinite(part).all() for part in found):
            return values
    return None


def drawn(
    formula: matcalc.Formula, rng: np.random.Generator, low: float, high: float, signed: bool
) -> dict[str, Any]:
    """Draw an array for each variable of a formula, and the sizes that no array tells."""
    values: dict[str, Any] = abstract_functions(rng) | dict(SIZES)
    for name, node in formula.inferred.variables.items():
        array = rng.uniform(low, high, [d.evaluate(SIZES) for d in node.shape])
        values[name] = array * rng.choice([-1.0, 1.0], array.shape) if signed else array
        values[name] = structured(values[name], node)
    return values


def structured(array: Any, node: Expression) -> Any:
    """Return an array of the structure that the variable is declared to have."""
    if node.value.structure == "diagonal":
        return np.diag(np.diag(array))
    if node.value.structure == "spd":
        return array @ array.T + np.eye(len(array))
    return array + array.T if node.value.structure else array


def tied(sample: Sample) -> Iterator[dict[str, Any]]:
    """Yield points at which entries are equal to each other, and to 0 or 1."""
    formula = matcalc.parse(sample.text, sample.where)
    for fill in (0.0, 1.0, None):
        values = drawn(formula, np.random.default_rng(0), 0.0, 1.0, signed=False)
        for name, node in formula.inferred.variables.items():
            array = np.asarray(values[name])
            array = np.round(3 * array - 1) if fill is None else np.full_like(array, fill)
            values[name] = structured(array, node)
        yield values


def derivatives(sample: Sample) -> Iterator[matcalc.Derivative]:
    """Yield the derivative by each argument."""
    for name in sample.arguments:
        yield matcalc.diff(sample.text, name, sample.where, "mixed")
