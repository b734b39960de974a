"""Kronecker notation: the wanted forms, and the same array as by entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import matcalc
from matcalc.calculus.lowering import tensor_of
from matcalc.errors import MatcalcError
from matcalc.notation.answers import CHOICES
from matcalc.notation.text import count_nodes
from matcalc.programs.evaluation import evaluate
from matcalc.records import replace
from tests import differences
from tests.strategies import WHERE, formulas, point
from tests.test_cases import ALL, DERIVATIVES, REFERENCE, Case, name, points, read_back
from tests.test_properties import (
    SEEDS,
    assert_reads_back,
    derivative_by_differences,
    examples,
    problem,
    smooth,
    value_of,
    variable_of,
)

NAMES = (
    "A, B, F, X, Y: matrix(m, n); C: matrix(n, k); E: matrix(k, m); U: matrix(m, r); "
    "V: matrix(n, r); P, Q, R: square(n); S: symmetric(n); x, y: vector(n); z: vector(m); "
    "a, b: scalar"
)

FIRST = [
    ("A*P*C", "P", "C' ⊗ A"),
    ("X'", "X", "commutation(m, n)"),
    ("inv(P)", "P", "-inv(P') ⊗ inv(P)"),
    ("A .* X", "X", "diag(vec(A))"),
    ("exp(X)", "X", "diag(vec(exp(X)))"),
    ("max(0, X)", "X", "diag(vec([X > 0]))"),
    ("X", "X", "eye(m*n)"),
    ("a*X", "X", "a*eye(m*n)"),
    ("3*Y", "X", "zeros(m*n, m*n)"),
    ("X'*X", "X", "(commutation(n, n) + eye(n*n))*(eye(n) ⊗ X')"),
    ("X*X'", "X", "(commutation(m, m) + eye(m*m))*(X ⊗ eye(m))"),
    ("P^2", "P", "P' ⊗ eye(n) + eye(n) ⊗ P"),
    ("P^3", "P", "P'^2 ⊗ eye(n) + eye(n) ⊗ P^2 + P' ⊗ P"),
    ("P'*Q*P", "P", "((Q*P)' ⊗ eye(n))*commutation(n, n) + eye(n) ⊗ (P'*Q)"),
    ("A*P*C + B*P'*C", "P", "(C' ⊗ B)*commutation(n, n) + C' ⊗ A"),
    ("P*Q + Q*P", "P", "Q' ⊗ eye(n) + eye(n) ⊗ Q"),
    ("X ./ Y", "X", "diag(vec(1 ./ Y))"),
    ("X ./ Y", "Y", "-diag(vec(X ./ Y .^ 2))"),
    ("P .* P'", "P", "diag(vec(P))*commutation(n, n) + diag(vec(P'))"),
    ("S*P", "S", "P' ⊗ eye(n)"),
    ("A*x", "A", "x' ⊗ eye(m)"),
    ("x'*A'", "A", "x' ⊗ eye(m)"),
    ("A*x", "x", "A"),
    ("tr(A'*X)", "X", "vec(A)'"),
    ("a*b", "a", "b"),
    ("a*A", "a", "vec(A)"),
    ("x*x'", "x", "eye(n) ⊗ x + x ⊗ eye(n)"),
    ("z*x'", "x", "eye(n) ⊗ z"),
    ("z*x'", "z", "x ⊗ eye(m)"),
    ("diag(x)", "x", "diag(vec(eye(n)))*(ones(n) ⊗ eye(n))"),
    ("diag(diag(P))", "P", "diag(vec(eye(n)))"),
    ("diag(x)*P*diag(x)", "x", "diag(vec(P))*(eye(n) ⊗ x + x ⊗ eye(n))"),
    ("A*diag(x)*C", "x", "(ones(k) ⊗ A) .* (C' ⊗ ones(m))"),
    ("det(P)*P", "P", "det(P)*(vec(P)*vec(inv(P'))' + eye(n*n))"),
    ("X/normF(X)", "X", "eye(m*n)/normF(X) - vec(X)*vec(X)'/normF(X)^3"),
    ("X - mean(X, axis=1)*ones(n)'", "X", "eye(m*n) - (ones(n, n) ⊗ eye(m))/n"),
    ("vec(A*C)", "C", "eye(k) ⊗ A"),
    ("unvec(vec(X'), m, n)", "X", "commutation(m, n)"),
    ("X[1:2,:]", "X", "eye(n) ⊗ [eye(2), zeros(2, m-2)]"),
    ("X[:,2]", "X", "eye(n)[2,:] ⊗ eye(m)"),
    ("sigmoid(A*C)*E", "C", "(E' ⊗ eye(m))*diag(vec(sigmoid(A*C) .* (1 - sigmoid(A*C))))"
     "*(eye(k) ⊗ A)"),
    ("exp(A*x)*y'", "A", "(y*x') ⊗ diag(exp(A*x))"),
    ("tanh(P*tanh(Q*X'))", "Q", "diag(vec(tanh(P*tanh(Q*X')) .^ 2 - 1))*(eye(m) ⊗ P)"
     "*diag(vec(tanh(Q*X') .^ 2 - 1))*(X ⊗ eye(n))"),
    ("softmax(X, axis=1)", "X",
     "M = diag(vec(softmax(X, axis=1))); M - M*(ones(n, n) ⊗ eye(m))*M"),
]  # fmt: skip

SECOND = [
    ("normF(F - U*V')^2", "U", "2*((V'*V) ⊗ eye(m))"),
    ("tr(X'*X)", "X", "2*eye(m*n)"),
    ("tr(P'*Q*P)", "P", "eye(n) ⊗ (Q + Q')"),
    ("tr(P*Q*P*R)", "P", "(Q ⊗ R' + R ⊗ Q')*commutation(n, n)"),
    ("logdet(P)", "P", "-(inv(P) ⊗ inv(P'))*commutation(n, n)"),
    ("sum(exp(X))", "X", "diag(vec(exp(X)))"),
    ("x'*Q*x", "x", "Q + Q'"),
    ("z'*A*x", "A", "zeros(m*n, m*n)"),
    ("a^3", "a", "6*a"),
]


SIZES = {"m": 2, "n": 3, "k": 5, "r": 2}
_random = np.random.default_rng(11)
POINT = {
    node.value.name: _random.uniform(0.3, 1.5, [d.evaluate(SIZES) for d in node.shape])
    for node in matcalc.parse("1", NAMES).inferred.variables.values()
}
POINT["S"] = POINT["S"] + POINT["S"].T
POINT |= SIZES


def assert_flattened(d: Any) -> None:
    """Hold a flattened derivative of the first or second order against differences."""
    formula = d.formula.expression

    def value(moved: Any) -> Any:
        return evaluate(formula, {**POINT, d.wrt: moved}, SIZES)

    def gradient(moved: Any) -> Any:
        given = {**POINT, d.wrt: moved}
        return matcalc.gradient(d.formula.text, d.wrt, NAMES).evaluate(**given)

    moving = POINT[d.wrt]
    estimate = differences.jacobian(value if d.order == 1 else gradient, moving)
    rows = moving.size if d.order == 2 else value(moving).size
    wanted = estimate.value.reshape((rows, -1), order="F")
    got = matcalc.parse(str(d), NAMES).evaluate(**POINT)
    wanted = wanted.T if d.layout == "denominator" else wanted
    np.testing.assert_allclose(got, wanted.reshape(got.shape), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "wrt", "order", "wanted"),
    [(t, w, 1, f) for t, w, f in FIRST] + [(t, w, 2, f) for t, w, f in SECOND],
)
def test_wanted_forms(text: str, wrt: str, order: int, wanted: str) -> None:
    d = matcalc.diff(text, wrt, NAMES, order=order, notation="kronecker")
    assert (str(d), d.notation) == (wanted, "kronecker")
    assert_flattened(d)


@pytest.mark.parametrize("text", ["A*P*C", "A*x", "tr(A'*X)", "a*A", "z*x'", "logdet(P)*P"])
@pytest.mark.parametrize("wrt", ["P", "A", "X", "a", "x", "z"])
def test_denominator_layout_is_the_transpose(text: str, wrt: str) -> None:
    upright, turned = (
        matcalc.diff(text, wrt, NAMES, layout, notation="kronecker")  # type: ignore[arg-type]
        for layout in ("numerator", "denominator")
    )
    assert_flattened(turned)
    assert [d for d in turned.shape if d != "1"] == [d for d in upright.shape[::-1] if d != "1"]
    mixed = matcalc.diff(text, wrt, NAMES, "mixed", notation="kronecker")
    assert mixed.expression is upright.expression


@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
@pytest.mark.parametrize(
    ("text", "wrt"),
    [("A*P*C", "P"), ("x*z'", "x"), ("A*x", "A"), ("X[1:1,:]*P", "P"), ("S*S", "S")],
)
def test_unstacked_where_no_notation_is_asked_for(text: str, wrt: str, layout: Any) -> None:
    d = matcalc.diff(text, wrt, NAMES, layout)
    assert d.notation == "kronecker"
    assert str(d).startswith("unvec(")
    entries = matcalc.diff(text, wrt, NAMES, layout, notation="index")
    assert d.shape == entries.shape
    back = matcalc.parse(str(d), NAMES)
    assert back.shape == d.shape
    np.testing.assert_allclose(back.evaluate(**POINT), entries.evaluate(**POINT), atol=1e-12)


@pytest.mark.parametrize("notation", ["auto", "kronecker"])
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize(("text", "order"), [("P*X'", 1), ("logdet(P)", 2), ("tr(P*Q)", 1)])
def test_answers_are_verified_entry_by_entry(
    text: str, order: int, layout: Any, notation: Any
) -> None:
    where = "P, Q: square(n); X: matrix(2, n)"
    d = matcalc.diff(text, "P", where, layout, order, notation)
    verification = d.verify()
    assert verification.ok, verification.text
    for other in (f"3*({text})", "P*X'"):
        if other != text:
            assert replace(d, formula=matcalc.parse(other, where)).verify().ok is False


@pytest.mark.parametrize("text", ["A*P*C", "P'", "inv(P)"])
def test_unstacked_answers_are_the_very_jacobian(text: str) -> None:
    answer = matcalc.diff(text, "P", NAMES)
    by_entries = matcalc.diff(text, "P", NAMES, notation="index")
    assert answer.notation == "kronecker"
    assert tensor_of(answer.expression) is tensor_of(by_entries.expression)


@pytest.mark.parametrize(
    ("text", "wrt", "order", "notation", "message"),
    [
        ("A*P*C", "P", 1, "matrix", "no matrix notation"),
        ("f(P)", "P", 1, "kronecker", "no Kronecker notation"),
        ("flip(P)", "P", 1, "kronecker", "no Kronecker notation"),
        ("X .* X", "X", 2, "kronecker", "more groups"),
        ("exp(x)", "x", 2, "kronecker", "more groups"),
    ],
)
def test_what_has_no_such_notation_is_refused(
    text: str, wrt: str, order: int, notation: Any, message: str
) -> None:
    where = NAMES + "; f: matrix(n, n) -> matrix(n, n)"
    with pytest.raises(MatcalcError, match=message) as refusal:
        matcalc.diff(text, wrt, where, order=order, notation=notation)
    assert refusal.value.code == "E403"
    assert "--notation index" in refusal.value.hint
    matcalc.diff(text, wrt, where, order=order, notation="index")


def test_unknown_notation_is_refused() -> None:
    with pytest.raises(MatcalcError, match="there is no notation tensor") as refusal:
        matcalc.diff("x'*x", "x", notation="tensor")  # type: ignore[call-overload]
    assert refusal.value.hint == ", ".join(CHOICES)


def test_entries_are_written_where_a_matrix_exists() -> None:
    d = matcalc.diff("A*x", "x", NAMES, notation="index")
    assert str(d) == "tensor(i = 1..m, j = 1..n, A[i,j])"
    assert d.notation == "index"
    assert str(matcalc.diff("a^2", "a", NAMES, notation="index")) == "2*a"


# Held against numbers from elsewhere


def flattened(
    numerator: Any, result: tuple[int, ...], variable: tuple[int, ...], order: int
) -> Any:
    """Return ∂vec(Y)/∂vec(X)ᵀ for a derivative in numerator layout."""
    if len(result) == 2 and result[0] == 1:
        result = result[1:]
    if order == 1 and not result and len(variable) == 2:
        numerator = numerator.T
    rows = variable if order == 2 and not result else result
    return numerator.reshape((int(np.prod(rows)), -1), order="F")


@pytest.mark.parametrize("case", [case for case in ALL if case.get("vec")], ids=name)
def test_textbook_forms(case: Case) -> None:
    d = matcalc.diff(case["expr"], case["wrt"], case["where"], notation="kronecker")
    ours = read_back(d, case).expression
    assert count_nodes(ours) <= count_nodes(read_back(d, case, case["vec"]).expression)
    for number, values in points(case):
        got = read_back(d, case).evaluate(**values)
        np.testing.assert_allclose(got, REFERENCE[f"{case['id']}/{number}/vec"], atol=1e-8)


LARGE = [c for c in DERIVATIVES if f"{c['id']}/0/in/{c['wrt']}" in REFERENCE.files]


@pytest.mark.parametrize("case", LARGE[::8], ids=name)
def test_notations_agree_with_the_reference(case: Case) -> None:
    for notation in ("kronecker", "index"):
        try:
            d = matcalc.diff(
                case["expr"], case["wrt"], case["where"], "numerator", case["order"],
                notation,  # type: ignore[arg-type]
            )  # fmt: skip
        except MatcalcError as error:
            assert (error.code, notation) == ("E403", "kronecker")
            continue
        formula = read_back(d, case)
        for number, values in points(case):
            wanted = REFERENCE.get(f"{case['id']}/{number}/numerator")
            if wanted is None:
                continue
            got = formula.evaluate(**values)
            if notation == "kronecker":
                result = d.formula.evaluate(**values).shape
                moving = np.shape(values[case["wrt"]])
                wanted = flattened(wanted, result, moving, case["order"]).reshape(got.shape)
            assert got.shape == wanted.shape
            scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-6)
            np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-8 * scale)


@examples(40)
@given(formulas(), SEEDS, st.sampled_from(["numerator", "denominator"]), st.data())
def test_random_formulas_are_alike_in_every_notation(
    text: str, seed: int, layout: Any, data: st.DataObject
) -> None:
    wrt = variable_of(data.draw, text)
    assume(wrt != "T")
    given_ = problem(text, wrt, WHERE)
    at = point(seed)
    value = smooth(given_, at)
    answers = {}
    for notation in ("kronecker", "index", "auto"):
        try:
            answers[notation] = matcalc.diff(text, wrt, WHERE, layout, 1, notation)  # type: ignore[call-overload]
        except MatcalcError as error:
            assert error.code == "E403"
            assume(False)
    estimate = derivative_by_differences(given_.formula, wrt, at)
    moving = at.values[wrt].shape
    matrix = estimate.value.reshape((value.size, -1))
    wanted = flattened(estimate.value, value.shape, moving, 0)
    assert matrix.shape == wanted.shape
    flat = assert_reads_back(answers["kronecker"].expression, at)
    wanted = (wanted.T if layout == "denominator" else wanted).reshape(flat.shape)
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    tolerance = 1e-6 * scale + 10 * estimate.error
    np.testing.assert_allclose(flat, wanted, rtol=0, atol=tolerance, err_msg=text)
    whole = assert_reads_back(answers["auto"].expression, at)
    entries = value_of(answers["index"].expression, at)
    assert entries.shape == whole.shape
    np.testing.assert_allclose(entries, whole, rtol=0, atol=1e-8 * scale, err_msg=text)
