"""What differs between numbers: NumPy's floating point, and SymPy's scalars in object arrays.

Everything else of evaluation is arithmetic on NumPy arrays, which both share. Neither
package is imported before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from matcalc.calculus.templates import template
from matcalc.errors import MatcalcError
from matcalc.expressions.functions import ROWS
from matcalc.expressions.relations import RELATIONS

Function = Callable[..., Any]


class Backend(NamedTuple):
    """The operations in which two kinds of numbers differ.

    `array` turns a user's value into an array and `box` a result; `number` is exact where
    the numbers can be. `elementwise` gives the function of a name and arity of the table.
    `matrix` has the functions of square matrices, `largest` and `smallest` reduce an axis.
    """

    name: str
    array: Callable[[Any], Any]
    box: Callable[[Any], Any]
    number: Callable[[Fraction], Any]
    pi: Callable[[], Any]
    elementwise: Callable[[str, int], Function]
    compare: Callable[[str, Any, Any], Any]
    matrix: Callable[[str, Any], Any]
    largest: Callable[[Any, int], Any]
    smallest: Callable[[Any, int], Any]
    logsumexp: Callable[[Any, int], Any]
    softmax: Callable[[Any, int], Any]
    euclidean: Callable[[Any], Any]


def _refuse(value: object) -> MatcalcError:
    return MatcalcError("E305", f"not an array of numbers: {type(value).__name__}")


# NumPy


def _numpy_array(value: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufO":
            return array.astype(
                np.result_type(np.float64, array.dtype if array.dtype.kind == "f" else np.float64)
            )
        if array.dtype.kind == "c":
            return array
    except (TypeError, ValueError, OverflowError):
        pass
    raise _refuse(value)


def _numpy_box(value: Any) -> Any:
    import numpy as np

    return np.asarray(value)


def _numpy_number(value: Fraction) -> Any:
    import numpy as np

    try:
        return np.asarray(float(value))
    except OverflowError:
        return np.asarray(np.inf if value > 0 else -np.inf)


def _numpy_pi() -> Any:
    import numpy as np

    return np.asarray(np.pi)


class _Special:
    """Functions of numbers that NumPy has not, by their names in scipy.special."""

    def __getattr__(self, name: str) -> Function:
        import math

        import numpy as np

        if hasattr(math, name):  # without SciPy's half a second
            return np.vectorize(getattr(math, name), otypes=[float])
        from scipy import special

        function: Function = getattr(special, name)
        return function


def _sigmoid(x: Any) -> Any:
    """Return 1/(1 + exp(-x)) without overflow and without loss for large |x|."""
    import numpy as np

    small = np.exp(-np.abs(x)) if np.isrealobj(x) else np.exp(-np.where(x.real >= 0, x, -x))
    return np.where(np.real(x) >= 0, 1, small) / (1 + small)


@cache
def _numpy_elementwise(name: str, arity: int) -> Function:
    import numpy as np

    names = {"np": np, "special": _Special(), "sigmoid": _sigmoid}
    return compiled(template(name, arity, "numpy"), arity, names.get)


def compiled(template: str, arity: int, meaning: Callable[[str], Any]) -> Function:
    """Return the table's own template as a function; no user's text ever gets here.

    `meaning` tells what the names in it stand for; what it has no meaning of is Python's.

    >>> compiled("larger({0}, {1})", 2, {"larger": max}.get)(3, 2)
    3
    """
    parameters = [f"a{position}" for position in range(arity)]
    body = template.format(*parameters)
    used = compile(body, "<table>", "eval").co_names
    names = {name: meaning(name) for name in used if meaning(name) is not None}
    function: Function = eval(f"lambda {', '.join(parameters)}: {body}", names)
    return function


def _numpy_compare(operator: str, a: Any, b: Any) -> Any:
    import numpy as np

    return np.asarray(getattr(np, RELATIONS[operator].numpy)(a, b), dtype=float)


def _numpy_matrix(name: str, a: Any) -> Any:
    import numpy as np

    try:
        return _NUMPY_MATRIX[name](np, a)
    except np.linalg.LinAlgError as error:
        raise MatcalcError("E401", f"{name}: {str(error).lower()} at these values") from None


def _numpy_logdet(np: Any, a: Any) -> Any:
    sign, logarithm = np.linalg.slogdet(a)
    return logarithm if sign == 1 else np.nan


def _numpy_adj(np: Any, a: Any) -> Any:
    """Return the adjugate by way of the singular values, so that singular matrices have one."""
    u, s, vh = np.linalg.svd(a)
    others = np.array([np.prod(np.delete(s, i)) for i in range(len(s))])
    return np.linalg.det(u) * np.linalg.det(vh) * (vh.conj().T * others) @ u.conj().T


_NUMPY_MATRIX: dict[str, Callable[[Any, Any], Any]] = {
    "inv": lambda np, a: np.linalg.inv(a),
    "det": lambda np, a: np.linalg.det(a),
    "logdet": _numpy_logdet,
    "adj": _numpy_adj,
}


def _numpy_logsumexp(a: Any, axis: int) -> Any:
    import numpy as np

    most = a.max(axis=axis, keepdims=True)
    most = np.where(np.isfinite(most), most, 0)
    return np.log(np.exp(a - most).sum(axis=axis)) + most.squeeze(axis)


def _numpy_softmax(a: Any, axis: int) -> Any:
    import numpy as np

    scaled = np.exp(a - a.max(axis=axis, keepdims=True))
    return scaled / scaled.sum(axis=axis, keepdims=True)


def _numpy_euclidean(a: Any) -> Any:
    import numpy as np

    return np.linalg.norm(a)


NUMPY = Backend(
    name="numpy",
    array=_numpy_array,
    box=_numpy_box,
    number=_numpy_number,
    pi=_numpy_pi,
    elementwise=_numpy_elementwise,
    compare=_numpy_compare,
    matrix=_numpy_matrix,
    largest=lambda a, axis: a.max(axis=axis),
    smallest=lambda a, axis: a.min(axis=axis),
    logsumexp=_numpy_logsumexp,
    softmax=_numpy_softmax,
    euclidean=_numpy_euclidean,
)


# SymPy


def _sympy_scalar(value: Any) -> Any:
    import sympy

    if hasattr(value, "dtype"):
        value = value.item()
    return sympy.sympify(value, strict=True)  # strict: text is refused, not run


def _sympy_array(value: Any) -> Any:
    import numpy as np
    import sympy

    try:
        array = _sympy_box(value) if isinstance(value, sympy.Basic) else np.array(value, object)
        return _sympy_box(np.frompyfunc(_sympy_scalar, 1, 1)(array))
    except (TypeError, ValueError, sympy.SympifyError):
        raise _refuse(value) from None


def _sympy_box(value: Any) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray):
        return value
    box = np.empty((), dtype=object)
    box[()] = value
    return box


def _sympy_number(value: Fraction) -> Any:
    import sympy

    return _sympy_box(sympy.Rational(value.numerator, value.denominator))


def _sympy_pi() -> Any:
    import sympy

    return _sympy_box(sympy.pi)


def _sympy_where(condition: Any, then: Any, otherwise: Any) -> Any:
    """Choose at once where the condition is a number, keep it where it is a relation."""
    import sympy

    if isinstance(condition, sympy.Piecewise):
        condition = sympy.Or(
            *[sympy.And(case, sympy.Ne(value, 0)) for value, case in _exclusive(condition)]
        )
    else:
        condition = sympy.Ne(condition, 0)
    return sympy.Piecewise((then, condition), (otherwise, True))


def _exclusive(piecewise: Any) -> list[tuple[Any, Any]]:
    """Return the values of a Piecewise with conditions that exclude each other."""
    import sympy

    before = sympy.false
    cases = []
    for value, condition in piecewise.args:
        cases.append((value, sympy.And(condition, sympy.Not(before))))
        before = sympy.Or(before, condition)
    return cases


@cache
def _sympy_elementwise(name: str, arity: int) -> Function:
    import numpy as np
    import sympy

    if ROWS[name, arity].chooses == "condition":
        function: Function = _sympy_where
    else:
        function = compiled(template(name, arity, "sympy"), arity, vars(sympy).get)
    return np.frompyfunc(function, arity, 1)


def _sympy_compare(operator: str, a: Any, b: Any) -> Any:
    import numpy as np
    import sympy

    relation: Function = getattr(sympy, RELATIONS[operator].sympy)

    def entry(left: Any, right: Any) -> Any:
        holds = relation(left, right)
        return sympy.Piecewise((1, holds), (0, True))

    return np.frompyfunc(entry, 2, 1)(a, b)


def _sympy_matrix(name: str, a: Any) -> Any:
    import numpy as np
    import sympy

    matrix = sympy.Matrix(a)
    if name == "adj":
        return np.array(matrix.adjugate(method="berkowitz"), dtype=object)
    determinant = matrix.det(method="berkowitz")
    if name == "det":
        return determinant
    if name == "logdet":
        return sympy.log(determinant)
    if determinant == 0:
        raise MatcalcError("E401", "inv: singular matrix at these values")
    return np.array(matrix.adjugate(method="berkowitz") / determinant, dtype=object)


def _sympy_reduce(function: str) -> Callable[[Any, int], Any]:
    def reduce(a: Any, axis: int) -> Any:
        import numpy as np
        import sympy

        lines = np.moveaxis(a, axis, -1)
        result = np.empty(lines.shape[:-1], dtype=object)
        for place in np.ndindex(*result.shape):
            result[place] = getattr(sympy, function)(*lines[place])
        return result

    return reduce


def _sympy_logsumexp(a: Any, axis: int) -> Any:
    return _sympy_elementwise("log", 1)(_sympy_elementwise("exp", 1)(a).sum(axis=axis))


def _sympy_softmax(a: Any, axis: int) -> Any:
    scaled = _sympy_elementwise("exp", 1)(a)
    return scaled / scaled.sum(axis=axis, keepdims=True)


def _sympy_euclidean(a: Any) -> Any:
    return _sympy_elementwise("sqrt", 1)((a * a).sum())


SYMPY = Backend(
    name="sympy",
    array=_sympy_array,
    box=_sympy_box,
    number=_sympy_number,
    pi=_sympy_pi,
    elementwise=_sympy_elementwise,
    compare=_sympy_compare,
    matrix=_sympy_matrix,
    largest=_sympy_reduce("Max"),
    smallest=_sympy_reduce("Min"),
    logsumexp=_sympy_logsumexp,
    softmax=_sympy_softmax,
    euclidean=_sympy_euclidean,
)
