"""Build expressions from drafts, once all dimensions are known."""

from __future__ import annotations

from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.nodes import Expression, make, size, variable
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.syntax.drafts import Draft, Place
from matcalc.syntax.elaborator import Elaborator


def build(
    elaborator: Elaborator, roots: list[Draft]
) -> tuple[list[Expression], dict[Expression, Place]]:
    """Return the drafts as expressions, and where each expression stands first.

    Raises MatcalcError where subscripts leave their range or, now that all dimensions are
    known, shapes do not fit after all.
    """
    built: dict[Draft, Expression] = {}
    places: dict[Expression, Place] = {}
    for draft in postorder(roots, lambda draft: draft.arguments):
        arguments = tuple([built[argument] for argument in draft.arguments])
        try:
            built[draft] = _expression(elaborator, draft, arguments)
        except MatcalcError as error:
            raise elaborator.misfit(error, draft.place, by_operand=False) from None
        places.setdefault(built[draft], draft.place)
    return [built[root] for root in roots], places


def _expression(
    elaborator: Elaborator, draft: Draft, arguments: tuple[Expression, ...]
) -> Expression:
    if draft.head == "variable":
        shape = elaborator.unknowns.resolved(draft.shape)
        return variable(draft.value.name, shape, draft.value.structure)
    if draft.head == "size":
        return size(elaborator.unknowns.resolve(draft.value))
    if draft.head == "subscript":
        _check_range(elaborator, draft, arguments[0].shape)
    if draft.head == "matrix_power" and arguments[0].shape == (ONE, ONE):
        # Rows are raised entry by entry, and a 1 x 1 matrix is a row.
        return make("power", arguments)
    return make(draft.head, arguments, _value(elaborator, draft.head, draft.value))


def _value(elaborator: Elaborator, head: str, value: Any) -> Any:
    """Return a draft's value with its dimensions resolved."""
    resolve = elaborator.unknowns.resolve
    if head == "eye":
        return resolve(value)
    if head in ("ones", "zeros"):
        return elaborator.unknowns.resolved(value)
    if head == "tensor":
        names, lengths = value
        return names, elaborator.unknowns.resolved(lengths)
    return value


def _check_range(elaborator: Elaborator, draft: Draft, shape: Shape) -> None:
    """Raise E307 for a subscript that is certainly below 1 or above the axis' length."""
    selectors = draft.value
    axes = shape[-1:] if len(selectors) == 1 else shape
    entries = iter(draft.arguments[1:])
    for axis, selector in zip(axes, selectors, strict=False):
        if selector == "all":
            continue
        low = high = next(entries)
        if selector != "entry":
            high = next(entries)
        if low.exact.bounds is not None and _below(low.exact.bounds[0], ONE):
            value = low.exact.bounds[0]
            message = f"there is no entry {value} of {{0}}; indices count from 1"
            raise _out_of_range(elaborator, draft, message)
        if high.exact.bounds is not None and _below(axis, high.exact.bounds[1]):
            value = high.exact.bounds[1]
            message = f"there is no entry {value} of {{0}}; this axis has length {axis}"
            raise _out_of_range(elaborator, draft, message)


def _below(left: Dimension, right: Dimension) -> bool:
    difference = (right - left).value
    return difference is not None and difference > 0


def _out_of_range(elaborator: Elaborator, draft: Draft, message: str) -> MatcalcError:
    elaborator.source = draft.place.source
    body = elaborator.text(draft.place.operands[0])
    return elaborator.error("E307", message.replace("{0}", body), draft.place.tree.mark)
