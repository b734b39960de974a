"""Match one side of a law against a formula: products associate, sums and scalars commute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension, name
from matcalc.expressions.nodes import Expression, make, number
from matcalc.expressions.traversal import postorder
from matcalc.laws.law import Pattern
from matcalc.notation.building import links

LONGEST = 16
"""Longer products and sums are not looked into."""


class Bound(NamedTuple):
    """What the letters of a pattern stand for, and its sizes."""

    letters: Mapping[str, Expression] = {}
    sizes: Mapping[str, Dimension] = {}

    def letter(self, letter: str, value: Expression) -> Bound:
        return Bound({**self.letters, letter: value}, self.sizes)

    def size(self, letter: str, value: Dimension) -> Bound:
        return Bound(self.letters, {**self.sizes, letter: value})


def applied(pattern: Pattern, node: Expression) -> Expression | None:
    """Return the node with the law applied to it, or to some of its factors or terms.

    >>> from matcalc.laws.law import Law, pattern
    >>> from matcalc.notation.text import to_text
    >>> from matcalc.expressions.dimensions import name
    >>> from matcalc.syntax.reading import read_formula
    >>> law = pattern(Law("a diagonal matrix times a vector", "diag(u)*v", "u .* v"))
    >>> n = name("k")
    >>> node = read_formula("M*diag(t)*s", {"M": (n, n), "t": (n,), "s": (n,)})
    >>> to_text(applied(law, node))
    'M*(t .* s)'
    """
    for rest, bound in _at_root(pattern.left, node):
        try:
            found = rest(instance(pattern.right, bound))
        except MatcalcError:
            continue
        if found.shape == node.shape and found is not node:
            return found
    return None


def instance(formula: Expression, bound: Bound) -> Expression:
    """Return a side of a law with everything put in that its letters stand for."""
    done: dict[Expression, Expression] = {}
    for node in postorder([formula], lambda n: n.arguments):
        if node.head == "variable":
            done[node] = bound.letters[node.value.name]
        else:
            parts = tuple([done[part] for part in node.arguments])
            done[node] = make(node.head, parts, _sized(node.value, bound))
    return done[formula]


def _sized(value: Any, bound: Bound) -> Any:
    if isinstance(value, Dimension):
        return value.substitute(bound.sizes)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple([_sized(part, bound) for part in value])
    return value


# The root: a law may apply to some of the factors or terms


Rebuild = Callable[[Expression], Expression]


def _at_root(pattern: Expression, node: Expression) -> Iterator[tuple[Rebuild, Bound]]:
    empty = Bound()
    if pattern.head == "add" and node.head == "add" and len(node.arguments) <= LONGEST:
        yield from _some_terms(pattern, node)
    elif pattern.head == "hadamard" and node.head == "hadamard":
        yield from _some_factors(pattern, node)
    elif pattern.head == "multiply" and node.head == "multiply":
        yield from _part_of_product(pattern, node)
    elif pattern.head == "divide" and node.head in ("divide", "hadamard", "multiply"):
        yield from _part_of_fraction(pattern, node)
    else:
        for bound in match(pattern, node, empty):
            yield (lambda found: found), bound


def _some_terms(pattern: Expression, node: Expression) -> Iterator[tuple[Rebuild, Bound]]:
    wanted, terms = pattern.arguments, node.arguments
    for chosen in permutations(range(len(terms)), len(wanted)):
        picked = [terms[k] for k in chosen]
        for bound in _in_turn(wanted, picked, Bound()):
            rest = [term for k, term in enumerate(terms) if k not in chosen]
            place = min(chosen)

            def rebuild(found: Expression, rest: Any = rest, place: int = place) -> Expression:
                if not rest:
                    return found
                return make("add", (*rest[:place], found, *rest[place:]))

            yield rebuild, bound


def _some_factors(pattern: Expression, node: Expression) -> Iterator[tuple[Rebuild, Bound]]:
    wanted, factors = entrywise_factors(pattern), entrywise_factors(node)
    if len(factors) > LONGEST:
        return
    for chosen in permutations(range(len(factors)), len(wanted)):
        for bound in _in_turn(wanted, [factors[k] for k in chosen], Bound()):
            rest = [factor for k, factor in enumerate(factors) if k not in chosen]

            def rebuild(found: Expression, rest: Any = rest) -> Expression:
                return _product("hadamard", [found, *rest])

            yield rebuild, bound


def _part_of_fraction(pattern: Expression, node: Expression) -> Iterator[tuple[Rebuild, Bound]]:
    above, below = _fraction(node)
    wanted, under = _fraction(pattern)
    if len(above) > LONGEST or len(below) > LONGEST:
        return
    wanted = [factor for factor in wanted if factor is not number(1)]
    for chosen in permutations(range(len(below)), len(under)):
        for bound in _in_turn(under, [below[k] for k in chosen], Bound()):
            divisors = [factor for k, factor in enumerate(below) if k not in chosen]
            for taken in permutations(range(len(above)), len(wanted)):
                for whole in _in_turn(wanted, [above[k] for k in taken], bound):
                    rest = [factor for k, factor in enumerate(above) if k not in taken]

                    def rebuild(
                        found: Expression, rest: Any = rest, divisors: Any = divisors
                    ) -> Expression:
                        top = _product("hadamard", [found, *rest])
                        if not divisors:
                            return top
                        return make("divide", (top, _product("hadamard", divisors)))

                    yield rebuild, whole


def _fraction(node: Expression) -> tuple[list[Expression], list[Expression]]:
    """Return the factors of a quotient of scalars, or entry by entry: above and below."""
    above: list[Expression] = []
    below: list[Expression] = []
    stack = [(node, above, below)]
    while stack:
        part, top, bottom = stack.pop()
        if part.head == "divide":
            stack += [(part.arguments[1], bottom, top), (part.arguments[0], top, bottom)]
        elif part.head == "hadamard" or (part.head == "multiply" and _is_scaling(part)):
            stack += [(factor, top, bottom) for factor in reversed(part.arguments)]
        elif part.head == "power" and part.arguments[1] in (number(2), number(3)):
            top += [part.arguments[0]] * int(part.arguments[1].value)
        elif part is not number(1):
            top.append(part)
    return above, below


def _is_scaling(product: Expression) -> bool:
    return not all(part.shape for part in product.arguments)


def entrywise_factors(node: Expression) -> list[Expression]:
    """Return the factors of a product entry by entry."""
    found: list[Expression] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if part.head == "hadamard":
            stack += reversed(part.arguments)
        else:
            found.append(part)
    return found


def _part_of_product(pattern: Expression, node: Expression) -> Iterator[tuple[Rebuild, Bound]]:
    scalars, factors = _factors(node)
    wanted_scalars, wanted = _factors(pattern)
    if len(factors) > LONGEST or len(scalars) > LONGEST:
        return
    for low in range(len(factors) + 1 if not wanted else len(factors)):
        ends = [low] if not wanted else range(low + len(wanted), len(factors) + 1)
        for high in ends:
            for bound in _sequence(wanted, factors[low:high], Bound()):
                for chosen in permutations(range(len(scalars)), len(wanted_scalars)):
                    picked = [scalars[k] for k in chosen]
                    for whole in _in_turn(wanted_scalars, picked, bound):
                        rest = [s for k, s in enumerate(scalars) if k not in chosen]

                        def rebuild(
                            found: Expression,
                            rest: Any = rest,
                            before: Any = factors[:low],
                            after: Any = factors[high:],
                        ) -> Expression:
                            return _product("multiply", [*rest, *before, *links(found), *after])

                        yield rebuild, whole


def _factors(node: Expression) -> tuple[list[Expression], list[Expression]]:
    """Return the scalars and the other factors of a product."""
    parts = links(node)
    scalars: list[Expression] = []
    for part in parts:
        if not part.shape:
            scalars += links(part) if part.head == "multiply" and _is_scalar(part) else [part]
    return scalars, [part for part in parts if part.shape]


def _is_scalar(product: Expression) -> bool:
    return not any(part.shape for part in product.arguments)


def _product(head: str, parts: Sequence[Expression]) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        whole = make(head if whole.shape and part.shape else "multiply", (whole, part))
    return whole


# Below the root: the whole has to match


def match(pattern: Expression, node: Expression, bound: Bound) -> Iterator[Bound]:
    """Yield what the letters of a pattern may stand for so that it is the node."""
    if pattern.head == "variable":
        yield from _letter(pattern, node, bound)
    elif pattern.head == "multiply" and node.head == "multiply":
        yield from _whole_product(pattern, node, bound)
    elif pattern.head in ("add", "hadamard", "dot") and node.head == pattern.head:
        parts = entrywise_factors if pattern.head == "hadamard" else _arguments
        yield from _in_any_order(list(parts(pattern)), list(parts(node)), bound)
    elif pattern.head == node.head and len(pattern.arguments) == len(node.arguments):
        for fitting in _value(pattern.value, node.value, bound):
            yield from _in_turn(pattern.arguments, node.arguments, fitting)


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _letter(pattern: Expression, node: Expression, bound: Bound) -> Iterator[Bound]:
    letter = pattern.value.name
    known = bound.letters.get(letter)
    if known is not None:
        if known is node:
            yield bound
        return
    for fitting in _value(pattern.shape, node.shape, bound):
        yield fitting.letter(letter, node)


def _value(pattern: Any, value: Any, bound: Bound) -> Iterator[Bound]:
    """Match sizes, and everything else that is not an operand."""
    if isinstance(pattern, Dimension):
        yield from _size(pattern, value, bound)
    elif isinstance(pattern, tuple) and not hasattr(pattern, "_fields"):
        if not isinstance(value, tuple) or len(pattern) != len(value):
            return
        fitting: Iterator[Bound] = iter([bound])
        for one, other in zip(pattern, value, strict=True):
            fitting = _each(one, other, fitting)
        yield from fitting
    elif pattern == value:
        yield bound


def _each(one: Any, other: Any, bounds: Iterator[Bound]) -> Iterator[Bound]:
    for bound in bounds:
        yield from _value(one, other, bound)


def _size(pattern: Dimension, value: Any, bound: Bound) -> Iterator[Bound]:
    if not isinstance(value, Dimension):
        return
    known = pattern.substitute(bound.sizes)
    if known == value:
        yield bound
        return
    (letter,) = pattern.names if len(pattern.names) == 1 else ("",)
    if letter and pattern == name(letter) and letter not in bound.sizes:
        yield bound.size(letter, value)


def _in_turn(
    patterns: Sequence[Expression], nodes: Sequence[Expression], bound: Bound
) -> Iterator[Bound]:
    if len(patterns) != len(nodes):
        return
    if not patterns:
        yield bound
        return
    for fitting in match(patterns[0], nodes[0], bound):
        yield from _in_turn(patterns[1:], nodes[1:], fitting)


def _in_any_order(
    patterns: list[Expression], nodes: list[Expression], bound: Bound
) -> Iterator[Bound]:
    if len(patterns) != len(nodes) or len(nodes) > LONGEST:
        return
    if not patterns:
        yield bound
        return
    for k, node in enumerate(nodes):
        for fitting in match(patterns[0], node, bound):
            yield from _in_any_order(patterns[1:], nodes[:k] + nodes[k + 1 :], fitting)


def _whole_product(pattern: Expression, node: Expression, bound: Bound) -> Iterator[Bound]:
    scalars, factors = _factors(node)
    wanted_scalars, wanted = _factors(pattern)
    if len(factors) > LONGEST or not _can_hold(wanted_scalars, scalars):
        return
    for fitting in _sequence(wanted, factors, bound):
        if len(wanted_scalars) == 1 and len(scalars) > 1:
            yield from match(wanted_scalars[0], _product("multiply", scalars), fitting)
        else:
            yield from _in_any_order(wanted_scalars, scalars, fitting)


def _can_hold(wanted: Sequence[Expression], scalars: Sequence[Expression]) -> bool:
    return len(wanted) == len(scalars) or (len(wanted) == 1 and len(scalars) > 1)


def _sequence(
    patterns: Sequence[Expression], nodes: Sequence[Expression], bound: Bound
) -> Iterator[Bound]:
    """Match factors in a row; a letter may stand for a product of several."""
    if not patterns:
        if not nodes:
            yield bound
        return
    first, rest = patterns[0], patterns[1:]
    longest = len(nodes) - len(rest)
    if first.head != "variable":
        longest = min(longest, 1)
    for taken in range(1, longest + 1):
        try:
            part = _product("multiply", nodes[:taken])
        except MatcalcError:
            continue
        for fitting in match(first, part, bound):
            yield from _sequence(rest, nodes[taken:], fitting)
