"""What a user holds survives processes and copies, equal to itself, and cannot be changed."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

import matcalc
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import make, number
from matcalc.records import Record, replace

DEEP = 3_000


def refused(text: str) -> Any:
    """Differentiate a formula in a process of its own."""
    return matcalc.diff(text, "x", "x: vector(n)")


def caught(text: str) -> MatcalcError:
    with pytest.raises(MatcalcError) as found:
        matcalc.diff(text, "x", "x: vector(n)")
    return found.value


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_wrong_formula_breaks_no_pool(method: str) -> None:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, context) as executor:
        futures = [executor.submit(refused, text) for text in ("x * x", "sin(", "sigmod(x)")]
        errors = [future.exception() for future in futures]
    for error, text in zip(errors, ("x * x", "sin(", "sigmod(x)"), strict=True):
        assert isinstance(error, MatcalcError)
        assert error == caught(text)
        assert str(error) == str(caught(text))


def test_an_error_tells_its_place_and_its_hint() -> None:
    error = caught("2 + x * x")
    lines = str(error).splitlines()
    assert lines[0].startswith("error[E301]: ")
    assert lines[1:3] == ["  | 2 + x * x", "  |       ^"]
    assert lines[3].startswith("  = hint: ")
    assert error._render_traceback_() == lines
    assert len({error, caught("2 + x * x")}) == 1


FORMULAS = ["x'*A*x", "max(0, w·x + b)", "f(x)'*x", "T[1,:,2]", "sum(i = 1..n, x[i]^i)", "x/3 + n"]


@pytest.mark.parametrize("text", FORMULAS)
def test_nodes_are_interned_again_and_cannot_be_changed(text: str) -> None:
    formula = matcalc.parse(text, "f: elementwise; T: tensor(a, b, c); x: vector(n)")
    node = formula.expression
    for again in (pickle.loads(pickle.dumps(node)), copy.copy(node), copy.deepcopy(node)):
        assert again is node
    for name in ("head", "value", "arguments", "shape", "other"):
        with pytest.raises(AttributeError):
            setattr(node, name, "add")
    with pytest.raises(AttributeError):
        del node.head
    assert matcalc.parse(text, formula.where).expression is node


def test_deep_nodes_are_pickled() -> None:
    node = number(1)
    for _ in range(DEEP):
        node = make("call", (node,), ("sin", None))
    assert pickle.loads(pickle.dumps(node)) is node
    tensor = matcalc.diff("sum(exp(A*sin(x)))", "x").tensor
    assert pickle.loads(pickle.dumps(tensor)) is tensor


class Point(Record):
    """Two coordinates."""

    x: int
    names: dict[str, int]
    y: int = 0


def test_records_are_plain_data() -> None:
    point = Point(1, {"a": 1})
    assert point == Point(x=1, names={"a": 1}, y=0) != replace(point, y=2)
    assert len({point, Point(1, {"a": 1})}) == 1
    assert pickle.loads(pickle.dumps(point)) == copy.deepcopy(point) == point
    assert repr(point) == "Point(x=1, names={'a': 1}, y=0)"
    for wrong in (lambda: Point(), lambda: Point(1, {}, 2, 3), lambda: Point(1, {}, x=2)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        len(point)  # type: ignore[arg-type]
