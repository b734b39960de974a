"""Elaborate notation that means several things: |x|, ‖x‖, e^x, ⟨x, y⟩; its operand decides."""

from __future__ import annotations

from matcalc.expressions.shapes import describe, is_row
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaborator import Elaborator, Rule, Task
from matcalc.syntax.kinds import bars_key
from matcalc.syntax.tree import Tree


def _reading(reader: Elaborator, tree: Tree) -> Task:
    draft = yield reader.task(tree.children[0])
    return _MEANINGS[str(tree.value)](reader, tree, draft)


def _abs(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    """Read |x|: of a matrix the determinant, of a vector abs or its length, else abs."""
    shape = reader.shape(draft)
    typed = reader.text(tree)
    if len(shape) == 2 and not is_row(shape):
        reader.note(
            f"{typed} is read as the determinant; entry by entry: abs({_inner(reader, tree)})"
        )
        return reader.node(tree, "call", (draft,), ("det", None), by_operand=True)
    if shape and reader.chosen.get(bars_key(tree)) == 1:
        reader.note(f"{typed} is read as the length norm2({_inner(reader, tree)})")
        return reader.node(tree, "call", (draft,), ("norm2", None), by_operand=True)
    if shape:
        reader.note(f"{typed} is read entry by entry, as abs({_inner(reader, tree)})")
    return reader.node(tree, "call", (draft,), ("abs", None), by_operand=True)


def _inner(reader: Elaborator, tree: Tree) -> str:
    return reader.text(tree.children[0])


def _norm(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    shape = reader.shape(draft)
    if not shape:
        reader.charge("reduced scalar", draft)
    elif len(shape) == 2 and not is_row(shape):
        reader.note(f"{reader.text(tree)} is read as the Frobenius norm")
    return reader.node(tree, "call", (draft,), ("norm2", None), by_operand=True)


def _exponential(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    _refuse_matrix(reader, tree, draft, "the power {0} may be the exponential of a matrix")
    return reader.node(tree, "call", (draft,), ("exp", None), by_operand=True)


def _refuse_matrix(reader: Elaborator, tree: Tree, draft: Draft, message: str) -> None:
    shape = reader.shape(draft)
    if len(shape) == 2 and not is_row(shape):
        hint = rf"entry by entry: \exp({_inner(reader, tree)})"
        raise reader.error("E107", message.format(reader.text(tree)), tree.mark, hint)


def _inner_product(reader: Elaborator, tree: Tree) -> Task:
    """Read ⟨x, y⟩: of vectors x'y, of matrices tr(A'B)."""
    left = yield reader.task(tree.children[0])
    right = yield reader.task(tree.children[1])
    shapes = [reader.shape(draft) for draft in (left, right)]
    for draft, shape, child in zip((left, right), shapes, tree.children, strict=True):
        if not shape:
            reader.charge("dotted scalar", draft)
            if not reader.chosen:
                message = f"an inner product joins vectors or matrices; {reader.text(child)} is "
                raise reader.error("E301", message + describe(shape), child.span, "x'*y")
    if all(len(shape) == 1 for shape in shapes) or not all(shapes):
        return reader.node(tree, "dot" if all(shapes) else "multiply", (left, right))
    turned = reader.node(tree.children[0], "transpose", (left,))
    product = reader.node(tree, "multiply", (turned, right))
    return reader.node(tree, "call", (product,), ("tr", None)) if product.shape else product


def _log_of_bars(reader: Elaborator, tree: Tree) -> Task:
    """Read log|A|: of a matrix logdet, else the logarithm of the absolute value."""
    bars = tree.children[0]
    draft = yield reader.task(bars.children[0])
    shape = reader.shape(draft)
    if len(shape) == 2 and not is_row(shape):
        return reader.node(tree, "call", (draft,), ("logdet", None), by_operand=True)
    inner = _abs(reader, bars, draft)
    return reader.node(tree, "call", (inner,), ("log", None), by_operand=True)


def _softmax(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    r"""Read \operatorname{softmax}: of a matrix along its last axis, as papers have it."""
    shape = reader.shape(draft)
    axis = None
    if len(shape) == 2 and not is_row(shape):
        axis = 1
        reader.note(f"{reader.text(tree)} is read row by row, along the last axis")
    return reader.node(tree, "call", (draft,), (tree.value, axis), by_operand=True)


def _exp(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    shape = reader.shape(draft)
    if len(shape) == 2 and not is_row(shape):
        reader.note(f"{reader.text(tree)} is read entry by entry, not as a matrix exponential")
    return reader.node(tree, "call", (draft,), ("exp", None), by_operand=True)


_MEANINGS = {
    "abs": _abs,
    "norm2": _norm,
    "exponential": _exponential,
    "exp": _exp,
    "softmax": _softmax,
    "log_softmax": _softmax,
}

READINGS: dict[str, Rule] = {
    "reading": _reading,
    "inner": _inner_product,
    "logbars": _log_of_bars,
}
