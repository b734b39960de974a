"""Derivatives as they are written in a side of an equation."""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """A derivative as written: 'd', '∂' or '∇', its order, what is derived, and by what.

    `of` is a name, or a formula in parentheses; `by` is '' of a ∇ that does not say it.
    Of an `entry`, as in ∂L/∂W_{ij}, they are what the entries are of.
    """

    sign: str
    order: int
    of: str
    by: str
    entry: bool = False

    def __str__(self) -> str:
        power = "²" if self.order == 2 else ""
        if self.sign == "∇":
            return f"∇{power}{'_' if self.by else ''}{self.by} {self.of}"
        return f"{self.sign}{power}{self.of}/{self.sign}{self.by}{power}"


class Found(NamedTuple):
    """A symbol and its place in a side, and the indices if it is one of entries."""

    symbol: Symbol
    start: int
    end: int
    indices: tuple[str, ...] = ()
