"""The syntax tree: what was typed, with the place of every part in the source."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """The half-open range `source[start:end]`, in code points."""

    start: int
    end: int


class Tree(NamedTuple):
    """One node of a formula as typed.

    `kind` is one of the kinds listed in `KINDS`, `value` its payload, `children` the
    operands in order of the text, `span` the whole text, and `mark` the operator's or
    function name's own place, under which a caret is put.
    """

    kind: str
    value: object
    children: tuple[Tree, ...]
    span: Span
    mark: Span


def with_notes(tree: Tree, notes: tuple[str, ...], bold: tuple[str, ...] = ()) -> Tree:
    """Return the tree, with what was decided by custom at its root or first part."""
    if not notes and not bold:
        return tree
    if tree.kind == "program":
        first, *rest = tree.children
        noted = Tree("noted", (notes, bold), (first,), first.span, first.mark)
        return tree._replace(children=(noted, *rest))
    return Tree("noted", (notes, bold), (tree,), tree.span, tree.mark)


KINDS = {
    "number": "value: Fraction, exact",
    "name": "value: str; a variable, a dimension, an index or a constant such as pi, eye, I",
    "add": "two operands; value '+' or '-'",
    "sign": "one operand; value '+' or '-'",
    "product": "two operands; value '*', '@', '/', '.*', './', '·', '⊗', or '' (2x)",
    "power": "two operands; value '^' or '.^'",
    "transpose": "one operand",
    "compare": "two operands; value '<', '<=', '>', '>=', '==', '!='",
    "call": "value (function name, keywords: tuple of (name, Tree)); operands the arguments",
    "derivative": "value (function name, argument numbers from 0, one an order)",
    "subscript": "first operand the object, then one a selector",
    "all": "the selector ':'; no operands",
    "range": "the selector a:b; two operands",
    "stack": "value: tuple of row lengths; operands the cells row by row",
    "indexed": "value (function name, index names); operands low, high an index, then the body",
    "open": "a bound that is not said; no operands",
    "given": "a condition on indices, then the body that counts where it holds",
    "sample": "value: name of x in x_i, an entry or a sample; operand the index",
    "script": "only before scripts are read: x_{i}; the name, then its scripts",
    "reading": "value: abs, norm2, exponential (e^x), exp or softmax, by the operand; one operand",
    "logbars": "log|A|; one operand, the reading |A|",
    "inner": "⟨x, y⟩; two operands",
    "noted": "value (notes, names in bold type); one operand",
    "named": "value: the name that the value has, as in f(x) = …; one operand",
    "program": "value: tuple of names; operands their expressions, then the last expression",
}
