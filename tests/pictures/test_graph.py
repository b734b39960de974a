"""The data-flow graph has the derivation's symbols, Jacobians and paths, and nothing else."""

from itertools import pairwise

import pytest

from matcalc.derivation.text import path_text
from matcalc.pictures.graph import Graph, graph_of
from tests.pictures.samples import SAMPLES, applied, derivation, network, recurrent


def edges(graph: Graph, direction: str) -> list[tuple[str, str, str]]:
    """Return the edges by the names at their ends, and their labels."""
    return [
        (
            graph.nodes[edge.source].name.text,
            graph.nodes[edge.target].name.text,
            edge.label.text if edge.label else "",
        )
        for edge in graph.edges
        if edge.direction == direction
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_nodes_and_edges_are_those_of_the_derivation(name: str) -> None:
    made = derivation(name)
    graph = graph_of(made)
    names = [node.name.text for node in graph.nodes if node.kind != "data"]
    assert names == [made.variable.value.name, *[s.value.name for s in made.definitions]]
    flows = {(s, t) for s, t, _ in edges(graph, "forward") + edges(graph, "backward")}
    assert flows == {
        (operand.value.name, symbol.value.name)
        for symbol, operands in made.operands.items()
        for operand in operands
    }
    assert all(edge.source != edge.target for edge in graph.edges)
    assert len({edge.source for edge in graph.edges if edge.direction == "data"}) == len(
        [node for node in graph.nodes if node.kind == "data"]
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_every_path_is_on_its_edges(name: str) -> None:
    made = derivation(name)
    graph = graph_of(made)
    if made.chain.ways < 2:
        assert not graph.paths
        assert graph.remark is None
        return
    assert len(graph.paths) == len(made.chain.paths)
    for number, path in enumerate(made.chain.paths):
        found = [
            (graph.nodes[edge.source].name.text, graph.nodes[edge.target].name.text)
            for edge in graph.edges
            if number in edge.paths
        ]
        assert sorted(found) == sorted(pairwise(path_text(path).split(" → ")))


def test_edges_bear_local_jacobians() -> None:
    graph = graph_of(derivation("sum in a sine"))
    assert edges(graph, "forward") == [
        ("x", "u1", "∂u1/∂x = 2*x"),
        ("x", "u2", "∂u2/∂x = 1"),
        ("u1", "u2", "∂u2/∂u1 = 1"),
        ("u2", "y", "∂y/∂u2 = cos(u2)"),
    ]
    label = graph.edges[0].label
    assert label is not None
    assert label.latex == r"\frac{\partial u_{1}}{\partial x} = 2 x"


def test_cotangents_that_add_up_are_on_the_edges() -> None:
    graph = graph_of(derivation("residual"))
    assert [node.note.text for node in graph.nodes if node.note][:4] == [
        "δx = δh + W'*δ1",
        "δ1 = [u1 > 0] .* δ2",
        "δ2 = δh",
        "δh = δg + V'*δ3",
    ]
    backward = {(s, t): label for s, t, label in edges(graph, "backward")}
    assert (backward["x", "u1"], backward["x", "h"]) == ("W'*δ1", "δh")
    assert (backward["h", "u3"], backward["h", "g"]) == ("V'*δ3", "δg")
    assert backward["u1", "u2"] == "δ1"
    assert [symbol.text for symbol in graph.paths[0].symbols][::4] == ["y", "x"]


def test_differentials_are_written_as_such() -> None:
    graph = graph_of(derivation("differentials"))
    notes = {node.name.text: node.note.latex for node in graph.nodes if node.note}
    assert notes["X"] == r"\mathrm{d} \mathbf{X}"
    assert notes["u1"].startswith(r"\mathrm{d} \mathbf{u}_{1} = \mathrm{d} \mathbf{X}^{\top}")


def test_what_a_product_is_applied_to_stands_at_its_end() -> None:
    graph = graph_of(applied())
    assert [node.note.text for node in graph.nodes if node.kind == "result" and node.note] == [
        "2*g"
    ]


def test_held_variables_are_data() -> None:
    assert edges(graph_of(derivation("neuron")), "data") == [("x", "u1", ""), ("b", "u2", "")]
    assert edges(graph_of(derivation("by an entry")), "data") == [("x", "u1", ""), ("b", "u2", "")]


def test_what_is_too_long_is_in_full_where_one_points() -> None:
    graph = graph_of(recurrent(20))
    note = graph.nodes[0].note
    assert note is not None
    assert note.text == "δW = …"
    assert note.full.count("δ") == 21
    assert graph.remark is not None
    assert graph.remark.text == "W reaches y on 20 paths"


def test_graphs_grow_with_the_formula_only() -> None:
    sizes = [graph_of(network(layers)) for layers in (10, 20, 40)]
    nodes = [len(graph.nodes) for graph in sizes]
    assert nodes[2] - nodes[1] == 2 * (nodes[1] - nodes[0])
