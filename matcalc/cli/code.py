"""The command `matcalc code`: the source of a function that computes a derivative."""

from __future__ import annotations

from typing import Any

from matcalc.cli.arguments import Arguments
from matcalc.errors import MatcalcError


def code(text: str, arguments: Arguments) -> str:
    """Return the source that the arguments ask for."""
    from matcalc.interface import functions

    values = arguments.values
    flags = [flag for flag in ("value", "compressed", "autograd") if arguments.is_given(flag)]
    if len(flags) > 1:
        raise MatcalcError("E701", f"--{flags[0]} and --{flags[1]} exclude each other")
    names = arguments.names() if arguments.is_given("wrt") else None
    layout: Any = values["layout"]
    return functions.code(
        text, names, values.get("where", ""), values["target"], layout,
        arguments.number("order"), **dict.fromkeys(flags, True),
    )  # fmt: skip
