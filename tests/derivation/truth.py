"""Is every step of a derivation true? Both sides in numbers, by finite differences.

What a symbol of the derivation stands for is computed from the definitions of the
intermediates alone; nothing here knows a rule of differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from matcalc.derivation.steps import Derivation, Paths, Quantity, Step
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.programs.backends import NUMPY
from matcalc.programs.evaluation import evaluate
from tests import differences
from tests.differences import Array

Values = dict[str, Any]


NEAR = 0.02
"""What the steps of the differences are scaled by."""

STEPS = differences.STEPS[:3]
"""So near, three steps are as good as four."""


class Point:
    """The values of all intermediates at one point, and near it; slopes are computed once.

    Derivations by all manners and layouts have the same intermediates, and share it.
    """

    def __init__(self, definitions: Mapping[Expression, Expression], given: Values) -> None:
        self.given = given
        self.definitions = {symbol.value.name: part for symbol, part in definitions.items()}
        self.sizes = {k: v for k, v in given.items() if np.ndim(v) == 0 and isinstance(v, int)}
        self.values = dict(given)
        self.reads = {
            name: {leaf.value.name for leaf in leaves(part)}
            for name, part in self.definitions.items()
        }
        for name, operation in self.definitions.items():
            self.values[name] = self.evaluated(operation, self.values)
        self.near: dict[tuple[str, bytes], Values] = {}
        self.slopes: dict[tuple[str, str, bool], Slope] = {}

    def evaluated(self, formula: Expression, values: Values) -> Any:
        with np.errstate(all="ignore"):
            return evaluate(formula, values, self.sizes, NUMPY)

    def moved(self, name: str, value: Array) -> Values:
        """Return all values where one is moved, and what is made of it moves along."""
        found = self.near.get((name, value.tobytes()))
        if found is None:
            found = {**self.values, name: value}
            changed = {name}
            for of, operation in self.definitions.items():
                if of != name and not changed.isdisjoint(self.reads[of]):
                    changed.add(of)
                    found[of] = self.evaluated(operation, found)
            self.near[name, value.tobytes()] = found
        return found

    def slope(self, of: str, by: str, alone: bool = False) -> Slope:
        """Return a derivative with axes (of..., by...), of `of`'s own operation `alone`."""
        if (of, by, alone) not in self.slopes:
            at = np.asarray(self.values[by], dtype=float)

            def function(v: Array) -> Any:
                value = at + NEAR * v
                if alone:
                    return self.evaluated(self.definitions[of], {**self.values, by: value})
                return self.moved(by, value)[of]

            # the steps are small, so that they seldom cross a kink
            estimate = differences.jacobian(function, np.zeros(at.shape), STEPS)
            found = Slope(estimate.value / NEAR, estimate.error / NEAR, at.ndim)
            self.slopes[of, by, alone] = found
        return self.slopes[of, by, alone]


class Slope(NamedTuple):
    """A derivative with axes (of..., by...), a bound of its error, and the rank of `by`."""

    value: Array
    error: float
    rank: int


class Numbers:
    """What is known at one point, for all derivations there."""

    def __init__(self, values: Values, entry: tuple[int, ...] = ()) -> None:
        self.values = values
        self.entry = entry
        self.points: dict[tuple[tuple[Expression, Expression], ...], Point] = {}

    def point(self, derivation: Derivation) -> Point:
        """Return the point with the intermediates of a derivation."""
        key = tuple(derivation.definitions.items())
        if key not in self.points:
            self.points[key] = Point(derivation.definitions, self.values)
        return self.points[key]


class Truth:
    """The numbers of one derivation at one point."""

    def __init__(self, derivation: Derivation, numbers: Numbers) -> None:
        self.derivation = derivation
        self.entry = numbers.entry
        self.error = 0.0
        self.wrt = plain(derivation.variable)
        self.at = numbers.point(derivation)
        self.point = self.at.values
        self.symbols: Values = {}
        rng = np.random.default_rng(5)
        seed = derivation.seed
        self.change = rng.normal(size=np.shape(self.point[self.wrt]))
        if self.entry:
            self.change = np.zeros(np.shape(self.point[self.wrt]))
            self.change[self.entry] = 1.0
        shape = np.shape(self.point[derivation.result.value.name])
        self.upstream = rng.normal(size=shape) if shape else np.array(1.0)
        if seed is not None:
            given = self.at.evaluated(seed, self.point)
            if derivation.manner == "backward":
                self.upstream = given
            else:
                self.change = self.change * given if self.entry else given
        for symbol, quantity in derivation.quantities.items():
            if quantity.kind != "intermediate":
                self.symbols[key(symbol)] = self.quantity(quantity)

    def quantity(self, quantity: Quantity) -> Any:
        """Return what a symbol stands for, by finite differences."""
        result = self.derivation.result.value.name
        of = plain(quantity.of)
        if quantity.kind in ("partial", "total"):
            assert quantity.by is not None
            return self.laid_out(self.raw(quantity)[0], of, quantity.by)
        if quantity.kind == "tangent":
            if of == self.wrt:
                entry = self.entry and quantity.of is self.derivation.variable
                return np.array(1.0) if entry else self.change
            slope = self.slope(of, self.wrt)
            return np.tensordot(slope.value, self.change, axes=slope.rank)
        if of == result:
            return self.upstream
        return np.tensordot(self.upstream, self.slope(result, of).value, np.ndim(self.upstream))

    def slope(self, of: str, by: str, alone: bool = False) -> Slope:
        """Return a derivative at the point, and remember how exact it is."""
        found = self.at.slope(of, by, alone)
        self.error = max(self.error, found.error)
        return found

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
        return self.at.evaluated(member, values)

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
        assert quantity.by is not None
        alone = quantity.kind == "partial"
        slope = self.slope(quantity.of.value.name, plain(quantity.by), alone)
        if quantity.by is self.derivation.variable and self.entry:
            return slope.value[(..., *self.entry)], 0
        return slope.value, slope.rank


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


def false_steps(derivation: Derivation, numbers: Numbers) -> list[tuple[Step, Any, Any]]:
    """Return the steps whose sides differ at a point, with the values of both sides."""
    truth = Truth(derivation, numbers)
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
