"""Tensors with named indices: the form in which everything is computed.

After Laue, Mitterreiter & Giesen (NeurIPS 2018; AAAI 2020). A tensor has positional axes;
a composite gives every axis of its operands a label. Labels 0, 1, ... are its own axes in
order; a product or reduction also has labels beyond them, which it sums or reduces over.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, final
from weakref import WeakValueDictionary
from zlib import crc32

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.limits import spend
from matcalc.records import Frozen, setters

Label = Any
Labels = tuple[Label, ...]

KINDS = {
    "variable": "value: Declared",
    "size": "value: Dimension; a scalar",
    "pi": "a scalar",
    "delta": "the identity, two axes",
    "select": "value: offset; [i == j + offset] for the long axis i and the short axis j",
    "unit": "value: position from 0; one axis",
    "count": "value: start; the numbers start, start + 1, ... along one axis",
    "fuse": "axes (r, i, j): [r == i*len(j) + j], which makes one axis of two",
    "shift": "axes (s, i, j): [s == i + j]; s is as long as i + j can be",
    "flip": "[i + j == n - 1]",
    "levi_civita": "the sign of the permutation (i, j, k)",
    "product": "value: (coefficient, dimensions summed over); operands multiplied, each to "
    "its exponent entry by entry",
    "sum": "operands added, each times its coefficient",
    "apply": "value: function name or Application; entry by entry",
    "reduce": "value: (function name, dimensions reduced over); one operand",
    "matrix": "value: function name; one operand, axes (n, n, batch...)",
    "matrix_power": "operands the base, axes (n, n, batch...), and the exponent (batch...)",
    "call": "value: (Application, number of batch axes); operands with axes (own..., batch...)",
}


class Operand(NamedTuple):
    """A tensor with a label for each axis, and its exponent, coefficient, or 1."""

    tensor: Tensor
    labels: Labels
    weight: Any = 1


@final
class Tensor(Frozen):
    """One interned node; equal tensors are one object.

    `digest` is a hash of the structure that is the same in every process. It orders
    operands and is never taken for identity.
    """

    __slots__ = (
        "__weakref__", "digest", "height", "kind", "operands", "shape", "symmetric", "value",
    )  # fmt: skip

    kind: str
    value: Any
    operands: tuple[Operand, ...]
    shape: Shape
    digest: int
    height: int
    symmetric: bool | None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.value!r} {self.shape} of {len(self.operands)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make the node again: from all nodes in it, so that no depth matters."""
        order = postorder([self], lambda node: [o.tensor for o in node.operands])
        places = {node: place for place, node in enumerate(order)}
        parts = [
            (
                node.kind,
                node.value,
                tuple([(places[o.tensor], o.labels, o.weight) for o in node.operands]),
                node.shape,
            )
            for node in order
        ]
        return _made_again, (tuple(parts),)


_set_kind, _set_value, _set_operands, _set_shape, _set_digest, _set_height = setters(
    Tensor, "kind", "value", "operands", "shape", "digest", "height"
)
(know_symmetric,) = setters(Tensor, "symmetric")
"""Note on a tensor whether it is known to be symmetric."""

_interned: WeakValueDictionary[tuple[object, ...], Tensor] = WeakValueDictionary()


def make(kind: str, value: Any, operands: Sequence[Operand], shape: Shape) -> Tensor:
    """Return the node with these parts; the caller has brought them to normal form."""
    operands = tuple(operands)
    spend(1 + len(operands))
    key = (kind, value, operands, shape)
    node = _interned.get(key)
    if node is None:
        node = Tensor.__new__(Tensor)
        _set_kind(node, kind)
        _set_value(node, value)
        _set_operands(node, operands)
        _set_shape(node, shape)
        _set_digest(node, digest(kind, value, operands, shape))
        _set_height(node, 1 + max([o.tensor.height for o in operands], default=0))
        know_symmetric(node, None)
        _interned[key] = node
    return node


def _made_again(parts: tuple[tuple[str, Any, tuple[Any, ...], Shape], ...]) -> Tensor:
    nodes: list[Tensor] = []
    for kind, value, operands, shape in parts:
        found = [Operand(nodes[place], labels, weight) for place, labels, weight in operands]
        nodes.append(make(kind, value, found, shape))
    return nodes[-1]


def digest(kind: str, value: Any, operands: Sequence[Operand], shape: Shape) -> int:
    """Return a hash of the structure that does not depend on the process."""
    parts = [(o.tensor.digest, o.labels, _stable(o.weight)) for o in operands]
    return hash((crc32(kind.encode()), _stable(value), tuple(parts), len(shape)))


_stable_cache: dict[Any, int] = {}

MOST_KEPT = 4_096
"""Hashes that are kept; then they are computed anew."""


def _stable(value: Any) -> int:
    if type(value) is int:
        return value
    result = _stable_cache.get(value)
    if result is None:
        if type(value) is Fraction:
            result = hash((value.numerator, value.denominator))
        else:
            result = crc32(repr(value).encode())
        if len(_stable_cache) >= MOST_KEPT:
            _stable_cache.clear()
        _stable_cache[value] = result
    return result


def leaf(kind: str, value: Any, *shape: Dimension) -> Tensor:
    """Return a node without operands."""
    return make(kind, value, (), shape)


def constant(value: Fraction | int, shape: Shape = ()) -> Tensor:
    """Return the tensor of this shape whose every entry is `value`."""
    return make("product", (Fraction(value), ()), (), shape)


def constant_value(tensor: Tensor) -> Fraction | None:
    """Return the number that every entry is, or None if it is not known to be one."""
    if tensor.kind == "product" and not tensor.operands and not tensor.value[1]:
        return tensor.value[0]  # type: ignore[no-any-return]
    return None


def delta(dimension: Dimension) -> Tensor:
    """Return the identity matrix of this size."""
    return leaf("delta", None, dimension, dimension)


PI = leaf("pi", None)


def is_zero(tensor: Tensor) -> bool:
    """Tell whether every entry is zero by construction."""
    return tensor.kind == "product" and tensor.value[0] == 0


HIGHEST_NUMBER = 12  # a formula that is higher is not looked through for variables


def is_number(tensor: Tensor) -> bool:
    """Tell whether all entries are numbers, such as 2, 1/n or log(2): they contain no variable."""
    pending = [tensor]
    while pending:
        node = pending.pop()
        if node.kind in ("variable", "call") or node.height > HIGHEST_NUMBER:
            return False
        pending += [operand.tensor for operand in node.operands]
    return True


def size_tensor(dimension: Dimension) -> Tensor:
    """Return a dimension as a scalar tensor."""
    value = dimension.value
    return leaf("size", dimension) if value is None else constant(value)


def select(long: Dimension, short: Dimension, offset: Dimension) -> Tensor:
    """Return [i == j + offset] for i along `long` and j along `short`."""
    if long == short and offset.value == 0:
        return delta(long)
    return leaf("select", offset, long, short)


def reduction_among(operands: Sequence[Tensor]) -> Tensor | None:
    """Return the operand that is the maximum or minimum of another one, if there is one.

    In X == max(X) both X must be computed alike, to the last bit.
    """
    for tensor in operands:
        if tensor.kind == "reduce" and tensor.operands[0].tensor in operands:
            return tensor
    return None
