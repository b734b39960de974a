"""Derivatives of one formula by several variables, as users hold them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from matcalc.asking.answers import Answers
from matcalc.facts import Fact
from matcalc.interface.derivative import Derivative, derivative_of
from matcalc.interface.formula import Formula
from matcalc.presenting.remarks import joint_notes, warnings
from matcalc.presenting.texts import (
    display_of_all,
    latex_of_all,
    line_of_all,
    text_of_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.checking.verification import Verification
    from matcalc.derivation.steps import Detail, Manner, Step
    from matcalc.interface.explanation import Explanation

Key = TypeVar("Key", bound=Hashable)


class Derivatives(Answers, Mapping[Key, Derivative]):
    """The answers to one question, by name; the blocks of a Hessian, by pairs of names.

    As text, LaTeX or code they are one program. Where they share long parts, these come
    first, each once, and every answer is written with their names. What is told of each answer
    by itself, values or derivations, comes by name.

    >>> import matcalc
    >>> by = matcalc.gradient("(w·x + b)^2", ["w", "b"])
    >>> print(by)
    w: 2*(w·x + b)*x
    b: 2*(w·x + b)
    >>> by["b"]
    <Derivative of (w·x + b)^2 by b: 2*(w·x + b)>
    >>> value, by_w, by_b = by.compile(value_and=True)(w=[1, 2], x=[3, 0], b=1)
    >>> by_w
    array([24.,  0.])
    """

    answers: tuple[Derivative, ...]

    def __getitem__(self, key: Key) -> Derivative:
        for name, answer in zip(self.names, self.answers, strict=True):
            if name == key:
                return answer
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.names)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def formula(self) -> Formula:
        """The formula that was derived."""
        return self.answers[0].formula

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was inferred of undeclared names, as declarations."""
        return self.formula.assumptions

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read, and where it has no derivative by one of the variables."""
        return joint_notes(self)

    @property
    def warnings(self) -> tuple[Fact, ...]:
        """The notes that say that the question was probably not meant like this."""
        return warnings(self)

    def text(self, *, ascii: bool = False) -> str:  # noqa: A002
        """Return the answers, one a line, after the parts that they share.

        The parts followed by one answer are text that `matcalc.parse` reads.
        """
        return text_of_all(self, ascii=ascii)

    def latex(self, *, cases: bool = False) -> str:
        """Return the answers as LaTeX, each after a comment that says what it is by."""
        return latex_of_all(self, cases=cases)

    def json(self) -> str:
        """Return the answers and all that they rest on as one JSON object."""
        from matcalc.presenting.record import json_of

        return json_of(self)

    def evaluate(self, /, **values: Any) -> dict[Key, Any]:
        """Return the values of all answers by name; see `Derivative.evaluate`."""
        return {name: answer.evaluate(**values) for name, answer in self.items()}

    def code(self, target: str = "numpy", *, value_and: bool = False) -> str:
        """Return the source of a function that computes all answers; see `Derivative.code`.

        It returns them as a tuple, after the formula's value where `value_and` asks for it.
        """
        from matcalc.programs.answers import emit

        return emit(self, target, value_and=value_and)

    def compile(self, target: str = "numpy", *, value_and: bool = False) -> Callable[..., Any]:
        """Return the function that `code` is the source of."""
        from matcalc.programs.answers import compiled_program

        return compiled_program(self, target, value_and=value_and)

    def derivation(
        self, manner: Manner | None = None, detail: Detail = "normal"
    ) -> dict[Key, Explanation]:
        """Return the derivations by name; see `Derivative.derivation`."""
        return {name: answer.derivation(manner, detail) for name, answer in self.items()}

    @property
    def steps(self) -> dict[Key, tuple[Step, ...]]:
        """The steps of the derivations by name."""
        return {name: answer.steps for name, answer in self.items()}

    def verify(self) -> dict[Key, Verification]:
        """Check every answer entry by entry, by SymPy; see `Derivative.verify`."""
        return {name: answer.verify() for name, answer in self.items()}

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{line_of_all(self)}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {display_of_all(self)}$"


def derivatives_of(answers: Answers) -> Derivatives[Any]:
    """Return answers as a user holds them."""
    return Derivatives(answers.names, tuple(map(derivative_of, answers.answers)))
