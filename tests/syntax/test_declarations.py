"""Declarations say kinds, shapes and signatures, and fail where and as documented."""

from __future__ import annotations

import pytest

from matcalc.errors import MatcalcError
from matcalc.syntax.declarations import FunctionKind, Kind, ValueKind, parse_declarations
from matcalc.syntax.tree import Span


def show(kind: Kind | None) -> str:
    """Write a kind with its sizes spelled out."""
    if isinstance(kind, ValueKind):
        return f"{kind.structure}({', '.join(map(str, kind.shape))})"
    if isinstance(kind, FunctionKind):
        if kind.elementwise:
            return "elementwise"
        return f"{' '.join(map(show, kind.parameters))} -> {show(kind.result)}"
    return ""


READINGS = [
    ("", []),
    (" \n;; \n", []),
    ("b: scalar", ["b ()"]),
    ("w, x: vector(n); b: scalar;", ["w (n)", "x (n)", "b ()"]),
    ("A: matrix(m, n); B: square(n)", ["A (m, n)", "B (n, n)"]),
    ("S: symmetric(n)\nP: spd(n)\n\nD: diagonal(3)\n",
     ["S symmetric(n, n)", "P spd(n, n)", "D diagonal(3, 3)"]),
    ("T: tensor(a, b, c)", ["T (a, b, c)"]),
    ("f, g: elementwise", ["f elementwise", "g elementwise"]),
    ("g: vector(n) -> vector(m)", ["g (n) -> (m)"]),
    ("g: vector(n) → scalar", ["g (n) -> ()"]),
    ("h: vector(n), matrix(n, n) -> scalar", ["h (n) (n, n) -> ()"]),
    ("h: (vector(n),\n scalar) -> scalar; x: scalar", ["h (n) () -> ()", "x ()"]),
    ("h: (vector(n)) -> vector(n)", ["h (n) -> (n)"]),
    ("x,\n y: vector(\n n\n)", ["x (n)", "y (n)"]),
    # sizes
    ("x: vector(n+1)", ["x (n+1)"]),
    ("x: vector(1 + n - m)", ["x (n-m+1)"]),
    ("x: vector(m*n)", ["x (m*n)"]),
    ("x: vector(2n)", ["x (2*n)"]),
    ("x: vector(2*(n+1))", ["x (2*n+2)"]),
    ("x: vector(n^2 − n)", ["x (n*n-n)"]),
    # membership
    ("x in R^n", ["x (n)"]),
    ("b in R", ["b ()"]),
    ("A in R^(m x n)", ["A (m, n)"]),
    ("A in R^m x n", ["A (m, n)"]),
    ("A in R^3 x 4", ["A (3, 4)"]),
    ("A in R^{m×n}", ["A (m, n)"]),
    ("T in R^(a x b x c)", ["T (a, b, c)"]),
    ("x in R^(m*n)", ["x (m*n)"]),
    ("w, x ∈ ℝⁿ", ["w (n)", "x (n)"]),
    ("A ∈ ℝ^(m×n)", ["A (m, n)"]),
    ("A ∈ ℝᵐˣⁿ", ["A (m, n)"]),
    ("x ∈ ℝ³; y ∈ ℝⁿ⁺¹; X ∈ ℝᴺˣᴰ", ["x (3)", "y (n+1)", "X (N, D)"]),
    # words that are keywords elsewhere are names
    ("x, R, in, vector: scalar", ["x ()", "R ()", "in ()", "vector ()"]),
    ("in in R", ["in ()"]),
    ("A in R^(x x y)", ["A (x, y)"]),
    ("ŵ, α: vector(n)", ["ŵ (n)", "α (n)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reading"), READINGS)
def test_reading(text: str, reading: list[str]) -> None:
    assert [f"{name} {show(kind)}" for name, kind, _ in parse_declarations(text)] == reading


def test_places() -> None:
    text = "w, xx: vector(n)\nb in R"
    assert [text[slice(*d.span)] for d in parse_declarations(text)] == ["w", "xx", "b"]
    assert parse_declarations(text)[1].span == Span(3, 5)


ERRORS = [
    # text, code, line, column, part of the hint
    (": vector(n)", "E310", 1, 1, "x: vector(n)"),
    ("x,, y: vector(n)", "E310", 1, 3, ""),
    ("x: vectr(n)", "E310", 1, 4, "vector(n)"),
    ("x: Vector(n)", "E310", 1, 4, "vector(n)"),
    ("x: psd(n)", "E310", 1, 4, "spd(n)"),
    ("x: elemntwise", "E310", 1, 4, "elementwise"),
    ("x: banana", "E310", 1, 4, "scalar"),
    ("A: matrix(n)", "E310", 1, 4, "matrix(n, n), or square(n)"),
    ("x: vector(m, n)", "E310", 1, 4, "matrix(m, n)"),
    ("x: vector()", "E310", 1, 11, "vector(n)"),
    ("x: scalar(n)", "E310", 1, 4, "scalar"),
    ("x: vector n", "E310", 1, 11, "vector(n)"),
    ("x", "E310", 1, 2, "x: vector(n)"),
    ("x: ", "E310", 1, 4, ""),
    ("x vector(n)", "E310", 1, 3, ""),
    ("x: vector(n) y: scalar", "E310", 1, 14, ""),
    ("x = vector(n)", "E310", 1, 3, ""),
    ("b: scalar\n2: scalar", "E310", 2, 1, ""),
    ("f: elementwise -> scalar", "E310", 1, 16, "elementwise"),
    ("f: vector(n) ->", "E310", 1, 16, ""),
    ("x in Q^n", "E310", 1, 6, ""),
    ("A in R^mxn", "E310", 1, 8, "m x n"),
    ("x: vector(n", "E105", 1, 10, ""),
    ("x: vector(n))", "E105", 1, 13, ""),
    ("x: vector(-1)", "E312", 1, 11, ""),
    ("x: vector(0)", "E312", 1, 11, ""),
    ("x: vector(n-n)", "E312", 1, 11, ""),
    ("x: vector(2.5)", "E312", 1, 11, ""),
    ("x: vector(n/2)", "E312", 1, 12, "n+1"),
    ("x: vector(n^m)", "E312", 1, 13, ""),
    ("x: vector(n^99)", "E312", 1, 13, ""),
    ("x: vector(__import__('os').getpid())", "E312", 1, 11, ""),
    ("x ∈ ℝ⁺", "E312", 1, 6, ""),
    ("x: scalar; x: scalar", "E311", 1, 12, ""),
    ("x: vector(n); n: vector(k)", "E311", 1, 15, ""),
    ("g: vector(n) -> vector(m); m: scalar", "E311", 1, 28, ""),
    ("sin: vector(n); x: vector(n)", "E204", 1, 1, ""),
    ("x: vector(а)", "E601", 1, 11, "a"),
    ("x\u0302: scalar", "E603", 1, 2, "x_hat"),
    ("x\u202e: scalar", "E602", 1, 2, ""),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "hint"), ERRORS)
def test_errors(text: str, code: str, line: int, column: int, hint: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_declarations(text, reserved={"sin"})
    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column)
    assert hint in error.hint
    assert error.message.isprintable()


HOSTILE = [
    ("x: vector(" + "9" * 5000 + ")", "E502"),
    ("x: vector(" + "*".join(f"(a{i}+b{i})" for i in range(40)) + ")", "E502"),
    ("x: vector(" + "*".join(["999999999999999999"] * 9000) + ")", "E502"),
    ("x: vector(" + "n*" * 40_000 + "n)", "E502"),
    ("x: vector(" + "+".join(f"n{i}" for i in range(20_000)) + ")", "E502"),
    ("x: vector(" + "(" * 900_000, "E503"),
    ("x: vector(" + "(" * 20_000 + "n" + ")" * 9, "E105"),
    ("x," * 400_000, "E503"),
    ("q" * 900_000 + ": scalar", "E503"),
    ("x: vector(n" + "\n" * 900_000, "E105"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE, ids=lambda value: value[:20])
def test_hostile_input_is_refused(text: str, code: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_declarations(text)
    assert caught.value.code == code


def test_depth_is_no_obstacle() -> None:
    (declaration,) = parse_declarations("x: vector(" + "(" * 10_000 + "n" + ")" * 10_000 + ")")
    assert show(declaration.kind) == "(n)"
