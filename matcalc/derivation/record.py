"""A derivation as a JSON object, with every step as text and as LaTeX."""

from __future__ import annotations

from typing import Any

from matcalc.derivation.costs import Costs
from matcalc.derivation.latex import member_latex, symbol_latex, symbols_of
from matcalc.derivation.steps import Derivation, Member, member_text
from matcalc.expressions.nodes import Expression
from matcalc.expressions.splitting import ASSUMED_SIZE
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text
from matcalc.records import fields_of


def derivation_record(derivation: Derivation) -> dict[str, Any]:
    """Return a derivation, and those of lower orders that it rests on, as a JSON object.

    >>> import matcalc
    >>> found = derivation_record(matcalc.diff("w·x", "w").derivation())
    >>> found["answer"]["text"], found["steps"][1]["rule"]["name"], found["chain"]["paths"]
    ("x'", 'dot product', [['w', 'y']])
    """
    chain = [derivation]
    while chain[0].before is not None:
        chain.insert(0, chain[0].before)
    *earlier, last = map(_record, chain)
    return {**last, "earlier": earlier}


def _record(derivation: Derivation) -> dict[str, Any]:
    symbols = symbols_of(derivation)

    def shown(member: Member) -> dict[str, Any]:
        both = {"text": member_text(member), "latex": member_latex(member, symbols)}
        if isinstance(member, Expression):
            return {**both, "shape": list(map(str, member.shape))}
        return both

    chain = derivation.chain
    return {
        "manner": derivation.manner,
        "detail": derivation.detail,
        "layout": derivation.layout,
        "formula": shown(derivation.formula),
        "variable": shown(derivation.variable),
        "applied_to": shown(derivation.seed) if derivation.seed is not None else None,
        "result": shown(derivation.result),
        "assumed": list(derivation.assumptions),
        "intermediates": [
            {"symbol": shown(symbol), "operation": shown(operation)}
            for symbol, operation in derivation.definitions.items()
        ],
        "symbols": [
            {
                "symbol": shown(symbol),
                "kind": quantity.kind,
                "of": to_text(quantity.of),
                "by": to_text(quantity.by) if quantity.by is not None else None,
            }
            for symbol, quantity in derivation.quantities.items()
            if quantity.kind != "intermediate"
        ],
        "chain": {
            "rule": fields_of(chain.rule),
            "reason": chain.reason,
            "number_of_paths": chain.ways,
            "paths": [[to_text(symbol) for symbol in path] for path in chain.paths],
            "paths_latex": [[symbol_latex(s, symbols) for s in path] for path in chain.paths],
        },
        "steps": [
            {
                "part": step.part,
                "before": shown(step.before),
                "after": shown(step.after),
                "rule": fields_of(step.rule),
                "remark": step.remark,
            }
            for step in derivation.steps
        ],
        "answer": _answer(derivation),
        "cases": [
            {"condition": shown(condition), "value": shown(value)}
            for condition, value in derivation.cases
        ],
        "notes": list(derivation.notes),
    }


def _answer(derivation: Derivation) -> dict[str, Any]:
    """Return the answer as it is printed without its derivation."""
    answer = derivation.steps[-1].after
    assert isinstance(answer, Expression)
    return {
        "text": to_text(answer, names=derivation.naming),
        "latex": to_latex(answer, names=derivation.naming),
        "shape": list(map(str, answer.shape)),
    }


def costs_record(costs: Costs) -> dict[str, Any]:
    """Return what it takes to multiply the Jacobians as a JSON object."""
    return {
        "assumed": dict.fromkeys(costs.assumed, ASSUMED_SIZE),
        **{
            plan.name: {"multiplications": str(plan.multiplications), "order": plan.order}
            for plan in costs.plans
        },
    }
