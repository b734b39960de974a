"""Products of factors that are powers, entry by entry: what joins, cancels and adds up.

A factor is a set of (atom, exponent); an atom is a number and whether it is transposed, or
"symmetric". A product is a chain of factors, from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matcalc.expressions.dimensions import Dimension

Atom = tuple[int, bool | str]
Powers = frozenset[tuple[Atom, Fraction]]
Links = tuple[Powers, ...]
Monomial = tuple[Powers, Links]
Terms = dict[Monomial, Fraction]

_one = Fraction(1)
_none: Powers = frozenset()


class Chains:
    """What is known of atoms by their numbers: equal parts have equal numbers.

    `kinds` says which are rows, columns or matrices, `units` which are ones or an identity;
    `diagonals` has the vector of every diagonal matrix, `inverses` what a matrix is the
    inverse of, `lengths` its size.
    """

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}
        self.kinds: dict[int, str] = {}
        self.units: dict[int, str] = {}
        self.diagonals: dict[int, Powers] = {}
        self.inverses: dict[int, Powers] = {}
        self.lengths: dict[int, Dimension] = {}

    def number(self, part: object) -> int:
        key = frozenset(part.items()) if isinstance(part, dict) else part
        return self.numbers.setdefault(key, len(self.numbers))

    def is_a(self, link: Powers, kind: str) -> bool:
        """Tell whether a factor is of a kind: 'row', 'column' or 'ones'."""
        for atom, _ in link:
            place, turned = atom
            found = self.kinds.get(place, "matrix")
            if kind in ("ones", "eye"):
                return len(link) == 1 and self.units.get(place) == kind
            if found != "matrix":
                return (found == kind) != (turned is True)
        return False

    def link(self, chain: Links) -> Powers:
        """Return a product of matrices as one entry-wise factor."""
        if len(chain) == 1:
            return chain[0]
        place = self.number(chain)
        if self.is_a(chain[0], "row") or self.is_a(chain[-1], "column"):
            self.kinds[place] = "column" if self.is_a(chain[-1], "column") else "row"
        return frozenset({((place, False), _one)})

    def entrywise(self, left: Links, right: Links) -> Links:
        """Multiply entry by entry; ones drop out."""
        for ones, other in ((left, right), (right, left)):
            if all(self.is_a(link, "ones") for link in ones):
                return other
        joined = merged(self.link(left), self.link(right))
        return (joined,) if joined else ()

    def parted(self, chain: Links) -> tuple[Powers, Links]:
        """Take the inner products, from a row to the next column, out of a chain."""
        scalars, kept = _none, [link for link in chain if not self.is_a(link, "eye")]
        kept = self._scaled_rows(kept) or list(chain[:1])
        end = 0
        while end < len(kept):
            if self.is_a(kept[end], "column"):
                begin = end - 1
                while begin >= 0 and not self.is_a(kept[begin], "row"):
                    begin -= 1
                if begin >= 0:
                    scalars = merged(scalars, self.scalar(tuple(kept[begin : end + 1])))
                    del kept[begin : end + 1]
                    end = begin
                    continue
            end += 1
        return scalars, tuple(kept)

    def _scaled_rows(self, links: list[Powers]) -> list[Powers]:
        """Join diagonal matrices with what stands beside them, where that is a vector."""
        kept: list[Powers] = []
        unit: list[Powers] = []
        for link in links:
            if kept and self.are_inverse(kept[-1], link):
                unit = [self._unit_of(kept.pop(), link)]
                continue
            while kept:
                joined = self._joined(kept[-1], link)
                if joined is None:
                    break
                kept.pop()
                link = joined
            kept.append(link)
        return kept or unit

    def are_inverse(self, left: Powers, right: Powers) -> bool:
        for one, other in ((left, right), (right, left)):
            if len(one) == 1:
                (((place, turned), exponent),) = one
                found = self.inverses.get(place)
                if found is None or exponent != 1:
                    continue
                if (turned_link(found) if turned is True else found) == other:
                    return True
        return False

    def _unit_of(self, left: Powers, right: Powers) -> Powers:
        """Return the identity that a matrix times its inverse is."""
        (length,) = {
            self.lengths[place]
            for link in (left, right)
            for (place, _), _ in link
            if place in self.lengths
        }
        return self.unit(length)

    def unit(self, length: Dimension) -> Powers:
        """Return the identity matrix as a factor."""
        place = self.number(("eye", length))
        self.units[place] = "eye"
        return frozenset({((place, "symmetric"), _one)})

    def _joined(self, left: Powers, right: Powers) -> Powers | None:
        one, other = self._vector_of(left), self._vector_of(right)
        if one is not None and other is not None:
            vector = self.entrywise((one,), (other,))
            return self.diagonal_link(vector[0]) if vector else None
        if one is not None and self.is_a(right, "column"):
            return only(self.entrywise((one,), (right,)))
        if other is not None and self.is_a(left, "row"):
            found = only(self.entrywise((other,), (turned_link(left),)))
            return None if found is None else turned_link(found)
        return None

    def _vector_of(self, link: Powers) -> Powers | None:
        """Return the vector of a diagonal matrix; None for anything else."""
        if len(link) != 1:
            return None
        (((place, _), exponent),) = link
        return self.diagonals.get(place) if exponent == 1 else None

    def diagonal_link(self, vector: Powers) -> Powers:
        place = self.number(("diag", vector))
        self.diagonals[place] = vector
        return frozenset({((place, "symmetric"), _one)})

    def scalar(self, chain: Links) -> Powers:
        """Return an inner product as a factor, the same as its transpose."""
        turned = tuple([turned_link(link) for link in reversed(chain)])
        if len(chain) == 2:  # a'*b is the sum of a .* b
            return frozenset({((self.number(self.entrywise(turned[1:], chain[1:])), False), _one)})
        place = min(self.number(chain), self.number(turned))
        return frozenset({((place, "symmetric"), _one)})


def only(chain: Links) -> Powers | None:
    """Return the only factor; None where all cancel."""
    return chain[0] if chain else None


def negative(terms: Terms) -> Terms:
    """Return the sum with all signs turned."""
    return {monomial: -c for monomial, c in terms.items()}


def symmetric_link(link: Powers) -> Powers:
    """Return a factor that is its own transpose."""
    return frozenset([((place, "symmetric"), e) for (place, _), e in link])


def total(parts: Iterable[Terms]) -> Terms:
    """Return the sum of sums, like terms joined."""
    total: Terms = {}
    for part in parts:
        for monomial, c in part.items():
            total[monomial] = total.get(monomial, Fraction(0)) + c
    return {monomial: c for monomial, c in total.items() if c}


def merged(left: Powers, right: Powers) -> Powers:
    """Return the product of two factors, entry by entry."""
    powers = dict(left)
    for base, exponent in right:
        powers[base] = powers.get(base, Fraction(0)) + exponent
    return frozenset((base, exponent) for base, exponent in powers.items() if exponent)


def raised(powers: Powers, exponent: Fraction) -> Powers:
    """Return a power of a factor, entry by entry."""
    return frozenset((base, e * exponent) for base, e in powers)


def turned_link(link: Powers) -> Powers:
    """Return the transpose of a factor."""
    turned = []
    for atom, exponent in link:
        place, flag = atom
        turned.append(((place, flag if flag == "symmetric" else not flag), exponent))
    return frozenset(turned)


def transposed(monomial: Monomial) -> Monomial:
    """Return the transpose of one product."""
    scalars, chain = monomial
    return scalars, tuple([turned_link(link) for link in reversed(chain)])
