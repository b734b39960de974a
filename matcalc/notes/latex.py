r"""Derivations as a LaTeX document that needs amsmath, amssymb and bm only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.derivation.latex import Equation
from matcalc.derivation.outline import References, rule_text
from matcalc.notation.breaking import latex_places
from matcalc.notation.escaping import latex_escaped
from matcalc.notes.sections import Block, Section

ROOM = 68
"""Letters that fit a line; a rule that finds no room stands below."""

LINE, LETTER, SMALL_LETTER = 160, 2.3, 1.6
"""The width of a line, of a letter of a formula and of one of a rule, in millimetres."""

NARROWEST = 50
"""The width of the column of a rule that is too long to stand next to its equation."""

PREAMBLE = r"""\documentclass[10pt,a4paper,fleqn]{article}
\usepackage{amsmath}
\usepackage{amssymb}
\usepackage{bm}
\setlength{\textwidth}{170mm}
\setlength{\textheight}{247mm}
\setlength{\oddsidemargin}{-5mm}
\setlength{\topmargin}{-15mm}
\setlength{\mathindent}{1em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{3pt plus 1pt}
\allowdisplaybreaks
\frenchspacing
\raggedright
\raggedbottom
"""


def document(sections: Sequence[Section], references: References, title: str) -> str:
    """Return a document that pdflatex takes in one run."""
    begin = [PREAMBLE, r"\begin{document}", rf"{{\LARGE {latex_escaped(title)}\par}}"]
    return "\n".join([*begin, body(sections, references)]) + "\\end{document}\n"


def body(sections: Sequence[Section], references: References) -> str:
    """Return derivations and their rules without a document around them."""
    lines = [line for section in sections for line in _section(section)]
    return "\n".join([*lines, *_rules(references)]) + "\n"


def _section(section: Section) -> Iterator[str]:
    heading = f"{section.before} ${section.variable}$"
    if section.after:
        heading += f" {section.after} ${section.seed}$"
    yield rf"\section*{{{heading}}}"
    yield from _align(section.formula)
    if section.spaces:
        yield rf"with {', '.join(f'${space}$' for space in section.spaces)}"
        yield ""
    if section.assumptions:
        yield rf"assuming \texttt{{{latex_escaped('; '.join(section.assumptions))}}}"
        yield ""
    for title, blocks in section.orders:
        if title:
            yield rf"\subsection*{{{title}}}"
        for number, block in enumerate(blocks, 1):
            yield from _block(number, block)
    for fact in section.facts:
        yield rf"{latex_escaped(fact)}\par"


def _block(number: int, block: Block) -> Iterator[str]:
    reason = f" {latex_escaped(sentence(block.reason))}" if block.reason else ""
    yield ""
    yield rf"\medskip\textbf{{{number}.\enspace {latex_escaped(block.title)}.}}{reason}"
    if block.paths:
        paths = r";\quad ".join(f"${path}$" for path in block.paths)
        yield rf"\par {'Path' if len(block.paths) == 1 else 'Paths'}: {paths}"
    yield from _align(block.equations)


def sentence(text: str) -> str:
    """Return a sentence for its words: with a capital, unless it begins with a name."""
    first = text.split(" ", 1)[0]
    begin = text[0].upper() if first in ("there", "all") else text[0]
    return f"{begin}{text[1:]}."


def _align(rows: Sequence[Equation]) -> Iterator[str]:
    if not rows:
        return
    indent = max(latex_places(left)[1] for row in rows for left, _ in row.lines)
    shown = []
    for row in rows:
        *first, (left, right) = row.lines
        shown += [f"{a} & {b}" for a, b in first]
        shown.append(f"{left} & {right}{_tag(row, indent + latex_places(right)[1])}")
    yield r"\begin{align*}"
    yield " \\\\\n".join(shown)
    yield r"\end{align*}"


def _tag(row: Equation, taken: float) -> str:
    """Return the shape and the rule of an equation whose last line is so many letters wide.

    They stand on one line if they fit there, else in a narrow column.
    """
    reason = latex_escaped(row.reason).replace(" [", "~[")
    if row.shape:
        reason = rf"(${row.shape}$)" + (rf"\enspace {reason}" if reason else "")
    if not reason:
        return ""
    there_is = LINE - LETTER * taken
    wanted = SMALL_LETTER * (len(row.reason) + latex_places(row.shape)[1] + 4)
    if wanted > there_is:
        width = max(NARROWEST, int(there_is))
        reason = rf"\parbox[t]{{{width}mm}}{{\raggedleft\footnotesize {reason}}}"
    return rf" \tag*{{\footnotesize {reason}}}"


def _rules(references: References) -> Iterator[str]:
    if not references.numbers:
        return
    yield r"\section*{Rules}"
    yield r"\begin{list}{}{\setlength{\leftmargin}{2.5em}\setlength{\labelwidth}{2em}"
    yield r"\setlength{\itemsep}{0pt}\setlength{\parsep}{0pt}\footnotesize}"
    for rule, number in references.numbers.items():
        yield rf"\item[{{[{number}]}}] {latex_escaped(rule_text(rule))}"
    yield r"\end{list}"
