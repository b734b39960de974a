"""The command `matcalc`: read the command line, answer, and leave with the right code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

from matcalc import __version__
from matcalc.cli.arguments import (
    Arguments,
    Command,
    Option,
    read_arguments,
    split_names,
    unknown_command,
    usage,
)
from matcalc.cli.code import CODE, code
from matcalc.cli.inputs import check_argument, read_file, read_stream
from matcalc.cli.reports import (
    answers_latex,
    answers_text,
    error_record,
    error_text,
    is_warning,
    write,
)
from matcalc.errors import MatcalcError

ANSWERED, REFUTED, REFUSED, UNDECIDED = 0, 1, 2, 3
INTERRUPTED, PIPE_CLOSED = 130, 141

WHERE = Option(
    "where", "DECLARATIONS", "kinds and sizes: 'x: vector(n); A: matrix(m, n)'", join="; "
)
LAYOUT = Option(
    "layout",
    "LAYOUT",
    "the layout of the derivative",
    ("numerator", "denominator", "mixed"),
    "numerator",
)
NOTATION = Option(
    "notation",
    "NOTATION",
    "matrix notation, ∂vec(Y)/∂vec(X)ᵀ with ⊗, entries, or the first there is",
    ("auto", "matrix", "kronecker", "index"),
    "auto",
)
ORDER = Option("order", "K", "the order of the derivative", default="1")
FORMAT = Option("format", "FORMAT", "how to print", ("text", "latex", "json"), "text")
CASES = Option("cases", "", "in LaTeX, write kinks with the cases environment")

DIFF = Command(
    "diff",
    "EXPR",
    "Differentiate a formula: EXPR, or - for standard input, or --file FILE.",
    (
        Option("wrt", "NAMES", "the variables, or entries of them: w,b or A[1,2]", join=","),
        WHERE,
        LAYOUT,
        NOTATION,
        ORDER,
        FORMAT,
        CASES,
        Option("file", "FILE", "read the formula from a file"),
        Option("verify", "", "check the answer entry by entry, with SymPy"),
    ),
    (
        'matcalc diff "max(0, w·x + b)" --wrt w',
        "matcalc diff \"x'*A*x\" --wrt x,A --where 'A: symmetric(n)' --layout denominator",
        'echo "norm2(A*x - y)^2" | matcalc diff - --wrt x --format latex',
    ),
)
BATCH = Command(
    "batch",
    "FILE",
    "Answer every line of FILE, or of standard input (-): EXPR | NAMES [| DECLARATIONS].",
    (LAYOUT, NOTATION, ORDER, FORMAT, CASES),
    ("matcalc batch formulas.txt", 'echo "x\'*A*x | x" | matcalc batch - --format json'),
)
COMMANDS = {command.name: command for command in (DIFF, BATCH, CODE)}

HELP = f"""usage: matcalc COMMAND ... [--help]

Derivatives of formulas in scalars, vectors and matrices, in matrix notation.

  diff EXPR --wrt NAMES   differentiate one formula
  batch FILE              differentiate every line of a file
  code EXPR --wrt NAMES   write a function that computes the derivatives

example: {DIFF.examples[0]}
"""


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
            raise _unwritable(error) from None

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


def _unwritable(error: OSError) -> MatcalcError:
    reason = error.strerror or type(error).__name__
    return MatcalcError("E705", f"cannot write the answer: {reason}")


def main(
    argv: Sequence[str] | None = None,
    stdin: IO[Any] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run one command and return its exit code.

    >>> main(["diff", "x'*A*x", "--wrt", "x", "--where", "A: symmetric(n)"])
    2*x'*A
      layout: numerator, shape (1, n)
      assumed: x: vector(n)
    0
    """
    words = list(sys.argv[1:] if argv is None else argv)
    streams = Streams(stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr)
    as_json = _wants_json(words)
    try:
        return _run(words, streams)
    except MatcalcError as error:
        streams.fail(error, as_json and error.code != "E705")
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except (RecursionError, MemoryError) as error:
        message = f"the formula is too large for this machine ({type(error).__name__})"
        streams.fail(MatcalcError("E504", message), as_json)
    except Exception as error:
        streams.fail(_internal(error), as_json)
        return UNDECIDED
    return REFUSED


def _wants_json(words: Sequence[str]) -> bool:
    if "--" in words:
        words = words[: words.index("--")]
    pairs = zip(words, words[1:], strict=False)
    return "--format=json" in words or ("--format", "json") in pairs


def _internal(error: Exception) -> MatcalcError:
    trace = error.__traceback__
    place = ""
    while trace:
        code = trace.tb_frame.f_code
        place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    message = f"internal error: {type(error).__name__} at {place}: {str(error)[:200]}"
    return MatcalcError("E901", message, hint="please report this, with the command line")


def _run(words: list[str], streams: Streams) -> int:
    if not words:
        streams.complain(lambda ascii: HELP)
        return REFUSED
    first, *rest = words
    if first in ("--help", "-h"):
        streams.answer(lambda ascii: HELP)
        return ANSWERED
    if first == "--version":
        streams.answer(lambda ascii: f"matcalc {__version__}\n")
        return ANSWERED
    for word in words:
        check_argument(word)
    command = COMMANDS.get(first)
    if command is None:
        if first.startswith("--"):
            raise MatcalcError("E701", f"there is no option {first[:40]}", hint="matcalc --help")
        raise unknown_command(first, list(COMMANDS))
    options = rest[: rest.index("--")] if "--" in rest else rest
    if "--help" in options or "-h" in options:
        streams.answer(lambda ascii: usage(command))
        return ANSWERED
    arguments = read_arguments(command, rest)
    if command is CODE:
        source = code(_formula(arguments, streams), arguments)
        streams.answer(_fixed(source))
        return ANSWERED
    return _diff(arguments, streams) if command is DIFF else _batch(arguments, streams)


# matcalc diff


def _diff(arguments: Arguments, streams: Streams) -> int:
    text = _formula(arguments, streams)
    if not arguments.is_given("wrt"):
        raise MatcalcError("E701", "the variable to derive by is missing", hint="--wrt x")
    if arguments.is_given("verify") and arguments.values["format"] == "latex":
        raise MatcalcError("E701", "--verify goes with --format text or json")
    values = arguments.values
    derivatives = _derivatives(text, values["wrt"], values.get("where", ""), arguments)
    if values["format"] == "json":
        return _diff_json(derivatives, arguments, streams)
    streams.answer(lambda ascii: _printed(derivatives, arguments, ascii))
    _warn(derivatives, streams)
    if arguments.is_given("verify"):
        return _verified(derivatives, streams)
    return ANSWERED


def _formula(arguments: Arguments, streams: Streams) -> str:
    operand = arguments.operand
    if arguments.is_given("file"):
        if operand is not None:
            raise MatcalcError("E701", "there is a formula, and --file too", hint="one of them")
        return read_file(arguments.values["file"])
    if operand is None:
        raise MatcalcError("E701", "the formula is missing", hint=DIFF.examples[0])
    return read_stream(streams.stdin) if operand == "-" else operand


def _derivatives(text: str, names: str, where: str, arguments: Arguments) -> list[Any]:
    from matcalc.api import diff

    wrt = list(dict.fromkeys(split_names(names)))
    layout: Any = arguments.values["layout"]
    notation: Any = arguments.values["notation"]
    order = arguments.number("order")
    return list(diff(text, wrt, where, layout, order, notation).values())


def _printed(derivatives: list[Any], arguments: Arguments, ascii: bool) -> str:  # noqa: A002
    if arguments.values["format"] == "latex":
        return answers_latex(derivatives, arguments.is_given("cases"), ascii)
    return answers_text(derivatives, ascii)


def _warn(derivatives: list[Any], streams: Streams) -> None:
    for derivative in derivatives:
        for fact in filter(is_warning, derivative.notes):
            streams.complain(_fixed(f"warning[{fact.code}]: {fact.message}\n"))


def _fixed(text: str) -> Callable[[bool], str]:
    return lambda ascii: text


def _diff_json(derivatives: list[Any], arguments: Arguments, streams: Streams) -> int:
    from matcalc.derivative import record

    answer = record(derivatives)
    verdicts = []
    if arguments.is_given("verify"):
        for derivative, part in zip(derivatives, answer["derivatives"], strict=True):
            verification = derivative.verify()
            part["verification"] = {"ok": verification.ok, "text": str(verification)}
            verdicts.append(verification.ok)
    streams.json(answer)
    _warn(derivatives, streams)
    return _code(verdicts)


def _verified(derivatives: list[Any], streams: Streams) -> int:
    verdicts = []
    for derivative in derivatives:
        verification = derivative.verify()
        begin = f"{derivative.wrt}: " if len(derivatives) > 1 else ""
        streams.answer(_fixed(f"{begin}{verification}\n"))
        verdicts.append(verification.ok)
    return _code(verdicts)


def _code(verdicts: list[bool | None]) -> int:
    if False in verdicts:
        return REFUTED
    return UNDECIDED if None in verdicts else ANSWERED


# matcalc batch


def _batch(arguments: Arguments, streams: Streams) -> int:
    path = arguments.operand
    if path is None:
        raise MatcalcError("E701", "the file is missing", hint=BATCH.examples[0])
    text = read_stream(streams.stdin) if path == "-" else read_file(path)
    code = ANSWERED
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            code = max(code, _batch_line(number, line.rstrip("\r"), arguments, streams))
    return code


def _batch_line(number: int, line: str, arguments: Arguments, streams: Streams) -> int:
    as_json = arguments.values["format"] == "json"
    try:
        derivatives = _line(line, arguments)
    except MatcalcError as error:
        refused = error
        if as_json:
            streams.json({"line": number, **error_record(refused)})
        else:
            streams.complain(lambda ascii: f"{number}: {error_text(refused, ascii)}")
        return REFUSED
    if as_json:
        from matcalc.derivative import record

        streams.json({"line": number, **record(derivatives)})
    else:
        streams.answer(lambda ascii: f"{number}: {_printed(derivatives, arguments, ascii)}")
        _warn(derivatives, streams)
    return ANSWERED


def _line(line: str, arguments: Arguments) -> list[Any]:
    parts = line.split("|")
    if not 2 <= len(parts) <= 3:
        message = f"a line has the form EXPR | NAMES [| DECLARATIONS]; this has {len(parts)} parts"
        raise MatcalcError("E701", message, hint="x'*A*x | x | A: symmetric(n)").at(line, 0, 1)
    text, names, where = (*parts, "")[:3]
    return _derivatives(text.strip(), names.strip(), where.strip(), arguments)


# The process


def entry() -> None:
    """Run the command as a process: flush, and leave quietly where nobody reads on."""
    try:
        code = main()
        _flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
        _silence()
    except BrokenPipeError:
        code = PIPE_CLOSED
        _silence()
    except MatcalcError as error:
        code = REFUSED
        _silence()
        Streams(None, sys.stdout, sys.stderr).fail(error, False)
    sys.exit(code)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from None


def _silence() -> None:
    """Send what is still buffered to nowhere, so that the interpreter's end is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
