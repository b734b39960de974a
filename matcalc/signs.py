"""What is known of the sign of a formula's entries, whatever its variables are."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder

UNKNOWN, NONNEGATIVE, POSITIVE = range(3)

_known: WeakKeyDictionary[Expression, int] = WeakKeyDictionary()


def signs(formula: Expression) -> WeakKeyDictionary[Expression, int]:
    """Return the signs of a formula and of all its parts.

    >>> from matcalc.expressions.nodes import make, number, variable
    >>> a = variable("a", ())
    >>> square = make("power", (a, number(2)))
    >>> shifted = make("add", (square, number(1)))
    >>> signs(shifted)[square] == NONNEGATIVE, signs(shifted)[shifted] == POSITIVE
    (True, True)
    """
    for node in postorder([formula], lambda n: () if n in _known else n.arguments):
        if node not in _known:
            parts = [_known[argument] for argument in node.arguments]
            _known[node] = _RULES.get(node.head, _unknown)(node, parts)
    return _known


def _unknown(node: Expression, parts: list[int]) -> int:
    return UNKNOWN


def _least(node: Expression, parts: list[int]) -> int:
    return min(parts)


def _number(node: Expression, parts: list[int]) -> int:
    return POSITIVE if node.value > 0 else NONNEGATIVE if node.value == 0 else UNKNOWN


def _size(node: Expression, parts: list[int]) -> int:
    return POSITIVE if all(count > 0 for _, count in node.value.terms) else UNKNOWN


def _add(node: Expression, parts: list[int]) -> int:
    return max(parts) if min(parts) else UNKNOWN


def _multiply(node: Expression, parts: list[int]) -> int:
    left, right = node.arguments
    if not node.shape and (
        (left.head == "transpose" and left.arguments[0] is right) or left is right
    ):
        return max(NONNEGATIVE, min(parts))
    return min(parts)


def _square(node: Expression, parts: list[int]) -> int:
    left, right = node.arguments
    return max(NONNEGATIVE, parts[0]) if left is right else min(parts)


def _power(node: Expression, parts: list[int]) -> int:
    exponent = node.arguments[1]
    if parts[0] == POSITIVE:
        return POSITIVE
    if exponent.head != "number" or exponent.value < 0:
        return UNKNOWN
    return NONNEGATIVE if parts[0] or exponent.value % 2 == 0 else UNKNOWN


def _call(node: Expression, parts: list[int]) -> int:
    name = node.value[0]
    if name in ("exp", "cosh", "sigmoid", "softplus", "softmax"):
        return POSITIVE
    if name == "det":
        structure = node.arguments[0].head == "variable" and node.arguments[0].value.structure
        return POSITIVE if structure == "spd" else UNKNOWN
    if name in ("sqrt", "sum", "mean", "prod", "vec", "unvec", "flip", "tr", "kron"):
        return parts[0] if name != "sqrt" else max(NONNEGATIVE, parts[0])
    if name in ("max", "min"):
        return max(parts) if name == "max" else min(parts)
    if name in ("abs", "relu", "norm1", "norm2", "normF", "norminf", "step"):
        return NONNEGATIVE
    return UNKNOWN


_RULES: dict[str, Callable[[Expression, list[int]], int]] = {
    "number": _number,
    "size": _size,
    "pi": lambda node, parts: POSITIVE,
    "ones": lambda node, parts: POSITIVE,
    "zeros": lambda node, parts: NONNEGATIVE,
    "eye": lambda node, parts: NONNEGATIVE,
    "compare": lambda node, parts: NONNEGATIVE,
    "add": _add,
    "multiply": _multiply,
    "hadamard": _square,
    "dot": _square,
    "kron": _least,
    "divide": _least,
    "power": _power,
    "transpose": _least,
    "index_sum": lambda node, parts: parts[-1],
    "tensor": lambda node, parts: parts[-1],
    "subscript": lambda node, parts: parts[0],
    "stack": _least,
    "call": _call,
}
