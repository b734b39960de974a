"""A derivation as objects: every line is an equation whose sides can be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from matcalc.expressions.nodes import Expression
from matcalc.laws.rule import Rule
from matcalc.notation.sharing import Names
from matcalc.notation.text import to_text
from matcalc.records import Record

Manner = Literal["jacobians", "backward", "differentials"]
Detail = Literal["brief", "normal", "full"]

MANNERS: tuple[Manner, ...] = ("jacobians", "backward", "differentials")
DETAILS: tuple[Detail, ...] = ("brief", "normal", "full")

Part = Literal["intermediates", "partials", "combination", "substitution", "answer"]


class Quantity(Record):
    """What a symbol of the derivation stands for; the symbol itself is a variable.

    `kind` is 'intermediate' (the value of `of`), 'partial' (the derivative of `of`'s own
    operation by its operand `by`, all other operands held), 'total' (the derivative of `of`
    by the variable on all paths), 'cotangent' (the derivative of the result by `of`, shaped
    as `of`) or 'tangent' (the change of `of` along the variable's). `of` and `by` are symbols.
    """

    kind: Literal["intermediate", "partial", "total", "cotangent", "tangent"]
    of: Expression
    by: Expression | None = None


class Paths(Record):
    """A sum of products of Jacobians, outermost factor first, one product a path.

    The products contract over the axes between their factors: a product of matrices where
    all of the factors are. The denominator layout writes such a product `turned`, with the
    innermost factor first.
    """

    terms: tuple[tuple[Expression, ...], ...]
    turned: bool = False

    @property
    def written(self) -> tuple[tuple[Expression, ...], ...]:
        """The products with their factors in the order in which they are written."""
        return tuple([term[::-1] for term in self.terms]) if self.turned else self.terms


Member = Expression | Paths


class Step(Record):
    """One equation `before = after` of a derivation, with the rule that justifies it."""

    part: Part
    rule: Rule
    before: Member
    after: Member
    remark: str = ""

    @property
    def statement(self) -> str:
        """The equation as text."""
        return equation_text(self)

    @property
    def source(self) -> str:
        """Where the rule is from: a paper and its section."""
        return self.rule.source

    def __str__(self) -> str:
        return self.statement

    def __repr__(self) -> str:
        return f"<Step {self} ({self.rule.name})>"


class Chain(Record):
    """Which chain rule applies, why, and the paths on which the variable reaches the result.

    `ways` is the number of all paths; `paths` has those that are spelled out.
    """

    rule: Rule
    reason: str
    ways: int
    paths: tuple[tuple[Expression, ...], ...]

    @property
    def sign(self) -> str:
        """How the derivative on all paths is written: with d where ∂ is that on one of them."""
        scalars = self.rule.name.startswith("single-variable")
        return "d" if scalars or self.ways > 1 else "∂"


class Derivation(Record):
    """A derivative's derivation: its steps in order, and what its symbols stand for.

    `formula` is what was derived, as typed. `variable` is the symbol derived by and `result`
    the one of the whole formula. `definitions` has an operation for every intermediate
    symbol, in order, and `operands` those of its symbols that depend on the variable;
    `quantities` says of every other symbol what it is. The last step ends in the answer;
    `cases` has what it is where a condition holds, and where its opposite does. `seed` is
    what a product with the Jacobian is applied to. `before` is the derivation of the
    derivative of one order less, which this one derives again. `naming` has the names that
    parts of the answer are printed with.
    """

    manner: Manner
    detail: Detail
    layout: str
    formula: Expression
    variable: Expression
    result: Expression
    definitions: dict[Expression, Expression]
    operands: Mapping[Expression, tuple[Expression, ...]]
    quantities: dict[Expression, Quantity]
    chain: Chain
    steps: tuple[Step, ...]
    cases: tuple[tuple[Expression, Expression], ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seed: Expression | None = None
    before: Derivation | None = None
    naming: Names = Names()


IN_ASCII = str.maketrans({"∂": "d", "δ": "delta", "∇": "grad ", "·": "*", "→": "->"})


def equation_text(step: Step, ascii: bool = False) -> str:  # noqa: A002
    """Return a step as `before = after`."""
    return f"{member_text(step.before, ascii)} = {member_text(step.after, ascii)}"


def member_text(
    member: Member,
    ascii: bool = False,  # noqa: A002
    naming: Names | None = None,
) -> str:
    """Return one side of an equation."""
    if isinstance(member, Expression):
        text = to_text(member, ascii=ascii, names=naming)
    else:
        terms = [" · ".join(map(to_text, factors)) for factors in member.written]
        text = " + ".join(terms)
    return text.translate(IN_ASCII) if ascii else text
