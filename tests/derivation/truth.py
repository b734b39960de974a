"""Is every step of a derivation true? Both sides in numbers, by finite differences.

What a symbol of the derivation stands for is computed from the definitions of the
intermediates alone; nothing here knows a rule of differentiation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from matcalc.code.backends import NUMPY
from matcalc.code.evaluation import evaluate
from matcalc.derivation.steps import Derivation, Paths, Quantity, Step
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from tests import differences
from tests.differences import Array, Estimate

Values = dict[str, Any]


class Truth:
    """The numbers of one derivation at one point."""

    def __init__(self, derivation: Derivation, values: Values, entry: tuple[int, ...] = ()) -> None:
        self.derivation = derivation
        self.given = values
        self.entry = entry
        self.error = 0.0
        self.wrt = derivation.variable.value.name.split("[")[0]
        self.sizes = {k: v for k, v in values.items() if np.ndim(v) == 0 and isinstance(v, int)}
        self.symbols: Values = {}
        self.point = self.run({})
        rng = np.random.default_rng(5)
        seed = derivation.seed
        self.change = rng.normal(size=np.shape(values[self.wrt]))
        if entry:
            self.change = np.zeros(np.shape(values[self.wrt]))
            self.change[entry] = 1.0
        shape = np.shape(self.point[derivation.result.value.name])
        self.upstream = rng.normal(size=shape) if shape else np.array(1.0)
        if seed is not None:
            given = self.evaluated(seed, self.point)
            if derivation.manner == "backward":
                self.upstream = given
            else:
                self.change = self.change * given if entry else given
        for symbol, quantity in derivation.quantities.items():
            if quantity.kind != "intermediate":
                self.symbols[key(symbol)] = self.quantity(symbol, quantity)

    def run(self, moved: Mapping[str, Any], held: Mapping[str, Any] = {}) -> Values:
        """Return the values of all intermediates; `held` ones are given, not computed."""
        values = {**self.given, **moved, **held}
        for symbol, operation in self.derivation.definitions.items():
            if symbol.value.name not in held:
                values[symbol.value.name] = self.evaluated(operation, values)
        return values

    def evaluated(self, formula: Expression, values: Values) -> Any:
        with np.errstate(all="ignore"):
            return evaluate(formula, values, self.sizes, NUMPY)

    def slope(self, function: Callable[[Array], Any], at: Any) -> Array:
        estimate: Estimate = differences.jacobian(function, at)
        self.error = max(self.error, estimate.error)
        return estimate.value

    def quantity(self, symbol: Expression, quantity: Quantity) -> Any:
        """Return what a symbol stands for, by finite differences."""
        result = self.derivation.result.value.name
        of = quantity.of.value.name
        x = self.given[self.wrt]
        if quantity.kind == "partial":
            assert quantity.by is not None
            by = quantity.by.value.name.split("[")[0]
            operation = self.derivation.definitions[quantity.of]
            slope = self.slope(
                lambda v: self.evaluated(operation, {**self.point, by: v}), self.point[by]
            )
            return self.laid_out(slope, of, quantity.by, symbol)
        if quantity.kind == "total":
            slope = self.slope(lambda v: self.run({self.wrt: v})[of], x)
            assert quantity.by is not None
            return self.laid_out(slope, of, quantity.by, symbol)
        if quantity.kind == "tangent":

            def along(t: Array) -> Any:
                moved = {self.wrt: x + float(t) * self.change}
                return moved[self.wrt] if of == self.wrt else self.run(moved)[of]

            if self.entry and quantity.of is self.derivation.variable:
                return np.array(1.0)
            return self.slope(along, np.array(0.0))
        held = of in self.point and of != self.wrt

        def inner(v: Array) -> Any:
            values = self.run({}, {of: v}) if held else self.run({self.wrt: v})
            return np.sum(np.asarray(values[result]) * self.upstream)

        if of == result:
            return self.upstream
        return self.slope(inner, self.point[of] if held else x)

    def laid_out(self, slope: Array, of: str, by: Expression, symbol: Expression) -> Array:
        """Return a Jacobian (of..., by...) in the derivation's layout."""
        shape = np.shape(self.point[of])
        name = by.value.name.split("[")[0]
        variable = np.shape(self.point[name])
        if by is self.derivation.variable and self.entry:
            slope = slope[(..., *self.entry)]
            variable = ()
        layout = self.derivation.layout
        if layout == "mixed" and self.derivation.before is None:
            layout = "numerator"
        return differences.arrange(slope, shape, variable, 1, layout)

    def member(self, member: Expression | Paths) -> Any:
        """Return the value of one side of an equation."""
        if isinstance(member, Paths):
            return sum(self.product(factors) for factors in member.terms)
        values = {**self.point}
        for symbol in leaves(member):
            if key(symbol) in self.symbols:
                values[symbol.value.name] = self.symbols[key(symbol)]
        return self.evaluated(member, values)

    def product(self, factors: tuple[Expression, ...]) -> Any:
        """Contract Jacobians over the axes between them."""
        slopes = []
        for factor in factors:
            quantity = self.derivation.quantities[factor]
            slopes.append(self.raw(quantity))
        whole, rank = slopes[0]
        for slope, own in slopes[1:]:
            whole = (
                np.tensordot(whole, slope, axes=rank) if rank else np.multiply.outer(whole, slope)
            )
            rank = own
        first = self.derivation.quantities[factors[0]]
        last = self.derivation.quantities[factors[-1]]
        assert last.by is not None
        return self.laid_out_raw(whole, first.of.value.name, last.by)

    def raw(self, quantity: Quantity) -> tuple[Array, int]:
        """Return a Jacobian with axes (of..., by...) and how many axes `by` has."""
        of = quantity.of.value.name
        assert quantity.by is not None
        by = quantity.by.value.name.split("[")[0]
        if quantity.kind == "partial":
            operation = self.derivation.definitions[quantity.of]
            slope = self.slope(
                lambda v: self.evaluated(operation, {**self.point, by: v}), self.point[by]
            )
        else:
            slope = self.slope(lambda v: self.run({self.wrt: v})[of], self.given[self.wrt])
        if quantity.by is self.derivation.variable and self.entry:
            return slope[(..., *self.entry)], 0
        return slope, np.ndim(self.point[by])

    def laid_out_raw(self, slope: Array, of: str, by: Expression) -> Array:
        shape = np.shape(self.point[of])
        entry = by is self.derivation.variable and self.entry
        variable = () if entry else np.shape(self.point[by.value.name.split("[")[0]])
        layout = self.derivation.layout
        if layout == "mixed":
            layout = "numerator"
        return differences.arrange(slope, shape, variable, 1, layout)


def key(symbol: Expression) -> str:
    """Return what tells symbols apart: a gradient as a row is not one as a column."""
    return f"{symbol.value.name} {symbol.shape}"


def leaves(formula: Expression) -> list[Expression]:
    """Return the variables of a formula."""
    nodes = postorder([formula], lambda node: node.arguments)
    return [node for node in nodes if node.head == "variable"]


def false_steps(
    derivation: Derivation, values: Values, entry: tuple[int, ...] = ()
) -> list[tuple[Step, Any, Any]]:
    """Return the steps whose sides differ at a point, with the values of both sides."""
    truth = Truth(derivation, values, entry)
    found = []
    for step in derivation.steps:
        left, right = np.asarray(truth.member(step.before)), np.asarray(truth.member(step.after))
        scale = max(1.0, float(np.max(np.abs(right), initial=0.0)))
        near = left.shape == right.shape and np.allclose(
            left, right, rtol=1e-6, atol=scale * 1e-6 + 100 * truth.error, equal_nan=False
        )
        if not near and np.isfinite(truth.error):
            found.append((step, left, right))
    return found
