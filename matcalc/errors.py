"""The one error a user can cause: a code, a message, a place, and a hint."""

from __future__ import annotations

from typing import Any

WIDEST = 100
"""Columns of a source line that are shown around the caret."""


class MatcalcError(Exception):
    """What is wrong with the user's input, where, and what was probably meant.

    `line` and `column` count from 1 in code points; `length` is the width of the
    offending text, and `source` the text it stands in. They are 0 and empty when
    the error has no place in a text.

    As text it has its line, a caret under the place, and the hint; so it is in a notebook,
    without the frames it comes from. Equal errors are those that say the same.

    >>> print(MatcalcError("E203", "there is no function sigmod", hint="sigmoid"))
    error[E203]: there is no function sigmod
      = hint: sigmoid
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        source: str = "",
        line: int = 0,
        column: int = 0,
        length: int = 1,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.hint = hint
        self.source = source
        self.line = line
        self.column = column
        self.length = length

    def at(self, source: str, start: int, end: int) -> MatcalcError:
        """Return the same error placed at `source[start:end]`, unless it has a place."""
        if self.line:
            return self
        before = source[:start]
        line = before.count("\n") + 1
        column = start - (before.rfind("\n") + 1) + 1
        return MatcalcError(
            self.code,
            self.message,
            hint=self.hint,
            source=source,
            line=line,
            column=column,
            length=max(1, end - start),
        )

    def _fields(self) -> tuple[str, str, str, str, int, int, int]:
        place = (self.source, self.line, self.column, self.length)
        return (self.code, self.message, self.hint, *place)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MatcalcError) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, self._fields()

    def __str__(self) -> str:
        return error_text(self).rstrip("\n")

    def __repr__(self) -> str:
        return f"<MatcalcError {self.code}: {shortened(self.message)}>"

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


def _again(
    code: str, message: str, hint: str, source: str, line: int, column: int, length: int
) -> MatcalcError:
    return MatcalcError(
        code, message, hint=hint, source=source, line=line, column=column, length=length
    )


def shortened(text: str) -> str:
    """Return what was typed, as a message quotes it.

    >>> shortened("x" * 50) == "x" * 38 + "…"
    True
    """
    return text if len(text) <= 40 else f"{text[:38]}…"


# Errors as text


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
