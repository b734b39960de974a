"""Plain text: few brackets, read back to the same value, however large the formula."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, name
from matcalc.expressions.nodes import Expression, make, number, size, variable
from matcalc.notation.text import count_nodes, to_text
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.tree import Tree
from tests.notation.formulas import SIZES, random_formulas, typed, values

UNCHANGED = """
2*x
-2/3*x
x*(2/3)
x'*w
A'*(A*x - u)
a*A*x
A*B'*A*x
u .* (A*x)
(A*x) .* u
2*x .* y
x .* y ./ w
(x .* y)/a
(x .* y)'*S
(x .* y)*w'
2*(x .* y)
x/(2*a)
2/n*A'*u
a/b/c
a/(b/c)
a*(b/c)
1/x
1 ./ A
-x'*y
-(x + y)
-(-x)
x*(-a)
x - A'*u
x - a*y - w
a - (b + c)
(w·x)*y
2*(w·x)
(A*x)·u
(x'*y)*w
2*(x'*y)*w
(x'*y)/a*w
(x'*y)*(w'*y)
x'*y/a
x*(y'*w)
x^2
x^(1/2)
x^-1
a^(-b)
(-x)^2
-x^2
(x + a)^-1
(a^b)^2
a^(b^c)
(-2)^a
(1/2)^a
2 .^ x
x^y
A .^ 2
S^2
S^-1
(S^-1)'
S^(n - 1)
S'^2
(A*C)'
A ⊗ B
(A*C) ⊗ S
(S ⊗ T)*(T ⊗ S)
[w·x + b > 0]*x'
[x > y]'
where(a > b, x, 0)
where(a, x, 0)
max(0, w·x + b)
sum(A, axis=0)
softmax(A, axis=1)
sum(i = 1..n, x[i]*y[i])
sum(i = 1..n - 1, x[i + 1]*sum(j = 1..n, y[j]*y[i]))
tensor(i = 1..m, j = 1..n, k = 1..m, delta(i, k)*x[j])
f(x)
f'(x)
f''(x)
g'(x)*y
g'(x)'*u
p'1(x, u)
p'1'2(x, u)
x[1]
A[1,:]
A[:,2]
(A*x)[2]
A[1,:]'·x
x[1:2]
A[2:3,:]
[w; b]
[A, u]
[a, b; b, c]
[A, A; B, B]
unvec(x, 1, n)
unvec(x*x', n, 1, n)
vec(A)
commutation(m, n)*vec(A)
eye(n)
ones(n)'
zeros(m, n)
ones(m, n)
n - 1
(n - 1)*x
m*n*x
pi*a^2
1/3
-1/3
""".splitlines()[1:]


@pytest.mark.parametrize("text", UNCHANGED)
def test_formulas_are_printed_as_typed(text: str) -> None:
    assert to_text(typed(text)) == text


REWRITTEN = [
    ("x + -y", "x - y"),
    ("x + (-2)*y", "x - 2*y"),
    ("x - (-y)*a", "x - (-y*a)"),
    ("(a + b) + c", "a + b + c"),
    ("A'*(B*x)", "A'*B*x"),
    ("A'*(B*(C*u))", "A'*B*C*u"),
    ("2*(a*x)", "2*a*x"),
    ("0.1*x", "1/10*x"),
    ("dot(w, x)", "w·x"),
    ("kron(A, B)", "A ⊗ B"),
    ("outer(u, x)", "u*x'"),
    ("x ⊙ y ⊘ w", "x .* y ./ w"),
    ("x ./ a", "x/a"),
    ("t = A*x; t'*t", "(A*x)'*A*x"),
    ("[[a > b], c]", "[[a > b], c]"),
]


@pytest.mark.parametrize(("text", "printed"), REWRITTEN)
def test_formulas_are_printed_with_few_brackets(text: str, printed: str) -> None:
    assert to_text(typed(text)) == printed


ASCII = [
    ("w·x + b", "dot(w, x) + b"),
    ("2*(w·x)", "2*dot(w, x)"),
    ("(S ⊗ A)*kron(T, C)", "kron(S, A)*kron(T, C)"),
]


@pytest.mark.parametrize(("text", "printed"), ASCII)
def test_operators_have_ascii_names(text: str, printed: str) -> None:
    assert to_text(typed(text), ascii=True) == printed
    assert typed(printed) is typed(text)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("plain", [False, True])
def test_random_formulas_read_back_to_the_same_value(seed: int, plain: bool) -> None:
    arrays = values(seed)
    for formula in random_formulas(seed, 150):
        text = to_text(formula, ascii=plain)
        try:
            expected = evaluate(formula, arrays, SIZES)
        except MatcalcError:  # an index out of range, a singular matrix
            continue
        found = evaluate(typed(text), arrays, SIZES)
        assert found.shape == expected.shape, text
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9, err_msg=text)


COUNTS = [
    ("x", 1), ("1/3", 3), ("-2", 2), ("a - b", 3), ("a + b + c", 5), ("x'*y", 4), ("x[1]", 3),
    ("eye(n)", 2), ("ones(m, n)", 3), ("[a > b]", 3), ("sum(i = 1..n, x[i])", 7), ("n-1", 3),
    ("x - 2*y", 5), ("-x'*y", 5), ("sum(A, axis=0)", 2), ("2/n*A'*u", 8), ("(S^-1)'", 5),
    ("where(a > b, x, 0)", 6), ("f'(x)", 2), ("[w; b]", 3), ("commutation(m, n)", 3),
    ("m*n", 3), ("unvec(x, 1, n)", 4), ("unvec(x*x', n, 1, n)", 8), ("x[1:2]", 5), ("A[1,:]", 3),
]  # fmt: skip


@pytest.mark.parametrize(("text", "count"), COUNTS)
def test_nodes_are_counted_as_typed(text: str, count: int) -> None:
    assert count_nodes(typed(text)) == count


def tree_nodes(tree: Tree) -> int:
    """Return the number of operators, functions, names and numbers in a parsed formula."""
    total, stack = 0, [tree]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        names: tuple[str, ...] = node.value[1] if node.kind == "indexed" else ()  # type: ignore[index]
        total += len(names) + (node.kind != "all")
    return total


@pytest.mark.parametrize("text", UNCHANGED)
def test_the_count_is_that_of_the_parsed_text(text: str) -> None:
    formula = typed(text)
    assert count_nodes(formula) == tree_nodes(parse_formula(to_text(formula)))


def test_random_counts_are_those_of_the_parsed_texts() -> None:
    for formula in random_formulas(5, 300):
        text = to_text(formula)
        if ";" not in text:
            assert count_nodes(formula) == tree_nodes(parse_formula(text)), text


# Size


def test_a_deep_nest_and_a_long_sum_are_printed() -> None:
    x = variable("x", (name("n"),))
    nest: Expression = x
    for _ in range(5_000):
        nest = make("call", (nest,), ("sin", None))
    terms = make("add", tuple(make("multiply", (number(i), x)) for i in range(10_000)))
    assert to_text(nest) == "sin(" * 5_000 + "x" + ")" * 5_000
    assert len(to_text(terms)) > 60_000
    assert count_nodes(terms) == 39_999


def test_shared_parts_are_named_once() -> None:
    formula = typed("x")
    for _ in range(200):
        layer = make("call", (formula,), ("tanh", None))
        formula = make("hadamard", (layer, make("call", (layer,), ("exp", None))))
    text = to_text(formula)
    assert text.startswith("z1 = tanh(tanh(x) .* exp(tanh(x))); z2 = tanh(z1 .* exp(z1)); ")
    assert len(text) < 200 * 40
    assert typed(text) is formula
    assert count_nodes(formula) > 2**200


def test_names_of_shared_parts_are_new() -> None:
    where = "z1, z3, x: vector(n); z2: elementwise"
    formula = typed("z1 + z3", where)
    for _ in range(12):
        formula = make("hadamard", (make("call", (formula,), ("sin", None)), formula))
    formula = make("add", (formula, typed("z2(x)", where)))
    text = to_text(formula)
    assert text.startswith("z4 = sin(z1 + z3) .* (z1 + z3); z5 = sin(z4) .* z4; ")
    assert typed(text, where) is formula


def test_what_contains_a_running_index_is_not_named_outside_of_its_sum() -> None:
    body = typed("x[1]")
    i = make("index", (), "i")
    entry = make("subscript", (typed("x"), i), ("entry",))
    for _ in range(12):
        entry = make("multiply", (make("call", (entry,), ("sin", None)), entry))
        body = make("multiply", (make("call", (body,), ("sin", None)), body))
    total = make("index_sum", (number(1), number(3), make("multiply", (entry, body))), "i")
    text = to_text(total)
    named = text.split("; ")[:-1]
    assert named
    assert not any("[i]" in part for part in named)
    arrays = values()
    expected = evaluate(total, arrays, SIZES)
    np.testing.assert_allclose(evaluate(typed(text), arrays, SIZES), expected)


def test_numbers_and_sizes_are_printed_exactly() -> None:
    assert to_text(size(name("n") - ONE)) == "n-1"
    assert to_text(make("matrix_power", (typed("S"), size(name("n") - ONE)))) == "S^(n-1)"
    assert to_text(number(Fraction(10**30, 7))) == f"{10**30}/7"
