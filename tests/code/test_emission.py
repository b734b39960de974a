"""Emitted code: it computes what `evaluate` does, each shared part once, in few products."""

import ast
import inspect
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.calculus.layouts import LAYOUTS
from matcalc.programs.answers import compiled_program as compile_together
from matcalc.programs.answers import emit
from tests.test_cases import ALL, INPUTS, Case, derivative, name, points, product

GOLDENS = Path(__file__).parents[1] / "data" / "code"

X_W = "X: matrix(N, n); y: vector(N); w: vector(n)"
ANSWERS = {
    "neuron": lambda: matcalc.gradient("max(0, w·x + b)", "w"),
    "linear_layer": lambda: matcalc.vjp(
        "X*W + ones(N)*b'", "W", "G", "X: matrix(N, D); W: matrix(D, M); b: vector(M)"
    ),
    "logistic_gradient": lambda: matcalc.gradient("sum(log(1 + exp(-y .* (X*w))))", "w", X_W),
    "logistic_hessian": lambda: matcalc.hessian("sum(softplus(X*w)) - y'*X*w", "w", X_W),
    "softmax_cross_entropy": lambda: matcalc.gradient(
        "logsumexp(W*x + b) - y'*(W*x + b)", "W", "W: matrix(m, n); x: vector(n); b, y: vector(m)"
    ),
    "two_layers": lambda: matcalc.gradient(
        "norm2(W_2*max(0, W_1*x + b_1) + b_2 - y)^2",
        "W_1",
        "W_1: matrix(k, n); W_2: matrix(m, k); x: vector(n); b_1: vector(k); b_2, y: vector(m)",
    ),
    "gaussian_process": lambda: matcalc.gradient(
        "1/2*y'*inv(K)*y + 1/2*logdet(K)", "K", "K: spd(n); y: vector(n)"
    ),
}


def answers(case: Case) -> list[Any]:
    """Return our answers to a case, in all layouts."""
    if "op" in case:
        return [product(case)]
    return [derivative(case, layout) for layout in LAYOUTS]


def own(function: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that a function takes."""
    names = inspect.signature(function).parameters
    return {key: value for key, value in values.items() if key in names or "values" in names}


def body(source: str) -> str:
    """Return the lines of a source's last function that compute."""
    lines = source[source.rindex("\ndef ") + 1 :].splitlines()
    checks = re.compile(
        r"    (if .*|    raise .*|    reason = .*|\w+ = \w+\.shape\[\d\]|\w+, \w+ = \w+\.shape)$"
    )
    return "\n".join([line for line in lines if not checks.match(line)]) + "\n"


@pytest.mark.parametrize("case", [case for case in ALL if case["id"] in INPUTS], ids=name)
def test_emitted_code_computes_the_value_in_both_precisions(case: Case) -> None:
    for answer in answers(case):
        function = answer.compile()
        for _, values in points(case):
            given = own(function, values)
            wanted = answer.evaluate(**values)
            value = np.asarray(function(**given))
            scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-6)
            assert value.shape == wanted.shape
            np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-9 * scale)
            single = {k: np.float32(v) if hasattr(v, "dtype") else v for k, v in given.items()}
            coarse = np.asarray(function(**single))
            assert coarse.dtype == np.float32
            np.testing.assert_allclose(coarse, wanted, rtol=2e-2, atol=2e-2 * scale)


@pytest.mark.parametrize("case", [case for case in ALL if case["id"] in INPUTS], ids=name)
def test_no_line_computes_what_another_has_computed(case: Case) -> None:
    source = answers(case)[0].code()
    function = ast.parse(source).body[-1]
    lines = [line for line in ast.walk(function) if isinstance(line, ast.Assign | ast.Return)]
    costly = [
        ast.unparse(node)
        for line in lines
        for node in ast.walk(line)
        if isinstance(node, ast.BinOp | ast.Call) and len(ast.unparse(node)) > 12
        if not re.fullmatch(r"[\w\s+*/.()-]*", ast.unparse(node)) or "@" in ast.unparse(node)
    ]
    repeated = [text for text, times in Counter(costly).items() if times > 1]
    assert not repeated


@pytest.mark.parametrize("golden", ANSWERS)
def test_sources_are_as_by_hand(golden: str) -> None:
    assert body(ANSWERS[golden]().code()) == (GOLDENS / f"{golden}.txt").read_text()


@pytest.mark.parametrize(
    ("text", "wrt", "where", "products"),
    [
        ("x'*A*B*x", "x", "A, B: square(n)", 4),  # A*(B*x) and B'*(A'*x), never A*B
        ("tr(A*B*x*x')", "x", "A, B: square(n)", 4),
        ("sum(A*x)", "x", "A: matrix(m, n)", 0),
    ],
)
def test_products_are_taken_vector_by_vector(
    text: str, wrt: str, where: str, products: int
) -> None:
    source = matcalc.gradient(text, wrt, where).code()
    assert source.count(" @ ") == products
    assert ".sum(" in source or products


@pytest.mark.parametrize(
    ("text", "wrt", "where"),
    [
        ("c'*(inv(A) + inv(A'))*b", "b", "A: square(n); b, c: vector(n)"),
        ("c'*inv(A)*b", "A", "A: square(n); b, c: vector(n)"),
        ("norm2(inv(A)*b - c)^2", "b", "A: square(n); b, c: vector(n)"),
        ("logdet(A + x*x')", "x", "A: square(n); x: vector(n)"),
    ],
)
def test_systems_are_solved_not_inverted(text: str, wrt: str, where: str) -> None:
    source = matcalc.diff(text, wrt, where, "mixed").code()
    assert "np.linalg.solve(" in source and "np.linalg.inv(" not in source


def test_an_inverse_that_is_needed_serves_for_the_solutions_too() -> None:
    where = "A: square(n); b: vector(n)"
    source = matcalc.parse("inv(A) + inv(A)*b*(inv(A)'*b)'", where).code()
    assert source.count("np.linalg.inv(") == 1 and "solve(" not in source


@pytest.mark.parametrize(
    ("text", "where", "part"),
    [
        ("log(1 + exp(s))", "s: scalar", "np.logaddexp(0, s)"),
        ("log(sum(exp(x)))", "x: vector(n)", "logsumexp(x, None)"),
        ("1/(1 + exp(-s))", "s: scalar", "sigmoid(s)"),
        ("log(1 + s^2)", "s: scalar", "np.log1p(s**2)"),
        ("log(det(A))", "A: square(n)", "logdet(A)"),
        ("tr(A*B)", "A, B: square(n)", "(A*B.T).sum()"),
        ("x*y'", "x: vector(n); y: vector(m)", "x[:, None]*y"),
        ("diag(v)*A", "v: vector(n); A: square(n)", "v[:, None]*A"),
        ("A*diag(v)", "v: vector(n); A: square(n)", "A*v"),
        ("X*W + ones(N)*b'", "X: matrix(N, D); W: matrix(D, M); b: vector(M)", "X @ W + b"),
        ("(A + A')*x", "A: square(n); x: vector(n)", "A @ x + A.T @ x"),
        ("x^3", "x: vector(n)", "x**2*x"),
    ],
)
def test_forms_are_the_stable_and_the_cheap_ones(text: str, where: str, part: str) -> None:
    assert f"return {part}\n" in matcalc.parse(text, where).code()


def test_several_derivatives_share_their_work() -> None:
    where = "X: matrix(N, n); y: vector(N); w: vector(n); b: scalar"
    text = "sum(sigmoid(X*w + b - y).^2)"
    found = list(matcalc.diff(text, ["w", "b"], where, "mixed").values())
    source = emit(found, value_and=True)
    assert body(source).count(" @ ") == 4 and body(source).count("sigmoid(X") == 1
    rng = np.random.default_rng(1)
    values = {"X": rng.random((5, 3)), "y": rng.random(5), "w": rng.random(3), "b": 0.5}
    value, by_w, by_b = compile_together(found, value_and=True)(**values)
    assert value == pytest.approx(float(matcalc.parse(text, where).evaluate(**values)))
    np.testing.assert_allclose(by_w, found[0].evaluate(**values))
    np.testing.assert_allclose(by_b, found[1].evaluate(**values))


def test_many_results_are_computed_as_soon_as_they_can_be_and_memory_is_freed() -> None:
    where = "X: matrix(N, n); V, W: matrix(n, n); b, c: vector(n)"
    text = "sum(tanh(tanh(X*V + ones(N)*b')*W + ones(N)*c').^2)"
    found = list(matcalc.diff(text, ["V", "b", "W", "c"], where, "mixed").values())
    lines = [line.strip() for line in body(emit(found, value_and=True)).splitlines()]
    assert lines[3:] == [
        "z1 = np.tanh(X @ V + b)",
        "z2 = np.tanh(z1 @ W + c)",
        "z3 = z2**2",
        "z4 = z3.sum()",
        "z5 = 2*(z2*(1 - z3))",
        "del z2, z3",
        "z6 = z1.T @ z5",
        "z7 = z5.sum(0)",
        "z8 = (z5 @ W.T)*(1 - z1**2)",
        "del z5, z1",
        "z9 = X.T @ z8",
        "z10 = z8.sum(0)",
        "del z8",
        "return z4, z9, z10, z6, z7",
    ]
    rng = np.random.default_rng(4)
    shapes = {"X": (5, 3), "V": (3, 3), "W": (3, 3), "b": (3,), "c": (3,)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    value, *gradients = compile_together(found, value_and=True)(**values)
    assert value == pytest.approx(float(matcalc.parse(text, where).evaluate(**values)))
    for answer, gradient in zip(found, gradients, strict=True):
        np.testing.assert_allclose(gradient, answer.evaluate(**values), rtol=1e-12)


def test_lengths_are_read_where_they_are_used() -> None:
    source = matcalc.parse("X*W", "X: matrix(N, n); W: matrix(n, m)").code()
    assert "    n = X.shape[1]\n" in source and "m = " not in source and "N = " not in source
    source = matcalc.parse("x'*A*y", "A: matrix(m, n); y: vector(n); x: vector(m)").code()
    assert "    m, n = A.shape\n" in source or "m = x.shape[0]" in source


@pytest.mark.parametrize(
    "values",
    [
        {"x": np.ones(3, np.float32), "y": np.ones(3, np.float32)},
        {"x": np.ones(3, np.float32), "y": np.ones(3)},
        {"x": np.ones(3, int), "y": np.ones(3, int)},
        {"x": [1, 2, 3], "y": np.ones(3, np.float32)},
        {"x": np.ma.ones(3), "y": np.matrix([1.0, 2, 3]).A1},
        {"x": np.ones(3, ">f8"), "y": np.ones(3)},
        {"x": np.ones(3, bool), "y": np.ones(3, bool)},
    ],
)
def test_arguments_are_arrays_of_one_floating_type(values: dict[str, Any]) -> None:
    result = matcalc.parse("2*x + y", "x, y: vector(n)").compile()(**values)
    wanted = np.result_type(*[np.asarray(value).dtype for value in values.values()])
    assert result.dtype == (wanted if wanted.kind == "f" else np.dtype(float))
    np.testing.assert_allclose(result, 2 * np.asarray(values["x"]) + np.asarray(values["y"]))


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("conv2d(X, K)", ((7, 9), (2, 3))),
        ("conv2d(X, K)", ((7, 9), (6, 8))),
        ("conv2d(X, K)", ((4, 4), (4, 4))),
        ("conv2d(X, K)", ((300, 40), (5, 3))),
        ("conv2d(X, K)", ((9, 5000), (3, 2))),
        ("conv2d_full(X, K)", ((7, 9), (2, 3))),
        ("conv2d_full(X, K)", ((2, 9), (7, 3))),
        ("conv2d_full(X, K)", ((300, 40), (5, 3))),
    ],
)
def test_convolutions_of_all_sizes(text: str, shapes: Any) -> None:
    X, K = (np.random.default_rng(0).normal(size=shape) for shape in shapes)
    margins = [(k - 1, k - 1) for k in K.shape] if "full" in text else [(0, 0)] * 2
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(X, margins), K.shape)
    wanted = np.einsum("abij,ij->ab", windows, K)
    result = matcalc.parse(text, "X: matrix(m, n); K: matrix(p, q)").compile()(X=X, K=K)
    np.testing.assert_allclose(result, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("text", ["conv(x, k)", "conv2d(X, K)"])
def test_a_kernel_that_does_not_fit_is_refused(text: str) -> None:
    where = "x: vector(m); k: vector(p)" if "2" not in text else "X: matrix(m, n); K: matrix(p, q)"
    values = {"x": np.ones(2), "k": np.ones(3), "X": np.ones((4, 2)), "K": np.ones((3, 3))}
    function = matcalc.parse(text, where).compile()
    with pytest.raises(ValueError, match="does not fit"):
        function(**own(function, values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"w": np.ones(4), "x": np.ones(3), "b": 0}, "x has shape (3,), expected (n,) with n = 4"),
        ({"w": np.ones((4, 1)), "x": np.ones(4), "b": 0}, "w has shape (4, 1), expected (n,)"),
        ({"w": np.ones(4), "x": np.ones(4), "b": [1]}, "b has shape (1,), expected (), a scalar"),
    ],
)
def test_shapes_are_checked(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        matcalc.gradient("max(0, w·x + b)", "w").compile()(**values)


def test_lengths_that_are_polynomials_are_solved_and_checked() -> None:
    function = matcalc.parse("conv(x, k) + y", "x: vector(n); k: vector(p)").compile()
    np.testing.assert_allclose(function(x=[1, 2, 3], k=[1, 1], y=[0, 1]), [3, 6])
    with pytest.raises(ValueError, match="expected"):
        function(x=[1, 2, 3], k=[1, 1], y=[0, 1, 2])


def test_places_outside_of_the_array_are_refused() -> None:
    function = matcalc.parse("x[5]", "x: vector(n)").compile()
    assert function(x=np.arange(5.0)) == 4
    with pytest.raises(IndexError):
        function(x=np.arange(4.0))


def test_lengths_that_no_array_tells_are_parameters() -> None:
    function = matcalc.parse("x + 1/N", "x: vector(n); N: scalar").compile()
    assert function(x=[1.0], N=2) == 1.5
    function = matcalc.parse("sum(i = 1..N, x[1]*i)", "x: vector(n)").compile()
    assert function(x=[2.0, 3], N=3) == 12


def test_names_that_python_keeps_are_taken_as_typed() -> None:
    function = matcalc.diff("lambda*np + dtype", "lambda", "lambda, np, dtype: scalar").compile()
    assert function(**{"lambda": 2, "np": 3, "dtype": 1}) == 3


def test_abstract_functions_are_arguments() -> None:
    answer = matcalc.gradient("sum(f(x))", "x", "f: elementwise; x: vector(n)")
    function = answer.compile()
    np.testing.assert_allclose(function(**{"x": [0.0, 1], "f'": np.cos}), np.cos([0, 1]))


def test_a_result_is_no_view_of_an_argument_that_writing_would_change() -> None:
    function = matcalc.parse("ones(3)*s", "s: scalar").compile()
    result = function(s=2.0)
    result[0] = 1
    np.testing.assert_array_equal(result, [1, 2, 2])


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(matcalc.MatcalcError) as refused:
        matcalc.diff("x", "x").code("fortran")
    assert refused.value.code == "E702"
