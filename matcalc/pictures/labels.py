"""What stands in a node or on an edge: as text, as LaTeX, and in full."""

from __future__ import annotations

from typing import NamedTuple

from matcalc.derivation.steps import Quantity
from matcalc.expressions.nodes import Expression
from matcalc.notation.latex import to_latex
from matcalc.notation.letters import name_latex
from matcalc.notation.text import to_text

WIDEST = 56
"""A longer formula is left out of the picture, and given where one points at it."""


class Label(NamedTuple):
    """A symbol, a formula or an equation; `full` is the text with nothing left out."""

    text: str
    latex: str
    full: str


def symbol_label(symbol: Expression) -> Label:
    """Return a variable or an intermediate by its name."""
    name = symbol.value.name if symbol.head == "variable" else to_text(symbol)
    return Label(name, symbol_latex(symbol), name)


def formula_label(formula: Expression) -> Label:
    """Return a formula, or dots where it is too long."""
    if formula.head == "variable":
        return symbol_label(formula)
    text = to_text(formula)
    if len(text) > WIDEST:
        return Label("…", r"\cdots", text)
    return Label(text, to_latex(formula), text)


def equation(symbol: Expression, formula: Expression, quantity: Quantity | None = None) -> Label:
    """Return symbol = formula; the symbol of a derivative is a fraction in LaTeX."""
    left, right = symbol_label(symbol), formula_label(formula)
    latex = left.latex if quantity is None else _fraction(symbol, quantity)
    return Label(
        f"{left.text} = {right.text}",
        f"{latex} = {right.latex}",
        f"{left.full} = {right.full}",
    )


def symbol_latex(symbol: Expression) -> str:
    r"""Return a name as LaTeX, that of an entry with its indices below.

    >>> from matcalc.expressions.nodes import variable
    >>> symbol_latex(variable("W[1,2]", ()))
    'W_{1,2}'
    """
    base, _, places = symbol.value.name.rstrip("]").partition("[")
    latex = name_latex(base, bold=bool(symbol.shape))
    return f"{latex}_{{{places}}}" if places else latex


def _fraction(symbol: Expression, quantity: Quantity) -> str:
    assert quantity.by is not None
    sign = "d" if symbol.value.name.startswith("d") else r"\partial "
    above, below = symbol_latex(quantity.of), symbol_latex(quantity.by)
    return rf"\frac{{{sign}{above}}}{{{sign}{below}}}"
