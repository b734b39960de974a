"""The data-flow graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.notation.escaping import visible
from matcalc.pictures.graph import Edge, Graph, Kind, Node
from matcalc.pictures.labels import Label
from matcalc.pictures.strokes import stroke_of

SHAPES: dict[Kind, str] = {
    "variable": 'shape=ellipse, fillcolor="#e2effc", color="#0a62a9"',
    "operator": 'shape=box, fillcolor="#f3f5f8", color="#57606a"',
    "result": 'shape=box, fillcolor="#e9f5ea", color="#23732f", penwidth=2',
    "data": 'shape=ellipse, style="dashed", color="#8c959f", fontcolor="#57606a", width=0.4',
}

FONT = "Courier"
"""Graphviz knows how wide its letters are on every machine."""

CHANGE = 'fontcolor="#9a4a00"'
"""Labels of edges, as the notes in SVG."""


def to_dot(graph: Graph) -> str:
    r"""Return the graph in the DOT language; an edge on several paths has a line for each.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> from matcalc.pictures.graph import graph_of
    >>> graph = graph_of(derive(matcalc.diff("sin(x^2)", "x", "x: scalar")))
    >>> for line in to_dot(graph).splitlines()[-4:]:
    ...     print(line)
      n2 [label="y = sin(u1)", shape=box, fillcolor="#e9f5ea", color="#23732f", penwidth=2];
      n0 -> n1 [label=" du1/dx = 2*x ", fontcolor="#9a4a00"];
      n1 -> n2 [label=" dy/du1 = cos(u1) ", fontcolor="#9a4a00"];
    }
    """
    lines = [
        f"digraph {_quoted(graph.title)} {{",
        f"  tooltip={_quoted(graph.description)};",
        f'  rankdir=TB; labelloc=b; labeljust=l; fontname="{FONT}"; fontsize=12;',
        f'  node [fontname="{FONT}", fontsize=12, style="filled,rounded"];',
        f'  edge [fontname="{FONT}", fontsize=12, color="#57606a"];',
    ]
    lines += [f"  n{number} [{_node(node)}];" for number, node in enumerate(graph.nodes)]
    lines += [f"  n{edge.source} -> n{edge.target} [{_edge(edge)}];" for edge in graph.edges]
    lines += _legend(graph)
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    labels = [node.label] if node.note is None else [node.label, node.note]
    text = "\n".join(label.text for label in labels)
    return f"label={_quoted(text)}{_tip(labels)}, {SHAPES[node.kind]}"


def _edge(edge: Edge) -> str:
    parts = []
    if edge.label is not None:
        parts.append(
            f"label={_quoted(f' {edge.label.text} ')}{_tip([edge.label], 'edge')}, {CHANGE}"
        )
    if edge.direction == "backward":
        parts.append("dir=back")
    if edge.direction == "data":
        parts.append('color="#8c959f", arrowsize=0.7')
    if edge.paths:
        parts.append(f'color="{":".join(stroke_of(path).light for path in edge.paths)}"')
    return ", ".join(parts)


def _legend(graph: Graph) -> Iterator[str]:
    """Yield the paths as the graph's label: lines in HTML, in the paths' colours."""
    if graph.remark:
        yield f"  label={_quoted(graph.remark.text)};"
    if graph.paths:
        rows = []
        for number, path in enumerate(graph.paths):
            text = " → ".join(symbol.text for symbol in path.symbols)
            colour = stroke_of(number).light
            rows.append(f'<font color="{colour}">{_entities(text)}</font><br align="left"/>')
        yield f"  label=<{''.join(rows)}>;"


def _tip(labels: list[Label], of: str = "") -> str:
    """Return what is shown where one points, if something was left out."""
    if all(label.full == label.text for label in labels):
        return ""
    return f", {of}tooltip={_quoted('; '.join(label.full for label in labels))}"


def _entities(text: str) -> str:
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    lines = [visible(line) for line in text.replace("\\", "\\\\").split("\n")]
    escaped = "\\n".join(lines).replace('"', '\\"')
    return f'"{escaped}"'
