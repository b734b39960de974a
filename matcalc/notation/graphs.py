"""The graph of one product, reduced to matrix notation.

Labels are vertices: a matrix is an edge, a vector a weight on its vertex, a label of the
result a terminal. An inner vertex with two edges is a matrix product, parallel edges a
Hadamard product, a loop the diagonal of a matrix, a closed ring a trace, a dangling edge a
product with a vector. What these reductions finish has a matrix notation.
"""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.calculus.products import product
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor
from matcalc.calculus.work import ZERO_ONE
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.notation.building import (
    along_rows,
    best,
    chain,
    column_of_identity,
    cost,
    entrywise,
    hadamard,
    links,
    negate,
    norm_of_square,
    open_links,
    raised,
    split_powers,
    transpose,
)
from matcalc.notation.determinants import with_adjugates
from matcalc.notation.means import averaged
from matcalc.notation.terms import Term, scalar_factors

if TYPE_CHECKING:
    from matcalc.notation.matrices import Notation

_one = Fraction(1)

STRUCTURAL = ZERO_ONE | {"levi_civita"}

Task = Generator[Any, Any, Any]


class Unreduced(Exception):
    """The graph has no matrix notation."""


class Edge(NamedTuple):
    """A matrix between two vertices: `matrix[row, column]` to an exponent, entry by entry."""

    matrix: Expression
    row: Label
    column: Label
    exponent: Fraction


class Graph:
    """The factors of one product as scalars, weights on vertices, and edges."""

    def __init__(self, notation: Notation, tensor: Tensor) -> None:
        self.notation = notation
        self.coefficient: Fraction = tensor.value[0]
        self.shape = tensor.shape
        self.rank = len(tensor.shape)
        self.dims: list[Dimension] = [*tensor.shape, *tensor.value[1]]
        self.scalars: list[tuple[Expression, Fraction]] = []
        self.weights: dict[Label, list[tuple[Expression, Fraction]]] = {}
        self.edges: list[Edge] = []
        self.diagonal = False
        self.pending: list[Operand] = []  # structures that are not yet written
        self.picked: dict[Label, Dimension] = {}  # labels of which one entry is taken
        self.vertices: set[Label] = set(range(len(self.dims)))

    # --- reading ------------------------------------------------------------------------------

    def read(self, tensor: Tensor) -> Task:
        """Read the factors; raises Unreduced for one that is no scalar, vector or matrix."""
        operands = yield self._fused(tensor)
        yield self._read(operands, [])
        if self.pending:
            raise Unreduced

    def read_around(self, tensor: Tensor, apart: list[Operand]) -> Task:
        """Read the factors but those set apart; these stay pending, as what is not written."""
        operands = list(tensor.operands)
        for fuse in [o for o in operands if o.tensor.kind == "fuse"]:
            vertices = set(self.vertices)
            try:
                if fuse in operands:
                    operands = yield self._fuse(fuse, operands)
            except Unreduced:
                self.vertices = vertices
        left = [o for o in operands if o in apart or o.tensor.kind == "fuse"]
        yield self._read([o for o in operands if o not in left], left)
        while self._reduce_once():
            pass

    def _read(self, operands: list[Operand], apart: list[Operand]) -> Task:
        structural = [o for o in operands if o.tensor.kind in STRUCTURAL]
        others = [o for o in operands if o.tensor.kind not in STRUCTURAL]
        picked = [o for o in structural if o.tensor.kind == "unit" and o.labels[0] >= self.rank]
        units = {o.labels[0]: o.tensor.value for o in picked}
        assert len(units) == len(picked), "the normal form has one unit vector on a label"
        picks: list[Operand] = []
        for operand in structural:
            kind = operand.tensor.kind
            if kind == "delta" and operand.labels == (0, 1):
                self.diagonal = True
            elif kind == "unit" and operand.labels[0] in units:
                self.vertices.discard(operand.labels[0])
            elif kind == "unit":
                formula = column_of_identity(operand.tensor.shape[0], operand.tensor.value)
                self.weigh(operand.labels[0], formula, _one)
            else:
                picks.append(operand)
        for operand in others:
            yield self._read_one(operand, units)
        self.pending = picks + apart
        self.picked = units
        self._write_structures()
        self._pick_entries(units)

    def _pick_entries(self, units: dict[Label, Dimension]) -> None:
        """Take the entries that unit vectors pick of what structures have put there."""
        for label in units:
            for column, exponent in self.weights.pop(label, []):
                self.scalars.append((entry_of(column, (label,), units)[0], exponent))
            for edge in [e for e in self.edges if label in (e.row, e.column)]:
                self.edges.remove(edge)
                formula, kept = entry_of(edge.matrix, (edge.row, edge.column), units)
                self._place(formula, kept, edge.exponent)

    def _fused(self, tensor: Tensor) -> Task:
        """Read Kronecker products and vec: two axes made one. Return the other operands."""
        left = list(tensor.operands)
        for fuse in [o for o in left if o.tensor.kind == "fuse"]:
            if fuse in left:
                left = yield self._fuse(fuse, left)
        return left

    def _fuse(self, fuse: Operand, operands: list[Operand]) -> Task:
        r, i, j = fuse.labels
        if min(i, j) < self.rank:
            if r < self.rank:
                return (yield self._beside_identity(fuse, operands))
            return (yield self._split(fuse, operands))
        outer, inner = _component(i, operands), _component(j, operands)
        used = {fuse}
        others = [o for o in operands if o.tensor.kind == "fuse" and o is not fuse]
        if any(_meets(label, others) for label in (i, j)):
            raise Unreduced
        if i == j:
            column = yield self._piece(operands, outer, (i,))
            self.weigh(r, make("call", (_diag(column),), ("vec", None)), _one)
        elif outer == inner:
            matrix = yield self._piece(operands, outer, (j, i))
            self.weigh(r, make("call", (matrix,), ("vec", None)), _one)
        else:
            twin = next((o for o in others if self._is_twin(o, outer, inner, others)), None)
            if twin is not None:
                s, k, m = twin.labels
                first = yield self._piece(operands, outer, (i, k))
                second = yield self._piece(operands, inner, (j, m))
                self.join(make("kron", (first, second)), r, s)
                used.add(twin)
                self.vertices -= {k, m}
            else:
                sides = [self._free_in(component) for component in (outer, inner)]
                if len(sides[0]) + len(sides[1]) > 1:
                    raise Unreduced
                first = yield self._piece(operands, outer, (i, *sides[0]))
                second = yield self._piece(operands, inner, (j, *sides[1]))
                self._place(make("kron", (first, second)), (r, *sides[0], *sides[1]), _one)
        self.vertices -= {i, j}
        taken = used | set(outer) | set(inner)
        return [o for o in operands if o not in taken]

    def _is_twin(
        self, fuse: Operand, outer: list[Operand], inner: list[Operand], fuses: list[Operand]
    ) -> bool:
        """Tell whether this makes the other two axes of a Kronecker product one."""
        _, k, m = fuse.labels
        rest = [other for other in fuses if other is not fuse]
        if min(k, m) < self.rank or _meets(k, rest) or _meets(m, rest):
            return False
        return _meets(k, outer) and _meets(m, inner)

    def _beside_identity(self, fuse: Operand, operands: list[Operand]) -> Task:
        """Read eye ⊗ y and x ⊗ eye: of the two axes made one, one is the result's too."""
        r, i, j = fuse.labels
        free, summed = (i, j) if i < self.rank else (j, i)
        if summed < self.rank:
            raise Unreduced
        others = _component(summed, operands)
        column = yield self._piece(operands, others, (summed,))
        identity = make("eye", (), fuse.tensor.shape[1 if free == i else 2])
        pair = (identity, column) if free == i else (column, identity)
        self.join(make("kron", pair), r, free)
        self.vertices.discard(summed)
        return [o for o in operands if o is not fuse and o not in others]

    def _free_in(self, operands: list[Operand]) -> Labels:
        """Return the labels of the result that a connected part of the product meets."""
        return tuple(sorted({x for o in operands for x in o.labels if x < self.rank}))

    def _split(self, fuse: Operand, operands: list[Operand]) -> Task:
        """Read a vector made a matrix: unvec."""
        r, i, j = fuse.labels
        users = [o for o in operands if r in o.labels and o is not fuse]
        if r < self.rank or self.degree(r) or any(o.labels != (r,) for o in users):
            raise Unreduced
        factors = []
        for operand in users:
            formula = yield self.notation._formula(operand.tensor)
            factors.append((formula, operand.weight))
        vector = entrywise([*factors, *self.weights.pop(r, [])])
        if vector is None:
            raise Unreduced
        _, outer, inner = fuse.tensor.shape
        self.join(make("call", (vector,), ("unvec", (inner, outer))), j, i)
        self.vertices.discard(r)
        return [o for o in operands if o is not fuse and o not in users]

    def _piece(self, every: list[Operand], operands: list[Operand], out: Labels) -> Task:
        """Return a connected part of the product as a formula with the given axes."""
        kept = {x for o in operands for x in o.labels}
        elsewhere = {x for o in every if o not in operands for x in o.labels}
        read = {x for edge in self.edges for x in (edge.row, edge.column)} | set(self.weights)
        if any(x < self.rank and x not in out for x in kept) or not kept >= set(out):
            raise Unreduced
        if elsewhere & kept.difference(out) or read & kept:
            raise Unreduced
        factors = [(o.tensor, o.labels, o.weight) for o in operands]
        self.vertices -= {x for x in kept if x >= self.rank}
        return (yield self.notation._formula(product(factors, out)))

    def _read_one(self, operand: Operand, units: dict[Label, Dimension]) -> Task:
        tensor, labels, exponent = operand
        formula = yield self.notation._formula(tensor)
        if formula.head == "add" and exponent.denominator == 1:
            turned = negate(formula)
            if turned in self.notation.style.known and formula not in self.notation.style.known:
                formula = turned
                self.coefficient *= (-1) ** (exponent.numerator % 2)
        if any(label in units for label in labels):
            formula, labels = entry_of(formula, labels, units)
        self._place(formula, labels, exponent)

    def _place(self, formula: Expression, labels: Labels, exponent: Fraction) -> None:
        if not labels:
            self.scalars.append((formula, exponent))
        elif len(labels) == 1:
            self.weigh(labels[0], formula, exponent)
        elif len(labels) == 2:
            self.join(formula, labels[0], labels[1], exponent)
        else:
            raise Unreduced

    def join(
        self, matrix: Expression, row: Label, column: Label, exponent: Fraction = _one
    ) -> None:
        """Put a matrix between two vertices; on one vertex it is the weight diag(matrix).

        So no edge is a loop, and whoever moves one end of an edge moves the other by itself.
        """
        if row == column:
            self.weigh(row, _diag(matrix), exponent)
        else:
            self.edges.append(Edge(matrix, row, column, exponent))

    def weigh(self, label: Label, column: Expression, exponent: Fraction) -> None:
        self.weights.setdefault(label, []).append((column, exponent))

    def _write_structures(self) -> None:
        """Write structures as soon as what they meet is a vector or one matrix."""
        from matcalc.notation.structures import write_columns, write_structure  # take graphs

        while self.pending and (
            write_structure(self) or self._reduce_once() or write_columns(self)
        ):
            pass

    def summed(self, label: Label) -> bool:
        """Tell whether a vertex is summed over the weights and edges there alone."""
        held = label in self.picked or any(label in o.labels for o in self.pending)
        return label >= self.rank and not held

    def degree(self, label: Label) -> int:
        return sum([(e.row == label) + (e.column == label) for e in self.edges])

    # --- reducing -----------------------------------------------------------------------------

    def reduce(self) -> Term:
        """Return the product in matrix notation; raise Unreduced where there is none."""
        while self._reduce_once():
            pass
        if any(label >= self.rank for label in self.vertices):
            raise Unreduced
        return self._finish()

    def _reduce_once(self) -> bool:
        for label in sorted(self.vertices):
            if self.summed(label) and not self.degree(label):
                self._close(label)
                return True
        if self._ring() or self._parallel():
            return True
        for wanted in (1, 2):
            for label in sorted(self.vertices, reverse=True):
                if self.summed(label) and self.degree(label) == wanted:
                    (self._dangle if wanted == 1 else self._pass)(label)
                    return True
        return False

    def _close(self, label: Label) -> None:
        """Sum the weights on a vertex without edges."""
        self.vertices.discard(label)
        weights = self.weights.pop(label, [])
        self.scalars.append((self._summed(weights, self.dims[label]), _one))

    def _summed(self, weights: list[tuple[Expression, Fraction]], n: Dimension) -> Expression:
        top, bottom = split_powers(weights)
        if not bottom and len(top) == 1:
            (only,) = top
            if only.head == "call" and only.value[0] == "diag":
                return _trace(only.arguments[0])
            if only.head == "power" and only.arguments[1] is number(2):
                base = only.arguments[0]
                square = raised(make("call", (base,), ("norm2", None)), Fraction(2))
                return best(self.inner(base, base), square)
            return make("call", (only,), ("sum", None))
        whole = entrywise(weights)
        if whole is None:
            return size(n)
        plain = make("call", (whole,), ("sum", None))
        if len(top) < 2:
            return plain
        left, rest = top[0], hadamard(top[1:])
        right = make("divide", (rest, hadamard(bottom))) if bottom else rest
        return best(self.inner(left, right), self.inner(right, left), plain)

    def inner(self, left: Expression, right: Expression) -> Expression:
        """Return the inner product of two columns, as w·x or x'*A*x."""
        parts = [*links(left), *links(right)]
        scalars = [part for part in parts if not part.shape]
        dotted = self.notation.style.dot and len(parts) == len(scalars) + 2
        if dotted:
            left, right = [part for part in parts if part.shape]
        forms = [
            hadamard([*scalars, make("dot", (a, b))]) if dotted else chain([transpose(a), b])
            for a, b in ((left, right), (right, left))
        ]
        return forms[forms[1] in self.notation.style.known]

    def _ring(self) -> bool:
        """Two edges between two summed vertices with nothing else: the trace of a product."""
        for first in self.edges:
            ends = {first.row, first.column}
            twins = [e for e in self.edges if {e.row, e.column} == ends]
            if len(twins) != 2 or any(e.exponent != 1 for e in twins):
                continue
            if any(not self.summed(label) or self.degree(label) != 2 for label in ends):
                continue
            if any(label in self.weights for label in ends):
                continue
            a, b = twins
            for edge in twins:
                self.edges.remove(edge)
            self.vertices -= ends
            right = b.matrix if b.row == a.column else transpose(b.matrix)
            entries = best(
                hadamard([a.matrix, transpose(right)]), hadamard([transpose(a.matrix), right])
            )
            trace = best(
                _trace(chain([a.matrix, right])), _trace(transpose(chain([a.matrix, right])))
            )
            self.scalars.append((best(trace, make("call", (entries,), ("sum", None))), _one))
            return True
        return False

    def _parallel(self) -> bool:
        by_ends: dict[frozenset[Label], list[Edge]] = {}
        for edge in self.edges:
            by_ends.setdefault(frozenset((edge.row, edge.column)), []).append(edge)
        for edges in by_ends.values():
            if len(edges) > 1 or edges[0].exponent != 1:
                row, column = sorted((edges[0].row, edges[0].column))
                merged = hadamard_edges(edges, row)
                self.edges = [e for e in self.edges if e not in edges]
                self.join(merged, row, column)
                return True
        return False

    def _dangle(self, label: Label) -> None:
        """Multiply a dangling edge by the vector on its free end, or sum over it."""
        (edge,) = (e for e in self.edges if label in (e.row, e.column))
        self.edges.remove(edge)
        self.vertices.discard(label)
        vector = entrywise(self.weights.pop(label, []))  # none also where weights cancel
        other = edge.column if edge.row == label else edge.row
        matrix = edge.matrix if edge.column == label else transpose(edge.matrix)
        if vector is not None:
            self.weigh(other, _matrix_vector(matrix, vector), _one)
        elif self.summed(other) and not self.degree(other) and other not in self.weights:
            self.vertices.discard(other)
            self.scalars.append((_sum_of_entries(edge.matrix), _one))
        else:
            self.weigh(other, along_rows(self._sum_or_mean(label), matrix), _one)

    def _sum_or_mean(self, label: Label) -> str:
        """Return 'mean' and take the divisor away, if the length of a label is one."""
        divisor = (size(self.dims[label]), -_one)
        if self.dims[label].value is not None or divisor not in self.scalars:
            return "sum"
        self.scalars.remove(divisor)
        return "mean"

    def _pass(self, label: Label) -> None:
        """Join two edges at an inner vertex into a matrix product."""
        first, second = (e for e in self.edges if label in (e.row, e.column))
        start = first.column if first.row == label else first.row
        end = second.column if second.row == label else second.row
        if (start, end) != tuple(sorted((start, end))):
            first, second, start, end = second, first, end, start
        self.edges.remove(first)
        self.edges.remove(second)
        self.vertices.discard(label)
        left = first.matrix if first.column == label else transpose(first.matrix)
        right = second.matrix if second.row == label else transpose(second.matrix)
        middle = self._diagonals(self.weights.pop(label, []))
        self.join(chain([left, *middle, right]), start, end)

    def _diagonals(self, weights: list[tuple[Expression, Fraction]]) -> list[Expression]:
        vector = entrywise(weights)
        return [] if vector is None else [make("call", (vector,), ("diag", None))]

    # --- the result ---------------------------------------------------------------------------

    def _finish(self) -> Term:
        scalars = self.scalars
        body = self._body()
        parts, divisors = open_links(body)
        scalars = scalars + [(part, _one) for part in parts if not part.shape]
        scalars += [(part, -_one) for part in divisors]
        body = tuple([part for part in parts if part.shape])
        coefficient, kept = merged_scalars(self.coefficient, scalars)
        coefficient, kept, body = with_adjugates(coefficient, kept, body)
        if self.rank == 2 and len(body) > 1:
            whole = chain(body)
            turned = make("transpose", (transpose(whole),))
            if cost(turned) < cost(whole):
                body = (turned,)
        return Term(coefficient, kept, body)

    def _body(self) -> tuple[Expression, ...]:
        if self.rank == 0:
            return ()
        if self.rank == 1:
            column = entrywise(self.weights.get(0, []))
            return (column if column is not None else make("ones", (), self.shape),)
        if self.diagonal:
            weights = self.weights.get(0, []) + self.weights.get(1, [])
            vector = entrywise(weights)
            if vector is None:
                return (make("eye", (), self.shape[0]),)
            return (_diag(vector),)
        left, right = (entrywise(self.weights.get(axis, [])) for axis in (0, 1))
        if not self.edges:
            if left is None and right is None:
                return (make("ones", (), self.shape),)
            left = left if left is not None else make("ones", (), self.shape[:1])
            right = right if right is not None else make("ones", (), self.shape[1:])
            return (left, transpose(right))
        if len(self.edges) > 1:
            raise Unreduced
        (edge,) = self.edges
        matrix = edge.matrix if edge.row == 0 else transpose(edge.matrix)
        parts = [] if left is None else [_diag(left)]
        parts.append(matrix)
        if right is not None:
            parts.append(_diag(right))
        return tuple(parts)


def merged_scalars(
    coefficient: Fraction, scalars: list[tuple[Expression, Fraction]]
) -> tuple[Fraction, tuple[tuple[Expression, Fraction], ...]]:
    """Return the number that scalars have in front, and their powers by base."""
    merged: dict[Expression, Fraction] = {}
    for value, base, exponent in scalar_factors(scalars):
        coefficient *= value
        if base is not None:
            norm, factor = _as_norm(base, exponent)
            merged[norm] = merged.get(norm, Fraction(0)) + factor
    return coefficient, tuple([(base, e) for base, e in averaged(merged).items() if e != 0])


def _diag(vector: Expression) -> Expression:
    return make("call", (vector,), ("diag", None))


def _component(label: Label, operands: list[Operand]) -> list[Operand]:
    """Return the operands connected to a label, not counting what fuses axes."""
    reached = {label}
    found: list[Operand] = []
    rest = [o for o in operands if o.tensor.kind != "fuse"]
    while True:
        touching = [o for o in rest if reached.intersection(o.labels)]
        if not touching:
            return found
        for operand in touching:
            reached.update(operand.labels)
            rest.remove(operand)
        found += touching


def _meets(label: Label, operands: list[Operand]) -> bool:
    return any(label in o.labels for o in operands)


def _trace(matrix: Expression) -> Expression:
    return make("call", (matrix,), ("tr", None))


def _sum_of_entries(matrix: Expression) -> Expression:
    """Return sum(A), or the squared norm that a sum of squares is."""
    if matrix.head == "power" and matrix.arguments[1] is number(2):
        norm = make("call", (matrix.arguments[0],), ("normF", None))
        return make("power", (norm, number(2)))
    if matrix.head == "transpose":
        matrix = matrix.arguments[0]
    return make("call", (matrix,), ("sum", None))


def _matrix_vector(matrix: Expression, vector: Expression) -> Expression:
    return chain([matrix, vector])


def hadamard_edges(edges: list[Edge], row: Label) -> Expression:
    """Multiply parallel edges entry by entry, in the orientation that needs fewer transposes."""

    def oriented(first: Label) -> Expression:
        factors = []
        for edge in edges:
            matrix = edge.matrix if edge.row == first else transpose(edge.matrix)
            factors.append((matrix, edge.exponent))
        product = entrywise(factors)
        if product is None:  # they cancel
            rows, columns = edges[0].matrix.shape
            return make("ones", (), (rows, columns) if edges[0].row == first else (columns, rows))
        return product

    column = next(e.column if e.row == row else e.row for e in edges)
    return best(oriented(row), transpose(oriented(column)))


def _as_norm(base: Expression, exponent: Fraction) -> tuple[Expression, Fraction]:
    """Return (norm2(v), 2e) for (v'*v)^e where e is no whole number or negative."""
    if exponent == 1:
        return base, exponent
    norm = norm_of_square(base)
    if norm is None or exponent.denominator == 1:
        return base, exponent
    return norm, 2 * exponent


def entry_of(
    formula: Expression, labels: Labels, units: dict[Label, Dimension]
) -> tuple[Expression, Labels]:
    """Return an operand with some labels fixed: x[k], row A[k,:] as a column, A[:,k], A[k,l]."""
    selectors: list[Any] = []
    picked = []
    kept = []
    for label in labels:
        if label in units:
            selectors.append("entry")
            picked.append(size(units[label] + ONE))
        else:
            selectors.append("all")
            kept.append(label)
    e = make("subscript", (formula, *picked), tuple(selectors))
    if selectors == ["entry", "all"]:
        e = transpose(e)
    return e, tuple(kept)
