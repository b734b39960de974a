"""Refuse characters that are not what they look like; say which letters names are made of."""

from __future__ import annotations

import re

from matcalc.errors import MatcalcError
from matcalc.limits import exceeded, limit

BLANKS = " \t\r\n\u00a0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
OPERATORS = "−≤≥≠×·⋅⊗⊙∘⊘′ᵀ⊤⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹‖∥∑∏∞"
LETTERS = "A-Za-zÀ-ÖØ-öø-ɏΆ-ώϑϕϖϰϱϵ"
DECLARATIONS = "∈ℝ→ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ"

# Letters of other alphabets that look like Latin ones and have no compatibility form.
ALIKE = str.maketrans(
    "аеорсухіјѕԁһԛԝѵАВЕКМНОРСТУХІЈЅԚԜօսոǀ",
    "aeopcyxijsdhqwvABEKMHOPCTYXIJSQWoun|",
)

MARKS = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0306": "breve",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u030c": "check",
    "\u20d7": "vec",
}

# Notation that has a character of its own: (characters, code, what it is, what to write).
NOTATION = (
    ("∂∇𝛁𝜕", "E107", "derivatives are not written in the formula", "name the variable by --wrt x"),
    ("√", "E107", "roots are written as a function", "sqrt(x)"),
    ("∛∜", "E107", "roots are written as powers", "x^(1/3)"),
    ("÷∕⁄", "E107", "division is written /", "x / a, or entry by entry x ./ y"),
    ("∗⋆∙•", "E107", "products are written *", "A*x, or entry by entry x .* y"),
    ("–—‐‑‒", "E107", "this is a dash, not a minus sign", "-"),
    ("’‘‛´ʹ", "E107", "this is a quotation mark", "transpose with ', as in x'"),
    ("″‴", "E107", "this is a double prime", "''"),
    ("“”„«»", "E107", "strings do not occur in formulas", "names stand without quotes"),
    ("…", "E107", "ranges are written with two points", "1..N"),
    ("⊕", "E107", "there is no direct sum", "[A, zeros(m, q); zeros(p, n), B]"),
    ("∧∨¬", "E107", "conditions are combined by arithmetic", "[a > 0] .* [b > 0]"),
    ("⟨⟩〈〉", "E107", "inner products are written as products", "x'*y or w·x"),
    ("†ᴴ", "E107", "all values are real; there is only the transpose", "A'"),
    ("∈", "E107", "kinds are declared apart from the formula", "--where 'x in R^n'"),
    ("ℝ", "E107", "kinds are declared apart from the formula", "--where 'x in R^n'"),
    ("⁽⁾", "E107", "superscripts are digits only", "^( )"),
)


def check_characters(text: str, also: str = "") -> None:
    """Raise unless a text is short enough and every character is one of the language's.

    `also` lists further characters that are allowed. Nothing is ever normalised: a
    look-alike is refused with the plain spelling as a hint.

    >>> check_characters("ŵ'*x² − α")
    >>> try:
    ...     check_characters("𝐱'*x")
    ... except MatcalcError as error:
    ...     print(error.code, error.column, error.hint)
    E601 1 x
    """
    longest = limit("input")
    if len(text) > longest:
        raise exceeded("input", len(text)).at(text, longest, longest + 1)
    foreign = {c for c in set(text) if not (is_allowed(c) or c in also)}
    if foreign:
        raise _refuse(text, min(text.index(c) for c in foreign))


def is_allowed(character: str) -> bool:
    """Tell whether formulas may contain a character.

    >>> [is_allowed(c) for c in "xαŵ⊗д"]
    [True, True, True, True, False]
    """
    if " " <= character <= "~" or character in BLANKS or character in OPERATORS:
        return True
    if not _is_letter(character):
        return False
    from unicodedata import category, decomposition

    is_symbol_of_greek = character in "ϑϕϖϰϱϵ"
    return category(character) != "Lo" and (
        is_symbol_of_greek or not decomposition(character).startswith("<")
    )


def show(character: str) -> str:
    """Describe a character without ever printing one that does not print.

    >>> show("\u202e")
    'U+202E RIGHT-TO-LEFT OVERRIDE'
    >>> show("?")
    "'?'"
    """
    if " " <= character <= "~":
        return f"'{character}'"
    from unicodedata import category, name

    number = f"U+{ord(character):04X}"
    if category(character)[0] in "CMZ":
        return f"{number} {name(character, '')}".rstrip()
    return f"'{character}' ({number})"


def _refuse(text: str, place: int) -> MatcalcError:
    from unicodedata import category, decomposition, normalize

    character = text[place]
    kind, shown = category(character), show(character)
    if kind[0] in "CZ" or "\ufe00" <= character <= "\ufe0f":
        error = MatcalcError(
            "E602",
            f"the text contains {shown}, a character that does not show",
            hint=f"delete {shown}",
        )
        return error.at(text, place, place + 1)
    if kind[0] == "M":
        base = text[place - 1 : place] if place and _is_letter(text[place - 1]) else "x"
        spelled = f"{base}_{MARKS.get(character, 'mark')}"
        composed = normalize("NFC", base + character)
        if len(composed) == 1 and is_allowed(composed):
            spelled = f"{composed} (one character, U+{ord(composed):04X}), or {spelled}"
        error = MatcalcError("E603", f"{shown} is a mark on the letter before it", hint=spelled)
        return error.at(text, place, place + 1)
    for characters, code, message, hint in NOTATION:
        if character in characters:
            error = MatcalcError(code, f"unexpected {shown}: {message}", hint=hint)
            return error.at(text, place, place + 1)
    parts = normalize("NFD", character)
    if len(parts) > 1 and _is_letter(parts[0]) and category(parts[1]) == "Mn":
        error = MatcalcError(
            "E603",
            f"{shown} is not a letter that names are made of",
            hint=f"{parts[0]}_{MARKS.get(parts[1], 'mark')}",
        )
        return error.at(text, place, place + 1)
    form, plain = decomposition(character), _plain(character)
    if form.startswith("<super>"):
        error = MatcalcError("E107", f"{shown}: superscripts are digits only", hint=f"^{plain}")
    elif form.startswith("<sub>"):
        error = MatcalcError(
            "E107", f"{shown}: subscripts are written plainly", hint=f"_{plain} or [{plain}]"
        )
    elif form.startswith("<fraction>"):
        error = MatcalcError("E107", f"{shown}: fractions are written with /", hint=_ascii(plain))
    elif plain != character and all(is_allowed(c) for c in plain):
        return _refuse_word(text, place)
    else:
        error = MatcalcError(
            "E102",
            f"unexpected character {shown}",
            hint="names are made of Latin and Greek letters" if character.isalpha() else "",
        )
    return error.at(text, place, place + 1)


def _refuse_word(text: str, place: int) -> MatcalcError:
    """Refuse the whole word in which a look-alike stands, and spell it plainly."""
    start, end = place, place + 1
    limit = 256
    if text[place].isalpha():
        while start and place - start < limit and _in_word(text[start - 1]):
            start -= 1
        while end < len(text) and end - place < limit and _in_word(text[end]):
            end += 1
    plain = "".join(map(_plain, text[start:end]))
    alike = _plain(text[place])
    error = MatcalcError(
        "E601", f"{show(text[place])} looks like '{alike}', but is another character", hint=plain
    )
    return error.at(text, start, end)


def _is_letter(character: str) -> bool:
    return re.match(f"[{LETTERS}]", character) is not None and character.isalpha()


def _in_word(character: str) -> bool:
    return character.isalpha() or character in "_0123456789"


def _plain(character: str) -> str:
    from unicodedata import decimal, normalize

    if is_allowed(character):
        return character
    number = decimal(character, None)
    if number is not None:
        return str(number)
    return normalize("NFKC", character).translate(ALIKE)


def _ascii(text: str) -> str:
    return text.replace("⁄", "/")
