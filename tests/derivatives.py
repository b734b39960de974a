"""From text to derivatives and back: what the engine's tests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from matcalc.calculus.accumulation import backward, forward
from matcalc.calculus.layouts import Layout, arranged
from matcalc.calculus.lowering import lower
from matcalc.calculus.tensors import Tensor
from matcalc.code.evaluation import evaluate
from matcalc.expressions.nodes import Expression
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.text import to_text
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer


class Problem(NamedTuple):
    """A formula, the variable to derive by, and everything declared."""

    formula: Expression
    wrt: Expression
    variables: Mapping[str, Expression]
    where: str
    text: str = ""


def read(text: str, where: str) -> Expression:
    """Return the formula as an expression."""
    return infer(parse_formula(text), text, parse_declarations(where)).expression


def problem(text: str, wrt: str, where: str = "") -> Problem:
    """Read a formula; what was assumed about its names joins the declarations."""
    inferred = infer(parse_formula(text), text, parse_declarations(where))
    declared = "; ".join([part for part in (where, *inferred.assumptions) if part])
    variables = inferred.variables
    return Problem(inferred.expression, variables[wrt], variables, declared, text)


def jacobian(given: Problem, order: int = 1, mode: str = "backward") -> Tensor:
    """Return the derivative as a tensor with axes (result..., variable..., ...)."""
    variable = lower(given.wrt).tensor
    tensor = lower(given.formula).tensor
    for _ in range(order):
        if mode == "backward":
            (tensor,) = backward(tensor, [variable])
        else:
            tensor = forward(tensor, [variable])
    return tensor


def answer(given: Problem, layout: Layout = "numerator", order: int = 1) -> Expression:
    """Return the derivative as the formula that is printed."""
    return laid_out(given, jacobian(given, order), layout, order)


def laid_out(given: Problem, tensor: Tensor, layout: Layout, order: int) -> Expression:
    """Return a Jacobian as a formula in a layout."""
    turned, shape = arranged(tensor, given.formula.shape, given.wrt.shape, order, layout)
    notation = Notation(Style("·" in given.text, "^-1" in given.text), frozenset(given.variables))
    return in_shape(notation, turned, shape)


def printed_value(
    formula: Expression, where: str, values: Mapping[str, Any], sizes: Mapping[str, int] = {}
) -> Any:
    """Return the value of the printed formula, read back."""
    return evaluate(read(to_text(formula), where), values, sizes)
