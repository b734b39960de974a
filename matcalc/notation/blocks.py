"""Stacked vectors and matrices: [w; b], [A, B], [a, b; c, d], found again in a sum.

A block is a term that a 0-1 tensor places along an axis of the result: `unit` one entry,
`select` a run of them.
"""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.calculus.products import product
from matcalc.calculus.sums import add as add_tensors
from matcalc.calculus.tensors import Tensor, constant, delta
from matcalc.calculus.work import Factor
from matcalc.expressions.dimensions import ONE, ZERO, Dimension, at_least
from matcalc.expressions.nodes import Expression, make, number
from matcalc.notation.building import transpose

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

_one = Fraction(1)

WRITTEN_OUT = 12  # vectors of known length up to this are written entry by entry
UNIT_WRITTEN_OUT = 3  # a unit vector [0; 1; 0] is no longer than eye(3)[:,2]

Task = Generator[Any, Any, Any]


class Block(NamedTuple):
    """What stands at `offset` along the axis: `content` lacks the axis if `length` is 1."""

    offset: Dimension
    length: Dimension
    content: Tensor


def try_stacked(notation: Notation, tensor: Tensor) -> Task:
    """Return the tensor as a stack, or None where it is none."""
    for axis in range(len(tensor.shape)):
        blocks = _blocks(tensor, axis)
        if blocks is not None:
            return (yield _stack(notation, tensor, axis, blocks))
    return None


def stacked(notation: Notation, tensor: Tensor) -> Task:
    """Return a lone `select` as the stack of zeros and an identity that it is."""
    short = tensor.shape[1]
    blocks = [Block(tensor.value, short, delta(short))]
    return (yield _stack(notation, tensor, 0, blocks))


def _blocks(tensor: Tensor, axis: int) -> list[Block] | None:
    """Return the blocks along the axis in order, or None if some term is not placed there."""
    terms: list[tuple[Tensor, tuple[Any, ...], Any]] = [
        (tensor, tuple(range(len(tensor.shape))), _one)
    ]
    if tensor.kind == "sum":
        terms = [(o.tensor, o.labels, o.weight) for o in tensor.operands]
    placed: dict[tuple[Dimension, Dimension], list[tuple[Tensor, tuple[Any, ...], Any]]] = {}
    runs = False
    for inner, labels, weight in terms:
        found = _placed(inner, labels, weight, axis, tensor.shape)
        if found is None:
            return None
        place, content, run = found
        runs = runs or run
        placed.setdefault(place, []).append(content)
    n = tensor.shape[axis].value
    if not runs and (n is None or n > (WRITTEN_OUT if len(placed) > 1 else UNIT_WRITTEN_OUT)):
        return None
    blocks = []
    for (offset, length), contents in placed.items():
        kept = [k for k in range(len(tensor.shape)) if k != axis or length != ONE]
        sizes = {k: length if k == axis else tensor.shape[k] for k in kept}
        blocks.append(Block(offset, length, add_tensors(contents, tuple(kept), sizes)))
    return _in_order(blocks)


def _placed(
    inner: Tensor, labels: tuple[Any, ...], weight: Any, axis: int, shape: tuple[Dimension, ...]
) -> tuple[tuple[Dimension, Dimension], tuple[Tensor, tuple[Any, ...], Any], bool] | None:
    """Return ((offset, length), (content, labels, weight), is a run) of one term."""
    if axis not in labels:
        return None
    own = labels.index(axis)
    if inner.kind == "select" and own == 0:
        short = inner.shape[1]
        return (inner.value, short), (delta(short), labels, weight), True
    if inner.kind == "unit":
        return (inner.value, ONE), (constant(1), (), weight), False
    if inner.kind != "product":
        return None
    rank = len(inner.shape)
    coefficient, summed = inner.value
    for k, operand in enumerate(inner.operands):
        if operand.labels[:1] != (own,) or operand.tensor.kind not in ("unit", "select"):
            continue
        others = inner.operands[:k] + inner.operands[k + 1 :]
        if any(own in o.labels for o in others):
            return None
        factors: list[Factor] = []
        # out labels by this stack's axes, summed ones apart
        names: dict[int, Any] = {j: ("axis", labels[j]) for j in range(rank)}
        sizes: dict[Any, Dimension] = {("axis", labels[j]): inner.shape[j] for j in range(rank)}
        if operand.tensor.kind == "unit":
            place, run = (operand.tensor.value, ONE), False
            out = tuple([names[j] for j in range(rank) if j != own])
            del sizes["axis", axis]
        else:
            short = operand.labels[1]
            place, run = (operand.tensor.value, operand.tensor.shape[1]), True
            if short < rank:
                # both ends are axes: the block itself is an identity between them
                factors.append((delta(operand.tensor.shape[1]),
                                (("axis", axis), names[short]), _one))  # fmt: skip
            else:
                names[short] = ("axis", axis)
            sizes["axis", axis] = operand.tensor.shape[1]
            out = tuple([names[j] for j in range(rank)])
        for j, dimension in enumerate(summed):
            if rank + j not in names:
                sizes[rank + j] = dimension
        for o in others:
            named = tuple([names.get(label, label) for label in o.labels])
            factors.append((o.tensor, named, o.weight))
        used = {label for _, named, _ in factors for label in named}
        sizes = {
            label: d for label, d in sizes.items()
            if label in out or label in used or isinstance(label, int)
        }  # fmt: skip
        content = product(factors, out, sizes, coefficient)
        return place, (content, tuple([label[1] for label in out]), weight), run
    return None


def _in_order(blocks: list[Block]) -> list[Block] | None:
    """Order the blocks by offset; None if they overlap or cannot be compared."""
    ordered: list[Block] = []
    for block in blocks:
        place = 0
        for other in ordered:
            if at_least(block.offset, other.offset + other.length):
                place += 1
            elif not at_least(other.offset, block.offset + block.length):
                return None
        ordered.insert(place, block)
    return ordered


def _stack(notation: Notation, tensor: Tensor, axis: int, blocks: list[Block]) -> Task:
    cells: list[Expression] = []
    end = ZERO
    for block in blocks:
        if block.offset != end:
            cells.append(_gap(block.offset - end, tensor, axis))
        content = yield notation._formula(block.content)
        if block.length == ONE and len(tensor.shape) == 2 and axis == 0:
            content = transpose(content)
        cells.append(content)
        end = block.offset + block.length
    if end != tensor.shape[axis]:
        cells.append(_gap(tensor.shape[axis] - end, tensor, axis))
    return _joined(cells, axis)


def _gap(length: Dimension, tensor: Tensor, axis: int) -> Expression:
    if len(tensor.shape) == 1:
        return number(0) if length == ONE else make("zeros", (), (length,))
    if axis == 0:
        return make("zeros", (), (length, tensor.shape[1]))
    if length == ONE:
        return make("zeros", (), (tensor.shape[0],))
    return make("zeros", (), (tensor.shape[0], length))


def _joined(cells: list[Expression], axis: int) -> Expression:
    """Stack the cells below or beside each other; rows of blocks become one stack."""
    if len(cells) == 1:
        return cells[0]
    if axis == 1:
        return make("stack", tuple(cells), (len(cells),))
    lengths: list[int] = []
    flat: list[Expression] = []
    for cell in cells:
        if cell.head == "stack" and len(cell.value) == 1:
            lengths.append(cell.value[0])
            flat.extend(cell.arguments)
        elif cell.head == "zeros" and len(cell.shape) == 2 and _all_scalar_rows(cells):
            # a row of zeros among rows written out entry by entry
            width = cell.shape[1].value
            rows = cell.shape[0].value
            if width is None or rows is None or width > WRITTEN_OUT or rows > WRITTEN_OUT:
                lengths.append(1)
                flat.append(cell)
                continue
            for _ in range(rows):
                lengths.append(width)
                flat.extend([number(0)] * width)
        else:
            lengths.append(1)
            flat.append(cell)
    return make("stack", tuple(flat), tuple(lengths))


def _all_scalar_rows(cells: list[Expression]) -> bool:
    return all(
        cell.head == "zeros"
        or (cell.head == "stack" and all(not part.shape for part in cell.arguments))
        for cell in cells
    )
