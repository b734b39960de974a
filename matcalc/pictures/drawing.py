"""Pictures of a derivation, in the formats that documents take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from matcalc.derivation.steps import Derivation
from matcalc.errors import MatcalcError
from matcalc.pictures.dot import to_dot
from matcalc.pictures.graph import graph_of
from matcalc.pictures.mermaid import to_mermaid
from matcalc.pictures.svg import to_svg
from matcalc.pictures.tikz import to_tikz

Format = Literal["dot", "mermaid", "svg", "tikz"]

FORMATS: dict[Format, Callable[..., str]] = {
    "dot": to_dot,
    "mermaid": to_mermaid,
    "svg": to_svg,
    "tikz": to_tikz,
}


def picture(derivation: Derivation, format: Format, title: str = "") -> str:  # noqa: A002
    """Return the data-flow graph of a derivation, as in Parr & Howard, section 4.5.2.

    The nodes are the variable, the operators and what they hold constant; the arrows bear
    the local Jacobians, or what a backward pass or a differential passes on. Each of
    several paths from the variable to the result has its own stroke.

    Raises MatcalcError (E702) for a format that there is not.

    >>> import matcalc
    >>> from matcalc.derivation.deriving import derive
    >>> derivation = derive(matcalc.diff("sin(x^2)", "x", "x: scalar"))
    >>> picture(derivation, "dot").splitlines()[0]
    'digraph "The data flow from x to y" {'
    """
    return pictures([derivation], format, title)


def pictures(derivations: Sequence[Derivation], format: Format, title: str = "") -> str:  # noqa: A002
    """Return the data-flow graphs of several derivations in one file; see `picture`.

    An SVG file has one root and a Mermaid file one flowchart; DOT and TikZ take one graph
    after the other.
    """
    draw = FORMATS.get(format)
    if draw is None:
        raise MatcalcError("E702", f"there is no format {format!s:.40}", hint=", ".join(FORMATS))
    graphs = [graph_of(derivation, title) for derivation in derivations]
    if format in ("svg", "mermaid"):
        return draw(*graphs)
    return "\n".join([draw(graph) for graph in graphs])
