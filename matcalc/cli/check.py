"""The command `matcalc check`: tell whether what was worked out by hand is right."""

from __future__ import annotations

from typing import Any

from matcalc.cli.arguments import Arguments
from matcalc.errors import MatcalcError, visible

DOCUMENTS = (".mc", ".md", ".markdown", ".tex", ".qmd", ".Rmd", ".rmd", ".ipynb")
"""Endings by which an operand names a file, whether there is one or not."""


def is_document(arguments: Arguments) -> bool:
    """Tell whether a file, or standard input, is to be checked as a whole derivation."""
    if arguments.is_given("claim"):
        return False
    operand = arguments.operand
    return arguments.is_given("file") or (operand is not None and _names_file(operand))


def _names_file(operand: str) -> bool:
    from os.path import isfile

    if operand == "-" or operand.endswith(DOCUMENTS):
        return True
    return "\0" not in operand and isfile(operand)


def report_on(text: str, name: str, arguments: Arguments) -> Any:
    """Return what is found in a file."""
    from pathlib import Path

    from matcalc.documents.checking import Settings
    from matcalc.documents.documents import check_text, macros_beside

    values = arguments.values
    layout: Any = values["layout"] if "layout" in arguments.typed else None
    settings = Settings(
        values.get("where", ""), layout, values.get("wrt", ""), arguments.number("seed"),
        float(arguments.number("limit")), arguments.is_given("strict"),
    )  # fmt: skip
    path = Path(name)
    macros = macros_beside(text, path) if path.suffix == ".tex" and path.is_file() else {}
    return check_text(text, name, settings, macros)


def report_lines(report: Any, ascii: bool) -> str:  # noqa: A002
    """Return what is found in a file as text that controls no terminal."""
    from matcalc.documents.findings import report_text

    lines = report_text(report, ascii=ascii).split("\n")
    return "".join(f"{visible(line)}\n" for line in lines)


def verdict_on(text: str, arguments: Arguments) -> Any:
    """Return the verdict that the command line asks for."""
    from matcalc.interface.functions import check

    for name, hint in (("wrt", "--wrt x"), ("claim", '--claim "2*x\'"')):
        if not arguments.is_given(name):
            message = "the variable to derive by" if name == "wrt" else "the claim"
            raise MatcalcError("E701", f"{message} is missing", hint=hint)
    values = arguments.values
    layout: Any = values["layout"]
    return check(
        text, values["wrt"], values["claim"], values.get("where", ""), layout,
        arguments.number("order"), arguments.number("seed"), float(arguments.number("limit")),
    )  # fmt: skip


def accepted(verdict: Any, arguments: Arguments) -> bool | None:
    """Tell whether the claim is accepted, refuted (False) or undecided (None)."""
    if verdict.verdict == "consistent" and arguments.is_given("strict"):
        return None
    return True if verdict.ok else False if verdict.verdict == "refuted" else None
