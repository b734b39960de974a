"""What a derivation works on: intermediates as tensors, and formulas written from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.accumulation import backward, forward, identity, jacobian
from matcalc.calculus.intermediates import Intermediate
from matcalc.calculus.layouts import Layout, arranged, sides
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.tensors import Tensor, constant
from matcalc.derivation.rules import rule_of
from matcalc.expressions.nodes import Expression, substitute, variable
from matcalc.expressions.shapes import Shape
from matcalc.laws.rule import Rule
from matcalc.notation.answers import answer, in_shape
from matcalc.notation.matrices import Notation
from matcalc.notation.pieces import Sides

_one = Fraction(1)

LARGEST = 400
"""Formulas with larger trees are not written out on the way to the answer."""


class Setting(NamedTuple):
    """The intermediates of a formula, and how to write what is found.

    `wrt` is the symbol derived by: the variable, or a scalar that stands for an entry of it,
    which moves along `direction`. `operands` has the intermediates, the variable among
    them, that each intermediate is made of and that depend on the variable. The notation
    reads the shapes of all symbols from `shapes`.
    """

    wrt: Expression
    variable: Expression
    entry: tuple[Expression, ...]
    direction: Tensor | None
    layout: Layout
    intermediates: tuple[Intermediate, ...]
    operands: Mapping[Expression, tuple[Expression, ...]]
    notation: Notation
    taken: frozenset[str]
    shapes: dict[str, Shape]

    @property
    def result(self) -> Expression:
        """The symbol of the whole formula."""
        return self.intermediates[-1].symbol

    @property
    def moving(self) -> list[Intermediate]:
        """The intermediates that depend on the variable."""
        return [u for u in self.intermediates if u.symbol in self.operands]

    def value(self, u: Intermediate) -> Tensor:
        """Return an intermediate's operation as a tensor over the symbols it uses."""
        return tensor_of(u.operation)

    def symbol(self, name: str, shape: Shape) -> Expression:
        """Return a symbol of this name, or one like it that nothing else bears."""
        while name in self.taken:
            name += "_"
        self.shapes[name] = shape
        return variable(name, shape)

    def rule(self, u: Intermediate, operand: Expression) -> Rule:
        """Return the rule by which an operation is differentiated by one operand."""
        operands = [self.variable if o is self.wrt else o for o in self.operands[u.symbol]]
        return rule_of(u.operation, self.variable if operand is self.wrt else operand, operands)

    # --- tensors ------------------------------------------------------------------------------

    def locals(self, u: Intermediate) -> dict[Expression, Tensor]:
        """Return the Jacobians of an operation by each operand, the others held."""
        operands = self.operands[u.symbol]
        value = self.value(u)
        found = dict(zip(operands, jacobian(value, list(map(self._leaf, operands))), strict=True))
        if self.wrt in found and self.direction is not None:
            found[self.wrt] = forward(value, [tensor_of(self.variable)], [self.direction])
        return found

    def seed(self) -> Tensor:
        """Return the derivative of the variable by itself, or by the entry."""
        if self.direction is not None:
            return self.direction
        return identity(tensor_of(self.variable).shape)

    def pushed(self, u: Intermediate, tangents: Mapping[Expression, Tensor]) -> Tensor:
        """Return the derivative of an operation along tangents of its operands."""
        operands = self.operands[u.symbol]
        leaves = [self._leaf(operand) for operand in operands]
        return forward(self.value(u), leaves, [tangents[operand] for operand in operands])

    def pulled(self, u: Intermediate, cotangent: Tensor) -> dict[Expression, Tensor]:
        """Return the cotangents that an operation passes on to its operands."""
        operands = self.operands[u.symbol]
        found = backward(self.value(u), list(map(self._leaf, operands)), cotangent)
        return dict(zip(operands, found, strict=True))

    def _leaf(self, operand: Expression) -> Tensor:
        return tensor_of(self.variable if operand is self.wrt else operand)

    # --- formulas -----------------------------------------------------------------------------

    def jacobian_formula(self, tensor: Tensor, of: Expression, by: Expression) -> Expression:
        """Return a Jacobian, with axes (of..., by...), in the layout."""
        layout: Layout = "denominator" if self.layout == "denominator" else "numerator"
        placed, shape = arranged(tensor, of.shape, by.shape, 1, layout)
        groups = sides(of.shape, by.shape, 1, layout)
        return answer(self.notation, placed, shape, groups and Sides(*groups), "auto").formula

    def formula(self, tensor: Tensor, shape: Shape) -> Expression:
        """Return a tensor in the shape of a symbol."""
        return in_shape(self.notation, tensor, shape)

    def named(self, formula: Expression, *own: Intermediate) -> Expression:
        """Return the formula with the value of a function by its name: u2 for exp(u1).

        Of all intermediates, or of its `own`; the result keeps its operation.
        """
        functions = {
            u.operation: u.symbol
            for u in own or self.moving
            if u.operation.head == "call" and u.symbol is not self.result
        }
        found = substitute(formula, functions)
        return found if found is formula else self.formula(tensor_of(found), found.shape)

    def meaning(self, formula: Expression) -> Expression:
        """Return the formula with the intermediates put back in."""
        return substitute(formula, {u.symbol: u.meaning for u in self.intermediates})


def scalar_one() -> Tensor:
    """Return the derivative of the result by itself."""
    return constant(1)


def scaled(direction: Tensor, amount: Tensor) -> Tensor:
    """Return a direction times a scalar."""
    labels = tuple(range(len(direction.shape)))
    return product([(direction, labels, _one), (amount, (), _one)], labels)


def is_matrix_algebra(symbols: Sequence[Expression]) -> bool:
    """Tell whether the Jacobians between these are all scalars, vectors and matrices."""
    return all(len(symbol.shape) <= 1 for symbol in symbols)
