"""Where a command reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from matcalc.cli.reports import error_record, write
from matcalc.errors import MatcalcError, error_text


class Streams:
    """Where a command reads and writes; standard error is never allowed to fail."""

    def __init__(
        self, stdin: IO[Any] | None, stdout: IO[str] | None, stderr: IO[str] | None
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr

    def answer(self, text: Callable[[bool], str]) -> None:
        """Write to standard output; `text(True)` is the ASCII form."""
        if self.stdout is None:
            raise MatcalcError("E705", "cannot write the answer: standard output is closed")
        try:
            write(self.stdout, text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(error) from None

    def json(self, record: dict[str, Any]) -> None:
        """Write one JSON object on a line."""
        from json import dumps

        self.answer(lambda ascii: dumps(record, ensure_ascii=ascii) + "\n")

    def complain(self, text: Callable[[bool], str]) -> None:
        """Write to standard error."""
        if self.stderr is None:
            return
        try:
            write(self.stderr, text)
            self.stderr.flush()
        except OSError:
            pass

    def fail(self, error: MatcalcError, as_json: bool) -> None:
        """Report an error where it belongs."""
        if as_json:
            self.json(error_record(error))
        else:
            self.complain(lambda ascii: error_text(error, ascii))


def unwritable(error: OSError) -> MatcalcError:
    """Return the error for standard output that takes no more."""
    reason = error.strerror or type(error).__name__
    return MatcalcError("E705", f"cannot write the answer: {reason}")
