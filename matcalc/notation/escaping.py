r"""Plain text inside LaTeX, Markdown and HTML: none of it is taken for a command."""

from __future__ import annotations

import unicodedata
from html import escape

from matcalc.notation.letters import GREEK

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": "$<$", ">": "$>$", "|": "$|$", '"': "''", "`": "`{}",
    "\n": " ", "\r": " ", "\t": " ", "–": "--", "—": "---", "’": "'", "‘": "`{}",
    "“": "``", "”": "''", "…": r"\dots{}", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}",
    "æ": r"\ae{}", "Æ": r"\AE{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}",
    "·": r"$\cdot$", "×": r"$\times$", "−": "$-$", "→": r"$\to$", "∂": r"$\partial$",
    "∇": r"$\nabla$", "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "∞": r"$\infty$",
    "⊗": r"$\otimes$", "⊙": r"$\odot$", "∈": r"$\in$", "Σ": r"$\Sigma$",
}  # fmt: skip
_LATEX.update({letter: rf"$\{name}$" for letter, name in GREEK.items() if name != "omicron"})

_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r'\"',
    "\u0304": r"\=", "\u0306": r"\u", "\u0307": r"\.", "\u030c": r"\v", "\u030a": r"\r",
    "\u0327": r"\c", "\u0328": r"\k", "\u030b": r"\H",
}  # fmt: skip


def latex_escaped(text: str) -> str:
    r"""Return plain text as LaTeX in ASCII; what TeX has no letter for is its code point.

    >>> print(latex_escaped(r"50% of \input{é} → 漢"))
    50\% of \textbackslash{}input\{\'{e}\} $\to$ [U+6F22]
    """
    return "".join(map(_latex, unicodedata.normalize("NFC", text)))


def _latex(character: str) -> str:
    known = _LATEX.get(character)
    if known is not None:
        return known
    if character.isascii():
        return character if character.isprintable() else ""
    letter, *marks = list(unicodedata.normalize("NFD", character))
    if len(marks) == 1 and marks[0] in _ACCENTS and letter.isascii():
        base = rf"\{letter}" if letter in "ij" and marks[0] not in "\u0327\u0328" else letter
        return f"{_ACCENTS[marks[0]]}{{{base}}}"
    simple = unicodedata.normalize("NFKC", character)
    if simple.isascii() and simple.isprintable():
        return "".join(map(_latex, simple))
    return f"[U+{ord(character):04X}]"


def visible(text: str) -> str:
    r"""Return a text with a mark in place of what only controls: C0, C1, changes of direction.

    >>> visible("a\x1b[31m\u202eb\n")
    'a�[31m�b�'
    """
    return "".join([c if c.isprintable() else "\ufffd" for c in text])


def markup_escaped(text: str) -> str:
    r"""Return plain text for HTML and XML, as content or as a quoted attribute.

    >>> markup_escaped("<b title='x'>\a")
    '&lt;b title=&#x27;x&#x27;&gt;�'
    """
    return escape(visible(text))


def markdown_escaped(text: str) -> str:
    r"""Return plain text as Markdown on one line, with every mark of Markdown and HTML escaped.

    >>> print(markdown_escaped("a | <b> *c*\n# d_1"))
    a \| &lt;b&gt; \*c\* \# d\_1
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "".join(_markdown(c) for c in words)


def _markdown(character: str) -> str:
    entity = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character)
    if entity:
        return entity
    return "\\" + character if character in _ESCAPED else character


_ESCAPED = frozenset(r"\`*_{}[]#|$~!")
