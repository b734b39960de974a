"""Elementary functions in emitted code: every row of the table, for every target."""

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import matcalc
from matcalc.expressions.functions import ELEMENTARY
from matcalc.programs.answers import compiled_program as compile_together

POINTS = {"x": [0.3, 0.9, 1.5, -0.4, 0.0, -40.0], "y": [0.2, 1.0, -3.0, 0.5, 2.0, 1.0]}
GIVEN = {**POINTS, "w": [1.0, 0.0, 2.0, -1.0, 0.5, 3.0]}
ROWS = [row for row in ELEMENTARY if row.name != "power"]
TARGETS = ["numpy", "jax", "torch"]


def arrays(target: str, names: str) -> dict[str, Any]:
    values = {name: np.array(GIVEN[name]) for name in names}
    if target == "numpy":
        return values
    library: Any = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
        return values
    return {name: library.tensor(value) for name, value in values.items()}


def agrees(formula: Any, target: str, names: str) -> None:
    values = {name: np.array(GIVEN[name]) for name in names}
    given = arrays(target, names)
    with np.errstate(all="ignore"):
        got = formula.compile(target)(**given)
        assert_allclose(np.asarray(got), formula.evaluate(**values), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_emitted(row: Any, target: str) -> None:
    names = "xyw"[: len(row.parameters)]
    where = f"{', '.join(names)}: vector(n)"
    agrees(matcalc.parse(f"{row.name}({', '.join(names)})", where), target, names)
    # as an operand, of operands that are formulas, and of numbers
    inner = ", ".join([f"{name} + 1/3" for name in names])
    agrees(matcalc.parse(f"(2 - {row.name}({inner})) .* x", where), target, names)
    numbers = ", ".join(["3/2" if row.name == "arccosh" else "1/3", "2", "pi"][: len(names)])
    agrees(matcalc.parse(f"x*{row.name}({numbers})^2", "x: vector(n)"), target, "x")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("target", TARGETS)
def test_what_a_template_repeats_is_computed_once(row: Any, target: str) -> None:
    names = "xyw"[: len(row.parameters)]
    products = ", ".join([f"X*{name}" for name in names])
    where = f"X: square(n); {', '.join(names)}: vector(n)"
    source = matcalc.parse(f"{row.name}({products})", where).code(target)
    assert source.count(" @ ") == len(names)
    compile(source, "emitted", "exec")


def _softplus(x: Any) -> Any:
    return np.logaddexp(0, x)


def _logsumexp(x: Any, axis: Any = None) -> Any:
    most = x.max(axis, keepdims=True)
    return np.squeeze(np.log(np.exp(x - most).sum(axis, keepdims=True)) + most, axis)


STABLE = [  # formula, its value in a form that neither overflows nor cancels
    ("-sum(log(sigmoid(y .* (X*w))))", lambda v: _softplus(-v["y"] * (v["X"] @ v["w"])).sum()),
    ("sum(log1p(exp(X*w)))", lambda v: _softplus(v["X"] @ v["w"]).sum()),
    ("-sum(log(1/(1 + exp(-X*w))))", lambda v: _softplus(-v["X"] @ v["w"]).sum()),
    ("-sum(log(exp(y) ./ (1 + exp(y))))", lambda v: _softplus(-v["y"]).sum()),
    ("-sum(log(1 - sigmoid(Z)))", lambda v: _softplus(v["Z"]).sum()),
    ("-sum(log(1 - 1/(1 + exp(-y))))", lambda v: _softplus(v["y"]).sum()),
    (
        "-sum(t .* log(sigmoid(y)) + (1 - t) .* log(1 - sigmoid(y)))",
        lambda v: (v["t"] * _softplus(-v["y"]) + (1 - v["t"]) * _softplus(v["y"])).sum(),
    ),
    (
        "-sum(Y .* log(softmax(Z, axis=1)))",
        lambda v: (v["Y"] * (_logsumexp(v["Z"], 1)[:, None] - v["Z"])).sum(),
    ),
    (
        "sum(log(sum(exp(Z), axis=1))) - sum(Y .* Z)",
        lambda v: _logsumexp(v["Z"], 1).sum() - (v["Y"] * v["Z"]).sum(),
    ),
    ("sum(log(sum(exp(Z), axis=0)))", lambda v: _logsumexp(v["Z"], 0).sum()),
    ("sum(log(exp(Z)*ones(m)))", lambda v: _logsumexp(v["Z"], 1).sum()),
    ("log(sum(exp(Z)))", lambda v: _logsumexp(v["Z"])),
    ("-log(softmax(y)[2])", lambda v: _logsumexp(v["y"]) - v["y"][1]),
    (
        "-sum(Y .* log(softmax(Z', axis=0)'))",
        lambda v: (v["Y"] * (_logsumexp(v["Z"], 1)[:, None] - v["Z"])).sum(),
    ),
]


@pytest.mark.parametrize("scale", [1.0, 800.0])
@pytest.mark.parametrize(("text", "wanted"), STABLE, ids=[text for text, _ in STABLE])
@pytest.mark.parametrize("target", TARGETS)
def test_values_of_losses_are_stable(text: str, wanted: Any, scale: float, target: str) -> None:
    where = "X: matrix(N, n); w: vector(n); Y, Z: matrix(N, m); y, t: vector(N)"
    values = {
        "X": np.array([[1.0, 0.2], [-1.0, 0.1], [0.01, 0.0]]),
        "w": scale * np.array([1.0, -0.1]),
        "Z": scale * np.array([[1.0, -1.0], [-0.7, -0.9], [0.002, 0.001]]),
        "Y": np.array([[1.0, 0.0], [0.0, 1.0], [0.4, 0.6]]),
        "y": scale * np.array([1.0, -1.0, 0.001]),
        "t": np.array([1.0, 0.0, 0.3]),
    }
    formula = matcalc.parse(text, where)
    names = inspect.signature(formula.compile()).parameters
    wrt = next(name for name in "wZy" if name in names)
    convert: Any = np.asarray
    if target != "numpy":
        library: Any = pytest.importorskip(target)
        convert = library.tensor if target == "torch" else np.asarray
        if target == "jax":
            library.config.update("jax_enable_x64", True)
    both = compile_together(matcalc.gradient(text, wrt, where), target, value_and=True)
    given = {name: convert(values[name]) for name in names}
    assert_allclose(np.asarray(formula.compile(target)(**given)), wanted(values), rtol=1e-12)
    value, gradient = both(**given)
    assert_allclose(np.asarray(value), wanted(values), rtol=1e-12)
    assert np.isfinite(np.asarray(gradient)).all()


def test_functions_of_constant_arrays_keep_their_shape() -> None:
    formula = matcalc.parse("softplus(ones(n)) .* x + sum(softplus(ones(n)))", "x: vector(n)")
    assert_allclose(formula.compile()(x=[1.0, 2.0]), formula.evaluate(x=[1.0, 2.0]))
