r"""Read formulas, declarations and aligned lines in LaTeX, as they stand in a paper.

LaTeX leaves more to its reader than the language does. The stages are: tokens (what stands
side by side is multiplied), raw trees, and readings, which the declarations decide. `x_1`,
`W^{(1)}` and `x_{\text{old}}` are names; `x_i` with a running index is an entry, or where it
must be a vector a row of the data matrix `X`; `\sigma(z)` is the sigmoid and `e^{x}` the
exponential function unless declared otherwise; `\mathbf{1}` are ones and `\mathbf{I}` is the
identity matrix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from matcalc.errors import MatcalcError
from matcalc.syntax.automaton import END, Refused, Token, Unexpected, run
from matcalc.syntax.characters import check_characters
from matcalc.syntax.complaints import clip
from matcalc.syntax.declarations import Declaration, FunctionKind, ValueKind
from matcalc.syntax.generated.latex import TABLE
from matcalc.syntax.latex_names import Known, read_symbol
from matcalc.syntax.latex_readings import Meanings, read
from matcalc.syntax.latex_tokens import ENDS, STARTS, latex_tokens, unwrapped
from matcalc.syntax.latex_trees import ACTIONS
from matcalc.syntax.tree import Tree, with_notes

EXAMPLE = r"\frac{1}{2} \|A x - b\|_2^2"


def parse_latex(text: str, declarations: Iterable[Declaration] = ()) -> Tree:
    r"""Return the syntax tree of a formula in LaTeX; its spans are places in the LaTeX text.

    Raises MatcalcError (E1xx) where the text is no formula, is left open by TeX's notation,
    or contains macros other than notation.

    >>> tree = parse_latex(r"w^{\top} x + \frac{a}{2}")
    >>> tree.kind, [child.kind for child in tree.children]
    ('add', ['product', 'product'])
    """
    check_characters(text, "‖")
    meanings = _meanings(declarations)
    try:
        name, body = without_head(text)
        tokens, styles = latex_tokens(body, meanings.known)
        if len(tokens) == 1:
            message = f"the formula is empty; example: {EXAMPLE}"
            raise Refused("E101", message, EXAMPLE, (0, 0))
        reading = read(run(TABLE, tokens, ACTIONS), text, styles, meanings)
    except Unexpected as error:
        raise _explain(text, error) from None
    except Refused as refusal:
        raise refusal.error.at(text, *refusal.place) from None
    tree, *told = reading
    if name:
        tree = Tree("named", name, (tree,), tree.span, tree.mark)
    return with_notes(tree, *told)


def _meanings(declarations: Iterable[Declaration]) -> Meanings:
    shapes, functions, names = {}, [], []
    for name, kind, _ in declarations:
        names.append(name)
        if isinstance(kind, FunctionKind):
            functions.append(name)
            values = [kind.result, *kind.parameters]
        else:
            shapes[name] = kind.shape
            values = [kind]
        names += [
            part for v in values if isinstance(v, ValueKind) for s in v.shape for part in s.names
        ]
    return Meanings(shapes, frozenset(functions), Known(names))


# What stands left of =

_HEAD = re.compile(
    r"(\s*\$*\s*(?:\\begin\{equation\*?\})?)((?:\\(?:math\w+|bm|boldsymbol|text|hat|bar|tilde|mathrm)\s*)?(?:\{?\\?[A-Za-z]+\}?)"
    r"(?:_(?:\{[^{}]*\}|\w))?)\s*(?:\\left)?(\(.*\))?\s*&?\s*(?::|\\coloneqq|\\triangleq|\\equiv|\\doteq)?",
    re.DOTALL,
)
_EQUALS = re.compile(r"\\(?:coloneqq|triangleq|equiv|doteq)(?![A-Za-z])|:?=")
_DEPTH = re.compile(r"\\[{}]|[{(\[]|[})\]]|\\begin|\\end")


def without_head(text: str) -> tuple[str, str]:
    r"""Return the name that stands left of =, and the text with that side blanked.

    >>> without_head(r"J(\theta) = \theta^2")
    ('J', '            \\theta^2')
    """
    if ";" in text or "\\\\" in text:
        return "", text
    depth, place = 0, 0
    for equal in _EQUALS.finditer(text):
        for bracket in _DEPTH.finditer(text, place, equal.start()):
            depth += 1 if bracket.group() in ("\\begin", "\\{", *"{([") else -1
        place = equal.end()
        if depth == 0:
            match = _HEAD.fullmatch(text, 0, equal.start())
            if match is None or (match[3] and any(c in match[3] for c in "+-^/")):
                return "", text
            start = match.end(1)
            return match[2].strip("\\{} "), text[:start] + " " * (place - start) + text[place:]
    return "", text


# Declarations

_SPACES = re.compile(r"\\(?:[,;:! ]|quad|qquad)(?![A-Za-z])|[$~]")
_SIGNS = re.compile(r"\\(in|times|to|rightarrow|colon|R)(?![A-Za-z])")
_REAL = re.compile(r"\\(?:mathbb|mathbf|mathrm|R)\s*(?:\{\s*R\s*\}|(?<=R))")
_PLAIN = {"in": "∈", "times": "×", "to": "→", "rightarrow": "→", "colon": ":", "R": "ℝ"}
_SCRIPT = re.compile(r"_\{([A-Za-z0-9]+)\}|_(?=[A-Za-z0-9])")


def plain_declarations(text: str) -> str:
    r"""Return declarations in LaTeX in the language's own letters, every part at its place.

    >>> plain_declarations(r"\mathbf{w} \in \mathbb{R}^{n}").split()
    ['w', '∈', 'ℝ', '^{n}']
    """
    known = Known(())
    parts: list[str] = []
    place = 0
    while place < len(text):
        end, part = place + 1, text[place]
        if match := _SPACES.match(text, place):
            end, part = match.end(), ""
        elif match := _REAL.match(text, place):
            end, part = match.end(), "ℝ"
        elif match := _SIGNS.match(text, place):
            end, part = match.end(), _PLAIN[match[1]]
        elif text[place] == "\\" and (symbol := read_symbol(text, place)):
            end, part = symbol.end, known.spelling(symbol)
            while script := _SCRIPT.match(text, end):
                part += "_" + (script[1] or "")
                end = script.end()
        elif script := _SCRIPT.match(text, place):
            end, part = script.end(), "_" + (script[1] or "")
        parts.append(part.ljust(end - place))
        place = end
    return "".join(parts)


# Lines

_PARTS = re.compile(
    r"(?P<skip>%[^\n]*|\\(?:nonumber|notag)(?![A-Za-z])|\\(?:label|tag)\*?\{[^{}]*\}"
    r"|\\(?:begin|end)\s*\{(?:align|aligned|equation|gather|gathered|split|eqnarray)\*?\})"
    r"|(?P<begin>\\begin(?![A-Za-z]))|(?P<end>\\end(?![A-Za-z]))|(?P<row>\\\\(?:\[[^\]]*\])?)"
    r"|(?P<command>\\(?:[A-Za-z]+|[\s\S]))|(?P<open>[{(\[])|(?P<close>[})\]])"
    r"|(?P<equal>=)|(?P<amp>&)"
)


def align_lines(text: str) -> list[tuple[int, int, str]]:
    r"""Split an aligned display into the sides of its equations.

    Each is (line of the display from 0, place in the text, the side); the place counts
    code points from 0, so that an error in the side can be shown in the whole text. A line
    that begins with `=` has no first side. Only an `=` outside of all brackets splits.

    >>> for line in align_lines(r"\begin{align} f &= x^2 \\ &= x \cdot x \end{align}"):
    ...     print(line)
    (0, 14, 'f')
    (0, 19, 'x^2')
    (1, 29, 'x \\cdot x')
    """
    found: list[tuple[int, int, str]] = []
    start, end = unwrapped(text)
    line = depth = 0
    side = start  # where the current side begins
    blanks: list[tuple[int, int]] = []  # what is no part of it

    def finish(stop: int) -> None:
        parts: list[str] = []
        place = side
        for low, high in blanks:
            parts += (text[place:low], " " * (high - low))
            place = high
        piece = "".join((*parts, text[place:stop]))
        blanks.clear()
        if piece.strip():
            found.append((line, side + len(piece) - len(piece.lstrip()), piece.strip()))

    for match in _PARTS.finditer(text, start, end):
        kind = match.lastgroup
        if kind in ("open", "begin"):
            depth += 1
        elif kind in ("close", "end"):
            depth -= 1
        elif kind == "skip" or (kind == "amp" and not depth):
            blanks.append(match.span())
        elif kind in ("equal", "row") and not depth:
            finish(match.start())
            side = match.end()
            line += kind == "row"
    finish(end)
    return found


# Errors


def _explain(text: str, error: Unexpected) -> MatcalcError:
    """Say what was seen, and what was probably meant."""
    token, before = error.token, error.previous
    code, message, hint = _diagnose(text, token, before)
    return MatcalcError(code, message, hint=hint).at(text, token.start, token.end)


def _diagnose(text: str, token: Token, before: Token | None) -> tuple[str, str, str]:
    shown = clip(text[token.start : token.end])
    after_operand = before is not None and before.kind in ENDS
    if token.kind == END:
        return "E104", "the formula ends where an operand is due", EXAMPLE
    if token.kind == "COMPARE" and after_operand:
        return "E108", "comparisons do not chain", r"[a < b] \odot [b < c]"
    if token.kind == "EQUAL":
        return "E103", "an equation is no formula", r"z = A x; z^{\top} z, or [a = b]"
    if (token.kind == "SUB" and not after_operand) or (token.kind == "SUP" and not after_operand):
        return "E103", f"{shown} stands behind what it belongs to", "x_{i}, x^{2}"
    if token.kind in ("TRANSPOSE", "PRIMES"):
        return "E103", f"{shown} transposes what stands before it", r"x^{\top}"
    if token.kind in STARTS:
        return "E103", f"unexpected {shown}: an operator is due here", ""
    return "E103", f"unexpected {shown}: an operand is due here", ""
