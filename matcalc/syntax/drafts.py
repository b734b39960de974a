"""Drafts: formulas whose dimensions may still be unknown, and the text they came from."""

from __future__ import annotations

from typing import Any, NamedTuple

from matcalc.expressions.shapes import Shape
from matcalc.syntax.exact import NOTHING, Exact
from matcalc.syntax.tree import Span, Tree


class Place(NamedTuple):
    """Where a draft stands: the source, its tree, and the operands that errors name."""

    source: str
    tree: Tree
    operands: tuple[Tree, ...]


class Draft:
    """An expression in the making: as an Expression, with what inference needs.

    Dimensions in `shape` and `value` may contain unknowns. `exact` is what is known of a
    scalar's value, `place` where it was typed.
    """

    __slots__ = ("arguments", "exact", "head", "place", "shape", "value")

    def __init__(
        self,
        head: str,
        value: Any,
        arguments: tuple[Draft, ...],
        shape: Shape,
        place: Place,
        exact: Exact = NOTHING,
    ) -> None:
        self.head = head
        self.value = value
        self.arguments = arguments
        self.shape = shape
        self.place = place
        self.exact = exact


_ATOMS = {"number", "name", "call", "derivative", "subscript", "stack", "transpose", "indexed"}


def text(source: str, span: Span, limit: int = 60) -> str:
    """Return a piece of the source on one line, its middle left out if it is long."""
    piece = " ".join(source[span.start : span.end].split())
    if len(piece) <= limit:
        return piece
    half = limit // 2 - 1
    return f"{piece[:half]}…{piece[-half:]}"


def operand(source: str, tree: Tree) -> str:
    """Return an operand's source, in parentheses unless it is an atom."""
    piece = text(source, tree.span)
    return piece if tree.kind in _ATOMS or _is_enclosed(piece) else f"({piece})"


def _is_enclosed(piece: str) -> bool:
    """Tell whether the first parenthesis closes at the end."""
    depth = 0
    for place, character in enumerate(piece):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return 0 < place == len(piece) - 1
    return False
