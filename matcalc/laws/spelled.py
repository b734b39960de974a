"""The laws that hold for any number of factors, terms or cells: written as code, not as data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.expressions.dimensions import ONE, ZERO, Dimension
from matcalc.expressions.nodes import Expression, make, number, size
from matcalc.laws.rule import Rule
from matcalc.notation.building import LINEAR, links, transpose
from matcalc.notation.terms import term_of, written
from matcalc.notation.text import count_nodes

Rewrite = Callable[[Expression], Expression | None]


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


def _product(parts: list[Expression]) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        whole = make("multiply", (whole, part))
    return whole


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


def _entrywise_ones(node: Expression) -> Expression | None:
    if node.head == "hadamard":
        for one, other in (node.arguments, node.arguments[::-1]):
            if one.head == "ones" and one.shape == other.shape:
                return other
    return None


# Stacks


def _scaled_stack(node: Expression) -> Expression | None:
    """c*[a; b] is [c*a; c*b]."""
    if node.head == "negate" and node.arguments[0].head == "stack":
        (stack,) = node.arguments
        return _stack(stack, [make("negate", (cell,)) for cell in stack.arguments])
    if node.head == "divide" and node.arguments[0].head == "stack" and not node.arguments[1].shape:
        stack, divisor = node.arguments
        return _stack(stack, [make("divide", (cell, divisor)) for cell in stack.arguments])
    if node.head != "multiply":
        return None
    for scalar, stack in (node.arguments, node.arguments[::-1]):
        if stack.head == "stack" and not scalar.shape:
            cells = [make("multiply", (scalar, cell)) for cell in stack.arguments]
            return _stack(stack, cells)
    return None


def _stack(like: Expression, cells: Sequence[Expression]) -> Expression:
    return make("stack", tuple(cells), like.value)


def _added_stacks(node: Expression) -> Expression | None:
    """[a; b] + [c; d] is [a + c; b + d]."""
    stacks = [part for part in node.arguments if part.head == "stack"]
    if node.head != "add" or len(stacks) < 2:
        return None
    shapes = [cell.shape for cell in stacks[0].arguments]
    alike = [
        s
        for s in stacks
        if s.value == stacks[0].value and [cell.shape for cell in s.arguments] == shapes
    ]
    if len(alike) < 2:
        return None
    cells = [make("add", tuple(cells)) for cells in zip(*[s.arguments for s in alike], strict=True)]
    rest = [part for part in node.arguments if part not in alike]
    whole = _stack(stacks[0], cells)
    return make("add", (whole, *rest)) if rest else whole


def _multiplied_stacks(node: Expression) -> Expression | None:
    """[A, B]*[C; D] is A*C + B*D, where the parts fit."""
    parts = links(node) if node.head == "multiply" else []
    for k in range(len(parts) - 1):
        left, right = parts[k], parts[k + 1]
        if left.head != "stack" or right.head != "stack" or set(right.value) != {1}:
            continue
        if len(left.value) != 1 or left.value[0] != len(right.value):
            continue
        pairs = list(zip(left.arguments, right.arguments, strict=True))
        if any(_width(one) != _height(other) for one, other in pairs):
            continue
        terms = tuple([make("multiply", pair) for pair in pairs])
        return _product([*parts[:k], make("add", terms), *parts[k + 2 :]])
    return None


def _row_of_stacks(node: Expression) -> Expression | None:
    """A*[C, D] is [A*C, A*D], and [C; D]*A is [C*A; D*A]."""
    if node.head != "multiply" or not all(part.shape for part in node.arguments):
        return None
    left, right = node.arguments
    if right.head == "stack" and len(right.value) == 1 and left.head != "stack":
        return _stack(right, [make("multiply", (left, cell)) for cell in right.arguments])
    scalars = left.head == "stack" and not any(cell.shape for cell in left.arguments)
    if left.head == "stack" and set(left.value) == {1} and (right.head != "stack" or scalars):
        return _stack(left, [make("multiply", (cell, right)) for cell in left.arguments])
    return None


def _width(node: Expression) -> Dimension:
    return node.shape[-1] if len(node.shape) > 1 else ONE


def _height(node: Expression) -> Dimension:
    return node.shape[0] if node.shape else ONE


def _picked(node: Expression) -> Expression | None:
    """A*eye(n)[:,j] is A[:,j], and eye(m)[i,:]*A is A[i,:]."""
    parts = links(node) if node.head == "multiply" else []
    for k in range(len(parts) - 1):
        left, right = parts[k], parts[k + 1]
        if _is_unit(right) and right.value == ("all", "entry") and len(left.shape) == 2:
            if left.shape[0] == ONE:
                found = make("subscript", (left, number(1), right.arguments[1]), ("entry",) * 2)
            else:
                found = make("subscript", (left, right.arguments[1]), right.value)
        elif _is_unit(left) and left.value == ("entry", "all") and right.shape:
            place = left.arguments[1]
            value = left.value if len(right.shape) == 2 else ("entry",)
            found = make("subscript", (right, place), value)
        else:
            continue
        return _product([*parts[:k], found, *parts[k + 2 :]])
    return None


def _is_unit(node: Expression) -> bool:
    return node.head == "subscript" and node.arguments[0].head == "eye"


def _part_of_transpose(node: Expression) -> Expression | None:
    """(A')[i,:] is A[:,i]'."""
    if node.head != "subscript" or node.arguments[0].head != "transpose" or len(node.value) != 2:
        return None
    (inner,) = node.arguments[0].arguments
    if len(inner.shape) != 2 or node.value not in (("entry", "all"), ("all", "entry")):
        return None
    part = make("subscript", (inner, *node.arguments[1:]), node.value[::-1])
    return make("transpose", (part,))


def _part_of_stack(node: Expression) -> Expression | None:
    """([a; b])[1] is a, for scalars a and b; ([x', 1])[1, n + 1] is 1 for x of n entries."""
    if node.head != "subscript" or node.arguments[0].head != "stack":
        return None
    stack, *places = node.arguments
    if set(node.value) != {"entry"} or (len(places) == 2 and places[0] is not number(1)):
        return None
    place = places[-1]
    end = ZERO
    for cell in stack.arguments:
        end = end + (_width(cell) if len(places) == 2 else _height(cell))
        if not cell.shape and size(end) is place:
            return cell
    return None


def _flat_stack(node: Expression) -> Expression | None:
    """[[a, b]; [c, d]] is [a, b; c, d]."""
    if node.head != "stack" or set(node.value) != {1}:
        return None
    rows = node.arguments
    if not all(row.head == "stack" and len(row.value) == 1 for row in rows):
        return None
    cells = [cell for row in rows for cell in row.arguments]
    return make("stack", tuple(cells), tuple([row.value[0] for row in rows]))


# Sums


def _multiplied_out(node: Expression) -> Expression | None:
    """A*(B + C) is A*B + A*C, entry by entry too; so are traces and transposes of sums."""
    if node.head in ("transpose", "negate") and node.arguments[0].head == "add":
        terms = node.arguments[0].arguments
        if all(term.shape == node.arguments[0].shape for term in terms):
            return make("add", tuple([make(node.head, (term,)) for term in terms]))
    if node.head == "call" and len(node.arguments) == 1 and node.value[0] in LINEAR:
        (inner,) = node.arguments
        if inner.head == "add" and all(term.shape == inner.shape for term in inner.arguments):
            return make("add", tuple([make("call", (t,), node.value) for t in inner.arguments]))
    if node.head == "divide" and node.arguments[0].head == "add":
        above, below = node.arguments
        return make("add", tuple([make("divide", (term, below)) for term in above.arguments]))
    if node.head not in ("multiply", "hadamard"):
        return None
    for k, part in enumerate(node.arguments):
        if part.head == "add" and len(part.arguments) <= MOST_TERMS:
            if any(term.shape != part.shape for term in part.arguments):
                continue
            other = node.arguments[1 - k]
            pairs = [(t, other) if k == 0 else (other, t) for t in part.arguments]
            return make("add", tuple([make(node.head, pair) for pair in pairs]))
    return None


MOST_TERMS = 8
"""Longer sums are not multiplied out."""

SPELLED: tuple[tuple[Rule, Rewrite], ...] = (
    (Rule("a factor of one"), _unit_factor),
    (Rule("a factor of minus one"), _minus_one),
    (Rule("terms and factors of zero"), _zero),
    (Rule("signs in front"), _signs_in_front),
    (Rule("the identity matrix"), _identity_matrix),
    (Rule("transposes", "(A*B)' = B'*A', (A + B)' = A' + B'"), _transposes),
    (Rule("ones drop out", "ones(m, n) .* A = A"), _entrywise_ones),
    (Rule("scalars in front"), _scalars_in_front),
    (Rule("a row or column of the identity picks", "A*eye(n)[:,j] = A[:,j]"), _picked),
    (Rule("a row of a transpose is a column", "(A')[i,:] = A[:,i]'"), _part_of_transpose),
    (Rule("an entry of stacked parts", "([a; b])[1] = a"), _part_of_stack),
    (Rule("stacked rows", "[[a, b]; [c, d]] = [a, b; c, d]"), _flat_stack),
    (Rule("a multiple of stacked parts", "c*[a; b] = [c*a; c*b]"), _scaled_stack),
    (Rule("a sum of stacked parts", "[a; b] + [c; d] = [a + c; b + d]"), _added_stacks),
    (Rule("a product of stacked parts", "[A, B]*[C; D] = A*C + B*D"), _multiplied_stacks),
    (Rule("a product with stacked parts", "A*[C, D] = [A*C, A*D]"), _row_of_stacks),
    (Rule("join and cancel equal factors", "u*u = u^2, u/u = 1"), _joined),
)

TRIVIAL = frozenset(
    [
        "a factor of one",
        "a factor of minus one",
        "terms and factors of zero",
        "the identity matrix",
        "signs in front",
    ]
)
"""Laws whose lines join into one where they follow each other."""

EXPANDED = (
    Rule("multiply out", "A*(B + C) = A*B + A*C, tr(A + B) = tr(A) + tr(B)"),
    _multiplied_out,
)
