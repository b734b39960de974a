"""How two equal formulas differ: in order, in factors that join or cancel, or multiplied out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.derivation.steps import Rule
from matcalc.expressions.functions import DEFINED_BY_NAME
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.traversal import postorder

ORDER = Rule("order of factors", "scalars commute, entry-wise factors too; (A*B)' = B'*A'")
JOIN = Rule("join and cancel equal factors")
FACTOR = Rule("factor", "draw out what all terms share; like terms join")
EXPAND = Rule("multiply out", "A*(B + C) = A*B + A*C; like terms join")
COLLECTION = Rule("collect", "order the factors, join and factor the terms")

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
    **{name: f"{name}(X) = {row.definition}" for name, row in DEFINED_BY_NAME.items()},
}

Powers = frozenset[tuple[object, Fraction]]
Monomial = tuple[Powers, tuple[Powers, ...]]
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
    ('order of factors', 'join and cancel equal factors', 'factor')
    >>> between("exp(x)/sum(exp(x))", "softmax(x)")
    'definition of softmax'
    """
    if is_reordered(before, after):
        return ORDER
    for opened in (False, True):
        if _alike(before, after, opened):
            if not opened:
                return JOIN
            return FACTOR if _length(after) <= _length(before) else EXPAND
    for name in sorted(_functions(before) ^ _functions(after)):
        if name in _DEFINITIONS:
            return Rule(f"definition of {name}", _DEFINITIONS[name])
    return COLLECTION


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


def _length(formula: Expression) -> int:
    return sum(_leaves(formula).values())


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
            above, below = parts
            (over, under) = node.arguments
            return self._times(above, self._power(below, under, -_one), node, False)
        if head == "power" and node.arguments[1].head == "number":
            exponent = Fraction(node.arguments[1].value)
            return self._power(parts[0], node.arguments[0], exponent)
        return self._atom(node, (head, node.value, *map(self._number, parts), node.shape))

    def _number(self, part: object) -> int:
        key = frozenset(part.items()) if isinstance(part, dict) else part
        return self.numbers.setdefault(key, len(self.numbers))

    def _atom(self, node: Expression, key: object) -> Terms:
        symmetric = node.head == "eye" or bool(node.head == "variable" and node.value.structure)
        symmetric = symmetric or (node.head == "call" and node.value[0] == "diag")
        power = frozenset({((self._number(key), "symmetric" if symmetric else False), _one)})
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
        ones = make("ones", (), node.shape)
        return self._atom(ones, ("ones", None, node.shape))

    def _turned(self, monomial: Monomial) -> Monomial:
        scalars, chain = monomial
        return scalars, tuple([_turned(link) for link in reversed(chain)])

    def _product(self, node: Expression, parts: Sequence[Terms]) -> Terms:
        pair = [self._whole(p, a) for p, a in zip(parts, node.arguments, strict=True)]
        for argument, other in ((0, 1), (1, 0)):
            if node.arguments[argument].head == "eye" and node.head == "multiply":
                if node.arguments[other].shape:
                    return pair[other]
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
                if chained or not a or not b:
                    chain = (*a, *b)
                else:
                    chain = (_merged(self._link(a), self._link(b)),)
                if len(chain) > MOST_FACTORS:
                    raise _TooMany
                if chain and not node.shape:
                    scalars, chain = _merged(scalars, self._scalar(chain)), ()
                found.append({(scalars, chain): c * d})
        return _sum(found)

    def _link(self, chain: tuple[Powers, ...]) -> Powers:
        """Return a product of matrices as one entry-wise factor."""
        if len(chain) == 1:
            return chain[0]
        return frozenset({((self._number(chain), False), _one)})

    def _scalar(self, chain: tuple[Powers, ...]) -> Powers:
        """Return an inner product as a factor, the same as its transpose."""
        _, turned = self._turned((_none, chain))
        number = min(self._number(chain), self._number(turned))
        return frozenset({(number, _one)})

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
        number, flag = atom
        turned.append(((number, flag if flag == "symmetric" else not flag), exponent))
    return frozenset(turned)
