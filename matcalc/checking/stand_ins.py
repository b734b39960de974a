"""What stands for abstract functions at a point: polynomials, and their exact derivatives."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.expressions.nodes import Application, Signature


def abstract_value(application: Application, sizes: Mapping[str, int]) -> Callable[..., Any]:
    """Return a polynomial, or its exact derivative, for an abstract function."""
    function, orders = application
    if function.elementwise:
        return lambda array: _entrywise(
            array, lambda entry: _derived(polynomial(function.name), len(orders), entry)
        )
    return lambda *arguments: _of_several(application, arguments, sizes)


def _entrywise(array: Any, function: Callable[[Any], Any]) -> Any:
    import numpy as np

    return np.asarray(np.frompyfunc(function, 1, 1)(array), dtype=object)


def polynomial(name: str) -> tuple[int, ...]:
    """Return the coefficients, of 1, t, t^2, ..., that stand for a function of this name."""
    generator = random.Random(name)
    return tuple([generator.choice((-2, -1, 1, 2, 3)) for _ in range(6)])


def _derived(coefficients: Sequence[int], times: int, t: Any) -> Any:
    """Return a derivative of the polynomial at t."""
    for _ in range(times):
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]
    total = t * 0
    for coefficient in reversed(coefficients):
        total = total * t + coefficient
    return total


def _of_several(
    application: Application, arguments: Sequence[Any], sizes: Mapping[str, int]
) -> Any:
    """Return the entries in numerator layout: each is a polynomial of all arguments' entries."""
    import numpy as np

    function, orders = application
    shape = tuple([d.evaluate(sizes) for d in function.result])
    axes = [argument.shape for argument in arguments]
    entries = [entry for argument in arguments for entry in argument.flat]
    starts = [0, *itertools.accumulate(argument.size for argument in arguments)]
    full = shape + tuple([n for order in orders for n in axes[order]])
    value = np.empty(full, dtype=object)
    for index in np.ndindex(*full):
        rest = list(index[len(shape) :])
        by = []
        for order in orders:
            own, rest = rest[: len(axes[order])], rest[len(axes[order]) :]
            by.append(starts[order] + (int(np.ravel_multi_index(own, axes[order])) if own else 0))
        value[index] = _component(function, index[: len(shape)], by, entries)
    seen = [axes[order] for order in orders if axes[order]]
    if len(seen) == 1 and not shape and len(seen[0]) < 3:
        return value.reshape(1, -1) if len(seen[0]) == 1 else value.T
    return value


def _component(
    function: Signature, place: tuple[int, ...], by: Sequence[int], entries: Sequence[Any]
) -> Any:
    """Return a derivative of p(a·z) + q(b·z) for whole vectors a, b of this component."""
    generator = random.Random(f"{function.name} {place}")
    total = 0
    for part in range(2):
        weights = [generator.randint(-3, 3) or 1 for _ in entries]
        inner = sum(z * w for w, z in zip(weights, entries, strict=True))
        slope = _derived(polynomial(f"{function.name} {place} {part}"), len(by), inner)
        for k in by:
            slope = slope * weights[k]
        total += slope
    return total
