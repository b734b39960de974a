"""Terms of a sum: a coefficient, scalar powers, and a chain of matrices; and their factoring."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.expressions.nodes import Expression, make, number
from matcalc.notation.building import (
    add,
    best,
    chain,
    cost,
    hadamard,
    links,
    negate,
    split_powers,
    transpose,
)

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
    if not e.shape:
        if e.head == "number":
            return Term(coefficient * e.value, (), ())
        return Term(coefficient, ((e, _one),), ())
    parts = links(e)
    scalars = []
    for part in parts:
        if part.head == "number":
            coefficient *= part.value
        elif not part.shape:
            scalars.append((part, _one))
    return Term(coefficient, tuple(scalars), tuple([part for part in parts if part.shape]))


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
        return negate(_written(-coefficient, scalars, body))
    if body is not None and body.head == "ones" and len(body.shape) == 1 and not scalars:
        pass
    top, bottom = split_powers(scalars)
    over = coefficient.denominator
    if coefficient.numerator != 1:
        top.insert(0, number(coefficient.numerator))
    if over != 1:
        bottom.insert(0, number(over))
    below = hadamard(bottom) if bottom else None
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


def _times(scalars: Sequence[Expression], body: Expression) -> Expression:
    return make("multiply", (hadamard(list(scalars)), body)) if scalars else body


# --- sums of terms ----------------------------------------------------------------------------


def total(terms: Sequence[Term], like: Expression | None = None) -> Expression:
    """Return the sum of the terms, factored where that is shorter."""
    terms = _collected(terms)
    plain = _plain(terms)
    if len(terms) > FACTOR_LIMIT or len(terms) < 2:
        return plain
    candidates = [plain]
    common = _common_scalars(terms)
    if common is not None:
        candidates.append(common)
    for factored in _grouped(terms):
        candidates.append(factored)
    return best(*candidates)


def _collected(terms: Sequence[Term]) -> list[Term]:
    sums: dict[object, Term] = {}
    for term in terms:
        known = sums.get(term.key)
        coefficient = term.coefficient + (known.coefficient if known else 0)
        sums[term.key] = term._replace(coefficient=coefficient)
    return [term for term in sums.values() if term.coefficient != 0] or list(terms[:1])


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
        kept = tuple([(base, e) for base, e in left if e != 0])
        rest.append(Term(term.coefficient / coefficient, kept, term.body))
    inner = total(rest)
    candidates = [_written(coefficient, tuple(shared.items()), inner)]
    if coefficient != 1 and shared:
        undrawn = [term._replace(coefficient=term.coefficient * coefficient) for term in rest]
        candidates.append(_written(_one, tuple(shared.items()), total_plain(undrawn)))
    return best(*candidates)


def total_plain(terms: Sequence[Term]) -> Expression:
    """Return the sum of the terms without drawing numbers out."""
    grouped = _grouped(terms)
    return best(_plain(terms), *grouped)


def _common_coefficient(terms: Sequence[Term]) -> Fraction:
    from math import gcd, lcm

    numerator, denominator = 0, 1
    for term in terms:
        numerator = gcd(numerator, term.coefficient.numerator)
        denominator = lcm(denominator, term.coefficient.denominator)
    sign = -1 if all(term.coefficient < 0 for term in terms) else 1
    return sign * Fraction(numerator, denominator)


def _grouped(terms: Sequence[Term]) -> list[Expression]:
    """Return sums in which terms that share a first or last factor are taken together."""
    results = []
    for variants in (terms, [_reassociated(term) for term in terms]):
        for at in (-1, 0):
            for group in _shared_ends(variants, at):
                inside = [variants[k] for k in group]
                outside = [terms[k] for k in range(len(terms)) if k not in group]
                results.append(_factored(inside, outside, at))
        if all(term.key == other.key for term, other in zip(variants, terms, strict=True)):
            break
    return results


def _reassociated(term: Term) -> Term:
    """Write (a'*x)*b as b*a'*x: the scalar product as the end of the chain."""
    if len(term.body) != 1 or len(term.body[0].shape) != 1:
        return term
    for k, (scalar, exponent) in enumerate(term.scalars):
        parts = links(scalar)
        if exponent == 1 and len(parts) > 1 and parts[-1].shape and len(parts[-1].shape) == 1:
            others = term.scalars[:k] + term.scalars[k + 1 :]
            return Term(term.coefficient, others, (*term.body, *parts))
    return term


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
        joined = _joined_term(term_of(rest), (shared,), ())
    else:
        rest = total([term._replace(body=term.body[1:]) for term in inside])
        joined = _joined_term(term_of(rest), (), (shared,))
    if not outside:
        return written(joined)
    return total([joined, *outside])


def _joined_term(term: Term, after: tuple[Expression, ...], before: tuple[Expression, ...]) -> Term:
    return term._replace(body=(*before, *term.body, *after))
