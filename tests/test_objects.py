"""The objects that users hold: one line each, no tuples, the same after copies and pickling."""

import copy
import inspect
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.documents.checking import Settings
from matcalc.documents.documents import check_text

NEURON = "max(0, w·x + b)"
NETWORK = "sum(tanh(V*tanh(W*x)))"

OBJECTS: dict[str, Callable[[], Any]] = {
    "formula": lambda: matcalc.parse(NEURON),
    "intermediate": lambda: matcalc.parse(NEURON).intermediates[0],
    "derivative": lambda: matcalc.diff(NEURON, "w"),
    "entry": lambda: matcalc.diff("x'*A*x", "A[1,2]"),
    "hessian": lambda: matcalc.hessian("logsumexp(A*x)", "x"),
    "kronecker": lambda: matcalc.diff("A*X*B", "X", notation="kronecker"),
    "structured": lambda: matcalc.diff("logdet(S)", "S", "S: spd(n)", structure="cookbook"),
    "abstract": lambda: matcalc.diff("g(f(x))", "x", "f: elementwise; g: vector(n) -> scalar"),
    "vjp": lambda: matcalc.vjp("W*X", "W"),
    "jvp": lambda: matcalc.jvp("W*x + b", ["W", "b"], ["V", "u"]),
    "derivatives": lambda: matcalc.gradient(NETWORK, ["V", "W"], "V, W: square(n)"),
    "blocks": lambda: matcalc.hessian("(w·x + b)^2", ["w", "b"]),
    "explanation": lambda: matcalc.explain(NEURON, "w"),
    "second explanation": lambda: matcalc.explain("x'*A*x", "x", order=2),
    "step": lambda: matcalc.diff(NEURON, "w").steps[3],
    "rule": lambda: matcalc.diff(NEURON, "w").steps[3].rule,
    "costs": lambda: matcalc.explain("A*(B*x)", "x").costs(),
    "fact": lambda: matcalc.diff(NEURON, "w").notes[0],
    "proved": lambda: matcalc.check("x'*A*x", "x", "x'*(A + A')"),
    "refuted": lambda: matcalc.check("x'*A*x", "x", "2*x'*A"),
    "verification": lambda: matcalc.diff("A*x", "x").verify(),
    "report": lambda: check_text("y = x'*x\ndy/dx = 3*x'\n", "notes.mc", Settings()),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_stay_equal(name: str) -> None:
    one = OBJECTS[name]()
    copies = [copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), OBJECTS[name]()]
    for other in copies:
        assert other == one
        assert hash(other) == hash(one)
        assert (str(other), repr(other)) == (str(one), repr(one))
    with pytest.raises(AttributeError):
        one.shape = ()


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_told_in_one_line(name: str) -> None:
    line = repr(OBJECTS[name]())
    assert "\n" not in line
    if name not in ("intermediate", "rule", "costs", "fact", "report"):
        assert line.startswith("<")
        assert len(line) < 250


@pytest.mark.parametrize("name", [n for n in OBJECTS if n not in ("derivatives", "blocks")])
def test_objects_are_no_tuples(name: str) -> None:
    one = OBJECTS[name]()
    for broken in (lambda: len(one), lambda: one[0], lambda: one * 2, lambda: list(one)):
        with pytest.raises(TypeError):
            broken()


def same(name: str) -> tuple[Any, str]:
    """Make an object in another process."""
    one = OBJECTS[name]()
    return one, f"{one!s}\n{one!r}"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_objects_come_back_from_processes(method: str) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as executor:
        for name, (other, text) in zip(OBJECTS, executor.map(same, OBJECTS), strict=True):
            one = OBJECTS[name]()
            assert other == one, name
            assert text == f"{one!s}\n{one!r}"


REPRS = {
    "formula": "<Formula max(0, w·x + b)>",
    "derivative": "<Derivative of max(0, w·x + b) by w: [w·x + b > 0]*x'>",
    "vjp": "<Vector-Jacobian product of W*X by W with G: G*X'>",
    "refuted": "<Verdict refuted: the claim differs from the derivative; only if symmetric>",
}


@pytest.mark.parametrize("name", REPRS)
def test_repr(name: str) -> None:
    assert repr(OBJECTS[name]()) == REPRS[name]


def test_a_verdict_is_true_where_the_claim_holds() -> None:
    assert OBJECTS["proved"]()
    assert not OBJECTS["refuted"]()


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "diff": lambda text: matcalc.diff(text, "x"),
    "several": lambda text: matcalc.diff(text, ["x", "A"]),
    "entry": lambda text: matcalc.diff(text, "x[2]"),
    "gradient": lambda text: matcalc.gradient(text, "x"),
    "hessian": lambda text: matcalc.hessian(text, "x"),
    "vjp": lambda text: matcalc.vjp(text, "x"),
    "jvp": lambda text: matcalc.jvp(text, "x"),
    "check": lambda text: matcalc.check(text, "x", "x'*(A + A')"),
    "explain": lambda text: matcalc.explain(text, "x"),
    "code": lambda text: matcalc.code(text, "x"),
    "value": lambda text: matcalc.code(text),
    "parse": matcalc.parse,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_formula_is_taken_for_a_text(name: str) -> None:
    ask = OPERATIONS[name]
    assert ask(matcalc.parse("x'*A*x")) == ask("x'*A*x")


def test_declarations_are_a_text_or_a_mapping() -> None:
    text = matcalc.diff("x'*A*x", "x", "A: symmetric(n); x: vector(n)")
    assert matcalc.diff("x'*A*x", "x", {"A": "symmetric(n)", "x": "vector(n)"}) == text
    formula = matcalc.parse("x'*A*x", {"A": "symmetric(n)"})
    assert str(matcalc.diff(formula, "x")) == str(text)
    assert str(matcalc.diff(matcalc.parse("x'*A*x"), "x", "A: symmetric(n)")) == str(text)


WRONG = [
    lambda: matcalc.parse(3),  # type: ignore[arg-type]
    lambda: matcalc.diff("x", 3),  # type: ignore[call-overload]
    lambda: matcalc.diff("x", ["x", 3]),  # type: ignore[list-item]
    lambda: matcalc.diff("x", "x", 3),  # type: ignore[call-overload]
    lambda: matcalc.diff("x", "x", {"x": 3}),  # type: ignore[dict-item]
    lambda: matcalc.vjp("x", "x", 3),  # type: ignore[call-overload]
    lambda: matcalc.check("x", "x", None),  # type: ignore[arg-type]
    lambda: matcalc.code("x", compressed=True),
    lambda: matcalc.code("x", autograd=True),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_text_is_refused(wrong: Callable[[], Any]) -> None:
    with pytest.raises(MatcalcError) as caught:
        wrong()
    assert caught.value.code in ("E701", "E702")


def test_declarations_follow_what_is_asked() -> None:
    operands = {"text", "wrt", "upstream", "tangent", "claim"}
    for name in ("diff", "gradient", "hessian", "vjp", "jvp", "check", "explain", "code"):
        names = list(inspect.signature(getattr(matcalc, name)).parameters)
        assert set(names[: names.index("where")]) <= operands
        assert operands.isdisjoint(names[names.index("where") :])


def test_several_variables_offer_what_one_does() -> None:
    one, both = matcalc.diff(NEURON, "w"), matcalc.diff(NEURON, ["w", "b"])
    names = {n for n in dir(one) if not n.startswith("_")} - {*type(one).fields_, "check"}
    of_one_answer = {"shape", "flattened", "name", "target", "tensor", "fields_"}
    assert names - of_one_answer <= set(dir(both))
    values = {"w": [1, 2], "x": [3, 4], "b": 1}
    np.testing.assert_equal(both.evaluate(**values)["w"], one.evaluate(**values))
    assert both.derivation()["w"] == one.derivation()
    assert both.steps["w"] == one.steps
    assert all(both.verify().values())


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values_keep_their_precision(kind: Any) -> None:
    arrays = {"A": np.ones((2, 3), kind), "x": np.ones(3, kind), "y": np.ones(2, kind)}
    answer = matcalc.gradient("norm2(A*x - y)^2", "x")
    assert answer.evaluate(**arrays).dtype == kind == answer.compile()(**arrays).dtype
    assert matcalc.parse("A*x").evaluate(**arrays).dtype == kind


def test_the_help_is_a_page() -> None:
    page = matcalc.__doc__ or ""
    for name in matcalc.__all__:
        if name.islower() and not name.startswith("_"):
            assert name in page
        assert hasattr(matcalc, name)
        assert name in dir(matcalc)
