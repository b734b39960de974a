"""The command `matcalc`: read the command line, answer, and leave with the right code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

from matcalc import __version__
from matcalc.cli import check
from matcalc.cli.answers import answers_to
from matcalc.cli.arguments import (
    Arguments,
    Command,
    distinct_names,
    read_arguments,
    unknown_command,
    usage,
)
from matcalc.cli.code import code
from matcalc.cli.commands import BATCH, CHECK, CODE, COMMANDS, EXPLAIN, HELP
from matcalc.cli.explain import document_text, explain
from matcalc.cli.inputs import (
    check_argument,
    numbered_lines,
    read_formula_text,
    read_path,
    split_line,
)
from matcalc.cli.note import note_text
from matcalc.cli.outputs import write_output
from matcalc.cli.reports import answers_latex, answers_text, error_record
from matcalc.cli.streams import Streams, unwritable
from matcalc.errors import MatcalcError, error_text

ANSWERED, REFUTED, REFUSED, UNDECIDED = 0, 1, 2, 3
INTERRUPTED, PIPE_CLOSED = 130, 141


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
    run = _RUNS.get(command.name)
    return run(arguments, streams) if run else _answer(command, arguments, streams)


# matcalc diff, hessian, vjp, jvp


def _answer(command: Command, arguments: Arguments, streams: Streams) -> int:
    text = read_formula_text(command, arguments, streams.stdin)
    names = arguments.names()
    if arguments.is_given("verify") and arguments.values["format"] == "latex":
        raise MatcalcError("E701", "--verify goes with --format text or json")
    values = arguments.values
    answers = answers_to(command.name, text, names, values.get("where", ""), arguments)
    if values["format"] == "json":
        return _answer_json(answers, arguments, streams)
    streams.answer(lambda ascii: _printed(answers, arguments, ascii))
    _warn(answers, streams)
    if arguments.is_given("verify"):
        return _verified(answers, streams)
    return ANSWERED


def _printed(answers: Any, arguments: Arguments, ascii: bool) -> str:  # noqa: A002
    if arguments.values["format"] == "latex":
        return answers_latex(answers, arguments.is_given("cases"), ascii)
    return answers_text(answers, ascii)


def _warn(answers: Any, streams: Streams) -> None:
    for fact in answers.warnings:
        streams.complain(_fixed(f"warning[{fact.code}]: {fact.message}\n"))


def _fixed(text: str) -> Callable[[bool], str]:
    return lambda ascii: text


def _answer_json(answers: Any, arguments: Arguments, streams: Streams) -> int:
    from matcalc.presenting.record import record_of

    record = record_of(answers)
    verdicts = []
    if arguments.is_given("verify"):
        for derivative, part in zip(answers.values(), record["derivatives"], strict=True):
            verification = derivative.verify()
            part["verification"] = {"ok": verification.ok, "text": str(verification)}
            verdicts.append(verification.ok)
    streams.json(record)
    _warn(answers, streams)
    return _code(verdicts)


def _verified(answers: Any, streams: Streams) -> int:
    verdicts = []
    for derivative in answers.values():
        verification = derivative.verify()
        begin = f"{derivative.wrt}: " if len(answers) > 1 else ""
        streams.answer(_fixed(f"{begin}{verification}\n"))
        verdicts.append(verification.ok)
    return _code(verdicts)


def _code(verdicts: list[bool | None]) -> int:
    if False in verdicts:
        return REFUTED
    return UNDECIDED if None in verdicts else ANSWERED


# matcalc check


def _check(arguments: Arguments, streams: Streams) -> int:
    if check.is_document(arguments):
        return _check_document(arguments, streams)
    text = read_formula_text(CHECK, arguments, streams.stdin)
    verdict = check.verdict_on(text, arguments)
    if arguments.values["format"] == "json":
        streams.json(verdict.record())
    else:
        streams.answer(_fixed(f"{verdict}\n"))
    return _code([check.accepted(verdict, arguments)])


def _check_document(arguments: Arguments, streams: Streams) -> int:
    path = arguments.operand or arguments.values["file"]
    if arguments.is_given("file") and arguments.operand is not None:
        raise MatcalcError("E701", "there is a file, and --file too", hint="one of them")
    text = read_path(path, streams.stdin)
    report = check.report_on(text, "standard input" if path == "-" else path, arguments)
    if arguments.values["format"] == "json":
        streams.json(report.record())
    else:
        streams.answer(lambda ascii: check.report_lines(report, ascii))
    return _OUTCOMES[report.worst]


_OUTCOMES = {
    "right": ANSWERED, "wrong": REFUTED, "follows": REFUSED, "unread": REFUSED,
    "undecided": UNDECIDED,
}  # fmt: skip


# matcalc batch


def _batch(arguments: Arguments, streams: Streams) -> int:
    path = arguments.operand
    if path is None:
        raise MatcalcError("E701", "the file is missing", hint=BATCH.examples[0])
    code = ANSWERED
    for number, line in numbered_lines(read_path(path, streams.stdin)):
        code = max(code, _batch_line(number, line, arguments, streams))
    return code


def _batch_line(number: int, line: str, arguments: Arguments, streams: Streams) -> int:
    as_json = arguments.values["format"] == "json"
    try:
        answers = _line(line, arguments)
    except MatcalcError as error:
        refused = error
        if as_json:
            streams.json({"line": number, **error_record(refused)})
        else:
            streams.complain(lambda ascii: f"{number}: {error_text(refused, ascii)}")
        return REFUSED
    if as_json:
        from matcalc.presenting.record import record_of

        streams.json({"line": number, **record_of(answers)})
    else:
        streams.answer(lambda ascii: f"{number}: {_printed(answers, arguments, ascii)}")
        _warn(answers, streams)
    return ANSWERED


def _line(line: str, arguments: Arguments) -> Any:
    text, names, where = split_line(line)
    return answers_to("diff", text, distinct_names(names), where, arguments)


# matcalc explain, matcalc note


def _explain(arguments: Arguments, streams: Streams) -> int:
    text = read_formula_text(EXPLAIN, arguments, streams.stdin)
    streams.answer(explain(text, arguments, _width(streams)))
    return ANSWERED


def _width(streams: Streams) -> int:
    """Return the columns of the terminal; what is no terminal has 100."""
    if streams.stdout is None or not streams.stdout.isatty():
        return 100
    from shutil import get_terminal_size

    return max(40, get_terminal_size((100, 24)).columns)


def _note(arguments: Arguments, streams: Streams) -> int:
    text = note_text(arguments, streams.stdin)
    output = arguments.values.get("output", "-")
    if output != "-":
        source = "" if arguments.is_given("wrt") else arguments.operand or ""
        write_output(output, text, source=source, force=arguments.is_given("force"))
    else:
        streams.answer(lambda ascii: document_text(text, ascii))
    return ANSWERED


# matcalc code


def _emit(arguments: Arguments, streams: Streams) -> int:
    text = read_formula_text(CODE, arguments, streams.stdin)
    streams.answer(_fixed(code(text, arguments)))
    return ANSWERED


_RUNS: dict[str, Callable[[Arguments, Streams], int]] = {
    "explain": _explain,
    "check": _check,
    "code": _emit,
    "note": _note,
    "batch": _batch,
}
"""What runs a command; the others print derivatives."""


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
        raise unwritable(error) from None


def _silence() -> None:
    """Send what is still buffered to nowhere, so that the interpreter's end is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
