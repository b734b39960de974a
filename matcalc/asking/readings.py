"""A formula as it was read: its text, and the kinds and sizes of all its names."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.definedness import refuse_undefined
from matcalc.errors import MatcalcError
from matcalc.expressions.names import names_in
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.sharing import Names
from matcalc.records import Record
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer_several

Where = str | Mapping[str, str]
"""Declarations: as text, or the kinds by name."""


class Reading(Record):
    """A text, the declarations it was read with, and what was inferred of both."""

    text: str
    where: str
    inferred: Inferred

    @property
    def expression(self) -> Expression:
        """The typed formula."""
        return self.inferred.expression

    @property
    def shape(self) -> tuple[str, ...]:
        """The shape; () of a scalar, ('n',) of a vector, ('1', 'n') of a row."""
        return tuple(map(str, self.expression.shape))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was inferred of undeclared names, as declarations."""
        return self.inferred.assumptions

    @property
    def names(self) -> frozenset[str]:
        """Every name that the formula, or what was read with it, uses or declares."""
        inferred = self.inferred
        roots = [inferred.expression, *inferred.others, *inferred.variables.values()]
        found = names_in(postorder(roots, lambda node: node.arguments))
        return frozenset(found.union(inferred.functions))

    @property
    def naming(self) -> Names:
        """The names that the formula gave to parts, and those that are no longer free."""
        named = self.inferred.named
        return Names({part: name for name, part in named.items()}, self.names)


Asked = str | Reading
"""A formula: as text, or as it was read."""


def read(text: Asked, where: Where = "") -> Reading:
    """Read a formula; what was read already is taken as it is, unless more is declared.

    >>> read("w·x + b", {"b": "scalar"}).assumptions
    ('w, x: vector(n)',)
    """
    if isinstance(text, Reading) and not where:
        return text
    text, where = typed(text, where)
    declarations = parse_declarations(where)
    inferred = infer_several([(parse_formula(text, declarations), text)], declarations)
    refuse_undefined(inferred)
    return Reading(text, where, inferred)


def typed(text: Asked, where: Where) -> tuple[str, str]:
    """Return a formula and declarations as text."""
    where = where_text(where)
    if isinstance(text, Reading):
        return text.text, "; ".join(filter(None, [text.where, where]))
    return text_of(text, "a formula"), where


def where_text(where: Where) -> str:
    """Return declarations as text.

    >>> where_text({"A": "matrix(m, n)", "f": "elementwise"})
    'A: matrix(m, n); f: elementwise'
    """
    if isinstance(where, Mapping):
        return "; ".join([f"{text_of(n, 'a name')}: {text_of(k, n)}" for n, k in where.items()])
    return text_of(where, "where")


def text_of(given: object, what: str) -> str:
    """Return what is a text; raise MatcalcError (E702) for anything else."""
    if isinstance(given, str):
        return given
    raise MatcalcError("E702", f"{what} is a text, not of type {type(given).__name__}")


def notation_of(reading: Reading) -> Notation:
    """Return what writes all answers to a question, so that their parts are written once."""
    shapes: dict[str, Shape] = {name: v.shape for name, v in reading.inferred.variables.items()}
    return Notation(Style.of(reading.text, reading.expression), reading.names, shapes)
