"""How two equal formulas differ: in order, in factors that join or cancel, or multiplied out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.derivation.steps import Rule
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import DEFINED
from matcalc.expressions.nodes import Expression, number, substitute
from matcalc.expressions.traversal import postorder

ORDER = Rule("order of factors", "scalars commute, entry-wise factors too; (A*B)' = B'*A'")
JOIN = Rule("join and cancel", "equal factors, and terms that differ by a number only")
ONES = Rule("ones drop out", "ones'*(u .* v) = u'*v; next to a matrix, c has c at every entry")
SIGNS = Rule("turn the signs", "-(A - B) = B - A")
FACTOR = Rule("factor", "draw out what all terms share; like terms join")
EXPAND = Rule("multiply out", "A*(B + C) = A*B + A*C; like terms join")
POSITIVE = Rule("where the condition holds", "[z > 0]*max(0, z) = [z > 0]*z")
SIMPLIFICATION = Rule("simplify", "cancel, join and factor what can be")

MOST_TERMS = 200
"""Sums that would have more terms are not multiplied out."""

MOST_FACTORS = 200
"""Products that would have more factors neither."""

_DEFINITIONS = {
    "softmax": "softmax(u) = exp(u)/sum(exp(u))",
    "sigmoid": "sigmoid(u) = 1/(1 + exp(-u))",
    "tanh": "tanh(u) = sinh(u)/cosh(u)",
    "tan": "tan(u) = sin(u)/cos(u)",
    "relu": "relu(u) = max(0, u)",
    "where": "where(c, a, b) is a where c holds, else b",
    **{r.name: f"{r.name}({r.parameters[0]}) = {r.definition}" for r in DEFINED},
}

Powers = frozenset[tuple[object, Fraction]]
Links = tuple[Powers, ...]
Monomial = tuple[Powers, Links]
Terms = dict[Monomial, Fraction]

_one = Fraction(1)
_none: Powers = frozenset()


class _TooMany(Exception):
    """A formula has too many terms or factors to be multiplied out."""


def difference(before: Expression, after: Expression) -> Rule:
    """Return what leads from a formula to an equal one, in one word.

    >>> from matcalc.syntax.reading import read_formula
    >>> from matcalc.expressions.dimensions import name
    >>> n = name("n")
    >>> shapes = {"A": (n, n), "x": (n,), "a": (), "b": ()}
    >>> def between(before, after):
    ...     return difference(read_formula(before, shapes), read_formula(after, shapes)).name
    >>> between("(A*x)'*b", "b*x'*A'"), between("a*b/a*x", "b*x"), between("x'*A + (A*x)'",
    ...     "x'*(A + A')")
    ('order of factors', 'join and cancel', 'factor')
    >>> between("exp(x)/sum(exp(x))", "softmax(x)")
    'definition of softmax'
    """
    if is_reordered(before, after):
        return ORDER
    for opened in (False, True):
        if _alike(before, after, opened):
            if not opened:
                return ONES if _but_ones(before) == _but_ones(after) else JOIN
            if _leaves(before) == _leaves(after):
                return SIGNS
            return FACTOR if _length(after) <= _length(before) else EXPAND
    chosen = _where_positive(before)
    if chosen is not before and _alike(chosen, after, True):
        return POSITIVE
    for name in sorted(_functions(before) ^ _functions(after)):
        if name in _DEFINITIONS:
            return Rule(f"definition of {name}", _DEFINITIONS[name])
    return SIMPLIFICATION


def is_reordered(before: Expression, after: Expression) -> bool:
    """Tell whether two formulas are made of the same parts in another order."""
    return _leaves(before) == _leaves(after) and _alike(before, after, False)


def _leaves(formula: Expression) -> Counter[Expression]:
    """Return how often each leaf is written."""
    count: Counter[Expression] = Counter()
    times: Counter[Expression] = Counter({formula: 1})
    for node in reversed(postorder([formula], lambda n: n.arguments)):
        if not node.arguments:
            count[node] = times[node]
        for argument in node.arguments:
            times[argument] += times[node]
    return count


def _but_ones(formula: Expression) -> Counter[Expression]:
    leaves = _leaves(formula)
    return Counter({leaf: k for leaf, k in leaves.items() if leaf.head != "ones"})


def _length(formula: Expression) -> int:
    return sum(_leaves(formula).values())


def _where_positive(formula: Expression) -> Expression:
    """Return the formula with z for max(0, z) if there is a factor [z > 0] in it."""
    nodes = postorder([formula], lambda n: n.arguments)
    positive = {n.arguments[0] for n in nodes if n.head == "compare" and n.value == ">"
                and n.arguments[1] is number(0)}  # fmt: skip
    chosen = {}
    for node in nodes:
        if node.head == "call" and node.value[0] in ("max", "relu"):
            found = positive.intersection(node.arguments)
            if found and all(a in found or a is number(0) for a in node.arguments):
                chosen[node] = found.pop()
    return substitute(formula, chosen)


def _functions(formula: Expression) -> set[str]:
    nodes = postorder([formula], lambda n: n.arguments)
    return {node.value[0] for node in nodes if node.head == "call"}


def _alike(first: Expression, second: Expression, opened: bool) -> bool:
    normal = _Normal(opened)
    try:
        return normal.of(first) == normal.of(second)
    except _TooMany:
        return False


class _Normal:
    """Formulas as sums of scalar powers times a chain of matrices of entry-wise powers.

    Equal parts have equal numbers in `numbers`. Products of sums are multiplied out only if
    `opened`.
    """

    def __init__(self, opened: bool) -> None:
        self.opened = opened
        self.numbers: dict[object, int] = {}
        self.known: dict[Expression, Terms] = {}
        self.kinds: dict[int, str] = {}
        self.units: dict[int, str] = {}

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
            return _sum(self._expanded(terms, a, node) for a, terms in operands)
        if head == "negate":
            return {monomial: -c for monomial, c in parts[0].items()}
        if head == "transpose":
            return _sum({self._turned(m): c} for m, c in parts[0].items())
        if head in ("multiply", "dot", "hadamard"):
            return self._product(node, parts)
        if head == "divide":
            below = self._power(parts[1], node.arguments[1], -_one)
            return self._times(parts[0], below, node, False)
        if head == "power" and node.arguments[1].head == "number":
            exponent = Fraction(node.arguments[1].value)
            return self._power(parts[0], node.arguments[0], exponent)
        if head == "call" and node.value == ("sum", None) and len(node.arguments[0].shape) == 1:
            row = {self._turned(m): c for m, c in self._ones(node.arguments[0]).items()}
            return self._times(row, parts[0], node, True)
        if head == "ones":
            return self._ones(node)
        return self._atom(node, (head, node.value, *map(self._number, parts), node.shape))

    def _number(self, part: object) -> int:
        key = frozenset(part.items()) if isinstance(part, dict) else part
        return self.numbers.setdefault(key, len(self.numbers))

    def _atom(self, node: Expression, key: object) -> Terms:
        place = self._number(key)
        self.kinds[place] = _kind(node)
        if node.head == "eye":
            self.units[place] = "eye"
        symmetric = node.head == "eye" or bool(node.head == "variable" and node.value.structure)
        symmetric = symmetric or (node.head == "call" and node.value[0] == "diag")
        power = frozenset({((place, "symmetric" if symmetric else False), _one)})
        return {(_none, (power,)): _one} if node.shape else {(power, ()): _one}

    def _whole(self, terms: Terms, node: Expression) -> Terms:
        """Return a sum as one factor."""
        if len(terms) <= 1 or self.opened:
            return terms
        return self._atom(node, ("sum", self._number(terms)))

    def _expanded(self, terms: Terms, operand: Expression, node: Expression) -> Terms:
        """Return a scalar in a sum of another shape as a multiple of ones."""
        if operand.shape or not node.shape:
            return terms
        return self._times(terms, self._ones(node), node, False)

    def _ones(self, node: Expression) -> Terms:
        links = []
        for turned, length in enumerate(node.shape[-2:] if len(node.shape) < 3 else ()):
            place = self._number(("ones", length))
            self.units[place] = "ones"
            self.kinds[place] = "column"
            links.append(frozenset({((place, len(node.shape) == 2 and turned == 1), _one)}))
        if len(node.shape) == 2 and node.shape[0] == ONE:
            links = links[1:]
        return {(_none, tuple(links)): _one} if links else self._atom(node, ("ones", node.shape))

    def _turned(self, monomial: Monomial) -> Monomial:
        scalars, chain = monomial
        return scalars, tuple([_turned(link) for link in reversed(chain)])

    def _product(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        pair = [self._whole(p, a) for p, a in zip(parts, node.arguments, strict=True)]
        left, right = pair
        shaped = all(argument.shape for argument in node.arguments)
        if node.head == "dot" and shaped:
            left = _sum({self._turned(m): c} for m, c in left.items())
        return self._times(left, right, node, shaped and node.head != "hadamard")

    def _times(self, left: Terms, right: Terms, node: Expression, chained: bool) -> Terms:
        """Multiply, entry by entry unless `chained`."""
        if len(left) * len(right) > MOST_TERMS:
            raise _TooMany
        found = []
        for (s, a), c in left.items():
            for (t, b), d in right.items():
                scalars = _merged(s, t)
                joined = chained or not a or not b
                chain = (*a, *b) if joined else self._entrywise(a, b)
                if len(chain) > MOST_FACTORS:
                    raise _TooMany
                inner, chain = self._parted(chain)
                scalars = _merged(scalars, inner)
                found.append({(scalars, chain): c * d})
        return _sum(found)

    def _link(self, chain: Links) -> Powers:
        """Return a product of matrices as one entry-wise factor."""
        if len(chain) == 1:
            return chain[0]
        place = self._number(chain)
        if self._is(chain[0], "row") or self._is(chain[-1], "column"):
            self.kinds[place] = "column" if self._is(chain[-1], "column") else "row"
        return frozenset({((place, False), _one)})

    def _entrywise(self, left: Links, right: Links) -> Links:
        """Multiply entry by entry; ones drop out."""
        for ones, other in ((left, right), (right, left)):
            if all(self._is(link, "ones") for link in ones):
                return other
        return (_merged(self._link(left), self._link(right)),)

    def _is(self, link: Powers, kind: str) -> bool:
        """Tell whether a factor is of a kind: 'row', 'column' or 'ones'."""
        for atom, _ in link:
            assert isinstance(atom, tuple)
            place, turned = atom
            found = self.kinds.get(place, "matrix")
            if kind in ("ones", "eye"):
                return len(link) == 1 and self.units.get(place) == kind
            if found != "matrix":
                return (found == kind) != (turned is True)
        return False

    def _parted(self, chain: Links) -> tuple[Powers, Links]:
        """Take the inner products, from a row to the next column, out of a chain."""
        scalars, kept = _none, [link for link in chain if not self._is(link, "eye")]
        kept = kept or list(chain[:1])
        end = 0
        while end < len(kept):
            if self._is(kept[end], "column"):
                begin = end - 1
                while begin >= 0 and not self._is(kept[begin], "row"):
                    begin -= 1
                if begin >= 0:
                    scalars = _merged(scalars, self._scalar(tuple(kept[begin : end + 1])))
                    del kept[begin : end + 1]
                    end = begin
                    continue
            end += 1
        return scalars, tuple(kept)

    def _scalar(self, chain: Links) -> Powers:
        """Return an inner product as a factor, the same as its transpose."""
        _, turned = self._turned((_none, chain))
        if len(chain) == 2:  # a'*b is the sum of a .* b
            return frozenset(
                {((self._number(self._entrywise(turned[1:], chain[1:])), False), _one)}
            )
        place = min(self._number(chain), self._number(turned))
        return frozenset({((place, "symmetric"), _one)})

    def _power(self, terms: Terms, base: Expression, exponent: Fraction) -> Terms:
        if self.opened and exponent in (2, 3) and len(terms) > 1:
            whole = terms
            for _ in range(int(exponent) - 1):
                whole = self._times(whole, terms, base, False)
            return whole
        if len(terms) != 1 or (exponent.denominator > 1 and set(terms.values()) != {_one}):
            terms = self._atom(base, ("sum", self._number(terms)))
        (((scalars, chain), coefficient),) = terms.items()
        chain = (self._link(chain),) if chain else ()
        raised = tuple([_raised(link, exponent) for link in chain])
        if exponent.denominator > 1:
            return {(_raised(scalars, exponent), raised): _one}
        return {(_raised(scalars, exponent), raised): coefficient ** int(exponent)}


def _kind(node: Expression) -> str:
    if len(node.shape) == 1:
        return "column"
    return "row" if len(node.shape) == 2 and node.shape[0] == ONE else "matrix"


def _sum(parts: Iterable[Terms]) -> Terms:
    total: Terms = {}
    for part in parts:
        for monomial, c in part.items():
            total[monomial] = total.get(monomial, Fraction(0)) + c
    return {monomial: c for monomial, c in total.items() if c}


def _merged(left: Powers, right: Powers) -> Powers:
    powers = dict(left)
    for base, exponent in right:
        powers[base] = powers.get(base, Fraction(0)) + exponent
    return frozenset((base, exponent) for base, exponent in powers.items() if exponent)


def _raised(powers: Powers, exponent: Fraction) -> Powers:
    return frozenset((base, e * exponent) for base, e in powers)


def _turned(link: Powers) -> Powers:
    turned = []
    for atom, exponent in link:
        assert isinstance(atom, tuple)
        place, flag = atom
        turned.append(((place, flag if flag == "symmetric" else not flag), exponent))
    return frozenset(turned)
