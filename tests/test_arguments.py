"""Whatever the Python interface is given, it answers or raises a MatcalcError with a hint."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.programs.answers import compiled_program, emit

BAD = [
    None, 5, 1.5, True, b"x", {}, [], ["x", None], [["x"]], {"x"}, object(), float("nan"),
    10**400, -1, np.int64(3), np.float64(2), np.array([1, 2]), np.array("x"), "", "\0", "x" * 300,
    "\ud800", ("x", 5), len, ..., type, np.nan, complex(1, 2),
]  # fmt: skip

QUESTION = {"text": "x'*A*x", "wrt": "x", "where": ""}
GOOD: dict[str, dict[str, Any]] = {
    "diff": {**QUESTION, "layout": "mixed", "order": 1, "notation": "auto", "structure": "entries"},
    "gradient": {**QUESTION, "structure": "entries"},
    "hessian": {**QUESTION, "notation": "auto", "structure": "entries"},
    "vjp": {**QUESTION, "upstream": "G", "structure": "entries"},
    "jvp": {**QUESTION, "tangent": "V"},
    "parse": {"text": "A*x", "where": ""},
    "check": {**QUESTION, "claim": "x'*(A + A')", "layout": "numerator", "order": 1, "seed": 0,
              "limit": 5.0},
}  # fmt: skip
D = matcalc.diff("x'*A*x", "x")
CALLS: dict[str, Callable[[Any], object]] = {
    "evaluate": lambda bad: D.evaluate(x=bad, A=np.eye(2)),
    "evaluate a matrix": lambda bad: D.evaluate(x=[1, 2], A=bad),
    "evaluate a formula": lambda bad: matcalc.parse("A*x").evaluate(x=bad, A=np.eye(2)),
    "a length": lambda bad: matcalc.parse("sum(ones(n))*a").evaluate(a=1, n=bad),
    "a bound": lambda bad: matcalc.parse("sum(i = 1..N, a^i)").evaluate(a=1, N=bad),
    "code": lambda bad: D.code(bad),
    "compile": lambda bad: D.compile(bad),
    "code of a formula": lambda bad: matcalc.parse("A*x").code(bad),
    "value_and": lambda bad: D.code(value_and=bad),
    "compressed": lambda bad: D.code(compressed=bad),
    "compiled_program": lambda bad: compiled_program(bad),
    "emit": lambda bad: emit(bad),
    "emit of a list": lambda bad: emit([D, bad]),
    "target": lambda bad: emit(D, bad),
    "note": lambda bad: matcalc.note(bad),
    "note's format": lambda bad: matcalc.note(D, bad),
    "note's title": lambda bad: matcalc.note(D, "html", bad),
    "manner": lambda bad: D.derivation(bad),
    "detail": lambda bad: D.derivation(None, bad),
}


def refused_or_answered(call: Callable[[], object]) -> None:
    try:
        call()
    except matcalc.MatcalcError as error:
        assert error.code != "E901"
        assert error.message


@pytest.mark.parametrize(
    ("function", "parameter"), [(f, p) for f, given in GOOD.items() for p in given]
)
def test_every_parameter(function: str, parameter: str) -> None:
    for bad in BAD:
        given = {**GOOD[function], parameter: bad}
        refused_or_answered(lambda given=given: getattr(matcalc, function)(**given))  # type: ignore[misc]


@pytest.mark.parametrize("name", CALLS)
def test_every_method(name: str) -> None:
    for bad in BAD:
        refused_or_answered(lambda bad=bad: CALLS[name](bad))  # type: ignore[misc]


@pytest.mark.parametrize("x", [[1, 2, 3], [np.nan, np.inf], [1, [2]], [10**400, 1], [[1], [2]]])
def test_odd_arrays(x: Any) -> None:
    refused_or_answered(lambda: D.evaluate(x=x, A=np.eye(2)))


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        ("diff", {"wrt": 5}, "wrt is a name or a list of names, not an int"),
        ("diff", {"text": None}, "text is a text, not a NoneType"),
        ("diff", {"order": "2"}, "there is no derivative of order 2"),
        ("check", {"limit": float("nan")}, "limit is a number of seconds, not nan"),
    ],
)
def test_the_message_says_what_is_taken(function: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=message) as caught:
        getattr(matcalc, function)(**{**GOOD[function], **given})
    assert caught.value.code == "E702"
    assert caught.value.hint
