r"""Sides that are entries: `\hat{x}_i = ...` and `\partial L/\partial W_{ij} = ...`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from matcalc.documents.definitions import Text
from matcalc.errors import MatcalcError
from matcalc.syntax.declarations import Declaration
from matcalc.syntax.tree import Span, Tree


def indexed(
    reader: Text,
    text: str,
    indices: Sequence[tuple[str, str]],
    declared: Iterable[Declaration] | None,
) -> Tree:
    """Return the tree of the array whose entries a side in LaTeX gives.

    It is read as the body of sums over its free indices, so that they are known as such,
    and those without a last value find it as those of sums do.
    """
    sums = [rf"\sum_{{{i}=1}}^{{{n}}}" if n else rf"\sum_{{{i}}}" for i, n in indices]
    prefix = "".join(sums) + r"\left("
    whole = rf"{prefix}{text}\right)"
    try:
        tree = reader.tree(whole, declared)
    except MatcalcError as error:
        if error.source != whole:
            raise
        column = max(error.column - len(prefix), 1)
        raise MatcalcError(
            error.code, error.message, hint=error.hint, source=text,
            line=error.line, column=column, length=error.length,
        ) from None  # fmt: skip
    return _shifted(_tensor(tree, len(indices)), len(prefix), len(text))


def _tensor(tree: Tree, count: int) -> Tree:
    """Return sums within each other as the array of their bodies."""
    if tree.kind == "noted":
        return tree._replace(children=(_tensor(tree.children[0], count),))
    names: list[str] = []
    bounds: list[Tree] = []
    body = tree
    while len(names) < count:
        assert body.kind == "indexed"
        names += body.value[1]  # type: ignore[index]
        bounds += body.children[:-1]
        body = body.children[-1]
    value = ("tensor", tuple(names))
    return Tree("indexed", value, (*bounds, body), tree.span, tree.mark)


def _shifted(tree: Tree, by: int, length: int) -> Tree:
    """Return a tree whose places count from where the side begins."""

    def moved(span: Span) -> Span:
        return Span(*(min(max(place - by, 0), length) for place in span))

    children = tuple([_shifted(child, by, length) for child in tree.children])
    return tree._replace(children=children, span=moved(tree.span), mark=moved(tree.mark))


def with_samples(tree: Tree, matrices: Collection[str]) -> Tree:
    """Return a tree with x_i as the sample i of X, for the given matrices."""
    if not matrices:
        return tree
    children = tuple([with_samples(child, matrices) for child in tree.children])
    tree = tree._replace(children=children)
    name = str(tree.value).upper()
    return tree._replace(value=name) if tree.kind == "sample" and name in matrices else tree
