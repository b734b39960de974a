"""Answers as plain data: the derivative as a formula, and what it rests on."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from matcalc.asking.layers import by_layers
from matcalc.asking.readings import Reading, notation_of
from matcalc.asking.targets import Target
from matcalc.calculus.projections import Convention
from matcalc.calculus.tensors import Tensor
from matcalc.collection import uncollected
from matcalc.expressions.nodes import Expression
from matcalc.limits import counted
from matcalc.notation.sharing import Program, are_longer, joint_program
from matcalc.records import Record


class Answer(Record):
    """A derivative, or its product with a given tensor: a formula, and what it rests on.

    `variable` is what the formula was derived by, `entry` the indices if that was one
    entry of it. `operation` is 'diff', 'vjp' or 'jvp', and `seed` the formula that the
    latter two are applied to. A product has the shape of its variable (vjp) or of the
    formula (jvp), and no layout. `others` has the second variable of a Hessian's block, or
    the further ones of a jvp; `structure` the convention for structured variables. `notation`
    is 'matrix', 'kronecker' or 'index', `tensor` the engine's form of the answer.
    """

    formula: Reading
    wrt: str
    variable: Expression
    expression: Expression
    layout: str
    order: int = 1
    entry: tuple[Expression, ...] = ()
    operation: str = "diff"
    seed: str = ""
    others: tuple[Target, ...] = ()
    structure: Convention = "entries"
    notation: str = "matrix"
    tensor: Tensor | None = None

    @property
    def shape(self) -> tuple[str, ...]:
        """The answer's shape in its layout; as an array, a vector has shape (n,)."""
        return tuple(map(str, self.expression.shape))

    @property
    def flattened(self) -> bool:
        """Whether the answer is ∂vec(Y)/∂vec(X)ᵀ, in denominator layout transposed."""
        unstacked = self.expression.head == "call" and self.expression.value[0] == "unvec"
        return self.notation == "kronecker" and not (unstacked and len(self.shape) > 2)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was inferred of undeclared names, as declarations."""
        return self.formula.assumptions

    @property
    def target(self) -> Target:
        """What the formula was derived by, first if by several."""
        others = ", ".join([other.text for other in self.others])
        text = self.wrt.removesuffix(f", {others}") if others else self.wrt
        return Target(text, self.variable, self.entry)

    @property
    def variables(self) -> list[Expression]:
        """What the formula was derived by, each variable once."""
        return list(dict.fromkeys([self.variable, *[t.variable for t in self.others]]))

    @property
    def name(self) -> str:
        """The name of the variable, also where only an entry of it moves."""
        name: str = self.variable.value.name
        return name


class Answers(Record):
    """The answers to one question: by name, or the blocks of a Hessian by pairs of names."""

    names: tuple[Hashable, ...]
    answers: tuple[Answer, ...]

    @property
    def formula(self) -> Reading:
        """The formula that was derived."""
        return self.answers[0].formula

    @property
    def variables(self) -> list[Expression]:
        """What was derived by, each variable once."""
        return list(dict.fromkeys([v for answer in self.answers for v in answer.variables]))

    @cached_property
    def layered(self) -> list[Expression] | None:
        """The answers by backpropagation through layers, None where there are none.

        There may be layers in first derivatives of a scalar, and in products of one upstream
        with Jacobians, by whole variables without structure.
        """
        first = self.answers[0]
        formula = first.formula.expression
        alike = (first.formula, first.operation, first.seed, first.layout, 1, (), "")
        for one in self.answers:
            structure = one.variable.value.structure
            found = (one.formula, one.operation, one.seed, one.layout, one.order, one.entry)
            if (*found, structure) != alike:
                return None
        if first.operation == "jvp" or (first.operation == "diff" and formula.shape):
            return None
        upstream = first.formula.inferred.others[-1] if first.operation == "vjp" else None
        variables = [one.variable for one in self.answers]
        turned = first.layout == "numerator"
        with counted(text=first.formula.text), uncollected():
            answers = by_layers(formula, variables, upstream, turned, notation_of(first.formula))
        if answers is None:
            return None
        if [one.shape for one in answers] != [one.expression.shape for one in self.answers]:
            return None  # the transpose of a row is no matrix of one column
        return answers

    @cached_property
    def program(self) -> Program | None:
        """The answers as one program; None where each is better read by itself."""
        found = [one.expression for one in self.answers]
        if len(found) < 2 or not are_longer(found, self.formula.naming):
            return None
        return joint_program([found, *filter(None, [self.layered])], self.formula.naming)


def alone(answer: Answer) -> Answers:
    """Return one answer as the only one to its question."""
    return Answers((answer.wrt,), (answer,))
