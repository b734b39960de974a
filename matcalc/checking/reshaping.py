"""Claims of the wrong shape: a diag, a sum, or ones are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from matcalc.checking.cases import Case, Slip
from matcalc.checking.derivations import broken_chains
from matcalc.checking.factors import multiple_of_transpose
from matcalc.checking.mending import mended
from matcalc.checking.precise import boxed
from matcalc.expressions.shapes import describe


def wrong_shapes(case: Case) -> Iterator[Slip]:
    """The claim has the wrong shape: say what is missing, if that mends it."""
    question = case.question
    given, wanted = question.claim.shape, question.answer.shape
    if given == wanted or question.flat:
        return
    for name, hint, change in _RESHAPED:
        if case.evidence.agrees_changed(change):
            yield Slip(name, hint)
    yield from multiple_of_transpose(case)
    yield from broken_chains(case)
    yield from mended(case)


def shape_alone(case: Case) -> Iterator[Slip]:
    """The claim has the wrong shape, and nothing tells why."""
    question = case.question
    wanted = question.answer.shape
    if question.claim.shape == wanted or question.flat:
        return
    text = f"shape: in {question.layout} layout the derivative is {describe(wanted)}"
    yield Slip("shape", text)


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
        if claim.ndim <= axis or claim.shape[axis] == 1:
            return None
        total = boxed(claim.sum(axis=axis))
        return total.reshape(derivative.shape) if total.size == derivative.size else None

    return change


def _total(claim: Any, derivative: Any) -> Any:
    return boxed(claim.sum()) if not derivative.shape else None


_RESHAPED: tuple[tuple[str, str, Callable[[Any, Any], Any]], ...] = (
    ("diag", "diag (or eye) is missing: the Jacobian is a diagonal matrix", _as_diagonal),
    ("ones", "ones are missing: every entry of the derivative is the claim", _spread_out),
    ("sum", "the sum is missing: the entries must be added up", _added_up(0)),
    ("sum", "the sum is missing: the entries must be added up", _added_up(1)),
    ("sum", "the sum is missing: the entries must be added up", _total),
)
