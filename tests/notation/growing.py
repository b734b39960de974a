"""Random formulas over the whole language, grown from the leaves up.

A pool of formulas with known shapes is joined by operators that fit; what the language
refuses is left out. Slices, single entries, partial ranges, index sums, blocks, unvec and
Kronecker products come as often as sums and products.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import matcalc
from matcalc.expressions.nodes import Expression

WHERE = (
    "a, b: scalar; x, u: vector(n); z: vector(m); A, B: matrix(m, n); E: matrix(n, k); "
    "C: square(n); S: symmetric(n); P: spd(n); D: diagonal(n); T: tensor(m, n, k); "
    "w: vector(m*n); f: elementwise; g: vector(n) -> scalar; h: vector(n) -> vector(m)"
)
_LEAVES = (
    "a",
    "b",
    "2",
    "n",
    "1/2",
    "x",
    "u",
    "z",
    "w",
    "A",
    "B",
    "E",
    "C",
    "S",
    "P",
    "D",
    "T",
    "ones(n)",
    "ones(m)",
    "eye(n)",
    "zeros(n)",
    "ones(m, n)",
    "zeros(n, m)",
    "commutation(m, n)",
)
_SMOOTH = ("sin", "cos", "exp", "tanh", "sigmoid", "arctan", "softplus", "erf", "gelu", "f")
_KINKED = ("abs", "relu", "sign", "elu", "leaky_relu", "step")


class Grown(NamedTuple):
    """A formula as text, and its shape as texts."""

    text: str
    shape: tuple[str, ...]


class Garden:
    """Grows formulas from one random generator."""

    def __init__(self, seed: int, where: str = WHERE) -> None:
        self.random = random.Random(seed)
        self.where = where
        self.pool: list[Grown] = []
        for leaf in _LEAVES:
            self.add(leaf)

    def add(self, text: str) -> Grown | None:
        """Put a formula into the pool; return None where the language refuses it."""
        try:
            formula = matcalc.parse(text, where=self.where)
        except matcalc.MatcalcError:
            return None
        if formula.assumptions or _is_large(formula.expression):
            return None
        grown = Grown(text, formula.shape)
        self.pool.append(grown)
        return grown

    def grow(self, steps: int) -> str:
        """Return a formula of about so many operators."""
        self.pool = self.pool[: len(_LEAVES)]
        last = self.any()
        for _ in range(steps):
            for _ in range(20):
                ways = _WAYS[min(len(last.shape), 3)] + _WAYS_OF_ALL
                grown = self.add(self.random.choice(ways)(self, last))
                if grown is not None:
                    last = grown
                    break
        return last.text

    # --- choosing -----------------------------------------------------------------------------

    def any(self) -> Grown:
        return self.random.choice(self.pool)

    def of(self, *shape: str) -> str:
        """Return a formula of this shape."""
        fitting = [one.text for one in self.pool if one.shape == shape]
        fitting += fitting[-3:]  # grown ones rather than leaves
        if not fitting:
            fitting = [f"ones({', '.join(shape)})"] if shape else ["a"]
        return f"({self.random.choice(fitting)})"

    def scalar(self) -> str:
        return self.of()

    def length(self) -> str:
        return self.random.choice(("m", "n", "k", "2", "m*n", "n-1"))

    def place(self, length: str) -> str:
        """Return the place of an entry."""
        places = ["1", "2", length, length]
        if "-" not in length and length != "2":
            places.append(f"{length}-1")
        return self.random.choice(places)

    def run(self, length: str) -> str:
        """Return the bounds of a slice."""
        if length in ("2", "1"):
            return "1:2"
        return self.random.choice(
            (
                ":",
                f"1:{length}",
                f"2:{length}",
                f"1:{length}-1",
                "1:2",
                "2:3",
                f"{length}-1:{length}",
                "1:1",
            )
        )

    def one_of(self, *texts: str) -> str:
        return self.random.choice(texts)


def _is_large(e: Expression) -> bool:
    return any(sum(len(m) for m, _ in d.terms) > 4 for d in e.shape) or len(e.shape) > 3


# --- ways to grow ---------------------------------------------------------------------------------


def _function(s: Garden, e: Grown) -> str:
    return f"{s.one_of(*_SMOOTH, *_SMOOTH, *_KINKED)}({e.text})"


def _joined(s: Garden, e: Grown) -> str:
    sides = [e.text if s.random.random() < 0.8 else s.of(*e.shape), s.of(*e.shape)]
    s.random.shuffle(sides)
    return f"({sides[0]} {s.one_of('+', '-', '.*', '.*', '+')} {sides[1]})"


def _expanded(s: Garden, e: Grown) -> str:
    return s.one_of(
        "({0} + ({1}))",
        "(({1}) - {0})",
        "{0}*({1})",
        "({1})/({0}^2 + 1)",
        "({1})*{0}",
        "max({0}, {1})",
        "min({1}, {0})",
        "where({1} > {0}, {1}, 2)",
        "({0}*({1}) - {0})",
    ).format(s.scalar(), e.text)


def _powered(s: Garden, e: Grown) -> str:
    return s.one_of(
        "({0}).^2",
        "({0}).^3",
        "(({0}).^2 + 1).^(-1)",
        "(({0}).^2 + 1).^(1/2)",
        "1/(({0}).^2 + 2)",
        "(({0}).^2 + 1).^a",
        "-({0})",
    ).format(e.text)


def _quotient(s: Garden, e: Grown) -> str:
    return f"({e.text}) ./ ({s.of(*e.shape)}.^2 + 1)"


def _condition(s: Garden, e: Grown) -> str:
    return f"[({e.text}) {s.one_of('>', '<', '>=')} {s.of(*e.shape)}] .* {s.of(*e.shape)}"


def _reduced(s: Garden, e: Grown) -> str:
    name = s.one_of("sum", "mean", "norm2", "logsumexp", "prod", "max", "min", "norm1", "sum")
    return f"{name}({e.text})"


def _index_sum(s: Garden, e: Grown) -> str:
    (n,) = e.shape
    t, x, q = f"({e.text})", s.of(*e.shape), s.of(*e.shape)
    return s.one_of(
        f"sum(i = 1..{n}, {t}[i]^2)",
        f"sum(i = 1..{n}-1, {t}[i]*{t}[i+1])",
        f"sum(i = 2..{n}, {t}[i]*{x}[i-1])",
        f"sum(i = 1..{n}, i*{t}[i])",
        f"sum(i = 1..2, {t}[i]*{x}[i])",
        f"sum(i = 1..{n}, {t}[i]*{x}[{n}+1-i])",
        f"sum(i = 1..{n}, j = 1..{n}, i != j, {t}[i]*{x}[j]^2)",
        f"sum(i = 1..{n}, j = 1..{n}, i < j, {t}[i]*{q}[j])",
        f"sum(i = 1..{n}-1, ({t}[i+1] - {t}[i])^2)",
        f"sum(i = 1..{n}, sin({t}[i]*{x}[i]))",
        f"sum(i = 1..{n}, {t}[i]*{x})",
        f"sum(i = 1..{n}, g({t}[i]*x))",
        f"sum(i = 1..{n}, {t}[i]^i)",
        f"sum(i = 1..{n}, a^i*{t}[i])",
    )


def _listed(s: Garden, e: Grown) -> str:
    (n,) = e.shape
    t, m = f"({e.text})", s.one_of("n", "m")
    return s.one_of(
        f"tensor(i = 1..{n}, {t}[i]*i)",
        f"tensor(i = 1..{n}, j = 1..{m}, {t}[i]*(j + a))",
        f"tensor(i = 1..{n}-1, {t}[i+1] - {t}[i])",
        f"tensor(i = 1..{n}, j = 1..{n}, delta(i, j)*{t}[j] + a)",
        f"tensor(i = 1..{n}, delta(i, 2)*{t}[i])",
        f"tensor(i = 1..{n}, j = 1..{n}, delta(i + 1, j)*{t}[i])",
    )


def _sliced(s: Garden, e: Grown) -> str:
    (n,) = e.shape
    return f"({e.text})[{s.run(n)}]"


def _entry(s: Garden, e: Grown) -> str:
    return f"({e.text})[{s.place(e.shape[0])}]"


def _of_vector(s: Garden, e: Grown) -> str:
    (n,) = e.shape
    t = f"({e.text})"
    p = s.length()
    return s.one_of(
        f"[{t}; {s.scalar()}]",
        f"[{s.scalar()}; {t}]",
        f"[{t}; {s.of(n)}]",
        f"[{t}; {s.of(p)}]",
        f"diag({t})",
        f"{t}*{s.of(p)}'",
        f"{s.of(p)}*{t}'",
        f"{s.of(p, n)}*{t}",
        f"{t}'*{s.of(n)}",
        f"{t}'*{s.of(n, n)}*{s.of(n)}",
        f"dot({t}, {s.of(n)})",
        f"flip({t})",
        f"softmax({t})",
        f"log_softmax({t})",
        f"conv({t}, [a; b])",
        f"conv({s.of(n)}, {t}[1:2])",
        f"conv_full({t}, [a; 2; b])",
        f"unvec({t}, 1, {n})",
        f"unvec({t}, m, n)",
        f"unvec({t}, n, m)",
        f"kron({t}, {s.of(p)})",
        f"kron({s.of(p)}, {t})",
        f"kron({t}', {s.of(p)})",
        f"outer({t}, {s.of(p)})",
        f"{t}'",
        f"[{t}, {s.of(n)}]",
        f"[{t}'; {s.of(n)}']",
        f"commutation(m, n)*{t}",
        f"g({t})",
        f"h({t})",
        f"cross({t}[1:3], {s.of(n)}[1:3])",
        f"[{t}', {s.scalar()}]",
        f"norm2({t} - {s.of(n)})",
    )


def _of_matrix(s: Garden, e: Grown) -> str:
    m, n = e.shape
    t = f"({e.text})"
    p = s.length()
    return s.one_of(
        f"{t}'",
        f"{t}*{s.of(n)}",
        f"{t}*{s.of(n, p)}",
        f"{s.of(p, m)}*{t}",
        f"{t}'*{s.of(m)}",
        f"{t}*{t}'",
        f"{t}'*{t}",
        f"diag({t})",
        f"tr({t})",
        f"det({t} + 3*eye({n}))",
        f"logdet({t}*{t}' + eye({m}))",
        f"inv({t} + 4*eye({n}))",
        f"({t} + 4*eye({n}))^-1",
        f"({t} + 4*eye({n}))^-2",
        f"{t}^2",
        f"{t}^3",
        f"adj({t})",
        f"vec({t})",
        f"unvec(vec({t}), {n}, {m})",
        f"unvec({t}, {m}, {n})",
        f"vec({t}')",
        f"kron({t}, {s.of(p, n)})",
        f"kron({s.of(p)}, {t})",
        f"kron({t}, {s.of(m)})",
        f"kron(eye(2), {t})",
        f"kron({t}, eye(2))",
        f"[{t}, {s.of(m)}]",
        f"[{t}; {s.of(n)}']",
        f"[{s.of(m)}, {t}]",
        f"[{t}, {s.of(m)}; {s.of(n)}', {s.scalar()}]",
        f"[{t}, {s.of(m, n)}]",
        f"[{t}; {s.of(m, n)}]",
        f"{t}[{s.place(m)},{s.place(n)}]",
        f"{t}[{s.run(m)},{s.run(n)}]",
        f"{t}[{s.place(m)},:]",
        f"{t}[:,{s.place(n)}]",
        f"{t}[{s.run(m)},:]",
        f"{t}[:,{s.run(n)}]",
        f"{t}[{s.place(m)},{s.run(n)}]",
        f"{t}[{s.run(m)},{s.place(n)}]",
        f"diag(diag({t}))",
        f"diag({t})[{s.run(n)}]",
        f"sum({t}, axis=0)",
        f"sum({t}, axis=1)",
        f"mean({t}, axis=1)",
        f"max({t}, axis=0)",
        f"logsumexp({t}, axis=1)",
        f"prod({t}, axis=0)",
        f"softmax({t}, axis=1)",
        f"softmax({t}, axis=0)",
        f"flip({t})",
        f"conv2d({t}, [a, b; b, 1])",
        f"normF({t})",
        f"commutation({m}, {n})*vec({t})",
        f"unvec(w .* vec({t}), m, n)",
        f"unvec(softmax(vec({t})), {m}, {n})",
        f"sum(i = 1..{n}-1, {t}[1,i]^2)",
        f"sum(i = 1..{m}, {t}[i,:]*{s.of(n)})",
        f"sum(i = 1..{m}, j = 1..{n}, i != j, {t}[i,j]*{s.of(m)}[i])",
        f"sum(i = 1..{n}-1, {t}[i,i]^2)",
        f"sum(i = 2..{n}, {t}[i,i-1])",
        f"sum(i = 1..{m}, ({t}[i,:]*{s.of(n)})^2)",
        f"tensor(i = 1..{m}, j = 1..{n}, {t}[i,j]*{s.of(m)}[i])",
        f"tensor(i = 1..{n}, j = 1..{m}, {t}[j,i]^2)",
        f"tensor(i = 1..{n}-1, {t}[i,i+1])",
        f"({t} + 2*eye({n}))^m",
        f"tr({t}*{s.of(n, m)})",
        f"tr({s.of(n, m)}*{t})",
        f"({s.scalar()} - {t})",
        f"prod(diag({t})[{s.run(n)}])",
        f"norm2(diag({t})[{s.run(n)}])",
        f"tr({t}[1:2,1:2])",
        f"{t}*diag({s.of(n)})",
        f"diag({s.of(m)})*{t}",
        f"sum(i=1..{n}, g({t}[:,i]))",
        f"sum({t}*{s.of(n)})",
    )


def _of_tensor(s: Garden, e: Grown) -> str:
    t = f"({e.text})"
    p, q, r = e.shape
    return s.one_of(
        f"{t}[{s.place(p)},:,:]",
        f"{t}[:,{s.place(q)},:]",
        f"{t}[:,:,{s.place(r)}]",
        f"sum({t} .* {t})",
        f"{t}[{s.place(p)},{s.place(q)},:]",
        f"{t}[{s.run(p)},:,1]",
        f"sum(i = 1..{p}, {t}[i,:,:])",
        f"sum(i = 1..{p}, {t}[i,1,:])",
        f"{t}[1,2,{s.place(r)}]",
        f"tensor(i = 1..{q}, j = 1..{p}, {t}[j,i,1])",
    )


def _of_scalar(s: Garden, e: Grown) -> str:
    t = f"({e.text})"
    return s.one_of(
        f"[{t}; {s.scalar()}]",
        f"{t}*ones(n)",
        f"{t}*eye(n)",
        f"[{t}, 2; {s.scalar()}, b]",
        f"{t}*{s.scalar()}",
        f"{t} - x",
        f"{t}*x",
        f"{t}*C",
        f"{t}*A",
        f"sum(i = 1..m, {t}*z[i])",
        f"sum(i = 1..n, i*{t})",
        f"tensor(i = 1..n, {t}*i)",
    )


_WAYS_OF_ALL = (_function, _joined, _joined, _expanded, _powered, _quotient, _condition)
_WAYS = {
    0: (_of_scalar, _of_scalar),
    1: (*[_of_vector] * 5, *[_sliced] * 2, _entry, _reduced, *[_index_sum] * 2, *[_listed] * 2),
    2: (*[_of_matrix] * 11, _reduced),
    3: (*[_of_tensor] * 8, _reduced),
}
