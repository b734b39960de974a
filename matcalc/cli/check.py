"""The command `matcalc check`: tell whether a derivative worked out by hand is right."""

from __future__ import annotations

from typing import Any

from matcalc.cli.arguments import Arguments, Command, Option
from matcalc.errors import MatcalcError


def command(shared: tuple[Option, ...]) -> Command:
    """Return the command, with the options that it shares with others."""
    return Command(
        "check",
        "EXPR",
        "Tell whether --claim is the derivative of a formula, and if not, what went wrong.",
        (
            Option("wrt", "NAME", "the variable, or an entry of it: w or A[1,2]"),
            Option("claim", "FORMULA", "the derivative to check; it may be a program"),
            *shared,
            Option("strict", "", "accept no claim for which only points speak"),
            Option("seed", "N", "where the random points begin; no verdict depends on it",
                   default="0"),
            Option("limit", "SECONDS", "when to give up", default="20"),
            Option("format", "FORMAT", "how to print", ("text", "json"), "text"),
        ),
        (
            'matcalc check "max(0, w·x + b)" --wrt w --claim "[w·x + b > 0]*x\'"',
            "matcalc check \"x'*A*x\" --wrt x --claim \"2*A*x\" --layout denominator",
        ),
    )  # fmt: skip


def verdict_on(text: str, arguments: Arguments) -> Any:
    """Return the verdict that the command line asks for."""
    from matcalc.claims import check

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
