"""Programs: which parts of an answer get a name of their own."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.notation.building import cost
from matcalc.notation.sharing import Names, program
from matcalc.notation.text import to_text
from tests.notation.formulas import typed

WHERE = "a, b, c: scalar; w, x, y: vector(n); u: vector(m); A: matrix(m, n); X: square(n)"

PROGRAMS = (
    # a part is named once it pays, by its rank
    ("sum(sin(w .* x + y) .* cos(w .* x + y) .* exp(w .* x + y))", "y", "z = w .* x + y; "),
    ("sin(a*b + c*a)^2*exp(a*b + c*a)*cos(a*b + c*a)", "c", "s = a*(b + c); "),
    ("tr(inv(sin(X + w*y'))*X*inv(sin(X + w*y')))", "X", "M1 = y*w' + X'; M2 = inv(sin(M1)); "),
    # a small answer stays one formula
    ("x'*X*x", "x", "(X + X')*x"),
    ("norm2(A*x - u)^2", "x", "2*A'*(A*x - u)"),
    # the user's own names, in answers of any size
    ("r = A*x - u; norm2(r)^3", "x", "r = A*x - u; 3*norm2(r)*A'*r"),
    ("z = w·x + b; h = max(0, z); (c - h)^2", "b", "z = w·x + b; 2*[z > 0]*(z - c)"),
    # an index bears the name that the user gave: the part gets another
    ("i = w .* x + y; sum(k = 1..n, exp(i[k]))", "x", ""),
)


@pytest.mark.parametrize(("text", "wrt", "begins"), PROGRAMS)
def test_parts_are_named_where_that_pays(text: str, wrt: str, begins: str) -> None:
    answer = matcalc.diff(text, wrt, WHERE, "denominator")
    printed = str(answer)
    assert printed.startswith(begins), printed
    again = matcalc.parse(printed, WHERE).expression
    assert again.shape == answer.expression.shape


def test_a_program_is_smaller_than_the_formula() -> None:
    formula = typed("(S*x - y)'*(S*x - y)/norm2(S*x - y) + exp(norm2(S*x - y))")
    parts, (result,), size = program([formula], Names())
    assert [name for name, _ in parts] == ["z"]
    assert result is formula
    assert size == cost(formula) - 3 * cost(parts[0][1]) + 4
    printed = to_text(formula, names=Names())
    assert printed == "z = S*x - y; z'*z/norm2(z) + exp(norm2(z))"
    assert to_text(formula) == "(S*x - y)'*(S*x - y)/norm2(S*x - y) + exp(norm2(S*x - y))"


def test_declared_names_are_not_defined_again() -> None:
    where = "z, s, s1, w, x, y: vector(n)"
    text = "sum(sin(w .* x + y) .* cos(w .* x + y) .* exp(w .* x + y))"
    printed = str(matcalc.diff(text, "y", where, "denominator"))
    assert printed.startswith("z1 = w .* x + y; ")
    assert matcalc.parse(printed, where).shape == ("n",)


def test_transposes_of_each_other_are_one_part() -> None:
    text = "tr(softmax(A*B', axis=1)*V')"
    where = "A: matrix(m, k); B: matrix(n, k); V: matrix(m, n)"
    for wrt, layout in (("A", "numerator"), ("B", "denominator")):
        printed = str(matcalc.diff(text, wrt, where, layout))
        assert printed.count("softmax") == 1, printed


def test_a_symmetric_sum_is_a_part_and_its_transpose() -> None:
    text = "S = X + X' - diag(diag(X)); tr(S*A*S*B)"
    printed = str(matcalc.diff(text, "X", "A, B, X: square(n)", "mixed"))
    assert printed.endswith("M + M' - diag(diag(M))"), printed


def test_latex_aligns_the_parts() -> None:
    latex = matcalc.diff("r = A*x - u; norm2(r)^3", "x", WHERE).latex()
    assert latex.startswith("\\begin{aligned}\n\\mathbf{r} &= ")
    assert latex.endswith("\\mathbf{A}\n\\end{aligned}")


def test_a_term_that_stands_twice_in_a_sum_is_no_part_of_a_sum_with_one() -> None:
    where = "A, B: matrix(m, n); z: vector(m); a, b: scalar"
    inner = "inv(A*B'*(A*B')' + eye(m))"
    text = f"inv(({inner})*({inner})' + eye(m))*([z; z][m+1:m+m])"
    assert "[m + 1:m + m]" in str(matcalc.parse(text, where))
    text = f"sin(a + a)*cos(a + b)*sum({inner}*{inner}*z)"
    formula = matcalc.parse(text, where)
    given = {"A": [[1, 2, 3], [0, 1, 4]], "B": [[2, 0, 1], [1, 1, 0]], "z": [1, 2], "a": 2, "b": 5}
    again = matcalc.parse(str(formula), where)
    assert abs(formula.evaluate(**given) - again.evaluate(**given)) < 1e-12
