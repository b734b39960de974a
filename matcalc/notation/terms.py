"""Terms of a sum: a coefficient, scalar powers, and a chain of matrices; and their factoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import gcd, lcm
from typing import NamedTuple

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.nodes import Expression, is_diagonal, make, number
from matcalc.expressions.relations import RELATIONS
from matcalc.notation.building import (
    add,
    best,
    chain,
    cost,
    entrywise,
    hadamard,
    is_long,
    is_negative,
    links,
    negate,
    open_links,
    split_powers,
    transpose,
    turned_difference,
    turned_everywhere,
)
from matcalc.notation.functions import guard_and_branch

FACTOR_LIMIT = 40  # sums of more terms are printed term by term

_one = Fraction(1)

Scalars = tuple[tuple[Expression, Fraction], ...]


class Term(NamedTuple):
    """coefficient * product of scalars * product of the chain; an empty chain is a scalar."""

    coefficient: Fraction
    scalars: Scalars
    body: tuple[Expression, ...]

    @property
    def key(self) -> tuple[Scalars, tuple[Expression, ...]]:
        return self.scalars, self.body


def term_of(e: Expression) -> Term:
    """Return a formula as a term."""
    coefficient = _one
    while e.head == "negate":
        coefficient, e = -coefficient, e.arguments[0]
    factors, divisors = open_links([e])
    body = tuple([part for part in factors if part.shape])
    scalars = []
    parts = [(part, _one) for part in factors if not part.shape]
    parts += [(part, -_one) for part in divisors]
    for value, base, exponent in scalar_factors(parts):
        coefficient *= value
        if base is not None:
            scalars.append((base, exponent))
    return Term(coefficient, tuple(merged(scalars).items()), body)


def scalar_factors(
    factors: Sequence[tuple[Expression, Fraction]],
) -> list[tuple[Fraction, Expression | None, Fraction]]:
    """Return (number, base, exponent) for the factors of products and quotients of scalars."""
    found: list[tuple[Fraction, Expression | None, Fraction]] = []
    stack = list(reversed(factors))
    while stack:
        e, exponent = stack.pop()
        if e.head == "number" and exponent.denominator == 1 and (e.value != 0 or exponent > 0):
            found.append((e.value ** int(exponent), None, exponent))
        elif exponent.denominator != 1:
            found.append((_one, e, exponent))
        elif e.head == "negate":
            found.append((Fraction(-1) ** int(exponent), None, exponent))
            stack.append((e.arguments[0], exponent))
        elif e.head == "divide":
            stack += [(e.arguments[1], -exponent), (e.arguments[0], exponent)]
        elif e.head == "multiply" and not any(a.shape for a in e.arguments) and not is_long(e):
            stack += [(e.arguments[1], exponent), (e.arguments[0], exponent)]
        else:
            found.append((_one, e, exponent))
    return found


def transposed(term: Term) -> Term:
    """Return the transpose of a term."""
    if not term.body:
        return term
    turned = transpose(chain(term.body))
    return term._replace(body=tuple(links(turned)))


def written(term: Term) -> Expression:
    """Return the term as a formula: number, scalars, chain, and what it is divided by."""
    body = chain(term.body) if term.body else None
    return _written(term.coefficient, term.scalars, body)


def _written(coefficient: Fraction, scalars: Scalars, body: Expression | None) -> Expression:
    if coefficient < 0:
        return _negative(-coefficient, scalars, body)
    inside = _distributed(coefficient, scalars, body)
    outside = _in_front(coefficient, scalars, body)
    if inside is None:
        return outside
    return best(inside, outside) if inside.head == "stack" else best(outside, inside)


def _negative(coefficient: Fraction, scalars: Scalars, body: Expression | None) -> Expression:
    """Write -2*(y - p) as 2*(p - y), where a factor is a difference; else a sign in front."""
    for k, (base, exponent) in enumerate(scalars):
        if exponent.denominator == 1 and exponent.numerator % 2 == 1:
            turned = None if _has_mirrored_differences(base) else turned_difference(base)
            if turned is not None:
                scalars = (*scalars[:k], (turned, exponent), *scalars[k + 1 :])
                return _written(coefficient, scalars, body)
    turned = None if body is None or _has_mirrored_differences(body) else turned_difference(body)
    if turned is None and body is not None:
        turned = turned_everywhere(body)
    if turned is not None:
        return _written(coefficient, scalars, turned)
    return negate(_written(coefficient, scalars, body))


def _has_mirrored_differences(body: Expression) -> bool:
    """Tell whether a difference is there twice: -(x - y)*(x - y)' is best left so."""
    differences = [part for part in links(body) if turned_difference(part) is not None]
    return any(transpose(one) is other for one, other in combinations(differences, 2))


def _distributed(
    coefficient: Fraction, scalars: Scalars, body: Expression | None
) -> Expression | None:
    """Multiply out 9*(2*x + 1), 2*[1; 4*y] and z*diag(1/x); None where there is nothing to."""
    if body is None and len(scalars) == 1:
        ((base, exponent),) = scalars
        if exponent == 1:
            scalars, body = (), base
    if body is None or (coefficient == 1 and not scalars):
        return None
    if is_diagonal(body):
        vector = _written(coefficient, scalars, body.arguments[0])
        return make("call", (vector,), body.value)
    if scalars or len(body.arguments) > FACTOR_LIMIT:
        return None
    if body.head == "add":
        return add([(coefficient, part) for part in body.arguments])
    if body.head == "stack":
        cells = []
        for cell in body.arguments:
            term = term_of(cell)
            cells.append(written(term._replace(coefficient=term.coefficient * coefficient)))
        return make("stack", tuple(cells), body.value)
    return None


def _in_front(coefficient: Fraction, scalars: Scalars, body: Expression | None) -> Expression:
    top, bottom = split_powers(scalars)
    over = coefficient.denominator
    if coefficient.numerator != 1:
        top.insert(0, number(coefficient.numerator))
    if over != 1:
        bottom.insert(0, number(over))
    below = hadamard(bottom) if bottom else None
    if not top and body is not None and below is not None and _same_powers(body, below):
        ratio = make("divide", (body.arguments[0], below.arguments[0]))  # x^2/c^2 is (x/c)^2
        return make("power", (ratio, below.arguments[1]))
    if body is None:
        above = hadamard(top) if top else number(1)
        return make("divide", (above, below)) if below is not None else above
    if below is None:
        return _times(top, body)
    front = make("divide", (hadamard(top) if top else number(1), below))
    if top and (cost(below) <= 3 or len(bottom) == 1):
        # 2/N*X'*e, but X'*e/N
        return make("multiply", (front, body))
    return make("divide", (_times(top, body), below))


def _same_powers(above: Expression, below: Expression) -> bool:
    if not above.head == below.head == "power":
        return False
    exponent = below.arguments[1]
    whole = exponent.head == "number" and exponent.value.denominator == 1
    return whole and above.arguments[1] is exponent


def _times(scalars: Sequence[Expression], body: Expression) -> Expression:
    if scalars and body.head == "divide" and body.arguments[0] is number(1):
        return make("divide", (hadamard(list(scalars)), body.arguments[1]))
    if scalars and body.head == "divide" and not body.arguments[1].shape:
        return make("divide", (_times(scalars, body.arguments[0]), body.arguments[1]))
    return make("multiply", (hadamard(list(scalars)), body)) if scalars else body


# --- sums of terms ----------------------------------------------------------------------------


def total(terms: Sequence[Term]) -> Expression:
    """Return the sum of the terms, factored where that is shorter."""
    shape = next((chain(term.body).shape for term in terms if term.body), ())
    if not (kept := _collected(terms)):
        return make("zeros", (), shape) if shape else number(0)
    if shape and not any(term.body for term in kept):  # scalars that were expanded
        kept = [term._replace(body=(make("ones", (), shape),)) for term in kept]
    terms = kept
    if len(terms) > FACTOR_LIMIT or len(terms) < 2:
        return _plain(terms)
    return _factored_total(tuple(terms))


@lru_cache(maxsize=2048)  # ways of factoring meet in the same smaller sums
def _factored_total(terms: tuple[Term, ...]) -> Expression:
    plain = _plain(terms)
    gathered = _between_common_ends(terms)
    if gathered is not None:
        return best(gathered, plain)
    candidates = [plain]
    for common in (_common_scalars(terms), _common_entries(terms)):
        if common is not None:
            candidates.append(common)
    candidates += _grouped(terms)
    candidates += _by_cases(terms)
    candidates += _one_diagonal(terms)
    gathered = _between_common_ends(_powers_opened(terms))
    if gathered is not None:
        candidates.append(gathered)
    return best(*candidates)


def _one_diagonal(terms: Sequence[Term]) -> list[Expression]:
    """Write diag(a) - diag(b) as diag(a - b)."""
    diagonals = [term for term in terms if len(term.body) == 1 and is_diagonal(term.body[0])]
    if len(diagonals) < 2:
        return []
    vectors = [term._replace(body=term.body[0].arguments) for term in diagonals]
    joined = make("call", (total(vectors),), diagonals[0].body[0].value)
    rest = [term for term in terms if term not in diagonals]
    return [total([term_of(joined), *rest])]


def _between_common_ends(terms: Sequence[Term]) -> Expression | None:
    """Draw out the first and last factors that all terms share."""
    before, after = _common_ends(terms)
    if not before and not after:
        return None
    cut = [t._replace(body=t.body[before : len(t.body) - after]) for t in terms]
    first = terms[0].body
    inner = _signed_term(total(cut))
    return written(_joined_term(inner, first[len(first) - after :], first[:before]))


def _signed_term(e: Expression) -> Term:
    """Return a formula as a term, -A - B as -(A + B)."""
    if e.head == "add" and all(map(is_negative, e.arguments)):
        term = term_of(negate(e))
        return term._replace(coefficient=-term.coefficient)
    return term_of(e)


def _collected(terms: Sequence[Term]) -> list[Term]:
    sums: dict[object, Term] = {}
    for term in terms:
        known = sums.get(term.key)
        coefficient = term.coefficient + (known.coefficient if known else 0)
        sums[term.key] = term._replace(coefficient=coefficient)
    return [term for term in sums.values() if term.coefficient != 0]


def _plain(terms: Sequence[Term]) -> Expression:
    parts = [(term.coefficient, written(term._replace(coefficient=_one))) for term in terms]
    return add(parts)


def _common_scalars(terms: Sequence[Term]) -> Expression | None:
    """Draw out the scalars and the rational factor that all terms share."""
    shared = dict(terms[0].scalars)
    for term in terms[1:]:
        own = dict(term.scalars)
        shared = {
            base: min(e, own[base], key=abs)
            for base, e in shared.items()
            if base in own and (own[base] > 0) == (e > 0)
        }
    coefficient = _common_coefficient(terms)
    if not shared and coefficient == 1:
        return None
    rest = []
    for term in terms:
        left = [(base, e - shared.get(base, 0)) for base, e in term.scalars]
        value, kept = _cancelled(left)
        rest.append(Term(value * term.coefficient / coefficient, kept, term.body))
    inner = total(rest)
    candidates = [_written(coefficient, tuple(shared.items()), inner)]
    if coefficient < 0:
        # -(a - b)*c - (d - e)*f is (b - a)*c + (e - d)*f
        turned = [turned_difference(written(term)) for term in rest]
        if None not in turned:
            flipped = add([(_one, term) for term in turned if term is not None])
            candidates.append(_written(-coefficient, tuple(shared.items()), flipped))
    if coefficient != 1 and shared:
        undrawn = [term._replace(coefficient=term.coefficient * coefficient) for term in rest]
        candidates.append(_written(_one, tuple(shared.items()), total_plain(undrawn)))
    return best(*candidates)


def _cancelled(powers: Sequence[tuple[Expression, Fraction]]) -> tuple[Fraction, Scalars]:
    """Open powers of products, as q/(p*q), and cancel what is above and below."""
    coefficient = _one
    opened = []
    for value, base, exponent in scalar_factors([(base, e) for base, e in powers if e != 0]):
        coefficient *= value
        if base is not None:
            opened.append((base, exponent))
    return coefficient, tuple([(base, e) for base, e in merged(opened).items() if e != 0])


def _common_entries(terms: Sequence[Term]) -> Expression | None:
    """Draw out what all terms multiply by entry by entry: s .* (g - g'*s)."""
    parts = []
    for term in terms:
        factors = _entry_factors_of_chain(term.body)
        if factors is None:
            return None
        parts.append(merged(factors))
    shared = {
        base: min(part.get(base, Fraction(0)) for part in parts)
        for base in parts[0]
        if base.shape and all(part.get(base, 0) > 0 for part in parts)
    }
    if not shared:
        return None
    rest = []
    for term, part in zip(terms, parts, strict=True):
        kept = [(base, e - shared.get(base, 0)) for base, e in part.items()]
        column = entrywise([(base, e) for base, e in kept if e != 0])
        rest.append(term._replace(body=() if column is None else (column,)))
    if not any(term.body for term in rest):
        return None
    common = entrywise(shared.items())
    return None if common is None else make("hadamard", (common, total(rest)))


def _entry_factors_of_chain(
    body: tuple[Expression, ...],
) -> list[tuple[Expression, Fraction]] | None:
    """Return what is multiplied entry by entry, in diag(v)*A the matrix v*ones(n)' and A."""
    if len(body) == 1:
        return entry_factors(body[0])
    if len(body) != 2 or any(len(part.shape) != 2 for part in body):
        return None
    for k, part in enumerate(body):
        if part.head == "call" and part.value[0] == "diag" and part.arguments[0].head != "eye":
            matrix, vector = body[1 - k], part.arguments[0]
            if k == 0:
                wide = [vector, transpose(make("ones", (), matrix.shape[1:]))]
            else:
                wide = [make("ones", (), matrix.shape[:1]), transpose(vector)]
            return [(chain(wide), _one), *entry_factors(matrix)]
    return None


def merged(powers: Iterable[tuple[Expression, Fraction]]) -> dict[Expression, Fraction]:
    """Return the powers by their bases, the exponents of equal ones added."""
    total: dict[Expression, Fraction] = {}
    for base, exponent in powers:
        total[base] = total.get(base, Fraction(0)) + exponent
    return total


def entry_factors(e: Expression) -> list[tuple[Expression, Fraction]]:
    """Return the factors of a product and quotient entry by entry, with their exponents."""
    found: list[tuple[Expression, Fraction]] = []
    stack = [(e, _one)]
    while stack:
        node, exponent = stack.pop()
        if node.head == "hadamard":
            stack += [(node.arguments[1], exponent), (node.arguments[0], exponent)]
        elif node.head == "divide" and node.arguments[1].shape:
            stack += [(node.arguments[1], -exponent), (node.arguments[0], exponent)]
        elif node.head == "power" and node.arguments[1].head == "number":
            found.append((node.arguments[0], exponent * node.arguments[1].value))
        elif node is not number(1):
            found.append((node, exponent))
    return found


def total_plain(terms: Sequence[Term]) -> Expression:
    """Return the sum of the terms without drawing numbers out."""
    grouped = _grouped(terms)
    return best(_plain(terms), *grouped)


def _common_coefficient(terms: Sequence[Term]) -> Fraction:
    numerator, denominator = 0, 1
    for term in terms:
        numerator = gcd(numerator, term.coefficient.numerator)
        denominator = lcm(denominator, term.coefficient.denominator)
    sign = -1 if all(term.coefficient < 0 for term in terms) else 1
    return sign * Fraction(numerator, denominator)


def _grouped(terms: Sequence[Term]) -> list[Expression]:
    """Return sums in which terms that share a first or last factor are taken together."""
    results = [_same_body(terms, group) for group in _equal_bodies(terms)]
    forms: list[Sequence[Term]] = [terms]
    for turn in (False, True):
        form = [_reassociated(term, turn) for term in terms]
        # a'*x*b + b'*x*a, where every term is written so; else numbers stay numbers
        if all(new is not old for new, old in zip(form, terms, strict=True)):
            forms.append(form)
    opened = _sums_opened(terms)
    if opened != list(terms):
        forms.append(opened)
    for variants in forms:
        for at in (-1, 0):
            for group in _shared_ends(variants, at):
                inside = [variants[k] for k in group]
                outside = [terms[k] for k in range(len(terms)) if k not in group]
                results.append(_factored(inside, outside, at))
    return results + _linear_forms(terms)


def _linear_forms(terms: Sequence[Term]) -> list[Expression]:
    """Write x'*a + x'*b as x'*(a + b), and tr(A*B) + tr(A*C) as tr(A*(B + C))."""
    groups: dict[tuple[str, Expression], dict[int, Term]] = {}
    for k, term in enumerate(terms):
        if term.body:
            return []
        for position, (base, exponent) in enumerate(term.scalars):
            if exponent == 1:
                others = term.scalars[:position] + term.scalars[position + 1 :]
                for head, first, rest in _openings(base):
                    inner = Term(term.coefficient, others, tuple(rest))
                    groups.setdefault((head, first), {})[k] = inner
    results = []
    for (head, first), group in groups.items():
        if len(group) > 1:
            whole = total(list(group.values()))
            outside = [term for k, term in enumerate(terms) if k not in group]
            if whole.head == "zeros":
                results.append(total(outside) if outside else number(0))
                continue
            inner = term_of(whole)
            form = _linear_form(head, first, inner.body)
            joined = Term(inner.coefficient, (*inner.scalars, (form, _one)), ())
            results.append(total([joined, *outside]))
    return results


def _openings(scalar: Expression) -> Iterator[tuple[str, Expression, list[Expression]]]:
    """Yield (form, factor, the other factors) of an inner product or the trace of a product."""
    if scalar.head == "dot":
        left, right = scalar.arguments
        yield "dot", left, [right]
        yield "dot", right, [left]
    elif scalar.head == "call" and scalar.value[0] == "tr":
        for trace in (scalar.arguments[0], transpose(scalar.arguments[0])):
            parts = links(trace)
            if len(parts) > 1 and all(part.shape for part in parts):
                for k, part in enumerate(parts):
                    yield "tr", part, parts[k + 1 :] + parts[:k]
    elif scalar.head == "multiply" and scalar.arguments[1].shape:
        for product in (scalar, transposed_scalar(scalar)):
            first, *rest = links(product)
            yield "multiply", first, rest


def _linear_form(head: str, first: Expression, rest: tuple[Expression, ...]) -> Expression:
    if head == "dot":
        return make("dot", (first, chain(rest)))
    if head == "tr" and [part.head for part in rest] == ["ones"]:
        return make("call", (first,), ("sum", None))
    product = chain([first, *rest])
    return make("call", (product,), ("tr", None)) if head == "tr" else product


def _sums_opened(terms: Sequence[Term]) -> list[Term]:
    """Write sum(A, axis=1) as A*ones(n), which ends in a vector as A*x does."""
    opened = []
    for term in terms:
        *rest, last = term.body or (None,)
        upright = last.arguments[0] if last is not None and last.head == "transpose" else last
        if upright is not None and upright.head == "call" and upright.value[0] == "sum":
            (matrix,) = upright.arguments
            if upright.value[1] == 1 and upright is last:
                term = term._replace(body=(*rest, *links(matrix), _ones(matrix.shape[1])))
            elif upright.value[1] == 0 and upright is not last:
                turned = transpose(matrix)
                term = term._replace(body=(*rest, *links(turned), _ones(matrix.shape[0])))
        opened.append(term)
    return opened


def _powers_opened(terms: Sequence[Term]) -> list[Term]:
    """Write A^2 as A*A, which begins and ends in A."""
    opened = []
    for term in terms:
        body: list[Expression] = []
        for part in term.body:
            exponent = part.arguments[1] if part.head == "matrix_power" else None
            small = exponent is not None and exponent.head == "number" and 2 <= exponent.value <= 4
            body += [part.arguments[0]] * int(exponent.value) if exponent and small else [part]
        opened.append(term._replace(body=tuple(body)) if len(body) > len(term.body) else term)
    return opened


def _ones(length: Dimension) -> Expression:
    return make("ones", (), (length,))


def _by_cases(terms: Sequence[Term]) -> list[Expression]:
    """Write [c]*a + [not c]*b as where(c, a, b)."""
    guarded: dict[Expression, dict[int, Term]] = {}
    for k, term in enumerate(terms):
        for condition, rest in _guards(term):
            guarded.setdefault(condition, {})[k] = rest
    results = []
    for condition, then in guarded.items():
        left, right = condition.arguments
        opposite = RELATIONS[condition.value].opposite
        turned = make("compare", (left, right), opposite)
        otherwise = guarded.get(turned) or guarded.get(
            make("compare", (right, left), RELATIONS[opposite].mirrored), {}
        )
        if otherwise and min(then) < min(otherwise) and not then.keys() & otherwise.keys():
            branches = [total(list(branch.values())) for branch in (then, otherwise)]
            one, other = branches
            chosen = term_of(
                one if one is other else make("call", (condition, one, other), ("where", None))
            )
            others = [t for k, t in enumerate(terms) if k not in then and k not in otherwise]
            results.append(total([chosen, *others]))
    return results


def _guards(term: Term) -> Iterator[tuple[Expression, Term]]:
    """Yield each condition that multiplies the term, and the term without it."""
    for base, exponent in term.scalars:
        condition, branch = _guarded(base)
        if condition is not None and exponent == 1:
            kept = tuple([(other, e) for other, e in term.scalars if other is not base])
            yield condition, term._replace(scalars=(*kept, *branch))
    if len(term.body) == 1:
        factors = entry_factors(term.body[0])
        for base, exponent in factors:
            condition, branch = _guarded(base)
            if condition is not None and condition.shape and exponent == 1:
                kept = tuple([(other, e) for other, e in factors if other is not base])
                column = entrywise((*kept, *branch))
                yield condition, term._replace(body=() if column is None else (column,))


def _guarded(
    base: Expression,
) -> tuple[Expression | None, tuple[tuple[Expression, Fraction], ...]]:
    """Return the condition and what it multiplies of [c] and of where([c], f, 0), else None."""
    if base.head == "compare":
        return base, ()
    condition, branch = guard_and_branch(base) or (None, None)
    if condition is None or branch is None or condition.head != "compare":
        return None, ()
    return condition, ((branch, _one),)


def _reassociated(term: Term, turn: bool) -> Term:
    """Write (a'*x)*b as b*a'*x, or turned as b*x'*a: the scalar as the end of the chain."""
    if len(term.body) != 1 or len(term.body[0].shape) != 1:
        return term
    for k, (scalar, exponent) in enumerate(term.scalars):
        parts = links(transposed_scalar(scalar) if turn else scalar)
        if exponent == 1 and len(parts) > 1 and len(parts[-1].shape) == 1 and parts[0].shape:
            others = term.scalars[:k] + term.scalars[k + 1 :]
            return Term(term.coefficient, others, (*term.body, *parts))
    return term


def transposed_scalar(scalar: Expression) -> Expression:
    """Return x'*A'*a for a'*A*x."""
    if not any(part.shape for part in links(scalar)):
        return scalar
    return chain([transpose(part) for part in reversed(links(scalar))])


def _equal_bodies(terms: Sequence[Term]) -> list[list[int]]:
    groups: dict[tuple[Expression, ...], list[int]] = {}
    for k, term in enumerate(terms):
        if term.body:
            groups.setdefault(term.body, []).append(k)
    return [group for group in groups.values() if len(group) > 1]


def _same_body(terms: Sequence[Term], group: Sequence[int]) -> Expression:
    """Write a*x + b*x as (a + b)*x."""
    front = term_of(total([terms[k]._replace(body=()) for k in group]))
    joined = front._replace(body=terms[group[0]].body)
    rest = [term for k, term in enumerate(terms) if k not in group]
    return total([joined, *rest]) if rest else written(joined)


def _common_ends(terms: Sequence[Term]) -> tuple[int, int]:
    """Return how many first and last factors all terms share, leaving each at least one."""
    shortest = min(len(term.body) for term in terms) - 1
    before = after = 0
    while before < shortest and len({term.body[before] for term in terms}) == 1:
        before += 1
    while before + after < shortest and len({t.body[-1 - after] for t in terms}) == 1:
        after += 1
    return before, after


def _shared_ends(terms: Sequence[Term], at: int) -> list[list[int]]:
    groups: dict[Expression, list[int]] = {}
    for k, term in enumerate(terms):
        if len(term.body) > 1:
            groups.setdefault(term.body[at], []).append(k)
    return [group for group in groups.values() if len(group) > 1]


def _factored(inside: Sequence[Term], outside: Sequence[Term], at: int) -> Expression:
    shared = inside[0].body[at]
    if at == -1:
        rest = total([term._replace(body=term.body[:-1]) for term in inside])
        # (A - B)*x: sign and scalars of the inner sum stay in front
        joined = _joined_term(_signed_term(rest), (shared,), ())
    else:
        rest = total([term._replace(body=term.body[1:]) for term in inside])
        joined = _joined_term(_signed_term(rest), (), (shared,))
    if not outside:
        return written(joined)
    return total([joined, *outside])


def _joined_term(term: Term, after: tuple[Expression, ...], before: tuple[Expression, ...]) -> Term:
    return term._replace(body=(*before, *term.body, *after))
