"""The value of a formula, as an array of the formula's shape."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import nullcontext
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.calculus.templates import opened
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.names import BINDERS, bound_names, free_indices, function_name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe, is_row
from matcalc.expressions.traversal import postorder, run
from matcalc.limits import bounded, limit
from matcalc.programs.axes import (
    Names,
    TooLarge,
    aligned,
    by_entries,
    check_size,
    contracted,
    gathered,
    halves,
    spread,
    whole_numbers,
)
from matcalc.programs.backends import NUMPY, Backend
from matcalc.programs.logarithms import by_logarithms
from matcalc.programs.reassociation import reassociated
from matcalc.programs.sizes import array_shape, dimension_value, read_sizes

LARGEST_POWER = 10**9
"""Matrix powers beyond this are refused."""


class Run(NamedTuple):
    """One evaluation: what is given, and what is known so far.

    `indices` has the values of the indices that run, outer ones first. A value has an axis
    for each of these that its formula contains, in this order, and then the formula's own;
    `values` is emptied of what depends on an index when it begins to run.
    """

    backend: Backend
    sizes: Mapping[str, int]
    arrays: Mapping[str, Any]
    functions: Mapping[str, Any]
    free: Mapping[Expression, frozenset[str]]
    values: dict[Expression, Any]
    indices: dict[str, range]

    def names(self, node: Expression) -> Names:
        """Return the running indices in a formula, outer ones first."""
        free = self.free[node]
        return tuple([name for name in self.indices if name in free]) if free else ()

    def lengths(self, names: Names) -> list[int]:
        """Return how many values these indices have."""
        return [len(self.indices[name]) for name in names]


def evaluate(
    expression: Expression,
    values: Mapping[str, Any],
    sizes: Mapping[str, int] = {},
    backend: Backend = NUMPY,
) -> Any:
    """Return the value: a vector has shape (n,), a row (1, n), a scalar ().

    `values` has an array for every variable and a callable for every abstract function, by
    its name as printed ("f", "f'"). Dimensions are read off the arrays; those that the
    arrays leave open are looked for in `sizes` and among the `values`.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import make, variable
    >>> x = variable("x", (name("n"),))
    >>> float(evaluate(make("dot", (x, x)), {"x": [1, 2, 3]}))
    14.0
    """
    expression = reassociated(*opened([expression], _CALLS))
    order = postorder([expression], lambda node: node.arguments)
    variables = [node for node in order if node.head == "variable"]
    arrays = {node.value.name: _array(node, values, backend) for node in variables}
    given = _given_sizes(order, arrays, values, sizes)
    if backend is NUMPY and not any(array.dtype.kind == "c" for array in arrays.values()):
        (expression,) = by_logarithms([expression])
        order = postorder([expression], lambda node: node.arguments)
    known = read_sizes([(node, arrays[node.value.name]) for node in variables], given)
    state = Run(backend, known, arrays, values, free_indices(order), {}, {})
    with _quiet(backend):
        return run(_value(expression, state))


def _array(node: Expression, values: Mapping[str, Any], backend: Backend) -> Any:
    name = node.value.name
    if name not in values:
        raise MatcalcError(
            "E402", f"there is no value for {name}, {describe(node.shape)}", hint=f"give {name}=…"
        )
    try:
        return backend.array(values[name])
    except MatcalcError as error:
        raise MatcalcError(error.code, f"the value of {name} is {error.message}") from None


def _given_sizes(
    order: list[Expression],
    arrays: Mapping[str, Any],
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> dict[str, int]:
    """Return the sizes that are given by name; other names are ignored."""
    names = {name for node in order for part in node.shape for name in part.names}
    names.update(name for node in order if node.head == "size" for name in node.value.names)
    given = {name: values[name] for name in sorted(names) if name in values and name not in arrays}
    given.update((name, sizes[name]) for name in sorted(names) if name in sizes)
    return {name: _whole_size(name, value) for name, value in given.items()}


def _whole_size(name: str, value: Any) -> int:
    try:
        whole = int(value)
        fits = whole == value and whole > 0
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise MatcalcError("E305", f"the size {name} is a positive whole number")
    return whole


def _quiet(backend: Backend) -> Any:
    """Keep NumPy from warning of the branch that a `where` does not choose."""
    if backend.name != "numpy":
        return nullcontext()
    import numpy as np

    return np.errstate(all="ignore")


# The walk


def _value(root: Expression, state: Run) -> Generator[Any, Any, Any]:
    """Compute the node after its operands; sums and tensors compute their bodies themselves."""
    values = state.values
    for node in postorder([root], lambda node: _operands(node, values)):
        if node in values:
            continue
        if node.head in BINDERS:
            values[node] = state.backend.box((yield _run_indices(node, state)))
        else:
            values[node] = state.backend.box(_apply(node, state))
    return values[root]


def _operands(node: Expression, values: Mapping[Expression, Any]) -> tuple[Expression, ...]:
    if node in values:
        return ()
    return node.arguments[:-1] if node.head in BINDERS else node.arguments


def _apply(node: Expression, state: Run) -> Any:
    """Apply the rule of a head, along the indices that run in the node."""
    operands = [state.values[argument] for argument in node.arguments]
    rule = _RULES[node.head]
    if not state.free[node] or node.head == "index":
        return rule(node, operands, state)
    names = state.names(node)
    lengths = state.lengths(names)
    if node.head == "subscript" and "range" not in map(_selector, node.value):
        return _entries(node, names, state)
    if _is_entrywise(node):
        check_size(lengths, array_shape(node.shape, state.sizes))
        owns = [state.names(argument) for argument in node.arguments]
        pairs = zip(operands, owns, strict=True)
        return rule(node, [aligned(a, own, names, len(node.shape)) for a, own in pairs], state)
    batches = [(state.values[argument], state.names(argument)) for argument in node.arguments]
    return by_entries(
        lambda parts: state.backend.box(rule(node, list(map(state.backend.box, parts)), state)),
        batches, names, lengths,
    )  # fmt: skip


_ENTRYWISE = frozenset(("add", "negate", "hadamard", "divide", "power", "compare", "delta"))


def _is_entrywise(node: Expression) -> bool:
    if node.head == "call":
        return (node.value[0], len(node.arguments)) not in _CALLS
    if node.head in ("multiply", "dot", "kron"):
        return not all(argument.shape for argument in node.arguments)
    return node.head in _ENTRYWISE


# Running indices


def _run_indices(node: Expression, state: Run) -> Generator[Any, Any, Any]:
    """Add the body up, or list it, for the values of the indices: at once or in parts."""
    names, body = _nested_sums(node) if node.head == "index_sum" else (bound_names(node), node)
    body = body.arguments[-1] if node.head == "tensor" else body
    ranges = yield _ranges(node, names, state)
    if not all(ranges):
        shape = array_shape(node.shape, state.sizes)
        return _filled_with(0, (*state.lengths(state.names(node)), *shape), state)
    return (yield _in_parts(node, names, ranges, body, state))


def _nested_sums(node: Expression) -> tuple[Names, Expression]:
    """Return the indices of sums in sums, and what is summed."""
    names: list[str] = []
    while node.head == "index_sum" and node.value not in names and len(names) < limit("axes") // 2:
        names.append(node.value)
        node = node.arguments[-1]
    return tuple(names), node


def _ranges(node: Expression, names: Names, state: Run) -> Generator[Any, Any, tuple[range, ...]]:
    ranges = []
    for _ in names if node.head == "index_sum" else "1":
        bounds = []
        for bound in node.arguments[:-1]:  # without indices
            bounds.append(_whole((yield _value(bound, state)), "the bound of an index"))
        pairs = zip(bounds[::2], bounds[1::2], strict=True)
        ranges += [range(low, low + bounded("run", max(0, high + 1 - low))) for low, high in pairs]
        node = node.arguments[-1]
    return tuple(ranges)


def _in_parts(
    node: Expression, names: Names, ranges: tuple[range, ...], body: Expression, state: Run
) -> Generator[Any, Any, Any]:
    """Compute the sum or tensor for these ranges, halved as long as it is too large."""
    import numpy as np

    try:
        return (yield _along(node, names, ranges, body, state))
    except TooLarge:
        if all(len(values) == 1 for values in ranges):
            raise
    parts = []
    for half in halves(ranges):
        parts.append((yield _in_parts(node, names, half, body, state)))
    if node.head == "index_sum":
        return parts[0] + parts[1]
    longest = max(range(len(ranges)), key=lambda k: len(ranges[k]))
    return np.concatenate(parts, axis=longest - len(ranges))


def _along(
    node: Expression, names: Names, ranges: tuple[range, ...], body: Expression, state: Run
) -> Generator[Any, Any, Any]:
    moving = [
        inner
        for inner in postorder([body], lambda inner: inner.arguments)
        if not state.free[inner].isdisjoint(names)
    ]
    outer_values = {inner: state.values.pop(inner) for inner in moving if inner in state.values}
    outer_indices = dict(state.indices)
    outer_names = state.names(node)
    for name, values in zip(names, ranges, strict=True):
        state.indices.pop(name, None)
        state.indices[name] = values
    try:
        check_size(state.lengths(outer_names))
        if node.head == "tensor":
            value = yield _value(body, state)
            wanted = (*outer_names, *names)
            return spread(aligned(value, state.names(body), wanted, 0), state.lengths(wanted))
        return (yield _added(names, outer_names, body, state))
    finally:
        for inner in moving:
            state.values.pop(inner, None)
        state.values.update(outer_values)
        state.indices.clear()
        state.indices.update(outer_indices)


def _added(
    names: Names, outer_names: Names, body: Expression, state: Run
) -> Generator[Any, Any, Any]:
    """Sum the body over indices, a product of scalars factor by factor."""
    used = state.free[body]
    repeated = 1
    for name in names:
        repeated *= 1 if name in used else len(state.indices[name])
    count = _constant(repeated, state)
    if body.shape:
        value = yield _value(body, state)
        own = state.names(body)
        return count * value.sum(axis=tuple([k for k, x in enumerate(own) if x in names]))
    factors = []
    for factor, below in _factors(body):
        value = yield _value(factor, state)
        inverse = _constant(1, state) / value if below else value
        factors.append((state.backend.box(inverse), state.names(factor)))
    return contracted([*factors, (count, ())], outer_names)


def _factors(body: Expression) -> list[tuple[Expression, bool]]:
    """Return the factors of a scalar; True with those that it is divided by."""
    found = []
    stack = [(body, False)]
    while stack:
        e, below = stack.pop()
        if e.head in ("multiply", "hadamard") and not any(part.shape for part in e.arguments):
            stack += [(part, below) for part in reversed(e.arguments)]
        elif e.head == "divide":
            stack += [(e.arguments[1], not below), (e.arguments[0], below)]
        else:
            found.append((e, below))
    return found


def _whole(value: Any, what: str) -> int:
    """Return the whole number that a scalar is, exactly or up to rounding."""
    return int(whole_numbers(value, what)[()])


# Constants and names

Rule = Callable[[Expression, list[Any], Run], Any]


def _constant(value: int | Fraction, state: Run) -> Any:
    return state.backend.number(Fraction(value))


def _filled(shape: Shape, value: int, state: Run) -> Any:
    return _filled_with(value, array_shape(shape, state.sizes), state)


def _filled_with(value: int, lengths: tuple[int, ...], state: Run) -> Any:
    import numpy as np

    return np.full(lengths, _constant(value, state))


def _eye(node: Expression, operands: list[Any], state: Run) -> Any:
    matrix = _filled(node.shape, 0, state)
    for i in range(len(matrix)):
        matrix[i, i] = _constant(1, state)[()]
    return matrix


def _commutation(node: Expression, operands: list[Any], state: Run) -> Any:
    rows, columns = array_shape(node.value, state.sizes)
    matrix = _filled(node.shape, 0, state)
    for i in range(rows):
        for j in range(columns):
            matrix[j + i * columns, i + j * rows] = _constant(1, state)[()]
    return matrix


# Arithmetic


def _add(node: Expression, operands: list[Any], state: Run) -> Any:
    total = operands[0]
    for operand in operands[1:]:
        total = total + operand
    return total


def _multiply(node: Expression, operands: list[Any], state: Run) -> Any:
    left, right = operands
    shape, other = (argument.shape for argument in node.arguments)
    if not shape or not other:
        return left * right
    if len(shape) == 1:
        return left[:, None] * right
    product = left @ right
    return product[0] if not node.shape else product


def _dot(node: Expression, operands: list[Any], state: Run) -> Any:
    left, right = operands
    if not all(argument.shape for argument in node.arguments):
        return left * right
    return left.ravel() @ right.ravel()


def _kron(node: Expression, operands: list[Any], state: Run) -> Any:
    if not all(argument.shape for argument in node.arguments):
        return operands[0] * operands[1]
    left, right = (operand if operand.ndim == 2 else operand[:, None] for operand in operands)
    blocks = left[:, None, :, None] * right[None, :, None, :]
    rows, columns = left.shape[0] * right.shape[0], left.shape[1] * right.shape[1]
    return blocks.reshape((rows, columns) if len(node.shape) == 2 else (rows,))


def _power(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.elementwise("power", 2)(*operands)


def _matrix_power(node: Expression, operands: list[Any], state: Run) -> Any:
    """Return the power by repeated squaring."""
    base, exponent = operands[0], _whole(operands[1], "the exponent of a matrix")
    if abs(exponent) > LARGEST_POWER:
        raise MatcalcError("E501", f"the matrix power {exponent} is too large to compute")
    if exponent < 0:
        base, exponent = state.backend.matrix("inv", base), -exponent
    result = _eye(node, operands, state) if not exponent else None
    while exponent:
        if exponent % 2:
            result = base if result is None else result @ base
        exponent //= 2
        if exponent:
            base = base @ base
    return result


def _transpose(node: Expression, operands: list[Any], state: Run) -> Any:
    (operand,) = operands
    shape = node.arguments[0].shape
    if len(shape) == 1:
        return operand[None, :]
    return operand[0] if is_row(shape) else operand.T


def _compare(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.compare(node.value, *operands)


def _delta(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.compare("==", *operands)


# Entries and blocks


def _subscript(node: Expression, operands: list[Any], state: Run) -> Any:
    array, selectors = operands[0], _selectors(node)
    indices = iter(operands[1:])
    places: list[Any] = []
    for selector, length in zip(selectors, array.shape, strict=True):
        if selector == "all":
            places.append(slice(None))
        elif selector == "first":
            places.append(0)
        elif selector == "entry":
            places.append(int(_places(next(indices), length)))
        else:
            first, last = _bounds(next(indices), next(indices), length)
            wanted = dimension_value(selector[1], state.sizes)
            if last - first + 1 != wanted:
                raise MatcalcError(
                    "E307",
                    f"the range {first + 1}:{last + 1} has not the length {selector[1]}, "
                    f"which is {wanted}",
                )
            places.append(slice(first, last + 1))
    if _keeps_row(node) and isinstance(places[0], int):
        places[0] = slice(places[0], places[0] + 1)
    return array[tuple(places)]


def _entries(node: Expression, names: Names, state: Run) -> Any:
    """Return the entries, rows or columns that indices name."""
    import numpy as np

    whole, *indices = node.arguments
    array, own = state.values[whole], state.names(whole)
    lengths = array.shape[len(own) :]
    selectors = _selectors(node)
    axes = [axis for axis, selector in enumerate(selectors) if selector != "all"]
    given = iter(indices)
    places = []
    for axis in axes:
        if selectors[axis] == "first":
            places.append(np.zeros((1,) * len(names), int))
            continue
        index = next(given)
        place = _places(state.values[index], lengths[axis])
        places.append(aligned(place, state.names(index), names, 0))
    kept = [length for axis, length in enumerate(lengths) if axis not in axes]
    check_size(state.lengths(names), kept)
    result = gathered(array, own, axes, places, names)
    return np.expand_dims(result, len(names)) if _keeps_row(node) else result


def _selectors(node: Expression) -> list[Any]:
    """Return the selectors of every axis; a row's entry has "first" for its only row."""
    shape, selectors = node.arguments[0].shape, node.value
    if is_row(shape) and len(selectors) == 1:
        return ["first" if selectors[0] == "entry" else "all", *selectors]
    return list(selectors)


def _selector(selector: Any) -> str:
    return selector if isinstance(selector, str) else str(selector[0])


def _keeps_row(node: Expression) -> bool:
    """Tell whether one row of a matrix is picked, which stays a row."""
    selectors = _selectors(node)
    return len(selectors) == len(node.shape) == 2 and selectors[0] in ("entry", "first")


def _bounds(low: Any, high: Any, length: int) -> tuple[int, int]:
    """Return the first and last place of a run from 0; of an empty one the last is before."""
    first, last = (int(whole_numbers(bound, "an index")) for bound in (low, high))
    if last == first - 1 and 1 <= first <= length + 1:
        return first - 1, last - 1
    return int(_places(low, length)), int(_places(high, length))


def _places(index: Any, length: int) -> Any:
    """Return whole numbers from 0 for an index's values; raise MatcalcError if out of range."""
    places = whole_numbers(index, "an index")
    outside = places[(places < 1) | (places > length)]
    if outside.size:
        raise MatcalcError("E307", f"the index {outside[0]} is out of range: there are {length}")
    return places - 1


def _stack(node: Expression, operands: list[Any], state: Run) -> Any:
    import numpy as np

    if len(operands) == 1:
        return operands[0]
    cells = [operand if operand.ndim == 2 else operand.reshape(-1, 1) for operand in operands]
    rows = []
    start = 0
    for length in node.value:
        rows.append(np.concatenate(cells[start : start + length], axis=1))
        start += length
    block = np.concatenate(rows, axis=0)
    return block[:, 0] if len(node.shape) == 1 else block


# Functions


def _call(node: Expression, operands: list[Any], state: Run) -> Any:
    name = node.value[0]
    rule = _CALLS.get((name, len(operands)))
    if rule is not None:
        return rule(node, operands, state)
    return state.backend.elementwise(name, len(operands))(*operands)


def _reduction(reduce: Callable[[Backend, Any, int], Any]) -> Rule:
    """Return the rule of a reduction, given how one axis is reduced."""

    def rule(node: Expression, operands: list[Any], state: Run) -> Any:
        (operand,) = operands
        axis = node.value[1]
        if axis is None:
            return reduce(state.backend, operand.ravel(), 0)
        result = state.backend.box(reduce(state.backend, operand, axis))
        return result[None, :] if axis == 0 else result

    return rule


def _mean(backend: Backend, a: Any, axis: int) -> Any:
    return a.sum(axis=axis) / backend.number(Fraction(a.shape[axis]))


def _norm(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.euclidean(operands[0].ravel())


def _softmax_axis(node: Expression) -> int:
    axis: int | None = node.value[1]
    return -1 if axis is None else axis


def _softmax(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.softmax(operands[0], _softmax_axis(node))


def _log_softmax(node: Expression, operands: list[Any], state: Run) -> Any:
    import numpy as np

    axis = _softmax_axis(node)
    total = state.backend.box(state.backend.logsumexp(operands[0], axis))
    return operands[0] - np.expand_dims(total, axis)


def _square(node: Expression, operands: list[Any], state: Run) -> Any:
    return state.backend.matrix(node.value[0], operands[0])


def _diag(node: Expression, operands: list[Any], state: Run) -> Any:
    (operand,) = operands
    if len(node.shape) == 1:
        return operand.diagonal().copy()
    matrix = _filled(node.shape, 0, state).astype(operand.dtype)
    for i, entry in enumerate(operand.ravel()):
        matrix[i, i] = entry
    return matrix


def _unvec(node: Expression, operands: list[Any], state: Run) -> Any:
    return operands[0].reshape(array_shape(node.shape, state.sizes), order="F")


def _flip(node: Expression, operands: list[Any], state: Run) -> Any:
    (operand,) = operands
    return operand[::-1] if operand.ndim == 1 else operand[::-1, ::-1]


def _cross(node: Expression, operands: list[Any], state: Run) -> Any:
    import numpy as np

    a, b = operands
    ahead, behind = [1, 2, 0], [2, 0, 1]
    return np.asarray(a[ahead] * b[behind] - a[behind] * b[ahead])


def _correlation(node: Expression, operands: list[Any], state: Run) -> Any:
    """Return the sums of the kernel times each window it fits on."""
    from numpy.lib.stride_tricks import sliding_window_view

    array, kernel = operands
    if any(k > a for k, a in zip(kernel.shape, array.shape, strict=True)):
        raise MatcalcError(
            "E305",
            f"in {node.value[0]} the kernel, {kernel.shape}, is larger than what it "
            f"goes over, {array.shape}",
        )
    windows = sliding_window_view(array, kernel.shape)
    return windows.reshape(*windows.shape[: kernel.ndim], kernel.size) @ kernel.ravel()


def _full_correlation(node: Expression, operands: list[Any], state: Run) -> Any:
    """Return the correlation with zeros outside, wherever the kernel overlaps the array."""
    import numpy as np

    array, kernel = operands
    margins = [length - 1 for length in kernel.shape]
    shape = [a + 2 * margin for a, margin in zip(array.shape, margins, strict=True)]
    padded = np.full(shape, _constant(0, state)).astype(array.dtype)
    inside = [slice(m, m + a) for m, a in zip(margins, array.shape, strict=True)]
    padded[tuple(inside)] = array
    return _correlation(node, [padded, kernel], state)


def _abstract(node: Expression, operands: list[Any], state: Run) -> Any:
    name = function_name(node.value)
    function = state.functions.get(name)
    if not callable(function):
        raise MatcalcError(
            "E402", f"there is no function for {name}", hint=f'give a callable by the name "{name}"'
        )
    result = state.backend.array(function(*operands))
    wanted = _abstract_shape(node, operands, state)
    if len(result.shape) != len(wanted) or not all(map(_agree, wanted, result.shape)):
        shown = ", ".join(map(str, wanted)) + "," * (len(wanted) == 1)
        raise MatcalcError("E305", f"{name} must give shape ({shown}), and gave {result.shape}")
    return result


def _abstract_shape(
    node: Expression, operands: list[Any], state: Run
) -> tuple[int | Dimension, ...]:
    """Return the lengths a function must give; those that nothing tells stay dimensions."""
    if node.value.function.elementwise:
        shape: tuple[int, ...] = operands[0].shape
        return shape
    return tuple(
        [
            dimension.evaluate(state.sizes) if dimension.names <= state.sizes.keys() else dimension
            for dimension in node.shape
        ]
    )


def _agree(wanted: int | Dimension, given: int) -> bool:
    return isinstance(wanted, Dimension) or wanted == given


_CALLS: dict[tuple[str, int], Rule] = {
    ("sum", 1): _reduction(lambda backend, a, axis: a.sum(axis=axis)),
    ("mean", 1): _reduction(_mean),
    ("prod", 1): _reduction(lambda backend, a, axis: a.prod(axis=axis)),
    ("max", 1): _reduction(lambda backend, a, axis: backend.largest(a, axis)),
    ("min", 1): _reduction(lambda backend, a, axis: backend.smallest(a, axis)),
    ("logsumexp", 1): _reduction(lambda backend, a, axis: backend.logsumexp(a, axis)),
    ("norm2", 1): _norm,
    ("normF", 1): _norm,
    ("softmax", 1): _softmax,
    ("log_softmax", 1): _log_softmax,
    ("inv", 1): _square,
    ("det", 1): _square,
    ("logdet", 1): _square,
    ("adj", 1): _square,
    ("tr", 1): lambda node, operands, state: operands[0].diagonal().sum(),
    ("diag", 1): _diag,
    ("vec", 1): lambda node, operands, state: operands[0].ravel(order="F"),
    ("unvec", 1): _unvec,
    ("flip", 1): _flip,
    ("cross", 2): _cross,
    ("conv", 2): _correlation,
    ("conv2d", 2): _correlation,
    ("conv_full", 2): _full_correlation,
    ("conv2d_full", 2): _full_correlation,
}

_RULES: dict[str, Rule] = {
    "number": lambda node, operands, state: _constant(node.value, state),
    "size": lambda node, operands, state: _constant(
        dimension_value(node.value, state.sizes), state
    ),
    "pi": lambda node, operands, state: state.backend.pi(),
    "variable": lambda node, operands, state: state.arrays[node.value.name],
    "index": lambda node, operands, state: state.backend.array(list(state.indices[node.value])),
    "ones": lambda node, operands, state: _filled(node.value, 1, state),
    "zeros": lambda node, operands, state: _filled(node.value, 0, state),
    "eye": _eye,
    "commutation": _commutation,
    "add": _add,
    "negate": lambda node, operands, state: -operands[0],
    "multiply": _multiply,
    "hadamard": lambda node, operands, state: operands[0] * operands[1],
    "divide": lambda node, operands, state: operands[0] / operands[1],
    "dot": _dot,
    "kron": _kron,
    "power": _power,
    "matrix_power": _matrix_power,
    "transpose": _transpose,
    "compare": _compare,
    "delta": _delta,
    "subscript": _subscript,
    "stack": _stack,
    "call": _call,
    "abstract": _abstract,
}
