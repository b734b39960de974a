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


NEAR = 0.02
"""What the steps of the differences are scaled by."""


class Truth:
    """The numbers of one derivation at one point."""

    def __init__(self, derivation: Derivation, values: Values, entry: tuple[int, ...] = ()) -> None:
        self.derivation = derivation
        self.given = values
        self.entry = entry
        self.error = 0.0
        self.known: dict[Quantity, tuple[Array, int]] = {}
        self.wrt = plain(derivation.variable)
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
        """Return a derivative; the steps are small, so that they seldom cross a kink."""
        point = np.asarray(at, dtype=float)
        estimate: Estimate = differences.jacobian(
            lambda v: function(point + NEAR * v), np.zeros(point.shape)
        )
        self.error = max(self.error, estimate.error / NEAR)
        return estimate.value / NEAR

    def quantity(self, symbol: Expression, quantity: Quantity) -> Any:
        """Return what a symbol stands for, by finite differences."""
        result = self.derivation.result.value.name
        of = quantity.of.value.name
        x = self.given[self.wrt]
        if quantity.kind in ("partial", "total"):
            assert quantity.by is not None
            return self.laid_out(self.raw(quantity)[0], of, quantity.by)
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

    def laid_out(self, slope: Array, of: str, by: Expression) -> Array:
        """Return a Jacobian (of..., by...) in the layout of the derivation's Jacobians."""
        entry = by is self.derivation.variable and self.entry
        variable = () if entry else np.shape(self.point[plain(by)])
        layout = "denominator" if self.derivation.layout == "denominator" else "numerator"
        return differences.arrange(slope, np.shape(self.point[of]), variable, 1, layout)

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
        quantities = [self.derivation.quantities[factor] for factor in factors]
        whole, rank = self.raw(quantities[0])
        for quantity in quantities[1:]:
            slope, own = self.raw(quantity)
            whole = np.tensordot(whole, slope, axes=rank)
            rank = own
        first, last = quantities[0], quantities[-1]
        assert last.by is not None
        return self.laid_out(whole, first.of.value.name, last.by)

    def raw(self, quantity: Quantity) -> tuple[Array, int]:
        """Return a Jacobian with axes (of..., by...) and how many axes `by` has."""
        if quantity not in self.known:
            self.known[quantity] = self.differentiated(quantity)
        return self.known[quantity]

    def differentiated(self, quantity: Quantity) -> tuple[Array, int]:
        of = quantity.of.value.name
        assert quantity.by is not None
        by = plain(quantity.by)
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


def plain(symbol: Expression) -> str:
    """Return the name of a variable, also of one that stands for an entry of it."""
    name: str = symbol.value.name
    return name.split("[")[0]


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
