"""Elaborate a syntax tree to a draft: resolve its names, check and unify its shapes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Declared
from matcalc.syntax import exact
from matcalc.syntax.bars import READINGS
from matcalc.syntax.brackets import BRACKETS
from matcalc.syntax.calls import call, derivative
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaborator import NO_NAMES, Elaborator, Rule, Task
from matcalc.syntax.operators import OPERATORS
from matcalc.syntax.sums import SUMS
from matcalc.syntax.tree import Tree

# Names and numbers


def _number(reader: Elaborator, tree: Tree) -> Task:
    value = tree.value
    assert isinstance(value, Fraction)
    return reader.number(tree, value)
    yield


def _name(reader: Elaborator, tree: Tree) -> Task:
    return _resolve(reader, tree, str(tree.value))
    yield


def _resolve(reader: Elaborator, tree: Tree, name: str) -> Draft:
    if name in reader.indices:
        return reader.leaf(tree, "index", name, (), exact.index(reader.indices[name]))
    if name in reader.bound:
        return reader.bound[name]
    if name in reader.dimensions and (reader.sizing or name not in reader.declared):
        return _dimension(reader, tree, name)
    if name in reader.declared or name in reader.variables:
        return _variable(reader, tree, name)
    if name in ("pi", "π"):
        return reader.leaf(tree, "pi", None)
    if name in ("eye", "I"):
        return _unknown_eye(reader, tree)
    _refuse(reader, tree, name)
    return _variable(reader, tree, name)


def _dimension(reader: Elaborator, tree: Tree, name: str) -> Draft:
    if not reader.sizing and name not in reader.kinds.known:
        reader.note(f"{name} is read as a dimension")
    size = Dimension((((name,), 1),))
    return reader.leaf(tree, "size", size, (), exact.dimension(size))


def _refuse(reader: Elaborator, tree: Tree, name: str) -> None:
    """Raise for the names that are no variables: functions and other languages' constants."""
    if name in reader.functions or name in NAMES:
        usage = f"{name}(n)" if name in ("ones", "zeros") else f"{name}(x)"
        raise reader.error(
            "E109", f"{name} is a function; its arguments are missing", tree.span, usage
        )
    if name in NO_NAMES:
        hint = "write a number, or declare the name to use it"
        raise reader.error("E201", f"{name} means nothing here", tree.span, hint)


def _variable(reader: Elaborator, tree: Tree, name: str) -> Draft:
    """Return the variable's draft, the same each time, of unknown dimensions if inferred."""
    draft = reader.variables.get(name)
    if draft is None:
        structure = ""
        if name in reader.declared:
            shape, structure = reader.declared[name]
        else:
            shape = tuple(reader.unknowns.fresh() for _ in range(reader.rank(name)))
            reader.inferred.setdefault(name)
        draft = reader.leaf(tree, "variable", Declared(name, structure), shape)
        reader.variables[name] = draft
    return draft


def _unknown_eye(reader: Elaborator, tree: Tree) -> Draft:
    """Return an identity matrix whose size comes from its use."""
    size = reader.unknowns.fresh()
    draft = reader.leaf(tree, "eye", size, (size, size))
    reader.open.append(draft)
    return draft


def _noted(reader: Elaborator, tree: Tree) -> Task:
    value: Any = tree.value
    for note in value[0]:
        reader.note(note)
    draft: Draft = yield reader.task(tree.children[0])
    return draft


def _named(reader: Elaborator, tree: Tree) -> Task:
    draft: Draft = yield reader.task(tree.children[0])
    return draft


RULES: dict[str, Rule] = {
    "number": _number,
    "name": _name,
    "call": call,
    "derivative": derivative,
    "noted": _noted,
    "named": _named,
    **OPERATORS,
    **BRACKETS,
    **READINGS,
    **SUMS,
}
