r"""Find derivative symbols in a side: ∂y/∂x, dy/dx, ∇y, \frac{\partial y}{\partial x}.

Each is replaced by a letter of its own, so that what remains is a formula of the language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from matcalc.documents.latex_symbols import latex_symbols
from matcalc.documents.notation import Found, Symbol
from matcalc.errors import MatcalcError
from matcalc.syntax.characters import LETTERS

STAND_INS = "".join(
    chr(code)
    for block in ((0x0182, 0x01A0), (0x01A2, 0x01AF), (0x0221, 0x0226), (0x0234, 0x0250))
    for code in range(*block)
)
"""Letters that stand for derivatives: they have no accents, and nobody types them."""


class Masked(NamedTuple):
    """A side with stand-ins for its symbols, of the same length; and which stands for which.

    `indices` are those of the first symbol, if it is one of entries.
    """

    text: str
    symbols: dict[str, Symbol]
    indices: tuple[str, ...] = ()


def masked(text: str, names: Collection[str], letters: dict[Symbol, str], *, latex: bool) -> Masked:
    """Replace derivative symbols; `names` are those in use, `letters` those given before.

    >>> found = masked("∂y/∂u · du/dx", ["y", "u", "x"], {}, latex=False)
    >>> found.text, [str(symbol) for symbol in found.symbols.values()]
    ('Ƃ     * ƃ    ', ['∂y/∂u', 'du/dx'])
    """
    parts: list[str] = []
    used: dict[str, Symbol] = {}
    place = 0
    found = find_symbols(text, names, latex=latex)
    for symbol, start, end, indices in found:
        _refuse_ambiguous(text, symbol, start, end)
        letter = letters.get(symbol)
        if letter is None:
            free = [c for c in STAND_INS if c not in letters.values()]
            if not free:
                message = f"there are more than {len(STAND_INS)} different derivatives"
                raise MatcalcError("E503", message).at(text, start, end)
            letter = letters[symbol] = free[0]
        used[letter] = symbol
        script = f"_{{{' '.join(indices)}}}" if indices else ""
        parts += (text[place:start], f"{letter}{script}".ljust(end - start))
        place = end
    shown = "".join((*parts, text[place:]))
    if used and not latex:  # Jacobians are multiplied, also where a dot says so
        mark = f"[{''.join(used)}]"
        shown = re.sub(rf"({mark}\s*)[·⋅]|[·⋅](?=\s*{mark})", _times, shown)
    if used and latex:
        mark = f"[{''.join(used)}]"
        shown = re.sub(rf"({mark}\s*)\\cdot(?![A-Za-z])|\\cdot(?=\s*{mark})", _times, shown)
    return Masked(shown, used, found[0].indices if found else ())


_BEHIND = re.compile(
    r"\s*(?P<transpose>['′ᵀ⊤]|\.['′T]|\^\s*\{?\s*(?:\\top\b|[⊤ᵀT]))|\s*(?:\[|\.?\^|\*\*|²|³|_)"
)


def _refuse_ambiguous(text: str, symbol: Symbol, start: int, end: int) -> None:
    """Refuse what may belong to the last name or to the whole derivative, as in ∂y/∂x'."""
    match = _BEHIND.match(text, end)
    is_fraction = re.match(r"\\[dt]?frac", text[start:end]) is not None
    if match is None or is_fraction or (symbol.sign == "∇" and match["transpose"]):
        return
    behind = match.group().strip()
    message = f"{behind} may belong to the derivative or to the name before it"
    hint = f"({text[start:end].rstrip()}){behind}"
    raise MatcalcError("E107", message, hint=hint).at(text, start, match.end())


def _times(match: re.Match[str]) -> str:
    before = match[1] or ""
    operator = match.group()[len(before) :]
    return before + ("*" if len(operator) == 1 else " ").ljust(len(operator))


def find_symbols(text: str, names: Collection[str], *, latex: bool) -> list[Found]:
    """Return the derivative symbols of a side, those inside others left out."""
    found = [*_plain(text, names), *(latex_symbols(text, names) if latex else ())]
    result: list[Found] = []
    for item in sorted(found, key=lambda f: (f.start, -f.end)):
        if not result or item.start >= result[-1].end:
            result.append(item)
    return result


# In the language

_NAME = rf"(?![0-9_])[{LETTERS}0-9_]+"
_ORDER = r"(?P<order>²|\^2)?"
_QUOTIENT = re.compile(rf"(?P<sign>∂|(?<![{LETTERS}0-9_])d){_ORDER}[ ]*(?P<of>{_NAME}|\()?")
_BY = re.compile(rf"[ ]*/[ ]*(?P<sign>[∂d])[ ]*(?P<by>{_NAME})(?P<order>²|\^2)?")
_NABLA = re.compile(
    rf"∇{_ORDER}(?:_(?:\{{(?P<braced>{_NAME})\}}|(?P<by>{_NAME})))?[ ]*(?P<of>{_NAME}|\()"
)


def _plain(text: str, names: Collection[str]) -> Iterator[Found]:
    for match in _QUOTIENT.finditer(text):
        end, of = match.end(), match["of"] or ""
        if of == "(":
            end = _closing(text, match.start("of"))
            of = text[match.start("of") : end]
        below = _BY.match(text, end)
        if below is None or below["sign"] != match["sign"]:
            continue
        if match["sign"] == "d" and {f"d{of}", f"d{below['by']}", "d"} & set(names):
            continue
        order = 2 if match["order"] else 1
        if match["order"] and not below["order"]:
            continue
        end = below.end() if match["order"] else below.end("by")
        if not of:
            opening = re.compile(r"[ ]*\(").match(text, end)
            if opening is None:
                continue
            end = _closing(text, opening.end() - 1)
            of = text[opening.end() - 1 : end]
        yield Found(Symbol(match["sign"], order, of, below["by"]), match.start(), end)
    for match in _NABLA.finditer(text):
        end, of = match.end(), match["of"]
        if of == "(":
            end = _closing(text, match.start("of"))
            of = text[match.start("of") : end]
        by = match["braced"] or match["by"] or ""
        yield Found(Symbol("∇", 2 if match["order"] else 1, of, by), match.start(), end)


def _closing(text: str, opening: int) -> int:
    """Return the place behind the bracket that closes the one at `opening`."""
    depth = 0
    for k in range(opening, len(text)):
        depth += (text[k] in "([{") - (text[k] in ")]}")
        if not depth:
            return k + 1
    return len(text)
