"""Build the syntax tree of a typed formula, one action for each rule of its grammar."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.expressions.relations import RELATIONS
from matcalc.syntax.automaton import Refused, Token
from matcalc.syntax.tree import Span, Tree

MOST_DIGITS = 1_000
LARGEST_EXPONENT = 400


def _program(items: list[tuple[Token | None, Tree]], semicolon: Token | None = None) -> Tree:
    *named, (name, last) = items
    for token, tree in named:
        if token is None:
            message = "only the last expression of a program stands without a name"
            raise Refused("E103", message, "z = …; …", tree.span)
    if name is not None:  # what the last definition names is the value
        last = Tree("named", name.text, (last,), last.span, last.mark)
    if not named:
        return last
    tokens = [token for token, _ in named if token]
    span = Span(tokens[0].start, last.span.end)
    trees = tuple(tree for _, tree in named)
    return Tree("program", tuple(token.text for token in tokens), (*trees, last), span, span)


def _binary(kind: str, spelling: dict[str, str]) -> Callable[[Tree, Token, Tree], Tree]:
    def build(left: Tree, token: Token, right: Tree) -> Tree:
        value = spelling.get(token.text, token.text)
        span = Span(left.span.start, right.span.end)
        return Tree(kind, value, (left, right), span, Span(token.start, token.end))

    return build


def _sign(token: Token, operand: Tree) -> Tree:
    value = ADD.get(token.text, token.text)
    span = Span(token.start, operand.span.end)
    return Tree("sign", value, (operand,), span, Span(token.start, token.end))


def _transpose(operand: Tree, token: Token) -> Tree:
    span = Span(operand.span.start, token.end)
    return Tree("transpose", None, (operand,), span, Span(token.start, token.end))


def _superscript(base: Tree, token: Token) -> Tree:
    mark = Span(token.start, token.end)
    text = token.text.translate(SUPERSCRIPTS)
    sign = text[0] if text[0] in "+-" else ""
    digits = Span(token.start + len(sign), token.end)
    exponent = Tree("number", read_number(text[len(sign) :], digits), (), digits, digits)
    if sign:
        exponent = Tree("sign", sign, (exponent,), mark, Span(mark.start, mark.start + 1))
    return Tree("power", "^", (base, exponent), Span(base.span.start, token.end), mark)


def _subscript(base: Tree, opening: Token, selectors: list[Tree], closing: Token) -> Tree:
    span = Span(base.span.start, closing.end)
    return Tree("subscript", None, (base, *selectors), span, Span(opening.start, closing.end))


def _all(token: Token) -> Tree:
    span = Span(token.start, token.end)
    return Tree("all", None, (), span, span)


def _range(low: Tree, token: Token, high: Tree) -> Tree:
    span = Span(low.span.start, high.span.end)
    return Tree("range", None, (low, high), span, Span(token.start, token.end))


def _leaf(kind: str, value: Callable[[str, Span], object]) -> Callable[[Token], Tree]:
    def build(token: Token) -> Tree:
        span = Span(token.start, token.end)
        return Tree(kind, value(token.text, span), (), span, span)

    return build


def read_number(text: str, place: Span) -> Fraction:
    """Read a decimal exactly, and only if it is of reasonable size.

    >>> read_number("1.25e-1", Span(0, 7))
    Fraction(1, 8)
    """
    digits, _, exponent = text.lower().partition("e")
    whole, _, part = digits.partition(".")
    scale = exponent.lstrip("+-").lstrip("0")
    if len(digits) > MOST_DIGITS or len(scale) > 3 or int(scale or "0") > LARGEST_EXPONENT:
        raise Refused(
            "E502",
            f"the number is too long; at most {MOST_DIGITS} digits"
            f" and exponents up to {LARGEST_EXPONENT} are read",
            "",
            place,
        )
    power = int(exponent or "0") - len(part)
    value = int(whole + part)
    return Fraction(value * 10**power) if power >= 0 else Fraction(value, 10**-power)


def _group(opening: Token, inner: Tree, closing: Token) -> Tree:
    return inner._replace(span=Span(opening.start, closing.end))


def _stack(opening: Token, rows: list[list[Tree]], closing: Token) -> Tree:
    span = Span(opening.start, closing.end)
    cells = tuple(cell for row in rows for cell in row)
    if len(cells) == 1 and cells[0].kind == "compare":
        return cells[0]._replace(span=span)
    return Tree("stack", tuple(map(len, rows)), cells, span, span)


class _Argument(NamedTuple):
    name: Token | None
    trees: tuple[Tree, ...]


def _call(name: Token, opening: Token, *rest: Any) -> Tree:
    arguments: list[_Argument] = rest[0] if len(rest) == 2 else []
    span, mark = Span(name.start, rest[-1].end), Span(name.start, name.end)
    named = [argument for argument in arguments if argument.name]
    seen: set[str] = set()
    for token, _ in named:
        assert token is not None
        if token.text in seen:
            raise Refused("E103", f"{token.text} is given twice", "", (token.start, token.end))
        seen.add(token.text)
    if any(len(trees) == 2 for _, trees in named):
        return _over_indices(name, arguments, span, mark)
    keywords = tuple((token.text, trees[0]) for token, trees in named if token)
    operands = tuple(argument.trees[0] for argument in arguments if not argument.name)
    return Tree("call", (name.text, keywords), operands, span, mark)


def _over_indices(name: Token, arguments: list[_Argument], span: Span, mark: Span) -> Tree:
    """Build sum(i = 1..m, j = 1..n, i != j, body): indices, conditions, then the body."""
    count = sum(1 for argument in arguments if argument.name)
    for position, argument in enumerate(arguments):
        is_bound = position < count
        if is_bound is (argument.name is None) or len(argument.trees) != 1 + is_bound:
            raise _indices_first(name, argument)
    rest = [argument.trees[0] for argument in arguments[count:]]
    if not rest:
        raise _indices_first(name, arguments[-1])
    *conditions, body = rest
    for condition in reversed(conditions):
        if condition.kind != "compare":
            raise _indices_first(name, _Argument(None, (condition,)))
        body = Tree("given", None, (condition, body), body.span, condition.mark)
    bounds = tuple(tree for argument in arguments[:count] for tree in argument.trees)
    names = tuple(argument.name.text for argument in arguments[:count] if argument.name)
    return Tree("indexed", (name.text, names), (*bounds, body), span, mark)


def _indices_first(name: Token, argument: _Argument) -> Refused:
    return Refused(
        "E103",
        f"{name.text} over an index takes the indices first, then one expression",
        f"{name.text}(i = 1..m, j = 1..n, A[i,j])",
        (argument.name.start if argument.name else argument.trees[0].span.start,
         argument.trees[-1].span.end),
    )  # fmt: skip


def _derivative(
    name: Token, primes: Token, opening: Token, arguments: list[_Argument], closing: Token
) -> Tree:
    numbers = re.split("['′]", primes.text)[1:]
    span, mark = Span(name.start, closing.end), Span(name.start, primes.end)
    for argument in arguments:
        if argument.name:
            place = (argument.name.start, argument.trees[-1].span.end)
            raise Refused("E103", "a derivative takes expressions only", "f'(x)", place)
    if any(len(number) > 4 for number in numbers):
        raise Refused("E502", "there are not so many arguments", "f'1(x, y), f'2(x, y)", mark)
    positions = tuple(int(number or "1") - 1 for number in numbers)
    operands = tuple(argument.trees[0] for argument in arguments)
    return Tree("derivative", (name.text, positions), operands, span, mark)


_BIG = re.compile(r"([^_]+)_\{?([^{}^]*)\}?(?:\^\{?([^{}]*)\}?)?")
_LOWER = re.compile(r"\s*([^\W\d]+(?:\s*,\s*[^\W\d]+)*)\s*(?:(=|!=|≠|<=?|>=?|≤|≥)\s*(.*))?")
_BOUND = re.compile(r"\s*(?:([^\W\d]\w*)|(\d+))\s*(?:([+-])\s*(?:([^\W\d]\w*)|(\d+)))?\s*")
_BIG_NAMES = {"prod": "prod", "Π": "prod", "∏": "prod"}


def _big(token: Token, body: Tree) -> Tree:
    """Build sum_{i=1}^n body, sum_i body and sum_{i != j} body."""
    mark = Span(token.start, token.end)
    match = _BIG.fullmatch(token.text)
    lower = _LOWER.fullmatch(match[2]) if match else None
    if match is None or lower is None:
        hint = "sum(i = 1..n, x[i]), sum_{i=1}^n x_i"
        raise Refused("E103", "the index and its bounds are not understood", hint, mark)
    names, sign, other = re.findall(r"[^\W\d]", lower[1]), lower[2], lower[3]
    low, high = _integer(1, mark), Tree("open", None, (), mark, mark)
    if sign == "=":
        low = _bound(other, mark)
    elif sign:
        names += [] if other.isdigit() else [other.strip()]
        sides = tuple(_bound(part, mark) for part in (lower[1], other))
        asked = Tree("compare", COMPARE.get(sign, sign), sides, mark, mark)
        body = Tree("given", None, (asked, body), body.span, mark)
    if match[3]:
        high = _bound(match[3], mark)
    span = Span(token.start, body.span.end)
    name = _BIG_NAMES.get(match[1], "sum")
    bounds = (low, high) * len(names)
    return Tree("indexed", (name, tuple(names)), (*bounds, body), span, mark)


def _bound(text: str, place: Span) -> Tree:
    match = _BOUND.fullmatch(text)
    if match is None:
        hint = "sum(i = 1..n, x[i]), sum_{i=1}^n x_i"
        raise Refused("E103", f"{text.strip()} is not understood as a bound", hint, place)

    def atom(name: str, number: str) -> Tree:
        return Tree("name", name, (), place, place) if name else _integer(int(number), place)

    first = atom(match[1], match[2])
    if not match[3]:
        return first
    return Tree("add", match[3], (first, atom(match[4], match[5])), place, place)


def _integer(value: int, place: Span) -> Tree:
    return Tree("number", Fraction(value), (), place, place)


def _script(name: Token, token: Token) -> Tree:
    """Build x_{i} and A_{i,j}; what they mean depends on the indices that run there."""
    span = Span(name.start, token.end)
    inner = token.text[2:-1]
    parts = inner.split(",") if "," in inner else [inner]
    place = Span(token.start, token.end)
    selectors = tuple(_bound(part, place) for part in parts)
    base = Tree("name", name.text, (), Span(name.start, name.end), Span(name.start, name.end))
    return Tree("script", None, (base, *selectors), span, place)


_NORMS = {"1": "norm1", "2": "norm2", "F": "normF", "∞": "norminf", "inf": "norminf"}


def _bars(opening: Token, inner: Tree, closing: Token, subscript: Token | None = None) -> Tree:
    """Build |x|, ‖x‖ and ‖x‖_1."""
    closing = subscript or closing
    span, mark = Span(opening.start, closing.end), Span(opening.start, opening.end)
    label = subscript.text.strip("_{}") if subscript else ""
    if opening.kind == "BAR" and not label:
        return Tree("reading", "abs", (inner,), span, mark)
    name = _NORMS.get(label or "2")
    if name is None:
        hint = "‖x‖_1, ‖x‖_2, ‖x‖_∞, ‖A‖_F"
        raise Refused("E107", f"there is no norm {label}", hint, (closing.start, closing.end))
    if name == "norm2":
        return Tree("reading", "norm2", (inner,), span, mark)
    return Tree("call", (name, ()), (inner,), span, mark)


def _prefix(name: Token, bars: Tree) -> Tree:
    span, mark = Span(name.start, bars.span.end), Span(name.start, name.end)
    if name.text in ("log", "ln") and bars.value == "abs":
        return Tree("logbars", None, (bars,), span, mark)
    return Tree("call", (name.text, ()), (bars,), span, mark)


def _braced(base: Tree, token: Token, opening: Token, exponent: Tree, closing: Token) -> Tree:
    span = Span(base.span.start, closing.end)
    value = POWER.get(token.text, token.text)
    return Tree("power", value, (base, exponent), span, Span(token.start, token.end))


def _inverse_transpose(base: Tree, token: Token) -> Tree:
    span, mark = Span(base.span.start, token.end), Span(token.start, token.end)
    minus = Tree("sign", "-", (_integer(1, mark),), mark, mark)
    inverse = Tree("power", "^", (base, minus), span, mark)
    return Tree("transpose", None, (inverse,), span, mark)


def _pseudo_inverse(base: Tree, token: Token) -> Tree:
    span = Span(base.span.start, token.end)
    return Tree("call", ("pinv", ()), (base,), span, Span(token.start, token.end))


def _more(items: list[Any], separator: Token, item: Any) -> list[Any]:
    items.append(item)
    return items


ADD = {"−": "-"}
TIMES = {"⊙": ".*", "∘": ".*", "⊘": "./", "×": "*", "⋅": "·"}
POWER = {"**": "^"}
COMPARE = {row.unicode: written for written, row in RELATIONS.items() if not row.unicode.isascii()}
SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

ACTIONS: dict[str, Callable[..., Any]] = {
    "program": _program,
    "value": lambda tree: (None, tree),
    "definition": lambda name, equal, tree: (name, tree),
    "first": lambda item: [item],
    "more": _more,
    "compare": _binary("compare", COMPARE),
    "add": _binary("add", ADD),
    "product": _binary("product", TIMES),
    "power": _binary("power", POWER),
    "sign": _sign,
    "transpose": _transpose,
    "superscript": _superscript,
    "subscript": _subscript,
    "script": _script,
    "pseudo_inverse": _pseudo_inverse,
    "inverse_transpose": _inverse_transpose,
    "big": _big,
    "braced": _braced,
    "bars": _bars,
    "prefix": _prefix,
    "all": _all,
    "range": _range,
    "number": _leaf("number", read_number),
    "name": _leaf("name", lambda text, span: text),
    "group": _group,
    "stack": _stack,
    "call": _call,
    "derivative": _derivative,
    "positional": lambda tree: _Argument(None, (tree,)),
    "keyword": lambda name, equal, tree: _Argument(name, (tree,)),
    "bounds": lambda name, equal, low, dots, high: _Argument(name, (low, high)),
}
