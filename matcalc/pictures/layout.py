"""Where the nodes, the edges and the labels of a data-flow graph are drawn.

Values flow downwards. Between two rows of nodes is one of labels, so that nothing lies on
anything else; variables that are held stand to the left of the operator that takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from matcalc.pictures.graph import Edge, Graph, Node
from matcalc.pictures.labels import Label
from matcalc.pictures.layers import Place, linked, longest_paths, ordered, spread

LONGEST_EDGE = 4
"""An edge over more rows of nodes starts from a copy of its source instead."""

MARGIN = 16.0
PADDING = (10.0, 6.0)
"""Between the text of a node and its frame."""

SIDE_GAP = 26.0
"""Between an operator and the variables at its side."""

STACK_GAP = 6.0
STROKE_GAP = 5.0
"""Between the strokes of the paths along one edge."""

PORT_GAP = 24.0
"""Between the ends of two edges at one node, where there is room."""

LABEL_GAP = 6.0
STUB = 10.0
"""How far an edge runs straight out of a node, and into it."""

CURVES = (14.0, 60.0)
"""The least and the greatest height of the curves between two rows."""

NEAR = 0.05
"""What is nearer is drawn at the same place."""

STEEPNESS = 0.3
"""The height of a curve for its width, within these."""

BEND = 8.0
"""How much more the place of an edge weighs in its neighbours' than that of a node."""

COPY = 0.05
"""How little that of a copy weighs, and of its edge."""

Measure = Callable[[Label], tuple[float, float]]
"""Returns the width and height of a label, as it is set."""

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle, by its middle and size."""

    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """A label, where it is set."""

    label: Label
    box: Box


class Drawn(NamedTuple):
    """A node with its frame and its lines of text."""

    node: Node
    frame: Box
    lines: tuple[Line, ...]


class Route(NamedTuple):
    """An edge through points: straight where it comes from the side, or runs vertically.

    Elsewhere it curves from one vertical line to another.
    """

    edge: Edge
    points: tuple[Point, ...]
    label: Line | None


class Layout(NamedTuple):
    """A drawing's size, and what is where on it."""

    width: float
    height: float
    nodes: tuple[Drawn, ...]
    routes: tuple[Route, ...]


def layout_of(graph: Graph, measure: Measure) -> Layout:
    """Return where everything is drawn, labels being as large as `measure` says."""
    plan = _planned(graph, measure)
    links = linked(len(plan.places), [pair for chain in plan.chains for pair in pairwise(chain)])
    rows = ordered(plan.places, links)
    at, width = spread(rows, plan.places, links)
    at = [x + MARGIN for x in at]
    chains = _columns(plan, at)
    bands = _bands(plan, rows, chains)
    nodes: list[Drawn] = []
    routes: list[Route] = []
    tops: dict[int, Box] = {}
    for number, frame in enumerate(plan.frames):
        place = plan.anchors.get(number)
        if place is None:
            continue
        top, bottom = bands[plan.places[place].row]
        box = tops[number] = frame._replace(x=at[place], y=(top + bottom) / 2)
        nodes.append(_drawn(plan.graph.nodes[number], box, measure))
        for held, side in _beside(plan, number, box):
            nodes.append(_drawn(plan.graph.nodes[held], side, measure))
            routes.append(_from_the_side(held, number, side, box))
    for edge, chain, xs in zip(plan.flows, plan.chains, chains, strict=True):
        points = _points(plan, tops[edge.source], tops[edge.target], chain, xs, bands)
        label = None
        if edge.label is not None:
            size = measure(edge.label)
            top, bottom = bands[plan.places[chain[1]].row]
            left = xs[1] + _half(edge) + LABEL_GAP
            label = Line(edge.label, Box(left + size[0] / 2, (top + bottom) / 2, *size))
        routes.append(Route(edge, points, label))
    return Layout(width + 2 * MARGIN, bands[-1][1] + MARGIN, tuple(nodes), tuple(routes))


def strokes_of(edge: Edge) -> list[tuple[float, int | None]]:
    """Return the strokes of an edge, one a path: how far aside each is, and its path."""
    if not edge.paths:
        return [(0.0, None)]
    middle = (len(edge.paths) - 1) / 2
    return [(STROKE_GAP * (at - middle), path) for at, path in enumerate(edge.paths)]


def segments(
    points: Sequence[Point], straight: bool
) -> Iterator[tuple[Point, tuple[Point, Point] | None]]:
    """Yield the end of every segment of an edge, and the control points of those that curve."""
    for start, end in pairwise(points):
        if straight or abs(start[0] - end[0]) < NEAR:
            yield end, None
        else:
            middle = (start[1] + end[1]) / 2
            yield end, ((start[0], middle), (end[0], middle))


# Rows


class _Plan(NamedTuple):
    """Nodes and edges as places in rows: nodes in the even ones, labels in the odd ones.

    `anchors` has the place of every node that has one of its own, `sides` the nodes at the
    side of each, and `chains` the places along every edge, from its source to its target.
    """

    graph: Graph
    flows: list[Edge]
    frames: list[Box]
    anchors: dict[int, int]
    sides: dict[int, list[int]]
    places: list[Place]
    heights: list[float]
    chains: list[list[int]]


def _planned(graph: Graph, measure: Measure) -> _Plan:
    graph, layers = _with_copies(graph)
    flows = [edge for edge in graph.edges if edge.direction != "data"]
    frames = [_frame(node, measure) for node in graph.nodes]
    sides: dict[int, list[int]] = {}
    for edge in graph.edges:
        if edge.direction == "data":
            sides.setdefault(edge.target, []).append(edge.source)
    plan = _Plan(graph, flows, frames, {}, sides, [], [], [])
    aside = {number for numbers in sides.values() for number in numbers}
    for number, frame in enumerate(frames):
        if number in aside:
            continue
        held = [frames[other] for other in sides.get(number, ())]
        left = max([side.width + SIDE_GAP for side in held], default=0.0)
        half = frame.width / 2
        height = max(frame.height, _stacked(held))
        weight = COPY if graph.nodes[number].kind == "copy" else 1.0
        place = Place(2 * layers[number], left + half, half, weight)
        plan.anchors[number] = _add(plan, place, height)
    for edge in flows:
        chain = [plan.anchors[edge.source]]
        for row in range(2 * layers[edge.source] + 1, 2 * layers[edge.target]):
            width, height = 0.0, 0.0
            if edge.label is not None and len(chain) == 1:
                width, height = measure(edge.label)
                width += LABEL_GAP
            half = _half(edge)
            weight = COPY if graph.nodes[edge.source].kind == "copy" else BEND
            chain.append(_add(plan, Place(row, half, half + width, weight), height))
        plan.chains.append([*chain, plan.anchors[edge.target]])
    return plan


def _add(plan: _Plan, place: Place, height: float) -> int:
    plan.places.append(place)
    plan.heights.append(height)
    return len(plan.places) - 1


def _with_copies(graph: Graph) -> tuple[Graph, list[int]]:
    """Return the graph with copies of nodes that are far from where they are used, and layers."""
    flows = [edge for edge in graph.edges if edge.direction != "data"]
    layers = longest_paths(len(graph.nodes), [(edge.source, edge.target) for edge in flows])
    for number, node in enumerate(graph.nodes):
        if node.kind == "result":  # also below a variable that does not reach it
            layers[number] = max(layers[number], 1)
    nodes, edges = list(graph.nodes), list(graph.edges)
    for at, edge in enumerate(edges):
        if edge.direction != "data" and layers[edge.target] - layers[edge.source] > LONGEST_EDGE:
            edges[at] = edge._replace(source=len(nodes))
            name = nodes[edge.source].name
            nodes.append(Node("copy", name, name))
            layers.append(layers[edge.target] - 1)
    return graph._replace(nodes=tuple(nodes), edges=tuple(edges)), layers


def _half(edge: Edge) -> float:
    """Return half of the width of an edge's strokes."""
    return 2.0 + STROKE_GAP * max(0, len(edge.paths) - 1) / 2


# Nodes


def _lines(node: Node) -> list[Label]:
    return [node.label] if node.note is None else [node.label, node.note]


def _frame(node: Node, measure: Measure) -> Box:
    sizes = [measure(label) for label in _lines(node)]
    width = max(width for width, _ in sizes) + 2 * PADDING[0]
    return Box(0.0, 0.0, width, sum(height for _, height in sizes) + 2 * PADDING[1])


def _drawn(node: Node, frame: Box, measure: Measure) -> Drawn:
    top = frame.y - frame.height / 2 + PADDING[1]
    lines = []
    for label in _lines(node):
        width, height = measure(label)
        lines.append(Line(label, Box(frame.x, top + height / 2, width, height)))
        top += height
    return Drawn(node, frame, tuple(lines))


def _stacked(frames: Sequence[Box]) -> float:
    return sum(frame.height for frame in frames) + STACK_GAP * max(0, len(frames) - 1)


def _beside(plan: _Plan, number: int, box: Box) -> list[tuple[int, Box]]:
    """Return the nodes at the side of one, from top to bottom, and where they are drawn."""
    held = plan.sides.get(number, [])
    top = box.y - _stacked([plan.frames[other] for other in held]) / 2
    right = box.x - box.width / 2 - SIDE_GAP
    found = []
    for other in held:
        frame = plan.frames[other]
        found.append((other, frame._replace(x=right - frame.width / 2, y=top + frame.height / 2)))
        top += frame.height + STACK_GAP
    return found


def _from_the_side(held: int, number: int, side: Box, box: Box) -> Route:
    reach = box.height / 2 - PADDING[1]
    y = min(max(side.y, box.y - reach), box.y + reach)
    start = (side.x + side.width / 2, side.y)
    return Route(Edge(held, number, "data"), (start, (box.x - box.width / 2, y)), None)


# Edges


def _columns(plan: _Plan, at: Sequence[float]) -> list[list[float]]:
    """Return where every edge runs in each of its rows; edges at one node keep apart."""
    columns = [[at[place] for place in chain] for chain in plan.chains]
    frames = {place: plan.frames[node] for node, place in plan.anchors.items()}
    for end, inner in ((0, 1), (-1, -2)):
        meeting: dict[int, list[int]] = {}
        for number, chain in enumerate(plan.chains):
            meeting.setdefault(chain[end], []).append(number)
        for place, numbers in meeting.items():
            numbers.sort(key=lambda number: columns[number][inner])
            room = frames[place].width - 2 * PADDING[0]
            gap = min(PORT_GAP, room / max(1, len(numbers) - 1))
            for offset, number in enumerate(numbers):
                columns[number][end] += gap * (offset - (len(numbers) - 1) / 2)
    return columns


def _bands(
    plan: _Plan, rows: Sequence[Sequence[int]], columns: Sequence[Sequence[float]]
) -> list[tuple[float, float]]:
    """Return the top and bottom of every row; wide curves between two get more height."""
    widest = [0.0] * len(rows)
    for chain, xs in zip(plan.chains, columns, strict=True):
        for place, (x, after) in zip(chain, pairwise(xs), strict=False):
            row = plan.places[place].row
            widest[row] = max(widest[row], abs(after - x))
    least, greatest = CURVES
    bands = []
    top = MARGIN
    for places, reach in zip(rows, widest, strict=True):
        bottom = top + max([plan.heights[place] for place in places], default=0.0)
        bands.append((top, bottom))
        top = bottom + STUB + min(greatest, max(least, STEEPNESS * reach))
    return bands


def _points(
    plan: _Plan,
    source: Box,
    target: Box,
    chain: Sequence[int],
    columns: Sequence[float],
    bands: Sequence[tuple[float, float]],
) -> tuple[Point, ...]:
    rows = [bands[plan.places[place].row] for place in chain]
    points = [(columns[0], source.y + source.height / 2), (columns[0], rows[0][1] + STUB)]
    for x, (top, bottom) in zip(columns[1:-1], rows[1:-1], strict=True):
        points += [(x, top), (x, bottom)]
    points.append((columns[-1], rows[-1][0] - STUB))
    points.append((columns[-1], target.y - target.height / 2))
    inner = zip(points, points[1:], points[2:], strict=False)
    kept = [b for a, b, c in inner if not abs(a[0] - b[0]) < NEAR > abs(b[0] - c[0])]
    return (points[0], *kept, points[-1])
