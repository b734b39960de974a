r"""The data-flow graph as TikZ: explicit coordinates, the packages tikz and amsmath only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.pictures.graph import Graph, Kind
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
from matcalc.pictures.svg import width_of

UNIT = 0.7
"""Points of TeX to a unit of the drawing."""

LEAST = 6.0
NARROWER = 0.82
"""What a formula as TeX sets it is wider than this share of its text, at most."""

LINE = 18.0
FRACTION = 28.0
ROW = 16.0
"""Of a matrix or of a case distinction."""

SAMPLE = 34.0

FRAMES: dict[Kind, str] = {
    "variable": "draw=mcblue, fill=mcblue!12",
    "operator": "draw=mcgrey, fill=mcgrey!8",
    "result": "draw=mcgreen, fill=mcgreen!12, line width=0.9pt",
    "data": "draw=mcgrey!70, densely dashed",
    "copy": "draw=mcblue, fill=mcblue!12, densely dashed",
}

PREAMBLE = (
    r"  \definecolor{mcblue}{HTML}{0A62A9}\definecolor{mcgrey}{HTML}{57606A}",
    r"  \definecolor{mcgreen}{HTML}{23732F}\definecolor{mcchange}{HTML}{9A4A00}",
    r"  \def\mcfit{%",
    r"    \ifdim\wd8>\dimen4 \setbox6\hbox{\resizebox{\dimen4}{!}{\box8}}\setbox8\box6 \fi",
    r"    \dimen8=\ht8 \advance\dimen8\dp8",
    r"    \ifdim\dimen8>\dimen6 \setbox6\hbox{\resizebox*{!}{\dimen6}{\box8}}\setbox8\box6 \fi",
    r"    \box8 }",
)
"""A formula that is larger than its place is scaled down to it. Nothing here has a parameter, so
that the picture can stand in the argument of a command."""


def to_tikz(graph: Graph) -> str:
    r"""Return the graph as a tikzpicture.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> from matcalc.pictures.graph import graph_of
    >>> graph = graph_of(derive(matcalc.diff("x^2", "x", "x: scalar")))
    >>> print(to_tikz(graph).splitlines()[-2])
    \node at (51.8,137) {\setbox8\hbox{$y = x^{2}$}\dimen4=36.1pt\dimen6=12.6pt\mcfit};
    """
    layout = layout_of(graph, measure)
    lines = [
        f"% {graph.title}",
        r"% needs \usepackage{amsmath,tikz}",
        rf"\begin{{tikzpicture}}[x={UNIT}pt, y=-{UNIT}pt, font=\small, >=latex,",
        r"    every node/.style={inner sep=0pt}]",
        *PREAMBLE,
    ]
    for number, stroke in enumerate(STROKES[: len(graph.paths)]):
        lines.append(rf"  \definecolor{{mcpath{number}}}{{HTML}}{{{stroke.light[1:].upper()}}}")
    for route in layout.routes:
        lines += _route(route)
    for drawn in layout.nodes:
        lines += _node(drawn)
    lines += _legend(graph, layout.height)
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"


def measure(label: Label) -> tuple[float, float]:
    """Return the room that a formula is given."""
    rows = label.latex.count(r"\\")
    height = FRACTION if r"\frac" in label.latex else LINE
    return LEAST + NARROWER * width_of(label.text), height + rows * ROW


def _node(drawn: Drawn) -> Iterator[str]:
    frame, kind = drawn.frame, drawn.node.kind
    corner = (frame.x - frame.width / 2, frame.y - frame.height / 2)
    other = (frame.x + frame.width / 2, frame.y + frame.height / 2)
    square = kind in ("operator", "result")
    radius = 4.0 if square else 0.49 * min(frame.width, frame.height)
    yield (
        rf"  \draw[{FRAMES[kind]}, rounded corners={_figure(UNIT * radius)}pt]"
        f" {_point(corner)} rectangle {_point(other)};"
    )
    first, *notes = drawn.lines
    yield _text(first)
    yield from [_text(note, "mcchange") for note in notes]


def _route(route: Route) -> Iterator[str]:
    edge = route.edge
    arrow = "<-" if edge.direction == "backward" else "->"
    for shift, path in strokes_of(edge):
        points = [(x + shift, y) for x, y in route.points]
        held = edge.direction == "data"
        style = "mcgrey!70" if held else "mcgrey"
        if path is not None:
            style = _stroke(path)
        yield rf"  \draw[{arrow}, {style}] {_curve(points, held)};"
    if route.label:
        yield _at_line(route.label)


def _stroke(path: int) -> str:
    dashes = STROKES[path].dashes
    pattern = " ".join(f"{'off' if at % 2 else 'on'} {dash}pt" for at, dash in enumerate(dashes))
    return f"mcpath{path}" + (f", dash pattern={pattern}" if dashes else "")


def _curve(points: Sequence[Point], straight: bool) -> str:
    text = _point(points[0])
    for end, controls in segments(points, straight):
        if controls is None:
            text += f" -- {_point(end)}"
        else:
            first, second = map(_point, controls)
            text += f" .. controls {first} and {second} .. {_point(end)}"
    return text


def _legend(graph: Graph, top: float) -> Iterator[str]:
    y = top + LINE / 2
    if graph.remark:
        yield rf"  \node[anchor=west] at {_point((MARGIN, y))} {{${graph.remark.latex}$}};"
    for number, path in enumerate(graph.paths):
        start, end = (MARGIN, y), (MARGIN + SAMPLE, y)
        yield rf"  \draw[{_stroke(number)}] {_point(start)} -- {_point(end)};"
        before = ""
        for symbols in path.lines():
            text = before + r" \to ".join(symbol.latex for symbol in symbols)
            yield rf"  \node[anchor=west] at {_point((MARGIN + SAMPLE + 8.0, y))} {{${text}$}};"
            before = r"\to "
            y += LINE


def _text(line: Line, colour: str = "") -> str:
    """Return a line of text in the middle of its place."""
    styled = f"[text={colour}]" if colour else ""
    return rf"  \node{styled} at {_point((line.box.x, line.box.y))} {{{_formula(line)}}};"


def _at_line(line: Line) -> str:
    """Return the label of an edge, as near to it as its place is."""
    start = (line.box.x - line.box.width / 2, line.box.y)
    return rf"  \node[text=mcchange, anchor=west] at {_point(start)} {{{_formula(line)}}};"


def _formula(line: Line) -> str:
    width, height = _figure(UNIT * line.box.width), _figure(UNIT * line.box.height)
    return rf"\setbox8\hbox{{${line.label.latex}$}}\dimen4={width}pt\dimen6={height}pt\mcfit"


def _point(point: Point) -> str:
    return f"({_figure(point[0])},{_figure(point[1])})"


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
