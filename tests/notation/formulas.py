"""Formulas for the printers' tests: typed, and put together at random."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, integer, name
from matcalc.expressions.nodes import Expression, make, number, size, variable
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer

WHERE = (
    "a, b, c: scalar; w, x, y: vector(n); u, v: vector(m); z: vector(3); "
    "A, B: matrix(m, n); C: matrix(n, m); S, T: square(n); K: matrix(2, 2); "
    "f, h: elementwise; g: vector(n) -> vector(m); p: vector(n), vector(m) -> scalar"
)
SIZES = {"m": 3, "n": 5}

m, n = name("m"), name("n")
SHAPES: dict[str, Any] = {
    "a": (), "b": (), "c": (), "w": (n,), "x": (n,), "y": (n,), "u": (m,), "v": (m,),
    "z": (integer(3),), "A": (m, n), "B": (m, n), "C": (n, m), "S": (n, n), "T": (n, n),
}  # fmt: skip


def typed(text: str, where: str = WHERE) -> Expression:
    """Return the formula that is typed so."""
    return infer(parse_formula(text), text, parse_declarations(where)).expression


def values(seed: int = 1) -> dict[str, Any]:
    """Return an array for every variable of `WHERE`, away from zero."""
    import numpy as np

    generator = np.random.default_rng(seed)
    lengths = {"m": 3, "n": 5}
    return {
        letter: generator.uniform(0.3, 1.7, [part.evaluate(lengths) for part in shape])
        for letter, shape in SHAPES.items()
    }


LEAVES = (
    *(variable(letter, shape) for letter, shape in SHAPES.items()),
    *(number(value) for value in (2, -3, Fraction(1, 2), Fraction(-2, 3))),
    *(size(part) for part in (n, n - ONE, n * m, m - n, integer(2) * n)),
    make("pi"),
    make("ones", (), (n,)),
    make("ones", (), (ONE, m)),
    make("eye", (), n),
    make("zeros", (), (m, n)),
)

_COMMON = ("add", "add", "negate", "multiply", "multiply", "multiply", "hadamard", "divide")
_HEADS = (*_COMMON, *_COMMON, "dot", "kron", "power", "transpose", "compare", "call", "subscript",
          "stack", "matrix_power")  # fmt: skip
_UNARY = ("sin", "tanh", "abs", "sum", "norm2", "diag", "tr", "vec", "softmax", "mean", "sigmoid")


def random_formulas(seed: int, count: int) -> list[Expression]:
    """Return formulas in which operands, heads and brackets meet in every way that fits."""
    chance = random.Random(seed)
    pool = list(LEAVES)
    made: list[Expression] = []
    while len(made) < count:
        node = _attempt(chance, pool)
        if node is not None:
            made.append(node)
            pool.append(node)
            if len(pool) > 80:
                pool[chance.randrange(len(LEAVES), 80)] = pool.pop()
    return made


def _attempt(chance: random.Random, pool: list[Expression]) -> Expression | None:
    head = chance.choice(_HEADS)
    first, second, third = (chance.choice(pool) for _ in range(3))
    exponent = number(chance.choice((2, -1, 3, Fraction(1, 2))))
    choices: dict[str, tuple[tuple[Expression, ...], Any]] = {
        "add": ((first, second, third)[: chance.choice((2, 2, 3))], None),
        "negate": ((first,), None),
        "transpose": ((first,), None),
        "power": ((first, chance.choice((exponent, second))), None),
        "matrix_power": ((first, number(2)), None),
        "compare": ((first, second), chance.choice((">", "<="))),
        "call": ((first,), (chance.choice(_UNARY), chance.choice((None, None, None, 0, 1)))),
        "subscript": ((first, number(1)), chance.choice((("entry",), ("entry", "all"),
                                                         ("all", "entry")))),
        "stack": ((first, second), chance.choice(((1, 1), (2,)))),
    }  # fmt: skip
    arguments, value = choices.get(head, ((first, second), None))
    try:
        if head == "transpose" and not first.shape:
            return None
        if head == "call" and value[1] is not None and value[0] not in ("sum", "mean", "softmax"):
            value = (value[0], None)
        node = make(head, arguments, value)
    except MatcalcError:
        return None
    return node if len(node.shape) < 3 and _small(node) else None


def _small(node: Expression) -> bool:
    """Tell whether the shape does not grow by ⊗ and stacking without bounds."""
    return all(part.evaluate(SIZES) < 30 for part in node.shape)
