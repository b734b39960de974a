"""Factorizations: one of each matrix, by Cholesky where the matrix is known to be definite."""

import inspect
import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from matcalc.programs.answers import emit

RNG = np.random.default_rng(7)
N, M = 150, 70  # more than the helpers take at a time


def spd(size: int) -> Any:
    root = RNG.standard_normal((size, size))
    return root @ root.T / size + np.eye(size)


VALUES = {
    "K": spd(N), "P": spd(N), "R": spd(M), "A": spd(N) + RNG.standard_normal((N, N)) / 50,
    "S": spd(N) - 2 * np.eye(N), "H": RNG.standard_normal((M, N)), "X": RNG.standard_normal((N, M)),
    "b": RNG.standard_normal(N), "c": RNG.standard_normal(N), "u": RNG.standard_normal(M), "s": 0.7,
}  # fmt: skip
WHERE = (
    "K, P: spd(n); R: spd(m); A: square(n); S: symmetric(n); H: matrix(m, n); X: matrix(n, m); "
    "b, c: vector(n); u: vector(m); s: scalar"
)

FORMULAS = [  # formula, by, how often NumPy, JAX and torch factor by Cholesky and by LU
    ("1/2*b'*inv(K)*b + 1/2*logdet(K)", "K", 1, 1),
    ("b'*inv(K + s^2*eye(n))*b + logdet(K + s^2*eye(n))", "s", 1, 1),
    ("logdet(X'*X)", "X", 1, 1),
    ("u'*inv(H*P*H' + R)*u + logdet(H*P*H' + R)", "u", 1, 1),
    ("logdet(exp(s)*K + b*b')", "b", 1, 1),
    ("det(K)*s", "K", 1, 1),
    ("logdet(diag(exp(b)) + P .* K)", "K", 1, 1),
    ("c'*inv(K)*b", "b", 0, 1),
    ("sum(inv(K)*X)", "X", None, None),
    ("c'*inv(A)*b", "A", 0, 0),
    ("c'*inv(S)*b", "S", 0, 0),
    ("c'*inv(A)*b + b'*inv(A)*b", "b", 0, 0),
    ("norm2(inv(A)*b - c)^2", "b", 0, 0),
    ("c'*inv(A)^2*b", "A", 0, 0),
    ("logdet(S*S + K) + c'*inv(S*S)*b", "c", None, None),
]  # fmt: skip


def pair(text: str, wrt: str, target: str) -> tuple[Any, list[Any], dict[str, Any]]:
    """Return the function of value and gradient, what it should give, and its arguments."""
    answer = matcalc.gradient(text, wrt, WHERE)
    function = compile_together(answer, target, value_and=True)
    names = inspect.signature(function).parameters
    values = {name: np.asarray(VALUES[name]) for name in names}
    wanted = [answer.formula.evaluate(**values), answer.evaluate(**values)]
    return function, wanted, values


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("text", "wrt", "numpy", "others"), FORMULAS)
def test_values(text: str, wrt: str, numpy: int | None, others: int | None, target: str) -> None:
    given: Any = np.asarray
    if target != "numpy":
        library = pytest.importorskip(target)
        given = library.tensor if target == "torch" else np.asarray
        if target == "jax":
            library.config.update("jax_enable_x64", True)
    function, wanted, values = pair(text, wrt, target)
    found = function(**{name: given(value) for name, value in values.items()})
    for got, expected in zip(found, wanted, strict=True):
        scale = np.max(np.abs(expected))
        assert_allclose(np.asarray(got), expected, rtol=1e-8, atol=1e-9 * scale)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("text", "wrt", "numpy", "others"), FORMULAS)
def test_each_matrix_is_factored_once(
    text: str, wrt: str, numpy: int | None, others: int | None, target: str
) -> None:
    source = emit(matcalc.gradient(text, wrt, WHERE), target, value_and=True)
    body = source[source.index("def value_and") :]
    wanted = numpy if target == "numpy" else others
    if wanted is not None:
        assert body.count(" cholesky(") + body.count("(cholesky(") == wanted
    if wanted:
        assert "linalg.solve(" not in body and "linalg.inv(" not in body
    assert body.count("lu_factor(") <= 1


def test_solutions_that_need_no_other_are_found_at_once() -> None:
    source = emit(matcalc.gradient("c'*inv(S)*b", "S", WHERE))
    assert source.count("np.linalg.solve(") == 1
    source = matcalc.parse("inv(A)*(inv(A)*b + c) + inv(A)*(b .* c)", WHERE).code()
    assert source.count("np.linalg.solve(") == 2


def test_definiteness_is_told_by_declarations_and_forms_only() -> None:
    for text in ("S", "A*A", "K - P", "K + s*eye(n)", "X*X' - K", "K + ones(n, n)*s", "A*K*A"):
        source = emit(matcalc.gradient(f"b'*inv({text})*b + logdet({text})", "b", WHERE))
        assert "cholesky" not in source, text
    for text in ("K + X*X'", "K + s^2*P", "inv(K) + P", "exp(s)*eye(n) + X*X'", "A*K*A'", "K/2"):
        source = emit(matcalc.parse(f"b'*inv({text})*b + logdet({text})", WHERE))
        assert "cholesky" in source, text


def test_a_determinant_may_be_zero() -> None:
    function = matcalc.parse("det(X*X')", WHERE).compile()
    assert function(X=np.ones((3, 1))) == pytest.approx(0)


BAD = [
    ("not symmetric", np.array([[2.0, 0.5], [0.0, 2.0]])),
    ("not definite", np.array([[1.0, 2.0], [2.0, 1.0]])),
]


@pytest.mark.parametrize(("fault", "matrix"), BAD)
@pytest.mark.parametrize("text", ["logdet(K)", "inv(K)*b", "inv(K)", "tr(K) + det(K)"])
def test_a_false_declaration_gives_no_number(fault: str, matrix: Any, text: str) -> None:
    function = matcalc.parse(f"({text})*logdet(K)", "K: spd(n); b: vector(n)").compile()
    names = inspect.signature(function).parameters
    values = {"K": matrix, "b": np.ones(2)}
    with pytest.raises((ValueError, np.linalg.LinAlgError), match=r"symmetric|positive definite"):
        function(**{name: values[name] for name in names})


@pytest.mark.parametrize(
    ("text", "wrt", "where"),
    [
        ("y'*inv(K + s^2*eye(n))*y", "s", "K: spd(n)"),
        ("y'*inv(K)*y", "y", "K: spd(n)"),
        ("y'*inv(K)*y", "K", "K: spd(n)"),
        ("y'*inv(K)*y", "y", "K: symmetric(n)"),
        ("y'*inv(K)*y", "y", "K: diagonal(n)"),
        ("s*logdet(2*K)", "s", "K: symmetric(n)"),
        ("y'*inv(A*K*A')*y", "y", "K: spd(n); A: square(n)"),
    ],
)
def test_matrices_that_are_solved_with_are_as_symmetric_as_declared(
    text: str, wrt: str, where: str
) -> None:
    answer = matcalc.gradient(text, wrt, f"{where}; y: vector(n); s: scalar")
    function = answer.compile()
    symmetric = np.array([[2.0, 0.5], [0.5, 2.0]])
    given = {"y": np.array([1.0, 2.0]), "s": 0.5, "A": np.array([[1.0, 2.0], [0.0, 1.0]])}
    names = inspect.signature(function).parameters
    given = {name: value for name, value in given.items() if name in names}
    wanted = answer.evaluate(K=symmetric, **given)
    assert_allclose(function(K=symmetric, **given), wanted)
    rounded = symmetric + [[0.0, 1e-12], [0.0, 0.0]]
    assert_allclose(function(K=rounded, **given), wanted, rtol=1e-9)
    with pytest.raises(ValueError, match="symmetric is not"):
        function(K=np.array([[2.0, 0.5], [0.0, 2.0]]), **given)


def test_what_is_symmetric_by_its_form_is_not_checked() -> None:
    for text in ("y'*inv(X*X')*y", "y'*inv(A)*y*tr(S)", "y'*S*y"):
        source = matcalc.gradient(text, "y", f"{WHERE}; y: vector(n)").code()
        assert "symmetric(" not in source, text


@pytest.mark.parametrize(("fault", "matrix"), BAD)
def test_a_false_declaration_gives_nan_where_values_cannot_be_looked_at(
    fault: str, matrix: Any
) -> None:
    jax = pytest.importorskip("jax")
    function = matcalc.parse("logdet(K)*inv(K)*b", "K: spd(n); b: vector(n)").compile("jax")
    assert np.isnan(jax.jit(function)(K=matrix, b=np.ones(2))).all()


@pytest.mark.parametrize(("fault", "matrix"), BAD)
def test_torch_refuses_a_false_declaration(fault: str, matrix: Any) -> None:
    torch = pytest.importorskip("torch")
    function = matcalc.parse("logdet(K)*inv(K)*b", "K: spd(n); b: vector(n)").compile("torch")
    given = {"K": torch.tensor(matrix), "b": torch.ones(2, dtype=torch.float64)}
    if fault == "not symmetric":
        assert function(**given).isnan().all()
        return
    with pytest.raises(torch.linalg.LinAlgError, match="positive-definite"):
        function(**given)


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 129, 200])
def test_helpers_at_all_sizes(size: int) -> None:
    matrix, right = spd(size), RNG.standard_normal((size, 3))
    where = "K: spd(n); B: matrix(n, 3); b: vector(n)"
    function = compile_together(
        [matcalc.parse(text, where) for text in ("inv(K)*B", "inv(K)*b", "logdet(K)")]
    )
    found = function(K=matrix, B=right, b=right[:, 0])
    inverse = matcalc.parse("inv(K)", where).compile()(K=matrix)
    assert_allclose(inverse @ matrix, np.eye(size), atol=1e-9)
    for got, expected in zip(found, (inverse @ right, inverse @ right[:, 0]), strict=False):
        assert_allclose(got, expected, atol=1e-9)
    single = compile_together([matcalc.parse("inv(K)*b + logdet(K)", where)])
    got = single(K=np.float32(matrix), b=np.float32(right[:, 0]))
    assert got.dtype == np.float32
    assert_allclose(got, found[1] + found[2], rtol=1e-2, atol=1e-2)


def test_powers_of_inverses_meet_the_vector_first() -> None:
    text = "b'*inv(K + s^2*eye(n))*b/2 + logdet(K + s^2*eye(n))/2"
    body = emit(matcalc.gradient(text, "s", WHERE), value_and=True).rpartition('"""')[2]
    assert sorted(re.findall(r"\w+ @ \w+", body)) == ["b @ z3", "z2 @ b", "z3 @ z3"]
    body = matcalc.parse("b'*A^3*c + b'*A^-2*c", WHERE).code().rpartition('"""')[2]
    assert "matrix_power" not in body and body.count("linalg.solve(") == 2
