"""What is inferred, how formulas are read, and every error with its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Expression
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer, infer_several


def read(text: str, where: str = "") -> Inferred:
    declarations = parse_declarations(where)
    return infer(parse_formula(text, declarations), text, declarations)


def shown(node: Expression) -> str:
    """Write small expressions as head(arguments), to compare them."""
    if node.head == "variable":
        return str(node.value.name)
    if node.head in ("number", "size", "index"):
        return str(node.value)
    head = node.head if node.head != "call" else node.value[0]
    return f"{head}({', '.join(map(shown, node.arguments))})" if node.arguments else head


def shape(node: Expression) -> str:
    return " ".join(map(str, node.shape))


@pytest.mark.parametrize(
    ("text", "assumptions", "expected"),
    [
        ("W*x + b", "W: matrix(m, n); x: vector(n); b: vector(m)", "m"),
        ("w·x + b", "w, x: vector(n); b: scalar", ""),
        ("x'*A*x", "x: vector(n); A: square(n)", ""),
        ("y - X*w", "y: vector(m); X: matrix(m, n); w: vector(n)", "m"),
        ("A*B*C", "A: matrix(m, n); B: matrix(n, k); C: matrix(k, p)", "m p"),
        ("tr(A)", "A: square(n)", ""),
        ("tr(a)", "a: square(n)", ""),
        ("A^-1", "A: square(n)", "n n"),
        ("A^k", "A: square(n)", "n n"),
        ("a'*x", "a, x: vector(n)", ""),
        ("a*x", "a: scalar; x: vector(n)", "n"),
        ("λ*x", "λ: scalar; x: vector(n)", "n"),
        ("2·x", "x: vector(n)", "n"),
        ("a[i,j]", "a: matrix(m, n)", ""),
        ("a[2]", "a: vector(n)", ""),
        ("A[1,2,3]", "A: tensor(n, m, k)", ""),
        ("softmax(a)", "a: vector(n)", "n"),
        ("softmax(a, axis=1)", "a: matrix(m, n)", "m n"),
        ("sum(a, axis=0)", "a: matrix(m, n)", "1 n"),
        ("cross(a, b)", "a, b: vector(3)", "3"),
        ("conv(x, k)", "x: vector(n); k: vector(m)", "n-m+1"),
        ("w_hat·[x; 1]", "w_hat: vector(n+1); x: vector(n)", ""),
        ("sum(i = 1..N, w[i]*x[i])", "w, x: vector(N)", ""),
        ("sum(i = 1..n, A[i,:])", "A: matrix(n, m)", "1 m"),
        ("x + ones(n)", "x: vector(n)", "n"),
        ("x[1:k]", "x: vector(n)", "k"),
        ("unvec(x, m, n)", "x: vector(m*n)", "m n"),
        ("A + I", "A: square(n)", "n n"),
        ("log(vector(1) + exp(x))", "x: vector(n)", "n"),
        ("matrix(0) + A", "A: matrix(m, n)", "m n"),
        ("z = w·x; max(0, z)", "w, x: vector(n)", ""),
        ("A^T*x", "A: matrix(n, m); x: vector(n)", "m"),
        ("x ⊗ y", "x: vector(n); y: vector(m)", "m*n"),
        ("ŵ·x", "ŵ, x: vector(n)", ""),
    ],
)
def test_assumptions(text: str, assumptions: str, expected: str) -> None:
    inferred = read(text)
    assert "; ".join(inferred.assumptions) == assumptions
    assert shape(inferred.expression) == expected
    # What was assumed can be declared, and then gives the same expression.
    again = read(text, assumptions)
    assert again.expression is inferred.expression
    assert again.assumptions == ()


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        ("a - b + c", "", "add(a, negate(b), c)"),
        ("a - 2", "", "add(a, -2)"),
        ("--2", "", "2"),
        ("a - (b + c)", "", "add(a, negate(add(b, c)))"),
        ("x .* y ./ z", "", "divide(hadamard(x, y), z)"),
        ("1/2x", "", "multiply(divide(1, 2), x)"),
        ("x'*y", "", "multiply(transpose(x), y)"),
        ("A^T", "", "transpose(A)"),
        ("A^T", "A: square(n); T: matrix(n, n)", "E303"),
        ("A^T", "A: square(T)", "matrix_power(A, T)"),
        ("x^2", "", "power(x, 2)"),
        ("A^2", "", "power(A, 2)"),
        ("A^2", "A: square(n)", "matrix_power(A, 2)"),
        ("tr(A^2)", "", "tr(matrix_power(A, 2))"),
        ("A^2*x", "", "multiply(matrix_power(A, 2), x)"),
        ("A^(4/2)", "A: square(n)", "matrix_power(A, 2)"),
        ("A.^2", "", "power(A, 2)"),
        ("a^b", "", "power(a, b)"),
        ("2^3", "", "8"),
        ("2^-1", "", "1/2"),
        ("2.^x", "", "power(2, x)"),
        ("2^a", "", "power(2, a)"),
        ("a·x", "a: scalar", "multiply(a, x)"),
        ("a·x", "", "dot(a, x)"),
        ("dot(x, y)", "", "dot(x, y)"),
        ("outer(x, y)", "", "multiply(x, transpose(y))"),
        ("transpose(A)", "", "transpose(A)"),
        ("kron(A, B)", "", "kron(A, B)"),
        ("norm(x)", "", "norm2(x)"),
        ("ln(x)", "", "log(x)"),
        ("tr(x'*y)", "", "multiply(transpose(x), y)"),
        ("pi*a", "", "multiply(pi, a)"),
        ("π*a", "", "multiply(pi, a)"),
        ("pi*a", "pi: scalar", "multiply(pi, a)"),
        ("1/N*sum(x)", "x: vector(N)", "multiply(divide(1, N), sum(x))"),
        ("[x > 0]", "", "compare(x, 0)"),
        ("[x; b]", "", "stack(x, b)"),
        ("vector(2) + x", "", "add(multiply(2, ones), x)"),
        ("u = x'*x; u + u^2", "",
         "add(multiply(transpose(x), x), power(multiply(transpose(x), x), 2))"),
        ("x = y; x'*x", "", "multiply(transpose(y), y)"),
        ("sum(i = 1..n, x[i])", "", "index_sum(1, n, subscript(x, i))"),
        ("sum(i = 1..n, sum(i = 1..m, x[i]))", "x: vector(k)",
         "index_sum(1, n, index_sum(1, m, subscript(x, i)))"),
        ("sum(i = 1..m, j = 1..n, A[i,j])", "",
         "index_sum(1, m, index_sum(1, n, subscript(A, i, j)))"),
        ("sum(i = 0..2, X^i*X^(2 - i))", "",
         "index_sum(0, 2, multiply(matrix_power(X, i), matrix_power(X, add(2, negate(i)))))"),
        ("f'(x)", "f: elementwise", "abstract(x)"),
        ("commutation(m, n)*vec(A)", "A: matrix(m, n)", "multiply(commutation, vec(A))"),
        ("tensor(i = 1..m, j = 1..n, k = 1..3, delta(i, j)*x[k])", "x: vector(3)",
         "tensor(1, m, 1, n, 1, 3, multiply(delta(i, j), subscript(x, k)))"),
    ],
)  # fmt: skip
def test_expression(text: str, where: str, expected: str) -> None:
    if expected.startswith("E"):
        with pytest.raises(MatcalcError, match=expected):
            read(text, where)
    else:
        assert shown(read(text, where).expression) == expected


@pytest.mark.parametrize(
    ("text", "where", "note"),
    [
        ("1/2x", "", "1/2x is read as (1/2)*x"),
        ("1/A", "", "1/A works entry by entry; the inverse is inv(A)"),
        ("2N", "x: vector(N)", "2N: N is read as a dimension"),
        ("A^k", "", "k is read as a dimension"),
        ("e^a", "", "e^a is read as the exponential exp(…)"),
        ("e^a", "e: scalar", None),
        ("ones(n)'*x", "", None),
        ("1/x", "", None),
    ],
)
def test_notes(text: str, where: str, note: str | None) -> None:
    assert read(text, where).notes == (() if note is None else (note,))


# What is refused: (formula, declarations, code, column, part of the message, of the hint).
REFUSED = [
    ("x * x", "x: vector(n)", "E301", 3, "x * x multiplies n×1 by n×1 (inner sizes 1 and n)",
     "dot product x'*x, element-wise x .* x, outer product x*x'"),
    ("x @ y", "x, y: vector(n)", "E301", 3, "x @ y multiplies", "x'*y"),
    ("(x + y)*(x - y)", "x, y: vector(n)", "E301", 8, "multiplies", "(x + y)'*(x - y)"),
    ("x' + x", "x: vector(n)", "E302", 4, "joins 1×n and n×1", ""),
    ("x + y'", "x: vector(n); y: vector(m)", "E302", 3, "joins n×1 and 1×m", "outer product x*y'"),
    ("A^-2", "A: matrix(m, n)", "E304", 2, "A is m×n", "A .^ (-2)"),
    ("(exp(A) - A)^-2", "A: matrix(m, n)", "E304", 13, "is m×n", "(exp(A) - A) .^ (-2)"),
    ("A^0.5", "A: square(n)", "E303", 2, "0.5", "A .^ 0.5"),
    ("A^a", "A: square(n)", "E303", 2, "a is not", "A .^ a"),
    ("A^B", "A, B: square(n)", "E303", 2, "B is a matrix", ".^"),
    ("2^A", "A: square(n)", "E303", 2, "A is a matrix", "2 .^ A"),
    ("logdet(A)", "A: matrix(m, n)", "E304", 8, "A is m×n", ""),
    ("x .* y", "x: vector(n); y: vector(m)", "E302", 3, "n×1 and m×1", ""),
    ("A .* x'", "A: square(n); x: vector(n)", "E302", 3, "", "ones(n)*x'"),
    ("x + y", "x: vector(3); y: vector(4)", "E302", 3, "3×1 and 4×1", ""),
    ("x*x' * A", "x: vector(n); A: matrix(m, k)", "E301", 6, "inner sizes n and m", ""),
    ("x'*A * x", "A: matrix(n, k); x: vector(n)", "E301", 6, "inner sizes k and n", ""),
    ("max(x, y)", "x: vector(n); y: vector(m)", "E302", 8, "x is n×1 and y is m×1", ""),
    ("diag(a)", "a: scalar", "E305", 6, "a is a scalar", ""),
    ("W*X + b", "W: matrix(m, k); X: matrix(k, n); b: vector(m)", "E302", 5, "m×n and m×1",
     "b*ones(n)'"),
    ("x/y", "x, y: vector(n)", "E301", 2, "y is a vector", "x ./ y"),
    ("A/B", "A, B: square(n)", "E301", 2, "B is a matrix", "A*inv(B)"),
    ("b @ x", "b: scalar; x: vector(n)", "E301", 3, "b is a scalar", "b * x"),
    ("softmax(A)", "A: matrix(m, n)", "E305", 9, "needs its axis", "axis=0"),
    ("A^-1'", "", "E303", 5, "1 is a number", "(A^-1)'"),
    ("2'", "", "E303", 2, "2 is a number", ""),
    ("[x, A]", "A: matrix(m, n); x: vector(k)", "E302", 5, "x has k rows and A has m", ""),
    ("I", "", "E308", 1, "the size of I is left open", "eye(n)"),
    ("2*vector(1)", "", "E308", 3, "vector(1)", "ones(n)"),
    ("ones(x)", "x: vector(n)", "E312", 6, "x is not a size", ""),
    ("ones(0)", "", "E312", 6, "0 is not a size", ""),
    ("eye(1.5)", "", "E312", 5, "1.5 is not a size", ""),
    # Names
    ("sum(sigmod(x))", "", "E203", 5, "there is no function sigmod", "sigmoid"),
    ("Sum(x)", "", "E203", 1, "there is no function Sum", "sum"),
    ("argmax(x)", "x: vector(n)", "E203", 1, "", "max(x)"),
    ("pow(x, 2)", "", "E203", 1, "", "x^2"),
    ("power(x, 2)", "", "E203", 1, "", "x^2"),
    ("x(3)", "", "E109", 1, "x is not a function", "x*(3)"),
    ("x + weight(3)", "weight: scalar", "E109", 5, "weight is not a function", "weight*(3)"),
    ("f(x)", "", "E109", 1, "f is not a function", "f: elementwise"),
    ("x'(y)", "", "E109", 1, "", "x'*(y)"),
    ("sin'(x)", "", "E109", 1, "", "f: elementwise"),
    ("sin + x", "", "E109", 1, "its arguments are missing", "sin(x)"),
    ("f + x", "f: elementwise", "E109", 1, "its arguments are missing", "f(x)"),
    ("True*x", "", "E201", 1, "True means nothing", ""),
    ("a + nan", "", "E201", 5, "nan", ""),
    ("x = 3; x", "x: vector(n)", "E205", 1, "x is declared", ""),
    ("u = z; z = x; u'*z", "", "E205", 8, "z is used before", ""),
    ("sin = 3; x", "", "E204", 1, "sin is a function", ""),
    # Arguments
    ("exp(x, y)", "", "E306", 1, "exp takes 1 argument, not 2", "exp(x)"),
    ("max(a, b, c)", "", "E306", 1, "max takes 1 or 2 arguments, not 3", ""),
    ("ones()", "", "E306", 1, "ones takes 1 or 2 arguments, not 0", "ones(m, n)"),
    ("f(x, y)", "f: elementwise", "E306", 1, "f takes 1 argument, not 2", ""),
    ("g(x)", "g: vector(n) -> vector(m); x: vector(k)", "E305", 3, "g takes a vector (n×1)", ""),
    ("g'3(x)", "g: vector(n) -> vector(m)", "E306", 1, "g has 1 argument", ""),
    ("sum(A, axis=2)", "", "E306", 13, "an axis is 0 or 1", ""),
    ("sum(A, dim=1)", "", "E306", 12, "there is no dim=", "axis=0"),
    ("sin(A, axis=1)", "", "E306", 13, "sin takes no axis", ""),
    ("mean(i = 1..n, x[i])", "", "E306", 1, "mean does not run an index", ""),
    ("tensor(x)", "", "E306", 1, "tensor runs indices", "tensor(i = 1..m"),
    ("vector(x)", "", "E305", 8, "x is a vector", "vector(1)"),
    # Subscripts and indices
    ("x[0]", "x: vector(n)", "E307", 2, "indices count from 1", ""),
    ("x[4]", "x: vector(3)", "E307", 2, "this axis has length 3", ""),
    ("x[n+1]", "x: vector(n)", "E307", 2, "there is no entry n+1", ""),
    ("x[1.5]", "", "E307", 3, "not an integer", ""),
    ("x[y]", "y: vector(n)", "E307", 3, "not an integer", ""),
    ("x[3:2]", "", "E307", 5, "nothing lies between 3 and 2", ""),
    ("x[2:5]", "x: vector(4)", "E307", 2, "there is no entry 5", ""),
    ("A[i]", "A: matrix(m, n)", "E307", 2, "takes 2 indices, not 1", "A[i,:]"),
    ("b[1]", "b: scalar", "E307", 2, "b is a scalar and has no entries", ""),
    ("sum(i = 1..3, x[i])", "x: vector(2)", "E307", 16, "there is no entry 3", ""),
    ("sum(i = 1..y, x[i])", "y: vector(n)", "E307", 12, "not made of numbers", ""),
    # Limits
    ("sum(x)*9^9^9", "x: vector(n)", "E502", 9, "9^9^9", ""),
    ("9^9^9^9^9*sum(x)", "x: vector(n)", "E502", 2, "9^9^9^9^9", ""),
    ("a^(9^9^9)", "", "E502", 5, "", ""),
    ("(10^9)^(10^9)*sum(x)", "x: vector(n)", "E502", 7, "", ""),
    ("z = 9^9^9; x", "", "E502", 6, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "code", "column", "message", "hint"), REFUSED)
def test_refused(text: str, where: str, code: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(MatcalcError) as raised:
        read(text, where)
    error = raised.value
    assert error.code == code
    assert error.source == text
    assert (error.line, error.column) == (1, column)
    assert message in error.message
    assert hint in error.hint
    assert "''" not in error.hint


def test_error_on_the_second_line() -> None:
    with pytest.raises(MatcalcError) as raised:
        read("a + x\n  + x'", "x: vector(n)")
    assert (raised.value.line, raised.value.column) == (2, 3)


def test_functions_cannot_be_declared() -> None:
    with pytest.raises(MatcalcError, match="E204"):
        read("sin(x)", "sin: vector(n)")


def test_all_declared_variables_are_told() -> None:
    inferred = read("x'*x", "x: vector(n); Q: spd(n); f: elementwise")
    assert set(inferred.variables) == {"x", "Q"}
    assert inferred.variables["Q"].value.structure == "spd"
    assert set(inferred.functions) == {"f"}


def test_huge_exponents_that_are_not_computed() -> None:
    assert shown(read("sum(x.^999999999)").expression) == "sum(power(x, 999999999))"
    assert shown(read("1.1^200").expression) == "power(11/10, 200)"
    assert shown(read("(-1)^999999999").expression) == "-1"


def several(*texts: str, where: str = "", alike: tuple[tuple[int, int], ...] = ()) -> Inferred:
    formulas = [(parse_formula(text), text) for text in texts]
    return infer_several(formulas, parse_declarations(where), alike)


def test_several_formulas_share_names_and_dimensions() -> None:
    inferred = several("A*x", "A'*y", "x[3]")
    assert inferred.assumptions == ("A: matrix(m, n)", "x: vector(n)", "y: vector(m)")
    assert [shape(node) for node in (inferred.expression, *inferred.others)] == ["m", "n", ""]


def test_a_claim_may_use_what_the_formula_names() -> None:
    inferred = several("z = w·x + b; max(0, z)", "[z > 0]*x'")
    assert shown(inferred.others[0]) == "multiply(compare(add(dot(w, x), b), 0), transpose(x))"


def test_a_claim_may_name_the_same_again() -> None:
    inferred = several("z = w·x; z^2", "z = w·x; 2*z*x'")
    assert shown(inferred.others[0]) == "multiply(multiply(2, dot(w, x)), transpose(x))"


def test_an_undeclared_upstream_has_the_shape_of_the_formula() -> None:
    inferred = several("A*x", "G", alike=((1, 0),))
    assert shape(inferred.others[0]) == "m"
    inferred = several("A*x", "x", "V", alike=((2, 1),))
    assert shape(inferred.others[1]) == "n"
    inferred = several("A*x", "G", where="G: vector(5)", alike=((1, 0),))
    assert shape(inferred.expression) == "5"


def test_the_size_of_a_constant_may_come_from_what_is_expected() -> None:
    formulas = [(parse_formula(text), text) for text in ("mean(x)", "x", "vector(1)/3")]
    inferred = infer_several(formulas, expected={2: lambda shapes: [(ONE, *shapes[1]), shapes[1]]})
    assert shape(inferred.others[1]) == "n"


def test_errors_of_a_later_formula_are_placed_in_it() -> None:
    with pytest.raises(MatcalcError) as raised:
        several("x'*x", "2*x*x", where="x: vector(n)")
    assert (raised.value.source, raised.value.column) == ("2*x*x", 4)


# Depth and length


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(f"x{i}" for i in range(10_000)),
        "*".join(["A"] * 10_000),
        "sin(" * 9_000 + "a" + ")" * 9_000,
        "-" * 9_000 + "a",
        "A" + "'" * 9_000,
        "a" + "^a" * 9_000,
        "x" + "[1:3]" * 3_000,
        "h0 = x; " + "".join(f"h{i + 1} = tanh(W{i}*h{i}); " for i in range(1_000)) + "sum(h1000)",
    ],
    ids=lambda text: text[:12],
)
def test_deep_and_long_formulas(text: str) -> None:
    read(text)


def test_a_long_sum_is_one_node() -> None:
    assert len(read(" + ".join(["x"] * 10_000)).expression.arguments) == 10_000


# Anything that parses is read or refused, with a place.

_ATOMS = ["x", "y", "A", "b", "S", "I", "eye", "n", "N", "i", "f", "T", "e", "pi", "sum", "R"]
_ATOMS += ["1", "2", "0.5", "0", "ones(n)", "vector(1)", "eye(3)", "True", "commutation(2, 3)"]
_WHERE = [
    "",
    "x, y: vector(n); A: matrix(m, n); b: scalar; S: spd(n); T: tensor(n, m, k)",
    "x: vector(3); y: vector(4); f: elementwise; g: vector(n) -> vector(m); R: matrix(1, n)",
    "x: vector(n+1); y: vector(n*m); A: square(n); i: scalar; f: scalar -> matrix(m, n)",
]
_CALLED = [*sorted(NAMES), "f", "g", "f'", "g'1", "h", "x"]


def _larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = [" + ", " - ", "*", "@", "/", ".*", "./", "·", "⊗", "^", ".^"]
    after = ["'", "^T", "²", "^-1", "[1]", "[i,:]", "[:,j]", "[1:k]", "[n+1]", "[i,j,k]"]
    before = ["-", "2", "1/2", "sum(i = 1..n, ", "tensor(i = 1..m, j = 1..3, ", "u = x; "]
    return st.one_of(
        st.builds(lambda a, op, b: f"{a}{op}{b}", part, st.sampled_from(operators), part),
        st.builds(lambda a, op: f"({a}){op}", part, st.sampled_from(after)),
        st.builds(lambda op, a: f"{op}({a}{')' if op.endswith(' ') else ''})",
                  st.sampled_from(before[:5]), part),
        st.builds(lambda f, a, more: f"{f}({', '.join(a)}{more})", st.sampled_from(_CALLED),
                  st.lists(part, max_size=3), st.sampled_from(["", "", ", axis=0", ", axis=1"])),
        st.builds(lambda a, b, glue: f"[{a}{glue}{b}]", part, part,
                  st.sampled_from(["; ", ", ", " > "])),
    )  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    st.recursive(st.sampled_from(_ATOMS), _larger, max_leaves=8),
    st.sampled_from(_WHERE),
)
def test_read_or_refused(text: str, where: str) -> None:
    try:
        tree = parse_formula(text)
    except MatcalcError:
        return
    try:
        inferred = infer(tree, text, parse_declarations(where))
    except MatcalcError as error:
        assert error.line >= 1
        assert error.source == text
        assert "\ue000" not in error.message + error.hint
        return
    if any("(1," in text or " 1)" in text or "(1)" in text for text in inferred.assumptions):
        return  # A declared matrix(1, n) is a row, and rows have rules of their own.
    if "⊗" in text and re.search(r"\b(I|eye)\b", text):
        return  # The size of I ⊗ I is a square root of what is declared: not guessed.
    more = "; ".join(part for part in (where, *inferred.assumptions) if part)
    again = infer(tree, text, parse_declarations(more))
    assert again.expression is inferred.expression
    assert again.assumptions == ()
