"""Parse a formula, as typed or in LaTeX, to a syntax tree; say where and why when that fails."""

from __future__ import annotations

import re
from collections.abc import Iterable

from matcalc.errors import MatcalcError
from matcalc.limits import allow
from matcalc.syntax.automaton import Refused, Unexpected, run
from matcalc.syntax.characters import check_characters
from matcalc.syntax.complaints import explain
from matcalc.syntax.declarations import Declaration, FunctionKind, ValueKind
from matcalc.syntax.generated.formula import TABLE
from matcalc.syntax.scripts import resolved
from matcalc.syntax.text_tokens import Known, text_tokens
from matcalc.syntax.text_trees import ACTIONS
from matcalc.syntax.tree import Tree, with_notes

EXAMPLE = 'example: matcalc diff "x\'*A*x" --wrt x'

LATEX = re.compile(r"\\(?!top\b)|\$")
_BRACED = re.compile(r"[\^_]\{|(?:\|\||[‖∥])_")
_TYPED = re.compile(r"(?<!\^)(?<!\^\{)[*@;]|\.[/^]|\.\.|'|[^\W\d_]{3,}|\w\[|[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ]")


def is_latex(text: str) -> bool:
    r"""Tell whether a text is LaTeX: it has macros other than \top, or braces and no typed sign.

    >>> is_latex(r"\mathbf{w} \cdot x"), is_latex("x^{T}Ax"), is_latex(r"x^\top*A")
    (True, True, False)
    """
    if LATEX.search(text) is not None:
        return True
    return _BRACED.search(text) is not None and _TYPED.search(text) is None


def parse_formula(
    text: str,
    declarations: Iterable[Declaration] = (),
    names: Iterable[str] = (),
    like: str = "",
) -> Tree:
    """Return the syntax tree of a formula, or of a program such as `z = w·x + b; max(0, z)`.

    It is read by the light of the declarations, and of the names that one derives by; in
    LaTeX also if it belongs to a formula `like` that one, and has no typed sign.

    >>> tree = parse_formula("x'*A")
    >>> tree.kind, tree.value, tree.mark
    ('product', '*', Span(start=2, end=3))
    >>> [child.kind for child in tree.children]
    ['transpose', 'name']
    """
    of_latex = "\\" in like or (like and is_latex(like))
    if is_latex(text) or (of_latex and _TYPED.search(text) is None):
        from matcalc.syntax.latex import parse_latex

        return parse_latex(text, declarations)
    try:
        return _parse(text, _known(declarations, names))
    except MatcalcError:
        if "\\" not in text:
            raise
    from matcalc.syntax.latex import parse_latex

    return parse_latex(text, declarations)


def _known(declarations: Iterable[Declaration], names: Iterable[str]) -> Known:
    functions: set[str] = set()
    values: set[str] = set()
    lengths: set[str] = set()
    for name, kind, _ in declarations:
        if isinstance(kind, FunctionKind):
            functions.add(name)
            kinds = [kind.result, *kind.parameters]
        else:
            values.add(name)
            kinds = [kind]
        shapes = [part.shape for part in kinds if isinstance(part, ValueKind)]
        lengths.update(part for shape in shapes for size in shape for part in size.names)
    given = map(frozenset, (functions, values, names, lengths - values))
    return Known(*given)


def _parse(text: str, known: Known) -> Tree:
    allow(text)
    check_characters(text)
    if not text.strip():
        raise MatcalcError("E101", f"the formula is empty; {EXAMPLE}", hint=EXAMPLE).at(text, 0, 0)
    try:
        tokens, notes = text_tokens(text, known)
        tree: Tree = run(TABLE, tokens, ACTIONS)
        tree, more = resolved(tree, text, known.values | known.sizes)
    except Unexpected as error:
        raise explain(text, error) from None
    except Refused as refusal:
        raise refusal.error.at(text, *refusal.place) from None
    return with_notes(tree, (*notes, *more))
