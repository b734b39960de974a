"""Text that was rewritten, each character with its place in the file it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from re import Match, Pattern
from typing import NamedTuple


class Placed(NamedTuple):
    """A text, and where in the file each of its characters stands, the end included."""

    text: str
    places: Sequence[int]

    def part(self, start: int, end: int) -> Placed:
        """Return a part with its places."""
        return Placed(self.text[start:end], self.places[start : end + 1])


def whole(text: str) -> Placed:
    """Return a file's text as it stands."""
    return Placed(text, range(len(text) + 1))


def inserted(text: str, place: int) -> Placed:
    """Return a text that stands nowhere, put in at a place."""
    return Placed(text, [place] * (len(text) + 1))


def joined(parts: Iterable[Placed], end: int = 0) -> Placed:
    """Return parts one after the other; `end` is the place behind the last if there is none."""
    pieces: list[str] = []
    places: list[int] = []
    for text, own in parts:
        pieces.append(text)
        places += own[: len(text)]
        end = own[len(text)]
    return Placed("".join(pieces), [*places, end])


def rewritten(
    given: Placed, pattern: Pattern[str], new: Callable[[Match[str]], Placed | None]
) -> Placed:
    """Replace what a pattern finds, but for where there is nothing `new`."""
    parts: list[Placed] = []
    place = 0
    for match in pattern.finditer(given.text):
        put = new(match) if match.start() >= place else None
        if put is not None:
            parts += (given.part(place, match.start()), put)
            place = match.end()
    return joined([*parts, given.part(place, len(given.text))])


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length with spaces in some spans, its lines kept.

    >>> blanked("a + b", [(1, 3)])
    'a   b'
    """
    parts: list[str] = []
    place = 0
    for start, end in sorted(spans):
        if end > place:
            start = max(start, place)
            hidden = "".join(c if c == "\n" else " " for c in text[start:end])
            parts += (text[place:start], hidden)
            place = end
    return "".join((*parts, text[place:]))


def between(marks: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Return the spans between marks that follow each other."""
    return pairwise(marks)
