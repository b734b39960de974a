"""A derivation as plain text: numbered parts, one equation a line, the rule behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.derivation.rules import NAMING
from matcalc.derivation.steps import Derivation, Member, Step
from matcalc.expressions.nodes import Expression
from matcalc.notation.text import to_text

WIDEST = 56
"""Columns up to which the rules are set in one margin."""

WIDEST_LEFT = 30
"""Longer left sides do not indent the lines that continue them."""

TITLES = {
    "intermediates": "Intermediate variables",
    "partials": "Their derivatives",
    "combination": "Combine",
    "substitution": "Substitute",
    "answer": "Answer",
}


def member_text(member: Member, ascii: bool = False) -> str:  # noqa: A002
    """Return one side of an equation."""
    if isinstance(member, Expression):
        return to_text(member, ascii=ascii)
    times = " * " if ascii else " · "
    terms = [times.join(to_text(f, ascii=ascii) for f in factors) for factors in member.terms]
    return " + ".join(terms)


def equation_text(step: Step, ascii: bool = False) -> str:  # noqa: A002
    """Return a step as `before = after`."""
    return f"{member_text(step.before, ascii)} = {member_text(step.after, ascii)}"


def derivation_text(derivation: Derivation, ascii: bool = False) -> str:  # noqa: A002
    """Return the whole derivation; a line that continues the last one has only its right side.

    The sources of the rules are numbered, and follow at the end.
    """
    sources: dict[str, int] = {}
    return _derivation(derivation, sources, ascii) + _footnotes(sources)


def _derivation(derivation: Derivation, sources: dict[str, int], ascii: bool) -> str:  # noqa: A002
    lines: list[str] = []
    if derivation.before is not None:
        lines += [_derivation(derivation.before, sources, ascii).rstrip("\n"), ""]
    for number, (part, steps) in enumerate(parts_of(derivation), 1):
        if lines:
            lines.append("")
        lines.append(f"{number}. {title_of(derivation, part)}")
        lines += _lines(steps, sources, ascii)
        if part == "answer":
            for sides in derivation.cases:
                condition, value = [to_text(side, ascii=ascii) for side in sides]
                lines.append(f"   that is, where {condition}: {value}")
    return "\n".join(lines) + "\n"


def parts_of(derivation: Derivation) -> Iterator[tuple[str, list[Step]]]:
    """Yield the parts of a derivation that have steps, in order."""
    for part in ("intermediates", "partials", "combination", "substitution", "answer"):
        steps = [step for step in derivation.steps if step.part == part]
        if steps:
            yield part, steps


def title_of(derivation: Derivation, part: str) -> str:
    """Return the heading of a part; that of the combination says which chain rule, and why."""
    chain = derivation.chain
    if part == "partials" and derivation.manner == "backward":
        return f"Backward from the result, δ being its derivative by each: {chain.reason}"
    if part == "partials" and derivation.manner == "differentials":
        return f"Differentials, from the variable to the result: {chain.reason}"
    if part == "combination":
        return f"Combine by the {chain.rule.name}: {chain.reason}"
    return TITLES[part]


def path_text(path: Sequence[Expression]) -> str:
    """Return a path from the variable to the result: w → u1 → y."""
    return " → ".join(str(symbol.value.name) for symbol in path)


def _lines(steps: Sequence[Step], sources: dict[str, int], ascii: bool) -> list[str]:  # noqa: A002
    rows: list[tuple[str, str]] = []
    previous: Member | None = None
    indent = ""
    for step in steps:
        after = member_text(step.after, ascii)
        if previous is not None and step.before == previous:
            left = f"{indent}= {after}"
        else:
            before = member_text(step.before, ascii)
            indent = " " * (len(before) + 1) if len(before) <= WIDEST_LEFT else "   "
            left = f"{before} = {after}"
        previous = step.after
        rows.append((left, _reason(step, sources)))
    width = min(WIDEST, max(len(left) for left, _ in rows))
    return [f"   {left:{width}}{'   ' + why if why else ''}".rstrip() for left, why in rows]


def _reason(step: Step, sources: dict[str, int]) -> str:
    if step.part == "intermediates" and step.rule is NAMING:
        return ""
    mark = ""
    if step.source:
        mark = f" [{sources.setdefault(step.source, len(sources) + 1)}]"
    remark = f"; {step.remark}" if step.remark else ""
    return f"{step.rule.name}{mark}{remark}"


def _footnotes(sources: dict[str, int]) -> str:
    if not sources:
        return ""
    lines = [f"[{number}] {source}" for source, number in sources.items()]
    return "\n" + "\n".join(lines) + "\n"
