r"""Derivations as Markdown with mathematics in $…$ and $$…$$.

GitHub reads marks of Markdown and backslashes before punctuation inside mathematics too,
and does not take every command. So rows end in \cr, scripts follow a space (their underscores
then begin no emphasis), and no backslash stands before punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matcalc.derivation.latex import Equation
from matcalc.derivation.outline import References, rule_text
from matcalc.notation.escaping import markdown_escaped
from matcalc.notes.latex import sentence
from matcalc.notes.sections import Block, Section

ROOM = 62

_REPLACED = {
    r"\\": r"\cr",
    r"\,": r"\ ",
    r"\;": r"\ ",
    r"\|": r"\Vert ",
    r"\_": " ",
    "_": " _",
    "*": r"\ast ",
    "|": r"\vert ",
}
_COMMAND = re.compile(r"\\operatorname\{((?:[^{}\\]|\\_)*)\}(?=(_)?)|\\[^A-Za-z]|[_*|]")


def document(sections: Sequence[Section], references: References, title: str) -> str:
    """Return a document with its title."""
    return f"# {markdown_escaped(title)}\n\n{body(sections, references)}"


def body(sections: Sequence[Section], references: References) -> str:
    """Return derivations and their rules without a title."""
    lines = [line for section in sections for line in _section(section)]
    return "\n".join([*lines, *_rules(references)]).rstrip("\n") + "\n"


def mathematics(latex: str) -> str:
    r"""Return LaTeX that survives Markdown, in commands that GitHub takes.

    >>> print(mathematics(r"\left\|\mathbf{x}_{1}\right\|_2 \, \operatorname{diag}(x)"))
    \left\Vert \mathbf{x} _{1}\right\Vert  _2 \  \mathop{\mathrm{diag}}(x)
    """
    return _COMMAND.sub(_plain, latex)


def _plain(found: re.Match[str]) -> str:
    if found[1] is not None:
        name = found[1].replace(r"\_", r"\ ")
        scripts = r"\nolimits" if found[2] else ""
        return rf"\mathop{{\mathrm{{{name}}}}}{scripts}"
    return _REPLACED.get(found[0], found[0])


def _section(section: Section) -> Iterator[str]:
    heading = f"## {section.before} ${mathematics(section.variable)}$"
    if section.after:
        heading += f" {section.after} ${mathematics(section.seed)}$"
    yield heading
    yield ""
    yield from _display(section.formula)
    if section.spaces:
        yield f"with {', '.join(f'${mathematics(space)}$' for space in section.spaces)}"
        yield ""
    if section.assumptions:
        yield f"assuming `{'; '.join(section.assumptions)}`"
        yield ""
    for title, blocks in section.orders:
        if title:
            yield f"### {title}"
            yield ""
        for number, block in enumerate(blocks, 1):
            yield from _block(number, block)
    for fact in section.facts:
        yield f"- {markdown_escaped(fact)}"
    yield ""


def _block(number: int, block: Block) -> Iterator[str]:
    reason = f" {markdown_escaped(sentence(block.reason))}" if block.reason else ""
    yield f"**{number}. {markdown_escaped(block.title)}.**{reason}"
    yield ""
    if block.paths:
        yield "; ".join(f"${mathematics(path)}$" for path in block.paths)
        yield ""
    yield from _display(block.equations)


def _display(rows: Sequence[Equation]) -> Iterator[str]:
    if not rows:
        return
    shown = []
    for row in rows:
        *first, (left, right) = row.lines
        shown += [f"{a} & {b}" for a, b in first]
        shape = f"({row.shape})" if row.shape else ""
        reason = rf"\text{{{_words(row.reason)}}}" if row.reason else ""
        why = r" \, ".join(filter(None, (shape, reason)))
        shown.append(f"{left} & {right}{' && ' + why if why else ''}")
    yield "$$"
    yield r"\begin{aligned}"
    yield " \\cr\n".join(map(mathematics, shown))
    yield r"\end{aligned}"
    yield "$$"
    yield ""


def _words(reason: str) -> str:
    r"""Return what \text takes as it stands of the words next to an equation."""
    return "".join(c if c.isalnum() or c in " ,;.:()[]'-+=·" else " " for c in reason)


def _rules(references: References) -> Iterator[str]:
    if not references.numbers:
        return
    yield "## Rules"
    yield ""
    for rule, number in references.numbers.items():
        yield f"{number}. {markdown_escaped(rule_text(rule))}"
