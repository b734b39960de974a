"""Formulas put together the way one writes them: transposes inside, scalars in front.

Every function returns the smallest form it finds, counted in nodes of the syntax tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from weakref import WeakKeyDictionary

from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.functions import EUCLIDEAN, ROWS
from matcalc.expressions.nodes import Expression, is_diagonal, make, number, size
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder

LINEAR = frozenset(["diag", "tr", "sum", "mean", "vec"])

INSIDE_LIMIT = 200  # transposes are pushed into sums up to this size

LONGEST_CHAIN = 24  # longer products are one factor of others, so that chains grow linearly

_costs: WeakKeyDictionary[Expression, int] = WeakKeyDictionary()

_LEAF_COST = {"eye": 2, "ones": 2, "zeros": 2, "commutation": 3}


def cost(expression: Expression) -> int:
    """Return the number of nodes of the printed formula."""
    known = _costs.get(expression)
    if known is not None:
        return known
    for node in postorder([expression], lambda n: () if n in _costs else n.arguments):
        if node not in _costs:
            _costs[node] = _own_cost(node) + sum([_costs[child] for child in node.arguments])
    return _costs[expression]


def _own_cost(node: Expression) -> int:
    head = node.head
    if head == "number":
        value: Fraction = node.value
        return (1 if value.denominator == 1 else 3) + (value < 0)
    if head == "size":
        dimension: Dimension = node.value
        return 2 * len(dimension.terms) - 1
    if head in _LEAF_COST:
        return _LEAF_COST[head]
    if head == "add":
        negative = sum(is_negative(term) for term in node.arguments[1:])
        return len(node.arguments) - 1 - negative
    return 1


def best(*candidates: Expression) -> Expression:
    """Return the smallest candidate, of equal ones the first."""
    return min(candidates, key=cost)


# --- transposes -------------------------------------------------------------------------------


def transpose(e: Expression) -> Expression:
    """Return the transpose, pushed inside where that is no longer."""
    if not e.shape:
        return e
    head = e.head
    if head == "transpose":
        return e.arguments[0]
    if head == "variable" and e.value.structure:
        return e
    if head == "eye" or is_diagonal(e):
        return e
    if head == "negate":
        return negate(transpose(e.arguments[0]))
    if head == "subscript" and e.arguments[0].head == "eye" and "range" not in str(e.value):
        return make("subscript", e.arguments, e.value[::-1])
    if head in ("ones", "zeros") and len(e.shape) == 2 and e.shape[0] != ONE:
        return make(head, (), (e.shape[1], e.shape[0]))
    if head == "zeros":
        return make(head, (), (ONE, *e.shape) if len(e.shape) == 1 else e.shape[1:])
    if head == "commutation":
        return make(head, (), (e.value[1], e.value[0]))
    outside = make("transpose", (e,))
    if is_long(e):
        return outside
    inside = _transposed_inside(e)
    if inside is None or inside.shape != outside.shape:
        return outside  # of rows, some products are columns and some are matrices
    return best(inside, outside)


def _transposed_inside(e: Expression) -> Expression | None:
    head = e.head
    if head == "multiply":
        parts = links(e)
        turned = [transpose(part) for part in reversed(parts) if part.shape]
        return chain([*[part for part in parts if not part.shape], *turned])
    if head == "kron":
        return make("kron", tuple([transpose(part) for part in e.arguments]))
    if cost(e) > INSIDE_LIMIT and any(part.shape for part in e.arguments):
        return None
    if head == "divide" and not e.arguments[1].shape:
        return make("divide", (transpose(e.arguments[0]), e.arguments[1]))
    if head == "add":
        terms = [transpose(term) for term in e.arguments]
        if len({term.shape for term in terms if term.shape}) > 1:
            return None
        return add([(Fraction(1), term) for term in terms])
    if head == "matrix_power":
        return make("matrix_power", (transpose(e.arguments[0]), e.arguments[1]))
    if head == "compare" and e.value == "==":
        return make("compare", tuple(map(_turned, e.arguments)), e.value)
    if head in ("hadamard", "compare", "divide", "power") and len(e.shape) == 2:
        return make(head, tuple([transpose(part) for part in e.arguments]), e.value)
    if head == "call" and len(e.shape) == 2 and len(e.arguments) == 1 and e.value[1] is None:
        (inner,), row = e.arguments, ROWS[e.value[0], 1]
        if row.turns or row.derivatives or row.parameters[0].islower():
            return make("call", (transpose(inner),), e.value)
    if head == "call" and isinstance(e.value[1], int):
        name, axis = e.value
        return make("call", (transpose(e.arguments[0]),), (name, 1 - axis))
    if head == "stack" and len(set(e.value)) == 1:
        width = e.value[0]
        cells = [transpose(cell) for cell in e.arguments]
        turned = [cells[k] for column in range(width) for k in range(column, len(cells), width)]
        return make("stack", tuple(turned), (len(e.value),) * width)
    return None


def _chooses(call: Expression) -> bool:
    return ROWS[call.value[0], len(call.arguments)].chooses in ("largest", "smallest")


def _is_reduced(e: Expression) -> bool:
    """Tell whether this is a maximum or minimum along an axis, spread over that axis."""
    if e.head != "multiply":
        return False
    calls = [part.arguments[0] if part.head == "transpose" else part for part in e.arguments]
    return any(call.head == "call" and _chooses(call) for call in calls)


def _turned(e: Expression) -> Expression:
    """Return the transpose of a side of X == max(X): X stays as it is there, to the last bit."""
    if not e.shape:
        return e
    if _is_reduced(e):
        return make("multiply", tuple([_turned(part) for part in reversed(e.arguments)]))
    return e.arguments[0] if e.head == "transpose" else make("transpose", (e,))


def along_rows(name: str, matrix: Expression) -> Expression:
    """Return the column of a reduction of every row, which may be that of columns, transposed."""
    upright = make("call", (matrix,), (name, 1))
    turned = make("transpose", (make("call", (transpose(matrix),), (name, 0)),))
    return best(turned, upright) if matrix.head == "transpose" else best(upright, turned)


# --- products ---------------------------------------------------------------------------------


_lengths: WeakKeyDictionary[Expression, int] = WeakKeyDictionary()


def is_long(e: Expression) -> bool:
    """Tell whether a product of matrices has very many factors."""
    if e.head != "multiply" or e in _lengths:
        return _lengths.get(e, 1) > LONGEST_CHAIN

    def unknown(node: Expression) -> tuple[Expression, ...]:
        return node.arguments if node.head == "multiply" and node not in _lengths else ()

    for node in postorder([e], unknown):
        if node.head == "multiply" and node not in _lengths:
            _lengths[node] = sum([_lengths.get(part, 1) for part in node.arguments])
    return _lengths[e] > LONGEST_CHAIN


def links(e: Expression) -> list[Expression]:
    """Return the factors of a product from left to right; a scalar among them stays whole."""
    found: list[Expression] = []
    stack = [e]
    while stack:
        node = stack.pop()
        if node.head == "multiply" and (node is e or (node.shape and not is_long(node))):
            stack.extend(reversed((node.arguments[0], node.arguments[1])))
        else:
            found.append(node)
    return found


def open_links(factors: Iterable[Expression]) -> tuple[list[Expression], list[Expression]]:
    """Return the factors of factors, as links does, and the scalars that they are divided by."""
    found: list[Expression] = []
    divisors: list[Expression] = []
    stack = list(reversed(list(factors)))
    while stack:
        node = stack.pop()
        if node.head == "multiply" and node.shape and not is_long(node):
            stack += reversed(node.arguments)
        elif node.head == "divide" and node.shape and not node.arguments[1].shape:
            stack.append(node.arguments[0])
            divisors.append(node.arguments[1])
        else:
            found.append(node)
    return found, divisors


def chain(factors: Sequence[Expression]) -> Expression:
    """Return the product of matrices and vectors from left to right; powers are joined.

    A*adj(A) is det(A).
    """
    every, divisors = open_links(factors)
    scalars = [part for part in every if not part.shape]
    flat = [part for part in every if part.shape]
    parts: list[Expression] = []
    for part in flat:
        if part.head == "eye" and len(flat) > 1:
            continue
        if parts:
            determinant = _determinant(parts[-1], part)
            if determinant is not None:
                scalars.append(determinant)
                parts.pop()
                continue
            joined = _joined(parts[-1], part)
            if joined is not None:
                parts[-1] = joined
                continue
        parts.append(part)
    if not parts:
        parts = [make("eye", (), flat[0].shape[0])]
    result = parts[0]
    for part in parts[1:]:
        result = make("multiply", (result, part))
    whole = make("multiply", (hadamard(scalars), result)) if scalars else result
    return make("divide", (whole, hadamard(divisors))) if divisors else whole


def _joined(left: Expression, right: Expression) -> Expression | None:
    """Return A*A as A^2, inv(B)*inv(A) as inv(A*B), diag(u)*diag(v) as diag(u .* v)."""
    base, exponent = _power_of(left)
    diagonal = base.head == "call" and base.value[0] == "diag"
    if base is right and not diagonal and len(base.shape) == 2 and base.shape[0] == base.shape[1]:
        return make("matrix_power", (base, number(exponent + 1)))
    if left.head == right.head == "call" and left.value == right.value:
        if left.value[0] == "inv":
            return make("call", (chain([right.arguments[0], left.arguments[0]]),), left.value)
        if left.value[0] == "diag" and len(left.arguments[0].shape) == 1:
            return make("call", (hadamard([left.arguments[0], right.arguments[0]]),), left.value)
    return None


def _power_of(e: Expression) -> tuple[Expression, Fraction]:
    """Return (A, k) for A^k, and (A, 1)."""
    if e.head == "matrix_power" and e.arguments[1].head == "number" and e.arguments[1].value > 0:
        return e.arguments[0], e.arguments[1].value
    return e, Fraction(1)


def _determinant(left: Expression, right: Expression) -> Expression | None:
    """Return det(A) for A and adj(A), in either order."""
    for one, other in ((left, right), (right, left)):
        if one.head == "call" and one.value[0] == "adj" and one.arguments[0] is other:
            return make("call", (other,), ("det", None))
    return None


def hadamard(factors: Sequence[Expression]) -> Expression:
    """Return the product entry by entry."""
    result = factors[0]
    for factor in factors[1:]:
        head = "hadamard" if result.shape and factor.shape else "multiply"
        result = make(head, (result, factor))
    return result


def raised(base: Expression, exponent: Fraction) -> Expression:
    """Return base^exponent entry by entry, for exponent > 0; roots are written as roots."""
    if exponent == 1:
        return base
    norm = norm_of_square(base)
    if norm is not None:
        return raised(norm, 2 * exponent)
    if base.head == "power" and base.arguments[1].head == "number" and exponent.denominator == 1:
        return raised(base.arguments[0], base.arguments[1].value * exponent)
    if exponent.denominator == 2:
        root = make("call", (base,), ("sqrt", None))
        if exponent == Fraction(1, 2):
            return root
        if exponent.numerator == 3:
            return hadamard([base, root])
        return make("power", (root, number(exponent.numerator)))
    return make("power", (base, number(exponent)))


def norm_of_square(e: Expression) -> Expression | None:
    """Return norm2(v) if the scalar is v'*v or norm2(v)^2."""
    if e.shape:
        return None
    if e.head == "power" and e.arguments[1].head == "number" and e.arguments[1].value == 2:
        base = e.arguments[0]
        if base.head == "call" and base.value[0] in EUCLIDEAN:
            return base
    if e.head == "dot" and e.arguments[0] is e.arguments[1]:
        return make("call", (e.arguments[0],), ("norm2", None))
    if e.head == "multiply":
        left, right = e.arguments
        if len(right.shape) == 1 and left.head == "transpose" and left.arguments[0] is right:
            return make("call", (right,), ("norm2", None))
    return None


def quotient(numerator: Expression | None, denominator: Expression | None) -> Expression:
    """Return a quotient entry by entry; None stands for 1."""
    if denominator is None:
        return numerator or number(1)
    return make("divide", (numerator or number(1), denominator))


def split_powers(
    factors: Iterable[tuple[Expression, Fraction]],
) -> tuple[list[Expression], list[Expression]]:
    """Return the factors of the numerator and of the denominator, powers written out."""
    merged: dict[Expression, Fraction] = {}
    for base, exponent in factors:
        merged[base] = merged.get(base, Fraction(0)) + exponent
    merged = _without_guards(merged)
    top = [raised(base, e) for base, e in merged.items() if e > 0]
    bottom = [raised(base, -e) for base, e in merged.items() if e < 0]
    return sorted(top, key=reading_order), sorted(bottom, key=reading_order)


def _without_guards(powers: dict[Expression, Fraction]) -> dict[Expression, Fraction]:
    """Write [z > 0]*z^2 as max(0, z)^2, and [z < 0]*z as min(0, z)."""
    zero = number(0)
    for guard in [base for base in powers if base.head == "compare"]:
        sides = guard.arguments if guard.value[0] == ">" else guard.arguments[::-1]
        if guard.value not in ("<", "<=", ">", ">=") or powers[guard] <= 0:
            continue
        for name, signs in (("max", (1, -1)), ("min", (-1, 1))):
            terms = [(Fraction(c), e) for c, e in zip(signs, sides, strict=True) if e is not zero]
            guarded = add(terms)
            exponent = powers.get(guarded, Fraction(0))
            if exponent > 0 and exponent.denominator == 1:
                kept = make("call", (number(0), guarded), (name, None))
                rest = {base: e for base, e in powers.items() if base not in (guard, guarded)}
                return _without_guards({**rest, kept: exponent + rest.get(kept, 0)})
    return powers


def entrywise(factors: Iterable[tuple[Expression, Fraction]]) -> Expression | None:
    """Return the product of powers entry by entry; None for an empty one."""
    top, bottom = split_powers(factors)
    if not top and not bottom:
        return None
    over = hadamard(bottom) if bottom else None
    return quotient(hadamard(top) if top else None, over)


def reading_order(e: Expression) -> tuple[object, ...]:
    """Order factors as one writes them: numbers, sizes, names, conditions, then the rest."""
    rank = {"number": 0, "size": 1, "pi": 1, "compare": 2, "variable": 3}.get(e.head, 4)
    return (rank, cost(e) if rank == 4 else 0, _name(e))


_DIGITS = re.compile(r"\d+")


def _padded(digits: re.Match[str]) -> str:
    return digits[0].rjust(8, "0")


_names: WeakKeyDictionary[Expression, str] = WeakKeyDictionary()


def _name(e: Expression) -> str:
    """Return a text that orders formulas of equal weight the same way every time."""
    known = _names.get(e)
    if known is None:
        for node in postorder([e], lambda n: () if n in _names else n.arguments):
            if node not in _names:
                own = node.value.name if node.head == "variable" else str(node.value)
                own = _DIGITS.sub(_padded, own)  # x2 before x10
                inner = ",".join([_names[child] for child in node.arguments])
                if len(inner) > 60:
                    inner = inner[:60]
                _names[node] = f"{own}({inner})" if inner else own
        known = _names[e]
    return known


# --- sums -------------------------------------------------------------------------------------


def negate(e: Expression) -> Expression:
    """Return -e with the sign where it shows least."""
    if e.head == "negate":
        return e.arguments[0]
    if e.head == "number":
        return number(-e.value)
    if e.head == "add" and any(is_negative(term) for term in e.arguments):
        return add([(Fraction(-1), term) for term in e.arguments])
    if e.head == "stack" and any(is_negative(cell) for cell in e.arguments):
        return make("stack", tuple([negate(cell) for cell in e.arguments]), e.value)
    return make("negate", (e,))


def is_negative(e: Expression) -> bool:
    """Tell whether a term is written with a minus sign."""
    return e.head == "negate" or (e.head == "number" and e.value < 0)


def turned_difference(e: Expression) -> Expression | None:
    """Return -e if e is a difference, or a product with one in it, so that no sign is left."""
    if e.head == "add":
        return negate(e) if any(is_negative(term) for term in e.arguments) else None
    if e.head == "transpose":
        inner = turned_difference(e.arguments[0])
        return None if inner is None else transpose(inner)
    if e.head == "call" and e.value[0] in LINEAR:
        inner = turned_difference(e.arguments[0])
        return None if inner is None else make("call", (inner,), e.value)
    if e.head in ("hadamard", "multiply", "dot", "divide"):
        for side in (0, 1):
            turned = turned_difference(e.arguments[side])
            if turned is not None:
                arguments = (turned, e.arguments[1]) if side == 0 else (e.arguments[0], turned)
                return make(e.head, arguments)
    return None


def turned_everywhere(e: Expression) -> Expression | None:
    """Return -e if every term of the sum e has one difference as a factor, which is turned."""
    if e.head != "add" or cost(e) > INSIDE_LIMIT:
        return None
    first = postorder([e.arguments[0]], lambda node: node.arguments)
    for target in first:
        if target.head == "add" and any(map(is_negative, target.arguments)):
            turned = _turned_in(e, target)
            if turned is not None:
                return turned
    return None


def _turned_in(e: Expression, target: Expression) -> Expression | None:
    """Return -e with the target's sign turned in each term, where e is linear in it."""
    if e is target:
        return negate(e)
    if e.head == "add":
        terms = [_turned_in(term, target) for term in e.arguments]
        return None if None in terms else add([(Fraction(1), t) for t in terms if t is not None])
    linear = e.head in ("transpose", "negate") or (e.head == "call" and e.value[0] in LINEAR)
    sides = range(len(e.arguments)) if e.head in ("hadamard", "multiply", "dot") else ()
    for side in (0,) if linear or e.head == "divide" else sides:
        turned = _turned_in(e.arguments[side], target)
        if turned is not None:
            arguments = (*e.arguments[:side], turned, *e.arguments[side + 1 :])
            return make(e.head, arguments, e.value)
    return None


def scaled(coefficient: Fraction, e: Expression) -> Expression:
    """Return coefficient * e."""
    if coefficient == 1:
        return e
    if coefficient < 0:
        return negate(scaled(-coefficient, e))
    if e.head == "number":
        return number(coefficient * e.value)
    if e.head == "divide" and (coefficient.denominator == 1 or not e.arguments[1].shape):
        above, below = e.arguments  # 2*a/b, not 2*(a/b)
        below = scaled(Fraction(coefficient.denominator), below)
        return make("divide", (scaled(Fraction(coefficient.numerator), above), below))
    if e.head == "multiply" and e.arguments[0].head == "divide" and not e.arguments[0].shape:
        return make("multiply", (scaled(coefficient, e.arguments[0]), e.arguments[1]))
    if coefficient.numerator == 1:
        return make("divide", (e, number(coefficient.denominator)))
    return make("multiply", (number(coefficient), e))


def add(terms: Sequence[tuple[Fraction, Expression]]) -> Expression:
    """Return the sum of coefficient * term, like terms collected, the positive ones first."""
    shape = next((term.shape for _, term in terms if term.shape), ())
    collected: dict[Expression, Fraction] = {}
    pending = list(reversed(terms))
    while pending:
        coefficient, term = pending.pop()
        value, term = _split_number(term)
        coefficient *= value
        if term.head == "add" and abs(coefficient) == 1:
            pending.extend((coefficient, part) for part in reversed(term.arguments))
            continue
        collected[term] = collected.get(term, Fraction(0)) + coefficient
    parts = [(c, t) for t, c in collected.items() if c != 0]
    if not parts:
        return make("zeros", (), shape) if shape else number(0)
    if shape and not any(t.shape for _, t in parts):  # scalars that were expanded
        return _times_ones(add(parts), shape)
    if any(t.shape and t.head != "ones" for _, t in parts):  # ones expand by themselves
        parts = [(c, number(1) if t.head == "ones" else t) for c, t in parts]
    parts = _with_complements(parts)
    parts.sort(key=lambda part: _term_order(*part))
    written = [scaled(c, t) for c, t in parts]
    if written[0].head == "negate":
        turned = turned_difference(written[0].arguments[0])
        written[0] = written[0] if turned is None else turned
    return written[0] if len(written) == 1 else make("add", tuple(written))


def _times_ones(scalar: Expression, shape: Shape) -> Expression:
    ones = make("ones", (), shape)
    return ones if scalar is number(1) else make("multiply", (scalar, ones))


def _split_number(term: Expression) -> tuple[Fraction, Expression]:
    """Return (c, e) for the term c*e, where c is a whole number before it, or its sign."""
    if term.head == "negate":
        value, rest = _split_number(term.arguments[0])
        return -value, rest
    if term.head == "number" and term.value != 0:
        return term.value, number(1)
    if term.head == "multiply" and term.arguments[0].head == "number":
        return term.arguments[0].value, term.arguments[1]
    if term.head == "multiply" and term.arguments[0].head == "divide":
        value, ratio = _split_number(term.arguments[0])
        return value, make("multiply", (ratio, term.arguments[1]))
    if term.head == "divide":
        above, below = term.arguments
        value, rest = _split_number(above)
        return value, make("divide", (rest, below))
    return Fraction(1), term


def _with_complements(
    parts: list[tuple[Fraction, Expression]],
) -> list[tuple[Fraction, Expression]]:
    """Write 1 - sigmoid(-u) as sigmoid(u)."""
    one = next((c for c, t in parts if t.head == "number" and t.value == 1), None)
    if one is None:
        return parts
    for c, t in parts:
        if c == -one and t.head == "call" and t.value[0] == "sigmoid":
            turned = negate(t.arguments[0])
            if cost(turned) < cost(t.arguments[0]):
                rest = [(k, p) for k, p in parts if p is not t and p is not number(1)]
                return [*rest, (one, make("call", (turned,), t.value))]
    return parts


def _term_order(coefficient: Fraction, term: Expression) -> tuple[object, ...]:
    constant = term.head in ("number", "size", "eye", "ones")
    upright = term.arguments[0] if term.head == "transpose" else term
    return (coefficient < 0, constant, -cost(upright), upright is not term, _name(term))


def column_of_identity(dimension: Dimension, position: Dimension) -> Expression:
    """Return the unit vector eye(n)[:,k]; the position counts from 0."""
    eye = make("eye", (), dimension)
    return make("subscript", (eye, size(position + ONE)), ("all", "entry"))
