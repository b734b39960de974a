"""Formulas as users hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.asking.readings import Reading
from matcalc.calculus.intermediates import Intermediate, rewrite
from matcalc.facts import Fact
from matcalc.interface.values import value_of
from matcalc.presenting.remarks import reading_notes
from matcalc.presenting.texts import latex_of, one_line, text_of
from matcalc.records import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Formula(Reading):
    """A formula as typed, with the kinds and sizes of all its names.

    It can be given wherever a text can.

    >>> import matcalc
    >>> formula = matcalc.parse("A*x + b", where="A: matrix(m, n); b: vector(m)")
    >>> formula, formula.shape, formula.assumptions
    (<Formula A*x + b>, ('m',), ('x: vector(n)',))
    >>> formula.evaluate(A=[[1, 2], [3, 4], [5, 6]], x=[1, -1], b=[1, 1, 1])
    array([0., 0., 0.])
    >>> matcalc.diff(formula, "x")
    <Derivative of A*x + b by x: A>
    """

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read where it could be read in another way."""
        return reading_notes(self)

    @property
    def intermediates(self) -> tuple[Intermediate, ...]:
        """The intermediate variables of the chain rule, one operator each, innermost first.

        >>> import matcalc
        >>> from matcalc.notation.text import to_text
        >>> steps = matcalc.parse("max(0, w·x + b)").intermediates
        >>> [f"{u.name} = {to_text(u.operation)}" for u in steps]
        ['u1 = w·x', 'u2 = u1 + b', 'u3 = max(0, u2)']
        """
        return tuple(rewrite(self.expression, self.names))

    def evaluate(self, /, **values: Any) -> Any:
        """Return the value as a NumPy array; see `Derivative.evaluate`."""
        return value_of(self.expression, self, values)

    def code(self, target: str = "numpy") -> str:
        """Return the source of a function that computes the value; see `Derivative.code`."""
        from matcalc.programs.answers import emit

        return emit(self, target)

    def compile(self, target: str = "numpy") -> Callable[..., Any]:
        """Return the function that `code` is the source of."""
        from matcalc.programs.answers import compiled_program

        return compiled_program(self, target)

    def latex(self) -> str:
        """Return the formula as LaTeX."""
        return latex_of(self)

    def __str__(self) -> str:
        return text_of(self)

    def __repr__(self) -> str:
        return f"<Formula {one_line(self.text)}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"


def formula_of(reading: Reading) -> Formula:
    """Return what was read as a user holds it."""
    return reading if isinstance(reading, Formula) else Formula(**fields_of(reading))
