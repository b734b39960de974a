"""A question: a formula, what to derive it by, and how the answer is to be given."""

from __future__ import annotations

from matcalc.asking.operations import OPERATIONS, Operation
from matcalc.asking.readings import Asked, Reading, Where, typed
from matcalc.asking.targets import Target, name_in, parse_target, variable_named
from matcalc.calculus.layouts import LAYOUTS, Layout
from matcalc.calculus.projections import CONVENTIONS, Convention
from matcalc.definedness import refuse_undefined
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, describe, sizes
from matcalc.limits import bounded, limit
from matcalc.notation.answers import CHOICES, Choice
from matcalc.records import Record
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer_several
from matcalc.syntax.readings import Wanted

Names = list[str] | tuple[str, ...]


class Question(Record):
    """A formula that was read, together with all that an answer depends on.

    `seeds` are what products with the Jacobian are applied to, `given` their texts.
    """

    operation: Operation
    reading: Reading
    targets: tuple[Target, ...]
    seeds: tuple[Expression, ...] = ()
    given: tuple[str, ...] = ()
    layout: Layout = "numerator"
    order: int = 1
    notation: Choice = "auto"
    structure: Convention = "entries"


def ask(
    name: str,
    text: Asked,
    wrt: str | Names,
    where: Where = "",
    seed: str | Names = (),
    *,
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    structure: Convention = "entries",
) -> Question:
    """Read what is asked of an operation, by its name.

    Raises MatcalcError for what cannot be read (E1xx to E3xx), for what is no option (E702)
    or no variable to derive by (E2xx, E701), and for an operation on what it is not for (E306).

    >>> question = ask("vjp", "W*X", "W", seed="G")
    >>> [target.text for target in question.targets], list(map(str, question.seeds[0].shape))
    (['W'], ['m', 'k'])
    """
    row = OPERATIONS[name]
    _check_options(layout, order, notation, structure)
    names, seeds = listed(wrt), listed(seed)
    if row.along == "tangent" and len(names) != len(seeds):
        message = f"there are {len(names)} variables and {len(seeds)} tangents"
        raise MatcalcError("E701", message, hint="one tangent for each variable, in their order")
    reading, targets, others = _read(row, text, where, names, seeds)
    question = Question(
        row, reading, targets, others, tuple(seeds), layout, order, notation, structure
    )
    _check_structure(question)
    _check_seeds(question)
    return question


def listed(names: str | Names) -> list[str]:
    """Return one name, or several, as a list."""
    return [names] if isinstance(names, str) else list(names)


def _read(
    row: Operation, text: Asked, where: Where, names: Names, seeds: Names
) -> tuple[Reading, tuple[Target, ...], tuple[Expression, ...]]:
    """Read a formula and targets, and formulas that their derivatives are multiplied with.

    An undeclared name as a seed takes the shape that it has to have.
    """
    if not names:
        raise MatcalcError("E701", "there is no variable to derive by", hint='wrt="x"')
    known = text if isinstance(text, Reading) and not where else None
    text, where = typed(text, where)
    declarations = parse_declarations(where)
    targets = [parse_target(name, declarations, text) for name in names]
    asked = tuple(map(name_in, targets))
    tree = parse_formula(text, declarations, asked)
    wanted = Wanted(bool(row.of_scalar), asked)
    formulas = [(tree, text)]
    alike = []
    inferred = known.inferred if known else None
    if seeds or any(target.kind == "subscript" for target in targets):
        # what is derived by must not bring in a name of its own
        first = inferred or infer_several(formulas, declarations, asked=wanted)
        for target, name in zip(targets, names, strict=True):
            variable_named(first, tree, name_in(target), name)
        formulas += zip(targets, names, strict=True)
        upstream = row.along == "upstream"
        alike = [(len(formulas) + k, 0 if upstream else k + 1) for k in range(len(seeds))]
        formulas += [(parse_formula(seed, declarations, like=text), seed) for seed in seeds]
        inferred = None
    inferred = inferred or infer_several(formulas, declarations, alike, asked=wanted)
    refuse_undefined(inferred)
    if row.of_scalar and inferred.expression.shape:
        message = (
            f"only a scalar has {row.of_scalar}; this is {describe(inferred.expression.shape)}"
        )
        raise MatcalcError("E306", message, hint=row.instead).at(text, 0, len(text))
    found = []
    for k, (target, name) in enumerate(zip(targets, names, strict=True)):
        if target.kind != "subscript":
            found.append(Target(name, variable_named(inferred, tree, name_in(target), name)))
            continue
        entry = inferred.others[k]
        if entry.shape:
            message = f"{shortened(name)} is not one entry"
            raise MatcalcError("E202", message, hint="x[2], A[1,2]").at(name, 0, len(name))
        found.append(Target(name, entry.arguments[0], entry.arguments[1:]))
    others = inferred.others[len(inferred.others) - len(seeds) :] if seeds else ()
    return Reading(text, where, inferred), tuple(found), others


def _check_options(layout: str, order: int, notation: str, structure: str) -> None:
    for what, given, choices in (
        ("notation", notation, CHOICES),
        ("layout", layout, LAYOUTS),
        ("structure", structure, CONVENTIONS),
    ):
        if given not in choices:
            message = f"there is no {what} {shortened(str(given))}"
            raise MatcalcError("E702", message, hint=", ".join(choices))
    if type(order) is not int or order < 1:
        message = f"there is no derivative of order {shortened(str(order))}"
        raise MatcalcError("E702", message, hint=f"1 to {limit('order')}")
    bounded("order", order)


def _check_structure(question: Question) -> None:
    targets = question.targets
    if question.structure != "entries" and not any(target.structure for target in targets):
        names = ", ".join(target.text for target in targets)
        message = f"{shortened(names)} is not declared symmetric, spd or diagonal"
        name = targets[0].variable.value.name
        raise MatcalcError("E702", message, hint=f"{name}: symmetric(n)")


def _check_seeds(question: Question) -> None:
    """Refuse seeds that have another shape than what they are multiplied with."""
    upstream = question.operation.along == "upstream"
    for k, (seed, text) in enumerate(zip(question.seeds, question.given, strict=True)):
        target = question.targets[0 if upstream else k]
        shape = question.reading.expression.shape if upstream else target.shape
        if seed.shape != shape:
            model = question.reading.text if upstream else target.text
            message = f"{shortened(text)} has shape {_sizes(seed.shape)}"
            message += f"; {shortened(model)} has {_sizes(shape)}"
            raise MatcalcError("E306", message).at(text, 0, len(text))


def _sizes(shape: Shape) -> str:
    return sizes(shape) if shape else "()"
