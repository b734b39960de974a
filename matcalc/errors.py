"""The one error a user can cause: a code, a message, a place, and a hint."""

from __future__ import annotations


class MatcalcError(Exception):
    """What is wrong with the user's input, where, and what was probably meant.

    `line` and `column` count from 1 in code points; `length` is the width of the
    offending text, and `source` the text it stands in. They are 0 and empty when
    the error has no place in a text.

    >>> str(MatcalcError("E203", "there is no function sigmod", hint="sigmoid"))
    'error[E203]: there is no function sigmod'
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
        super().__init__(f"error[{code}]: {message}")
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


def shortened(text: str) -> str:
    """Return what was typed, as a message quotes it.

    >>> shortened("x" * 50) == "x" * 38 + "…"
    True
    """
    return text if len(text) <= 40 else f"{text[:38]}…"
