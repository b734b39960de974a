"""Infer what formulas leave open: kinds and dimensions of names; build the expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Expression, Signature
from matcalc.expressions.shapes import Shape
from matcalc.syntax.building import build
from matcalc.syntax.declarations import Declaration, FunctionKind, ValueKind
from matcalc.syntax.drafts import Draft, Place
from matcalc.syntax.elaboration import Elaborator
from matcalc.syntax.kinds import Kinds, bindings
from matcalc.syntax.tree import Tree
from matcalc.syntax.unification import free_names, is_unknown, never_positive, unknowns

Formula = tuple[Tree, str]
Expected = Callable[[Sequence[Shape]], Sequence[Shape]]


class Inferred(NamedTuple):
    """Formulas as expressions, and what was assumed to make them so.

    `expression` is the first formula, `others` those after it. `variables` has every
    declared or inferred variable by name, `functions` the declared abstract functions.
    `named` has what the formulas name themselves, as in `z = w·x + b; max(0, z)`.
    `assumptions` joined by '; ' declare what was not declared; `notes` say how formulas
    were read that could be read in another way, `places` where an expression was typed.
    """

    expression: Expression
    variables: dict[str, Expression]
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]
    functions: dict[str, Signature]
    others: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = MappingProxyType({})
    places: Mapping[Expression, Place] = MappingProxyType({})


def infer(tree: Tree, source: str, declarations: Iterable[Declaration] = ()) -> Inferred:
    """Return the formula as an expression.

    Raises MatcalcError with its place for names that mean nothing (E2xx), for shapes that
    do not fit (E3xx) and for numbers too large to be written out (E502).
    """
    return infer_several([(tree, source)], declarations)


def infer_several(
    formulas: Sequence[Formula],
    declarations: Iterable[Declaration] = (),
    alike: Sequence[tuple[int, int]] = (),
    expected: Mapping[int, Expected] | None = None,
) -> Inferred:
    """Return several formulas as expressions, each name meaning the same in all of them.

    A later formula may use what an earlier one names. A pair (i, j) in `alike` tells that
    formula i should have the shape of formula j < i: what is open in either comes from the
    other, and if i is an undeclared name it has that shape. `expected` is more general: for
    formula i, a function from the shapes of the earlier ones (dimensions in them may be
    unknown yet) to the shapes that i may have; the first of as many axes as i is taken.
    """
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
    elaborator = Elaborator(declared, dimensions, functions, kinds)
    models = dict(expected or {})
    for one, other in alike:
        models[one] = partial(_like, other)
    drafts = _elaborate(elaborator, formulas, models)
    _settle(elaborator, drafts)
    variables = _declared_variables(elaborator)
    parts = elaborator.bound
    expressions, places = build(elaborator, [*drafts, *variables, *parts.values()])
    first, *others = expressions[: len(drafts)]
    built = expressions[len(drafts) :]
    return Inferred(
        first,
        {e.value.name: e for e in built[: len(variables)]},
        _assumptions(elaborator),
        tuple(elaborator.notes),
        functions,
        tuple(others),
        dict(zip(parts, built[len(variables) :], strict=True)),
        places,
    )


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
    return frozenset(name for shape in shapes for size in shape for name in size.names)


# Elaboration


def _like(other: int, shapes: Sequence[Shape]) -> Sequence[Shape]:
    return (shapes[other],)


def _elaborate(
    elaborator: Elaborator, formulas: Sequence[Formula], models: Mapping[int, Expected]
) -> list[Draft]:
    drafts: list[Draft] = []
    for position, (tree, source) in enumerate(formulas):
        wanted: Sequence[Shape] = ()
        if position in models:
            wanted = models[position]([elaborator.shape(draft) for draft in drafts])
            if tree.kind == "name" and elaborator.is_new(str(tree.value)):
                elaborator.kinds.ranks[str(tree.value)] = len(wanted[0])
        draft = elaborator.elaborate(tree, source)
        drafts.append(draft)
        for shape in wanted:
            if len(shape) == len(draft.shape):
                # Where they differ after all, the caller has the better message.
                for left, right in zip(draft.shape, shape, strict=True):
                    elaborator.unknowns.unify(left, right)
                break
    return drafts


def _declared_variables(elaborator: Elaborator) -> list[Draft]:
    """Return the drafts of all variables, those that no formula contains included."""
    for name, (shape, structure) in elaborator.declared.items():
        if name not in elaborator.variables:
            elaborator.add_variable(name, shape, structure)
    return list(elaborator.variables.values())


# Dimensions that nothing names


def _settle(elaborator: Elaborator, drafts: list[Draft]) -> None:
    """Solve what is left of the equations, then name what is still open."""
    found = elaborator.unknowns
    found.settle()
    for axis, length in elaborator.soft:
        left = found.resolve(axis)
        if len(left.terms) == 1 and is_unknown("".join(left.terms[0][0])):
            found.unify(left, length)
    found.settle()
    shapes = [
        found.resolved(draft.shape)
        for name, draft in elaborator.variables.items()
        if name in elaborator.inferred
    ]
    letters = free_names(elaborator.names())
    for unknown in _naming_order(shapes):
        if unknown not in found.solved:
            found.solved[unknown] = Dimension((((next(letters),), 1),))
    found.settle()
    _check_positive(elaborator)
    for draft in elaborator.open:
        if any(unknowns(size) for size in found.resolved(draft.shape)):
            elaborator.source = draft.place.source
            tree = draft.place.tree
            name = elaborator.text(tree)
            hint = "eye(n)" if draft.head == "eye" else "ones(n), ones(m, n), zeros(n)"
            raise elaborator.error("E308", f"the size of {name} is left open", tree.span, hint)


def _check_positive(elaborator: Elaborator) -> None:
    inferred = [elaborator.variables[name] for name in elaborator.inferred]
    for draft in (*inferred, *elaborator.open):
        for size in elaborator.unknowns.resolved(draft.shape):
            if never_positive(size):
                elaborator.source = draft.place.source
                name = elaborator.text(draft.place.tree)
                message = f"{name} would have the size {size} to fit here; sizes are positive"
                raise elaborator.error("E302", message, draft.place.tree.span)


def _naming_order(shapes: Sequence[Shape]) -> list[str]:
    """Return the open dimensions in the order in which they take n, m, k, ...

    Vectors that matrices are multiplied by come first, then other vectors; a matrix alone
    is m x n.
    """
    vectors = [shape for shape in shapes if len(shape) == 1]
    others = [shape for shape in shapes if len(shape) > 1]
    columns = {shape[1] for shape in others if len(shape) == 2}
    order: list[str] = []
    for (length,) in sorted(vectors, key=lambda shape: shape[0] not in columns):
        order += unknowns(length)
    for shape in others:
        if order or len(shape) != 2:
            order += [unknown for size in shape for unknown in unknowns(size)]
        else:
            order += unknowns(shape[1]) + unknowns(shape[0])
    return list(dict.fromkeys(order))


def _assumptions(elaborator: Elaborator) -> tuple[str, ...]:
    groups: dict[str, list[str]] = {}
    for name in elaborator.inferred:
        shape = elaborator.unknowns.resolved(elaborator.variables[name].shape)
        groups.setdefault(_declaration(shape), []).append(name)
    return tuple(f"{', '.join(names)}: {kind}" for kind, names in groups.items())


def _declaration(shape: Shape) -> str:
    """Return the kind that declares a variable of this shape.

    >>> from matcalc.expressions.dimensions import name
    >>> _declaration((name("m"), name("n")))
    'matrix(m, n)'
    """
    if not shape:
        return "scalar"
    if len(shape) == 2 and shape[0] == shape[1]:
        return f"square({shape[0]})"
    kind = {1: "vector", 2: "matrix"}.get(len(shape), "tensor")
    return f"{kind}({', '.join(map(str, shape))})"
