"""Values: every head and function against NumPy by hand, dimensions read off the arrays."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import name
from matcalc.expressions.functions import ELEMENTARY
from matcalc.expressions.nodes import Expression, make, variable
from matcalc.programs.backends import SYMPY
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer

WHERE = (
    "a, b: scalar; x, y: vector(n); u: vector(m); p, q: vector(3); k: vector(2); r: vector(m*n); "
    "A, B: matrix(m, n); S, T: square(n); K: matrix(2, 2); f: elementwise; "
    "g: vector(n) -> vector(m); h: vector(n), vector(m) -> scalar"
)
N, M = 5, 3
SHAPES: dict[str, tuple[int, ...]] = {
    "a": (), "b": (), "x": (N,), "y": (N,), "u": (M,), "p": (3,), "q": (3,), "k": (2,),
    "r": (M * N,), "A": (M, N), "B": (M, N), "S": (N, N), "T": (N, N), "K": (2, 2),
}  # fmt: skip


def typed(text: str, where: str = WHERE) -> Expression:
    return infer(parse_formula(text), text, parse_declarations(where)).expression


def arrays(seed: int = 3) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    values = {letter: generator.uniform(0.2, 2, shape) for letter, shape in SHAPES.items()}
    values["x"] -= 1
    return values


ns = arrays()
a, b, x, y, u, p, q, k, r, A, B, S, T, K = (ns[letter] for letter in SHAPES)


def logsumexp(array: Any, axis: int | None = None) -> Any:
    return np.log(np.exp(array).sum(axis=axis))


def adjugate(matrix: Any) -> Any:
    return np.linalg.det(matrix) * np.linalg.inv(matrix)


VALUES: list[tuple[str, Any]] = [
    ("x + a - 2*y", x + a - 2 * y),
    ("x'", x[None, :]),
    ("x''", x),
    ("x'*y", x @ y),
    ("u*x'", np.outer(u, x)),
    ("A*x", A @ x),
    ("u'*A", (u @ A)[None, :]),
    ("u'*A*x", u @ A @ x),
    ("A*B'", A @ B.T),
    ("x·y + a·b", x @ y + a * b),
    ("1/A", 1 / A),
    ("A ./ B .* A", A / B * A),
    ("A ⊗ S", np.kron(A, S)),
    ("kron(x, u)", np.kron(x, u)),
    ("kron(x, A)", np.kron(x[:, None], A)),
    ("x^2", x**2),
    ("y^a", y**a),
    ("A .^ B", A**B),
    ("S^3", S @ S @ S),
    ("S^-2", np.linalg.inv(S @ S)),
    ("S^0", np.eye(N)),
    ("S^n", np.linalg.matrix_power(S, N)),
    ("sum(i = 0..3, S^i)", np.eye(N) + S + S @ S + S @ S @ S),
    ("[x > 0]", (x > 0) * 1.0),
    ("where(x > 0, log(x), y)", np.where(x > 0, np.log(np.abs(x)), y)),
    ("where(a > b, x, 0)", x * (a > b)),
    ("sum(A)", A.sum()),
    ("sum(A, axis=0)", A.sum(axis=0)[None, :]),
    ("mean(A, axis=1)", A.mean(axis=1)),
    ("max(A, axis=0)", A.max(axis=0)[None, :]),
    ("min(A)", A.min()),
    ("max(x, y)", np.maximum(x, y)),
    ("max(0, x)", np.maximum(0, x)),
    ("prod(x)", x.prod()),
    ("logsumexp(A, axis=1)", logsumexp(A, 1)),
    ("logsumexp(1000*x)/1000", x.max()),
    ("norm1(A) + norm2(x)", np.abs(A).sum() + math.sqrt(x @ x)),
    ("normF(A) + norminf(x)", math.sqrt((A**2).sum()) + np.abs(x).max()),
    ("softmax(x)", np.exp(x) / np.exp(x).sum()),
    ("softmax(A, axis=1)", np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)),
    ("softmax(A, axis=0)", np.exp(A) / np.exp(A).sum(axis=0)),
    ("log_softmax(x')", (x - logsumexp(x))[None, :]),
    ("tr(S*T)", np.trace(S @ T)),
    ("det(S)", np.linalg.det(S)),
    ("logdet(S*S')", math.log(np.linalg.det(S) ** 2)),
    ("inv(S)", np.linalg.inv(S)),
    ("adj(S)", adjugate(S)),
    ("diag(x)", np.diag(x)),
    ("diag(S)", np.diag(S)),
    ("diag(x')", np.diag(x)),
    ("vec(A)", A.T.ravel()),
    ("unvec(r, m, n)", r.reshape(N, M).T),
    ("unvec(vec(A), m, n)", A),
    ("unvec(vec(A)*vec(A)', m, n, m, n)", np.multiply.outer(A, A)),
    ("unvec(A, m, 1, n)", A[:, None, :]),
    ("unvec(x*vec(A)', n, m, n)", np.multiply.outer(x, A)),
    ("unvec(vec(A)*x', m, n, n)", np.multiply.outer(A, x)),
    ("unvec(vec(vec(A)*x'), m, n, n)", np.multiply.outer(A, x)),
    ("commutation(m, n)*vec(A)", A.ravel()),
    ("cross(p, q)", np.cross(p, q)),
    ("outer(u, x)", np.outer(u, x)),
    ("flip(x)", x[::-1]),
    ("flip(A)", A[::-1, ::-1]),
    ("conv(x, k)", np.correlate(x, k)),
    ("conv_full(x, k)", np.correlate(x, k, "full")),
    ("conv2d(A, K)", [[(A[i:i + 2, j:j + 2] * K).sum() for j in range(4)] for i in range(2)]),
    ("sum(conv2d_full(A, K))", A.sum() * K.sum()),
    ("x[2]", x[1]),
    ("x'[2]", x[1]),
    ("A[2,:]", A[1:2, :]),
    ("A[:,2]", A[:, 1]),
    ("A[2,3]", A[1, 2]),
    ("x[2:4]", x[1:4]),
    ("A[2:3,:]", A[1:3, :]),
    ("A[2,1:2]", A[1:2, :2]),
    ("(A*x)[n-3]", (A @ x)[1]),
    ("[x; a]", [*x, a]),
    ("[x', a]", [[*x, a]]),
    ("[a; x; b]", [a, *x, b]),
    ("[A, u]", np.column_stack([A, u])),
    ("[A; x']", np.vstack([A, x])),
    ("[a, b; b, a]", [[a, b], [b, a]]),
    ("eye(n) + ones(n)*ones(1, n) + zeros(n, n)", np.eye(N) + 1),
    ("pi*n - m/2", math.pi * N - M / 2),
    ("sum(i = 1..n, x[i]*i)", sum(x[i] * (i + 1) for i in range(N))),
    ("sum(i = 1..m, A[i,:]*sum(i = 1..n, x[i]))", (A.sum(axis=0) * x.sum())[None, :]),
    ("sum(i = 1..m, sum(j = 1..n, A[i,j]*x[j]*sum(k = 1..m, u[k]*i*j)))",
     sum(A[i, j] * x[j] * u.sum() * (i + 1) * (j + 1) for i in range(M) for j in range(N))),
    ("tensor(i = 1..m, j = 1..n, l = 1..m, delta(i, l)*x[j])",
     np.einsum("il,j->ijl", np.eye(M), x)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_numpy_values(text: str, expected: Any) -> None:
    value = evaluate(typed(text), ns, {"m": M, "n": N})
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)


EXACT = {letter: [Fraction(7 * i % 11 + 1, 4) for i in range(math.prod(shape))]
         for letter, shape in SHAPES.items()}  # fmt: skip
SLOW = frozenset(("det(S)", "logdet(S*S')", "inv(S)", "adj(S)", "S^-2", "logsumexp(1000*x)/1000"))


@pytest.mark.parametrize("text", [text for text, _ in VALUES if text not in SLOW])
def test_sympy_values_are_those_of_numpy(text: str) -> None:
    exact = {
        letter: np.array(entries, dtype=object).reshape(SHAPES[letter])
        for letter, entries in EXACT.items()
    }
    formula = typed(text)
    value = evaluate(formula, exact, {"m": M, "n": N}, SYMPY)
    assert value.dtype == object
    expected = evaluate(formula, exact, {"m": M, "n": N})
    np.testing.assert_allclose(value.astype(float), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", ELEMENTARY, ids=lambda row: row.name)
def test_both_templates_of_every_function_agree(row: Any) -> None:
    points = [Fraction(1, 3), Fraction(3, 2), Fraction(-2, 5), Fraction(0)]
    arguments = [variable(letter, (name("n"),)) for letter in "xyw"[: len(row.parameters)]]
    head = "power" if row.name == "power" else "call"
    formula = make(head, tuple(arguments), None if head == "power" else (row.name, None))
    given = {"x": points, "y": points[::-1], "w": points}
    if row.name == "power":
        given = {"x": [Fraction(1, 3)] * 4, "y": points}
    value = evaluate(formula, given)
    exact = evaluate(formula, given, {}, SYMPY)
    for number, entry in zip(value, exact, strict=True):
        complete = complex(entry) if entry.is_finite else complex("nan")
        if complete.imag or math.isnan(complete.real):
            assert not math.isfinite(number)  # outside of the domain
        else:
            assert number == pytest.approx(complete.real, rel=1e-12, abs=1e-15)


def test_sympy_grinds_a_formula_down_to_scalars() -> None:
    import sympy

    letters = sympy.symbols("x1:4")
    value = evaluate(typed("x'*x + max(0, x[1])"), {"x": letters}, {}, SYMPY)[()]
    assert sympy.simplify(value - sum(s**2 for s in letters) - sympy.Max(0, letters[0])) == 0
    matrix = np.array(sympy.symbols("s1:5")).reshape(2, 2)
    inverse = evaluate(typed("inv(S)*S"), {"S": matrix}, {}, SYMPY)
    assert all(sympy.simplify(entry - target) == 0
               for entry, target in zip(inverse.ravel(), (1, 0, 0, 1), strict=True))  # fmt: skip
    step = evaluate(typed("where(a > b, a, 2)"), dict(zip("ab", letters, strict=False)), {}, SYMPY)
    assert step[()] == sympy.Piecewise((letters[0], letters[0] > letters[1]), (2, True))


# Dimensions


def test_dimensions_are_solved_for() -> None:
    where = "x: vector(n); k: vector(p); g: vector(n-p+1); z: vector(2*l+1); s: vector(j*j)"
    given = {"x": np.ones(7), "g": np.ones(5), "k": np.ones(3), "z": np.ones(9), "s": np.ones(49)}
    assert evaluate(typed("sum(g .* conv(x, k))", where), given) == 15
    assert evaluate(typed("l + sum(z) + j + sum(s)", where), given) == 4 + 9 + 7 + 49
    assert evaluate(typed("sum(g) + p + n", where), {"g": np.ones(5), "n": 7, "other": "x"}) == 15


REFUSED: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("A*x", {"A": np.ones((2, 4)), "x": np.ones(3)}, ("A", "x", "(3,)", "2×4", "n")),
    ("x'*y", {"x": np.ones(3)}, ("y",)),
    ("x'", {"x": np.ones((1, 3))}, ("x", "(1, 3)", "ravel")),
    ("A*x", {"A": np.ones(3), "x": np.ones(3)}, ("A", "(3,)")),
    ("x", {"x": []}, ("x", "empty")),
    ("x", {"x": "abc"}, ("x", "number")),
    ("x", {"x": ["1", "2"]}, ("x", "number")),
    ("x", {"x": [[1], [2, 3]]}, ("x", "number")),
    ("x + m", {"x": [1, 2]}, ("m", "size")),
    ("eye(m)*m", {"m": 2.5}, ("m", "whole")),
    ("eye(m)*m", {"m": -1}, ("m", "positive")),
    ("sum(p)", {"p": np.ones(4)}, ("p", "3")),
    ("x[4]", {"x": np.ones(3)}, ("4", "range")),
    ("inv(S)", {"S": np.ones((2, 2))}, ("inv", "singular")),
    ("conv(x, k)", {"x": [1.0], "k": [1.0, 2.0]}, ("conv", "kernel")),
    ("f(x)", {"x": [1, 2]}, ("f", "callable")),
    ("f'(x)", {"x": [1, 2], "f": abs}, ("f'", "callable")),
    ("f(x)", {"x": [1, 2], "f": lambda z: 3}, ("f", "shape")),
    ("g(x)", {"x": [1, 2], "u": [1, 2, 3], "g": lambda z: z, "m": 3}, ("g", "(3,)")),
]


@pytest.mark.parametrize(("text", "given", "words"), REFUSED)
def test_what_does_not_fit_is_refused(
    text: str, given: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(MatcalcError) as caught:
        evaluate(typed(text), given)
    error = caught.value
    for word in words:
        assert word in f"{error.message} {error.hint}"


def test_a_size_is_looked_for_among_the_values_and_checked() -> None:
    assert evaluate(typed("sum(x)/m"), {"x": [1, 2], "m": 4}) == 0.75
    assert evaluate(typed("sum(x)/m"), {"x": [1, 2]}, {"m": 4}) == 0.75
    with pytest.raises(MatcalcError, match="n is 2, but it is 3"):
        evaluate(typed("x"), {"x": [1, 2]}, {"n": 3})


def test_abstract_functions_are_given_by_their_printed_names() -> None:
    given: dict[str, Any] = {
        "x": [1.0, 2.0], "u": [1.0, 2.0, 3.0], "f": np.sin, "f'": np.cos,
        "f''": lambda z: -np.sin(z),
        "g": lambda z: np.array([z[0], z[1], z[0]]), "g'": lambda z: np.eye(3, 2),
        "h": lambda z, v: z.sum() * v.sum(), "h'2": lambda z, v: np.full((1, 3), z.sum()),
        "h'1'2": lambda z, v: np.ones((2, 3)),
    }  # fmt: skip
    total = np.sin(1) + np.cos(2) - np.sin(1)
    assert evaluate(typed("f(x)[1] + f'(x)[2] + f''(x)[1]"), given) == pytest.approx(total)
    assert evaluate(typed("g'(x)*x + g(x)"), given).tolist() == [2, 4, 1]
    assert evaluate(typed("h'2(x, u)*u + h(x, u)"), given) == 36
    assert evaluate(typed("x'*h'1'2(x, u)*u"), given) == 18


# Robustness


def test_nothing_warns_and_nothing_recurses(recwarn: pytest.WarningsRecorder) -> None:
    formula = typed("where(x > 0, log(x), 0)")
    for _ in range(5_000):
        formula = make("call", (formula,), ("tanh", None))
    assert evaluate(formula, {"x": [-1.0, 0.0, 2.0]}).shape == (3,)
    assert evaluate(typed("sigmoid(1000*x) + softplus(-1000*x)"), {"x": [-1, 1]}).tolist() == [
        1000,
        1,
    ]
    assert not recwarn.list


def test_deeply_nested_sums_run() -> None:
    formula = typed("a")
    for _ in range(300):
        body = make("add", (formula, make("index", (), "i")))
        bound = typed("1")
        formula = make("index_sum", (bound, bound, body), "i")
    assert evaluate(formula, {"a": 0}) == 300


def test_an_empty_sum_is_zero() -> None:
    formula = make("index_sum", (typed("2"), typed("1"), typed("x")), "i")
    assert evaluate(formula, {"x": [1, 2]}).tolist() == [0, 0]


def test_each_shared_node_is_computed_once() -> None:
    formula = typed("x")
    for _ in range(200):
        formula = make(
            "add", (formula, make("negate", (make("call", (formula,), ("tanh", None)),)))
        )
    assert np.isfinite(evaluate(formula, {"x": [1.0]})).all()


def test_what_does_not_move_with_the_index_is_computed_once() -> None:
    calls = []

    def function(value: Any) -> Any:
        calls.append(1)
        return value

    total = evaluate(typed("sum(i = 1..n, x[i]*f(a))"), {"x": np.ones(9), "a": 2, "f": function})
    assert total == 18
    assert len(calls) == 1


def test_complex_numbers_pass_for_the_complex_step() -> None:
    step = 1e-30
    value = evaluate(typed("exp(sin(a))*sigmoid(a)"), {"a": 0.7 + step * 1j})
    s = 1 / (1 + math.exp(-0.7))
    expected = math.exp(math.sin(0.7)) * s * (math.cos(0.7) + 1 - s)
    assert value.imag / step == pytest.approx(expected, rel=1e-12)
