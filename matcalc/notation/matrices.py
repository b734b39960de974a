"""From tensors back to formulas: every kind of tensor has a writer here.

Products go through their graph (`graphs`), stacks through `blocks`; what has no matrix
notation is written with indices (`indices`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from matcalc.calculus.expansion import cancels, cleared, compared_with_zero, multiplied_out
from matcalc.calculus.sums import view
from matcalc.calculus.tensors import Labels, Operand, Tensor, reduction_among
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.nodes import Expression, make, number, size, variable
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder, run
from matcalc.notation import blocks, indices
from matcalc.notation.building import (
    along_rows,
    best,
    column_of_identity,
    cost,
    transpose,
)
from matcalc.notation.functions import (
    applied,
    expanded,
    positional,
    reduced_from,
    reshaped,
    without_ones,
)
from matcalc.notation.graphs import Graph, Unreduced
from matcalc.notation.terms import Term, term_of, total, transposed, written

_one = Fraction(1)

Task = Generator[Any, Any, Any]


class Style(NamedTuple):
    """How the user writes: w·x for products of vectors, A^-1 for inverses."""

    dot: bool = False
    power_inverse: bool = False
    known: frozenset[Expression] = frozenset()

    @classmethod
    def of(cls, text: str, formula: Expression) -> Style:
        """Return the style of a formula as typed."""
        nodes = postorder([formula], lambda node: node.arguments)
        dot = "·" in text or r"\cdot" in text
        return cls(dot, "^-1" in text or "^{-1}" in text, frozenset(nodes))


class Parts(NamedTuple):
    """What stands in a formula: heads with indices, sizes as numbers, and sizes of arrays."""

    indexed: frozenset[str] = frozenset()
    sizes: frozenset[Expression] = frozenset()
    measured: frozenset[str] = frozenset()


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
        self.parts: dict[Expression, Parts] = {}

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
        return without_ones(variable(name, self.shapes.get(name, tensor.shape), structure))

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
        reduction = reduction_among([operand.tensor for operand in tensor.operands])
        arguments = []
        for operand in tensor.operands:
            formula = yield self._formula(operand.tensor)
            if reduction and operand.tensor is reduction.operands[0].tensor:
                formula = reduced_from((yield self._formula(reduction))) or formula
            arguments.append(expanded(formula, operand.labels, tensor.shape))
        whole = applied(tensor.value, tuple(arguments))
        difference = compared_with_zero(tensor)
        if difference is not None:
            whole = best(whole, (yield self._formula(difference)))
        return term_of(whole)

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
        return term_of(along_rows(name, argument if labels == (0, 1) else transpose(argument)))

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
            arguments.append(reshaped(formula, shape))
        e = make("abstract", tuple(arguments), application)
        return term_of(without_ones(positional(e, application)))

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
            term = graph.reduce()
        except Unreduced:
            term = term_of((yield indices.tensor_formula(self, tensor)))
            others = [multiplied_out(tensor)]
        else:
            others = [multiplied_out(tensor) if cancels(tensor) else None, cleared(tensor)]
        for other in others:
            if other is not None and other is not tensor:
                form = yield self._term(other)
                term = min(term, form, key=lambda form: cost(written(form)))
        return term


def _places(whole: Tensor, order: Labels, labels: Labels, rank: int, axes: int) -> Labels | None:
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


def _broadcast(term: Term, labels: Labels, shape: tuple[Dimension, ...], full: bool) -> Term:
    if len(labels) == len(shape):
        return transposed(term) if labels == (1, 0) else term
    if labels:
        return term_of(expanded(written(term), labels, shape))
    if full:
        return term
    return term._replace(body=(make("ones", (), shape),))


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
