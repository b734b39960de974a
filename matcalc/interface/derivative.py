"""Derivatives as users hold them: what an answer is, and all that can be made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from matcalc.arguments import checked
from matcalc.asking.answers import Answer, alone
from matcalc.errors import MatcalcError
from matcalc.facts import Fact
from matcalc.interface.formula import Formula, formula_of
from matcalc.interface.values import value_of
from matcalc.presenting.remarks import notes, warnings
from matcalc.presenting.texts import latex_of, line_of, text_of
from matcalc.records import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.checking.verdicts import Verdict
    from matcalc.checking.verification import Verification
    from matcalc.derivation.steps import Detail, Manner, Step
    from matcalc.interface.explanation import Explanation


class Derivative(Answer):
    """A derivative, or its product with a given tensor, and what can be made of it.

    `shape` and `layout` say how the entries lie, `notes` where the answer holds. See
    `matcalc.diff`, which returns it.

    >>> import matcalc
    >>> matcalc.diff("max(0, w·x + b)", "w")
    <Derivative of max(0, w·x + b) by w: [w·x + b > 0]*x'>
    """

    formula: Formula

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read, where it is not differentiable, and what is known of it."""
        return notes(self)

    @property
    def warnings(self) -> tuple[Fact, ...]:
        """The notes that say that the question was probably not meant like this, which come first.

        >>> import matcalc
        >>> [fact.message for fact in matcalc.diff("x^2", "b", "b, x: scalar").warnings]
        ['the formula does not contain b: the derivative is zero']
        """
        return warnings(self)

    def text(self, *, ascii: bool = False) -> str:  # noqa: A002
        """Return the answer as text that `matcalc.parse` reads, on request in ASCII."""
        return text_of(self, ascii=ascii)

    def latex(self, *, cases: bool = False) -> str:
        """Return the answer as LaTeX, on request with `cases` where there are kinks."""
        return latex_of(self, cases=cases)

    def json(self) -> str:
        """Return the answer and all that it rests on as one JSON object."""
        from matcalc.presenting.record import json_of

        return json_of(alone(self))

    def evaluate(self, /, **values: Any) -> Any:
        """Return the answer's value as a NumPy array in the layout's shape.

        Dimensions are read off the arrays; those that the arrays leave open are given by
        keyword too. Names that do not occur are ignored. Arrays of single precision give one.

        >>> import matcalc
        >>> matcalc.diff("x'*A*x", wrt="x").evaluate(A=[[1, 2], [3, 4]], x=[1, 1])
        array([[ 7., 13.]])
        """
        return value_of(self.expression, self.formula, values)

    def code(
        self, target: str = "numpy", *, value_and: bool = False, compressed: bool = False
    ) -> str:
        """Return the source of a function of NumPy, JAX or torch that computes the answer.

        It takes the formula's variables by name; `value_and` returns its value too. Of a
        Hessian, `compressed` returns the arrays it is made of, as a `Compressed` object.

        >>> import matcalc
        >>> source = matcalc.diff("w·x + b", "w").code()
        >>> print(source[source.index("def gradient") :].splitlines()[0])
        def gradient(w, x, b):
        """
        from matcalc.programs.answers import source_of

        return source_of(self, target, value_and, compressed).text

    def compile(
        self, target: str = "numpy", *, value_and: bool = False, compressed: bool = False
    ) -> Callable[..., Any]:
        """Return the function that `code` is the source of.

        >>> import matcalc
        >>> matcalc.diff("x'*A*x", wrt="x").compile()(A=[[1, 2], [3, 4]], x=[1, 1])
        array([[ 7., 13.]])
        >>> hessian = matcalc.hessian("normF(A - U*V')^2", "U").compile(compressed=True)
        >>> hessian(A=[[1, 2], [3, 4]], U=[[1], [1]], V=[[1], [2]]).core
        array([[10.]])
        """
        from matcalc.programs.answers import source_of
        from matcalc.programs.emission import compiled

        return compiled(source_of(self, target, value_and, compressed))

    @checked
    def derivation(self, manner: Manner | None = None, detail: Detail = "normal") -> Explanation:
        """Return the derivation, by Jacobians, backward, or by differentials.

        >>> import matcalc
        >>> for step in matcalc.diff("tr(A*X)", "X").derivation("differentials").steps:
        ...     print(f"{step}  ({step.rule.name})")
        u1 = A*X  (intermediate variables)
        y = tr(u1)  (intermediate variables)
        du1 = A*dX  (product of matrices)
        dy = tr(du1)  (trace)
        dy = tr(A*dX)  (substitution)
        ∂y/∂X = A  (first identification theorem)
        """
        from matcalc.derivation.deriving import derive
        from matcalc.interface.explanation import Explanation

        return Explanation(**fields_of(derive(self, manner, detail)))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the derivation, in the manner that suits the shapes.

        >>> import matcalc
        >>> for step in matcalc.diff("w·x", wrt="w").steps:
        ...     print(f"{step}  ({step.rule.name})")
        y = w·x  (intermediate variables)
        ∂y/∂w = x'  (dot product)
        ∂y/∂w = x'  (the answer)
        """
        return self.derivation().steps

    def check(self, claim: str, *, seed: int = 0, limit: float | None = None) -> Verdict:
        """Tell whether a claim says the same as this derivative; see `matcalc.check`."""
        from matcalc.claims import LIMIT, verdict_on

        return verdict_on(self, claim, seed, LIMIT if limit is None else limit)

    def verify(self) -> Verification:
        """Check the answer entry by entry, by SymPy, at two small unequal sizes."""
        from matcalc.checking.verification import verify

        return verify(self)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{line_of(self)}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def _repr_markdown_(self) -> str | None:
        return self._derived("markdown")

    def _repr_html_(self) -> str | None:
        return self._derived("html")

    def _derived(self, kind: Literal["markdown", "html"]) -> str | None:
        """Return the derivation for a notebook; None if only the answer can be shown."""
        from matcalc.notes.document import part

        try:
            return part(self.derivation(), kind)
        except MatcalcError:
            return None


def derivative_of(answer: Answer) -> Derivative:
    """Return an answer as a user holds it."""
    return Derivative(**{**fields_of(answer), "formula": formula_of(answer.formula)})
