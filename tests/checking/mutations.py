"""Wrong derivatives made of right ones, and right ones rewritten: what tests the checker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import name as dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import BINDERS, free_indices
from matcalc.expressions.nodes import Expression, make, number, size, substitute
from matcalc.expressions.traversal import postorder

Change = Callable[[Expression], Iterator[Expression]]


def _children(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _scaled(answer: Expression, factor: Expression) -> Expression:
    return make("multiply", (factor, answer))


def _inside(change: Change) -> Change:
    """Return a change of the whole from a change of one node."""

    def changed(answer: Expression) -> Iterator[Expression]:
        for node in postorder([answer], _children):
            try:
                for other in change(node):
                    if other.shape == node.shape:
                        yield substitute(answer, {node: other})
            except MatcalcError:
                continue

    return changed


def _sign(answer: Expression) -> Iterator[Expression]:
    yield make("negate", (answer,))


def _twice(answer: Expression) -> Iterator[Expression]:
    yield _scaled(answer, number(2))


def _minutely(answer: Expression) -> Iterator[Expression]:
    yield _scaled(answer, number(1 + Fraction(1, 10**30)))


def _more(answer: Expression) -> Iterator[Expression]:
    yield make("add", (answer, number(Fraction(1, 10**9))))


def _one_size(answer: Expression) -> Iterator[Expression]:
    lengths = [d for node in postorder([answer], _children) for d in node.shape]
    names = sorted({name for d in lengths for name in d.names})
    for name in names[:1]:
        yield _scaled(answer, make("divide", (size(dimension(name)), number(3))))


def _one_region(answer: Expression) -> Iterator[Expression]:
    variables = [n for n in postorder([answer], _children) if n.head == "variable"]
    for node in variables[:1]:
        total = node if not node.shape else make("call", (node,), ("sum", None))
        positive = make("compare", (total, number(0)), ">")
        yield _scaled(answer, make("add", (number(1), positive)))


def _turned(answer: Expression) -> Iterator[Expression]:
    if len(answer.shape) == 2 and answer.shape[0] == answer.shape[1]:
        yield make("transpose", (answer,))


def _dropped_term(node: Expression) -> Iterator[Expression]:
    if node.head == "add":
        for k in range(len(node.arguments)):
            rest = node.arguments[:k] + node.arguments[k + 1 :]
            yield rest[0] if len(rest) == 1 else make("add", rest)


def _sign_of_term(node: Expression) -> Iterator[Expression]:
    if node.head == "add":
        first, *rest = node.arguments
        yield make("add", (make("negate", (first,)), *rest))


def _transposed_variable(node: Expression) -> Iterator[Expression]:
    if node.head == "variable" and len(node.shape) == 2 and not node.value.structure:
        yield make("transpose", (node,))


def _product(node: Expression) -> Iterator[Expression]:
    if node.head in ("multiply", "hadamard") and all(a.shape for a in node.arguments):
        yield make("hadamard" if node.head == "multiply" else "multiply", node.arguments)


def _off_by_one(node: Expression) -> Iterator[Expression]:
    if node.head == "number":
        yield number(node.value + 1)


def _is_elementary(node: Expression) -> bool:
    row = ROWS.get((node.value[0], 1)) if node.head == "call" else None
    return row is not None and bool(row.derivatives)


def _without_function(node: Expression) -> Iterator[Expression]:
    if _is_elementary(node):
        yield node.arguments[0]


def _other_function(node: Expression) -> Iterator[Expression]:
    if _is_elementary(node):
        other = "sin" if node.value[0] != "sin" else "cos"
        yield make("call", node.arguments, (other, None))


def _without_factor(node: Expression) -> Iterator[Expression]:
    if node.head in ("hadamard", "multiply", "divide"):
        yield from node.arguments


def _higher_power(node: Expression) -> Iterator[Expression]:
    if node.head == "power" and node.arguments[1].head == "number":
        yield make("power", (node.arguments[0], number(node.arguments[1].value + 1)))


def _inverse(node: Expression) -> Iterator[Expression]:
    if node.head == "call" and node.value[0] == "inv":
        yield node.arguments[0]
        yield make("transpose", (node,))


def _comparison(node: Expression) -> Iterator[Expression]:
    if node.head == "compare" and node.value in ("<", ">"):
        yield make("compare", node.arguments, "<" if node.value == ">" else ">")


def _swapped(answer: Expression) -> Iterator[Expression]:
    variables = [n for n in postorder([answer], _children) if n.head == "variable"]
    for k, one in enumerate(variables):
        for other in variables[k + 1 :]:
            if one.shape == other.shape and one.value.structure == other.value.structure:
                yield substitute(answer, {one: other, other: one})


MUTATIONS: dict[str, Change] = {
    "sign": _sign,
    "factor two": _twice,
    "1e-30 off": _minutely,
    "constant added": _more,
    "right at one size": _one_size,
    "right in one region": _one_region,
    "transposed": _turned,
    "variables swapped": _swapped,
    "dropped term": _inside(_dropped_term),
    "sign of a term": _inside(_sign_of_term),
    "A for A'": _inside(_transposed_variable),
    "* for .*": _inside(_product),
    "off by one": _inside(_off_by_one),
    "function left out": _inside(_without_function),
    "another function": _inside(_other_function),
    "factor left out": _inside(_without_factor),
    "another power": _inside(_higher_power),
    "inverse left out": _inside(_inverse),
    "comparison turned": _inside(_comparison),
}


def mutants(answer: Expression) -> Iterator[tuple[str, Expression]]:
    """Yield wrong answers by kind; some may be right after all."""
    seen = {answer}
    for kind, change in MUTATIONS.items():
        try:
            for other in change(answer):
                if other not in seen and other.shape == answer.shape:
                    seen.add(other)
                    yield kind, other
        except MatcalcError:
            continue


# What must stay right


def _twice_transposed(node: Expression) -> Iterator[Expression]:
    if len(node.shape) == 2:
        yield make("transpose", (make("transpose", (node,)),))


def _zero_added(answer: Expression) -> Iterator[Expression]:
    yield make("add", (answer, make("negate", (answer,)), answer))


def _distributed(node: Expression) -> Iterator[Expression]:
    if node.head == "multiply":
        left, right = node.arguments
        if right.head == "add" and all(t.shape == right.shape for t in right.arguments):
            yield make("add", tuple([make("multiply", (left, t)) for t in right.arguments]))
        if left.head == "add" and all(t.shape == left.shape for t in left.arguments):
            yield make("add", tuple([make("multiply", (t, right)) for t in left.arguments]))


def _reassociated(node: Expression) -> Iterator[Expression]:
    if node.head == "multiply" and node.arguments[0].head == "multiply":
        (a, b), c = node.arguments[0].arguments, node.arguments[1]
        yield make("multiply", (a, make("multiply", (b, c))))


def _transposed_product(node: Expression) -> Iterator[Expression]:
    if node.head == "multiply" and all(len(a.shape) == 2 for a in node.arguments):
        a, b = [make("transpose", (argument,)) for argument in node.arguments]
        yield make("transpose", (make("multiply", (b, a)),))


def _spelled_out(node: Expression) -> Iterator[Expression]:
    if node.head != "call" or len(node.arguments) != 1:
        return
    name, (x,) = node.value[0], node.arguments
    grown = make("call", (make("negate", (x,)),), ("exp", None))
    if name == "sigmoid":
        yield make("divide", (number(1), make("add", (number(1), grown))))
    if name == "tanh":
        sigmoid = make("call", (make("multiply", (number(2), x)),), ("sigmoid", None))
        yield make("add", (make("multiply", (number(2), sigmoid)), number(-1)))
    if name == "exp":
        half = make("call", (make("divide", (x, number(2))),), ("exp", None))
        yield make("power", (half, number(2)))
    if name in ("inv", "det") and node.value[1] is None:
        turned = make("call", (make("transpose", (x,)),), (name, None))
        yield make("transpose", (turned,)) if node.shape else turned


REWRITINGS: dict[str, Change] = {
    "zero added": _zero_added,
    "transposed twice": _inside(_twice_transposed),
    "distributed": _inside(_distributed),
    "re-associated": _inside(_reassociated),
    "product transposed": _inside(_transposed_product),
    "spelled out": _inside(_spelled_out),
}


def rewritings(answer: Expression) -> Iterator[tuple[str, Expression]]:
    """Yield the same answer in other words."""
    for kind, change in REWRITINGS.items():
        for other in change(answer):
            if other is not answer and other.shape == answer.shape:
                yield kind, other


def without_indices(answer: Expression) -> bool:
    """Tell whether no part depends on a running index, so that any part may be changed."""
    order = postorder([answer], _children)
    return not any(n.head in BINDERS for n in order) and not any(free_indices(order).values())
