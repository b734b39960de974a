"""From tensors with named indices to array programs: `einsum`, views, and cores with deltas.

Where an answer needs indices it is computed from the engine's own form (Laue, Mitterreiter
& Giesen 2018). The 0-1 tensors that pick, split and shift entries become views of the
arrays they meet; deltas that stay free are kept apart as which axes of the result run
together, so that a core and those axes are the whole tensor (their AAAI 2020 compression).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from matcalc.calculus.lowering import tensor_of, written_out
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor, make
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.names import function_name
from matcalc.expressions.nodes import Application, Expression
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.shapes import Shape, is_row
from matcalc.expressions.traversal import postorder
from matcalc.programs import operations as ops
from matcalc.programs.batches import function_call, matrix_function, matrix_power, reshaped
from matcalc.programs.chains import entries, length
from matcalc.programs.einsums import Term, aligned, einsum, merged
from matcalc.programs.elementary import elementary
from matcalc.programs.factoring import factored
from matcalc.programs.operations import Operation

LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


class Core(NamedTuple):
    """A tensor as an array and which axis of it every axis of the tensor runs along.

    `labels` name the core's axes and `axes` the tensor's; where a name occurs twice among
    the latter the tensor is a delta there, and where the core has it not, it is constant.
    """

    operation: Operation
    labels: Labels
    axes: Labels


def contracted(node: Expression) -> Operation:
    """Return the operations that compute a formula with indices."""
    variables = {
        inner.value.name: inner
        for inner in postorder([node], lambda inner: inner.arguments)
        if inner.head == "variable"
    }
    tensor = tensor_of(node)
    result = tensor_program(tensor, variables)
    shape = node.shape[1:] if is_row(node.shape) else node.shape
    return reshaped(result, shape)


def tensor_program(root: Tensor, variables: Mapping[str, Expression]) -> Operation:
    """Return the operations that compute the tensor; `variables` are as declared."""
    (core,) = cores(root, variables, apart=False)
    return spread(core, root.shape)


def cores(root: Tensor, variables: Mapping[str, Expression], *, apart: bool = True) -> list[Core]:
    """Return the tensor as a sum of arrays with their deltas, one where `apart` is false.

    It takes several where the terms of a sum have different deltas.
    """
    root = _multiplied_out(root) if apart else factored(root)
    results: dict[Tensor, Core] = {}
    for node in postorder([root], _needed):
        if node is root and apart and _common_axes(node, results) is None:
            return [_weighted(operand, results, len(root.shape)) for operand in node.operands]
        whole = written_out(node)
        results[node] = results[whole] if whole is not node else _node(node, results, variables)
    return [results[root]]


def _needed(node: Tensor) -> list[Tensor]:
    whole = written_out(node)
    return [o.tensor for o in node.operands] if whole is node else [whole]


def _multiplied_out(root: Tensor) -> Tensor:
    """Return a product with a sum of different deltas, as of d[i]*(delta[i,j] - p[j]), as a sum.

    Of such a Hessian the diagonal and the rest are kept apart.
    """
    sums = [o for o in root.operands if root.kind == "product" and o.weight == 1]
    sums = [o for o in sums if o.tensor.kind == "sum" and _is_mixed(o.tensor)]
    if len(sums) != 1:
        return factored(root)
    (chosen,) = sums
    others = [o for o in root.operands if o is not chosen]
    terms = []
    for term in chosen.tensor.operands:
        labels = tuple([chosen.labels[label] for label in term.labels])
        operands = (*others, Operand(term.tensor, labels, chosen.weight))
        coefficient, summed = root.value
        part = make("product", (coefficient * term.weight, summed), operands, root.shape)
        terms.append(Operand(factored(part), tuple(range(len(root.shape))), chosen.weight))
    return make("sum", None, terms, root.shape)


def _is_mixed(tensor: Tensor) -> bool:
    """Tell whether some terms of a sum have a delta and others none."""
    return len({_has_delta(operand) for operand in tensor.operands}) == 2


def _has_delta(operand: Operand) -> bool:
    tensor = operand.tensor
    inner = [o.tensor.kind for o in tensor.operands] if tensor.kind == "product" else []
    return "delta" in (tensor.kind, *inner)


def _plain(array: Operation) -> Core:
    """Return an array as a core without deltas."""
    own = tuple(range(len(array.shape)))
    return Core(array, own, own)


def _dense(tensor: Tensor, results: Mapping[Tensor, Core]) -> Operation:
    return spread(results[tensor], tensor.shape)


def _weighted(operand: Operand, results: Mapping[Tensor, Core], rank: int) -> Core:
    """Return a term of a sum, its axes and labels named after the sum's."""
    core = results[operand.tensor]
    first: dict[Label, Label] = {}
    axes: list[Label] = list(range(rank))
    for label, axis in sorted(zip(operand.labels, core.axes, strict=True), key=lambda p: p[0]):
        axes[label] = first.setdefault(axis, label)
    array = ops.multiply(ops.number(operand.weight), ops.floats(core.operation))
    return Core(array, tuple([first[label] for label in core.labels]), tuple(axes))


def _common_axes(node: Tensor, results: Mapping[Tensor, Core]) -> Labels | None:
    """Return the axes that all terms of a sum have alike, None where they differ."""
    if node.kind != "sum":
        return tuple(range(len(node.shape)))
    found = {_weighted(operand, results, len(node.shape)).axes for operand in node.operands}
    return found.pop() if len(found) == 1 else None


def _node(
    node: Tensor, results: Mapping[Tensor, Core], variables: Mapping[str, Expression]
) -> Core:
    if node.kind == "product":
        return _core(node, results)
    if node.kind == "sum":
        return _sum(node, results)
    arrays = {o.tensor: _dense(o.tensor, results) for o in node.operands}
    return _plain(_array(node, arrays, variables))


def _array(
    node: Tensor, results: Mapping[Tensor, Operation], variables: Mapping[str, Expression]
) -> Operation:
    """Return what is neither a product nor a sum."""
    match node.kind:
        case "variable":
            declared = variables[node.value.name]
            array = ops.make("input", (), (node.value.name, node.value.structure), declared.shape)
            return reshaped(array, node.shape)
        case "size":
            return ops.size(node.value)
        case "pi":
            return ops.make("pi", kind=ops.CONSTANT)
        case "apply":
            return _apply(node, results)
        case "reduce":
            return _reduce(node, results)
        case "matrix":
            return matrix_function(node, results)
        case "matrix_power":
            return matrix_power(node, results)
        case "call":
            return function_call(node, results)
    return _selector(node.kind, node.value, node.shape)


def _selector(kind: str, value: object, shape: Shape) -> Operation:
    """Return a 0-1 tensor as an array."""
    if kind == "delta":
        return ops.make("eye", (), shape[0], shape)
    return ops.make("antidiagonal" if kind == "flip" else kind, (), value, shape)


def _full(array: Operation, shape: Shape) -> Operation:
    """Return the array of this shape that entries broadcast to."""
    if array.shape == shape:
        return array
    if not array.shape:
        return ops.filled(array, shape)
    return ops.make("full", (ops.floats(array),), None, shape)


def _sum(node: Tensor, results: Mapping[Tensor, Core]) -> Core:
    axes = _common_axes(node, results)
    rank = len(node.shape)
    if axes is None:
        terms = [_plain(_dense(o.tensor, results)) for o in node.operands]
        axes = tuple(range(rank))
        order: Labels = axes
        named = [
            (term.operation, o.labels, o.weight)
            for term, o in zip(terms, node.operands, strict=True)
        ]
    else:
        cores_ = [_weighted(o._replace(weight=1), results, rank) for o in node.operands]
        order = tuple(dict.fromkeys(axes))
        named = [
            (core.operation, core.labels, o.weight)
            for core, o in zip(cores_, node.operands, strict=True)
        ]
    kept = tuple([x for x in order if any(x in labels for _, labels, _ in named)])
    total: Operation | None = None
    for array, labels, weight in sorted(named, key=lambda term: term[2] < 0):
        term = ops.floats(aligned(array, labels, kept))
        scaled = ops.multiply(ops.number(abs(weight)), term)
        if total is None:
            total = scaled if weight > 0 else ops.negate(scaled)
        else:
            total = merged("add" if weight > 0 else "subtract", total, scaled, len(kept))
    assert total is not None
    lengths = dict(zip(axes, node.shape, strict=True))
    return Core(_full(total, tuple([lengths[x] for x in kept])), kept, axes)


def _apply(node: Tensor, results: Mapping[Tensor, Operation]) -> Operation:
    own = tuple(range(len(node.shape)))
    operands = [ops.floats(aligned(results[o.tensor], o.labels, own)) for o in node.operands]
    if isinstance(node.value, Application):
        operands = [_full(operand, node.shape) for operand in operands]
        return ops.make("function", tuple(operands), function_name(node.value), node.shape)
    if len(operands) > 1 and len({o.shape for o in operands if o.shape}) > 1:
        operands = [_full(operand, node.shape) for operand in operands]
    if node.value in RELATIONS:
        result = ops.compare(node.value, *operands)
    else:
        result = elementary(node.value, *operands)
    return _full(result, node.shape) if result.shape != node.shape else result


def _reduce(node: Tensor, results: Mapping[Tensor, Operation]) -> Operation:
    name, dimensions = node.value
    (operand,) = node.operands
    rank = len(node.shape)
    order = tuple(range(rank + len(dimensions)))
    array = _full(
        aligned(results[operand.tensor], operand.labels, order), node.shape + tuple(dimensions)
    )
    array = ops.made(array)
    if rank == 0:
        return ops.make(name, (array,), None, ())
    if len(dimensions) > 1:
        joint = ONE
        for dimension in dimensions:
            joint = joint * dimension
        array = ops.make("reshape", (array,), None, (*node.shape, joint))
    return ops.make(name, (array,), rank, node.shape)


# Products


def _core(node: Tensor, results: Mapping[Tensor, Core]) -> Core:
    """Return a product as one array, its free deltas kept apart."""
    own: Labels = tuple(range(len(node.shape)))
    coefficient, summed = node.value
    rank = len(own)
    lengths = dict(enumerate((*node.shape, *summed)))
    terms: list[Term] = []
    same: dict[Label, Label] = {}
    selectors: list[Tensor] = []
    places: list[Labels] = []
    for tensor, labels, weight in node.operands:
        if tensor.kind == "delta":
            _identify(same, *labels)
        elif tensor.kind in ("select", "unit", "fuse", "shift", "flip"):
            selectors.append(tensor)
            places.append(labels)
        else:
            core = results[tensor]
            if weight < 0 and len(set(core.axes)) < len(core.axes):
                core = _plain(spread(core, tensor.shape))
            first: dict[Label, Label] = {}
            for label, axis in zip(labels, core.axes, strict=True):
                if axis in first:
                    _identify(same, first[axis], label)
                first.setdefault(axis, label)
            inner = tuple([first[label] for label in core.labels])
            terms.append(Term(ops.power(core.operation, ops.number(weight)), inner))
    axes = tuple([_root(same, label) for label in own])
    convolved = _convolution(selectors, places, terms, rank) if not same else None
    if convolved is not None:
        return Core(ops.multiply(ops.number(coefficient), convolved), own, own)
    terms = [_renamed(term, same) for term in terms]
    for tensor, labels in zip(selectors, places, strict=True):
        labels = tuple([_root(same, label) for label in labels])
        if not _seen_through(tensor, labels, terms, rank, selectors, places):
            terms.append(Term(_selector(tensor.kind, tensor.value, tensor.shape), labels))
    scale = ops.number(coefficient)
    held = {_root(same, label) for labels in places for label in labels}
    for label in range(rank, rank + len(summed)):
        unused = label not in same and label not in held
        if unused and not any(label in term.labels for term in terms):
            scale = ops.multiply(scale, ops.size(lengths[label]))
    scalars = [term.operation for term in terms if not term.labels]
    for scalar in scalars:
        scale = ops.multiply(scale, ops.floats(scalar))
    arrays = [term for term in terms if term.labels]
    free = tuple(dict.fromkeys(axes))
    kept = tuple([x for x in free if any(x in term.labels for term in arrays)])
    if not arrays:
        return Core(scale, (), axes)
    whole = prod(length(lengths[x]) for x in kept)
    scale, arrays = _scaled_first(scale, arrays, whole)
    return Core(ops.multiply(scale, einsum(arrays, kept)), kept, axes)


def _scaled_first(scale: Operation, arrays: list[Term], whole: int) -> tuple[Operation, list[Term]]:
    """Scale the smallest factor in place of a larger result; one that comes twice stays."""
    counts = Counter(term.operation for term in arrays)
    single = [term for term in arrays if counts[term.operation] == 1]
    smallest = min(single, key=lambda term: entries(term.operation), default=None)
    if scale is ops.ONE or smallest is None or entries(smallest.operation) >= whole:
        return scale, arrays
    scaled = smallest._replace(operation=ops.multiply(scale, smallest.operation))
    return ops.ONE, [scaled if term is smallest else term for term in arrays]


def _identify(same: dict[Label, Label], a: Label, b: Label) -> None:
    """Note that two labels run together; the smaller, an own axis before a sum, stays."""
    first, second = sorted((_root(same, a), _root(same, b)))
    if first != second:
        same[second] = first


def _root(same: Mapping[Label, Label], label: Label) -> Label:
    while label in same:
        label = same[label]
    return label


def _renamed(term: Term, same: Mapping[Label, Label]) -> Term:
    return Term(term.operation, tuple([_root(same, label) for label in term.labels]))


def _seen_through(
    selector: Tensor,
    labels: Labels,
    terms: list[Term],
    rank: int,
    selectors: Sequence[Tensor],
    places: Sequence[Labels],
) -> bool:
    """Let a 0-1 tensor be a view of the one array that it meets; tell whether it could."""
    head, *others = labels
    if head < rank or sum(head in other for other in places) > 1:
        return False
    meets = [k for k, term in enumerate(terms) if head in term.labels]
    if len(meets) != 1 or terms[meets[0]].labels.count(head) != 1:
        return False
    (k,) = meets
    array, place = ops.made(terms[k].operation), terms[k].labels.index(head)
    before, after = array.shape[:place], array.shape[place + 1 :]
    names = (*terms[k].labels[:place], *others, *terms[k].labels[place + 1 :])
    shape = (*before, *selector.shape[1:], *after)
    if selector.kind == "flip":
        value: object = place
    elif selector.kind in ("unit", "select"):
        value = (place, selector.value, selector.shape[1] if others else None)
    elif selector.kind == "shift":
        value = place
    elif selector.kind == "fuse":
        value = None
    else:
        return False
    terms[k] = Term(ops.make(_VIEWS[selector.kind], (array,), value, shape), names)
    return True


def _convolution(
    selectors: list[Tensor], places: list[Labels], terms: list[Term], rank: int
) -> Operation | None:
    """Return a product of two arrays that shifts tie together, axis by axis, as a correlation.

    With s = i + j along each axis: the sum over i of a[s]*b[i] is the correlation of a with
    b, and the sum over i and j of a[i]*b[j] their full convolution.
    """
    if len(terms) != 2 or not selectors:
        return None
    if any(t.kind != "shift" for t in selectors):
        return None
    for a, b in (terms, terms[::-1]):
        out: list[Label] = []
        full = a.labels[0] not in [labels[0] for labels in places] if a.labels else False
        for label, other in zip(a.labels, b.labels, strict=False):
            tied = [labels for labels in places if label in labels and other in labels]
            if len(tied) != 1 or label == other:
                return None
            position = tied[0].index(label)
            if (position == 0) == full or tied[0].index(other) == 0 or other < rank:
                break
            (left,) = [x for x in tied[0] if x not in (label, other)]
            out.append(left)
        else:
            if not len(a.labels) == len(b.labels) == len(places) == rank == len(out):
                return None
            summed = [*a.labels, *b.labels]
            if sorted(out) != list(range(rank)) or min(summed) < rank or rank > 2:
                return None
            kernel = ops.made(b.operation)
            shape = tuple(
                [
                    t.shape[p.index(x)]
                    for x in out
                    for t, p in zip(selectors, places, strict=True)
                    if x in p
                ]
            )
            head = "convolve" if full else "correlate"
            array = ops.make(head, (ops.made(a.operation), kernel), None, shape)
            return aligned(array, tuple(out), tuple(range(rank)))
    return None


_VIEWS = {
    "flip": "flip_axis",
    "unit": "pick",
    "select": "pick",
    "shift": "windows",
    "fuse": "reshape",
}


def spread(core: Core, shape: Shape) -> Operation:
    """Return the whole tensor of a core."""
    array, labels, axes = core
    if len(set(axes)) == len(axes):
        return array if array.shape == shape else _full(aligned(array, labels, axes), shape)
    names = {label: LETTERS[k] for k, label in enumerate(dict.fromkeys(axes))}
    free = tuple(dict.fromkeys(axes))
    array = ops.made(ops.floats(aligned(array, labels, free)))
    if array.kind == ops.CONSTANT:
        array = ops.make("scalar", (array,))
    return ops.make("spread", (array,), "".join([names[label] for label in axes]), shape)
