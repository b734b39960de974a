"""What the functions of the Python interface take: checked by the parameters' names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from matcalc.errors import MatcalcError, shortened
from matcalc.records import Record

Given = ParamSpec("Given")
Result = TypeVar("Result")

TEXTS = frozenset(
    "claim upstream layout notation structure target title format manner detail".split()
)
NAMES = frozenset({"wrt", "tangent"})
FLAGS = frozenset({"value_and", "compressed", "cases", "ascii"})


def checked(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Refuse arguments of the wrong type with MatcalcError (E702), by the parameters' names.

    >>> @checked
    ... def diff(text, wrt, order=1):
    ...     return wrt
    >>> diff("x'*x", ["x"])
    ['x']
    >>> try:
    ...     diff("x'*x", 5)
    ... except MatcalcError as error:
    ...     print(error.message)
    wrt is a name or a list of names, not an int
    """
    code = function.__code__
    parameters = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    usual = {
        **dict(zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True)),
        **(function.__kwdefaults__ or {}),
    }

    @wraps(function)
    def call(*values: Given.args, **named: Given.kwargs) -> Result:
        for name, value in (*zip(parameters, values, strict=False), *named.items()):
            if name not in usual or value is not usual[name]:
                _check(name, value)
        return function(*values, **named)

    return call


def _check(name: str, value: Any) -> None:
    if name in ("text", "where"):
        if not isinstance(value, str | (Record if name == "text" else Mapping)):
            raise _wrong(name, "a text", value, "'x'")
    elif name in TEXTS:
        if not isinstance(value, str):
            raise _wrong(name, "a text", value, "'x'")
    elif name in NAMES:
        several = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
        if not (isinstance(value, str) or several):
            raise _wrong(name, "a name or a list of names", value, "'x', or ['x', 'y']")
    elif name == "seed":
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(name, "a whole number", value, "1")
    elif name == "limit":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e9:
            raise _wrong(name, "a number of seconds", value, "20")
    elif name in FLAGS and not isinstance(value, bool):
        raise _wrong(name, "True or False", value, "True")


def _wrong(name: str, wanted: str, value: Any, hint: str) -> MatcalcError:
    kind = type(value).__name__
    what = f"{_article(kind)} {kind}"
    if isinstance(value, float | list | tuple):
        what = shortened(repr(value))
    return MatcalcError("E702", f"{name} is {wanted}, not {what}", hint=f"{name}={hint}")


def _article(kind: str) -> str:
    return "an" if kind[:1] in "aeiou" else "a"
