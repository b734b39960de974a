"""Formulas and their derivatives as source code and as functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matcalc.code.contractions import reshaped, tensor_program
from matcalc.code.emission import Function, Result, Source, compiled, results, target_of
from matcalc.code.emission import emit as emit_function
from matcalc.derivative import Derivative, Formula
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import is_row
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text

LONGEST_SUMMARY = 60

Answers = Formula | Derivative | Sequence[Formula | Derivative]


def emit(answers: Answers, target: str = "numpy", *, value_and: bool = False) -> str:
    """Return the source of a function that computes one answer, or several together.

    Several return a tuple and share their work; `value_and` puts the formula's value first.
    Raises MatcalcError E503 where the formula cannot be written as array operations.

    >>> from matcalc import diff
    >>> print(emit(diff("w·x + b", "w")).partition("return w")[0].splitlines()[-1].strip())
    return x[None, :]
    """
    return program(answers, target, value_and=value_and).text


def compile(  # noqa: A001
    answers: Answers, target: str = "numpy", *, value_and: bool = False
) -> Callable[..., Any]:
    """Return the function whose source `emit` writes; it takes the variables by keyword.

    >>> from matcalc import diff
    >>> by = diff("x'*A*x", ["x", "A"], layout="mixed")
    >>> value, by_x, by_a = compile(list(by.values()), value_and=True)(x=[1, 2], A=[[1, 0], [3, 1]])
    >>> by_x
    array([8., 7.])
    """
    return compiled(program(answers, target, value_and=value_and))


def program(answers: Answers, target: str, *, value_and: bool = False) -> Source:
    """Return the source with the names of what it defines."""
    chosen = target_of(target)
    several = [answers] if isinstance(answers, Formula | Derivative) else list(answers)
    if not several:
        raise MatcalcError("E701", "there is no formula to write code for")
    roots: list[Expression] = [answer.expression for answer in several]
    if value_and:
        roots.insert(0, _formula(several[0]).expression)
    moving = [answer.variable for answer in several if isinstance(answer, Derivative)]
    formulas = [_formula(answer).expression for answer in several]
    variables = _variables([*formulas, *roots, *moving])
    by_entries = [is_indexed(answer) for answer in several]
    direct = iter(results([r for r, indexed in zip(roots[value_and:], by_entries, strict=True)
                           if not indexed] + roots[:value_and]))
    found = [
        indexed_result(answer, variables) if indexed else next(direct)
        for answer, indexed in zip(several, by_entries, strict=True)
    ]
    if value_and:
        found.insert(0, next(direct))
    name = _name(several)
    if value_and:
        name = f"value_and_{name}"
    return emit_function(
        Function(name, _summary(several, value_and), tuple(variables), tuple(found)), chosen
    )


def _formula(answer: Formula | Derivative) -> Formula:
    return answer if isinstance(answer, Formula) else answer.formula


def _variables(roots: Sequence[Expression]) -> list[Expression]:
    """Return the variables in the order in which the formulas name them."""
    nodes = postorder(roots, lambda node: node.arguments)
    named = [node for node in nodes if node.head == "variable"]
    return list({node.value.name: node for node in reversed(named)}.values())[::-1]


def is_indexed(answer: Formula | Derivative) -> bool:
    """Tell whether an answer is computed from the tensor, not from its notation."""
    if isinstance(answer, Formula) or answer.tensor is None or answer.flattened:
        return False
    return answer.notation == "index" or len(answer.expression.shape) > 2


def indexed_result(answer: Any, variables: Sequence[Expression]) -> Result:
    """Return the answer as computed from the engine's tensor."""
    shape = answer.expression.shape
    array = tensor_program(answer.tensor, {v.value.name: v for v in variables})
    return Result(reshaped(array, shape[1:] if is_row(shape) else shape), shape)


def _name(answers: Sequence[Formula | Derivative]) -> str:
    """Return a name for the function, after what it computes."""
    if len(answers) > 1:
        return "derivatives"
    (answer,) = answers
    if isinstance(answer, Formula):
        return "value"
    if answer.operation != "diff":
        return answer.operation
    of_scalar = not answer.formula.expression.shape
    if answer.order == 1:
        return "gradient" if of_scalar else "jacobian"
    return "hessian" if of_scalar and answer.order == 2 else "derivative"


def _summary(answers: Sequence[Formula | Derivative], value_and: bool) -> str:
    first = answers[0]
    text = to_text(_formula(first).expression)
    if len(text) > LONGEST_SUMMARY or "\\" in text:
        text = "the formula"
    if isinstance(first, Formula):
        return f"Return {text}."
    begin = "the value and " if value_and else ""
    names = ", ".join([answer.wrt for answer in answers if isinstance(answer, Derivative)])
    if first.operation != "diff":
        applied = f"applied to {first.seed}"
        return f"Return {begin}the {first.operation} by {names} of {text}, {applied}."
    order = {1: "derivative", 2: "second derivative"}.get(first.order, f"{first.order}th derivative")
    return f"Return {begin}the {order} by {names} of {text}, in {first.layout} layout."
