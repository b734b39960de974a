"""Long formulas in lines: nothing lost, nothing too wide, outermost sums first."""

import re

import pytest

from matcalc.notation.breaking import broken_latex, broken_text, latex_places
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text
from tests.notation.formulas import random_formulas

FORMULAS = random_formulas(11, 150)


@pytest.mark.parametrize("room", [20, 40, 80])
def test_broken_text_reads_the_same(room: int) -> None:
    for formula in FORMULAS:
        text = to_text(formula)
        assert "".join(" ".join(broken_text(text, room)).split()) == "".join(text.split())


def test_text_breaks_before_operators() -> None:
    lines = broken_text("aaaa*(bbbb + cccc) + dddd .* eeee - ffff(gggg, hhhh)", 22)
    assert lines == ["aaaa*(bbbb + cccc)", "+ dddd .* eeee", "- ffff(gggg, hhhh)"]


def test_no_line_is_too_long_where_there_are_places_enough() -> None:
    text = " + ".join(f"x{i}*y{i}" for i in range(100))
    assert max(map(len, broken_text(text, 50))) <= 50
    latex = " + ".join(rf"\frac{{x_{{{i}}}}}{{y}}" for i in range(100))
    assert max(latex_places(line)[1] for line in broken_latex(latex, 30)) <= 30


@pytest.mark.parametrize("room", [12, 30, 60])
def test_groups_of_latex_stay_whole(room: int) -> None:
    for formula in FORMULAS:
        for line in broken_latex(to_latex(formula), room):
            assert line.count("{") == line.count("}"), line
            assert len(re.findall(r"\\left", line)) == len(re.findall(r"\\right", line)), line
            assert line.count(r"\begin") == line.count(r"\end"), line


def test_what_fits_stays_as_it_is() -> None:
    for formula in FORMULAS:
        latex = to_latex(formula)
        assert broken_latex(latex, latex_places(latex)[1]) == [latex]


@pytest.mark.parametrize(
    ("latex", "width"),
    [
        ("x", 1.0),
        (r"\mathbf{x}", 1.0),
        (r"\frac{a b c}{d}", 3.0),
        (r"\frac{\frac{a}{b c}}{d}", 2.0),
        ("x^{abc}", 1 + 0.7 * 3),
        ("x_1", 1.7),
        (r"\operatorname{diag}(x)", 4 + 1 + 1.2),
        (r"\tanh(x)", 4 + 1 + 1.2),
        (r"\begin{cases} a & b \\ aaaa & b \end{cases}", 1.5 + 4 + 2 + 1),
    ],
)
def test_widths_are_those_of_letters(latex: str, width: float) -> None:
    assert latex_places(latex)[1] == pytest.approx(width)
