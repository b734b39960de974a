"""Compressed Hessians against the full ones."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import matcalc

RANDOM = np.random.default_rng(3)
VALUES = {
    "A": RANDOM.standard_normal((5, 3)),
    "U": RANDOM.standard_normal((5, 2)),
    "V": RANDOM.standard_normal((3, 2)),
    "B": RANDOM.standard_normal((5, 5)),
    "C": RANDOM.standard_normal((2, 2)),
    "x": RANDOM.random(7),
    "a": RANDOM.random(7),
}
WHERE = (
    "A: matrix(5, 3); U: matrix(5, 2); V: matrix(3, 2); B: square(5); C: square(2); x, a: vector(n)"
)

CASES = [
    ("normF(A - U*V')^2", "U", (2, 2)),
    ("normF(A - U*V')^2", "V", (2, 2)),
    ("normF(A - tanh(U*V'))^2", "U", (5, 2, 2)),
    ("normF(A - tanh(U*V'))^2", "V", (3, 2, 2)),
    ("sum(exp(U))", "U", (5, 2)),
    ("tr(U'*B*U)", "U", (5, 5)),
    ("tr(U'*B*U*C)", "U", (5, 2, 5, 2)),
    ("sum(log(1 + exp(a .* x)))", "x", (7,)),
    ("sum(a .* x.^3)", "x", (7,)),
    ("norm2(x)^2", "x", ()),
]


def hessians(text: str, wrt: str) -> tuple[Any, Any]:
    answer = matcalc.hessian(text, wrt, WHERE)
    formula = matcalc.parse(text, WHERE).expression
    assert not formula.shape
    full, compressed = answer.compile(), answer.compile(compressed=True)
    names = full.__code__.co_varnames[: full.__code__.co_argcount]
    values = {name: VALUES[name] for name in names}
    return full(**values), compressed(**values)


@pytest.mark.parametrize(("text", "wrt", "shape"), CASES)
def test_the_core_is_the_hessian_without_its_zeros(text: str, wrt: str, shape: Any) -> None:
    full, compressed = hessians(text, wrt)
    if wrt == "U" and text == "tr(U'*B*U*C)":  # two terms of different order, no deltas
        assert not isinstance(compressed.core, tuple) or len(compressed.core) == 2
    else:
        assert compressed.core.shape == shape
    assert_allclose(compressed.full(), full, atol=1e-12)
    v = RANDOM.standard_normal(VALUES[wrt].shape)
    product = compressed.matvec(v)
    assert_allclose(product, np.tensordot(full, v, v.ndim), atol=1e-12)
    assert_allclose(compressed.matvec(compressed.solve(product)), product, atol=1e-8)


def test_terms_of_different_deltas_are_kept_apart() -> None:
    full, compressed = hessians("log(sum(exp(x)))", "x")
    assert len(compressed.core) == 2
    assert_allclose(compressed.full(), full, atol=1e-12)
    v = RANDOM.standard_normal(7)
    assert_allclose(compressed.matvec(v), full @ v, atol=1e-12)


def test_an_array_of_another_shape_is_refused() -> None:
    _, compressed = hessians("sum(exp(U))", "U")
    with pytest.raises(ValueError, match="expected"):
        compressed.matvec(np.ones(10))


@pytest.mark.parametrize(
    ("text", "wrt", "order"), [("x.^2", "x", 1), ("norm2(x)", "x", 1), ("s^3", "s", 2)]
)
def test_only_hessians_are_compressed(text: str, wrt: str, order: int) -> None:
    answer = matcalc.diff(text, wrt, "x: vector(n); s: scalar", order=order)
    with pytest.raises(matcalc.MatcalcError) as refused:
        answer.compile(compressed=True)
    assert refused.value.code == "E702"


@pytest.mark.parametrize(("text", "wrt", "shape"), CASES)
@pytest.mark.parametrize("target", ["jax", "torch"])
def test_other_arrays(text: str, wrt: str, shape: Any, target: str) -> None:
    library: Any = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
    convert = library.tensor if target == "torch" else library.numpy.asarray
    full, numpy = hessians(text, wrt)
    answer = matcalc.hessian(text, wrt, WHERE)
    function = answer.compile(target, value_and=True, compressed=True)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = {name: convert(VALUES[name]) for name in names}
    if target == "jax":
        function = library.jit(function)
    value, hessian = function(**values)
    assert_allclose(value, answer.formula.evaluate(**VALUES))
    assert hessian.shape == numpy.shape
    assert_allclose(hessian.full(), full, atol=1e-12)
    v = RANDOM.standard_normal(VALUES[wrt].shape)
    product = hessian.matvec(convert(v))
    assert isinstance(product, type(values[wrt]))
    assert_allclose(product, numpy.matvec(v), atol=1e-12)
    assert_allclose(hessian.matvec(hessian.solve(product)), product, atol=1e-8)


def test_methods_inside_of_jit() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    text = "normF(A - tanh(U*V'))^2"
    function = matcalc.hessian(text, "U", WHERE).compile("jax", compressed=True)
    full, _ = hessians(text, "U")

    @jax.jit
    def step(A: Any, U: Any, V: Any, G: Any) -> Any:
        hessian = function(A, U, V)
        return hessian.solve(G), hessian.matvec(G), hessian.full()

    G = RANDOM.standard_normal((5, 2))
    solved, product, whole = step(VALUES["A"], VALUES["U"], VALUES["V"], G)
    assert_allclose(whole, full, atol=1e-12)
    assert_allclose(product, np.tensordot(full, G, 2), atol=1e-12)
    assert_allclose(np.tensordot(full, solved, 2), G, atol=1e-8)


def test_the_value_comes_with_it() -> None:
    answer = matcalc.hessian("sum(exp(U))", "U", WHERE)
    value, hessian = answer.compile(value_and=True, compressed=True)(U=VALUES["U"])
    assert value == pytest.approx(np.exp(VALUES["U"]).sum())
    assert_allclose(hessian.core, np.exp(VALUES["U"]))
