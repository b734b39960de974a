"""A tensor in a wanted shape, in the notation asked for or the first that there is."""

from __future__ import annotations

from typing import Literal, NamedTuple

from matcalc.calculus.tensors import Tensor
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, substitute
from matcalc.expressions.shapes import Shape, is_row
from matcalc.expressions.traversal import postorder, run
from matcalc.notation.building import transpose
from matcalc.notation.functions import reshaped
from matcalc.notation.graphs import Unreduced
from matcalc.notation.indices import entry, index_names, listed
from matcalc.notation.kronecker import kronecker
from matcalc.notation.matrices import Notation, Parts
from matcalc.notation.pieces import Sides

Choice = Literal["auto", "matrix", "kronecker", "index"]
CHOICES: tuple[Choice, ...] = ("auto", "matrix", "kronecker", "index")

_INDEXED = frozenset(["tensor", "delta", "index_sum"])


class Answer(NamedTuple):
    """A formula, and the notation it is in: 'matrix', 'kronecker' or 'index'."""

    formula: Expression
    notation: str


def answer(
    notation: Notation, tensor: Tensor, shape: Shape, sides: Sides | None, choice: Choice
) -> Answer:
    """Return the tensor in this shape, in the notation chosen; it says what its sizes are.

    `sides` are the axes of vec(Y) and vec(X), None where there are no such two groups.
    Kronecker notation is flattened, to (mn, pq), where it is chosen; else `unvec` gives it
    the shape. Raises MatcalcError (E403) where the notation does not exist.
    """
    found = _chosen(notation, tensor, shape, sides, choice)
    return found._replace(formula=_measured(found.formula, notation))


def _measured(formula: Expression, notation: Notation) -> Expression:
    """Write a size m that stands nowhere as one as sum(ones(m)): alone m would be a vector."""
    parts = _parts(formula, notation)
    if not parts.sizes:
        return formula
    known = {name for shape in notation.shapes.values() for d in shape for name in d.names}
    counts = {
        node: make("call", (make("ones", (), (node.value,)),), ("sum", None))
        for node in parts.sizes
        if not node.value.names <= known | parts.measured
    }
    return substitute(formula, counts) if counts else formula


def _parts(formula: Expression, notation: Notation) -> Parts:
    """Return what stands in a formula; the parts that answers share are looked through once."""
    found = notation.parts
    for node in postorder([formula], lambda node: () if node in found else node.arguments):
        if node not in found:
            own = _own_parts(node)
            inner = [found[argument] for argument in node.arguments]
            found[node] = Parts(
                *[a.union(*several) for a, *several in zip(own, *inner, strict=True)]
            )
    return found[formula]


def _own_parts(node: Expression) -> Parts:
    measured: set[str] = set()
    if node.head in _ARRAYS:
        measured.update(name for d in node.shape for name in d.names)
    if node.head in _MEASURES:
        places = node.arguments[1:] if node.head == "subscript" else node.arguments[:-1]
        measured.update(n for place in places if place.head == "size" for n in place.value.names)
    sizes = [node] if node.head == "size" else []
    return Parts(_INDEXED & {node.head}, frozenset(sizes), frozenset(measured))


_ARRAYS = frozenset(["ones", "zeros", "eye", "tensor"])
_MEASURES = frozenset(["subscript", "tensor", "index_sum"])  # with sizes as bounds


def _chosen(
    notation: Notation, tensor: Tensor, shape: Shape, sides: Sides | None, choice: Choice
) -> Answer:
    if choice == "index":
        return Answer(by_entries(notation, tensor, shape), "index")
    if choice == "kronecker":
        flat = _flattened(notation, tensor, sides)
        if flat is None:
            raise _missing("Kronecker", sides is None)
        return Answer(flat, "kronecker")
    if len(shape) > 2 and tensor.kind not in ("variable", "call") and choice == "auto":
        flat = _flattened(notation, tensor, sides)
        if flat is not None and flat.shape:
            flat = transpose(flat) if is_row(flat.shape) else flat  # unvec takes a column
            return Answer(make("call", (flat,), ("unvec", shape)), "kronecker")
    formula = in_shape(notation, tensor, shape)
    picked = "index" if _is_indexed(formula, notation) else "matrix"
    if choice == "matrix" and picked != "matrix":
        raise _missing("matrix")
    return Answer(formula, picked)


def _missing(kind: str, of_three: bool = False) -> MatcalcError:
    message = f"this derivative has no {kind} notation"
    if of_three:
        message += ": it has more groups of axes than rows and columns"
    others = ("kronecker", "index") if kind == "matrix" else ("index",)
    hint = " or ".join(f"--notation {name}" for name in others)
    return MatcalcError("E403", message, hint=hint)


def _is_indexed(formula: Expression, notation: Notation) -> bool:
    """Tell whether a formula needs indices where the one typed has none."""
    heads = _parts(formula, notation).indexed
    return bool(heads) and not heads <= {node.head for node in notation.style.known}


def _flattened(notation: Notation, tensor: Tensor, sides: Sides | None) -> Expression | None:
    """Return the matrix with these rows and columns, None if it has no Kronecker notation."""
    if sides is None:
        return None
    try:
        return kronecker(notation, tensor, sides)
    except Unreduced:
        return None


def in_shape(notation: Notation, tensor: Tensor, shape: Shape) -> Expression:
    """Return the tensor as a formula of this shape; its axes are the shape's longer than 1."""
    if len(shape) > 2 and len(tensor.shape) < len(shape):
        return by_entries(notation, tensor, shape)
    return reshaped(notation.formula(tensor), shape)


def by_entries(notation: Notation, tensor: Tensor, shape: Shape) -> Expression:
    """Return the tensor entry by entry, with indices over 1..1 where an axis is 1."""
    names = index_names(notation.taken, len(shape))
    indices = [make("index", (), name) for name in names]
    chosen = tuple([i for i, d in zip(indices, shape, strict=True) if d != ONE])
    return listed(names, shape, run(entry(notation, tensor, chosen)))
