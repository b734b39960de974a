r"""Derivations as LaTeX: derivative symbols as fractions, equations as rows that fit a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matcalc.derivation.outline import Row, reason_text
from matcalc.derivation.steps import Derivation, Member, Quantity
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.notation.breaking import broken_latex, latex_places
from matcalc.notation.latex import condition_latex, program_latex, size_latex, to_latex
from matcalc.notation.letters import name_latex
from matcalc.notation.sharing import program

Symbols = Mapping[Expression, str]

WIDEST_LEFT = 0.3
"""A left side that takes more of the width has the equals sign on the next line."""


def symbols_of(derivation: Derivation) -> dict[Expression, str]:
    r"""Return the LaTeX of every symbol of a derivation that is not written by its name.

    >>> import matcalc
    >>> derivation = matcalc.diff("sin(x^2)", "x", "x: scalar").derivation()
    >>> sorted(symbols_of(derivation).values())[0]
    '\\frac{\\mathrm{d} u_{1}}{\\mathrm{d} x}'
    """
    symbols = {}
    variable = derivation.variable
    if "[" in variable.value.name:
        symbols[variable] = _entry(variable.value.name)
    for symbol, quantity in derivation.quantities.items():
        shown = _quantity(symbol, quantity, symbols)
        if shown:
            symbols[symbol] = shown
    return symbols


def _quantity(symbol: Expression, quantity: Quantity, symbols: Symbols) -> str:
    name: str = symbol.value.name
    of = symbol_latex(quantity.of, symbols)
    plain = name.rstrip("_")
    if quantity.by is not None and "/" in name:
        sign = r"\partial" if name.startswith("∂") else r"\mathrm{d}"
        shown = rf"\frac{{{sign} {of}}}{{{sign} {symbol_latex(quantity.by, symbols)}}}"
    elif name.startswith("∇"):
        shown = rf"\nabla {name_latex(plain[1:])}"
    elif name.startswith("δ"):
        delta = r"\boldsymbol{\delta}" if symbol.shape else r"\delta"
        short = plain[1:]
        shown = rf"{delta}_{{{short if short.isdigit() else of}}}"
    elif quantity.kind == "tangent" and name.startswith("d"):
        shown = rf"\mathrm{{d}} {of}"
    else:
        return ""
    return shown if plain == name else rf"\tilde{{{shown}}}"


def _entry(name: str) -> str:
    """Return the LaTeX of an entry that is given by its text, as x[2] or A[1, n]."""
    base, _, inside = name.partition("[")
    indices = re.findall(r"\w+|[-+*,]", inside)
    return f"{name_latex(base.strip())}_{{{''.join(map(_index, indices))}}}"


def _index(token: str) -> str:
    if token in "-+*,":
        return " " if token == "*" else token
    return token if token.isdigit() else name_latex(token)


def symbol_latex(symbol: Expression, symbols: Symbols) -> str:
    """Return the LaTeX of a variable or of a symbol of the derivation."""
    return to_latex(symbol, symbols=symbols)


def path_latex(path: Sequence[Expression], symbols: Symbols) -> str:
    """Return a path from the variable to the result."""
    return r" \to ".join(symbol_latex(symbol, symbols) for symbol in path)


def shape_latex(shape: Shape) -> str:
    """Return a shape as a vector's length, or rows × columns."""
    return r" \times ".join(map(size_latex, shape))


def member_latex(member: Member, symbols: Symbols) -> str:
    """Return one side of an equation."""
    if isinstance(member, Expression):
        return to_latex(member, symbols=symbols)
    return _paths(member.written, symbols)


def _paths(terms: Sequence[Sequence[Expression]], symbols: Symbols) -> str:
    return " + ".join(r" \, ".join(symbols[factor] for factor in factors) for factors in terms)


# Equations that fit a width


class Equation(NamedTuple):
    """One equation as lines of (left, right), aligned between the two.

    Its shape is in LaTeX, the reason plain text.
    """

    lines: tuple[tuple[str, str], ...]
    shape: str
    reason: str


def equations(rows: Sequence[Row], symbols: Symbols, room: float) -> list[Equation]:
    """Return the equations of one part, in lines of at most `room` letters if that can be."""
    found = []
    indent = 0.0
    for row in rows:
        lines: list[tuple[str, str]] = []
        left = ""
        if row.left is not None:
            left = member_latex(row.left, symbols)
            indent = latex_places(left)[1]
            if indent > WIDEST_LEFT * room:
                lines += [("", line) for line in broken_latex(left, room)]
                left, indent = "", 0.0
        parts, right = _program(row, symbols)
        for name, part in parts:
            lines += _lines(name, part, room)
        lines += _lines(left, right, room - indent)
        shape = shape_latex(row.shape) if row.shape else ""
        found.append(Equation(tuple(lines), shape, reason_text(row)))
    return found


def cases_equation(derivation: Derivation) -> Equation | None:
    """Return the answer as a case distinction, if there is one."""
    if not derivation.cases:
        return None
    rows = r" \\ ".join(
        rf"{to_latex(value)} & \text{{if }} {condition_latex(condition)}"
        for condition, value in derivation.cases
    )
    right = rf"= \begin{{cases}} {rows} \end{{cases}}"
    return Equation((("", right),), "", "")


def _program(row: Row, symbols: Symbols) -> tuple[list[tuple[str, str]], str]:
    if isinstance(row.right, Expression):
        chosen = program([row.right], row.naming)
        parts, (result,) = program_latex(chosen, names=row.naming, symbols=symbols)
        return parts, result
    return [], member_latex(row.right, symbols)


def _lines(left: str, right: str, room: float) -> list[tuple[str, str]]:
    first, *others = broken_latex(right, max(room - 3, 12))
    return [(left, f"= {first}"), *[("", rf"\quad {line}") for line in others]]
