"""Read formulas from files and from standard input: bounded, as UTF-8, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import IO, Any

from matcalc.cli.arguments import Arguments, Command
from matcalc.errors import MatcalcError
from matcalc.limits import bounded, limit


def read_formula_text(command: Command, arguments: Arguments, stdin: IO[Any] | None) -> str:
    """Return the formula of a command line: its operand, standard input, or --file."""
    operand = arguments.operand
    if arguments.is_given("file"):
        if operand is not None:
            raise MatcalcError("E701", "there is a formula, and --file too", hint="one of them")
        return read_file(arguments.values["file"])
    if operand is None:
        raise MatcalcError("E701", "the formula is missing", hint=command.examples[0])
    return read_stream(stdin) if operand == "-" else operand


def split_line(line: str) -> tuple[str, str, str]:
    """Return the formula, the names and the declarations of a line of many.

    >>> split_line("x'*A*x | x | A: symmetric(n)")
    ("x'*A*x", 'x', 'A: symmetric(n)')
    """
    parts = [part.strip() for part in line.split("|")]
    if not 2 <= len(parts) <= 3:
        message = f"a line has the form EXPR | NAMES [| DECLARATIONS]; this has {len(parts)} parts"
        raise MatcalcError("E701", message, hint="x'*A*x | x | A: symmetric(n)").at(line, 0, 1)
    text, names, where = (*parts, "")[:3]
    return text, names, where


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield the lines of a file of formulas with their numbers; not blank ones and remarks.

    >>> list(numbered_lines("# two\nx + 1 | x\n\nx^2 | x"))
    [(2, 'x + 1 | x'), (4, 'x^2 | x')]
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.rstrip("\r")


def read_path(path: str, stdin: IO[Any] | None) -> str:
    """Return a file's text; that of '-' is on standard input."""
    return read_stream(stdin) if path == "-" else read_file(path)


WAIT = 5.0
"""Seconds without a byte after which a named pipe is given up."""


def read_file(path: str) -> str:
    """Return a file's text; of a named pipe too, unless nobody writes to it."""
    try:
        with open(path, "rb", opener=_opened) as file:
            if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
                data = _read_pipe(file.fileno(), limit("input") + 1)
            else:
                data = file.read(limit("input") + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MatcalcError("E704", f"cannot read {path}: {reason}") from None
    return decode(data, path)


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read_pipe(handle: int, most: int) -> bytes:
    from select import select

    data = b""
    while len(data) < most:
        if not select([handle], [], [], WAIT)[0]:
            raise TimeoutError(0, f"nothing is written to it for {WAIT:g} seconds")
        part = os.read(handle, most - len(data))
        if not part:
            break
        data += part
    return data


def read_stream(stream: IO[Any] | None) -> str:
    """Return the text on standard input."""
    if stream is None:
        raise MatcalcError("E704", "there is no standard input to read")
    try:
        data = getattr(stream, "buffer", stream).read(limit("input") + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MatcalcError("E704", f"cannot read standard input: {reason}") from None
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    return decode(data, "standard input")


def decode(data: bytes, origin: str) -> str:
    r"""Return the text; refuse what is too long or not UTF-8. A byte-order mark is no text.

    >>> decode(b"\xef\xbb\xbfx'*x\n", "a file")
    "x'*x"
    """
    bounded("input", len(data))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = f"\\x{data[error.start]:02x}"
        message = f"{origin} is not UTF-8 text: byte {error.start + 1} is {shown}"
        raise MatcalcError("E604", message) from None
    return text.rstrip("\r\n")


def check_argument(text: str) -> str:
    """Return an argument unless it holds bytes that are not UTF-8."""
    for place, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            message = f"the argument is not UTF-8 text: character {place + 1} is a stray byte"
            raise MatcalcError("E604", message).at(text, place, place + 1)
    return text
