"""The command `matcalc code`: the source of a function that computes a derivative."""

from __future__ import annotations

from typing import Any

from matcalc.cli.arguments import Arguments
from matcalc.errors import MatcalcError


def code(text: str, arguments: Arguments) -> str:
    """Return the source that the arguments ask for."""
    from matcalc.api import diff, parse
    from matcalc.programs import differentiable, emit, source_of

    values = arguments.values
    target, where = values["target"], values.get("where", "")
    flags = [flag for flag in ("value", "compressed", "autograd") if arguments.is_given(flag)]
    if len(flags) > 1:
        raise MatcalcError("E701", f"--{flags[0]} and --{flags[1]} exclude each other")
    if arguments.is_given("autograd"):
        if arguments.is_given("wrt"):
            raise MatcalcError("E701", "--autograd is by all variables", hint="leave out --wrt")
        return differentiable(parse(text, where), target).text
    if not arguments.is_given("wrt"):
        if "compressed" in flags:
            raise MatcalcError("E701", "the variable to derive by is missing", hint="--wrt x")
        return emit(parse(text, where), target)
    names = arguments.names()
    layout: Any = values["layout"]
    answers = list(diff(text, names, where, layout, arguments.number("order")).values())
    if "compressed" in flags:
        if len(answers) > 1:
            raise MatcalcError("E701", "a compressed Hessian is by one variable", hint="--wrt x")
        return source_of(answers[0], target, False, True).text
    return emit(answers, target, value_and="value" in flags)
