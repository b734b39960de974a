"""Array programs: interned operations on arrays, simplified as they are made.

What an emitted program computes, whatever the target. A scalar has shape (), and a row is
held as a vector (n,), as one writes NumPy by hand; a `broadcast` stands for an array that
repeats a smaller one and is not made while an operation can do without.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, final
from weakref import WeakValueDictionary

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE as LENGTH_ONE
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.shapes import Shape
from matcalc.limits import spend

CONSTANT, MASK, ARRAY = "constant", "mask", "array"


@final
class Operation:
    """One interned operation; `kind` is a Python number, an array of booleans, or of floats."""

    __slots__ = ("__weakref__", "arguments", "head", "kind", "shape", "value")

    head: str
    value: Any
    arguments: tuple[Operation, ...]
    shape: Shape
    kind: str

    def __repr__(self) -> str:
        return f"<{self.head} {self.value!r} {self.shape} of {len(self.arguments)}>"


_interned: WeakValueDictionary[tuple[object, ...], Operation] = WeakValueDictionary()


def make(
    head: str,
    arguments: tuple[Operation, ...] = (),
    value: Any = None,
    shape: Shape = (),
    kind: str = ARRAY,
) -> Operation:
    """Return the operation as it is; the functions below simplify."""
    spend(1 + len(arguments))
    key = (head, arguments, value, shape, kind)
    node = _interned.get(key)
    if node is None:
        node = Operation.__new__(Operation)
        node.head, node.arguments, node.value = head, arguments, value
        node.shape, node.kind = shape, kind
        _interned[key] = node
    return node


def refuse(what: str) -> MatcalcError:
    """Return the error of a formula that no array program computes."""
    return MatcalcError("E404", f"no code can be written for {what}", hint="evaluate(…) does it")


# Constants and names


def number(value: Fraction | int) -> Operation:
    """Return an exact number, which the program writes as Python does."""
    return make("number", (), Fraction(value), kind=CONSTANT)


def size(dimension: Dimension) -> Operation:
    """Return a dimension as a number."""
    value = dimension.value
    return number(value) if value is not None else make("size", (), dimension, kind=CONSTANT)


ZERO, ONE = number(0), number(1)


def constant_value(node: Operation) -> Fraction | None:
    """Return the number that this is, None if it is none that is written out."""
    return node.value if node.head == "number" else None


# Broadcasting


def broadcast(compact: Operation, side: str, shape: Shape) -> Operation:
    """Return the array that repeats `compact`: 'all', or 'rows' and 'columns' of a matrix.

    By 'rows' every row is the vector, by 'columns' every column.
    """
    if not shape:
        return compact
    if compact.head == "broadcast":
        compact = compact.arguments[0]
        side = "all"
    return make("broadcast", (compact,), side, shape, compact.kind)


def filled(value: Operation, shape: Shape) -> Operation:
    """Return the array whose every entry is this scalar."""
    return broadcast(value, "all", shape)


def every_entry(node: Operation) -> Fraction | None:
    """Return the number that every entry is known to be."""
    if node.head == "broadcast" and node.value == "all":
        node = node.arguments[0]
    return constant_value(node)


def column(vector: Operation) -> Operation:
    """Return the vector as an array of one column, to be stretched by what it meets."""
    if vector.head == "broadcast":
        return vector.arguments[0]
    return make("column", (vector,), None, (vector.shape[0], LENGTH_ONE), vector.kind)


def only_entry(vector: Operation) -> Operation:
    """Return the entry of a vector of length 1."""
    if vector.head == "broadcast":
        return floats(vector.arguments[0])
    return make("subscript", (floats(vector), ONE), ("entry",))


def _compact(node: Operation) -> Operation:
    if node.head != "broadcast":
        return node
    (inner,) = node.arguments
    return column(inner) if node.value == "columns" else inner


# Entry by entry


def entrywise(
    head: str, arguments: tuple[Operation, ...], value: Any = None, kind: str = ARRAY
) -> Operation:
    """Return an operation that works entry by entry, scalars expanded."""
    shape = max([a.shape for a in arguments], key=_extent)
    full = [a for a in arguments if a.shape]
    if head == "call" and len(full) == 1 and full[0].head == "transpose":
        turned = tuple([a.arguments[0] if a.shape else a for a in arguments])
        return transpose(entrywise(head, turned, value, kind))  # f(A') = f(A)', to share f(A)
    sides = {a.value if a.head == "broadcast" else "" for a in full}
    if full and "" not in sides and len(sides - {"all"}) < 2:
        (side,) = sides - {"all"} or {"all"}
        inner = tuple([a.arguments[0] if a.head == "broadcast" else a for a in arguments])
        return broadcast(_entry(head, inner, value, kind), side, shape)
    compact = tuple([_compact(a) for a in arguments])
    if all(a.kind == CONSTANT for a in compact):
        kind = CONSTANT
    return make(head, compact, value, shape, kind)


def _extent(shape: Shape) -> tuple[int, int]:
    """Return how far a shape reaches: a column is stretched by a matrix that it meets."""
    return len(shape), len(shape) - shape.count(LENGTH_ONE)


def _entry(head: str, arguments: tuple[Operation, ...], value: Any, kind: str) -> Operation:
    rule = _RULES.get(head)
    return rule(*arguments) if rule else entrywise(head, arguments, value, kind)


def floats(node: Operation) -> Operation:
    """Return a mask as an array of ones and zeros, everything else as it is."""
    if node.kind != MASK:
        return node
    if node.head == "broadcast":
        return broadcast(floats(node.arguments[0]), node.value, node.shape)
    return make("cast", (node,), None, node.shape)


def add(a: Operation, b: Operation) -> Operation:
    """Return a + b, scalars expanded."""
    if every_entry(a) == 0 and len(b.shape) >= len(a.shape):
        return floats(b)
    if every_entry(b) == 0 and len(a.shape) >= len(b.shape):
        return floats(a)
    if a.head == b.head == "number":
        return number(a.value + b.value)
    for one, other in ((a, b), (b, a)):
        opposite = _opposite(one)
        if opposite is not None:
            return subtract(other, opposite)
    if a.kind == CONSTANT and b.kind != CONSTANT:
        a, b = b, a
    return entrywise("add", (floats(a), floats(b)))


def subtract(a: Operation, b: Operation) -> Operation:
    """Return a - b, scalars expanded."""
    if every_entry(b) == 0 and len(a.shape) >= len(b.shape):
        return floats(a)
    if every_entry(a) == 0 and len(b.shape) >= len(a.shape):
        return negate(b)
    if a.head == b.head == "number":
        return number(a.value - b.value)
    opposite = _opposite(b)
    if opposite is not None:
        return add(a, opposite)
    return entrywise("subtract", (floats(a), floats(b)))


def _opposite(a: Operation) -> Operation | None:
    """Return -a where a is written with a minus, else None."""
    first = a.arguments[0] if a.arguments else a
    if a.head == "number":
        return number(-a.value) if a.value < 0 else None
    if a.head == "negate":
        return first
    if a.head == "multiply" and (constant_value(first) or 0) < 0:
        return negate(a)
    if a.head == "outer" and first.head == "negate":
        return outer(first.arguments[0], a.arguments[1])
    if a.head == "broadcast" and first.head == "negate":
        return broadcast(first.arguments[0], a.value, a.shape)
    return None


def negate(a: Operation) -> Operation:
    """Return -a."""
    if a.head == "number":
        return number(-a.value)
    if a.head == "negate":
        return a.arguments[0]
    if a.head == "subtract":
        return subtract(a.arguments[1], a.arguments[0])
    if a.head in ("multiply", "divide") and a.arguments[0].head == "number":
        first, second = a.arguments
        return (multiply if a.head == "multiply" else divide)(number(-first.value), second)
    return entrywise("negate", (floats(a),))


def multiply(a: Operation, b: Operation) -> Operation:
    """Return the product entry by entry, scalars expanded; a mask stays a mask there."""
    if a.head == b.head == "number":
        return number(a.value * b.value)
    for one, other in ((a, b), (b, a)):
        value = every_entry(one)
        if value is not None and len(other.shape) >= len(one.shape):
            if value == 1:
                return other
            if value == -1:
                return negate(other)
            if value == 0:
                return filled(ZERO, other.shape)
    if b.kind == CONSTANT and a.kind != CONSTANT:
        a, b = b, a
    a, b = _upright(a), _upright(b)
    if a.head == "number" and b.head == "multiply" and b.arguments[0].head == "number":
        return multiply(number(a.value * b.arguments[0].value), b.arguments[1])
    if a.head == "number" and b.head == "divide" and b.arguments[0].head == "number":
        return divide(number(a.value * b.arguments[0].value), b.arguments[1])
    if b.head == "negate":
        return negate(multiply(a, b.arguments[0]))
    if a.head == "negate":
        return negate(multiply(a.arguments[0], b))
    if b.head == "divide" and b.arguments[0] is ONE:
        return divide(a, b.arguments[1])
    if a.kind == MASK and b.kind != ARRAY:
        a = floats(a)
    if b.kind == MASK and a.kind != ARRAY:
        b = floats(b)
    return entrywise("multiply", (a, b))


def _upright(factor: Operation) -> Operation:
    """Return x - 1 as -(1 - x), and y - z for a variable y as -(z - y), to share factors."""
    if factor.head != "subtract":
        return factor
    a, b = factor.arguments
    if a.kind == CONSTANT:
        return factor
    if b.kind == CONSTANT or (a.head == "input" and b.head != "input"):
        return make("negate", (subtract(b, a),), None, factor.shape)
    return factor


def divide(a: Operation, b: Operation) -> Operation:
    """Return the quotient entry by entry, scalars expanded."""
    if b is ONE:
        return floats(a)
    if a.head == b.head == "number" and b.value:
        return number(a.value / b.value)
    if b.head == "number" and b.value and b.value.numerator in (1, -1):
        return multiply(number(1 / b.value), a)
    if a.head == "negate":
        return negate(divide(a.arguments[0], b))
    return entrywise("divide", (floats(a), floats(b)))


def power(base: Operation, exponent: Operation) -> Operation:
    """Return the power; small whole and half ones by multiplication and square root."""
    base, value = floats(base), every_entry(exponent)
    if value is None:
        return entrywise("power", (base, floats(exponent)))
    base = filled(base, exponent.shape) if exponent.shape and not base.shape else base
    if constant_value(base) is not None and value.denominator == 1 and base.value:
        return number(base.value ** int(value)) if abs(value) < 9 else _plain(base, value)
    if value < 0:
        return divide(ONE, power(base, number(-value)))
    if value == 0:
        return filled(ONE, base.shape)
    if value == 1:
        return base
    if value == 2:
        if base.head == "norm":
            return inner(base.arguments[0], base.arguments[0])
        if base.head == "transpose":
            return transpose(power(base.arguments[0], exponent))
        upright = _upright(base)
        base = upright.arguments[0] if upright.head == "negate" else base
        return entrywise("square", (base,))
    if value.denominator == 2 and value <= 4:
        root = entrywise("call", (base,), "sqrt")
        whole = power(base, number(value - Fraction(1, 2)))
        return root if value < 1 else multiply(whole, root)
    if value in (3, 5, 7):
        return multiply(power(base, number(value - 1)), base)
    if value in (4, 6, 8):
        return power(power(base, number(value / 2)), number(2))
    return _plain(base, value)


def _plain(base: Operation, value: Fraction) -> Operation:
    return entrywise("power", (base, number(value)))


_RULES: dict[str, Callable[..., Operation]] = {
    "add": add, "subtract": subtract, "negate": negate, "multiply": multiply, "divide": divide,
}  # fmt: skip


def compare(operator: str, a: Operation, b: Operation) -> Operation:
    """Return where the comparison holds, as a mask."""
    return entrywise("compare", (floats(a), floats(b)), operator, MASK)


def where(condition: Operation, a: Operation, b: Operation) -> Operation:
    """Return a where the condition holds, else b."""
    if condition.kind != MASK:
        condition = compare("!=", condition, ZERO)
    if a is ONE and b is ZERO:
        return condition
    if a is ZERO and b is ONE and condition.head == "compare":
        relation = RELATIONS[condition.value]
        if relation.mirrored == condition.value:  # of nan neither < nor >= holds
            return compare(relation.opposite, *condition.arguments)
    if a.kind == b.kind == CONSTANT:
        return add(multiply(subtract(a, b), floats(condition)), b)
    return entrywise("where", (condition, floats(a), floats(b)))


# Reductions and products


def total(a: Operation, axis: int | None = None) -> Operation:
    """Return the sum over all axes, or over one."""
    shape = () if axis is None else a.shape[:axis] + a.shape[axis + 1 :]
    if axis is None and a.head in ("multiply", "square"):
        first, second = a.arguments if a.head == "multiply" else a.arguments * 2
        if first.shape == second.shape and len(first.shape) == 1:
            return inner(first, second)
        if not first.shape:
            return multiply(first, total(second))
    if a.head == "negate":
        return negate(total(a.arguments[0], axis))
    if a.head == "transpose" and axis is not None:
        return total(a.arguments[0], 1 - axis)
    return make("sum", (made(a),), axis, shape)


def inner(a: Operation, b: Operation) -> Operation:
    """Return the sum of a times b, entry by entry."""
    for one, other in ((a, b), (b, a)):
        if one.head == "broadcast" and one.value == "all":
            return multiply(one.arguments[0], total(other))
        if one.head == "negate":
            return negate(inner(one.arguments[0], other))
    if a.head == b.head == "transpose":
        return inner(a.arguments[0], b.arguments[0])
    if len(a.shape) == 1:
        return make("matmul", (floats(a), floats(b)))
    return total(entrywise("square", (a,)) if a is b else multiply(a, b))


def made(a: Operation) -> Operation:
    """Return the array itself where it is only told how it repeats; a mask as floats."""
    if a.head != "broadcast":
        return floats(a)
    return make("full", (_compact(floats(a)),), None, a.shape)


def transpose(a: Operation) -> Operation:
    """Return the transposed matrix."""
    if len(a.shape) < 2 or is_symmetric(a):
        return a
    if a.head == "transpose":
        return a.arguments[0]
    if a.head == "broadcast":
        side = {"rows": "columns", "columns": "rows", "all": "all"}[a.value]
        return broadcast(a.arguments[0], side, a.shape[::-1])
    if a.head == "outer":
        return outer(*a.arguments[::-1])
    if a.head in ("cast", "negate"):
        inner_ = transpose(a.arguments[0])
        return make(a.head, (inner_,), None, a.shape[::-1])
    return make("transpose", (a,), None, a.shape[::-1], a.kind)


def flip(a: Operation) -> Operation:
    """Return the array with every axis reversed."""
    if a.head == "flip":
        return a.arguments[0]
    return make("flip", (made(a),), None, a.shape)


def outer(a: Operation, b: Operation) -> Operation:
    """Return the matrix of the products of two vectors' entries."""
    shape = (a.shape[0], b.shape[0])
    if every_entry(b) is not None:
        return broadcast(multiply(a, b.arguments[0]), "columns", shape)
    if every_entry(a) is not None:
        return broadcast(multiply(b, a.arguments[0]), "rows", shape)
    return make("outer", (made(a), made(b)), None, shape)


def matmul(a: Operation, b: Operation) -> Operation:
    """Return the product of matrices and vectors; sums where one is all ones."""
    if len(a.shape) == len(b.shape) == 1:
        return inner(a, b)
    if len(a.shape) == 1:
        return matmul(transpose(b), a)
    if b.head == "negate":
        return negate(matmul(a, b.arguments[0]))
    if a.head == "negate":
        return negate(matmul(a.arguments[0], b))
    if len(b.shape) == 1 and a.head == "solve":  # for the vector, not for the whole matrix
        matrix, right = a.arguments
        applied = solve(right.arguments[0], b) if right.head == "inv" else matmul(right, b)
        return solve(matrix, applied)
    if len(b.shape) == 1 and a.head in ("add", "subtract") and _is_sum_to_open(a):
        first, second = (_applied(term, b) for term in a.arguments)
        return add(first, second) if a.head == "add" else subtract(first, second)
    value = every_entry(b)
    if value is not None and len(b.shape) == 1:
        turned = a.head == "transpose"
        return multiply(number(value), total(a.arguments[0] if turned else a, int(not turned)))
    return make("matmul", (made(a), made(b)), None, a.shape[:-1] + b.shape[1:])


def _is_sum_to_open(matrix: Operation) -> bool:
    """Tell whether a sum applied to a vector is cheaper term by term, as of A + A' and x."""
    pending, looked = [matrix], 0
    while pending:
        node = pending.pop()
        looked += 1
        if looked > MOST_LOOKED_AT or len(node.shape) != 2:
            return False
        if node.head in ("add", "subtract", "negate"):
            pending += node.arguments
        elif node.head == "multiply" and not node.arguments[0].shape:
            pending.append(node.arguments[1])
        elif node.head == "transpose" and node.arguments[0].head in ("input", "inv"):
            continue
        elif node.head not in ("input", "eye", "diagonal_matrix", "outer", "inv", "matmul"):
            return False
    return True


def _applied(matrix: Operation, vector: Operation) -> Operation:
    """Return a term of such a sum times a vector."""
    match matrix.head:
        case "eye":
            return vector
        case "diagonal_matrix":
            return multiply(matrix.arguments[0], vector)
        case "outer":
            return multiply(inner(matrix.arguments[1], vector), matrix.arguments[0])
        case "negate":
            return negate(_applied(matrix.arguments[0], vector))
        case "multiply":
            return multiply(matrix.arguments[0], _applied(matrix.arguments[1], vector))
        case "matmul":
            return matmul(matrix.arguments[0], matmul(matrix.arguments[1], vector))
        case "inv":
            return solve(matrix.arguments[0], vector)
        case "transpose" if matrix.arguments[0].head == "inv":
            return solve(transpose(matrix.arguments[0].arguments[0]), vector)
    return matmul(matrix, vector)


def solve(a: Operation, b: Operation) -> Operation:
    """Return the solution X of a*X = b, a factor of b after it."""
    if b.head == "negate":
        return negate(solve(a, b.arguments[0]))
    if b.head == "multiply" and not b.arguments[0].shape:
        return multiply(b.arguments[0], solve(a, b.arguments[1]))
    return make("solve", (made(a), made(b)), None, b.shape)


def inverse(a: Operation) -> Operation:
    """Return the inverse matrix."""
    return make("inv", (made(a),), None, a.shape)


def trace(matrix: Operation) -> Operation:
    """Return the trace; of an outer product in a sum, the inner product."""
    match matrix.head:
        case "add" if _has_outer(matrix):
            return add(*[trace(term) for term in matrix.arguments])
        case "subtract" if _has_outer(matrix):
            return subtract(*[trace(term) for term in matrix.arguments])
        case "outer":
            return inner(*matrix.arguments)
    return make("trace", (made(matrix),))


def _has_outer(node: Operation) -> bool:
    """Tell whether one term of two is an outer product, and the other no sum again."""
    heads = [argument.head for argument in node.arguments]
    full = all(len(argument.shape) == 2 for argument in node.arguments)
    return full and "outer" in heads and not {"add", "subtract"} & set(heads)


def diagonal_matrix(vector: Operation) -> Operation:
    """Return the matrix with this diagonal."""
    value = every_entry(vector)
    shape = (vector.shape[0], vector.shape[0])
    if value is not None:
        return multiply(number(value), make("eye", (), shape[0], shape))
    return make("diagonal_matrix", (made(vector),), None, shape)


def is_symmetric(node: Operation) -> bool:
    """Tell whether a matrix is known to equal its transpose, by a bounded look at it."""
    pending, looked = [node], 0
    while pending:
        node = pending.pop()
        looked += 1
        if not node.shape:
            continue
        if looked > MOST_LOOKED_AT or len(node.shape) != 2 or node.shape[0] != node.shape[1]:
            return False
        if node.head in _ENTRYWISE:
            pending += node.arguments
        elif not _is_symmetric_leaf(node):
            return False
    return True


def _is_symmetric_leaf(node: Operation) -> bool:
    if node.head == "input":
        return bool(node.value[1])
    if node.head == "outer":
        return node.arguments[0] is node.arguments[1]
    if node.head == "matmul":
        a, b = node.arguments
        return (a.head == "transpose" and a.arguments[0] is b) or (
            b.head == "transpose" and b.arguments[0] is a
        )
    return node.head in ("eye", "diagonal_matrix") or node.value == "all"


MOST_LOOKED_AT = 40

_ENTRYWISE = frozenset("add subtract negate multiply divide square call compare cast inv".split())
