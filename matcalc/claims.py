"""Check a derivative that someone worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.api import diff
from matcalc.arguments import checked
from matcalc.calculus.layouts import LAYOUTS, Layout, arrangement
from matcalc.derivative import Derivative
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import entries
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.syntax.declarations import Declaration, ValueKind, parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer_several
from matcalc.syntax.tree import Span
from matcalc.targets import parse_target

if TYPE_CHECKING:
    from matcalc.checking.verdicts import Verdict

LIMIT = 20.0
"""Seconds after which a verdict is given up as undecided, by default."""


@checked
def check(
    text: str,
    wrt: str,
    claim: str,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    seed: int = 0,
    limit: float = LIMIT,
) -> Verdict:
    """Tell whether a claim is the derivative of a formula and, if not, what went wrong.

    The claim may be a program, and may use what a program names. It has the shape of the
    layout, or is the generalized Jacobian flattened, ∂vec(Y)/∂vec(X)'. After `limit`
    seconds the verdict is 'undecided'. Raises MatcalcError for what cannot be read.

    >>> verdict = check("x'*A*x", "x", "x'*(A + A')")
    >>> verdict.ok, verdict.verdict
    (True, 'proved')
    >>> verdict = check("x'*A*x", "x", "2*x'*A")
    >>> verdict.ok, verdict.slip
    (False, 'only if symmetric')
    """
    from matcalc.checking.answering import verdict_of

    derivative = diff(text, wrt, where, layout, order)
    claimed, others = _read_claim(derivative, claim, wrt, where)
    return verdict_of(derivative, claimed, others, seed, limit)


def _read_claim(
    derivative: Derivative, claim: str, wrt: str, where: str
) -> tuple[Expression, dict[str, Expression]]:
    """Return the claim, and what names of the formula's program stand for."""
    if not claim.strip():
        raise MatcalcError("E801", "the claim is missing", hint='claim="2*x"')
    formula = derivative.formula
    known = formula.inferred
    declarations = parse_declarations(where)
    tree, target = parse_formula(formula.text, declarations), parse_target(wrt, declarations)
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
        trees.append((parse_formula(claim, declared), claim))
        shapes = expected_shapes(derivative)
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
        error.code, f"in the claim, {error.message}", hint=error.hint, source=claim,
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


def expected_shapes(derivative: Derivative) -> Sequence[Shape]:
    """Return the shapes that a claim may have: the layout's first, then what may be meant."""
    result = derivative.formula.expression.shape
    target: Shape = () if derivative.entry else derivative.variable.shape
    shapes = [derivative.expression.shape]
    for layout in LAYOUTS:
        shapes.append(arrangement(result, target, derivative.order, layout).shape)
    flat = [(entries(result), entries(target)), (entries(target),)]
    return tuple(dict.fromkeys([*shapes, *flat]))
