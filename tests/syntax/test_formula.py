"""Formulas parse to the tree that their precedence says, and fail where and as documented."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from matcalc.errors import MatcalcError
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.tree import KINDS, Span, Tree


def outline(tree: Tree) -> str:
    """Write a small tree in prefix form."""
    value: Any = tree.value
    inner = " ".join(outline(child) for child in tree.children)
    if tree.kind in ("number", "name"):
        return str(tree.value)
    if tree.kind == "call":
        name, keywords = value
        inner += "".join(f" {key}={outline(child)}" for key, child in keywords)
        return f"{name}({inner.strip()})"
    if tree.kind == "derivative":
        name, positions = value
        return f"{name}{list(positions)}({inner})"
    heads = {"transpose": "T", "subscript": "[]", "all": ":", "range": "..", "compare": tree.value}
    head = heads.get(tree.kind, tree.kind if tree.value in (None, "") else tree.value)
    return f"({head} {inner})" if inner else str(head)


READINGS = [
    # precedence
    ("-x^2", "(- (^ x 2))"),
    ("2^-x", "(^ 2 (- x))"),
    ("2^3^4", "(^ 2 (^ 3 4))"),
    ("x**2", "(^ x 2)"),
    ("x.^2", "(.^ x 2)"),
    ("A^-1", "(^ A (- 1))"),
    ("A^-1'", "(^ A (- (T 1)))"),
    ("(A^-1)'", "(T (^ A (- 1)))"),
    ("A^T*x", "(* (T A) x)"),
    ("x'*A*x", "(* (* (T x) A) x)"),
    ("a/b*c", "(* (/ a b) c)"),
    ("a*b@c.*d./e⊗f·g", "(· (⊗ (./ (.* (@ (* a b) c) d) e) f) g)"),
    ("a - b + c", "(+ (- a b) c)"),
    ("a*-b", "(* a (- b))"),
    ("+x", "(+ x)"),
    ("--x", "(- (- x))"),
    ("a + b < c*d", "(< (+ a b) (* c d))"),
    ("(a < b) < c", "(< (< a b) c)"),
    # a number before a name or a parenthesis
    ("2x", "(product 2 x)"),
    ("2 x", "(product 2 x)"),
    ("1/2x", "(product (/ 1 2) x)"),
    ("x^2y", "(product (^ x 2) y)"),
    ("3(x+y)", "(product 3 (+ x y))"),
    ("-2x'", "(product (- 2) (T x))"),
    ("2sin(x)^2", "(product 2 (^ sin(x) 2))"),
    ("2e", "(product 2 e)"),
    ("0x + 1", "(+ (product 0 x) 1)"),
    # side by side
    ("A x", "(product A x)"),
    ("x'y", "(product (T x) y)"),
    ("(a)(b)", "(product a b)"),
    ("x^T A x", "(product (product (T x) A) x)"),
    ("1/2w'w", "(product (product (/ 1 2) (T w)) w)"),
    ("A^-T B", "(product (T (^ A (- 1))) B)"),
    ("a*A^{-1}x^{T}", "(product (* a (^ A (- 1))) (T x))"),
    ("A^T.^2", "(.^ (T A) 2)"),
    ("A^T[1:m,:]", "([] (T A) (.. 1 m) :)"),
    ("C^⊤²", "(^ (T C) 2)"),
    ("X(A + A')", "(product X (+ A (T A)))"),
    # bars
    ("|x| |y|", "(product (abs x) (abs y))"),
    ("a*||x||_1||y||^2", "(product (* a norm1(x)) (^ (norm2 y) 2))"),
    ("log|K|", "(logbars (abs K))"),
    ("sin‖x‖", "sin((norm2 x))"),
    # points
    ("2.*x", "(.* 2 x)"),
    ("2./x", "(./ 2 x)"),
    ("2.^x", "(.^ 2 x)"),
    ("2. + x", "(+ 2 x)"),
    (".5*x", "(* 1/2 x)"),
    ("1e-3", "1/1000"),
    ("2.e1", "20"),
    ("1.5e-3x", "(product 3/2000 x)"),
    # transpose
    ("x''", "(T (T x))"),
    ("A.T*x", "(* (T A) x)"),
    ("A^\\top*x", "(* (T A) x)"),
    ("A^⊤ * x", "(* (T A) x)"),
    ("xᵀ*y", "(* (T x) y)"),
    ("x⊤*y", "(* (T x) y)"),
    ("x′*y", "(* (T x) y)"),
    ("x'*(a+b)", "(* (T x) (+ a b))"),
    # characters
    ("A⁻¹*x", "(* (^ A (- 1)) x)"),
    ("A⁻¹ᵀ", "(T (^ A (- 1)))"),
    ("-x²", "(- (^ x 2))"),
    ("x¹²", "(^ x 12)"),
    ("a − b × c", "(- a (* b c))"),
    ("a ⊙ b ∘ c ⊘ d", "(./ (.* (.* a b) c) d)"),
    ("w ⋅ x", "(· w x)"),
    ("a ≤ b", "(<= a b)"),
    ("a ≥ b", "(>= a b)"),
    ("a ≠ b", "(!= a b)"),
    ("ŵ_1 + α", "(+ ŵ_1 α)"),
    # subscripts and stacks
    ("x[1]", "([] x 1)"),
    ("x'[1]", "([] (T x) 1)"),
    ("(A*x)[2]'", "(T ([] (* A x) 2))"),
    ("f(x)[i]", "([] f(x) i)"),
    ("T[:,:,k]", "([] T : : k)"),
    ("A[1:k+1,:]", "([] A (.. 1 (+ k 1)) :)"),
    ("[a, b; c, d]", "((2, 2) a b c d)"),
    ("[w; b]'", "(T ((1, 1) w b))"),
    ("[x]", "((1,) x)"),
    ("[x > 0].*y", "(.* (> x 0) y)"),
    ("[x > 0, y]", "((2,) (> x 0) y)"),
    # functions
    ("f()", "f()"),
    ("max(0, z)", "max(0 z)"),
    ("sum(A, axis=0)", "sum(A axis=0)"),
    ("sum(x == 2)", "sum((== x 2))"),
    ("f'(x)", "f[0](x)"),
    ("f''(x)", "f[0, 0](x)"),
    ("f′(x)", "f[0](x)"),
    ("f'2(x, y)", "f[1](x y)"),
    ("f'1'2(x, y)", "f[0, 1](x y)"),
    ("sum(i = 1..N, x[i])", "(('sum', ('i',)) 1 N ([] x i))"),
    ("sum(i = 1..m, j = 1..n, i*j)", "(('sum', ('i', 'j')) 1 m 1 n (* i j))"),
    # programs
    ("z = w·x + b; max(0, z)", "(('z',) (+ (· w x) b) max(0 z))"),
    ("a = x;\n b = a;\n b", "(('a', 'b') x a b)"),
    ("a = x == y; a;", "(('a',) (== x y) a)"),
    ("x'*y;", "(* (T x) y)"),
    ("x\n+ y", "(+ x y)"),
]


@pytest.mark.parametrize(("text", "reading"), READINGS)
def test_reading(text: str, reading: str) -> None:
    assert outline(parse_formula(text)) == reading


SAME = [
    ("A⁻¹", "A^-1"),
    ("xᵀ*y", "x'*y"),
    ("a − b", "a - b"),
    ("a ⊙ b", "a .* b"),
    ("a ⊘ b", "a ./ b"),
    ("a × b", "a*b"),
    ("a ⋅ b", "a·b"),
    ("a ≤ b", "a <= b"),
    ("x**y", "x^y"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_spellings_mean_the_same(left: str, right: str) -> None:
    assert outline(parse_formula(left)) == outline(parse_formula(right))


NUMBERS = [
    ("0.1", Fraction(1, 10)),
    ("1e-3", Fraction(1, 1000)),
    ("2.0000000000000001", Fraction(20000000000000001, 10**16)),
    ("1E+2", Fraction(100)),
    ("007", Fraction(7)),
    ("1e400", Fraction(10**400)),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers_are_exact(text: str, value: Fraction) -> None:
    assert parse_formula(text).value == value


MARKS = [
    # text, marked text, whole text
    ("x*x", "*", "x*x"),
    ("  (a + b)  ", "+", "(a + b)"),
    ("(a + b)*c", "*", "(a + b)*c"),
    ("2x", "", "2x"),
    ("A'", "'", "A'"),
    ("x²", "²", "x²"),
    ("x[i]", "[i]", "x[i]"),
    ("sin( x )", "sin", "sin( x )"),
    ("f'1(x)", "f'1", "f'1(x)"),
    ("[x > 0]", ">", "[x > 0]"),
    ("[x; y]", "[x; y]", "[x; y]"),
    ("sum(i = 1..N, i)", "sum", "sum(i = 1..N, i)"),
    ("- x", "-", "- x"),
]


@pytest.mark.parametrize(("text", "mark", "span"), MARKS)
def test_places(text: str, mark: str, span: str) -> None:
    tree = parse_formula(text)
    assert text[slice(*tree.mark)] == mark
    assert text[slice(*tree.span)] == span


def test_every_span_reads_back_to_the_same_tree() -> None:
    for text, _ in READINGS:
        trees = [parse_formula(text)]
        for tree in trees:
            assert tree.kind in KINDS
            part = text[slice(*tree.span)]
            if tree.kind in ("all", "range") or part[0] in "⁻¹²" or part[-1] in "T}":
                continue
            assert outline(parse_formula(part)) == outline(tree)
            trees.extend(tree.children)


ERRORS = [
    # text, code, line, column, part of the hint
    ("", "E101", 1, 1, "example"),
    (" \n ", "E101", 1, 1, "example"),
    ("x?", "E102", 1, 2, ""),
    ("_x", "E102", 1, 1, "letter"),
    ("max(, x)", "E103", 1, 5, ""),
    ("f(x,)", "E103", 1, 5, ""),
    ("sin x", "E103", 1, 5, "sin(x)"),
    ("x; ;", "E103", 1, 4, ""),
    ("2[x > 0]", "E103", 1, 2, "2*[…]"),
    ("1 2", "E103", 1, 3, "1*2"),
    ("x^2[1]", "E103", 1, 4, "(…^2)[…]"),
    ("'x", "E103", 1, 1, "x'"),
    ("[a b]", "E103", 1, 4, "a*b"),
    ("w^T'", "E103", 1, 4, ""),
    ("|x", "E104", 1, 3, ""),
    ("x + y\nz", "E103", 2, 1, ";"),
    ("2\nx", "E103", 2, 1, ";"),
    ("x .. y", "E103", 1, 4, "1..N"),
    ("x, y", "E103", 1, 2, "[a, b]"),
    ("a; b", "E103", 1, 1, "z ="),
    ("x[1:]", "E103", 1, 5, "x[1:n]"),
    ("sum(i = 1:N, x[i])", "E103", 1, 10, "1..N"),
    ("sum(x, i = 1..N)", "E103", 1, 5, "i = 1..m"),
    ("sum(i = 1..N)", "E103", 1, 5, "i = 1..m"),
    ("sum(i = 1..N, i = 1..N, x)", "E103", 1, 15, ""),
    ("x²'(a)", "E103", 1, 3, "*"),
    ("f'(x, axis=1)", "E103", 1, 7, ""),
    ("-", "E104", 1, 2, ""),
    ("x +  ", "E104", 1, 4, ""),
    ("x + y)", "E105", 1, 6, ""),
    ("sum(x]", "E105", 1, 6, ""),
    ("(x + y", "E105", 1, 1, ""),
    ("a*[x; (y]", "E105", 1, 9, ""),
    ("1.2.3*x", "E106", 1, 4, ""),
    ("1.2.", "E106", 1, 4, ""),
    ("0x1F*x", "E106", 1, 2, ""),
    ("1_000", "E106", 1, 2, ""),
    ("{x}", "E107", 1, 1, "( )"),
    ("∂x", "E107", 1, 1, "--wrt"),
    ("∇f(x)", "E107", 1, 1, "--wrt"),
    ("d/dx (x'*x)", "E107", 1, 6, "--wrt"),
    ("x if x else y", "E107", 1, 3, "where("),
    ("lambda x: x", "E103", 1, 9, "x[1:k]"),
    ("a && b", "E107", 1, 3, ".*"),
    ("x!", "E107", 1, 2, ""),
    ("a ~= b", "E107", 1, 3, "!="),
    ("open('/etc/passwd')", "E107", 1, 6, ""),
    ('"x"', "E107", 1, 1, ""),
    ("x.sum()", "E107", 1, 2, "sum(x)"),
    ("a < b < c", "E108", 1, 7, "[b < c]"),
    ("1e999999999*x", "E502", 1, 1, ""),
    ("1e-999999999*x", "E502", 1, 1, ""),
    ("x + 1e401", "E502", 1, 5, ""),
    ("f'99999(x)", "E502", 1, 1, ""),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "hint"), ERRORS)
def test_errors(text: str, code: str, line: int, column: int, hint: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_formula(text)
    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column)
    assert error.source == text
    assert hint in error.hint
    assert error.message.isprintable()


def test_an_empty_formula_is_answered_with_an_example() -> None:
    with pytest.raises(MatcalcError, match="example"):
        parse_formula("")


HOSTILE = [
    ("(" * 5000 + "x" + ")" * 5000, "E501"),
    ("[" * 5000 + "x" + "]" * 5000, "E501"),
    ("(" * 1_000_000 + "x", "E503"),
    ("(" * 999_999 + "x", "E501"),
    ("f(" * 10_001, "E501"),
    ("9" * 1_000_000 + "*x", "E503"),
    ("9" * 900_000 + "*x", "E502"),
    ("q" * 100_000 + "+x", "E503"),
    ("-" * 999_999, "E503"),
    ("x" + "'" * 999_999, "E503"),
    ("f" + "'" * 900_000 + "x(", "E503"),
    ("x+" * 499_999 + "x", "E503"),
    ("^" + " " * 900_000, "E103"),
    ("d" + " " * 900_000 + "(", "E105"),
    ("ѕ" * 900_000, "E601"),
    ("2^" * 20_000, "E104"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE, ids=lambda value: value[:8])
def test_hostile_input_is_refused(text: str, code: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        parse_formula(text)
    assert caught.value.code == code
    assert len(caught.value.message) + len(caught.value.hint) < 1000


DEEP = [
    ("(" * 1000 + "x" + ")" * 1000, "name"),
    ("exp(" * 10_000 + "x" + ")" * 10_000, "call"),
    ("+".join(["x"] * 10_000), "add"),
    ("x" + "'" * 10_000, "transpose"),
    ("^".join("x" * 10_000), "power"),
    ("-" * 10_000 + "x", "sign"),
    ("z = x; " * 10_000 + "z", "program"),
]


@pytest.mark.parametrize(("text", "kind"), DEEP, ids=lambda value: value[:8])
def test_depth_is_no_obstacle(text: str, kind: str) -> None:
    assert parse_formula(text).kind == kind


def test_places_count_code_points() -> None:
    assert parse_formula("ŵ·x").mark == Span(1, 2)
