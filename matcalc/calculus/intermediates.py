"""The first step of Parr & Howard's chain rules: a formula as a list of intermediate variables.

Each intermediate has one operator over variables, constants and earlier intermediates,
innermost first, and a subexpression that occurs twice has one name (sections 4.5.1-4.5.3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, variable
from matcalc.expressions.traversal import postorder
from matcalc.records import Record

LEAVES = frozenset(
    ["number", "size", "pi", "variable", "index", "ones", "zeros", "eye", "commutation"]
)


class Intermediate(Record):
    """One step `symbol = operation`; `meaning` is the part of the formula that it names."""

    symbol: Expression
    operation: Expression
    meaning: Expression

    @property
    def name(self) -> str:
        """The name of the intermediate variable: u1, u2, ..."""
        name: str = self.symbol.value.name
        return name


def rewrite(
    formula: Expression,
    taken: Collection[str] = (),
    named: Callable[[Expression], bool] = lambda node: True,
    given: Mapping[Expression, str] = MappingProxyType({}),
) -> list[Intermediate]:
    """Return the formula's intermediate variables in order; the last one is the formula.

    What depends on a running index cannot be named outside its sum and stays in it, as does
    what `named` does not want to have a name. Parts in `given` have the names there. Names in
    `taken`, and those of the formula's own variables, are passed over.

    >>> from matcalc.notation.text import to_text
    >>> from matcalc.syntax.reading import read_formula
    >>> formula = read_formula("log(sin(x^3)^2)", {"x": ()})
    >>> [f"{u.name} = {to_text(u.operation)}" for u in rewrite(formula)]
    ['u1 = x^3', 'u2 = sin(u1)', 'u3 = u2^2', 'u4 = log(u3)']
    """
    order = postorder([formula], lambda node: node.arguments)
    used = set(taken) | {node.value.name for node in order if node.head == "variable"}
    running = free_indices(order)
    symbols: dict[Expression, Expression] = {}
    steps: list[Intermediate] = []
    count = 0
    for node in order:
        if node.head in LEAVES:
            symbols[node] = node
            continue
        arguments = tuple([symbols[argument] for argument in node.arguments])
        operation = make(node.head, arguments, node.value)
        if running[node] or not (named(node) or node is formula):
            symbols[node] = operation
            continue
        name = given.get(node)
        while name is None:
            count += 1
            if f"u{count}" not in used:
                name = f"u{count}"
        symbol = variable(name, node.shape)
        symbols[node] = symbol
        steps.append(Intermediate(symbol, operation, node))
    return steps
