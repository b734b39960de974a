"""Check files: derivations, LaTeX, Markdown with its kin, and notebooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matcalc.calculus.layouts import LAYOUTS, Layout
from matcalc.documents.checking import Settings, check_derivation, layout_of
from matcalc.documents.definitions import (
    Text,
    declared,
    with_heads,
    without_arguments,
)
from matcalc.documents.findings import UNREAD, Finding, Report
from matcalc.documents.formats import Contents, contents
from matcalc.documents.judging import judged
from matcalc.documents.lines import SETTING, Derivation, line_of, read_lines
from matcalc.documents.macros import KNOWN, Macro, definitions, expanded
from matcalc.documents.papers import Paper, with_steps
from matcalc.documents.placed import Placed, blanked, whole
from matcalc.documents.scope import Scope
from matcalc.documents.statements import formulas
from matcalc.errors import MatcalcError
from matcalc.records import replace
from matcalc.syntax.declarations import Declaration, FunctionKind, parse_declarations
from matcalc.syntax.formula import is_latex


def check_text(
    text: str,
    name: str = "text",
    settings: Settings | None = None,
    macros: Mapping[str, Macro] | None = None,
) -> Report:
    r"""Check every equality that a text states; its name tells what it is.

    LaTeX, Markdown and its kin, and notebooks are documents: each statement is read with the
    definitions and declarations that the author made, and with the `macros` of other files.
    In Markdown each block that is fenced as `matcalc` is one derivation; all else is one
    derivation. What cannot be read is among the findings; a text with nothing to check
    raises MatcalcError E805.

    >>> print(check_text("y = x'*A*x\n∂y/∂x = x'*(A + A')", "a.mc"))
    a.mc:2: right (proved): ∂y/∂x = x'*(A + A')
    a.mc: 1 right
    assumed: x: vector(n); A: square(n)
    """
    settings = settings or Settings()
    parts = contents(text, name)
    if parts is None:
        report = check_part(text, whole(text), name, settings)
    else:
        report = _document(text, parts, name, settings, macros or {})
    if not report.findings:
        hint = "y = x'*x and ∂y/∂x = 2*x', on lines of their own"
        raise MatcalcError("E805", f"there is nothing to check in {name}", hint=hint)
    return report


def _document(
    text: str, parts: Contents, name: str, settings: Settings, macros: Mapping[str, Macro]
) -> Report:
    report = _paper(text, parts.latex, parts.remarks, name, settings, macros)
    findings, assumed = list(report.findings), dict.fromkeys(report.assumed)
    for block in parts.blocks:
        one = check_part(text, block.text, name, settings)
        findings += one.findings
        assumed |= dict.fromkeys(one.assumed)
    findings.sort(key=lambda finding: finding.start)
    celled = [_in_cell(text, finding, parts.cells) for finding in findings]
    return replace(report, findings=tuple(celled), assumed=tuple(assumed))


def _in_cell(text: str, finding: Finding, cells: Sequence[tuple[int, int]]) -> Finding:
    """Return a finding with its cell in a notebook, and the line in that."""
    before = [(number, start) for number, start in cells if start <= finding.start]
    if not before:
        return finding
    number, start = before[-1]
    return replace(finding, cell=number, cell_line=text.count("\n", start, finding.start) + 1)


# Documents in LaTeX


def _paper(
    text: str,
    latex: Placed,
    remarks: Sequence[Placed],
    name: str,
    settings: Settings,
    macros: Mapping[str, Macro],
) -> Report:
    found, spans = definitions(latex.text)
    plain = latex._replace(text=blanked(latex.text, spans))
    written = with_steps(expanded(plain, {**KNOWN, **macros, **found}))
    given: list[Declaration] = list(parse_declarations(settings.where))
    said: list[tuple[int, Declaration]] = []
    for remark in remarks:
        for setting, value, place in _settings(remark):
            if setting == "layout":
                settings = settings._replace(layout=_layout(value))
            elif setting == "wrt":
                settings = settings._replace(wrt=value)
            else:
                said += [(place, declaration) for declaration in parse_declarations(value)]
    paper = Paper(written.text, written.places, text, given, said, settings)
    result = judged(paper, settings)
    moved = [_moved(finding, written.places) for finding in result.findings]
    return Report(name, text, tuple(moved), result.assumed, result.layout)


def _layout(text: str) -> Layout:
    layout: Any = text
    if layout not in LAYOUTS:
        raise MatcalcError("E702", f"there is no layout {layout[:40]}", hint=", ".join(LAYOUTS))
    return layout  # type: ignore[no-any-return]


def _settings(remark: Placed) -> list[tuple[str, str, int]]:
    found = []
    place = 0
    for line in remark.text.split("\n"):
        match = SETTING.match(line)
        if match:
            found.append((match[1], match[2], remark.places[place]))
        place += len(line) + 1
    return found


def _moved(finding: Finding, places: Sequence[int]) -> Finding:
    start, end = places[finding.start], places[min(finding.end, len(places) - 1)]
    return replace(finding, start=start, end=max(end, start + 1))


_INPUTS = r"\\(?:input|include|usepackage(?:\[[^\]]*\])?|RequirePackage)\s*\{([^{}]+)\}"


def macros_beside(text: str, path: Path) -> dict[str, Macro]:
    r"""Return the macros of the files that a document inputs, where they lie beside it.

    Local packages (.sty) are among them. Nothing but definitions is taken from them.
    """
    found: dict[str, Macro] = {}
    seen: set[Path] = set()
    texts = [text]
    folder = path.parent.resolve()
    while texts and len(seen) < MOST_FILES:
        for match in re.finditer(_INPUTS, texts.pop()):
            for stem in match[1].split(","):
                other = _beside(folder, stem.strip())
                if other is not None and other not in seen:
                    seen.add(other)
                    more = other.read_text("utf-8", errors="replace")[:LARGEST_FILE]
                    found = {**definitions(more)[0], **found}
                    texts.append(more)
    return found


MOST_FILES, LARGEST_FILE = 50, 1_000_000
"""How many files are looked into for macros, and how many characters of each."""


def _beside(folder: Path, stem: str) -> Path | None:
    for ending in ("", ".tex", ".sty"):
        try:
            other = (folder / f"{stem}{ending}").resolve()
            if other.is_file() and folder in other.parents and other.suffix in (".tex", ".sty"):
                return other
        except (OSError, ValueError):
            return None
    return None


# Derivations


def derivations(text: str, name: str) -> list[Placed]:
    """Return the derivations of a file: the blocks of Markdown, or all of another one."""
    parts = contents(text, name)
    return [whole(text)] if parts is None else [block.text for block in parts.blocks]


def check_part(source: str, part: Placed, name: str, settings: Settings) -> Report:
    """Check one derivation, or what is LaTeX all the same."""
    if any(formula.displayed for formula in formulas(part.text)):
        remarks = [part]
        return _paper(source, part, remarks, name, settings, {})
    text = part.text
    findings: list[Finding] = []
    assumed: tuple[str, ...] = ()
    try:
        derivation = read_lines(text, text, 0)
        if derivation.chains:
            sides = [side.text for chain in derivation.chains for side in chain]
            derivation = derivation._replace(
                latex=any(map(is_latex, sides)), places=part.places, file=source
            )
            scope, derivation = _scope(derivation, settings)
            findings += check_derivation(derivation, scope, settings)
            assumed = scope.inferred.assumptions
    except MatcalcError as error:
        findings.append(_unread(source, part, error))
    moved = tuple([_moved(finding, part.places) for finding in findings])
    return Report(name, source, moved, assumed)


def _scope(derivation: Derivation, settings: Settings) -> tuple[Scope, Derivation]:
    """Return what names stand for, and the derivation with functions as names."""
    reader = Text(derivation.latex, declared(derivation, settings.where))
    functions = [d.name for d in reader.declarations if isinstance(d.kind, FunctionKind)]
    plain = without_arguments(derivation, functions)
    if not derivation.latex:
        reader = with_heads(plain, reader)
    wrt = derivation.setting("wrt") or settings.wrt
    return Scope(plain, reader, layout_of(derivation, settings), wrt), plain


def _unread(source: str, part: Placed, error: MatcalcError) -> Finding:
    start = 0
    if error.source == part.text and error.line:
        lines = part.text.split("\n")[: error.line - 1]
        start = sum(len(line) + 1 for line in lines) + error.column - 1
    end = start + max(1, error.length)
    line = line_of(source, part.places[min(start, len(part.text))])
    return Finding(UNREAD, line, min(start, len(part.text)), end, "", "", None, error)
