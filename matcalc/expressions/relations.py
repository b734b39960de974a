"""The six comparisons: what each turns into, when it holds, and how it is written."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple


class Relation(NamedTuple):
    """One comparison of a with b.

    `opposite` holds where it does not, `mirrored` compares b with a; `signs` are those that
    a - b has where it holds. It is written `latex` and `unicode`, and called `numpy` and
    `sympy` there.

    >>> RELATIONS["<"].opposite, RELATIONS["<"].mirrored, -1 in RELATIONS["<"].signs
    ('>=', '>', True)
    """

    opposite: str
    mirrored: str
    signs: frozenset[int]
    holds: Callable[[Any, Any], Any]
    latex: str
    unicode: str
    numpy: str
    sympy: str


_BELOW, _EQUAL, _ABOVE = -1, 0, 1

RELATIONS = {
    "<": Relation(">=", ">", frozenset((_BELOW,)), operator.lt, "<", "<", "less", "Lt"),
    "<=": Relation(">", ">=", frozenset((_BELOW, _EQUAL)), operator.le, r"\le", "≤",
                   "less_equal", "Le"),
    ">": Relation("<=", "<", frozenset((_ABOVE,)), operator.gt, ">", ">", "greater", "Gt"),
    ">=": Relation("<", "<=", frozenset((_ABOVE, _EQUAL)), operator.ge, r"\ge", "≥",
                   "greater_equal", "Ge"),
    "==": Relation("!=", "==", frozenset((_EQUAL,)), operator.eq, "=", "=", "equal", "Eq"),
    "!=": Relation("==", "!=", frozenset((_BELOW, _ABOVE)), operator.ne, r"\ne", "≠",
                   "not_equal", "Ne"),
}  # fmt: skip
