"""Named simplifications of a formula, the way one writes them line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.derivation.steps import Rule
from matcalc.expressions.nodes import Expression, is_diagonal, make, number
from matcalc.expressions.shapes import is_row
from matcalc.expressions.traversal import postorder
from matcalc.notation.building import links, transpose
from matcalc.notation.terms import term_of, written
from matcalc.notation.text import count_nodes

Rewrite = Callable[[Expression], Expression | None]

MOST_PASSES = 12


def rewritten(start: Expression, goal: Expression) -> Iterator[tuple[Rule, Expression]]:
    """Yield (rule, formula) for each simplification that changes the formula, in turn.

    >>> from matcalc.notation.text import to_text
    >>> from matcalc.syntax.reading import read_formula
    >>> from matcalc.expressions.dimensions import name
    >>> x = {"x": (name("n"),)}
    >>> start, goal = read_formula("1*diag(2*x)*x", x), read_formula("2*x .^ 2", x)
    >>> for rule, formula in rewritten(start, goal):
    ...     print(f"{to_text(formula)}  ({rule.name})")
    diag(2*x)*x  (a factor of one)
    2*x .* x  (a diagonal matrix times a vector)
    """
    current = start
    for _ in range(MOST_PASSES):
        for rule, rewrite in RULES:
            if current is goal:
                return
            changed = _everywhere(current, rewrite)
            if changed is not current:
                current = changed
                if current is not goal:
                    yield rule, current
                else:
                    yield rule, goal
                break
        else:
            return


def _everywhere(formula: Expression, rewrite: Rewrite) -> Expression:
    results: dict[Expression, Expression] = {}
    for node in postorder([formula], lambda n: n.arguments):
        parts = tuple([results[argument] for argument in node.arguments])
        same = all(a is b for a, b in zip(parts, node.arguments, strict=True))
        new = node if same else make(node.head, parts, node.value)
        found = rewrite(new)
        results[node] = new if found is None or found.shape != new.shape else found
    return results[formula]


def _is_one(node: Expression) -> bool:
    return node.head == "number" and node.value == 1


def _minus_one(node: Expression) -> Expression | None:
    if node.head == "multiply":
        for one, other in (node.arguments, node.arguments[::-1]):
            if one is number(-1):
                return make("negate", (other,))
    return None


def is_zero(node: Expression) -> bool:
    """Tell whether a formula is written as zero."""
    return (node.head == "number" and node.value == 0) or node.head == "zeros"


def _unit_factor(node: Expression) -> Expression | None:
    if node.head in ("multiply", "hadamard"):
        left, right = node.arguments
        if _is_one(left):
            return right
        if _is_one(right):
            return left
    if node.head == "divide" and _is_one(node.arguments[1]):
        return node.arguments[0]
    return None


def _zero(node: Expression) -> Expression | None:
    if node.head == "add":
        kept = tuple([part for part in node.arguments if not is_zero(part)])
        if len(kept) == len(node.arguments):
            return None
        if not kept:
            return node.arguments[0]
        whole = make("add", kept) if len(kept) > 1 else kept[0]
        return whole if whole.shape == node.shape else None
    if node.head in ("multiply", "hadamard") and any(map(is_zero, node.arguments)):
        return make("zeros", (), node.shape) if node.shape else number(0)
    return None


def _identity_matrix(node: Expression) -> Expression | None:
    if node.head == "multiply":
        left, right = node.arguments
        if left.head == "eye" and right.shape:
            return right
        if right.head == "eye" and left.shape:
            return left
    return None


def _signs_in_front(node: Expression) -> Expression | None:
    """A*(-B) is -A*B; two signs cancel."""
    if node.head == "negate" and node.arguments[0].head == "negate":
        return node.arguments[0].arguments[0]
    if node.head not in ("multiply", "hadamard", "dot", "divide"):
        return None
    signs = [part.head == "negate" for part in node.arguments]
    if not any(signs):
        return None
    parts = tuple([p.arguments[0] if s else p for p, s in zip(node.arguments, signs, strict=True)])
    whole = make(node.head, parts, node.value)
    return whole if all(signs) else make("negate", (whole,))


def _diagonals(node: Expression) -> Expression | None:
    parts = links(node) if node.head == "multiply" else []
    for k in range(len(parts) - 1):
        pair = parts[k : k + 2]
        if all(map(is_diagonal, pair)):
            vector = make("hadamard", tuple([part.arguments[0] for part in pair]))
            merged = make("call", (vector,), parts[k].value)
            return _product([*parts[:k], merged, *parts[k + 2 :]])
    return None


def _diagonal_times_vector(node: Expression) -> Expression | None:
    parts = links(node) if node.head == "multiply" else []
    for k in range(len(parts) - 1):
        left, right = parts[k], parts[k + 1]
        if is_diagonal(left) and len(right.shape) == 1:
            merged = make("hadamard", (left.arguments[0], right))
        elif is_diagonal(right) and is_row(left.shape):
            inner = transpose(left)
            if len(inner.shape) != 1:
                continue
            merged = make("transpose", (make("hadamard", (inner, right.arguments[0])),))
        else:
            continue
        return _product([*parts[:k], merged, *parts[k + 2 :]])
    return None


def _product(parts: list[Expression]) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        whole = make("multiply", (whole, part))
    return whole


def _ones(node: Expression) -> Expression | None:
    """ones'*v is sum(v); ones .* v is v."""
    if node.head == "hadamard":
        for one, other in (node.arguments, node.arguments[::-1]):
            if one.head == "ones" and one.shape == other.shape:
                return other
    parts = links(node) if node.head == "multiply" else []
    for k in range(len(parts) - 1):
        left, right = parts[k], parts[k + 1]
        row = left.arguments[0] if left.head == "transpose" else None
        if row is None or len(row.shape) != 1 or len(right.shape) != 1:
            continue
        for one, other in ((row, right), (right, row)):
            if one.head == "ones":
                total = make("call", (other,), ("sum", None))
                return _product([*parts[:k], total, *parts[k + 2 :]])
    return None


def _transposes(node: Expression) -> Expression | None:
    if node.head != "transpose" or node.arguments[0].head == "add":
        return None
    turned = transpose(node.arguments[0])
    return None if turned is node else turned


def _scalars_in_front(node: Expression) -> Expression | None:
    """A*(c*B) is c*A*B, and A/c*B is 1/c*A*B; numbers multiply."""
    if node.head != "multiply":
        return None
    parts = []
    for part in links(node):
        if part.head == "divide" and part.shape and not part.arguments[1].shape:
            parts += [make("divide", (number(1), part.arguments[1])), *links(part.arguments[0])]
        else:
            parts.append(part)
    scalars = [part for part in parts if not part.shape]
    others = [part for part in parts if part.shape]
    numbers = [part for part in scalars if part.head == "number"]
    rest = [part for part in scalars if part.head != "number"]
    value = number(1)
    for part in numbers:
        value = number(value.value * part.value)
    if not scalars:
        return None
    front = [] if _is_one(value) and (rest or others) else [value]
    ordered = [*front, *rest, *([_product(others)] if others else [])]
    whole = _product(ordered)
    return None if whole is node or links(whole) == links(node) else whole


def _joined(node: Expression) -> Expression | None:
    """Return a scalar product with equal factors joined: u*u is u^2, u/u is 1."""
    if node.shape or node.head not in ("multiply", "divide", "hadamard"):
        return None
    whole = written(term_of(node))
    return None if count_nodes(whole) >= count_nodes(node) else whole


RULES: tuple[tuple[Rule, Rewrite], ...] = (
    (Rule("a factor of one"), _unit_factor),
    (Rule("a factor of minus one"), _minus_one),
    (Rule("terms and factors of zero"), _zero),
    (Rule("signs in front"), _signs_in_front),
    (Rule("the identity matrix"), _identity_matrix),
    (Rule("transposes"), _transposes),
    (Rule("a product of diagonal matrices"), _diagonals),
    (Rule("a diagonal matrix times a vector"), _diagonal_times_vector),
    (Rule("ones add up"), _ones),
    (Rule("scalars in front"), _scalars_in_front),
    (Rule("join and cancel equal factors"), _joined),
)
