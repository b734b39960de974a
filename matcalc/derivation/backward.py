"""The manner of backpropagation: what each intermediate passes on, from the result inwards.

δ of an intermediate is the derivative of the result by it, in its own shape; where the
result is no scalar, of the result's inner product with an upstream gradient.
"""

from __future__ import annotations

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.derivation import rules
from matcalc.derivation.settings import Setting, scalar_one
from matcalc.derivation.steps import Quantity, Step
from matcalc.expressions.nodes import Expression, make, substitute
from matcalc.laws.rule import Rule

Quantities = dict[Expression, Quantity]


def backward_steps(
    setting: Setting, upstream: Expression | None, quantities: Quantities
) -> tuple[list[Step], Expression]:
    """Return the steps to the cotangent of the variable, and its formula in intermediates.

    `upstream` is the cotangent of a result that is no scalar.
    """
    deltas: dict[Expression, Expression] = {}
    seeds: dict[Expression, Tensor] = {}
    formulas: dict[Expression, Expression] = {}
    result = setting.result
    steps: list[Step] = []
    if upstream is not None:
        deltas[result], seeds[result] = upstream, tensor_of(upstream)
    else:
        seeds[result] = scalar_one()
    arriving: dict[Expression, list[tuple[Expression, Expression, Rule]]] = {}
    for u in reversed(setting.moving):
        if u.symbol is not result:
            steps.append(_total(setting, u.symbol, arriving[u.symbol], deltas, quantities))
            delta = deltas[u.symbol]
            formulas[delta] = _as_formula(steps[-1])
            seeds[u.symbol] = tensor_of(delta)
        for operand, pulled in setting.pulled(u, seeds[u.symbol]).items():
            shape = setting.variable.shape if operand is setting.wrt else operand.shape
            formula = setting.named(setting.formula(pulled, shape), u)
            rule = setting.rule(u, operand)
            arriving.setdefault(operand, []).append((u.symbol, formula, rule))
    steps.append(_total(setting, setting.wrt, arriving[setting.wrt], deltas, quantities))
    formula = _as_formula(steps[-1])
    return steps, _inserted(formula, formulas)


def _as_formula(step: Step) -> Expression:
    assert isinstance(step.after, Expression)
    return step.after


def _total(
    setting: Setting,
    symbol: Expression,
    arriving: list[tuple[Expression, Expression, Rule]],
    deltas: dict[Expression, Expression],
    quantities: Quantities,
) -> Step:
    """Return the step that adds up what arrives at one intermediate."""
    name = (setting.variable if symbol is setting.wrt else symbol).value.name
    shape = setting.variable.shape if symbol is setting.wrt else symbol.shape
    short = name[1:] if name.startswith("u") and name[1:].isdigit() else name
    delta = setting.symbol(f"δ{short}", shape)
    deltas[symbol] = delta
    quantities[delta] = Quantity("cotangent", symbol)
    terms = [formula for _, formula, _ in arriving]
    whole = make("add", tuple(terms)) if len(terms) > 1 else terms[0]
    remark = ""
    rule = arriving[0][2]
    if len(arriving) > 1:
        rule = rules.BACKWARD
        remark = "; ".join(f"through {of.value.name}: {r.name}" for of, _, r in arriving)
    return Step("partials", rule, delta, whole, remark)


def _inserted(formula: Expression, formulas: dict[Expression, Expression]) -> Expression:
    """Put the formulas of all δ in, the innermost last."""
    whole: dict[Expression, Expression] = {}
    for delta, own in formulas.items():
        whole[delta] = substitute(own, whole)
    return substitute(formula, whole)
