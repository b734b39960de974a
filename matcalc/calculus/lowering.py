"""From formulas to tensors with named indices.

A formula's value is a tensor whose axes carry labels: 0, 1, ... for the axes of its shape
(an axis of length 1 carries nothing and has none), and a `Running` index for every index
of an enclosing sum that it depends on. Rows and columns are told apart by the label alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from matcalc.calculus.matrices import (
    indexed_power,
    integer_exponent,
    matrix_function,
    matrix_power,
)
from matcalc.calculus.products import product
from matcalc.calculus.sums import Term, add, apply
from matcalc.calculus.tensors import (
    PI,
    Label,
    Labels,
    Operand,
    Tensor,
    constant,
    constant_value,
    delta,
    leaf,
    make,
    select,
    size_tensor,
)
from matcalc.calculus.work import Factor
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension, entries, integer
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, unvec_cuts
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder, run

_one = Fraction(1)


class Running(NamedTuple):
    """The label of an index that runs from `low` over `length` values."""

    name: str
    low: Dimension
    length: Dimension


class Indexed(NamedTuple):
    """A tensor and the label of each of its axes."""

    tensor: Tensor
    labels: Labels

    @property
    def sizes(self) -> dict[Label, Dimension]:
        return dict(zip(self.labels, self.tensor.shape, strict=True))


Scope = Mapping[str, Running]
Bindings = Mapping[Expression, Indexed]
Task = Generator[Any, Any, Indexed]


def lower(expression: Expression, bindings: Bindings | None = None) -> Indexed:
    """Return the formula's value; `bindings` gives the values of variables bound to tensors."""
    return run(_Lowering(expression, bindings or {}).task(expression, {}))


def tensor_of(expression: Expression, bindings: Bindings | None = None) -> Tensor:
    """Return the formula's value with its axes in the order of its shape."""
    value = lower(expression, bindings)
    return _positional(value, axes_of(expression.shape))


def axes_of(shape: Shape) -> Labels:
    """Return the labels of a shape: its axes that are not of length 1."""
    return tuple([axis for axis, dimension in enumerate(shape) if dimension != ONE])


class _Lowering:
    """One formula's lowering: results so far, and which running indices each node needs."""

    def __init__(self, root: Expression, bindings: Bindings) -> None:
        self.results: dict[tuple[Expression, tuple[Running, ...]], Indexed] = {}
        self.bindings = bindings
        self.free = free_indices(postorder([root], lambda n: n.arguments))

    def task(self, node: Expression, scope: Scope) -> Task:
        bound = self.bindings.get(node)
        if bound is not None:
            return bound
        key = (node, tuple([scope[name] for name in sorted(self.free[node])]))
        result = self.results.get(key)
        if result is None:
            if node.head in _BINDERS:
                result = yield _BINDERS[node.head](self, node, scope)
            else:
                children = []
                for child in node.arguments:
                    children.append((yield self.task(child, scope)))
                if node.head == "index":
                    running = scope[node.value]
                    result = Indexed(leaf("count", running.low, running.length), (running,))
                else:
                    result = _HEADS[node.head](node, *children)
            self.results[key] = result
        return result


# --- running indices --------------------------------------------------------------------------


def _running(name: str, low: Expression, high: Expression) -> Running:
    start = dimension_of(low)
    return Running(name, start, dimension_of(high) - start + ONE)


def dimension_of(expression: Expression) -> Dimension:
    """Return a number or size as a dimension; raise E307 for anything else."""
    if expression.head == "number" and expression.value.denominator == 1:
        return integer(int(expression.value))
    if expression.head == "size":
        return expression.value  # type: ignore[no-any-return]
    if expression.head in ("add", "multiply"):
        parts = [dimension_of(part) for part in expression.arguments]
        total = parts[0]
        for part in parts[1:]:
            total = total + part if expression.head == "add" else total * part
        return total
    if expression.head == "negate":
        return -dimension_of(expression.arguments[0])
    raise MatcalcError("E307", "the bounds of an index are integers or dimensions")


def _index_sum(lowering: _Lowering, node: Expression, scope: Scope) -> Task:
    low, high, body = node.arguments
    running = _running(node.value, low, high)
    value = yield lowering.task(body, {**scope, node.value: running})
    out = tuple([label for label in value.labels if label != running])
    tensor = product([(*value, _one)], out, {running: running.length})
    return Indexed(tensor, out)


def _tensor(lowering: _Lowering, node: Expression, scope: Scope) -> Task:
    names, _ = node.value
    inner = dict(scope)
    labels: list[Running] = []
    for k, name in enumerate(names):
        running = _running(name, node.arguments[2 * k], node.arguments[2 * k + 1])
        inner[name] = running
        labels.append(running)
    value = yield lowering.task(node.arguments[-1], inner)
    kept = [(axis, label) for axis, label in enumerate(labels) if label.length != ONE]
    others = tuple([label for label in value.labels if label not in labels])
    sizes = {label: label.length for label in labels}
    out = tuple([label for _, label in kept]) + others
    tensor = product([(*value, _one)], out, sizes)
    return Indexed(tensor, tuple([axis for axis, _ in kept]) + others)


_BINDERS = {"index_sum": _index_sum, "tensor": _tensor}


# --- helpers ----------------------------------------------------------------------------------


def _outer_labels(*values: Indexed) -> tuple[Labels, dict[Label, Dimension]]:
    """Return the union of the labels, own axes first, and their sizes."""
    sizes: dict[Label, Dimension] = {}
    for value in values:
        sizes.update(value.sizes)
    own = sorted(label for label in sizes if isinstance(label, int))
    running = sorted((label for label in sizes if not isinstance(label, int)), key=repr)
    return (*own, *running), sizes


def _entrywise(
    build: Callable[[Labels, dict[Label, Dimension]], Tensor], *values: Indexed
) -> Indexed:
    out, sizes = _outer_labels(*values)
    return Indexed(build(out, sizes), out)


def _relabel(value: Indexed, mapping: Mapping[Label, Label]) -> Indexed:
    return Indexed(value.tensor, tuple([mapping.get(label, label) for label in value.labels]))


def _einsum(factors: list[Factor], out: Labels) -> Indexed:
    return Indexed(product(factors, out), out)


def _running_of(value: Indexed) -> Labels:
    return tuple([label for label in value.labels if not isinstance(label, int)])


def _positional(value: Indexed, own: Labels, batch: Labels = ()) -> Tensor:
    """Return the tensor with its axes in the order own, batch; broadcast where one is missing."""
    order = (*own, *batch)
    if value.labels == order:
        return value.tensor
    return product([(*value, _one)], order, {x: x.length for x in batch})


# --- leaves -----------------------------------------------------------------------------------


def _number(node: Expression) -> Indexed:
    return Indexed(constant(node.value), ())


def _size(node: Expression) -> Indexed:
    return Indexed(size_tensor(node.value), ())


def _pi(node: Expression) -> Indexed:
    return Indexed(PI, ())


def _variable(node: Expression) -> Indexed:
    labels = axes_of(node.shape)
    return Indexed(leaf("variable", node.value, *[node.shape[axis] for axis in labels]), labels)


def _filled(value: int) -> Callable[[Expression], Indexed]:
    def lowered(node: Expression) -> Indexed:
        labels = axes_of(node.shape)
        return Indexed(constant(value, tuple([node.shape[axis] for axis in labels])), labels)

    return lowered


def _eye(node: Expression) -> Indexed:
    if node.value == ONE:
        return Indexed(constant(1), ())
    return Indexed(delta(node.value), (0, 1))


def _commutation(node: Expression) -> Indexed:
    m, n = node.value
    if ONE in (m, n):
        return Indexed(delta(m * n), (0, 1)) if m != n else Indexed(constant(1), ())
    taller, wider = leaf("fuse", None, m * n, m, n), leaf("fuse", None, m * n, n, m)
    return _einsum([(taller, (0, "i", "j"), _one), (wider, (1, "j", "i"), _one)], (0, 1))


# --- entry by entry ---------------------------------------------------------------------------


def _add(node: Expression, *terms: Indexed) -> Indexed:
    return _entrywise(lambda out, sizes: add([(*term, _one) for term in terms], out, sizes), *terms)


def _negate(node: Expression, value: Indexed) -> Indexed:
    return Indexed(product([(*value, _one)], value.labels, None, -1), value.labels)


def _hadamard(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    return _entrywise(lambda out, sizes: product([(*a, _one), (*b, _one)], out, sizes), a, b)


def _divide(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    return _entrywise(lambda out, sizes: product([(*a, _one), (*b, -_one)], out, sizes), a, b)


def _power(node: Expression, base: Indexed, exponent: Indexed) -> Indexed:
    value = constant_value(exponent.tensor)
    if value is not None:
        return _entrywise(lambda out, sizes: product([(*base, value)], out, sizes), base, exponent)
    return _entrywise(
        lambda out, sizes: apply("power", [base, exponent], out, sizes), base, exponent
    )


def _compare(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    return _entrywise(lambda out, sizes: apply(node.value, [a, b], out, sizes), a, b)


def _abstract(node: Expression, *arguments: Indexed) -> Indexed:
    function = node.value.function
    if function.elementwise:
        return _entrywise(lambda out, sizes: apply(node.value, arguments, out, sizes), *arguments)
    batch = tuple(sorted({x for value in arguments for x in _running_of(value)}, key=repr))
    operands = []
    for value, shape in zip(arguments, function.parameters, strict=True):
        own = axes_of(shape)
        # a row given for a vector, or a vector for a row, is the same tensor
        given = sorted(label for label in value.labels if isinstance(label, int))
        value = _relabel(value, dict(zip(given, own, strict=True)))
        tensor = _positional(value, own, batch)
        operands.append(Operand(tensor, tuple(range(len(tensor.shape)))))
    axes = result_axes(node.value)
    shape = (*axes, *[label.length for label in batch])
    tensor = make("call", (node.value, len(batch)), operands, shape)
    labels = _abstract_labels(node)
    return Indexed(tensor, (*labels, *batch))


def result_axes(application: Any) -> Shape:
    """Return the axes of an abstract function's derivative: its result's, then its arguments'."""
    function = application.function
    shapes = [function.result, *[function.parameters[k] for k in application.orders]]
    return tuple([d for shape in shapes for d in shape if d != ONE])


def _abstract_labels(node: Expression) -> Labels:
    """Place the axes (result, argument, ...) in the numerator layout's shape."""
    function, orders = node.value
    by = [function.parameters[k] for k in orders if function.parameters[k]]
    if function.result or len(by) != 1 or len(by[0]) > 2:
        return axes_of(node.shape)
    # of a scalar by a vector it is a row, by a matrix transposed
    places = (1,) if len(by[0]) == 1 else (1, 0)
    return tuple([k for k, length in zip(places, by[0], strict=True) if length != ONE])


# --- products ---------------------------------------------------------------------------------


def _transpose(node: Expression, value: Indexed) -> Indexed:
    return _relabel(value, {0: 1, 1: 0})


def _multiply(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    left, right = (argument.shape for argument in node.arguments)
    if not left or not right:
        return _hadamard(node, a, b)
    inner = left[1] if len(left) == 2 else ONE
    if inner == ONE:
        # column times row; a 1 x 1 left operand leaves the right one as it is
        return _hadamard(node, a, b)
    a = _relabel(a, {1: "inner"})
    b = _relabel(b, {0: "inner", 1: 1})
    out, _ = _outer_labels(a, b)
    out = tuple([label for label in out if label != "inner"])
    return _einsum([(*a, _one), (*b, _one)], out)


def _dot(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    if not node.arguments[0].shape or not node.arguments[1].shape:
        return _hadamard(node, a, b)
    return _summed_pair(a, b)


def _summed_pair(a: Indexed, b: Indexed) -> Indexed:
    a, b = _relabel(a, {1: 0}), _relabel(b, {1: 0})
    out = tuple([label for label in _outer_labels(a, b)[0] if label != 0])
    return _einsum([(*a, _one), (*b, _one)], out)


def _kron(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    if not node.arguments[0].shape or not node.arguments[1].shape:
        return _hadamard(node, a, b)
    left, right = ((*argument.shape, ONE)[:2] for argument in node.arguments)
    factors: list[Factor] = []
    out: list[Label] = []
    maps: tuple[dict[Label, Label], dict[Label, Label]] = ({}, {})
    for axis in (0, 1):
        p, q = left[axis], right[axis]
        if ONE not in (p, q):
            maps[0][axis], maps[1][axis] = ("outer", axis), ("inner", axis)
            names = (axis, ("outer", axis), ("inner", axis))
            factors.append((leaf("fuse", None, p * q, p, q), names, _one))
        if p * q != ONE:
            out.append(axis)
    labels = (*out, *dict.fromkeys(_running_of(a) + _running_of(b)))
    a, b = _relabel(a, maps[0]), _relabel(b, maps[1])
    return _einsum([(*a, _one), (*b, _one), *factors], labels)


def _matrix_power(node: Expression, base: Indexed, exponent: Indexed) -> Indexed:
    if 0 not in base.labels:
        return _power(node, base, exponent)
    batch = _running_of(base)
    tensor = _positional(base, (0, 1), batch)
    value = integer_exponent(exponent.tensor)
    if value is not None:
        return Indexed(matrix_power(tensor, value), (0, 1, *batch))
    if not exponent.labels:
        return Indexed(matrix_power(tensor, exponent.tensor), (0, 1, *batch))
    if batch:
        raise MatcalcError("E303", "a matrix that depends on an index has a constant power only")
    return Indexed(indexed_power(tensor, exponent.tensor), (0, 1, *exponent.labels))


# --- entries, slices, blocks ------------------------------------------------------------------


def _subscript(node: Expression, value: Indexed, *indices: Indexed) -> Indexed:
    shape = node.arguments[0].shape
    selectors = node.value
    if len(shape) == 2 and len(selectors) == 1:  # x'[i]: one index of a row
        shape, value = shape[1:], _relabel(value, {1: 0})
    factors: list[Factor] = [(*_relabel(value, {a: ("of", a) for a in range(len(shape))}), _one)]
    given = iter(zip(indices, node.arguments[1:], strict=True))
    result = _subscript_axes(node, selectors)
    out: list[Label] = []
    for axis, selector in enumerate(selectors):
        length, label = shape[axis], ("of", axis)
        if selector == "entry":
            index, text = next(given)
            if length != ONE:
                factors.append(_entry_factor(length, label, index, text))
        elif selector == "all":
            if length != ONE:
                factors = _rename(factors, label, result[axis])
                out.append(result[axis])
        else:
            (_, low), _ = next(given), next(given)
            short = selector[1]
            chosen = select(length, short, dimension_of(low) - ONE)
            if short == ONE:
                unit = leaf("unit", dimension_of(low) - ONE, length)
                factors.append((unit, (label,), _one))
            elif chosen.kind == "delta":
                factors = _rename(factors, label, result[axis])
                out.append(result[axis])
            else:
                factors.append((chosen, (label, result[axis]), _one))
                out.append(result[axis])
    running = {x for _, labels, _ in factors for x in labels if isinstance(x, Running)}
    return _einsum(factors, (*out, *sorted(running, key=repr)))


def _subscript_axes(node: Expression, selectors: tuple[Any, ...]) -> list[int]:
    """Return the place of each kept axis in the result's shape; X[i,:] stays a row."""
    if len(selectors) == 2:
        if selectors[1] == "entry":
            return [0, 0]
        return [0, 1]
    if len(node.arguments[0].shape) == 2 and len(selectors) == 1:
        return [1]
    places = []
    place = 0
    for selector in selectors:
        places.append(place)
        place += selector != "entry"
    return places


def _rename(factors: list[Factor], old: Label, new: Label) -> list[Factor]:
    return [(t, tuple([new if x == old else x for x in labels]), e) for t, labels, e in factors]


def _entry_factor(length: Dimension, label: Label, index: Indexed, text: Expression) -> Factor:
    """Return the 0-1 factor that picks the entry an index formula names."""
    if not index.labels:
        return (leaf("unit", dimension_of(text) - ONE, length), (label,), _one)
    shift = _shift_of(text)
    if shift is not None and len(index.labels) == 1:
        (running,) = index.labels
        offset = running.low + shift - ONE
        if running.length == ONE:
            return (leaf("unit", offset, length), (label,), _one)
        return (select(length, running.length, offset), (label, running), _one)
    places = leaf("count", ONE, length)
    sizes = {label: length, **index.sizes}
    out = tuple(sizes)
    equal = apply("==", [(places, (label,)), index], out, sizes)
    return (equal, out, _one)


def _shift_of(index: Expression) -> Dimension | None:
    """Return c of an index formula i + c, or None."""
    if index.head == "index":
        return integer(0)
    if index.head != "add":
        return None
    names = [part for part in index.arguments if part.head == "index"]
    try:
        others = [dimension_of(part) for part in index.arguments if part.head != "index"]
    except MatcalcError:
        return None
    if len(names) != 1:
        return None
    total = integer(0)
    for other in others:
        total = total + other
    return total


def _delta(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    first, second = node.arguments
    if first.head == second.head == "index" and a.labels != b.labels:
        (i,), (j,) = a.labels, b.labels
        if i.low == j.low and i.length == j.length:
            return Indexed(delta(i.length), (i, j))
    return _entrywise(lambda out, sizes: apply("==", [a, b], out, sizes), a, b)


def _stack(node: Expression, *cells: Indexed) -> Indexed:
    rows = node.value
    height, width = (*node.shape, ONE)[:2]
    terms: list[tuple[Tensor, Labels, Fraction]] = []
    sizes = {axis: node.shape[axis] for axis in axes_of(node.shape)}
    out: Labels = tuple(sizes)
    position = iter(zip(cells, node.arguments, strict=True))
    top = integer(0)
    for length in rows:
        left = integer(0)
        tall = ONE
        for _ in range(length):
            cell, source = next(position)
            tall, wide = (*source.shape, ONE, ONE)[:2]
            if len(source.shape) == 1 and len(node.shape) == 2 and rows == (len(node.arguments),):
                tall, wide = source.shape[0], ONE
            factors: list[Factor] = []
            names: dict[Label, Label] = {}
            for axis, (big, small, at) in enumerate(((height, tall, top), (width, wide, left))):
                if axis not in sizes:
                    continue
                if small == ONE:
                    factors.append((leaf("unit", at, big), (axis,), _one))
                elif small != big:
                    names[axis] = ("cell", axis)
                    factors.append((select(big, small, at), (axis, ("cell", axis)), _one))
            renamed = _relabel(cell, names)
            labels = (*out, *_running_of(cell))
            broadcast = {**sizes, **{("cell", a): d for a, d in ((0, tall), (1, wide))
                                     if ("cell", a) in names.values()}}  # fmt: skip
            tensor = product([(*renamed, _one), *factors], labels, broadcast)
            terms.append((tensor, labels, _one))
            left = left + wide
        top = top + tall
    running = sorted({x for _, labels, _ in terms for x in labels if x not in sizes}, key=repr)
    out = (*out, *running)
    return Indexed(add(terms, out, {**sizes, **{x: x.length for x in running}}), out)


# --- functions of the table -------------------------------------------------------------------


def _call(node: Expression, *arguments: Indexed) -> Indexed:
    name, axis = node.value[0], node.value[1]
    row = ROWS[name, len(arguments)]
    if row.derivatives:
        return _entrywise(lambda out, sizes: apply(name, arguments, out, sizes), *arguments)
    if row.differential and row.takes == "square":
        return _matrix_call(row, arguments[0])
    if row.differential:
        return _reduce(name, arguments[0], axis)
    if row.definition:
        return defined(row, tuple([a.shape for a in node.arguments]), arguments)
    return _FUNCTIONS[name](node, *arguments)


def defined(row: Row, shapes: tuple[Shape, ...], arguments: tuple[Indexed, ...]) -> Indexed:
    """Return what a function is by its definition, of arguments of these shapes."""
    from matcalc.calculus.templates import definition

    formula = definition(row.name, shapes)
    if row.parameters[0].isupper():
        return of_parameters(formula, row.parameters, arguments)
    return by_entries(formula, row.parameters, arguments)


@lru_cache(maxsize=256)
def written_out(node: Tensor) -> Tensor:
    """Return a matrix function by its definition; what has none stays as it is."""
    row = ROWS[node.value, 1] if node.kind == "matrix" else None
    if row is None or not row.definition:
        return node
    (operand,) = node.operands
    batch = tuple([_Axis(k) for k in range(len(operand.labels) - 2)])
    value = defined(row, (operand.tensor.shape[:2],), (Indexed(operand.tensor, (0, 1, *batch)),))
    own = (0, 1) if row.gives == "same" else ()
    return _positional_any(value, (*own, *batch))


class _Axis(NamedTuple):
    """A label that a formula in scalars does not know, of an axis of what it is applied to."""

    label: Label


def by_entries(
    formula: Expression, parameters: tuple[str, ...], arguments: tuple[Indexed, ...]
) -> Indexed:
    """Return a formula in scalars, entry by entry: the axes ride along as unknown labels."""
    riding = [Indexed(t, tuple([_Axis(x) for x in labels])) for t, labels in arguments]
    value = of_parameters(formula, parameters, tuple(riding))
    return Indexed(value.tensor, tuple([x.label for x in value.labels]))


def of_parameters(
    formula: Expression, parameters: tuple[str, ...], arguments: tuple[Indexed, ...]
) -> Indexed:
    """Return a formula of the table, of these values."""
    values = dict(zip(parameters, arguments, strict=True))
    variables = [n for n in postorder([formula], lambda n: n.arguments) if n.head == "variable"]
    return lower(formula, {v: values[v.value.name] for v in variables})


def _matrix_call(row: Row, value: Indexed) -> Indexed:
    from matcalc.calculus.templates import of_one_entry

    batch = _running_of(value)
    if 0 not in value.labels:
        return of_parameters(of_one_entry(row.name), ("x",), (value,))
    matrix = matrix_function(row.name, _positional(value, (0, 1), batch))
    return Indexed(matrix, (*((0, 1) if row.gives == "same" else ()), *batch))


def _reduced(value: Indexed, axis: int | None) -> tuple[Labels, Labels]:
    """Return the labels that stay and those that a reduction takes away."""
    gone = tuple([x for x in value.labels if isinstance(x, int) and axis in (None, x)])
    return tuple([x for x in value.labels if x not in gone]), gone


def _reduce(name: str, value: Indexed, axis: int | None) -> Indexed:
    kept, gone = _reduced(value, axis)
    if not gone:
        return value
    return Indexed(reduction(name, value, kept, gone), kept)


def reduction(name: str, value: Indexed, kept: Labels, gone: Labels) -> Tensor:
    """Return the reduction node over the labels `gone`, with the axes `kept`."""
    tensor = _positional_any(value, (*kept, *gone))
    sizes = value.sizes
    labels = tuple(range(len(tensor.shape)))
    shape = tuple([sizes[label] for label in kept])
    dims = tuple([sizes[label] for label in gone])
    return make("reduce", (name, dims), [Operand(tensor, labels)], shape)


def _positional_any(value: Indexed, order: Labels) -> Tensor:
    return value.tensor if value.labels == order else product([(*value, _one)], order)


def _sum(node: Expression, value: Indexed) -> Indexed:
    kept, _ = _reduced(value, node.value[1])
    return Indexed(product([(*value, _one)], kept), kept)


def _mean(node: Expression, value: Indexed) -> Indexed:
    kept, gone = _reduced(value, node.value[1])
    sizes = value.sizes
    counts: list[Factor] = [(size_tensor(sizes[label]), (), -_one) for label in gone]
    return Indexed(product([(*value, _one), *counts], kept), kept)


def _log_softmax(node: Expression, value: Indexed) -> Indexed:
    kept, gone = _reduced(value, node.value[1])
    if not gone:
        return Indexed(constant(0, value.tensor.shape), value.labels)
    normalizer = reduction("logsumexp", value, kept, gone)
    terms = [(*value, _one), (normalizer, kept, -_one)]
    return Indexed(add(terms, value.labels, value.sizes), value.labels)


def _softmax(node: Expression, value: Indexed) -> Indexed:
    inner = _log_softmax(node, value)
    return _entrywise(lambda out, sizes: apply("exp", [inner], out, sizes), inner)


def _trace(node: Expression, value: Indexed) -> Indexed:
    out = _running_of(value)
    return _einsum([(value.tensor, _relabel(value, {1: 0}).labels, _one)], out)


def _diag(node: Expression, value: Indexed) -> Indexed:
    shape = node.arguments[0].shape
    batch = _running_of(value)
    if len(shape) == 2 and shape[0] == shape[1]:
        if shape[0] == ONE:
            return value
        return _einsum([(value.tensor, _relabel(value, {1: 0}).labels, _one)], (0, *batch))
    vector = _relabel(value, {1: 0})
    if 0 not in vector.labels:
        return vector
    n = vector.sizes[0]
    return _einsum([(*vector, _one), (delta(n), (0, 1), _one)], (0, 1, *batch))


def _vec(node: Expression, value: Indexed) -> Indexed:
    m, n = (*node.arguments[0].shape, ONE)[:2]
    if ONE in (m, n):
        return _relabel(value, {1: 0})
    fuse = (leaf("fuse", None, n * m, n, m), (0, "column", "row"), _one)
    named = _relabel(value, {0: "row", 1: "column"})
    return _einsum([(*named, _one), fuse], (0, *_running_of(value)))


def _unvec(node: Expression, value: Indexed) -> Indexed:
    result, given = node.shape, node.arguments[0].shape
    cut = unvec_cuts(given, result)[0] if len(given) == 2 else len(result)
    own = axes_of(result)
    groups = [[axis for axis in own if axis < cut], [axis for axis in own if axis >= cut]]
    names: dict[Label, Label] = {}
    factors: list[Factor] = []
    for side, group in enumerate(groups):
        label: Label = ("stacked", side)
        names[side] = label if len(group) > 1 else next(iter(group), label)
        while len(group) > 1:  # the last axis runs slowest
            rest: Label = (label, len(group)) if len(group) > 2 else group[0]
            length = entries([result[axis] for axis in group[:-1]])
            slow = result[group[-1]]
            fuse = leaf("fuse", None, slow * length, slow, length)
            factors.append((fuse, (label, group[-1], rest), _one))
            label, group = rest, group[:-1]
    out = (*own, *_running_of(value))
    parts: list[Term] = [(*value, _one)]
    if value.tensor.kind == "sum" and all(
        len(o.labels) == len(value.labels) for o in value.tensor.operands
    ):  # term by term, so that what Kronecker products have fused comes apart again
        parts = [
            (t, tuple([value.labels[k] for k in axes]), w) for t, axes, w in value.tensor.operands
        ]
    terms: list[Term] = []
    sizes: dict[Label, Dimension] = {}
    for tensor, labels, weight in parts:
        part = _einsum([(*_relabel(Indexed(tensor, labels), names), _one), *factors], out)
        sizes.update(part.sizes)
        terms.append((*part, weight))
    return Indexed(add(terms, out, sizes), out)


def _cross(node: Expression, a: Indexed, b: Indexed) -> Indexed:
    three = integer(3)
    sign = (leaf("levi_civita", None, three, three, three), ("k", "i", "j"), _one)
    own = 1 if node.shape[0] == ONE else 0
    batch = tuple(dict.fromkeys(_running_of(a) + _running_of(b)))
    a, b = _relabel(a, {0: "i", 1: "i"}), _relabel(b, {0: "j", 1: "j"})
    result = _einsum([(*a, _one), (*b, _one), sign], ("k", *batch))
    return _relabel(result, {"k": own})


def _flip(node: Expression, value: Indexed) -> Indexed:
    factors: list[Factor] = [(*_relabel(value, {0: "0", 1: "1"}), _one)]
    for label, dimension in value.sizes.items():
        if isinstance(label, int):
            factors.append((leaf("flip", None, dimension, dimension), (label, str(label)), _one))
    return _einsum(factors, value.labels)


def _convolution(full: bool) -> Callable[..., Indexed]:
    def lowered(node: Expression, x: Indexed, k: Indexed) -> Indexed:
        factors: list[Factor] = []
        names: tuple[dict[Label, Label], dict[Label, Label]] = ({}, {})
        out: list[Label] = []
        signal, kernel = (argument.shape for argument in node.arguments)
        for axis in range(len(signal)):
            n, m, length = signal[axis], kernel[axis], node.shape[axis]
            if length == ONE:  # one entry: an inner product along this axis
                names[0][axis] = names[1][axis] = ("inner", axis)
                continue
            if ONE in (n, m):  # a signal or kernel of one entry scales the other
                out.append(axis)
                if full and n == ONE:
                    names[1][axis] = ("kernel", axis)
                    factors.append((leaf("flip", None, m, m), (("kernel", axis), axis), _one))
                continue
            names[0][axis], names[1][axis] = ("signal", axis), ("kernel", axis)
            if full:  # where conv(y, flip(k)) puts a signal y back
                turned = ("turned", axis)
                factors.append((leaf("flip", None, m, m), (turned, ("kernel", axis)), _one))
                shift = leaf("shift", None, length, n, m)
                factors.append((shift, (axis, ("signal", axis), turned), _one))
            else:
                shift = leaf("shift", None, n, length, m)
                factors.append((shift, (("signal", axis), axis, ("kernel", axis)), _one))
            out.append(axis)
        labels = (*out, *dict.fromkeys(_running_of(x) + _running_of(k)))
        x, k = _relabel(x, names[0]), _relabel(k, names[1])
        return _einsum([(*x, _one), (*k, _one), *factors], labels)

    return lowered


_FUNCTIONS: dict[str, Callable[..., Indexed]] = {
    "sum": _sum,
    "mean": _mean,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "tr": _trace,
    "diag": _diag,
    "vec": _vec,
    "unvec": _unvec,
    "cross": _cross,
    "flip": _flip,
    "conv": _convolution(full=False),
    "conv2d": _convolution(full=False),
    "conv_full": _convolution(full=True),
    "conv2d_full": _convolution(full=True),
}

_HEADS: dict[str, Callable[..., Indexed]] = {
    "number": _number,
    "size": _size,
    "pi": _pi,
    "variable": _variable,
    "ones": _filled(1),
    "zeros": _filled(0),
    "eye": _eye,
    "commutation": _commutation,
    "add": _add,
    "negate": _negate,
    "multiply": _multiply,
    "hadamard": _hadamard,
    "divide": _divide,
    "dot": _dot,
    "kron": _kron,
    "power": _power,
    "matrix_power": _matrix_power,
    "transpose": _transpose,
    "compare": _compare,
    "call": _call,
    "abstract": _abstract,
    "subscript": _subscript,
    "delta": _delta,
    "stack": _stack,
}

__all__ = ["Indexed", "Running", "axes_of", "dimension_of", "lower"]
