"""Differentials: `dY = ...` states the directional derivative of Y along what stands as `d...`.

The names that move are those that stand as `d...` on the right; the others are held constant.
Of a name that is defined the differential may be meant as its own, or as what its definition
gives: the statement is right if it holds in one of these senses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.calculus.accumulation import forward
from matcalc.calculus.lowering import tensor_of
from matcalc.expressions.nodes import Expression, substitute, variable
from matcalc.expressions.traversal import postorder
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation, Style

Tangents = Mapping[Expression, Expression]
"""What moves, and along what."""


def tangent(node: Expression) -> Expression:
    """Return the differential of a variable: a variable of its kind, `dX` of X."""
    structure = node.value.structure
    structure = "symmetric" if structure == "spd" else structure
    return variable(f"d{node.value.name}", node.shape, structure)


def differential(expression: Expression, tangents: Tangents) -> Expression:
    """Return the directional derivative of a formula along the tangents.

    >>> from matcalc import parse
    >>> from matcalc.notation.text import to_text
    >>> formula = parse("inv(A)*b", "A: square(n); b: vector(n)")
    >>> a = formula.inferred.variables["A"]
    >>> to_text(differential(formula.expression, {a: tangent(a)}))
    '-inv(A)*dA*inv(A)*b'
    """
    loose = {node: variable(node.value.name, node.shape) for node in tangents}
    value = tensor_of(substitute(expression, loose))
    moving = [tensor_of(loose[node]) for node in tangents]
    tensor = forward(value, moving, [tensor_of(along) for along in tangents.values()])
    nodes = postorder([expression, *tangents.values()], lambda node: node.arguments)
    names = frozenset(node.value.name for node in nodes if node.head == "variable")
    written = in_shape(Notation(Style(), names), tensor, expression.shape)
    return substitute(written, {loosened: node for node, loosened in loose.items()})


def of_variables(values: Iterable[Expression]) -> dict[Expression, Expression]:
    """Return the tangents of all variables in formulas."""
    nodes = postorder(values, lambda node: node.arguments)
    return {node: tangent(node) for node in nodes if node.head == "variable"}
