"""The command `matcalc check`: tell whether a derivative worked out by hand is right."""

from __future__ import annotations

from typing import Any

from matcalc.cli.arguments import Arguments
from matcalc.errors import MatcalcError


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
