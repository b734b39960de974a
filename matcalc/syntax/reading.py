"""Read a formula whose variables are all given, such as the table's own."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.syntax.declarations import Declaration, ValueKind
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer
from matcalc.syntax.tree import Span


def read_formula(text: str, shapes: Mapping[str, Shape]) -> Expression:
    """Return the formula in variables of the given shapes."""
    declarations = tuple(
        [Declaration(name, ValueKind(shape, ""), Span(0, 0)) for name, shape in shapes.items()]
    )
    return infer(parse_formula(text, declarations), text, declarations).expression
