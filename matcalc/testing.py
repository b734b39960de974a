"""Assertions for test suites: derivatives worked out by hand, and functions that compute them."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, NamedTuple

from matcalc.calculus.layouts import Layout
from matcalc.checking.comparison import compare
from matcalc.checking.conditions import conditions
from matcalc.checking.points import assignments, sample
from matcalc.checking.precise import Point, value_at
from matcalc.checking.questions import Question
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.interface.derivative import Derivative
from matcalc.interface.functions import check, together

Library = Literal["numpy", "torch", "jax"]

POINTS = 3
MOST_TRIES = 200
MODERATE = (0, 1, 3)
"""Kinds of random points whose entries are neither large nor tiny, tried before the others."""

CLEAR = 2**-10
"""How far from a kink, at least, a point must be."""

TINY = 1e-12
"""What rounding may leave of a gradient that is zero."""


def assert_derivative(
    expr: str,
    wrt: str,
    claim: str,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    seed: int = 0,
) -> None:
    """Raise AssertionError, with the verdict's text, unless a claim is the formula's derivative.

    A claim that is undecided fails, too. Raises MatcalcError for what cannot be read.

    >>> assert_derivative("x'*A*x", wrt="x", claim="x'*(A + A')")
    """
    __tracebackhide__ = True
    verdict = check(expr, wrt, claim, where, layout, order, seed)
    if not verdict.ok:
        raise AssertionError(f"{claim} as the derivative of {expr} by {wrt}\n{verdict}")


def assert_gradient(
    function: Callable[..., Any],
    expr: str,
    wrt: str | Sequence[str],
    where: str = "",
    upstream: str | None = None,
    at: Mapping[str, Any] | None = None,
    seed: int = 0,
    rtol: float | None = None,
    library: Library = "numpy",
) -> None:
    """Raise AssertionError unless a Python function computes the gradient of a formula.

    The function is called with the variables by keyword, as double-precision arrays of the
    library. It returns the derivative in mixed layout, a gradient in its variable's shape;
    for several variables a dict by name, or as many values in their order. With `upstream`,
    a name for the gradient of what follows, it is held against the vector-Jacobian product.

    The points are `at`, or random ones within the formula's domain, off its kinks, at
    several unequal sizes. Unless `rtol` is given, half of the digits that the returned type
    has must agree. Raises MatcalcError for what cannot be read, and E805 where no points are
    found.

    >>> def backward(A, x, y):
    ...     return 2 * A.T @ (A @ x - y)
    >>> assert_gradient(backward, "norm2(A*x - y)^2", wrt="x")
    """
    __tracebackhide__ = True
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    answers = _answers(expr, names, where, upstream)
    points = _given(answers, at) if at is not None else _random_points(answers, seed)
    for point in points:
        arguments = {name: _converted(array, library) for name, array in point.arrays.items()}
        results = _results(function(**arguments), names)
        for name, result in zip(names, results, strict=True):
            _compare(name, result, point.answers[name], point, rtol)


class _Point(NamedTuple):
    """Values of the variables in double precision, and the right answers there."""

    arrays: Mapping[str, Any]
    answers: Mapping[str, Any]


def _answers(
    expr: str, names: list[str], where: str, upstream: str | None
) -> dict[str, Derivative]:
    if upstream is not None:
        return dict(together("vjp", expr, names, where, {}, upstream))
    return dict(together("diff", expr, names, where, {"layout": "mixed"}))


# Points


def _given(answers: Mapping[str, Derivative], at: Mapping[str, Any]) -> Iterator[_Point]:
    import numpy as np

    arrays = {name: np.asarray(_plain(value), dtype=float) for name, value in at.items()}
    yield _Point(arrays, {name: d.evaluate(**arrays) for name, d in answers.items()})


def _random_points(answers: Mapping[str, Derivative], seed: int) -> Iterator[_Point]:
    """Yield some points at each of two or more sizes; raise MatcalcError if there is none."""
    generator = random.Random(seed)
    first = next(iter(answers.values()))
    if first.formula.inferred.functions:
        message = "an abstract function has no values to compare"
        raise MatcalcError("E805", message, hint="write the function out")
    formulas = [first.formula.expression, *[d.expression for d in answers.values()]]
    several = list(itertools.islice(assignments(formulas), 8))
    count = 0
    for sizes in several[:: max(1, len(several) // 3)]:
        found = _points_at(answers, formulas, sizes, generator)
        for point in itertools.islice(found, POINTS):
            count += 1
            yield point
    if not count:
        message = "no points were found at which the formula has a derivative"
        raise MatcalcError("E805", message, hint="at={'x': [1, 2]}")


def _points_at(
    answers: Mapping[str, Derivative],
    formulas: Sequence[Expression],
    sizes: dict[str, int],
    generator: random.Random,
) -> Iterator[_Point]:
    variables = next(iter(answers.values())).formula.inferred.variables
    branches = conditions(formulas)
    for turn in range(MOST_TRIES):
        kind = MODERATE[turn % 3] if turn < MOST_TRIES // 2 else turn
        point = sample(variables, sizes, generator, kind)
        values = {name: _exact(answer, point) for name, answer in answers.items()}
        if any(value is None for value in values.values()):
            continue
        if all(_is_clear(value_at(branch.difference, point)) for branch in branches):
            arrays = {name: _floats(array) for name, array in point.values.items()}
            yield _Point(arrays, {name: _floats(value) for name, value in values.items()})


def _exact(answer: Derivative, point: Point) -> Any:
    """Return the answer's entries at a point, None where the formula has no derivative."""
    expression = answer.expression
    question = Question(
        answer.formula.expression, answer.variable, (), expression, expression, "mixed", 1
    )
    found = compare(question, point)
    return None if found is None or found.undefined else found.derivative


def _is_clear(gap: Any) -> bool:
    return all(abs(entry) > CLEAR for entry in gap.flat)


def _floats(array: Any) -> Any:
    import numpy as np

    result = np.empty(array.shape)
    for place in np.ndindex(*array.shape):
        result[place] = float(array[place])
    return result


# Calling


def _converted(array: Any, library: Library) -> Any:
    if library == "torch":
        torch: Any = import_module("torch")
        return torch.tensor(array, dtype=torch.float64)
    if library == "jax":
        jax_numpy: Any = import_module("jax.numpy")
        return jax_numpy.asarray(array)
    return array.copy()


def _plain(value: Any) -> Any:
    """Return a value as NumPy takes it: tensors that record gradients are detached."""
    return value.detach().cpu() if hasattr(value, "detach") else value


def _results(returned: Any, names: list[str]) -> list[Any]:
    if isinstance(returned, Mapping):
        missing = [name for name in names if name not in returned]
        if missing:
            raise AssertionError(f"the function returned no gradient by {', '.join(missing)}")
        return [returned[name] for name in names]
    if isinstance(returned, tuple) or (isinstance(returned, list) and len(names) > 1):
        if len(returned) != len(names):
            message = f"the function returned {len(returned)} gradients, not {len(names)}"
            raise AssertionError(message)
        return list(returned)
    if len(names) > 1:
        raise AssertionError(f"the function returned one value, not {len(names)} gradients")
    return [returned]


# Comparing


def _compare(name: str, result: Any, right: Any, point: _Point, rtol: float | None) -> None:
    import numpy as np

    __tracebackhide__ = True
    given = np.asarray(_plain(result))
    if given.dtype.kind not in "biufc":
        raise AssertionError(f"by {name}: the function returned {result!r}, which is not numbers")
    if given.shape != right.shape:
        message = f"by {name}: the shape is {given.shape}, the derivative's {right.shape}"
        raise AssertionError(f"{message}\n{_shown(point)}")
    largest = float(np.max(np.abs(right), initial=0.0))
    relative, absolute = _tolerance(given, largest, rtol)
    for place in np.ndindex(*right.shape):
        value, wanted = complex(given[place]), float(right[place])
        if not abs(value - wanted) <= relative * abs(wanted) + absolute:
            entry = f"[{', '.join(str(k + 1) for k in place)}]" if place else ""
            message = f"by {name}: entry {name}{entry} is {given[place]}, the derivative's {wanted}"
            raise AssertionError(f"{message}\n{_shown(point)}")


def _tolerance(given: Any, largest: float, rtol: float | None) -> tuple[float, float]:
    """Return the relative tolerance, and what rounding may leave of a zero beside others."""
    import numpy as np

    if rtol is not None:
        return rtol, rtol * largest
    eps = float(np.finfo(given.dtype if given.dtype.kind == "f" else float).eps)
    return math.sqrt(eps), 1024 * eps * largest + TINY


def _shown(point: _Point) -> str:
    import numpy as np

    shown = [f"{n} = {np.array2string(a, threshold=40)}" for n, a in point.arrays.items()]
    return "at " + ", ".join(" ".join(text.split()) for text in shown)
