r"""Names in LaTeX: \hat{\mathbf{x}}, \theta, \mathrm{loss}; and which name of ours each is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from matcalc.syntax.characters import LETTERS, MARKS
from matcalc.syntax.greek import SPELLED, WORDS

LETTER_COMMANDS = (WORDS | {"ell"}) - {"lam", "eps"}
ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
    "widetilde": "tilde", "dot": "dot", "ddot": "ddot", "vec": "vec", "breve": "breve",
    "check": "check", "acute": "acute", "grave": "grave",
}  # fmt: skip
STYLES = {
    "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "pmb": "bold", "mathbfit": "bold",
    "symbf": "bold", "mathbb": "outlined", "mathrm": "upright", "mathsf": "upright",
    "text": "upright", "textrm": "upright", "mbox": "upright",
    "mathit": "upright", "textit": "upright",
    "mathcal": "", "mathscr": "", "mathfrak": "", "textbf": "bold",
}  # fmt: skip

MOST_STYLES = 8
"""How many styles and accents one name may have."""

_COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
_WORD = re.compile(rf"[{LETTERS}]+(?:(?:\\?_)?[{LETTERS}0-9]+)*|[01](?!\d)")
_LETTER = re.compile(rf"[{LETTERS}]|[01](?!\d)")
_BRACE = re.compile(r"\s*\}")


_RESERVED = {"delta": "δ"}
"""Letters whose plain spelling is the name of a function."""


class Symbol(NamedTuple):
    """A name as typed: its spelling here, its style, and the accents over it."""

    name: str
    style: str
    accents: tuple[str, ...]
    end: int


def read_symbol(text: str, start: int) -> Symbol | None:
    r"""Read styles, accents and the one letter or word that they apply to, or nothing.

    >>> read_symbol(r"\hat{\mathbf{x}}_1", 0)
    Symbol(name='x', style='bold', accents=('hat',), end=16)
    >>> read_symbol(r"\mathbf{A x}", 0) is None
    True
    """
    place, opened, style = start, 0, ""
    accents: list[str] = []
    for _ in range(MOST_STYLES):
        match = _COMMAND.match(text, place)
        if match is None:
            break
        command = match[1]
        if command in LETTER_COMMANDS:
            break
        if command not in STYLES and command not in ACCENTS:
            return None
        if command in ACCENTS:
            accents.append(ACCENTS[command])
        elif style != "bold":
            style = STYLES[command] or style
        place = match.end()
        if text[place : place + 1] == "{":
            opened += 1
            place = re.compile(r"\{\s*").match(text, place).end()  # type: ignore[union-attr]
        elif text[place - 1].isalpha() and text[place : place + 1].isalpha():
            return None
    else:
        return None
    if match:
        name, place = match[1], match.start() + 1 + len(match[1])
    else:
        core = (_WORD if opened else _LETTER).match(text, place)
        if core is None:
            return None
        name, place = core.group().replace("\\_", "_"), core.end()
    for _ in range(opened):
        brace = _BRACE.match(text, place)
        if brace is None:
            return None
        place = brace.end()
    return Symbol(name, style, tuple(accents), place)


@lru_cache(maxsize=4096)
def canonical(name: str) -> tuple[str, ...]:
    """Return what two names share if LaTeX writes them alike.

    >>> canonical("θ1") == canonical("theta_1"), canonical("x_1_hat") == canonical("x_hat_1")
    (True, True)
    """
    decomposed = unicodedata.normalize("NFD", name)
    spelled = "".join(
        f"_{SPELLED[c]}_" if c in SPELLED else f"_{MARKS[c]}_" if c in MARKS else c
        for c in decomposed
    )
    base, *rest = re.findall(r"[^\W\d_]+|\d+", spelled) or [name]
    marks = set(ACCENTS.values())
    accents = sorted(part for part in rest if part in marks)
    base = base.removeprefix("var") if base in LETTER_COMMANDS else base
    return (base, *accents, *(part for part in rest if part not in marks))


class Known:
    """The declared names, found by what LaTeX writes for them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._by_key: dict[tuple[str, ...], list[str]] = {}
        for name in self.names:
            self._by_key.setdefault(canonical(name), []).append(name)

    def find(self, name: str) -> str | None:
        """Return the declared name that is written as this one, if there is just one."""
        if name in self.names:
            return name
        found = self._by_key.get(canonical(name), ())
        return found[0] if len(found) == 1 else None

    def spelling(self, symbol: Symbol) -> str:
        r"""Return the name of a symbol: the declared one, else the plain spelling.

        An arrow says that something is a vector, unless it belongs to a declared name.
        """
        letter = _RESERVED.get(symbol.name, symbol.name)
        full = "_".join((letter, *symbol.accents))
        found = self.find(full)
        if found is not None:
            return found
        kept = "_".join((letter, *(a for a in symbol.accents if a != "vec")))
        return self.find(kept) or kept
