"""A law of matrix algebra as data: its name, both sides in our own language, and its source."""

from __future__ import annotations

from typing import NamedTuple

from matcalc.expressions.dimensions import ONE, name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.syntax.reading import read_formula

_m, _n, _p, _q = name("m"), name("n"), name("p"), name("q")

SHAPES: dict[str, Shape] = {
    **dict.fromkeys("abc", ()),
    **dict.fromkeys("uvw", (_n,)),
    **dict.fromkeys("xyz", (_m,)),
    **dict.fromkeys("rs", (ONE, _n)),
    **dict.fromkeys("ABC", (_m, _n)),
    **dict.fromkeys("DE", (_n, _p)),
    **dict.fromkeys("FG", (_p, _q)),
    **dict.fromkeys("ST", (_n, _n)),
    **dict.fromkeys("PQ", (_p, _p)),
}
"""What a letter stands for in a law; a law holds for all sizes and every value."""


class Law(NamedTuple):
    """An identity that is read from left to right: `left` may be written as `right`.

    Both are formulas in the letters of `SHAPES`. A law that holds almost everywhere only,
    or where something is defined, says so in `condition`.
    """

    name: str
    left: str
    right: str
    source: str = ""
    condition: str = ""

    @property
    def statement(self) -> str:
        """The identity as text."""
        return f"{self.left} = {self.right}" + (f" where {self.condition}" * bool(self.condition))


class Pattern(NamedTuple):
    """Both sides of a law as formulas."""

    law: Law
    left: Expression
    right: Expression


def pattern(law: Law) -> Pattern:
    """Return a law with its sides read."""
    return Pattern(law, read_formula(law.left, SHAPES), read_formula(law.right, SHAPES))
