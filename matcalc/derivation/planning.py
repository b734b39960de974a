"""Which parts of a formula become intermediate variables, from brief to the paper's own detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from matcalc.calculus.intermediates import LEAVES, Intermediate, rewrite
from matcalc.derivation.steps import Detail
from matcalc.expressions.functions import EUCLIDEAN, NAMES
from matcalc.expressions.nodes import Expression, make, number, size, variable
from matcalc.expressions.traversal import postorder
from matcalc.notation.building import links
from matcalc.notation.sharing import Names
from matcalc.records import replace

RESULTS = ("y", "f", "L", "J", "E", "r")
"""Names for the result, the first of them that is free."""

GRADIENTS = ("g", "h", "q")
"""Names for a derivative that is derived again."""

LINEAR = frozenset(
    ("add", "negate", "multiply", "transpose", "subscript", "stack", "index_sum", "tensor", "dot")
)
"""Heads of what is named in brief only if it is used twice."""


def planned(
    formula: Expression,
    wrt: Expression,
    detail: Detail,
    names: Names = Names(),
    results: Sequence[str] = RESULTS,
) -> list[Intermediate]:
    """Return the intermediate variables that depend on `wrt`, innermost first; the last is all.

    Parts that have a name keep it; the last one has the first in `results` that is free.

    In brief, only what a nonlinear function is applied to, and what is used twice, has a
    name; in full, a dot product is the sum of a Hadamard product, as in Parr & Howard.
    """

    def prepared(part: Expression) -> Expression:
        return right_to_left(spelled_out(part) if detail == "full" else part)

    given = {prepared(part): name for part, name in names.given.items()}
    formula = prepared(formula)
    order = postorder([formula], _arguments)
    dependent = depending(order, wrt)
    used = {*names.taken, *names.given.values(), *NAMES}
    wanted = _wanted(order, dependent, detail) | dependent.intersection(given)
    steps = rewrite(formula, used, wanted.__contains__, given)
    if not steps:
        steps = [Intermediate(variable("u1", formula.shape), formula, formula)]
    return _with_result(steps, used, results)


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def depending(order: list[Expression], wrt: Expression) -> set[Expression]:
    """Return the nodes that contain the variable; operands come first in `order`."""
    dependent = {wrt}
    for node in order:
        if not dependent.isdisjoint(node.arguments):
            dependent.add(node)
    return dependent


def _with_result(
    steps: list[Intermediate], used: set[str], results: Sequence[str]
) -> list[Intermediate]:
    *others, last = steps
    names = used | {n.value.name for n in postorder([last.meaning], _arguments)
                    if n.head == "variable"}  # fmt: skip
    name = next((n for n in results if n not in names), last.name)
    return [*others, replace(last, symbol=variable(name, last.symbol.shape))]


# What is named


def _wanted(order: list[Expression], dependent: set[Expression], detail: Detail) -> set[Expression]:
    squared = {node.arguments[0] for node in order if _is_squared_norm(node)}
    plain = {node for node in order if node in dependent and _has_own_name(node)} - squared
    if detail == "brief":
        uses = Counter(argument for node in order for argument in set(node.arguments))
        applied = {
            argument
            for node in order
            if node.head not in LINEAR
            for argument in node.arguments
            if argument in plain and argument.head in LINEAR
        }
        plain = {node for node in plain if node in applied or uses[node] > 1}
    return plain


def _is_squared_norm(node: Expression) -> bool:
    """Tell whether this is norm2(v)^2, which has a rule of its own."""
    return node.head == "power" and node.arguments[1] is number(2) and is_norm(node.arguments[0])


def is_norm(node: Expression) -> bool:
    """Tell whether this is a Euclidean or Frobenius norm."""
    return node.head == "call" and node.value[0] in EUCLIDEAN


def _has_own_name(node: Expression) -> bool:
    """Tell whether a part is worth a name: a sign or a transpose alone is not."""
    return node.head not in LEAVES and node.head not in ("negate", "transpose")


# Products


def right_to_left(formula: Expression) -> Expression:
    """Return the formula with matrices applied to vectors first: A*(B*x), x'*(A*x).

    >>> from matcalc.notation.text import to_text
    >>> from matcalc.syntax.reading import read_formula
    >>> from matcalc.expressions.dimensions import name
    >>> n = name("n")
    >>> formula = read_formula("x'*A*x", {"x": (n,), "A": (n, n)})
    >>> [to_text(factor) for factor in right_to_left(formula).arguments]
    ["x'", 'A*x']
    """

    def rebuilt(node: Expression, parts: tuple[Expression, ...]) -> Expression:
        node = make(node.head, parts, node.value)
        chain = links(node) if node.head == "multiply" else []
        if len(chain) < 3 or len(chain[-1].shape) != 1 or not all(part.shape for part in chain):
            return node
        product = chain[-1]
        for factor in chain[-2::-1]:
            product = make("multiply", (factor, product))
        return product if product.shape == node.shape else node

    return _mapped(formula, rebuilt)


def spelled_out(formula: Expression) -> Expression:
    """Return the formula with inner products as sums of Hadamard products, and means as sums."""

    def rebuilt(node: Expression, parts: tuple[Expression, ...]) -> Expression:
        if node.head == "dot" and parts[0].shape == parts[1].shape:
            return _summed(make("hadamard", parts))
        if node.head == "multiply" and not node.shape and parts[0].shape:
            left, right = parts
            if left.head == "transpose" and left.arguments[0].shape == right.shape:
                return _summed(make("hadamard", (left.arguments[0], right)))
        if node.head == "call" and node.value == ("mean", None) and len(parts[0].shape) == 1:
            count = size(parts[0].shape[0])
            return make("multiply", (make("divide", (number(1), count)), _summed(parts[0])))
        return make(node.head, parts, node.value)

    return _mapped(formula, rebuilt)


def _summed(vector: Expression) -> Expression:
    return make("call", (vector,), ("sum", None))


def _mapped(
    formula: Expression, rebuilt: Callable[[Expression, tuple[Expression, ...]], Expression]
) -> Expression:
    results: dict[Expression, Expression] = {}
    for node in postorder([formula], _arguments):
        parts = tuple([results[argument] for argument in node.arguments])
        results[node] = rebuilt(node, parts) if parts else node
    return results[formula]
