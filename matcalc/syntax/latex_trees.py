"""Build the raw tree of a formula in LaTeX: what stands where, not yet what it means.

Besides the kinds of `matcalc.syntax.tree` there are those that only the declarations and
the rest of the formula decide:

juxtaposed  two factors side by side; group  brackets, value the opening one, with one or
several operands; script  a base and its subscripts; primed  value how many primes; abs and
norm  between bars, the norm's value its subscripts; fraction; called  value (function name,
scripts, whether without brackets); big  value (sum or prod, scripts), operand the body;
partial  value the number of an argument; dots  the selector of a range.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from matcalc.expressions.relations import RELATIONS
from matcalc.syntax.automaton import Refused, Token
from matcalc.syntax.text_trees import read_number
from matcalc.syntax.tree import Span, Tree

Script = tuple[str, tuple[Tree, ...]]


def factors(tree: Tree) -> list[Tree]:
    """Return the factors of a juxtaposition in order."""
    found = []
    while tree.kind == "juxtaposed":
        tree, right = tree.children
        found.append(right)
    found.append(tree)
    return found[::-1]


def innermost(tree: Tree) -> Tree | None:
    """Return the brackets that powers, transposes and subscripts stand on, if there are any."""
    while tree.kind in SCRIPTED:
        tree = tree.children[0]
    return tree if tree.kind == "group" else None


def is_bare(tree: Tree) -> bool:
    """Tell whether this is a function whose argument has no brackets."""
    value: Any = tree.value
    return tree.kind == "called" and value[2]


def head(tree: Tree) -> tuple[list[Tree], Tree]:
    r"""Return the signs and bare functions in front, and what they stand before: - \log f."""
    above = []
    while tree.kind == "sign" or is_bare(tree):
        above.append(tree)
        (tree,) = tree.children
    return above, tree


def is_label(power: Tree) -> bool:
    """Tell whether an exponent in brackets of its own is no exponent: W^{(1)}, x^{[i]}."""
    exponent = power.children[1]
    in_brackets = exponent.kind == "group" and exponent.value in ("(", "[")
    return power.value == "^" and in_brackets and exponent.children[0].kind != "compare"


SCRIPTED = ("power", "transpose", "script", "primed")


def _span(*tokens: Token) -> Span:
    return Span(tokens[0].start, tokens[-1].end)


def _over(*trees: Tree) -> Span:
    return Span(trees[0].span.start, trees[-1].span.end)


def _program(items: list[tuple[Tree | None, Tree]], end: Token | None = None) -> Tree:
    if len(items) == 1 and items[0][0] is None:
        return items[0][1]
    *named, (name, last) = items
    if name is not None:
        last = Tree("named", str(name.value), (last,), last.span, last.mark)
    if not named:
        return last
    for left, tree in named:
        if left is None:
            message = "only the last expression of a program stands without a name"
            raise Refused("E103", message, "z = …; …", tree.span)
    names = tuple(left for left, _ in named)
    trees = (*(tree for _, tree in named), last)
    return Tree("program", names, trees, _over(*trees), _over(*trees))


def _binary(kind: str) -> Callable[[Tree, Token, Tree], Tree]:
    return lambda left, token, right: Tree(
        kind, token.text, (left, right), _over(left, right), _span(token)
    )


def _sign(token: Token, operand: Tree) -> Tree:
    span = Span(token.start, operand.span.end)
    return Tree("sign", token.text, (operand,), span, _span(token))


def _juxtaposed(left: Tree, token: Token, right: Tree) -> Tree:
    return Tree("juxtaposed", None, (left, right), _over(left, right), _span(token))


# Scripts


def _check_single(base: Tree, token: Token) -> None:
    if base.kind in ("power", "transpose") or (base.kind == "primed" and token.text == "'"):
        hint = "{x^{2}}^{\\top}, or (x^{2})^{\\top}"
        raise Refused("E103", "two superscripts follow each other", hint, _span(token))


def _power(base: Tree, token: Token, opening: Token, exponent: Tree, closing: Token) -> Tree:
    _check_single(base, token)
    span = Span(base.span.start, closing.end)
    return Tree("power", "^", (base, exponent), span, _span(token))


def _entrywise_power(
    base: Tree, token: Token, opening: Token, sign: Token, exponent: Tree, closing: Token
) -> Tree:
    if sign.text != ".*":
        raise Refused("E103", "an exponent begins here", "x^{\\odot 2}", _span(sign))
    return _power(base, token, opening, exponent, closing)._replace(value=".^")


def _transpose(base: Tree, token: Token) -> Tree:
    span = Span(base.span.start, token.end)
    return Tree("transpose", None, (base,), span, _span(token))


def _superscript_transpose(
    base: Tree, token: Token, opening: Token, top: Token, closing: Token
) -> Tree:
    _check_single(base, token)
    return _transpose(base, closing)._replace(mark=_span(token, closing))


def _inverse_transpose(
    base: Tree, token: Token, opening: Token, sign: Token, top: Token, closing: Token
) -> Tree:
    _check_single(base, token)
    if sign.text != "-":
        raise Refused("E103", "a transpose has no plus", "A^{\\top}", _span(sign))
    mark = _span(token, closing)
    one = Tree("number", Fraction(1), (), _span(sign), _span(sign))
    minus = Tree("sign", "-", (one,), _span(sign), _span(sign))
    span = Span(base.span.start, closing.end)
    inverse = Tree("power", "^", (base, minus), span, mark)
    return Tree("transpose", None, (inverse,), span, mark)


def _primed(base: Tree, token: Token) -> Tree:
    _check_single(base, token)
    span = Span(base.span.start, token.end)
    return Tree("primed", len(token.text), (base,), span, _span(token))


def _subscript(
    base: Tree, token: Token, opening: Token, selectors: list[Tree], closing: Token
) -> Tree:
    """Attach subscripts to what they belong to: x^2_1 and x_1^2 are the same."""
    if base.kind in ("power", "transpose"):
        inner, *rest = base.children
        if inner.kind != "norm" and (not rest or rest[0].kind == "sign"):
            message = "it is not said whether the superscript or the subscript comes first"
            raise Refused("E107", message, "(X^{-1})_{i,j}, X_{i,j}^{-1}", _span(token))
        moved = _subscript(inner, token, opening, selectors, closing)
        span = Span(base.span.start, closing.end)
        return base._replace(children=(moved, *rest), span=span)
    span = Span(base.span.start, closing.end)
    if base.kind == "script" or (base.kind == "norm" and base.value):
        hint = "x_{i,j}, or (x_{i})_{j}"
        raise Refused("E103", "two subscripts follow each other", hint, _span(token))
    if base.kind == "norm":
        return base._replace(value=tuple(selectors), span=span)
    return Tree("script", None, (base, *selectors), span, _span(token, closing))


def _range(low: Tree, token: Token, high: Tree) -> Tree:
    return Tree("range", None, (low, high), _over(low, high), _span(token))


# Atoms


def _leaf(kind: str) -> Callable[[Token], Tree]:
    return lambda token: Tree(kind, token.text, (), _span(token), _span(token))


def _number(token: Token) -> Tree:
    span = _span(token)
    return Tree("number", read_number(token.text, span), (), span, span)


def _group(opening: Token, operands: list[Tree], closing: Token) -> Tree:
    span = _span(opening, closing)
    return Tree("group", "(", tuple(operands), span, span)


def _braces(opening: Token, inner: Tree, closing: Token) -> Tree:
    span = _span(opening, closing)
    return Tree("group", "{", (inner,), span, span)


def _brackets(opening: Token, rows: list[list[Tree]], closing: Token) -> Tree:
    span = _span(opening, closing)
    cells = tuple(cell for row in rows for cell in row)
    if len(cells) == 1:
        return Tree("group", "[", cells, span, span)
    return Tree("stack", tuple(map(len, rows)), cells, span, span)


def _call(
    name: Token, scripts: list[Script], opening: Token, operands: list[Tree], closing: Token
) -> Tree:
    value = (name.text, tuple(scripts), False)
    return Tree("called", value, tuple(operands), _span(name, closing), _span(name))


def _prefix(name: Token, scripts: list[Script], operand: Tree) -> Tree:
    span = Span(name.start, operand.span.end)
    return Tree("called", (name.text, tuple(scripts), True), (operand,), span, _span(name))


def _fraction(
    name: Token, opening: Token, upper: Tree, closing: Token, second: Token, lower: Tree, end: Token
) -> Tree:
    return Tree("fraction", None, (upper, lower), _span(name, end), _span(name))


def _root(name: Token, opening: Token, inner: Tree, closing: Token) -> Tree:
    return Tree("call", ("sqrt", ()), (inner,), _span(name, closing), _span(name))


def _root_of_degree(
    name: Token, left: Token, degree: Tree, right: Token, opening: Token, inner: Tree, end: Token
) -> Tree:
    one = Tree("number", Fraction(1), (), degree.span, degree.span)
    exponent = Tree("product", "/", (one, degree), degree.span, degree.span)
    power = Tree("power", "^", (inner, exponent), _span(name, end), _span(name))
    return Tree("group", "{", (power,), power.span, power.span)


def _bars(opening: Token, inner: Tree, closing: Token) -> Tree:
    span = _span(opening, closing)
    if opening.kind == "BAR":
        return Tree("abs", None, (inner,), span, _span(opening))
    return Tree("norm", (), (inner,), span, _span(opening))


def _matrix(opening: Token, rows: list[list[Tree]], closing: Token) -> Tree:
    span = _span(opening, closing)
    cells = tuple(cell for row in rows for cell in row)
    return Tree("stack", tuple(map(len, rows)), cells, span, span)


def _cases(opening: Token, branches: list[tuple[Tree, Tree | None]], closing: Token) -> Tree:
    span, mark = _span(opening, closing), _span(opening)
    *others, (last, condition) = branches
    for value, missing in others:
        if missing is None:
            raise Refused("E103", "only the last case is for all others", "", value.span)
    if condition is not None and not (len(others) == 1 and _opposite(others[0][1], condition)):
        message = "the last case must be that of all others"
        hint = "x & \\text{if } x > 0 \\\\ 0 & \\text{otherwise}"
        raise Refused("E103", message, hint, condition.span)
    result = _zero(last)
    for value, asked in reversed(others):
        assert asked is not None
        result = Tree("call", ("where", ()), (asked, _zero(value), result), span, mark)
    return result


def _zero(tree: Tree) -> Tree:
    r"""Return the number zero for \mathbf{0}, which has the other cases' shape."""
    if tree.kind == "name" and tree.value == "0":
        return tree._replace(kind="number", value=Fraction(0))
    return tree


def _opposite(one: Tree | None, other: Tree) -> bool:
    """Tell whether two conditions are each other's opposite, on the same operands."""
    if one is None or one.kind != "compare" or other.kind != "compare":
        return False
    opposite = RELATIONS[str(one.value)].opposite == other.value
    return opposite and all(map(_alike, one.children, other.children))


def _alike(one: Tree, other: Tree) -> bool:
    """Tell whether two trees are the same but for their places."""
    stack = [(one, other)]
    while stack:
        a, b = stack.pop()
        if (a.kind, a.value, len(a.children)) != (b.kind, b.value, len(b.children)):
            return False
        stack += zip(a.children, b.children, strict=True)
    return True


def _big(token: Token, scripts: list[Script], body: Tree) -> Tree:
    span = Span(token.start, body.span.end)
    return Tree("big", (token.text, tuple(scripts)), (body,), span, _span(token))


def _script(kind: str) -> Callable[..., list[Script]]:
    def build(
        scripts: list[Script], sign: Token, opening: Token, inner: Any, closing: Token
    ) -> list[Script]:
        if any(given == kind for given, _ in scripts):
            raise Refused("E103", "two scripts follow each other", "", _span(sign))
        trees = tuple(inner) if isinstance(inner, list) else (inner,)
        scripts.append((kind, trees))
        return scripts

    return build


def _more(items: list[Any], separator: Token, item: Any) -> list[Any]:
    items.append(item)
    return items


ACTIONS: dict[str, Callable[..., Any]] = {
    "program": _program,
    "value": lambda tree: (None, tree),
    "definition": lambda name, equal, tree: (name, tree),
    "first": lambda item: [item],
    "more": _more,
    "compare": _binary("compare"),
    "add": _binary("add"),
    "product": _binary("product"),
    "sign": _sign,
    "juxtaposed": _juxtaposed,
    "power": _power,
    "entrywise_power": _entrywise_power,
    "transpose": _transpose,
    "superscript_transpose": _superscript_transpose,
    "inverse_transpose": _inverse_transpose,
    "primed": _primed,
    "subscript": _subscript,
    "all": _leaf("all"),
    "dots": _leaf("dots"),
    "range": _range,
    "number": _number,
    "name": _leaf("name"),
    "group": _group,
    "braces": _braces,
    "brackets": _brackets,
    "call": _call,
    "prefix": _prefix,
    "fraction": _fraction,
    "root": _root,
    "root_of_degree": _root_of_degree,
    "bars": _bars,
    "angle": lambda opening, left, comma, right, closing: Tree(
        "angle", None, (left, right), _span(opening, closing), _span(opening)
    ),
    "matrix": _matrix,
    "cases": _cases,
    "case": lambda value, separator, condition: (value, condition),
    "otherwise": lambda value, separator, word: (value, None),
    "partial": lambda sign, sub, opening, number, closing: Tree(
        "partial", number.text, (), _span(sign, closing), _span(sign)
    ),
    "big": _big,
    "nothing": list,
    "lower": _script("lower"),
    "upper": _script("upper"),
}
