"""Where a maximum is attained: X == max(X) compares numbers that are computed alike."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from tests import differences
from tests.test_properties import words

WHERE = "a: scalar; x: vector(n); A: matrix(m, n); B: matrix(n, m); C: square(n); D: square(m)"
FORMULAS = (
    ("sum(max(A*C, axis=1))", "A"),
    ("x'*max(C*A', axis=1)", "C"),
    ("sum(max((A*C)', axis=1))", "C"),
    ("sum(max((2*A*B*A)', axis=1))", "B"),
    ("sum(max(A'*B', axis=0))", "A"),
    ("sum(max(a*A'*B', axis=1))", "a"),
    ("sum(min(B*A + C, axis=0))", "B"),
    ("x'*max(a*conv2d(conv2d_full(A', A), A), axis=1)", "a"),
    ("sum(inv(C*C' + eye(n))*max(conv2d(conv2d_full(a*A', A), D), axis=1))", "a"),
    ("sum(max(flip(D*A), axis=0))", "D"),
    ("sum(max(flip(diag(x)*C*A'), axis=0))", "x"),
    ("max(A*C, axis=1)[2]*sum((A*C)[2,:])", "C"),
    ("sum(max(C*A', axis=0)[2:4])", "A"),
    ("max(A*C*C')", "C"),
    ("max((C*A')'*C)", "A"),
    ("max(inv(C*C' + eye(n))*C)", "C"),
    ("norminf((C*A')'*C)^2", "A"),
    ("max(max(A*C, axis=1))", "A"),
    ("sum(x)*max(min(A*C, axis=0))", "C"),
    ("max(max(C, axis=1))", "C"),
    ("max(conv2d(conv2d_full(A, A'), A'))", "A"),
    ("norminf((A*B*A)')", "B"),
    ("sum(max(tanh(a*B'*C), axis=1))", "C"),
)


@pytest.mark.parametrize(("text", "wrt"), FORMULAS)
@pytest.mark.parametrize("layout", ["mixed", "numerator"])
def test_the_mask_has_an_entry_for_every_maximum(text: str, wrt: str, layout: str) -> None:
    generator = np.random.default_rng(0)
    shapes = {"a": (), "x": (7,), "A": (5, 7), "B": (7, 5), "C": (7, 7), "D": (5, 5)}
    at = {name: generator.normal(size=shape) for name, shape in shapes.items()}
    answer = matcalc.diff(text, wrt, WHERE, layout)  # type: ignore[call-overload]
    near = differences.jacobian(lambda x: answer.formula.evaluate(**{**at, wrt: x}), at[wrt])
    wanted = near.value.T if layout == "numerator" else near.value
    wanted = wanted.reshape([*answer.evaluate(**at).shape])
    atol = 1e-6 * np.abs(wanted).max() + 10 * near.error
    np.testing.assert_allclose(answer.evaluate(**at), wanted, atol=atol, err_msg=str(answer))
    given = {name: at[name] for name in words(text) if name in at}
    computed = answer.compile()(**given)
    np.testing.assert_allclose(computed, wanted, atol=atol, err_msg=answer.code())


@pytest.mark.parametrize("seed", range(12))
def test_scaled_convolutions_attain_their_maximum(seed: int) -> None:
    generator = np.random.default_rng(seed)
    at = {"a": generator.normal(), "A": generator.normal(size=(2, 3))}
    at |= {"B": generator.normal(size=(2, 3)), "C": generator.normal(size=(3, 3))}
    text = "sum(inv(C*C' + eye(n))*max(conv2d(conv2d_full(a*A', A), B), axis=1))"
    answer = matcalc.diff(text, "a", "a: scalar; A, B: matrix(m, n); C: square(n)")
    slope = answer.formula.evaluate(**at) / at["a"]  # of the first degree in a
    np.testing.assert_allclose(answer.evaluate(**at), slope, err_msg=str(answer))
