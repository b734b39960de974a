"""Infer what formulas leave open: kinds and dimensions of names; build the expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Expression, Signature
from matcalc.expressions.shapes import Shape
from matcalc.syntax.building import build
from matcalc.syntax.declarations import Declaration, FunctionKind, ValueKind
from matcalc.syntax.drafts import Draft, Place
from matcalc.syntax.elaborator import Elaborator
from matcalc.syntax.kinds import Kinds, bindings
from matcalc.syntax.readings import (
    NOTHING_WANTED,
    Expected,
    Formula,
    Task,
    Wanted,
    cheapest,
    describe_kind,
)
from matcalc.syntax.tree import Tree
from matcalc.syntax.unification import is_unknown


class Inferred(NamedTuple):
    """Formulas as expressions, and what was assumed to make them so.

    `expression` is the first formula, `others` those after it. `variables` has every
    declared or inferred variable by name, `functions` the declared abstract functions.
    `named` has what the formulas name themselves, as in `z = w·x + b; max(0, z)`.
    `assumptions` joined by '; ' declare what was not declared; `notes` say how formulas
    were read that could be read in another way, `choices` which kinds a letter alone
    decided. `samples` has the matrices X whose rows are the samples x_i, by x, `places`
    where an expression was typed.
    """

    expression: Expression
    variables: dict[str, Expression]
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]
    functions: dict[str, Signature]
    others: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = MappingProxyType({})
    places: Mapping[Expression, Place] = MappingProxyType({})
    choices: tuple[str, ...] = ()
    samples: Mapping[str, str] = MappingProxyType({})


def infer(
    tree: Tree,
    source: str,
    declarations: Iterable[Declaration] = (),
    asked: Wanted = NOTHING_WANTED,
) -> Inferred:
    """Return the formula as an expression.

    Raises MatcalcError with its place for names that mean nothing (E2xx), for shapes that
    do not fit (E3xx) and for numbers too large to be written out (E502).
    """
    return infer_several([(tree, source)], declarations, asked=asked)


def infer_several(
    formulas: Sequence[Formula],
    declarations: Iterable[Declaration] = (),
    alike: Sequence[tuple[int, int]] = (),
    expected: Mapping[int, Expected] | None = None,
    asked: Wanted = NOTHING_WANTED,
) -> Inferred:
    """Return several formulas as expressions, each name meaning the same in all of them.

    A later formula may use what an earlier one names. A pair (i, j) in `alike` tells that
    formula i should have the shape of formula j < i: what is open in either comes from the
    other, and if i is an undeclared name it has that shape. `expected` is more general: for
    formula i, a function from the shapes of the earlier ones (dimensions in them may be
    unknown yet) to the shapes that i may have; the first of as many axes as i is taken.
    `asked` is what the question tells of the first formula.
    """
    task = _task(formulas, declarations, alike, expected or {}, asked)
    attempt, choices = cheapest(task)
    reader, drafts = attempt.reader, attempt.drafts
    variables = _declared_variables(reader)
    parts = reader.bound
    expressions, places = build(reader, [*drafts, *variables, *parts.values()])
    first, *others = expressions[: len(drafts)]
    built = expressions[len(drafts) :]
    return Inferred(
        first,
        {e.value.name: e for e in built[: len(variables)]},
        _assumptions(reader),
        tuple(reader.notes),
        task.functions,
        tuple(others),
        dict(zip(parts, built[len(variables) :], strict=True)),
        places,
        choices,
        dict(reader.samples),
    )


def _task(
    formulas: Sequence[Formula],
    declarations: Iterable[Declaration],
    alike: Sequence[tuple[int, int]],
    expected: Mapping[int, Expected],
    asked: Wanted,
) -> Task:
    values, functions = _declared(declarations)
    dimensions = _dimension_names(values, functions)
    kinds = Kinds(
        {name: len(kind.shape) for name, kind in values.items()},
        dimensions,
        {name: [len(shape) for shape in f.parameters] for name, f in functions.items()},
    )
    bound: frozenset[str] = frozenset()
    for tree, _ in formulas:
        kinds.read(tree, bound)
        bound |= bindings(tree)
    kinds.finish()
    declared = {name: (kind.shape, kind.structure) for name, kind in values.items()}
    models = {one: partial(_like, other) for one, other in alike} | dict(expected)
    return Task(formulas, declared, dimensions, functions, kinds, models, asked)


# Declarations


def _declared(
    declarations: Iterable[Declaration],
) -> tuple[dict[str, ValueKind], dict[str, Signature]]:
    values: dict[str, ValueKind] = {}
    functions: dict[str, Signature] = {}
    for name, kind, *_ in declarations:
        if name in NAMES:
            hint = f"choose another name, such as {name}_1"
            raise MatcalcError("E204", f"{name} is the name of a function", hint=hint)
        if isinstance(kind, FunctionKind):
            parameters = tuple(parameter.shape for parameter in kind.parameters)
            result = kind.result.shape if kind.result is not None else ()
            functions[name] = Signature(name, kind.elementwise, parameters, result)
        else:
            values[name] = kind
    return values, functions


def _dimension_names(
    values: dict[str, ValueKind], functions: dict[str, Signature]
) -> frozenset[str]:
    shapes = [kind.shape for kind in values.values()]
    for function in functions.values():
        shapes += [*function.parameters, function.result]
    return frozenset(
        name for shape in shapes for size in shape for name in size.names if not is_unknown(name)
    )


def _like(other: int, shapes: Sequence[Shape]) -> Sequence[Shape]:
    return (shapes[other],)


def _declared_variables(elaborator: Elaborator) -> list[Draft]:
    """Return the drafts of all variables, those that no formula contains included."""
    for name, (shape, structure) in elaborator.declared.items():
        if name not in elaborator.variables:
            elaborator.add_variable(name, shape, structure)
    return list(elaborator.variables.values())


def _assumptions(reader: Elaborator) -> tuple[str, ...]:
    groups: dict[str, list[str]] = {}
    for name in (*reader.inferred, *reader.unsized()):
        draft = reader.variables[name]
        shape = reader.unknowns.resolved(draft.shape)
        groups.setdefault(describe_kind(shape, draft.value.structure), []).append(name)
    return tuple(f"{', '.join(names)}: {kind}" for kind, names in groups.items())
