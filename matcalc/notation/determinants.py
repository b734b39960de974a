"""det(X)*inv(X) is adj(X), which needs no inverse."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcalc.expressions.nodes import Expression, make, number
from matcalc.notation.building import chain, links, transpose


def with_adjugates(
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
                    return (
                        coefficient,
                        (*kept, (make("call", (chain(inner),), ("tr", None)), Fraction(1))),
                        body,
                    )
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
