"""Index notation: `tensor(i = 1..m, j = 1..n, ...)` where no matrix notation exists."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matcalc.calculus.tensors import Label, Tensor
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Application, Expression, make, number, size
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import connected, postorder
from matcalc.notation.building import cost, hadamard, transpose
from matcalc.notation.functions import applied, positional, reshaped
from matcalc.notation.graphs import STRUCTURAL, Edge, Graph, merged_scalars
from matcalc.notation.places import Place, equal_places, place_of, written_place
from matcalc.notation.solving import Factor, difference, solved
from matcalc.notation.terms import Term, total, written

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

_one = Fraction(1)

Task = Generator[Any, Any, Any]

LETTERS = "ijklpqrstuvw"


def tensor_formula(notation: Notation, tensor: Tensor) -> Task:
    """Return the tensor written entry by entry."""
    batched = tensor.kind == "call" and tensor.value[1]
    if tensor.kind in ("variable", "call") and len(tensor.shape) > 2 and not batched:
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
    if formula.head == "transpose" and formula.arguments[0].head == "subscript":
        row = formula.arguments[0]
        if len(row.shape) == 2 and len(chosen) == 1:
            return picked(row, (number(1), *chosen))
    if formula.head == "subscript" and "range" not in str(formula.value):
        return _picked_twice(formula, chosen)
    if len(chosen) == 2 and len(formula.shape) == 2:
        turned = transpose(formula)
        if cost(turned) < cost(formula):
            return picked(turned, chosen[::-1] if len(turned.shape) == 2 else chosen[:1])
    return make("subscript", (formula, *chosen), ("entry",) * len(chosen))


def _picked_twice(formula: Expression, chosen: tuple[Expression, ...]) -> Expression:
    """Return A[:,k][i] as A[i,k], A[k,:][1,j] as A[k,j]."""
    whole, *fixed = formula.arguments
    rows = len(formula.value) == len(formula.shape)  # one row of a matrix stays one
    inner, outer = iter(fixed), iter(chosen)
    places = []
    for selector in formula.value:
        if selector == "entry":
            places.append(next(inner))
            if rows:
                next(outer)
        else:
            places.append(next(outer))
    return picked(whole, tuple(places))


# --- the kinds of tensors -----------------------------------------------------------------------


def _count(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return written_place(place_of(indices[0]).plus(Place({}, tensor.value - ONE)))
    yield


def _delta(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", indices)
    yield


def _unit(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    return make("delta", (indices[0], size(tensor.value + ONE)))
    yield


def _joined(notation: Notation, tensor: Tensor, indices: tuple[Expression, ...]) -> Task:
    values: dict[Any, Place] = {axis: place_of(index) for axis, index in enumerate(indices)}
    return equal_places(difference(tensor, tuple(range(len(indices)))).at(values))
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
        own = 0 if tensor.kind == "matrix" and ROWS[tensor.value, 1].gives == "scalar" else 2
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
    graph = Graph(notation, tensor)
    apart = yield _apart(notation, tensor)
    yield graph.read_around(tensor, apart)
    coefficient, scalars = merged_scalars(graph.coefficient, graph.scalars)
    left = [Factor(e, (label,), w) for label, at in graph.weights.items() for e, w in at]
    left += [_upright(e) for e in graph.edges]
    left += [Factor(o.tensor, o.labels, Fraction(o.weight)) for o in graph.pending]
    factors, places = solved(left, graph)
    rank = len(tensor.shape)
    reached = {label: _summed_labels(label, places, rank) for f in factors for label in f.labels}
    bodies: list[tuple[Expression, Fraction]] = list(scalars)
    names = list(_fresh_names(notation, indices, len(graph.dims) - rank))
    for members in connected(factors, lambda f: {x for one in f.labels for x in reached[one]}):
        inner = sorted({x for f in members for label in f.labels for x in reached[label]})
        own = [names.pop(0) for _ in inner]
        values: dict[Any, Place] = {k: place_of(index) for k, index in enumerate(indices)}
        for label, name in zip(inner, own, strict=True):
            values[label] = place_of(make("index", (), name))
        written_factors = []
        for factor in members:
            at = tuple([_written_index(label, places, values) for label in factor.labels])
            if isinstance(factor.what, Tensor):
                formula = yield entry(notation, factor.what, at)
            else:
                formula = picked(factor.what, at)
            written_factors.append((formula, factor.exponent))
        body = written(Term(_one, tuple(written_factors), ()))
        for label, name in reversed(list(zip(inner, own, strict=True))):
            body = make("index_sum", (number(1), size(graph.dims[label]), body), name)
        bodies.append((body, _one))
    for label in _unreached(graph, factors, places, reached):
        bodies.append((size(graph.dims[label]), _one))
    return written(Term(coefficient, tuple(bodies), ()))


def _upright(edge: Edge) -> Factor:
    """Return a matrix the way round in which it is shorter."""
    turned = transpose(edge.matrix)
    if cost(turned) < cost(edge.matrix):
        return Factor(turned, (edge.column, edge.row), edge.exponent)
    return Factor(edge.matrix, (edge.row, edge.column), edge.exponent)


def _apart(notation: Notation, tensor: Tensor) -> Task:
    """Return the operands that are no vertex, weight or edge: what is itself written by entries."""
    rank = len(tensor.shape)
    apart = []
    for operand in tensor.operands:
        inner, labels, _ = operand
        if inner.kind == "delta" or (inner.kind == "unit" and labels[0] < rank):
            apart.append(operand)
        elif inner.kind not in STRUCTURAL:
            formula = yield notation._formula(inner)
            if len(labels) > 2 or _is_indexed(formula):
                apart.append(operand)
    return apart


def _summed_labels(label: Label, places: Mapping[Label, Place], rank: int) -> frozenset[Label]:
    """Return the labels that are summed over to reach an entry."""
    parts = places[label].parts if label in places else (label,)
    return frozenset([x for x in parts if x >= rank])


def _written_index(
    label: Label, places: Mapping[Label, Place], values: Mapping[Any, Place]
) -> Expression:
    return written_place(places.get(label, Place({label: ONE})).at(values))


def _unreached(
    graph: Graph,
    factors: Sequence[Factor],
    places: Mapping[Label, Place],
    reached: Mapping[Label, frozenset[Label]],
) -> list[Label]:
    """Return the labels that are summed over though nothing depends on them any more."""
    every = {label for place in places.values() for label in place.parts}
    used = {x for f in factors for label in f.labels for x in reached[label]}
    return sorted(label for label in every if label >= graph.rank and label not in used)


_ENTRIES = {
    "count": _count,
    "delta": _delta,
    "unit": _unit,
    "select": _joined,
    "fuse": _joined,
    "shift": _joined,
    "flip": _joined,
    "levi_civita": _levi_civita,
    "sum": _sum,
    "apply": _apply,
    "reduce": _reduce,
    "matrix": _batched,
    "matrix_power": _batched,
    "call": _batched,
    "product": _product,
}
