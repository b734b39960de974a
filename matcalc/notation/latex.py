r"""Formulas as LaTeX, for amsmath: bold vectors and matrices, transposes as \top."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import BINDERS, bound_names, names_in
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.shapes import Shape, is_row
from matcalc.expressions.traversal import postorder
from matcalc.notation.letters import name_latex
from matcalc.notation.precedence import (
    LEVELS,
    Level,
    Operand,
    Piece,
    Printed,
    begins_signed,
    join,
    lay_out,
    signed_sum,
)
from matcalc.notation.sharing import Names, Program, program
from matcalc.notation.text import (
    continues,
    ends_in_inner_product,
    is_scaling,
    unsigned,
)

Layout = Mapping[Expression, Printed]
Describe = Callable[[Expression, Layout], Printed]

DEEPEST = 60
r"""How many groups may be nested: TeX stops at 255, and a \left takes two."""

_INDICES = "ijklpqrstuvwxyzabcdefghmno"

_LETTERS = {"eye": "I", "commutation": "K", "delta": "δ"}

WIDEST = 10
"""How many columns a bmatrix may have."""


def to_latex(
    expression: Expression,
    *,
    cases: bool = False,
    names: Names | None = None,
    symbols: Mapping[Expression, str] | None = None,
) -> str:
    r"""Return the formula as LaTeX, its shared parts in lines of their own, as in text.

    With `cases`, what an Iverson bracket multiplies is written as a case distinction.
    `symbols` has the LaTeX of variables that are not written by their names.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import make, variable
    >>> x = variable("x", (name("n"),))
    >>> print(to_latex(make("multiply", (make("transpose", (x,)), x))))
    \mathbf{x}^{\top} \mathbf{x}
    """
    chosen = program([expression], names)
    parts, (result,) = program_latex(chosen, cases=cases, names=names, symbols=symbols)
    if not parts:
        return result
    return aligned([*[f"{name} &= {part}" for name, part in parts], rf"&\phantom{{=}} {result}"])


def aligned(lines: Sequence[str]) -> str:
    r"""Return lines as rows of one formula, with & where they are aligned.

    >>> print(aligned(["z &= x", "y &= z"]))
    \begin{aligned}
    z &= x \\
    y &= z
    \end{aligned}
    """
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def program_latex(
    chosen: Program,
    *,
    cases: bool = False,
    names: Names | None = None,
    symbols: Mapping[Expression, str] | None = None,
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the shared parts of a program as (name, part) in order, and the formulas of them."""
    parts, results, _ = chosen
    roots = [*[part for _, part in parts], *results]
    taken = names_in(postorder(roots, lambda node: node.arguments)).union(
        names.taken if names else (), [name for name, _ in parts]
    )
    indices = _indices_told_apart(roots, taken)
    plain = partial(_with_indices, _describe_cases if cases else _describe, indices)
    describe = partial(_described, plain, frozenset(taken))
    named = _words_of_constants(roots, names)
    named.update(symbols or {})
    lines = []
    for name, part in parts:
        shown = _spelled(name, bool(part.shape), taken)
        lines.append((shown, join(part, lay_out(part, describe, named))))
        named[part] = shown
    return lines, [join(result, lay_out(result, describe, named)) for result in results]


def _words_of_constants(roots: Sequence[Expression], names: Names | None) -> dict[Expression, str]:
    """Return the words for constants whose letter is the name of something else."""
    nodes = postorder(roots, lambda node: node.arguments)
    taken = names_in(nodes).union(names.taken if names else ())
    heads = {head for head, letter in _LETTERS.items() if letter in taken}
    return {node: _word(node) for node in nodes if node.head in heads}


def _word(node: Expression) -> str:
    sizes = node.value if node.head == "commutation" else [node.value]
    places = map(to_latex, node.arguments) if node.head == "delta" else map(size_latex, sizes)
    return rf"\operatorname{{{node.head}}}({', '.join(places)})"


def condition_latex(comparison: Expression) -> str:
    """Return a comparison without the Iverson bracket around it."""
    left, right = map(to_latex, comparison.arguments)
    return f"{left} {RELATIONS[comparison.value].latex} {right}"


def _describe(node: Expression, layout: Layout) -> Printed:
    return _TABLE[node.head](node, layout)


def _described(
    describe: Describe, taken: frozenset[str], node: Expression, layout: Layout
) -> Printed:
    """Describe a node; an entry or a name that another name looks like is told apart.

    With a name s1 the entry s[1] is (s)_1; with a name z_1 the name z1 is a word.
    """
    if node.head == "variable":
        return _atom(_spelled(node.value.name, bool(node.shape), taken))
    if node.head == "subscript" and node.arguments[0].head == "variable":
        base = node.arguments[0].value.name
        if any(_is_numbered(name, base) for name in taken):
            first, *rest = describe(node, layout).pieces
            if isinstance(first, str):
                bold = name_latex(base, bold=True)
                return _atom(f"({bold})", *rest, depth=1)
    return describe(node, layout)


def _indices_told_apart(roots: Sequence[Expression], taken: Collection[str]) -> dict[str, str]:
    """Return other letters for indices that look like something else, such as i_ like i."""
    nodes = postorder(roots, lambda node: node.arguments)
    indices = {name for node in nodes if node.head in BINDERS for name in bound_names(node)}
    shown = {name_latex(name) for name in taken if name not in indices}
    renamed: dict[str, str] = {}
    for name in sorted(indices, key=lambda name: (len(name), name)):
        if name_latex(name) in shown:
            free = (x for x in _INDICES if x not in shown and x not in taken)
            renamed[name] = next(free, name)
        shown.add(name_latex(renamed.get(name, name)))
    return renamed


def _with_indices(
    describe: Describe, letters: Mapping[str, str], node: Expression, layout: Layout
) -> Printed:
    """Describe a node with other letters for the indices that have them."""
    if letters and node.head in ("index", "index_sum"):
        node = make(node.head, node.arguments, letters.get(node.value, node.value))
    elif letters and node.head == "tensor":
        names = tuple([letters.get(name, name) for name in node.value[0]])
        node = make(node.head, node.arguments, (names, *node.value[1:]))
    return describe(node, layout)


def _is_numbered(name: str, base: str) -> bool:
    """Tell whether a name is another with a number behind it."""
    return name.startswith(base) and name[len(base) :].lstrip("_").isdigit()


def _spelled(name: str, bold: bool, taken: Collection[str]) -> str:
    """Return a name as LaTeX: z1 as z with an index, where nothing else looks so."""
    word = name.rstrip("0123456789")
    if word != name and f"{word}_{name[len(word) :]}" in taken:
        return rf"\mathbf{{{name}}}" if bold else rf"\mathrm{{{name}}}"
    return name_latex(name, bold)


def _describe_cases(node: Expression, layout: Layout) -> Printed:
    return _CASES.get(node.head, _TABLE[node.head])(node, layout)


# Brackets


def _deep(layout: Layout, *nodes: Expression) -> bool:
    """Tell whether TeX would not take many more groups around these."""
    return any(layout[node].depth >= DEEPEST for node in nodes)


def _in_brackets(node: Expression, layout: Layout) -> Operand:
    if layout[node].tall and not _deep(layout, node):
        return Operand(node, r"\left(", r"\right)")
    return Operand(node, "(", ")")


def _at_least(level: int, node: Expression, layout: Layout) -> Operand:
    printed = layout[node]
    if printed.level < level:
        return _in_brackets(node, layout)
    return Operand(node)


def _atom(*pieces: Piece, tall: bool = False, depth: int = 0) -> Printed:
    return Printed(pieces, Level.ATOM, tall=tall, depth=depth)


def _grown(opening: str, node: Expression, closing: str, layout: Layout) -> list[Piece]:
    """Return delimiters around a node that grow with it, unless too many would be nested."""
    if _deep(layout, node):
        return [opening, Operand(node), closing]
    return [Operand(node, rf"\left{opening}", rf"\right{closing}")]


# Names and numbers


def _number(node: Expression, layout: Layout) -> Printed:
    value: Fraction = node.value
    sign = "-" if value < 0 else ""
    level = Level.SIGN if value < 0 else Level.ATOM
    if value.denominator == 1:
        return Printed((str(value),), level, signed=value < 0)
    text = rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return Printed((text,), min(level, Level.POWER), signed=value < 0, tall=True)


def size_latex(dimension: Dimension) -> str:
    """Return a dimension as LaTeX.

    >>> from matcalc.expressions.dimensions import integer, name
    >>> size_latex(integer(2) * name("m") - name("n_1"))
    '2 m - n_{1}'
    """
    text = ""
    for monomial, coefficient in dimension.terms:
        sign = ("-" if not text else " - ") if coefficient < 0 else " + " if text else ""
        factors = [name_latex(name) for name in monomial]
        if abs(coefficient) != 1 or not monomial:
            factors.insert(0, str(abs(coefficient)))
        text += sign + " ".join(factors)
    return text or "0"


def _size(node: Expression, layout: Layout) -> Printed:
    terms = node.value.terms
    text = size_latex(node.value)
    level = Level.SUM if len(terms) > 1 else Level.PRODUCT if " " in text else Level.ATOM
    signed = text.startswith("-")
    return Printed((text,), min(level, Level.SIGN) if signed else level, signed)


def _shape_text(shape: Shape) -> str:
    return r" \times ".join(map(size_latex, shape))


def _ones(node: Expression, layout: Layout) -> Printed:
    return _atom(rf"\mathbf{{1}}_{{{_shape_text(node.value)}}}" if node.value else "1")


def _zeros(node: Expression, layout: Layout) -> Printed:
    return _atom(rf"\mathbf{{0}}_{{{_shape_text(node.value)}}}" if node.value else "0")


def _commutation(node: Expression, layout: Layout) -> Printed:
    rows, columns = map(size_latex, node.value)
    return _atom(rf"\mathbf{{K}}_{{{rows},{columns}}}")


# Sums and products


def _negate(node: Expression, layout: Layout) -> Printed:
    (operand,) = node.arguments
    inner = layout[operand]
    loose = inner.level < Level.PRODUCT or inner.signed
    shown = _in_brackets(operand, layout) if loose else Operand(operand)
    level = LEVELS["negate"] if loose else min(LEVELS["negate"], inner.level)
    return Printed(("-", shown), level, signed=True, open=inner.open and not loose)


def _left(node: Expression, natural: bool, layout: Layout) -> Operand:
    printed = layout[node]
    if printed.open or printed.level < (Level.PRODUCT if natural else Level.SIGN):
        return _in_brackets(node, layout)
    return Operand(node)


def _right(node: Expression, layout: Layout) -> Operand:
    return _at_least(Level.POWER, node, layout)


def _product(
    node: Expression, first: Operand, operator: str, second: Operand, layout: Layout
) -> Printed:
    return Printed(
        (first, operator, second),
        LEVELS[node.head],
        signed=begins_signed(first, layout),
        open=not second.opening and layout[second.node].open,
    )


def _multiply(node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    first = _left(left, unsigned(left, layout).head in ("multiply", "size"), layout)
    if (right.shape or right.head == "multiply") and ends_in_inner_product(left, layout):
        first = _in_brackets(left, layout)
    goes_on = right.head == "index_sum" or continues(right, left, layout)
    second = Operand(right) if goes_on else _right(right, layout)
    return _product(node, first, _between(first, second, layout), second, layout)


def _between(first: Operand, second: Operand, layout: Layout) -> str:
    """Return what stands between two factors: nothing to see, unless digits would meet."""
    if not second.opening:
        text = _first_text(second.node, layout)
        if text[:1].isdigit() or text.startswith(r"\frac{"):
            return r" \cdot " if _begins_with_digit(second.node, layout) else " "
        if text.startswith(r"\mathrm{"):
            return r" \, "
    if first.opening:
        return " "
    last = first.node.arguments[-1] if first.node.head == "multiply" else first.node
    if last.head == "number" and _first_text(second.node, layout).startswith(r"\mathbf{1}"):
        return r" \cdot "
    is_word = last in layout and _first_text(last, layout).startswith(r"\mathrm{")
    return r" \, " if is_word else " "


def _begins_with_digit(node: Expression, layout: Layout) -> bool:
    """Tell whether a factor begins with a digit, or with a fraction that does."""
    while True:
        for piece in layout[node].pieces:
            if not isinstance(piece, str):
                if piece.opening:
                    return False
                node = piece.node
                break
            text = piece.removeprefix(r"\frac{")
            if text:
                return text[0].isdigit()
        else:
            return False


def _first_text(node: Expression, layout: Layout) -> str:
    while True:
        piece = layout[node].pieces[0]
        if isinstance(piece, str):
            return piece
        if piece.opening:
            return piece.opening
        node = piece.node


def _entrywise(operator: str) -> Describe:
    def describe(node: Expression, layout: Layout) -> Printed:
        left, right = node.arguments
        natural = unsigned(left, layout).head == node.head or is_scaling(left, layout)
        first, second = _left(left, natural, layout), _right(right, layout)
        return _product(node, first, operator, second, layout)

    return describe


def _divide(node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    if right.shape:
        return _entrywise(r" \oslash ")(node, layout)
    if _deep(layout, left, right):
        first, second = _left(left, False, layout), _right(right, layout)
        return _product(node, first, " / ", second, layout)
    # a minus of the whole numerator stands before the fraction
    signed = layout[left].signed and layout[left].level > Level.SUM
    pieces = (
        r"-\frac{" if signed else r"\frac{",
        Operand(left, unsigned=signed),
        "}{",
        Operand(right),
        "}",
    )
    level = Level.SIGN if signed else Level.POWER
    return Printed(pieces, level, signed, tall=True, depth=1)


def _dot(node: Expression, layout: Layout) -> Printed:
    first, second = [_at_least(Level.POWER, part, layout) for part in node.arguments]
    return _product(node, first, r" \cdot ", second, layout)


# Powers, transposes, entries

_SUPERSCRIPTED = frozenset(("power", "matrix_power", "transpose"))


def _has_superscript(node: Expression, layout: Layout) -> bool:
    is_inverse = node.head == "call" and template(node.value[0], 1).startswith("{0}^")
    return layout[node].level < Level.ATOM and (is_inverse or node.head in _SUPERSCRIPTED)


def _power(node: Expression, layout: Layout) -> Printed:
    base, exponent = node.arguments
    if _deep(layout, exponent):
        return _listed(r"\operatorname{pow}", node, layout)
    entrywise = node.head == "power" and bool(node.shape)
    first = _at_least(Level.ATOM, base, layout)
    opening = r"^{\odot " if entrywise else "^{"
    inline = _inline_fraction(exponent)
    shown = inline if inline else Operand(exponent)
    return Printed((first, opening, shown, "}"), LEVELS[node.head], depth=1)


def _inline_fraction(node: Expression) -> str:
    if node.head == "number" and node.value.denominator != 1:
        return str(node.value)
    if node.head == "divide" and all(part.head == "number" for part in node.arguments):
        upper, lower = (part.value for part in node.arguments)
        if upper.denominator == lower.denominator == 1 and lower > 0:
            return f"{upper}/{lower}"
    return ""


def _transpose(node: Expression, layout: Layout) -> Printed:
    (operand,) = node.arguments
    if _has_superscript(operand, layout) and not _deep(layout, operand):
        return Printed((Operand(operand, "{", "}"), r"^{\top}"), LEVELS[node.head], depth=1)
    return Printed((_at_least(Level.ATOM, operand, layout), r"^{\top}"), LEVELS[node.head])


def _subscript(node: Expression, layout: Layout) -> Printed:
    base = node.arguments[0]
    pieces: list[Piece] = [_subscript_base(node, base, layout), "_{"]
    indices = iter(node.arguments[1:])
    for position, selector in enumerate(node.value):
        if position:
            pieces.append(",")
        if selector == "all":
            pieces.append(":")
        elif selector == "entry":
            pieces.append(Operand(next(indices)))
        else:
            pieces += (Operand(next(indices)), ":", Operand(next(indices)))
    return _atom(*pieces, "}", depth=1)


def _subscript_base(node: Expression, base: Expression, layout: Layout) -> Piece:
    """Return what gets the subscript: an entry of a vector or matrix is not bold."""
    if base.head != "variable" or layout[base].pieces != _variable(base, layout).pieces:
        return _in_brackets(base, layout)
    shown = name_latex(base.value.name, bold=bool(node.shape))
    return f"({shown})" if "_{" in shown else shown


def _comparison(node: Expression) -> tuple[Piece, ...]:
    left, right = node.arguments
    return (Operand(left), f" {RELATIONS[node.value].latex} ", Operand(right))


def _compare(node: Expression, layout: Layout) -> Printed:
    tall = any(layout[operand].tall for operand in node.arguments)
    if tall and not _deep(layout, *node.arguments):
        return _atom(r"\left[", *_comparison(node), r"\right]", depth=1)
    return _atom("[", *_comparison(node), "]")


def _stack(node: Expression, layout: Layout) -> Printed:
    width = max(node.value)
    below, beside, depth = r" \\ ", " & ", 4
    if _deep(layout, *node.arguments):
        opening, closing, below, beside, depth = "[", "]", r";\, ", r",\, ", 0
    elif width > WIDEST:
        opening = rf"\left[\begin{{array}}{{{'c' * width}}} "
        closing = r" \end{array}\right]"
    else:
        opening, closing = r"\begin{bmatrix} ", r" \end{bmatrix}"
    pieces: list[Piece] = [opening]
    cells = iter(node.arguments)
    for row, length in enumerate(node.value):
        if row:
            pieces.append(below)
        for column in range(length):
            if column:
                pieces.append(beside)
            pieces.append(Operand(next(cells)))
    return _atom(*pieces, closing, tall=True, depth=depth)


# Functions and running indices


def _listed(opening: str, node: Expression, layout: Layout, extra: str = "") -> Printed:
    """Return a function's name and its arguments in brackets."""
    pieces: list[Piece] = []
    for position, argument in enumerate(node.arguments):
        if position:
            pieces.append(", ")
        pieces.append(Operand(argument))
    tall = any(layout[argument].tall for argument in node.arguments)
    grows = tall and not _deep(layout, *node.arguments)
    left, right = (r"\left(", r"\right)") if grows else ("(", ")")
    return _atom(opening + left, *pieces, extra + right, depth=int(grows))


@cache
def template(name: str, arity: int) -> str:
    """Return the table's LaTeX for a function, with {0}, {1}, ... for its arguments."""
    row = ROWS.get((name, arity))
    return row.latex if row else ""


def _call(node: Expression, layout: Layout) -> Printed:
    name, detail = node.value
    row = ROWS[name, len(node.arguments)]
    if row.chooses == "condition" and not _deep(layout, *node.arguments):
        return _where(node, layout)
    of_matrix = row.latex.startswith(r"\left|") and len(node.shape) == 2 and not is_row(node.shape)
    plain = isinstance(detail, int) or of_matrix  # |A| would be taken for the determinant
    shown = "" if plain else template(name, len(node.arguments))
    upright = r"\operatorname{" + name.replace("_", r"\_") + "}"
    if isinstance(detail, int):
        return _listed(rf"{upright}_{{\mathrm{{axis}}={detail}}}", node, layout)
    if row.sizes:
        shape = r" \times ".join(map(size_latex, detail))
        return _listed(rf"{upright}_{{{shape}}}", node, layout)
    if shown.endswith(("({0})", "({0}, {1})")):
        opening = shown[: shown.rindex("(")].format()
        listed = _listed(opening, node, layout)
        # what follows log det(X) would be taken into the logarithm
        return listed._replace(level=Level.POWER, open=True) if opening.rfind("\\") else listed
    return _filled(shown, node, layout) if shown else _listed(upright, node, layout)


def _filled(shown: str, node: Expression, layout: Layout) -> Printed:
    r"""Fill a template of one argument such as \left\|{0}\right\|_2, {0}^{{-1}} or \prod {0}."""
    (argument,) = node.arguments
    before, after = shown.format("\0").split("\0")
    level = Level.ATOM
    operand = Operand(argument)
    if before.startswith(r"\left"):
        if _deep(layout, argument):
            before, after = before.replace(r"\left", ""), after.replace(r"\right", "")
    elif not before:  # a superscript
        operand, level = _at_least(Level.ATOM, argument, layout), Level.POSTFIX
    elif before.endswith(" "):  # an operator
        operand, level = _at_least(Level.ATOM, argument, layout), Level.PRODUCT
    elif _deep(layout, argument):  # a root
        return Printed((_in_brackets(argument, layout), "^{1/2}"), Level.POWER)
    return Printed((before, operand, after), level, depth=1, open=level == Level.PRODUCT)


def _where(node: Expression, layout: Layout) -> Printed:
    condition, then, otherwise = node.arguments
    return _cases(condition, (Operand(then),), Operand(otherwise), layout)


def _cases(
    condition: Expression, then: tuple[Piece, ...], otherwise: Piece, layout: Layout
) -> Printed:
    r"""Return a case distinction. It has no right brace, hence is open to what follows."""
    plain = condition.head == "compare" and len(layout[condition].pieces) > 1
    asked = _comparison(condition) if plain else (Operand(condition), r" \ne 0")
    return Printed(
        (r"\begin{cases} ", *then, r" & \text{if } ", *asked, r" \\ ", otherwise,
         r" & \text{otherwise} \end{cases}"),
        Level.POWER,
        open=True,
        tall=True,
        depth=4,
    )  # fmt: skip


def _abstract(node: Expression, layout: Layout) -> Printed:
    function, orders = node.value
    name = name_latex(function.name, bold=bool(function.result))
    if len(function.parameters) > 1:
        by = r" \, ".join(rf"\partial_{{{order + 1}}}" for order in orders)
        return _listed(f"{by} {name}" if by else name, node, layout)
    if len(orders) > 3:
        return _listed(f"{name}^{{({len(orders)})}}", node, layout)
    return _listed(name + "'" * len(orders), node, layout)


def _index_sum(node: Expression, layout: Layout) -> Printed:
    low, high, body = node.arguments
    pieces: tuple[Piece, ...] = (
        rf"\sum_{{{name_latex(node.value)}=",
        Operand(low),
        "}^{",
        Operand(high),
        "} ",
        _at_least(Level.PRODUCT, body, layout),
    )
    return Printed(pieces, Level.PRODUCT, open=True, tall=True, depth=1)


def _tensor(node: Expression, layout: Layout) -> Printed:
    pieces = [*_grown("[", node.arguments[-1], "]", layout), "_{"]
    for position, name in enumerate(node.value[0]):
        low, high = node.arguments[2 * position : 2 * position + 2]
        separator = r",\; " if position else ""
        pieces += [f"{separator}{name_latex(name)}=", Operand(low), r",\dots,", Operand(high)]
    return _atom(*pieces, "}", tall=True, depth=1)


def _delta(node: Expression, layout: Layout) -> Printed:
    left, right = node.arguments
    return _atom(r"\delta_{", Operand(left), ",", Operand(right), "}", depth=1)


def _variable(node: Expression, layout: Layout) -> Printed:
    return _atom(name_latex(node.value.name, bold=bool(node.shape)))


_TABLE: dict[str, Describe] = {
    "number": _number,
    "size": _size,
    "pi": lambda node, layout: _atom(r"\pi"),
    "variable": _variable,
    "index": lambda node, layout: _atom(name_latex(node.value)),
    "ones": _ones,
    "zeros": _zeros,
    "eye": lambda node, layout: _atom(rf"\mathbf{{I}}_{{{size_latex(node.value)}}}"),
    "commutation": _commutation,
    "add": signed_sum,
    "negate": _negate,
    "multiply": _multiply,
    "hadamard": _entrywise(r" \odot "),
    "divide": _divide,
    "dot": _dot,
    "kron": _entrywise(r" \otimes "),
    "power": _power,
    "matrix_power": _power,
    "transpose": _transpose,
    "compare": _compare,
    "call": _call,
    "abstract": _abstract,
    "index_sum": _index_sum,
    "tensor": _tensor,
    "delta": _delta,
    "subscript": _subscript,
    "stack": _stack,
}


# Iverson brackets as case distinctions


def _multiply_cases(node: Expression, layout: Layout) -> Printed:
    """Write the product with its first scalar Iverson bracket as a case distinction."""
    factors = _factors(node, layout)
    first = unsigned(factors[0], layout)
    negative = first is not factors[0] and first is factors[0].arguments[0]
    if negative:
        factors[0] = first
    for position, factor in enumerate(factors):
        if factor.head == "compare" and not factor.shape and not _deep(layout, *factors):
            rest = factors[:position] + factors[position + 1 :]
            alone = len(rest) == 1 and not negative
            shown = [Operand(rest[0])] if alone else _side_by_side(rest, layout)
            zero = r"\mathbf{0}" if node.shape else "0"
            return _cases(factor, ("-" if negative else "", *shown), zero, layout)
    return _multiply(node, layout)


LONGEST_PRODUCT = 50
"""How many factors are searched for an Iverson bracket."""


def _factors(node: Expression, layout: Layout) -> list[Expression]:
    """Return the factors of a product that is nested to the left."""
    left, last = node.arguments
    factors = [last]
    while left.head == "multiply" and layout[left].level < Level.ATOM:
        if len(factors) == LONGEST_PRODUCT:
            break
        left, last = left.arguments
        factors.append(last)
    return [left, *reversed(factors)]


def _side_by_side(factors: list[Expression], layout: Layout) -> list[Piece]:
    shown = [_right(factor, layout) for factor in factors]
    if len(shown) > 1:
        shown = [
            _in_brackets(operand.node, layout) if layout[operand.node].open else operand
            for operand in shown
        ]
    pieces: list[Piece] = [shown[0]]
    for before, after in pairwise(shown):
        pieces += [_between(before, after, layout), after]
    return pieces


def _compare_cases(node: Expression, layout: Layout) -> Printed:
    if node.shape or _deep(layout, *node.arguments):
        return _compare(node, layout)
    return Printed(
        (r"\begin{cases} 1 & \text{if } ", *_comparison(node),
         r" \\ 0 & \text{otherwise} \end{cases}"),
        Level.POWER, open=True, tall=True, depth=4,
    )  # fmt: skip


_CASES: dict[str, Describe] = {"multiply": _multiply_cases, "compare": _compare_cases}
