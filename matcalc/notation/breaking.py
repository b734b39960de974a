r"""Long formulas on several lines: broken at their outermost sums first, then at products.

One scanner for each notation yields the places at which a line may end. Both know brackets;
that of LaTeX also knows what cannot be broken: fractions, scripts, matrices, growing brackets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

FULL_ENOUGH = 0.25
"""A line that could only be filled to less than this is rather too long."""

LOOSE = 7.0
"""How bad it is to leave all of a line empty; one more bracket around a place is as bad as 3."""

DEEPEST = 3
"""Brackets around a place beyond these make it no worse."""

UNEVEN = 1.3
"""How much longer than the average a line may be, so that the last one is not a scrap."""


class Place(NamedTuple):
    """A place where a line may end: its position, the width up to it, and how bad it is."""

    position: int
    width: float
    penalty: int


def broken(text: str, places: Sequence[Place], whole: float, room: float) -> list[str]:
    """Return the lines of a text that is `whole` wide, each at most `room` if that can be.

    >>> text = "a + b*c + d"
    >>> broken(text, text_places(text), len(text), 8)
    ['a + b*c', '+ d']
    """
    room = min(room, UNEVEN * whole / ceil(whole / room))
    lines = []
    start, done = 0, 0.0
    index = 0
    while whole - done > room:
        within: list[Place] = []
        while index < len(places) and places[index].width - done <= room:
            within.append(places[index])
            index += 1
        if within and within[-1].width - done >= room * FULL_ENOUGH:
            end = done + room
            best = min(within, key=lambda place: place.penalty + LOOSE * (end - place.width) / room)
        elif index < len(places):
            best = places[index]  # what stands before it is too wide, and cannot be broken
        else:
            break
        lines.append(text[start : best.position].strip())
        start, done = best.position, best.width
        index = bisect_right(places, best)
    return [*lines, text[start:].strip()]


# Plain text

_TEXT_BREAKS = re.compile(r"; | [+-] | \.[*/] |/(?![∂d]\w)|[*·⊗]|, |[(\[]|[)\]]")


def text_places(text: str) -> list[Place]:
    """Return the places at which a line of a formula in plain text may end."""
    places = []
    depth = 0
    for found in _TEXT_BREAKS.finditer(text):
        sign = found[0]
        if sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        else:
            after = sign in ("; ", ", ")
            position = found.end() if after else found.start()
            rank = 0 if sign.strip() in ("+", "-", ";") else 1 + after
            places.append(Place(position, position, 3 * min(depth, DEEPEST) + rank))
    return places


def broken_text(text: str, room: int) -> list[str]:
    """Return the lines of a formula in plain text."""
    return broken(text, text_places(text), len(text), room)


# LaTeX

_TOKEN = re.compile(
    r"\\(?:begin|end)\{\w+\}(?:\{c+\})?|\\(?:left|right)(?:\\[A-Za-z]+|\\.|.)"
    r"|\\[A-Za-z]+|\\.|\s+|.",
    re.DOTALL,
)
_GAP = re.compile(r" (?P<sign>[+-]|\\odot|\\oslash|\\otimes|\\cdot|/|\\,|=) | ")

_NOTHING = frozenset(
    r"\mathbf \boldsymbol \mathrm \operatorname \text \hat \bar \tilde \dot \ddot \vec \breve"
    r" \check \acute \grave".split()
)
_WIDE = frozenset(r"+ - = < > / \le \ge \ne \odot \oslash \otimes \cdot \times \to".split())
_SMALL = frozenset(r", ; : ' . \, \; ( ) [ ] | \|".split())
_WORDS = frozenset(
    r"\sin \cos \tan \sinh \cosh \tanh \arcsin \arccos \arctan \exp \log \det \max \min".split()
)
_WIDTHS = {r"\sum": 2.6, r"\prod": 2.4, r"\sqrt": 1.5, r"\dots": 2.2}

SCRIPT = 0.7
"""The width of a script next to that of the text."""

GAP = 2.0
"""The width between two columns of a matrix."""


class _Group:
    """A group that the scanner is in: what it is to the text around it, and its width.

    A matrix is as wide as its widest row, a fraction as the wider of its parts: `widest` is
    that of the rows that are complete, `numerator` that of one whose denominator follows.
    """

    def __init__(self, kind: str, width: float = 0.0) -> None:
        self.kind = kind
        self.width = width
        self.widest = 0.0
        self.numerator = 0.0


def latex_places(latex: str) -> tuple[list[Place], float]:
    r"""Return the places at which a line of LaTeX may end, and the width of the whole.

    The unit is the width of a letter.

    >>> places, width = latex_places(r"\mathbf{A} \mathbf{x} + \frac{a + b}{2}")
    >>> [place.position for place in places], round(width, 1)
    ([10, 21], 8.4)
    """
    places: list[Place] = []
    groups = [_Group("")]
    brackets = word = 0
    pending = ""
    for found in _TOKEN.finditer(latex):
        token = found[0]
        top = groups[-1]
        if token.isspace():
            if len(groups) == 1:
                places += _place(latex, word, found.start(), top.width, brackets)
            word = found.end()
        elif token in ("_", "^", r"\frac"):
            pending = token
        elif token == "{":
            groups.append(_Group(pending))
            pending = ""
        elif token.startswith((r"\begin", r"\left")):
            groups.append(_Group("", 1.5))
        elif token == "}" or token.startswith((r"\end", r"\right")):
            pending = _leave(groups)
        elif token == "&":
            top.width += GAP
        elif token == r"\\":
            top.widest = max(top.widest, top.width)
            top.width = 1.5
        else:
            if len(groups) == 1:
                brackets += (token in "([") - (token in ")]")
            top.width += _glyph(token) * (SCRIPT if pending else 1.0)
            pending = ""
    return places, groups[0].width


def _place(latex: str, word: int, position: int, width: float, brackets: int) -> Iterator[Place]:
    """Yield the place before a sign or between two factors; behind a sign there is none.

    `word` is where what stands before the place begins.
    """
    before = latex[word:position]
    gap = _GAP.match(latex, position)
    if gap is None or before in _WIDE or before == r"\," or before.startswith((r"\sum", r"\prod")):
        return
    rank = 0 if gap["sign"] in ("+", "-", "=") else 2 if before.endswith((",", ";")) else 1
    yield Place(position, width, 3 * min(brackets, DEEPEST) + rank)


def _leave(groups: list[_Group]) -> str:
    """Leave a group; return what the next one is if the two belong together."""
    group, around = groups.pop(), groups[-1]
    width = max(group.width, group.widest)
    if group.kind == r"\frac":
        around.numerator = width
        return "denominator"
    if group.kind == "denominator":
        width = max(width, around.numerator)
    around.width += width * (SCRIPT if group.kind in ("_", "^") else 1.0)
    return ""


def _glyph(token: str) -> float:
    if token in _NOTHING:
        return 0.0
    if token in _WIDE:
        return 2.2
    if token in _WORDS:
        return len(token) - 1.0
    return 0.6 if token in _SMALL else _WIDTHS.get(token, 1.0)


def broken_latex(latex: str, room: float) -> list[str]:
    r"""Return the lines of a formula in LaTeX.

    Where they stand in the way, brackets do not grow, and wide fractions are written with /.

    >>> broken_latex(r"\left(a + b + c + d\right) x", 8.0)
    ['(a + b + c', '+ d) x']
    >>> broken_latex(r"\frac{a + b + c}{2}", 7.0)
    ['(a + b', '+ c)', '/ (2)']
    """
    lines = _broken(latex, room)
    if _is_wide(lines, room) and r"\frac{" in latex:
        latex = _with_slashes(latex, room)
        lines = _broken(latex, room)
    if _is_wide(lines, room) and r"\left" in latex:
        lines = _broken(_GROWING.sub("", latex), room)
    return lines


def _broken(latex: str, room: float) -> list[str]:
    places, width = latex_places(latex)
    return [latex] if width <= room else broken(latex, places, width, room)


def _is_wide(lines: Sequence[str], room: float) -> bool:
    return any(latex_places(line)[1] > room for line in lines)


_GROWING = re.compile(r"\\(?:left|right)(?![A-Za-z])")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def _with_slashes(latex: str, room: float) -> str:
    """Return the formula with its wide fractions as (a) / (b); denominators are scalars."""
    texts = []
    rest = latex
    while (start := rest.find(r"\frac{")) >= 0:
        middle = _group_end(rest, start + 5)
        end = _group_end(rest, middle)
        if latex_places(rest[start:end])[1] > FRACTION * room:
            upper, lower = rest[start + 6 : middle - 1], rest[middle + 1 : end - 1]
            texts.append(rest[:start])
            rest = f"({upper}) / ({lower}){rest[end:]}"
        else:
            texts.append(rest[:end])
            rest = rest[end:]
    return "".join([*texts, rest])


FRACTION = 0.6
"""A fraction wider than this part of a line is written with a slash, if need be."""


def _group_end(latex: str, start: int) -> int:
    """Return the position behind the group that begins with the brace at `start`."""
    depth = 0
    for found in _BRACES.finditer(latex, start):
        depth += (found[0] == "{") - (found[0] == "}")
        if not depth:
            return found.end()
    return len(latex)
