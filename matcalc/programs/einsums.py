"""Products of arrays with named axes: of matrices in the cheapest order, and `einsum`.

Matrices that meet one another only are multiplied first, as chains; what is left is
contracted to vectors and matrices in a cheap order, and then by one `einsum`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from matcalc.calculus.tensors import Label, Labels
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.programs import operations as ops
from matcalc.programs.chains import Factor, dense, length, multiplied
from matcalc.programs.operations import Operation
from matcalc.programs.ordering import contraction_order

LETTERS = "ijklmnopqrstuvwxyzabcdefghIJKLMNOPQRSTUVWXYZABCDEFGH"


class Term(NamedTuple):
    """An array and a name for each of its axes."""

    operation: Operation
    labels: Labels


def aligned(array: Operation, labels: Labels, order: Labels) -> Operation:
    """Return the array with its axes in this order, of length 1 where it has none."""
    if labels == order or not labels:
        return array
    array = ops.floats(array) if array.kind == ops.MASK else array
    shape = tuple([array.shape[labels.index(x)] if x in labels else ONE for x in order])
    permutation = tuple([labels.index(x) for x in order if x in labels])
    present = tuple([x in labels for x in order])
    if present == (True, True) and permutation == (1, 0):
        return ops.transpose(array)
    array = ops.made(array)
    if present == (False, True):
        return array
    if present == (True, False):
        return ops.column(array)
    return ops.make("align", (array,), (permutation, present), shape)


def merged(head: str, a: Operation, b: Operation, rank: int) -> Operation:
    """Return two arrays joined entry by entry, whatever axes they lack."""
    if a.shape == b.shape or not a.shape or not b.shape:
        return {"add": ops.add, "multiply": ops.multiply, "subtract": ops.subtract}[head](a, b)
    a, b = ops.made(ops.floats(a)), ops.made(ops.floats(b))
    return ops.make(head, (a, b), None, _broadcast_shape((a, b), rank))


def _broadcast_shape(arrays: Sequence[Operation], rank: int) -> tuple[Dimension, ...]:
    shape = [ONE] * rank
    for array in arrays:
        for axis, dimension in enumerate(reversed(array.shape)):
            if dimension != ONE:
                shape[rank - 1 - axis] = dimension
    return tuple(shape)


def einsum(terms: Sequence[Term], out: Labels) -> Operation:
    """Return the product of arrays, summed over the labels that are not in `out`."""
    if len(terms) > 1:
        terms = [_diagonal(term) for term in terms]
    if len(terms) < 3:
        return _product(terms, out)
    found = _multiplied_along_paths(_joined(terms), out)
    scale = ops.ONE
    for term in found:
        scale = scale if term.labels else ops.multiply(scale, ops.floats(term.operation))
    arrays = [term for term in found if term.labels]
    return ops.multiply(scale, _in_pairs(arrays, out)) if arrays else scale


def _diagonal(term: Term) -> Term:
    """Return a term whose labels repeat as one whose labels do not."""
    labels = tuple(dict.fromkeys(term.labels))
    return term if labels == term.labels else Term(_product([term], labels), labels)


def _in_pairs(terms: Sequence[Term], out: Labels) -> Operation:
    """Return a product of arrays, contracted to vectors and matrices in a cheap order first.

    What makes tensors of more axes is left to one `einsum`, which orders by actual lengths.
    """
    lengths = {
        label: length(dimension)
        for operation, labels in terms
        for label, dimension in zip(labels, operation.shape, strict=True)
    }
    groups = {place: [term] for place, term in enumerate(terms)}
    order = contraction_order([term.labels for term in terms], out, lengths)
    for place, (a, b) in enumerate(order, len(terms)):
        pair = groups.pop(a) + groups.pop(b)
        needed = {*out}.union(*[term.labels for group in groups.values() for term in group])
        met = dict.fromkeys([label for term in pair for label in term.labels])
        labels = tuple([label for label in met if label in needed])
        small = len(labels) < 3 or len(lengths) > len(LETTERS)
        joined = groups and len(pair) == 2 and small
        groups[place] = [Term(_product(pair, labels), labels)] if joined else pair
    (last,) = groups.values()
    return _product(_squared_first(last, out), out)


def _squared_first(terms: list[Term], out: Labels) -> list[Term]:
    """Multiply an array with itself before the third factor, so that a matrix product is left.

    In sum(l, d[l,i]*v[l,j]*v[l,k]) that is the smaller of the two as a rule.
    """
    for a, b in combinations(terms, 2):
        if len(terms) == 3 and a.operation is b.operation and a.labels != b.labels:
            (other,) = [term for term in terms if term is not a and term is not b]
            met = dict.fromkeys(a.labels + b.labels)
            summed = [label for label in met if label not in out and label in other.labels]
            labels = (*summed, *[label for label in out if label in met])
            return [other, Term(_product([a, b], labels), labels)]
    return terms


def _product(terms: Sequence[Term], out: Labels) -> Operation:
    """Return the product of arrays, as of matrices or entry by entry if it can be."""
    terms = [
        _summed(term, {*out}.union(*[other.labels for other in terms if other is not term]))
        for term in terms
    ]
    used = {label for term in terms for label in term.labels}
    if used <= set(out) and all(len(set(t.labels)) == len(t.labels) for t in terms):
        result = aligned(*terms[0], out)
        for term in terms[1:]:
            result = merged("multiply", result, aligned(*term, out), len(out))
        return result
    if len(terms) == 2:
        a, b = terms
        product = _matrix_product(a, b, out) or _tensor_product(a, b, out)
        if product is not None:
            return product
    names: dict[Label, str] = {}
    for label in [*out, *[label for term in terms for label in term.labels]]:
        names.setdefault(label, LETTERS[len(names) % len(LETTERS)])
    if len(names) > len(LETTERS):
        raise ops.refuse(f"a product of more than {len(LETTERS)} indices")
    parts = ["".join([names[label] for label in term.labels]) for term in terms]
    spec = f"{','.join(parts)}->{''.join([names[label] for label in out])}"
    shape: dict[Label, Dimension] = {}
    for term in terms:
        shape.update(zip(term.labels, term.operation.shape, strict=True))
    arrays = tuple([ops.made(term.operation) for term in terms])
    return ops.make("einsum", arrays, spec, tuple([shape[label] for label in out]))


def _summed(term: Term, needed: Collection[Label]) -> Term:
    """Return a vector or matrix summed over the axes that nothing else has."""
    operation, labels = term
    if len(labels) > 2 or len(set(labels)) < len(labels):
        return term
    for label in [label for label in labels if label not in needed]:
        axis = labels.index(label) if len(labels) > 1 else None
        operation = ops.total(ops.floats(operation), axis)
        labels = tuple([other for other in labels if other != label])
    return Term(operation, labels)


def _joined(terms: Iterable[Term]) -> list[Term]:
    """Multiply the terms of the same labels, entry by entry, before anything is summed."""
    groups: dict[frozenset[Label], Term] = {}
    for term in terms:
        key = frozenset(term.labels)
        if key not in groups or not key or len(key) < len(term.labels):
            groups[key if key not in groups else frozenset((object(),))] = term
            continue
        other = groups[key]
        array = merged("multiply", other.operation, aligned(*term, other.labels), len(key))
        groups[key] = Term(array, other.labels)
    return list(groups.values())


def _matrix_product(a: Term, b: Term, out: Labels) -> Operation | None:
    """Return the product of two terms as one of matrices and vectors, None if it is none."""
    common = set(a.labels) & set(b.labels)
    if len(common) != 1 or max(len(a.labels), len(b.labels)) > 2 or common & set(out):
        return None
    (label,) = common
    if set(out) != set(a.labels) ^ set(b.labels):
        return None
    left = a.operation if a.labels[-1] == label else ops.transpose(a.operation)
    right = b.operation if b.labels[0] == label else ops.transpose(b.operation)
    if len(left.shape) == 1 and len(right.shape) == 2:
        return ops.matmul(ops.transpose(right), left)
    result = ops.matmul(left, right)
    first = [x for x in (*a.labels, *b.labels) if x != label]
    return result if tuple(first) == out else ops.transpose(result)


def _tensor_product(a: Term, b: Term, out: Labels) -> Operation | None:
    """Return the product of two terms as one of tensors, None if an index only runs along."""
    common = [label for label in a.labels if label in b.labels]
    single = all(len(set(term.labels)) == len(term.labels) for term in (a, b))
    if not common or not single or set(out) != set(a.labels) ^ set(b.labels):
        return None
    free = [tuple([x for x in term.labels if x not in common]) for term in (a, b)]
    if free[0] + free[1] != out and free[1] + free[0] == out:
        a, b, free = b, a, free[::-1]
    axes = tuple([tuple([term.labels.index(x) for x in common]) for term in (a, b)])
    lengths = dict(zip(a.labels + b.labels, a.operation.shape + b.operation.shape, strict=True))
    shape = tuple([lengths[x] for x in free[0] + free[1]])
    arrays = (ops.made(a.operation), ops.made(b.operation))
    return aligned(ops.make("tensordot", arrays, axes, shape), free[0] + free[1], out)


# Chains of matrices


class _Paths(NamedTuple):
    """The matrices at each label, a vector on it, and the labels that stay."""

    matrices: Mapping[Label, list[Term]]
    vectors: Mapping[Label, Term]
    held: frozenset[Label]

    def beyond(self, term: Term, label: Label) -> Term | None:
        """Return the only other matrix that a matrix meets at a label that is summed over."""
        pair = self.matrices[label]
        if label in self.held or len(pair) != 2:
            return None
        return pair[1] if pair[0] is term else pair[0]

    def at_end(self, label: Label) -> Term | None:
        """Return the vector at a label that is summed over and only one matrix has."""
        if label in self.held or len(self.matrices[label]) != 1:
            return None
        return self.vectors.get(label)


_Step = tuple[Term, Label, Label]


def _multiplied_along_paths(terms: Sequence[Term], out: Labels) -> list[Term]:
    """Multiply the matrices that meet one another only, each path in its cheapest order.

    A vector where two of them meet is a diagonal matrix between them, and one where a path
    ends is multiplied with too.
    """
    matrices: dict[Label, list[Term]] = defaultdict(list)
    for term in filter(_is_matrix, terms):
        for label in term.labels:
            matrices[label].append(term)
    vectors = {term.labels[0]: term for term in terms if len(term.labels) == 1}
    others = [t.labels for t in terms if len(t.labels) > 1 and not _is_matrix(t)]
    paths = _Paths(matrices, vectors, frozenset(out).union(*others))
    used: set[Term] = set()
    products: list[Term] = []
    for start in filter(_is_matrix, terms):
        if start in used:
            continue
        path = _path(start, paths, used)
        used.update(term for term, _, _ in path)
        first, last = paths.at_end(path[0][1]), paths.at_end(path[-1][2])
        between = [vectors.get(near) for _, near, _ in path[1:]]
        used.update(vector for vector in (first, last, *between) if vector)
        products.append(_along(path, first, last, between))
    return products + [term for term in terms if term not in used]


def _is_matrix(term: Term) -> bool:
    return len(term.labels) == 2 == len(set(term.labels))


def _path(start: Term, paths: _Paths, used: Collection[Term]) -> list[_Step]:
    """Return the matrices on a path, each with its near and far label; of a ring all but one."""
    path = [(start, *start.labels)]
    for _ in range(2):  # from the start onwards; then, turned round, from there
        while True:
            term, _, label = path[-1]
            following = paths.beyond(term, label)
            if following is None or following in used:
                break
            (end,) = [other for other in following.labels if other != label]
            if end == path[0][1]:
                break
            path.append((following, label, end))
        path = [(term, far, near) for term, near, far in reversed(path)]
    return path


def _along(
    path: Sequence[_Step], first: Term | None, last: Term | None, between: Sequence[Term | None]
) -> Term:
    """Return the product of a path's matrices and vectors."""
    factors = [Factor("row", first.operation)] if first else []
    for (term, near, far), vector in zip(path, (None, *between), strict=True):
        if vector:
            factors.append(Factor("diagonal", vector.operation))
        turned = term.labels != (near, far)
        matrix = ops.transpose(term.operation) if turned else term.operation
        factors.append(Factor("matrix", matrix))
    factors += [Factor("column", last.operation)] if last else []
    ends = [(path[0][1], first), (path[-1][2], last)]
    product = multiplied(factors) if len(factors) > 1 else factors[0]
    return Term(dense(product).operation, tuple([label for label, vector in ends if not vector]))
