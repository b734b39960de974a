"""Where a derivative does not exist, and where its formula does not hold.

The kinks and domains are those of the table of functions, with a formula's own arguments
put in; divisions, powers and comparisons, which have no row, are listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from matcalc.calculus.lowering import lower
from matcalc.calculus.templates import definition, derivative, put_in
from matcalc.calculus.tensors import constant_value
from matcalc.expressions.dimensions import name as dimension_named
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import free_indices
from matcalc.expressions.nodes import Expression, make, number
from matcalc.expressions.shapes import Shape
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text
from matcalc.records import Record
from matcalc.signs import range_of
from matcalc.syntax.reading import read_formula

MOST_FACTS = 8
"""More are counted, but not told: a deep network has one kink a layer."""

LONGEST_TEXT = 120

_ALWAYS_ON_KINK = "is the same everywhere: {} of it is constant, with derivative 0"

LARGEST_COMPARED = 64
"""Sides of a kink with more nodes are not compared term by term."""

ZERO, STRUCTURE, KINK, DOMAIN = "W201", "W301", "W401", "W402"

_ZERO = number(0)


class Fact(Record):
    """What to know of an answer: a code of the family W (or C, of curvature), and a sentence."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class _Condition(NamedTuple):
    """A condition at which (W401), or only under which (W402), there is an answer."""

    code: str
    condition: Expression
    extent: str = ""
    remark: str = ""
    polynomial: bool = False
    sentence: str = ""


def facts(
    formula: Expression,
    variables: Sequence[Expression],
    order: int = 1,
    answers: Sequence[Expression] = (),
    *,
    ascii: bool = False,  # noqa: A002
    named: Mapping[Expression, str] = MappingProxyType({}),
) -> tuple[Fact, ...]:
    """Return the kinks and domains of the parts of a formula that depend on variables.

    With the printed `answers`, what only their form excludes is told as such: det(X)*inv(X)'
    needs an invertible X, the derivative of det does not. Parts that are `named` are told by
    their names.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import variable
    >>> x = variable("x", (name("n"),))
    >>> for fact in facts(make("call", (x,), ("abs", None)), [x]):
    ...     print(fact)
    W401: not differentiable where x == 0 (entry by entry); there the slope of abs is taken as 0
    """
    order_of_nodes = postorder([formula], _arguments)
    dependent = _dependent(order_of_nodes, variables)
    rough = _rough(order_of_nodes, order)
    found: dict[_Condition, None] = {}
    for node in order_of_nodes:
        if node in dependent and node.arguments and node in rough:
            found.update(dict.fromkeys(_conditions(node, order)))
    divides = None
    if answers and any(condition.polynomial for condition in found):
        divides = any(map(_divides, postorder(answers, _arguments)))
    found = dict.fromkeys([c for c in map(partial(_of_form, divides), found) if c is not None])
    if order == 1 and answers and _is_smooth(order_of_nodes, postorder(answers, _arguments)):
        found = {c: None for c in found if c.code != KINK or c.sentence}
    strict = {c.condition.arguments for c in found if c.condition.value == ">"}
    for weak in [c for c in found if c.condition.value == "!=" and c.condition.arguments in strict]:
        del found[weak]
    told = [_told(condition, ascii, named) for condition in islice(found, MOST_FACTS)]
    if len(found) > MOST_FACTS:
        told.append(Fact(KINK, f"and {len(found) - MOST_FACTS} more such conditions"))
    return tuple(dict.fromkeys(told))


def zero_facts(formula: Expression, variables: Sequence[Expression]) -> tuple[Fact, ...]:
    """Return the variables that the formula does not contain.

    >>> from matcalc.expressions.nodes import variable
    >>> x, b = variable("x", ()), variable("b", ())
    >>> [fact.message for fact in zero_facts(x, [x, b])]
    ['the formula does not contain b: the derivative is zero']
    """
    occurring = set(postorder([formula], _arguments))
    absent = [v.value.name for v in variables if v not in occurring]
    message = "the formula does not contain {}: the derivative is zero"
    return tuple([Fact(ZERO, message.format(name)) for name in absent])


def structure_facts(
    variables: Sequence[Expression], operation: str, convention: str
) -> tuple[Fact, ...]:
    """Return by which convention a derivative by structured variables is meant.

    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.expressions.nodes import variable
    >>> S = variable("S", (name("n"), name("n")), "symmetric")
    >>> (fact,) = structure_facts([S], "diff", "projected")
    >>> fact.message
    'the gradient among symmetric matrices S; the Matrix Cookbook counts entries off the \
diagonal twice (--structure=cookbook)'
    """
    if operation == "jvp":  # the tangent says how the variable moves
        return ()
    return tuple(
        [Fact(STRUCTURE, _convention(v, convention)) for v in variables if v.value.structure]
    )


def _convention(variable: Expression, convention: str) -> str:
    name, structure = variable.value
    if convention == "entries":
        message = f"the plain partial derivatives, every entry of {name} by itself"
        return f"{message}; --structure gives the gradient among {structure} matrices"
    if structure == "diagonal":
        message = f"the gradient among diagonal matrices {name}"
        return f"{message}, by every convention that respects the structure"
    if convention == "projected":
        message = f"the gradient among {structure} matrices {name}; the Matrix Cookbook counts"
        return f"{message} entries off the diagonal twice (--structure=cookbook)"
    message = f"the derivative by the free entries of {name}, as the Matrix Cookbook has it"
    return f"{message}; the gradient among {structure} matrices is --structure=projected"


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _dependent(order: list[Expression], variables: Sequence[Expression]) -> set[Expression]:
    dependent = set(variables)
    for node in order:
        if not dependent.isdisjoint(node.arguments):
            dependent.add(node)
    return dependent


# Kinks that a power smooths: norm2(x)^2, max(0, z)^2


def _rough(order: list[Expression], times: int) -> set[Expression]:
    """Return the nodes that are not only the bases of powers which have the derivative."""
    rough = {order[-1]}
    for node in order:
        for place, argument in enumerate(node.arguments):
            if place or node.head != "power" or not _is_smoothed(argument, node, times):
                rough.add(argument)
    return rough


def _is_smoothed(base: Expression, power: Expression, times: int) -> bool:
    exponent = power.arguments[1]
    if exponent.head != "number" or base.head != "call":
        return False
    row = ROWS[base.value[0], len(base.arguments)]
    if not row.vanishes:
        return False
    if row.parity == "even" and exponent.value > 0 and exponent.value % 2 == 0:
        return True
    return bool(exponent.value > times) and (len(base.arguments) == 1 or _ZERO in base.arguments)


# Kinks that are none: where the branches meet with one slope


def _is_smooth(formula: list[Expression], answers: list[Expression]) -> bool:
    """Tell whether a derivative is seen to be continuous wherever the formula is defined.

    A continuous function whose derivative beside its kinks extends to them continuously
    has that derivative there too: min(r, max(r, 0)) is r.
    """
    defined = {part for node in formula for part in _needs(node)}
    return all(map(_is_continuous, formula)) and all(
        _is_continuous(node) and defined.issuperset(_needs(node)) for node in answers
    )


def _is_continuous(node: Expression) -> bool:
    if node.head in ("compare", "abstract", "matrix_power"):
        return False
    if node.head == "power":
        return node.arguments[1].head == "number"
    if node.head != "call":
        return True
    row = ROWS[node.value[0], len(node.arguments)]
    return row.chooses != "condition" and not (row.kink and set(row.derivatives) == {"0"})


def _needs(node: Expression) -> tuple[tuple[str, Expression], ...]:
    """Return what a node is undefined without, as (operation, operand)."""
    if node.head == "divide":
        return () if range_of(node.arguments[1]).is_positive else (("/", node.arguments[1]),)
    if node.head == "power":
        exponent = node.arguments[1]
        whole = exponent.head == "number" and exponent.value.denominator == 1
        return () if whole and exponent.value > 0 else (("^", node),)
    if node.head == "call":
        row = ROWS[node.value[0], len(node.arguments)]
        undefined = row.domain or row.definition == "X .^ (1/2)"
        return ((node.value[0], node),) if undefined and not row.polynomial else ()
    return ()


# Conditions of the answer's form


def _of_form(divides: bool | None, condition: _Condition) -> _Condition | None:
    """Return a condition with a remark if only the answer's form needs it, None if not even that.

    The functions it is about are polynomials, whose derivatives exist everywhere.
    """
    if not condition.polynomial:
        return condition
    if divides is False:
        return None
    remark = "; the derivative exists elsewhere too, this form of it does not"
    return condition._replace(polynomial=False, remark=remark)


def _divides(node: Expression) -> bool:
    if node.head in ("power", "matrix_power"):
        exponent = node.arguments[1]
        return exponent.head != "number" or exponent.value < 0
    return node.head == "divide" or (node.head == "call" and node.value[0] == "inv")


# The conditions of one node


def _conditions(node: Expression, order: int) -> Iterator[_Condition]:
    if node.head == "call":
        yield from _of_call(node, order)
    elif node.head == "divide":
        yield from _domain(make("compare", (node.arguments[1], _ZERO), "!="))
    elif node.head == "power":
        yield from _of_power(node)
    elif node.head == "matrix_power":
        base, exponent = node.arguments
        if exponent.head == "number" and exponent.value < 0:
            determinant = make("call", (base,), ("det", None))
            yield from _domain(make("compare", (determinant, _ZERO), "!="))
    elif node.head == "compare":
        yield from _kink(make("compare", node.arguments, "=="))


def _of_call(node: Expression, order: int) -> Iterator[_Condition]:
    row = ROWS[node.value[0], len(node.arguments)]
    if row.derivatives:
        yield from _of_elementary(row, node, order)
    elif row.differential:
        if row.domain:
            condition = _instance(row.domain, ("X",), node.arguments, row.takes)
            for found in _domain(condition):
                yield found._replace(polynomial=row.polynomial)
        if _is_condition(row.kink):
            yield from _kink(_instance(row.kink, ("X",), node.arguments, row.takes))
        elif row.kink:
            yield _Condition(KINK, node, remark=row.kink)
    elif row.definition:
        if row.kink:
            condition = _instance(row.kink, row.parameters, node.arguments, row.takes)
            if _is_constant(*condition.arguments):
                sentence = _ALWAYS_ON_KINK.format(row.name)
                yield _Condition(KINK, node.arguments[0], sentence=sentence)
                return
            yield from _kink(condition, " (all entries)" if condition.shape else "")
            return
        yield from _of_definition(row, node, order)


def _of_definition(row: Row, node: Expression, order: int) -> Iterator[_Condition]:
    """Yield the conditions of a function's definition, outermost operators only."""
    values = dict(zip(row.parameters, node.arguments, strict=True))
    stack = [definition(row.name, tuple([a.shape for a in node.arguments]))]
    while stack:
        part = stack.pop()
        if part.head == "variable":
            continue
        whole = put_in(part, values)
        found = list(_conditions(whole, order))
        yield from found
        if not found:
            stack.extend(part.arguments)


def _of_elementary(row: Row, node: Expression, order: int) -> Iterator[_Condition]:
    if row.domain:
        yield from _domain(_instance(row.domain, row.parameters, node.arguments))
    if row.kink:
        condition = _instance(row.kink, row.parameters, node.arguments)
        yield from _kink(condition, remark=_slope_told(row, node))
    elif order > 1:
        yield from _kinks_of_derivatives(row, node)


def _kinks_of_derivatives(row: Row, node: Expression) -> Iterator[_Condition]:
    """Yield where a function's derivative has kinks: elu has one derivative at 0, not two."""
    for place in range(len(row.parameters)):
        formula = derivative(row.name, len(row.parameters), place)
        for part in postorder([formula], _arguments):
            if part.head == "compare" and part.arguments[0].head == "variable":
                values = dict(zip(row.parameters, node.arguments, strict=True))
                sides = [put_in(side, values) for side in part.arguments]
                yield from _kink(make("compare", (sides[0], sides[1]), "=="))


def _of_power(node: Expression) -> Iterator[_Condition]:
    base, exponent = node.arguments
    value = _constant(exponent)
    if value is not None:
        if value.denominator == 1:
            if value < 0:
                yield from _domain(make("compare", (base, _ZERO), "!="))
        elif value > 1:
            yield from _domain(make("compare", (base, _ZERO), ">="))
        else:
            remark = "; at equality the slope is infinite" if value > 0 else ""
            yield from _domain(make("compare", (base, _ZERO), ">"), remark)
    elif any(part.head == "variable" for part in postorder([exponent], _arguments)):
        yield from _domain(make("compare", (base, _ZERO), ">"))


def _constant(formula: Expression) -> Fraction | None:
    """Return the number that a formula is, or None."""
    if formula.head == "number":
        return formula.value  # type: ignore[no-any-return]
    if any(node.head in ("variable", "index") for node in postorder([formula], _arguments)):
        return None
    value = lower(formula)
    return None if value.labels else constant_value(value.tensor)


def _kink(condition: Expression, extent: str = "", remark: str = "") -> Iterator[_Condition]:
    condition = _turned(condition)
    left, right = condition.arguments
    if right is _ZERO and range_of(left).is_positive:
        return
    if _is_constant(left, right):
        return
    if left.head == right.head == "number" and left is not right:
        return
    yield _Condition(KINK, condition, extent, remark)


def _is_constant(left: Expression, right: Expression) -> bool:
    """Tell whether two sides differ by a number everywhere: what has no branch has no kink."""
    difference = make("add", (left, make("negate", (right,))))
    if len(list(islice(_walked(difference), LARGEST_COMPARED))) == LARGEST_COMPARED:
        return False
    if free_indices(postorder([difference], _arguments))[difference]:
        return False
    return constant_value(lower(difference).tensor) is not None


def _walked(formula: Expression) -> Iterator[Expression]:
    """Yield the nodes of a formula, shared ones as often as they occur."""
    pending = [formula]
    while pending:
        node = pending.pop()
        yield node
        pending += node.arguments


def _domain(condition: Expression, remark: str = "") -> Iterator[_Condition]:
    left, right = condition.arguments
    if right.head == "number":
        margin = range_of(left).plus(range_of(right).negated())
        if margin.is_positive or (condition.value == ">=" and margin.is_nonnegative):
            return
        if condition.value == "!=" and margin.negated().is_positive:
            return
        if condition.value == "<" and margin.negated().is_positive:
            return
    if condition.value == ">" and right is _ZERO and range_of(left).is_nonnegative:
        condition = make("compare", condition.arguments, "!=")
    if remark and not _is_affine(left):  # a square may touch 0 without crossing it
        remark = ""
    yield _Condition(DOMAIN, condition, remark=remark)


def _is_affine(formula: Expression) -> bool:
    """Tell whether a formula is a number times a variable, or a sum of such, and crosses 0."""
    while formula.head in ("negate", "subscript", "transpose", "add", "multiply", "divide"):
        if formula.head in ("add", "multiply", "divide"):
            moving = [part for part in formula.arguments if _constant(part) is None]
            if len(moving) != 1:
                return False
            formula = moving[0]
        else:
            formula = formula.arguments[0]
    return formula.head == "variable"


def _turned(condition: Expression) -> Expression:
    """Return an equation with a number on the right."""
    left, right = condition.arguments
    if left.head == "number":
        return make("compare", (right, left), condition.value)
    return condition


def _slope_told(row: Row, node: Expression) -> str:
    """Return the remark which slope the table gives a function at its kink."""
    beside_number = any(_constant(argument) is not None for argument in node.arguments)
    if row.beside_number and not beside_number:
        return f"; there the slope of {row.name} is taken as that of its first argument"
    slope = _slope_at_kink(row, beside_number)
    return f"; there the slope of {row.name} is taken as {slope}" if slope else ""


def _slope_at_kink(row: Row, beside_number: bool) -> str:
    """Return the slope that the table gives a function at its kink, if it is one number."""
    values = dict.fromkeys(row.parameters, _ZERO)
    slopes = set()
    for place in range(len(row.parameters)):
        written = derivative(row.name, len(row.parameters), place, beside_number)
        formula = put_in(written, values)
        slope = constant_value(lower(formula).tensor)
        slopes.add(Fraction(0) if formula.head == "call" and formula.value[0] == "sign" else slope)
    return str(slopes.pop()) if len(slopes) == 1 and None not in slopes else ""


# The table's conditions, with arguments put in


def _is_condition(text: str) -> bool:
    return "==" in text or "!=" in text or "<" in text or ">" in text


def _instance(
    text: str, parameters: tuple[str, ...], arguments: tuple[Expression, ...], takes: str = ""
) -> Expression:
    shape: Shape = (dimension_named("n"),) * 2 if takes == "square" else ()
    condition = read_formula(text, dict.fromkeys(parameters, shape))
    return put_in(condition, dict(zip(parameters, arguments, strict=True)))


# Sentences


def _short(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    half = LONGEST_TEXT // 2
    return f"{text[:half]} ... {text[-half:]}"


def _told(fact: _Condition, ascii: bool, named: Mapping[Expression, str]) -> Fact:  # noqa: A002
    if fact.sentence:
        text = _short(to_text(fact.condition, ascii=ascii, named=named))
        return Fact(fact.code, f"{text} {fact.sentence}")
    if fact.condition.head != "compare":
        text = _short(to_text(fact.condition, ascii=ascii, named=named))
        return Fact(fact.code, f"not differentiable where {fact.remark}: {text}")
    left, right = [
        _short(to_text(side, ascii=ascii, named=named)) for side in fact.condition.arguments
    ]
    text = f"{left} {fact.condition.value} {right}"
    if fact.code == DOMAIN and all(side.head == "number" for side in fact.condition.arguments):
        return Fact(DOMAIN, f"the answer holds nowhere: {text} is false")
    extent = fact.extent or (" (entry by entry)" if fact.condition.shape else "")
    running = free_indices(postorder([fact.condition], _arguments))[fact.condition]
    if running:
        quantifier = "some" if fact.code == KINK else "every"
        extent += f" for {quantifier} {', '.join(sorted(running))}"
    begin = "not differentiable where" if fact.code == KINK else "the answer holds where"
    return Fact(fact.code, f"{begin} {text}{extent}{fact.remark}")
