"""Whole documents of derivations: LaTeX, Markdown, or a page of HTML."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Literal, NamedTuple

from matcalc.arguments import checked
from matcalc.derivation.outline import References
from matcalc.derivation.steps import Derivation
from matcalc.derivative import Derivative
from matcalc.errors import MatcalcError, shortened
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

Derived = Derivative | Derivation


@checked
def note(
    derivatives: Derived | Iterable[Derived] | Mapping[str, Derived],
    format: Format = "latex",  # noqa: A002
    title: str = TITLE,
) -> str:
    r"""Return a document that derives each of the derivatives, in a section of its own.

    Derivatives are derived in the manner that suits them; a derivation says its own. The
    LaTeX compiles with pdflatex, the page of HTML loads nothing.

    Raises MatcalcError (E702) for a format that there is not.

    >>> import matcalc
    >>> page = note(matcalc.diff("w·x + b", ["w", "b"]), format="markdown", title="A neuron")
    >>> [line for line in page.splitlines() if line.startswith("#")]
    ['# A neuron', '## Derivative by $\\mathbf{w}$', '## Derivative by $b$', '## Rules']
    """
    kind = KINDS.get(format)
    if kind is None:
        raise MatcalcError("E702", f"there is no format {format!s:.40}", hint=", ".join(KINDS))
    if isinstance(derivatives, Derived):
        derivatives = [derivatives]
    elif isinstance(derivatives, Mapping):
        derivatives = list(derivatives.values())
    elif isinstance(derivatives, Generator):
        derivatives = list(derivatives)
    if not (
        isinstance(derivatives, list | tuple)
        and all(isinstance(one, Derived) for one in derivatives)
    ):
        message = f"a note is of derivatives, not of {shortened(repr(derivatives))}"
        raise MatcalcError("E702", message, hint="matcalc.diff(…), or a list of such")
    references = References()
    sections = [section_of(_derivation(one), references, kind.room) for one in derivatives]
    return kind.document(sections, references, title)


def part(derivation: Derivation, format: Format) -> str:  # noqa: A002
    """Return one derivation without a document around it, as a notebook shows it."""
    kind = KINDS[format]
    references = References()
    return kind.body([section_of(derivation, references, kind.room)], references)


def _derivation(derived: Derived) -> Derivation:
    return derived.derivation() if isinstance(derived, Derivative) else derived
