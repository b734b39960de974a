"""From text to derivatives and back: what the engine's tests share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import matcalc
from matcalc.asking.targets import loosened
from matcalc.calculus.accumulation import backward, forward
from matcalc.calculus.layouts import Layout, arranged
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.expressions.nodes import Expression, substitute
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.text import to_text
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer


class Problem(NamedTuple):
    """A formula, the variable to derive by, and everything declared."""

    text: str
    wrt: str
    formula: Expression
    variable: Expression
    where: str

    def answer(self, layout: Layout = "numerator", order: int = 1) -> Expression:
        """Return the derivative as the formula that is printed."""
        return matcalc.diff(self.text, self.wrt, self.where, layout, order).expression

    def jacobian(self, order: int = 1, mode: str = "backward") -> Tensor:
        """Return the derivative as a tensor with axes (result..., variable..., ...)."""
        moving = loosened(self.variable)
        variable = tensor_of(moving)
        tensor = tensor_of(substitute(self.formula, {self.variable: moving}))
        for _ in range(order):
            if mode == "backward":
                (tensor,) = backward(tensor, [variable])
            else:
                tensor = forward(tensor, [variable])
        return tensor

    def formula_of(
        self, jacobian: Tensor, layout: Layout = "numerator", order: int = 1
    ) -> Expression:
        """Return a Jacobian as a formula in a layout."""
        shape, variable = self.formula.shape, self.variable.shape
        tensor, wanted = arranged(jacobian, shape, variable, order, layout)
        taken = frozenset(re.findall(r"\w+", self.where))
        return in_shape(Notation(Style(), taken, {self.wrt: variable}), tensor, wanted)


def read(text: str, where: str) -> Expression:
    """Return the formula as an expression."""
    declared = parse_declarations(where)
    return infer(parse_formula(text, declared), text, declared).expression


def problem(text: str, wrt: str, where: str = "") -> Problem:
    """Read a formula; what was assumed about its names joins the declarations."""
    given = parse_declarations(where)
    inferred = infer(parse_formula(text, given), text, given)
    declared = "; ".join([part for part in (where, *inferred.assumptions) if part])
    return Problem(text, wrt, inferred.expression, inferred.variables[wrt], declared)


def printed_value(
    formula: Expression, where: str, values: Mapping[str, Any], sizes: Mapping[str, int] = {}
) -> Any:
    """Return the value of the printed formula, read back."""
    return evaluate(read(to_text(formula), where), values, sizes)
