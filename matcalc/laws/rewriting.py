"""Apply the laws to a formula until none changes it, and record what each one did."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.traversal import postorder
from matcalc.laws.matching import applied
from matcalc.laws.rule import Rule
from matcalc.laws.spelled import EXPANDED, SPELLED
from matcalc.laws.table import patterns

Rewrite = Callable[[Expression], Expression | None]

MOST = 24
"""A formula is rewritten no more often."""


def rewritings(formula: Expression, expanding: bool = False) -> Iterator[tuple[Rule, Expression]]:
    """Yield (rule, formula) for each law that changes the formula, in turn.

    With `expanding`, products of sums are multiplied out too, where nothing else is left.

    >>> from matcalc.notation.text import to_text
    >>> from matcalc.syntax.reading import read_formula
    >>> from matcalc.expressions.dimensions import name
    >>> for rule, found in rewritings(read_formula("1*diag(2*x)*x", {"x": (name("n"),)})):
    ...     print(f"{to_text(found)}  ({rule.name})")
    diag(2*x)*x  (a factor of one)
    2*x .* x  (a diagonal matrix times a vector)
    """
    seen = {formula}
    for _ in range(MOST):
        for rule, rewrite in _laws(expanding):
            changed = everywhere(formula, rewrite)
            if changed not in seen:
                formula = changed
                seen.add(formula)
                yield rule, formula
                break
        else:
            return


def _laws(expanding: bool) -> Iterator[tuple[Rule, Rewrite]]:
    yield from SPELLED
    for pattern in patterns():
        law = pattern.law
        rule = Rule(law.name, law.statement, law.source)
        yield rule, lambda node, pattern=pattern: applied(pattern, node)  # type: ignore[misc]
    if expanding:
        yield EXPANDED


def everywhere(formula: Expression, rewrite: Rewrite) -> Expression:
    """Return the formula with every part rewritten once, operands first."""
    results: dict[Expression, Expression] = {}
    for node in postorder([formula], lambda n: n.arguments):
        parts = tuple([results[argument] for argument in node.arguments])
        same = all(a is b for a, b in zip(parts, node.arguments, strict=True))
        new = node if same else make(node.head, parts, node.value)
        found = rewrite(new)
        results[node] = new if found is None or found.shape != new.shape else found
    return results[formula]
