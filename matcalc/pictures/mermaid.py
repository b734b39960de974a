"""The data-flow graph as a Mermaid flowchart, for Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.notation.escaping import visible
from matcalc.pictures.graph import Edge, Graph, Kind, Node
from matcalc.pictures.strokes import stroke_of

FRAMES: dict[Kind, tuple[str, str]] = {
    "variable": ('(["', '"])'),
    "operator": ('["', '"]'),
    "result": ('[["', '"]]'),
    "data": ('("', '")'),
}

PLAIN = frozenset(" ,=+()'/.:[]")
"""What of ASCII, besides letters and digits, means nothing to Mermaid inside quotes."""


def to_mermaid(*graphs: Graph) -> str:
    """Return graphs as one flowchart; an edge on several paths is drawn once for each.

    Backward arrows run upwards, from the result to the variable.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> from matcalc.pictures.graph import graph_of
    >>> graph = graph_of(derive(matcalc.diff("sin(x^2)", "x", "x: scalar")))
    >>> print(to_mermaid(graph))  # doctest: +ELLIPSIS
    flowchart TB
      accTitle: The data flow from x to y
      accDescr: single-variable chain rule: all are scalars, x reaches ... u1 = x^2, y = sin(u1)
      n0(["x"])
      n1["u1 = x#94;2"]
      n2[["y = sin(u1)"]]
      n0 -->|"du1/dx = 2#42;x"| n1
      n1 -->|"dy/du1 = cos(u1)"| n2
    <BLANKLINE>
    """
    backward = any(edge.direction == "backward" for graph in graphs for edge in graph.edges)
    lines = [
        f"flowchart {'BT' if backward else 'TB'}",
        f"  accTitle: {_line('; '.join([graph.title for graph in graphs]))}",
        f"  accDescr: {_line('; '.join([graph.description for graph in graphs]))}",
    ]
    drawn = 0
    for place, graph in enumerate(graphs):
        prefix = f"g{place}" if len(graphs) > 1 else ""
        lines += _nodes(graph, prefix)
        lines += _edges(graph, prefix, drawn)
        lines += _legend(graph, prefix)
        drawn += sum(len(edge.paths) or 1 for edge in graph.edges)
    return "\n".join(lines) + "\n"


def _nodes(graph: Graph, prefix: str) -> Iterator[str]:
    for number, node in enumerate(graph.nodes):
        opening, closing = FRAMES[node.kind]
        yield f"  {prefix}n{number}{opening}{_node(node)}{closing}"
        if node.kind == "data":
            yield f"  style {prefix}n{number} stroke-dasharray:3"


def _node(node: Node) -> str:
    text = _escaped(node.label.text)
    return text if node.note is None else f"{text}<br>{_escaped(node.note.text)}"


def _edges(graph: Graph, prefix: str, drawn: int) -> Iterator[str]:
    """Yield the arrows, and the style of each by its number, where so many are `drawn`."""
    styles = []
    count = drawn
    for edge in graph.edges:
        label = f'|"{_escaped(edge.label.text)}"|' if edge.label else ""
        for path in edge.paths or (None,):
            yield f"  {_ends(edge, label, prefix)}"
            if path is not None:
                styles.append(f"  linkStyle {count} {_style(path)}")
            label = ""
            count += 1
    yield from styles


def _ends(edge: Edge, label: str, prefix: str) -> str:
    if edge.direction == "data":
        return f"{prefix}n{edge.source} -.-> {prefix}n{edge.target}"
    ends = (edge.source, edge.target)
    start, end = ends[::-1] if edge.direction == "backward" else ends
    return f"{prefix}n{start} -->{label} {prefix}n{end}"


def _legend(graph: Graph, prefix: str) -> Iterator[str]:
    """Yield a node for each path, framed as the path is drawn."""
    if graph.remark:
        yield f'  {prefix}remark["{_escaped(graph.remark.text)}"]'
    for number, path in enumerate(graph.paths):
        text = " → ".join(symbol.text for symbol in path.symbols)
        yield f'  {prefix}path{number}["{_escaped(text)}"]'
        yield f"  style {prefix}path{number} fill:none,{_style(number)}"


def _style(path: int) -> str:
    stroke = stroke_of(path)
    dashes = " ".join(map(str, stroke.dashes))
    return f"stroke:{stroke.light}" + (f",stroke-dasharray:{dashes}" if dashes else "")


def _escaped(text: str) -> str:
    """Return the text with what Mermaid, Markdown or HTML could read as entities."""
    return "".join(c if _is_plain(c) else f"#{ord(c)};" for c in visible(text))


def _is_plain(character: str) -> bool:
    return not character.isascii() or character.isalnum() or character in PLAIN


def _line(text: str) -> str:
    """Return a text for accTitle and accDescr, which end with the line and know no entities."""
    text = text.replace(";", ",")
    return "".join(" " if c in "#{}<>%\\" or not c.isprintable() else c for c in text)
