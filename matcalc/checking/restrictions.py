"""Claims that are right on some points only: a side of a kink, special values, a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.checking.cases import Case, Slip
from matcalc.checking.comparison import compare, signs_at
from matcalc.checking.points import size_names
from matcalc.checking.precise import ROUGH, Point, boxed, entrywise, precision
from matcalc.checking.transpositions import square_names
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text


def conventions(case: Case) -> Iterator[Slip]:
    """By a symmetric variable there are other conventions than the plain partial derivatives."""
    import numpy as np

    variable = case.question.variable
    if variable.value.structure not in ("symmetric", "spd") or case.question.order > 1:
        return
    if case.question.formula.shape:
        return
    plain = "matcalc takes the partial derivative by every entry by itself"
    if case.evidence.agrees(
        lambda c: c.derivative + c.derivative.T - np.diag(np.diag(c.derivative))
    ):
        hint = f"another convention: this is G + G' - diag(diag(G)), of the free entries; {plain}"
        yield Slip("convention", hint)
    elif case.evidence.agrees(lambda c: boxed(c.derivative + c.derivative.T)):
        yield Slip("convention", f"another convention: this is G + G'; {plain}")
    elif case.evidence.agrees(lambda c: (c.derivative + c.derivative.T) / 2):
        yield Slip("convention", f"another convention: this is (G + G')/2; {plain}")


def regions(case: Case) -> Iterator[Slip]:
    """The claim is right on one side of a condition only."""
    comparisons = list(case.evidence.comparisons)
    if case.conditions and comparisons:
        comparisons += case.evidence.at(comparisons[-1].point.sizes, 16)
    for condition in case.conditions:
        sides = [(c, signs_at(condition, c.point)) for c in comparisons]
        for side, sign in ((1, ">"), (-1, "<")):
            inside = [c for c, signs in sides if signs == {side}]
            outside = [c for c, signs in sides if -side in signs]
            right_inside = len(inside) >= 2 and not any(c.differs for c in inside)
            if right_inside and outside and all(c.differs for c in outside):
                left, right = condition.left, condition.right
                if left.head == "number":
                    left, right, sign = right, left, "<" if sign == ">" else ">"
                hint = f"right only where {to_text(left)} {sign} {to_text(right)}"
                yield Slip("region", f"{hint}: on the other side of the kink it is wrong")
                return


class Restriction(NamedTuple):
    """Values that a claim may silently assume: the slip's name, which, and what to say of it."""

    slip: str
    structure: str
    says: Callable[[Expression], str]


def _entries(node: Expression) -> str:
    name = node.value.name
    return f"the entries of {name} are" if node.shape else f"{name} is"


def _adding_up(node: Expression) -> str:
    name = node.value.name
    return f"sum({name}) = 1" if len(node.shape) == 1 else f"the rows of {name} add up to 1"


RESTRICTIONS = (
    Restriction("region", "positive", lambda node: f"{_entries(node)} positive"),
    Restriction("region", "negative", lambda node: f"{_entries(node)} negative"),
    Restriction("special values", "sign",
                lambda node: f"{node.value.name}^2 = 1: {_entries(node)} 1 or -1"),
    Restriction("special values", "normalised", _adding_up),
)  # fmt: skip
"""What a variable may be taken for; of a number's sign only the first two are asked."""


def assumed(case: Case) -> Iterator[tuple[Restriction, Expression]]:
    """Yield what may be assumed of each variable, the one derived by last."""
    moving = case.question.variable
    variables = case.question.variables
    for _, node in sorted(variables.items(), key=lambda item: item[1] is moving):
        for row in RESTRICTIONS if not node.value.structure else ():
            if node.shape or row.slip == "region":
                yield row, node


def special_values(case: Case) -> Iterator[Slip]:
    """The claim is right only for positive, negative or ±1 entries, or diagonal matrices."""
    for row, node in assumed(case):
        if case.evidence.right_for({node.value.name: row.structure}):
            yield Slip(row.slip, f"right only if {row.says(node)}")
    for name in square_names(case):
        if case.evidence.right_for({name: "diagonal"}):
            yield Slip("special values", f"right only if {name} is diagonal")


def commuting(case: Case) -> Iterator[Slip]:
    """The claim is right only where matrices commute."""
    names = square_names(case)
    if len(names) > 1 and case.evidence.right_for(dict.fromkeys(names, "commuting")):
        hint = f"right only if {', '.join(names)} commute, which matrices do not"
        yield Slip("commuting", hint)


def near_zero(case: Case) -> Iterator[Slip]:
    """The claim is right in the limit of a variable near zero only: a series that breaks off."""
    question = case.question
    name = question.variable.value.name
    small = Fraction(1, 2**40)
    found = 0
    for comparison in case.evidence.comparisons[-6:]:
        values = comparison.point.values
        if name not in values:  # the derivative is constant in it
            return
        point = Point(comparison.point.sizes, {**values, name: _scaled(values[name], small)})
        near = compare(question, point)
        if near is None or near.undefined:
            continue
        with precision(ROUGH):
            for a, b in zip(near.claim.flat, near.derivative.flat, strict=True):
                if abs(a - b) * 2**39 > abs(b) or b == 0:
                    return
        found += 1
    if found > 2:
        hint = f"right only near {name} = 0, where a series would begin like this"
        yield Slip("approximation", hint)


def _scaled(array: Any, factor: Fraction) -> Any:
    return entrywise(array, lambda entry: entry * factor)


def large_sizes(case: Case) -> Iterator[Slip]:
    """The claim is right at one size only, which is not one."""
    yield from _right_at(case, (3, 2, 4))


def right_at_one(case: Case) -> Iterator[Slip]:
    """The claim is right for vectors and matrices of one entry only."""
    yield from _right_at(case, (1,))


def _right_at(case: Case, several: Sequence[int]) -> Iterator[Slip]:
    """The claim is right at one of some sizes only."""
    question = case.question
    order = postorder(question.parts(), lambda node: node.arguments)
    names = size_names(order)
    if not names or not case.evidence.differs_in_general:
        return
    for size in several:
        sizes = dict.fromkeys(names, size)
        found = list(case.evidence.at(sizes, 4))
        if len(found) >= 3 and not any(c.differs for c in found):
            listed = " = ".join(names)
            yield Slip("size", f"right only for {listed} = {size}")
            return
