"""The assertions for other people's test suites: what passes, and what they say if not."""

from typing import Any

import numpy as np
import pytest

from matcalc.errors import MatcalcError
from matcalc.testing import assert_derivative, assert_gradient

LAYER = "max(0, X*W + ones(n)*b')"
WHERE = "X: matrix(n, p); b: vector(m)"


def test_a_right_derivative_passes() -> None:
    assert_derivative("x'*A*x", wrt="x", claim="(A + A')*x", layout="denominator")
    assert_derivative("x'*A*x", wrt="x", claim="A + A'", order=2)


def test_a_wrong_derivative_fails_with_the_verdict() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_derivative("x'*A*x", wrt="x", claim="2*x'*A")
    text = str(caught.value)
    assert "2*x'*A as the derivative of x'*A*x by x" in text
    assert "refuted" in text
    assert "symmetric" in text


def test_an_undecided_claim_fails() -> None:
    with pytest.raises(AssertionError, match="undecided"):
        assert_derivative("where(abs(x - 1/3) < 1e-9, x, 0)", "x", "0", "x: scalar")


def residual(A: Any, x: Any, y: Any) -> Any:
    return A @ x - y


def backward(X: Any, W: Any, b: Any, G: Any) -> dict[str, Any]:
    delta = (X @ W + b > 0) * G
    return {"X": delta @ W.T, "W": X.T @ delta, "b": delta.sum(axis=0)}


def test_right_gradients_pass() -> None:
    assert_gradient(lambda **v: 2 * v["A"].T @ residual(**v), "norm2(A*x - y)^2", "x")
    assert_gradient(backward, LAYER, ["X", "W", "b"], WHERE, upstream="G")
    assert_gradient(np.linalg.inv, "logdet(a)", "a", "a: spd(n)")
    assert_gradient(lambda x: np.sign(x), "norm1(x)", "x", at={"x": [1.0, -2.0]})
    assert_gradient(lambda x: np.diag(1 / x), "log(x)", "x", "x: vector(n)")
    assert_gradient(lambda x: 2 * x, "x^2", "x", "x: scalar")


def test_several_gradients_are_a_dict_or_a_tuple() -> None:
    def both(A: Any, x: Any, y: Any) -> tuple[Any, Any]:
        r = residual(A, x, y)
        return 2 * A.T @ r, 2 * np.outer(r, x)

    assert_gradient(both, "norm2(A*x - y)^2", ["x", "A"])
    assert_gradient(
        lambda **v: dict(zip("xA", both(**v), strict=True)), "norm2(A*x - y)^2", ["x", "A"]
    )


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda A, x, y: 2.00001 * A.T @ (A @ x - y), r"by x: entry x\[1\] is .*derivative's"),
        (lambda A, x, y: A.T @ (A @ x - y), r"at A = \[\[.*, x = \[.*, y = \["),
        (lambda A, x, y: 2 * A @ A.T @ y, r"by x: the shape is \(2,\), the derivative's \(3,\)"),
        (lambda A, x, y: 2 * A.T @ (A @ x - y) + 1e-6, "entry"),
        (lambda A, x, y: x * np.nan, "nan"),
        (lambda A, x, y: (x, y), "2 gradients, not 1"),
        (lambda A, x, y: "x", "not numbers"),
    ],
)  # fmt: skip
def test_wrong_gradients_fail(function: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_gradient(function, "norm2(A*x - y)^2", "x")


def test_the_wrong_argument_is_named() -> None:
    def wrong(**values: Any) -> dict[str, Any]:
        return backward(**values) | {"b": values["G"].sum(axis=0)}

    with pytest.raises(AssertionError, match="by b: entry"):
        assert_gradient(wrong, LAYER, ["X", "W", "b"], WHERE, upstream="G")
    with pytest.raises(AssertionError, match="no gradient by b"):
        assert_gradient(lambda **v: {"X": v["X"]}, LAYER, ["X", "b"], WHERE, upstream="G")
    with pytest.raises(AssertionError, match="2 gradients, not 3"):
        assert_gradient(lambda **v: (1, 2), LAYER, ["X", "W", "b"], WHERE, upstream="G")


def test_single_precision_has_its_own_tolerance() -> None:
    def single(**v: Any) -> Any:
        return (2 * v["A"].T @ residual(**v)).astype(np.float32)

    assert_gradient(single, "norm2(A*x - y)^2", "x")
    with pytest.raises(AssertionError, match="entry"):
        assert_gradient(lambda **v: single(**v) * 1.01, "norm2(A*x - y)^2", "x")
    with pytest.raises(AssertionError, match="entry"):
        assert_gradient(single, "norm2(A*x - y)^2", "x", rtol=1e-12)


def test_points_respect_domains() -> None:
    seen: list[Any] = []

    def gradient(x: Any) -> Any:
        seen.append(x)
        return 1 / np.sqrt(x**2 - 1)

    assert_gradient(gradient, "sum(arccosh(x))", "x", "x: vector(n)")
    assert min(x.min() for x in seen) > 1
    assert len({x.shape for x in seen}) > 1
    with pytest.raises(MatcalcError, match="E405"):
        assert_gradient(lambda x: x, "log(-x^2)", "x", "x: scalar")
    with pytest.raises(MatcalcError, match="E805"):
        assert_gradient(lambda x: x, "sum(f(x))", "x", "f: elementwise; x: vector(n)")


class Tensor:
    """What a library's tensor looks like that records gradients."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> Any:
        return self.data


def test_tensors_are_detached() -> None:
    assert_gradient(lambda x: Tensor(2 * x), "x'*x", "x")


def test_functions_may_change_their_arguments() -> None:
    def spoiled(x: Any) -> Any:
        x *= 2
        return x

    assert_gradient(spoiled, "x'*x", "x")
