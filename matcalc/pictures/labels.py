"""What stands in a node or on an edge: as text, as LaTeX, and in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from matcalc.expressions.nodes import Expression
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text

WIDEST = 56
"""A longer formula is left out of the picture, and given where one points at it."""


class Label(NamedTuple):
    """A symbol, a formula or an equation; `full` is the text with nothing left out."""

    text: str
    latex: str
    full: str


class Labels(NamedTuple):
    """Writes labels; `symbols` has the LaTeX of those symbols that are not just names."""

    symbols: Mapping[Expression, str]

    def of(self, formula: Expression) -> Label:
        """Return a name, or a formula, with dots for one that is too long."""
        if formula.head == "variable":
            name = formula.value.name
            return Label(name, to_latex(formula, symbols=self.symbols), name)
        text = to_text(formula)
        if len(text) > WIDEST:
            return Label("…", r"\cdots", text)
        return Label(text, to_latex(formula, symbols=self.symbols), text)

    def equation(self, symbol: Expression, formula: Expression) -> Label:
        """Return symbol = formula."""
        sides = zip(self.of(symbol), self.of(formula), strict=True)
        return Label(*[f"{left} = {right}" for left, right in sides])
