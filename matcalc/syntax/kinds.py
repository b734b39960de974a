"""The kinds of undeclared names: first from how they are used, then from their letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from matcalc.expressions.functions import ALIASES, CALLED
from matcalc.syntax.tree import Tree

_RANKS = {"vector": 1, "matrix": 2, "square": 2}


class Kinds:
    """What the formulas tell of the names in them that nothing declares or binds.

    `order` has the free names in order of appearance, `ranks` the number of axes of those
    whose use tells it, `dimensions` the names used as sizes or bounds.
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
        self.ranks: dict[str, int] = {}
        self.dimensions: set[str] = set()
        self.transposed: set[str] = set()
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
        """Decide what needs all uses: transposed names and exponents of matrices."""
        for name in self.transposed:
            if self.rank(name) == 0:
                self.ranks.setdefault(name, 1)
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
        """Return how many axes the variable of this name has."""
        known = self.declared.get(name, self.ranks.get(name))
        return by_letter(name) if known is None else known

    def hint(self, tree: Tree, rank: int, bound: frozenset[str]) -> None:
        """Note that this operand, if it is a bare name, has so many axes."""
        name = _bare(tree)
        if name is not None and name not in bound and name not in self.declared:
            self.ranks.setdefault(name, rank)

    def sizes(self, tree: Tree, bound: frozenset[str], only_vectors: bool = False) -> None:
        """Note that the undeclared names in this operand are dimensions."""
        stack = [tree]
        while stack:
            node = stack.pop()
            name = node.value
            if node.kind == "name" and isinstance(name, str):
                letter = not only_vectors or (by_letter(name) == 1 and name not in self.ranks)
                if name not in bound and name not in self.declared and letter:
                    self.dimensions.add(name)
            elif node.kind in ("add", "sign", "product", "power"):
                stack.extend(node.children)


GREEK_NAMES = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma "
    "tau upsilon phi chi psi omega".split()
)


def by_letter(name: str) -> int:
    """Return the axes that matrixcalculus.org's letters give: a-g 0, h-z 1, A-Z 2, Greek 0.

    A Greek letter may be spelt out: `lambda_1` is a scalar as `λ₁` would be.

    >>> [by_letter(name) for name in ("a", "x_1", "W1", "σ", "sigma_2", "sign")]
    [0, 1, 2, 0, 0, 1]
    """
    if name.rstrip("0123456789").split("_")[0] in GREEK_NAMES:
        return 0
    letter = unicodedata.normalize("NFD", name)[0]
    if "h" <= letter <= "z":
        return 1
    return 2 if "A" <= letter <= "Z" else 0


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
        names = frozenset(value[1])
        yield from ((child, bound) for child in node.children[:-1])
        yield node.children[-1], bound | names
    elif node.kind == "program":
        for name, child in zip((*value, None), node.children, strict=True):
            yield child, bound
            if name is not None:
                bound = bound | {name}
    else:
        yield from ((child, bound) for child in node.children)


def _product(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    if node.value == "·":
        left, right = node.children
        for operand, other in ((left, right), (right, left)):
            if not _scalar(kinds, other):
                kinds.hint(operand, 1, bound)


def _scalar(kinds: Kinds, tree: Tree) -> bool:
    """Tell whether an operand is a scalar for certain: a number or declared so."""
    name = _bare(tree)
    return tree.kind == "number" or (name is not None and kinds.declared.get(name) == 0)


def _transpose(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    name = _bare(node)
    if name is not None and name not in bound:
        kinds.transposed.add(name)


def _power(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    base, exponent = node.children
    name = _bare(base)
    if name is None or name in bound:
        return
    if kinds.is_transpose(node, bound):
        kinds.transposed.add(name)
    elif node.value == "^" and base.kind == "name":
        kinds.powers.append((name, exponent, bound))


def _subscript(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    kinds.hint(node.children[0], len(node.children) - 1, bound)
    for selector in node.children[1:]:
        for part in selector.children if selector.kind == "range" else (selector,):
            kinds.sizes(part, bound)


def _indexed(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    for part in node.children[:-1]:
        kinds.sizes(part, bound)


def _call(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    typed, keywords = value
    name = ALIASES.get(typed, typed)
    if typed in kinds.parameters:
        for child, rank in zip(node.children, kinds.parameters[typed], strict=False):
            kinds.hint(child, rank, bound)
        return
    row = CALLED.get(name)
    if row is None:
        return
    if row.takes == "sizes":
        for child in node.children:
            kinds.sizes(child, bound)
    elif row.sizes:
        for child in node.children[:1]:
            kinds.hint(child, 1 if len(node.children) < 4 else 2, bound)
        for child in node.children[1:]:
            kinds.sizes(child, bound)
    elif keywords and len(node.children) == 1:
        kinds.hint(node.children[0], 2, bound)
    elif row.takes in _RANKS:
        for child in node.children:
            kinds.hint(child, _RANKS[row.takes], bound)


def _derivative(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    for child, rank in zip(node.children, kinds.parameters.get(value[0], ()), strict=False):
        kinds.hint(child, rank, bound)


def _noted(kinds: Kinds, node: Tree, bound: frozenset[str]) -> None:
    value: Any = node.value
    for name, rank in value[1]:
        if name not in bound and name not in kinds.declared:
            kinds.ranks.setdefault(name, rank)


_READERS: dict[str, Callable[[Kinds, Tree, frozenset[str]], None]] = {
    "product": _product,
    "transpose": _transpose,
    "power": _power,
    "subscript": _subscript,
    "indexed": _indexed,
    "call": _call,
    "derivative": _derivative,
    "noted": _noted,
}
