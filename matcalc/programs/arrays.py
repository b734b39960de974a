"""From formulas to array programs: the cheapest products, `solve`, stable functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.calculus.templates import opened
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.names import BINDERS, function_name
from matcalc.expressions.nodes import Expression, is_diagonal, make, number
from matcalc.expressions.shapes import Shape, is_row
from matcalc.expressions.traversal import postorder
from matcalc.programs import operations as ops
from matcalc.programs.chains import Factor, scaled, trace
from matcalc.programs.contractions import contracted
from matcalc.programs.elementary import called, elementary, logistic
from matcalc.programs.logarithms import by_logarithms
from matcalc.programs.operations import Operation


class Part(NamedTuple):
    """One factor of a product before it is computed: `kind` as in `Factor`."""

    kind: str
    node: Expression
    transposed: bool


class Chain(NamedTuple):
    """A product as a coefficient, scalar factors with exponents 1 or -1, and the rest."""

    coefficient: Fraction
    scalars: list[tuple[Expression, int]]
    parts: list[Part]
    is_trace: bool


def array_program(roots: Sequence[Expression]) -> list[Operation]:
    """Return the operations that compute the formulas; a row is still a vector there.

    Raises MatcalcError (E404) where a formula cannot be written as an array program.

    >>> from matcalc import parse
    >>> array_program([parse("x'*A*x", "A: square(n)").expression])
    [<matmul None () of 2>]
    """
    roots = by_logarithms(opened(roots, _CALLS))
    everything = postorder(roots, lambda node: node.arguments)
    uses = Counter(argument for node in everything for argument in node.arguments)
    uses.update(roots)
    chains: dict[Expression, Chain | None] = {}

    def children(node: Expression) -> tuple[Expression, ...]:
        if node.head in BINDERS or node.head == "delta":
            return ()
        chain = chains[node] = _chain(node, uses)
        if chain is None:
            return node.arguments
        inner = [
            part.node.arguments[0] if part.kind in ("inverse", "diagonal") else part.node
            for part in chain.parts
        ]
        return (*[scalar for scalar, _ in chain.scalars], *inner)

    order = postorder(roots, children)
    results: dict[Expression, Operation] = {}
    for node in order:
        chain = chains.get(node)
        if node.head in BINDERS or node.head == "delta":
            results[node] = contracted(node)
        elif chain is not None:
            results[node] = _shaped(_product(chain, results), node.shape)
        else:
            results[node] = _RULES[node.head](node, *[results[a] for a in node.arguments])
    return [results[root] for root in roots]


# Products


def _is_inverse(node: Expression) -> bool:
    if node.head == "matrix_power":
        return _whole_exponent(node) == -1
    return node.head == "call" and node.value[0] == "inv"


def _is_single(shape: Shape) -> bool:
    """Tell whether the shape is 1 x 1: such a matrix is a row, held as a vector of length 1."""
    return shape == (ONE, ONE)


def _is_matrix(node: Expression) -> bool:
    return len(node.shape) == 2 and not is_row(node.shape)


def _is_scaling(node: Expression) -> bool:
    """Tell whether a node is a scalar times, or a quotient of something and, a scalar."""
    if node.head == "multiply":
        return not all(argument.shape for argument in node.arguments)
    return node.head == "negate" or (node.head == "divide" and not node.arguments[1].shape)


def _chain(root: Expression, uses: Counter[Expression]) -> Chain | None:
    """Return the node as a product of several factors, None if it is none."""
    is_trace = root.head == "call" and root.value[0] == "tr"
    if root.head not in ("multiply", "negate") and not is_trace:
        scaling = root.head == "divide" and root.shape and not root.arguments[1].shape
        if not scaling:
            return None
    if not is_trace and not any(argument.shape for argument in root.arguments):
        return None
    coefficient = Fraction(1)
    scalars: list[tuple[Expression, int]] = []
    parts: list[Part] = []
    start = root.arguments[0] if is_trace else root
    stack: list[tuple[Expression, bool]] = [(start, False)]
    while stack:
        node, transposed = stack.pop()
        inside = node is root or uses[node] == 1
        if not node.shape and node is not root:
            if node.head == "number":
                coefficient *= node.value
            else:
                scalars.append((node, 1))
        elif node.head == "transpose" and node.arguments[0].shape:
            stack.append((node.arguments[0], not transposed))
        elif inside and node.head == "negate":
            coefficient = -coefficient
            stack.append((node.arguments[0], transposed))
        elif inside and node.head == "divide" and not node.arguments[1].shape:
            divisor = node.arguments[1]
            if divisor.head == "number" and divisor.value:
                coefficient /= divisor.value
            else:
                scalars.append((divisor, -1))
            stack.append((node.arguments[0], transposed))
        elif node.head == "multiply" and (node is root or (inside and node.shape)):
            pair = [(argument, transposed) for argument in node.arguments]
            stack += pair if transposed else pair[::-1]
        else:
            parts.append(_part(node, transposed))
    parts = _opened(parts)
    essential = [part for part in parts if part.node.head != "eye"]
    return Chain(coefficient, scalars, essential or parts[:1], is_trace)


def _opened(parts: list[Part]) -> list[Part]:
    """Write out the powers of matrices that a vector is multiplied with, and the low ones."""
    most = 12 if any(part.kind in ("row", "column") for part in parts) else 3
    opened: list[Part] = []
    for part in parts:
        exponent = _whole_exponent(part.node)
        base = part.node.arguments[0] if 2 <= abs(exponent) <= most else part.node
        if base is not part.node and exponent < 0:
            base = make("matrix_power", (base, number(-1)))
        times = 1 if base is part.node else abs(exponent)
        opened += [part if base is part.node else _part(base, part.transposed)] * times
    return opened


def _whole_exponent(node: Expression) -> int:
    """Return k of a matrix power X^k, 1 of anything else."""
    if node.head != "matrix_power" or node.arguments[1].head != "number":
        return 1
    return int(node.arguments[1].value)


def _part(node: Expression, transposed: bool) -> Part:
    if _is_single(node.shape):
        return Part("row", node, False)
    if _is_inverse(node):
        return Part("inverse", node, transposed)
    if is_diagonal(node):
        return Part("diagonal", node, False)
    if _is_matrix(node):
        return Part("matrix", node, transposed)
    return Part("column" if is_row(node.shape) == transposed else "row", node, False)


def _product(chain: Chain, results: dict[Expression, Operation]) -> Operation:
    above, below = ops.number(chain.coefficient), ops.ONE
    if chain.coefficient.numerator in (1, -1) and any(e == -1 for _, e in chain.scalars):
        above = ops.number(chain.coefficient.numerator)
        below = ops.number(chain.coefficient.denominator)
    for node, exponent in chain.scalars:
        if exponent == 1:
            above = ops.multiply(above, results[node])
        else:
            below = ops.multiply(below, results[node])
    scale = above if below is ops.ONE else ops.divide(above, below)
    factors = [_factor(part, results) for part in chain.parts]
    if chain.is_trace:
        return ops.multiply(scale, trace(factors))
    factor = scaled(scale, factors)
    if factor.kind == "diagonal":
        return ops.diagonal_matrix(factor.operation)
    return ops.inverse(factor.operation) if factor.kind == "inverse" else factor.operation


def _factor(part: Part, results: dict[Expression, Operation]) -> Factor:
    kind, node, transposed = part
    operation = results[node.arguments[0] if kind in ("inverse", "diagonal") else node]
    if kind == "matrix" and node.shape[1] == ONE:  # a matrix of one column
        vector = ops.make("first_column", (ops.made(operation),), None, node.shape[:1])
        return Factor("row" if transposed else "column", vector)
    if kind in ("row", "column") and operation.shape == (ONE,):
        return Factor("scalar", ops.only_entry(operation))
    return Factor(kind, ops.transpose(operation) if transposed else operation)


def _shaped(operation: Operation, shape: Shape) -> Operation:
    """Return a product as an array of its formula's shape, also where that has an axis of 1."""
    flat = _flat(shape)
    if len(operation.shape) == len(flat):
        return operation
    if not operation.shape:
        return ops.filled(operation, flat)
    if len(flat) == 2:
        return ops.column(ops.made(operation))
    return ops.make("row", (ops.made(operation),), None, flat)


# One node

Rule = Callable[..., Operation]


def _variable(node: Expression) -> Operation:
    name, structure = node.value
    array = ops.make("input", (), (name, structure), node.shape)
    return ops.make("row", (array,), None, node.shape[1:]) if is_row(node.shape) else array


def _flat(shape: Shape) -> Shape:
    return shape[1:] if is_row(shape) else shape


def _add(node: Expression, *terms: Operation) -> Operation:
    total = terms[0]
    for term in terms[1:]:
        total = ops.add(total, term)
    return total


def _multiply(node: Expression, a: Operation, b: Operation) -> Operation:
    return ops.multiply(a, b)


def _divide(node: Expression, a: Operation, b: Operation) -> Operation:
    return logistic(a, b) or ops.divide(a, b)


def _dot(node: Expression, a: Operation, b: Operation) -> Operation:
    if not a.shape or not b.shape:
        return ops.multiply(a, b)
    return ops.inner(a, b)


def _transpose(node: Expression, a: Operation) -> Operation:
    (argument,) = node.arguments
    if len(argument.shape) < 2 or is_row(argument.shape):
        return a
    if is_row(node.shape):  # a matrix of one column
        return ops.make("first_column", (ops.made(a),), None, a.shape[:1])
    return ops.transpose(a)


def _kron(node: Expression, a: Operation, b: Operation) -> Operation:
    if not a.shape or not b.shape:
        return ops.multiply(a, b)
    shapes = [argument.shape for argument in node.arguments]
    if len(node.shape) == 1:
        return ops.make("kron", (ops.made(a), ops.made(b)), None, node.shape)
    a, b = (_standing(operand, shape) for operand, shape in zip((a, b), shapes, strict=True))
    result = ops.make("kron", (a, b), None, node.shape)
    return ops.make("row", (result,), None, node.shape[1:]) if is_row(node.shape) else result


def _standing(operand: Operation, shape: tuple[Dimension, ...]) -> Operation:
    """Return a matrix, also of a row or column."""
    operand = ops.made(operand)
    if len(shape) == 2 and not is_row(shape):
        return operand
    if is_row(shape):
        return ops.make("as_row", (operand,), None, shape)
    return ops.column(operand)


def _power(node: Expression, base: Operation, exponent: Operation) -> Operation:
    return ops.power(base, exponent)


def _matrix_power(node: Expression, base: Operation, exponent: Operation) -> Operation:
    value = ops.constant_value(exponent)
    if exponent.kind != ops.CONSTANT:
        raise ops.refuse("a matrix power whose exponent is not known")
    if _is_single(node.shape):
        return ops.power(base, exponent)
    if value == -1:
        return ops.inverse(base)
    if value == 1:
        return base
    if value == 0:
        return _eye(node)
    if value == 2:
        return ops.make("matmul", (ops.made(base),) * 2, None, node.shape)
    if value is not None and value < 0:
        base, exponent = ops.inverse(base), ops.number(-value)
    return ops.make("matrix_power", (ops.made(base), exponent), None, node.shape)


def _compare(node: Expression, a: Operation, b: Operation) -> Operation:
    return ops.compare(node.value, a, b)


def _subscript(node: Expression, a: Operation, *indices: Operation) -> Operation:
    if any(index.kind != ops.CONSTANT for index in indices):
        raise ops.refuse("an entry at a place that is computed")
    selectors = node.value
    shape = node.arguments[0].shape
    if is_row(shape) and len(selectors) == 2:  # the row is a vector here
        if selectors[0] == "entry" and indices:
            indices = indices[1:]
        elif selectors[0] not in ("all", "entry"):
            indices = indices[2:]
        selectors = selectors[1:]
        if not selectors:
            return a
    result = ops.make("subscript", (ops.made(a), *indices), selectors, _left(selectors, a, node))
    if not result.shape:  # also where a column of a row is picked, which has one entry
        return ops.filled(result, _flat(node.shape))
    if len(result.shape) == len(_flat(node.shape)):
        return result
    return ops.make("row", (result,), None, node.shape[1:])


def _left(selectors: tuple[Any, ...], a: Operation, node: Expression) -> tuple[Dimension, ...]:
    """Return the shape that the array program's subscript gives."""
    return tuple(
        [
            length if selector == "all" else selector[1]
            for selector, length in zip(selectors, a.shape, strict=True)
            if selector != "entry"
        ]
    )


def _stack(node: Expression, *cells: Operation) -> Operation:
    if len(cells) == 1:
        return cells[0]
    shapes = [cell.shape for cell in node.arguments]
    if len(node.shape) == 1:
        flat = [_at_least_vector(cell) for cell in cells]
        return ops.make("concatenate", tuple(flat), 0, node.shape)
    if is_row(node.shape):
        flat = [_at_least_vector(cell) for cell in cells]
        return ops.make("concatenate", tuple(flat), 0, node.shape[1:])
    rows: list[Operation] = []
    start = 0
    for count in node.value:
        row = [
            _standing(_at_least_vector(cell), shape if shape else (ONE, ONE))
            for cell, shape in zip(
                cells[start : start + count], shapes[start : start + count], strict=True
            )
        ]
        start += count
        rows.append(ops.make("concatenate", tuple(row), 1, node.shape) if count > 1 else row[0])
    return ops.make("concatenate", tuple(rows), 0, node.shape) if len(rows) > 1 else rows[0]


def _at_least_vector(cell: Operation) -> Operation:
    return ops.made(cell if cell.shape else ops.filled(cell, (ONE,)))


def _call(node: Expression, *arguments: Operation) -> Operation:
    name = node.value[0]
    rule = _CALLS.get((name, len(arguments)))
    if rule is not None:
        return rule(node, *arguments)
    return elementary(name, *arguments)


# Functions


def _reduction(head: str) -> Rule:
    def rule(node: Expression, a: Operation) -> Operation:
        axis = node.value[1]
        shape = node.arguments[0].shape
        if is_row(shape) and axis is not None:  # the row is a vector here
            if axis == 1:
                return ops.filled(_reduced(head, a, None), node.shape)
            return a
        return _reduced(head, a, axis)

    return rule


def _reduced(head: str, a: Operation, axis: int | None) -> Operation:
    if head == "sum":
        return ops.total(a, axis)
    if head == "mean":
        count = ops.ONE
        for length in a.shape if axis is None else (a.shape[axis],):
            count = ops.multiply(count, ops.size(length))
        return ops.divide(ops.total(a, axis), count)
    if not a.shape:
        return a
    shape = () if axis is None else a.shape[:axis] + a.shape[axis + 1 :]
    return ops.make(head, (ops.made(a),), axis, shape)


def _norm(node: Expression, a: Operation) -> Operation:
    if not a.shape:
        return called("abs", a)
    return ops.make("norm", (ops.made(a),))


def _softmax(name: str) -> Rule:
    def rule(node: Expression, a: Operation) -> Operation:
        axis = node.value[1]
        row = is_row(node.arguments[0].shape)
        if row and axis == 0:
            return ops.filled(ops.ONE if name == "softmax" else ops.ZERO, a.shape)
        return ops.make(name, (ops.made(a),), -1 if axis is None or row else axis, a.shape)

    return rule


def _square(node: Expression, a: Operation) -> Operation:
    name = node.value[0]
    if _is_single(node.arguments[0].shape):
        return _OF_ONE_ENTRY[name](a)
    if name == "inv":
        return ops.inverse(a)
    return ops.make(name, (ops.made(a),), None, node.shape)


_OF_ONE_ENTRY: dict[str, Callable[[Operation], Operation]] = {
    "inv": lambda a: ops.divide(ops.ONE, a),
    "det": ops.only_entry,
    "logdet": lambda a: called("log", ops.only_entry(a)),
    "adj": lambda a: ops.filled(ops.ONE, a.shape),
}


def _eye(node: Expression) -> Operation:
    ones = ops.filled(ops.ONE, node.shape[:1])
    return ones if _is_single(node.shape) else ops.diagonal_matrix(ones)


def _commutation(node: Expression) -> Operation:
    if _is_single(node.shape):
        return _eye(node)
    return ops.make("commutation", (), node.value, node.shape)


def _diag(node: Expression, a: Operation) -> Operation:
    if a.shape == (ONE,):
        return a
    if len(node.shape) == 2:
        return ops.diagonal_matrix(a)
    return ops.make("diagonal", (ops.made(a),), None, node.shape)


def _vec(node: Expression, a: Operation) -> Operation:
    if len(a.shape) < 2:
        return a if a.shape else ops.filled(a, (ONE,))
    return ops.make("vec", (ops.made(a),), None, node.shape)


def _unvec(node: Expression, a: Operation) -> Operation:
    if is_row(node.arguments[0].shape):
        a = ops.make("as_row", (ops.made(a),), None, node.arguments[0].shape)
    result = ops.make("unvec", (ops.made(a),), None, node.shape)
    return ops.make("row", (result,), None, node.shape[1:]) if is_row(node.shape) else result


def _flip(node: Expression, a: Operation) -> Operation:
    return ops.flip(a)


def _cross(node: Expression, a: Operation, b: Operation) -> Operation:
    return ops.make("cross", (ops.made(a), ops.made(b)), None, node.shape)


def _correlation(node: Expression, a: Operation, b: Operation) -> Operation:
    operands = [
        _standing(o, n.shape) if len(n.shape) == 2 else ops.made(o)
        for o, n in zip((a, b), node.arguments, strict=True)
    ]
    if node.value[0].endswith("_full"):
        result = ops.make("convolve", (operands[0], ops.flip(operands[1])), None, node.shape)
    else:
        result = ops.make("correlate", tuple(operands), None, node.shape)
    return ops.make("row", (result,), None, node.shape[1:]) if is_row(node.shape) else result


def _abstract(node: Expression, *arguments: Operation) -> Operation:
    operands = [
        _standing(o, n.shape)
        if is_row(n.shape) and not node.value.function.elementwise
        else ops.made(o)
        for o, n in zip(arguments, node.arguments, strict=True)
    ]
    name = function_name(node.value)
    if node.value.function.elementwise:
        return ops.make("function", tuple(operands), name, operands[0].shape)
    result = ops.make("function", tuple(operands), name, node.shape)
    return ops.make("row", (result,), None, node.shape[1:]) if is_row(node.shape) else result


_CALLS: dict[tuple[str, int], Rule] = {
    **{(name, 1): _reduction(name) for name in ("sum", "mean", "prod", "max", "min", "logsumexp")},
    ("norm2", 1): _norm,
    ("normF", 1): _norm,
    ("softmax", 1): _softmax("softmax"),
    ("log_softmax", 1): _softmax("log_softmax"),
    **{(name, 1): _square for name in ("inv", "det", "logdet", "adj")},
    ("diag", 1): _diag,
    ("vec", 1): _vec,
    ("unvec", 1): _unvec,
    ("flip", 1): _flip,
    ("cross", 2): _cross,
    **{(name, 2): _correlation for name in ("conv", "conv2d", "conv_full", "conv2d_full")},
}

_RULES: dict[str, Rule] = {
    "number": lambda node: ops.number(node.value),
    "size": lambda node: ops.size(node.value),
    "pi": lambda node: ops.make("pi", kind=ops.CONSTANT),
    "variable": _variable,
    "ones": lambda node: ops.filled(ops.ONE, _flat(node.shape)),
    "zeros": lambda node: ops.filled(ops.ZERO, _flat(node.shape)),
    "eye": _eye,
    "commutation": _commutation,
    "add": _add,
    "negate": lambda node, a: ops.negate(a),
    "multiply": _multiply,
    "hadamard": _multiply,
    "divide": _divide,
    "dot": _dot,
    "kron": _kron,
    "power": _power,
    "matrix_power": _matrix_power,
    "transpose": _transpose,
    "compare": _compare,
    "subscript": _subscript,
    "stack": _stack,
    "call": _call,
    "abstract": _abstract,
}
