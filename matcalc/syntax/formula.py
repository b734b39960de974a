"""Parse a formula, as typed, to a syntax tree; say where and why when that fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.relations import RELATIONS
from matcalc.limits import allow, exceeded, limit
from matcalc.syntax.automaton import END, UNKNOWN, Refused, Token, Unexpected, run, tokenize
from matcalc.syntax.characters import check_characters, show
from matcalc.syntax.generated.formula import TABLE
from matcalc.syntax.tree import Span, Tree

if TYPE_CHECKING:
    from matcalc.syntax.declarations import Declaration

EXAMPLE = 'example: matcalc diff "x\'*A*x" --wrt x'

LONGEST_NAME = 256
MOST_DIGITS = 1_000
LARGEST_EXPONENT = 400


LATEX = re.compile(r"\\(?!top\b)|[\^_]\{|\$")


def is_latex(text: str) -> bool:
    r"""Tell whether a text is LaTeX: it has macros other than \top, or braces in scripts.

    >>> is_latex(r"\mathbf{w} \cdot x"), is_latex("x_{1}"), is_latex(r"x^\top*A")
    (True, True, False)
    """
    return LATEX.search(text) is not None


def parse_formula(text: str, declarations: Iterable[Declaration] = ()) -> Tree:
    """Return the syntax tree of a formula, or of a program such as `z = w·x + b; max(0, z)`.

    LaTeX is read as well, by the light of the declarations; other formulas need none.

    >>> tree = parse_formula("x'*A")
    >>> tree.kind, tree.value, tree.mark
    ('product', '*', Span(start=2, end=3))
    >>> [child.kind for child in tree.children]
    ['transpose', 'name']
    """
    allow(text)
    if "\\" in text or is_latex(text):
        from matcalc.syntax.latex import parse_latex

        if is_latex(text):
            return parse_latex(text, declarations)
    try:
        return _parse(text)
    except MatcalcError:
        if "\\" not in text:
            raise
    return parse_latex(text, declarations)


def _parse(text: str) -> Tree:
    check_characters(text)
    if not text.strip():
        raise MatcalcError("E101", f"the formula is empty; {EXAMPLE}", hint=EXAMPLE).at(text, 0, 0)
    try:
        tree: Tree = run(TABLE, _tokens(text), ACTIONS)
    except Unexpected as error:
        raise _explain(text, error) from None
    except Refused as refusal:
        raise refusal.error.at(text, *refusal.place) from None
    return tree


# ---------------------------------------------------------------- tokens

OPERAND_STARTS = frozenset({"NAME", "NUMBER", "LPAR", "LSQB"})
OPERAND_ENDS = frozenset({"NAME", "NUMBER", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT"})
MULTIPLIED = frozenset({"NAME", "LPAR"})
CALLED = frozenset({"NAME", "PRIMES"})
CLOSING = {"RPAR": "LPAR", "RSQB": "LSQB"}


def _tokens(text: str) -> Iterator[Token]:
    """Yield the tokens, and the multiplications between numbers and names."""
    before = Token(END, "", 0, 0)
    for token in _bracketed(text, _checked(text)):
        if before.kind == "NUMBER":
            if token.kind in MULTIPLIED and "\n" not in text[before.end : token.start]:
                yield Token("IMPLICIT", "", token.start, token.start)
            elif token.kind == "LSQB":
                hint = f"{clip(before.text)}*[…], or (…^{clip(before.text)})[…]"
                place = (token.start, token.end)
                raise Refused("E103", "a number has no entries", hint, place)
        yield token
        before = token


def _checked(text: str) -> Iterator[Token]:
    """Refuse what a parser would only stumble over: odd characters and numbers, long names."""
    before = Token(END, "", 0, 0)
    most = limit("symbols")
    for count, token in enumerate(tokenize(TABLE, text)):
        place = (token.start, token.end)
        if before.kind == "NUMBER" and before.end == token.start and _goes_on(before, token):
            message = f"the number {clip(before.text)} goes on with {clip(token.text)}"
            raise Refused("E106", message, "numbers look like 12, 0.5 or 1e-3", place)
        if token.kind == UNKNOWN:
            raise _unknown(text, token)
        if token.kind == "NAME" and len(token.text) > LONGEST_NAME:
            message = f"a name has {len(token.text)} letters; at most {LONGEST_NAME} are read"
            raise Refused("E503", message, "", place)
        if token.kind == "LPAR" and before.text[:1] == "d" and _is_differential(text, token.start):
            message = "derivatives are not written in the formula"
            raise Refused("E107", message, "name the variable by --wrt x", place)
        if count >= most:
            error = exceeded("symbols", count + 1)
            raise Refused(error.code, error.message, error.hint, place)
        yield token
        before = token


def _bracketed(text: str, tokens: Iterator[Token]) -> Iterator[Token]:
    """Refuse brackets that do not match or are nested too deep, but pass all tokens on."""
    opened: list[tuple[Token, bool]] = []
    groups = 0
    deepest = limit("nesting")
    before = END
    for token in tokens:
        place = (token.start, token.end)
        if token.kind in ("LPAR", "LSQB"):
            is_group = before not in CALLED
            opened.append((token, is_group))
            groups += is_group
            if groups > deepest or len(opened) > 10 * deepest:
                error = exceeded("nesting", max(groups, len(opened) // 10))
                raise Refused(error.code, error.message, error.hint, place)
        elif token.kind in CLOSING:
            if not opened:
                message = f"nothing is opened that {token.text} could close"
                raise Refused("E105", message, "", place)
            opening, is_group = opened.pop()
            groups -= is_group
            if opening.kind != CLOSING[token.kind]:
                message = f"{token.text} does not close the bracket {opening.text}"
                raise Refused("E105", message, "", place)
        elif token.kind == END and opened:
            opening, _ = opened[-1]
            message = f"the bracket {opening.text} is never closed"
            raise Refused("E105", message, "", (opening.start, opening.end))
        yield token
        before = token.kind


def _goes_on(number: Token, token: Token) -> bool:
    """Tell whether a number is followed by what no number contains: 1.2.3, 1_000, 0x1F."""
    if token.kind == "NAME" and number.text == "0":
        return re.fullmatch("[xXbBoO][0-9A-Fa-f]+", token.text) is not None
    return token.kind == "NUMBER" or (token.kind == UNKNOWN and token.text in "._")


def _is_differential(text: str, end: int) -> bool:
    before = text[max(0, end - 64) : end]
    return re.search(r"(?<![^\W_])d[\^0-9²]*\s*/\s*d[^\W\d_]\w*\s*$", before) is not None


# ---------------------------------------------------------------- actions


def _program(items: list[tuple[Token | None, Tree]], semicolon: Token | None = None) -> Tree:
    *named, (name, last) = items
    if name is not None:
        message = f"the program ends with the definition of {name.text}; its value is missing"
        place = (last.span.end, last.span.end)
        raise Refused("E104", message, f"{name.text} = …; {name.text}", place)
    tokens = [token for token, _ in named if token]
    for token, tree in named:
        if token is None:
            message = "only the last expression of a program stands without a name"
            raise Refused("E103", message, "z = …; …", tree.span)
    if not named:
        return last
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
    named = [(argument.name, argument.trees) for argument in arguments if argument.name]
    operands = tuple(argument.trees[0] for argument in arguments if not argument.name)
    seen: set[str] = set()
    for token, _ in named:
        if token.text in seen:
            raise Refused("E103", f"{token.text} is given twice", "", (token.start, token.end))
        seen.add(token.text)
    if not any(len(trees) == 2 for _, trees in named):
        keywords = tuple((token.text, trees[0]) for token, trees in named)
        return Tree("call", (name.text, keywords), operands, span, mark)
    for argument, is_body in zip(arguments, [False] * len(named) + [True], strict=False):
        if is_body != (argument.name is None) or len(argument.trees) != 2 - is_body:
            raise _indices_first(name, argument)
    if len(arguments) != len(named) + 1:
        raise _indices_first(name, arguments[-1])
    bounds = tuple(tree for _, trees in named for tree in trees)
    names = tuple(token.text for token, _ in named)
    return Tree("indexed", (name.text, names), (*bounds, *operands), span, mark)


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


# ---------------------------------------------------------------- errors

# What begins no token: (as written, what it is, what to write instead).
ELSEWHERE = (
    (r"[{}]", "a brace", "group with ( ), stack with [a; b]"),
    (r"\|\|", "a double bar", "norms: norm2(x), normF(A); conditions: max([a > 0], [b > 0])"),
    (r"\|", "a bar", "abs(x) entry by entry, norm2(x) for the length, det(A)"),
    (r"&&?", "'and'", "multiply the conditions: [a > 0] .* [b > 0]"),
    (r"!", "a factorial or negation", "a condition's opposite: 1 - [x > 0]"),
    (r"~=", "MATLAB's sign for 'not equal'", "!="),
    (r"~", "a negation", "a condition's opposite: 1 - [x > 0]"),
    (r'"', "a string", "names stand without quotes"),
    (r"[#%]", "a comment, or a remainder", "formulas have neither"),
    (r"`", "a quotation mark", "transpose with ', as in x'"),
    (r"\.(?=[^\W\d_])", "an attribute", "functions are called as in sum(x); A.T transposes"),
)
# Words of other languages, where an operator is due.
WORDS = {
    "if": "where(condition, a, b)",
    "else": "where(condition, a, b)",
    "and": "[a > 0] .* [b > 0]",
    "or": "max([a > 0], [b > 0])",
    "not": "1 - [x > 0]",
    "for": "sum(i = 1..N, x[i])",
    "in": "sum(i = 1..N, x[i])",
    "is": "==",
    "lambda": "f: elementwise",
}


def _unknown(text: str, token: Token) -> Refused:
    for pattern, what, hint in ELSEWHERE:
        match = re.compile(pattern).match(text, token.start)
        if match:
            message = f"unexpected {clip(match.group())}, {what}"
            return Refused("E107", message, hint, match.span())
    hints = {"_": "names start with a letter", ".": ".*  ./  .^"}
    return Refused(
        "E102",
        f"unexpected character {show(token.text)}",
        hints.get(token.text, ""),
        (token.start, token.end),
    )


def _explain(text: str, error: Unexpected) -> MatcalcError:
    """Say what was seen, what was due, and what was probably meant."""
    token, before = error.token, error.previous
    code, message, hint = _diagnose(text, token, before)
    # The first of two points could begin an operator; the second is the odd one.
    start = token.start + (token.kind == "DOTS")
    return MatcalcError(code, message, hint=hint).at(text, start, token.end)


def _diagnose(text: str, token: Token, before: Token | None) -> tuple[str, str, str]:
    after_operand = before is not None and before.kind in OPERAND_ENDS
    shown = clip(token.text)
    if before is not None and after_operand and token.kind in OPERAND_STARTS:
        for word in (token.text, before.text):
            if word in WORDS:
                return "E107", f"'{word}' is not an operator here", WORDS[word]
    if token.kind == END:
        return "E104", "the formula ends where an operand is due", ""
    if token.kind in OPERAND_STARTS and after_operand and before is not None:
        if "\n" in text[before.end : token.start]:
            hint = "end a definition with ';', as in z = A*x; z'*z"
        else:
            hint = _product(text, before, token)
        return "E103", f"an operator is missing before {shown}", hint
    if token.kind == "COMPARE" and after_operand:
        return "E108", "comparisons do not chain", "[a < b] .* [b < c]"
    if token.kind == "TRANSPOSE" and not after_operand:
        if re.compile("'[^'\n]*'").match(text, token.start):
            return "E107", "strings do not occur in formulas", "names stand without quotes"
        return "E103", f"{shown} transposes what stands before it", "x'"
    for kind, is_after, why, hint in MISPLACED:
        if kind == token.kind and is_after in (None, after_operand):
            return "E103", f"unexpected {shown}: {why}", hint
    return "E103", f"unexpected {shown}: an operand is due here", ""


# A token in the wrong place: (kind, whether after an operand, why, what to write).
MISPLACED = (
    ("PRIMES", None, "only the name of an abstract function is derived so", "x'*(a + b)"),
    ("DOTS", None, "a range stands in the first arguments of a sum", "sum(i = 1..N, x[i])"),
    ("EQUAL", True, "only a name is defined, at the start of a part", "z = A*x; z'*z, or =="),
    ("EQUAL", False, "a name is due before it", "z = A*x; z'*z, or =="),
    ("COLON", True, "a slice stands in a subscript", "x[1:k], or sum(i = 1..N, x[i])"),
    ("RSQB", False, "a slice says both ends, and no bracket is empty", "x[1:n]"),
    ("RPAR", False, "an operand is missing before it", ""),
    ("COMMA", True, "a comma stands in arguments, subscripts and stacks", "[a, b]"),
    ("SEMICOLON", True, "a semicolon ends a part of a program or a row of a stack", ""),
)


def _product(text: str, before: Token, token: Token) -> str:
    """Write out the product that was probably meant, as `A*x`."""
    right = "(…)" if token.kind == "LPAR" else "[…]" if token.kind == "LSQB" else clip(token.text)
    match = re.search(r"[^\W_][\w.'′ᵀ⊤^\\]*$", text[max(0, before.end - 64) : before.end])
    left = match.group() if match else "(…)"
    hint = f"{left}*{right}"
    if before.kind == "SUPERSCRIPT" and token.kind == "LPAR":
        hint += ", or the power of a function: sin(x)^2"
    if before.kind == "NAME" and len(before.text) > 1 and before.text.isalpha():
        hint += f", or {left}({right.strip('()')})"
    return hint


def clip(text: str) -> str:
    """Return a piece of the source, its end left out if it is long."""
    return text if len(text) <= 40 else text[:37] + "…"
