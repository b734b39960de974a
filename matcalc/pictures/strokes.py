"""How the paths from the variable to the result are told apart: by colour and by dashes."""

from __future__ import annotations

from typing import NamedTuple


class Stroke(NamedTuple):
    """A colour on light ground and on dark, and the lengths of dashes and gaps."""

    light: str
    dark: str
    dashes: tuple[int, ...]


STROKES = (
    Stroke("#0a62a9", "#6cb6f5", ()),
    Stroke("#b9470c", "#f5955c", (7, 3)),
    Stroke("#0b7a53", "#54cf9f", (2, 3)),
    Stroke("#9b3c87", "#e293d2", (10, 3, 2, 3)),
    Stroke("#7a6000", "#dfc04e", (4, 2)),
    Stroke("#4c4cc4", "#a7a7ff", (10, 3, 2, 3, 2, 3)),
)
"""One for each path that is spelled out."""


def stroke_of(path: int) -> Stroke:
    """Return how a path is drawn, by its number."""
    return STROKES[path % len(STROKES)]
