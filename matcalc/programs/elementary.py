"""Elementary functions as operations: the table's NumPy templates, read; stable forms."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from matcalc.calculus.templates import template
from matcalc.programs import operations as ops
from matcalc.programs.operations import Operation
from matcalc.programs.targets import constant_form


def elementary(name: str, *arguments: Operation) -> Operation:
    """Return a function of the table entry by entry, as its template composes it.

    >>> x = ops.make("input", (), ("x", ""), ())
    >>> elementary("silu", x)
    <multiply None () of 2>
    """
    return _composed(_template(name, len(arguments)), arguments)


@cache
def _template(name: str, arity: int) -> ast.expr:
    text = template(name, arity, "numpy").format(*[f"a{place}" for place in range(arity)])
    return ast.parse(text, mode="eval").body


def _composed(tree: ast.expr, arguments: tuple[Operation, ...]) -> Operation:
    """Return the operations of a template, which is as deep as its row is written."""
    match tree:
        case ast.Name(id=parameter):
            return arguments[int(parameter[1:])]
        case ast.Constant(value=value):
            return ops.number(Fraction(str(value)))
        case ast.Attribute(attr="pi"):
            return ops.make("pi", kind=ops.CONSTANT)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return ops.negate(_composed(inner, arguments))
        case ast.BinOp(left=left, op=operator, right=right):
            pair = (_composed(left, arguments), _composed(right, arguments))
            return _ARITHMETIC[type(operator)](*pair)
        case ast.Compare(left=left, ops=[relation], comparators=[right]):
            pair = (_composed(left, arguments), _composed(right, arguments))
            return ops.compare(_RELATIONS[type(relation)], *pair)
        case ast.Call(func=ast.Attribute(value=ast.Name("special"), attr=name), args=operands):
            name = f"special.{name}"
            return called(name, *[_composed(operand, arguments) for operand in operands])
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=operands):
            return called(name, *[_composed(operand, arguments) for operand in operands])
    raise NotImplementedError(f"a template with {ast.unparse(tree)}")


_ARITHMETIC: dict[type[ast.operator], Callable[[Operation, Operation], Operation]] = {
    ast.Add: ops.add,
    ast.Sub: ops.subtract,
    ast.Mult: ops.multiply,
    ast.Div: ops.divide,
    ast.Pow: ops.power,
}
_RELATIONS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def called(name: str, *arguments: Operation) -> Operation:
    """Return a function by its name in NumPy, or of a helper, entry by entry.

    What Python has no function of numbers for is computed of arrays.
    """
    if name == "where":
        return ops.where(*arguments)
    operands = tuple([ops.floats(argument) for argument in arguments])
    if name == "power":
        return ops.power(*operands)
    if name == "log":
        return _logarithm(*operands)
    if name == "log1p" and _is_exp(operands[0]):
        return _softplus(operands[0].arguments[0])
    if name in ("maximum", "minimum") and operands[0].kind == ops.CONSTANT:
        operands = operands[::-1]
    if all(operand.kind == ops.CONSTANT for operand in operands) and not constant_form(name):
        operands = tuple([_as_array(operand) for operand in operands])
    return ops.entrywise("call", operands, name)


def _as_array(constant: Operation) -> Operation:
    """Return a number as an array of no axes, also where an array repeats it."""
    if constant.head == "broadcast":
        return ops.filled(_as_array(constant.arguments[0]), constant.shape)
    return ops.make("scalar", (constant,))


def _logarithm(x: Operation) -> Operation:
    """Return log(x), in the form that does not overflow or cancel where there is one."""
    inner = _one_plus_exp(x)
    if inner is not None:
        return _softplus(inner)
    if _is_sigmoid(x):
        return ops.negate(_softplus(ops.negate(x.arguments[0])))
    if x.head == "subtract" and x.arguments[0] is ops.ONE and _is_sigmoid(x.arguments[1]):
        return ops.negate(_softplus(x.arguments[1].arguments[0]))
    if x.head == "sum" and _is_exp(x.arguments[0]):
        return ops.make("logsumexp", x.arguments[0].arguments, x.value, x.shape)
    if x.head in ("subscript", "transpose") and x.arguments[0].head == "softmax":
        array, *indices = x.arguments
        return ops.make(x.head, (_logarithm(array), *indices), x.value, x.shape)
    if x.head == "add" and ops.ONE in x.arguments:
        other = x.arguments[1] if x.arguments[0] is ops.ONE else x.arguments[0]
        return ops.entrywise("call", (other,), "log1p")
    if x.head == "softmax":
        return ops.make("log_softmax", x.arguments, x.value, x.shape)
    if x.head == "det":
        return ops.make("logdet", x.arguments)
    return ops.entrywise("call", (x,), "log")


def _softplus(x: Operation) -> Operation:
    return called("logaddexp", ops.ZERO, x)


def logistic(a: Operation, b: Operation) -> Operation | None:
    """Return 1/(1 + exp(-x)) or exp(x)/(1 + exp(x)) as sigmoid(x), None of another a/b."""
    inner = _one_plus_exp(b)
    if inner is None:
        return None
    if _is_exp(a) and a.arguments[0] is inner:
        return called("sigmoid", inner)
    return called("sigmoid", ops.negate(inner)) if ops.every_entry(a) == 1 else None


def _one_plus_exp(node: Operation) -> Operation | None:
    if node.head == "add":
        for one, other in (node.arguments, node.arguments[::-1]):
            if one is ops.ONE and _is_exp(other):
                return other.arguments[0]
    return None


def _is_sigmoid(x: Operation) -> bool:
    return x.head == "call" and x.value == "sigmoid"


def _is_exp(x: Operation) -> bool:
    return x.head == "call" and x.value == "exp"
