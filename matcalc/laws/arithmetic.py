"""Tell which law of arithmetic leads from a formula to another, if one does.

Two formulas are equal by a law if their normal forms under it are: a decision, no guess.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from matcalc.expressions.nodes import Expression, number, substitute
from matcalc.expressions.traversal import postorder
from matcalc.laws.normal import FEATURES, Normal, TooMany
from matcalc.laws.rule import Rule

ORDER = Rule("order of factors", "scalars commute, entry-wise factors too; (A*B)' = B'*A'")
JOIN = Rule("join and cancel", "equal factors, and terms that differ by a number only")
ONES = Rule("ones drop out", "ones'*(u .* v) = u'*v; next to a matrix, c has c at every entry")
SIGNS = Rule("turn the signs", "-(A - B) = B - A")
FACTOR = Rule("factor", "draw out what all terms share; like terms join")
EXPAND = Rule("multiply out", "A*(B + C) = A*B + A*C; like terms join")
POSITIVE = Rule("where the condition holds", "[z > 0]*max(0, z) = [z > 0]*z")
TRACE = Rule(
    "cycle the trace", "tr(A*B) = tr(B*A), tr(A') = tr(A)", "The Matrix Cookbook, eq. 13, 14"
)
DIAGONALS = Rule("diagonal matrices", "diag(u)*v = u .* v, diag(u) + diag(v) = diag(u + v)")
CHOICE = Rule("both cases", "where(c, a, b) = c*a + (1 - c)*b, [a <= b] = 1 - [a > b]")

DEFINED = Rule("definitions of roots and norms", "sqrt(a) = a^(1/2), norm2(u)^2 = u'*u")
SYMMETRY = Rule("symmetry", "S' = S for a matrix that is declared symmetric")

NAMED = {
    "trace": TRACE,
    "diagonal": DIAGONALS,
    "choice": CHOICE,
    "defined": DEFINED,
    "symmetry": SYMMETRY,
}
"""The laws beside those of sums and products, by what a normal form calls them."""

LEVELS = tuple(
    [frozenset(some) for k in range(len(FEATURES) + 1) for some in combinations(FEATURES, k)]
)
"""Sets of laws, smallest first."""


class Arithmetic:
    """Normal forms under more and more laws, kept for a comparison of many formulas."""

    def __init__(self, *formulas: Expression) -> None:
        """Compare formulas; a matrix that is symmetric in one of them is so in all."""
        leaves = postorder(formulas, lambda node: node.arguments)
        symmetric = frozenset(
            [n.value.name for n in leaves if n.head == "variable" and n.value.structure]
        )
        self.normals = {level: Normal(level, symmetric) for level in LEVELS}

    def between(self, before: Expression, after: Expression) -> Rule | None:
        """Return the law that leads from a formula to another; None where none does.

        >>> from matcalc.syntax.reading import read_formula
        >>> from matcalc.expressions.dimensions import name
        >>> n = name("n")
        >>> shapes = {"A": (n, n), "x": (n,), "a": (), "b": ()}
        >>> def between(before, after):
        ...     rule = Arithmetic().between(*[read_formula(f, shapes) for f in (before, after)])
        ...     return rule and rule.name
        >>> between("(A*x)'*b", "b*x'*A'"), between("a*b/a*x", "b*x")
        ('order of factors', 'join and cancel')
        >>> between("x'*A + (A*x)'", "x'*(A + A')"), between("A*x", "x")
        ('factor', None)
        >>> between("tr(x*x'*A)", "x'*A*x"), between("diag(x)*a*x", "a*x^2")
        ('cycle the trace', 'diagonal matrices')
        """
        if before.shape != after.shape:
            return None
        if self._equal(LEVELS[-1], before, after):
            for level in LEVELS:
                if self._equal(level, before, after):
                    return _named(level, before, after)
        chosen = _where_positive(before)
        if chosen is not before and self._equal(frozenset(["distribute"]), chosen, after):
            return POSITIVE
        return None

    def _equal(self, level: frozenset[str], first: Expression, second: Expression) -> bool:
        normal = self.normals[level]
        try:
            return normal.of(first) == normal.of(second)
        except TooMany:
            return False


def _named(level: frozenset[str], before: Expression, after: Expression) -> Rule:
    found = [rule for feature, rule in NAMED.items() if feature in level]
    same = _leaves(before) == _leaves(after)
    if "distribute" in level:
        if same and not found:
            return SIGNS
        found.insert(0, FACTOR if _length(after) <= _length(before) else EXPAND)
    if not found:
        if same:
            return ORDER
        return ONES if _but_ones(before) == _but_ones(after) else JOIN
    return Rule(
        ", ".join([rule.name for rule in found]),
        "; ".join([rule.statement for rule in found]),
        "; ".join([rule.source for rule in found if rule.source]),
    )


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
