r"""Find the formulas of a document in LaTeX, and the statements in them.

A statement is a chain of sides with the relations between them. What stands after
`\implies`, after "if" and its kin, or is compared by an inequality is a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from matcalc.documents.lines import Side

LONGEST_FORMULA = 20_000
"""Characters; longer formulas are not read."""

_ENVIRONMENTS = (
    "align|alignat|equation|gather|eqnarray|multline|flalign|IEEEeqnarray|displaymath|dmath|math"
)
_INNER = "aligned|alignedat|gathered|split|multlined|subequations|dgroup"
_OPENING = re.compile(
    rf"\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}|(?<!\\)\$\$|\\\\|(?<!\\)\\\[|(?<!\\)\\\(|(?<!\\)\$"
)
_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$"}


class Formula(NamedTuple):
    """The span of a formula's inside, and whether it is displayed."""

    start: int
    end: int
    displayed: bool
    columns: bool = True


class Statement(NamedTuple):
    """A chain of sides; `relations[k]` stands before `sides[k]`, '' before the first.

    `condition` says that it is none that is claimed, `bounded` that a condition stands
    beside it. Relations are '=', ':=', '<-', '=>', or as typed.
    """

    sides: tuple[Side, ...]
    relations: tuple[str, ...]
    condition: bool
    displayed: bool
    bounded: bool = False


def formulas(text: str) -> Iterator[Formula]:
    r"""Yield the formulas of a text; what is never closed is left out.

    >>> [text[f.start:f.end] for text in [r"$a$ and \[ b \]"] for f in formulas(text)]
    ['a', ' b ']
    """
    place = 0
    unclosed: set[str] = set()
    while match := _OPENING.search(text, place):
        opened = match.group()
        place = match.end()
        if opened == "\\\\":
            continue
        closing = _CLOSING.get(opened) or opened.replace("begin", "end")
        end = -1 if closing in unclosed else _closed(text, match.end(), closing)
        if end < 0:
            if opened != "$":  # a paragraph bounds what stands in a line
                unclosed.add(closing)
            continue
        columns = not opened.startswith(("\\begin{eqnarray", "\\begin{IEEE"))
        displayed = opened not in ("$", r"\(")
        start = match.end()
        if columns and (given := re.compile(r"\{\d+\}").match(text, start)) and "at" in opened:
            start = given.end()
        if not columns and (given := re.compile(r"(?:\[[^\]]*\])?\{[^{}]*\}").match(text, start)):
            start = given.end()
        yield Formula(start, end, displayed, columns)
        place = end + len(closing)


def _closed(text: str, start: int, closing: str) -> int:
    """Return where a formula that starts here ends, or -1; one in a line ends in its paragraph."""
    if closing == "$":
        found = re.compile(r"(?<!\\)\$|\n[ \t]*\n").search(text, start)
        return found.start() if found and found.group() == "$" else -1
    return text.find(closing, start)


# Rows and relations

_RELATIONS = {
    "=": "=", ":=": ":=", r"\triangleq": ":=", r"\equiv": ":=", r"\doteq": ":=",
    r"\stackrel": "=", r"\leftarrow": "<-", r"\gets": "<-", r"\longleftarrow": "<-",
    r"\implies": "=>", r"\Rightarrow": "=>", r"\Longrightarrow": "=>", r"\iff": "=>",
    r"\Leftrightarrow": "=>", r"\Longleftrightarrow": "=>", r"\therefore": "=>",
    r"\rightarrow": "?", r"\to": "?", r"\longrightarrow": "?", r"\mapsto": "?",
    "<": "?", ">": "?", r"\le": "?", r"\leq": "?", r"\ge": "?", r"\geq": "?", r"\leqslant": "?",
    r"\geqslant": "?", r"\lt": "?", r"\gt": "?", r"\ll": "?", r"\gg": "?", r"\ne": "?",
    r"\neq": "?", r"\approx": "?", r"\propto": "?", r"\sim": "?", r"\simeq": "?", r"\cong": "?",
    r"\in": "?", r"\notin": "?", r"\subset": "?", r"\subseteq": "?", r"\succ": "?",
    r"\succeq": "?", r"\succcurlyeq": "?", r"\prec": "?", r"\preceq": "?", r"\preccurlyeq": "?",
    r"\perp": "?", "≤": "?", "≥": "?", "≈": "?", "∈": "?", "≠": "?", "→": "?", "⇒": "=>",
    "⟹": "=>", "⇔": "=>", "≔": ":=", "≡": ":=", "←": "<-",
}  # fmt: skip
_TOKEN = re.compile(
    rf"(?P<wrap>\\(?:begin|end)\s*\{{(?:{_ENVIRONMENTS}|{_INNER})\*?\}}(?:\[[tbc]\])?)"
    r"|(?P<begin>\\begin(?![A-Za-z]))|(?P<finish>\\end(?![A-Za-z]))"
    r"|(?P<row>\\\\(?:\[[^\]]*\])?)|(?P<space>\\q?quad(?![A-Za-z]))"
    r"|(?P<text>\\(?:text|textrm|mbox|textit|mathrm|textnormal)\s*\{[^{}$]*(?:\$[^$]*\$[^{}$]*)*\})"
    r"|(?P<command>\\(?:[A-Za-z]+|[\s\S]))|(?P<open>[{(\[])|(?P<close>[})\]])"
    r"|(?P<define>:=|≔)|(?P<sign>[=<>≤≥≈∈≠→⇒⟹⇔≡←])|(?P<amp>&)"
)
_WORDS = re.compile(r"\\(?:text|textrm|mbox|textit|textnormal|mathrm)\s*\{([\s\S]*)\}")
_ASIDE = re.compile(
    r"\b(?:if|when|whenever|for|subject|such that|s\.t\.|where|set|let|assum\w+|with|at|iff)\b"
    r"|s\.\s*t\."
)
_IS_WORD = re.compile(r"[A-Za-z.]*\s[\s\S]*|and|or|so|if|for|where|with|when|then|s\.t\.?|i\.e\.")


class _Piece(NamedTuple):
    """A relation, a break between statements, or the blank that a word leaves."""

    kind: str
    start: int
    end: int
    text: str = ""


def statements(text: str, formula: Formula) -> Iterator[Statement]:
    r"""Yield the statements of a formula; the sides stand at their places in the text.

    >>> text = r"y &= x^2, & z &= 3 \\ &= x x \implies x = 1"
    >>> for found in statements(text, Formula(0, len(text), True)):
    ...     print([" ".join(side.text.split()) for side in found.sides], found.condition)
    ['y', 'x^2'] False
    ['z', '3', 'x x'] False
    ['x', '1'] True
    """
    pieces = list(_pieces(text, formula))
    yield from _Rows(text, formula, pieces).statements()


def _pieces(text: str, formula: Formula) -> Iterator[_Piece]:
    depth = column = 0
    for match in _TOKEN.finditer(text, formula.start, formula.end):
        kind, (start, end) = str(match.lastgroup), match.span()
        if kind in ("open", "begin"):
            depth += 1
        elif kind in ("close", "finish"):
            depth -= 1
        elif depth > 0:
            continue
        elif kind == "wrap":
            yield _Piece("blank", start, end)
        elif kind == "row":
            column = 0
            yield _Piece("row", start, end)
        elif kind == "amp":
            column += 1
            new = formula.columns and column % 2 == 0
            yield _Piece("next" if new else "blank", start, end)
        elif kind == "space":
            yield _Piece("quad", start, end)
        elif kind == "text":
            found = _WORDS.match(match.group())
            words = found[1] if found else ""
            if match.group().startswith(r"\mathrm") and not _IS_WORD.fullmatch(words.strip()):
                continue
            if text[start - 1 : start] in "_^":
                continue
            after = text[end : end + 1]
            if not _IS_WORD.fullmatch(words.strip()) and after in ("(", "_", "^", "{", "\\"):
                continue
            yield _Piece("aside" if _ASIDE.search(words) else "words", start, end)
        elif kind == "command" and match.group() == r"\stackrel":
            continue
        elif kind in ("command", "sign", "define") and match.group() in _RELATIONS:
            relation = _RELATIONS[match.group()]
            yield _Piece("relation", start, end, match.group() if relation == "?" else relation)


class _Rows:
    def __init__(self, text: str, formula: Formula, pieces: list[_Piece]) -> None:
        self.text = text
        self.formula = formula
        self.pieces = pieces
        self.sides: list[list[tuple[int, int]]] = [[]]
        self.relations = [""]
        self.condition = False
        self.later = False  # whether all that follows in the rows is a condition
        self.found: list[Statement] = []
        self.row: list[Statement] = []
        self.bounded = False

    def statements(self) -> list[Statement]:
        place = self.formula.start
        for number, piece in enumerate(self.pieces):
            self._add(place, piece.start)
            place = piece.end
            if piece.kind == "relation" and piece.text == "=>":
                self._finish()
                self.condition = self.later = True
            elif piece.kind == "relation":
                self.sides.append([])
                self.relations.append(piece.text)
            elif piece.kind == "row":
                self._row(number)
            elif piece.kind == "next":
                self._separate(number, always=True)
            elif piece.kind == "quad":
                self._separate(number, always=False)
            elif piece.kind in ("words", "aside"):
                self._finish()
                self.condition = piece.kind == "aside" or self.later
                self.bounded |= piece.kind == "aside"
        self._add(place, self.formula.end)
        self._end_row()
        return self.found

    def _end_row(self) -> None:
        self._finish()
        for found in self.row:
            self.found.append(found._replace(bounded=self.bounded and not found.condition))
        self.row, self.bounded = [], False
        self.condition = self.later = False

    def _add(self, start: int, end: int) -> None:
        if self.text[start:end].strip():
            self.sides[-1].append((start, end))

    def _rest(self, number: int) -> tuple[str, str]:
        """Return the text up to the next relation or break, and what that is."""
        place = self.pieces[number].end
        text = ""
        for piece in self.pieces[number + 1 :]:
            text += self.text[place : piece.start]
            if piece.kind not in ("blank", "quad") or (piece.kind == "quad" and text.strip()):
                return text.strip(), piece.text if piece.kind == "relation" else ""
            place = piece.end
        return (text + self.text[place : self.formula.end]).strip(), ""

    def _row(self, number: int) -> None:
        """Begin a row: it goes on with the chain, with its last side, or anew."""
        rest, then = self._rest(number)
        ends_open = not self.sides[-1] and len(self.sides) > 1
        if then and not rest:
            return
        if ends_open or (not then and rest[:1] in ("+", "-", "\\", "(", "[", ")", "]")):
            return
        if then == "=" and rest[:1] in ("+", "-") and len(self.sides) > 1:
            return
        self._end_row()

    def _separate(self, number: int, *, always: bool) -> None:
        """Begin a new statement beside the last, if it is one."""
        rest, then = self._rest(number)
        if not rest or (len(self.sides) < 2 and not always):
            return
        if then and self.sides[-1] and (len(self.sides) > 1 or always):
            self._finish()
            self.condition = self.later
        elif always or rest[:1] in ("(", "[", "\\") or "," in rest:
            self._finish()
            self.condition = self.bounded = True

    def _finish(self) -> None:
        sides = tuple([self._side(spans) for spans in self.sides])
        relations = tuple(self.relations)
        if len(sides) > 1:
            self.row.append(Statement(sides, relations, self.condition, self.formula.displayed))
            aside = len(sides) == 2 and relations[1] not in ("=", ":=", "=>", "<-")
            self.bounded |= aside and len(self.row) > 1
        self.sides, self.relations = [[]], [""]

    def _side(self, spans: list[tuple[int, int]]) -> Side:
        if not spans:
            return Side("", self.formula.start)
        parts: list[str] = []
        place = spans[0][0]
        for start, end in spans:
            parts += (" " * (start - place), self.text[start:end])
            place = end
        text = "".join(parts)
        kept = unpunctuated(text)
        blank = len(kept) - len(kept.lstrip())
        return Side(kept.strip(), spans[0][0] + blank)


_ENDINGS = (r"\,", r"\;", r"\!", r"\:", r"\ ", ".", ",", ";", r"\qquad", r"\quad")


def unpunctuated(text: str) -> str:
    r"""Return a side without what ends a sentence.

    >>> unpunctuated(r"x^2 \, .")
    'x^2'
    """
    kept = None
    while kept != text:
        kept = text
        text = text.rstrip()
        for ending in _ENDINGS:
            text = text.removesuffix(ending)
    return text
