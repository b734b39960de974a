"""LaTeX: what stands for what, nothing of the user's gets through, and TeX takes it all."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import matcalc
from matcalc.expressions.nodes import Expression, make, number
from matcalc.notation.latex import to_latex
from matcalc.notation.letters import name_latex
from tests.notation.formulas import random_formulas, typed
from tests.programs import program

X, W, A_, S_ = r"\mathbf{x}", r"\mathbf{w}", r"\mathbf{A}", r"\mathbf{S}"

PRINTED = [
    ("2*x", rf"2 {X}"),
    ("2*3*a", r"2 \cdot 3 a"),
    ("a*2^b", r"a \cdot 2^{b}"),
    ("a*(1/2)", r"a \cdot \frac{1}{2}"),
    ("x'*w", rf"{X}^{{\top}} {W}"),
    ("w·x + b", rf"{W} \cdot {X} + b"),
    ("(w·x)*y", rf"({W} \cdot {X}) \mathbf{{y}}"),
    ("x .* y", rf"{X} \odot \mathbf{{y}}"),
    ("A ./ B", rf"{A_} \oslash \mathbf{{B}}"),
    ("A ⊗ S", rf"{A_} \otimes {S_}"),
    ("a/b", r"\frac{a}{b}"),
    ("-a/b", r"-\frac{a}{b}"),
    ("x - a/b*x", rf"{X} - \frac{{a}}{{b}} {X}"),
    ("(x + w)/(2*a)", rf"\frac{{{X} + {W}}}{{2 a}}"),
    ("1/x", rf"1 \oslash {X}"),
    ("a*(b + 1/c)", r"a \left(b + \frac{1}{c}\right)"),
    ("a*(b + c)", "a (b + c)"),
    ("a^2", "a^{2}"),
    ("(1/a)^2", r"\left(\frac{1}{a}\right)^{2}"),
    ("a^(1/2)", "a^{1/2}"),
    ("x^2", rf"{X}^{{\odot 2}}"),
    ("S^-1", rf"{S_}^{{-1}}"),
    ("inv(S)", rf"{S_}^{{-1}}"),
    ("inv(S)'", rf"{{{S_}^{{-1}}}}^{{\top}}"),
    ("(S^2)'", rf"{{{S_}^{{2}}}}^{{\top}}"),
    ("S'^2", rf"({S_}^{{\top}})^{{2}}"),
    ("norm2(A*x)^2", rf"\left\|{A_} {X}\right\|_2^{{2}}"),
    ("abs(a)", r"\left|a\right|"),
    ("sqrt(a)", r"\sqrt{a}"),
    ("sigmoid(x)", rf"\sigma({X})"),
    ("log_softmax(x)", rf"\operatorname{{log\_softmax}}({X})"),
    ("sum(A, axis=0)", rf"\operatorname{{sum}}_{{\mathrm{{axis}}=0}}({A_})"),
    ("max(0, a)", r"\max(0, a)"),
    ("tr(S)", rf"\operatorname{{tr}}({S_})"),
    ("diag(x)", rf"\operatorname{{diag}}({X})"),
    ("sum(i = 1..n, x[i])", r"\sum_{i=1}^{n} x_{i}"),
    ("sum(i = 1..n, x[i])*a", r"\left(\sum_{i=1}^{n} x_{i}\right) a"),
    ("1/n*sum(i = 1..n, x[i])", r"\frac{1}{n} \sum_{i=1}^{n} x_{i}"),
    ("A[1,:]*x", rf"{A_}_{{1,:}} {X}"),
    ("(A*x)[2]", rf"({A_} {X})_{{2}}"),
    ("x[1:2]", rf"{X}_{{1:2}}"),
    ("[a > b]*x", rf"[a > b] {X}"),
    ("[x >= 1/a]", rf"\left[{X} \ge \frac{{1}}{{a}}\right]"),
    ("eye(n) + ones(n)*ones(n)'", r"\mathbf{I}_{n} + \mathbf{1}_{n} \mathbf{1}_{n}^{\top}"),
    ("zeros(m, n)", r"\mathbf{0}_{m \times n}"),
    ("commutation(m, n)", r"\mathbf{K}_{m,n}"),
    ("[a, b; b, a]", r"\begin{bmatrix} a & b \\ b & a \end{bmatrix}"),
    ("f''(x) + f(x)", rf"f''({X}) + f({X})"),
    ("g'(x)", rf"\mathbf{{g}}'({X})"),
    ("p'1'2(x, u)", rf"\partial_{{1}} \, \partial_{{2}} p({X}, \mathbf{{u}})"),
    ("pi*a", r"\pi a"),
    ("where(a > 0, a, 0)",
     r"\begin{cases} a & \text{if } a > 0 \\ 0 & \text{otherwise} \end{cases}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex"), PRINTED)
def test_latex(text: str, latex: str) -> None:
    assert to_latex(typed(text)) == latex


CASES = [
    ("[w·x + b > 0]*x'",
     rf"\begin{{cases}} {X}^{{\top}} & \text{{if }} {W} \cdot {X} + b > 0 \\ "
     r"\mathbf{0} & \text{otherwise} \end{cases}"),
    ("2*[a > b]*c", r"\begin{cases} 2 c & \text{if } a > b \\ 0 & \text{otherwise} \end{cases}"),
    ("[a > b]", r"\begin{cases} 1 & \text{if } a > b \\ 0 & \text{otherwise} \end{cases}"),
    ("-[a > 0]*(b + c)",
     r"\begin{cases} -(b + c) & \text{if } a > 0 \\ 0 & \text{otherwise} \end{cases}"),
    ("[a > 0]*(b + c)",
     r"\begin{cases} b + c & \text{if } a > 0 \\ 0 & \text{otherwise} \end{cases}"),
    ("[x > 0] .* w", rf"[{X} > 0] \odot {W}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex"), CASES)
def test_iverson_brackets_become_cases_on_request(text: str, latex: str) -> None:
    assert to_latex(typed(text), cases=True) == latex


TAKEN = [
    ("I'*X*I", "I", "I: matrix(n, p); X: square(n)", r"\operatorname{eye}(p)"),
    ("X'*K", "X", "K, X: square(n)", r"\operatorname{commutation}(n, n)"),
    ("X'*A", "X", "A, X: matrix(K, n)", r"\operatorname{commutation}(K, n)"),
    ("x .* x .* x", "x", "x: vector(n)", r"\delta_{i,j}"),
]


@pytest.mark.parametrize(("text", "wrt", "where", "shown"), TAKEN)
def test_a_constant_is_a_word_where_its_letter_is_taken(
    text: str, wrt: str, where: str, shown: str
) -> None:
    answer = matcalc.diff(text, wrt, where, order=2 if wrt == "x" else 1)
    assert shown in answer.latex()
    assert matcalc.parse(answer.latex(), where).expression is answer.expression


NAMES = [
    ("x", "x", r"\mathbf{x}"),
    ("W_1", "W_{1}", r"\mathbf{W}_{1}"),
    ("x1", "x_{1}", r"\mathbf{x}_{1}"),
    ("sigma_1", r"\sigma_{1}", r"\boldsymbol{\sigma}_{1}"),
    ("σ", r"\sigma", r"\boldsymbol{\sigma}"),
    ("Σ", r"\Sigma", r"\boldsymbol{\Sigma}"),
    ("x_hat", r"\hat{x}", r"\hat{\mathbf{x}}"),
    ("ŵ", r"\hat{w}", r"\hat{\mathbf{w}}"),
    ("x_bar_i_j", r"\bar{x}_{i,j}", r"\bar{\mathbf{x}}_{i,j}"),
    ("loss", r"\mathrm{loss}", r"\mathbf{loss}"),
    ("W_out", r"W_{\mathrm{out}}", r"\mathbf{W}_{\mathrm{out}}"),
    ("Ж", r"\mathrm{U0416}", r"\mathbf{U0416}"),
]


@pytest.mark.parametrize(("name", "plain", "bold"), NAMES)
def test_names(name: str, plain: str, bold: str) -> None:
    assert name_latex(name) == plain
    assert name_latex(name, bold=True) == bold


HOSTILE = ["input", r"\input{x}", "^^5c", "%$#&~{}", "_", "a}b{", "日本", "\u202ex", "\n\n", "ß"]
SAFE = re.compile(
    r"(\\(mathrm|mathbf|boldsymbol|hat|bar|dot|tilde|ddot|vec)\b|[A-Za-z0-9,]|[{}_])*\Z"
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_brings_tex_of_its_own(name: str) -> None:
    for bold in (False, True):
        latex = name_latex(name, bold)
        assert SAFE.match(latex), latex
        assert latex.count("{") == latex.count("}")


def test_shared_parts_are_lines_of_their_own() -> None:
    formula = typed("x")
    for _ in range(30):
        formula = make("hadamard", (make("call", (formula,), ("sin", None)), formula))
    latex = to_latex(formula)
    assert latex.startswith("\\begin{aligned}\n\\mathbf{z}_{1} &= ")
    assert len(latex) < 4_000


def test_parts_are_named_before_brackets_become_cases() -> None:
    formula = typed("w")
    for _ in range(30):
        first = make("multiply", (typed("[a > b]"), formula))
        minus = make("negate", (formula,))
        terms = [first] * 3 + [
            make("multiply", (part, typed("[b > c]"))) for part in (first, minus)
        ]
        formula = make("add", tuple(terms))
    assert to_latex(formula, cases=True).count("cases") > 30


# What TeX cannot do: groups nested too deeply, wide matrices, two superscripts


def nest(head: str, value: object, times: int, *more: Expression) -> Expression:
    formula = typed("a + 1/b")
    for _ in range(times):
        formula = make("add", (make(head, (formula, *more), value), typed("1/a")))
    return formula


DEEP = {
    "sin": nest("call", ("sin", None), 1_000),
    "sqrt": nest("call", ("sqrt", None), 400),
    "abs": nest("call", ("abs", None), 400),
    "divide": nest("divide", None, 400, typed("c + 1/a")),
    "power": nest("power", None, 400, number(2)),
    "compare": nest("compare", ">", 400, typed("c")),
    "multiply": nest("multiply", None, 400, typed("c")),
    "where": nest("call", ("where", None), 100, typed("a"), typed("b")),
    "index_sum": make("index_sum", (typed("1"), typed("n"), nest("negate", None, 400)), "i"),
}


@pytest.mark.parametrize("name", DEEP)
def test_few_brackets_that_grow_are_nested(name: str) -> None:
    latex = to_latex(DEEP[name], cases=True)
    deepest = depth = 0
    for delimiter in re.findall(r"\\left|\\right", latex):
        depth += 1 if delimiter == r"\left" else -1
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest <= 100


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("s1: scalar; s: vector(n)", "s1*s[1]"),
        ("s_1: scalar; s: vector(n)", "s_1*s[1]"),
        ("z1, z_1: scalar", "z1*z_1"),
        ("z1, z_1: vector(n)", "z1'*z_1"),
        ("A1: scalar; A: matrix(m, n)", "A1*A[1,2]"),
        ("sigma1, sigma_1: scalar", "sigma1*sigma_1"),
    ],
)
def test_names_and_entries_that_look_alike_are_told_apart(where: str, text: str) -> None:
    printed = to_latex(matcalc.parse(text, where).expression)
    assert str(matcalc.parse(f"${printed}$", where)) == text


def test_wide_matrices_do_without_bmatrix() -> None:
    row = ", ".join(["a"] * 11)
    assert r"\begin{array}{ccccccccccc}" in to_latex(typed(f"[{row}]"))


def test_pdflatex_takes_everything(tmp_path: Path) -> None:
    formulas = [typed(text) for text, _ in PRINTED + CASES] + random_formulas(7, 200)
    lines = [to_latex(formula, cases=cases) for formula in formulas for cases in (False, True)]
    lines += [to_latex(formula, cases=True) for formula in DEEP.values()]
    lines += [name_latex(name, bold) for name in HOSTILE for bold in (False, True)]
    lines += [rf"{name_latex(name)} {name_latex(name, bold=True)}" for name, _, _ in NAMES]
    source = "\n".join(f"$${line}$$" for line in lines)
    document = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{source}"
    (tmp_path / "all.tex").write_text(document + r"\end{document}", encoding="utf-8")
    command = [program("pdflatex"), "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    errors = [line for line in done.stdout.decode(errors="replace").split("\n") if line[:1] == "!"]
    assert (done.returncode, errors) == (0, [])
