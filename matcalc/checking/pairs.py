"""Two slips at once: one is mended or allowed for, and the other is looked for as if alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from matcalc.checking.cases import Case, Search, Slip
from matcalc.checking.derivations import slipped_derivations
from matcalc.checking.evidence import Evidence
from matcalc.checking.factors import factor_text, multiples
from matcalc.checking.mending import mended, turned_signs
from matcalc.checking.restrictions import assumed
from matcalc.checking.transpositions import (
    are,
    only_if_symmetric,
    other_layouts,
    symmetric_choices,
)
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, make, number

FACTORS = tuple([Fraction(text) for text in ("-1", "1/2", "2", "-1/2", "-2")])
"""What the whole claim may be wrong by, beside another slip."""

SHARE = 6
"""The part of a search's work that the search for a second slip may take."""

UNDER_RESTRICTIONS: tuple[Search, ...] = (multiples, other_layouts, turned_signs, mended)
TURNED: tuple[Search, ...] = (
    multiples,
    only_if_symmetric,
    turned_signs,
    slipped_derivations,
    mended,
)
BESIDE_FACTORS: tuple[Search, ...] = (only_if_symmetric, slipped_derivations, mended)


def restricted(case: Case) -> Iterator[Slip]:
    """The claim has a slip, and also is right only for symmetric matrices or special values."""
    for structures, words in _assumptions(case):
        evidence = Evidence(case.question, None, structures)
        under = case._replace(evidence=evidence, work=case.work // SHARE)
        for slip in _found(under, UNDER_RESTRICTIONS):
            yield Slip(slip.name, f"{slip.hint}; besides, it is assumed that {words}")


def turned_shapes(case: Case) -> Iterator[Slip]:
    """The claim has the transpose's shape, and another slip."""
    if case.question.claim.shape != case.question.answer.shape:
        yield from _turned(case, (multiples, only_if_symmetric, *TURNED, multiplied, restricted))


def turned(case: Case) -> Iterator[Slip]:
    """The claim is a square matrix, transposed, and has another slip."""
    if case.question.claim.shape == case.question.answer.shape:
        yield from _turned(case, TURNED)


def _turned(case: Case, searches: Sequence[Search]) -> Iterator[Slip]:
    question = case.question
    if question.flat or (len(question.claim.shape) != 2 and len(question.answer.shape) != 2):
        return
    claim = make("transpose", (question.claim,))
    if claim.shape == question.answer.shape:
        for slip in _found(about(case, claim), searches):
            yield Slip(slip.name, f"transposed; besides, {slip.hint}")


def _assumptions(case: Case) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield structures of variables that the claim may assume, and in words."""
    for names in symmetric_choices(case):
        yield dict.fromkeys(names, "symmetric"), f"{are(names)} symmetric"
    for row, node in assumed(case):
        if row.slip != "region":
            yield {node.value.name: row.structure}, row.says(node)


def multiplied(case: Case) -> Iterator[Slip]:
    """The claim has a wrong factor or sign, and another slip."""
    if case.question.claim.shape != case.question.answer.shape:
        return
    for factor in FACTORS:
        scaled = make("multiply", (number(1 / factor), case.question.claim))
        for slip in _found(about(case, scaled), BESIDE_FACTORS):
            yield Slip(slip.name, f"{_factor_text(factor)}; besides, {slip.hint}")


def _factor_text(factor: Fraction) -> str:
    """Say what the whole claim is wrong by; what else is wrong with it is said after that."""
    if factor == -1:
        return "sign error"
    return factor_text(factor).split(":")[0]


def about(case: Case, claim: Expression) -> Case:
    """Return the case of another claim."""
    question = case.question._replace(claim=claim)
    return case._replace(question=question, evidence=Evidence(question), work=case.work // SHARE)


def _found(case: Case, searches: Sequence[Search]) -> Iterator[Slip]:
    """Yield what explains a claim that is wrong all the same."""
    if not any(c.differs for c in case.evidence.comparisons):
        return
    for search in searches:
        try:
            yield from search(case)
        except MatcalcError:
            continue
