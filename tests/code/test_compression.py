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
