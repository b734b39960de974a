"""What a document says of one derivative: words as plain text, mathematics as LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matcalc.derivation.latex import (
    Equation,
    cases_equation,
    equations,
    path_latex,
    shape_latex,
    symbol_latex,
    symbols_of,
)
from matcalc.derivation.outline import Part, References, Row, conclusion, headed, outlines, task
from matcalc.derivation.steps import Derivation
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.notation.latex import to_latex

STRUCTURES = {"spd": "symmetric, positive definite"}
"""Names of structures that are not words."""


class Block(NamedTuple):
    """A part of a derivation: a title, why it is so, paths, and equations."""

    title: str
    reason: str
    paths: tuple[str, ...]
    equations: tuple[Equation, ...]


class Section(NamedTuple):
    """A derivation, order by order; `orders` has (title, blocks), the title of a single one empty.

    The heading is `before`, the variable, `after`, and what a Jacobian is applied to. The formula
    may be left to its parts. `spaces` says of what size and structure the variables are.
    """

    before: str
    variable: str
    after: str
    seed: str
    formula: tuple[Equation, ...]
    spaces: tuple[str, ...]
    assumptions: tuple[str, ...]
    orders: tuple[tuple[str, tuple[Block, ...]], ...]
    facts: tuple[str, ...]


def section_of(derivation: Derivation, references: References, room: float) -> Section:
    """Return the section of a derivation, with equations of at most `room` letters."""
    symbols = symbols_of(derivation)
    before, after = task(derivation)
    seed = derivation.seed
    result, formula = headed(derivation)
    rows = [Row(result, formula, None, None, 0, "")] if formula else []
    orders = []
    for outline in outlines(derivation, references):
        blocks = [_block(part, outline.derivation, room) for part in outline.parts]
        orders.append((outline.title, tuple(blocks)))
    return Section(
        before,
        symbol_latex(derivation.variable, symbols),
        after,
        to_latex(seed) if seed is not None else "",
        tuple(equations(rows, symbols, room)),
        tuple(_spaces(derivation)),
        derivation.assumptions,
        tuple(orders),
        conclusion(derivation),
    )


def _spaces(derivation: Derivation) -> Iterator[str]:
    """Yield the variables; the last of each space says which it is."""
    roots = [derivation.formula, *([derivation.seed] if derivation.seed is not None else [])]
    members: dict[tuple[Shape, str], list[str]] = {}
    for node in postorder(roots, lambda node: node.arguments):
        if node.head == "variable":
            members.setdefault((node.shape, node.value.structure), []).append(to_latex(node))
    for (shape, structure), names in members.items():
        space = rf"\mathbb{{R}}^{{{shape_latex(shape)}}}" if shape else r"\mathbb{R}"
        said = STRUCTURES.get(structure, structure)
        yield from names[:-1]
        yield rf"{names[-1]} \in {space}" + (rf"\text{{ {said}}}" if said else "")


def _block(part: Part, derivation: Derivation, room: float) -> Block:
    symbols = symbols_of(derivation)
    rows = equations(part.rows, symbols, room)
    cases = cases_equation(derivation)
    if part.key == "answer" and cases is not None:
        rows.append(cases)
    paths = tuple([path_latex(path, symbols) for path in part.paths])
    return Block(part.title, part.reason, paths, tuple(rows))
