"""Between which numbers a formula's entries lie, whatever its variables are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from fractions import Fraction
from typing import NamedTuple
from weakref import WeakKeyDictionary

from matcalc.calculus.templates import definition
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression
from matcalc.expressions.table.row import Row, interval, known_values
from matcalc.expressions.traversal import postorder

Bound = Fraction | None

_0, _1 = Fraction(0), Fraction(1)


class Range(NamedTuple):
    """An interval; None is no bound, and an open end does not belong to it.

    >>> square = Range(_0, None)
    >>> square.is_nonnegative, square.is_positive, square.plus(Range(_1, _1)).is_positive
    (True, False, True)
    """

    low: Bound = None
    high: Bound = None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_nonnegative(self) -> bool:
        """Tell whether no entry is below 0."""
        return self.low is not None and self.low >= 0

    @property
    def is_positive(self) -> bool:
        """Tell whether every entry is above 0."""
        return self.low is not None and (self.low > 0 or (self.low == 0 and self.low_open))

    @property
    def is_nonpositive(self) -> bool:
        """Tell whether no entry is above 0."""
        return self.negated().is_nonnegative

    @property
    def is_negative(self) -> bool:
        """Tell whether every entry is below 0."""
        return self.negated().is_positive

    def negated(self) -> Range:
        """Return the range of the negative."""
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return Range(low, high, self.high_open, self.low_open)

    def plus(self, other: Range) -> Range:
        """Return the range of a sum."""
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Range(low, high, self.low_open or other.low_open, self.high_open or other.high_open)

    def times(self, other: Range) -> Range:
        """Return the range of a product; without a sign only that of bounded factors."""
        if self.is_nonpositive and not self.is_nonnegative:
            return self.negated().times(other).negated()
        if other.is_nonpositive and not other.is_nonnegative:
            return self.times(other.negated()).negated()
        if self.is_nonnegative and other.is_nonnegative:
            assert self.low is not None
            assert other.low is not None
            bounded = self.high is not None and other.high is not None
            high = (
                self.high * other.high if self.high is not None and other.high is not None else None
            )
            positive = self.is_positive and other.is_positive
            strict = self.low_open or other.low_open or self.low * other.low == 0
            full = bounded and (self.high_open or other.high_open) and bool(high)
            return Range(self.low * other.low, high, positive and strict, full)
        ends = (self.low, self.high, other.low, other.high)
        if any(end is None for end in ends):
            return ANYTHING
        products = [a * b for a in ends[:2] for b in ends[2:] if a is not None and b is not None]
        return Range(min(products), max(products))

    def magnitude(self) -> Range:
        """Return the range of the absolute value."""
        if self.is_nonnegative:
            return self
        if self.is_nonpositive:
            return self.negated()
        both = self.joined(self.negated())
        return Range(_0, both.high, False, both.high_open)

    def squared(self) -> Range:
        """Return the range of a square."""
        size = self.magnitude()
        return size.times(size)

    def inverted(self) -> Range:
        """Return the range of the reciprocal, where it is defined."""
        if not self.is_nonnegative:
            return self.negated().inverted().negated() if self.is_nonpositive else ANYTHING
        assert self.low is not None
        low = 1 / self.high if self.high else _0
        high = 1 / self.low if self.low else None
        return Range(low, high, self.high is None or self.high_open, self.low_open)

    def summed(self) -> Range:
        """Return the range of a sum of at least one of these."""
        if self.is_nonnegative:
            return Range(self.low, None, self.low_open)
        return self.negated().summed().negated() if self.is_nonpositive else ANYTHING

    def within(self, other: Range) -> Range:
        """Return the range of what lies in both."""
        low, low_open = max(
            [(p.low, p.low_open) for p in (self, other) if p.low is not None],
            default=(None, False),
        )
        high, high_closed = min(
            [(p.high, not p.high_open) for p in (self, other) if p.high is not None],
            default=(None, True),
        )
        return Range(low, high, low_open, not high_closed)

    def joined(self, other: Range) -> Range:
        """Return the smallest range with both in it."""
        low, low_open = _farther(self.low, self.low_open, other.low, other.low_open, min)
        high, high_open = _farther(self.high, self.high_open, other.high, other.high_open, max)
        return Range(low, high, low_open, high_open)


def _farther(
    a: Bound, a_open: bool, b: Bound, b_open: bool, choose: Callable[[Fraction, Fraction], Fraction]
) -> tuple[Bound, bool]:
    if a is None or b is None:
        return None, False
    if a == b:
        return a, a_open and b_open
    return (a, a_open) if choose(a, b) == a else (b, b_open)


ANYTHING = Range()
ZERO = Range(_0, _0)
NONNEGATIVE = Range(_0, None)
POSITIVE = Range(_0, None, True)
_UNIT = Range(_0, _1)

_known: WeakKeyDictionary[Expression, Range] = WeakKeyDictionary()


def range_of(formula: Expression, positive: Iterable[Expression] = ()) -> Range:
    """Return the range of a formula's entries, wherever it is defined.

    `positive` has formulas whose entries are known to be positive.

    >>> from matcalc.expressions.nodes import make, number, variable
    >>> a = variable("a", ())
    >>> shifted = make("add", (make("power", (a, number(2))), number(1)))
    >>> range_of(shifted).is_positive, range_of(make("divide", (shifted, a)), [a]).is_positive
    (True, True)
    """
    given = frozenset(positive)
    known: MutableMapping[Expression, Range] = {} if given else _known
    for node in postorder([formula], lambda n: () if n in known else n.arguments):
        if node not in known:
            parts = [known[argument] for argument in node.arguments]
            known[node] = _RULES.get(node.head, _anything)(node, parts)
            if node in given and not known[node].is_positive:
                known[node] = known[node]._replace(low=_0, low_open=True)
    return known[formula]


def _anything(node: Expression, parts: list[Range]) -> Range:
    return ANYTHING


def _same(node: Expression, parts: list[Range]) -> Range:
    return parts[0]


def _number(node: Expression, parts: list[Range]) -> Range:
    return Range(node.value, node.value)


def _size(node: Expression, parts: list[Range]) -> Range:
    terms = node.value.terms  # every name is at least 1
    if any(count < 0 for monomial, count in terms if monomial):
        return ANYTHING
    return Range(Fraction(sum(count for _, count in terms)), None)


def _add(node: Expression, parts: list[Range]) -> Range:
    total = parts[0]
    for part in parts[1:]:
        total = total.plus(part)
    if len(parts) == 2:
        ranges = dict(zip(node.arguments, parts, strict=True))
        for one, other in (node.arguments, node.arguments[::-1]):
            if other.head != "negate":
                continue
            (taken,) = other.arguments
            if taken is one:
                return ZERO
            # s - s^2 and s^2 - s, where 0 <= s <= 1
            if _is_power(taken, one) and _is_fraction(ranges[one]):
                return Range(_0, _1)
            if _is_power(one, taken) and _is_fraction(ranges[other].negated()):
                return Range(-_1, _0)
    return total


def _is_power(e: Expression, base: Expression) -> bool:
    if e.head != "power" or e.arguments[0] is not base:
        return False
    exponent = e.arguments[1]
    return bool(exponent.head == "number" and exponent.value >= 1)


def _is_fraction(range_: Range) -> bool:
    return range_.is_nonnegative and range_.high is not None and range_.high <= 1


def _multiply(node: Expression, parts: list[Range]) -> Range:
    left, right = node.arguments
    if not left.shape or not right.shape:
        return _hadamard(node, parts)
    if not node.shape and left.head == "transpose" and left.arguments[0] is right:
        return parts[1].squared().summed()
    if not node.shape and _is_quadratic(left, right):
        return NONNEGATIVE
    return parts[0].times(parts[1]).summed()


def _is_quadratic(left: Expression, right: Expression) -> bool:
    """Tell whether left*right is y'*P*y with P positive definite."""
    if left.head != "multiply":
        return False
    begin, middle = left.arguments
    definite = middle.head == "variable" and middle.value.structure == "spd"
    return definite and begin.head == "transpose" and begin.arguments[0] is right


def _hadamard(node: Expression, parts: list[Range]) -> Range:
    left, right = node.arguments
    return parts[0].squared() if left is right else parts[0].times(parts[1])


def _dot(node: Expression, parts: list[Range]) -> Range:
    return _hadamard(node, parts).summed()


def _product(node: Expression, parts: list[Range]) -> Range:
    return parts[0].times(parts[1])


def _divide(node: Expression, parts: list[Range]) -> Range:
    return parts[0].times(parts[1].inverted())


def _power(node: Expression, parts: list[Range]) -> Range:
    base, exponent = parts[0], exact_exponent(node)
    if exponent == 2:
        return base.squared()
    if base.is_positive:
        return POSITIVE
    if exponent is None:
        return ANYTHING
    if exponent.denominator != 1 or exponent % 2 == 0:
        return NONNEGATIVE
    return _only_sign(base)


def exact_exponent(power: Expression) -> Fraction | None:
    """Return the exponent of a power if it is typed as a number, or as a quotient of two."""
    exponent = power.arguments[1]
    values = [part.value for part in exponent.arguments if part.head == "number"]
    if exponent.head == "divide" and len(values) == 2 and values[1]:
        return Fraction(values[0] / values[1])
    return Fraction(exponent.value) if exponent.head == "number" else None


def _only_sign(part: Range) -> Range:
    if part.is_nonnegative:
        return POSITIVE if part.is_positive else NONNEGATIVE
    return _only_sign(part.negated()).negated() if part.is_nonpositive else ANYTHING


def _stack(node: Expression, parts: list[Range]) -> Range:
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.joined(part)
    return joined


def _index_sum(node: Expression, parts: list[Range]) -> Range:
    return parts[-1].summed().joined(ZERO)  # there may be no terms


def _last(node: Expression, parts: list[Range]) -> Range:
    return parts[-1]


def _call(node: Expression, parts: list[Range]) -> Range:
    row = ROWS[node.value[0], len(parts)]
    (first, *_) = node.arguments
    definite = first.head == "variable" and first.value.structure == "spd"
    known = _interval(row.of_spd if definite and "," in row.of_spd else row.range)
    if row.chooses in ("largest", "smallest") and len(parts) > 1:
        return _extreme(row.chooses, *parts)
    if row.chooses == "condition":
        return parts[1].joined(parts[2])
    if row.entries:
        return _ENTRIES[row.entries](*parts)
    if row.definition:
        return _defined(row, node, parts).within(known)
    return _monotone(row, parts[0]).within(known) if row.monotone else known


def _interval(text: str) -> Range:
    return Range(*interval(text))


def _defined(row: Row, node: Expression, parts: list[Range]) -> Range:
    """Return the range of a function's definition, of arguments in these ranges."""
    given = dict(zip(row.parameters, parts, strict=True))
    formula = definition(row.name, tuple([a.shape for a in node.arguments]))
    known: dict[Expression, Range] = {}
    for part in postorder([formula], lambda n: n.arguments):
        inner = [known[argument] for argument in part.arguments]
        rule = _RULES.get(part.head, _anything)
        known[part] = given[part.value.name] if part.head == "variable" else rule(part, inner)
    return known[formula]


def _monotone(row: Row, part: Range) -> Range:
    """Return what the values that a row tells are bounds for, of arguments beyond them."""
    found = ANYTHING
    strict = row.monotone == "increasing"
    for place, value in known_values(row.at).items():
        if part.low is not None and part.low >= place:
            found = found.within(Range(value, None, strict and (part.low_open or part.low > place)))
        if part.high is not None and part.high <= place:
            over = strict and (part.high_open or part.high < place)
            found = found.within(Range(None, value, False, over))
    return found


def _extreme(chooses: str, a: Range, b: Range) -> Range:
    if chooses == "smallest":
        return _extreme("largest", a.negated(), b.negated()).negated()
    lows = [(p.low, p.low_open) for p in (a, b) if p.low is not None]
    low, low_open = max(lows, key=lambda end: (end[0], end[1]), default=(None, False))
    if a.high is None or b.high is None:
        return Range(low, None, low_open)
    high, high_open = max((a.high, not a.high_open), (b.high, not b.high_open))
    return Range(low, high, low_open, not high_open)


_ENTRIES: dict[str, Callable[..., Range]] = {
    "picked": lambda part: part,
    "padded": lambda part: part.joined(ZERO),
    "magnitudes": Range.magnitude,
    "summed": Range.summed,
    "multiplied": lambda part: _only_sign(part) if part.is_nonnegative else ANYTHING,
    "products": Range.times,
    "products summed": lambda a, b: a.times(b).summed(),
}

_RULES: dict[str, Callable[[Expression, list[Range]], Range]] = {
    "number": _number,
    "size": _size,
    "pi": lambda node, parts: Range(Fraction(3), Fraction(4)),
    "ones": lambda node, parts: Range(_1, _1),
    "zeros": lambda node, parts: ZERO,
    "eye": lambda node, parts: _UNIT,
    "commutation": lambda node, parts: _UNIT,
    "delta": lambda node, parts: _UNIT,
    "compare": lambda node, parts: _UNIT,
    "add": _add,
    "negate": lambda node, parts: parts[0].negated(),
    "multiply": _multiply,
    "hadamard": _hadamard,
    "dot": _dot,
    "kron": _product,
    "divide": _divide,
    "power": _power,
    "transpose": _same,
    "index_sum": _index_sum,
    "tensor": _last,
    "subscript": _same,
    "stack": _stack,
    "call": _call,
}
