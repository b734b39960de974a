"""Find the unusual uses in sums and products: what kinds of names they cost (see `costs`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from matcalc.expressions.shapes import Shape, is_row
from matcalc.syntax.costs import letters_of
from matcalc.syntax.drafts import Draft
from matcalc.syntax.kinds import bars_key

Use = tuple[str, tuple[Draft, ...]]
Open = Collection[str]
"""The names that nothing declares."""

_DIRECT = frozenset(("multiply", "divide", "negate", "power", "hadamard"))
_NUMBERS = frozenset(("number", "size", "pi", "index"))


def bare(draft: Draft, names: Open) -> str:
    """Return the undeclared name that a draft is, perhaps signed or times a number, or ''."""
    while draft.head in ("negate", "multiply", "divide"):
        if draft.head == "multiply" and not _is_number(draft.arguments[0]):
            return ""
        if draft.head == "divide":
            upper, lower = draft.arguments
            if not _is_number(lower) and not _is_number(upper):
                return ""
            draft = upper if _is_number(lower) else lower
        else:
            draft = draft.arguments[-1]
    if draft.head == "transpose":
        draft = draft.arguments[0]
    if draft.head == "subscript":
        draft = draft.arguments[0]
    name = draft.value.name if draft.head == "variable" else ""
    return name if name in names or name.lower() in names else ""


def _is_number(draft: Draft) -> bool:
    return draft.head in _NUMBERS or draft.exact.constant is not None


def contained(draft: Draft) -> set[str]:
    """Return the names of the variables in a draft, and the bars whose reading is open."""
    found: set[str] = set()
    stack, seen = [draft], {id(draft)}
    while stack:
        node = stack.pop()
        if node.head == "variable":
            found.add(node.value.name)
        elif node.place.tree.kind == "reading":
            found.add(bars_key(node.place.tree))
        for argument in node.arguments:
            if id(argument) not in seen:
                seen.add(id(argument))
                stack.append(argument)
    return found


def uses_in_sum(terms: Sequence[Draft], shapes: Sequence[Shape], names: Open) -> Iterator[Use]:
    """Yield the unusual uses among the terms of a sum."""
    whole = tuple(terms)
    pairs = list(zip(terms, shapes, strict=True))
    arrays = [(term, shape) for term, shape in pairs if shape]
    scalars = [term for term, shape in pairs if not shape]
    for term in scalars if arrays else ():
        if bare(term, names) and not _is_intercept(term, arrays):
            ranks = {"row" if is_row(shape) else len(shape) for _, shape in arrays}
            over = "row" if "row" in ranks else "vector" if 1 in ranks else "matrix"
            yield f"spread over a {over}", whole
    for term, shape in arrays:
        name = bare(term, names)
        if not name:
            continue
        others = [contained(scalar) for scalar in scalars if not bare(scalar, names)]
        if any(other and name not in other for other in others):
            yield "vector among numbers", whole
        if len(shape) == 1 and letters_of(name).scalar == 0 and _is_intercept(term, arrays):
            yield "no intercept", whole


def _is_intercept(term: Draft, arrays: Sequence[tuple[Draft, Shape]]) -> bool:
    """Tell whether a term is the b of X*w + b, or of y - X*w - b: rows of X are samples."""
    for other, shape in arrays:
        product = other.arguments[0] if other.head == "negate" else other
        if other is term or len(shape) != 1 or product.head != "multiply":
            continue
        data = product.arguments[0]
        same_sign = (other.head == "negate") == (term.head == "negate")
        if same_sign and data.head == "variable" and data.value.name.startswith(("X", "Φ", "Phi")):
            return True
    return False


def uses_in_product(left: Draft, right: Draft, a: Shape, b: Shape, names: Open) -> Iterator[Use]:
    """Yield the unusual uses in a product of drafts of these shapes."""
    both = (left, right)
    if len(b) == 1 and left.head == "multiply" and bare(left.arguments[0], names):
        column, row = (draft.shape for draft in left.arguments)
        if len(column) == 1 and is_row(row):
            yield "scale that is a column", both
    if a and not b:
        is_name = right.head == "variable" and right.value.name in names
        if is_name or (right.head == "subscript" and contained(right).intersection(names)):
            letters = letters_of(right.value.name).letters if right.head == "variable" else ""
            is_vector = letters == "h to z" and len(a) == 2 and not is_row(a)
            yield ("scalar for a vector" if is_vector else "scalar behind"), both
        elif is_row(a) and contained(right):
            yield "scaled row", both
        elif not _is_number(right) and bare(left, names):
            yield "scaled name", both
    elif b and not a and right.head in ("variable", "power") and _lone_scalar(left, names):
        base = right.arguments[0] if right.head == "power" else right
        if bare(base, names):
            yield "lone scalar", both


def _lone_scalar(draft: Draft, names: Open) -> bool:
    """Tell whether a scalar is made of names whose letters are vectors'."""
    stack, found = [draft], False
    while stack:
        node = stack.pop()
        if node.head in _DIRECT:
            stack += node.arguments
        elif node.head == "variable" and node.value.name in names:
            found = found or letters_of(node.value.name).letters == "h to z"
    return found
