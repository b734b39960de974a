"""Backpropagation layer by layer: derivatives that share what the layers of a network share.

The formula is cut where one layer passes its result on: at sums and products that a
nonlinear function takes, or that are used twice. Each layer is differentiated by itself,
with one cotangent for its result; so what leads to several variables is written in one form,
which is the formula's own. Nothing is cut where a function such as log or sqrt would have to
be simplified together with what is inside: that is what makes log(1 + exp(x)) stable.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from matcalc.calculus.accumulation import backward
from matcalc.calculus.intermediates import Intermediate, rewrite
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import constant
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, substitute, variable
from matcalc.expressions.traversal import postorder
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation


def backpropagated(
    formula: Expression,
    variables: Sequence[Expression],
    upstream: Expression | None,
    notation: Notation,
) -> list[Expression] | None:
    """Return the derivatives by variables, each of its variable's shape; None without layers.

    They are those of the formula, which is a scalar, or of its inner product with `upstream`.

    >>> import matcalc
    >>> formula = matcalc.parse("sum(tanh(V*tanh(W*x)))", "V, W: square(n)")
    >>> by = [formula.inferred.variables[name] for name in "VW"]
    >>> from matcalc.notation.text import to_text
    >>> found = backpropagated(formula.expression, by, None, Notation())
    >>> print(to_text(found[0]))
    (1 - tanh(V*tanh(W*x))^2)*tanh(W*x)'
    """
    chosen = _passed_on(formula, variables)
    if not chosen:
        return None
    layers = rewrite(formula, notation.taken, chosen.__contains__)
    deltas = _cotangents(layers, notation.taken)
    symbols = [*[layer.symbol for layer in layers], *deltas.values()]
    shapes = {**notation.shapes, **{symbol.value.name: symbol.shape for symbol in symbols}}
    notation = Notation(notation.style, notation.taken, shapes)
    meanings = {layer.symbol: layer.meaning for layer in layers}
    arriving: dict[Expression, list[Expression]] = {}
    if upstream is not None:
        arriving[layers[-1].symbol] = [upstream]
    for layer in reversed(layers):
        delta = deltas[layer.symbol]
        seed = tensor_of(delta)
        if layer.symbol in arriving:
            meanings[delta] = _sum(arriving.pop(layer.symbol))
        elif layer is layers[-1]:
            seed = constant(1, ())
        else:
            continue
        inner = postorder([layer.operation], _arguments)
        operands = [node for node in inner if node in meanings or node in variables]
        pulled = backward(tensor_of(layer.operation), list(map(tensor_of, operands)), seed)
        for operand, tensor in zip(operands, pulled, strict=True):
            found = in_shape(notation, tensor, operand.shape)
            arriving.setdefault(operand, []).append(substitute(found, meanings))
    return [_sum(arriving[v]) if v in arriving else make("zeros", (), v.shape) for v in variables]


def _cotangents(
    layers: Sequence[Intermediate], taken: Container[str]
) -> dict[Expression, Expression]:
    """Return a symbol for the cotangent of each layer, so that it is not multiplied out."""
    found = {}
    for layer in layers:
        name = f"δ{layer.name}"
        while name in taken:
            name += "_"
        found[layer.symbol] = variable(name, layer.symbol.shape)
    return found


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _sum(terms: list[Expression]) -> Expression:
    return make("add", tuple(terms)) if len(terms) > 1 else terms[0]


# Where layers end


def _passed_on(formula: Expression, variables: Sequence[Expression]) -> set[Expression]:
    """Return the products and their sums that nonlinear functions take, or that are used twice."""
    order = postorder([formula], _arguments)
    running = free_indices(order)
    dependent, linear = {*variables}, {*variables}
    products: set[Expression] = set()
    users: dict[Expression, list[Expression]] = {}
    for node in order:
        for argument in dict.fromkeys(node.arguments):
            users.setdefault(argument, []).append(node)
        moving = [argument for argument in node.arguments if argument in dependent]
        if not moving:
            continue
        dependent.add(node)
        if _is_linear(node):
            if all(argument in linear for argument in moving):
                linear.add(node)
            product = len(node.arguments) == 2 and all(a.shape for a in node.arguments)
            if (product and node.head != "add") or not products.isdisjoint(moving):
                products.add(node)
    chosen = set()
    for node in dependent.difference(variables, [formula]):
        if not _is_linear(node) or node.head in ("negate", "transpose"):
            continue
        if not node.shape or ONE in node.shape:
            continue
        by = users[node]
        passes = node in products and not all(map(_is_linear, by))
        closed = node in linear or not any(map(_is_singular, by))
        if (passes or len(by) > 1) and closed and not running[node]:
            chosen.add(node)
    return chosen


def _is_linear(node: Expression) -> bool:
    """Tell whether this is a sum or a product, which pass on what they are made of."""
    if node.head == "call":
        return ROWS[node.value[0], len(node.arguments)].gives in ("valid", "full")
    return node.head in ("add", "negate", "multiply", "transpose")


def _is_singular(node: Expression) -> bool:
    """Tell whether a function has no derivative outside of some domain."""
    if node.head in ("divide", "power", "matrix_power"):
        return True
    if node.head != "call":
        return False
    return bool(ROWS[node.value[0], len(node.arguments)].domain)
