r"""Find derivative symbols in LaTeX: \frac{\partial y}{\partial x}, \nabla_w L, D_x f, f'(x).

A symbol without what is derived, as \frac{d}{dx}, reaches over the whole term behind it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from matcalc.documents.notation import Found, Symbol
from matcalc.syntax.latex_names import Known, read_symbol

_UPRIGHT = r"\\(?:mathrm|operatorname|text|mathit)\s*(?:\{\s*d\s*\}|d(?![A-Za-z]))"
_D = rf"(?:(?P<partial>\\partial(?![A-Za-z])|∂)|{_UPRIGHT}|d)"
_SQUARED = r"\^\s*(?:2|\{\s*2\s*\})"
_SPACE = r"(?:\s|\\[,;:! ])*"
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?=\{)")
_ABOVE = re.compile(
    rf"{_SPACE}{_D}{_SPACE}(?P<order>{_SQUARED})?{_SPACE}(?P<of>.*?){_SPACE}$", re.S
)
_BELOW = re.compile(rf"{_SPACE}{_D}{_SPACE}")
_AGAIN = re.compile(rf"{_SPACE}(?:\\partial(?![A-Za-z])|∂|{_UPRIGHT}|d){_SPACE}")
_TRANSPOSED = re.compile(
    r"\s*\^\s*(?:\\top(?![A-Za-z])|T|\{\s*(?:\\top|T|\\intercal|\\prime"
    r"|\\math(?:sf|rm|bf)\s*(?:\{\s*T\s*\}|T))\s*\}|\\intercal|\\math(?:sf|rm)\s*\{\s*T\s*\})"
)
_POWER = re.compile(rf"\s*{_SQUARED}")
_SLASH = re.compile(rf"(?:(?P<partial>\\partial(?![A-Za-z]))|(?<![A-Za-z\\{{])d){_SPACE}")
_OVER = re.compile(rf"\s*/\s*(?:\\partial(?![A-Za-z])|d){_SPACE}")
_NABLA = re.compile(rf"\\nabla(?![A-Za-z])\s*(?P<order>{_SQUARED})?\s*")
_SUBSCRIPT = re.compile(r"_\s*")
_OPERATOR = re.compile(r"\\partial(?![A-Za-z])\s*(?=_)|(?<![A-Za-z\\])D\s*(?=_)")
_PRIMED = re.compile(rf"(?P<primes>''?|\^\s*\{{?\s*\\prime(?:\s*\\prime)?\s*\}}?){_SPACE}\(")
_ARGUMENT = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\[A-Za-z]+|[^\s{}\\]")
_SCRIPT = re.compile(
    r"\s*_\s*(?P<below>\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\[A-Za-z]+|[A-Za-z0-9])"
    r"|\s*\^\s*(?:\{\s*\([^(){}]*\)\s*\}|\{?\s*\*\s*\}?|\{\s*\[[^\]{}]*\]\s*\}|\([^(){}]*\))"
)
_INDICES = re.compile(r"\{?\s*((?:[a-z]\s*,?\s*)+?)\s*\}?")
_GROUP = re.compile(r"(?:\\left\s*)?[(\[]")
_NO_NAMES = ("\\frac", "\\nabla", "\\partial", "\\left", "\\right", "\\sum", "\\operatorname")
_STOP = re.compile(
    r"(?P<open>[{(\[]|\\left(?![A-Za-z])|\\begin(?![A-Za-z]))|(?P<close>[})\]]|\\end(?![A-Za-z]))"
    r"|(?P<skip>\\[A-Za-z]+|\\.|[_^]\s*)|(?P<sign>[+\-=,;&])|(?P<other>\S)"
)


class Name(NamedTuple):
    """A name as typed: its span, its indices if it may be an entry, and where its base ends."""

    end: int
    base: int
    indices: tuple[str, ...]


def name_at(text: str, place: int) -> Name | None:
    r"""Return the name that stands at a place, with its scripts.

    >>> name_at(r"\hat{x}_{ij} + 1", 0)
    Name(end=12, base=7, indices=('i', 'j'))
    """
    if text.startswith(_NO_NAMES, place):
        return None
    symbol = read_symbol(text, place)
    if symbol is None or symbol.name in ("0", "1"):
        return None
    base = end = symbol.end
    below = ""
    while (script := _SCRIPT.match(text, end)) and script.end() - end < 100:
        below = f"{below} {script['below']}" if script["below"] else "{?}"
        end = script.end()
    found = _INDICES.fullmatch(below.strip()) if below else None
    indices = tuple(re.findall(r"[a-z]", found[1])) if found else ()
    return Name(end, base, indices)


def latex_symbols(text: str, names: Collection[str]) -> Iterator[Found]:
    """Yield the derivative symbols of a side in LaTeX; `names` are those in use."""
    found = _Finder(text, names)
    yield from found.fractions()
    yield from found.slashes()
    yield from found.nablas()
    yield from found.operators()
    yield from found.primes()


class _Finder:
    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = text
        self.names = names
        self.known = Known(names)

    def _is_entry(self, part: str, name: Name, start: int) -> bool:
        r"""Tell whether a name with indices is no name in use, but its base is."""
        if not name.indices:
            return False
        symbol = read_symbol(part, start)
        assert symbol is not None
        base = self.known.spelling(symbol)
        whole = "_".join((base, *name.indices)), f"{base}_{''.join(name.indices)}"
        return base in self.names and not {*whole} & {*self.names}

    def _symbol(
        self, sign: str, order: int, of: str, by: str, start: int, end: int
    ) -> Found | None:
        """Return a symbol; of entries if both parts are, or the other has none."""
        indices: list[str] = []
        cut: list[str] = []
        for part in (of, by):
            name = name_at(part, 0)
            if name is not None and name.end == len(part) and self._is_entry(part, name, 0):
                indices += name.indices
                part = part[: name.base]
            cut.append(part)
        if not indices:
            return Found(Symbol(sign, order, of, by), start, end)
        symbol = Symbol(sign, order, cut[0], cut[1], entry=True)
        return Found(symbol, start, end, tuple(indices))

    def fractions(self) -> Iterator[Found]:
        text = self.text
        for match in _FRACTION.finditer(text):
            middle = closing(text, match.end())
            opening = re.compile(r"\s*\{").match(text, middle)
            if opening is None:
                continue
            end = closing(text, opening.end() - 1)
            above = _ABOVE.match(text[match.end() + 1 : middle - 1])
            below = _below(text[opening.end() : end - 1])
            if above is None or below is None:
                continue
            partial, by, twice = below
            if bool(above["order"]) != twice or bool(above["partial"]) != partial:
                continue
            if not partial and "d" in self.names:  # then it is a factor
                continue
            of = above["of"]
            if not of:
                of, end = self._term(end)
                if not of:
                    continue
            else:
                of = self._whole(of)
            sign = "∂" if partial else "d"
            found = self._symbol(sign, 2 if twice else 1, of, by, match.start(), end)
            if found:
                yield found

    def _whole(self, of: str) -> str:
        name = name_at(of, 0)
        return of if name is not None and name.end == len(of) else f"({of})"

    def _term(self, place: int) -> tuple[str, int]:
        """Return, in parentheses, the term that begins at a place; and where it ends."""
        text = self.text
        depth, end, before, bars = 0, place, False, 0
        for match in _STOP.finditer(text, place):
            kind = match.lastgroup
            if match.group() in ("|", "\\|"):
                bars ^= 1
            elif match.group() in (r"\lvert", r"\lVert", r"\rvert", r"\rVert"):
                depth += 1 if match.group()[1] == "l" else -1
            if kind == "sign" and not depth and not bars and before:
                break
            if kind == "close" and not depth:
                break
            depth += (kind == "open" and match.group() != r"\left") - (kind == "close")
            before = kind not in ("sign", "skip") or match.group()[-1:].isalpha()
            end = match.end()
        term = text[place:end].strip()
        inner = re.sub(r"(?:\\[,;:! ]|\s)+$", "", term)
        one = name_at(inner, 0)
        if one is not None and one.end == len(inner):
            return inner, end
        group = _GROUP.match(inner)
        if group is not None and closing(inner, group.end() - 1) == len(inner):
            inner = re.sub(r"\\right\s*$", "", inner[group.end() : -1])
        return (f"({inner})" if inner else ""), end

    def slashes(self) -> Iterator[Found]:
        text = self.text
        for match in _SLASH.finditer(text):
            above = name_at(text, match.end())
            over = above and _OVER.match(text, above.end)
            below = name_at(text, over.end()) if over else None
            if above is None or over is None or below is None:
                continue
            sign = "∂" if match["partial"] else "d"
            if sign == "∂" or "d" not in self.names:
                of, by = text[match.end() : above.end], text[over.end() : below.end]
                found = self._symbol(sign, 1, of.strip(), by, match.start(), below.end)
                if found:
                    yield found

    def nablas(self) -> Iterator[Found]:
        text = self.text
        for match in _NABLA.finditer(text):
            order, place = 2 if match["order"] else 1, match.end()
            by, place = self._subscript(place)
            if power := _POWER.match(text, place):
                order, place = 2, power.end()
            if order == 2 and by and len(by) % 2 == 0 and by[: len(by) // 2] == by[len(by) // 2 :]:
                by = by[: len(by) // 2]
            place = re.compile(_SPACE).match(text, place).end()  # type: ignore[union-attr]
            of, end = self._operand(place)
            if of:
                yield Found(Symbol("∇", order, of, by), match.start(), end)

    def operators(self) -> Iterator[Found]:
        for match in _OPERATOR.finditer(self.text):
            is_partial = match.group().startswith("\\")
            if not is_partial and "D" in self.names:
                continue
            by, place = self._subscript(match.end())
            place = re.compile(_SPACE).match(self.text, place).end()  # type: ignore[union-attr]
            of, end = self._operand(place)
            if by and of:
                sign = "∂" if is_partial else "d"
                found = self._symbol(sign, 1, of, by, match.start(), end)
                if found:
                    yield found

    def primes(self) -> Iterator[Found]:
        """Yield f'(x) of a name in use."""
        text = self.text
        for match in _PRIMED.finditer(text):
            start = max((k for k in range(max(match.start() - 30, 0), match.start())
                         if (name := name_at(text, k)) and name.end == match.start()
                         and not text[k - 1 : k].isalpha() and text[k - 1 : k] != "\\"),
                        default=-1)  # fmt: skip
            end = closing(text, match.end() - 1)
            by = text[match.end() : end - 1].strip()
            name = name_at(by, 0)
            if start < 0 or name is None or name.end != len(by):
                continue
            symbol = read_symbol(text, start)
            assert symbol is not None
            if self.known.spelling(symbol) in self.names:
                of = text[start : match.start()]
                order = 2 if len(match["primes"]) == 2 or match["primes"].count("prime") == 2 else 1
                yield Found(Symbol("d", order, of, by), start, end)

    def _subscript(self, place: int) -> tuple[str, int]:
        match = _SUBSCRIPT.match(self.text, place)
        script = _ARGUMENT.match(self.text, match.end()) if match else None
        if script is None:
            return "", place
        by = script.group()
        if by.startswith("\\") and self.text[script.end() : script.end() + 1] == "{":
            inner = _ARGUMENT.match(self.text, script.end())
            if inner is not None:
                return by + inner.group(), inner.end()
        return (by[1:-1].strip() if by[0] == "{" else by), script.end()

    def _operand(self, place: int) -> tuple[str, int]:
        """Return what is derived here: a name, or the whole term."""
        name = name_at(self.text, place)
        if name is not None:
            return self.text[place : name.end], name.end
        return self._term(place)


def _below(text: str) -> tuple[bool, str, bool] | None:
    """Read what stands below: whether ∂ does, by what is derived, and whether twice."""
    match = _BELOW.match(text)
    name = name_at(text, match.end()) if match else None
    if match is None or name is None:
        return None
    by, rest = text[match.end() : name.end].strip(), name.end
    partial = bool(match["partial"])
    if not text[rest:].strip():
        return partial, by, False
    if power := _POWER.match(text, rest):
        return (partial, by, True) if not text[power.end() :].strip() else None
    if transposed := _TRANSPOSED.match(text, rest):
        rest = transposed.end()
    again = _AGAIN.match(text, rest)
    if again is None:
        return None
    second = name_at(text, again.end())
    if second is None or text[again.end() : second.end].strip() != by:
        return None
    rest = second.end
    if transposed := _TRANSPOSED.match(text, rest):
        rest = transposed.end()
    return (partial, by, True) if not text[rest:].strip() else None


def closing(text: str, opening: int) -> int:
    """Return the place behind the bracket that closes the one at `opening`."""
    depth = 0
    for k in range(opening, len(text)):
        depth += (text[k] in "([{") - (text[k] in ")]}")
        if not depth:
            return k + 1
    return len(text)
