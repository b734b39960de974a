r"""Find the displays of a LaTeX document, and the chains of equations in them.

Comments of the form `% where: x \in \mathbb{R}^n`, `% layout: denominator` and `% wrt: x` say
how the displays behind them are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.documents.lines import SETTING, Derivation, Setting, Side
from matcalc.syntax.latex import align_lines

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(
    r"\\begin\{(verbatim|lstlisting|comment|minted)\*?\}.*?\\end\{\1\*?\}"
    r"|\\end\{document\}.*",
    re.DOTALL,
)
_DISPLAY = re.compile(
    r"\\begin\{((?:align|equation|gather|eqnarray|multline|flalign)\*?)\}.*?\\end\{\1\}"
    r"|\$\$.*?\$\$|(?<!\\)\\\[.*?\\\]",
    re.DOTALL,
)
_NEXT = re.compile(r"[,;]?\s*(?:\\q?quad(?![A-Za-z])\s*)+")
_ENDING = re.compile(r"(?:\s|[.,;]|\\[,;!])+$")


def displays(source: str, text: str, start: int) -> Iterator[Derivation]:
    r"""Yield a derivation for each display of `text`, which stands in `source` at `start`.

    >>> text = r"We have \[ y = x^\top x, \quad \frac{dy}{dx} = 2 x^\top. \]"
    >>> [found] = displays(text, text, 0)
    >>> [[side.text for side in chain] for chain in found.chains]
    [['y', 'x^\\top x'], ['\\frac{dy}{dx}', '2 x^\\top']]
    """
    settings = [s for match in _COMMENT.finditer(text) for s in _settings(match, start)]
    plain = _blanked(_VERBATIM, _blanked(_COMMENT, text))
    for match in _DISPLAY.finditer(plain):
        shown = _rows(match.group())
        place = start + match.start()
        chains = _chains(shown, place)
        known = tuple([s for s in settings if s.value.start < place])
        if chains:
            yield Derivation(source, chains, known, latex=True)


def _settings(match: re.Match[str], start: int) -> Iterator[Setting]:
    found = SETTING.match(match.group()[1:])
    if found:
        yield Setting(found[1], Side(found[2], start + match.start() + 1 + found.start(2)))


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """Return the text with blanks for what the pattern finds, its line breaks kept."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _rows(display: str) -> str:
    r"""Break rows where \quad sets off an equation that has its own left side."""

    def broken(match: re.Match[str]) -> str:
        rest = re.split(r"\\\\|\\q?quad(?![A-Za-z])", display[match.end() :], maxsplit=1)[0]
        before = re.split(r"\\\\", display[: match.start()])[-1]
        if "=" in rest and "=" in before and not rest.lstrip(" &").startswith("="):
            return r"\\".ljust(len(match.group()))
        return match.group()

    return _NEXT.sub(broken, display)


def _chains(display: str, place: int) -> tuple[tuple[Side, ...], ...]:
    chains: list[list[Side]] = []
    row = -1
    for line, start, text in align_lines(display):
        side = Side(_ENDING.sub("", text), place + start)
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
