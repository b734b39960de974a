"""Split a typed formula into tokens: what stands side by side is said here.

Products side by side get an IMPLICIT between their factors, bars a direction, names in
several letters are split where that is meant, and brackets behind a name are the arguments
of a function or the factor of a product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from matcalc.expressions.functions import NAMES
from matcalc.expressions.functions import TABLE as FUNCTIONS
from matcalc.limits import exceeded, limit
from matcalc.syntax.automaton import END, UNKNOWN, Refused, Token, tokenize
from matcalc.syntax.complaints import OPERAND_ENDS, OPERAND_STARTS, WORDS, clip, unknown
from matcalc.syntax.generated.formula import TABLE
from matcalc.syntax.greek import WORDS as GREEK_WORDS

LONGEST_NAME = 256
LONGEST_PRODUCT = 4
"""Letters of a name that may be a product."""

SPOKEN = {word: row.name for row in FUNCTIONS for word in row.spoken} | {"Trace": "tr"}
FUNCTION_LETTERS = frozenset(("f", "g", "h", "φ", "ψ", "ϕ", "phi", "psi", "varphi", "Γ", "Gamma"))

_CLOSING = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
_OPENING = frozenset(_CLOSING.values())
_INSIDE_NAMES = frozenset(("NAME", "COMMA", "SCRIPT"))


class Known(NamedTuple):
    """The names in use: of functions, of values and sizes that are declared, and asked for."""

    functions: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()


class Tokens(NamedTuple):
    """The tokens of a formula, and notes on how they were read."""

    tokens: Iterable[Token]
    notes: tuple[str, ...]


def text_tokens(text: str, known: Known) -> Tokens:
    """Return the tokens of a formula; raise Refused with a place for what is none."""
    return _Stage(text, known).run()


class _Stage:
    def __init__(self, text: str, known: Known) -> None:
        self.text = text
        self.known = known
        self.notes: dict[str, None] = {}

    def run(self) -> Tokens:
        tokens, ends = _matched(_checked(self.text))
        tokens, ends = self.headless(tokens, ends)
        self.defined = {
            tokens[k].text for k in range(len(tokens) - 1)
            if tokens[k].kind == "NAME" and tokens[k + 1].kind == "EQUAL"
        }  # fmt: skip
        self.alone = {
            token.text for token, after in zip(tokens, tokens[1:], strict=False)
            if token.kind == "NAME" and after.kind not in ("LPAR", "PRIMES")
        }  # fmt: skip
        found = self.joined(list(self.named(tokens, ends)))
        return Tokens(found, tuple(self.notes))

    def is_given(self, name: str) -> bool:
        """Tell whether a name is declared, defined, or what is derived by."""
        known = self.known
        return name in (known.values | known.sizes | known.asked) or name in self.defined

    def headless(
        self, tokens: list[Token], ends: dict[int, int]
    ) -> tuple[list[Token], dict[int, int]]:
        """Drop the arguments of f(x) = … at the start of a part: f names the value."""
        found: list[Token] = []
        position = 0
        start = True
        while position < len(tokens):
            token = tokens[position]
            found.append(token)
            if start and token.kind == "NAME" and position + 1 in ends:
                end = ends[position + 1]
                if tokens[end + 1].kind == "EQUAL":
                    position = end
            start = token.kind == "SEMICOLON"
            position += 1
        return (tokens, ends) if len(found) == len(tokens) else _matched(found)

    # Names

    def named(self, tokens: list[Token], ends: dict[int, int]) -> Iterator[Token]:
        """Yield the tokens with names split and transposes found; calls keep their bracket."""
        for position, token in enumerate(tokens):
            after = tokens[position + 1] if position + 1 < len(tokens) else token
            if token.kind == "PRIMES" and tokens[position - 1].text not in self.known.functions:
                if self.is_call(tokens, ends, position - 1, position + 1):
                    yield token
                else:
                    yield from (
                        Token("TRANSPOSE", "'", place, place + 1)
                        for place in range(token.start, token.end)
                    )
            elif token.kind == "NAME" and after.kind == "EQUAL":
                yield token
            elif token.kind == "NAME" and after.kind in ("LPAR", "PRIMES"):
                if after.kind == "LPAR" and not self.is_call(tokens, ends, position, position + 1):
                    yield from self.split(token)
                    yield Token("IMPLICIT", "", token.end, token.end)
                    self.tell_product(token, after, tokens[ends[position + 1]])
                else:
                    yield self.spoken(token)
            elif token.kind == "NAME":
                yield from self.split(token)
            else:
                yield token

    def spoken(self, token: Token) -> Token:
        name = token.text
        if name in self.known.functions or self.is_given(name):
            return token
        if name in ("σ", "sigma"):
            self.notes.setdefault(f"{name}(…) is read as the function sigmoid")
            return token._replace(text="sigmoid")
        return token._replace(text=SPOKEN.get(name, name))

    def tell_product(self, name: Token, opening: Token, closing: Token) -> None:
        if not self.is_given(name.text) and not name.text[0].isupper():
            inner = clip(self.text[opening.start : closing.end])
            self.notes.setdefault(f"{name.text}{inner} is read as the product {name.text}*{inner}")

    def is_call(self, tokens: list[Token], ends: dict[int, int], place: int, opening: int) -> bool:
        """Tell whether the bracket behind a name holds arguments, or may do so."""
        name = tokens[place].text
        inside = tokens[opening + 1 : ends[opening]]
        if name in self.known.functions:
            return True
        kinds = {token.kind for token in inside}
        lone_number = len(inside) == 1 and inside[0].kind == "NUMBER"
        if self.is_given(name) or name in ("pi", "π"):
            return not inside or "COMMA" in kinds or lone_number
        if name in NAMES or name in SPOKEN or {"DOTS", "EQUAL"} & kinds or not inside:
            return True
        if lone_number:
            return True
        if name in self.alone:
            return "COMMA" in kinds
        return self.may_be_call(name, inside, kinds)

    def may_be_call(self, name: str, inside: Sequence[Token], kinds: set[str]) -> bool:
        if name in FUNCTION_LETTERS or name in ("σ", "sigma") or "COMMA" in kinds:
            return True
        word = re.match(r"[^\W\d_]*", name)
        is_word = word is not None and len(word.group()) > 1 and word.group() not in GREEK_WORDS
        if is_word and not self.letters(name):
            return True
        return not name[0].isupper() and kinds <= _INSIDE_NAMES

    def split(self, token: Token) -> Iterator[Token]:
        """Yield the letters of a name that is a product, with products between, or the name."""
        letters = self.letters(token.text)
        if not letters:
            yield token
            return
        product = "*".join(letters)
        self.notes.setdefault(f"{token.text} is read as the product {product}")
        for place, letter in enumerate(letters, token.start):
            if place > token.start:
                yield Token("IMPLICIT", "", place, place)
            yield Token("NAME", letter, place, place + 1)

    def letters(self, name: str) -> str:
        """Return the letters of a name that is their product, or ''.

        One of them is what is derived by, or stands elsewhere as a name; of lower-case
        words two must. What is a name and nothing else, such as an upstream gradient's, is
        no product.
        """
        if name == self.text.strip() and not self.known.asked:
            return ""
        if not 1 < len(name) <= LONGEST_PRODUCT or not name.isalpha() or self.is_given(name):
            return ""
        if name in NAMES or name in GREEK_WORDS or name in WORDS or name in SPOKEN:
            return ""
        names = self.known.values | self.known.asked | {n for n in self.alone if len(n) == 1}
        if name[0] == "d" and "d" not in names:  # a differential
            return ""
        known = sum(letter in names for letter in set(name))
        needed = 2 if name.islower() and len(name) > 2 else 1
        return name if known >= needed else ""

    # Products and bars

    def joined(self, tokens: list[Token]) -> Iterator[Token]:
        """Yield the tokens with the products between operands side by side, and bars."""
        opened: list[str] = []
        before = Token(END, "", 0, 0)
        calls = False
        position = 0
        while position < len(tokens):
            token = tokens[position]
            position += 1
            if token.kind in ("BAR", "NORM"):
                token, rest = self.bar(token, opened, before)
                if rest is not None:
                    tokens.insert(position, rest)
            elif token.kind == "POWER" and token.text == "^":
                token, position = self.superscript(token, tokens, position)
            elif token.kind in _OPENING:
                is_stack = token.kind == "LSQB" and (before.kind not in OPERAND_ENDS)
                opened.append("[" if is_stack else token.kind)
            elif token.kind in _CLOSING:
                opened.pop()
            if calls and token.kind == "LPAR":
                calls = False
            elif self.is_product(before, token, opened):
                yield Token("IMPLICIT", "", token.start, token.start)
            is_function = token.kind == "NAME" and (
                token.text in NAMES or token.text in self.known.functions
            )
            if is_function and position < len(tokens) and tokens[position].kind in (
                "BAR", "NORM",
            ):  # fmt: skip
                token = token._replace(kind="PREFIX")
            calls = token.kind in ("NAME", "PRIMES")
            if token.kind == "TRANSPOSE" and before.kind == "TRANSPOSE" and "T" in before.text:
                message = "two transposes follow each other"
                raise Refused("E103", message, "", (token.start, token.end))
            yield token
            before = token

    def is_product(self, before: Token, token: Token, opened: list[str]) -> bool:
        if before.kind not in OPERAND_ENDS or token.kind not in OPERAND_STARTS:
            return False
        if token.kind == "LSQB" or "\n" in self.text[before.end : token.start]:
            self.check_entries(before, token)
            return False
        inside = opened[:-1] if token.kind == "LPAR" else opened
        if token.kind == "NUMBER" or (inside and inside[-1] == "["):
            return before.kind == "NUMBER" and token.kind != "NUMBER"
        words = (before.text, token.text)
        if any(w in WORDS and w != "lambda" and not self.is_given(w) for w in words):
            return False
        is_function = before.kind == "NAME" and (
            before.text in NAMES or before.text in self.known.functions
        )
        return not is_function or token.kind == "BIG"

    def check_entries(self, before: Token, token: Token) -> None:
        if before.kind == "NUMBER" and token.kind == "LSQB":
            hint = f"{clip(before.text)}*[…], or (…^{clip(before.text)})[…]"
            raise Refused("E103", "a number has no entries", hint, (token.start, token.end))

    def bar(self, token: Token, opened: list[str], before: Token) -> tuple[Token, Token | None]:
        """Return the bar with its direction; || may be two single ones."""
        rest = None
        after = before.kind in OPERAND_ENDS
        if token.text == "||" and opened and opened[-1] == "BAR" and after:
            rest = Token("BAR", "|", token.start + 1, token.end)
            token = Token("BAR", "|", token.start, token.start + 1)
        if not (after and opened and opened[-1] == token.kind):
            opened.append(token.kind)
            return token, rest
        opened.pop()
        return token._replace(kind=f"END{token.kind}"), rest

    def superscript(self, token: Token, tokens: list[Token], position: int) -> tuple[Token, int]:
        """Read ^T, ^{T}, ^+ and the braces of ^{…}."""
        following = tokens[position : position + 4]
        kinds = [t.kind for t in following]
        texts = [t.text.replace("−", "-") for t in following]
        if texts[:1] == ["T"] and not self.is_given("T"):
            return Token("TRANSPOSE", "^T", token.start, following[0].end), position + 1
        if texts[:3] == ["{", "T", "}"] and not self.is_given("T"):
            return Token("TRANSPOSE", "^T", token.start, following[2].end), position + 3
        for count, form in enumerate((["-", "T"], ["{", "-", "T", "}"])):
            if texts[: len(form)] == form and not self.is_given("T"):
                end = following[len(form) - 1].end
                return Token("INVERSE_TRANSPOSE", "^-T", token.start, end), position + 2 + 2 * count
        if texts[:3] == ["{", "+", "}"]:
            return Token("PSEUDO", "^+", token.start, following[2].end), position + 3
        if texts[:1] == ["+"] and kinds[1:2] != ["NUMBER"]:
            return Token("PSEUDO", "^+", token.start, following[0].end), position + 1
        return token, position


def _checked(text: str) -> Iterator[Token]:
    """Refuse what a parser would only stumble over: odd characters and numbers, long names."""
    before = Token(END, "", 0, 0)
    most = limit("symbols")
    for count, token in enumerate(tokenize(TABLE, text)):
        place = (token.start, token.end)
        if before.kind == "NUMBER" and before.end == token.start and _goes_on(before, token):
            message = f"the number {clip(before.text)} goes on with {clip(token.text)}"
            raise Refused("E106", message, "numbers look like 12, 0.5 or 1e-3", place)
        if token.kind == UNKNOWN or (
            token.kind == "NORMED" and not before.text.endswith(("|", "‖", "∥"))
        ):
            raise unknown(text, token._replace(text=token.text[:1], end=token.start + 1))
        if token.kind == "NAME" and len(token.text) > LONGEST_NAME:
            message = f"a name has {len(token.text)} letters; at most {LONGEST_NAME} are read"
            raise Refused("E503", message, "", place)
        if token.kind == "LPAR" and before.text[:1] == "d" and _is_differential(text, token.start):
            message = "derivatives are not written in the formula"
            raise Refused("E107", message, "name the variable by --wrt x", place)
        if token.kind == "LBRACE" and not before.text.endswith("^"):
            raise unknown(text, token)
        if count >= most:
            error = exceeded("symbols", count + 1)
            raise Refused(error.code, error.message, error.hint, place)
        yield token
        before = token


def _matched(given: Iterable[Token]) -> tuple[list[Token], dict[int, int]]:
    """Return the tokens, and where each bracket closes; refuse what does not match."""
    tokens: list[Token] = []
    ends: dict[int, int] = {}
    opened: list[tuple[int, bool]] = []
    groups = 0
    before = END
    deepest = limit("nesting")
    for position, token in enumerate(given):
        tokens.append(token)
        place = (token.start, token.end)
        if token.kind in _OPENING:
            is_group = before not in ("NAME", "PRIMES")
            opened.append((position, is_group))
            groups += is_group
            if groups > deepest or len(opened) > 10 * deepest:
                error = exceeded("nesting", max(groups, len(opened) // 10))
                raise Refused(error.code, error.message, error.hint, place)
        elif token.kind in _CLOSING:
            if not opened:
                message = f"nothing is opened that {token.text} could close"
                raise Refused("E105", message, "", place)
            start, is_group = opened.pop()
            groups -= is_group
            if tokens[start].kind != _CLOSING[token.kind]:
                message = f"{token.text} does not close the bracket {tokens[start].text}"
                raise Refused("E105", message, "", place)
            ends[start] = position
        before = token.kind
    if opened:
        token = tokens[opened[-1][0]]
        message = f"the bracket {token.text} is never closed"
        raise Refused("E105", message, "", (token.start, token.end))
    return tokens, ends


def _goes_on(number: Token, token: Token) -> bool:
    """Tell whether a number is followed by what no number contains: 1.2.3, 1_000, 0x1F."""
    if token.kind == "NAME" and number.text == "0":
        return re.fullmatch("[xXbBoO][0-9A-Fa-f]+", token.text) is not None
    return token.kind in ("NUMBER", "NORMED") or (token.kind == UNKNOWN and token.text in "._")


def _is_differential(text: str, end: int) -> bool:
    before = text[max(0, end - 64) : end]
    return re.search(r"(?<![^\W_])d[\^0-9²]*\s*/\s*d[^\W\d_]\w*\s*$", before) is not None
