"""The command `matcalc note`: one document of the derivations of one or many formulas."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from matcalc.cli.arguments import Arguments
from matcalc.cli.commands import NOTE
from matcalc.cli.explain import derivation_of, derivatives_of
from matcalc.cli.inputs import numbered_lines, read_path, read_stream, split_line
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.interface.explanation import Explanation

SUFFIXES = {".tex": "latex", ".md": "markdown", ".qmd": "markdown", ".html": "html"}


def note_text(arguments: Arguments, stdin: IO[Any] | None) -> str:
    """Return the document that the command line asks for."""
    from matcalc.notes.document import TITLE, document

    operand = arguments.operand
    if operand is None:
        raise MatcalcError("E701", "the file or formula is missing", hint=NOTE.examples[0])
    if arguments.is_given("wrt"):
        text = read_stream(stdin) if operand == "-" else operand
        derivations = _derivations(text, arguments)
    else:
        if arguments.is_given("where"):
            raise MatcalcError("E701", "--where goes with --wrt; the lines of a file say theirs")
        derivations = _of_lines(read_path(operand, stdin), arguments)
    if not derivations:
        raise MatcalcError("E701", "there is no formula in the file", hint="x'*A*x | x")
    title = arguments.values.get("title", TITLE)
    return document(derivations, _format(arguments), title)


def _format(arguments: Arguments) -> Any:
    from pathlib import PurePath

    given = arguments.values.get("format")
    suffix = PurePath(arguments.values.get("output", "")).suffix
    return given or SUFFIXES.get(suffix, "latex")


def _derivations(text: str, arguments: Arguments) -> list[Explanation]:
    return [derivation_of(one, arguments) for one in derivatives_of(text, arguments)]


def _of_lines(text: str, arguments: Arguments) -> list[Explanation]:
    found = []
    for number, line in numbered_lines(text):
        try:
            formula, names, where = split_line(line)
            values = {**arguments.values, "wrt": names, "where": where}
            found += _derivations(formula, Arguments(None, values))
        except MatcalcError as error:
            error.message = f"line {number}: {error.message}"
            raise
    return found
