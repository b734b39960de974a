"""Unknown dimensions: each a polynomial to be found, by unification with what is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension, Monomial, name
from matcalc.expressions.shapes import LONGEST, Shape

# An unknown's name stands between two marks that no source text may contain.
_MARK = "\ue000"
_UNKNOWN = re.compile(f"{_MARK}[^{_MARK}]+{_MARK}")

# The order in which names are given to dimensions that nothing names.
_LETTERS = ("n", "m", "k", "p", "q", "r", "s", "t", "u", "v")


def open_name(text: str) -> str:
    """Return the name of an unknown dimension, such as one that a declaration leaves open."""
    return f"{_MARK}{text}{_MARK}"


class Unknowns:
    """The unknown dimensions of one inference and what is known of them.

    `refused` tells that two dimensions could not be made equal.
    """

    def __init__(self) -> None:
        self.count = 0
        self.solved: dict[str, Dimension] = {}
        self.postponed: list[tuple[Dimension, Dimension]] = []
        self.refused = False

    def fresh(self) -> Dimension:
        """Return a new unknown."""
        self.count += 1
        return name(open_name(str(self.count)))

    def resolve(self, dimension: Dimension) -> Dimension:
        """Return the dimension with all that is known put in; raise E502 if that is huge."""
        known = {part: self._known(part) for part in dimension.names if part in self.solved}
        return _substitute(dimension, known) if known else dimension

    def _known(self, unknown: str) -> Dimension:
        """Return what a solved unknown is; remember it for all unknowns on the way."""
        way = [unknown]
        value = self.solved[unknown]
        while True:
            open_parts = [part for part in value.names if part in self.solved]
            if not open_parts:
                break
            if value.terms == (((open_parts[0],), 1),):
                way.append(open_parts[0])
                value = self.solved[open_parts[0]]
            else:
                value = _substitute(value, {part: self.solved[part] for part in open_parts})
        for part in way:
            self.solved[part] = value
        return value

    def resolved(self, shape: Shape) -> Shape:
        """Return the shape with all that is known put in."""
        return tuple([self.resolve(dimension) for dimension in shape]) if self.solved else shape

    def unify(self, left: Dimension, right: Dimension) -> bool:
        """Make two dimensions equal; return False if they cannot be.

        An equation that is not linear in any unknown waits until more is known.
        """
        if left == right:
            return True
        left, right = self.resolve(left), self.resolve(right)
        difference = left - right
        if not difference.terms:
            return True
        if not any(is_unknown(part) for part in difference.names):
            self.refused = True
            return False
        solution = _solution(difference)
        if solution is None:
            self.postponed.append((left, right))
            return True
        unknown, value = solution
        if never_positive(value):
            self.refused = True
            return False
        self.solved[unknown] = value
        return True

    def settle(self) -> None:
        """Try the postponed equations again until none of them gives anything new."""
        while self.postponed:
            waiting, self.postponed = self.postponed, []
            known = len(self.solved)
            for left, right in waiting:
                self.unify(left, right)
            if len(self.solved) == known:
                return


def _substitute(dimension: Dimension, values: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension with names replaced, unless it would get very long."""
    terms = 0
    for monomial, _ in dimension.terms:
        terms += prod(len(values[part].terms) for part in monomial if part in values)
    if terms > LONGEST:
        raise MatcalcError("E502", "the sizes in this formula get too long to be written out")
    return dimension.substitute(values)


def is_unknown(text: str) -> bool:
    """Tell an unknown's name from a dimension's."""
    return text.startswith(_MARK)


def never_positive(dimension: Dimension) -> bool:
    """Tell whether no positive integers for its names make the dimension positive.

    >>> from matcalc.expressions.dimensions import ONE, name
    >>> never_positive(ONE - name("n")), never_positive(name("m") - name("n"))
    (True, False)
    """
    if any(monomial and coefficient > 0 for monomial, coefficient in dimension.terms):
        return False
    return sum(coefficient for _, coefficient in dimension.terms) < 1


def unknowns(dimension: Dimension) -> list[str]:
    """Return the unknowns in the dimension, first come first."""
    return [part for monomial, _ in dimension.terms for part in monomial if is_unknown(part)]


def _solution(difference: Dimension) -> tuple[str, Dimension] | None:
    """Solve difference = 0 for an unknown that stands in it alone and nowhere else.

    What comes out without a minus is preferred: y = x+1, not x = y-1.
    """
    found: tuple[str, Dimension] | None = None
    occurrences = Counter(part for monomial, _ in difference.terms for part in set(monomial))
    for monomial, coefficient in difference.terms:
        if len(monomial) != 1 or not is_unknown(monomial[0]):
            continue
        if occurrences[monomial[0]] > 1:
            continue
        rest = [term for term in difference.terms if term[0] != monomial]
        if any(part % coefficient for _, part in rest):
            continue
        value = Dimension(tuple((m, -part // coefficient) for m, part in rest))
        if all(part > 0 for _, part in value.terms) and value.terms:
            return monomial[0], value
        found = found or (monomial[0], value)
    return found or _quotient(difference)


def _quotient(difference: Dimension) -> tuple[str, Dimension] | None:
    """Solve u*a = b*a (two terms with a common factor) for the unknown u."""
    if len(difference.terms) != 2:
        return None
    (left, a), (right, b) = difference.terms
    if a % b and b % a:
        return None
    left_rest, right_rest = _without(left, right), _without(right, left)
    one_way = ((left_rest, a), (right_rest, b))
    for (one, p), (other, q) in (one_way, one_way[::-1]):
        if len(one) == 1 and is_unknown(one[0]) and one[0] not in other and q % p == 0:
            return one[0], Dimension(((other, -q // p),))
    return None


def _without(monomial: Monomial, other: Monomial) -> Monomial:
    rest = list(monomial)
    for part in other:
        if part in rest:
            rest.remove(part)
    return tuple(rest)


def free_names(used: Iterable[str]) -> Iterator[str]:
    """Return names for dimensions, n, m, k, ..., then n1, n2, ..., that are not used."""
    taken = set(used)
    for letter in _LETTERS:
        if letter not in taken:
            yield letter
    number = 0
    while True:
        number += 1
        if f"n{number}" not in taken:
            yield f"n{number}"


def readable(text: str, names: Callable[[], Iterator[str]]) -> str:
    """Return a message with each unknown in it under a letter."""
    if _MARK not in text:
        return text
    given: dict[str, str] = {}
    letters = names()
    return _UNKNOWN.sub(
        lambda found: given.get(found[0]) or given.setdefault(found[0], next(letters)), text
    )
