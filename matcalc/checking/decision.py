"""Decide a claim: points that could refute it, then the normal form, then a finite field.

Zero-equivalence is undecidable in general (Richardson 1968): what is neither shown nor
refuted is consistent with all points, or undecided where these are too few.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.expansion import multiplied_out
from matcalc.calculus.lowering import axes_of, tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.sums import add
from matcalc.calculus.tensors import Label, Tensor, is_zero, leaf
from matcalc.calculus.work import Factor
from matcalc.checking.comparison import ENOUGH, Comparison, Survey, survey
from matcalc.checking.conditions import Condition, conditions
from matcalc.checking.effort import OutOfTime
from matcalc.checking.fields import Verified, holds
from matcalc.checking.kinks import refutation_on_kinks
from matcalc.checking.points import assignments
from matcalc.checking.questions import Question
from matcalc.checking.reductions import reduced
from matcalc.checking.values import TooLarge
from matcalc.expressions.dimensions import ONE

FIELD_SIZES = 2


class Decision(NamedTuple):
    """A verdict, how it was reached, and what it rests on."""

    verdict: str
    reason: str
    method: str
    bound: str = ""
    refutation: Comparison | None = None
    comparisons: Sequence[Comparison] = ()
    tie: bool = False


def decide(question: Question, seed: int, deadline: float) -> Decision:
    """Decide whether the claim is the derivative; the shapes are known to agree."""
    try:
        return _decided(question, seed, deadline)
    except OutOfTime:
        return Decision("undecided", "the time limit was reached", "points")


def settled(question: Question, seed: int, deadline: float) -> tuple[Decision, Question]:
    """Decide, and return the question that was decided: about small sizes in place of large ones.

    Where variables are too large to be drawn the normal form comes first.
    """
    try:
        small, told = reduced(question)
    except TooLarge as error:
        if _is_proved(question):
            return _PROVED, question
        return Decision("undecided", str(error), "points"), question
    if told and _is_proved(question):
        return _PROVED, question
    decision = decide(small, seed, deadline)
    if told:
        decision = decision._replace(method=f"{decision.method}, with {told}")
    return decision, small


_PROVED = Decision("proved", "both sides have the same normal form", "normal form")


def _is_proved(question: Question) -> bool:
    left, right = claim_tensor(question), answer_tensor(question)
    return left is right or _cancels(left, right)


def _decided(question: Question, seed: int, deadline: float) -> Decision:
    branches = conditions(question.parts())
    found = survey(question, branches, seed, deadline)
    refutation = found.refutation
    if refutation is not None:
        return _refuted(refutation, found)
    if not found.comparisons:
        reason = found.reason or "no points were found at which the formula has a derivative"
        return Decision("undecided", reason, "points")
    tie = refutation_on_kinks(question, deadline)
    if tie is not None:
        reason = "the claim differs from the derivative's documented value on a kink"
        return Decision("refuted", reason, "evaluation on kinks", "", tie, (), True)
    equal = _identity(question, seed)
    if equal is True:
        return Decision(
            "proved", "both sides have the same normal form", "normal form", "", None,
            found.comparisons,
        )  # fmt: skip
    if isinstance(equal, Verified):
        return _verified(equal, found)
    if len(found.comparisons) < ENOUGH:
        reason = f"only {len(found.comparisons)} points were found that tell anything"
        return Decision("undecided", reason, "points")
    if found.unseen:
        return Decision("undecided", _unseen_text(found.unseen), "points")
    sizes = len(found.sizes)
    many = f" x {sizes} size assignments" if found.sizes != [{}] else ""
    return Decision(
        "consistent",
        f"no counterexample at {len(found.comparisons)} points{many}",
        f"{len(found.comparisons)} points{many}, {question.bits} bits",
        "",
        None,
        found.comparisons,
    )


def _refuted(refutation: Comparison, found: Survey) -> Decision:
    reason = "the claim differs from the derivative"
    if refutation.undefined:
        reason = "the claim has no value where the formula has a derivative"
    return Decision("refuted", reason, "interval arithmetic", "", refutation, found.comparisons)


def _verified(equal: Verified, found: Survey) -> Decision:
    sizes = [", ".join(f"{n} = {v}" for n, v in s.items()) for s in equal.sizes if s]
    at = f" at {' and at '.join(sizes)}" if sizes else ""
    return Decision(
        "verified",
        f"the identity holds in finite fields{at}",
        f"randomised identity test modulo {equal.trials} random 61-bit primes{at}",
        f"error below 2^-{equal.bits}",
        None,
        found.comparisons,
    )


def _unseen_text(unseen: Sequence[tuple[Condition, int]]) -> str:
    from matcalc.notation.text import to_text

    condition, side = unseen[0]
    sign = ">" if side > 0 else "<"
    text = f"{to_text(condition.left)} {sign} {to_text(condition.right)}"
    return f"no point was found where {text}"


# Identity


def _identity(question: Question, seed: int) -> bool | Verified | None:
    left, right = claim_tensor(question), answer_tensor(question)
    if left is right or _cancels(left, right):
        return True
    several = list(itertools.islice(assignments(question.parts(), 3), 200))
    several = _large(several, 2 * _contractions(left, right))
    return holds(left, right, question.variables, several, random.Random(seed))


def claim_tensor(question: Question) -> Tensor:
    """Return the claim in normal form."""
    return tensor_of(question.claim)


def answer_tensor(question: Question) -> Tensor:
    """Return the derivative in normal form, flattened if the claim is."""
    tensor = tensor_of(question.answer)
    return _fused(question, tensor) if question.flat else tensor


def _fused(question: Question, tensor: Tensor) -> Tensor:
    shape = question.answer.shape
    places = axes_of(shape)
    factors: list[Factor] = [(tensor, places, Fraction(1))]
    out: list[Label] = []
    for group in question.flat:
        lengths = [(axis, shape[axis]) for axis in group if shape[axis] != ONE]
        if not lengths:
            continue
        label: Label = lengths[0][0]
        length = lengths[0][1]
        for axis, dimension in lengths[1:]:  # later axes vary slower
            joined = ("fused", axis)
            fuse = leaf("fuse", None, dimension * length, dimension, length)
            factors.append((fuse, (joined, axis, label), Fraction(1)))
            label, length = joined, dimension * length
        out.append(label)
    return product(factors, tuple(out))


def _cancels(left: Tensor, right: Tensor) -> bool:
    """Tell whether both are the same when they are multiplied out."""
    if left.shape != right.shape:
        return False
    parts = [multiplied_out(side) for side in (left, right)]
    if parts[0] is None or parts[1] is None:
        return False
    axes = tuple(range(len(left.shape)))
    terms = [(parts[0], axes, Fraction(1)), (parts[1], axes, Fraction(-1))]
    return is_zero(add(terms, axes, dict(enumerate(left.shape))))


def _contractions(*tensors: Tensor) -> int:
    """Return the largest number of indices that one product sums over."""
    most = 0
    stack = list(tensors)
    seen = set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [o.tensor for o in node.operands]
            if node.kind == "product":
                most = max(most, len(node.value[1]))
    return most


def _large(several: list[dict[str, int]], wanted: int) -> list[dict[str, int]]:
    """Return assignments of which every size is at least the number wanted, if there are any."""
    bound = min(wanted, 6)
    fitting = [sizes for sizes in several if min(sizes.values(), default=bound) >= bound]
    return (fitting or several[-FIELD_SIZES:])[:FIELD_SIZES]
