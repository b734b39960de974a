"""What has a value nowhere is refused with its place; what has one somewhere is not."""

import pytest

import matcalc
from matcalc import MatcalcError

WHERE = "a, b: scalar; x: vector(n); A: square(n)"

NOWHERE = [  # the formula, and the part that is refused
    ("x/0", "x/0"),
    ("x/(a - a)", "x/(a - a)"),
    ("x ./ zeros(n)", "x ./ zeros(n)"),
    ("log(0)*x", "log(0)"),
    ("log(-1)*x", "log(-1)"),
    ("log10(-a^2)*x", "log10(-a^2)"),
    ("log1p(-1)*x", "log1p(-1)"),
    ("sqrt(-2)*x", "sqrt(-2)"),
    ("(-2)^(1/2)*x", "(-2)^(1/2)"),
    ("arcsin(2)*x", "arcsin(2)"),
    ("arccos(-2)*x", "arccos(-2)"),
    ("arctanh(1)*x", "arctanh(1)"),
    ("arccosh(0)*x", "arccosh(0)"),
    ("inv(A - A)*x", "inv(A - A)"),
    ("(A - A)^-1*x", "(A - A)^-1"),
    ("logdet(zeros(n, n))*x", "logdet(zeros(n, n))"),
    ("0^(-1)*x", "0^(-1)"),
    ("log(-a^2 - 1)*x", "log(-a^2 - 1)"),
    ("sqrt(-exp(a))*x", "sqrt(-exp(a))"),
    ("log(-norm2(x))*x", "log(-norm2(x))"),
]

SOMEWHERE = [
    "0^0*x", "x^0", "0*log(a)*x", "arcsin(1)*x", "arccos(-1)*x", "arccosh(1)*x", "sqrt(0)*x",
    "sqrt(a - a)*x", "log(a)*x", "x/a", "det(A - A)*x", "log(-a)*x", "sqrt(-a^2)*x",
    "x/(n - 1)", "(-8)^3*x", "(-2)^b*x", "log(1 - norm2(x))*x", "adj(A - A)*x", "log(n)*x",
    "where(a == 0, 1, sin(a)/a)*x", "1/(a - b)*x", "0/a*x",
    "where(a < 0, 1/(a - a), 2)*x", "where(a > 0, 1, log(-1))*x",
]  # fmt: skip


@pytest.mark.parametrize(("formula", "part"), NOWHERE, ids=[n[0] for n in NOWHERE])
def test_what_is_defined_nowhere_is_refused(formula: str, part: str) -> None:
    """Every road reads the formula, and refuses it with the caret under the part."""
    roads = [
        lambda: matcalc.parse(formula, WHERE),
        lambda: matcalc.diff(formula, "x", WHERE),
        lambda: matcalc.vjp(formula, "x", where=WHERE),
        lambda: matcalc.check(formula, "x", "x", WHERE),
        lambda: matcalc.gradient(f"sum({formula})", "x", WHERE),
    ]
    for road in roads:
        with pytest.raises(MatcalcError) as caught:
            road()
        assert caught.value.code == "E405"
        assert part in caught.value.message


@pytest.mark.parametrize("formula", SOMEWHERE)
def test_what_is_defined_somewhere_is_answered(formula: str) -> None:
    """Also on the boundary of a domain, where there is a value."""
    assert matcalc.diff(formula, "x", WHERE)
