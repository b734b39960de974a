"""Nothing is drawn on anything else, however the graph is knotted."""

import random
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest

from matcalc.pictures import svg, tikz
from matcalc.pictures.graph import Edge, Graph, Node, graph_of
from matcalc.pictures.labels import Label
from matcalc.pictures.layers import Place, crossings, isotonic, linked, ordered
from matcalc.pictures.layout import Box, Layout, Measure, layout_of
from tests.pictures.samples import SAMPLES, applied, derivation, network, recurrent


def label(text: str) -> Label:
    return Label(text, text, text)


def knotted(seed: int) -> Graph:
    """Return a graph of random edges: every node but the first takes one or more before it."""
    draw = random.Random(seed)
    nodes: list[Node] = []
    edges = []
    count = draw.randint(2, 25)
    for number in range(count):
        kind = "result" if number == count - 1 else "operator" if number else "variable"
        text = label(f"u{number} = {'x' * draw.randint(1, 40)}")
        nodes.append(Node(kind, label(f"u{number}"), text, draw.choice([None, label("δ = 1")])))
        for source in draw.sample(range(number), draw.randint(1, min(number, 4)) if number else 0):
            change = draw.choice([None, label("∂" * draw.randint(1, 40))])
            paths = tuple(range(draw.randint(0, 6)))
            edges.append(Edge(source, number, draw.choice(["forward", "backward"]), change, paths))
    for number in range(1, count):
        for _ in range(draw.choice([0, 0, 1, 2, 9])):
            edges.append(Edge(len(nodes), number, "data"))
            nodes.append(Node("data", label("W"), label("W" * draw.randint(1, 20))))
    return Graph("", "", tuple(nodes), tuple(edges), ())


def drawings() -> Iterator[Layout]:
    made = [*map(derivation, SAMPLES), applied(), network(20), recurrent(12)]
    graphs = [*map(graph_of, made), *map(knotted, range(40))]
    for graph in graphs:
        for measure in (svg.measure, tikz.measure):
            yield layout_of(graph, measure)


def overlap(one: Box, other: Box) -> bool:
    apart = abs(one.x - other.x), abs(one.y - other.y)
    room = (one.width + other.width) / 2, (one.height + other.height) / 2
    return all(a < r - 1e-6 for a, r in zip(apart, room, strict=True))


def contains(outer: Box, inner: Box) -> bool:
    apart = abs(outer.x - inner.x), abs(outer.y - inner.y)
    room = (outer.width - inner.width) / 2, (outer.height - inner.height) / 2
    return all(a < r + 1e-6 for a, r in zip(apart, room, strict=True))


def sweep(start: tuple[float, float], end: tuple[float, float]) -> Box:
    """Return the rectangle that a piece of an edge stays in."""
    (x, y), (u, v) = start, end
    return Box((x + u) / 2, (y + v) / 2, abs(x - u), abs(y - v))


def test_nothing_overlaps() -> None:
    for layout in drawings():
        page = Box(layout.width / 2, layout.height / 2, layout.width, layout.height)
        frames = [drawn.frame for drawn in layout.nodes]
        labels = [route.label.box for route in layout.routes if route.label]
        for one, other in combinations(frames + labels, 2):
            assert not overlap(one, other)
        assert all(contains(page, box) for box in frames + labels)
        for drawn in layout.nodes:
            assert all(contains(drawn.frame, line.box) for line in drawn.lines)
        pieces = [sweep(*piece) for route in layout.routes for piece in pairwise(route.points)]
        assert all(contains(page, piece) for piece in pieces)
        assert not any(overlap(box, piece) for box in frames + labels for piece in pieces)


def touches(box: Box, side: int, point: tuple[float, float]) -> bool:
    """Tell whether a point is on the upper (-1) or lower (1) side of a box."""
    x, y = point
    return abs(box.y + side * box.height / 2 - y) < 1e-6 and abs(box.x - x) < box.width / 2


@pytest.mark.parametrize("seed", range(10))
def test_edges_begin_and_end_at_their_nodes(seed: int) -> None:
    graph = knotted(seed)
    layout = layout_of(graph, svg.measure)
    frames = [drawn.frame for drawn in layout.nodes]
    flows = [route for route in layout.routes if route.edge.direction != "data"]
    assert len(flows) == sum(edge.direction != "data" for edge in graph.edges)
    for route in flows:
        assert any(touches(frame, 1, route.points[0]) for frame in frames)
        assert any(touches(frame, -1, route.points[-1]) for frame in frames)


def test_long_edges_start_from_copies() -> None:
    layout = layout_of(graph_of(recurrent(12)), svg.measure)
    kinds = [drawn.node.kind for drawn in layout.nodes]
    assert kinds.count("variable") == 1
    assert kinds.count("copy") == 10
    assert {drawn.node.label.text for drawn in layout.nodes if drawn.node.kind == "copy"} == {"W"}


@pytest.mark.parametrize("measure", [svg.measure, tikz.measure])
def test_a_chain_is_drawn_straight(measure: Measure) -> None:
    layout = layout_of(graph_of(derivation("neuron")), measure)
    columns = {round(x, 3) for route in layout.routes[2:] for x, _ in route.points}
    assert len(columns) == 1


def test_two_edges_are_uncrossed() -> None:
    places = [Place(0, 1.0, 1.0, 1.0)] * 2 + [Place(1, 1.0, 1.0, 1.0)] * 2
    links = linked(4, [(0, 3), (1, 2)])
    assert crossings(ordered(places, links), links) == 0


def test_isotonic_regression_is_the_nearest_ascending_sequence() -> None:
    draw = random.Random(5)
    for _ in range(50):
        values = [draw.uniform(-5, 5) for _ in range(6)]
        weights = [draw.uniform(0.1, 4) for _ in range(6)]
        fitted = isotonic(values, weights)

        def distance(found: list[float]) -> float:
            terms = zip(found, values, weights, strict=True)  # noqa: B023
            return sum(w * (f - v) ** 2 for f, v, w in terms)

        assert fitted == sorted(fitted)
        for _ in range(30):
            other = sorted(f + draw.gauss(0, 0.2) for f in fitted)
            assert distance(other) >= distance(fitted) - 1e-9
