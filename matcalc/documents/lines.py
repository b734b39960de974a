"""Split a written derivation into chains of equations, every side at its place.

A derivation has one chain `a = b = c` a line. A line that begins with `=` goes on with the
chain above it, one without any `=` with the last side. `#` begins a remark, often the rule's
name. Lines `where: x: vector(n)`, `layout: denominator` and `wrt: x` say how the rest is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from matcalc.errors import MatcalcError


class Side(NamedTuple):
    """One side of an equation: `source[start:start + len(text)]`, but for what is blanked.

    A side may be an entry: then `indices` are its free ones, each with its last value, or
    '' if that comes from use.
    """

    text: str
    start: int
    indices: tuple[tuple[str, str], ...] = ()


class Setting(NamedTuple):
    """A line such as `where: x: vector(n)`."""

    name: str
    value: Side


class Derivation(NamedTuple):
    """What one derivation says: its chains in order, its settings, and whether it is LaTeX.

    `source` is the text in which the places count: the whole file, or what it was rewritten
    to; then `places` tells where its characters stand in the `file`.
    """

    source: str
    chains: tuple[tuple[Side, ...], ...]
    settings: tuple[Setting, ...]
    latex: bool
    places: Sequence[int] | None = None
    file: str = ""

    def line(self, place: int) -> int:
        """Return the number of the line in which a place of the source is in the file."""
        if self.places is None:
            return line_of(self.source, place)
        return line_of(self.file, self.places[place])

    def setting(self, name: str) -> str:
        """Return what was set last, or ''."""
        return next((s.value.text for s in reversed(self.settings) if s.name == name), "")


SETTING = re.compile(r"[ \t]*(where|layout|wrt)[ \t]*:[ \t]*(.*?)[ \t\r]*$")

# What a printed derivation has besides equations: headings, footnotes, cases of the answer.
_HEADING = re.compile(r"\s*(?:\d+\. [A-Z]|\[\d+\] [A-Z]|that is, where \[)")

# Two words side by side are no formula, nor is a word behind a name or a bracket.
_REMARK = re.compile(r"(?<=[^\W\d])[ \t]{3,}(?=[A-Za-z])|(?<=[\])'])[ \t]{3,}(?=[A-Za-z])"
                     r"|(?<=\d)[ \t]{3,}(?=[A-Za-z-]+ [A-Za-z\[]|collect\s*$)")  # fmt: skip

_OPEN, _CLOSE = "([{", ")]}"
_COMPARED = "<>=!"


def read_lines(source: str, text: str, start: int, *, latex: bool = False) -> Derivation:
    r"""Read the derivation that stands in `source` from `start` on.

    >>> text = "u = x^2  # a square\ny = x + u\n  = u + x\n"
    >>> for chain in read_lines(text, text, 0).chains:
    ...     print([side.text for side in chain])
    ['u', 'x^2']
    ['y', 'x + u', 'u + x']
    """
    settings: list[Setting] = []
    chains: list[list[Side]] = []
    goes_on = False
    for place, line in _lines(text, start):
        match = SETTING.match(line)
        if match:
            settings.append(Setting(match[1], Side(match[2], place + match.start(2))))
            goes_on = False
        elif not line.strip() or _HEADING.match(line):
            goes_on = False
        else:
            _add_line(source, chains, place, line, goes_on=goes_on)
            goes_on = True
    return Derivation(source, _finished(source, chains), tuple(settings), latex)


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the lines without their remarks."""
    for line in text.split("\n"):
        shown = re.split(r"(?<!\\)#", line, maxsplit=1)[0]
        remark = _REMARK.search(shown)
        yield start, shown[: remark.start()] if remark and "=" in shown else shown
        start += len(line) + 1


def _add_line(
    source: str, chains: list[list[Side]], place: int, line: str, *, goes_on: bool
) -> None:
    first, *others = _split(line, place)
    if first.text or not others:
        if others:
            chains.append([first])
        elif goes_on:
            chains[-1][-1] = _joined(source, chains[-1][-1], first)
        else:
            message = "a line of a derivation is an equation; this has no ="
            hint = "y = x'*x, or ∂y/∂x = 2*x'; remarks begin with #"
            start = place + len(line) - len(line.lstrip())
            raise MatcalcError("E803", message, hint=hint).at(source, start, start + 1)
    elif not goes_on:
        raise _without_chain(source, place + line.index("="))
    chains[-1] += others


def _without_chain(source: str, place: int) -> MatcalcError:
    message = "this line goes on with a chain, and there is none above it"
    return MatcalcError("E803", message, hint="y = x'*x").at(source, place, place + 1)


def _split(line: str, place: int) -> Iterable[Side]:
    """Split a line at each = outside of brackets that is no part of a comparison.

    >>> [side.text for side in _split("y = sum(x, axis=0) = [a == b]", 0)]
    ['y', 'sum(x, axis=0)', '[a == b]']
    """
    found: list[Side] = []
    depth = begin = 0
    for k, character in enumerate(line):
        depth += (character in _OPEN) - (character in _CLOSE)
        around = line[max(k - 1, 0) : k] + line[k + 1 : k + 2]
        if character == "=" and depth <= 0 and not set(around) & set(_COMPARED):
            found.append(_stripped(line[begin:k], place + begin))
            begin = k + 1
    return [*found, _stripped(line[begin:], place + begin)]


def _stripped(text: str, start: int) -> Side:
    kept = text.strip()
    return Side(kept, start + len(text) - len(text.lstrip()))


def _joined(source: str, one: Side, other: Side) -> Side:
    """Return a side that goes on in a further line."""
    between = " " * (other.start - one.start - len(one.text))
    return Side(one.text + between + other.text, one.start)


def _finished(source: str, chains: list[list[Side]]) -> tuple[tuple[Side, ...], ...]:
    """Return the chains; refuse those with an empty side."""
    for chain in chains:
        for side in chain:
            if not side.text:
                place = min(side.start, len(source) - 1)
                message = "a side of this equation is empty"
                raise MatcalcError("E803", message).at(source, place, place + 1)
    return tuple([tuple(chain) for chain in chains])


def line_of(source: str, place: int) -> int:
    """Return the number of the line, from 1, in which a place is."""
    return source.count("\n", 0, place) + 1
