"""Products of a matrix with its own transpose: one array twice, and what scales it inside."""

import numpy as np
import pytest

import matcalc

WHERE = "X: matrix(N, n); v: vector(n); z: vector(N); c: scalar"
RNG = np.random.default_rng(8)
VALUES = {
    "X": RNG.normal(size=(5, 3)),
    "v": RNG.normal(size=3),
    "z": RNG.normal(size=5),
    "c": np.array(-1.5),
}


def source_and_value(text: str) -> tuple[str, object]:
    formula = matcalc.parse(text, WHERE)
    function = formula.compile()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = {name: value for name, value in VALUES.items() if name in names}
    value = function(**given)
    np.testing.assert_allclose(value, formula.evaluate(**given), rtol=1e-12)
    np.testing.assert_array_equal(value, value.T)  # BLAS copies the half that it computes
    return formula.code(), value


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("X'*diag(exp(z))*X", "np.sqrt(np.exp(z))[:, None]*X"),
        ("X*diag(exp(v))*X'", "np.sqrt(np.exp(v))*X"),
        ("X'*diag(z.^2)*X", "z[:, None]*X"),
        ("(X'*diag(z))*(diag(z)*X)", "z[:, None]*X"),
        ("c*X'*diag(sigmoid(z))*X", "np.sqrt(sigmoid(z))[:, None]*X"),
        ("-2*X'*diag(sigmoid(z))*X", "np.sqrt(sigmoid(z))[:, None]*X"),
        ("X'*diag(1 - sigmoid(z))*X", "np.sqrt(1 - sigmoid(z))[:, None]*X"),
        ("X'*diag(z > 0)*X", "np.sqrt((z > 0).astype(dtype))[:, None]*X"),
    ],
)
def test_what_is_not_negative_is_put_into_both_factors(text: str, root: str) -> None:
    source, _ = source_and_value(text)
    assert f"z1 = {root}\n" in source
    assert "z1.T @ z1" in source or "z1 @ z1.T" in source


def test_what_scales_a_product_of_one_array_stands_outside() -> None:
    assert "return 2*(X.T @ X)\n" in matcalc.parse("2*X'*X", "X: matrix(3, 40)").code()


@pytest.mark.parametrize("text", ["X'*diag(z)*X", "X'*diag(1 - z.^2)*X", "X'*diag(tanh(z))*X"])
def test_what_may_be_negative_has_no_root(text: str) -> None:
    source = matcalc.parse(text, WHERE).code()
    assert "sqrt" not in source
    given = {name: VALUES[name] for name in "Xz"}
    wanted = matcalc.parse(text, WHERE).evaluate(**given)
    np.testing.assert_allclose(matcalc.parse(text, WHERE).compile()(**given), wanted, rtol=1e-12)


def test_no_other_target_takes_roots() -> None:
    for target in ("jax", "torch"):
        assert "sqrt" not in matcalc.parse("X'*diag(exp(z))*X", WHERE).code(target)
