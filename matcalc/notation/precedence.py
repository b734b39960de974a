"""How tightly notation binds: the one table of both printers, and how a text is put together.

A printer describes each node of a formula as pieces: texts, and `Operand`s that stand for
the text of another node. `lay_out` describes every node of the graph once, `join` writes the
text out. Neither recurses, and the text of a shared node is described once however often
it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple

from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder


class Level(IntEnum):
    """The levels of LANGUAGE.md, section 2, loosest first."""

    SUM = 1
    PRODUCT = 2
    SIGN = 3
    POWER = 4
    POSTFIX = 5
    ATOM = 6


LEVELS = {
    "add": Level.SUM,
    "multiply": Level.PRODUCT,
    "hadamard": Level.PRODUCT,
    "divide": Level.PRODUCT,
    "dot": Level.PRODUCT,
    "kron": Level.PRODUCT,
    "negate": Level.SIGN,
    "power": Level.POWER,
    "matrix_power": Level.POWER,
    "transpose": Level.POSTFIX,
}
"""What is not listed is written with its own brackets, or is a name or a number."""


class Operand(NamedTuple):
    """The place of another node's text, in brackets or not, with or without its minus."""

    node: Expression
    opening: str = ""
    closing: str = ""
    unsigned: bool = False


Piece = str | Operand


class Printed(NamedTuple):
    """How one node is written.

    `signed` says that the text begins with a minus that may be taken as a subtraction, `open`
    that it ends in an operator that would take in what follows, as a sum sign does. `tall`
    asks for brackets that grow. `length` is the number of characters of the whole text,
    `depth` how many groups of TeX are nested in it: both are filled in by `lay_out`.
    """

    pieces: tuple[Piece, ...]
    level: int
    signed: bool = False
    open: bool = False
    tall: bool = False
    length: int = 0
    depth: int = 0


Layout = dict[Expression, Printed]
Describe = Callable[[Expression, Mapping[Expression, Printed]], Printed]


def lay_out(
    root: Expression, describe: Describe, names: Mapping[Expression, str] | None = None
) -> Layout:
    """Describe every node under `root`; the nodes in `names` are written as their names."""
    named = names or {}
    layout: Layout = {}
    for node in postorder([root], lambda node: () if node in named else node.arguments):
        name = named.get(node)
        printed = describe(node, layout) if name is None else Printed((name,), Level.ATOM)
        layout[node] = measured(printed, layout)
    return layout


def measured(printed: Printed, layout: Mapping[Expression, Printed]) -> Printed:
    """Add to a node's description what its operands' texts contribute.

    `depth` counts the node's own groups on top of its deepest operand.
    """
    length = depth = 0
    tall = printed.tall
    for piece in printed.pieces:
        if isinstance(piece, str):
            length += len(piece)
        else:
            inner = layout[piece.node]
            length += inner.length + len(piece.opening) + len(piece.closing) - piece.unsigned
            depth = max(depth, inner.depth + piece.opening.startswith("\\left"))
            tall = tall or inner.tall
    return printed._replace(length=length, depth=depth + printed.depth, tall=tall)


def join(root: Expression, layout: Mapping[Expression, Printed]) -> str:
    """Write the text of `root` out."""
    texts: list[str] = []
    stack: list[Piece] = [Operand(root)]
    drop_minus = False
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            if piece:
                texts.append(piece[1:] if drop_minus else piece)
                drop_minus = False
        else:
            drop_minus = drop_minus or piece.unsigned
            stack.append(piece.closing)
            stack.extend(reversed(layout[piece.node].pieces))
            stack.append(piece.opening)
    return "".join(texts)


def bracketed(
    node: Expression,
    least: int,
    layout: Mapping[Expression, Printed],
    brackets: tuple[str, str] = ("(", ")"),
) -> Operand:
    """Return the operand, in brackets if it binds less tightly than `least`."""
    if layout[node].level < least:
        return Operand(node, *brackets)
    return Operand(node)


def begins_signed(first: Piece, layout: Mapping[Expression, Printed]) -> bool:
    """Tell whether a text that begins with this piece begins with a minus."""
    if isinstance(first, str):
        return first.startswith("-")
    return not first.opening and not first.unsigned and layout[first.node].signed


def signed_sum(node: Expression, layout: Mapping[Expression, Printed]) -> Printed:
    """Return the text of a sum; a term that begins with a minus is subtracted."""
    pieces: list[Piece] = []
    for term in node.arguments:
        operand = Operand(term)
        if not pieces:
            pieces.append(operand)
        elif begins_signed(operand, layout):
            pieces += (" - ", operand._replace(unsigned=True))
        else:
            pieces += (" + ", operand)
    return Printed(tuple(pieces), LEVELS["add"], begins_signed(pieces[0], layout))
