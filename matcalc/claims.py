"""Check a derivative that someone worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from matcalc.asking.answers import Answer
from matcalc.asking.readings import text_of
from matcalc.asking.targets import name_in, parse_target
from matcalc.calculus.layouts import LAYOUTS, arrangement
from matcalc.checking.answering import verdict_of
from matcalc.checking.misfits import mended_texts
from matcalc.checking.verdicts import Verdict
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import entries
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.records import replace
from matcalc.syntax.declarations import Declaration, ValueKind, parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer_several
from matcalc.syntax.tree import Span

_IN_CLAIM = "in the claim, "
MOST_MENDED = 6
"""So many readings of a claim whose shapes do not fit are tried."""

UNTOLD = ("", "shape", "size", "variable", "undefined", "kink")
"""Slips that do not tell what a claim was meant to be."""

LIMIT = 20.0
"""Seconds after which a verdict is given up as undecided, by default."""


def verdict_on(answer: Answer, claim: str, seed: int = 0, limit: float = LIMIT) -> Verdict:
    """Return the verdict on the claim that a derivative is what this text says.

    The claim may be a program, and may use what a program names. Raises MatcalcError for what
    cannot be read.
    """
    try:
        claimed, others = _read_claim(answer, claim)
    except MatcalcError as error:
        return _misfit(answer, claim, error, seed, limit)
    return verdict_of(answer, claimed, others, seed, limit)


def _misfit(answer: Answer, claim: str, error: MatcalcError, seed: int, limit: float) -> Verdict:
    """Refute a claim whose shapes do not fit if it is known what was meant; else raise.

    What was meant is right, or has another slip that is known.
    """

    def refused(text: str) -> MatcalcError | None:
        try:
            _read_claim(answer, text)
        except MatcalcError as again:
            return again
        return None

    likely = None
    names = list(answer.formula.inferred.variables)
    for mended in islice(mended_texts(claim, error, names, refused), MOST_MENDED):
        verdict = verdict_of(answer, *_read_claim(answer, mended.text), seed, limit)
        if verdict.ok:
            hint = f"{mended.hint}; {mended.text} would be right"
            likely = replace(verdict, slip=mended.slip, hint=hint)
            break
        if likely is None and verdict.slip not in UNTOLD:
            hint = f"{mended.hint}; besides, {verdict.hint}"
            likely = replace(verdict, slip=mended.slip, hint=hint)
    if likely is None:
        raise error
    reason = f"the claim's shapes do not fit: {error.message.removeprefix(_IN_CLAIM)}"
    return replace(
        likely, verdict="refuted", reason=reason, method="shapes", bound="", counterexample=None
    )


def _read_claim(answer: Answer, claim: str) -> tuple[Expression, dict[str, Expression]]:
    """Return the claim, and what names of the formula's program stand for."""
    if not text_of(claim, "a claim").strip():
        raise MatcalcError("E801", "the claim is missing", hint='claim="2*x"')
    formula = answer.formula
    known = formula.inferred
    declarations = parse_declarations(formula.where)
    wrt = answer.target.text
    target = parse_target(wrt, declarations, formula.text)
    tree = parse_formula(formula.text, declarations, (name_in(target),))
    declared = [d for d in declarations if not isinstance(d.kind, ValueKind)]
    nowhere = Span(0, 0)
    for name, node in known.variables.items():
        kind = ValueKind(node.shape, node.value.structure)
        declared.append(Declaration(name, kind, nowhere))
    names = list(tree.value) if tree.kind == "program" else []  # type: ignore[call-overload]
    try:
        trees = [(tree, formula.text), (target, wrt)]
        trees += [(parse_formula(name), name) for name in names]
        place = len(trees)
        trees.append((parse_formula(claim, declared, like=formula.text), claim))
        shapes = expected_shapes(answer)
        inferred = infer_several(trees, declared, (), {place: lambda given: shapes})
    except MatcalcError as error:
        raise _in_claim(error, claim) from None
    _refuse_foreign(inferred, known, claim)
    parts = dict(zip(names, inferred.others[1:], strict=False))
    return inferred.others[-1], parts


def _in_claim(error: MatcalcError, claim: str) -> MatcalcError:
    if error.source != claim:
        return error
    return MatcalcError(
        error.code, f"{_IN_CLAIM}{error.message}", hint=error.hint, source=claim,
        line=error.line, column=error.column, length=error.length,
    )  # fmt: skip


def _refuse_foreign(inferred: Inferred, known: Inferred, claim: str) -> None:
    """Refuse variables that neither the formula nor a declaration has."""
    for name in inferred.variables:
        if name not in known.variables:
            message = f"in the claim, {name} is neither in the formula nor declared"
            hint = f"its variables are {', '.join(list(known.variables)[:8])}"
            start = _place(claim, name)
            raise MatcalcError("E801", message, hint=hint).at(claim, start, start + len(name))


def _place(text: str, name: str) -> int:
    import re

    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else 0


def expected_shapes(answer: Answer) -> Sequence[Shape]:
    """Return the shapes that a claim may have: the layout's first, then what may be meant."""
    result = answer.formula.expression.shape
    target: Shape = () if answer.entry else answer.variable.shape
    shapes = [answer.expression.shape]
    for layout in LAYOUTS:
        shapes.append(arrangement(result, target, answer.order, layout).shape)
    flat = [(entries(result), entries(target)), (entries(target),)]
    return tuple(dict.fromkeys([*shapes, *flat]))
