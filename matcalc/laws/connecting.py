"""Lead from a formula to an equal one by laws that have a name, a line each.

Both formulas are rewritten by the laws, and every rewriting is recorded. Where the two
records meet, the way from one formula to the other is that of the first, forwards, and
that of the second, backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matcalc.calculus.lowering import tensor_of
from matcalc.expressions.names import BINDERS
from matcalc.expressions.nodes import Expression, make
from matcalc.laws.arithmetic import ORDER, Arithmetic
from matcalc.laws.rewriting import rewritings
from matcalc.laws.rule import Rule
from matcalc.laws.spelled import TRIVIAL
from matcalc.notation.building import cost

LARGEST = 300
"""Larger formulas are not rewritten."""

ENTRIES = Rule("entry by entry", "both sides have the same entries, written as sums over indices")


class Line(NamedTuple):
    """What a formula becomes by a law."""

    rule: Rule
    formula: Expression


def connected(before: Expression, after: Expression) -> list[Line]:
    """Return the lines that lead from a formula to an equal one; the last is `after`.

    >>> from matcalc.notation.text import to_text
    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.syntax.reading import read_formula
    >>> n = name("n")
    >>> shapes = {"A": (n, n), "x": (n,), "y": (n,), "c": ()}
    >>> before = read_formula("2*ones(n)'*(diag(x)*(y*c))", shapes)
    >>> for rule, formula in connected(before, read_formula("2*c*x'*y", shapes)):
    ...     print(f"{to_text(formula)}  ({rule.name})")
    2*c*ones(n)'*diag(x)*y  (scalars in front)
    2*c*ones(n)'*(x .* y)  (a diagonal matrix times a vector)
    2*c*x'*y  (ones add up)
    """
    return _shortened(_connected(before, after))


def _shortened(lines: list[Line]) -> list[Line]:
    """Join neighbouring lines that only drop factors of one and the like."""
    short: list[Line] = []
    names: dict[str, None] = {}
    for line in lines:
        trivial = line.rule.name in TRIVIAL
        if not trivial or not names:
            names = {}
        else:
            short.pop()
        if trivial:
            names[line.rule.name] = None
            line = Line(Rule(", ".join(names)), line.formula)
        short.append(line)
    return short


def _connected(before: Expression, after: Expression) -> list[Line]:
    if before is after:
        return []
    arithmetic = Arithmetic(before, after)
    step = arithmetic.between(before, after)
    if step is ORDER:
        return [Line(step, after)]
    large = cost(before) + cost(after) > LARGEST
    forwards = [] if large else _straight(arithmetic, before, after)
    if forwards:
        return forwards
    if step is not None:
        return [Line(step, after)]
    if large:
        return [Line(ENTRIES, after)]
    for expanding in (True, False):
        there, back = _record(before, expanding), _record(after, expanding)
        lines = _meeting(there, back)
        if lines is not None:
            return lines
    one, other = there[-1].formula, back[-1].formula
    middle = _by_parts(one, other) or [Line(ENTRIES, other)]
    return [*there[1:], *middle, *_backwards(back, len(back) - 1)]


def _straight(arithmetic: Arithmetic, before: Expression, after: Expression) -> list[Line]:
    """Return the lines by which the first formula becomes the second, if it does."""
    lines: list[Line] = []
    for rule, formula in rewritings(before):
        if formula is after or arithmetic.between(formula, after) is ORDER:
            return [*lines, Line(rule, after)]
        lines.append(Line(rule, formula))
    return []


def _record(formula: Expression, expanding: bool) -> list[Line]:
    """Return a formula and all that it becomes; the first line has no law."""
    return [Line(ENTRIES, formula), *[Line(*line) for line in rewritings(formula, expanding)]]


def _meeting(there: Sequence[Line], back: Sequence[Line]) -> list[Line] | None:
    """Return the lines of the shortest way on which both records meet."""
    arithmetic = Arithmetic(there[0].formula, back[0].formula)
    pairs = sorted([(i + j, max(i, j), i, j) for i in range(len(there)) for j in range(len(back))])
    for _, _, i, j in pairs:
        left, right = there[i].formula, back[j].formula
        rule = None if left is right else arithmetic.between(left, right)
        if left is not right and rule is None:
            continue
        lines = list(there[1 : i + 1])
        if rule is not None:
            lines.append(Line(rule, right))
        return [*lines, *_backwards(back, j)]
    return None


def _backwards(record: Sequence[Line], last: int) -> list[Line]:
    return [Line(record[k].rule, record[k - 1].formula) for k in range(last, 0, -1)]


def _by_parts(before: Expression, after: Expression) -> list[Line]:
    """Return the lines that change one operand after the other, where these are equal."""
    if before.head != after.head or before.value != after.value or before.head in BINDERS:
        return []
    pairs = list(zip(before.arguments, after.arguments, strict=False))
    if len(before.arguments) != len(after.arguments) or not pairs:
        return []
    if any(tensor_of(one) is not tensor_of(other) for one, other in pairs):
        return []
    lines: list[Line] = []
    parts = list(before.arguments)
    for k, (one, other) in enumerate(pairs):
        for rule, formula in _connected(one, other):
            parts[k] = formula
            lines.append(Line(rule, make(before.head, tuple(parts), before.value)))
    return lines
