"""The rules of differentiation by name: what each says, and where it is from.

A rule is chosen by the operator and the shapes it works on, as in the sections of Parr &
Howard, "The Matrix Calculus You Need For Deep Learning" (2018). Matrix rules are cited from
Petersen & Pedersen, "The Matrix Cookbook" (2012), and the function table's own sources.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from matcalc.calculus.templates import derivative
from matcalc.derivation.planning import is_norm
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import function_name
from matcalc.expressions.nodes import Expression
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder
from matcalc.laws.rule import Rule
from matcalc.notation.text import to_text

PAPER = "Parr & Howard, section "
COOKBOOK = "The Matrix Cookbook, eq. "
_CALCULUS = "calculus of one variable"
DIFFERENTIALS = "Magnus & Neudecker, chapter 8"

MOST_NAMES = 2
"""Of more rules that are applied at once, only the first is named in the margin."""

NAMING = Rule("intermediate variables", "one operator each", PAPER + "4.5")
SUBSTITUTION = Rule("substitution", "put the intermediate variables back", PAPER + "4.5.1")
INSERTION = Rule("insert the local derivatives", "", PAPER + "4.5")
TOGETHER = Rule("insert the derivatives of the intermediates", "", PAPER + "4.5")
LAYOUT = Rule("layout", "the gradient has the shape of its variable", "Wikipedia, Matrix calculus")

SINGLE_VARIABLE = Rule("single-variable chain rule", "dy/dx = dy/du · du/dx", PAPER + "4.5.1")
TOTAL_DERIVATIVE = Rule(
    "single-variable total-derivative chain rule",
    "dy/dx = ∂y/∂x + sum of ∂y/∂u_i · du_i/dx",
    PAPER + "4.5.2",
)
VECTOR = Rule("vector chain rule", "∂y/∂x = ∂y/∂u · ∂u/∂x", PAPER + "4.5.3")
TENSOR = Rule(
    "chain rule for matrices",
    "Jacobians multiply over all axes of what is between them",
    "Magnus & Neudecker, chapter 5",
)
BACKWARD = Rule(
    "backward chain rule",
    "δu = sum over what uses u of its Jacobian, transposed, times its δ",
    "Rumelhart, Hinton & Williams 1986",
)
DIFFERENTIAL = Rule(
    "Cauchy's rule of invariance",
    "the differential of a composite is the composite of the differentials",
    "Magnus & Neudecker, chapter 5",
)
READ_OFF = Rule(
    "read the Jacobian off",
    "what multiplies G in the cotangent of the variable is the Jacobian, transposed",
)
ENTRY = Rule("one entry", "the derivative by an entry is that entry of the derivative")
ANSWER = Rule("the answer")
WITH_MATRICES = Rule("the sum over the index as a product", "the samples are the rows of a matrix")
IDENTIFICATION = Rule(
    "first identification theorem",
    "dy = tr(G' dX) means that the gradient is G",
    "Magnus & Neudecker, chapter 9",
)
JACOBIAN_IDENTIFICATION = Rule(
    "first identification theorem",
    "dy = J dx means that the Jacobian is J",
    "Magnus & Neudecker, chapter 5",
)
VEC_IDENTIFICATION = Rule(
    "first identification theorem",
    "d vec(Y) = J d vec(X) means that the Jacobian is J",
    "Magnus & Neudecker, chapter 5",
)
VEC = Rule(
    "vec of both sides",
    "vec(A*X*B) = kron(B', A)*vec(X), vec(U .* X) = diag(vec(U))*vec(X)",
    COOKBOOK + "520",
)
DIRECT = Rule("no chain", "one operator only: its local derivative is the answer")
CONSTANT = Rule("derivative of a constant", "dc/dx = 0", PAPER + "2")

_SUM = Rule("sum rule", "d(u + v) = du + dv", PAPER + "2")
_SCALAR = {
    "add": _SUM,
    "negate": Rule("multiplication by a constant", "d(c*u)/du = c", PAPER + "2"),
    "multiply": Rule("product rule", "d(u*v) = v*du + u*dv", PAPER + "2"),
    "hadamard": Rule("product rule", "d(u*v) = v*du + u*dv", PAPER + "2"),
    "divide": Rule("quotient rule", "d(u/v) = du/v - u*dv/v^2", _CALCULUS),
    "power": Rule("power rule", "d(u^n)/du = n*u^(n - 1)", PAPER + "2"),
}
_MULTIPLE = Rule("multiplication by a constant", "d(c*u)/du = c", PAPER + "2")
_SQUARED_NORM = Rule("squared norm", "d norm2(u)^2 = 2*u'*du", COOKBOOK + "131")
_SQUARED_FROBENIUS = Rule("squared norm", "d normF(U)^2 = 2*tr(U'*dU)", COOKBOOK + "132")
_ELEMENTWISE = Rule(
    "element-wise binary operator",
    "the Jacobian is diagonal: the i-th entry depends on the i-th entries only",
    PAPER + "4.2",
)
_EXPANSION = Rule(
    "scalar expansion", "the scalar acts on every entry: its Jacobian is a vector", PAPER + "4.3"
)
_FUNCTION = Rule("element-wise function", "∂f(u)/∂u = diag(f'(u))", PAPER + "4.5.3")
_DOT = Rule("dot product", "∂(u·v)/∂u = v'", PAPER + "5")
_PRODUCT = Rule("product of matrices", "d(U*V) = dU*V + U*dV", COOKBOOK + "37")
_LINEAR = Rule("linear function", "the differential of L(u) is L(du)", DIFFERENTIALS)

_REARRANGEMENTS = {
    "index_sum": Rule("sum over an index", "the derivative of a sum is the sum of derivatives"),
    "tensor": Rule("entry by entry", "every entry is differentiated by itself"),
    "subscript": Rule("an entry or a part", "what is picked changes as it does in the whole"),
    "stack": Rule("stacking", "every part changes by itself", PAPER + "4.1"),
}
_MATRIX = {
    "add": Rule("sum of matrices", "d(U + V) = dU + dV", COOKBOOK + "35"),
    "negate": Rule("multiple of a matrix", "d(c*U) = c*dU", COOKBOOK + "34"),
    "hadamard": Rule("Hadamard product", "d(U .* V) = dU .* V + U .* dV", COOKBOOK + "38"),
    "divide": Rule("element-wise quotient", "d(U ./ V) = dU ./ V - U .* dV ./ V.^2", _CALCULUS),
    "power": Rule("element-wise power", "d(U .^ n) = n*U .^ (n - 1) .* dU", PAPER + "2"),
    "multiply": _PRODUCT,
    "kron": Rule("Kronecker product", "d kron(U, V) = kron(dU, V) + kron(U, dV)", COOKBOOK + "39"),
    "transpose": Rule("transpose", "d(U') = (dU)'", COOKBOOK + "44"),
    "matrix_power": Rule(
        "power of a matrix", "d(U^n) = sum of U^k*dU*U^(n - 1 - k)", COOKBOOK + "37"
    ),
}
_WEAK = (_SUM, _MULTIPLE, *[_MATRIX[head] for head in ("add", "negate", "transpose")])
"""Rules that go without saying beside others."""


def rule_of(
    operation: Expression, operand: Expression, moving: Collection[Expression] = ()
) -> Rule:
    """Return the rule that differentiates an operation by one of its operands.

    What is in `moving` is no constant either. An operation of several operators is named
    after its outermost one that is no sum, with the others behind it.

    >>> from matcalc.expressions.nodes import make, variable
    >>> u, v = variable("u", ()), variable("v", ())
    >>> rule_of(make("multiply", (u, v)), u).name, rule_of(make("multiply", (u, v)), u, [v]).name
    ('multiplication by a constant', 'product rule')
    """
    nodes = [operation]
    if any(argument.arguments for argument in operation.arguments):
        nodes = postorder([operation], lambda node: node.arguments)
    dependent = {operand}
    free = {operand, *moving}
    chosen: dict[Rule, None] = {}
    for node in nodes:
        if not free.isdisjoint(node.arguments):
            free.add(node)
        found = [a for a in node.arguments if a in dependent]
        if found:
            dependent.add(node)
            constant = [a for a in node.arguments if a not in free]
            chosen[_rule(node, found, constant)] = None
    rules = list(chosen)[::-1]
    if not rules:
        return CONSTANT
    if len(rules) == 1:
        return rules[0]
    if not chosen.keys().isdisjoint((_SQUARED_NORM, _SQUARED_FROBENIUS)):
        rules = [rule for rule in rules if not rule.name.startswith("derivative of norm")]
    strong = [rule for rule in rules if rule not in _WEAK] or rules
    names = list(dict.fromkeys(rule.name for rule in strong))
    sources = list(dict.fromkeys(rule.source for rule in strong))
    if len(names) == 1:
        return strong[0]
    return joined(names, "", sources)


def joined(names: Sequence[str], statement: str, sources: Sequence[str]) -> Rule:
    """Return the rule for what several rules do in turn; of many it bears the first's name."""
    found = "; ".join(filter(None, sources))
    if len(names) <= MOST_NAMES:
        return Rule(", ".join(names), statement, found)
    said = f"{statement}; " if statement else ""
    return Rule(f"{names[0]}, and others", f"{said}in turn: {', '.join(names)}", found)


def _rule(node: Expression, moving: list[Expression], constant: list[Expression]) -> Rule:
    if node.head == "power" and is_norm(node.arguments[0]):
        matrix = len(node.arguments[0].arguments[0].shape) == 2
        return _SQUARED_FROBENIUS if matrix else _SQUARED_NORM
    shapes = [argument.shape for argument in node.arguments]
    if node.head == "call":
        return _call_rule(node)
    if node.head == "abstract":
        name = function_name(node.value)
        return Rule(f"derivative of {name}", f"{name}' by its signature")
    if node.head == "dot" or (node.head == "multiply" and not node.shape and any(shapes)):
        return _DOT
    if node.head in ("compare", "delta"):
        return Rule("comparison", "constant on both sides of its jump: the slope is 0")
    if node.head in _REARRANGEMENTS:
        return _REARRANGEMENTS[node.head]
    if not any(shapes):
        if node.head in ("multiply", "hadamard") and constant:
            return _MULTIPLE
        if node.head == "divide" and node.arguments[1] in constant:
            return _MULTIPLE
        return _SCALAR.get(node.head, _LINEAR)
    if len(node.shape) == 2 and ONE not in node.shape:
        if node.head in ("multiply", "divide") and not all(shapes):
            return _MATRIX["negate"] if () not in [m.shape for m in moving] else _EXPANSION
        return _MATRIX.get(node.head, _LINEAR)
    if node.head in ("transpose", "negate"):
        return _MATRIX["transpose"] if node.head == "transpose" else _MULTIPLE
    if node.head == "multiply" and all(shapes):
        return _PRODUCT
    if any(not argument.shape for argument in moving):
        return _EXPANSION
    if node.head == "multiply":
        return _MULTIPLE
    return _ELEMENTWISE if node.head in _SCALAR else _LINEAR


def _call_rule(node: Expression) -> Rule:
    name = node.value[0]
    arity = len(node.arguments)
    shaped = bool(node.shape)
    row = ROWS[name, arity]
    if row.derivatives:
        numbers = any(argument.head == "number" for argument in node.arguments)
        formulas = row.beside_number if numbers and row.beside_number else row.derivatives
        if arity > 1:
            slopes = ", ".join(
                f"by {p}: {d}" for p, d in zip(row.parameters, formulas, strict=True)
            )
            return Rule(f"derivative of {name}", slopes, row.source)
        slope = to_text(derivative(name, 1, 0))
        if not shaped:
            return Rule(f"derivative of {name}", f"d{name}(x)/dx = {slope}", row.source)
        return Rule(
            f"element-wise function {name}",
            f"diagonal, with {slope} at every entry",
            _FUNCTION.source,
        )
    if row.differential:
        return Rule(row.rule or f"derivative of {name}", row.statement or _stated(row), row.source)
    if row.definition:
        stated = f"{name}({', '.join(row.parameters)}) = {row.definition}"
        return Rule(f"derivative of {name}", stated, PAPER + "4.5")
    if row.rule and (row.takes != "tensor" or len(node.arguments[0].shape) == 1):
        return Rule(row.rule, row.statement, row.source)
    return Rule(f"{name}, a linear function", "the differential of L(u) is L(du)", DIFFERENTIALS)


def _stated(row: Row) -> str:
    """Return a row's differential as an equation: dY of Y = f(X) as d f(U).

    >>> _stated(ROWS["inv", 1])
    'd inv(U) = -inv(U)*dU*inv(U)'
    """
    meaning = {"Y": f"{row.name}(U)", "X": "U", "dX": "dU"}
    formula = re.sub(r"\b(Y|X|dX)\b", lambda match: meaning[match[1]], row.differential)
    return f"d {row.name}(U) = {formula}"
