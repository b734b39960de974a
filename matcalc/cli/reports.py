"""What the command prints: answers, errors and JSON; on any terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from matcalc.errors import MatcalcError, visible


def write(stream: IO[str], text: Callable[[bool], str]) -> None:
    """Write a text; `text(True)` is its ASCII form, for streams that take no other.

    What even that form has beyond the stream's characters is written as an escape.
    """
    whole = text(False)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        whole.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        whole = text(True).encode("ascii", "backslashreplace").decode("ascii")
    stream.write(whole)


# Errors


def error_record(error: MatcalcError) -> dict[str, Any]:
    """Return an error as a JSON object, of the answers' schema."""
    return {
        "schema": 1,
        "ok": False,
        "error": {
            "code": error.code,
            "message": visible(error.message),
            "source": error.source,
            "line": error.line,
            "column": error.column,
            "length": error.length,
            "hint": visible(error.hint),
        },
    }


# Answers


def answers_text(answers: Any, ascii: bool = False) -> str:  # noqa: A002
    """Return the answers and what they rest on; a single answer is the first line.

    Where answers share parts, these come first, and the notes are about all of them.
    """
    from matcalc.presenting.texts import shown

    found = shown(answers, ascii=ascii)
    lines = [*found.header]
    several = len(answers) > 1
    assumed = "; ".join(answers.formula.assumptions)
    for derivative, text in zip(answers.values(), found.answers, strict=True):
        lines.append(f"{derivative.wrt}: {text}" if several else text)
        lines += [f"  {line}" for line in _described(derivative, ascii)]
        if assumed and not several:
            lines.append(f"  assumed: {assumed}")
        if not found.parts:
            lines += [f"  {f}" for f in notes_of(derivative, ascii)]
    if found.parts:
        lines += [f"{f}" for f in notes_of(answers, ascii)]
    if assumed and several:
        lines.append(f"assumed: {assumed}")
    return "\n".join(lines) + "\n"


def _described(derivative: Any, ascii: bool) -> list[str]:  # noqa: A002
    """Return the layout and shape, and the notation where it is not plain matrix notation."""
    shape = f"shape ({', '.join(derivative.shape)})"
    line = f"layout: {derivative.layout}, {shape}" if derivative.layout else shape
    if derivative.notation == "matrix":
        return [line]
    lines = [f"{line}, notation: {derivative.notation}"]
    if derivative.notation == "kronecker":
        matrix = "d vec(Y)/d vec(X)'" if ascii else "∂vec(Y)/∂vec(X)ᵀ"
        if derivative.order == 2:
            matrix = f"the Hessian by vec({derivative.name})"
        elif derivative.layout == "denominator":
            matrix += ", transposed"
        begin = "flattened:" if derivative.flattened else "inside unvec stands"
        lines.append(f"{begin} {matrix}")
    return lines


def answers_latex(answers: Any, cases: bool, ascii: bool = False) -> str:  # noqa: A002
    """Return the answers as LaTeX; what they rest on follows in comments."""
    from matcalc.presenting.texts import shown_latex

    found = shown_latex(answers, cases=cases)
    lines = [*found.header]
    for derivative, text in zip(answers.values(), found.answers, strict=True):
        if len(answers) > 1:
            lines.append(f"% by {derivative.wrt}")
        lines.append(text)
        lines += [f"% {line}" for line in _described(derivative, ascii)]
        if not found.parts:
            lines += [f"% {f}" for f in notes_of(derivative, ascii)]
    if found.parts:
        lines += [f"% {f}" for f in notes_of(answers, ascii)]
    assumed = "; ".join(answers.formula.assumptions)
    if assumed:
        lines.append(f"% assumed: {assumed}")
    return "\n".join(lines) + "\n"


def notes_of(answers: Any, ascii: bool) -> list[Any]:  # noqa: A002
    """Return the notes on one answer or on all; warnings go to standard error."""
    from matcalc.asking.answers import Answer
    from matcalc.presenting.remarks import joint_notes, notes

    one = isinstance(answers, Answer)
    found = notes(answers, ascii=ascii) if one else joint_notes(answers, ascii=ascii)
    return list(found[len(answers.warnings) :])
