"""Derivatives of one formula by several variables, which share their parts."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from matcalc.backpropagation import backpropagated
from matcalc.collection import uncollected
from matcalc.derivative import Derivative, Formula, notation_of
from matcalc.expressions.nodes import Expression, make
from matcalc.facts import Fact, facts, structure_facts, zero_facts
from matcalc.limits import counted
from matcalc.notation.building import chain, cost, links, transpose
from matcalc.notation.sharing import Program, are_longer, joint_program
from matcalc.notation.text import program_text

if TYPE_CHECKING:
    from collections.abc import Callable


SCHEMA = 1
"""The version of the JSON that `Derivatives.json` and the command write."""

Key = TypeVar("Key", bound=Hashable)


class Shown(NamedTuple):
    """Answers as text or LaTeX, in order, and the parts that they share: (name, part).

    `header` has the lines in which the parts stand before the answers.
    """

    parts: list[tuple[str, str]]
    answers: list[str]
    header: list[str]


class Derivatives(dict[Key, Derivative]):
    """The answers to one question, by name; the blocks of a Hessian, by pairs of names.

    As text, LaTeX or code they are one program. Where they share long parts, these come
    first, each once, and every answer is written with their names.

    >>> import matcalc
    >>> by = matcalc.gradient("(w·x + b)^2", ["w", "b"])
    >>> print(by)
    w: 2*(w·x + b)*x
    b: 2*(w·x + b)
    >>> value, by_w, by_b = by.compile(value_and=True)(w=[1, 2], x=[3, 0], b=1)
    >>> by_w
    array([24.,  0.])
    """

    @property
    def formula(self) -> Formula:
        """The formula that was derived."""
        return next(iter(self.values())).formula

    @cached_property
    def layered(self) -> list[Expression] | None:
        """The answers by backpropagation through layers, None where there are none.

        There may be layers in first derivatives of a scalar, and in products of one upstream
        with Jacobians, by whole variables without structure.
        """
        first = next(iter(self.values()))
        formula = first.formula.expression
        alike = (first.formula, first.operation, first.seed, 1, (), "")
        for d in self.values():
            structure = d.variable.value.structure
            if (d.formula, d.operation, d.seed, d.order, d.entry, structure) != alike:
                return None
        if first.operation == "jvp" or (first.operation == "diff" and formula.shape):
            return None
        upstream = first.formula.inferred.others[-1] if first.operation == "vjp" else None
        variables = [d.variable for d in self.values()]
        with counted(), uncollected():
            found = backpropagated(formula, variables, upstream, notation_of(first.formula))
        if found is None:
            return None
        answers = [
            _turned(gradient) if d.layout == "numerator" and len(gradient.shape) < 3 else gradient
            for d, gradient in zip(self.values(), found, strict=True)
        ]
        if [answer.shape for answer in answers] != [d.expression.shape for d in self.values()]:
            return None  # the transpose of a row is no matrix of one column
        return answers

    @cached_property
    def program(self) -> Program | None:
        """The answers as one program; None where each is better read by itself."""
        answers = [d.expression for d in self.values()]
        if len(answers) < 2 or not are_longer(answers, self.formula.naming):
            return None
        return joint_program([answers, *filter(None, [self.layered])], self.formula.naming)

    @counted()
    @uncollected()
    def shown(self, *, ascii: bool = False) -> Shown:  # noqa: A002
        """Return the answers as text, and the parts that they share, if any."""
        if self.program is None:
            return Shown([], [d.text(ascii=ascii) for d in self.values()], [])
        parts, answers = program_text(self.program, ascii=ascii)
        return Shown(parts, answers, [f"{name} = {part};" for name, part in parts])

    @counted()
    @uncollected()
    def shown_latex(self, *, cases: bool = False) -> Shown:
        """Return the answers as LaTeX, and the parts that they share, if any."""
        from matcalc.notation.latex import aligned, program_latex

        if self.program is None:
            return Shown([], [d.latex(cases=cases) for d in self.values()], [])
        naming = self.formula.naming
        parts, answers = program_latex(self.program, cases=cases, names=naming)
        return Shown(parts, answers, [aligned([f"{name} &= {part}" for name, part in parts])])

    def text(self, *, ascii: bool = False) -> str:  # noqa: A002
        """Return the answers, one a line, after the parts that they share.

        The parts followed by one answer are text that `matcalc.parse` reads.
        """
        _, answers, header = self.shown(ascii=ascii)
        lines = [f"{d.wrt}: {text}" for d, text in zip(self.values(), answers, strict=True)]
        return "\n".join([*header, *lines])

    def latex(self, *, cases: bool = False) -> str:
        """Return the answers as LaTeX, each after a comment that says what it is by."""
        _, answers, header = self.shown_latex(cases=cases)
        lines = [
            f"% by {d.wrt}\n{answer}" for d, answer in zip(self.values(), answers, strict=True)
        ]
        return "\n".join([*header, *lines])

    @property
    def warnings(self) -> tuple[Fact, ...]:
        """The notes that say that the question was probably not meant like this."""
        return zero_facts(self.formula.expression, self._variables)

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read, and where it has no derivative by one of the variables."""
        return self.facts()

    def facts(self, *, ascii: bool = False) -> tuple[Fact, ...]:  # noqa: A002
        """Return the notes on all answers together, on request in ASCII."""
        first = next(iter(self.values()))
        convention = structure_facts(self._variables, first.operation, first.structure)
        found = facts(
            self.formula.expression,
            self._variables,
            first.order,
            [d.expression for d in self.values()],
            ascii=ascii,
            named={part: name for name, part in self.program.parts} if self.program else {},
        )
        return (*self.warnings, *self.formula.notes, *convention, *found)

    @property
    def _variables(self) -> list[Expression]:
        return list(dict.fromkeys([v for d in self.values() for v in d.variables]))

    def json(self) -> str:
        """Return the answers and all that they rest on as one JSON object."""
        import json

        return json.dumps(self.record(), ensure_ascii=False)

    def record(self) -> dict[str, Any]:
        """Return what `json` writes: an object of schema `SCHEMA`.

        Where the answers share parts these are told under "shared", and the notes, which
        then are about all answers together, under "notes".
        """
        formula = self.formula
        parts, texts, _ = self.shown()
        latex_parts, latexes, _ = self.shown_latex()
        answers = []
        for derivative, text, latex in zip(self.values(), texts, latexes, strict=True):
            notes = [] if self.program else [fact._asdict() for fact in derivative.notes]
            answers.append(_described(derivative) | {"text": text, "latex": latex, "notes": notes})
        found = {
            "schema": SCHEMA,
            "ok": True,
            "formula": formula.text,
            "where": formula.where,
            "assumed": list(formula.assumptions),
            "derivatives": answers,
        }
        if self.program:
            found["shared"] = [
                {"name": name, "text": text, "latex": f"{symbol} = {latex}"}
                for (name, text), (symbol, latex) in zip(parts, latex_parts, strict=True)
            ]
            found["notes"] = [fact._asdict() for fact in self.notes]
        return found

    def code(self, target: str = "numpy", *, value_and: bool = False) -> str:
        """Return the source of a function that computes all answers; see `Derivative.code`.

        It returns them as a tuple, after the formula's value where `value_and` asks for it.
        """
        from matcalc.programs import emit

        return emit(self, target, value_and=value_and)

    def compile(self, target: str = "numpy", *, value_and: bool = False) -> Callable[..., Any]:
        """Return the function that `code` is the source of."""
        from matcalc.code.emission import compiled
        from matcalc.programs import program

        return compiled(program(self, target, value_and=value_and))

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        from matcalc.notation.escaping import latex_escaped
        from matcalc.notation.latex import aligned

        parts, answers, _ = self.shown_latex()
        rows = [f"{name} &= {part}" for name, part in parts]
        for derivative, answer in zip(self.values(), answers, strict=True):
            rows.append(rf"\text{{{latex_escaped(derivative.wrt)}:}} &\; {answer}")
        return rf"$\displaystyle {aligned(rows)}$"


def _turned(gradient: Expression) -> Expression:
    """Return the transpose; the factors of a product, which are shared, stay as they are."""
    factors = links(gradient)
    if not gradient.shape or len(factors) == 1:
        return _aside(gradient)
    scalars = [factor for factor in factors if not factor.shape]
    return chain([*scalars, *[_aside(factor) for factor in reversed(factors) if factor.shape]])


def _aside(factor: Expression) -> Expression:
    """Return the transpose of a factor, with the sign outside of it unless it goes away."""
    turned = transpose(factor)
    if cost(turned) <= cost(factor):
        return turned
    return make("transpose", (factor,))


def _described(derivative: Derivative) -> dict[str, Any]:
    return {
        "operation": derivative.operation,
        **({"seed": derivative.seed} if derivative.seed else {}),
        "wrt": derivative.wrt,
        "order": derivative.order,
        "layout": derivative.layout,
        "shape": list(derivative.shape),
        "notation": derivative.notation,
    }
