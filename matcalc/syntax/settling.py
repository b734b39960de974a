"""Solve what is left of the equations between sizes, and name what is still open."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.shapes import Shape
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaborator import Elaborator
from matcalc.syntax.operators import settle_powers
from matcalc.syntax.unification import free_names, is_unknown, never_positive, unknowns


def settle(elaborator: Elaborator, drafts: list[Draft]) -> None:
    """Solve what is left of the equations, then name what is still open."""
    found = elaborator.unknowns
    found.settle()
    settle_powers(elaborator)
    for axis, length in _longest(elaborator):
        found.unify(axis, length)
    found.settle()
    shapes = [
        found.resolved(draft.shape)
        for name, draft in elaborator.variables.items()
        if name in elaborator.inferred or any(unknowns(size) for size in draft.shape)
    ]
    letters = free_names(elaborator.names())
    for unknown in _naming_order(shapes):
        if unknown not in found.solved:
            found.solved[unknown] = Dimension((((next(letters),), 1),))
    found.settle()
    _check_positive(elaborator)
    for draft in elaborator.open:
        if any(unknowns(size) for size in found.resolved(draft.shape)):
            elaborator.source = draft.place.source
            tree = draft.place.tree
            name = elaborator.text(tree)
            hint = "eye(n)" if draft.head == "eye" else "ones(n), ones(m, n), zeros(n)"
            raise elaborator.error("E308", f"the size of {name} is left open", tree.span, hint)


def _longest(elaborator: Elaborator) -> list[tuple[Dimension, Dimension]]:
    """Return the open axes that indices run over, with the last entries that are asked for."""
    found = elaborator.unknowns
    lengths: dict[Dimension, Dimension] = {}
    for axis, last in elaborator.soft:
        left, length = found.resolve(axis), found.resolve(last)
        if len(left.terms) == 1 and is_unknown("".join(left.terms[0][0])):
            known = lengths.setdefault(left, length)
            if ((length - known).value or 0) > 0:
                lengths[left] = length
    return list(lengths.items())


def _check_positive(elaborator: Elaborator) -> None:
    inferred = [elaborator.variables[name] for name in elaborator.inferred]
    for draft in (*inferred, *elaborator.open):
        for size in elaborator.unknowns.resolved(draft.shape):
            if never_positive(size):
                elaborator.source = draft.place.source
                name = elaborator.text(draft.place.tree)
                message = f"{name} would have the size {size} to fit here; sizes are positive"
                raise elaborator.error("E302", message, draft.place.tree.span)


def _naming_order(shapes: Sequence[Shape]) -> list[str]:
    """Return the open dimensions in the order in which they take n, m, k, ...

    Vectors that matrices are multiplied by come first, then other vectors; a matrix alone
    is m x n.
    """
    vectors = [shape for shape in shapes if len(shape) == 1]
    others = [shape for shape in shapes if len(shape) > 1]
    columns = {shape[1] for shape in others if len(shape) == 2}
    order: list[str] = []
    for (length,) in sorted(vectors, key=lambda shape: shape[0] not in columns):
        order += unknowns(length)
    for shape in others:
        if order or len(shape) != 2:
            order += [unknown for size in shape for unknown in unknowns(size)]
        else:
            order += unknowns(shape[1]) + unknowns(shape[0])
    return list(dict.fromkeys(order))
