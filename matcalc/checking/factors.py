"""Claims that are a multiple of the derivative."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from matcalc.checking.cases import Case, Slip
from matcalc.checking.comparison import Comparison
from matcalc.checking.evidence import as_fraction, common_ratio
from matcalc.checking.points import size_names
from matcalc.checking.precise import ROUGH, digits, precision
from matcalc.checking.reals import entries_at
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.traversal import postorder
from matcalc.notation.text import to_text

FEW = 3
"""Points that tell most factors to be none."""


def multiples(case: Case) -> Iterator[Slip]:
    """The claim is the derivative times or divided by a whole number."""
    overall = as_fraction(_ratio(case))
    if overall is not None and overall != 0:
        if abs(overall.numerator) == 1 or overall.denominator == 1:
            yield Slip("sign" if overall == -1 else "constant factor", factor_text(overall))
        return
    yield from multiple_of_transpose(case)


def odd_multiples(case: Case) -> Iterator[Slip]:
    """The claim is another multiple of the derivative, which a dropped term may leave too."""
    ratio = _ratio(case)
    overall = as_fraction(ratio)
    if overall is not None and overall != 0:
        yield Slip("constant factor", factor_text(overall))
    elif overall is None and ratio is not None:
        hint = f"the constant factor is wrong: the claim is {digits(ratio)} times the derivative"
        yield Slip("constant factor", hint)


def _ratio(case: Case) -> Any:
    return common_ratio([(c.claim, c.derivative) for c in case.evidence.comparisons])


def multiple_of_transpose(case: Case) -> Iterator[Slip]:
    """The claim is a multiple of the transpose."""
    pairs = [(_transposed(c.claim, c.derivative), c.derivative) for c in case.evidence.comparisons]
    ratio = as_fraction(common_ratio(pairs))
    if ratio is not None and ratio != 0:
        yield Slip("transposed", f"transposed, and {factor_text(ratio)}")


def _transposed(claim: Any, derivative: Any) -> Any:
    """Return the claim transposed; a row becomes a vector, a vector a row."""
    if claim.size == derivative.size == max(derivative.shape, default=1):
        return claim.reshape(derivative.shape)
    return claim.T


def scalar_multiples(case: Case) -> Iterator[Slip]:
    """The claim is the derivative times a scalar that depends on the variables."""
    pairs = [(c.claim, c.derivative) for c in case.evidence.comparisons]
    single = [common_ratio([pair]) for pair in pairs]
    if any(ratio is None or ratio == 0 for ratio in single) or not single:
        return
    several = case.evidence.comparisons
    for factor in itertools.islice(_scalars(case), case.tries):
        first = [_attempt(factor, c) for c in several[:FEW]]
        powers = [p for p in (1, -1, 2, -2) if _constant_ratio(single[:FEW], first, p) is not None]
        values = [*first, *[_attempt(factor, c) for c in several[FEW:]]] if powers else first
        for power in powers:
            constant = _constant_ratio(single, values, power)
            if constant is None:
                continue
            text = to_text(factor) + ("^2" if abs(power) == 2 else "")
            what = "has the factor" if power > 0 else "lacks the factor"
            hint = f"the claim {what} {text}" + (" too much" if power > 0 else "")
            if constant != 1:
                hint += f", and {factor_text(constant)}"
            formula = case.question.formula
            if power == 1 and formula.head == "divide" and formula.arguments[1] is factor:
                hint += "; quotient rule: the denominator is not squared"
            name = "constant factor" if factor.head == "size" else "factor"
            yield Slip(name, hint)
            return


def factor_text(ratio: Fraction) -> str:
    """Say by which factor a claim is wrong."""
    if ratio == -1:
        return "sign error: the claim is the negative of the derivative"
    if ratio < 0:
        return f"sign error, and {factor_text(-ratio)}"
    if ratio.numerator == 1 and ratio != 1:
        return f"the constant factor {ratio.denominator} is missing"
    return f"the constant factor is wrong: the claim is {ratio} times the derivative"


def _scalars(case: Case) -> Iterator[Expression]:
    """Yield scalars that a factor may be: sizes, and those of the formula and the claim."""
    question = case.question
    order = postorder(question.parts(), lambda node: node.arguments)
    names = size_names(order)
    from matcalc.expressions.dimensions import name as dimension
    from matcalc.expressions.nodes import size

    yield from [size(dimension(name)) for name in names]
    claimed = postorder([question.claim], lambda node: node.arguments)
    if not any(node.head == "variable" for node in claimed):
        return
    for node in order:
        if node.head == "variable" and len(node.shape) == 2 and node.shape[0] == node.shape[1]:
            yield make("call", (node,), ("det", None))
    for node in order:
        if not node.shape and node.head not in ("number", "size", "index", "pi"):
            yield node


def _attempt(factor: Expression, comparison: Comparison) -> Any:
    try:
        return entries_at(factor, comparison.point, ROUGH)[()]
    except (MatcalcError, TooLarge, KeyError):
        return None


def _constant_ratio(ratios: list[Any], values: list[Any], power: int) -> Fraction | None:
    with precision(ROUGH):
        found = None
        for ratio, value in zip(ratios, values, strict=True):
            if value is None or value == 0:
                return None
            quotient = as_fraction(ratio / value**power)
            if quotient is None or quotient == 0 or found not in (None, quotient):
                return None
            found = quotient
        return found
