"""Answers by backpropagation through the layers of a formula, in the layout asked for."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.backpropagation import backpropagated
from matcalc.expressions.nodes import Expression, make
from matcalc.notation.building import chain, cost, links, transpose
from matcalc.notation.matrices import Notation


def by_layers(
    formula: Expression,
    variables: Sequence[Expression],
    upstream: Expression | None,
    turned: bool,
    notation: Notation,
) -> list[Expression] | None:
    """Return the derivatives shaped as their variables, or `turned`; None without layers."""
    found = backpropagated(formula, variables, upstream, notation)
    if found is None or not turned:
        return found
    return [_turned(gradient) if len(gradient.shape) < 3 else gradient for gradient in found]


def _turned(gradient: Expression) -> Expression:
    """Return the transpose; the factors of a product, which are shared, stay as they are."""
    factors = links(gradient)
    if not gradient.shape or len(factors) == 1:
        return _aside(gradient)
    scalars = [factor for factor in factors if not factor.shape]
    return chain([*scalars, *[_aside(factor) for factor in reversed(factors) if factor.shape]])


def _aside(factor: Expression) -> Expression:
    """Return the transpose of a factor, with the sign outside of it unless it goes away."""
    turned = transpose(factor)
    if cost(turned) <= cost(factor):
        return turned
    return make("transpose", (factor,))
