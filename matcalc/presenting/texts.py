"""Answers as text and as LaTeX, each by itself or with the parts that they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from matcalc.asking.answers import Answer, Answers
from matcalc.asking.readings import Reading
from matcalc.collection import uncollected
from matcalc.errors import shortened
from matcalc.limits import counted
from matcalc.notation.text import program_text, to_text
from matcalc.records import Record

LONGEST = 76
"""Characters of an answer that a line about it shows."""

TITLES = {"diff": "Derivative", "vjp": "Vector-Jacobian product", "jvp": "Jacobian-vector product"}


class Shown(Record):
    """Answers as text or LaTeX, in order, and the parts that they share: (name, part).

    `header` has the lines in which the parts stand before the answers.
    """

    parts: list[tuple[str, str]]
    answers: list[str]
    header: list[str]


Given = TypeVar("Given", bound=Answer | Answers | Reading)
More = ParamSpec("More")
Result = TypeVar("Result")


def _reading(given: Answer | Answers | Reading) -> Reading:
    return given if isinstance(given, Reading) else given.formula


def _printer(
    function: Callable[Concatenate[Given, More], Result],
) -> Callable[Concatenate[Given, More], Result]:
    """Count the work of a printer, in proportion to the formula that its answers are about."""

    @wraps(function)
    def call(given: Given, /, *values: More.args, **named: More.kwargs) -> Result:
        with counted(text=_reading(given).text), uncollected():
            return function(given, *values, **named)

    return call


@_printer
def text_of(given: Answer | Reading, *, ascii: bool = False) -> str:  # noqa: A002
    """Return an answer, or a formula, as text that reads back, on request in ASCII."""
    naming = _reading(given).naming
    return to_text(given.expression, ascii=ascii, names=naming)


@_printer
def latex_of(given: Answer | Reading, *, cases: bool = False) -> str:
    """Return an answer, or a formula, as LaTeX, on request with `cases` where there are kinks."""
    from matcalc.notation.latex import to_latex

    naming = _reading(given).naming
    return to_latex(given.expression, cases=cases, names=naming)


@_printer
def shown(answers: Answers, *, ascii: bool = False) -> Shown:  # noqa: A002
    """Return the answers as text, and the parts that they share, if any."""
    if answers.program is None:
        return Shown([], [text_of(one, ascii=ascii) for one in answers.answers], [])
    parts, texts = program_text(answers.program, ascii=ascii)
    return Shown(parts, texts, [f"{name} = {part};" for name, part in parts])


@_printer
def shown_latex(answers: Answers, *, cases: bool = False) -> Shown:
    """Return the answers as LaTeX, and the parts that they share, if any."""
    from matcalc.notation.latex import aligned, program_latex

    if answers.program is None:
        return Shown([], [latex_of(one, cases=cases) for one in answers.answers], [])
    naming = answers.formula.naming
    parts, texts = program_latex(answers.program, cases=cases, names=naming)
    return Shown(parts, texts, [aligned([f"{name} &= {part}" for name, part in parts])])


def text_of_all(answers: Answers, *, ascii: bool = False) -> str:  # noqa: A002
    """Return the answers, one a line, after the parts that they share."""
    found = shown(answers, ascii=ascii)
    pairs = zip(answers.answers, found.answers, strict=True)
    return "\n".join([*found.header, *[f"{one.wrt}: {text}" for one, text in pairs]])


def latex_of_all(answers: Answers, *, cases: bool = False) -> str:
    """Return the answers as LaTeX, each after a comment that says what it is by."""
    found = shown_latex(answers, cases=cases)
    pairs = zip(answers.answers, found.answers, strict=True)
    return "\n".join([*found.header, *[f"% by {one.wrt}\n{text}" for one, text in pairs]])


def display_of_all(answers: Answers) -> str:
    """Return the answers as one display, a row each."""
    from matcalc.notation.escaping import latex_escaped
    from matcalc.notation.latex import aligned

    found = shown_latex(answers)
    rows = [f"{name} &= {part}" for name, part in found.parts]
    for one, text in zip(answers.answers, found.answers, strict=True):
        rows.append(rf"\text{{{latex_escaped(one.wrt)}:}} &\; {text}")
    return aligned(rows)


def line_of(answer: Answer) -> str:
    """Return one line about an answer: what it is of, by what, and its beginning."""
    title = TITLES[answer.operation]
    if answer.order > 1:
        title += f" of order {answer.order}"
    along = f" with {answer.seed}" if answer.seed else ""
    text = cut(text_of(answer))
    return f"{title} of {one_line(answer.formula.text)} by {answer.wrt}{along}: {text}"


def line_of_all(answers: Answers) -> str:
    """Return one line about several answers."""
    texts = "; ".join(text_of_all(answers).splitlines())
    return f"Derivatives of {one_line(answers.formula.text)} by {cut(texts)}"


def one_line(text: str) -> str:
    """Return a formula as typed on one line, shortened where it is long."""
    return shortened(" ".join(text.split()))


def cut(text: str) -> str:
    """Return what fits into a line about an answer."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]}…"
