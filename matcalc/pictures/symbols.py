"""The symbols of a derivation as LaTeX: derivatives as fractions, differentials and δ."""

from __future__ import annotations

from matcalc.derivation.steps import Derivation, Quantity
from matcalc.expressions.nodes import Expression
from matcalc.notation.letters import name_latex

Symbols = dict[Expression, str]


def symbols_of(derivation: Derivation) -> Symbols:
    r"""Return the LaTeX of every symbol of a derivation that is not written by its name.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> derivation = derive(matcalc.diff("sin(x^2)", "x", "x: scalar"))
    >>> sorted(symbols_of(derivation).values())[0]
    '\\frac{\\mathrm{d} u_{1}}{\\mathrm{d} x}'
    """
    symbols: Symbols = {}
    name = derivation.variable.value.name
    if "[" in name:
        base, _, places = name.rstrip("]").partition("[")
        symbols[derivation.variable] = f"{name_latex(base)}_{{{places}}}"
    for symbol, quantity in derivation.quantities.items():
        shown = _shown(symbol, quantity, symbols)
        if shown:
            symbols[symbol] = shown
    return symbols


def _shown(symbol: Expression, quantity: Quantity, symbols: Symbols) -> str:
    name = symbol.value.name
    of = _latex(quantity.of, symbols)
    if quantity.by is not None:
        sign = r"\partial" if name.startswith("∂") else r"\mathrm{d}"
        return rf"\frac{{{sign} {of}}}{{{sign} {_latex(quantity.by, symbols)}}}"
    if name.startswith("δ"):
        delta = r"\boldsymbol{\delta}" if symbol.shape else r"\delta"
        short = name[1:].rstrip("_")
        return rf"{delta}_{{{short if short.isdigit() else of}}}"
    return rf"\mathrm{{d}} {of}" if quantity.kind == "tangent" else ""


def _latex(symbol: Expression, symbols: Symbols) -> str:
    return symbols.get(symbol) or name_latex(symbol.value.name, bold=bool(symbol.shape))
