"""Code of matrices and abstract functions that running indices go through, for every library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from tests.roads import assert_same, converter, parameters

WHERE = (
    "a: scalar; x: vector(n); y: vector(p); z: vector(m); A: matrix(m, n); C: square(n); "
    "P: spd(n); f: elementwise; g: vector(n) -> scalar; h: vector(n) -> vector(p); "
    "r: scalar, scalar -> scalar; q: matrix(m, n) -> scalar; k: scalar -> vector(n)"
)
SIZES = {"n": 2, "m": 3, "p": 4}

FORMULAS = (
    ("C^m", "C"), ("tr(P^m)", "P"), ("x'*C^m*x", "x"), ("x'*C^m*x", "C"), ("C^(2*m - 1)*x", "C"),
    ("sum(i = 1..m, tr(C^i))", "C"), ("sum(i = 1..m, z[i]*C^i)", "z"),
    ("sum(i = 1..m, z[i]*x'*C^(2*i)*x)", "C"), ("sum(i = 1..m, z[i]*C^(i - 2))", "z"),
    ("sum(i = 1..m, j = 1..p, z[i]*y[j]*tr(C^(i + j)))", "y"),
    ("sum(i = 1..m-3, z[i]*tr(C^i))", "z"), ("C^m*x", "x"),
    ("sum(i = 1..m, tr(inv(z[i]*C)))", "z"), ("sum(i = 1..m, tr(inv(z[i]*C + C*C)))", "C"),
    ("sum(i = 1..m, det(z[i]*C + eye(n)))", "z"), ("sum(i = 1..m, logdet(P + i*eye(n)))", "P"),
    ("sum(i = 1..m, adj(z[i]*C)[1,2])", "z"), ("sum(i = 1..m, tr((z[i]*C + eye(n))^p))", "p"),
    ("sum(i = 1..m, g(A[i,:]')*z[i])", "A"), ("sum(i = 1..m, g(A[i,:]')*z[i])", "z"),
    ("sum(i = 1..m, j = 1..p, g(y[j]*A[i,:]')*z[i])", "y"), ("sum(i = 1..m, h(z[i]*x))", "x"),
    ("sum(i = 1..m, h(z[i]*x))", "z"), ("sum(i = 1..m, r(z[i], a))", "z"),
    ("sum(i = 1..m, r(z[i], a))", "a"), ("sum(i = 1..m, q(z[i]*A))", "z"),
    ("sum(i = 1..m, q(z[i]*A))", "A"), ("sum(i = 1..m, k(z[i])'*x)", "z"),
    ("sum(i = 1..m, f(z[i])*g(x*i))", "x"), ("sum(i = 1..m-3, g(z[i]*x))", "x"),
)  # fmt: skip


def functions(library: Any) -> dict[str, Any]:
    """Return abstract functions and their derivatives in numerator layout, for a library."""
    one = np.array
    B, c = one([[1.0, -2], [3, 1], [0.5, 2], [2, 5]]), one([0.3, -0.7])
    B, c = (library.asarray(array) for array in (B, c))
    Q = library.asarray(one([[1.0, 2], [-1, 3], [0.5, 1]]))
    return {
        "f": library.sin, "f'": library.cos, "g": lambda x: library.sin(c @ x),
        "g'": lambda x: (library.cos(c @ x) * c)[None, :],
        "h": lambda x: library.sin(B @ x), "h'": lambda x: library.cos(B @ x)[:, None] * B,
        "r": lambda s, t: s * s * t, "r'1": lambda s, t: 2 * s * t, "r'2": lambda s, t: s * s,
        "q": lambda X: library.sin((Q * X).sum()),
        "q'": lambda X: library.cos((Q * X).sum()) * Q.T,
        "k": lambda s: library.sin(c * s), "k'": lambda s: library.cos(c * s) * c,
    }  # fmt: skip


def point() -> dict[str, Any]:
    """Return a value for every variable, at unequal sizes."""
    random = np.random.default_rng(5)
    sizes = {"a": (), "x": (2,), "y": (4,), "z": (3,), "A": (3, 2), "C": (2, 2)}
    values = {name: random.normal(size=shape) for name, shape in sizes.items()}
    return {**values, "P": np.array([[2.0, 0.5], [0.5, 1.0]])}


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("text", "wrt"), FORMULAS)
def test_code_is_the_value_for_every_index(text: str, wrt: str, target: str) -> None:
    convert = converter(target)
    given = functions({"numpy": np}.get(target) or _library(target))
    formula = matcalc.parse(text, WHERE)
    variable = wrt in formula.inferred.variables
    for answer in (formula, *([matcalc.diff(text, wrt, WHERE)] if variable else [])):
        wanted = answer.evaluate(**point(), **SIZES, **functions(np))
        function = answer.compile(target)
        taken = parameters(function)
        values = {name: convert(value) for name, value in point().items()}
        values |= {**given, **SIZES}
        named = {n: v for n, v in values.items() if n.replace("'", "_d") in taken}
        assert_same(np.asarray(function(**named)), wanted, f"{answer} in {target}")


def _library(target: str) -> Any:
    if target == "jax":
        import jax.numpy as jnp

        return jnp
    import torch

    return torch


def test_exponents_that_run_are_traced() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    text = "sum(i = 1..m, z[i]*x'*C^(i - 2)*x)"
    formula, values = matcalc.parse(text, WHERE), point()
    named = {name: values[name] for name in ("x", "z", "C")}
    function = formula.compile("jax")
    assert_same(jax.jit(function)(**named), formula.evaluate(**named), text)
    slope = jax.grad(lambda z: function(**{**named, "z": z}))(named["z"])
    gradient = matcalc.gradient(text, "z", WHERE)
    assert_same(slope, gradient.evaluate(**named), f"{text} differentiated by JAX")
