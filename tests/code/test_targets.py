"""The code for JAX and torch, where they are installed; the source wherever."""

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.programs.answers import differentiable
from matcalc.programs.emission import compiled
from tests.test_cases import ALL, INPUTS, Case, derivative, name, points, product

SOME = [case for case in ALL if case["id"] in INPUTS][::9]
"""Every ninth case: each is compiled anew."""

FORMULAS = [
    ("relu(W*x + b)", "W: matrix(m, n); x: vector(n); b: vector(m)", {"m": 3, "n": 2}),
    ("sum(log(1 + exp(-y .* (X*w))))", "X: matrix(m, n); y: vector(m)", {"m": 5, "n": 3}),
    ("W_2*tanh(W_1*x)", "W_1: matrix(k, n); W_2: matrix(m, k)", {"m": 2, "n": 3, "k": 4}),
    ("y'*inv(A*A' + eye(n))*y", "A: square(n); y: vector(n)", {"n": 3}),
    ("X*W + ones(N)*b'", "X: matrix(N, m); W: matrix(m, n)", {"N": 4, "m": 3, "n": 2}),
    ("conv2d(X, K)", "X: matrix(5, 4); K: matrix(2, 3)", {}),
    ("logsumexp(x)*s", "x: vector(n); s: scalar", {"n": 4}),
]


def arrays(text: str, where: str, sizes: dict[str, int]) -> list[Any]:
    """Return an array for each variable, in the order of the function's parameters."""
    formula = matcalc.parse(text, where)
    shapes = {key: v.shape for key, v in formula.inferred.variables.items()}
    function = formula.compile()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    rng = np.random.default_rng(5)
    return [rng.standard_normal([d.evaluate(sizes) for d in shapes[key]]) for key in names]


def check_case(case: Case, target: str, convert: Any) -> None:
    answer = product(case) if "op" in case else derivative(case, "numerator")
    function = answer.compile(target)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    for _, values in list(points(case))[:1]:
        given = {key: convert(values[key]) for key in names}
        wanted = answer.evaluate(**values)
        scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-6)
        value = np.asarray(function(**given))
        assert value.shape == wanted.shape
        np.testing.assert_allclose(value, wanted, rtol=1e-8, atol=1e-8 * scale)


@pytest.fixture(name="torch")
def _torch() -> Any:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(name="jax")
def _jax() -> Any:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


@pytest.mark.parametrize("case", SOME, ids=name)
def test_torch_code_computes_the_value(case: Case, torch: Any) -> None:
    check_case(case, "torch", lambda v: torch.tensor(v) if hasattr(v, "dtype") else v)


@pytest.mark.parametrize("case", SOME, ids=name)
def test_jax_code_computes_the_value(case: Case, jax: Any) -> None:
    check_case(case, "jax", lambda v: v)


@pytest.mark.parametrize(("text", "where", "sizes"), FORMULAS)
def test_torch_checks_the_gradients_of_our_function(
    text: str, where: str, sizes: dict[str, int], torch: Any
) -> None:
    function = compiled(differentiable(matcalc.parse(text, where), "torch"))
    inputs = [torch.tensor(v, requires_grad=True) for v in arrays(text, where, sizes)]
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize(("text", "where", "sizes"), FORMULAS)
def test_torch_computes_the_gradients_that_are_needed(
    text: str, where: str, sizes: dict[str, int], torch: Any
) -> None:
    function = compiled(differentiable(matcalc.parse(text, where), "torch"))
    values = arrays(text, where, sizes)
    every = [torch.tensor(v, requires_grad=True) for v in values]
    function(*every).sum().backward()
    for chosen, whole in enumerate(every):
        inputs = [torch.tensor(v, requires_grad=k == chosen) for k, v in enumerate(values)]
        assert torch.autograd.gradcheck(function, inputs)
        function(*inputs).sum().backward()
        assert [v.grad is not None for v in inputs] == [k == chosen for k in range(len(inputs))]
        torch.testing.assert_close(inputs[chosen].grad, whole.grad)


def test_what_one_gradient_alone_needs_waits_for_its_being_needed() -> None:
    text, where, _ = FORMULAS[2]
    body = differentiable(matcalc.parse(text, where), "torch").text.partition("def vjp")[2]
    lines = [line.strip() for line in body.splitlines()]
    (returned,) = [line for line in lines if line.startswith("return") and " @ " in line]
    assert returned.count(" if needed[") == 3
    assert "needs_input_grad" in body


@pytest.mark.parametrize(("text", "where", "sizes"), FORMULAS)
def test_jax_checks_the_gradients_of_our_function(
    text: str, where: str, sizes: dict[str, int], jax: Any
) -> None:
    from jax.test_util import check_grads

    function = compiled(differentiable(matcalc.parse(text, where), "jax"))
    inputs = arrays(text, where, sizes)
    check_grads(function, inputs, order=1, modes=["rev"])
    check_grads(jax.jit(function), inputs, order=1, modes=["rev"])
    two = [np.stack([v, v + 0.1]) for v in inputs]
    one_by_one = [function(*[v[k] for v in two]) for k in range(2)]
    np.testing.assert_allclose(jax.vmap(function)(*two), one_by_one)
    together = jax.vmap(jax.grad(lambda *v: function(*v).sum()))(*two)
    alone = jax.grad(lambda *v: function(*v).sum())(*[v[1] for v in two])
    np.testing.assert_allclose(together[1], alone)


@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize("case", SOME, ids=name)
def test_sources_for_other_targets_are_python_without_numpy(case: Case, target: str) -> None:
    answer = product(case) if "op" in case else derivative(case, "mixed")
    source = answer.code(target)
    compile(source, "emitted", "exec")
    assert " np." not in source and "(np." not in source


def test_numpy_differentiates_nothing_by_itself() -> None:
    with pytest.raises(matcalc.MatcalcError) as refused:
        differentiable(matcalc.parse("x'*x"), "numpy")
    assert refused.value.code == "E702"
