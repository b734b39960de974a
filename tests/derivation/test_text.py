"""Derivations as plain text: the heading, the parts, the margins, narrow terminals, ASCII."""

import pytest

import matcalc
from matcalc.derivation.text import derivation_text
from tests.notes.derivations import cases, derived, sample

NEURON = """\
Derivative by w: y = max(0, w·x + b)
   assuming w, x: vector(n); b: scalar

1. Intermediate variables
   u1 = w·x
   u2 = u1 + b
   y = max(0, u2)

2. Their derivatives
   ∂u1/∂w = x'         (1, n)   dot product [1]
   ∂u2/∂u1 = 1                  sum rule [2]
   ∂y/∂u2 = [u2 > 0]            derivative of max [3]

3. Combine by the vector chain rule: there are vectors between; w reaches the result on one path
   path: w → u1 → u2 → y
   ∂y/∂w = ∂y/∂u2 · ∂u2/∂u1 · ∂u1/∂w   vector chain rule [4]
         = [u2 > 0]*1*x'               insert the local derivatives [5]
         = [u2 > 0]*x'                 a factor of one

4. Substitute
   [u2 > 0]*x' = [w·x + b > 0]*x'   substitution [6]

5. Answer
   ∂y/∂w = [w·x + b > 0]*x'   the answer
   that is, x' where w·x + b > 0
   that is, zeros(1, n) where w·x + b <= 0
   layout: numerator, shape (1, n)
   not differentiable where w·x + b == 0; there the slope of max is taken as 0

[1] dot product: ∂(u·v)/∂u = v' (Parr & Howard, section 5)
"""


def test_the_neuron() -> None:
    text = str(matcalc.diff("max(0, w·x + b)", "w").derivation())
    assert text.startswith(NEURON)


def test_products_of_jacobians_are_in_the_order_of_the_layout() -> None:
    for layout, product in (
        ("numerator", "∂y/∂u2 · ∂u2/∂u1 · ∂u1/∂w"),
        ("denominator", "∂u1/∂w · ∂u2/∂u1 · ∂y/∂u2"),
    ):
        derivative = matcalc.diff("max(0, w·x + b)", "w", layout=layout)  # type: ignore[arg-type]
        assert f"∂y/∂w = {product} " in str(derivative.derivation())


@pytest.mark.parametrize("width", [50, 100])
def test_lines_fit_the_terminal_but_for_the_answer(width: int) -> None:
    for derivation in sample():
        text = derivation_text(derivation, width=width)
        long = [line for line in text.split("\n") if len(line) > width]
        answers = [line for line in long if line.lstrip().startswith(("∂", "d", "∇", "δ", "h0"))]
        assert len(long) - len(answers) <= 2, text


def test_the_answer_is_printed_as_diff_prints_it() -> None:
    for case in list(cases())[::5]:
        derivative = derived(case)
        lines = derivation_text(derivative.derivation()).split("\n")
        *parts, last = str(derivative).split("; ")
        assert all(f"     {part};" in lines for part in parts)
        assert any(line.strip().startswith(last) or f"= {last}" in line for line in lines)


def test_ascii() -> None:
    for derivation in sample():
        assert derivation_text(derivation, ascii=True).replace("∈", "").isascii()


def test_a_program_has_a_part_a_line() -> None:
    text = derivation_text(sample()[-1])
    assert "   ∂y/∂W0 =\n     h1 = tanh(W0*h0 + b);\n     h2 = tanh(W1*h1 + b);\n" in text
