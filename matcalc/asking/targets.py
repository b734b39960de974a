"""What a question derives by: variables, and entries of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.projections import Convention, projected
from matcalc.calculus.tensors import Tensor
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, make, variable
from matcalc.expressions.shapes import Shape
from matcalc.records import Record
from matcalc.syntax.declarations import Declaration
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred
from matcalc.syntax.kinds import bindings
from matcalc.syntax.tree import Tree


class Target(Record):
    """What to derive by: a variable, or the entry of it that the indices `entry` pick."""

    text: str
    variable: Expression
    entry: tuple[Expression, ...] = ()

    @property
    def shape(self) -> Shape:
        """The shape of the variable, () of an entry."""
        return () if self.entry else self.variable.shape

    @property
    def structure(self) -> str:
        """The structure that the variable is declared to have, or ''."""
        return str(self.variable.value.structure)

    @property
    def moving(self) -> Tensor:
        """The variable as the tensor that moves: without its structure."""
        return tensor_of(loosened(self.variable))

    def pairs(self, start: int = 0) -> list[tuple[int, int]]:
        """Return the two axes of a structured matrix whose axes begin at `start`."""
        return [(start, start + 1)] if self.structure and self.variable.shape[0] != ONE else []

    def direction(self, convention: Convention = "entries") -> Tensor:
        """Return the variable's own direction in which the entry alone moves.

        By another convention the entries that the structure ties to it move along.
        """
        columns = [
            make("subscript", (make("eye", (), length), place), ("all", "entry"))
            for place, length in zip(self.entry, self._lengths(), strict=True)
            if length != ONE
        ]
        labels = tuple(range(len(columns)))
        one = Fraction(1)
        unit = product([(tensor_of(c), (k,), one) for k, c in enumerate(columns)], labels)
        return projected(unit, self.pairs(), self.structure, convention)

    def _lengths(self) -> Shape:
        shape = self.variable.shape
        return shape[-1:] if len(self.entry) == 1 else shape


def loosened(variable_: Expression) -> Expression:
    """Return the variable without its structure: every entry moves by itself."""
    return variable(variable_.value.name, variable_.shape)


def parse_target(text: str, declarations: Iterable[Declaration] = (), like: str = "") -> Tree:
    """Return the tree of a name, or of an entry such as x[2] or A[1,2]; refuse all else.

    It is written as the formula is that it belongs to, which is `like`.
    """
    if not text.strip():
        raise MatcalcError("E701", "the variable to derive by is missing", hint="x, x[2], A[1,2]")
    try:
        tree = parse_formula(text, declarations, like=like)
    except MatcalcError as error:
        raise (_no_target(text) if error.code.startswith("E1") else error) from None
    if tree.kind == "noted":
        (tree,) = tree.children
    if tree.kind == "name":
        return tree
    kinds = [child.kind for child in tree.children]
    if tree.kind == "subscript" and kinds[0] == "name" and not {"all", "range"} & set(kinds):
        return tree
    raise _no_target(text)


def _no_target(text: str) -> MatcalcError:
    message = f"{shortened(text)} is not a variable to derive by"
    hint = "a name, or one entry: x, x[2], A[1,2]; several names as a list"
    return MatcalcError("E202", message, hint=hint).at(text, 0, len(text))


def name_in(target: Tree) -> str:
    """Return the name of the variable that is derived by, whole or an entry of it."""
    return str(target.children[0].value if target.kind == "subscript" else target.value)


def variable_named(inferred: Inferred, tree: Tree, name: str, text: str) -> Expression:
    """Return the variable of this name; say what the name is if it is none."""
    variable = inferred.variables.get(name)
    if variable is not None:
        return variable
    code, hint = "E201", ""
    if name in bindings(tree):
        code, message = "E202", f"{name} names a part of the formula; it is no variable"
        hint = f"give the formula that follows {name}, with {name} as a variable"
    elif name in inferred.functions:
        code, message = "E202", f"{name} is a function; one derives by its argument"
    elif any(name in d.names for v in inferred.variables.values() for d in v.shape):
        code, message = "E202", f"{name} is a dimension; one cannot derive by it"
    else:
        from difflib import get_close_matches

        message = f"{name} is not in the formula, nor declared"
        near = get_close_matches(name, inferred.variables, n=1, cutoff=0.5)
        hint = near[0] if near else ", ".join(list(inferred.variables)[:8])
        hint = f"did you mean {hint}?" if near else f"its variables are {hint}" if hint else ""
    start = text.find(name)
    raise MatcalcError(code, message, hint=hint).at(text, start, start + len(name))
