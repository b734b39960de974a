"""The connected pieces of one product, and their places in Kronecker products.

A piece is what factors of a product make that are joined by summed labels. One that hangs on
a row and a column axis is a factor of a Kronecker product, one on the rows or the columns
alone a diagonal matrix to its left or right.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from itertools import product as choices
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.calculus.products import product
from matcalc.calculus.tensors import Labels, Operand, Tensor, constant, delta
from matcalc.calculus.work import Factor
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.traversal import connected, postorder
from matcalc.notation.building import chain, hadamard
from matcalc.notation.graphs import Unreduced
from matcalc.notation.terms import Term, merged, transposed

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

MOST_ASSIGNMENTS = 24  # of the pieces of one product to places

_one = Fraction(1)

Task = Generator[Any, Any, Any]
Block = tuple[Labels, Labels]  # the row and column axes of one factor, each at most one
Piece = tuple[Operand, ...]


class Sides(NamedTuple):
    """The axes that make the rows and the columns of a matrix, the slowest first."""

    rows: Labels
    columns: Labels

    @property
    def axes(self) -> Labels:
        return self.rows + self.columns


def operands_of(tensor: Tensor) -> tuple[Operand, ...]:
    """Return the factors of a product; of anything else, itself."""
    if tensor.kind == "product":
        return tensor.operands
    return (Operand(tensor, tuple(range(len(tensor.shape))), _one),)


# --- matrices and vectors -----------------------------------------------------------------------


def written_along(notation: Notation, tensor: Tensor, out: Labels) -> Task:
    """Return the term of a tensor with its axes in this order; raise Unreduced for indices."""
    own = tuple(range(len(tensor.shape)))
    if out != own:
        tensor = product([(tensor, own, _one)], out)
    term = yield notation._term(tensor)
    nodes = postorder(term.body, lambda node: node.arguments)
    if any(node.head == "tensor" for node in nodes):
        raise Unreduced
    return term


def stacked(notation: Notation, tensor: Tensor, group: Labels) -> Task:
    """Return the column of a tensor's entries, the first axis of the group the slowest."""
    if len(group) > 2:
        raise Unreduced
    term = yield written_along(notation, tensor, group[::-1])
    return term._replace(body=(_vec(chain(term.body)),)) if len(group) == 2 else term


def _vec(matrix: Expression) -> Expression:
    if matrix.head in ("ones", "zeros"):
        return make(matrix.head, (), (matrix.shape[0] * matrix.shape[1],))
    return make("call", (matrix,), ("vec", None))


def diagonal(column: Expression) -> Expression:
    """Return the diagonal matrix."""
    return make("call", (column,), ("diag", None))


def kron(left: Expression, right: Expression) -> Expression:
    """Return A ⊗ B; of two identities, and of two matrices of ones, the one that it is."""
    if left.head == right.head == "eye":
        return make("eye", (), left.value * right.value)
    if left.head == right.head == "ones" and len(left.shape) == len(right.shape):
        return make(
            "ones", (), tuple([a * b for a, b in zip(left.shape, right.shape, strict=True)])
        )
    return make("kron", (left, right))


def times(first: Term, *others: Term) -> Term:
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


def combined(
    build: Callable[[Expression, Expression], Expression], first: Term, second: Term
) -> Term:
    """Return `build` of two matrices, their numbers and scalars in front."""
    front = times(first._replace(body=()), second._replace(body=()))
    return front._replace(body=(build(chain(first.body), chain(second.body)),))


# --- places ---------------------------------------------------------------------------------------


class Pieces:
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
        operands = operands_of(tensor)
        deltas = [o for o in operands if o.tensor.kind == "delta" and max(o.labels) < self.rank]
        self.classes = _classes(sides.axes, deltas)
        others = [o for o in operands if o not in deltas]
        inner = connected(others, lambda o: {x for x in o.labels if x >= self.rank})
        self.pieces = [tuple(piece) for piece in inner]
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
            column = yield stacked(self.notation, *self.tensor(factors or (), group))
            outer.append(column)
        if not used:
            whole = times(outer[0], transposed(outer[1]))
            return whole, whole, False
        for k, term in enumerate(outer):
            if term.body:
                outer[k] = term._replace(body=(diagonal(chain(term.body)),))
        forms = []
        for on_left in (False, True):
            middle = []
            for name in used:
                middle.append((yield self.kron(name, assigned, on_left)))
            inner = middle[0] if len(used) == 1 else combined(_hadamard, *middle)
            forms.append(times(outer[0], inner, outer[1]))
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
            term = yield written_along(self.notation, tensor, axes)
            factors.append(term if rows else transposed(term))
        if name == "straight" or min(map(len, self.sides)) < 2:
            return combined(kron, *factors)
        group = self.sides.rows[:1] + self.sides.rows[1:] if on_left else self.sides.columns[::-1]
        swap = Term(_one, (), (make("commutation", (), tuple([self.dims[x] for x in group])),))
        if on_left:
            return times(swap, combined(kron, *factors[::-1]))
        return times(combined(kron, *factors), swap)

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
