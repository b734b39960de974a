"""The manner of Magnus & Neudecker: the differential of the result in that of the variable."""

from __future__ import annotations

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.derivation import rules
from matcalc.derivation.settings import Setting, scaled
from matcalc.derivation.steps import Quantity, Step
from matcalc.expressions.nodes import Expression, substitute
from matcalc.laws.rule import Rule

Quantities = dict[Expression, Quantity]


def differential_steps(
    setting: Setting, quantities: Quantities, seed: Expression | None = None
) -> tuple[list[Step], Expression, Expression]:
    """Return the steps, the result's differential in intermediates, and the variable's.

    The variable moves along `seed`, if there is one.
    """
    wrt = setting.wrt
    change = seed
    if change is None:
        change = setting.symbol(_name(wrt), wrt.shape)
        quantities[change] = Quantity("tangent", wrt)
    given = tensor_of(change)
    if setting.direction is not None:
        given = scaled(setting.direction, given)
    tangents: dict[Expression, Tensor] = {wrt: given}
    formulas: dict[Expression, Expression] = {}
    steps: list[Step] = []
    for u in setting.moving:
        formula = setting.formula(setting.pushed(u, tangents), u.symbol.shape)
        formula = setting.named(formula, u)
        symbol = setting.symbol(_name(u.symbol), u.symbol.shape)
        quantities[symbol] = Quantity("tangent", u.symbol)
        found = [setting.rule(u, operand) for operand in setting.operands[u.symbol]]
        steps.append(Step("partials", _joined(found), symbol, formula))
        formulas[symbol] = substitute(formula, formulas)
        tangents[u.symbol] = tensor_of(symbol)
    return steps, formulas[symbol], change


def _name(symbol: Expression) -> str:
    return f"d{symbol.value.name}"


def _joined(found: list[Rule]) -> Rule:
    distinct = list(dict.fromkeys(found))
    if len(distinct) == 1:
        return distinct[0]
    names = list(dict.fromkeys(rule.name for rule in distinct))
    sources = list(dict.fromkeys(rule.source for rule in distinct))
    return rules.joined(names, rules.DIFFERENTIAL.statement, sources)
