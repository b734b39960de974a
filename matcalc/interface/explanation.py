"""Derivations as users hold them: they print, draw and count themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.derivation.steps import Derivation
from matcalc.notation.text import to_text
from matcalc.presenting.texts import one_line

if TYPE_CHECKING:
    from matcalc.derivation.costs import Costs
    from matcalc.pictures.drawing import Format


class Explanation(Derivation):
    """The derivation of a derivative, step by step; a notebook shows it as mathematics.

    >>> import matcalc
    >>> found = matcalc.diff("w·x", "w").derivation()
    >>> found
    <Explanation of w·x by w: 3 steps>
    >>> found.steps[1]
    <Step ∂y/∂w = x' (dot product)>
    """

    def text(self, *, ascii: bool = False, width: int = 100) -> str:  # noqa: A002
        """Return the derivation as plain text, in lines of at most `width` columns if it can be."""
        from matcalc.derivation.text import derivation_text

        return derivation_text(self, ascii, width)

    def latex(self) -> str:
        """Return the derivation as LaTeX without a document around it."""
        from matcalc.notes.document import part

        return part(self, "latex")

    def record(self) -> dict[str, Any]:
        """Return the derivation as a JSON object."""
        from matcalc.derivation.record import derivation_record

        return derivation_record(self)

    def picture(self, format: Format = "svg", title: str = "") -> str:  # noqa: A002
        """Return the data-flow graph with the Jacobians on its arrows: dot, mermaid, svg, tikz."""
        from matcalc.pictures.drawing import picture

        return picture(self, format, title)

    def costs(self) -> Costs:
        """Return how many multiplications the product of the Jacobians takes, in three orders.

        >>> import matcalc
        >>> where = "A: matrix(2, 3); B: matrix(3, 100); x: vector(100)"
        >>> print(matcalc.diff("A*(B*x)", "x", where).derivation().costs().plans[-1].order)
        ∂y/∂u1·∂u1/∂x
        """
        from matcalc.derivation.costs import costs

        return costs(self)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        formula = one_line(to_text(self.formula))
        by = self.variable.value.name
        return f"<Explanation of {formula} by {by}: {len(self.steps)} steps>"

    def _repr_markdown_(self) -> str:
        from matcalc.notes.document import part

        return part(self, "markdown")

    def _repr_html_(self) -> str:
        from matcalc.notes.document import part

        return part(self, "html")
