"""Random formulas over the whole language, each with a function of plain NumPy that says what
it means: text and meaning are drawn together, so that neither comes from the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from matcalc.expressions import functions
from tests import oracle

WHERE = (
    "a, b: scalar; x, y: vector(n); z: vector(m); v, w: vector(3); A, B: matrix(m, n); "
    "E: matrix(n, k); C: square(n); S: symmetric(n); P: spd(n); D: diagonal(n); "
    "H: tensor(m, n, k); f: elementwise; g: vector(n) -> scalar; h: vector(n) -> vector(m); "
    "p: scalar, scalar -> scalar; q: matrix(m, n) -> scalar; r: scalar -> vector(n)"
)
Shape = tuple[str, ...]
Env = dict[str, Any]
VARIABLES: dict[Shape, tuple[str, ...]] = {
    (): ("a", "b"), ("n",): ("x", "y"), ("m",): ("z",), ("3",): ("v", "w"),
    ("m", "n"): ("A", "B"), ("n", "k"): ("E",), ("n", "n"): ("C", "S", "P", "D"),
}  # fmt: skip
SHAPES: tuple[Shape, ...] = (
    (), ("n",), ("m",), ("k",), ("3",), ("1", "n"), ("1", "m"), ("m", "n"), ("n", "m"),
    ("n", "k"), ("n", "n"), ("m", "m"),
)  # fmt: skip
LONGEST = 260


class Term(NamedTuple):
    """A formula, and its value where the names have values."""

    text: str
    value: Callable[[Env], Any]


def length(dimension: str, env: Env) -> int:
    """Return a dimension's size."""
    return int(dimension) if dimension.isdigit() else int(env[dimension])


def turned(array: Any) -> Any:
    """Return the transpose: of a column a row, and of a row a column."""
    array = np.asarray(array)
    if array.ndim == 1:
        return array[None, :]
    return array[0] if array.shape[0] == 1 else array.T


def product(left: Any, right: Any) -> Any:
    """Return a matrix product; a row by a column is a number."""
    if np.ndim(left) == 0 or np.ndim(right) == 0:
        return np.multiply(left, right)
    if np.ndim(left) == 1:
        return np.outer(left, right)
    value = np.matmul(left, right)
    return value[0] if np.ndim(right) == 1 and left.shape[0] == 1 else value


GUARDS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("{0}", lambda t: t),
    ("sin({0})", np.sin),
    ("tanh({0})/2", lambda t: np.tanh(t) / 2),
    ("({0}).^2 + 1/2", lambda t: t**2 + 0.5),
    ("2 + ({0}).^2", lambda t: 2 + t**2),
)


@cache
def guard(name: str) -> tuple[str, Callable[[Any], Any]]:
    """Return a formula that leads into the function's domain, and to values of some size."""
    function = oracle.function(name)
    assert function is not None
    grid = np.linspace(-9, 9, 400)
    for text, inner in GUARDS:
        with np.errstate(all="ignore"):
            value = function(inner(grid))
        if np.isfinite(value).all() and np.abs(value).max() < 100:
            return text, inner
    raise AssertionError(f"no guard leads into the domain of {name}")


def elementwise_names() -> list[str]:
    """Return the names, aliases too, of functions of one argument that work entry by entry."""
    rows = [row for row in functions.ELEMENTARY if len(row.parameters) == 1]
    rows = [row for row in rows if oracle.function(row.name)]
    return [name for row in rows for name in (row.name, *row.aliases)] + ["sqrt"]


class Writer:
    """Draws formulas."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.indices: list[tuple[str, str]] = []

    def pick(self, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        return self.random.choice(choices)

    def term(self, shape: Shape, budget: int) -> Term:
        """Return a formula of this shape."""
        if budget <= 0:
            return self.atom(shape)
        rules = [self.sum_of, self.scaled, self.entrywise, self.power, self.applied, self.applied,
                 self.choice, self.stacked, self.negated]  # fmt: skip
        if len(self.indices) < 2:
            rules.append(self.index_sum)
        special: list[Callable[[Shape, int], Term]]
        if not shape:
            special = [self.reduced, self.reduced, self.dotted, self.quadratic, self.of_square,
                       self.entry, self.abstract, self.neighbours, self.deltas]  # fmt: skip
        elif len(shape) == 1:
            special = [self.multiplied, self.multiplied, self.column, self.along, self.diagonal,
                       self.sliced, self.softmax, self.vectorised, self.solved]  # fmt: skip
        elif shape[0] == "1":
            special = [self.transposed, self.row, self.along, self.multiplied]
        else:
            special = [self.multiplied, self.multiplied, self.transposed, self.outer, self.blocks,
                       self.unstacked, self.softmax, self.tensored, self.flipped]  # fmt: skip
            if shape[0] == shape[1]:
                special += [self.square, self.square]
        return self.pick(rules + special * 2)(shape, budget - 1)

    def two(self, left: Shape, right: Shape, budget: int) -> tuple[Term, Term]:
        """Return two formulas that share what is left."""
        part = self.random.randint(0, max(budget, 0))
        return self.term(left, part), self.term(right, budget - part)

    # Atoms

    def atom(self, shape: Shape) -> Term:
        choices = [variable(name) for name in VARIABLES.get(shape, ())]
        if not shape:
            choices += [number(text) for text in ("2", "3", "1/2", "0.25", "pi", "n", "m")]
            for index, running in self.indices:
                choices += entries(index, {"n": "x", "m": "z"}.get(running))
        if not choices or self.random.random() < 0.1:
            choices.append(self.filled(shape))
        return self.pick(choices)

    def filled(self, shape: Shape) -> Term:
        """Return ones or zeros, or a transpose or product that has the shape."""
        if not shape:
            return number("2")
        if len(shape) == 2 and shape[::-1] in VARIABLES and shape[0] != "1":
            return transpose(self, variable(self.pick(VARIABLES[shape[::-1]])))
        if len(shape) == 2 and shape[0] == "1" and shape[1:] in VARIABLES:
            return transpose(self, variable(self.pick(VARIABLES[shape[1:]])))
        if shape == ("k",):
            return Term("(E'*x)", lambda env: env["E"].T @ env["x"])
        if shape == ("m", "m"):
            return Term("(A*B')", lambda env: env["A"] @ env["B"].T)
        name, fill = self.pick([("ones", 1.0), ("ones", 1.0), ("zeros", 0.0)])
        text = f"{name}({', '.join(shape)})"
        return Term(text, lambda env: np.full([length(d, env) for d in shape], fill))

    # Of every shape

    def sum_of(self, shape: Shape, budget: int) -> Term:
        other = self.pick([shape, shape, ()])
        left, right = self.two(shape, other, budget)
        if self.random.random() < 0.5:
            return Term(f"({left.text} + {right.text})", both(np.add, left, right))
        return Term(f"({left.text} - {right.text})", both(np.subtract, left, right))

    def negated(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape, budget)
        return Term(f"(-{inner.text})", lambda env: -inner.value(env))

    def scaled(self, shape: Shape, budget: int) -> Term:
        left, right = self.two((), shape, budget)
        text = self.pick(["({0}*{1})", "({1}*{0})", "({0} .* {1})"])
        return Term(text.format(left.text, right.text), both(np.multiply, left, right))

    def entrywise(self, shape: Shape, budget: int) -> Term:
        left, right = self.two(shape, shape, budget)
        if self.random.random() < 0.6:
            sign = self.pick([".*", "⊙", "∘"])
            return Term(f"({left.text} {sign} {right.text})", both(np.multiply, left, right))
        sign = self.pick(["./", "⊘"])
        return Term(
            f"({left.text} {sign} (({right.text}).^2 + 1))",
            lambda env: left.value(env) / (right.value(env) ** 2 + 1.0),
        )

    def power(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape, budget)
        sign = self.pick([".^", "**", "^"] if len(shape) < 2 else [".^"])
        if self.random.random() < 0.5:
            exponent = self.pick([2, 3, 1])
            return Term(f"({inner.text}){sign}{exponent}", lambda env: inner.value(env) ** exponent)
        exponent = self.pick([-1, -2, 0.5, -1.5])
        shown = {0.5: "(1/2)", -1.5: "(-3/2)"}.get(exponent, f"({exponent})")
        return Term(
            f"(({inner.text}).^2 + 1){sign}{shown}",
            lambda env: (inner.value(env) ** 2 + 1.0) ** exponent,
        )

    def applied(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape, budget)
        name = self.pick(elementwise_names())
        if self.random.random() < 0.1:
            return Term(f"f({inner.text})", lambda env: env["f"](inner.value(env)))
        text, inside = guard(name)
        function = oracle.function(name)
        return Term(
            f"{name}({text.format(inner.text)})", lambda env: function(inside(inner.value(env)))
        )

    def choice(self, shape: Shape, budget: int) -> Term:
        left, right = self.two(shape, self.pick([shape, ()]), budget)
        kind = self.pick(["max", "min", "where", "tie", "test"])
        if kind in ("max", "min"):
            function = np.maximum if kind == "max" else np.minimum
            return Term(f"{kind}({left.text}, {right.text})", both(function, left, right))
        if kind == "tie":  # equal on a whole region
            return Term(
                f"min({left.text}, max({left.text}, 0))",
                lambda env: np.minimum(left.value(env), np.maximum(left.value(env), 0)),
            )
        sign, compare = self.pick([("<", np.less), (">=", np.greater_equal), ("≤", np.less_equal)])
        if kind == "test":
            return Term(
                f"[{left.text} {sign} {right.text}]",
                lambda env: compare(left.value(env), right.value(env)) * 1.0,
            )
        return Term(
            f"where({left.text} {sign} {right.text}, {left.text}, {right.text})",
            lambda env: np.where(
                compare(left.value(env), right.value(env)), left.value(env), right.value(env)
            ),
        )

    def stacked(self, shape: Shape, budget: int) -> Term:
        """Return a part of a stack: of what is above, of what is below, or of both."""
        if not shape or shape[0] == "1" or len(shape) == 2:
            return self.sum_of(shape, budget)
        (n,) = shape
        left, right = self.two(shape, ("m",), budget)
        if self.random.random() < 0.5:
            value = both(joined, left, right)
            return Term(
                f"[{left.text}; {right.text}][1:{n}]", lambda env: value(env)[: length(n, env)]
            )
        value = both(joined, right, left)
        return Term(
            f"[{right.text}; {left.text}][m+1:m+{n}]", lambda env: value(env)[length("m", env) :]
        )

    def index_sum(self, shape: Shape, budget: int) -> Term:
        index, running = "ij"[len(self.indices)], self.pick("nm")
        low, high, cut = self.pick([(1, running, 0), (2, running, 0), (1, f"{running}-1", 1)])
        self.indices.append((index, running))
        body = self.term(shape, budget)
        self.indices.pop()

        def value(env: Env) -> Any:
            places = range(low, length(running, env) - cut + 1)
            return sum(body.value({**env, index: place}) for place in places)

        return Term(f"sum({index} = {low}..{high}, {body.text})", value)

    # Scalars

    def reduced(self, shape: Shape, budget: int) -> Term:
        inner = self.term(self.pick([s for s in SHAPES if s]), budget)
        norms = [row for row in functions.DEFINED if row.takes == "tensor"]
        names = [name for row in norms for name in (row.name, *row.aliases)]
        name = self.pick(["sum", "mean", "prod", "max", "min", "logsumexp", *names])
        function = oracle.WHOLE[functions.ALIASES.get(name, name)]
        return Term(f"{name}({inner.text})", lambda env: function(inner.value(env)))

    def dotted(self, shape: Shape, budget: int) -> Term:
        n = self.pick(["n", "m", "k", "3"])
        left, right = self.two((n,), (n,), budget)
        text = self.pick(
            ["({0} · {1})", "({0})'*({1})", "dot({0}, {1})", "({0})ᵀ*({1})", "({0}).T @ ({1})"]
        )
        return Term(
            f"({text.format(left.text, right.text)})",
            lambda env: left.value(env) @ right.value(env),
        )

    def quadratic(self, shape: Shape, budget: int) -> Term:
        left, right = self.two(("n",), ("n",), budget - 1)
        name = self.pick("CSPD")
        return Term(
            f"(({left.text})'*{name}*({right.text}))",
            lambda env: left.value(env) @ env[name] @ right.value(env),
        )

    def of_square(self, shape: Shape, budget: int) -> Term:
        square = self.term((self.pick("nm"),) * 2, budget)
        name = self.pick(["tr", "trace", "det", "logdet"])
        function = oracle.WHOLE[functions.ALIASES.get(name, name)]
        if name != "logdet":
            return Term(f"{name}({square.text})", lambda env: function(square.value(env)))
        return Term(
            f"logdet(({square.text})'*({square.text}) + eye)",
            lambda env: function(
                square.value(env).T @ square.value(env) + np.eye(len(square.value(env)))
            ),
        )

    def entry(self, shape: Shape, budget: int) -> Term:
        rows, columns = self.pick([("m", "n"), ("n", "n"), ("n", "k")])
        i, row = self.place(rows)
        if self.random.random() < 0.5:
            inner = self.term((rows,), budget)
            return Term(f"({inner.text})[{i}]", lambda env: inner.value(env)[row(env)])
        j, column = self.place(columns)
        inner = self.term((rows, columns), budget)
        return Term(f"({inner.text})[{i},{j}]", lambda env: inner.value(env)[row(env), column(env)])

    def place(self, dimension: str) -> tuple[str, Callable[[Env], int]]:
        """Return a place along an axis as it is written, and counted from 0."""
        choices: list[tuple[str, Callable[[Env], int]]] = [
            ("1", lambda env: 0), ("2", lambda env: 1),
            (dimension, lambda env: length(dimension, env) - 1),
        ]  # fmt: skip
        for index, running in self.indices:
            if running == dimension:
                choices.append((index, lambda env, index=index: env[index] - 1))
        return self.pick(choices)

    def abstract(self, shape: Shape, budget: int) -> Term:
        kind = self.pick("gqp")
        if kind == "p":
            left, right = self.two((), (), budget)
            return Term(
                f"p({left.text}, {right.text})",
                lambda env: env["p"](left.value(env), right.value(env)),
            )
        inner = self.term(("n",) if kind == "g" else ("m", "n"), budget)
        return Term(f"{kind}({inner.text})", lambda env: env[kind](inner.value(env)))

    def neighbours(self, shape: Shape, budget: int) -> Term:
        """Return a sum over slices that overlap."""
        left, right = self.two(("n",), ("n",), budget)
        return Term(
            f"(({left.text})[2:n] · ({right.text})[1:n-1])",
            lambda env: left.value(env)[1:] @ right.value(env)[:-1],
        )

    def deltas(self, shape: Shape, budget: int) -> Term:
        square = self.term(("n", "n"), budget)
        shift = self.pick([1, 2])

        def value(env: Env) -> Any:
            return np.trace(square.value(env), shift)

        return Term(f"sum(l = 1..n, s = 1..n, delta(l + {shift}, s)*({square.text})[l,s])", value)

    # Vectors and rows

    def multiplied(self, shape: Shape, budget: int) -> Term:
        inner = self.pick("nm")
        left, right = self.two((shape[0], inner), (inner, *shape[1:]), budget)
        text = self.pick(["(({0})*({1}))", "(({0}) @ ({1}))"])
        return Term(text.format(left.text, right.text), both(product, left, right))

    def column(self, shape: Shape, budget: int) -> Term:
        columns = self.pick("nm")
        inner = self.term((*shape, columns), budget)
        j, place = self.place(columns)
        return Term(f"({inner.text})[:,{j}]", lambda env: inner.value(env)[:, place(env)])

    def row(self, shape: Shape, budget: int) -> Term:
        rows = self.pick("nm")
        inner = self.term((rows, shape[1]), budget)
        i, place = self.place(rows)
        return Term(f"({inner.text})[{i},:]", lambda env: inner.value(env)[[place(env)], :])

    def along(self, shape: Shape, budget: int) -> Term:
        name = self.pick(["sum", "mean", "prod", "max", "min", "logsumexp"])
        axis = 0 if len(shape) == 2 else 1
        inner = self.term(
            (self.pick("nm"), shape[1]) if axis == 0 else (shape[0], self.pick("nm")), budget
        )
        function = oracle.WHOLE[name]
        return Term(
            f"{name}({inner.text}, axis={axis})", lambda env: function(inner.value(env), axis)
        )

    def diagonal(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape * 2, budget)
        return Term(f"diag({inner.text})", lambda env: np.diag(inner.value(env)))

    def sliced(self, shape: Shape, budget: int) -> Term:
        """Return a vector again of a slice that a number or a zero completes."""
        inner = self.term(shape, budget)
        (n,) = shape
        first = self.pick(["0", "2"])
        return Term(
            f"[{first}; ({inner.text})[1:{n}-1]]",
            lambda env: np.concatenate([[float(first)], inner.value(env)[:-1]]),
        )

    def softmax(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape, budget)
        name = self.pick(["softmax", "log_softmax"])
        function = oracle.WHOLE[name]
        axis = self.pick([0, 1]) if len(shape) == 2 else None
        text = f"{name}({inner.text})" if axis is None else f"{name}({inner.text}, axis={axis})"
        return Term(text, lambda env: function(inner.value(env), axis))

    def vectorised(self, shape: Shape, budget: int) -> Term:
        inner = self.term(("m", "n"), budget)
        flat = lambda env: np.reshape(inner.value(env), -1, order="F")  # noqa: E731
        (n,) = shape
        if n == "k" or self.random.random() < 0.5:
            return self.multiplied(shape, budget)
        if self.random.random() < 0.5:
            return Term(f"vec({inner.text})[1:{n}]", lambda env: flat(env)[: length(n, env)])
        return Term(
            f"(commutation(m, n)*vec({inner.text}))[1:{n}]",
            lambda env: np.reshape(inner.value(env), -1)[: length(n, env)],
        )

    def solved(self, shape: Shape, budget: int) -> Term:
        square, right = self.two(shape * 2, shape, budget)
        return Term(
            f"(inv(({square.text})*({square.text})' + eye)*({right.text}))",
            lambda env: np.linalg.solve(
                square.value(env) @ square.value(env).T + np.eye(len(square.value(env))),
                right.value(env),
            ),
        )

    # Matrices

    def transposed(self, shape: Shape, budget: int) -> Term:
        other = shape[1:] if shape[0] == "1" else shape[::-1]
        return transpose(self, self.term(other, budget))

    def outer(self, shape: Shape, budget: int) -> Term:
        left, right = self.two(shape[:1], shape[1:], budget)
        text = self.pick(["(({0})*({1})')", "outer({0}, {1})"])
        return Term(text.format(left.text, right.text), both(np.outer, left, right))

    def blocks(self, shape: Shape, budget: int) -> Term:
        rows, columns = shape
        left, right = self.two(shape, (rows, "m"), budget)
        return Term(
            f"[{right.text}, {left.text}][:,m+1:m+{columns}]",
            lambda env: np.hstack([right.value(env), left.value(env)])[:, length("m", env) :],
        )

    def unstacked(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape[::-1], budget)
        return Term(
            f"unvec(vec({inner.text}), {shape[0]}, {shape[1]})",
            lambda env: np.reshape(
                np.reshape(inner.value(env), -1, order="F"),
                [length(d, env) for d in shape], order="F",
            ),
        )  # fmt: skip

    def tensored(self, shape: Shape, budget: int) -> Term:
        left, right = self.two(shape, ("m",), budget)
        return Term(
            f"kron({right.text}, {left.text})[1:{shape[0]},:]",
            lambda env: np.kron(right.value(env)[:, None], left.value(env))[
                : length(shape[0], env)
            ],
        )

    def flipped(self, shape: Shape, budget: int) -> Term:
        inner = self.term(shape, budget)
        return Term(f"flip({inner.text})", lambda env: np.flip(inner.value(env)))

    def square(self, shape: Shape, budget: int) -> Term:
        n = shape[0]
        kind = self.pick(["eye", "diag", "inv", "power", "adj", "negative"])
        if kind == "eye":
            return Term(f"eye({n})", lambda env: np.eye(length(n, env)))
        if kind == "diag":
            vector = self.term((n,), budget)
            return Term(f"diag({vector.text})", lambda env: np.diag(vector.value(env)))
        inner = self.term(shape, budget)
        shifted = lambda env: inner.value(env) @ inner.value(env).T + np.eye(length(n, env))  # noqa: E731
        text = f"(({inner.text})*({inner.text})' + eye({n}))"
        if kind == "power":
            exponent = self.pick([2, 3])
            return Term(
                f"(({inner.text})^{exponent})",
                lambda env: np.linalg.matrix_power(inner.value(env), exponent),
            )
        if kind == "adj":
            return Term(f"adj({inner.text})", lambda env: oracle.WHOLE["adj"](inner.value(env)))
        shown, exponent = (f"inv{text}", -1) if kind == "inv" else (f"({text}^-2)", -2)
        return Term(shown, lambda env: np.linalg.matrix_power(shifted(env), exponent))


def variable(name: str) -> Term:
    """Return a variable."""
    return Term(name, lambda env: env[name])


def entries(index: str, vector: str | None) -> list[Term]:
    """Return a running index as a number, and the entry of a vector that it runs over."""
    found = [Term(index, lambda env: env[index])]
    if vector:
        found.append(Term(f"{vector}[{index}]", lambda env: env[vector][env[index] - 1]))
    return found


def number(text: str) -> Term:
    """Return a number, a size or pi."""
    known = {"2": 2.0, "3": 3.0, "1/2": 0.5, "0.25": 0.25, "pi": np.pi}
    return Term(text, lambda env: known[text] if text in known else float(env[text]))


def transpose(writer: Writer, inner: Term) -> Term:
    """Return a transpose in one of its spellings."""
    mark = writer.pick(["'", "ᵀ", ".T", "^T"])
    return Term(f"({inner.text}){mark}", lambda env: turned(inner.value(env)))


def joined(above: Any, below: Any) -> Any:
    """Return one vector below another."""
    return np.concatenate([above, below])


def both(function: Callable[[Any, Any], Any], left: Term, right: Term) -> Callable[[Env], Any]:
    """Return a function of two values."""
    return lambda env: function(left.value(env), right.value(env))


def drawn(seed: str) -> tuple[Term, Shape]:
    """Return the random formula of this seed, and its shape."""
    for attempt in range(100):
        writer = Writer(f"{seed}.{attempt}")
        shape = writer.pick(SHAPES)
        term = writer.term(shape, writer.random.randint(1, 7))
        if len(term.text) <= LONGEST:
            return named(writer, term, shape), shape
    raise AssertionError("no formula is short")


def named(writer: Writer, term: Term, shape: Shape) -> Term:
    """Return now and then a program whose value the formula is."""
    if writer.random.random() > 0.2:
        return term
    other = writer.term(shape, 2)
    return Term(
        f"t = {term.text}; u = {other.text}; t .* u + t",
        lambda env: term.value(env) * other.value(env) + term.value(env),
    )
