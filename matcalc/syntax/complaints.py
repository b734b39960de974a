"""Say of a typed formula that does not parse what was seen, and what was probably meant."""

from __future__ import annotations

import re

from matcalc.errors import MatcalcError
from matcalc.syntax.automaton import END, Refused, Token, Unexpected
from matcalc.syntax.characters import show

OPERAND_STARTS = frozenset(("NAME", "NUMBER", "LPAR", "LSQB", "BAR", "NORM", "PREFIX", "BIG"))
OPERAND_ENDS = frozenset(
    ("NAME", "NUMBER", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT", "ENDBAR", "ENDNORM")
    + ("SCRIPT", "PSEUDO", "INVERSE_TRANSPOSE", "NORMED", "RBRACE")
)

# What begins no token: (as written, what it is, what to write instead).
ELSEWHERE = (
    (r"∑", "a sum without its index", "sum(x), sum(i = 1..N, x[i]), ∑_{i=1}^N x_i"),
    (r"∏", "a product without its index", "prod(x), ∏_{i=1}^N x_i"),
    (r"∞", "infinity, which is not a number here", "norminf(x) for the largest magnitude"),
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


def unknown(text: str, token: Token) -> Refused:
    """Return the error for what begins no token of a formula."""
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


def explain(text: str, error: Unexpected) -> MatcalcError:
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
    twice = before is not None and before.text == token.text == "*"
    hint = "one * multiplies; a power is x^2, or x**2 without a space" if twice else ""
    return "E103", f"unexpected {shown}: an operand is due here", hint


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
