"""What stands for an abstract function has the derivatives that are given for it."""

import random

import pytest

import matcalc
from matcalc.checking.evidence import arranged_value, derivative_of, same
from matcalc.checking.instances import instances
from matcalc.checking.points import assignments, sample
from matcalc.checking.precise import ROUGH
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at

FORMULAS = [
    ("f(x)", "f: elementwise; x: vector(n)"),
    ("sum(f(f(x)))", "f: elementwise; x: matrix(m, n)"),
    ("f(x)", "f: vector(n) -> vector(n); x: vector(n)"),
    ("f(A*x)", "f: vector(m) -> vector(m); A: matrix(m, n); x: vector(n)"),
    ("f(A*x)", "f: vector(m) -> vector(k); A: matrix(m, n); x: vector(n)"),
    ("f(A*x)", "f: vector(m) -> scalar; A: matrix(m, n); x: vector(n)"),
    ("f(x*B)", "f: matrix(m, k) -> scalar; x: matrix(m, n); B: matrix(n, k)"),
    ("f(x*B)", "f: matrix(n, n) -> scalar; x: square(n); B: square(n)"),
    ("f(a'*x)*a", "f: scalar -> scalar; a, x: vector(n)"),
    ("f(a'*x)", "f: scalar -> vector(k); a, x: vector(n)"),
    ("f(g(x))", "f: vector(n) -> vector(n); g: vector(n) -> vector(n); x: vector(n)"),
]


@pytest.mark.parametrize(("formula", "where"), FORMULAS)
def test_derivatives(formula: str, where: str) -> None:
    d = matcalc.diff(formula, "x", where)
    question = Question(d.formula.expression, d.variable, (), d.expression, d.expression,
                        "numerator", 1)  # fmt: skip
    found = list(instances(question))
    assert found
    for instance, texts in found:
        assert "f" in texts
        tensor = derivative_of(instance, instance.formula, instance.variable)
        for sizes in list(assignments(instance.parts()))[:2]:
            point = sample(instance.variables, sizes, random.Random(1), 0)
            value = entries_at(instance.answer, point, ROUGH)
            assert same(arranged_value(instance, tensor, point), value), texts


def test_the_functions_of_a_counterexample_are_named() -> None:
    where = "f: vector(n) -> vector(n); g: vector(n) -> vector(n); x: vector(n)"
    example = matcalc.check("f(g(x))", "x", "g'(x)*f'(g(x))", where).counterexample
    assert example is not None
    assert example.functions == {"f": "sum(t)*t", "g": "t.^2"}
    assert (example.derivative, example.claim) == ([[4, 0], [0, 0]], [[4, 2], [0, 0]])


def test_functions_whose_logarithm_is_taken_have_values_that_fit() -> None:
    where = "s: elementwise; x, y: vector(n)"
    formula = "sum(y .* log(s(x)) + (1 - y) .* log(1 - s(x)))"
    verdict = matcalc.check(formula, "x", "y - s(x)", where, "mixed")
    assert verdict.verdict == "refuted"
    assert verdict.counterexample is not None
    assert verdict.counterexample.functions == {"s": "exp(-t.^2)/2"}
    right = "s'(x) .* (y - s(x)) ./ (s(x) .* (1 - s(x)))"
    assert matcalc.check(formula, "x", right, where, "mixed").verdict != "refuted"


def test_rounding_is_shown_as_zero() -> None:
    verdict = matcalc.check("sum(g .* softmax(x))", "x", "softmax(x) .* g", "g, x: vector(n)")
    assert verdict.counterexample is None  # of the wrong shape
    verdict = matcalc.check(
        "sum(g .* softmax(x))", "x", "softmax(x) .* g", "g, x: vector(n)", layout="mixed"
    )
    assert verdict.counterexample is not None
    assert verdict.counterexample.derivative == [0]
