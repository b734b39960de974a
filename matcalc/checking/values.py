"""The value of a tensor with named indices, in an arithmetic that the caller chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.calculus.lowering import written_out
from matcalc.calculus.tensors import Labels, Tensor
from matcalc.expressions.functions import ROWS
from matcalc.expressions.traversal import postorder

MOST_ENTRIES = 60_000
"""Intermediate values with more entries are refused."""


class TooLarge(Exception):
    """A value would have too many entries."""


class Arithmetic(NamedTuple):
    """What differs between numbers; arrays hold Python objects.

    `power` raises entries to a rational exponent, `opaque` gives the value of a node that is
    no polynomial in its operands' values, `matrix` that of 'det', 'adj' or 'inv'.
    """

    number: Callable[[Fraction | int], Any]
    reduce: Callable[[Any], Any]
    power: Callable[[Tensor, Any, Fraction], Any]
    opaque: Callable[[Tensor, Sequence[Any]], Any]
    matrix: Callable[[str, Any], Any]
    whole: Callable[[Any], int]


class Place(NamedTuple):
    """Where tensors are evaluated: an arithmetic, sizes, and the variables' arrays by name."""

    arithmetic: Arithmetic
    sizes: Mapping[str, int]
    arrays: Mapping[str, Any]
    known: dict[Tensor, Any]


def value_of(tensor: Tensor, place: Place) -> Any:
    """Return the tensor's entries, as an array with an axis for each of its labels.

    What is found of its parts stays in `place.known`. Raises TooLarge.
    """
    known = place.known
    order = postorder([tensor], lambda t: () if t in known else [o.tensor for o in t.operands])
    for node in order:
        if node not in known:
            known[node] = _array(_RULES.get(node.kind, _opaque)(node, place))
    return known[tensor]


def lengths(tensor: Tensor, place: Place) -> tuple[int, ...]:
    """Return the lengths of a tensor's axes; raise TooLarge if they are out of hand."""
    return _checked([d.evaluate(place.sizes) for d in tensor.shape])


def _checked(sizes: Sequence[int]) -> tuple[int, ...]:
    total = 1
    for size in sizes:
        total *= max(size, 0)
    if total > MOST_ENTRIES:
        raise TooLarge(f"a value has {total} entries")
    return tuple([max(size, 0) for size in sizes])


def _opaque(node: Tensor, place: Place) -> Any:
    return place.arithmetic.opaque(node, [place.known[o.tensor] for o in node.operands])


# Leaves


def _variable(node: Tensor, place: Place) -> Any:
    return place.arrays[node.value.name].reshape(lengths(node, place))


def _size(node: Tensor, place: Place) -> Any:
    return _scalar(place.arithmetic.number(node.value.evaluate(place.sizes)))


def _scalar(value: Any) -> Any:
    import numpy as np

    box = np.empty((), dtype=object)
    box[()] = value
    return box


def _pattern(holds: Callable[..., int]) -> Callable[[Tensor, Place], Any]:
    """Return the rule of a leaf whose entries are whole numbers told by their place."""

    def rule(node: Tensor, place: Place) -> Any:
        import numpy as np

        shape = lengths(node, place)
        value = node.value.evaluate(place.sizes) if node.value is not None else None
        array = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            array[index] = place.arithmetic.number(int(holds(value, shape, *index)))
        return array

    return rule


def _permutation_sign(value: Any, shape: Any, i: int, j: int, k: int) -> int:
    return (j - i) * (k - i) * (k - j) // 2


# Products and sums


def _product(node: Tensor, place: Place) -> Any:
    coefficient, summed = node.value
    rank = len(node.shape)
    sizes = dict(enumerate([d.evaluate(place.sizes) for d in (*node.shape, *summed)]))
    shape = lengths(node, place)
    arithmetic = place.arithmetic
    factors: list[tuple[Any, Labels]] = []
    for tensor, labels, exponent in node.operands:
        array = place.known[tensor]
        if exponent != 1:
            array = arithmetic.power(tensor, array, exponent)
        factors.append(_without_repeats(array, labels))
    scale = Fraction(coefficient)
    pending = set(range(rank, rank + len(summed)))
    while pending:
        label = min(pending, key=lambda label: (_cost(factors, label, sizes), label))
        pending.remove(label)
        users = [factor for factor in factors if label in factor[1]]
        if not users:
            scale *= sizes[label]
            continue
        factors = [factor for factor in factors if label not in factor[1]]
        array, labels = _multiplied(users, sizes, arithmetic)
        axis = labels.index(label)
        array = arithmetic.reduce(_array(array.sum(axis=axis)))
        factors.append((array, labels[:axis] + labels[axis + 1 :]))
    array, labels = _multiplied(factors, sizes, arithmetic)
    if scale != 1:
        array = arithmetic.reduce(_array(array * arithmetic.number(scale)))
    return spread(array, labels, shape)


def _array(value: Any) -> Any:
    return value if hasattr(value, "shape") else _scalar(value)


def _without_repeats(array: Any, labels: Labels) -> tuple[Any, Labels]:
    distinct = tuple(dict.fromkeys(labels))
    if len(distinct) == len(labels):
        return array, labels
    import numpy as np

    ranges = {label: np.arange(array.shape[labels.index(label)]) for label in distinct}
    grids = dict(zip(distinct, np.ix_(*ranges.values()), strict=True))
    return array[tuple([grids[label] for label in labels])], distinct


def _cost(factors: list[tuple[Any, Labels]], label: Any, sizes: Mapping[Any, int]) -> int:
    union = {name for _, labels in factors if label in labels for name in labels}
    total = 1
    for name in union:
        total *= sizes[name]
    return total


def _multiplied(
    factors: list[tuple[Any, Labels]], sizes: Mapping[Any, int], arithmetic: Arithmetic
) -> tuple[Any, Labels]:
    if not factors:
        return _scalar(arithmetic.number(1)), ()
    array, labels = factors[0]
    for other, names in factors[1:]:
        union = (*labels, *[name for name in names if name not in labels])
        _checked([sizes[name] for name in union])
        product = _aligned(array, labels, union) * _aligned(other, names, union)
        array, labels = arithmetic.reduce(_array(product)), union
    return array, labels


def _aligned(array: Any, labels: Labels, union: Labels) -> Any:
    """Return the array with its axes in the order of the union, of length 1 where it has none."""
    order = sorted(range(len(labels)), key=lambda axis: union.index(labels[axis]))
    array = _array(array).transpose(order)
    own = iter(array.shape)
    return array.reshape([next(own) if label in labels else 1 for label in union])


def spread(array: Any, labels: Labels, shape: tuple[int, ...]) -> Any:
    """Return an array with labelled axes as one with the axes 0, 1, ... of this shape."""
    import numpy as np

    out = tuple(range(len(shape)))
    return np.broadcast_to(_aligned(array, labels, out), shape)


def _sum(node: Tensor, place: Place) -> Any:
    shape = lengths(node, place)
    total = None
    for tensor, labels, weight in node.operands:
        array, names = _without_repeats(place.known[tensor], labels)
        term = spread(array, names, shape)
        if weight != 1:
            term = _array(term * place.arithmetic.number(weight))
        total = term if total is None else total + term
    return place.arithmetic.reduce(_array(total))


# Matrices


def _matrix(node: Tensor, place: Place) -> Any:
    if written_out(node) is not node:
        return value_of(written_out(node), place)
    row = ROWS[node.value, 1]
    if not row.polynomial:
        return _opaque(node, place)
    import numpy as np

    operand = place.known[node.operands[0].tensor]
    result = np.empty(lengths(node, place), dtype=object)
    for batch in np.ndindex(*operand.shape[2:]):
        place_in = (slice(None), slice(None), *batch) if row.gives == "same" else batch
        result[place_in] = place.arithmetic.matrix(node.value, operand[(..., *batch)])
    return result


def _matrix_power(node: Tensor, place: Place) -> Any:
    import numpy as np

    shape = lengths(node, place)
    base, exponent = [_spread_over(node, k, place, shape) for k in (0, 1)]
    result = np.empty(shape, dtype=object)
    for batch in np.ndindex(*shape[2:]):
        power = place.arithmetic.whole(exponent[(0, 0, *batch)])
        result[(..., *batch)] = _raised(base[(..., *batch)], power, place.arithmetic)
    return result


def _spread_over(node: Tensor, operand: int, place: Place, shape: tuple[int, ...]) -> Any:
    tensor, labels, _ = node.operands[operand]
    return spread(place.known[tensor], labels, shape)


def _raised(base: Any, exponent: int, arithmetic: Arithmetic) -> Any:
    import numpy as np

    if exponent < 0:
        base, exponent = arithmetic.matrix("inv", base), -exponent
    if exponent > 10_000:
        raise TooLarge(f"the matrix power {exponent}")
    result = np.full(base.shape, arithmetic.number(0), dtype=object)
    for k in range(len(base)):
        result[k, k] = arithmetic.number(1)
    while exponent:
        if exponent % 2:
            result = arithmetic.reduce(result @ base)
        exponent //= 2
        if exponent:
            base = arithmetic.reduce(base @ base)
    return result


_RULES: dict[str, Callable[[Tensor, Place], Any]] = {
    "variable": _variable,
    "size": _size,
    "delta": _pattern(lambda value, shape, i, j: i == j),
    "select": _pattern(lambda offset, shape, i, j: i == j + offset),
    "unit": _pattern(lambda position, shape, i: i == position),
    "count": _pattern(lambda start, shape, i: start + i),
    "fuse": _pattern(lambda value, shape, r, i, j: r == i * shape[2] + j),
    "shift": _pattern(lambda value, shape, s, i, j: s == i + j),
    "flip": _pattern(lambda value, shape, i, j: i + j == shape[0] - 1),
    "levi_civita": _pattern(_permutation_sign),
    "product": _product,
    "sum": _sum,
    "matrix": _matrix,
    "matrix_power": _matrix_power,
}
