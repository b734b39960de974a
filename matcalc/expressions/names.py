"""The names in a formula: which indices are free where, and what is taken already."""

from __future__ import annotations

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.nodes import Application, Expression

BINDERS = frozenset(("index_sum", "tensor"))


def bound_names(node: Expression) -> tuple[str, ...]:
    """Return the names of the indices that an `index_sum` or `tensor` runs."""
    if node.head == "index_sum":
        return (node.value,)
    names: tuple[str, ...] = node.value[0]
    return names


def free_indices(order: list[Expression]) -> dict[Expression, frozenset[str]]:
    """Return the indices in each node that run around it; operands come first in `order`."""
    nothing: frozenset[str] = frozenset()
    free: dict[Expression, frozenset[str]] = {}
    for node in order:
        parts = [free[argument] for argument in node.arguments]
        if node.head == "index":
            free[node] = frozenset((node.value,))
        elif node.head in BINDERS:  # the bounds are outside of it, the body is inside
            free[node] = nothing.union(*parts[:-1], parts[-1].difference(bound_names(node)))
        else:
            found = [part for part in parts if part]
            free[node] = nothing.union(*found) if found else nothing
    return free


def function_name(application: Application) -> str:
    """Return the name of an abstract function's derivative.

    >>> from matcalc.expressions.nodes import Signature
    >>> function_name(Application(Signature("f", True), (0, 0)))
    "f''"
    >>> function_name(Application(Signature("g", False, ((), ())), (0, 1)))
    "g'1'2"
    """
    function, orders = application
    if len(function.parameters) < 2:
        return function.name + "'" * len(orders)
    return function.name + "".join(f"'{order + 1}" for order in orders)


def names_in(order: list[Expression]) -> set[str]:
    """Return every name that stands for something in these nodes."""
    names: set[str] = set()
    for node in order:
        if node.head == "variable":
            names.add(node.value.name)
        elif node.head == "index":
            names.add(node.value)
        elif node.head == "abstract":
            names.add(node.value.function.name)
        elif node.head in BINDERS:
            names.update(bound_names(node))
        elif node.head == "size":
            names |= node.value.names
        for length in node.shape:
            if isinstance(length, Dimension):
                names |= length.names
    return names
