r"""Split LaTeX into tokens for the grammar: what TeX leaves to the reader's eye is said here.

Juxtaposed factors get an IMPLICIT between them, one-token arguments their braces, bars a
direction, `\sin` and its kind the mark of whether brackets follow.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from matcalc.expressions.functions import NAMES, TABLE
from matcalc.limits import exceeded, limit
from matcalc.syntax.automaton import END, Refused, Token
from matcalc.syntax.characters import LETTERS, show
from matcalc.syntax.complaints import clip
from matcalc.syntax.latex_names import ACCENTS, LETTER_COMMANDS, STYLES, Known, Symbol, read_symbol
from matcalc.syntax.text_tokens import LONGEST_NAME

# Signs: what is typed, with or without backslash, and its token.
SIGNS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("+",), ("ADD", "+")),
    **dict.fromkeys(("-", "−"), ("ADD", "-")),
    **dict.fromkeys(("\\cdot", "·", "⋅"), ("TIMES", "·")),
    **dict.fromkeys(("*", "\\times", "×", "\\ast"), ("TIMES", "*")),
    **dict.fromkeys(("/", "\\slash", "\\div"), ("TIMES", "/")),
    **dict.fromkeys(("\\odot", "\\circ", "⊙", "∘"), ("TIMES", ".*")),
    **dict.fromkeys(("\\oslash", "⊘"), ("TIMES", "./")),
    **dict.fromkeys(("\\otimes", "⊗"), ("TIMES", "⊗")),
    "<": ("COMPARE", "<"), ">": ("COMPARE", ">"), "\\lt": ("COMPARE", "<"),
    "\\gt": ("COMPARE", ">"),
    **dict.fromkeys(("\\le", "\\leq", "\\leqslant", "≤"), ("COMPARE", "<=")),
    **dict.fromkeys(("\\ge", "\\geq", "\\geqslant", "≥"), ("COMPARE", ">=")),
    **dict.fromkeys(("\\ne", "\\neq", "≠"), ("COMPARE", "!=")),
    **dict.fromkeys(("\\top", "\\intercal", "\\prime", "⊤", "ᵀ"), ("TRANSPOSE", "'")),
    **dict.fromkeys(("\\dots", "\\ldots", "\\cdots"), ("DOTS", "…")),
    ",": ("COMMA", ","), ";": ("SEMICOLON", ";"), ":": ("COLON", ":"), "\\colon": ("COLON", ":"),
    "&": ("AMP", "&"), "\\\\": ("NEWROW", "\\\\"), "\\cr": ("NEWROW", "\\\\"),
    "(": ("LPAR", "("), ")": ("RPAR", ")"), "\\lparen": ("LPAR", "("), "\\rparen": ("RPAR", ")"),
    "[": ("LSQB", "["), "]": ("RSQB", "]"), "\\lbrack": ("LSQB", "["), "\\rbrack": ("RSQB", "]"),
    "\\{": ("LPAR", "\\{"), "\\}": ("RPAR", "\\}"), "\\lbrace": ("LPAR", "\\{"),
    "\\rbrace": ("RPAR", "\\}"),
    "|": ("BAR", "|"), "\\vert": ("BAR", "|"), "\\lvert": ("BAR", "("), "\\rvert": ("BAR", ")"),
    "\\|": ("NORM", "|"), "||": ("NORM", "|"), "\\Vert": ("NORM", "|"), "\\lVert": ("NORM", "("),
    "\\rVert": ("NORM", ")"), "‖": ("NORM", "|"),
    "\\sum": ("BIG", "sum"), "\\prod": ("BIG", "prod"),
    **dict.fromkeys(("\\frac", "\\dfrac", "\\tfrac", "\\cfrac"), ("FRAC", "/")),
    "\\langle": ("ANGLE", "⟨"), "\\rangle": ("ENDANGLE", "⟩"), "\\mid": ("BAR", "|"),
    "\\sqrt": ("SQRT", "sqrt"), "\\partial": ("PARTIAL", "∂"),
}  # fmt: skip

SKIPPED = frozenset(
    ", ; : ! > quad qquad thinspace enspace space displaystyle textstyle scriptstyle nonumber "
    "notag limits nolimits mathstrut strut hfill allowbreak nobreak".split()
) | {" ", "\n", "/"}
SIZES = re.compile(r"\\[bB]igg?([lrm]?)(?![A-Za-z])")
FUNCTIONS = {
    word: row.name
    for row in TABLE
    if row.latex.startswith((rf"\{row.name}(", rf"\operatorname{{{{{row.name}}}}}("))
    for word in (row.name, *row.aliases, *row.spoken)
}
SPOKEN = {word: row.name for row in TABLE for word in row.spoken} | {"pow": "pow"}

# Macros of notation that the language has not: (macros, what they are, what to write).
ABSENT = (
    ("nabla", "derivatives are not written in the formula", "name the variable by --wrt x"),
    ("int iint oint", "there are no integrals", ""),
    ("lim limsup liminf sup inf", "there are no limits", ""),
    ("ddagger star", "all values are real; there is only the transpose", "A^\\top"),
    ("in forall exists subset", "kinds are declared apart from the formula",
     "--where 'x \\in \\mathbb{R}^n'"),
    ("argmax argmin", "there is only the derivative", ""),
    ("binom", "there are no binomials", ""),
    ("approx equiv sim propto cong to rightarrow mapsto implies iff", "this is no formula",
     "one formula, such as x^\\top A x"),
    ("land lor lnot wedge vee neg", "conditions are combined by arithmetic",
     "[a > 0] \\odot [b > 0]"),
    ("oplus ominus pm mp", "there is no such operator", ""),
    ("input include def newcommand renewcommand let csname expandafter write read catcode "
     "usepackage documentclass require openout immediate", "TeX commands are not run", ""),
    ("middle", "only brackets grow", "\\left( … \\right)"),
)  # fmt: skip
ABSENT_BY_NAME = {name: row for row in ABSENT for name in row[0].split()}

ENVIRONMENTS = {
    **dict.fromkeys(("cases", "dcases"), "CASES"),
    **dict.fromkeys(("bmatrix", "pmatrix", "array", "smallmatrix", "matrix", "Bmatrix"), "MATRIX"),
    **dict.fromkeys(("aligned", "align", "align*", "equation", "equation*", "split", "gather",
                     "gather*", "gathered", "math", "displaymath"), "LINES"),
}  # fmt: skip
OPENING = {
    "LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "LGROUP": "RGROUP", "BAR": "ENDBAR",
    "NORM": "ENDNORM", "ANGLE": "ENDANGLE", "CASES": "ENDCASES", "MATRIX": "ENDMATRIX",
}  # fmt: skip
CLOSING = frozenset(OPENING.values())
ENDS = frozenset(("NAME", "NUMBER", "TRANSPOSE", "PRIMES")) | CLOSING
STARTS = frozenset(
    ("NAME", "NUMBER", "LPAR", "LSQB", "LGROUP", "BAR", "NORM", "ANGLE", "CASES", "MATRIX", "CALL",
     "PREFIX", "FRAC", "SQRT", "BIG", "PARTIAL")
)  # fmt: skip
WRAPPERS = ((r"\[", r"\]"), (r"\(", r"\)"), ("$$", "$$"), ("$", "$"))

LONGEST_SCRIPT = 200
"""How far the scripts of a function may reach, as in \\log_{10}."""

_PIECE = re.compile(
    rf"(?P<blank>(?:[ \t\r\n~\u00a0\u2000-\u200a\u202f\u205f\u3000]|%[^\n]*)+)"
    rf"|(?P<command>\\(?:[A-Za-z]+\*?|[\s\S]))|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    rf"|(?P<word>[{LETTERS}]+)|(?P<primes>['′]+)|(?P<sign>\|\||[\s\S])"
)
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+\*?)\s*\}(?:\s*(\{[clr|\s]*\}|\[[tbc]\]))?")
_OPERATOR_NAME = re.compile(r"\*?\s*\{\s*((?:[A-Za-z0-9]|\\?_)+)\s*\}")
_PHANTOM = re.compile(r"\s*\{[^{}]*\}")
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|mbox)\s*\{([^{}]*)\}")
_OLD_STYLE = re.compile(r"\{\s*\\(rm|bf|it|sf|tt)(?![A-Za-z])\s*(\\?[A-Za-z]+)\s*\}")
_GIVEN = re.compile(
    r"\s*\{\s*([A-Za-z0-9])\s*(?:\||\\mid)\s*([A-Za-z0-9])\s*(?:([+-])\s*(\d))?\s*\}"
)
_PSEUDO = re.compile(r"\s*(?:\{\s*(?:\+|\\dagger)\s*\}|\+|\\dagger(?![A-Za-z]))")
_STAR = re.compile(r"\s*\{?\s*(?:\*|\\ast(?![A-Za-z]))")
_STOP = re.compile(r"\s*(?:\\end|\\\]|\$|\Z)")
_BRACKET = re.compile(
    r"\s*(?:\\[,!;: ]\s*|\\(?:left|[bB]igg?l?)(?![A-Za-z])\s*)*(\(|\[|\\\{|\\lbrack|\\lbrace)"
)
_ARGUMENT_NUMBER = re.compile(r"\s*_\s*(?:\{\s*[0-9]+\s*\}|[0-9])")
_SCRIPT = re.compile(r"\s*[_^]\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_SINGLE = re.compile(r"\\[A-Za-z]+|.", re.DOTALL)
_CALLED_WORD = re.compile(r"\s*(?:\\left\s*|\\[bB]igg?l?\s*)?\(")


class Opened(NamedTuple):
    """A bracket that waits for its end: its token, who has it, and whether it grows."""

    token: Token
    owner: str
    grows: bool
    below: bool


class Tokens(NamedTuple):
    """The tokens, and the style of each name by the place where it starts."""

    tokens: list[Token]
    styles: dict[int, str]


def unwrapped(text: str) -> tuple[int, int]:
    r"""Return where the formula stands inside $…$, \[…\] and the like.

    >>> unwrapped(r" $x^{2}$ ")
    (2, 7)
    """
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    for opening, closing in WRAPPERS:
        long = end - start >= len(opening) + len(closing)
        if long and text.startswith(opening, start) and text.endswith(closing, start, end):
            return start + len(opening), end - len(closing)
    return start, end


def latex_tokens(text: str, known: Known) -> Tokens:
    """Return the tokens of a formula in LaTeX; raise Refused with a place for what is none."""
    return _Scanner(text, known).scan()


class _Scanner:
    def __init__(self, text: str, known: Known) -> None:
        self.text = text
        self.known = known
        self.tokens: list[Token] = []
        self.styles: dict[int, str] = {}
        self.opened: list[Opened] = []
        self.groups = 0
        self.grids = 0  # case distinctions and matrices that are open
        self.place, self.end = unwrapped(text)
        self.after_operand = False
        self.arguments = 0  # how many arguments the last command still takes
        self.side = ""  # what \left or \right says of the next bracket
        self.side_start = 0
        self.lines = 0
        self.overs: list[int] = []  # how many brackets are open around each \over
        self.owner = ""  # the command whose script may follow

    # Tokens

    def scan(self) -> Tokens:
        most = limit("symbols")
        while self.place < self.end:
            match = _PIECE.match(self.text, self.place, self.end)
            assert match is not None and match.lastgroup is not None
            start, self.place = self.place, match.end()
            if match.lastgroup != "blank":
                getattr(self, f"_{match.lastgroup}")(match.group(), start)
            if len(self.tokens) > most:
                error = exceeded("symbols", len(self.tokens))
                raise Refused(error.code, error.message, error.hint, (start, self.place))
        if self.opened:
            token = self.opened[-1].token
            message = f"{clip(self.text[token.start : token.end])} is never closed"
            raise Refused("E105", message, "", (token.start, token.end))
        if self.arguments:
            message = "an argument is due here"
            raise Refused("E104", message, r"\frac{a}{b}, x_{1}, x^{2}", (self.end, self.end))
        self.tokens.append(Token(END, "", self.end, self.end))
        return Tokens(self.tokens, self.styles)

    def emit(self, kind: str, text: str, start: int, end: int | None = None) -> None:
        """Add a token, with the braces or the product that its place implies."""
        end = self.place if end is None else end
        if self.arguments and kind != "LBRACE":
            if kind not in ("NAME", "NUMBER", "TRANSPOSE"):
                message = f"an argument is due before {clip(self.text[start:end])}"
                raise Refused("E103", message, r"\frac{a}{b}, x_{1}, x^{-1}", (start, end))
            self.open("LBRACE", start, start)
            self.emit(kind, text, start, end)
            self.close("RBRACE", end, end)
            return
        if self.after_operand and kind in STARTS:
            if kind == "NUMBER":
                message = f"unexpected {clip(text)}: a number stands before what it multiplies"
                hint = f"\\cdot {clip(text)}, or a subscript: _{{{clip(text)}}}"
                raise Refused("E103", message, hint, (start, end))
            self.tokens.append(Token("IMPLICIT", "", start, start))
        self._join_dot(kind)
        self.tokens.append(Token(kind, text, start, end))
        self.after_operand = kind in ENDS
        self.owner = kind if kind in ("BIG", "CALL", "PREFIX") else ""

    def _join_dot(self, kind: str) -> None:
        r"""Take a dot before a number for TeX's way to juxtapose digits: 2 \cdot 3 x."""
        if kind != "NUMBER" or not self.tokens:
            return
        last = self.tokens[-1]
        before = self.tokens[-2] if len(self.tokens) > 1 else None
        if last.kind == "LBRACE" and before is not None and before.kind == "FRAC":
            position = len(self.tokens) - 3
        else:
            position = len(self.tokens) - 1
        if position > 0 and self.tokens[position][:2] == ("TIMES", "·"):
            dot = self.tokens[position]
            if self.tokens[position - 1].kind in ENDS:
                self.tokens[position] = dot._replace(kind="IMPLICIT")

    def open(self, kind: str, start: int, end: int | None = None) -> None:
        """Open a bracket."""
        end = self.place if end is None else end
        owner = self.owner
        argument = self.arguments > 0 and kind == "LBRACE"
        if argument:
            self.arguments -= 1
        elif self.arguments:
            self.emit(kind, "", start, end)  # refuses it
        shown = self.text[start:end]
        self.emit(kind, shown, self.side_start if self.side else start, end)
        remaining, self.arguments = self.arguments, 0
        below = len(self.tokens) > 1 and self.tokens[-2].kind == "SUB"
        self.opened.append(Opened(self.tokens[-1], f"{remaining}{owner}", self._side("l"), below))
        self.groups += kind in ("LPAR", "LSQB") and owner != "CALL"
        self.grids += kind in ("CASES", "MATRIX")
        deepest = limit("nesting")
        if self.groups > deepest or len(self.opened) > 10 * deepest:
            error = exceeded("nesting", max(self.groups, len(self.opened) // 10))
            raise Refused(error.code, error.message, error.hint, (start, end))

    def close(self, kind: str, start: int, end: int | None = None) -> None:
        """Close the bracket that was opened last."""
        end = self.place if end is None else end
        shown = clip(self.text[start:end])
        start = self.side_start if self.side else start
        if not self.opened:
            raise Refused("E105", f"nothing is opened that {shown} could close", "", (start, end))
        if self.overs and self.overs[-1] == len(self.opened):
            self.overs.pop()
            self.tokens.append(Token("RBRACE", "}", start, start))
        token, owner, grows, _ = self.opened.pop()
        self.groups -= token.kind in ("LPAR", "LSQB") and owner[1:] != "CALL"
        self.grids -= token.kind in ("CASES", "MATRIX")
        if OPENING[token.kind] != kind:
            message = f"{shown} does not close the bracket {token.text}"
            raise Refused("E105", message, "", (start, end))
        if self._side("r") != grows:
            raise Refused("E105", "\\left and \\right come in pairs", "", (start, end))
        if self.arguments:
            raise Refused("E103", f"an argument is due before {shown}", "", (start, end))
        self.tokens.append(Token(kind, shown, start, end))
        self.arguments = int(owner[:1] or "0")
        self.owner = owner[1:] if token.kind == "LBRACE" else ""
        self.after_operand = not self.owner and not self.arguments
        if kind == "RSQB" and len(self.tokens) > 1 and owner[1:] == "SQRT":
            self.after_operand, self.arguments, self.owner = False, 1, ""

    def _over(self, start: int) -> None:
        r"""Make {a \over b} the fraction that \frac{a}{b} is."""
        opened = self.opened[-1] if self.opened else None
        if (
            opened is None
            or opened.token.kind not in ("LGROUP", "LBRACE")
            or not self.after_operand
        ):
            hint = "{a \\over b}, \\frac{a}{b}"
            raise Refused(
                "E103", "\\over stands between two parts in braces", hint, (start, self.place)
            )
        first = max(k for k, token in enumerate(self.tokens) if token is opened.token) + 1
        place = opened.token.end
        self.tokens[first:first] = [
            Token("FRAC", "/", start, self.place), Token("LBRACE", "{", place, place)
        ]  # fmt: skip
        self.tokens.append(Token("RBRACE", "}", start, start))
        self.tokens.append(Token("LBRACE", "{", self.place, self.place))
        self.overs.append(len(self.opened))
        self.after_operand = False

    def _side(self, side: str) -> bool:
        said, self.side = self.side, ""
        if said and said != side:
            message = "\\left stands before what opens, \\right before what closes"
            raise Refused("E105", message, "", (self.place - 1, self.place))
        return bool(said)

    # Pieces

    def _number(self, text: str, start: int) -> None:
        if self.arguments and len(text) > 1:
            if self.tokens[-1].kind in ("SUB", "SUP"):
                sign = self.text[self.tokens[-1].start]
                hint = f"{sign}{{{clip(text)}}}"
                message = f"TeX takes only the first digit of {clip(text)} here"
                raise Refused("E103", message, hint, (start, self.place))
            self.place = start + 1
            text = text[:1]
        self.emit("NUMBER", text, start)

    def _word(self, text: str, start: int) -> None:
        if self.arguments:  # TeX takes one letter
            self.place = start + 1
            text = text[0]
        found = self.known.find(text) if len(text) > 1 else None
        if found is not None:
            self._name(found, "", start)
            return
        if len(text) > 1 and _CALLED_WORD.match(self.text, self.place):
            if text in NAMES or text in SPOKEN:
                self._function(SPOKEN.get(text, text), start)
                return
            for cut in range(1, len(text) - 1):
                if text[cut:] in NAMES:
                    message = f"{clip(text)} may be a product, or end in a function's name"
                    hint = f"{clip(text[:cut])} \\operatorname{{{text[cut:]}}}(…)"
                    raise Refused("E107", message, hint, (start, self.place))
        elif len(text) > 2 and text in NAMES:
            message = f"{text} without a backslash is a product of letters"
            hint = f"\\operatorname{{{text}}}(…)"
            raise Refused("E107", message, hint, (start, self.place))
        for place, letter in enumerate(text, start):
            self._name(self.known.find(letter) or letter, "", place, place + 1)

    def _name(self, name: str, style: str, start: int, end: int | None = None) -> None:
        if len(name) > LONGEST_NAME:
            message = f"a name has {len(name)} letters; at most {LONGEST_NAME} are read"
            raise Refused("E503", message, "", (start, self.place))
        self.styles[start] = style
        self.emit("NAME", name, start, end)

    def _primes(self, text: str, start: int) -> None:
        self.emit("PRIMES", text, start)

    def _sign(self, text: str, start: int) -> None:
        if text in "^_":
            if self.text.startswith("^^", start):
                raise Refused("E107", "TeX commands are not run", "", (start, start + 2))
            if self._scripted(text, start):
                return
            star = _STAR.match(self.text, self.place) if text == "^" else None
            if star is not None:
                message = "all values are real; there is only the transpose"
                raise Refused("E107", message, "A^\\top, or a name: x_{star}", (start, star.end()))
            owner = self.owner
            self.emit("SUP" if text == "^" else "SUB", text, start)
            self.owner, self.arguments = owner, 1
        elif text == "{" and (old := _OLD_STYLE.match(self.text, start)):
            self._old_style(old, start)
        elif text == "{":
            self.open("LBRACE" if self.arguments else "LGROUP", start)
        elif text == "}":
            last = self.opened[-1].token.kind if self.opened else ""
            self.close("RBRACE" if last == "LBRACE" else "RGROUP", start)
        elif text == "=":
            inside = any(o.token.kind != "LGROUP" for o in self.opened[-1:])
            self.emit("COMPARE" if inside else "EQUAL", "==", start)
        elif text in SIGNS:
            self._known_sign(text, start)
        elif text == "∞":
            self.emit("NAME", text, start)
        elif text == "." and self.side:
            message = "one bracket of the pair is missing"
            raise Refused("E105", message, "\\left( … \\right)", (start, self.place))
        elif text == "." and _STOP.match(self.text, self.place):
            pass  # the full stop of a displayed formula
        elif text == "$":
            message = "one formula is read, with one $ at each end"
            raise Refused("E107", message, "$x^{2}$", (start, self.place))
        else:
            message = f"unexpected character {show(text)}"
            raise Refused("E102", message, "", (start, self.place))

    def _scripted(self, sign: str, start: int) -> bool:
        """Read the scripts that are parts of names: x_{k|k-1}, x^*; and the pseudo-inverse."""
        last = self.tokens[-1] if self.tokens else None
        given = _GIVEN.match(self.text, self.place) if sign == "_" else None
        star = _STAR.match(self.text, self.place) if sign == "^" else None
        pseudo = _PSEUDO.match(self.text, self.place) if sign == "^" else None
        if given is not None:
            label = (
                f"{given[1]}_{given[2]}" + {"+": "p", "-": "m"}.get(given[3], "") + (given[4] or "")
            )
            self.place = given.end()
        elif (
            star is not None and last is not None and last.kind == "NAME" and last.text[0].islower()
        ):
            closing = re.compile(r"\s*\}").match(self.text, star.end())
            self.place = closing.end() if closing and "{" in star.group() else star.end()
            name = f"{last.text}_star"
            found = self.known.find(name) or name
            self.tokens[-1] = last._replace(text=found, end=self.place)
            return True
        elif pseudo is not None:
            label = "†"
            self.place = pseudo.end()
        else:
            return False
        self.emit("SUP" if sign == "^" else "SUB", sign, start, start + 1)
        self.arguments = 1
        self.emit("NAME", label, start, self.place)
        return True

    def _known_sign(self, text: str, start: int) -> None:
        kind, value = SIGNS[text]
        if kind in ("BAR", "NORM"):
            self._bar(kind, value, start)
        elif kind == "ANGLE":
            self.open(kind, start)
        elif kind == "ENDANGLE":
            self.close(kind, start)
        elif kind == "LSQB" and self.tokens and self.tokens[-1].kind == "SQRT":
            self.arguments = 0
            self.owner = "SQRT"
            self.open(kind, start)
        elif kind == "LPAR" or kind == "LSQB":
            if self.tokens and self._is_called():
                kind = "LPAR"
            self.open(kind, start)
        elif kind in ("RPAR", "RSQB"):
            opened = self.opened[-1].token if self.opened else None
            if kind == "RSQB" and opened and opened.kind == "LPAR" and opened.text == "[":
                kind = "RPAR"
            self._check_pair(start)
            self.close(kind, start)
        elif kind in ("AMP", "NEWROW"):
            self._alignment(kind, start)
        elif kind in ("FRAC", "SQRT"):
            self.emit(kind, value, start)
            self.arguments = 2 if kind == "FRAC" else 1
        elif text in ("\\times", "×") and self.opened and self.opened[-1].below:
            self.emit("COMMA", ",", start)  # sizes: m \times n
        else:
            self.emit(kind, value, start)

    def _is_called(self) -> bool:
        """Tell whether the bracket that comes holds the arguments of a function."""
        return self.owner == "CALL"

    def _check_pair(self, start: int) -> None:
        r"""Refuse [ … ) and \{ … ] of a function's arguments."""
        if not self.opened:
            return
        pairs = {"(": ")", "[": "]", "\\{": "\\}", "\\lbrack": "]", "\\lbrace": "\\}"}
        opening = self.opened[-1].token
        wanted = pairs.get(opening.text)
        typed = self.text[start : self.place]
        typed = {"\\rbrack": "]", "\\rbrace": "\\}", "\\rparen": ")"}.get(typed, typed)
        if wanted and typed != wanted:
            message = f"{typed} does not close the bracket {opening.text}"
            raise Refused("E105", message, "", (start, self.place))

    def _bar(self, kind: str, value: str, start: int) -> None:
        last = self.opened[-1].token.kind if self.opened else ""
        if self.text.startswith("||", start) and last == "BAR" and self.after_operand:
            kind, self.place = "BAR", start + 1
        closes = value == ")" or self.side == "r"
        if value == "|" and not self.side:
            closes = last == kind and self.after_operand
        if closes:
            self.close(f"END{kind}", start)
        else:
            self.open(kind, start)

    def _alignment(self, kind: str, start: int) -> None:
        if not self.grids:
            if not self.lines:
                what = "a line ends here" if kind == "NEWROW" else "an alignment stands here"
                message = f"{what}; one formula is read"
                raise Refused(
                    "E107", message, r"\begin{aligned} … \end{aligned}", (start, self.place)
                )
            if kind == "NEWROW" and self.tokens:
                self.emit("SEMICOLON", ";", start)
            return
        if self.tokens[-1].kind == "COMMA":
            self.tokens.pop()
        self.emit(kind, self.text[start : self.place], start)

    # Commands

    def _command(self, text: str, start: int) -> None:
        name = text[1:]
        if text.endswith("*") and name not in ("operatorname*",):
            text, name, self.place = text[:-1], name[:-1], self.place - 1
        if name in SKIPPED:
            return
        if name in ("left", "right"):
            self.side, self.side_start = name[0], start
            return
        if SIZES.match(text):
            return
        if text == "\\partial" and not _ARGUMENT_NUMBER.match(self.text, self.place):
            message = "derivatives are not written in the formula"
            raise Refused("E107", message, "name the variable by --wrt x", (start, self.place))
        if text in SIGNS:
            self._known_sign(text, start)
        elif name.rstrip("*") == "operatorname":
            match = _OPERATOR_NAME.match(self.text, start + len("\\operatorname"), self.end)
            if match is None:
                message = "\\operatorname takes a name"
                raise Refused("E103", message, "\\operatorname{tr}(A)", (start, self.place))
            self.place = match.end()
            self._operator(match[1].replace("\\_", "_"), start)
        elif name in FUNCTIONS:
            self._function(FUNCTIONS[name], start)
        elif name == "infty":
            self.emit("NAME", "∞", start)
        elif name in ("begin", "end"):
            self._environment(name, start)
        elif name == "over":
            self._over(start)
        elif name == "phantom":
            match = _PHANTOM.match(self.text, self.place, self.end)
            self.place = match.end() if match else self.place
        elif name in STYLES or name in ACCENTS or name in LETTER_COMMANDS or name == "mbox":
            self._symbol(name, start)
        elif name in ABSENT_BY_NAME:
            _, message, hint = ABSENT_BY_NAME[name]
            raise Refused("E107", f"unexpected {text}: {message}", hint, (start, self.place))
        else:
            hint = "LaTeX is read as in \\frac{1}{2} \\|A x - b\\|_2^2, \\operatorname{tr}(A X)"
            message = f"unexpected {clip(text)}, a LaTeX macro that is not read here"
            raise Refused("E107", message, hint, (start, self.place))

    def _symbol(self, command: str, start: int) -> None:
        if self._spoken(start):
            return
        symbol = read_symbol(self.text, start)
        if symbol is None or symbol.end > self.end:
            if command in ACCENTS:
                message = f"\\{command} stands over one letter or name"
                raise Refused("E107", message, f"\\{command}{{x}}", (start, self.place))
            match = re.compile(r"\s*(?=\{)").match(self.text, self.place, self.end)
            if match is None:
                message = f"\\{command} takes a name or a formula in braces"
                raise Refused("E103", message, f"\\{command}{{x}}", (start, self.place))
            return  # the style of a whole formula says nothing
        self.place = symbol.end
        self._styled(symbol, start)

    def _styled(self, symbol: Symbol, start: int) -> None:
        """Read a name in its style: a function, a transpose, several letters, or a name."""
        name = self.known.spelling(symbol)
        is_word = len(symbol.name) > 1 and symbol.name not in LETTER_COMMANDS
        if symbol.style == "outlined" and symbol.name not in ("1", "I"):
            message = f"\\mathbb{{{symbol.name}}} is not read in a formula"
            hint = "kinds are declared apart: --where 'x \\in \\mathbb{R}^n'"
            raise Refused("E107", message, hint, (start, self.place))
        if symbol.style == "upright" and symbol.name == "T" and "T" not in self.known.names:
            if self.arguments and self.tokens[-1].kind == "SUP":
                self.emit("TRANSPOSE", "'", start)
                return
            last = self.tokens[-2:]
            if len(last) == 2 and (last[0].kind, last[1].kind) == ("SUP", "LBRACE"):
                self.emit("TRANSPOSE", "'", start)
                return
        if symbol.style == "upright" and is_word and name not in self.known.names:
            function = FUNCTIONS.get(name) or SPOKEN.get(name) or (name if name in NAMES else "")
            if function and not self._in_script():
                self._function(function, start)
                return
        is_run = is_word and symbol.name not in LETTER_COMMANDS and symbol.name.isalpha()
        if symbol.style == "bold" and is_run and name not in self.known.names:
            offset = self.text.index(symbol.name, start)
            for place, letter in enumerate(symbol.name, offset):
                self._name(self.known.find(letter) or letter, "bold", place, place + 1)
            return
        self._name(name, symbol.style, start)

    def _old_style(self, match: re.Match[str], start: int) -> None:
        r"""Read {\bf x} and {\rm tr} as \mathbf{x} and \mathrm{tr}."""
        style = {"bf": "bold", "it": ""}.get(match[1], "upright")
        self.place = match.end()
        self._styled(Symbol(match[2].lstrip("\\"), style, (), match.end()), start)

    def _in_script(self) -> bool:
        return bool(self.opened) and self.opened[-1].token.kind == "LBRACE"

    def _spoken(self, start: int) -> bool:
        """Read the words of a case distinction: if, for, otherwise."""
        match = _TEXT.match(self.text, start, self.end)
        if match is None or not self.grids:
            return False
        word = match[1].strip(" ,.").lower()
        if word in ("if", "when", "for", "where", ""):
            self.place = match.end()
            return True
        if word in ("otherwise", "else"):
            self.place = match.end()
            self.emit("OTHERWISE", word, start)
            return True
        return False

    def _operator(self, name: str, start: int) -> None:
        name = FUNCTIONS.get(name) or SPOKEN.get(name) or name
        if self.known.find(name) is not None or name not in NAMES | {"pow"}:
            self._name(self.known.find(name) or name, "upright", start)
        else:
            self._function(name, start)

    def _function(self, name: str, start: int) -> None:
        end = self.place
        place = self._past_scripts(end)
        if self.arguments or (self._in_script() and self.text[end : end + 1] == "}"):
            self._name(name, "upright", start)  # x_{\max}
            return
        kind = "CALL" if _BRACKET.match(self.text, place, self.end) else "PREFIX"
        self.emit(kind, name, start, end)

    def _past_scripts(self, place: int) -> int:
        """Return the place behind the subscripts and superscripts that stand here."""
        end = min(self.end, place + LONGEST_SCRIPT)
        while match := _SCRIPT.match(self.text, place, end):
            place = match.end()
            if self.text[place : place + 1] == "{":
                depth = 0
                for brace in _BRACE.finditer(self.text, place, end):
                    depth += {"{": 1, "}": -1}.get(brace.group(), 0)
                    place = brace.end()
                    if not depth:
                        break
            else:
                single = _SINGLE.match(self.text, place, end)
                place = single.end() if single else end
        return place

    def _environment(self, command: str, start: int) -> None:
        match = _ENVIRONMENT.match(self.text, self.place, self.end)
        if match is None or match[1] not in ENVIRONMENTS:
            name = clip(match[1]) if match else "…"
            message = f"the environment {name} is not read"
            hint = "cases, bmatrix, pmatrix, aligned"
            raise Refused("E107", message, hint, (start, self.place))
        kind = ENVIRONMENTS[match[1]]
        takes_columns = command == "begin" and match[1] == "array"
        self.place = match.end() if takes_columns or not match[2] else match.start(2)
        if kind == "LINES":
            if command == "begin":
                if self.tokens:
                    message = "lines stand around the whole formula"
                    raise Refused("E107", message, "", (start, self.place))
                self.lines += 1
            return
        if command == "begin":
            self.open(kind, start)
        else:
            if self.tokens and self.tokens[-1].kind in ("NEWROW", "COMMA"):
                self.tokens.pop()
            self.close(f"END{kind}", start)
