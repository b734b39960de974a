"""From tensors back to matrix notation, by reducing graphs.

In one product let the labels be vertices: a matrix is an edge, a vector a weight on its
vertex, a label of the result a terminal. An inner vertex with two edges is a matrix
product, parallel edges a Hadamard product, a loop the diagonal of a matrix, a closed ring
a trace, a dangling edge a product with a vector. What these reductions finish has a matrix
notation; the rest is written with indices.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from matcalc.calculus.products import ZERO_ONE, product
from matcalc.calculus.sums import COMPARISONS, view
from matcalc.calculus.sums import add as add_tensors
from matcalc.calculus.tensors import Label, Labels, Operand, Tensor, constant_value
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Application, Expression, make, number, size, variable
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder, run
from matcalc.notation import blocks, indices
from matcalc.notation.building import (
    best,
    chain,
    column_of_identity,
    cost,
    entrywise,
    hadamard,
    links,
    negate,
    raised,
    split_powers,
    transpose,
)
from matcalc.notation.terms import Term, term_of, total, transposed, written

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


class Style(NamedTuple):
    """How the user writes: w·x for products of vectors, A^-1 for inverses."""

    dot: bool = False
    power_inverse: bool = False
    sums: frozenset[Expression] = frozenset()

    @classmethod
    def of(cls, text: str, formula: Expression) -> Style:
        """Return the style of a formula as typed."""
        nodes = postorder([formula], lambda node: node.arguments)
        sums = frozenset([node for node in nodes if node.head == "add"])
        return cls("·" in text, "^-1" in text, sums)


class Notation:
    """Writes tensors as formulas; every tensor once."""

    def __init__(
        self,
        style: Style = Style(),
        taken: frozenset[str] = frozenset(),
        shapes: Mapping[str, Shape] = MappingProxyType({}),
    ) -> None:
        """Write indices by names that are not `taken`; `shapes` has the declared ones."""
        self.style = style
        self.taken = taken
        self.shapes = shapes
        self.terms: dict[Tensor, Term] = {}

    def formula(self, tensor: Tensor) -> Expression:
        """Return the tensor: a scalar, a column (axis 0), a matrix, or `tensor(...)`."""
        return run(self._formula(tensor))  # type: ignore[no-any-return]

    # --- one node ---------------------------------------------------------------------------

    def _formula(self, tensor: Tensor) -> Task:
        term = yield self._term(tensor)
        return written(term)

    def _term(self, tensor: Tensor) -> Task:
        known = self.terms.get(tensor)
        if known is None:
            if len(tensor.shape) > 2:
                known = term_of((yield indices.tensor_formula(self, tensor)))
            else:
                known = yield _WRITERS[tensor.kind](self, tensor)
            self.terms[tensor] = known
        return known

    def _variable(self, tensor: Tensor) -> Task:
        return term_of(self.declared(tensor))
        yield

    def declared(self, tensor: Tensor) -> Expression:
        """Return a variable; where it has axes of length 1, as the scalar or column it is."""
        name, structure = tensor.value
        node = variable(name, self.shapes.get(name, tensor.shape), structure)
        if node.shape == tensor.shape:
            return node
        if len(tensor.shape) == 1 and len(node.shape) == 2 and node.shape[0] == ONE:
            return transpose(node)
        selectors = tuple(["entry" if d == ONE else "all" for d in node.shape])
        firsts = tuple([number(1) for d in node.shape if d == ONE])
        picked = make("subscript", (node, *firsts), selectors)
        return transpose(picked) if selectors == ("entry", "all") else picked

    def _size(self, tensor: Tensor) -> Task:
        return term_of(size(tensor.value))
        yield

    def _pi(self, tensor: Tensor) -> Task:
        return term_of(make("pi"))
        yield

    def _delta(self, tensor: Tensor) -> Task:
        return term_of(make("eye", (), tensor.shape[0]))
        yield

    def _unit(self, tensor: Tensor) -> Task:
        stacked = yield blocks.try_stacked(self, tensor)
        if stacked is not None:
            return term_of(stacked)
        return term_of(column_of_identity(tensor.shape[0], tensor.value))

    def _indexed(self, tensor: Tensor) -> Task:
        return term_of((yield indices.tensor_formula(self, tensor)))

    def _embedding(self, tensor: Tensor) -> Task:
        return term_of((yield blocks.stacked(self, tensor)))

    # --- elementwise functions and reductions -------------------------------------------------

    def _apply(self, tensor: Tensor) -> Task:
        special = yield self._softmax(tensor)
        if special is not None:
            return term_of(special)
        arguments = []
        for operand in tensor.operands:
            formula = yield self._formula(operand.tensor)
            arguments.append(_expanded(formula, operand.labels, tensor.shape))
        return term_of(applied(tensor.value, tuple(arguments)))

    def _softmax(self, tensor: Tensor) -> Task:
        """Recognise exp(v - logsumexp(v))."""
        if tensor.value != "exp":
            return None
        (operand, outer, _) = tensor.operands[0]
        coefficient, inner, labels = view(operand, outer)
        found = yield self._log_softmax(inner)
        if found is None or found[1] or found[2] * coefficient != 1:
            return None
        (call, _, _) = found
        softmax = make("call", call.arguments, ("softmax", call.value[1]))
        return transpose(softmax) if labels == (1, 0) else softmax

    def _log_softmax(self, tensor: Tensor) -> Task:
        """Recognise c*(v - logsumexp(v)) + rest; return (log_softmax(v), rest, c)."""
        if tensor.kind != "sum":
            return None
        for k, (inner, labels, weight) in enumerate(tensor.operands):
            if inner.kind != "reduce" or inner.value[0] != "logsumexp":
                continue
            (whole, order, _) = inner.operands[0]
            rank = len(inner.shape)
            others = tensor.operands[:k] + tensor.operands[k + 1 :]
            # the axes of the reduction's argument, in terms of this sum's axes
            places = _places(whole, order, labels, rank, len(tensor.shape))
            if places is None:
                continue
            wanted = Operand(whole, places, -weight)
            rest = _without(others, wanted, tensor.shape)
            if rest is None:
                continue
            argument = yield self._formula(whole)
            if len(tensor.shape) == 2 and places[0] == 1:
                argument = transpose(argument)
            axis = None
            if len(tensor.shape) == 2:
                if rank != 1:
                    continue
                axis = 1 - labels[0]
            return make("call", (argument,), ("log_softmax", axis)), rest, -weight
        return None

    def _reduce(self, tensor: Tensor) -> Task:
        name, dims = tensor.value
        (operand, labels, _) = tensor.operands[0]
        if len(labels) > 2:
            return term_of((yield indices.tensor_formula(self, tensor)))
        argument = yield self._formula(operand)
        if len(dims) == len(labels):
            return term_of(make("call", (argument,), (name, None)))
        axis = 1 if labels == (0, 1) else 0
        reduced = make("call", (argument,), (name, axis))
        return term_of(reduced if axis == 1 else transpose(reduced))

    def _matrix(self, tensor: Tensor) -> Task:
        if len(tensor.operands[0].labels) > 2:
            return term_of((yield indices.tensor_formula(self, tensor)))
        argument = yield self._formula(tensor.operands[0].tensor)
        return term_of(make("call", (argument,), (tensor.value, None)))

    def _matrix_power(self, tensor: Tensor) -> Task:
        base = yield self._formula(tensor.operands[0].tensor)
        exponent = yield self._formula(tensor.operands[1].tensor)
        if exponent.head == "number" and exponent.value < 0:
            inverse = self.inverse(base)
            if exponent.value == -1:
                return term_of(inverse)
            if not self.style.power_inverse:
                return term_of(make("matrix_power", (inverse, number(-exponent.value))))
        return term_of(make("matrix_power", (base, exponent)))

    def inverse(self, base: Expression) -> Expression:
        """Return the inverse as the user writes it."""
        if self.style.power_inverse:
            return make("matrix_power", (base, number(-1)))
        return make("call", (base,), ("inv", None))

    def _call(self, tensor: Tensor) -> Task:
        application, batches = tensor.value
        if batches:
            return term_of((yield indices.tensor_formula(self, tensor)))
        arguments = []
        for operand, shape in zip(tensor.operands, application.function.parameters, strict=True):
            formula = yield self._formula(operand.tensor)
            arguments.append(_reshaped(formula, shape))
        e = make("abstract", tuple(arguments), application)
        return term_of(_positional(e, application))

    # --- sums ---------------------------------------------------------------------------------

    def _sum(self, tensor: Tensor) -> Task:
        stacked = yield blocks.try_stacked(self, tensor)
        if stacked is not None:
            return term_of(stacked)
        rank = len(tensor.shape)
        full = any(len(set(o.labels)) == rank for o in tensor.operands)
        terms = []
        operands = tensor.operands
        special = yield self._log_softmax(tensor)
        if special is not None:
            call, operands, weight = special
            terms.append(Term(weight, (), (call,)))
            full = True
        for inner, labels, weight in operands:
            term = yield self._term(inner)
            term = _broadcast(term, labels, tensor.shape, full or rank == 0)
            terms.append(term._replace(coefficient=term.coefficient * weight))
            full = True
        whole = total(terms)
        if rank == 2:
            whole = best(whole, transpose(total([transposed(term) for term in terms])))
        return term_of(whole)

    # --- products -----------------------------------------------------------------------------

    def _product(self, tensor: Tensor) -> Task:
        if tensor.value[0] == 0:
            return term_of(make("zeros", (), tensor.shape) if tensor.shape else number(0))
        stacked = yield blocks.try_stacked(self, tensor)
        if stacked is not None:
            return term_of(stacked)
        graph = Graph(self, tensor)
        try:
            yield graph.read(tensor)
            return graph.reduce()
        except Unreduced:
            return term_of((yield indices.tensor_formula(self, tensor)))


def _places(
    whole: Tensor, order: Labels, labels: Labels, rank: int, axes: int
) -> Labels | None:
    """Return the axis of the sum for each axis of a reduction's argument."""
    free = [axis for axis in range(axes) if axis not in labels]
    places = []
    for label in order:
        if label < rank:
            places.append(labels[label])
        elif label - rank < len(free):
            places.append(free[label - rank])
        else:
            return None
    return tuple(places)


def _without(
    operands: tuple[Operand, ...], wanted: Operand, shape: tuple[Dimension, ...]
) -> tuple[Operand, ...] | None:
    """Take `wanted` (or the terms it is a sum of) out of a sum's operands."""
    sizes = dict(enumerate(shape))
    coefficient, inner, names = view(wanted.tensor, wanted.labels)
    parts = [Operand(inner, names, coefficient * wanted.weight)]
    if inner.kind == "sum" and parts[0] not in operands:
        parts = [
            Operand(o.tensor, tuple([names[k] for k in o.labels]), o.weight * parts[0].weight)
            for o in inner.operands
        ]
    rest = list(operands)
    for part in parts:
        _, t, labels = view(part.tensor, part.labels)
        part = Operand(t, labels, part.weight)
        if part not in rest:
            return None
        rest.remove(part)
    del sizes
    return tuple(rest)


def applied(function: Any, arguments: tuple[Expression, ...]) -> Expression:
    """Return an elementwise function of formulas."""
    if isinstance(function, Application):
        return make("abstract", arguments, function)
    if function in COMPARISONS:
        return make("compare", arguments, function)
    if function == "power":
        return make("power", arguments)
    return make("call", arguments, (function, None))


def _expanded(formula: Expression, labels: Labels, shape: tuple[Dimension, ...]) -> Expression:
    """Return an operand in the shape of the whole; only a scalar expands by itself."""
    if not labels:
        return formula
    if len(shape) == 2:
        if labels == (1, 0):
            return transpose(formula)
        if labels == (0,):
            return chain([formula, transpose(make("ones", (), (shape[1],)))])
        if labels == (1,):
            return chain([make("ones", (), (shape[0],)), transpose(formula)])
    return formula


def _broadcast(
    term: Term, labels: Labels, shape: tuple[Dimension, ...], full: bool
) -> Term:
    if len(labels) == len(shape):
        return transposed(term) if labels == (1, 0) else term
    if labels:
        return term_of(_expanded(written(term), labels, shape))
    if full:
        return term
    return term._replace(body=(make("ones", (), shape),))


def _reshaped(formula: Expression, shape: tuple[Dimension, ...]) -> Expression:
    """Return a column as the row or the one-entry matrix that an argument is."""
    if len(shape) == 2 and shape[0] == ONE and len(formula.shape) == 1:
        return transpose(formula)
    return formula


def _positional(e: Expression, application: Application) -> Expression:
    """Turn an abstract function's value from the numerator layout to axes in order."""
    if e.shape and e.shape[0] == ONE and len(e.shape) == 2:
        return transpose(e)
    function, orders = application
    if len(orders) == 1 and not function.result and len(function.parameters[orders[0]]) == 2:
        return transpose(e)
    return e


# --- the graph of one product -----------------------------------------------------------------


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
        self.vertices: set[Label] = set(range(len(self.dims)))

    # --- reading ------------------------------------------------------------------------------

    def read(self, tensor: Tensor) -> Task:
        """Read the factors; raises Unreduced for one that is no scalar, vector or matrix."""
        operands = yield self._fused(tensor)
        structural = [o for o in operands if o.tensor.kind in STRUCTURAL]
        others = [o for o in operands if o.tensor.kind not in STRUCTURAL]
        units = {
            o.labels[0]: o.tensor.value
            for o in structural
            if o.tensor.kind == "unit" and o.labels[0] >= self.rank
        }
        picks: list[Operand] = []
        for operand in structural:
            kind = operand.tensor.kind
            if kind == "delta" and operand.labels == (0, 1):
                self.diagonal = True
            elif kind == "unit" and operand.labels[0] in units:
                self.vertices.discard(operand.labels[0])
            elif kind == "unit":
                formula = column_of_identity(operand.tensor.shape[0], operand.tensor.value)
                self._weigh(operand.labels[0], formula, _one)
            else:
                picks.append(operand)
        for operand in others:
            yield self._read_one(operand, units)
        for operand in picks:
            self._structural(operand)

    def _fused(self, tensor: Tensor) -> Task:
        """Read Kronecker products and vec: two axes made one. Return the other operands."""
        left = list(tensor.operands)
        for fuse in [o for o in left if o.tensor.kind == "fuse"]:
            if fuse in left:
                left = yield self._fuse(tensor, fuse, left)
        return left

    def _fuse(self, tensor: Tensor, fuse: Operand, operands: list[Operand]) -> Task:
        r, i, j = fuse.labels
        if min(i, j) < self.rank:
            return (yield self._split(fuse, operands))
        outer, inner = _component(i, operands), _component(j, operands)
        used = {fuse}
        if outer == inner:
            matrix = yield self._piece(tensor, outer, (j, i))
            self._weigh(r, make("call", (matrix,), ("vec", None)), _one)
        else:
            twin = next((o for o in operands if o.tensor.kind == "fuse" and o is not fuse), None)
            if twin is not None and _meets(twin.labels[1], outer) and _meets(twin.labels[2], inner):
                s, k, m = twin.labels
                first = yield self._piece(tensor, outer, (i, k))
                second = yield self._piece(tensor, inner, (j, m))
                self.edges.append(Edge(make("kron", (first, second)), r, s, _one))
                used.add(twin)
                self.vertices -= {k, m}
            else:
                first = yield self._piece(tensor, outer, (i,))
                second = yield self._piece(tensor, inner, (j,))
                self._weigh(r, make("kron", (first, second)), _one)
        self.vertices -= {i, j}
        taken = used | set(outer) | set(inner)
        return [o for o in operands if o not in taken]

    def _split(self, fuse: Operand, operands: list[Operand]) -> Task:
        """Read a vector made a matrix: unvec."""
        r, i, j = fuse.labels
        users = [o for o in operands if r in o.labels and o is not fuse]
        if r < self.rank or len(users) != 1 or users[0].labels != (r,) or users[0].weight != 1:
            raise Unreduced
        vector = yield self.notation._formula(users[0].tensor)
        _, outer, inner = fuse.tensor.shape
        self.edges.append(
            Edge(make("call", (vector,), ("unvec", (inner, outer))), j, i, _one)
        )
        self.vertices.discard(r)
        return [o for o in operands if o is not fuse and o is not users[0]]

    def _piece(self, tensor: Tensor, operands: list[Operand], out: Labels) -> Task:
        """Return a connected part of the product as a formula with the given axes."""
        kept = {x for o in operands for x in o.labels}
        if any(x < self.rank for x in kept) or not kept >= set(out):
            raise Unreduced
        factors = [(o.tensor, o.labels, o.weight) for o in operands]
        self.vertices -= kept
        return (yield self.notation._formula(product(factors, out)))

    def _read_one(self, operand: Operand, units: dict[Label, Dimension]) -> Task:
        tensor, labels, exponent = operand
        formula = yield self.notation._formula(tensor)
        if formula.head == "add" and exponent.denominator == 1:
            turned = negate(formula)
            if turned in self.notation.style.sums and formula not in self.notation.style.sums:
                formula = turned
                self.coefficient *= (-1) ** exponent.numerator
        if any(label in units for label in labels):
            formula, labels = entry_of(formula, labels, units)
        self._place(formula, labels, exponent)

    def _place(self, formula: Expression, labels: Labels, exponent: Fraction) -> None:
        if not labels:
            self.scalars.append((formula, exponent))
        elif len(labels) == 1:
            self._weigh(labels[0], formula, exponent)
        elif len(labels) == 2:
            self.edges.append(Edge(formula, labels[0], labels[1], exponent))
        else:
            raise Unreduced

    def _weigh(self, label: Label, column: Expression, exponent: Fraction) -> None:
        self.weights.setdefault(label, []).append((column, exponent))

    def _structural(self, operand: Operand) -> None:
        kind = operand.tensor.kind
        rule = _STRUCTURES.get(kind)
        if rule is None or not rule(self, operand):
            raise Unreduced

    def _alone(self, label: Label) -> bool:
        """Tell whether a summed vertex has exactly one weight and no edge."""
        return (
            label >= self.rank
            and len(self.weights.get(label, ())) == 1
            and not self.degree(label)
        )

    def take_vector(self, label: Label) -> Expression | None:
        """Remove a summed vertex that carries only weights and return their product."""
        if label < self.rank or self.degree(label) or label not in self.weights:
            return None
        self.vertices.discard(label)
        return entrywise(self.weights.pop(label))

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
            if label >= self.rank and not self.degree(label):
                self._close(label)
                return True
        if self._loop() or self._ring() or self._parallel():
            return True
        for wanted in (1, 2):
            for label in sorted(self.vertices, reverse=True):
                if label >= self.rank and self.degree(label) == wanted:
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
            if only.head == "power" and only.arguments[1] is number(2):
                base = only.arguments[0]
                square = raised(make("call", (base,), ("norm2", None)), Fraction(2))
                return best(self.inner(base, base), square)
            return make("call", (only,), ("sum", None))
        if not top:
            return make("call", (entrywise(weights),), ("sum", None))
        left = top[0]
        over = hadamard(bottom) if bottom else None
        rest = hadamard(top[1:]) if len(top) > 1 else None
        if rest is None:
            whole = entrywise(weights)
            assert whole is not None
            return make("call", (whole,), ("sum", None))
        right = make("divide", (rest, over)) if over is not None else rest
        whole = entrywise(weights)
        assert whole is not None
        plain = make("call", (whole,), ("sum", None))
        return best(self.inner(left, right), self.inner(right, left), plain)

    def inner(self, left: Expression, right: Expression) -> Expression:
        """Return the inner product of two columns, as w·x or x'*A*x."""
        if self.notation.style.dot and "multiply" not in (left.head, right.head):
            return make("dot", (left, right))
        return chain([transpose(left), right])

    def _loop(self) -> bool:
        for edge in self.edges:
            if edge.row != edge.column:
                continue
            self.edges.remove(edge)
            label = edge.row
            if (
                label >= self.rank
                and edge.exponent == 1
                and not self.degree(label)
                and label not in self.weights
            ):
                self.vertices.discard(label)
                self.scalars.append((_trace(edge.matrix), _one))
            else:
                diagonal = make("call", (edge.matrix,), ("diag", None))
                self._weigh(label, diagonal, edge.exponent)
            return True
        return False

    def _ring(self) -> bool:
        """Two edges between two summed vertices with nothing else: the trace of a product."""
        for first in self.edges:
            ends = {first.row, first.column}
            twins = [e for e in self.edges if {e.row, e.column} == ends]
            if len(twins) != 2 or any(e.exponent != 1 for e in twins):
                continue
            if any(label < self.rank or self.degree(label) != 2 for label in ends):
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
                merged = _hadamard_edges(edges, row)
                self.edges = [e for e in self.edges if e not in edges]
                self.edges.append(Edge(merged, row, column, _one))
                return True
        return False

    def _dangle(self, label: Label) -> None:
        """Multiply a dangling edge by the vector on its free end, or sum over it."""
        (edge,) = (e for e in self.edges if label in (e.row, e.column))
        self.edges.remove(edge)
        self.vertices.discard(label)
        weights = self.weights.pop(label, [])
        other = edge.column if edge.row == label else edge.row
        if weights:
            matrix = edge.matrix if edge.column == label else transpose(edge.matrix)
            vector = entrywise(weights)
            assert vector is not None
            self._weigh(other, _matrix_vector(matrix, vector), _one)
        elif other >= self.rank and not self.degree(other) and other not in self.weights:
            self.vertices.discard(other)
            self.scalars.append((_sum_of_entries(edge.matrix), _one))
        elif edge.column == label:
            summed = make("call", (edge.matrix,), ("sum", 1))
            self._weigh(other, summed, _one)
        else:
            rows = make("call", (edge.matrix,), ("sum", 0))
            self._weigh(other, transpose(rows), _one)

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
        self.edges.append(Edge(chain([left, *middle, right]), start, end, _one))

    def _diagonals(self, weights: list[tuple[Expression, Fraction]]) -> list[Expression]:
        vector = entrywise(weights)
        return [] if vector is None else [make("call", (vector,), ("diag", None))]

    # --- the result ---------------------------------------------------------------------------

    def _finish(self) -> Term:
        coefficient, scalars = self._means()
        body = self._body()
        parts = [part for e in body for part in links(e)]
        for part in parts:
            if part.head == "number":
                coefficient *= part.value
        scalars += [(part, _one) for part in parts if not part.shape and part.head != "number"]
        body = tuple([part for part in parts if part.shape])
        merged: dict[Expression, Fraction] = {}
        for base, exponent in scalars:
            norm, factor = _as_norm(base, exponent)
            merged[norm] = merged.get(norm, Fraction(0)) + factor
        kept = tuple([(base, e) for base, e in merged.items() if e != 0])
        coefficient, kept, body = _with_determinants(coefficient, kept, body)
        if self.rank == 2 and len(body) > 1:
            whole = chain(body)
            turned = make("transpose", (transpose(whole),))
            if cost(turned) < cost(whole):
                body = (turned,)
        return Term(coefficient, kept, body)

    def _means(self) -> tuple[Fraction, list[tuple[Expression, Fraction]]]:
        """Write sum(x)/n as mean(x)."""
        coefficient = self.coefficient
        scalars = list(self.scalars)
        for k, (base, exponent) in enumerate(scalars):
            if exponent != 1 or base.head != "call" or base.value != ("sum", None):
                continue
            (argument,) = base.arguments
            divisors = []
            for d in argument.shape:
                if d != ONE and d.value is None:
                    divisors.append((size(d), -_one))
            if divisors and all(d in scalars for d in divisors) and argument.shape[0].value is None:
                if len(divisors) == len([d for d in argument.shape if d != ONE]):
                    scalars[k] = (make("call", (argument,), ("mean", None)), _one)
                    for divisor in divisors:
                        scalars.remove(divisor)
        return coefficient, scalars

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


def _hadamard_edges(edges: list[Edge], row: Label) -> Expression:
    """Multiply parallel edges entry by entry, in the orientation that needs fewer transposes."""
    def oriented(first: Label) -> Expression:
        factors = []
        for edge in edges:
            matrix = edge.matrix if edge.row == first else transpose(edge.matrix)
            factors.append((matrix, edge.exponent))
        product = entrywise(factors)
        assert product is not None
        return product

    column = next(e.column if e.row == row else e.row for e in edges)
    return best(oriented(row), transpose(oriented(column)))


def _as_norm(base: Expression, exponent: Fraction) -> tuple[Expression, Fraction]:
    """Return (norm2(v), 2e) for (v'*v)^e where e is no whole number or negative."""
    from matcalc.notation.building import _norm_of_square

    if exponent == 1:
        return base, exponent
    norm = _norm_of_square(base)
    if norm is None or exponent.denominator == 1:
        return base, exponent
    return norm, 2 * exponent


def _with_determinants(
    coefficient: Fraction,
    scalars: tuple[tuple[Expression, Fraction], ...],
    body: tuple[Expression, ...],
) -> tuple[Fraction, tuple[tuple[Expression, Fraction], ...], tuple[Expression, ...]]:
    """Write det(X)*inv(X) as adj(X), which needs no inverse."""
    for k, (base, exponent) in enumerate(scalars):
        if base.head != "call" or base.value[0] != "det" or exponent != 1:
            continue
        (matrix,) = base.arguments
        turned = transpose(matrix)
        for j, (other, power) in enumerate(scalars):
            # det(X)*tr(inv(X)*B) is tr(adj(X)*B)
            if power == 1 and other.head == "call" and other.value[0] == "tr":
                parts = links(other.arguments[0])
                inner = _adjugated(parts, matrix, turned)
                if inner is not None:
                    kept = [s for i, s in enumerate(scalars) if i not in (j, k)]
                    return coefficient, (*kept, (_trace(chain(inner)), _one)), body
        adjugated = _adjugated(body, matrix, turned)
        if adjugated is not None:
            return coefficient, scalars[:k] + scalars[k + 1 :], tuple(adjugated)
    return coefficient, scalars, body


def _adjugated(
    parts: Sequence[Expression], matrix: Expression, turned: Expression
) -> list[Expression] | None:
    """Return the chain with the first inverse of the matrix as its adjugate, or None."""
    for j, part in enumerate(parts):
        plain = _inverted(part)
        if plain is not None and plain in (matrix, turned):
            return [*parts[:j], make("call", (plain,), ("adj", None)), *parts[j + 1 :]]
        if part.head == "transpose" and _inverted(part.arguments[0]) is matrix:
            adjugate = transpose(make("call", (matrix,), ("adj", None)))
            return [*parts[:j], adjugate, *parts[j + 1 :]]
    return None


def _inverted(e: Expression) -> Expression | None:
    if e.head == "call" and e.value[0] == "inv":
        return e.arguments[0]
    if e.head == "matrix_power" and e.arguments[1] is number(-1):
        return e.arguments[0]
    return None


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


# --- structures with a notation of their own ----------------------------------------------------


def _slice(graph: Graph, operand: Operand) -> bool:
    """Write the entries picked from a vector or matrix as a slice."""
    long, short = operand.labels
    if long < graph.rank or long not in graph.vertices:
        return False
    offset, length = operand.tensor.value, operand.tensor.shape[1]
    low, high = size(offset + ONE), size(offset + length)
    edges = [e for e in graph.edges if long in (e.row, e.column)]
    if len(edges) > 1 and graph.weights.get(long):
        pass
    graph.vertices.discard(long)
    for column, exponent in graph.weights.pop(long, []):
        piece = make("subscript", (column, low, high), (("range", length),))
        graph._weigh(short, piece, exponent)
    for edge in edges:
        graph.edges.remove(edge)
        if edge.row == long:
            piece = make("subscript", (edge.matrix, low, high), (("range", length), "all"))
            edge = edge._replace(matrix=piece, row=short)
        else:
            piece = make("subscript", (edge.matrix, low, high), ("all", ("range", length)))
            edge = edge._replace(matrix=piece, column=short)
        graph.edges.append(edge)
    return True


def _convolution(graph: Graph, operand: Operand) -> bool:
    """Write [s + offset == i + j] summed with two vectors as a convolution."""
    s, i, j = operand.labels
    long, out, kernel = operand.tensor.shape
    offset = operand.tensor.value
    for output, other in ((i, j), (j, i)):
        if output in (s, other) or not (graph._alone(s) and graph._alone(other)):
            continue
        k_length = kernel if output == i else out
        signal, filter_ = graph.take_vector(s), graph.take_vector(other)
        assert signal is not None and filter_ is not None
        full = offset == k_length - ONE and offset.value != 0
        if offset.value == 0 or full:
            name = "conv_full" if full else "conv"
            graph._weigh(output, make("call", (signal, filter_), (name, None)), _one)
            return True
        return False
    if graph._alone(i) and graph._alone(j) and offset.value == 0:
        # G_i k_j summed where i + j == s: the full convolution with the kernel turned round
        left, right = graph.take_vector(i), graph.take_vector(j)
        assert left is not None and right is not None
        turned = make("call", (right,), ("flip", None))
        graph._weigh(s, make("call", (left, turned), ("conv_full", None)), _one)
        return True
    return False


def _turned(graph: Graph, operand: Operand) -> bool:
    """Write a vector read backwards as flip(x)."""
    for inner, outer in (operand.labels, operand.labels[::-1]):
        if inner != outer and graph._alone(inner):
            vector = graph.take_vector(inner)
            assert vector is not None
            graph._weigh(outer, make("call", (vector,), ("flip", None)), _one)
            return True
    return False


def _crossed(graph: Graph, operand: Operand) -> bool:
    """Write the sign of a permutation, summed with two vectors, as a cross product."""
    labels = operand.labels
    if len(set(labels)) != 3:
        return False
    for k in range(3):
        out, first, second = labels[k], labels[(k + 1) % 3], labels[(k + 2) % 3]
        if graph._alone(first) and graph._alone(second):
            left, right = graph.take_vector(first), graph.take_vector(second)
            assert left is not None and right is not None
            graph._weigh(out, make("call", (left, right), ("cross", None)), _one)
            return True
    return False


_STRUCTURES = {
    "select": _slice,
    "shift": _convolution,
    "flip": _turned,
    "levi_civita": _crossed,
}

_WRITERS = {
    "variable": Notation._variable,
    "size": Notation._size,
    "pi": Notation._pi,
    "delta": Notation._delta,
    "unit": Notation._unit,
    "select": Notation._embedding,
    "count": Notation._indexed,
    "fuse": Notation._indexed,
    "shift": Notation._indexed,
    "flip": Notation._indexed,
    "levi_civita": Notation._indexed,
    "apply": Notation._apply,
    "reduce": Notation._reduce,
    "matrix": Notation._matrix,
    "matrix_power": Notation._matrix_power,
    "call": Notation._call,
    "sum": Notation._sum,
    "product": Notation._product,
}

__all__ = ["Notation", "Style", "add_tensors", "constant_value", "cost"]
