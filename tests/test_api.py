"""The Python interface: every function of it, with the shapes and values that it promises."""

import json
import math

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.calculus.layouts import LAYOUTS
from matcalc.records import replace

NEURON = "max(0, w·x + b)"
rng = np.random.default_rng(7)


def test_the_first_example() -> None:
    d = matcalc.diff(NEURON, wrt="w", where="w, x: vector(n); b: scalar")
    assert str(d) == "[w·x + b > 0]*x'"
    assert (d.shape, d.layout, d.order, d.wrt) == (("1", "n"), "numerator", 1, "w")
    assert d.assumptions == ()
    assert r"\mathbf{x}^{\top}" in d.latex()
    assert "cases" in d.latex(cases=True)
    x = np.array([1.0, 2.0, 3.0])
    assert d.evaluate(w=x, x=x, b=-1.0).tolist() == [[1.0, 2.0, 3.0]]
    assert d.evaluate(w=x, x=-x, b=1.0).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("text", "wrt"), [("x'*A*x", "x"), ("A*x", "x"), ("tr(A*B)", "A"), ("A*x", "A"), ("a*x", "a")]
)
def test_values_have_the_layout_s_shape(text: str, wrt: str, layout: str) -> None:
    d = matcalc.diff(text, wrt, "A: square(3); B: square(3); x: vector(3)", layout)  # type: ignore[arg-type]
    square, vector = rng.normal(size=(3, 3)), rng.normal(size=3)
    value = d.evaluate(A=square, B=square, x=vector, a=2.0)
    assert value.shape == tuple(map(int, d.shape))


@pytest.mark.parametrize(("text", "wrt"), [("A*x", "x"), (NEURON, "w"), ("logdet(A'*A)", "A")])
def test_text_reads_back(text: str, wrt: str) -> None:
    d = matcalc.diff(text, wrt)
    where = "; ".join(d.assumptions)
    values = {
        "A": rng.normal(size=(5, 3)),
        "x": rng.normal(size=3),
        "w": rng.normal(size=3),
        "b": 0.5,
    }
    again = matcalc.parse(str(d), where).evaluate(**values)
    np.testing.assert_allclose(again, d.evaluate(**values), rtol=1e-12)


def test_several_variables() -> None:
    both = matcalc.diff(NEURON, ["w", "b"])
    assert {name: str(d) for name, d in both.items()} == {
        "w": "[w·x + b > 0]*x'",
        "b": "[w·x + b > 0]",
    }
    assert list(matcalc.gradient("x'*A*x", ("x", "A[1,2]"))) == ["x", "A[1,2]"]


def test_gradient_and_hessian() -> None:
    gradient = matcalc.gradient("norm2(A*x - y)^2", "x")
    assert (str(gradient), gradient.shape) == ("2*A'*(A*x - y)", ("n",))
    hessian = matcalc.hessian("norm2(A*x - y)^2", "x")
    assert (str(hessian), hessian.order) == ("2*A'*A", 2)
    for function in (matcalc.gradient, matcalc.hessian):
        with pytest.raises(MatcalcError, match="only a scalar") as caught:
            function("A*x", "x")
        assert caught.value.code == "E306"


ENTRIES = [
    ("x'*A*x", "x[2]"),
    ("x'*A*x", "A[1,3]"),
    ("A*x", "x[1]"),
    ("A*x", "A[2,1]"),
    ("inv(A)", "A[3,2]"),
]


@pytest.mark.parametrize(("text", "wrt"), ENTRIES)
@pytest.mark.parametrize("order", [1, 2])
def test_derivative_by_an_entry_is_the_entry_of_the_derivative(
    text: str, wrt: str, order: int
) -> None:
    where = "A: square(3); x: vector(3)"
    values = {"A": rng.normal(size=(3, 3)), "x": rng.normal(size=3)}
    name, indices = wrt[0], eval(f"({wrt[2:-1]},)")
    whole = matcalc.diff(text, name, where, "mixed", order).evaluate(**values)
    if order == 1 and matcalc.parse(text, where).shape == ():
        expected = whole[tuple(i - 1 for i in indices)]
    else:
        expected = whole[(..., *[i - 1 for i in indices] * order)]
    one = matcalc.diff(text, wrt, where, "mixed", order)
    np.testing.assert_allclose(one.evaluate(**values), expected, rtol=1e-9, atol=1e-12)


def test_entry_of_a_tensor() -> None:
    d = matcalc.diff("T[1,2,3]^2", "T[1,2,3]", "T: tensor(a, b, c)")
    assert d.shape == ()
    array = rng.normal(size=(2, 3, 4))
    np.testing.assert_allclose(d.evaluate(T=array), 2 * array[0, 1, 2])


def test_products_with_the_jacobian() -> None:
    values = {"A": rng.normal(size=(3, 4)), "x": rng.normal(size=4)}
    tangent, upstream = rng.normal(size=4), rng.normal(size=3)
    jacobian = matcalc.diff("sin(A*x)", "x").evaluate(**values)
    backward = matcalc.vjp("sin(A*x)", "x")
    assert backward.shape == ("n",)
    np.testing.assert_allclose(backward.evaluate(**values, G=upstream), jacobian.T @ upstream)
    forward = matcalc.jvp("sin(A*x)", "x")
    assert forward.shape == ("m",)
    np.testing.assert_allclose(forward.evaluate(**values, V=tangent), jacobian @ tangent)


def test_upstream_may_be_any_formula() -> None:
    assert str(matcalc.vjp("A*x", "x", upstream="2*(A*x - y)")) == "2*A'*(A*x - y)"
    assert str(matcalc.vjp("W*X", "W")) == "G*X'"
    assert str(matcalc.vjp("conv(x, k)", "x")) == "conv_full(G, flip(k))"
    assert matcalc.vjp("x'*A", "x", where="A: matrix(n, m)").shape == ("n",)
    assert str(matcalc.jvp("A*x", "x[2]", tangent="t")) == "t*A[:,2]"
    with pytest.raises(MatcalcError, match="has shape"):
        matcalc.vjp("A*x", "x", upstream="eye(3)")


def test_json_has_a_schema() -> None:
    record = json.loads(matcalc.diff(NEURON, "w").json())
    assert record["schema"] == 1
    assert record["derivatives"][0]["text"] == "[w·x + b > 0]*x'"


def test_sizes_come_from_arrays_that_the_answer_lacks() -> None:
    assert matcalc.diff("sum(x)", "x").evaluate(x=[4, 5, 6]).tolist() == [[1, 1, 1]]
    assert matcalc.diff("sum(x)", "x").evaluate(n=2, y="ignored").tolist() == [[1, 1]]
    with pytest.raises(MatcalcError, match="n is not known"):
        matcalc.diff("sum(x)", "x").evaluate()


def test_variable_that_the_formula_lacks() -> None:
    d = matcalc.diff("x'*x", "A", "A: matrix(m, n); x: vector(k)")
    assert (str(d), d.shape) == ("zeros(n, m)", ("n", "m"))
    assert [fact.code for fact in d.notes] == ["W201"]


MISTAKES = [
    (("sum(weights)", "weighs"), "E201", "did you mean weights?"),
    (("x'*x", "y"), "E201", "its variables are x"),
    (("x'*x", "n"), "E202", ""),
    (("f(x)", "f", "f: elementwise"), "E202", ""),
    (("z = x'*x; z^2", "z"), "E202", "z as a variable"),
    (("x'*x", "x + y"), "E202", "x[2]"),
    (("x'*x", "x,y"), "E202", "as a list"),
    (("x'*x", "x[1:2]"), "E202", "x[2]"),
    (("x'*x", "x[0]"), "E307", ""),
    (("x'*x", "q[1]"), "E201", "its variables are x"),
    (("x'*x", ""), "E701", "x[2]"),
    (("x'*x", []), "E701", ""),
    (("x'*x", "x", "", "rows"), "E702", "numerator"),
    (("x'*x", "x", "", "numerator", 0), "E702", "1 to"),
    (("x'*x", "x", "", "numerator", True), "E702", "1 to"),
    (("1/2x", "é"), "E201", ""),
]


@pytest.mark.parametrize(("arguments", "code", "hint"), MISTAKES, ids=[str(m[0]) for m in MISTAKES])
def test_mistakes(arguments: tuple[str, ...], code: str, hint: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.diff(*arguments)
    assert caught.value.code == code
    assert hint in caught.value.hint


def test_ambiguous_reading_is_noted() -> None:
    assert any("(1/2)*x" in str(fact) for fact in matcalc.diff("1/2x", "x").notes)


def test_formulas_can_be_evaluated() -> None:
    formula = matcalc.parse("sqrt(sum(x .^ 2))")
    assert math.isclose(formula.evaluate(x=[3, 4]), 5)
    assert formula.shape == ()
    assert matcalc.parse(str(formula)).expression is formula.expression


def test_everything_exported_is_there() -> None:
    for name in matcalc.__all__:
        assert getattr(matcalc, name) is not None
        assert name in dir(matcalc)
    with pytest.raises(AttributeError, match="no attribute"):
        matcalc.nothing  # noqa: B018


@pytest.mark.parametrize(
    "derivative",
    [
        matcalc.diff(NEURON, "w"),
        matcalc.diff("x'*A*x", "A[1,2]"),
        matcalc.hessian("logsumexp(x)", "x"),
        matcalc.vjp("W*X", "W"),
        matcalc.jvp("sin(A*x)", "x[2]", tangent="t"),
    ],
    ids=str,
)
def test_verification(derivative: matcalc.Derivative) -> None:
    verification = derivative.verify()
    assert verification.ok, verification
    assert not replace(derivative, expression=matcalc.parse("2").expression).verify().ok


def test_a_negative_power_keeps_the_order_of_a_difference() -> None:
    assert str(matcalc.diff("1/(1 - x)", "x", "x: scalar")) == "1/(1 - x)^2"
    assert str(matcalc.diff("1/(1 - x)^3", "x", "x: scalar")) == "3/(1 - x)^4"
