"""Formulas at a point, in real numbers of hundreds of bits.

What has no real value there, such as log(-1) or 1/0, is not a number; a part that is not
chosen by `where` does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from matcalc.calculus.templates import template
from matcalc.checking.elimination import adjugate, determinant_and_inverse, largest
from matcalc.checking.stand_ins import abstract_value
from matcalc.checking.values import TooLarge
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import function_name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.traversal import postorder
from matcalc.programs.backends import SYMPY, Backend, compiled
from matcalc.programs.evaluation import evaluate

ROUGH = 200
"""Bits in which values are compared first; where they differ, twice as many are used."""

LARGEST_VALUE = 20_000
LARGEST_EXPONENT = 2**34
"""exp and the like are not computed of larger arguments."""


class Point(NamedTuple):
    """Sizes, and exact values of the variables, as arrays of fractions."""

    sizes: Mapping[str, int]
    values: Mapping[str, Any]


def value_at(expression: Expression, point: Point, bits: int = ROUGH) -> Any:
    """Return the formula's entries at a point, nan where they have no value.

    Raises TooLarge if a part of it has too many entries.
    """
    with precision(bits):
        return evaluated(expression, point, number, precise_backend())


def evaluated(
    expression: Expression, point: Point, number: Callable[[Any], Any], backend: Backend
) -> Any:
    """Return the formula's entries at a point, in numbers of a backend. Raises TooLarge."""
    order = postorder([expression], lambda node: node.arguments)
    for node in order:
        entries = 1
        for dimension in node.shape:
            entries *= dimension.evaluate(point.sizes)
        if entries > LARGEST_VALUE:
            raise TooLarge(f"a part of the formula has {entries} entries")
    numbers = {name: entrywise(array, number) for name, array in point.values.items()}
    functions = {
        function_name(node.value): abstract_value(node.value, point.sizes)
        for node in order
        if node.head == "abstract"
    }
    return boxed(evaluate(expression, {**numbers, **functions}, point.sizes, backend))


ARITHMETIC = threading.RLock()
"""Held while numbers of mpmath are computed: its contexts and its constants are global."""


def context() -> Any:
    """Return a context of mpmath of our own, in which x/0 is not a number."""
    with ARITHMETIC:
        return _context()


@cache
def _context() -> Any:
    import mpmath

    own = mpmath.MPContext()
    divide = own.mpf.__truediv__

    def refuse(value: Any) -> Any:
        raise TypeError("an array is no number")

    own.npconvert = refuse  # which would print the array first

    def safe(a: Any, b: Any) -> Any:
        return own.nan if b == 0 else divide(a, b)

    own.mpf.__truediv__ = safe
    own.mpf.__rtruediv__ = lambda b, a: safe(own.mpf(a), b)
    return own


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute in this many bits, one thread at a time."""
    with ARITHMETIC:
        own = context()
        before, own.prec = own.prec, bits
        try:
            yield
        finally:
            own.prec = before


def number(value: Any) -> Any:
    """Return a fraction as a number of the current precision; numbers stay as they are."""
    if isinstance(value, context().mpf):
        return value
    exact = Fraction(value)
    return context().mpf(exact.numerator) / exact.denominator


def is_number(value: Any) -> bool:
    """Tell whether an entry is a finite number."""
    return bool(context().isfinite(value))


def digits(value: Any) -> str:
    """Return a number in as many digits as tell it from simpler ones."""
    return str(context().nstr(value, 60))


def boxed(value: Any) -> Any:
    """Return an array; NumPy makes numbers of arrays without axes."""
    import numpy as np

    return np.asarray(value, dtype=object)


def entrywise(array: Any, function: Callable[..., Any]) -> Any:
    """Return the array of a function's values."""
    import numpy as np

    result = np.empty(array.shape, dtype=object)
    for index in np.ndindex(*array.shape):
        result[index] = function(array[index])
    return result


# Functions of the table, by their rows' templates


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is nan of nan, and where it has no real value."""
    own = context()

    def entry(*arguments: Any) -> Any:
        arguments = tuple([own.convert(a) for a in arguments])
        if any(own.isnan(a) for a in arguments):
            return own.nan
        try:
            value = own.convert(function(*arguments))
        except (ArithmeticError, ValueError, TypeError):
            return own.nan
        return value if isinstance(value, own.mpf) or own.im(value) == 0 else own.nan

    return entry


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is given up for arguments out of hand."""

    def entry(*arguments: Any) -> Any:
        small = all(abs(a) < LARGEST_EXPONENT for a in arguments)
        return function(*arguments) if small else context().nan

    return entry


def _raise(base: Any, exponent: Any) -> Any:
    own = context()
    if abs(exponent) > LARGEST_EXPONENT:
        return own.nan
    whole = int(exponent)
    if whole == exponent:
        return own.nan if base == 0 and whole < 0 else base**whole
    return own.nan if base < 0 else own.power(base, exponent)


@cache
def elementwise(name: str, arity: int) -> Callable[..., Any]:
    """Return an elementwise function from the template that its row has for mpmath."""
    import numpy as np

    function: Callable[..., Any] = np.frompyfunc(_of_numbers(name, arity), arity, 1)
    return function


def _of_numbers(name: str, arity: int) -> Callable[..., Any]:
    own = context()
    if ROWS[name, arity].chooses == "condition":
        return lambda c, a, b: c if own.isnan(c) else a if c else b
    if name == "power":
        return _guarded(_raise)
    return _guarded(compiled(template(name, arity, "mpmath"), arity, _meaning))


def _meaning(name: str) -> Any:
    """Return a function of mpmath, bounded unless it is as quick for large arguments."""
    own = context()
    found = getattr(own, name, None)
    if not callable(found) or isinstance(found, type | own.mpf) or name in _OF_ANY_SIZE:
        return found
    return _bounded(found)


_OF_ANY_SIZE = frozenset(
    (
        "fabs",
        "log",
        "sqrt",
        "tanh",
        "asin",
        "acos",
        "atan",
        "asinh",
        "acosh",
        "atanh",
        "erf",
        "sign",
    )
)


def compared(operator: str, a: Any, b: Any) -> Any:
    """Return where a comparison holds, 1 or 0, entry by entry."""
    import numpy as np

    own, holds = context(), RELATIONS[operator].holds

    def entry(x: Any, y: Any) -> Any:
        return own.nan if own.isnan(x) or own.isnan(y) else own.mpf(int(holds(x, y)))

    return np.frompyfunc(entry, 2, 1)(a, b)


def matrix_value(name: str, entries: Any) -> Any:
    """Return det, logdet, inv or adj of a matrix, nan where it has none."""
    own = context()
    entries = entrywise(entries, own.convert)
    if any(own.isnan(entry) for entry in entries.flat):
        determinant, inverse = own.nan, None
    else:
        zero = max([abs(entry) for entry in entries.flat]) / 2 ** (own.prec * 3 // 4)
        determinant, inverse = determinant_and_inverse(  # what rounding made is zero
            entries, own.mpf, lambda a, b: a / b, lambda array: array,
            lambda column: largest(column, zero),
        )  # fmt: skip
    if name == "det":
        return determinant
    if name == "logdet":
        return own.log(determinant) if determinant > 0 else own.nan
    if name == "adj":
        if inverse is not None and abs(determinant) > 2**-20:
            return determinant * inverse
        return adjugate(entries, lambda m: matrix_value("det", m) if m.size else own.mpf(1))
    return entrywise(entries, lambda entry: own.nan) if inverse is None else inverse


def _fold(choose: Callable[..., Any]) -> Callable[[Any, int], Any]:
    def fold(array: Any, axis: int) -> Any:
        import numpy as np

        lines = np.moveaxis(array, axis, -1)
        result = np.empty(lines.shape[:-1], dtype=object)
        for place in np.ndindex(*result.shape):
            line = list(lines[place])
            broken = [entry for entry in line if not is_number(entry)]
            result[place] = broken[0] if broken else choose(line)
        return result

    return fold


def _softmax(a: Any, axis: int) -> Any:
    scaled = elementwise("exp", 1)(a)
    return scaled / scaled.sum(axis=axis, keepdims=True)


@cache
def precise_backend() -> Backend:
    """Return the backend of numbers in the current precision."""
    import numpy as np

    return SYMPY._replace(
        name="mpmath",
        array=lambda value: np.array(value, dtype=object),
        number=lambda value: SYMPY.box(number(value)),
        pi=lambda: SYMPY.box(+context().pi),
        elementwise=elementwise,
        compare=compared,
        matrix=matrix_value,
        largest=_fold(max),
        smallest=_fold(min),
        logsumexp=lambda a, axis: elementwise("log", 1)(elementwise("exp", 1)(a).sum(axis=axis)),
        softmax=_softmax,
        euclidean=lambda a: elementwise("sqrt", 1)((a * a).sum()),
    )
