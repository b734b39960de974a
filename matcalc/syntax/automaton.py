"""Run an LALR automaton over tokens; the tables are generated from grammar/*.lark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from matcalc.errors import MatcalcError

END = "$END"
UNKNOWN = "UNKNOWN"


class Token(NamedTuple):
    """A terminal's name, its text, and its place `source[start:end]`."""

    kind: str
    text: str
    start: int
    end: int


class Table(NamedTuple):
    """What the generator writes about a grammar.

    A state maps a symbol to what follows it: a state number to go to, or the
    complement `~number` of a rule to reduce by; the first state is the start. A rule is
    (action, origin, length). `keywords` are names that mean something else where the
    grammar allows it.
    """

    pattern: str
    ignored: tuple[str, ...]
    keywords: Mapping[str, str]
    rules: tuple[tuple[str, str, int], ...]
    states: tuple[dict[str, int], ...]


class Refused(Exception):
    """An error with its place, on the way to where the source is at hand."""

    def __init__(self, code: str, message: str, hint: str, place: tuple[int, int]) -> None:
        super().__init__(message)
        self.error = MatcalcError(code, message, hint=hint)
        self.place = place


class Unexpected(Exception):
    """A token that nothing in the grammar allows at its place."""

    def __init__(self, token: Token, previous: Token | None, expected: frozenset[str]) -> None:
        super().__init__(token.text)
        self.token = token
        self.previous = previous
        self.expected = expected


def tokenize(table: Table, text: str) -> Iterator[Token]:
    """Yield the tokens of a text, characters that begin none as UNKNOWN, and the end.

    The end stands behind the last character that is not blank.
    """
    end = 0
    for match in re.compile(f"{table.pattern}|(?P<{UNKNOWN}>.)", re.DOTALL).finditer(text):
        kind = match.lastgroup or UNKNOWN
        if kind not in table.ignored:
            end = match.end()
            yield Token(kind, match.group(), match.start(), end)
    yield Token(END, "", end, end)


def run(
    table: Table,
    tokens: Iterable[Token],
    actions: Mapping[str, Callable[..., Any]],
) -> Any:
    """Parse tokens; each rule calls its action with the values of its symbols.

    A token's value is the token. The automaton keeps its own stack, so that the depth
    of a formula is bounded by memory only.
    """
    calls = tuple(actions[action] if action else None for action, _, _ in table.rules)
    rules, states, keywords = table.rules, table.states, table.keywords
    stack: list[int] = [0]
    values: list[Any] = []
    previous = None
    for token in tokens:
        state = states[stack[-1]]
        kind = token.kind
        if kind == "NAME" and keywords.get(token.text) in state:
            kind = keywords[token.text]
        while True:
            target = state.get(kind)
            if target is None:
                expected = frozenset(symbol for symbol in state if symbol.isupper())
                raise Unexpected(token, previous, expected)
            if target >= 0:
                break
            call, (_, origin, length) = calls[~target], rules[~target]
            if call is not None:
                cut = len(values) - length
                result = call(*values[cut:])
                del values[cut:], stack[len(stack) - length :]
                values.append(result)
            else:
                stack.pop()
            stack.append(states[stack[-1]][origin])
            state = states[stack[-1]]
        stack.append(target)
        values.append(token)
        previous = token
    return values[0]
