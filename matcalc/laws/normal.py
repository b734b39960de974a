"""Formulas as sums of products in one order: equal by the laws of arithmetic, equal as data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import (
    Expression,
    is_diagonal,
    make,
    number,
    size,
    substitute,
    variable,
)
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder
from matcalc.laws.chains import (
    Chains,
    Links,
    Monomial,
    Powers,
    Terms,
    merged,
    negative,
    raised,
    symmetric_link,
    total,
    transposed,
)
from matcalc.syntax.reading import read_formula

FEATURES = ("trace", "diagonal", "choice", "defined", "symmetry", "distribute")
"""Laws beside the order of factors and the joining of equal ones, which always hold."""

MOST_TERMS = 200
"""Sums that would have more terms are not multiplied out."""

MOST_FACTORS = 200
"""Products that would have more factors neither."""

_one = Fraction(1)
_none: Powers = frozenset()
_unit: Monomial = (_none, ())


MOST_POWERS = 12
"""Higher powers of a matrix are not written out."""

_COMPARISONS = {
    ">": (1, False, ">"),
    "<": (1, True, ">"),
    "<=": (-1, False, ">"),
    ">=": (-1, True, ">"),
    "==": (1, False, "=="),
    "!=": (-1, False, "=="),
}
"""A comparison: its sign, whether its sides are turned, and as which it is known."""


class TooMany(Exception):
    """A formula has too many terms or factors to be multiplied out."""


class Normal(Chains):
    """Formulas as sums of scalar powers times a chain of matrices of entry-wise powers.

    Products of sums are multiplied out only if `opened`.
    """

    def __init__(
        self, features: frozenset[str] = frozenset(), symmetric: frozenset[str] = frozenset()
    ) -> None:
        """Use some of `FEATURES`; `symmetric` has the names of symmetric matrices."""
        super().__init__()
        self.opened = "distribute" in features
        self.features = features
        self.symmetric = symmetric if "symmetry" in features else frozenset()
        self.known: dict[Expression, Terms] = {}

    def of(self, formula: Expression) -> Terms:
        for node in postorder([formula], lambda n: n.arguments):
            if node not in self.known:
                self.known[node] = self._terms(node, [self.known[a] for a in node.arguments])
        return self.known[formula]

    def _terms(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        head = node.head
        if head == "number":
            return {(_none, ()): Fraction(node.value)} if node.value else {}
        if head == "add":
            operands = zip(node.arguments, parts, strict=True)
            return total(self._expanded(terms, a, node) for a, terms in operands)
        if head == "negate":
            return negative(parts[0])
        if head == "transpose":
            return total({transposed(m): c} for m, c in parts[0].items())
        if head in ("multiply", "dot", "hadamard"):
            return self._product(node, parts)
        if head == "divide":
            below = self._power(parts[1], node.arguments[1], -_one)
            return self._times(parts[0], below, node, False)
        if head == "power" and list(parts[1]) == [_unit]:
            return self._power(parts[0], node.arguments[0], parts[1][_unit])
        if head == "ones":
            return self._ones(node)
        if head == "variable" and node.value.name in self.symmetric:
            node = variable(node.value.name, node.shape, "symmetric")
        if head == "eye":
            return {(_none, (self.unit(node.value),)): _one}
        if head == "matrix_power":
            return self._matrix_power(node, parts)
        if head == "compare" and "choice" in self.features:
            return self._comparison(node, parts)
        if head == "call":
            return self._call(node, parts)
        return self._atom(node, (head, node.value, *map(self.number, parts), node.shape))

    def _call(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        name, axis = node.value
        row = ROWS.get((name, len(parts)))
        if row is not None and row.definition and axis is None and "defined" in self.features:
            return self.of(_opened(row, node.arguments))
        if name in ("sum", "mean") and len(node.arguments[0].shape) < 3:
            return self._added_up(node, parts[0])
        if name == "tr" and "trace" in self.features:
            return total(self._trace(*monomial) for monomial in parts[0].items())
        if is_diagonal(node) and "diagonal" in self.features and all(c for _, c in parts[0]):
            return total(self._diagonal(*monomial) for monomial in parts[0].items())
        if name == "where" and "choice" in self.features:
            chosen, one, other = parts
            rest = total([self._expanded({_unit: _one}, number(1), node), negative(chosen)])
            pairs = ((chosen, one), (rest, other))
            return total([self._times(left, right, node, False) for left, right in pairs])
        if len(node.arguments) == 1 and node.arguments[0].shape == node.shape and axis is None:
            return self._of_same_shape(node, parts[0])
        return self._atom(node, ("call", node.value, *map(self.number, parts), node.shape))

    def _of_same_shape(self, node: Expression, argument: Terms) -> Terms:
        """f(A') is f(A)', for functions of entries and of square matrices."""
        if len(node.shape) != 2:
            return self._atom(node, ("call", node.value, self.number(argument), node.shape))
        turned = total({transposed(m): c} for m, c in argument.items())
        one, other = self.number(argument), self.number(turned)
        terms = self._atom(node, ("call", node.value, min(one, other)))
        if is_inverse(node):
            self._remember(terms, argument if one <= other else turned, node.shape[0])
        if one == other:
            return {
                (scalars, tuple([symmetric_link(link) for link in chain])): c
                for (scalars, chain), c in terms.items()
            }
        return total({transposed(m): c} for m, c in terms.items()) if other < one else terms

    def _remember(self, inverse: Terms, argument: Terms, length: Dimension) -> None:
        """Keep what a matrix is the inverse of, if that is one factor."""
        ((_, chain),) = inverse
        if list(argument.values()) == [_one]:
            ((scalars, factors),) = argument
            if not scalars and len(factors) == 1:
                (((place, _), _),) = chain[0]
                self.inverses[place], self.lengths[place] = factors[0], length

    def _matrix_power(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        base, exponent = node.arguments
        times = exponent.value if exponent.head == "number" else Fraction(1, 2)
        if times.denominator > 1 or not 0 < abs(times) <= MOST_POWERS:
            return self._atom(node, (node.head, *map(self.number, parts), node.shape))
        factor = self._whole(parts[0], base)
        if times < 0:
            factor = self._of_same_shape(make("call", (base,), ("inv", None)), parts[0])
        whole = factor
        for _ in range(abs(int(times)) - 1):
            whole = self._times(whole, factor, node, True)
        return whole

    def _added_up(self, node: Expression, terms: Terms) -> Terms:
        """Return a sum as a product with ones; a mean is one over the number of entries."""
        (argument,) = node.arguments
        name, axis = node.value
        count = {_unit: _one}
        if axis in (None, 0):
            row = _column_of_ones(self, argument.shape[0])
            row = {transposed(m): c for m, c in row.items()}
            terms = self._times(row, self._whole(terms, argument), node, True)
            count = self._times(count, self._size(argument.shape[0]), node, False)
        if len(argument.shape) == 2 and axis in (None, 1):
            column = _column_of_ones(self, argument.shape[1])
            terms = self._times(self._whole(terms, argument), column, node, True)
            count = self._times(count, self._size(argument.shape[1]), node, False)
        if name == "sum":
            return terms
        return self._times(terms, self._power(count, node, -_one), node, False)

    def _size(self, length: Dimension) -> Terms:
        return self.of(size(length))

    def _comparison(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        """Return a condition as one of > or ==, of a difference and zero."""
        shapes = [argument.shape for argument in node.arguments]
        if any(shape not in ((), node.shape) for shape in shapes):
            return self._atom(node, ("compare", node.value, *map(self.number, parts)))
        left, right = [
            self._expanded(part, argument, node)
            for part, argument in zip(parts, node.arguments, strict=True)
        ]
        sign, turned, kind = _COMPARISONS[node.value]
        if turned:
            left, right = right, left
        difference = total([left, negative(right)])
        least = min(difference, key=self.number, default=_unit)
        scale = difference.get(least, _one)
        scale = scale if kind == "==" else abs(scale)
        difference = {m: c / scale for m, c in difference.items()}
        atom = self._atom(node, ("compare", kind, self.number(difference), node.shape))
        if sign > 0:
            return atom
        return total([self._expanded({_unit: _one}, number(1), node), negative(atom)])

    def _diagonal(self, monomial: Monomial, coefficient: Fraction) -> Terms:
        scalars, chain = monomial
        link = self.diagonal_link(self.link(chain))
        if all(self.is_a(part, "ones") for part in chain):
            (((place, _), _),) = link
            self.units[place] = "eye"
        return {(scalars, (link,)): coefficient}

    def _atom(self, node: Expression, key: object) -> Terms:
        place = self.number(key)
        self.kinds[place] = _kind(node)
        symmetric = bool(node.head == "variable" and node.value.structure)
        symmetric = symmetric or is_diagonal(node)
        power = frozenset({((place, "symmetric" if symmetric else False), _one)})
        return {(_none, (power,)): _one} if node.shape else {(power, ()): _one}

    def _whole(self, terms: Terms, node: Expression) -> Terms:
        """Return a sum as one factor."""
        if len(terms) <= 1 or self.opened:
            return terms
        return self._atom(node, ("sum", self.number(terms)))

    def _expanded(self, terms: Terms, operand: Expression, node: Expression) -> Terms:
        """Return a scalar in a sum of another shape as a multiple of ones."""
        if operand.shape or not node.shape:
            return terms
        return self._times(terms, self._ones(node), node, False)

    def _ones(self, node: Expression) -> Terms:
        links = []
        for turned, length in enumerate(node.shape[-2:] if len(node.shape) < 3 else ()):
            place = self.number(("ones", length))
            self.units[place] = "ones"
            self.kinds[place] = "column"
            links.append(frozenset({((place, len(node.shape) == 2 and turned == 1), _one)}))
        if len(node.shape) == 2 and node.shape[0] == ONE:
            links = links[1:]
        return {(_none, tuple(links)): _one} if links else self._atom(node, ("ones", node.shape))

    def _product(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        pair = [self._whole(p, a) for p, a in zip(parts, node.arguments, strict=True)]
        left, right = pair
        shaped = all(argument.shape for argument in node.arguments)
        if node.head == "dot" and shaped:
            left = total({transposed(m): c} for m, c in left.items())
        return self._times(left, right, node, shaped and node.head != "hadamard")

    def _times(self, left: Terms, right: Terms, node: Expression, chained: bool) -> Terms:
        """Multiply, entry by entry unless `chained`."""
        if len(left) * len(right) > MOST_TERMS:
            raise TooMany
        found = []
        for (s, a), c in left.items():
            for (t, b), d in right.items():
                scalars = merged(s, t)
                joined = chained or not a or not b
                chain = (*a, *b) if joined else self.entrywise(a, b) or self._ones_chain(node)
                if len(chain) > MOST_FACTORS:
                    raise TooMany
                inner, chain = self.parted(chain)
                scalars = merged(scalars, inner)
                found.append({(scalars, chain): c * d})
        return total(found)

    def _trace(self, monomial: Monomial, coefficient: Fraction) -> Terms:
        """Return a trace of a product as the first of all its turns, forwards and backwards."""
        scalars, chain = monomial
        for k in range(len(chain)):
            if self.is_a(chain[k], "row") and self.is_a(chain[k - 1], "column"):
                inner, rest = self.parted(chain[k:] + chain[:k])
                if not rest:
                    return {(merged(scalars, inner), ()): coefficient}
        while len(chain) > 2 and self.are_inverse(chain[-1], chain[0]):
            chain = chain[1:-1]
        turns = []
        for word in (chain, transposed(monomial)[1]):
            for k in range(len(word)):
                turns.append(self.number(("turn", word[k:] + word[:k])))
        place = self.number(("tr", min(turns)))
        return {(merged(scalars, frozenset({((place, "symmetric"), _one)})), ()): coefficient}

    def _ones_chain(self, node: Expression) -> Links:
        ((_, chain),) = self._ones(node)
        return chain

    def _power(self, terms: Terms, base: Expression, exponent: Fraction) -> Terms:
        if self.opened and exponent in (2, 3) and len(terms) > 1:
            whole = terms
            for _ in range(int(exponent) - 1):
                whole = self._times(whole, terms, base, False)
            return whole
        if len(terms) != 1 or (exponent.denominator > 1 and set(terms.values()) != {_one}):
            terms = self._atom(base, ("sum", self.number(terms)))
        (((scalars, chain), coefficient),) = terms.items()
        chain = (self.link(chain),) if chain else ()
        powers = tuple([raised(link, exponent) for link in chain])
        if exponent.denominator > 1:
            return {(raised(scalars, exponent), powers): _one}
        return {(raised(scalars, exponent), powers): coefficient ** int(exponent)}


def _opened(row: Row, arguments: Sequence[Expression]) -> Expression:
    """Return what a function is defined as, of these arguments."""
    letters = {
        variable(name, argument.shape): argument
        for name, argument in zip(row.parameters, arguments, strict=True)
    }
    shapes = {letter.value.name: letter.shape for letter in letters}
    return substitute(read_formula(row.definition, shapes), letters)


def is_inverse(node: Expression) -> bool:
    """Tell whether this is written as the inverse of a matrix."""
    return node.head == "call" and node.value[0] == "inv"


def _column_of_ones(normal: Normal, length: Dimension) -> Terms:
    return normal.of(make("ones", (), (length,)))


def _kind(node: Expression) -> str:
    if len(node.shape) == 1:
        return "column"
    return "row" if len(node.shape) == 2 and node.shape[0] == ONE else "matrix"
