"""What probably went wrong in a refuted claim, by name and in a sentence.

A slip is named only if the claim, so mended, is right, or the derivation with the slip gives
the claim, at all points of the evidence; or the claim is right on the points that it names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.calculus.layouts import LAYOUTS, arrangement
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.sums import add
from matcalc.checking.comparison import Comparison, compare, signs_at
from matcalc.checking.conditions import Condition
from matcalc.checking.evidence import (
    Evidence,
    arranged_value,
    as_fraction,
    common_ratio,
    derivative_of,
    same,
)
from matcalc.checking.mutants import Mutant, chains, mutants, named_mutants
from matcalc.checking.precise import ROUGH, Point, boxed, digits, entrywise, precision
from matcalc.checking.questions import Question
from matcalc.checking.reals import entries_at
from matcalc.checking.repairs import Repair, repairs, sign_repairs
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.shapes import describe
from matcalc.expressions.traversal import postorder
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.text import to_text


class Slip(NamedTuple):
    """A stable name, and a sentence."""

    name: str
    hint: str


class Case(NamedTuple):
    """A refuted claim, and what the search for its slip needs."""

    question: Question
    evidence: Evidence
    conditions: list[Condition]
    names: Mapping[str, Expression]
    deadline: float


Search = Callable[[Case], Iterator[Slip]]


def diagnose(case: Case) -> Slip | None:
    """Return the slip that explains a refuted claim, or None."""
    first = case.evidence.first
    if first and all(same(c.derivative, c.claim) for c in first):
        return Slip("approximation", "the claim is off by less than one part in 2^150")
    for search in _SEARCHES:
        if time.monotonic() > case.deadline:
            return None
        try:
            for slip in search(case):
                return slip._replace(hint=slip.hint + _size_remark(case, slip))
        except (MatcalcError, TooLarge):
            continue
    return None


def _size_remark(case: Case, slip: Slip) -> str:
    """Return that the claim is right for vectors and matrices of one entry, where that helps."""
    if slip.name not in ("function", "product", "order of factors"):
        return ""
    return next((f" ({found.hint})" for found in _sizes(case)), "")


# Layouts


def _layouts(case: Case) -> Iterator[Slip]:
    """The claim is right in another layout, or is the transpose."""
    question = case.question
    if question.flat:
        return
    right = [
        layout
        for layout in LAYOUTS
        if layout != question.layout
        and case.evidence.agrees(lambda c, layout=layout: relaid(question, c, layout))  # type: ignore[misc]
    ]
    if right:
        text = f"transposed: right in {' and '.join(right)} layout"
        text += f", not in {question.layout} layout"
        names = _symmetric_names(case)
        if names:
            text += f"; as it stands it is right only if {names} symmetric"
        yield Slip("transposed", text)
    elif case.evidence.agrees(lambda c: c.derivative.T):
        yield Slip("transposed", "transposed: the claim is the transpose of the derivative")


def relaid(question: Question, comparison: Comparison, layout: Any) -> Any:
    """Return the derivative's entries as another layout has them."""
    result, target = question.formula.shape, question.target
    here = arrangement(result, target, question.order, question.layout)
    there = arrangement(result, target, question.order, layout)
    array = comparison.derivative
    kept = [k for k, axis in enumerate(here.axes) if axis[0]]
    array = array.reshape([array.shape[k] for k in kept])
    axes = [here.axes[k] for k in kept]
    order = [axes.index(axis) for axis in there.axes if axis[0]]
    array = array.transpose(order)
    return array.reshape([d.evaluate(comparison.point.sizes) for d in there.shape])


# Shapes


def _shapes(case: Case) -> Iterator[Slip]:
    """The claim has the wrong shape: say what is missing, if that mends it."""
    question = case.question
    given, wanted = question.claim.shape, question.answer.shape
    if given == wanted or question.flat:
        return
    for name, hint, change in _RESHAPED:
        if case.evidence.agrees_changed(change):
            yield Slip(name, hint)
    yield from _turned(case)
    yield from _chains(case)
    yield from _repaired(case)
    text = f"shape: in {question.layout} layout the derivative is {describe(wanted)}"
    yield Slip("shape", text)


def _chains(case: Case) -> Iterator[Slip]:
    """The chain rule was left off: the claim is the derivative of, or by, an intermediate."""
    question = case.question
    if question.order > 1 or question.entry:
        return
    for chain in chains(question.formula, question.variable):
        shape = arrangement(chain.formula.shape, chain.moving.shape, 1, question.layout).shape
        if shape != question.claim.shape:
            continue
        tensor = derivative_of(question, chain.formula, chain.moving)
        if case.evidence.agrees(
            lambda c, tensor=tensor, chain=chain: arranged_value(  # type: ignore[misc]
                question, tensor, c.point, _values(chain.constants, c), question.claim.shape
            )
        ):
            yield Slip(chain.slip, chain.hint)


def _as_diagonal(claim: Any, derivative: Any) -> Any:
    """Return diag(claim), or claim*eye, if the derivative is square."""
    import numpy as np

    if derivative.ndim != 2 or derivative.shape[0] != derivative.shape[1]:
        return None
    result = derivative * 0
    np.fill_diagonal(result, claim.ravel() if claim.size in (1, len(result)) else 0)
    return result


def _spread_out(claim: Any, derivative: Any) -> Any:
    return None if claim.size != 1 else boxed(derivative * 0 + claim.ravel()[0])


def _added_up(axis: int) -> Callable[[Any, Any], Any]:
    def change(claim: Any, derivative: Any) -> Any:
        if claim.ndim <= axis:
            return None
        total = boxed(claim.sum(axis=axis))
        return total.reshape(derivative.shape) if total.size == derivative.size else None

    return change


def _total(claim: Any, derivative: Any) -> Any:
    return boxed(claim.sum()) if not derivative.shape else None


_RESHAPED: tuple[tuple[str, str, Callable[[Any, Any], Any]], ...] = (
    ("diag", "diag is missing: the Jacobian is a diagonal matrix", _as_diagonal),
    ("ones", "ones are missing: every entry of the derivative is the claim", _spread_out),
    ("sum", "the sum is missing: the entries must be added up", _added_up(0)),
    ("sum", "the sum is missing: the entries must be added up", _added_up(1)),
    ("sum", "the sum is missing: the entries must be added up", _total),
)


# Factors


def _ratios(case: Case) -> Iterator[Slip]:
    """The claim is a multiple of the derivative."""
    comparisons = case.evidence.comparisons
    pairs = [(c.claim, c.derivative) for c in comparisons]
    ratio = common_ratio(pairs)
    overall = as_fraction(ratio)
    if overall is None and ratio is not None:
        hint = f"the constant factor is wrong: the claim is {digits(ratio)} times the derivative"
        yield Slip("constant factor", hint)
    if overall is not None and overall != 0:
        yield Slip("sign" if overall == -1 else "constant factor", _factor_text(overall, ""))
        return
    yield from _turned(case)


def _turned(case: Case) -> Iterator[Slip]:
    """The claim is a multiple of the transpose."""
    pairs = [(_transposed(c.claim, c.derivative), c.derivative) for c in case.evidence.comparisons]
    ratio = as_fraction(common_ratio(pairs))
    if ratio is not None and ratio != 0:
        yield Slip("transposed", f"transposed, and {_factor_text(ratio, '')}")


def _transposed(claim: Any, derivative: Any) -> Any:
    """Return the claim transposed; a row becomes a vector, a vector a row."""
    if claim.size == derivative.size == max(derivative.shape, default=1):
        return claim.reshape(derivative.shape)
    return claim.T


def _scalar_factors(case: Case) -> Iterator[Slip]:
    """The claim is the derivative times a scalar that depends on the variables."""
    pairs = [(c.claim, c.derivative) for c in case.evidence.comparisons]
    single = [common_ratio([pair]) for pair in pairs]
    if any(ratio is None or ratio == 0 for ratio in single) or not single:
        return
    for factor in _scalars(case):
        values = [_attempt(factor, c) for c in case.evidence.comparisons]
        for power in (1, -1, 2, -2):
            constant = _constant_ratio(single, values, power)
            if constant is None:
                continue
            text = to_text(factor) + ("^2" if abs(power) == 2 else "")
            what = "has the factor" if power > 0 else "lacks the factor"
            hint = f"the claim {what} {text}" + (" too much" if power > 0 else "")
            if constant != 1:
                hint += f", and {_factor_text(constant, '')}"
            name = "constant factor" if factor.head == "size" else "factor"
            yield Slip(name, hint)
            return


def _factor_text(ratio: Fraction, of: str) -> str:
    if ratio == -1:
        return f"sign error: the claim is the negative of the derivative{of}"
    if ratio < 0:
        return f"sign error, and {_factor_text(-ratio, of)}"
    if ratio.numerator == 1 and ratio != 1:
        return f"the constant factor {ratio.denominator} is missing{of}"
    return f"the constant factor is wrong: the claim is {ratio} times the derivative{of}"


def _scalars(case: Case) -> Iterator[Expression]:
    """Yield scalars that a factor may be: sizes, and those of the formula and the claim."""
    question = case.question
    order = postorder(question.parts(), lambda node: node.arguments)
    names = sorted({n for node in order for d in node.shape for n in d.names})
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


# Right only on some points


def _square_names(case: Case) -> list[str]:
    return [
        name
        for name, node in case.question.variables.items()
        if len(node.shape) == 2 and node.shape[0] == node.shape[1] != ONE
        and not node.value.structure
    ]  # fmt: skip


def _symmetric_names(case: Case) -> str:
    """Return 'A is', or 'A, B are', if the claim is right for symmetric ones; else ''."""
    names = _square_names(case)
    fixed = [name for name in names if name != case.question.variable.value.name]
    chosen = [*[[name] for name in names], fixed, names]
    for some in chosen:
        if some and case.evidence.right_for(dict.fromkeys(some, "symmetric")):
            return f"{', '.join(some)} {'is' if len(some) == 1 else 'are'}"
    return ""


def _symmetric(case: Case) -> Iterator[Slip]:
    names = _symmetric_names(case)
    if names:
        mended = next(_transposed_factor(case), "")
        hint = f"right only if {names} symmetric: a transpose was forgotten"
        yield Slip("only if symmetric", hint + (f" ({mended})" if mended else ""))


def _transposed_factor(case: Case) -> Iterator[str]:
    question = case.question
    for repair in repairs(question.claim, question.formula, ()):
        if repair.slip == "transposed factor" and case.evidence.holds(repair.claim):
            yield repair.hint


def _conventions(case: Case) -> Iterator[Slip]:
    """By a symmetric variable there are other conventions than the plain partial derivatives."""
    import numpy as np

    variable = case.question.variable
    if variable.value.structure not in ("symmetric", "spd") or case.question.order > 1:
        return
    if case.question.formula.shape:
        return
    plain = "matcalc takes the partial derivative by every entry by itself"
    if case.evidence.agrees(
        lambda c: c.derivative + c.derivative.T - np.diag(np.diag(c.derivative))
    ):
        hint = f"another convention: this is G + G' - diag(diag(G)), of the free entries; {plain}"
        yield Slip("convention", hint)
    elif case.evidence.agrees(lambda c: boxed(c.derivative + c.derivative.T)):
        yield Slip("convention", f"another convention: this is G + G'; {plain}")
    elif case.evidence.agrees(lambda c: (c.derivative + c.derivative.T) / 2):
        yield Slip("convention", f"another convention: this is (G + G')/2; {plain}")


def _regions(case: Case) -> Iterator[Slip]:
    """The claim is right on one side of a condition only."""
    comparisons = list(case.evidence.comparisons)
    if case.conditions and comparisons:
        comparisons += case.evidence.at(comparisons[-1].point.sizes, 16)
    for condition in case.conditions:
        sides = [(c, signs_at(condition, c.point)) for c in comparisons]
        for side, sign in ((1, ">"), (-1, "<")):
            inside = [c for c, signs in sides if signs == {side}]
            outside = [c for c, signs in sides if -side in signs]
            right_inside = len(inside) >= 2 and not any(c.differs for c in inside)
            if right_inside and outside and all(c.differs for c in outside):
                left, right = condition.left, condition.right
                if left.head == "number":
                    left, right, sign = right, left, "<" if sign == ">" else ">"
                hint = f"right only where {to_text(left)} {sign} {to_text(right)}"
                yield Slip("region", f"{hint}: on the other side of the kink it is wrong")
                return


def _signed(case: Case) -> Iterator[Slip]:
    """The claim is right only for positive, negative or ±1 entries, or where matrices commute."""
    moving = case.question.variable
    variables = case.question.variables
    for name, node in sorted(variables.items(), key=lambda item: item[1] is moving):
        if node.value.structure:
            continue
        entries = f"the entries of {name} are" if node.shape else f"{name} is"
        for structure, what in (("positive", "positive"), ("negative", "negative")):
            if case.evidence.right_for({name: structure}):
                yield Slip("region", f"right only if {entries} {what}")
        if node.shape and case.evidence.right_for({name: "sign"}):
            square = f"{name}^2 = 1"
            yield Slip("special values", f"right only if {square}: {entries} 1 or -1")
        if node.shape and case.evidence.right_for({name: "normalised"}):
            what = f"sum({name}) = 1" if len(node.shape) == 1 else f"the rows of {name} add up to 1"
            yield Slip("special values", f"right only if {what}")
    names = _square_names(case)
    if len(names) > 1 and case.evidence.right_for(dict.fromkeys(names, "commuting")):
        hint = f"right only if {', '.join(names)} commute, which matrices do not"
        yield Slip("commuting", hint)
    for name in names:
        if case.evidence.right_for({name: "diagonal"}):
            yield Slip("special values", f"right only if {name} is diagonal")


def _near_zero(case: Case) -> Iterator[Slip]:
    """The claim is right in the limit of a variable near zero only: a series that breaks off."""
    question = case.question
    name = question.variable.value.name
    small = Fraction(1, 2**40)
    found = 0
    for comparison in case.evidence.comparisons[-6:]:
        values = comparison.point.values
        point = Point(comparison.point.sizes, {**values, name: _scaled(values[name], small)})
        near = compare(question, point)
        if near is None or near.undefined:
            continue
        with precision(ROUGH):
            for a, b in zip(near.claim.flat, near.derivative.flat, strict=True):
                if abs(a - b) * 2**39 > abs(b) or b == 0:
                    return
        found += 1
    if found > 2:
        hint = f"right only near {name} = 0, where a series would begin like this"
        yield Slip("approximation", hint)


def _scaled(array: Any, factor: Fraction) -> Any:
    return entrywise(array, lambda entry: entry * factor)


def _large_sizes(case: Case) -> Iterator[Slip]:
    """The claim is right at one size only, which is not one."""
    yield from _sizes(case, (3, 2, 4))


def _sizes(case: Case, several: Sequence[int] = (1,)) -> Iterator[Slip]:
    """The claim is right at one of some sizes only."""
    question = case.question
    order = postorder(question.parts(), lambda node: node.arguments)
    names = sorted({n for node in order for d in node.shape for n in d.names})
    if not names:
        return
    for size in several:
        sizes = dict.fromkeys(names, size)
        found = list(case.evidence.at(sizes, 4))
        if len(found) >= 3 and not any(c.differs for c in found):
            listed = " = ".join(names)
            yield Slip("size", f"right only for {listed} = {size}")
            return


# Derivations with a slip


def _mutated(case: Case) -> Iterator[Slip]:
    """A derivation with one slip gives the claim."""
    question = case.question
    if question.order > 1 or question.entry or question.claim.shape != question.answer.shape:
        return
    yield from _first_explaining(case, mutants(question.formula, question.variable))


def _intermediates(case: Case) -> Iterator[Slip]:
    """An intermediate that a program names was treated as a constant."""
    question = case.question
    if question.order > 1 or question.entry or question.claim.shape != question.answer.shape:
        return
    found = named_mutants(question.formula, question.variable, case.names)
    yield from _first_explaining(case, found)


def _first_explaining(case: Case, several: Iterator[Mutant]) -> Iterator[Slip]:
    for mutant in several:
        if time.monotonic() > case.deadline:
            return
        slip = _explains(case, mutant)
        if slip is not None:
            yield slip
            return


def _explains(case: Case, mutant: Mutant) -> Slip | None:
    question = case.question
    try:
        tensor = derivative_of(question, mutant.formula, question.variable)
    except MatcalcError:
        return None
    missing = []
    for comparison in case.evidence.comparisons:
        leaves = _leaves(mutant, comparison)
        if leaves is None:
            return None
        try:
            value = arranged_value(question, tensor, comparison.point, leaves)
        except (MatcalcError, TooLarge, ValueError):
            return None
        if mutant.part is None:
            if not same(value, comparison.claim):
                return None
            continue
        with precision(ROUGH):
            pair = (
                boxed(comparison.claim - comparison.derivative),
                boxed(comparison.derivative - value),
            )
        missing.append(pair)
        ratio = common_ratio([pair])
        if ratio is None or ratio == 0:
            return None
    if mutant.part is None:
        return Slip(mutant.slip, mutant.hint)
    ratio = as_fraction(common_ratio(missing))
    return None if ratio is None else _of_term(case, mutant, ratio)


def _values(constants: Mapping[str, Expression], comparison: Comparison) -> dict[str, Any]:
    return {name: entries_at(node, comparison.point, ROUGH) for name, node in constants.items()}


def _leaves(mutant: Mutant, comparison: Comparison) -> dict[str, Any] | None:
    try:
        return _values(mutant.constants, comparison)
    except (MatcalcError, TooLarge, KeyError):
        return None


def _of_term(case: Case, mutant: Mutant, ratio: Fraction) -> Slip | None:
    """Say what is wrong with the term that a part contributes: claim = D + ratio*term."""
    assert mutant.part is not None
    text = to_text(mutant.part)
    text = text if len(text) <= 50 else f"{text[:24]} ... {text[-20:]}"
    where = f"the term from deriving {text}"
    if ratio == -1:
        missing = _lacking(case.question)
        missing = f", {missing}" if missing else ""
        if mutant.slip == "intermediate":
            return Slip("intermediate", mutant.hint)
        if mutant.slip == "constant":
            hint = f"{text} was treated as a constant: its term of the derivative is missing"
            return Slip("term", hint + missing)
        return Slip("term", f"{mutant.hint}: {where} is missing{missing}")
    if ratio == -2:
        rule = "" if mutant.slip in ("constant", "intermediate") else f"{mutant.hint}: "
        return Slip("sign", f"{rule}sign error in {where}")
    if ratio in (1, -Fraction(1, 2), 2, -Fraction(2, 3), -Fraction(3, 2), 3):
        factor = ratio + 1
        return Slip("constant factor", f"{where} has the wrong factor: {factor} times its value")
    return None


def _other_variables(case: Case) -> Iterator[Slip]:
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


# Claims that are mended


def _signs(case: Case) -> Iterator[Slip]:
    """The claim with one sign turned is right."""
    for repair in sign_repairs(case.question.claim):
        if case.evidence.holds(repair.claim):
            yield Slip(repair.slip, _mended_text(repair))
            return


def _repaired(case: Case) -> Iterator[Slip]:
    """The claim with one thing changed is right."""
    question = case.question
    own = [
        node
        for node in postorder([question.formula, question.answer], lambda node: node.arguments)
        if node.head == "compare"
    ]
    for repair in repairs(question.claim, question.formula, own):
        if time.monotonic() > case.deadline:
            return
        if repair.claim.shape == question.answer.shape and case.evidence.holds(repair.claim):
            yield Slip(repair.slip, _mended_text(repair))
            return


def _mended_text(repair: Repair) -> str:
    text = to_text(repair.claim)
    return repair.hint + (f"; {text} would be right" if len(text) <= 80 else "")


def _foreign(case: Case) -> Iterator[Slip]:
    """The claim has a variable that the formula does not."""
    question = case.question
    order = postorder([question.formula], lambda node: node.arguments)
    own = {node.value.name for node in order if node.head == "variable"}
    claimed = postorder([question.claim], lambda node: node.arguments)
    for node in claimed:
        foreign = node.head == "variable" and node.value.name not in own
        if foreign and node is not question.variable:
            yield Slip("variable", f"the formula does not contain {node.value.name}")


def _difference(case: Case) -> Iterator[Slip]:
    """What the claim lacks, if that is shorter than the derivative."""
    question = case.question
    lacking, surplus = _lacking(question), _lacking(question, surplus=True)
    if not lacking or min(len(lacking), len(surplus)) > len(to_text(question.answer)) * 2 // 3:
        return
    if len(surplus) < len(lacking):
        yield Slip("extra term", f"the claim has {surplus} too much")
    else:
        yield Slip("term", f"the claim lacks {lacking}")


def _lacking(question: Question, surplus: bool = False) -> str:
    """Return what is to be added to the claim, or to the derivative, as text; '' if it is long."""
    if question.claim.shape != question.answer.shape:
        return ""
    left, right = tensor_of(question.answer), tensor_of(question.claim)
    if surplus:
        left, right = right, left
    axes = tuple(range(len(left.shape)))
    terms = [(left, axes, Fraction(1)), (right, axes, Fraction(-1))]
    difference = add(terms, axes, dict(enumerate(left.shape)))
    names = frozenset(question.variables)
    formula = in_shape(Notation(Style(), names), difference, question.answer.shape)
    text = to_text(formula)
    return text if len(text) <= LONGEST_TERM else ""


LONGEST_TERM = 60

_SEARCHES: tuple[Search, ...] = (
    _layouts,
    _shapes,
    _conventions,
    _intermediates,
    _ratios,
    _symmetric,
    _regions,
    _signs,
    _mutated,
    _other_variables,
    _large_sizes,
    _scalar_factors,
    _repaired,
    _foreign,
    _signed,
    _near_zero,
    _sizes,
    _difference,
)
