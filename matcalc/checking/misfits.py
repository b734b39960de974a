"""Claims whose own shapes do not fit, such as x*x: the text with one or two things changed.

The error says at which operator shapes do not fit; what is changed stands beside it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from matcalc.errors import MatcalcError

MOST_READ = 60
"""So many changed texts are read at most."""

_TOKEN = re.compile(r"\.?\w[\w.]*|\.\*|\./|\.\^|\S")
_OPEN, _CLOSE = "([{", ")]}"


class Mended(NamedTuple):
    """A text in which shapes fit: the slip's name, what to say of it, and the text."""

    slip: str
    hint: str
    text: str


def mended_texts(
    claim: str,
    error: MatcalcError,
    names: Sequence[str],
    refused: Callable[[str], MatcalcError | None],
) -> Iterator[Mended]:
    """Yield the claim with one or two things changed so that its shapes fit.

    `refused` reads a text and returns its error, or None; `names` has the formula's variables.
    """
    reads = itertools.count()
    second: list[tuple[Mended, MatcalcError]] = []
    for change in itertools.chain(_changes(claim, error), _renamed(claim, error, names)):
        if next(reads) > MOST_READ:
            return
        again = refused(change.text)
        if again is None:
            yield change
        elif change.slip != "variable":
            second.append((change, again))
    for first, again in second:
        for change in _changes(first.text, again):
            if next(reads) > MOST_READ:
                return
            if refused(change.text) is None:
                yield Mended(change.slip, f"{first.hint}; and {change.hint}", change.text)


class _Around(NamedTuple):
    """A text cut at an operator: what is before, both operands, and what comes after."""

    before: str
    left: str
    operator: str
    right: str
    after: str

    def joined(self, left: str, operator: str, right: str) -> str:
        return f"{self.before}{left}{operator}{right}{self.after}"


def _changes(claim: str, error: MatcalcError) -> Iterator[Mended]:
    """Yield texts in which one thing beside the refused operator is changed."""
    for row in _ROWS:
        for around in _cuts(claim, error):
            if around.operator in row.operators:
                left, operator, right = row.change(around)
                if (left, operator, right) != around[1:4]:
                    text = around.joined(left, operator, right)
                    mended = f"{left}{_spaced(operator)}{right}"
                    hint = row.sentence.format(left=around.left, right=around.right, mended=mended)
                    named = [p for p in error.hint.split(", ") if p.endswith(f" {mended}")]
                    yield Mended(row.slip, "; the ".join([hint, *named]), text)


def _renamed(claim: str, error: MatcalcError, names: Sequence[str]) -> Iterator[Mended]:
    """Yield texts in which another variable stands beside the refused operator."""
    for around in _cuts(claim, error):
        for given in (around.left, around.right):
            name = given.removesuffix("'")
            for other in names if name in names else ():
                if other != name:
                    mended = given.replace(name, other)
                    left = mended if given is around.left else around.left
                    right = mended if given is around.right else around.right
                    hint = f"{given} stands where {mended} must"
                    text = around.joined(left, around.operator, right)
                    yield Mended("variable", hint, text)


def _spaced(operator: str) -> str:
    return operator if operator == "*" else f" {operator} "


def _cuts(claim: str, error: MatcalcError) -> Iterator[_Around]:
    """Yield the operands that an operator may have: the nearest ones, and whole terms."""
    if not error.code.startswith("E3") or error.source != claim or not error.column:
        return
    lines = claim.split("\n")
    start = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(claim)]
    place = next((k for k, (begin, _) in enumerate(tokens) if begin == start), None)
    if place is None:
        return
    begin, end = tokens[place]
    words = [claim[a:b] for a, b in tokens]
    operator = words[place]
    if operator not in ("*", ".*", "+", "-"):
        return
    lefts = _reaches(words, range(place - 1, -1, -1), _CLOSE, _OPEN, operator)
    rights = _reaches(words, range(place + 1, len(words)), _OPEN, _CLOSE, operator)
    for one, other in itertools.product(lefts, rights):
        first, last = tokens[one][0], tokens[other][1]
        yield _Around(
            claim[:first], claim[first:begin].strip(), operator, claim[end:last].strip(),
            claim[last:],
        )  # fmt: skip


def _reaches(
    words: list[str], places: range, opening: str, closing: str, operator: str
) -> list[int]:
    """Return how far an operand reaches: up to the next operator, and to the end of its term."""
    ends = [",", ";", "="] + (["+", "-"] if places.step > 0 or operator in ("*", ".*") else [])
    depth = 0
    found: list[int] = []
    last = None
    for place in places:
        word = words[place]
        if depth == 0 and (word in closing or word in ends):
            break
        if depth == 0 and word in ("*", ".*") and last is not None and not found:
            found.append(last)
        depth += (word in opening) - (word in closing)
        last = place
    if last is not None and last not in found:
        found.append(last)
    return found if operator in ("*", ".*") else found[-1:]


# What is changed


def _turned(text: str) -> str:
    """Return a text transposed.

    >>> _turned("x'"), _turned("x"), _turned("A*x")
    ('x', "x'", "(A*x)'")
    """
    whole = re.fullmatch(r"\w+", text.removesuffix("'")) or _is_closed(text.removesuffix("'"))
    if text.endswith("'") and whole:
        return text[:-1]
    return f"{text}'" if whole else f"({text})'"


def _is_closed(text: str) -> bool:
    """Tell whether a text is f(...) or (...) as a whole."""
    opened = re.match(r"\w*\(", text)
    if opened is None or not text.endswith(")"):
        return False
    depth = 0
    for k, letter in enumerate(text):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 and k >= opened.end() - 1:
            return k == len(text) - 1
    return False


def _diagonal(text: str) -> str:
    return f"diag{text}" if text.startswith("(") and _is_closed(text) else f"diag({text})"


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w+'?", text) or _is_closed(text) else f"({text})"


class _Row(NamedTuple):
    """A slip, at which operators it is made, what is put there, and what is said."""

    slip: str
    operators: tuple[str, ...]
    change: Callable[[_Around], tuple[str, str, str]]
    sentence: str


_TIMES = ("*", ".*")
_ROWS = (
    _Row("transposed factor", _TIMES, lambda a: (a.left, a.operator, _turned(a.right)),
         "the shapes of {left} and {right} do not fit: a transpose is wrong, {mended}"),
    _Row("transposed factor", _TIMES, lambda a: (_turned(a.left), a.operator, a.right),
         "the shapes of {left} and {right} do not fit: a transpose is wrong, {mended}"),
    _Row("product", ("*",), lambda a: (a.left, ".*", a.right),
         "the matrix product * stands where the element-wise (Hadamard) product .* must: {mended}"),
    _Row("product", (".*",), lambda a: (a.left, "*", a.right),
         "the element-wise (Hadamard) product .* stands where the matrix product * must: {mended}"),
    _Row("diag", _TIMES, lambda a: (_diagonal(a.left), "*", a.right),
         "diag is missing: {mended}"),
    _Row("diag", _TIMES, lambda a: (a.left, "*", _diagonal(a.right)),
         "diag is missing: {mended}"),
    _Row("order of factors", _TIMES, lambda a: (_grouped(a.right), "*", _grouped(a.left)),
         "the factors are in the wrong order: {mended}"),
    _Row("order of factors", _TIMES, lambda a: (_turned(a.right), "*", _grouped(a.left)),
         "the factors are in the wrong order, and {right} is transposed: {mended}"),
    _Row("row and column", ("+", "-"), lambda a: (_turned(a.left), a.operator, a.right),
         "a row and a column are added: {mended}"),
    _Row("row and column", ("+", "-"), lambda a: (a.left, a.operator, _turned(a.right)),
         "a row and a column are added: {mended}"),
)  # fmt: skip
"""What may be wrong where shapes do not fit, the most telling first."""
