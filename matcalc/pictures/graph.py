"""The data-flow graph of a derivation: variables, operators, and what flows between them.

Parr & Howard, section 4.5.2, draw it to show on which paths a variable reaches the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from matcalc.derivation.latex import symbols_of
from matcalc.derivation.steps import Derivation
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.pictures.labels import Label, Labels

Kind = Literal["variable", "operator", "result", "data", "copy"]
Direction = Literal["forward", "backward", "data"]

SYMBOLS_A_LINE = 10
"""A path with more symbols is listed in several lines."""


class Node(NamedTuple):
    """A box: a name or an equation, and below it the differential or δ that belongs to it.

    A `data` node is a variable that is held; a `copy` repeats a node in a drawing.
    """

    kind: Kind
    name: Label
    label: Label
    note: Label | None = None


class Edge(NamedTuple):
    """A flow between two nodes, given by their numbers, along the flow of values.

    The arrow of a `backward` one points the other way: a cotangent runs against the values.
    `paths` has the numbers of the paths that it is on, where there are several.
    """

    source: int
    target: int
    direction: Direction
    label: Label | None = None
    paths: tuple[int, ...] = ()


class Path(NamedTuple):
    """One of several paths from the variable to the result: its symbols, arrow by arrow."""

    symbols: tuple[Label, ...]

    def lines(self) -> Iterator[tuple[Label, ...]]:
        """Yield the symbols in lines of a legend."""
        for start in range(0, len(self.symbols), SYMBOLS_A_LINE):
            yield self.symbols[start : start + SYMBOLS_A_LINE]


class Graph(NamedTuple):
    """The nodes and edges, and the paths from the variable to the result if it has several.

    `remark` says how many there are where they are too many to be listed.
    """

    title: str
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    paths: tuple[Path, ...]
    remark: Label | None = None


def graph_of(derivation: Derivation, title: str = "") -> Graph:
    """Return the data-flow graph of a derivation.

    Variables that are held are repeated at every operator that takes them. By Jacobians, an
    edge bears the local one; backward, the cotangent that it passes on, and by differentials
    the differential, the sums of which stand in the nodes.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> graph = graph_of(derive(matcalc.diff("sin(c*x)", "x", "c: scalar; x: scalar")))
    >>> [node.label.text for node in graph.nodes]
    ['x', 'u1 = c*x', 'c', 'y = sin(u1)']
    >>> [edge.label.text for edge in graph.edges if edge.label]
    ['du1/dx = c', 'dy/du1 = cos(u1)']
    """
    labels = Labels(symbols_of(derivation))
    flows = _flows(derivation, labels)
    variable, chain = derivation.variable, derivation.chain
    name = labels.of(variable)
    nodes = [Node("variable", name, name, flows.notes.get(variable))]
    numbers = {variable: 0}
    edges: list[Edge] = []
    paths = chain.paths if chain.ways > 1 else ()
    on = _paths_on(paths)
    backward = derivation.manner == "backward"
    for symbol, operation in derivation.definitions.items():
        kind: Kind = "result" if symbol is derivation.result else "operator"
        numbers[symbol] = number = len(nodes)
        label = labels.equation(symbol, operation)
        nodes.append(Node(kind, labels.of(symbol), label, flows.notes.get(symbol)))
        for operand in derivation.operands.get(symbol, ()):
            pair = (operand, symbol)
            direction: Direction = "backward" if backward else "forward"
            change = flows.labels.get(pair)
            edges.append(Edge(numbers[operand], number, direction, change, on.get(pair, ())))
        for held in _held(derivation, operation):
            edges.append(Edge(len(nodes), number, "data"))
            nodes.append(Node("data", labels.of(held), labels.of(held)))
    listed = [Path(tuple(map(labels.of, p[::-1] if backward else p))) for p in paths]
    of, by = derivation.result.value.name, variable.value.name
    operators = "; ".join(node.label.text for node in nodes if node.kind in ("operator", "result"))
    return Graph(
        printable(title) or f"The data flow from {by} to {of}",
        f"{chain.rule.name}: {chain.reason}. {operators}",
        tuple(nodes),
        tuple(edges),
        tuple(listed),
        _remark(derivation, labels) if chain.ways > 1 and not paths else None,
    )


def _remark(derivation: Derivation, labels: Labels) -> Label:
    by, of = labels.of(derivation.variable), labels.of(derivation.result)
    count = f"on {derivation.chain.ways} paths"
    text = f"{by.text} reaches {of.text} {count}"
    return Label(text, rf"{by.latex} \text{{ reaches }} {of.latex} \text{{ {count}}}", text)


def printable(text: str) -> str:
    """Return the text without characters that control how it is read or set."""
    return "".join(c for c in text if c.isprintable())


def _held(derivation: Derivation, operation: Expression) -> list[Expression]:
    """Return the variables of an operation that are held, in the order they are read."""
    moving = {derivation.variable, *derivation.operands}
    # by one entry, x[2], the rest of the variable is held, but is not another one
    whole = derivation.variable.value.name.partition("[")[0]
    leaves = postorder([operation], lambda node: node.arguments)
    return [
        leaf
        for leaf in leaves
        if leaf.head == "variable" and leaf not in moving and leaf.value.name != whole
    ]


def _paths_on(
    paths: Sequence[Sequence[Expression]],
) -> dict[tuple[Expression, Expression], tuple[int, ...]]:
    found: dict[tuple[Expression, Expression], tuple[int, ...]] = {}
    for number, path in enumerate(paths):
        for pair in pairwise(path):
            found[pair] = (*found.get(pair, ()), number)
    return found


# What flows


class _Flows(NamedTuple):
    """Notes of intermediates, and labels of edges by their ends along the flow of values."""

    notes: dict[Expression, Label]
    labels: dict[tuple[Expression, Expression], Label]


def _flows(derivation: Derivation, labels: Labels) -> _Flows:
    formulas = {
        step.before: step.after
        for step in derivation.steps
        if step.part == "partials"
        if isinstance(step.before, Expression) and isinstance(step.after, Expression)
    }
    if derivation.manner == "jacobians":
        return _Flows({}, _local_jacobians(derivation, formulas, labels))
    changes = _changes(derivation)
    notes = {
        symbol: labels.equation(change, formulas[change])
        if change in formulas
        else labels.of(change)
        for symbol, change in changes.items()
    }
    if derivation.manner == "backward":
        return _Flows(notes, _cotangents(derivation, changes, formulas, labels))
    passed = {
        (operand, symbol): labels.of(changes[operand])
        for symbol, operands in derivation.operands.items()
        for operand in operands
    }
    return _Flows(notes, passed)


def _local_jacobians(
    derivation: Derivation, formulas: dict[Expression, Expression], labels: Labels
) -> dict[tuple[Expression, Expression], Label]:
    found = {}
    for symbol, formula in formulas.items():
        partial = derivation.quantities[symbol]
        assert partial.by is not None
        found[partial.by, partial.of] = labels.equation(symbol, formula)
    return found


def _changes(derivation: Derivation) -> dict[Expression, Expression]:
    """Return the cotangent of every intermediate, or its tangent."""
    if not derivation.chain.ways:
        return {}
    backward = derivation.manner == "backward"
    kind = "cotangent" if backward else "tangent"
    # of two cotangents of the variable, the later is δ, the earlier the answer's symbol
    changes = {q.of: symbol for symbol, q in derivation.quantities.items() if q.kind == kind}
    if derivation.seed is not None:
        changes[derivation.result if backward else derivation.variable] = derivation.seed
    return changes


def _cotangents(
    derivation: Derivation,
    changes: dict[Expression, Expression],
    formulas: dict[Expression, Expression],
    labels: Labels,
) -> dict[tuple[Expression, Expression], Label]:
    """Return what each operator passes on: the δ of its operand, or a term of that sum."""
    users: dict[Expression, list[Expression]] = {}
    for symbol, operands in [*derivation.operands.items()][::-1]:
        for operand in operands:
            users.setdefault(operand, []).append(symbol)
    passed = {}
    for operand, found in users.items():
        change = changes[operand]
        terms = formulas[change].arguments if len(found) > 1 else (change,)
        for user, term in zip(found, terms, strict=True):
            passed[operand, user] = labels.of(term)
    return passed
