"""The questions one can ask of a derivative, one row each; Python and the command read it."""

from __future__ import annotations

from typing import Literal

from matcalc.calculus.layouts import Layout
from matcalc.records import Record

Mode = Literal["diff", "vjp", "jvp"]


class Operation(Record):
    """What an operation computes: all derivatives, or a product of the first with a seed.

    `layout` and `order` are those that it has, empty and 0 where they can be chosen.
    `along` names the seed of a product, `seed` is its name unless another is given; of an
    'upstream' the shape is that of the formula, of a 'tangent' that of the variable.
    `blocks` tells that several variables give one answer a pair. Some answers only a scalar
    has: `of_scalar` says what they are called, and `instead` what other formulas have.
    `options` are those of layout, order, notation and structure that can be chosen.
    """

    name: str
    mode: Mode
    options: tuple[str, ...]
    layout: Layout | Literal[""] = ""
    order: int = 0
    along: Literal["", "upstream", "tangent"] = ""
    seed: str = ""
    blocks: bool = False
    of_scalar: str = ""
    instead: str = ""


OPERATIONS = {
    row.name: row
    for row in (
        Operation("diff", "diff", ("layout", "order", "notation", "structure")),
        Operation(
            "gradient", "diff", ("structure",), layout="mixed", order=1,
            of_scalar="a gradient", instead="diff(…) gives the Jacobian",
        ),
        Operation(
            "hessian", "diff", ("notation", "structure"), layout="numerator", order=2, blocks=True,
            of_scalar="a Hessian", instead="diff(…, order=2) gives second derivatives",
        ),
        Operation("vjp", "vjp", ("structure",), order=1, along="upstream", seed="G"),
        Operation("jvp", "jvp", (), order=1, along="tangent", seed="V"),
    )
}  # fmt: skip
