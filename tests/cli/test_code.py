"""`matcalc code` prints source that runs."""

from typing import Any

import numpy as np
import pytest

from tests.cli.command import command


def run(source: str, name: str, **values: Any) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    return space[name](**values)


def test_code_prints_a_function_of_the_derivative() -> None:
    outcome = command("code", "x'*A*x", "--wrt", "x", "--layout=mixed")
    assert outcome.code == 0 and not outcome.err
    value = run(outcome.out, "gradient", x=[1.0, 2], A=[[1.0, 2], [3, 4]])
    np.testing.assert_allclose(value, [12, 21])


def test_value_and_several_derivatives_are_returned_together() -> None:
    outcome = command("code", "w·x + b", "--wrt", "w,b", "--value", "--layout", "mixed")
    values = {"w": [1.0, 2], "x": [3.0, 4], "b": 1.0}
    value, by_w, by_b = run(outcome.out, "value_and_derivatives", **values)
    assert value == 12 and by_b == 1
    np.testing.assert_allclose(by_w, [3, 4])


def test_without_a_variable_the_value_is_computed() -> None:
    outcome = command("code", "sum(x)/n", "--where", "x: vector(n)")
    assert run(outcome.out, "value", x=[1.0, 2]) == 1.5


def test_a_hessian_is_compressed_on_request() -> None:
    outcome = command("code", "sum(x.^3)", "--wrt=x", "--order=2", "--compressed")
    hessian = run(outcome.out, "hessian", x=[1.0, 2])
    np.testing.assert_allclose(hessian.core, [6, 12])


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_autograd_writes_the_backward_pass(target: str) -> None:
    outcome = command("code", "relu(W*x + b)", "--target", target, "--autograd")
    assert outcome.code == 0
    assert "def vjp(W, x, b, G" in outcome.out


@pytest.mark.parametrize(
    "words",
    [
        ("code",),
        ("code", "x", "--wrt", "y"),
        ("code", "x", "--target", "fortran"),
        ("code", "x", "--autograd"),
        ("code", "x", "--autograd", "--wrt", "x", "--target", "torch"),
        ("code", "x'*x", "--wrt", "x", "--compressed"),
        ("code", "x'*x", "--wrt", "x", "--order=2", "--compressed", "--value"),
        ("code", "x'*x", "--compressed"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    outcome = command(*words)
    assert outcome.code == 2 and not outcome.out
    assert outcome.err.startswith("error[E")
