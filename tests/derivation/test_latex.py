"""Derivations in LaTeX: the symbols of derivatives, and equations in lines."""

import re

import pytest

import matcalc
from matcalc.derivation.latex import equations, symbols_of
from matcalc.derivation.outline import References, outlines
from matcalc.derivation.steps import Derivation
from matcalc.notation.breaking import latex_places
from tests.notes.derivations import of_cases, sample


def derived(text: str, wrt: str, where: str = "", **options: str) -> Derivation:
    layout = options.pop("layout", "numerator")
    derivative = matcalc.diff(text, wrt, where, layout)  # type: ignore[arg-type]
    return derivative.derivation(**options)  # type: ignore[arg-type]


SYMBOLS = [
    (derived("sin(x^2)", "x", "x: scalar"), r"\frac{\mathrm{d} u_{1}}{\mathrm{d} x}"),
    (derived("A*(w .* x)", "w"), r"\frac{\partial \mathbf{y}}{\partial \mathbf{u}_{1}}"),
    (derived("norm2(A*x)^2", "A"), r"\boldsymbol{\delta}_{1}"),
    (derived("exp(sum(A*x))", "A"), r"\delta_{2}"),
    (derived("norm2(A*x)^2", "A"), r"\boldsymbol{\delta}_{\mathbf{A}}"),
    (derived("logdet(X)", "X"), r"\mathrm{d} \mathbf{X}"),
    (derived("norm2(A*x)^2", "x", layout="mixed"), r"\nabla y"),
    (derived("x'*A*x", "x[2]"), r"x_{2}"),
    (derived("x'*A*x", "A[1,n]"), r"A_{1,n}"),
]


@pytest.mark.parametrize(("derivation", "symbol"), SYMBOLS)
def test_symbols(derivation: Derivation, symbol: str) -> None:
    assert symbol in symbols_of(derivation).values()


def test_every_symbol_but_intermediates_and_given_ones_has_latex() -> None:
    for derivation in sample() + of_cases(5):
        symbols = symbols_of(derivation)
        for symbol, quantity in derivation.quantities.items():
            name = symbol.value.name
            if quantity.kind != "intermediate" and name != "G":
                assert symbol in symbols, name
                assert not re.search(r"U\+?[0-9A-F]{4}|∂|δ|∇", symbols[symbol])


def test_equations_are_aligned_at_the_equals_sign_and_fit() -> None:
    for derivation in sample():
        for outline in outlines(derivation, References()):
            symbols = symbols_of(outline.derivation)
            for part in outline.parts:
                for equation in equations(part.rows, symbols, 60.0):
                    assert any(right.startswith("= ") for _, right in equation.lines)
                    for left, right in equation.lines:
                        assert latex_places(left)[1] + latex_places(right)[1] < 70
