"""Check files: derivations, the `matcalc` blocks of Markdown, the displays of LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from matcalc.documents.checking import Settings, check_derivation, layout_of
from matcalc.documents.definitions import Text, declared, in_context, without_arguments
from matcalc.documents.findings import UNREAD, Finding, Report, line_of
from matcalc.documents.latex import displays
from matcalc.documents.lines import Derivation, Side, read_lines
from matcalc.documents.scope import Scope
from matcalc.errors import MatcalcError
from matcalc.syntax.declarations import FunctionKind
from matcalc.syntax.formula import is_latex

MARKDOWN = (".md", ".markdown")

_FENCE = re.compile(r"[ \t>]*(?P<fence>```+|~~~+)[ \t]*(?P<word>[^\s`]*)")
_QUOTED = re.compile(r"^[ \t]*>[ \t>]*", re.MULTILINE)


def check_text(text: str, name: str = "text", settings: Settings | None = None) -> Report:
    r"""Check every equality that a text states; its name tells what it is.

    In Markdown (.md) each block that is fenced as `matcalc` is one derivation; in LaTeX the
    displays are read in order, each with the definitions before it. All else is one
    derivation. What cannot be read is among the findings; a text with nothing to check
    raises MatcalcError E805.

    >>> print(check_text("y = x'*A*x\n∂y/∂x = x'*(A + A')", "a.mc"))
    a.mc:2: right (proved): ∂y/∂x = x'*(A + A')
    a.mc: 1 right
    assumed: x: vector(n); A: square(n)
    """
    settings = settings or Settings()
    findings: list[Finding] = []
    assumed: dict[str, None] = {}
    for start, part in parts(text, name):
        one = check_part(text, part, start, name, settings)
        findings += one.findings
        assumed |= dict.fromkeys(one.assumed)
    if not findings:
        hint = "y = x'*x and ∂y/∂x = 2*x', on lines of their own"
        raise MatcalcError("E805", f"there is nothing to check in {name}", hint=hint)
    return Report(name, text, tuple(findings), tuple(assumed))


def parts(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield what is checked by itself, with its place: the blocks of Markdown, or all."""
    if PurePath(name).suffix.lower() not in MARKDOWN:
        yield 0, text
        return
    yield from _blocks(text)


def _blocks(source: str) -> Iterator[tuple[int, str]]:
    """Yield the fenced blocks whose first word is matcalc; one may end with the file."""
    fence = word = ""
    quoted = False
    begin = place = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+\Z", source):
        match = _FENCE.match(line)
        if not fence and match:
            fence, word, begin = match["fence"], match["word"], place + len(line)
            quoted = ">" in line[: match.start("fence")]
        elif fence and match and match["fence"].startswith(fence) and not match["word"]:
            if word == "matcalc":
                yield begin, _unquoted(source[begin:place], quoted)
            fence = ""
        place += len(line)
    if fence and word == "matcalc":
        yield begin, _unquoted(source[begin:], quoted)


def _unquoted(text: str, quoted: bool) -> str:
    """Blank the marks of a quotation."""
    if not quoted:
        return text
    return _QUOTED.sub(lambda match: " " * len(match.group()), text)


def check_part(source: str, text: str, start: int, name: str, settings: Settings) -> Report:
    """Check one part, which stands in `source` from `start` on."""
    findings: list[Finding] = []
    assumed: dict[str, None] = {}
    known: dict[str, tuple[Side, ...]] = {}
    place = start
    try:
        for derivation in _derivations(source, text, start, name):
            place = derivation.chains[0][0].start
            try:
                scope, whole = _scope(derivation, settings, known)
            except MatcalcError as error:
                findings.append(_unread(source, place, error))
                continue
            found = check_derivation(whole, scope, settings)
            findings += [finding for finding in found if finding.start >= place]
            assumed |= dict.fromkeys(scope.inferred.assumptions)
    except MatcalcError as error:
        findings.append(_unread(source, place, error))
    return Report(name, source, tuple(findings), tuple(assumed))


def _scope(
    derivation: Derivation, settings: Settings, known: dict[str, tuple[Side, ...]]
) -> tuple[Scope, Derivation]:
    """Return what names stand for, and the derivation behind the definitions it rests on."""
    reader = Text(derivation.latex, declared(derivation, settings.where))
    functions = [d.name for d in reader.declarations if isinstance(d.kind, FunctionKind)]
    whole = in_context(without_arguments(derivation, functions), reader, known)
    wrt = derivation.setting("wrt") or settings.wrt
    return Scope(whole, reader, layout_of(derivation, settings), wrt), whole


def _derivations(source: str, text: str, start: int, name: str) -> Iterator[Derivation]:
    several = list(displays(source, text, start))
    if several or PurePath(name).suffix.lower() == ".tex":
        yield from several
        return
    found = read_lines(source, text, start)
    if found.chains:
        sides = [side.text for chain in found.chains for side in chain]
        yield found._replace(latex=any(map(is_latex, sides)))


def _unread(source: str, start: int, error: MatcalcError) -> Finding:
    if error.source == source and error.line:
        lines = source.split("\n")[: error.line - 1]
        start = sum(len(line) + 1 for line in lines) + error.column - 1
    end = start + max(1, error.length if error.source == source else 1)
    return Finding(UNREAD, line_of(source, start), start, end, "", "", None, error)
