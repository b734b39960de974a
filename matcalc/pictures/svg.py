"""The data-flow graph as SVG: no script, no reference to anything outside, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from matcalc.notation.escaping import markup_escaped
from matcalc.pictures.graph import Edge, Graph
from matcalc.pictures.labels import Label
from matcalc.pictures.layout import (
    MARGIN,
    Drawn,
    Line,
    Point,
    Route,
    layout_of,
    segments,
    strokes_of,
)
from matcalc.pictures.strokes import STROKES

SIZE = 13.0
CHARACTER = 0.61 * SIZE
"""The width of a character of a monospaced font, or a little more."""

LINE = 18.0
HEAD = (8.0, 3.5)
"""The length of an arrow's head and half of its width."""

SAMPLE = 34.0
"""The length of a stroke in the legend."""

STYLE = (
    ".mc-ground{fill:#fff}",
    ".mc text{fill:#1b1f24;text-anchor:middle}",
    ".mc text.mc-left{text-anchor:start}",
    ".mc .mc-frame{fill:#f3f5f8;stroke:#57606a}",
    ".mc .mc-variable,.mc .mc-copy{fill:#e2effc;stroke:#0a62a9}",
    ".mc .mc-result{fill:#e9f5ea;stroke:#23732f;stroke-width:2}",
    ".mc .mc-data,.mc .mc-copy{stroke-dasharray:3 3}",
    ".mc .mc-data{fill:none;stroke:#8c959f}",
    ".mc text.mc-held{fill:#57606a}",
    ".mc text.mc-change{fill:#9a4a00}",
    ".mc path{fill:none;stroke:#57606a;stroke-width:1.5}",
    ".mc .mc-side{stroke:#8c959f;stroke-width:1}",
    ".mc .mc-head{fill:#57606a;stroke:none}",
    ".mc .mc-side-head{fill:#8c959f;stroke:none}",
)
DARK = (
    ".mc-ground{fill:#14181d}",
    ".mc text{fill:#e6e9ed}",
    ".mc .mc-frame{fill:#22282f;stroke:#9aa4af}",
    ".mc .mc-variable,.mc .mc-copy{fill:#15304a;stroke:#6cb6f5}",
    ".mc .mc-result{fill:#173320;stroke:#6cc97b}",
    ".mc .mc-data{fill:none;stroke:#77818c}",
    ".mc text.mc-held{fill:#a9b2bc}",
    ".mc text.mc-change{fill:#f0b072}",
    ".mc path{stroke:#9aa4af}",
    ".mc .mc-side{stroke:#77818c}",
    ".mc .mc-head{fill:#9aa4af;stroke:none}",
    ".mc .mc-side-head{fill:#77818c;stroke:none}",
)


def to_svg(*graphs: Graph) -> str:
    """Return the graphs as one SVG image, below each other.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> from matcalc.pictures.graph import graph_of
    >>> graph = graph_of(derive(matcalc.diff("x^2", "x", "x: scalar")))
    >>> to_svg(graph).splitlines()[1]
    '<title>The data flow from x to y</title>'
    """
    images = [_image(graph) for graph in graphs]
    if len(images) == 1:
        (image,) = images
        return "\n".join([_opening(image, _FONT), *image.lines, "</svg>"]) + "\n"
    lines = []
    top = 0.0
    for image in images:
        lines += [_opening(image, f' y="{_figure(top)}"'), *image.lines, "</svg>"]
        top += image.height
    whole = _Image(max([image.width for image in images]), top, [])
    return "\n".join([_opening(whole, _FONT), *lines, "</svg>"]) + "\n"


class _Image(NamedTuple):
    """What an <svg> element holds, and its size."""

    width: float
    height: float
    lines: list[str]


_FONT = (
    " font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\""
    f' font-size="{SIZE:g}"'
)


def _opening(image: _Image, more: str) -> str:
    width, height = _figure(image.width), _figure(image.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mc" role="img"'
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}"{more}>'
    )


def _image(graph: Graph) -> _Image:
    layout = layout_of(graph, measure)
    legend = list(_legend(graph, layout.height))
    width = max([layout.width, *[end for end, _ in legend]])
    height = layout.height + LINE * len(legend) + (MARGIN if legend else 0.0)
    lines = [
        f"<title>{markup_escaped(graph.title)}</title>",
        f"<desc>{markup_escaped(graph.description)}</desc>",
        f"<style>{_style(graph)}</style>",
        '<rect class="mc-ground" width="100%" height="100%"/>',
    ]
    for route in layout.routes:
        lines += _route(route)
    for drawn in layout.nodes:
        lines += _node(drawn)
    lines += [line for _, entry in legend for line in entry]
    return _Image(width, height, lines)


def measure(label: Label) -> tuple[float, float]:
    """Return the size of a label's text, by an estimate."""
    return width_of(label.text), LINE


def width_of(text: str) -> float:
    """Return how wide a text is: East Asian characters count twice, accents not at all.

    >>> width_of("x") == width_of("x\u0302") == width_of("\u6c34") / 2
    True
    """
    columns = [
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    ]
    return CHARACTER * sum(columns)


# Parts


def _style(graph: Graph) -> str:
    paths = len(graph.paths)
    light = [*STYLE]
    dark = [*DARK]
    for number, stroke in enumerate(STROKES[:paths]):
        dashes = " ".join(map(str, stroke.dashes)) or "none"
        light.append(f".mc .mc-p{number}{{stroke:{stroke.light};stroke-dasharray:{dashes}}}")
        light.append(f".mc .mc-h{number}{{fill:{stroke.light};stroke:none}}")
        dark.append(f".mc .mc-p{number}{{stroke:{stroke.dark}}}")
        dark.append(f".mc .mc-h{number}{{fill:{stroke.dark};stroke:none}}")
    return f"{''.join(light)}@media(prefers-color-scheme:dark){{{''.join(dark)}}}"


def _node(drawn: Drawn) -> Iterator[str]:
    kind, frame = drawn.node.kind, drawn.frame
    left, top = frame.x - frame.width / 2, frame.y - frame.height / 2
    radius = 4.0 if kind in ("operator", "result") else min(frame.width, frame.height) / 2
    yield "<g>" + _tip([line.label for line in drawn.lines])
    yield (
        f'<rect class="mc-frame mc-{kind}" x="{_figure(left)}" y="{_figure(top)}"'
        f' width="{_figure(frame.width)}" height="{_figure(frame.height)}"'
        f' rx="{_figure(radius)}"/>'
    )
    first, *notes = drawn.lines
    yield _line(first, "mc-held" if kind in ("data", "copy") else "")
    yield from [_line(note, "mc-change") for note in notes]
    yield "</g>"


def _route(route: Route) -> Iterator[str]:
    edge = route.edge
    yield "<g>" + (_tip([route.label.label]) if route.label else "")
    for shift, name in strokes_of(edge):
        points = [(x + shift, y) for x, y in route.points]
        path, head = _arrow(points, edge)
        stroke, fill = ("mc-side", "mc-side-head") if edge.direction == "data" else ("", "mc-head")
        if name is not None:
            stroke, fill = f"mc-p{name}", f"mc-h{name}"
        classed = f' class="{stroke}"' if stroke else ""
        yield f'<path{classed} d="{path}"/><path class="{fill}" d="{head}"/>'
    if route.label:
        yield _line(route.label, "mc-change")
    yield "</g>"


def _arrow(points: list[Point], edge: Edge) -> tuple[str, str]:
    """Return the paths of an edge's line and of the head at its end, backward at its start."""
    backward = edge.direction == "backward"
    tip, other = (points[0], points[1]) if backward else (points[-1], points[-2])
    length = ((tip[0] - other[0]) ** 2 + (tip[1] - other[1]) ** 2) ** 0.5
    along = ((tip[0] - other[0]) / length, (tip[1] - other[1]) / length)
    long, wide = HEAD
    base = (tip[0] - long * along[0], tip[1] - long * along[1])
    points[0 if backward else -1] = base
    sides = [
        (base[0] + sign * wide * along[1], base[1] - sign * wide * along[0]) for sign in (1, -1)
    ]
    head = f"M{_point(tip)} L{_point(sides[0])} L{_point(sides[1])} Z"
    return _curve(points, edge.direction == "data"), head


def _curve(points: Sequence[Point], straight: bool) -> str:
    parts = [f"M{_point(points[0])}"]
    for end, controls in segments(points, straight):
        if controls is None:
            parts.append(f"L{_point(end)}")
        else:
            parts.append(f"C{_point(controls[0])} {_point(controls[1])} {_point(end)}")
    return " ".join(parts)


def _legend(graph: Graph, top: float) -> Iterator[tuple[float, list[str]]]:
    """Yield how far each line of the legend reaches to the right, and its elements."""
    y = top + LINE / 2
    if graph.remark:
        yield _written(graph.remark.text, MARGIN, y)
    for number, path in enumerate(graph.paths):
        before = ""
        for symbols in path.lines():
            text = before + " → ".join(symbol.text for symbol in symbols)
            right, elements = _written(text, MARGIN + SAMPLE + 10.0, y)
            if not before:
                line = f"M{_point((MARGIN, y))} L{_point((MARGIN + SAMPLE, y))}"
                elements.insert(0, f'<path class="mc-p{number}" d="{line}"/>')
            yield right, elements
            before = "→ "
            y += LINE


def _written(text: str, x: float, y: float) -> tuple[float, list[str]]:
    place = f'x="{_figure(x)}" y="{_baseline(y)}"'
    element = f'<text class="mc-left" {place}>{markup_escaped(text)}</text>'
    return x + width_of(text) + MARGIN, [element]


def _line(line: Line, name: str) -> str:
    classed = f' class="{name}"' if name else ""
    x, y = _figure(line.box.x), _baseline(line.box.y)
    return f'<text{classed} x="{x}" y="{y}">{markup_escaped(line.label.text)}</text>'


def _tip(labels: Sequence[Label]) -> str:
    """Return what is shown where one points: the labels in full, if something was left out."""
    if all(label.full == label.text for label in labels):
        return ""
    return f"<title>{markup_escaped('; '.join(label.full for label in labels))}</title>"


def _baseline(y: float) -> str:
    return _figure(y + 0.34 * SIZE)


def _point(point: Point) -> str:
    return f"{_figure(point[0])},{_figure(point[1])}"


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
