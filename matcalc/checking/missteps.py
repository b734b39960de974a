"""Derivations with one slip: the formula so changed that its derivative is the slip's.

A part f(u) whose derivative is taken for another is written ~f + s*(u - ~u): ~f and ~u are
constants with the values of f(u) and u, so the value stays and the slope becomes s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.functions import EUCLIDEAN, ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, number, substitute, variable
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text

MOST_NODES = 60
"""Formulas with more parts are not searched for slips."""


class Misstep(NamedTuple):
    """A derivation with a slip: its name, what to say, and the formula.

    `constants` has the values of the formula's constants ~0, ~1, ... as formulas.
    `part` is what was treated as a constant, if that is the slip.
    """

    slip: str
    hint: str
    formula: Expression
    constants: Mapping[str, Expression]
    part: Expression | None = None


class _Parts:
    """The nodes of a formula that depend on the variable, outermost first."""

    def __init__(self, formula: Expression, moving: Expression) -> None:
        order = postorder([formula], lambda node: node.arguments)
        free = free_indices(order)
        depends = {moving}
        for node in order:
            if not depends.isdisjoint(node.arguments):
                depends.add(node)
        self.root = formula
        self.moving = moving
        self.depends = depends
        self.large = len(order) > MOST_NODES
        self.nodes = [n for n in reversed(order) if n in depends and not free[n]]

    def replaced(self, node: Expression, other: Expression) -> Expression | None:
        """Return the formula with one node replaced, or None if that does not fit."""
        if node.shape != other.shape:
            return None
        try:
            return substitute(self.root, {node: other})
        except MatcalcError:
            return None


def constant(node: Expression, place: int = 0) -> tuple[Expression, dict[str, Expression]]:
    """Return a constant with the value of a part of the formula."""
    name = f"~{place}"
    return variable(name, node.shape), {name: node}


def missteps(formula: Expression, moving: Expression) -> Iterator[Misstep]:
    """Yield derivations with one slip, the most telling ones first."""
    parts = _Parts(formula, moving)
    if parts.large:
        return
    for produce in (_inner, _occurrences, _constants, _slopes, _factors, _rules):
        yield from produce(parts)


def inner_missteps(formula: Expression, moving: Expression) -> Iterator[Misstep]:
    """Yield derivations in which the derivative of a function's operand is missing, or its sign."""
    parts = _Parts(formula, moving)
    operands = {
        node.arguments[0]
        for node in parts.nodes
        if node.head in ("call", "abstract", "power") and node.arguments[0] in parts.depends
    }
    if not parts.large:
        yield from (m for m in _inner(parts) if m.constants["~0"] in operands)
        yield from _inner_signs(parts, operands)


class Chain(NamedTuple):
    """A derivative from which one end of the chain rule was left off."""

    slip: str
    hint: str
    formula: Expression
    moving: Expression
    constants: Mapping[str, Expression]


def chains(formula: Expression, moving: Expression) -> Iterator[Chain]:
    """Yield the derivatives of the formula by its intermediates, and those of these."""
    parts = _Parts(formula, moving)
    if parts.large:
        return
    for node in parts.nodes:
        if node in (parts.root, moving):
            continue
        leaf, values = constant(node)
        changed = parts.replaced(node, leaf)
        if changed is not None:
            hint = f"chain rule: the inner derivative, that of {_short(node)}, is missing"
            yield Chain("inner derivative", hint, changed, leaf, values)
        hint = f"chain rule: this is the derivative of {_short(node)}, the outer one is missing"
        yield Chain("outer derivative", hint, node, moving, {})


def named_missteps(
    formula: Expression, moving: Expression, names: Mapping[str, Expression]
) -> Iterator[Misstep]:
    """Take the intermediates of a program, one or all of them, for constants."""
    parts = _Parts(formula, moving)
    known = [(name, node) for name, node in names.items() if node in parts.depends]
    for name, node in known:
        if node is parts.root or node is parts.moving:
            continue
        fixed, values = constant(node)
        changed = parts.replaced(node, fixed)
        if changed is not None:
            yield Misstep("intermediate", _path_text(name, parts), changed, values, node)
    if len(known) > 1:
        values = {}
        fixed_nodes = {}
        for place, (_, node) in enumerate(known):
            if node is not parts.root and node is not parts.moving:
                leaf, value = constant(node, place)
                fixed_nodes[node] = leaf
                values |= value
        listed = ", ".join(name for name, node in known if node in fixed_nodes)
        changed = substitute(parts.root, fixed_nodes)
        yield Misstep("intermediate", _path_text(listed, parts), changed, values)


def _path_text(name: str, parts: _Parts) -> str:
    moving = parts.moving.value.name
    return (
        f"{name} was treated as a constant: this is a partial derivative, and the total "
        f"derivative also has the path from {moving} through {name}"
    )


def _short(node: Expression) -> str:
    text = to_text(node)
    return text if len(text) <= 50 else f"{text[:24]} ... {text[-20:]}"


def _inner(parts: _Parts) -> Iterator[Misstep]:
    """Stop the chain rule at an intermediate: its own derivative is missing."""
    for node in parts.nodes:
        if node in (parts.moving, parts.root) or node.shape != parts.moving.shape:
            continue
        changed = parts.replaced(node, _moved(node, parts.moving))
        if changed is not None:
            hint = f"chain rule: the inner derivative, that of {_short(node)}, is missing"
            values = {"~0": node, "~1": parts.moving}
            yield Misstep("inner derivative", hint, changed, values)


def _inner_signs(parts: _Parts, operands: set[Expression]) -> Iterator[Misstep]:
    """Lose the minus sign of the derivative of an operand such as y - X*w."""
    for node in parts.nodes:
        terms = node.arguments if node.head == "add" else (node,)
        falling = all(term.head == "negate" for term in terms if term in parts.depends)
        if node not in operands or not falling:
            continue
        at = variable("~0", node.shape)
        back = make("add", (at, at, make("negate", (node,))))
        changed = parts.replaced(node, back)
        if changed is not None:
            hint = (
                "sign error: the claim is the negative of the derivative; the minus sign of the "
                f"inner derivative, that of {_short(node)}, is missing"
            )
            yield Misstep("sign", hint, changed, {"~0": node})


def _moved(node: Expression, other: Expression, slope: Expression | None = None) -> Expression:
    """Return ~0 + slope*(other - ~1): the node's value, with a slope in `other`."""
    fixed, at = variable("~0", node.shape), variable("~1", other.shape)
    step = make("add", (other, make("negate", (at,))))
    if slope is not None:
        step = make("hadamard", (slope, step))
    return make("add", (fixed, step))


def _occurrences(parts: _Parts) -> Iterator[Misstep]:
    """Take one operand of an operator for a constant where several depend on the variable."""
    for node in parts.nodes:
        moving = [k for k, a in enumerate(node.arguments) if a in parts.depends]
        if len(moving) < 2 or node.head in ("index_sum", "tensor"):
            continue
        for k in moving:
            operand = node.arguments[k]
            fixed, values = constant(operand)
            arguments = (*node.arguments[:k], fixed, *node.arguments[k + 1 :])
            changed = parts.replaced(node, make(node.head, arguments, node.value))
            if changed is not None:
                yield Misstep("term", _rule_of(node), changed, values, operand)


def _rule_of(node: Expression) -> str:
    if node.head == "divide":
        return "quotient rule"
    return "sum rule" if node.head == "add" else "product rule"


def _constants(parts: _Parts) -> Iterator[Misstep]:
    """Take a part for a constant wherever it occurs."""
    for node in parts.nodes:
        if node not in (parts.moving, parts.root):
            fixed, values = constant(node)
            changed = parts.replaced(node, fixed)
            if changed is not None:
                yield Misstep("constant", _short(node), changed, values, node)


def _slopes(parts: _Parts) -> Iterator[Misstep]:
    """Take the derivative of an elementwise function for another: 1, or the function itself."""
    for node in parts.nodes:
        if node.head == "power" and node.arguments[1] not in parts.depends:
            yield from _power_slopes(node, parts)
        if node.head not in ("call", "abstract") or len(node.arguments) != 1:
            continue
        (operand,) = node.arguments
        if operand.shape != node.shape:
            continue
        name = node.value[0] if node.head == "call" else node.value.function.name
        if name == "softmax":
            yield from _diagonal(node, operand, parts)
        hint = f"chain rule: the derivative of {name} is missing, that of {_short(node)}"
        yield from _with_slope("function derivative", hint, node, operand, None, parts)
        own = variable("~0", node.shape)
        hint = f"the derivative of {name} was taken to be {name} itself"
        yield from _with_slope("function derivative", hint, node, operand, own, parts)
        yield from _elsewhere(node, operand, parts)


def _elsewhere(node: Expression, operand: Expression, parts: _Parts) -> Iterator[Misstep]:
    """Take the derivative of f(u) at the output f(u), or at a part of u, instead of at u."""
    at, fixed, point = [variable(f"~{k}", node.shape) for k in range(3)]
    step = make("add", (operand, make("negate", (at,))))
    shifted = make(node.head, (make("add", (point, step)),), node.value)
    still = make(node.head, (point,), node.value)
    moved = make("add", (fixed, shifted, make("negate", (still,))))
    inside = [part for part in parts.nodes if part.shape == node.shape and part is not operand]
    changed = parts.replaced(node, moved)
    for place in (node, *[part for part in inside if _contains(operand, part)]):
        if changed is not None:
            where = "at the output" if place is node else f"at {_short(place)}"
            hint = f"the derivative of {_short(node)} was taken {where}, not at {_short(operand)}"
            values = {"~0": operand, "~1": node, "~2": place}
            yield Misstep("function at the wrong place", hint, changed, values)


def _contains(formula: Expression, part: Expression) -> bool:
    return part in postorder([formula], lambda node: node.arguments)


def _diagonal(node: Expression, operand: Expression, parts: _Parts) -> Iterator[Misstep]:
    """Take the Jacobian of softmax, p = softmax(x), for diag(p), or for diag(p .* (1 - p))."""
    own = variable("~0", node.shape)
    less = make("add", (make("ones", (), node.shape), make("negate", (own,))))
    hint = "the Jacobian of softmax was taken to be diagonal: it is diag(p) - p*p'"
    for slope in (own, make("hadamard", (own, less))):
        yield from _with_slope("softmax", hint, node, operand, slope, parts)


def _power_slopes(node: Expression, parts: _Parts) -> Iterator[Misstep]:
    base, exponent = node.arguments
    at = variable("~1", base.shape)
    less = make("add", (exponent, number(-1)))
    lowered = make("power", (at, less))
    raised = make("power", (at, exponent))
    text = f"power rule, of {_short(node)}"
    for slope, hint in (
        (lowered, f"{text}: the exponent is missing as a factor"),
        (make("hadamard", (exponent, raised)), f"{text}: the exponent was not lowered"),
        (None, f"{text}: its derivative is missing"),
    ):
        yield from _with_slope("power rule", hint, node, base, slope, parts)


def _with_slope(
    slip: str,
    hint: str,
    node: Expression,
    operand: Expression,
    slope: Expression | None,
    parts: _Parts,
) -> Iterator[Misstep]:
    try:
        changed = parts.replaced(node, _moved(node, operand, slope))
    except MatcalcError:
        return
    if changed is not None:
        yield Misstep(slip, hint, changed, {"~0": node, "~1": operand})


def _factors(parts: _Parts) -> Iterator[Misstep]:
    """Leave out a constant factor in the derivative of a product."""
    for node in parts.nodes:
        if node.head not in ("multiply", "hadamard", "divide"):
            continue
        for k, operand in enumerate(node.arguments):
            other = node.arguments[1 - k]
            if operand in parts.depends and operand.shape == node.shape and other.shape != ():
                hint = f"the factor {_short(other)} is missing"
                yield from _with_slope("factor", hint, node, operand, None, parts)


# Functions that are taken for one another, and the rule of the inverse


def _rules(parts: _Parts) -> Iterator[Misstep]:
    for node in parts.nodes:
        if node.head != "call" or len(node.arguments) != 1:
            continue
        name, (operand,) = node.value[0], node.arguments
        for other in ROWS[name, 1].mistaken_for if node.value[1] is None else ():
            try:
                taken = make("call", (operand,), (other, None))
            except MatcalcError:
                continue
            hint = f"the derivative is that of {_short(taken)}, not of {_short(node)}"
            yield from _with_slope("function", hint, node, taken, None, parts)
        if name in EUCLIDEAN:
            square = make("power", (node, number(2)))
            hint = f"the derivative is that of {_short(square)}, not of {_short(node)}"
            yield from _with_slope("function", hint, node, square, None, parts)
        if name == "inv":
            yield from _inverse(node, operand, parts)


def _inverse(node: Expression, operand: Expression, parts: _Parts) -> Iterator[Misstep]:
    """Take d inv(X) for -Y*dX or -dX*Y, or with a transposed factor."""
    fixed, at = variable("~0", node.shape), variable("~1", node.shape)
    step = make("add", (operand, make("negate", (at,))))
    turned = make("transpose", (fixed,))
    products = (
        make("multiply", (fixed, step)),
        make("multiply", (step, fixed)),
        make("multiply", (make("multiply", (turned, step)), turned)),
        make("multiply", (make("multiply", (fixed, step)), turned)),
    )
    for product in products:
        changed = parts.replaced(node, make("add", (fixed, make("negate", (product,)))))
        if changed is not None:
            hint = f"the differential of {_short(node)} is -Y*dX*Y, where Y is the inverse"
            yield Misstep("inverse", hint, changed, {"~0": node, "~1": operand})
