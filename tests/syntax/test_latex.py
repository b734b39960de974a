r"""LaTeX is read in the language's own meaning; what TeX leaves open is refused, not guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.notation.latex import to_latex
from matcalc.records import replace
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import is_latex, parse_formula
from matcalc.syntax.inference import infer
from matcalc.syntax.latex import align_lines, parse_latex, plain_declarations
from matcalc.syntax.tree import KINDS
from tests.notation.formulas import SIZES, WHERE, random_formulas, typed, values
from tests.notation.test_latex import PRINTED

CASES = Path(__file__).parents[1] / "data" / "cases"

READ = [
    (r"\max(0, \mathbf{w}\cdot\mathbf{x} + b)", "", "max(0, w·x + b)"),
    (r"\|A x - b\|_2^2", "b: vector(m)", "norm2(A*x - b)^2"),
    (r"\|A x - b\|^2_2", "b: vector(m)", "norm2(A*x - b)^2"),
    (r"\frac{1}{2}\lVert y - X w\rVert^2", "", "1/2*norm2(y - X*w)^2"),
    (r"\left\lVert x \right\rVert_1 + \|x\|_\infty + \|A\|_F", "",
     "norm1(x) + norminf(x) + normF(A)"),
    (r"|x|^\top ||y||", "", "abs(x)'*norm2(y)"),
    (r"\operatorname{tr}(A X) + \mathrm{tr}(B) + tr(C)", "", "tr(A*X) + tr(B) + tr(C)"),
    (r"A \odot B + A \circ B - A \oslash B", "", "A .* B + A .* B - A ./ B"),
    (r"A \otimes B", "", "A ⊗ B"),
    (r"\log\det X", "", "logdet(X)"),
    (r"\log\det(X)", "", "logdet(X)"),
    (r"\ln \exp(-x)", "", "log(exp(-x))"),
    (r"\left( x^\top A x \right)^2", "", "(x'*A*x)^2"),
    (r"X^{\top} X^T X^{\mathsf{T}} X^\intercal", "", "X'*X'*X'*X'"),
    (r"A^{-\top} x + A^{-T} x + {A^{-1}}^{\top} x", "", "(A^-1)'*x + (A^-1)'*x + (A^-1)'*x"),
    (r"x^{\odot 2} + x'' + \sqrt[3]{a}", "", "x .^ 2 + x'' + a^(1/3)"),
    (r"\sigma(W x + b)", "b: vector(m)", "sigmoid(W*x + b)"),
    (r"\sigma (a + b) + \sigma", "σ: scalar", "σ*(a + b) + σ"),
    (r"\hat{x}^\top \bar{\mathbf{y}} + \vec{w} \cdot \tilde{z}", "", "x_hat'*y_bar + w·z_tilde"),
    (r"\lambda_{\max} + x_{\text{old}}^\top x_1", "", "lambda_max + x_old'*x_1"),
    (r"W^{(2)} \operatorname{relu}(W^{(1)} x)", "", "W_2*relu(W_1*x)"),
    (r"W_{1} x", "W1: matrix(m, n)", "W1*x"),
    (r"\boldsymbol{\theta}^\top \mathbf{a}", "", "theta'*a"),
    (r"\theta^\top x", "θ: vector(n)", "θ'*x"),
    (r"x_{1} + x_n", "x: vector(n)", "x[1] + x[n]"),
    (r"A_{1,:} x + A_{1,2} + x_{2:3}^\top x_{2:3}", "A: matrix(m, n)",
     "A[1,:]*x + A[1,2] + x[2:3]'*x[2:3]"),
    (r"(A x)_{2} + \operatorname{softmax}(x)_{1}", "", "(A*x)[2] + softmax(x)[1]"),
    (r"\mathbf{1}^\top x + \mathbf{1}_n^\top x", "x: vector(n)", "ones(n)'*x + ones(n)'*x"),
    (r"I_n + \mathbf{I} + \mathbf{0}_{n \times n} + A", "", "eye(n) + eye(n) + zeros(n, n) + A"),
    (r"\mathbb{1}[x > 0] + \mathbf{1}_{x \le 0} + \mathbb{1}\{x \ne 1\}", "",
     "[x > 0] + [x <= 0] + [x != 1]"),
    (r"\mathbf{1} (a + b) + x", "", "vector(1)*(a + b) + x"),
    (r"\begin{cases} a & x > 0 \\ b & \text{otherwise} \end{cases}", "x: scalar",
     "where(x > 0, a, b)"),
    (r"\begin{cases} a & \text{if } x > 0, \\ b & x \le 0. \end{cases}", "x: scalar",
     "where(x > 0, a, b)"),
    (r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", "", "[a, b; c, d]"),
    (r"\left[\begin{array}{cc} a & b \end{array}\right]", "", "[a, b]"),
    (r"x^TAx + 2 \pi c", "", "x'*A*x + 2*pi*c"),
    (r"a \, b \; c \! d \quad a", "", "a*b*c*d*a"),
    (r"2 \cdot 3 a + A \cdot 2 x", "", "2*3*a + A*2*x"),
    (r"\frac12 x^\top x + 1/2 x^\top x", "", "1/2*x'*x + 1/2*x'*x"),
    (r"\frac{a}{b} c", "", "a/b*c"),
    (r"e^{-x} + \mathrm{e}^{x} + \mathrm{e}", "", "exp(-x) + exp(x) + exp(1)"),
    (r"\alpha e^{2}", "e: scalar", "alpha*e^2"),
    (r"\log_2(x) + \log_{10} x + \sin^2(x)", "", "log2(x) + log10(x) + sin(x)^2"),
    (r"\operatorname{diag}(x) A \operatorname{vec}(B)", "A: matrix(n, 4); B: matrix(2, 2)",
     "diag(x)*A*vec(B)"),
    (r"\operatorname{sum}_{\mathrm{axis}=0}(A)", "", "sum(A, axis=0)"),
    (r"\sum_{i=1}^n x_i \log x_i + c", "", "sum(i = 1..n, x[i]*log(x[i])) + c"),
    (r"\sum_{i=1}^n \sum_{j=1}^m A_{ij} x_i", "", "sum(i = 1..n, sum(j = 1..m, A[i,j]*x[i]))"),
    (r"\sum_{i,j=1}^n A_{i,j}", "", "sum(i = 1..n, sum(j = 1..n, A[i,j]))"),
    (r"\sum_{i} x_i", "x: vector(n)", "sum(i = 1..n, x[i])"),
    (r"f(x)^2 + f'(x) + f''(x)", "f: elementwise", "f(x)^2 + f'(x) + f''(x)"),
    (r"-\phi(w^\top x) x", r"\phi: elementwise", "-phi(w'*x)*x"),
    (r"\partial_{2} p(x, y)", "p: vector(n), vector(n) -> scalar", "p'2(x, y)"),
    (r"$ x^{2} $", "", "x^2"),
    (r"\[ \|x\|^2 \]", "", "norm2(x)^2"),
    (r"z = A x; z^\top z", "", "(A*x)'*(A*x)"),
    (r"\begin{aligned} z &= A x \\ &\phantom{=} z^{\top} z \end{aligned}", "", "(A*x)'*(A*x)"),
    (r"x^\top*A*x", "", "x'*A*x"),
    (r"a \alpha % a comment", "", "a*alpha"),
]  # fmt: skip

SAMPLES = [
    ("", "1/N*sum(i = 1..N, (y[i] - w'*X[i,:]')^2)"),
    ("X: matrix(N, n)", "1/N*sum(i = 1..N, (y[i] - w'*X[i,:]')^2)"),
    ("X: matrix(n, N)", "1/N*sum(i = 1..N, (y[i] - w'*X[:,i])^2)"),
]

REFUSED = [
    (r"\frac{a}{b", "E105", 9, ""),
    (r"\left( x", "E105", 1, ""),
    (r"x \right)", "E105", 3, ""),
    (r"\left( x ]", "E105", 10, ""),
    (r"\alpha }", "E105", 8, ""),
    (r"\frac{}{b}", "E103", 7, ""),
    (r"\alpha +", "E104", 9, ""),
    ("$ $", "E101", 1, ""),
    (r"\input{file}", "E107", 1, ""),
    (r"\def\x{1} \x", "E107", 1, ""),
    (r"\csname x\endcsname", "E107", 1, ""),
    (r"a^^41 \alpha", "E107", 2, ""),
    (r"\unknown x", "E107", 1, r"\frac"),
    (r"x^{2}^{3}", "E103", 6, ""),
    (r"x_{1}_{2}", "E103", 6, ""),
    (r"x^-1 \alpha", "E103", 3, "^{-1}"),
    (r"x^10 \alpha", "E103", 3, "^{10}"),
    (r"\alpha x 2", "E103", 10, r"\cdot 2"),
    (r"\frac{\partial f}{\partial x}", "E107", 7, "--wrt"),
    (r"\frac{dy}{dx}", "E107", 1, "--wrt"),
    (r"\nabla f", "E107", 1, "--wrt"),
    (r"A^{*} \alpha", "E107", 2, r"\top"),
    (r"\log x y", "E107", 1, r"\log(x y)"),
    (r"\log \mathbf{1}^\top \exp(x)", "E107", 1, ""),
    (r"\sin^{-1}(x)", "E107", 7, r"\arcsin"),
    (r"\alpha/b c", "E107", 7, r"\frac{\alpha}{b}"),
    (r"D \odot A B", "E107", 3, r"D \odot (A B)"),
    (r"X^{-1}_{ij}", "E107", 7, r"(X^{-1})_{i,j}"),
    (r"x^{(n+1)}", "E107", 2, "x_{n+1}"),
    (r"\sum_{i=1}^n a_i + b_i", "E107", 20, ""),
    (r"\sigma^2 + \sigma(z)", "E107", 12, "sigmoid"),
    (r"e^{x} + e", "E107", 1, r"\exp(x)"),
    (r"e^{A}", "E107", 2, r"\exp(A)"),
    (r"\|x\|_p", "E107", 7, r"\|x\|_1"),
    (r"\phi(x)", "E109", 1, "phi: elementwise"),
    (r"\alpha y(x)", "E109", 8, "elementwise"),
    (r"\alpha ylog(x)", "E107", 8, r"\operatorname{log}"),
    (r"\alpha < b < c", "E108", 12, ""),
    (r"\lambda_{\max}(A)", "E203", 1, ""),
    (r"\sigma_1(A)", "E203", 1, "normF(A)^2"),
    (r"\phi_1(x)", "E109", 1, "phi: elementwise"),
    (r"f^2(x) + \alpha", "E109", 1, "f: elementwise"),
    (r"\Gamma(x)", "E109", 1, ""),
    (r"\sum_i (y^i - w^\top x^i)^2", "E107", 9, "y_i"),
    (r"X^{\dagger} y", "E203", 2, "inv(X'*X)*X'"),
    (r"\mathbb{E}[x]", "E107", 1, ""),
    (r"\begin{foo} a \end{foo}", "E107", 1, "cases"),
    (r"a & \alpha", "E107", 3, "aligned"),
    (r"\alpha 𝐱", "E601", 8, "x"),
]


def read(text: str, where: str = "") -> Expression:
    return matcalc.parse(text, where).expression


@pytest.mark.parametrize(("latex", "where", "text"), READ)
def test_read(latex: str, where: str, text: str) -> None:
    formula = matcalc.parse(latex, where)
    declared = "; ".join(part for part in (where, *formula.assumptions) if part)
    assert formula.expression is matcalc.parse(text, plain_declarations(declared)).expression


@pytest.mark.parametrize(("latex", "code", "column", "hint"), REFUSED)
def test_refused(latex: str, code: str, column: int, hint: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.parse(latex)
    error = caught.value
    assert (error.code, error.line, error.column) == (code, 1, column), error
    assert hint in error.hint
    assert error.source == latex


@pytest.mark.parametrize(("where", "text"), SAMPLES)
@pytest.mark.parametrize("sample", ["x_i", "x^{(i)}", r"\mathbf{x}_{i}"])
def test_samples(where: str, text: str, sample: str) -> None:
    latex = rf"\frac{{1}}{{N}}\sum_{{i=1}}^{{N}} (y_i - w^\top {sample})^2"
    declared = f"{where or 'X: matrix(N, n)'}; w: vector(n); y: vector(N)"
    formula = matcalc.parse(latex, where and declared)
    assert formula.expression is read(text, declared)
    assert any("of X" in note.message for note in formula.notes)


@pytest.mark.parametrize("where", ["X: matrix(N, N)", "x, w: vector(n); y: vector(N)"])
def test_samples_that_may_be_several_things_are_refused(where: str) -> None:
    with pytest.raises(MatcalcError, match="E107"):
        matcalc.parse(r"\sum_{i=1}^{N} (y_i - w^\top x_i)^2", where)


def test_vectors_are_found_by_what_they_are_added_to() -> None:
    where = r"\mu \in \mathbb{R}^n; X: matrix(N, n)"
    latex = r"\sum_{i=1}^{N} \|x_i - \mu\|^2"
    plain = "mu: vector(n); X: matrix(N, n)"
    assert read(latex, where) is read("sum(i = 1..N, norm2(X[i,:]' - mu)^2)", plain)


def test_bold_letters_are_vectors_and_matrices() -> None:
    assert matcalc.parse(r"\mathbf{a} + x").assumptions == ("a, x: vector(n)",)
    assert matcalc.parse(r"\boldsymbol{\Sigma} \mathbf{b}").shape == ("m",)


def test_readings_by_custom_are_told() -> None:
    notes = [note.message for note in matcalc.parse(r"\sigma(x) + e^{x} + W^{(1)} x").notes]
    assert len(notes) == 3
    (note,) = matcalc.parse(r"\|A\|_2").notes
    assert "Frobenius" in note.message


def test_derivatives_by_latex_names() -> None:
    where = r"\mathbf{w}, x \in \mathbb{R}^{n}; b \in \mathbb{R}"
    latex = r"\max(0, \mathbf{w}\cdot\mathbf{x} + b)"
    assert str(matcalc.diff(latex, r"\mathbf{w}", where)) == "[w·x + b > 0]*x'"
    assert str(matcalc.diff(latex, "x_{2}", where)) == str(matcalc.diff(latex, "x[2]", where))
    assert str(matcalc.vjp("W^{(1)} x", "W^{(1)}", r"\delta")) == "δ*x'"


def test_derivative_of_the_mean_squared_error() -> None:
    latex = r"\frac{1}{N}\sum_{i=1}^{N} (y_i - w^\top x_i)^2"
    generator = np.random.default_rng(3)
    X, w, y = (generator.normal(size=shape) for shape in ((5, 3), (3,), (5,)))
    gradient = matcalc.gradient(latex, "w").evaluate(X=X, w=w, y=y)
    assert np.allclose(gradient, -2 / 5 * X.T @ (y - X @ w))


# What is printed reads back


def reads_back(expression: Expression, where: str, arrays: dict[str, Any]) -> None:
    """Hold the printed LaTeX against its formula: the same, or equal in value."""
    latex = to_latex(expression)
    text = latex if is_latex(latex) else f"${latex}$"
    declarations = parse_declarations(where)
    back = infer(parse_formula(text, declarations), text, declarations).expression
    if back is not expression:
        formula = matcalc.parse("a", "a: scalar")
        both = [
            replace(formula, inferred=formula.inferred._replace(expression=e)).evaluate(**arrays)
            for e in (expression, back)
        ]
        assert np.shape(both[0]) == np.shape(both[1]), latex
        assert np.allclose(both[0], both[1], rtol=1e-9, equal_nan=True), latex


@pytest.mark.parametrize("text", [text for text, _ in PRINTED if "commutation" not in text])
def test_printed_formulas_read_back(text: str) -> None:
    """The commutation matrix is left out: in these formulas K is a declared matrix."""
    reads_back(typed(text), WHERE, values() | SIZES)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(2))
def test_random_formulas_read_back(seed: int) -> None:
    for expression in random_formulas(seed, 150):
        reads_back(expression, WHERE, values() | SIZES)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_formulas_and_answers_of_the_cases_read_back(path: Path) -> None:
    """Of these the expressions are compared; an inverse is typed as inv(A) or A^-1."""
    for case in json.loads(path.read_text("utf-8")):
        formula = matcalc.parse(case["expr"], case["where"])
        where = "; ".join(part for part in (case["where"], *formula.assumptions) if part.strip())
        for field in ("expr", "numerator", "denominator"):
            if case.get(field):
                expression = read(case[field], where)
                latex = to_latex(expression)
                back = read(latex if is_latex(latex) else f"${latex}$", where)
                if "inv" not in case[field] and "logdet" not in case[field]:
                    assert back.shape == expression.shape, latex


# Trees, declarations, lines


def test_trees_are_the_languages_own_and_point_into_the_text() -> None:
    text = r"\frac{1}{2} \sum_{i=1}^{n} \|x_i\|^2 + \mathbf{a}^\top \sigma(z) f(x)"
    stack = [parse_latex(text, parse_declarations("f: elementwise"))]
    while stack:
        tree = stack.pop()
        assert tree.kind in KINDS
        assert 0 <= tree.span.start <= tree.span.end <= len(text)
        stack += tree.children
    name = parse_latex(r"\mathbf{w} + b").children[0].children[0]
    assert text and (name.value, name.span) == ("w", (0, 10))


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\mathbf{w}, x_{1} \in \mathbb{R}^{n}", "w, x_1: vector(n)"),
        (r"A \in \mathbb{R}^{m \times n}; b \in \mathbb{R}", "A: matrix(m, n); b: scalar"),
        (r"\boldsymbol{\Sigma}: \text{spd}(n)", "Sigma: spd(n)"),
        (r"$\hat{\mathbf{y}} \in \R^3$", "y_hat: vector(3)"),
        (r"f: \mathbb{R}^n \to \mathbb{R}", ""),
    ],
)
def test_declarations(latex: str, plain: str) -> None:
    if not plain:
        with pytest.raises(MatcalcError) as caught:
            parse_declarations(latex)
        assert caught.value.source == latex
        return
    read, wanted = parse_declarations(latex), parse_declarations(plain)
    assert [d[:2] for d in read] == [d[:2] for d in wanted]


def test_lines_of_an_aligned_display() -> None:
    text = (
        "\\begin{align*}\n  f &= \\|A x\\|^2 \\nonumber \\\\\n    &= x^\\top A^\\top A x"
        " = \\begin{cases} a & b = c \\\\ d & e \\end{cases}\n\\end{align*}"
    )
    lines = align_lines(text)
    assert [(line, side) for line, _, side in lines] == [
        (0, "f"), (0, r"\|A x\|^2"), (1, r"x^\top A^\top A x"),
        (1, r"\begin{cases} a & b = c \\ d & e \end{cases}"),
    ]  # fmt: skip
    for _, place, side in lines:
        assert text.startswith(side, place)
    assert align_lines("$$ a $$") == [(0, 3, "a")]


# Any text


HOSTILE = [
    "(" * 10_000 + r"\alpha" + ")" * 10_000,
    "{" * 10_000 + r"\alpha" + "}" * 10_000,
    r"\left(" * 10_000,
    r"\frac{1}{" * 4_000 + "2" + "}" * 4_000,
    "a_{" * 4_000 + "1" + "}" * 4_000,
    "a^{" * 10_000,
    r"\|" * 10_000 + "x" + r"\|" * 10_000,
    r"\log_{" * 9_000 + "2" + "}" * 9_000,
    r"\mathbf{" * 9_000 + "x" + "}" * 9_000,
    r"\begin{cases} a & x>0 \\ " * 3_000,
    r"\sum_{i=1}^{n} " * 1_000 + "x_i",
    r"\operatorname{" * 9_000,
    r"\alpha " * 5_000,
    "\\" * 99_999,
    r"\alpha" + "'" * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_long_and_deep_texts_are_read_or_refused(text: str) -> None:
    try:
        parse_latex(text)
    except MatcalcError as error:
        assert error.code[:2] in ("E1", "E5")
    align_lines(text)


def test_mangled_formulas_are_read_or_refused() -> None:
    generator = np.random.default_rng(7)
    pieces = [latex for latex, _, _ in READ]
    for _ in range(800):
        first, second = generator.choice(pieces, 2)
        cut, start = generator.integers(len(first)), generator.integers(len(second))
        text = f"{first[:cut]}{second[start:]}"
        try:
            matcalc.parse(text)
            parse_latex(text)
        except MatcalcError as error:
            assert error.line == 1
            assert 1 <= error.column <= len(text) + 1
