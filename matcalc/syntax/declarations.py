"""Parse declarations such as `w, x: vector(n); A in R^(m x n); f: elementwise`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension, integer
from matcalc.expressions.dimensions import name as named
from matcalc.syntax.automaton import END, UNKNOWN, Refused, Token, Unexpected, run, tokenize
from matcalc.syntax.characters import DECLARATIONS, check_characters, show
from matcalc.syntax.generated.declarations import TABLE
from matcalc.syntax.tree import Span
from matcalc.syntax.unification import is_unknown as is_open
from matcalc.syntax.unification import open_name

LONGEST_NAME = 256
MOST_TOKENS = 30_000
MOST_DIGITS = 18
MOST_TERMS = 100
LARGEST_POWER = 16


class ValueKind(NamedTuple):
    """What is declared of a value: its shape, and '', 'symmetric', 'spd' or 'diagonal'."""

    shape: tuple[Dimension, ...]
    structure: str = ""


class FunctionKind(NamedTuple):
    """What is declared of an abstract function; an elementwise one has no signature."""

    elementwise: bool
    parameters: tuple[ValueKind, ...]
    result: ValueKind | None


Kind = ValueKind | FunctionKind


class Declaration(NamedTuple):
    """One declared name, what it is, and where the name stands."""

    name: str
    kind: Kind
    span: Span


def parse_declarations(text: str, reserved: Collection[str] = ()) -> tuple[Declaration, ...]:
    """Return the declared names in order; the names of functions are `reserved`.

    >>> for name, kind, _ in parse_declarations("w, x: vector(n+1); A in R^(m x n)"):
    ...     print(name, *kind.shape)
    w n+1
    x n+1
    A m n
    """
    source = text
    if "\\" in text or "_{" in text:
        from matcalc.syntax.latex import plain_declarations

        check_characters(text)
        text = plain_declarations(text)
    check_characters(text, DECLARATIONS)
    try:
        parts: list[list[Declaration]] = run(TABLE, _tokens(text), ACTIONS)
        declarations = tuple(declaration for part in parts for declaration in part)
        _check_names(declarations, reserved)
    except Unexpected as error:
        raise _explain(source, error) from None
    except Refused as refusal:
        raise refusal.error.at(source, *refusal.place) from None
    return declarations


# ---------------------------------------------------------------- tokens

PAIRS = {"RPAR": "LPAR", "RBRACE": "LBRACE"}


def _stripped(token: Token) -> Token:
    """Take the blanks off that a comma or bracket may have around it."""
    text = token.text.strip()
    if text == token.text or not text:
        return token
    start = token.start + token.text.index(text)
    return Token(token.kind, text, start, start + len(text))


def _tokens(text: str) -> Iterator[Token]:
    opened: list[Token] = []
    for count, token in enumerate(map(_stripped, tokenize(TABLE, text))):
        place = (token.start, token.end)
        if token.kind == UNKNOWN:
            code = "E312" if opened else "E310"
            hint = "sizes look like 3, n, n+1 or m*n" if opened else EXAMPLE
            raise Refused(code, f"unexpected character {show(token.text)}", hint, place)
        if token.kind == "NAME" and len(token.text) > LONGEST_NAME:
            message = f"a name has {len(token.text)} letters; at most {LONGEST_NAME} are read"
            raise Refused("E503", message, "", place)
        if count >= MOST_TOKENS:
            raise Refused("E503", f"there are more than {MOST_TOKENS} symbols", "", place)
        if token.kind in ("LPAR", "LBRACE"):
            opened.append(token)
        elif token.kind in PAIRS:
            if not opened or opened.pop().kind != PAIRS[token.kind]:
                raise Refused("E105", f"nothing is opened that {token.text} closes", "", place)
        elif opened and token.kind in (END, "SEPARATOR", "ARROW"):
            opening = opened[-1]
            message = f"the bracket {opening.text} is never closed"
            raise Refused("E105", message, "", (opening.start, opening.end))
        yield token


# ---------------------------------------------------------------- kinds


class _Sum(NamedTuple):
    """A dimension and its place in the text."""

    dimension: Dimension
    span: Span


# The kinds of values by name: number of sizes (None: any), shape's repetition, structure.
KINDS: dict[str, tuple[int | None, int, str]] = {
    "scalar": (0, 1, ""),
    "vector": (1, 1, ""),
    "matrix": (2, 1, ""),
    "square": (1, 2, ""),
    "symmetric": (1, 2, "symmetric"),
    "spd": (1, 2, "spd"),
    "diagonal": (1, 2, "diagonal"),
    "tensor": (None, 1, ""),
}
SIZES = {"vector": "(n)", "matrix": "(m, n)", "tensor": "(a, b, c)", "scalar": ""}
HINTS = {
    "matrix": "matrix(n, n), or square(n)",
    "square": "matrix(m, n) for two sizes",
    "vector": "matrix(m, n) for two sizes",
}
OTHER_NAMES = {
    "number": "scalar",
    "real": "scalar",
    "float": "scalar",
    "int": "scalar",
    "vec": "vector(n)",
    "column": "vector(n)",
    "row": "matrix(1, n)",
    "array": "vector(n)",
    "mat": "matrix(m, n)",
    "sym": "symmetric(n)",
    "psd": "spd(n)",
    "positive": "spd(n)",
    "diag": "diagonal(n)",
    "function": "elementwise, or vector(n) -> vector(m)",
}
EXAMPLE = "x: vector(n); A: matrix(m, n); b: scalar"


def _value(word: Token, sizes: list[_Sum], end: int) -> ValueKind:
    name = word.text
    if name not in KINDS:
        raise _unknown_kind(word)
    count, repetition, structure = KINDS[name]
    if not sizes and count and end == word.end:
        return ValueKind(_open_sizes(word, count) * repetition, structure)
    if len(sizes) != count and (count is not None or not sizes):
        usual = name + SIZES.get(name, "(n)")
        has = f"{len(sizes)} size{'s' * (len(sizes) != 1)}"
        raise Refused(
            "E310",
            f"{name} with {has}: it is declared as {usual}",
            HINTS.get(name, usual) if sizes else usual,
            (word.start, end),
        )
    return ValueKind(_shape(sizes) * repetition, structure)


def _open_sizes(word: Token, count: int) -> tuple[Dimension, ...]:
    """Return sizes that are not said; they come from use."""
    return tuple(named(open_name(f"{word.start}.{axis}")) for axis in range(count))


def _shape(sizes: list[_Sum]) -> tuple[Dimension, ...]:
    for dimension, span in sizes:
        if all(coefficient < 0 for _, coefficient in dimension.terms):
            raise Refused("E312", f"a size is positive; this is {dimension}", "", span)
    return tuple(dimension for dimension, _ in sizes)


def _unknown_kind(word: Token) -> Refused:
    from difflib import get_close_matches

    name = word.text.lower()
    near = get_close_matches(name, (*KINDS, "elementwise"), n=1)
    hint = OTHER_NAMES.get(name) or (near[0] + SIZES.get(near[0], "(n)") if near else "")
    if near == ["elementwise"]:
        hint = "elementwise"
    message = f"there is no kind {word.text}"
    kinds = "scalar, vector(n), matrix(m, n), square(n), symmetric(n), spd(n), diagonal(n)"
    return Refused("E310", message, hint or kinds, (word.start, word.end))


def _word(word: Token) -> ValueKind | FunctionKind:
    if word.text == "elementwise":
        return FunctionKind(True, (), None)
    return _value(word, [], word.end)


def _function(values: list[Kind], arrow: Token, result: Kind) -> FunctionKind:
    kinds = [kind for kind in (*values, result) if isinstance(kind, ValueKind)]
    if len(kinds) != len(values) + 1:
        message = "elementwise says all of a function; it stands alone"
        hint = "f: elementwise, or f: vector(n) -> vector(n)"
        raise Refused("E310", message, hint, (arrow.start, arrow.end))
    return FunctionKind(False, tuple(kinds[:-1]), kinds[-1])


def _declare(names: list[Token], separator: Any, kind: Kind) -> list[Declaration]:
    return [
        Declaration(token.text, _own(kind, token.text), Span(token.start, token.end))
        for token in names
    ]


def _own(kind: Kind, name: str) -> Kind:
    """Return the kind with sizes that are not said as the name's own: x, y: vector."""
    if not isinstance(kind, ValueKind) or not any(is_open(str(d)) for d in kind.shape):
        return kind
    own = {d: named(open_name(f"{name}.{k}")) for k, d in enumerate(dict.fromkeys(kind.shape))}
    return kind._replace(shape=tuple(own[d] for d in kind.shape))


def _check_names(declarations: tuple[Declaration, ...], reserved: Collection[str]) -> None:
    sizes: set[str] = set()
    for declaration in declarations:
        sizes |= _sizes(declaration.kind)
    seen: set[str] = set()
    for name, _, span in declarations:
        if name in reserved:
            message = f"{name} is a function of the language; it cannot be declared"
            raise Refused("E204", message, f"{name}_1", span)
        if name in seen:
            raise Refused("E311", f"{name} is declared twice", "", span)
        if name in sizes:
            message = f"{name} is declared, and is also a size"
            raise Refused("E311", message, "call the size or the variable otherwise", span)
        seen.add(name)


def _sizes(kind: Kind) -> set[str]:
    values = [kind] if isinstance(kind, ValueKind) else [*kind.parameters, kind.result]
    return {name for value in values if value for size in value.shape for name in size.names}


# ---------------------------------------------------------------- sizes


def _name(token: Token) -> _Sum:
    return _Sum(named(token.text), Span(token.start, token.end))


def _integer(token: Token) -> _Sum:
    span = Span(token.start, token.end)
    if "." in token.text:
        raise Refused("E312", f"a size is a whole number; this is {token.text[:40]}", "", span)
    if len(token.text) > MOST_DIGITS:
        message = f"a size has {len(token.text)} digits; at most {MOST_DIGITS} are read"
        raise Refused("E502", message, "", span)
    return _Sum(integer(int(token.text)), span)


def _coefficient(number: Token, token: Token) -> _Sum:
    if re.fullmatch("x[A-Za-z0-9].*", token.text):
        hint = f"{number.text} x {token.text[1:]}, or {number.text}*{token.text}"
        raise Refused("E310", "blanks are due around x", hint, (number.start, token.end))
    return _product(_integer(number), _name(token))


def _sum(left: _Sum, right: _Sum, sign: int) -> _Sum:
    span = Span(left.span.start, right.span.end)
    if len(left.dimension.terms) + len(right.dimension.terms) > MOST_TERMS:
        raise Refused("E502", "the size is too long", "", span)
    return _Sum(left.dimension + right.dimension * integer(sign), span)


def _product(left: _Sum, right: _Sum) -> _Sum:
    span = Span(left.span.start, right.span.end)
    degree = sum(
        max((len(m) for m, _ in size.dimension.terms), default=0) for size in (left, right)
    )
    largest = max((abs(c) for size in (left, right) for _, c in size.dimension.terms), default=0)
    count = len(left.dimension.terms) * len(right.dimension.terms)
    if count > MOST_TERMS or degree > LARGEST_POWER or largest > 10**MOST_DIGITS:
        raise Refused("E502", "the size is too long", "", span)
    return _Sum(left.dimension * right.dimension, span)


def _power(base: _Sum, caret: Token, exponent: Token) -> _Sum:
    span = Span(base.span.start, exponent.end)
    if not re.fullmatch("[0-9]{1,3}", exponent.text) or int(exponent.text) > LARGEST_POWER:
        message = f"an exponent in a size is a whole number up to {LARGEST_POWER}"
        raise Refused("E312", message, "", (exponent.start, exponent.end))
    power = _Sum(ONE, span)
    for _ in range(int(exponent.text)):
        power = _product(power, base)
    return power._replace(span=span)


# ---------------------------------------------------------------- x in R^n


def _shaped(real: Any, caret: Token, sizes: list[_Sum]) -> ValueKind:
    for size in sizes:
        for name in size.dimension.names:
            if re.fullmatch("[A-Za-z]x[A-Za-z0-9]", name):
                hint = f"{name[0]} x {name[2]}, or {name[0]}×{name[2]}"
                raise Refused("E310", f"{name} would be one size's name", hint, size.span)
    return ValueKind(_shape(sizes))


PLAIN = str.maketrans(
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
    "0123456789+-abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
)
_TERM = re.compile(r"([+-]?)([0-9]*)([A-Za-z]?)")


def _superscript(real: Any, token: Token) -> ValueKind:
    """Read ℝⁿ, ℝ³, ℝᵐˣⁿ, ℝⁿ⁺¹.

    >>> parse_declarations("A ∈ ℝᵐˣⁿ⁺¹")[0].kind.shape == tuple(
    ...     size for size in parse_declarations("A: matrix(m, n+1)")[0].kind.shape
    ... )
    True
    """
    span = Span(token.start, token.end)
    sizes = []
    for part in token.text.translate(PLAIN).split("x"):
        size = _Sum(integer(0), span)
        for term in re.findall("[+-]?[^+-]*", part)[:-1] or [""]:
            match = _TERM.fullmatch(term)
            if not match or not (match[2] or match[3]):
                message = f"{token.text} is no size"
                raise Refused("E312", message, "ℝⁿ, ℝ³, ℝᵐˣⁿ, or R^(m x n)", span)
            number = _integer(Token("NUMBER", match[2] or "1", *span)).dimension
            factor = named(match[3]) if match[3] else ONE
            sign = -1 if match[1] == "-" else 1
            size = _sum(size, _Sum(number * factor, span), sign)
        sizes.append(size._replace(span=span))
    return ValueKind(_shape(sizes))


def _first(item: Any) -> list[Any]:
    return [item]


def _more(items: list[Any], separator: Any, item: Any) -> list[Any]:
    items.append(item)
    return items


ACTIONS: dict[str, Callable[..., Any]] = {
    "nothing": lambda *separator: [],
    "second": lambda separator, parts, *rest: parts,
    "kept": lambda parts, separator: parts,
    "first": _first,
    "more": _more,
    "declaration": _declare,
    "function": _function,
    "function_of_parenthesized": lambda opening, values, closing, *rest: _function(values, *rest),
    "word": _word,
    "sized": lambda word, opening, sizes, closing: _value(word, sizes, closing.end),
    "scalar": lambda real: ValueKind(()),
    "shaped": _shaped,
    "shaped_in_brackets": lambda real, caret, opening, sizes, closing: _shaped(real, caret, sizes),
    "superscript": _superscript,
    "add": lambda left, plus, right: _sum(left, right, 1),
    "subtract": lambda left, minus, right: _sum(left, right, -1),
    "multiply": lambda left, star, right: _product(left, right),
    "negate": lambda minus, size: _Sum(-size.dimension, Span(minus.start, size.span.end)),
    "power": _power,
    "dimension": _name,
    "integer": _integer,
    "coefficient": _coefficient,
    "group": lambda opening, size, closing: size._replace(span=Span(opening.start, closing.end)),
}


# ---------------------------------------------------------------- errors


def _explain(text: str, error: Unexpected) -> MatcalcError:
    """Say what was seen, what was due, and what was probably meant."""
    token, before = error.token, error.previous
    shown = "the end" if token.kind in (END, "SEPARATOR") else token.text[:40]
    code, message, hint = "E310", f"unexpected {shown}", EXAMPLE
    after = before.kind if before else "SEPARATOR"
    opened = text[: token.start].count("(") > text[: token.start].count(")")
    if opened and after != "COLON" and token.kind != "RPAR":
        code, hint = "E312", "sizes look like 3, n, n+1 or m*n"
        message = f"unexpected {shown} in a size"
    elif opened:
        message, hint = "a size is missing", "vector(n), matrix(m, n), or scalar without brackets"
    elif after in ("SEPARATOR", "COMMA") and token.kind != "NAME":
        message = f"a name is missing before {shown}"
    elif after == "NAME" and token.kind == "NAME" and before is not None:
        if re.search("(:|->|→)[^;\n]*$", text[max(0, before.start - 1_000) : before.start]):
            message, hint = f"brackets are missing around {shown}", f"{before.text[:40]}({shown})"
        else:
            message = f"a ',' or ':' is missing before {shown}"
    elif after == "RPAR" and token.kind == "NAME":
        message, hint = f"a ';' or '->' is missing before {shown}", EXAMPLE
    elif after == "NAME" and token.kind in (END, "SEPARATOR") and before is not None:
        message = f"it is not said what {before.text[:40]} is"
        hint = f"{before.text[:40]}: vector(n)"
    elif after in ("COLON", "ARROW"):
        message = f"a kind is missing before {shown}"
    return MatcalcError(code, message, hint=hint).at(text, token.start, token.end)
