"""What a formula's value needs of numbers that are enclosed: comparisons, matrices, reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from matcalc.checking.elimination import adjugate, determinant_and_inverse
from matcalc.checking.enclosing import RELATIONS, chosen, elementwise, number, pi
from matcalc.checking.enclosures import Enclosure, hull, least_magnitude, undefined, unknown
from matcalc.programs.backends import SYMPY, Backend

_HOLDS: dict[str, Callable[[Any, Any], bool | None]] = {
    ">": RELATIONS["Gt"], "<": RELATIONS["Lt"], ">=": RELATIONS["Ge"],
    "<=": RELATIONS["Le"], "==": RELATIONS["Eq"], "!=": RELATIONS["Ne"],
}  # fmt: skip


def _compared(bits: int) -> Callable[[str, Any, Any], Any]:
    import numpy as np

    convert = number(bits)
    answers = [convert(0), convert(1)]

    def compared(operator: str, a: Any, b: Any) -> Any:
        def entry(x: Any, y: Any) -> Enclosure:
            x, y = convert(x), convert(y)
            if not (x.defined and y.defined):
                return undefined(bits)
            holds = _HOLDS[operator](x, y)
            return hull(answers) if holds is None else answers[holds]

        return np.frompyfunc(entry, 2, 1)(a, b)

    return compared


# Matrices


class _Unsure(ArithmeticError):
    """No pivot is certainly different from zero, nor are all of them zero."""


def matrix_value(name: str, entries: Any, bits: int) -> Any:
    """Return det, logdet, inv or adj of a matrix; undefined where it certainly has none."""
    import numpy as np

    convert = number(bits)
    entries = np.frompyfunc(convert, 1, 1)(entries)
    if not all(entry.defined for entry in entries.flat):
        determinant, inverse = undefined(bits), None
    else:
        try:
            determinant, inverse = determinant_and_inverse(
                entries, convert, lambda a, b: a / b, lambda array: array, _pivot
            )
        except _Unsure:
            return _unsure(name, entries, bits)
    if name == "det":
        return determinant
    if name == "logdet":
        return elementwise("log", 1, bits)(determinant)
    if name == "adj":
        if inverse is not None:
            return determinant * inverse
        return adjugate(entries, lambda m: matrix_value("det", m, bits) if m.size else convert(1))
    return np.full(entries.shape, undefined(bits), object) if inverse is None else inverse


def _unsure(name: str, entries: Any, bits: int) -> Any:
    import numpy as np

    nothing = unknown(bits)
    return nothing if name in ("det", "logdet") else np.full(entries.shape, nothing, object)


def _pivot(column: Sequence[Enclosure]) -> int | None:
    """Return the place of the entry that is farthest from zero, None if all certainly are zero."""
    if all(entry.exact == 0 for entry in column):
        return None
    best = max(range(len(column)), key=lambda k: least_magnitude(column[k]))
    if least_magnitude(column[best]) == float("-inf"):
        raise _Unsure
    return best


def _folded(choose: Callable[..., Any]) -> Callable[[Any, int], Any]:
    def fold(array: Any, axis: int) -> Any:
        import numpy as np

        lines = np.moveaxis(array, axis, -1)
        result = np.empty(lines.shape[:-1], dtype=object)
        for place in np.ndindex(*result.shape):
            line = list(lines[place])
            lost = [entry for entry in line if not entry.defined]
            result[place] = lost[0] if lost else choose(*line)
        return result

    return fold


@lru_cache(maxsize=16)
def enclosing_backend(bits: int) -> Backend:
    """Return the backend of enclosures of this precision."""
    import numpy as np

    convert = number(bits)

    def function(name: str, arity: int) -> Callable[..., Any]:
        return elementwise(name, arity, bits)

    def softmax(a: Any, axis: int) -> Any:
        scaled = function("exp", 1)(a)
        return scaled / scaled.sum(axis=axis, keepdims=True)

    return SYMPY._replace(
        name="enclosures",
        array=lambda value: np.array(value, dtype=object),
        number=lambda value: SYMPY.box(convert(value)),
        pi=lambda: SYMPY.box(pi(bits)),
        elementwise=function,
        compare=_compared(bits),
        matrix=lambda name, entries: matrix_value(name, entries, bits),
        largest=_folded(chosen(True)),
        smallest=_folded(chosen(False)),
        logsumexp=lambda a, axis: function("log", 1)(function("exp", 1)(a).sum(axis=axis)),
        softmax=softmax,
        euclidean=lambda a: function("sqrt", 1)((a * a).sum()),
    )
