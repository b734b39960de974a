"""Which parts of a formula get a name of their own, so that its text stays short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from matcalc.expressions.functions import NAMES
from matcalc.expressions.names import free_indices, names_in
from matcalc.expressions.nodes import Expression, make
from matcalc.expressions.traversal import postorder
from matcalc.notation.building import cost, transpose

MOST_NODES = 400
"""Larger trees are printed as programs, where that halves them, also without `Names`."""

LEAST_NODES = 20
"""Smaller trees are printed whole."""

APART = 100
"""Several formulas with fewer nodes in all are printed each by itself."""

SAVED = 10
"""A program must save at least one node in this many."""

NAMING = 1
"""What naming a part must save at least, and one more."""

MOST_REGROUPED = 400
"""Larger graphs are named as they are."""

LETTERS = ("s", "z", "M", "T")
"""What scalars, vectors, matrices and tensors are called; with a number, if there are more."""

PLAIN = frozenset(("transpose", "negate"))
"""What is written around a name, not named: r and r', not r and its transpose."""


class Names(NamedTuple):
    """Names that the user gave to parts, and the names that mean something already."""

    given: Mapping[Expression, str] = MappingProxyType({})
    taken: frozenset[str] = frozenset()


class Program(NamedTuple):
    """Parts with names, innermost first, the formulas of them, and how many nodes all have."""

    parts: list[tuple[str, Expression]]
    results: Sequence[Expression]
    size: int


def program(results: Sequence[Expression], names: Names | None = None) -> Program:
    """Name parts of formulas, none if they are best whole.

    A part is named if it is used at least twice and its name makes the text shorter. What
    contains the index of a sum or tensor around it has no meaning outside, hence no name.
    A part that the user named keeps that name.
    """
    size = sum(map(cost, results))
    whole = Program([], results, size)
    if names is None:
        unknown = Names(taken=frozenset(LETTERS))  # single letters may well be declared
        return _named(results, unknown) if size > MOST_NODES else whole
    if size < LEAST_NODES and not names.given:
        return whole
    regrouped = _regrouped(results, names.given)
    short = _named(regrouped, names)
    if size < LEAST_NODES or SAVED * (size - short.size) < size:
        short = _named(regrouped, names, names.given)
    return short if short.parts else whole


def joint_program(forms: Sequence[Sequence[Expression]], names: Names) -> Program | None:
    """Return several formulas, of which there are several forms, as a short program.

    Of forms that are about as long the last is taken. None where no program is half as long
    as one for each of the formulas in their first form.
    """
    programs = [program(results, names) for results in forms]
    shortest = min([found.size for found in programs])
    joint = [found for found in programs if 4 * found.size <= 5 * shortest][-1]
    return joint if are_longer(forms[0], names, 2 * joint.size) else None


def are_longer(results: Sequence[Expression], names: Names, size: int = APART) -> bool:
    """Tell whether one program for each formula takes more nodes in all than `size`."""
    apart = 0
    for result in results:
        apart += program([result], names).size
        if apart > size:
            return True
    return False


def _named(
    results: Sequence[Expression], names: Names, candidates: Container[Expression] | None = None
) -> Program:
    order = postorder(results, lambda node: node.arguments)
    uses = _uses(order, results)
    bound = free_indices(order)
    occurring = names_in(order) | NAMES
    parts: list[Expression] = []
    sizes: dict[Expression, int] = {}
    total = 0
    for node in order:
        inner = sum([sizes[argument] for argument in node.arguments])
        own = cost(node) - sum([cost(argument) for argument in node.arguments])
        sizes[node] = size = own + inner
        times = uses[node]
        if times < 2 or not node.arguments or bound[node] or node.head in PLAIN:
            continue
        if candidates is not None and node not in candidates:
            continue
        if node in names.given or times * size > times + size + NAMING:
            parts.append(node)
            total += size
            sizes[node] = 1
    given = {part: name for part, name in names.given.items() if name not in occurring}
    new = [part for part in parts if part not in given]
    found = given | _letters(new, occurring.union(names.taken, names.given.values()))
    total += sum([sizes[result] for result in results])
    return Program([(found[part], part) for part in parts], results, total)


def _letters(parts: list[Expression], taken: Container[str]) -> dict[Expression, str]:
    """Name parts by their ranks: z, or z1, z2 if there are several vectors."""
    found: dict[Expression, str] = {}
    for rank, letter in enumerate(LETTERS):
        alike = [part for part in parts if min(len(part.shape), len(LETTERS) - 1) == rank]
        if len(alike) == 1 and letter not in taken:
            found[alike[0]] = letter
        else:
            names = (name for k in count(1) if (name := f"{letter}{k}") not in taken)
            found.update(zip(alike, names, strict=False))
    return found


def _uses(order: list[Expression], results: Sequence[Expression]) -> dict[Expression, int]:
    """Count how often each node is written if every node used twice is a name."""
    uses = dict.fromkeys(order, 0) | Counter(results)
    for node in reversed(order):
        times = uses[node] if node.head in PLAIN else 1
        for argument in node.arguments:
            uses[argument] += times
    return uses


def _regrouped(
    results: Sequence[Expression], given: Mapping[Expression, str]
) -> Sequence[Expression]:
    """Write parts alike where they are: as transposes of each other, as sums within sums."""
    for instead in (_turned, _sums_within):
        order = postorder(results, lambda node: node.arguments)
        if len(order) > MOST_REGROUPED:
            return results
        results = _rewritten(results, instead(order, given), given)
    return results


def _turned(order: list[Expression], given: Iterable[Expression]) -> dict[Expression, Expression]:
    """Write matrices as the transposes of what is given, or comes before them."""
    seen = {*given}
    instead: dict[Expression, Expression] = {}
    for node in order:
        if len(node.shape) == 2 and node not in seen and cost(node) > NAMING + 2:
            turned = transpose(node)
            if turned in seen and node.head not in PLAIN:
                instead[node] = make("transpose", (turned,))
        if node not in instead:
            seen.add(node)
    return instead


def _sums_within(
    order: list[Expression], given: Iterable[Expression]
) -> dict[Expression, Expression]:
    """Write a + b + c as (a + b) + c, where a + b is given or a part as well."""
    sums = [node for node in order if node.head == "add"]
    inner = [node for node in (*given, *sums) if node.head == "add"]
    inner.sort(key=lambda node: -len(node.arguments))
    instead: dict[Expression, Expression] = {}
    for node in sums:
        terms = Counter(node.arguments)  # a term may stand there twice
        part = next((part for part in inner if terms > Counter(part.arguments)), None)
        if part is not None:
            rest = list((terms - Counter(part.arguments)).elements())
            turned = {transpose(term) for term in part.arguments}
            if len(node.shape) == 2 and turned <= set(rest):  # a + b + a' + b'
                rest = [make("transpose", (part,)), *[t for t in rest if t not in turned]]
            instead[node] = make("add", (part, *rest))
    return instead


def _rewritten(
    results: Sequence[Expression],
    instead: Mapping[Expression, Expression],
    given: Container[Expression],
) -> Sequence[Expression]:
    """Replace nodes by formulas of other nodes, which are replaced in turn; keep the given."""

    def parts(node: Expression) -> tuple[Expression, ...]:
        if node in instead:
            return (instead[node],)
        return () if node in given else node.arguments

    written: dict[Expression, Expression] = {}
    for node in postorder(results, parts):
        if node in instead:
            written[node] = written[instead[node]]
        elif parts(node):
            arguments = tuple([written[part] for part in node.arguments])
            written[node] = make(node.head, arguments, node.value)
        else:
            written[node] = node
    return [written[result] for result in results]
