r"""The macros of a document: what `\newcommand` and its kin define, written out where they stand.

Only definitions are taken, from the document and from files that lie beside it; nothing is
run. What is written out is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from matcalc.documents.placed import Placed, inserted, joined
from matcalc.errors import MatcalcError

DEEPEST, LONGEST = 30, 2_000_000
"""How often macros may be within macros, and how many characters are written out."""


class Macro(NamedTuple):
    """What a macro stands for: `#1` to `#9` in the body are its arguments.

    `default` is the first argument where it is left out, or None if it must be there. A
    macro with a `remark` leaves out the script behind it.
    """

    arguments: int
    body: str
    default: str | None = None
    remark: bool = False


# Macros of widespread packages, and what is text around the mathematics.
KNOWN: Mapping[str, Macro] = {
    "underbrace": Macro(1, "#1", remark=True), "overbrace": Macro(1, "#1", remark=True),
    "ensuremath": Macro(1, "#1"), "boxed": Macro(1, "#1"), "fbox": Macro(1, "#1"),
    "mathop": Macro(1, "#1"), "cancel": Macro(1, "#1"), "textcolor": Macro(2, "#2"),
    "color": Macro(1, ""), "hspace": Macro(1, ""), "vspace": Macro(1, ""),
    "phantom": Macro(1, ""), "hphantom": Macro(1, ""), "vphantom": Macro(1, ""),
    "label": Macro(1, ""), "tag": Macro(1, ""), "eqref": Macro(1, ""), "ref": Macro(1, ""),
    "cite": Macro(1, ""), "footnote": Macro(1, ""), "footnotemark": Macro(0, ""),
    "nonumber": Macro(0, ""), "notag": Macro(0, ""), "displaystyle": Macro(0, ""),
    "allowbreak": Macro(0, ""), "IEEEyesnumber": Macro(0, ""), "IEEEnonumber": Macro(0, ""),
    "overset": Macro(2, "#2"), "stackrel": Macro(2, "#2"), "underset": Macro(2, "#2"),
    "mathstrut": Macro(0, ""), "coloneqq": Macro(0, ":="), "coloneq": Macro(0, ":="),
    "eqqcolon": Macro(0, "="), "pdv": Macro(2, r"\frac{\partial #1}{\partial #2}"),
    "dv": Macro(2, r"\frac{d #1}{d #2}"), "intertext": Macro(1, r"\\ \text{#1} \\"),
    "shortintertext": Macro(1, r"\\ \text{#1} \\"), "limits": Macro(0, ""),
    "big": Macro(0, ""), "Big": Macro(0, ""), "bigg": Macro(0, ""), "Bigg": Macro(0, ""),
    "bigl": Macro(0, ""), "Bigl": Macro(0, ""), "biggl": Macro(0, ""), "Biggl": Macro(0, ""),
    "bigr": Macro(0, ""), "Bigr": Macro(0, ""), "biggr": Macro(0, ""), "Biggr": Macro(0, ""),
}  # fmt: skip

_CALL = re.compile(r"\\([A-Za-z]+)\*?")
_DEFINITION = re.compile(
    r"\\(?P<how>(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator"
    r"|DeclarePairedDelimiter|def|let)\*?\s*(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}"
    r"|\\(?P<bare>[A-Za-z]+))"
)
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_DEFAULT = re.compile(r"\s*\[([^\]]*)\]")
_PARAMETERS = re.compile(r"((?:#[1-9])*)\s*(?=\{)")
_TOKEN = re.compile(r"\s*(\\(?:[A-Za-z]+|[^A-Za-z])|[^\s\\{}])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LET = re.compile(r"\s*=?\s*\\([A-Za-z]+)")


def definitions(text: str) -> tuple[dict[str, Macro], list[tuple[int, int]]]:
    r"""Return the macros that a text defines, and the spans of the definitions.

    >>> definitions(r"\newcommand{\dd}[2]{\frac{d #1}{d #2}}")[0]
    {'dd': Macro(arguments=2, body='\\frac{d #1}{d #2}', default=None, remark=False)}
    """
    found: dict[str, Macro] = {}
    spans: list[tuple[int, int]] = []
    for match in _DEFINITION.finditer(text):
        name = match["braced"] or match["bare"]
        macro, end = _defined(text, match["how"], match.end(), found)
        if macro is not None:
            if match["how"] != "providecommand" or name not in found:
                found[name] = macro
            spans.append((match.start(), end))
    return found, spans


def _defined(
    text: str, how: str, place: int, known: Mapping[str, Macro]
) -> tuple[Macro | None, int]:
    count, default = 0, None
    if how == "let":
        target = _LET.match(text, place)
        if target is None:
            return None, place
        return known.get(target[1], Macro(0, "\\" + target[1])), target.end()
    if how == "def":
        parameters = _PARAMETERS.match(text, place)
        if parameters is None:
            return None, place
        count, place = parameters[1].count("#"), parameters.end()
    elif found := _COUNT.match(text, place):
        count, place = int(found[1]), found.end()
        if optional := _DEFAULT.match(text, place):
            default, place = optional[1], optional.end()
    body, place = argument(text, place)
    if body is None:
        return None, place
    start, end = body
    if how == "DeclareMathOperator":
        return Macro(0, rf"\operatorname{{{text[start:end]}}}"), place
    if how == "DeclarePairedDelimiter":
        closing, place = argument(text, place)
        if closing is None:
            return None, place
        right = text[closing[0] : closing[1]]
        return Macro(1, rf"\left{text[start:end]} #1 \right{right}"), place
    return Macro(count, text[start:end], default), place


def argument(text: str, place: int) -> tuple[tuple[int, int] | None, int]:
    r"""Return the span of the argument that stands at a place, and where it ends.

    >>> argument("{a{b}} c", 0)
    ((1, 5), 6)
    """
    opening = re.compile(r"\s*\{").match(text, place)
    if opening is None:
        token = _TOKEN.match(text, place)
        return (token.span(1), token.end()) if token else (None, place)
    depth = 1
    for match in _BRACE.finditer(text, opening.end()):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if not depth:
            return (opening.end(), match.start()), match.end()
    return None, place


def expanded(given: Placed, macros: Mapping[str, Macro], depth: int = 0) -> Placed:
    r"""Return a text with macros written out; raise MatcalcError E503 if that is too long.

    >>> from matcalc.documents.placed import whole
    >>> expanded(whole(r"\R^n"), {"R": Macro(0, r"\mathbb{R}")}).text
    '\\mathbb{R}^n'
    """
    result = joined(_expanded(given, macros, depth))
    if len(result.text) > LONGEST:
        raise MatcalcError("E503", f"macros write out more than {LONGEST} characters")
    return result


def _expanded(given: Placed, macros: Mapping[str, Macro], depth: int) -> Iterator[Placed]:
    text, place = given.text, 0
    length = 0
    while match := _CALL.search(text, place):
        macro = macros.get(match[1])
        if macro is None or depth > DEEPEST:
            yield given.part(place, match.end())
            place = match.end()
            continue
        arguments, end = _arguments(text, match.start() + 1 + len(match[1]), macro)
        if arguments is None:
            yield given.part(place, match.end())
            place = match.end()
            continue
        yield given.part(place, match.start())
        origin = given.places[match.start()]
        spans = [inserted(macro.default or "", origin) if a is None else given.part(*a)
                 for a in arguments]  # fmt: skip
        put = expanded(joined(_filled(macro.body, spans, origin), origin), macros, depth + 1)
        length += len(put.text)
        if length > LONGEST:
            raise MatcalcError("E503", f"macros write out more than {LONGEST} characters")
        yield put
        if put.text[-1:].isalpha() and text[end : end + 1].isalpha():
            yield inserted(" ", given.places[end])
        place = end
    yield given.part(place, len(text))


def _arguments(
    text: str, place: int, macro: Macro
) -> tuple[list[tuple[int, int] | None] | None, int]:
    found: list[tuple[int, int] | None] = []
    if text[place : place + 1] == "*" and macro.arguments:
        place += 1
    for number in range(macro.arguments):
        if not number and macro.default is not None:
            optional = _DEFAULT.match(text, place)
            found.append(optional.span(1) if optional else None)
            place = optional.end() if optional else place
            continue
        span, place = argument(text, place)
        if span is None:
            return None, place
        found.append(span)
    if macro.remark and (script := re.compile(r"\s*[_^]").match(text, place)):
        _, place = argument(text, script.end())
    return found, place


def _filled(body: str, arguments: list[Placed], origin: int) -> Iterator[Placed]:
    for piece in re.split(r"(#[1-9])", body):
        number = int(piece[1]) - 1 if re.fullmatch(r"#[1-9]", piece) else -1
        if number >= 0:
            yield arguments[number] if number < len(arguments) else inserted("", origin)
        elif piece:
            yield inserted(piece, origin)
