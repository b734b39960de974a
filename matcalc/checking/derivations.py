"""Claims that a derivation with one slip gives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from matcalc.calculus.layouts import arrangement
from matcalc.checking.cases import Case, Slip
from matcalc.checking.comparison import Comparison
from matcalc.checking.evidence import (
    arranged_value,
    as_fraction,
    common_ratio,
    derivative_of,
    is_plain,
    same,
)
from matcalc.checking.mending import lacking
from matcalc.checking.missteps import (
    Misstep,
    chains,
    inner_missteps,
    missteps,
    named_missteps,
)
from matcalc.checking.precise import ROUGH, boxed, precision
from matcalc.checking.reals import entries_at
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text

AS_ONE_DERIVATIVE = 8
"""How many evaluations take as long as one derivative."""


def inner_slips(case: Case) -> Iterator[Slip]:
    """The derivative of a function's operand is missing, or the minus sign of it."""
    question = case.question
    if not is_plain(question) or question.claim.shape != question.answer.shape:
        return
    yield from _first_explaining(case, inner_missteps(question.formula, question.variable))


def slipped_derivations(case: Case) -> Iterator[Slip]:
    """A derivation with one slip gives the claim."""
    question = case.question
    if not is_plain(question) or question.claim.shape != question.answer.shape:
        return
    yield from _first_explaining(case, missteps(question.formula, question.variable))


def intermediates(case: Case) -> Iterator[Slip]:
    """An intermediate that a program names was treated as a constant."""
    question = case.question
    if not is_plain(question) or question.claim.shape != question.answer.shape:
        return
    found = named_missteps(question.formula, question.variable, case.names)
    yield from _first_explaining(case, found)


def _first_explaining(case: Case, several: Iterator[Misstep]) -> Iterator[Slip]:
    for misstep in itertools.islice(several, case.tries // AS_ONE_DERIVATIVE):
        slip = _explains(case, misstep)
        if slip is not None:
            yield slip
            return


def _explains(case: Case, misstep: Misstep) -> Slip | None:
    question = case.question
    try:
        tensor = derivative_of(question, misstep.formula, question.variable)
    except MatcalcError:
        return None
    missing = []
    idle = misstep.part is not None and not _is_constant(question.claim)
    for comparison in case.evidence.comparisons:
        leaves = _leaves(misstep, comparison)
        if leaves is None:
            return None
        try:
            value = arranged_value(question, tensor, comparison.point, leaves)
        except (MatcalcError, TooLarge, ValueError):
            return None
        if misstep.part is None:
            if not same(value, comparison.claim):
                return None
            continue
        if idle and not any(value.flat):
            return None  # all was treated as a constant, by someone who derived something
        with precision(ROUGH):
            pair = (
                boxed(comparison.claim - comparison.derivative),
                boxed(comparison.derivative - value),
            )
        missing.append(pair)
        ratio = common_ratio([pair])
        if ratio is None or ratio == 0:
            return None
    if misstep.part is None:
        return Slip(misstep.slip, misstep.hint)
    ratio = as_fraction(common_ratio(missing))
    return None if ratio is None else _of_term(case, misstep, ratio)


def _is_constant(claim: Expression) -> bool:
    return not any(n.head == "variable" for n in postorder([claim], lambda node: node.arguments))


def _values(constants: Mapping[str, Expression], comparison: Comparison) -> dict[str, Any]:
    return {name: entries_at(node, comparison.point, ROUGH) for name, node in constants.items()}


def _leaves(misstep: Misstep, comparison: Comparison) -> dict[str, Any] | None:
    try:
        return _values(misstep.constants, comparison)
    except (MatcalcError, TooLarge, KeyError):
        return None


def _of_term(case: Case, misstep: Misstep, ratio: Fraction) -> Slip | None:
    """Say what is wrong with the term that a part contributes: claim = D + ratio*term."""
    assert misstep.part is not None
    text = to_text(misstep.part)
    text = text if len(text) <= 50 else f"{text[:24]} ... {text[-20:]}"
    where = f"the term from deriving {text}"
    if ratio == -1:
        missing = lacking(case.question)
        missing = f", {missing}" if missing else ""
        if misstep.slip == "intermediate":
            return Slip("intermediate", misstep.hint)
        if misstep.slip == "constant":
            hint = f"{text} was treated as a constant: its term of the derivative is missing"
            return Slip("term", hint + missing)
        path = f"the path from {case.question.variable.value.name} through {text}"
        if misstep.part is case.question.variable:
            path = f"the direct path from {text}"
        forgotten = f"{path} was forgotten in the total derivative"
        return Slip("term", f"{misstep.hint}: {where} is missing{missing}; {forgotten}")
    if ratio == -2:
        rule = "" if misstep.slip in ("constant", "intermediate") else f"{misstep.hint}: "
        return Slip("sign", f"{rule}sign error in {where}")
    if ratio in (1, -Fraction(1, 2), 2, -Fraction(2, 3), -Fraction(3, 2), 3):
        factor = ratio + 1
        return Slip("constant factor", f"{where} has the wrong factor: {factor} times its value")
    return None


def broken_chains(case: Case) -> Iterator[Slip]:
    """The chain rule was left off: the claim is the derivative of, or by, an intermediate."""
    question = case.question
    if not is_plain(question):
        return
    for chain in chains(question.formula, question.variable):
        if question.entry and (chain.formula.shape or chain.moving is not question.variable):
            continue
        moving = () if question.entry else chain.moving.shape
        shape = arrangement(chain.formula.shape, moving, 1, question.layout).shape
        if shape != question.claim.shape:
            continue
        tensor = derivative_of(question, chain.formula, chain.moving)
        if case.evidence.agrees(
            lambda c, tensor=tensor, chain=chain: arranged_value(  # type: ignore[misc]
                question, tensor, c.point, _values(chain.constants, c), question.claim.shape
            )
        ):
            yield Slip(chain.slip, chain.hint)


def products_of_derivatives(case: Case) -> Iterator[Slip]:
    """The derivative of a product was taken for the product of the derivatives, or u/v for u'/v'.

    This is looked for in formulas that are a product or quotient, entry by entry.
    """
    question = case.question
    formula = question.formula
    entrywise = formula.head in ("multiply", "hadamard", "divide") and all(
        part.shape == formula.shape for part in formula.arguments
    )
    if not entrywise or len(formula.shape) > 1 or question.order > 1 or question.entry:
        return
    left, right = [derivative_of(question, u, question.variable) for u in formula.arguments]

    def together(comparison: Comparison) -> Any:
        u = arranged_value(question, left, comparison.point)
        v = arranged_value(question, right, comparison.point)
        return boxed(u / v if formula.head == "divide" else u * v)

    if question.claim.shape == question.answer.shape and case.evidence.agrees(together):
        rule = "quotient" if formula.head == "divide" else "product"
        hint = f"{rule} rule: the derivative of a {rule} is not the {rule} of the derivatives"
        yield Slip("product rule", hint)


def other_variables(case: Case) -> Iterator[Slip]:
    """The claim is the derivative by another variable."""
    question = case.question
    if question.order > 1 or question.entry:
        return
    for name, node in question.variables.items():
        if node is question.variable or node.shape != question.variable.shape:
            continue
        tensor = derivative_of(question, question.formula, node)
        if case.evidence.agrees(
            lambda c, tensor=tensor: arranged_value(question, tensor, c.point)  # type: ignore[misc]
        ):
            wrong = f"differentiated by the wrong variable: this is the derivative by {name}"
            yield Slip("variable", wrong)
