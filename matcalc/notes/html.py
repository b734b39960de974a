"""Derivations as one HTML page with MathML: no scripts, nothing to load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.derivation.latex import Equation
from matcalc.derivation.outline import References, rule_text
from matcalc.notation.escaping import markup_escaped
from matcalc.notes.latex import sentence
from matcalc.notes.mathml import mathml
from matcalc.notes.sections import Block, Section

ROOM = 75
"""Letters that fit a line next to a rule."""

PAGE_STYLE = """\
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5;
  font-family: system-ui, "Liberation Sans", sans-serif; color: #1b1b1b; background: #fff; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.3rem; border-bottom: 1px solid #ccc; }
h3 { font-size: 1.1rem; }
math { font-size: 1.08rem; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #17191c; } }
@media print { body { max-width: none; margin: 0; } tr { break-inside: avoid; } }
"""

STYLE = """\
.derivation table { border-collapse: collapse; border: 0; margin: .4rem 0 .4rem 1.5rem; }
.derivation td { border: 0; padding: .18rem .25rem; vertical-align: baseline;
  text-align: left; background: none; }
.derivation td:first-child { text-align: right; }
.derivation td.why { padding-left: 2.5rem; font-size: .85rem; opacity: .8; }
.derivation .overflow { overflow-x: auto; overflow-y: hidden; }
.derivation p { margin: .9rem 0 .2rem; }
.derivation ol, .derivation ul { font-size: .88rem; }
"""


def document(sections: Sequence[Section], references: References, title: str) -> str:
    """Return a page that stands for itself."""
    shown = markup_escaped(title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown}</title>
<style>
{PAGE_STYLE}{STYLE}</style>
</head>
<body>
<h1>{shown}</h1>
{_content(sections, references)}</body>
</html>
"""


def body(sections: Sequence[Section], references: References) -> str:
    """Return derivations and their rules as a part of a page, with its own style."""
    return f"<style>\n{STYLE}</style>\n{_content(sections, references)}"


def _content(sections: Sequence[Section], references: References) -> str:
    lines = [line for section in sections for line in _section(section)]
    return "\n".join(['<div class="derivation">', *lines, *_rules(references), "</div>"]) + "\n"


def _section(section: Section) -> Iterator[str]:
    heading = f"{markup_escaped(section.before)} {mathml(section.variable)}"
    if section.after:
        heading += f" {markup_escaped(section.after)} {mathml(section.seed)}"
    yield f"<h2>{heading}</h2>"
    yield from _table(section.formula)
    if section.spaces:
        yield f"<p>with {', '.join(map(mathml, section.spaces))}</p>"
    if section.assumptions:
        yield f"<p>assuming <code>{markup_escaped('; '.join(section.assumptions))}</code></p>"
    for title, blocks in section.orders:
        if title:
            yield f"<h3>{markup_escaped(title)}</h3>"
        for number, block in enumerate(blocks, 1):
            yield from _block(number, block)
    yield "<ul>"
    for fact in section.facts:
        yield f"<li>{markup_escaped(fact)}</li>"
    yield "</ul>"


def _block(number: int, block: Block) -> Iterator[str]:
    reason = f" {markup_escaped(sentence(block.reason))}" if block.reason else ""
    yield f"<p><b>{number}. {markup_escaped(block.title)}.</b>{reason}"
    if block.paths:
        word = "Path" if len(block.paths) == 1 else "Paths"
        yield f"<br>{word}: {'; '.join(map(mathml, block.paths))}"
    yield "</p>"
    yield from _table(block.equations)


def _table(rows: Sequence[Equation]) -> Iterator[str]:
    if not rows:
        return
    yield '<div class="overflow"><table>'
    for row in rows:
        last = len(row.lines) - 1
        for place, (left, right) in enumerate(row.lines):
            why = _why(row) if place == last else ""
            yield f"<tr><td>{_cell(left)}</td><td>{_cell(right)}</td>"
            yield f'<td class="why">{why}</td></tr>'
    yield "</table></div>"


def _cell(latex: str) -> str:
    return mathml(latex) if latex else ""


def _why(row: Equation) -> str:
    shape = f"({mathml(row.shape)}) " if row.shape else ""
    return f"{shape}{markup_escaped(row.reason)}"


def _rules(references: References) -> Iterator[str]:
    if not references.numbers:
        return
    yield "<h2>Rules</h2>"
    yield "<ol>"
    for rule in references.numbers:
        yield f"<li>{markup_escaped(rule_text(rule))}</li>"
    yield "</ol>"
