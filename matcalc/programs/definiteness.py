"""Which matrices of an array program are positive definite, as their own form tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from matcalc.programs.operations import ZERO, Operation

UNKNOWN, NONNEGATIVE, POSITIVE = range(3)
"""What is known of numbers and of vectors' entries; of a matrix, semidefinite or definite."""

Known = Mapping[Operation, int]


def definiteness(order: Iterable[Operation]) -> dict[Operation, int]:
    """Return what is known of every operation, given in an order of computation.

    Told by declarations (`spd`) and forms (X'*X, K + s^2*I), never by values.

    >>> from matcalc.programs import operations as ops
    >>> eye = ops.diagonal_matrix(ops.filled(ops.ONE, (ops.LENGTH_ONE,)))
    >>> definiteness([eye])[eye] == POSITIVE
    True
    """
    known: dict[Operation, int] = {}
    for node in order:
        rule = _RULES.get(node.head)
        known[node] = rule(node, known) if rule else UNKNOWN
    return known


def _number(node: Operation, known: Known) -> int:
    return POSITIVE if node.value > 0 else NONNEGATIVE if node.value == 0 else UNKNOWN


def _input(node: Operation, known: Known) -> int:
    return POSITIVE if node.value[1] == "spd" else UNKNOWN


def _positive(node: Operation, known: Known) -> int:
    return POSITIVE


def _same(node: Operation, known: Known) -> int:
    return known[node.arguments[0]]


def _add(node: Operation, known: Known) -> int:
    a, b = node.arguments
    if len(node.shape) == 2 and a.shape != b.shape:
        return UNKNOWN
    return max(known[a], known[b]) if known[a] and known[b] else UNKNOWN


def _multiply(node: Operation, known: Known) -> int:
    """Of two matrices entry by entry, too (Schur 1911)."""
    return min(known[argument] for argument in node.arguments)


def _divide(node: Operation, known: Known) -> int:
    above, below = node.arguments
    return known[above] if known[below] and not below.shape else UNKNOWN


def _square(node: Operation, known: Known) -> int:
    (base,) = node.arguments
    if len(node.shape) == 2:
        return known[base]
    return POSITIVE if known[base] == POSITIVE else NONNEGATIVE


def _compare(node: Operation, known: Known) -> int:
    return NONNEGATIVE if len(node.shape) < 2 else UNKNOWN


def _subtract(node: Operation, known: Known) -> int:
    """Of a number and what lies below it also when it is rounded: 1 - sigmoid(x)."""
    a, b = node.arguments
    below = b.head == "call" and b.value == "sigmoid" and len(node.shape) < 2
    return NONNEGATIVE if below and a.head == "number" and a.value >= 1 else UNKNOWN


def _called(node: Operation, known: Known) -> int:
    if len(node.shape) == 2:
        return UNKNOWN
    if node.value in ("exp", "sigmoid") or (node.value == "logaddexp" and ZERO in node.arguments):
        return POSITIVE
    if node.value in ("sqrt", "abs") or (node.value == "maximum" and ZERO in node.arguments):
        return max(NONNEGATIVE, known[node.arguments[0]])
    return UNKNOWN


def _matmul(node: Operation, known: Known) -> int:
    """x'*x, X*X', and X*S*X' of a semidefinite S, from either end."""
    a, b = node.arguments
    if not node.shape:
        return NONNEGATIVE if a is b else UNKNOWN
    if len(node.shape) == 2 and _are_transposed(a, b):
        return NONNEGATIVE
    for outer, inner, last in ((b, a, 1), (a, b, 0)):
        if inner.head == "matmul" and len(inner.shape) == len(node.shape) == 2:
            middle, other = inner.arguments[last], inner.arguments[1 - last]
            if known.get(middle) and _are_transposed(outer, other):
                return NONNEGATIVE
    return UNKNOWN


def _are_transposed(a: Operation, b: Operation) -> bool:
    return any(x.head == "transpose" and x.arguments[0] is y for x, y in ((a, b), (b, a)))


def _outer(node: Operation, known: Known) -> int:
    return NONNEGATIVE if node.arguments[0] is node.arguments[1] else UNKNOWN


def _inverse(node: Operation, known: Known) -> int:
    """The inverse of a semidefinite matrix is definite where it exists."""
    return POSITIVE if known[node.arguments[0]] else UNKNOWN


def _norm(node: Operation, known: Known) -> int:
    return NONNEGATIVE


_RULES: dict[str, Callable[[Operation, Known], int]] = {
    "number": _number,
    "size": _positive,
    "pi": _positive,
    "eye": _positive,
    "input": _input,
    "transpose": _same,
    "diagonal_matrix": _same,
    "add": _add,
    "multiply": _multiply,
    "divide": _divide,
    "subtract": _subtract,
    "square": _square,
    "compare": _compare,
    "cast": _same,
    "call": _called,
    "matmul": _matmul,
    "outer": _outer,
    "inv": _inverse,
    "norm": _norm,
}
