"""A derivation as plain text: numbered parts, one equation a line, the rule behind it."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.derivation.costs import Costs
from matcalc.derivation.outline import (
    Outline,
    Part,
    References,
    Row,
    conclusion,
    headed,
    outlines,
    path_text,
    reason_text,
    rule_text,
    shape_text,
    task,
)
from matcalc.derivation.steps import IN_ASCII, Derivation, member_text
from matcalc.notation.breaking import broken_text
from matcalc.notation.text import to_text

WIDTH = 100
"""Columns, where nothing else is known."""

WIDEST = 48
"""Columns up to which the rules are set in one margin."""

WIDEST_LEFT = 30
"""Longer left sides do not indent the lines that continue them."""

MARGIN = "   "


def derivation_text(
    derivation: Derivation,
    ascii: bool = False,  # noqa: A002
    width: int = WIDTH,
) -> str:
    """Return the whole derivation; a line that continues the last one has only its right side.

    The rules are numbered, and what they say follows at the end. Lines are at most `width`
    long, if formulas can be broken so; the answer is not broken.
    """
    references = References()
    lines = _heading(derivation, ascii, width)
    for outline in outlines(derivation, references):
        lines += ["", *_outline(outline, ascii, width)]
    lines += _facts(derivation, ascii, width)
    if references.numbers:
        lines.append("")
    for rule, number in references.numbers.items():
        lines += _wrapped(f"[{number}] {rule_text(rule)}", width, " " * len(f"[{number}] "))
    text = "\n".join(lines) + "\n"
    return text.translate(IN_ASCII) if ascii else text


def costs_text(
    costs: Costs,
    ascii: bool = False,  # noqa: A002
    width: int = WIDTH,
) -> str:
    """Return what it takes to multiply the Jacobians, one order a line."""
    counts = [str(plan.multiplications) for plan in costs.plans]
    wide = max(map(len, counts))
    lines = ["Multiplications, if the Jacobians are multiplied"]
    for plan, count in zip(costs.plans, counts, strict=True):
        indent = " " * (len(MARGIN) + 10 + wide + 2)
        lines += _wrapped(f"{MARGIN}{plan.name:10}{count:{wide}}  {plan.order}", width, indent)
    if costs.assumed:
        lines += _wrapped(f"{MARGIN}({costs.remark})", width, MARGIN)
    text = "\n".join(lines) + "\n"
    return text.translate(IN_ASCII) if ascii else text


def _heading(derivation: Derivation, ascii: bool, width: int) -> list[str]:  # noqa: A002
    before, after = task(derivation)
    begin = f"{before} {derivation.variable.value.name}"
    if derivation.seed is not None:
        begin += f" {after} {to_text(derivation.seed, ascii=ascii)}"
    result, formula = headed(derivation)
    shown = f" = {to_text(formula, ascii=ascii)}" if formula else ", which has the parts below"
    first, *others = broken_text(f"{begin}: {result.value.name}{shown}", width - len(MARGIN))
    lines = [first, *[f"{MARGIN}{line}" for line in others]]
    if derivation.assumptions:
        lines += _wrapped(f"{MARGIN}assuming {'; '.join(derivation.assumptions)}", width, "      ")
    return lines


def _outline(outline: Outline, ascii: bool, width: int) -> list[str]:  # noqa: A002
    lines = [outline.title, ""] if outline.title else []
    for number, part in enumerate(outline.parts, 1):
        if number > 1:
            lines.append("")
        reason = f": {part.reason}" if part.reason else ""
        lines += _wrapped(f"{number}. {part.title}{reason}", width, MARGIN)
        if part.paths:
            lines += _paths(part, width)
        lines += _lines(part, ascii, width)
        if part.key == "answer":
            for sides in outline.derivation.cases:
                condition, value = [to_text(side, ascii=ascii) for side in sides]
                lines.append(f"{MARGIN}that is, {value} where {condition[1:-1]}")
    return lines


def _paths(part: Part, width: int) -> list[str]:
    word = "path" if len(part.paths) == 1 else "paths"
    paths = "; ".join(map(path_text, part.paths))
    return _wrapped(f"{MARGIN}{word}: {paths}", width, MARGIN + "  ")


def _lines(part: Part, ascii: bool, width: int) -> list[str]:  # noqa: A002
    blocks: list[tuple[list[str], Row]] = []
    indent = ""
    for row in part.rows:
        after = member_text(row.right, ascii, row.naming)
        if row.left is None:
            begin = indent + "= "
        else:
            before = member_text(row.left, ascii)
            narrow = len(before) <= WIDEST_LEFT
            indent = " " * (len(before) + 1) if narrow else "   "
            begin = f"{before} = "
        blocks.append((_equation(begin, after, indent, 10_000 if row.naming else width), row))
    return _with_reasons(blocks, width)


def _equation(begin: str, after: str, indent: str, width: int) -> list[str]:
    """Return the lines of an equation whose left side, with the sign, is `begin`."""
    room = width - len(MARGIN)
    if "; " in after:  # names of shared parts: one a line
        return [begin.rstrip(), *[f"  {line}" for line in after.replace("; ", ";\n").split("\n")]]
    lines = [begin + after]
    if len(lines[0]) <= room:
        return lines
    if len(begin) > WIDEST_LEFT:
        left = broken_text(begin.strip().removesuffix(" ="), room)
        right = broken_text(after, room - len(indent) - 4)
        return [*left, f"{indent}= {right[0]}", *[f"{indent}    {line}" for line in right[1:]]]
    first, *others = broken_text(after, room - len(begin))
    return [begin + first, *[" " * (len(begin) + 2) + line for line in others]]


def _with_reasons(blocks: Sequence[tuple[list[str], Row]], width: int) -> list[str]:
    """Set shapes and rules in margins, or below equations that leave no room for them."""
    narrow = [len(lines[-1]) for lines, _ in blocks if len(lines[-1]) <= WIDEST]
    column = max(narrow, default=0)
    shapes = [shape_text(row.shape) if row.shape else "" for _, row in blocks]
    widest = max(map(len, shapes), default=0)
    found = []
    for (lines, row), shape in zip(blocks, shapes, strict=True):
        *first, last = [MARGIN + line for line in lines]
        reason = reason_text(row)
        if widest:
            reason = f"{shape:{widest}}{MARGIN}{reason}".rstrip()
        found += first
        edge = len(MARGIN) + max(column, len(last) - len(MARGIN))
        if edge + len(MARGIN) + len(reason) <= width or not reason:
            found.append(f"{last:{edge}}{MARGIN}{reason}".rstrip())
            continue
        found.append(last)
        indent = " " * max(len(MARGIN), min(column + 2 * len(MARGIN), width - len(reason)))
        found += _wrapped(indent + reason, width, indent)
    return found


def _facts(derivation: Derivation, ascii: bool, width: int) -> list[str]:  # noqa: A002
    lines = []
    for fact in conclusion(derivation):
        lines += _wrapped(f"{MARGIN}{fact}", width, MARGIN + "  ")
    return lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Return the lines of a sentence."""
    from textwrap import wrap

    begin = text[: len(text) - len(text.lstrip())]
    return wrap(
        text.strip(),
        max(width, 30),
        initial_indent=begin,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
