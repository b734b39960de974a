"""Generalized Jacobians as matrices: ⊗, vec, diag and the commutation matrix.

A tensor with row axes (those of Y) and column axes (those of X) is the matrix
∂vec(Y)/∂vec(X)ᵀ (Magnus & Neudecker, "Matrix Differential Calculus", 1999). Every
term of a sum is written by its pieces (`pieces`), or with matrices taken out at its ends; then
the terms are added and factored. No array of all entries is made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.calculus.expansion import distributed
from matcalc.calculus.products import product
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor, delta, is_zero
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression, is_diagonal, make, number
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import run
from matcalc.notation.building import best, chain, cost, negate
from matcalc.notation.graphs import Unreduced
from matcalc.notation.pieces import (
    Pieces,
    Sides,
    combined,
    diagonal,
    kron,
    operands_of,
    stacked,
    times,
    written_along,
)
from matcalc.notation.terms import Term, term_of, total, transposed, written
from matcalc.notation.text import count_nodes

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

MOST_TERMS = 48  # of a sum that is written with ⊗
MOST_WHOLE = 6  # longer sums are written with equal factors joined only

_one = Fraction(1)

Task = Generator[Any, Any, Any]
Forms = tuple[list[Term], list[Term]]  # with the commutation matrix on the right, on the left


def kronecker(notation: Notation, tensor: Tensor, sides: Sides) -> Expression:
    """Return the tensor as a matrix with ⊗, vec, diag and K; raise Unreduced where there is none.

    vec stacks columns: the last axis of a group runs slowest. Without row axes the matrix is
    a row, without column axes a column.

    >>> from matcalc.calculus.lowering import tensor_of
    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.notation.matrices import Notation
    >>> from matcalc.notation.text import to_text
    >>> m, n = name("m"), name("n")
    >>> jacobian = product([(delta(m), (0, 3), _one), (delta(n), (1, 2), _one)], (0, 1, 2, 3))
    >>> to_text(kronecker(Notation(), jacobian, Sides((1, 0), (3, 2))))
    'commutation(n, m)'
    """
    on_right, on_left = run(_forms(notation, tensor, sides))
    sums = [on_right, _padded(on_right, -1), on_left, _padded(on_left, 0)]
    joined = [_joined(terms) for terms in sums]
    ways = joined if len(on_right) > MOST_WHOLE else [*sums, *joined]
    return best(*[_added(terms) for terms in dict.fromkeys(map(tuple, ways))])


def _forms(notation: Notation, tensor: Tensor, sides: Sides) -> Task:
    if is_zero(tensor):
        zero = _zero(tensor.shape, sides)
        return [zero], [zero]
    flat = min(map(len, sides)) == 0 or max(map(len, sides)) == 1
    if flat:
        try:
            term = yield _flat(notation, tensor, sides)
        except Unreduced:
            pass
        else:
            return [term], [term]
    restacked = _restacked(tensor, sides)
    if restacked is not None:
        return (yield _forms(notation, *restacked))
    if flat:
        raise Unreduced
    parts = _summands(tensor)
    if len(parts) == 1:
        if max(map(len, sides)) > 2:
            raise Unreduced
        return (yield _of_product(notation, tensor, sides))
    forms: Forms = ([], [])
    for part in parts:
        for terms, more in zip(forms, (yield _forms(notation, part, sides)), strict=True):
            terms += more
        if len(forms[0]) > MOST_TERMS:
            raise Unreduced
    return forms


def _zero(shape: Shape, sides: Sides) -> Term:
    sizes = []
    for group in sides:
        length = ONE
        for axis in group:
            length = length * shape[axis]
        sizes.append(length)
    kept = sizes[:1] if not sides.columns else sizes
    return term_of(make("zeros", (), tuple(kept)) if sides.axes else number(0))


def _restacked(tensor: Tensor, sides: Sides) -> tuple[Tensor, Sides] | None:
    """Take apart axes that vec or ⊗ has made of two, or join those that unvec has parted.

    The rows of vec(A*X) become those of A*X. Return None where nothing gets simpler.
    """
    fused = [o for o in operands_of(tensor) if o.tensor.kind == "fuse"]
    for operand in fused:
        long, slow, fast = operand.labels
        names = {slow: ("slow",), fast: ("fast",), long: ("long",)}
        for old, new in (((long,), (slow, fast)), ((slow, fast), (long,))):
            groups = [_with_run(group, old, tuple([names[x] for x in new])) for group in sides]
            if groups == list(sides):
                continue
            rows, columns = groups
            joint = tuple([names[x] if x in new else x for x in operand.labels])
            factors = [(tensor, tuple(range(len(tensor.shape))), _one)]
            whole = product([*factors, (operand.tensor, joint, _one)], (*rows, *columns))
            if sum(o.tensor.kind == "fuse" for o in operands_of(whole)) < len(fused):
                places = tuple(range(len(whole.shape)))
                return whole, Sides(places[: len(rows)], places[len(rows) :])
    return None


def _with_run(group: Labels, old: Labels, new: Labels) -> Labels:
    """Return a group of axes with a run of them replaced."""
    for k in range(len(group)):
        if group[k : k + len(old)] == old:
            return (*group[:k], *new, *group[k + len(old) :])
    return group


def _summands(tensor: Tensor) -> list[Tensor]:
    """Return the terms of a sum, or of a product with a sum that hangs on three axes or more."""
    if tensor.kind == "sum":
        own = tuple(range(len(tensor.shape)))
        sizes = dict(enumerate(tensor.shape))
        return [
            product([(o.tensor, o.labels, _one)], own, sizes, o.weight) for o in tensor.operands
        ]
    if tensor.kind == "product":
        for k, operand in enumerate(tensor.operands):
            wide = len(set(operand.labels)) > 2
            if wide and operand.tensor.kind == "sum" and operand.weight == 1:
                return distributed(tensor, k)
    return [tensor]


# --- matrices and vectors -----------------------------------------------------------------------


def _flat(notation: Notation, tensor: Tensor, sides: Sides) -> Task:
    """Return a tensor of one group, or of one axis in each: a matrix, column or row."""
    if sides.rows and sides.columns:
        return (yield written_along(notation, tensor, sides.axes))
    term = yield stacked(notation, tensor, sides.axes)
    return transposed(term) if sides.columns else term


# --- one product --------------------------------------------------------------------------------


def _of_product(notation: Notation, tensor: Tensor, sides: Sides) -> Task:
    """Write one product as it stands, or with matrices taken out at its ends."""
    try:
        whole, entrywise = yield _direct(notation, tensor, sides)
    except Unreduced:
        return (yield _peeled(notation, tensor, sides))
    found: list[Forms] = []
    if entrywise:
        for paths in _subsets(_paths(tensor, sides)):
            try:
                found.append((yield _without_paths(notation, tensor, sides, paths)))
            except Unreduced:
                continue
    found.append(whole)
    return min(found, key=lambda forms: min(count_nodes(total(terms)) for terms in forms))


def _direct(notation: Notation, tensor: Tensor, sides: Sides) -> Task:
    """Return the shortest form of a product, and whether it needs a product entry by entry."""
    problem = Pieces(notation, tensor, sides)
    front = yield problem.front()
    shortest: tuple[int, Forms, bool] | None = None
    for assigned in problem.assignments():
        right, left, crossing = yield problem.form(assigned)
        length = cost(written(right))
        if shortest is None or length < shortest[0]:
            shortest = (length, ([times(front, right)], [times(front, left)]), crossing)
    if shortest is None:
        raise Unreduced
    return shortest[1:]


# --- matrices taken out -------------------------------------------------------------------------


class _Path(NamedTuple):
    """The matrix between an axis and the next vertex where more than two factors meet."""

    axis: Label
    end: Label
    factors: tuple[Operand, ...]


def _paths(tensor: Tensor, sides: Sides) -> list[_Path]:
    """Return the paths from the axes at which a single matrix hangs."""
    operands = operands_of(tensor)
    found = []
    for axis in sides.axes:
        end, factors = axis, []
        while True:
            here = [o for o in operands if end in o.labels and o not in factors]
            edges = [o for o in here if len(set(o.labels)) == 2]
            weights = [o for o in here if len(o.labels) == 1]
            passed = end == axis or end >= len(tensor.shape)
            if len(edges) != 1 or len(edges) + len(weights) < len(here) or not passed:
                break
            (edge,) = edges
            if edge.tensor.kind == "delta" or (end == axis and weights):
                break
            factors += [*weights, edge]
            (end,) = set(edge.labels) - {end}
        if factors:
            found.append(_Path(axis, end, tuple(factors)))
    return found


def _peeled(notation: Notation, tensor: Tensor, sides: Sides) -> Task:
    """Take out what hangs on the rows or the columns alone, and then the paths from there.

    So tanh(A*tanh(B*X)) becomes diag(vec(D))*(eye ⊗ A)*diag(vec(E))*(...), layer by layer.
    """
    own = tuple(range(len(tensor.shape)))
    sizes = dict(enumerate(tensor.shape))
    operands = operands_of(tensor)
    outer = []
    taken: set[Operand] = set()
    for group in sides:
        on_group = [o for o in operands if o.labels and set(o.labels) <= set(group)]
        taken.update(on_group)
        if not on_group:
            outer.append(Term(_one, (), ()))
            continue
        factors = [(o.tensor, _placed(o.labels, group), o.weight) for o in on_group]
        axes = dict(enumerate([tensor.shape[axis] for axis in group]))
        column = yield stacked(notation, product(factors, tuple(axes), axes), tuple(axes))
        outer.append(column._replace(body=(diagonal(chain(column.body)),)))
    if taken:
        coefficient, summed = tensor.value if tensor.kind == "product" else (_one, ())
        rest = [(o.tensor, o.labels, o.weight) for o in operands if o not in taken]
        sizes |= {len(own) + k: dimension for k, dimension in enumerate(summed)}
        tensor = product(rest, own, sizes, coefficient)
    inner = [p for p in _paths(tensor, sides) if p.end >= len(own)]
    if inner:
        forms = yield _without_paths(notation, tensor, sides, inner)
    elif taken:
        forms = yield _forms(notation, tensor, sides)
    else:
        raise Unreduced
    return tuple([[times(outer[0], term, outer[1]) for term in terms] for terms in forms])


def _placed(labels: Labels, group: Labels) -> Labels:
    return tuple([group.index(label) for label in labels])


def _subsets(paths: Sequence[_Path]) -> Iterator[tuple[_Path, ...]]:
    for count in range(1, len(paths) + 1):
        for chosen in combinations(paths, count):
            every = [o for path in chosen for o in path.factors]
            if len(set(every)) == len(every):
                yield chosen


def _without_paths(
    notation: Notation, tensor: Tensor, sides: Sides, paths: Sequence[_Path]
) -> Task:
    """Write a product as (P ⊗ Q)·rest·(R ⊗ S), where paths hang on the axes."""
    coefficient, summed = tensor.value
    rank = len(tensor.shape)
    dims: dict[Label, Dimension] = dict(enumerate((*tensor.shape, *summed)))
    taken = {o for path in paths for o in path.factors}
    factors = [(o.tensor, o.labels, o.weight) for o in tensor.operands if o not in taken]
    matrices: dict[Label, Term] = {}
    for path in paths:
        factors.append((delta(dims[path.end]), (("inner", path.axis), path.end), _one))
        axes = (path.axis, path.end) if path.axis in sides.rows else (path.end, path.axis)
        names = {x: ("in", x) for o in path.factors for x in o.labels if x not in axes}
        inside = [
            (o.tensor, tuple([names.get(x, x) for x in o.labels]), o.weight) for o in path.factors
        ]
        matrices[path.axis] = yield written_along(notation, product(inside, axes), (0, 1))
    out = tuple([("inner", x) if x in matrices else x for x in range(rank)])
    sizes = {x: dims[x] for x in range(rank) if x not in matrices}
    rest = product(factors, out, sizes, coefficient)
    forms = yield _forms(notation, rest, sides)
    before, after = (_ends(group, matrices, dims) for group in sides)
    return tuple([[times(before, term, after) for term in terms] for terms in forms])


def _ends(group: Labels, matrices: Mapping[Label, Term], dims: Mapping[Label, Dimension]) -> Term:
    """Return the Kronecker product of the matrices that were taken out at a group's axes."""
    if not any(axis in matrices for axis in group):
        return Term(_one, (), ())
    factors = [matrices.get(axis) or term_of(make("eye", (), dims[axis])) for axis in group]
    return factors[0] if len(factors) == 1 else combined(kron, *factors)


# --- sums ---------------------------------------------------------------------------------------


def _added(terms: Sequence[Term]) -> Expression:
    """Return the sum; the sign that several terms share stays in front."""
    if len(terms) > 1 and all(term.coefficient < 0 for term in terms):
        return negate(total([term._replace(coefficient=-term.coefficient) for term in terms]))
    return total(terms)


def _padded(terms: Sequence[Term], at: int) -> list[Term]:
    """Write an identity where other terms have a K, so that A + K*A is (eye + K)*A."""
    swaps = [t.body[at] for t in terms if t.body and t.body[at].head == "commutation"]
    if not swaps:
        return list(terms)
    eye = (make("eye", (), swaps[0].shape[0]),)
    padded = []
    for term in terms:
        if term.body[at].head not in ("commutation", "eye"):
            body = (*eye, *term.body) if at == 0 else (*term.body, *eye)
            term = term._replace(body=body)
        padded.append(term)
    return padded


class _Part(NamedTuple):
    """A matrix in a term that the term is linear in: the path to it, and the term without it."""

    body: tuple[Expression, ...]
    place: int
    path: tuple[int, ...]

    def filled(self, front: Term) -> Term:
        """Return the term with another matrix there, whose numbers and scalars are in front."""
        link = _replaced(self.body[self.place], self.path, chain(front.body))
        return front._replace(body=(*self.body[: self.place], link, *self.body[self.place + 1 :]))


def _joined(terms: Sequence[Term]) -> list[Term]:
    """Write A ⊗ B + A ⊗ C as A ⊗ (B + C), and diag(vec(A)) + diag(vec(B)) as diag(vec(A + B))."""
    current = list(terms)
    while True:
        groups: dict[_Part, list[tuple[Term, Term]]] = {}
        for term in current:
            for part, inner in _linear_parts(term):
                groups.setdefault(part, []).append((term, inner))
        shared = next((item for item in groups.items() if len(item[1]) > 1), None)
        if shared is None:
            return current
        part, members = shared
        whole = term_of(total([inner for _, inner in members]))
        gone = [term for term, _ in members]
        current = [part.filled(whole), *[term for term in current if term not in gone]]


def _linear_parts(term: Term) -> Iterator[tuple[_Part, Term]]:
    """Yield each matrix that a term is linear in, with the term's numbers and scalars."""
    for place, link in enumerate(term.body):
        paths: list[tuple[int, ...]] = [(0,), (1,)] if link.head == "kron" else []
        if is_diagonal(link):
            (column,) = link.arguments
            paths = [(0, 0)] if column.head == "call" and column.value[0] == "vec" else [(0,)]
        for path in paths:
            inner = link
            for k in path:
                inner = inner.arguments[k]
            hole = _replaced(link, path, make("zeros", (), inner.shape))
            body = (*term.body[:place], hole, *term.body[place + 1 :])
            yield _Part(body, place, path), times(term._replace(body=()), term_of(inner))


def _replaced(link: Expression, path: Sequence[int], inner: Expression) -> Expression:
    """Return a factor with the part that the path leads to replaced."""
    outer = [link]
    for k in path[:-1]:
        outer.append(outer[-1].arguments[k])
    for node, k in zip(reversed(outer), reversed(path), strict=True):
        arguments = (*node.arguments[:k], inner, *node.arguments[k + 1 :])
        inner = kron(*arguments) if node.head == "kron" else make(node.head, arguments, node.value)
    return inner
