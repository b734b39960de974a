"""What the command prints: answers, errors with a caret, and JSON; on any terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from matcalc.errors import MatcalcError

WIDEST = 100
"""Columns of a source line that are shown around the caret."""


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


def error_text(error: MatcalcError, ascii: bool = False) -> str:  # noqa: A002
    """Return an error with its source line, a caret under the place, and the hint.

    >>> error = MatcalcError("E301", "x * x: no", hint="x'*x").at("2 + x * x", 6, 7)
    >>> print(error_text(error), end="")
    error[E301]: x * x: no
      | 2 + x * x
      |       ^
      = hint: x'*x
    """
    lines = [f"error[{error.code}]: {visible(error.message)}"]
    if error.line:
        source, marks = _underlined(error, "..." if ascii else "…")
        lines += [f"  | {source}".rstrip(), f"  | {marks}"]
    if error.hint:
        lines.append(f"  = hint: {visible(error.hint)}")
    return "\n".join(lines) + "\n"


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


def _underlined(error: MatcalcError, ellipsis: str) -> tuple[str, str]:
    """Return the source line, cut to what fits, and the carets that stand under the place."""
    line = error.source.split("\n")[error.line - 1].rstrip("\r")
    start = min(error.column - 1, len(line))
    end = max(start + 1, min(start + error.length, len(line)))
    before, place, after = line[:start], line[start:end], line[end:]
    begin = finish = ""
    if len(line) > WIDEST:
        if len(before) > WIDEST // 2:
            begin, before = ellipsis, before[-WIDEST // 2 :]
        room = WIDEST - len(before)
        if len(place) + len(after) > room:
            finish = ellipsis
            place = place[: max(1, room)]
            after = after[: max(0, room - len(place))] if end - start == len(place) else ""
    shown = visible(before)
    blank = "".join("\t" if c == "\t" else " " * cells(c) for c in begin + shown)
    width = sum(map(cells, visible(place))) if place else 1
    return begin + shown + visible(place) + visible(after) + finish, blank + "^" * max(1, width)


def visible(text: str) -> str:
    r"""Return a text in which nothing controls the terminal: escapes stand for what would.

    >>> print(visible("a\x1b[31m\u202eb"))
    a\x1b[31m\u202eb
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t" else _escape(c) for c in text)


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def cells(character: str) -> int:
    """Return how many columns of a terminal a character takes.

    >>> [cells(c) for c in "x漢\u0302"]
    [1, 2, 0]
    """
    if character.isascii():
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


# Answers


def answers_text(answers: Any, ascii: bool = False) -> str:  # noqa: A002
    """Return the answers and what they rest on; a single answer is the first line.

    Where answers share parts, these come first, and the notes are about all of them.
    """
    parts, texts, header = answers.shown(ascii=ascii)
    lines = [*header]
    several = len(answers) > 1
    assumed = "; ".join(answers.formula.assumptions)
    for derivative, text in zip(answers.values(), texts, strict=True):
        lines.append(f"{derivative.wrt}: {text}" if several else text)
        lines += [f"  {line}" for line in _described(derivative, ascii)]
        if assumed and not several:
            lines.append(f"  assumed: {assumed}")
        if not parts:
            lines += [f"  {f.code}: {f.message}" for f in notes_of(derivative, ascii)]
    if parts:
        lines += [f"{f.code}: {f.message}" for f in notes_of(answers, ascii)]
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
    parts, texts, header = answers.shown_latex(cases=cases)
    lines = [*header]
    for derivative, text in zip(answers.values(), texts, strict=True):
        if len(answers) > 1:
            lines.append(f"% by {derivative.wrt}")
        lines.append(text)
        lines += [f"% {line}" for line in _described(derivative, ascii)]
        if not parts:
            lines += [f"% {f.code}: {f.message}" for f in notes_of(derivative, ascii)]
    if parts:
        lines += [f"% {f.code}: {f.message}" for f in notes_of(answers, ascii)]
    assumed = "; ".join(answers.formula.assumptions)
    if assumed:
        lines.append(f"% assumed: {assumed}")
    return "\n".join(lines) + "\n"


def notes_of(answers: Any, ascii: bool) -> list[Any]:  # noqa: A002
    """Return the notes on one answer or on all; warnings go to standard error."""
    return list(answers.facts(ascii=ascii)[len(answers.warnings) :])
