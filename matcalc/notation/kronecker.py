"""Generalized Jacobians as matrices: ⊗, vec, diag and the commutation matrix.

A tensor with row axes (those of Y) and column axes (those of X) is the matrix
∂vec(Y)/∂vec(X)ᵀ (Magnus & Neudecker, "Matrix Differential Calculus", 1999). The factors of
a product fall into connected pieces, and each hangs on a set of axes: a piece on one row
and one column axis is a factor of a Kronecker product, a piece on the rows or columns alone
a diagonal matrix to its left or right. No array of all entries is made.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from itertools import product as choices
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.calculus.expansion import distributed
from matcalc.calculus.products import product
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor, constant, delta, is_zero
from matcalc.calculus.work import Factor
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression, make, number
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder, run
from matcalc.notation.building import best, chain, cost, hadamard, negate
from matcalc.notation.graphs import Unreduced
from matcalc.notation.terms import Term, merged, term_of, total, transposed, written
from matcalc.notation.text import count_nodes

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

MOST_TERMS = 48  # of a sum that is written with ⊗
MOST_WHOLE = 6  # longer sums are written with equal factors joined only
MOST_ASSIGNMENTS = 24  # of the pieces of one product to factors

_one = Fraction(1)

Task = Generator[Any, Any, Any]
Block = tuple[Labels, Labels]  # the row and column axes of one factor, each at most one
Piece = tuple[Operand, ...]
Forms = tuple[list[Term], list[Term]]  # with the commutation matrix on the right, on the left


class Sides(NamedTuple):
    """The axes that make the rows and the columns of a matrix, the slowest first."""

    rows: Labels
    columns: Labels

    @property
    def axes(self) -> Labels:
        return self.rows + self.columns


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
    fused = [o for o in _operands(tensor) if o.tensor.kind == "fuse"]
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
            if sum(o.tensor.kind == "fuse" for o in _operands(whole)) < len(fused):
                places = tuple(range(len(whole.shape)))
                return whole, Sides(places[: len(rows)], places[len(rows) :])
    return None


def _with_run(group: Labels, old: Labels, new: Labels) -> Labels:
    """Return a group of axes with a run of them replaced."""
    for k in range(len(group)):
        if group[k : k + len(old)] == old:
            return (*group[:k], *new, *group[k + len(old) :])
    return group


def _operands(tensor: Tensor) -> tuple[Operand, ...]:
    """Return the factors of a product; of anything else, itself."""
    if tensor.kind == "product":
        return tensor.operands
    return (Operand(tensor, tuple(range(len(tensor.shape))), _one),)


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
        return (yield _written(notation, tensor, sides.axes))
    term = yield _stacked(notation, tensor, sides.axes)
    return transposed(term) if sides.columns else term


def _written(notation: Notation, tensor: Tensor, out: Labels) -> Task:
    """Return the term of a tensor with its axes in this order; raise Unreduced for indices."""
    own = tuple(range(len(tensor.shape)))
    if out != own:
        tensor = product([(tensor, own, _one)], out)
    term = yield notation._term(tensor)
    nodes = postorder(term.body, lambda node: node.arguments)
    if any(node.head == "tensor" for node in nodes):
        raise Unreduced
    return term


def _stacked(notation: Notation, tensor: Tensor, group: Labels) -> Task:
    """Return the column of a tensor's entries, the first axis of the group the slowest."""
    if len(group) > 2:
        raise Unreduced
    term = yield _written(notation, tensor, group[::-1])
    return term._replace(body=(_vec(chain(term.body)),)) if len(group) == 2 else term


def _vec(matrix: Expression) -> Expression:
    if matrix.head in ("ones", "zeros"):
        return make(matrix.head, (), (matrix.shape[0] * matrix.shape[1],))
    return make("call", (matrix,), ("vec", None))


def _diag(column: Expression) -> Expression:
    return make("call", (column,), ("diag", None))


def _kron(left: Expression, right: Expression) -> Expression:
    if left.head == right.head == "eye":
        return make("eye", (), left.value * right.value)
    if left.head == right.head == "ones" and len(left.shape) == len(right.shape):
        return make(
            "ones", (), tuple([a * b for a, b in zip(left.shape, right.shape, strict=True)])
        )
    return make("kron", (left, right))


def _times(first: Term, *others: Term) -> Term:
    """Multiply terms as matrices; the identity is left out."""
    coefficient, powers = first.coefficient, list(first.scalars)
    body = list(first.body)
    for term in others:
        coefficient *= term.coefficient
        powers += term.scalars
        body += term.body
    scalars = tuple([(base, e) for base, e in merged(powers).items() if e != 0])
    links = [part for part in body if part.head != "eye"] or body[:1]
    return Term(coefficient, scalars, tuple(links))


def _combined(build: Any, first: Term, second: Term) -> Term:
    """Return `build` of two matrices, their numbers and scalars in front."""
    front = _times(first._replace(body=()), second._replace(body=()))
    return front._replace(body=(build(chain(first.body), chain(second.body)),))


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
    problem = _Pieces(notation, tensor, sides)
    front = yield problem.front()
    shortest: tuple[int, Forms, bool] | None = None
    for assigned in problem.assignments():
        right, left, crossing = yield problem.form(assigned)
        length = cost(written(right))
        if shortest is None or length < shortest[0]:
            shortest = (length, ([_times(front, right)], [_times(front, left)]), crossing)
    if shortest is None:
        raise Unreduced
    return shortest[1:]


class _Pieces:
    """The connected pieces of a product, and the places that they may take.

    The places are "left" and "right" of the Kronecker product, and the two factors of each
    of two Kronecker products: "straight" joins the slow axes and the fast ones, "crossed"
    the slow with the fast.
    """

    def __init__(self, notation: Notation, tensor: Tensor, sides: Sides) -> None:
        self.notation = notation
        self.sides = sides
        self.rank = len(tensor.shape)
        self.dims = dict(enumerate(tensor.shape))
        self.coefficient = tensor.value[0] if tensor.kind == "product" else _one
        operands = _operands(tensor)
        deltas = [o for o in operands if o.tensor.kind == "delta" and max(o.labels) < self.rank]
        self.classes = _classes(sides.axes, deltas)
        self.pieces = _connected([o for o in operands if o not in deltas], self.rank)
        self.blocks = {
            "straight": _blocks(sides, crossed=False),
            "crossed": _blocks(sides, crossed=True),
        }

    def front(self) -> Task:
        """Return the scalar factors, and the lengths of axes summed over nothing."""
        scalars = [o for p in self.pieces if not self.terminals(p) for o in p]
        factors = [(o.tensor, o.labels, o.weight) for o in scalars]
        term = yield self.notation._term(product(factors, (), None, self.coefficient))
        return term

    def terminals(self, piece: Piece) -> Labels:
        """Return the axes that a piece hangs on."""
        return tuple(sorted({x for o in piece for x in o.labels if x < self.rank}))

    def assignments(self) -> Iterator[dict[tuple[str, int], list[Factor]]]:
        """Yield the ways to put every piece in a place, by every preference of places."""
        hanging = [(p, self.terminals(p)) for p in self.pieces if self.terminals(p)]
        if any(len(axes) > 2 for _, axes in hanging):
            raise Unreduced
        every = [list(_joins(group)) for group in self.classes if len(group) > 1]
        seen = set()
        for deltas in choices(*every):
            edges = [edge for group in deltas for edge in group]
            for order in permutations(("left", "right", "straight", "crossed")):
                places = [self.chosen([edge], order) for edge in edges]
                places += [self.chosen(self.options(axes), order) for _, axes in hanging]
                if tuple(places) in seen:
                    continue
                seen.add(tuple(places))
                if len(seen) > MOST_ASSIGNMENTS:
                    return
                yield self.filled(edges, hanging, places)

    def chosen(
        self, options: Sequence[Labels], order: Sequence[str]
    ) -> tuple[tuple[str, int], Labels]:
        """Return the first place in the order that fits one of these choices of axes."""
        for name in order:
            for option in options:
                for k, axes in enumerate(self.places(name)):
                    if set(option) <= set(axes):
                        return (name, k), option
        raise Unreduced

    def options(self, axes: Labels) -> list[Labels]:
        """Return the axes that a piece may hang on instead, which a δ makes equal."""
        alike = []
        for axis in axes:
            group = next(group for group in self.classes if axis in group)
            alike.append((axis, *[other for other in group if other != axis]))
        return list(choices(*alike))

    def places(self, name: str) -> list[Labels]:
        """Return the axes of every place of this name."""
        if name in self.blocks:
            return [rows + columns for rows, columns in self.blocks[name]]
        return [self.sides.rows if name == "left" else self.sides.columns]

    def filled(
        self,
        edges: Sequence[Labels],
        hanging: Sequence[tuple[Piece, Labels]],
        places: Sequence[tuple[tuple[str, int], Labels]],
    ) -> dict[tuple[str, int], list[Factor]]:
        """Return the factors of every place, on the axes chosen for them."""
        factors: dict[tuple[str, int], list[Factor]] = {}
        for edge, (place, _) in zip(edges, places, strict=False):
            factors.setdefault(place, []).append((delta(self.dims[edge[0]]), edge, _one))
        for (piece, axes), (place, option) in zip(hanging, places[len(edges) :], strict=True):
            names = dict(zip(axes, option, strict=True))
            for o in piece:
                labels = tuple([names.get(x, x) for x in o.labels])
                factors.setdefault(place, []).append((o.tensor, labels, o.weight))
        return factors

    def form(self, assigned: Mapping[tuple[str, int], list[Factor]]) -> Task:
        """Return the product with K on the right and on the left, and if it has two ⊗."""
        used = [name for name in self.blocks if any(place[0] == name for place in assigned)]
        outer = []
        for name, group in (("left", self.sides.rows), ("right", self.sides.columns)):
            factors = assigned.get((name, 0))
            if factors is None and used:
                outer.append(Term(_one, (), ()))
                continue
            column = yield _stacked(self.notation, *self.tensor(factors or (), group))
            outer.append(column)
        if not used:
            whole = _times(outer[0], transposed(outer[1]))
            return whole, whole, False
        for k, term in enumerate(outer):
            if term.body:
                outer[k] = term._replace(body=(_diag(chain(term.body)),))
        forms = []
        for on_left in (False, True):
            middle = []
            for name in used:
                middle.append((yield self.kron(name, assigned, on_left)))
            inner = middle[0] if len(used) == 1 else _combined(_hadamard, *middle)
            forms.append(_times(outer[0], inner, outer[1]))
        return (*forms, len(used) == 2)

    def kron(
        self, name: str, assigned: Mapping[tuple[str, int], list[Factor]], on_left: bool
    ) -> Task:
        """Return P ⊗ Q; a crossed one of two pairs of axes with the commutation matrix.

        K(m, n)·vec(A) = vec(A') for A of m × n, so (P ⊗ Q)·K = K·(Q ⊗ P).
        """
        factors = []
        for k, (rows, columns) in enumerate(self.blocks[name]):
            tensor, axes = self.tensor(assigned.get((name, k), ()), rows + columns)
            term = yield _written(self.notation, tensor, axes)
            factors.append(term if rows else transposed(term))
        if name == "straight" or min(map(len, self.sides)) < 2:
            return _combined(_kron, *factors)
        group = self.sides.rows[:1] + self.sides.rows[1:] if on_left else self.sides.columns[::-1]
        swap = Term(_one, (), (make("commutation", (), tuple([self.dims[x] for x in group])),))
        if on_left:
            return _times(swap, _combined(_kron, *factors[::-1]))
        return _times(_combined(_kron, *factors), swap)

    def tensor(self, factors: Iterable[Factor], out: Labels) -> tuple[Tensor, Labels]:
        """Return the product of factors over these axes, and its axes in order."""
        sizes = {axis: self.dims[axis] for axis in out}
        return product(factors, out, sizes), tuple(range(len(out)))


def _hadamard(left: Expression, right: Expression) -> Expression:
    return hadamard([left, right])


def _blocks(sides: Sides, crossed: bool) -> list[Block]:
    """Return the axes of the two factors of a Kronecker product."""
    rows, columns = sides
    if len(rows) == len(columns):
        columns = columns[::-1] if crossed else columns
        return [((r,), (c,)) for r, c in zip(rows, columns, strict=True)]
    if len(rows) == 2:
        ends = (columns, ()) if crossed else ((), columns)
        return [((r,), end) for r, end in zip(rows, ends, strict=True)]
    ends = (rows, ()) if crossed else ((), rows)
    return [(end, (c,)) for c, end in zip(columns, ends, strict=True)]


def _classes(axes: Labels, deltas: Iterable[Operand]) -> list[Labels]:
    """Return the axes in groups that the δ factors make equal."""
    groups = [{axis} for axis in axes]
    for operand in deltas:
        touched = [group for group in groups if group.intersection(operand.labels)]
        groups = [group for group in groups if group not in touched]
        groups.append(set().union(*touched))
    return [tuple(sorted(group)) for group in groups]


def _joins(group: Labels) -> Iterator[tuple[Labels, ...]]:
    """Yield sets of pairs whose δ together make the axes of a group equal."""
    pairs = list(combinations(group, 2))
    for chosen in combinations(pairs, len(group) - 1):
        if len(_classes(group, [Operand(constant(1), pair) for pair in chosen])) == 1:
            yield chosen


def _connected(operands: Iterable[Operand], rank: int) -> list[Piece]:
    """Return the factors in groups that are joined by summed labels."""
    groups: list[tuple[set[Label], Piece]] = []
    for operand in operands:
        inner = {label for label in operand.labels if label >= rank}
        members: Piece = (operand,)
        rest = []
        for labels, others in groups:
            if labels & inner:
                inner |= labels
                members = others + members
            else:
                rest.append((labels, others))
        groups = [*rest, (inner, members)]
    return [members for _, members in groups]


# --- matrices taken out -------------------------------------------------------------------------


class _Path(NamedTuple):
    """The matrix between an axis and the next vertex where more than two factors meet."""

    axis: Label
    end: Label
    factors: tuple[Operand, ...]


def _paths(tensor: Tensor, sides: Sides) -> list[_Path]:
    """Return the paths from the axes at which a single matrix hangs."""
    operands = _operands(tensor)
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
    operands = _operands(tensor)
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
        column = yield _stacked(notation, product(factors, tuple(axes), axes), tuple(axes))
        outer.append(column._replace(body=(_diag(chain(column.body)),)))
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
    return tuple([[_times(outer[0], term, outer[1]) for term in terms] for terms in forms])


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
        matrices[path.axis] = yield _written(notation, product(inside, axes), (0, 1))
    out = tuple([("inner", x) if x in matrices else x for x in range(rank)])
    sizes = {x: dims[x] for x in range(rank) if x not in matrices}
    rest = product(factors, out, sizes, coefficient)
    forms = yield _forms(notation, rest, sides)
    before, after = (_ends(group, matrices, dims) for group in sides)
    return tuple([[_times(before, term, after) for term in terms] for terms in forms])


def _ends(group: Labels, matrices: Mapping[Label, Term], dims: Mapping[Label, Dimension]) -> Term:
    """Return the Kronecker product of the matrices that were taken out at a group's axes."""
    if not any(axis in matrices for axis in group):
        return Term(_one, (), ())
    factors = [matrices.get(axis) or term_of(make("eye", (), dims[axis])) for axis in group]
    return factors[0] if len(factors) == 1 else _combined(_kron, *factors)


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
        if link.head == "call" and link.value[0] == "diag" and len(link.shape) == 2:
            (column,) = link.arguments
            paths = [(0, 0)] if column.head == "call" and column.value[0] == "vec" else [(0,)]
        for path in paths:
            inner = link
            for k in path:
                inner = inner.arguments[k]
            hole = _replaced(link, path, make("zeros", (), inner.shape))
            body = (*term.body[:place], hole, *term.body[place + 1 :])
            yield _Part(body, place, path), _times(term._replace(body=()), term_of(inner))


def _replaced(link: Expression, path: Sequence[int], inner: Expression) -> Expression:
    """Return a factor with the part that the path leads to replaced."""
    outer = [link]
    for k in path[:-1]:
        outer.append(outer[-1].arguments[k])
    for node, k in zip(reversed(outer), reversed(path), strict=True):
        arguments = (*node.arguments[:k], inner, *node.arguments[k + 1 :])
        inner = _kron(*arguments) if node.head == "kron" else make(node.head, arguments, node.value)
    return inner
