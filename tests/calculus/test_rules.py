"""Every row of the table of functions, and every head of a formula, differentiates rightly.

A row is taken at unequal prime sizes and matrices that are not symmetric, by each argument,
in all layouts, to second order: against SymPy's derivatives of the entries, and against
finite differences of the printed answer's own formula. A new row needs no new test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from matcalc.calculus import templates
from matcalc.calculus.layouts import LAYOUTS
from matcalc.checking import verification
from matcalc.checking.verification import verify_answer
from matcalc.errors import MatcalcError
from matcalc.expressions.functions import (
    DEFINED,
    ELEMENTARY,
    PRIMITIVE,
    ROWS,
    STRUCTURAL,
)
from matcalc.expressions.nodes import HEADS, Expression
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder
from matcalc.programs.evaluation import evaluate
from tests import differences
from tests.derivatives import Problem, printed_value, problem, read

SIZES = {"m": 2, "n": 3}
TOLERANCE = 1e-7


class Form(NamedTuple):
    """A formula that uses a row, what its names are, and where it is defined."""

    text: str
    wrt: str
    where: str
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.text} by {self.wrt}"


# Forms of each kind of row


def elementary_forms(row: Row) -> Iterator[Form]:
    """Yield the function of scalars, vectors and matrices, by each of its arguments."""
    names = ["A", "B", "C"][: len(row.parameters)]
    call = "A .^ B" if row.name == "power" else f"{row.name}({', '.join(names)})"
    domain = row.domain
    for parameter, name in zip(row.parameters, names, strict=True):
        domain = domain.replace(f"{parameter} ", f"{name} ").replace(f"({parameter})", f"({name})")
    if row.name == "power":
        domain = "A > 0"
    for kind in ("scalar", "vector(n)", "matrix(m, n)"):
        for name in names:
            yield Form(call, name, f"{', '.join(names)}: {kind}", domain)
    if len(names) == 2:  # scalar expansion, either way
        yield Form(call, "A", "A: scalar; B: vector(n)", domain)
        yield Form(call, "B", "A: vector(n); B: scalar", domain)


def whole_forms(row: Row) -> Iterator[Form]:
    """Yield a function of a vector or matrix, and of a product with what is derived by."""
    name = row.name
    if row.takes == "square":
        yield Form(f"{name}(X)", "X", "X: square(n)")
        yield Form(f"{name}(A*X + C)", "X", "A: matrix(n, m); X: matrix(m, n); C: square(n)")
        return
    shapes = {"any": ("scalar", "vector(n)", "matrix(m, n)"), "matrix": ("matrix(m, n)",)}
    for kind in shapes.get(row.takes, ("vector(n)", "matrix(m, n)")):
        yield Form(f"{name}(X)", "X", f"X: {kind}")
    if row.axis:
        for axis in (0, 1):
            yield Form(f"{name}(X, axis={axis})", "X", "X: matrix(m, n)")
    yield Form(f"{name}(A*X)", "X", "A: matrix(n, m); X: matrix(m, n)")


KINDS = ("vector(n)", "vector(m)", "vector(3)", "vector(m*n)", "matrix(m, n)", "matrix(m, m)",
         "matrix(n, n)")  # fmt: skip


def structural_forms(row: Row) -> Iterator[Form]:
    """Yield the function of everything that it takes, found by asking the language."""
    name, names, found = row.name, ["X", "Y"][: len(row.parameters)], set()
    arguments = [*names, *"mn"[: row.sizes]]
    # unequal shapes first, and one form for each combination of ranks
    choices = itertools.product(KINDS, repeat=len(names))
    for kinds in sorted(choices, key=lambda kinds: len(set(kinds)) < len(kinds)):
        where = "; ".join(f"{n}: {k}" for n, k in zip(names, kinds, strict=True))
        for axis in ("", ", axis=0", ", axis=1"):
            text = f"{name}({', '.join(arguments)}{axis})"
            key = (axis, *[kind[0] for kind in kinds])
            if key not in found and is_taken(text, where):
                found.add(key)
                yield from [Form(text, wrt, where) for wrt in names]


def is_taken(text: str, where: str) -> bool:
    """Tell whether the language takes a formula, and its sizes fit."""
    try:
        given = problem(text, "X", where)
        evaluate(given.formula, point(given, np.random.default_rng(0)), SIZES)
    except MatcalcError:
        return False
    return True


def forms() -> Iterator[tuple[str, Form]]:
    """Yield the forms of every row of the table."""
    for row in ELEMENTARY:
        for form in elementary_forms(row):
            yield row.name, form
    for primitive in PRIMITIVE:
        for form in whole_forms(primitive):
            yield primitive.name, form
    for defined in DEFINED:
        for form in whole_forms(defined):
            yield defined.name, form
    for structural in STRUCTURAL:
        for form in structural_forms(structural):
            yield structural.name, form


# Points


def point(given: Problem, rng: np.random.Generator) -> dict[str, Any]:
    """Return arrays for all variables of a problem, of one of several kinds."""
    kinds = (
        lambda shape: rng.uniform(0.2, 1.5, shape) * rng.choice([-1, 1], shape),
        lambda shape: rng.uniform(0.3, 1.5, shape),
        lambda shape: rng.uniform(0.1, 0.7, shape),
        lambda shape: rng.uniform(1.2, 2.5, shape),
    )
    draw = kinds[rng.integers(len(kinds))]
    nodes = postorder([given.formula, given.variable], lambda node: node.arguments)
    values = {}
    for node in nodes:
        if node.head == "variable":
            shape = tuple([d.evaluate(SIZES) for d in node.shape])
            values[node.value.name] = np.asarray(draw(shape))
    return values


def defined_point(given: Problem, domain: str) -> tuple[dict[str, Any], differences.Estimate]:
    """Return a point of the domain off the kinks, and the derivative there by differences."""
    for seed in range(200):
        values = point(given, np.random.default_rng(seed))
        if domain:
            condition = evaluate(read(f"[{domain}]", given.where), values, SIZES)
            if not np.all(condition):
                continue
        estimate = differences.jacobian(function(given.formula, given.wrt, values),
                                        values[given.wrt])  # fmt: skip
        if estimate.error < TOLERANCE / 100:
            return values, estimate
    raise AssertionError(f"there is no point at which {given.text} can be tested")


def function(formula: Expression, wrt: str, values: dict[str, Any]) -> Any:
    """Return the formula as a function of one variable's value."""
    return lambda moved: evaluate(formula, {**values, wrt: moved}, SIZES)


def assert_derivative(form: Form) -> None:
    """Hold the first derivative, in all layouts, against differences and SymPy."""
    given = problem(form.text, form.wrt, form.where)
    values, estimate = defined_point(given, form.domain)
    result = evaluate(given.formula, values, SIZES).shape
    for layout in LAYOUTS:
        answer = given.answer(layout)
        wanted = differences.arrange(estimate.value, result, values[form.wrt].shape, 1, layout)
        assert_near(printed_value(answer, given.where, values, SIZES), wanted, str(form))
    assert_verified(given, 1)


def assert_second_derivative(form: Form) -> None:
    """Hold the second derivative of the sum of squares likewise."""
    given = problem(f"sum(({form.text}) .^ 2)", form.wrt, form.where)
    values, _ = defined_point(given, form.domain)
    shape = values[form.wrt].shape
    # differences of the first answer, which has been held against differences itself
    first = function(given.answer("mixed"), form.wrt, values)
    estimate = differences.jacobian(first, values[form.wrt])
    for layout in LAYOUTS:
        wanted = differences.arrange(estimate.value, (), shape, 2, layout)
        value = printed_value(given.answer(layout, 2), given.where, values, SIZES)
        assert_near(value, wanted, str(form))
    assert_verified(given, 2)


def assert_near(value: Any, wanted: Any, label: str) -> None:
    """Hold an array against another, up to a millionth of the largest entry."""
    assert value.shape == wanted.shape, label
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    np.testing.assert_allclose(value, wanted, rtol=0, atol=TOLERANCE * scale, err_msg=label)


def assert_verified(given: Problem, order: int) -> None:
    """Let SymPy confirm an answer; only entries too large for it may stay open."""
    answer = given.answer("numerator", order)
    checked = verify_answer(given.formula, given.variable, answer, "numerator", order)
    assert checked.ok is not False, checked.text


# The table


FORMS = list(forms())


@pytest.fixture(autouse=True)
def _small_formulas_for_sympy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave to the differences what would keep SymPy busy for seconds."""
    monkeypatch.setattr(verification, "LARGEST_WORK", 10_000)


@pytest.mark.parametrize(("name", "form"), FORMS, ids=str)
def test_first_derivatives(name: str, form: Form) -> None:
    assert_derivative(form)


@pytest.mark.parametrize(("name", "form"), FORMS, ids=str)
def test_second_derivatives(name: str, form: Form) -> None:
    assert_second_derivative(form)


def test_every_row_is_tested_by_every_argument() -> None:
    tested = {(name, form.wrt) for name, form in FORMS}
    for row in ELEMENTARY:
        assert {(row.name, wrt) for wrt in "ABC"[: len(row.parameters)]} <= tested
    for row_ in (*PRIMITIVE, *DEFINED):
        assert (row_.name, "X") in tested
    for structural in STRUCTURAL:
        wanted = "XY"[: len(structural.parameters)]
        assert {(structural.name, wrt) for wrt in wanted} <= tested


# Test the tester


@pytest.fixture
def _fresh_templates() -> Iterator[None]:
    templates.derivative.cache_clear()
    templates.differential.cache_clear()
    yield
    templates.derivative.cache_clear()
    templates.differential.cache_clear()


@pytest.mark.usefixtures("_fresh_templates")
@pytest.mark.parametrize(
    ("name", "wrong"), [("tanh", "1 - tanh(x)"), ("sin", "-cos(x)"), ("exp", "1.0000005*exp(x)")]
)
def test_a_wrong_derivative_in_the_table_is_caught(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    row = ROWS[name, 1]._replace(derivatives=(wrong,))
    monkeypatch.setitem(ROWS, (name, 1), row)
    form = Form(f"{name}(X)", "X", "X: vector(n)")
    with pytest.raises(AssertionError):
        assert_verified(problem(*form[:3]), 1)
    with pytest.raises(AssertionError):
        assert_derivative(form)


@pytest.mark.usefixtures("_fresh_templates")
@pytest.mark.parametrize(
    ("name", "wrong"),
    [("inv", "-Y*dX'*Y"), ("det", "tr(inv(X)*dX)"), ("logsumexp", "sum(exp(X) .* dX)")],
)
def test_a_wrong_differential_in_the_table_is_caught(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    row = ROWS[name, 1]._replace(differential=wrong)
    monkeypatch.setitem(ROWS, (name, 1), row)
    form = Form(f"sum({name}(X))", "X", "X: square(n)")
    with pytest.raises(AssertionError):
        assert_verified(problem(*form[:3]), 1)
    with pytest.raises(AssertionError):
        assert_derivative(form)


# Every head


EVERY_HEAD = (
    ("1/2*x + n*pi", "x", "x: vector(n)"),
    ("ones(n) .* x - zeros(n)", "x", "x: vector(n)"),
    ("eye(n)*x", "x", "x: vector(n)"),
    ("commutation(m, n)*vec(X)", "X", "X: matrix(m, n)"),
    ("-(A*x) ./ (1 + x·x)", "x", "A: matrix(m, n); x: vector(n)"),
    ("kron(A, X)", "X", "A: matrix(m, n); X: matrix(m, m)"),
    ("kron(X, A)", "X", "A: matrix(m, n); X: matrix(m, m)"),
    ("(1 + X.^2).^(a/3)", "X", "X: matrix(m, n); a: scalar"),
    ("X^3", "X", "X: square(n)"),
    ("X^-2", "X", "X: square(n)"),
    ("X'*A", "X", "X: matrix(m, n); A: matrix(m, m)"),
    ("[x > a] .* x.^2", "x", "x: vector(n); a: scalar"),
    ("sum(i = 1..n, x[i]^i*X[1,i])", "x", "x: vector(n); X: matrix(m, n)"),
    ("sum(i = 1..n, sum(j = 1..n, X[i,j]*delta(i, j)*x[j]^2))", "X", "X: square(n); x: vector(n)"),
    ("tensor(i = 1..n, j = 1..m, x[i]^2*X[j,i])", "x", "x: vector(n); X: matrix(m, n)"),
    ("X[:,1] .* X[2,:][1]", "X", "X: matrix(m, n)"),
    ("[x; 2*x[1:2]; x[1]]", "x", "x: vector(n)"),
    ("[X, A; A, X.^2]", "X", "X, A: matrix(m, n)"),
)
ABSTRACT = (
    ("f(A*x)", "x", "f: elementwise; A: matrix(m, n); x: vector(n)"),
    ("g(h(x))", "x", "g: vector(m) -> scalar; h: vector(n) -> vector(m); x: vector(n)"),
    ("g(X*x)", "X", "g: vector(m) -> scalar; X: matrix(m, n); x: vector(n)"),
    ("q(a*X)*p(a, b)", "a", "q: matrix(m, n) -> scalar; p: scalar, scalar -> scalar; "
     "a, b: scalar; X: matrix(m, n)"),
)  # fmt: skip


@pytest.mark.parametrize("form", [Form(*row) for row in EVERY_HEAD], ids=str)
def test_every_head(form: Form) -> None:
    assert_derivative(form)
    assert_second_derivative(form)


def test_a_matrix_power_to_a_dimension() -> None:
    assert_derivative(Form("x'*X^n*x", "X", "X: square(n); x: vector(n)"))


@pytest.mark.parametrize("form", [Form(*row) for row in ABSTRACT], ids=str)
@pytest.mark.parametrize("order", [1, 2])
def test_abstract_functions(form: Form, order: int) -> None:
    given = problem(*form[:3])
    for layout in LAYOUTS:
        answer = given.answer(layout, order)
        checked = verify_answer(given.formula, given.variable, answer, layout, order)
        assert checked.ok, checked.text


def test_every_head_is_among_them() -> None:
    formulas = [read(text, where) for text, _, where in (*EVERY_HEAD, *ABSTRACT)]
    assert {node.head for node in postorder(formulas, lambda node: node.arguments)} == set(HEADS)


# Forward and backward


SAME_BOTH_WAYS = (
    ("norm2(A*x - b)^2", "x"),
    ("sum(log(1 + exp(-(A*x) .* b)))", "x"),
    ("softmax(A*x)", "x"),
    ("log_softmax(A*X, axis=1)", "X"),
    ("inv(X + C)*x", "X"),
    ("logdet(X*X' + eye(n))", "X"),
    ("max(X*x, x)", "X"),
    ("x'*X^3*x", "X"),
    ("kron(x, A*x)", "x"),
    ("diag(x)*A'*b", "x"),
    ("conv(conv_full(x, b), x[1:2])", "x"),
    ("sum(i = 1..n, x[i]*exp(x·C[:,i]))", "x"),
    ("[A*x; x]", "x"),
    ("prod(x)*x", "x"),
)
DECLARED = "A: matrix(m, n); b: vector(m); C, X: square(n); x: vector(n)"


@pytest.mark.parametrize(("text", "wrt"), SAME_BOTH_WAYS)
@pytest.mark.parametrize("order", [1, 2])
def test_forward_and_backward_accumulation_agree(text: str, wrt: str, order: int) -> None:
    given = problem(text, wrt, DECLARED)
    values = point(given, np.random.default_rng(3))
    by_mode = []
    for mode in ("backward", "forward"):
        formula = given.formula_of(given.jacobian(order, mode), "mixed", order)
        by_mode.append(evaluate(formula, values, SIZES))
    np.testing.assert_allclose(by_mode[0], by_mode[1], rtol=1e-9, atol=1e-9)
