"""Sums of terms as people write them: each form is shorter, and has the same value."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from tests.differences import jacobian

WHERE = (
    "a, b, c, t: scalar; w, x, y, z: vector(n); u: vector(m); A: matrix(m, n); "
    "C, D, X: square(n); p, q: vector(2)"
)
SIZES = {"m": 2, "n": 3}

FORMS = (
    # what a condition guards: max, min and where
    ("max(0, a - b)^2", "a", "2*max(0, a - b)"),
    ("min(a, 0)^3", "a", "3*min(0, a)^2"),
    ("sum(relu(x - y).^2)", "x", "2*max(0, x - y)"),
    ("where(abs(a) <= c, a^2/2, c*abs(a))", "a", "where(abs(a) <= c, a, c*sign(a))"),
    ("sum(where(x > y, x.^2, y.*x))", "x", "where(x > y, 2*x, y)"),
    ("max(b*a, (b - 1)*a)", "b", "a"),
    # inner products and traces with a common factor
    ("c*(w'*x) - c^2*(w'*y)", "c", "w'*(x - 2*c*y)"),
    ("c*(x·w) + c^2*(y·w)", "c", "w·(2*c*y + x)"),
    ("tr(C*D)*c + c^2*tr(D*X)", "c", "tr(D*(2*c*X + C))"),
    # quotients: equal powers, a denominator within a denominator, cancelled scalars
    ("sum(sqrt(1 + (x/c).^2))", "x", "(x ./ sqrt((x/c)^2 + 1))/c^2"),
    ("sum(log(1 + (x/c).^2))", "x", "2*(x ./ (c^2 + x^2))"),
    ("x'*C*y/sqrt((x'*x)*(y'*y))", "x", "(C*y - (x'*C*y)/(x'*x)*x)/sqrt((x'*x)*(y'*y))"),
    ("log(1 + y'*y)*(x'*x)^2", "x", "4*(x'*x)*log(y'*y + 1)*x"),
    # numbers stand in front of quotients, and divisors behind all factors
    ("x/norm2(x)^3", "x", "eye(n)/norm2(x)^3 - 3*x*x'/norm2(x)^5"),
    ("(x'*C*x)^2/(x'*x)", "x", "s1 = x'*C*x; s2 = x'*x; 2*s1/s2*((C + C')*x - s1/s2*x)"),
    # a square keeps its sign in front
    ("-(x - y)'*C*(x - y)", "C", "-(x - y)*(x - y)'"),
    ("c*exp(-(x - y)'*C*(x - y)/2)", "c", "exp(-(x - y)'*C*(x - y)/2)"),
    # factors that all terms begin and end with, also in powers
    ("tr(inv(X)*C*inv(X))", "X", "-(inv(X)*(inv(X)*C + C*inv(X))*inv(X))'"),
    ("sum(A*x) - u'*A*x", "x", "A'*(1 - u)"),
    ("(x'*y)*det(X)", "X", "(x'*y)*adj(X')"),
    # by a scalar, matrices stay whole
    ("p'*[cos(t), -sin(t); sin(t), cos(t)]*q", "t", "-q'*[sin(t), -cos(t); cos(t), sin(t)]*p"),
)


@pytest.mark.parametrize(("text", "wrt", "printed"), FORMS)
def test_answers_take_the_short_form(text: str, wrt: str, printed: str) -> None:
    answer = matcalc.diff(text, wrt, WHERE, "mixed")
    assert str(answer) == printed
    formula = matcalc.parse(text, WHERE)
    random = np.random.default_rng(5)
    for _ in range(4):
        values = {
            name: random.uniform(0.4, 1.6, [int(d.evaluate(SIZES)) for d in node.shape])
            for name, node in formula.inferred.variables.items()
        }
        moved = {k: v for k, v in values.items() if k != wrt}
        wanted = jacobian(lambda at: formula.evaluate(**{wrt: at}, **moved), values[wrt])  # noqa: B023
        if wanted.error < 1e-6:  # else a kink is too near
            np.testing.assert_allclose(answer.evaluate(**values), wanted.value, atol=1e-5)


def test_terms_that_cancel_leave_nothing() -> None:
    assert str(matcalc.diff("c*(x'*C*y) - c*(y'*C'*x)", "c", WHERE)) == "0"
    assert str(matcalc.diff("sum(softmax(C*x + y))", "x", WHERE, "mixed")) == "zeros(n)"


def test_summed_weights_that_cancel_leave_a_plain_sum() -> None:
    text = "sum(j = 1..N, log(sum(i = 1..K, p[i]*exp(-norm2(X[:,j] - M[:,i])^2/2))))"
    where = "p: vector(K); M: matrix(n, K); X: matrix(n, N)"
    formula = matcalc.parse(text, where)
    random = np.random.default_rng(8)
    values = {"p": random.uniform(0.4, 1.6, 2), "M": random.uniform(-1, 1, (3, 2))}
    at, along = random.uniform(-1, 1, (2, 3, 5))
    wanted = jacobian(lambda point: formula.evaluate(X=point, **values), at)
    answer = matcalc.jvp(text, "X", "V", where).evaluate(X=at, V=along, **values)
    np.testing.assert_allclose(answer, np.sum(wanted.value * along), atol=1e-7)


def test_a_long_hessian_ends_in_no_transpose() -> None:
    text = "log(sum(i = 1..K, p[i]*exp(-norm2(x - M[:,i])^2/2)))"
    hessian = str(matcalc.hessian(text, "x", "p: vector(K); M: matrix(n, K); x: vector(n)"))
    assert hessian.endswith("; M*(diag(z2) - z2*z2'/s)*M'/s - eye(n)")


def test_a_sign_goes_into_the_difference_that_all_terms_share() -> None:
    text = "h = tanh(U*x + W*a); norm2(y - tanh(W*h))^2/2"
    where = "W, U: square(n); a, x, y: vector(n)"
    answer = matcalc.diff(text, "W", where, "denominator")
    assert not str(answer).split("; ")[-1].startswith("-")
    assert answer.verify().ok
