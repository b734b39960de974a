"""The shape of every head and function: one small rule each, used to check and to infer.

A shape is () for a scalar, (n,) for a column, (1, n) for a row, (m, n) for a matrix, more
for a tensor. A rule takes the node's value, the operands' shapes and `same`, which says
whether two dimensions agree; inference passes a `same` that unifies unknown dimensions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, ZERO, Dimension, integer
from matcalc.expressions.functions import COUNTS, ROWS
from matcalc.expressions.table.row import Row

Shape = tuple[Dimension, ...]
Same = Callable[[Dimension, Dimension], bool]
Rule = Callable[[Any, tuple[Shape, ...], Same], Shape]

THREE = integer(3)
# The most terms that the polynomial of a size may have.
LONGEST = 10_000


class Misfit(MatcalcError):
    """Shapes that do not fit, told of operands that may be renamed.

    `{0}`, `{1}`, ... in the templates stand for the operands and `{op}` for the operator;
    `operand` is the number of the offending operand, or None where it is the operator.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", operand: int | None = None, op: str = ""
    ) -> None:
        self.templates = (message, hint)
        self.operand = operand
        self.op = op
        names = [chr(ord("a") + i % 26) for i in range(30)]
        super().__init__(code, message.format(*names, op=op), hint=hint.format(*names, op=op))

    def named(self, texts: list[str], op: str = "", atoms: list[str] | None = None) -> MatcalcError:
        """Return the error with the operands' own texts and the operator as typed.

        `atoms` are the texts for the hint, where they become parts of other formulas.
        """
        message, hint = self.templates
        hint = hint.format(*(atoms or texts), op=op or self.op)
        # A transposed operand transposed again is written without both marks.
        hint = re.sub(r"''(?!\()", "", hint)
        return MatcalcError(self.code, message.format(*texts, op=op or self.op), hint=hint)


def result_shape(
    head: str, value: Any, operands: tuple[Shape, ...], same: Same = operator.eq
) -> Shape:
    """Return the shape of a node with this head and value over operands of these shapes.

    Raises MatcalcError (a Misfit, E3xx, without a place) where the shapes do not fit.

    >>> from matcalc.expressions.dimensions import name
    >>> result_shape("multiply", None, ((name("m"), name("n")), (name("n"),)))
    (Dimension(terms=((('m',), 1),)),)
    """
    return RULES[head](value, operands, same)


def is_row(shape: Shape) -> bool:
    """Tell whether the shape is (1, n)."""
    return len(shape) == 2 and shape[0] == ONE


def sizes(shape: Shape) -> str:
    """Return the shape as in '1×1', 'n×1', '1×n' and '2×3×n'."""
    parts = [str(dimension) for dimension in shape]
    parts += ["1"] * (2 - len(parts))
    return "×".join(f"({p})" if "+" in p or "-" in p else p for p in parts)


def describe(shape: Shape) -> str:
    """Return the shape in words: 'a scalar', 'a vector (n)', 'a matrix (m×n)', ..."""
    if not shape:
        return "a scalar"
    kind = {1: "vector", 2: "row" if is_row(shape) else "matrix"}.get(len(shape), "tensor")
    return f"a {kind} ({sizes(shape)})"


# Entry by entry


def entrywise(operands: tuple[Shape, ...], same: Same, op: str = "") -> Shape:
    """Return the one shape that all operands other than scalars have, or raise E302."""
    result: Shape = ()
    for position, shape in enumerate(operands):
        if not shape or shape is result:
            continue
        if not result:
            result, first = shape, position
        elif len(shape) != len(result) or not all(map(same, result, shape)):
            raise _unequal(operands, first, position, op)
    return result


def _unequal(operands: tuple[Shape, ...], first: int, second: int, op: str) -> Misfit:
    left, right = operands[first], operands[second]
    a, b = f"{{{first}}}", f"{{{second}}}"
    said = sizes if sizes(left) != sizes(right) else describe  # a vector, and one column
    if op:
        message = f"{a} {{op}} {b} joins {said(left)} and {said(right)} entry by entry"
    else:
        message = f"{a} is {said(left)} and {b} is {said(right)}; both need one shape"
    hint = _expansion(left, right, a, b) or _expansion(right, left, b, a)
    return Misfit("E302", message, hint, second, op)


def _expansion(left: Shape, right: Shape, a: str, b: str) -> str:
    """Return how to write what `left` and the smaller `right` probably mean."""
    if len(left) == 2 and not is_row(left):
        if len(right) == 1 and right[0] == left[0]:
            return f"{b}*ones({left[1]})' repeats {b} as columns"
        if len(right) == 1:
            return f"ones({left[0]})*{b}' repeats {b} as rows, {b}*ones({left[1]})' as columns"
        if is_row(right) and right[1] == left[1]:
            return f"ones({left[0]})*{b} repeats {b} as rows"
    if len(left) == 1 and is_row(right):
        return f"transpose one of the two; outer product {a}*{b}"
    if len(left) == 2 and left == right[::-1]:
        return f"the transpose {b}' has the shape of {a}"
    return ""


def _elementwise(op: str) -> Rule:
    def rule(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
        return entrywise(operands, same, op)

    return rule


def _compare(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return entrywise(operands, same, str(value))


def _first(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return operands[0]


# Products


def _multiply(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    left, right = operands
    if not left:
        return right
    if not right:
        return left
    ranks = (len(left), len(right))
    if ranks == (2, 2) and same(left[1], right[0]):
        return (left[0], right[1])
    if ranks == (2, 1) and same(left[1], right[0]):
        return () if left[0] == ONE else (left[0],)
    if ranks == (1, 2) and right[0] == ONE:
        return (left[0], right[1])
    raise _inner(left, right)


def _inner(left: Shape, right: Shape) -> Misfit:
    if len(left) > 2 or len(right) > 2:
        return Misfit(
            "E301",
            "{0} {op} {1} multiplies " + f"{describe(left)} by {describe(right)}",
            "tensors only scale; sum over an index: sum(i = 1..n, ...)",
            None,
            "*",
        )
    inner = str(left[1]) if len(left) == 2 else "1"
    message = f"{{0}} {{op}} {{1}} multiplies {sizes(left)} by {sizes(right)}"
    message += f" (inner sizes {inner} and {right[0]})"
    return Misfit("E301", message, _product_hint(left, right), None, "*")


def _product_hint(left: Shape, right: Shape) -> str:
    if len(left) == 1 and len(right) == 1:
        outer = "outer product {0}*{1}'"
        if left == right:
            return "dot product {0}'*{1}, element-wise {0} .* {1}, " + outer
        return outer
    if left == right:
        return "element-wise {0} .* {1}, matrix product {0}*{1}' or {0}'*{1}"
    if len(left) == 1 and left[0] == right[0]:
        return "{0}'*{1}"
    if len(left) == 2 and left[0] == right[0]:
        return "{0}'*{1}"
    if len(left) == 2 and len(right) == 2 and left[1] == right[1]:
        return "{0}*{1}'"
    return ""


def _dot(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    left, right = operands
    if not left or not right:
        return left or right
    for position, shape in enumerate(operands):
        if len(shape) != 1 and not is_row(shape):
            message = f"{{0}} {{op}} {{1}} is a dot product, of two vectors; {{{position}}} is "
            raise Misfit(
                "E301",
                message + describe(shape),
                "matrix product {0}*{1}, sum of all products sum({0} .* {1})",
                None,
                "·",
            )
    if not same(left[-1], right[-1]):
        message = f"{{0}} {{op}} {{1}} multiplies vectors of lengths {left[-1]} and {right[-1]}"
        raise Misfit("E301", message, "", None, "·")
    return ()


def _kron(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    left, right = operands
    if not left or not right:
        return left or right
    if len(left) > 2 or len(right) > 2:
        raise Misfit("E301", "{0} {op} {1}: the Kronecker product takes matrices", "", None, "⊗")
    rows = _times(left[0], right[0])
    if len(left) == 1 and len(right) == 1:
        return (rows,)
    columns = [shape[1] if len(shape) == 2 else ONE for shape in operands]
    return (rows, _times(*columns))


def _times(left: Dimension, right: Dimension) -> Dimension:
    if len(left.terms) * len(right.terms) > LONGEST:
        raise Misfit("E502", "the sizes in this product get too long to be written out")
    return left * right


def _matrix_power(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    base, exponent = operands
    if exponent:
        raise Misfit(
            "E303",
            "the exponent {1} of a matrix is " + describe(exponent),
            "entry by entry: {0} .^ {1}",
            None,
            "^",
        )
    if len(base) != 2:
        raise Misfit(
            "E303",
            "{0} is " + describe(base) + ", not a matrix",
            "entry by entry: {0} .^ {1}",
            None,
            "^",
        )
    if not same(base[0], base[1]):
        raise Misfit(
            "E304",
            "{0}^{1} needs a square matrix; {0} is " + sizes(base),
            "entry by entry: {0} .^ {1}",
            None,
            "^",
        )
    return base


def _transpose(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    (shape,) = operands
    if not shape:
        return shape
    if len(shape) == 1:
        return (ONE, shape[0])
    if len(shape) > 2:
        raise Misfit("E305", "{0} is " + describe(shape) + "; only matrices are transposed", "", 0)
    return (shape[1],) if shape[0] == ONE else (shape[1], shape[0])


# Constants


def _scalar(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return ()


def _value(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return value  # type: ignore[no-any-return]


def _eye(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return (value, value)


def _commutation(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    both = _times(value[0], value[1])
    return (both, both)


# Indices


def _scalars(operands: tuple[Shape, ...], what: str) -> None:
    for shape in operands:
        if shape:
            raise Misfit("E305", f"{what} is a number, not {describe(shape)}")


def _index_sum(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    _scalars(operands[:2], "a bound of an index")
    return operands[2]


def _tensor(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    _scalars(operands[:-1], "a bound of an index")
    _scalars(operands[-1:], "an entry of a tensor")
    lengths: Shape = value[1]
    return lengths


def _delta(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    _scalars(operands, "an index")
    return ()


def _subscript(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape = operands[0]
    _scalars(operands[1:], "an index")
    selectors = value
    if is_row(shape) and len(selectors) == 1:
        selectors = ("entry" if selectors[0] == "entry" else "all", *selectors)
    if len(selectors) != len(shape):
        axes = f"{len(shape)} ind{'ex' if len(shape) == 1 else 'ices'}"
        need = f"takes {axes}, not {len(selectors)}" if shape else "has no entries"
        hint = "a row A[i,:], a column A[:,j], an entry A[i,j]" if len(shape) == 2 else ""
        raise Misfit("E307", "{0} is " + f"{describe(shape)} and {need}", hint, 0)
    kept = [
        length if selector == "all" else selector[1]
        for length, selector in zip(shape, selectors, strict=True)
        if selector != "entry"
    ]
    # A row of a matrix stays a row; everywhere else an index takes its axis away.
    if len(shape) == 2 and selectors[0] == "entry" and kept:
        kept.insert(0, ONE)
    return tuple(kept)


def _stack(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    if len(operands) == 1:
        return operands[0]
    for position, cell in enumerate(operands):
        if len(cell) > 2:
            raise Misfit(
                "E302",
                f"{{{position}}} is {describe(cell)}; only scalars, vectors and "
                "matrices are stacked",
                "",
                position,
            )
    cells = [(*shape, ONE, ONE)[:2] for shape in operands]
    height = ZERO
    width: Dimension | None = None
    start = 0
    for length in value:
        row = cells[start : start + length]
        across = ZERO
        for position, (rows, columns) in enumerate(row, start):
            if not same(row[0][0], rows):
                raise Misfit(
                    "E302",
                    f"beside each other, {{{start}}} has {row[0][0]} rows and "
                    f"{{{position}}} has {rows}",
                    "",
                    position,
                )
            across = across + columns
        if width is not None and not same(width, across):
            raise Misfit(
                "E302",
                f"below each other, one row of blocks is {width} wide and the next {across}",
                "",
                start,
            )
        width = width or across
        height = height + row[0][0]
        start += length
    if max(value) == 1 and all(len(shape) < 2 for shape in operands):
        return (height,)
    return (height, width or ONE)


# Functions


def _same(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    return entrywise(operands, same)


def _reduced(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape, axis = operands[0], value[1]
    if axis is None:
        return ()
    _matrix_with_axis(row, axis, shape)
    return (ONE, shape[1]) if axis == 0 else (shape[0],)


def _matrix_with_axis(row: Row, axis: int, shape: Shape) -> None:
    if len(shape) != 2:
        message = f"axis={axis} is said of matrices; {{0}} is {describe(shape)}"
        raise Misfit("E305", message, f"{row.name}({{0}})", 0)


def _softmax(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape, axis = operands[0], value[1]
    if axis is not None:
        _matrix_with_axis(row, axis, shape)
        return shape
    if len(shape) == 1 or is_row(shape):
        return shape
    if len(shape) == 2:
        hint = f"axis=0 down the columns, axis=1 row by row: {row.name}({{0}}, axis=1)"
        raise Misfit("E305", f"{row.name} of a matrix needs its axis", hint, 0)
    raise Misfit("E305", f"{row.name} takes a vector; {{0}} is {describe(shape)}", "", 0)


def _square(row: Row, operands: tuple[Shape, ...], same: Same) -> Dimension:
    shape = operands[0]
    if len(shape) != 2:
        message = f"{row.name} takes a square matrix; {{0}} is {describe(shape)}"
        hint = "sum({0}) adds the entries up; diag({0}) is a matrix of them"
        raise Misfit("E305", message, hint if len(shape) == 1 else "", 0)
    if not same(shape[0], shape[1]):
        raise Misfit("E304", f"{row.name} takes a square matrix; {{0}} is {sizes(shape)}", "", 0)
    return shape[0]


def _diagonal(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape = operands[0]
    if len(shape) == 1 or is_row(shape):
        return (shape[-1], shape[-1])
    if len(shape) != 2:
        takes = f"{row.name} takes a vector or a square matrix"
        raise Misfit("E305", f"{takes}; {{0}} is {describe(shape)}", "", 0)
    return (_square(row, operands, same),)


def _stacked(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape = operands[0]
    if len(shape) == 1:
        return shape
    if len(shape) != 2:
        raise Misfit("E305", f"{row.name} takes a matrix; {{0}} is {describe(shape)}", "", 0)
    return (_times(shape[0], shape[1]),)


def _unstacked(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    shape = operands[0]
    result: Shape = value[1]
    whole = "tensor" if len(result) > 2 else "matrix"
    if len(shape) == 2 and len(result) > 2:
        if not any(all(map(same, shape, _cut(result, at))) for at in unvec_cuts(shape, result)):
            ways = ", ".join(sizes(_cut(result, at)) for at in range(1, len(result)))
            message = f"{{0}} is {describe(shape)}; a {sizes(result)} tensor is unstacked from "
            raise Misfit("E305", f"{message}a matrix of {ways}", "", 0)
        return result
    if len(shape) != 1:
        takes = "a vector or a matrix" if len(result) > 2 else "a vector"
        raise Misfit("E305", f"{row.name} takes {takes}; {{0}} is {describe(shape)}", "", 0)
    (entries,) = _cut(result, 0)[1:]
    if not same(shape[0], entries):
        counted = f"{{0}} has {shape[0]} entries, and a {sizes(result)} {whole} {entries}"
        raise Misfit("E305", counted, "", 0)
    return result


def _cut(shape: Shape, at: int) -> Shape:
    """Return the product of the first dimensions, and of the others."""
    products = [ONE, ONE]
    for position, dimension in enumerate(shape):
        side = int(position >= at)
        products[side] = _times(products[side], dimension)
    return tuple(products)


def unvec_cuts(matrix: Shape, result: Shape) -> list[int]:
    """Return how many of the tensor's axes may be the matrix's rows: one number if that is known.

    Where several cuts fit, the dimensions between them are 1, and all give the same tensor.
    """
    known = [at for at in range(1, len(result)) if _cut(result, at) == matrix]
    return known[:1] or [(len(result) + 1) // 2]


def _turned(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    if len(operands[0]) not in (1, 2):
        message = f"{row.name} takes a vector or a matrix; {{0}} is {describe(operands[0])}"
        raise Misfit("E305", message, "", 0)
    return operands[0]


def _crossed(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    for position, shape in enumerate(operands):
        if len(shape) != 1 or not same(shape[0], THREE):
            raise Misfit(
                "E305",
                f"the cross product takes vectors of length 3; {{{position}}} is {describe(shape)}",
                "",
                position,
            )
    return operands[0]


def _full(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    _of_one_rank(row, operands)
    return tuple(a + b - ONE for a, b in zip(*operands, strict=True))


def _valid(row: Row, value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    _of_one_rank(row, operands)
    lengths = tuple(a - b + ONE for a, b in zip(*operands, strict=True))
    if any(length.value is not None and length.value < 1 for length in lengths):
        raise Misfit(
            "E305",
            f"in {row.name} the kernel {{1}} ({sizes(operands[1])}) is larger "
            f"than {{0}} ({sizes(operands[0])})",
            f"{row.name}_full({{0}}, {{1}})",
            1,
        )
    return lengths


def _of_one_rank(row: Row, operands: tuple[Shape, ...]) -> None:
    rank, what = (1, "vectors") if row.takes == "vector" else (2, "matrices")
    for position, shape in enumerate(operands):
        if len(shape) != rank:
            message = f"{row.name} takes {what}; {{{position}}} is {describe(shape)}"
            raise Misfit("E305", message, "", position)


_GIVES: dict[str, Callable[[Row, Any, tuple[Shape, ...], Same], Shape]] = {
    "same": _same,
    "scalar": _reduced,
    "normalized": _softmax,
    "diagonal": _diagonal,
    "stacked": _stacked,
    "unstacked": _unstacked,
    "turned": _turned,
    "crossed": _crossed,
    "valid": _valid,
    "full": _full,
}


def arities(name: str) -> list[int]:
    """Return how many arguments, and sizes behind them, this takes as typed; [] if unknown."""
    return COUNTS.get(name, [])


def _call(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    row = ROWS.get((value[0], len(operands)))
    if row is None:
        raise wrong_count(value[0], arities(value[0]), len(operands))
    if row.takes == "square":
        _square(row, operands, same)
    return _GIVES[row.gives](row, value, operands, same)


def wrong_count(name: str, counts: list[int], given: int) -> Misfit:
    """Return the error (E306) for a call with the wrong number of arguments."""
    takes = " or ".join(map(str, counts)) or "other"
    plural = "" if counts == [1] else "s"
    usage = " or ".join(f"{name}({', '.join('xyz'[:count])})" for count in counts)
    return Misfit("E306", f"{name} takes {takes} argument{plural}, not {given}", usage)


def _abstract(value: Any, operands: tuple[Shape, ...], same: Same) -> Shape:
    function, orders = value
    if function.elementwise:
        if len(operands) != 1:
            raise wrong_count(function.name, [1], len(operands))
        return operands[0]
    if len(operands) != len(function.parameters):
        raise wrong_count(function.name, [len(function.parameters)], len(operands))
    for position, (given, wanted) in enumerate(zip(operands, function.parameters, strict=True)):
        if len(given) != len(wanted) or not all(map(same, wanted, given)):
            raise Misfit(
                "E305",
                f"{function.name} takes {describe(wanted)}; {{{position}}} is {describe(given)}",
                "",
                position,
            )
    return derivative_shape(function.result, [function.parameters[order] for order in orders])


def derivative_shape(result: Shape, by: list[Shape]) -> Shape:
    """Return the numerator layout's shape of a derivative by variables of these shapes."""
    by = [shape for shape in by if shape]
    if not by:
        return result
    ranks = [len(shape) for shape in by]
    if len(by) == 1 and not result and ranks[0] < 3:
        return (ONE, by[0][0]) if ranks == [1] else (by[0][1], by[0][0])
    if len(by) == 2 and not result and ranks == [1, 1]:
        return (by[0][0], by[1][0])
    for shape in by:
        result = result + shape
    return result


RULES: dict[str, Rule] = {
    **dict.fromkeys(("number", "size", "pi", "index"), _scalar),
    "ones": _value,
    "zeros": _value,
    "eye": _eye,
    "commutation": _commutation,
    "add": _elementwise("+"),
    "negate": _first,
    "multiply": _multiply,
    "hadamard": _elementwise(".*"),
    "divide": _elementwise("./"),
    "dot": _dot,
    "kron": _kron,
    "power": _elementwise(".^"),
    "matrix_power": _matrix_power,
    "transpose": _transpose,
    "compare": _compare,
    "call": _call,
    "abstract": _abstract,
    "index_sum": _index_sum,
    "tensor": _tensor,
    "delta": _delta,
    "subscript": _subscript,
    "stack": _stack,
}
