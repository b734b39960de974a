"""The kinds of undeclared names: first from how they are used, then from their letters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from matcalc.expressions.functions import ALIASES, CALLED
from matcalc.syntax.costs import COST, letters_of
from matcalc.syntax.tree import Tree

_EXPECTED = {
    "vector": ("vector expected", (0, 2)),
    "matrix": ("matrix expected", (0, 1)),
    "square": ("matrix expected", (0, 1)),
    "tensor": ("reduced scalar", (0,)),
}
"""What it costs to be something else than a function takes."""


class Kinds:
    """What the formulas tell of the names in them that nothing declares or binds.

    `order` has the free names in order of appearance, `exact` the number of axes of those
    whose use leaves no choice, `uses` what kinds cost the others by how they are used,
    `dimensions` the names used as sizes or bounds, `bars` the bars that stand for abs.
    """

    def __init__(
        self,
        declared: Mapping[str, int],
        dimensions: frozenset[str],
        parameters: Mapping[str, list[int]],
    ) -> None:
        self.declared = declared
        self.known = dimensions.union(declared, parameters)
        self.parameters = parameters
        self.order: dict[str, None] = {}
        self.exact: dict[str, int] = {}
        self.uses: dict[str, dict[int, float]] = {}
        self.bold: set[str] = set()
        self.sampled: set[str] = set()
        self.bars: set[str] = set()
        self.dimensions: set[str] = set()
        self.powers: list[tuple[str, Tree, frozenset[str]]] = []

    def read(self, tree: Tree, bound: frozenset[str]) -> None:
        """Collect what one formula tells; `bound` are names that earlier ones bind."""
        # one scope at a time: those of a long program together would be quadratic
        scopes: list[Iterator[tuple[Tree, frozenset[str]]]] = [iter([(tree, bound)])]
        while scopes:
            node, inside = next(scopes[-1], (None, bound))
            if node is None:
                scopes.pop()
            elif node.kind == "name":
                name = str(node.value)
                if name not in inside:
                    self.order.setdefault(name)
            else:
                rule = _READERS.get(node.kind)
                if rule is not None:
                    rule(self, node, inside)
                children = iter(_scopes(node, inside))
                scopes.append(islice(children, 1) if self.is_transpose(node, inside) else children)

    def finish(self) -> None:
        """Decide what needs all uses: exponents of matrices are dimensions."""
        for base, exponent, bound in self.powers:
            if self.rank(base) == 2:
                self.sizes(exponent, bound, only_vectors=True)

    def is_transpose(self, tree: Tree, bound: Collection[str]) -> bool:
        """Tell whether this is A^T with a T that nothing declares or binds."""
        if tree.kind != "power" or tree.value != "^":
            return False
        exponent = tree.children[1]
        name = exponent.value
        return (
            exponent.kind == "name" and name == "T" and name not in self.known and name not in bound
        )

    def rank(self, name: str) -> int:
        """Return how many axes the variable of this name has, by what it alone tells."""
        known = self.declared.get(name)
        if known is None:
            options = self.options(name)
            known = min(options, key=lambda rank: options[rank])
        return known

    def options(self, name: str) -> dict[int, float]:
        """Return the numbers of axes that a name may have, each with its cost."""
        if name in self.exact and name not in self.sampled:
            return {self.exact[name]: 0}
        row = letters_of(name, name in self.bold)
        if name in self.sampled:
            is_capital = letters_of(name).matrix == 0
            entry, samples = (3, 0) if is_capital else (0, COST["samples"])
            options = {1: float(entry), 2: float(samples)}
        else:
            options = {0: row.scalar, 1: row.vector, 2: row.matrix}
        for rank, cost in self.uses.get(name, {}).items():
            if rank in options:
                options[rank] += cost
        return options

    def charge(self, tree: Tree, use: str, ranks: Iterable[int], bound: frozenset[str]) -> None:
        """Note that this operand, if it is a bare name, is unusual with so many axes."""
        name = _bare(tree)
        if name is not None and name not in bound and name not in self.declared:
            costs = self.uses.setdefault(name, {})
            for rank in ranks:
                costs[rank] = max(costs.get(rank, 0), COST[use])

    def fix(self, tree: Tree, rank: int, bound: frozenset[str]) -> None:
        """Note that this operand, if it is a bare name, has so many axes."""
        name = _bare(tree)
        if name is not None and name not in bound and name not in self.declared:
            self.exact.setdefault(name, rank)

    def sizes(self, tree: Tree, bound: frozenset[str], only_vectors: bool = False) -> None:
        """Note that the undeclared names in this operand are dimensions."""
        stack = [tree]
        while stack:
            node = stack.pop()
            name = node.value
            if node.kind == "name" and isinstance(name, str):
                letter = not only_vectors or (name not in self.exact and self.rank(name) == 1)
                if name not in bound and name not in self.declared and letter:
                    self.dimensions.add(name)
            elif node.kind in ("add", "sign", "product", "power"):
                stack.extend(node.children)


def bindings(tree: Tree) -> frozenset[str]:
    """Return the names that a formula binds for itself and for those after it."""
    value: Any = tree.value
    return frozenset(value) if tree.kind == "program" else frozenset()


def _bare(tree: Tree) -> str | None:
    """Return the name that an operand is, perhaps signed and transposed once or twice."""
    for _ in range(3):
        if tree.kind in ("sign", "transpose"):
            tree = tree.children[0]
    return str(tree.value) if tree.kind == "name" else None


def _scopes(node: Tree, bound: frozenset[str]) -> Iterable[tuple[Tree, frozenset[str]]]:
    """Return the children of a node, each with the names bound where it stands."""
    value: Any = node.value
    if node.kind == "indexed":
        for position, name in enumerate(value[1]):
            yield from ((child, bound) for child in node.children[2 * position :][:2])
            bound = bound | {name}
        yield node.children[-1], bound
    elif node.kind == "program":
        for name, child in zip((*value, None), node.children, strict=True):
            yield child, bound
            if name is not None:
                bound = bound | {name}
    else:
        yield from ((child, bound) for child in node.children)


def _product(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    if node.value == "·":
        for operand, other in (node.children, node.children[::-1]):
            if not _scalar(kinds, other):
                kinds.charge(operand, "dotted scalar", (0,), bound)


def _scalar(kinds: Kinds, tree: Tree) -> bool:
    """Tell whether an operand is a scalar for certain: a number or declared so."""
    name = _bare(tree)
    return tree.kind == "number" or (name is not None and kinds.declared.get(name) == 0)


def _transpose(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    kinds.charge(node, "transposed scalar", (0,), bound)


def _power(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    base, exponent = node.children
    name = _bare(base)
    if name is None or name in bound:
        return
    if kinds.is_transpose(node, bound):
        kinds.charge(base, "transposed scalar", (0,), bound)
    elif node.value == "^" and base.kind == "name":
        kinds.powers.append((name, exponent, bound))


def _subscript(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    kinds.fix(node.children[0], len(node.children) - 1, bound)
    for selector in node.children[1:]:
        for part in selector.children if selector.kind == "range" else (selector,):
            kinds.sizes(part, bound)


def _sample(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    name = str(node.value)
    kinds.order.setdefault(name)
    if name not in kinds.declared:
        kinds.sampled.add(name)


def _reading(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    if node.value == "abs":
        kinds.bars.add(bars_key(node))
    elif node.value == "norm2":
        kinds.charge(node.children[0], "reduced scalar", (0,), bound)


def bars_key(node: Tree) -> str:
    """Return what the search calls the question whether |x| is an absolute value or a length."""
    return f"|{node.span.start}:{node.span.end}"


def _indexed(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    for part in node.children[:-1]:
        kinds.sizes(part, bound.union(value[1]))


def _call(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    typed, keywords = value
    name = ALIASES.get(typed, typed)
    if typed in kinds.parameters:
        for child, rank in zip(node.children, kinds.parameters[typed], strict=False):
            kinds.fix(child, rank, bound)
        return
    row = CALLED.get(name)
    if row is None:
        return
    if keywords and len(node.children) == 1:
        kinds.fix(node.children[0], 2, bound)
    elif row.takes == "sizes":
        for child in node.children:
            kinds.sizes(child, bound)
    elif row.sizes and node.children:
        kinds.fix(node.children[0], 1 if len(node.children) < 4 else 2, bound)
        for child in node.children[1:]:
            kinds.sizes(child, bound)
    elif row.takes in _EXPECTED and len(node.children) == len(row.parameters):
        for child in node.children:
            kinds.charge(child, *_EXPECTED[row.takes], bound)


def _derivative(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    for child, rank in zip(node.children, kinds.parameters.get(value[0], ()), strict=False):
        kinds.fix(child, rank, bound)


def _noted(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    kinds.bold.update(name for name in value[1] if name not in bound)


_READERS: dict[str, Callable[[Kinds, Tree, frozenset[str]], None]] = {
    "product": _product,
    "transpose": _transpose,
    "power": _power,
    "subscript": _subscript,
    "sample": _sample,
    "reading": _reading,
    "indexed": _indexed,
    "call": _call,
    "derivative": _derivative,
    "noted": _noted,
}
