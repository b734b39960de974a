"""Sums of exponentials by their logarithms, which do not overflow.

Of a formula that is positive and grows like exp, the logarithm is known as a formula: the
table's `logarithm`, sums of those for products, and log(exp(a) + exp(b)) as max(a, b) +
softplus(-abs(a - b)). Logarithms and quotients are computed with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.calculus.templates import logarithm, put_in, quotients
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression, make, number
from matcalc.expressions.traversal import postorder

_ZERO, _ONE = number(0), number(1)


def by_logarithms(formulas: Sequence[Expression]) -> list[Expression]:
    """Return formulas that are equal and do not overflow where exponentials cancel.

    What they share is looked through once.

    >>> from matcalc.expressions.nodes import variable
    >>> from matcalc.notation.text import to_text
    >>> x, y = variable("x", ()), variable("y", ())
    >>> exponentials = [make("call", (z,), ("exp", None)) for z in (x, y)]
    >>> total = make("add", tuple(exponentials))
    >>> to_text(*by_logarithms([make("call", (total,), ("log", None))]))
    'max(x, y) + softplus(-abs(x - y))'
    """
    found: dict[Expression, Expression] = {}
    logs: dict[Expression, Expression] = {}
    for node in postorder(formulas, lambda n: n.arguments):
        arguments = tuple([found[argument] for argument in node.arguments])
        same = all(a is b for a, b in zip(arguments, node.arguments, strict=True))
        whole = node if same else make(node.head, arguments, node.value)
        known = _logarithm(node, found, logs)
        if known is not None:
            logs[node] = known
        found[node] = _rewritten(node, whole, found, logs)
    return [found[formula] for formula in formulas]


def _logarithm(
    node: Expression, found: dict[Expression, Expression], logs: dict[Expression, Expression]
) -> Expression | None:
    """Return the logarithm of what is seen to be positive and to grow like exp."""
    parts = node.arguments
    if node.head == "call" and len(parts) == 1:
        if parts[0] in logs and ROWS[node.value[0], 1].entries == "summed":
            return make("call", (logs[parts[0]],), ("logsumexp", node.value[1]))
        return _of_call(node, found, complement=False)
    if node.head == "add" and len(parts) == 2 and _ONE in parts:
        other = parts[1] if parts[0] is _ONE else parts[0]
        known = _of_call(other.arguments[0], found, True) if other.head == "negate" else None
        if known is not None:
            return known
    if not any(part in logs for part in parts):
        return None
    if node.head in _ENTRYWISE:
        return _of_entries(node, logs)
    return _of_whole(node, found, logs) if parts[0] in logs else None


_ENTRYWISE = ("multiply", "hadamard", "divide", "add")


def _of_whole(
    node: Expression, found: dict[Expression, Expression], logs: dict[Expression, Expression]
) -> Expression | None:
    """Return the logarithm of a part or power of what has one."""
    base, *others = node.arguments
    if node.head == "subscript":
        return make("subscript", (logs[base], *others), node.value)
    if node.head == "transpose":
        return make("transpose", (logs[base],))
    if node.head == "power" and not others[0].shape:
        return _times(found[others[0]], logs[base])
    return None


def _of_entries(node: Expression, logs: dict[Expression, Expression]) -> Expression | None:
    """Return the logarithm of a sum, product or quotient entry by entry."""
    parts = node.arguments
    if node.head == "multiply" and all(part.shape for part in parts):
        ones = parts[1].arguments[0] if parts[1].head == "transpose" else parts[1]
        spread = ones.head == "ones" and len(ones.shape) == len(parts[0].shape) == 1
        return make("multiply", (logs[parts[0]], parts[1])) if spread and parts[0] in logs else None
    terms = []
    for part in parts:
        term = logs.get(part, _of_number(part))
        if term is None:
            return None
        terms.append(term)
    total = terms[0]
    for term in terms[1:]:
        if node.head == "divide":
            term = make("negate", (term,))
        total = _added(total, term) if node.head == "add" else _plus(total, term)
    return total


def _of_call(
    node: Expression, found: dict[Expression, Expression], complement: bool
) -> Expression | None:
    """Return log(f(x)), or log(1 - f(x)), as the table has it."""
    if node.head != "call" or len(node.arguments) != 1:
        return None
    formula = logarithm(node.value[0], complement)
    return None if formula is None else put_in(formula, {"x": found[node.arguments[0]]})


def _of_number(node: Expression) -> Expression | None:
    if node.head != "number" or node.value <= 0:
        return None
    return _ZERO if node is _ONE else make("call", (node,), ("log", None))


def _plus(a: Expression, b: Expression) -> Expression:
    if a is _ZERO:
        return b
    return a if b is _ZERO or b == make("negate", (_ZERO,)) else make("add", (a, b))


def _times(a: Expression, b: Expression) -> Expression:
    return make("multiply", (a, b))


def _added(a: Expression, b: Expression) -> Expression:
    """Return log(exp(a) + exp(b))."""
    if a is _ZERO or b is _ZERO:
        return make("call", (b if a is _ZERO else a,), ("softplus", None))
    apart = make("call", (make("add", (a, make("negate", (b,)))),), ("abs", None))
    rest = make("call", (make("negate", (apart,)),), ("softplus", None))
    return make("add", (make("call", (a, b), ("max", None)), rest))


def _rewritten(
    node: Expression, whole: Expression, found: dict[Expression, Expression],
    logs: dict[Expression, Expression],
) -> Expression:  # fmt: skip
    parts = node.arguments
    if node.head == "call" and node.value[0] == "log" and parts[0] in logs:
        return logs[parts[0]]
    if node.head != "divide" or parts[1] not in logs:
        return whole
    above, below = parts
    if above.head == below.head == "call" and above.arguments == below.arguments:
        name = quotients().get((above.value[0], below.value[0]))
        if name is not None:
            return make("call", (found[above.arguments[0]],), (name, None))
    if above.head == below.head == "power" and above.arguments[1] is below.arguments[1]:
        base, under = above.arguments[0], below.arguments[0]
        if under in logs:
            return make("power", (_quotient(base, logs[under], found, logs), above.arguments[1]))
    return _quotient(above, logs[below], found, logs)


def _quotient(
    above: Expression, below: Expression, found: dict[Expression, Expression],
    logs: dict[Expression, Expression],
) -> Expression:  # fmt: skip
    """Return a formula over exp(below): what grows in it goes into the exponent."""
    if above.head == "add" and above not in logs and any(map(logs.__contains__, _signless(above))):
        return make("add", tuple([_quotient(t, below, found, logs) for t in above.arguments]))
    if below.head == "call" and below.value[0] == "softplus":
        (inner,) = below.arguments
        if above is _ONE or logs.get(above) is inner:
            turned = make("negate", (inner,)) if above is _ONE else inner
            return make("call", (turned,), ("sigmoid", None))
    if above.head == "negate":
        return make("negate", (_quotient(above.arguments[0], below, found, logs),))
    others: list[Expression] = []
    exponent = make("negate", (below,))
    for factor in _factors(above):
        if factor in logs:
            exponent = make("add", (logs[factor], exponent))
        elif factor is not _ONE:
            others.append(found[factor])
    result = make("call", (exponent,), ("exp", None))
    for factor in reversed(others):
        head = "hadamard" if factor.shape and result.shape else "multiply"
        result = make(head, (factor, result))
    return result


def _signless(node: Expression) -> list[Expression]:
    return [t.arguments[0] if t.head == "negate" else t for t in node.arguments]


def _factors(node: Expression) -> Iterator[Expression]:
    """Yield the factors of a product entry by entry."""
    stack = [node]
    while stack:
        e = stack.pop()
        scaling = e.head == "multiply" and not all(a.shape for a in e.arguments)
        if e.head == "hadamard" or scaling:
            stack += reversed(e.arguments)
        else:
            yield e
