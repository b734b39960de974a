"""The value of a formula, as an array of the formula's shape."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping
from contextlib import nullcontext
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.code.backends import NUMPY, Backend
from matcalc.code.chains import reassociated
from matcalc.code.sizes import array_shape, dimension_value, read_sizes
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.names import BINDERS, bound_names, free_indices, function_name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe, is_row
from matcalc.expressions.traversal import postorder, run

LARGEST_POWER = 10**9
"""Matrix powers beyond this are refused."""


class Run(NamedTuple):
    """One evaluation: what is given, and what is known so far.

    `values` is emptied of what depends on an index when the index moves on.
    """

    backend: Backend
    sizes: Mapping[str, int]
    arrays: Mapping[str, Any]
    functions: Mapping[str, Any]
    free: Mapping[Expression, frozenset[str]]
    values: dict[Expression, Any]
    indices: dict[str, int]


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
    expression = reassociated(expression)
    order = postorder([expression], lambda node: node.arguments)
    variables = [node for node in order if node.head == "variable"]
    arrays = {node.value.name: _array(node, values, backend) for node in variables}
    given = _given_sizes(order, arrays, values, sizes)
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
    """Compute the node after its operands; sums and tensors run their bodies themselves."""
    values = state.values
    for node in postorder([root], lambda node: _operands(node, values)):
        if node in values:
            continue
        if node.head in BINDERS:
            values[node] = state.backend.box((yield _run_index(node, state)))
        else:
            operands = [values[argument] for argument in node.arguments]
            values[node] = state.backend.box(_RULES[node.head](node, operands, state))
    return values[root]


def _operands(node: Expression, values: Mapping[Expression, Any]) -> tuple[Expression, ...]:
    if node in values:
        return ()
    return node.arguments[:-1] if node.head in BINDERS else node.arguments


def _run_index(node: Expression, state: Run) -> Generator[Any, Any, Any]:
    """Compute the body for every value of the indices: add the values up, or list them."""
    names, body = bound_names(node), node.arguments[-1]
    bounds = [_whole(state.values[bound], "the bound of an index") for bound in node.arguments[:-1]]
    ranges = _ranges(bounds)
    moving = [
        inner
        for inner in postorder([body], lambda inner: inner.arguments)
        if not state.free[inner].isdisjoint(names)
    ]
    outer_values = {inner: state.values.pop(inner) for inner in moving if inner in state.values}
    outer_indices = {name: state.indices[name] for name in names if name in state.indices}
    results = []
    for place in itertools.product(*ranges):
        state.indices.update(zip(names, place, strict=True))
        results.append((yield _value(body, state)))
        for inner in moving:
            state.values.pop(inner, None)
    state.values.update(outer_values)
    state.indices.update(outer_indices)
    if node.head == "tensor":
        return _listed(node, results, ranges, state)
    return _added(body, results, state)


def _ranges(bounds: list[int]) -> list[range]:
    return [range(low, high + 1) for low, high in zip(bounds[::2], bounds[1::2], strict=True)]


def _added(body: Expression, results: list[Any], state: Run) -> Any:
    if not results:
        return _filled(body.shape, 0, state)
    total = results[0]
    for result in results[1:]:
        total = total + result
    return total


def _listed(node: Expression, results: list[Any], ranges: list[range], state: Run) -> Any:
    import numpy as np

    if not results:
        return _filled(node.shape, 0, state)
    return np.stack(results).reshape([len(values) for values in ranges])


def _whole(value: Any, what: str) -> int:
    """Return the whole number that a scalar is, exactly or up to rounding."""
    try:
        number = value[()]
        whole = round(number.real if hasattr(number, "dtype") else number)
        if abs(whole - number) < 1e-6:
            return int(whole)
    except (TypeError, ValueError, OverflowError):
        pass
    raise MatcalcError("E305", f"{what} is a whole number, not {value}")


# Constants and names

Rule = Callable[[Expression, list[Any], Run], Any]


def _constant(value: int | Fraction, state: Run) -> Any:
    return state.backend.number(Fraction(value))


def _filled(shape: Shape, value: int, state: Run) -> Any:
    import numpy as np

    return np.full(array_shape(shape, state.sizes), _constant(value, state))


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
    array, selectors = operands[0], node.value
    shape = node.arguments[0].shape
    if is_row(shape) and len(selectors) == 1:
        selectors = ("entry" if selectors[0] == "entry" else "all", *selectors)
    indices = iter(operands[1:])
    places: list[Any] = []
    for selector, length in zip(selectors, array.shape, strict=True):
        if selector == "all":
            places.append(slice(None))
        elif selector == "entry" and is_row(shape) and len(node.value) == 1 and not places:
            places.append(0)
        elif selector == "entry":
            places.append(_place(next(indices), length))
        else:
            first, last = _place(next(indices), length), _place(next(indices), length)
            wanted = dimension_value(selector[1], state.sizes)
            if last - first + 1 != wanted:
                raise MatcalcError(
                    "E307",
                    f"the range {first + 1}:{last + 1} has not the length {selector[1]}, "
                    f"which is {wanted}",
                )
            places.append(slice(first, last + 1))
    keeps_row = len(shape) == 2 and len(node.shape) == 2 and isinstance(places[0], int)
    if keeps_row:
        places[0] = slice(places[0], places[0] + 1)
    return array[tuple(places)]


def _place(index: Any, length: int) -> int:
    place = _whole(index, "an index")
    if not 1 <= place <= length:
        raise MatcalcError("E307", f"the index {place} is out of range: there are {length}")
    return place - 1


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


def _norm(reduce: Callable[[Backend, Any], Any]) -> Rule:
    def rule(node: Expression, operands: list[Any], state: Run) -> Any:
        return reduce(state.backend, operands[0].ravel())

    return rule


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
    ("norm1", 1): _norm(lambda backend, a: backend.elementwise("abs", 1)(a).sum()),
    ("norm2", 1): _norm(lambda backend, a: backend.euclidean(a)),
    ("normF", 1): _norm(lambda backend, a: backend.euclidean(a)),
    ("norminf", 1): _norm(lambda backend, a: backend.largest(backend.elementwise("abs", 1)(a), 0)),
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
    "index": lambda node, operands, state: _constant(state.indices[node.value], state),
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
