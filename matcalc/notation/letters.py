"""Names as LaTeX: Greek letters, accents and subscripts; nothing else of a name gets through."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip

VARIANTS = {
    "varepsilon": r"\varepsilon", "vartheta": r"\vartheta", "varphi": r"\varphi",
    "varrho": r"\varrho", "varsigma": r"\varsigma", "varpi": r"\varpi",
    "ell": r"\ell", "ℓ": r"\ell", "ϵ": r"\epsilon", "ϑ": r"\vartheta", "ϕ": r"\phi",
    "φ": r"\varphi", "ς": r"\varsigma", "ϱ": r"\varrho", "∇": r"\nabla", "∂": r"\partial",
}  # fmt: skip

ACCENTS = {
    "hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot", "ddot": r"\ddot",
    "vec": r"\vec", "\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde",
    "\u0307": r"\dot", "\u0308": r"\ddot", "\u0306": r"\breve", "\u030c": r"\check",
    "\u0301": r"\acute", "\u0300": r"\grave",
}  # fmt: skip

# These capitals look like Latin letters, and LaTeX has no others for them.
_LATIN_CAPITALS = {
    "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I",
    "Kappa": "K", "Mu": "M", "Nu": "N", "Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X",
}  # fmt: skip


def _greek_table() -> dict[str, str]:
    table = dict(VARIANTS)
    for letter, small in GREEK.items():
        capital = small.capitalize()
        command = "o" if small == "omicron" else rf"\{small}"
        large = _LATIN_CAPITALS.get(capital, rf"\{capital}")
        table.update({small: command, capital: large, letter.upper(): large})
        table.setdefault(letter, command)
    return table


_GREEK = _greek_table()
_PARTS = re.compile(r"(?P<letters>(?:[^\W\d_][\u0300-\u036f]*)+)(?P<digits>\d*)\Z")


@lru_cache(maxsize=4096)
def name_latex(name: str, bold: bool = False) -> str:
    r"""Return the name as LaTeX, in bold if it is a vector's or a matrix's.

    >>> name_latex("sigma_1"), name_latex("x_hat", bold=True)
    ('\\sigma_{1}', '\\hat{\\mathbf{x}}')
    """
    parts = [part for part in unicodedata.normalize("NFC", name).split("_") if part]
    base, *subscripts = parts or ["_"]
    split = _PARTS.match(base)
    if split and split["digits"] and _symbol(split["letters"], bold)[1]:
        base = split["letters"]
        subscripts.insert(0, split["digits"])
    text, _ = _symbol(base, bold)
    kept = []
    for part in subscripts:
        accent = ACCENTS.get(part)
        if accent:
            text = f"{accent}{{{text}}}"
        else:
            kept.append(_symbol(part, bold=False)[0])
    return f"{text}_{{{','.join(kept)}}}" if kept else text


def _symbol(text: str, bold: bool) -> tuple[str, bool]:
    """Return one letter, Greek name or word, and whether it is a single symbol."""
    command = _GREEK.get(text)
    if command is not None:
        return _styled(command, bold), True
    letter, *marks = list(unicodedata.normalize("NFD", text))
    if marks and all(mark in ACCENTS for mark in marks):
        shown = _styled(_GREEK.get(letter) or _plain(letter), bold)
        for mark in marks:
            shown = f"{ACCENTS[mark]}{{{shown}}}"
        return shown, True
    plain = "".join(map(_plain, text))
    if plain.isdigit():
        return plain, False
    if len(plain) == 1:
        return _styled(plain, bold), True
    return (rf"\mathbf{{{plain}}}" if bold else rf"\mathrm{{{plain}}}"), False


def _styled(symbol: str, bold: bool) -> str:
    if not bold:
        return symbol
    return rf"\boldsymbol{{{symbol}}}" if symbol.startswith("\\") else rf"\mathbf{{{symbol}}}"


def _plain(character: str) -> str:
    """Return ASCII letters and digits for a character: its own, or its code point."""
    simple = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii())
    return "".join(c for c in simple if c.isalnum()) or f"U{ord(character):04X}"
