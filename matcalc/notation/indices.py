"""Index notation: `tensor(i = 1..m, j = 1..n, ...)` where no matrix notation exists."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matcalc.calculus.products import product
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor
from matcalc.calculus.tensors import make as make_tensor
from matcalc.expressions.dimensions import ONE, Dimension, integer
from matcalc.expressions.nodes import Application, Expression, make, number, size
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.notation.building import hadamard
from matcalc.notation.functions import applied, positional, reshaped
from matcalc.notation.graphs import Graph, Unreduced
from matcalc.notation.terms import Term, total, written

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

_one = Fraction(1)

Task = Generator[Any, Any, Any]

LETTERS = "ijklpqrstuvw"


def tensor_formula(notation: Notation, tensor: Tensor) -> Task:
    """Return the tensor written entry by entry."""
    if tensor.kind in ("variable", "call") and len(tensor.shape) > 2:
        whole = yield _whole(notation, tensor)
        if len(whole.shape) == len(tensor.shape):
            return whole
    names = index_names(notation.taken, len(tensor.shape))
    indices = tuple([make("index", (), name) for name in names])
    body = yield entry(notation, tensor, indices)
    return listed(names, tensor.shape, body)


def listed(names: tuple[str, ...], shape: Shape, body: Expression) -> Expression:
    """Return `tensor(i = 1..m, ..., body)`; without indices the body itself."""
    if not names:
        return body
    bounds = [bound for dimension in shape for bound in (number(1), size(dimension))]
    return make("tensor", (*bounds, body), (names, shape))


def index_names(taken: frozenset[str], count: int) -> tuple[str, ...]:
    """Return names for indices that nothing else bears."""
    free = [letter for letter in LETTERS if letter not in taken]
    free += [f"i{k}" for k in range(1, count + len(taken) + 1) if f"i{k}" not in taken]
    return tuple(free[:count])


def entry(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    """Return one entry of a tensor as a scalar formula."""
    writer = _ENTRIES.get(tensor.kind)
    if writer is None:
        formula = yield _whole(notation, tensor)
        return picked(formula, indices)
    return (yield writer(notation, tensor, indices))


def _whole(notation: Notation, tensor: Tensor) -> Task:
    if tensor.kind == "variable" and len(tensor.shape) > 2:
        return notation.declared(tensor)
    if tensor.kind == "call":
        return (yield _call(notation, tensor))
    return (yield notation._formula(tensor))


def _call(notation: Notation, tensor: Tensor) -> Task:
    application: Application = tensor.value[0]
    arguments = []
    for operand, shape in zip(tensor.operands, application.function.parameters, strict=True):
        formula = yield notation._formula(operand.tensor)
        arguments.append(reshaped(formula, shape))
    e = make("abstract", tuple(arguments), application)
    return positional(e, application) if len(e.shape) <= 2 else e


def picked(formula: Expression, indices: tuple[Expression, ...]) -> Expression:
    """Return formula[i, j, ...]; of a scalar itself. Axes of length 1 are the first entry."""
    if not formula.shape:
        return formula
    given = iter(indices)
    if len(formula.shape) == len(indices):
        chosen = indices
    else:
        chosen = tuple([number(1) if d == ONE else next(given) for d in formula.shape])
    if formula.head == "eye":
        return make("delta", chosen)
    if formula.head == "ones":
        return number(1)
    if formula.head == "transpose" and len(chosen) == 2 and len(formula.arguments[0].shape) == 2:
        return picked(formula.arguments[0], chosen[::-1])
    return make("subscript", (formula, *chosen), ("entry",) * len(chosen))


# --- the kinds of tensors -----------------------------------------------------------------------


def _count(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return _shifted(indices[0], tensor.value - ONE)
    yield


def _shifted(index: Expression, shift: Dimension) -> Expression:
    if shift.value == 0:
        return index
    if index.head == "number":
        return size(integer(int(index.value)) + shift)
    value = shift.value
    if value is not None and value < 0:
        return make("add", (index, make("negate", (number(-value),))))
    return make("add", (index, size(shift)))


def _delta(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", indices)
    yield


def _unit(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", (indices[0], size(tensor.value + ONE)))
    yield


def _select(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", (indices[0], _shifted(indices[1], tensor.value)))
    yield


def _fuse(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    r, i, j = indices
    before = make("add", (i, make("negate", (number(1),))))
    start = make("multiply", (size(tensor.shape[2]), before))
    return make("delta", (r, make("add", (start, j))))
    yield


def _shift(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    s, i, j = indices
    place = make("add", (i, j))
    return make("delta", (_shifted(s, tensor.value + ONE), place))
    yield


def _flip(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", (make("add", indices), size(tensor.shape[0] + ONE)))
    yield


def _levi_civita(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    i, j, k = indices

    def minus(a: Expression, b: Expression) -> Expression:
        return make("add", (a, make("negate", (b,))))

    product = hadamard([minus(j, i), minus(k, i), minus(k, j)])
    return make("divide", (product, number(2)))
    yield


def _sum(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    terms = []
    for inner, labels, weight in tensor.operands:
        formula = yield entry(notation, inner, tuple([indices[k] for k in labels]))
        terms.append(Term(weight, ((formula, _one),), ()))
    return total(terms)


def _apply(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    if len(tensor.shape) <= 2:
        formula = yield notation._formula(tensor)
        if not _is_indexed(formula):
            return picked(formula, indices)
    arguments = []
    for operand in tensor.operands:
        chosen = tuple([indices[k] for k in operand.labels])
        arguments.append((yield entry(notation, operand.tensor, chosen)))
    return applied(tensor.value, tuple(arguments))


def _is_indexed(formula: Expression) -> bool:
    return formula.head == "tensor" or any(e.head == "tensor" for e in formula.arguments)


def _reduce(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    operand, labels, _ = tensor.operands[0]
    if len(labels) <= 2:
        formula = yield notation._formula(tensor)
        return picked(formula, indices)
    name, dims = tensor.value
    names = _fresh_names(notation, indices, len(dims))
    inner = [*indices, *[make("index", (), n) for n in names]]
    body = yield entry(notation, operand, tuple([inner[k] for k in labels]))
    return make("call", (listed(names, dims, body),), (name, None))


def _fresh_names(notation: Notation, indices: Sequence[Expression], count: int) -> tuple[str, ...]:
    used = {n.value for n in postorder(indices, lambda n: n.arguments) if n.head == "index"}
    return index_names(notation.taken | used, count)


def _batched(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    """Write a function of a matrix or vector for each value of outer indices."""
    if tensor.kind == "call":
        application, batches = tensor.value
        own = len(tensor.shape) - batches
    else:
        application = None
        own = 0 if tensor.kind == "matrix" and tensor.value != "adj" else 2
        batches = len(tensor.shape) - own
    exponent_axes = tensor.kind == "matrix_power" and len(tensor.operands[0].labels) == 2
    if not batches:
        formula = yield _whole(notation, tensor)
        return picked(formula, indices)
    outer = indices[own:]
    arguments = []
    for k, operand in enumerate(tensor.operands):
        if tensor.kind == "matrix_power" and k == 1:
            arguments.append((yield entry(notation, operand.tensor, outer)))
            continue
        if exponent_axes:
            arguments.append((yield notation._formula(operand.tensor)))
            continue
        shape = operand.tensor.shape[: len(operand.tensor.shape) - batches]
        names = _fresh_names(notation, indices, len(shape))
        inner = tuple([make("index", (), n) for n in names])
        body = yield entry(notation, operand.tensor, (*inner, *outer))
        arguments.append(listed(names, shape, body))
    if application is not None:
        whole = make("abstract", tuple(arguments), application)
        chosen = indices[:own]
        if len(whole.shape) == 2 and whole.shape[0] == ONE:
            chosen = (number(1), *chosen)
        elif (
            application.orders and len(application.orders) == 1 and not application.function.result
        ):
            chosen = chosen[::-1]
        return picked(whole, chosen)
    if tensor.kind == "matrix_power":
        return picked(make("matrix_power", tuple(arguments)), indices[:own])
    return picked(make("call", tuple(arguments), (tensor.value, None)), indices[:own])


# --- products -----------------------------------------------------------------------------------


def _product(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    """Write a product: what is a matrix product in it by its entries, the rest as index sums."""
    coefficient, summed = tensor.value
    rank = len(tensor.shape)
    chosen: dict[Label, Expression] = dict(enumerate(indices))
    tensor, places = _shifted_places(tensor, chosen)
    scalars: list[tuple[Expression, Fraction]] = []
    sums: list[tuple[str, Dimension]] = []
    names = list(_fresh_names(notation, indices, len(summed)))
    for operands in _components(tensor, places):
        piece = None
        if not places:
            piece = yield _as_matrix(notation, tensor, operands, chosen)
        if piece is not None:
            scalars.append((piece, _one))
            continue
        here = {**chosen, **places}
        inner = sorted({x for o in operands for x in o.labels if x not in here})
        for label in inner:
            name = names.pop(0)
            here[label] = make("index", (), name)
            sums.append((name, summed[label - rank]))
        factors = []
        for operand in operands:
            at = tuple([here[label] for label in operand.labels])
            factors.append(((yield entry(notation, operand.tensor, at)), operand.weight))
        body = written(Term(_one, tuple(factors), ()))
        for name, dimension in reversed(sums):
            body = make("index_sum", (number(1), size(dimension), body), name)
        sums.clear()
        scalars.append((body, _one))
    return written(Term(coefficient, tuple(scalars), ()))


def _shifted_places(
    tensor: Tensor, chosen: Mapping[Label, Expression]
) -> tuple[Tensor, dict[Label, Expression]]:
    """Solve s == i + j for a summed s of a convolution, so that x[s] is x[i + j - 1]."""
    rank = len(tensor.shape)
    for operand in tensor.operands:
        if operand.tensor.kind != "shift" or operand.tensor.value.value != 0:
            continue
        s, i, j = operand.labels
        if s >= rank and i in chosen and j in chosen:
            place = make("add", (chosen[i], chosen[j], number(-1)))
            rest = [o for o in tensor.operands if o is not operand]
            return make_tensor("product", tensor.value, rest, tensor.shape), {s: place}
    return tensor, {}


def _components(tensor: Tensor, placed: Collection[Label]) -> list[list[Operand]]:
    """Group the operands that are connected through summed labels."""
    rank = len(tensor.shape)
    groups: list[tuple[set[Label], list[Operand]]] = []
    for operand in tensor.operands:
        inner = {label for label in operand.labels if label >= rank and label not in placed}
        members = [operand]
        rest = []
        for labels, others in groups:
            if labels & inner:
                inner |= labels
                members = others + members
            else:
                rest.append((labels, others))
        groups = [*rest, (inner, members)]
    return [members for _, members in groups]


def _as_matrix(
    notation: Notation, tensor: Tensor, operands: list[Operand], chosen: dict[Label, Expression]
) -> Task:
    """Return the entry of a connected piece that has a matrix notation, else None."""
    rank = len(tensor.shape)
    free: Labels = tuple(sorted({x for o in operands for x in o.labels if x < rank}))
    inner = {x for o in operands for x in o.labels if x >= rank}
    if not inner or len(free) > 2:
        return None
    names = {x: ("in", x) for x in inner}
    factors = [(o.tensor, tuple([names.get(x, x) for x in o.labels]), o.weight) for o in operands]
    piece = product(factors, free)
    if piece.kind != "product":
        formula = yield notation._formula(piece)
        return picked(formula, tuple([chosen[x] for x in free]))
    graph = Graph(notation, piece)
    try:
        yield graph.read(piece)
        term = graph.reduce()
    except Unreduced:
        return None
    return picked(written(term), tuple([chosen[x] for x in free]))


_ENTRIES = {
    "count": _count,
    "delta": _delta,
    "unit": _unit,
    "select": _select,
    "fuse": _fuse,
    "shift": _shift,
    "flip": _flip,
    "levi_civita": _levi_civita,
    "sum": _sum,
    "apply": _apply,
    "reduce": _reduce,
    "matrix": _batched,
    "matrix_power": _batched,
    "call": _batched,
    "product": _product,
}
