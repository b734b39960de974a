"""A claim together with what it is about."""

from __future__ import annotations

from typing import Any, NamedTuple

from matcalc.calculus.layouts import Layout
from matcalc.checking.precise import ROUGH, Point
from matcalc.checking.reals import enclosures_at, entries_at
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder

MOST_BITS = 4_000

Groups = tuple[tuple[int, ...], ...]


class Question(NamedTuple):
    """Whether `claim` is the derivative of `formula` by `variable`, which is `answer`.

    `entry` has the indices if the variable is one entry. A claim of the flattened
    derivative is compared with the answer's entries so arranged; `flat` then has the groups
    of axes that are joined, of which the first varies fastest.
    """

    formula: Expression
    variable: Expression
    entry: tuple[Expression, ...]
    answer: Expression
    claim: Expression
    layout: Layout
    order: int
    flat: Groups = ()

    @property
    def variables(self) -> dict[str, Expression]:
        """The variables that occur, by name."""
        nodes = postorder(self.parts(), lambda node: node.arguments)
        return {node.value.name: node for node in nodes if node.head == "variable"}

    @property
    def longest(self) -> int:
        """The bits of the longest number that occurs."""
        nodes = postorder(self.parts(), lambda node: node.arguments)
        numbers = [node.value for node in nodes if node.head == "number"]
        return max([max(abs(n.numerator), n.denominator).bit_length() for n in numbers], default=0)

    @property
    def bits(self) -> int:
        """The bits in which values are compared: more where numbers of many digits occur."""
        return min(ROUGH + 4 * max(0, self.longest - 16), MOST_BITS)

    @property
    def accuracy(self) -> int:
        """The bits in which values that count as the same agree."""
        return self.bits * 4 // 5

    @property
    def target(self) -> Shape:
        """The shape of what is derived by."""
        return () if self.entry else self.variable.shape

    def parts(self) -> list[Expression]:
        """Return all formulas in question."""
        return [self.formula, self.answer, self.claim]

    def derivative_at(self, point: Point, bits: int) -> Any:
        """Return the derivative's entries at a point, in the claim's arrangement."""
        value = entries_at(self.answer, point, bits)
        return flattened(value, self.flat) if self.flat else value

    def derivative_within(self, point: Point, bits: int) -> Any:
        """Return what certainly contains the derivative's entries, so arranged."""
        value = enclosures_at(self.answer, point, bits)
        return flattened(value, self.flat) if self.flat else value

    def claim_within(self, point: Point, bits: int) -> Any:
        """Return what certainly contains the claim's entries."""
        return enclosures_at(self.claim, point, bits)


def flattened(array: Any, groups: Groups) -> Any:
    """Return an array with each group of axes joined, the first of a group varying fastest.

    >>> import numpy as np
    >>> flattened(np.arange(6).reshape(2, 3), ((), (0, 1)))
    array([[0, 3, 1, 4, 2, 5]])
    """
    axes = [axis for group in groups for axis in reversed(group)]
    lengths = []
    for group in groups:
        length = 1
        for axis in group:
            length *= array.shape[axis]
        lengths.append(length)
    return array.transpose(axes).reshape(lengths)
