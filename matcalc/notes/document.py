"""Whole documents of derivations: LaTeX, Markdown, or a page of HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from matcalc.derivation.outline import References
from matcalc.derivation.steps import Derivation
from matcalc.errors import MatcalcError
from matcalc.notes import html, latex, markdown
from matcalc.notes.sections import Section, section_of

Format = Literal["latex", "markdown", "html"]

TITLE = "Derivation"


class Kind(NamedTuple):
    """A kind of document: how wide its lines are, and what writes it whole or without a frame."""

    room: float
    document: Callable[[list[Section], References, str], str]
    body: Callable[[list[Section], References], str]


KINDS: dict[str, Kind] = {
    "latex": Kind(latex.ROOM, latex.document, latex.body),
    "markdown": Kind(markdown.ROOM, markdown.document, markdown.body),
    "html": Kind(html.ROOM, html.document, html.body),
}


def document(
    derivations: Iterable[Derivation],
    format: Format = "latex",  # noqa: A002
    title: str = TITLE,
) -> str:
    """Return a document of derivations, in a section each.

    Raises MatcalcError (E702) for a format that there is not.
    """
    kind = KINDS.get(format)
    if kind is None:
        raise MatcalcError("E702", f"there is no format {format!s:.40}", hint=", ".join(KINDS))
    references = References()
    sections = [section_of(one, references, kind.room) for one in derivations]
    return kind.document(sections, references, title)


def part(derivation: Derivation, format: Format) -> str:  # noqa: A002
    """Return one derivation without a document around it, as a notebook shows it."""
    kind = KINDS[format]
    references = References()
    return kind.body([section_of(derivation, references, kind.room)], references)
