"""Symbolic dimensions: polynomials with integer coefficients in the dimensions' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from matcalc.limits import spend

Monomial = tuple[str, ...]


class Dimension(NamedTuple):
    """A polynomial as sorted (monomial, coefficient) pairs; a monomial is its sorted names.

    Equal polynomials are equal tuples, so dimensions compare and hash by value.

    >>> str(name("n") + integer(1))
    'n+1'
    >>> str((name("m") - name("p")) * integer(2))
    '2*m-2*p'
    """

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dimension) -> Dimension:  # type: ignore[override]
        sums = dict(self.terms)
        for monomial, coefficient in other.terms:
            sums[monomial] = sums.get(monomial, 0) + coefficient
        return _normal(sums)

    def __neg__(self) -> Dimension:
        return Dimension(tuple((m, -c) for m, c in self.terms))

    def __sub__(self, other: Dimension) -> Dimension:
        return self + -other

    def __mul__(self, other: Dimension) -> Dimension:  # type: ignore[override]
        sums: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                spend(1 + len(left) + len(right) + (a.bit_length() + b.bit_length() >> 6))
                monomial = tuple(sorted(left + right))
                sums[monomial] = sums.get(monomial, 0) + a * b
        return _normal(sums)

    @property
    def value(self) -> int | None:
        """The integer this dimension is, or None if it contains a name."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    @property
    def names(self) -> frozenset[str]:
        """The names the polynomial contains."""
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """Return the polynomial's value; raise KeyError for a name without a size."""
        total = 0
        for monomial, coefficient in self.terms:
            for part in monomial:
                coefficient *= sizes[part]
            total += coefficient
        return total

    def substitute(self, values: Mapping[str, Dimension]) -> Dimension:
        """Return the polynomial with names replaced by polynomials."""
        if self.names.isdisjoint(values):
            return self
        total = ZERO
        for monomial, coefficient in self.terms:
            term = integer(coefficient)
            for part in monomial:
                term = term * values.get(part, name(part))
            total = total + term
        return total

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in sorted(self.terms, key=lambda t: (not t[0], t[1] < 0)):
            sign = "-" if coefficient < 0 else "+" if text else ""
            factors = list(monomial)
            if abs(coefficient) != 1 or not monomial:
                factors.insert(0, str(abs(coefficient)))
            text += sign + "*".join(factors)
        return text or "0"


def _normal(sums: dict[Monomial, int]) -> Dimension:
    terms = [(m, c) for m, c in sums.items() if c]
    terms.sort(key=lambda term: (-len(term[0]), term[0]))
    return Dimension(tuple(terms))


def integer(value: int) -> Dimension:
    """Return the constant polynomial."""
    return Dimension((((), value),)) if value else Dimension(())


def name(text: str) -> Dimension:
    """Return the polynomial that is one name."""
    return Dimension((((text,), 1),))


def at_least(a: Dimension, b: Dimension) -> bool | None:
    """Tell whether a >= b for all positive sizes; None if that depends on them."""
    terms = (a - b).terms
    named = [c for monomial, c in terms if monomial]
    if all(c > 0 for c in named) and sum(c for _, c in terms) >= 0:
        return True
    if all(c < 0 for c in named) and sum(c for _, c in terms) < 0:
        return False
    return None


ZERO = integer(0)
ONE = integer(1)


def entries(lengths: Iterable[Dimension]) -> Dimension:
    """Return how many entries axes of these lengths have together.

    >>> str(entries([name("m"), name("n"), integer(2)]))
    '2*m*n'
    """
    total = ONE
    for length in lengths:
        total = total * length
    return total
