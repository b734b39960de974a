r"""Find the displays of a LaTeX document, and the chains of equations in them.

Comments of the form `% where: x \in \mathbb{R}^n`, `% layout: denominator` and `% wrt: x` say
how the displays behind them are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.documents.lines import SETTING, Derivation, Setting, Side
from matcalc.errors import MatcalcError
from matcalc.syntax.latex import align_lines

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(r"\\begin\{((?:verbatim|lstlisting|comment|minted)\*?)\}")
_DISPLAY = re.compile(
    r"\\begin\{((?:align|equation|gather|eqnarray|multline|flalign)\*?)\}|\$\$|(?<!\\)\\\["
)
_NEXT = re.compile(r"(?:[,;]|(?<![\s,;]))\s*(?:&?\s*(?:\\q?quad(?![A-Za-z])\s*)+&?|&)\s*")
_INNER = re.compile(r"\\(begin|end)\{(?!align|equation|gather|split|eqnarray|multline|flalign)")
_ENDINGS = (r"\,", r"\;", r"\!", ".", ",", ";")

LONGEST_DISPLAY = 10_000
"""Characters; longer displays are refused."""


def displays(source: str, text: str, start: int) -> Iterator[Derivation]:
    r"""Yield a derivation for each display of `text`, which stands in `source` at `start`.

    >>> text = r"We have \[ y = x^\top x, \quad \frac{dy}{dx} = 2 x^\top. \]"
    >>> [found] = displays(text, text, 0)
    >>> [[side.text for side in chain] for chain in found.chains]
    [['y', 'x^\\top x'], ['\\frac{dy}{dx}', '2 x^\\top']]
    """
    settings = [s for match in _COMMENT.finditer(text) for s in _settings(match, start)]
    plain = _COMMENT.sub(lambda match: " " * len(match.group()), text)
    for begin, end in _spans(_VERBATIM, plain):
        plain = plain[:begin] + re.sub(r"[^\n]", " ", plain[begin:end]) + plain[end:]
    finish = plain.find(r"\end{document}")
    for begin, end in _spans(_DISPLAY, plain if finish < 0 else plain[:finish]):
        place = start + begin
        if end - begin > LONGEST_DISPLAY:
            message = f"a display has more than {LONGEST_DISPLAY} characters"
            raise MatcalcError("E503", message).at(source, place, place + 1)
        chains = _chains(_rows(plain[begin:end]), place)
        known = tuple([s for s in settings if s.value.start < place])
        if chains:
            yield Derivation(source, chains, known, latex=True)


def _spans(opening: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Yield where what the pattern opens begins and ends; what is never closed is left out."""
    place = 0
    unclosed: set[str] = set()
    while match := opening.search(text, place):
        opened = match.group()
        closing = {"$$": "$$", r"\[": r"\]"}.get(opened, opened.replace("begin", "end"))
        end = -1 if closing in unclosed else text.find(closing, match.end())
        if end < 0:
            unclosed.add(closing)
            place = match.end()
        else:
            place = end + len(closing)
            yield match.start(), place


def _settings(match: re.Match[str], start: int) -> Iterator[Setting]:
    found = SETTING.match(match.group()[1:])
    if found:
        yield Setting(found[1], Side(found[2], start + match.start() + 1 + found.start(2)))


def _rows(display: str) -> str:
    r"""Break rows between equations that stand side by side, set off by \quad or by &."""

    def broken(match: re.Match[str]) -> str:
        inner = [found[1] for found in _INNER.finditer(display, 0, match.start())]
        if inner.count("begin") > inner.count("end"):  # in a matrix or a case distinction
            return match.group()
        after = display[match.end() :].lstrip(" &")
        rest = re.split(r"\\\\|\\q?quad(?![A-Za-z])|&", after, maxsplit=1)[0]
        before = re.split(r"\\\\", display[: match.start()])[-1].rstrip(" &\n")
        between = "&" in match.group() and before.count("&") % 2 == 0
        goes_on = rest.lstrip().startswith("=") or before.endswith("=") or "=" not in before
        if between or goes_on or ("=" not in rest and "&" not in match.group()):
            return match.group()
        return r"\\".ljust(len(match.group()))

    return _NEXT.sub(broken, display)


def _chains(display: str, place: int) -> tuple[tuple[Side, ...], ...]:
    chains: list[list[Side]] = []
    row = -1
    for line, start, text in align_lines(display):
        side = Side(_unpunctuated(text), place + start)
        before = display[:start].rstrip(" &\t\r\n")
        follows = before.endswith("=")
        if line != row and not follows:
            single = not display[start + len(text) :].lstrip(" &\t\r\n").startswith("=")
            if single and chains:  # the row goes on with the last side
                last = chains[-1].pop()
                between = " " * (side.start - last.start - len(last.text))
                side = Side(last.text + between + side.text, last.start)
                chains[-1].append(side)
            else:
                chains.append([side])
        elif chains:
            chains[-1].append(side)
        row = line
    return tuple([tuple(chain) for chain in chains if len(chain) > 1])


def _unpunctuated(text: str) -> str:
    r"""Return a side without what ends a sentence.

    >>> _unpunctuated(r"x^2 \, .")
    'x^2'
    """
    kept = ""
    while kept != text:
        kept = text
        text = text.rstrip()
        for ending in _ENDINGS:
            text = text.removesuffix(ending)
    return text
