"""Random well-typed formulas over the whole language, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from matcalc.expressions.functions import ELEMENTARY, ROWS
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.programs.evaluation import evaluate
from matcalc.syntax.reading import read_formula

WHERE = (
    "a, b: scalar; x, y: vector(n); z: vector(m); v, w: vector(3); A, B: matrix(m, n); "
    "E: matrix(n, k); C: square(n); S: symmetric(n); P: spd(n); D: diagonal(n); "
    "T: tensor(m, n, k); f: elementwise; g: vector(n) -> scalar; h: vector(n) -> vector(m); "
    "p: scalar, scalar -> scalar; q: matrix(m, n) -> scalar; r: scalar -> vector(n)"
)
SIZES = {"m": 2, "n": 3, "k": 5}
FUNCTIONS = frozenset("fghpqr")

Shape = tuple[str, ...]
Draw = Callable[..., Any]

SHAPES: dict[Shape, tuple[str, ...]] = {
    (): ("a", "b"),
    ("n",): ("x", "y"),
    ("m",): ("z",),
    ("k",): (),
    ("3",): ("v", "w"),
    ("1", "n"): (),
    ("1", "m"): (),
    ("m", "n"): ("A", "B"),
    ("n", "m"): (),
    ("n", "k"): ("E",),
    ("n", "n"): ("C", "S", "P", "D"),
    ("m", "m"): (),
    ("m", "k"): (),
}
DIMENSIONS = ("n", "m", "k")

_SMOOTH = tuple(
    row.name
    for row in ELEMENTARY
    if len(row.parameters) == 1 and not row.domain and not row.kink and row.name != "elu"
)
_KINKED = tuple(row.name for row in ELEMENTARY if len(row.parameters) == 1 and row.kink) + ("elu",)
_INTO = ("tanh({0})/2", "({0}).^2 + 1/2", "2 + ({0}).^2")


def _into(domain: str) -> str:
    """Return what maps all numbers into a domain."""
    condition = read_formula(f"[{domain}]", {"x": ()})
    for form in _INTO:
        inner = read_formula(form.format("x"), {"x": ()})
        places = [evaluate(inner, {"x": x}) for x in np.linspace(-3, 3, 61)]
        if all(evaluate(condition, {"x": place}) for place in places):
            return form
    raise AssertionError(f"nothing maps into {domain}: add to _INTO")


_LIMITED = tuple(
    (row.name, _into(row.domain)) for row in ELEMENTARY if len(row.parameters) == 1 and row.domain
) + (("sqrt", "({0}).^2 + 1/2"),)


class Scope(NamedTuple):
    """What a subformula may use: the indices that run around it, and how much is left."""

    indices: tuple[tuple[str, str], ...]
    budget: int

    def less(self, by: int = 1) -> Scope:
        """Return the scope of an operand."""
        return Scope(self.indices, (self.budget - 1) // by)


@st.composite
def formulas(draw: Draw, shape: Shape | None = None, budget: int | None = None) -> str:
    """Draw a formula in the variables of `WHERE`, of a given or of any shape."""
    wanted = shape if shape is not None else draw(st.sampled_from(_WANTED))
    size = budget if budget is not None else draw(st.integers(1, 12))
    return formula(draw, wanted, Scope((), size))


_WANTED: tuple[Shape, ...] = ((), ("n",), ("m",), ("m", "n"), ("n", "n"), ("1", "n"), ("3",))


def formula(draw: Draw, shape: Shape, scope: Scope) -> str:
    """Draw a formula of this shape."""
    atoms = _atoms(shape, scope)
    if scope.budget <= 0:
        return str(draw(st.sampled_from(atoms)))
    rules = [_atom, *_RULES_OF_ALL, *_rules(shape)]
    rule = draw(st.sampled_from(rules))
    return str(rule(draw, shape, scope))


def _atoms(shape: Shape, scope: Scope) -> list[str]:
    atoms = list(SHAPES.get(shape, ()))
    running = scope.indices
    if not shape:
        atoms += ["2", "3", "1/2"]
        for index, length in running:
            atoms += {"n": [f"x[{index}]", f"D[{index},{index}]"], "m": [f"z[{index}]"]}.get(
                length, [f"E[1,{index}]"]
            )
            atoms.append(index)
        for i, rows in running:
            for j, columns in running:
                if (rows, columns) == ("m", "n"):
                    atoms.append(f"A[{i},{j}]")
                if (rows, columns) == ("n", "n"):
                    atoms.append(f"C[{i},{j}]")
    if not atoms:
        atoms = _fallback(shape)
    return atoms


def _fallback(shape: Shape) -> list[str]:
    if len(shape) == 1:
        return [f"ones({shape[0]})", *(["(E'*x)"] if shape == ("k",) else [])]
    if shape in _COMPOUND:
        return [_COMPOUND[shape]]
    if shape[0] == "1":
        return {"n": ["x'"], "m": ["z'"]}.get(shape[1], [f"ones(1, {shape[1]})"])
    return [f"ones({shape[0]}, {shape[1]})"]


_COMPOUND = {
    ("n", "m"): "A'",
    ("m", "m"): "(A*B')",
    ("m", "k"): "(A*E)",
    ("k", "n"): "E'",
    ("k", "m"): "(A*E)'",
}

Rule = Callable[[Draw, Shape, Scope], str]


def _atom(draw: Draw, shape: Shape, scope: Scope) -> str:
    return str(draw(st.sampled_from(_atoms(shape, scope))))


# Rules for every shape


def _add(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, shape, scope)
    return f"({left} {draw(st.sampled_from('+-'))} {right})"


def _expanded(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, (), scope)
    if draw(st.booleans()):
        left, right = right, left
    return f"({left} {draw(st.sampled_from('+-'))} {right})"


def _scaled(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, (), shape, scope)
    return f"({left}*{right})"


def _hadamard(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, shape, scope)
    return f"({left} .* {right})"


def _quotient(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, draw(st.sampled_from([(), shape])), scope)
    return f"({left} ./ (({right}).^2 + 1))"


def _reciprocal(draw: Draw, shape: Shape, scope: Scope) -> str:
    return f"(1/(({formula(draw, shape, scope.less())}).^2 + 1/2))"


def _negated(draw: Draw, shape: Shape, scope: Scope) -> str:
    return f"(-{formula(draw, shape, scope.less())})"


def _power(draw: Draw, shape: Shape, scope: Scope) -> str:
    exponent = draw(st.sampled_from(["2", "3", "1"]))
    return f"({formula(draw, shape, scope.less())}).^{exponent}"


def _general_power(draw: Draw, shape: Shape, scope: Scope) -> str:
    base, exponent = _two(draw, draw(st.sampled_from([(), shape])), shape, scope)
    if draw(st.booleans()):
        exponent = draw(st.sampled_from(["(-1)", "(1/2)", "a", "(-3/2)"]))
        base = formula(draw, shape, scope.less())
    return f"(({base}).^2 + 1).^({exponent})"


def _function(draw: Draw, shape: Shape, scope: Scope) -> str:
    name = draw(st.sampled_from((*_SMOOTH, "f", *(() if scope.indices else _KINKED))))
    inner = formula(draw, shape, scope.less())
    if name in ("exp", "expm1", "sinh", "cosh"):
        inner = f"sin({inner})"
    return f"{name}({inner})"


def _limited(draw: Draw, shape: Shape, scope: Scope) -> str:
    name, guard = draw(st.sampled_from(_LIMITED))
    return f"{name}({guard.format(formula(draw, shape, scope.less()))})"


def _choice(draw: Draw, shape: Shape, scope: Scope) -> str:
    if scope.indices:
        return _hadamard(draw, shape, scope)
    name = draw(st.sampled_from(["max", "min", "where"]))
    left, right = _two(draw, shape, draw(st.sampled_from([(), shape])), scope)
    if name != "where":
        return f"{name}({left}, {right})"
    operator = draw(st.sampled_from(["<", "<=", ">", ">=", "=="]))
    condition, threshold = _two(draw, shape, (), scope)
    return f"where({condition} {operator} {threshold}, {left}, {right})"


def _comparison(draw: Draw, shape: Shape, scope: Scope) -> str:
    if scope.indices:
        return _negated(draw, shape, scope)
    left, right = _two(draw, shape, (), scope)
    return f"[{left} {draw(st.sampled_from(['<', '<=', '>', '>=', '!=']))} {right}]"


def _index_sum(draw: Draw, shape: Shape, scope: Scope) -> str:
    if len(scope.indices) > 1:
        return _scaled(draw, shape, scope)
    index = "ij"[len(scope.indices)]
    length = draw(st.sampled_from("nm"))
    inner = Scope((*scope.indices, (index, length)), scope.budget - 1)
    return f"sum({index} = 1..{length}, {formula(draw, shape, inner)})"


_RULES_OF_ALL: list[Rule] = [
    _add, _expanded, _scaled, _hadamard, _quotient, _reciprocal, _negated, _power,
    _general_power, _function, _function, _limited, _choice, _comparison, _index_sum,
]  # fmt: skip


def _two(draw: Draw, left: Shape, right: Shape, scope: Scope) -> tuple[str, str]:
    part = scope.less(2)
    return formula(draw, left, part), formula(draw, right, part)


# Rules for scalars


def _some_shape(draw: Draw) -> Shape:
    return tuple(draw(st.sampled_from([s for s in SHAPES if s])))


def _reduction(draw: Draw, shape: Shape, scope: Scope) -> str:
    names = ["sum", "mean", "logsumexp"]
    if not scope.indices:
        names += ["max", "min", "norm1", "norm2", "norminf", "prod"]
    name = draw(st.sampled_from(names))
    return f"{name}({formula(draw, _some_shape(draw), scope.less())})"


def _dot(draw: Draw, shape: Shape, scope: Scope) -> str:
    length = draw(st.sampled_from(("n", "m", "3")))
    left, right = _two(draw, (length,), (length,), scope)
    return str(
        draw(st.sampled_from([f"({left}·{right})", f"({left})'*{right}", f"dot({left}, {right})"]))
    )


def _quadratic(draw: Draw, shape: Shape, scope: Scope) -> str:
    rows, columns = draw(st.sampled_from([("n", "n"), ("m", "n"), ("n", "k")]))
    part = scope.less(3)
    left, matrix = formula(draw, (rows,), part), formula(draw, (rows, columns), part)
    return f"(({left})'*({matrix})*({formula(draw, (columns,), part)}))"


def _of_square(draw: Draw, shape: Shape, scope: Scope) -> str:
    n = draw(st.sampled_from("nm"))
    square = formula(draw, (n, n), scope.less())
    positive = f"(({square})'*({square}) + eye({n}))"
    return str(draw(st.sampled_from([
        f"tr({square})", f"det({square} + 2*eye({n}))", f"logdet{positive}",
    ])))  # fmt: skip


def _trace(draw: Draw, shape: Shape, scope: Scope) -> str:
    rows, columns = draw(st.sampled_from([("m", "n"), ("n", "n"), ("n", "k")]))
    left, right = _two(draw, (rows, columns), (rows, columns), scope)
    return f"tr(({left})*({right})')"


def _entry(draw: Draw, shape: Shape, scope: Scope) -> str:
    if draw(st.booleans()):
        place = draw(st.sampled_from(["1", "2"]))
        return f"({formula(draw, (draw(st.sampled_from('nm')),), scope.less())})[{place}]"
    place = draw(st.sampled_from(["1,1", "1,2", "2,1", "2,2"]))
    matrix = formula(draw, draw(st.sampled_from([("m", "n"), ("n", "n")])), scope.less())
    return f"({matrix})[{place}]"


def _applied(draw: Draw, shape: Shape, scope: Scope) -> str:
    which = draw(st.sampled_from("gqp"))
    if which == "g":
        return f"g({formula(draw, ('n',), scope.less())})"
    if which == "q":
        return f"q({formula(draw, ('m', 'n'), scope.less())})"
    left, right = _two(draw, (), (), scope)
    return f"{draw(st.sampled_from(['p', chr(112) + chr(39) + '1']))}({left}, {right})"


def _size(draw: Draw, shape: Shape, scope: Scope) -> str:
    return str(draw(st.sampled_from(["n", "m", "1/n", "pi", "(n + 1)"])))


def _tensor_entry(draw: Draw, shape: Shape, scope: Scope) -> str:
    return str(draw(st.sampled_from(["T[1,2,3]", "sum(T)", "sum(T.^2)", "sum(T[:,:,2])"])))


# Rules for vectors


def _matrix_vector(draw: Draw, shape: Shape, scope: Scope) -> str:
    inner = draw(st.sampled_from("nmk" if shape[0] in "nm" else "nm"))
    left, right = _two(draw, (shape[0], inner), (inner,), scope)
    return f"(({left})*({right}))"


def _column(draw: Draw, shape: Shape, scope: Scope) -> str:
    columns = draw(st.sampled_from("nm"))
    matrix = formula(draw, (shape[0], columns), scope.less())
    indices = [i for i, length in scope.indices if length == columns]
    place = draw(st.sampled_from(["1", "2", *indices]))
    return f"({matrix})[:,{place}]"


def _softmax(draw: Draw, shape: Shape, scope: Scope) -> str:
    return (
        f"{draw(st.sampled_from(['softmax', 'log_softmax', 'flip']))}"
        f"({formula(draw, shape, scope.less())})"
    )


def _row_transposed(draw: Draw, shape: Shape, scope: Scope) -> str:
    return f"({formula(draw, ('1', shape[0]), scope.less())})'"


def _along(draw: Draw, shape: Shape, scope: Scope) -> str:
    name = draw(st.sampled_from(["sum", "mean", "logsumexp"] + ["max"] * (not scope.indices)))
    other = draw(st.sampled_from("nm"))
    if draw(st.booleans()):
        return f"{name}({formula(draw, (shape[0], other), scope.less())}, axis=1)"
    return f"{name}({formula(draw, (other, shape[0]), scope.less())}, axis=0)'"


def _diagonal(draw: Draw, shape: Shape, scope: Scope) -> str:
    return f"diag({formula(draw, (shape[0], shape[0]), scope.less())})"


def _solved(draw: Draw, shape: Shape, scope: Scope) -> str:
    square, right = _two(draw, (shape[0], shape[0]), shape, scope)
    return f"(inv(({square})*({square})' + eye({shape[0]}))*({right}))"


def _stacked_slice(draw: Draw, shape: Shape, scope: Scope) -> str:
    n = shape[0]
    other = draw(st.sampled_from(["n", "m", ""]))
    above, below = _two(draw, shape, (other,) if other else (), scope)
    if draw(st.booleans()):
        return f"[{above}; {below}][1:{n}]"
    length = other or "1"
    return f"[{below}; {above}][{length}+1:{length}+{n}]"


def _of_vec(draw: Draw, shape: Shape, scope: Scope) -> str:
    if shape != ("n",):
        return _diagonal(draw, shape, scope)
    return f"vec({formula(draw, ('m', 'n'), scope.less())})[1:n]"


def _cross(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, ("3",), ("3",), scope)
    return f"cross({left}, {right})"


def _applied_vector(draw: Draw, shape: Shape, scope: Scope) -> str:
    if shape == ("m",):
        return f"h({formula(draw, ('n',), scope.less())})"
    if draw(st.booleans()):
        return f"r({formula(draw, (), scope.less())})"
    return f"g'({formula(draw, ('n',), scope.less())})'"


def _convolution(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, ("n",), ("m",), scope)
    if shape == ("n",):
        return f"conv(conv_full({left}, {right}), {formula(draw, ('m',), scope.less(3))})"
    return f"conv([{left}; {right}], {formula(draw, ('n',), scope.less(3))})[1:m]"


def _tensor_slice(draw: Draw, shape: Shape, scope: Scope) -> str:
    return "T[:,1,2]" if shape == ("m",) else "T[2,:,3]"


# Rules for rows and matrices


def _transposed(draw: Draw, shape: Shape, scope: Scope) -> str:
    other = shape[::-1] if shape[0] != "1" else shape[1:]
    return f"({formula(draw, other, scope.less())})'"


def _row(draw: Draw, shape: Shape, scope: Scope) -> str:
    matrix = formula(draw, (draw(st.sampled_from("nm")), shape[1]), scope.less())
    return f"({matrix})[{draw(st.sampled_from('12'))},:]"


def _row_times(draw: Draw, shape: Shape, scope: Scope) -> str:
    inner = draw(st.sampled_from("nm"))
    left, right = _two(draw, (inner,), (inner, shape[1]), scope)
    return f"(({left})'*({right}))"


def _along_rows(draw: Draw, shape: Shape, scope: Scope) -> str:
    other = draw(st.sampled_from("nm"))
    name = draw(st.sampled_from(["sum", "mean", "logsumexp"]))
    return f"{name}({formula(draw, (other, shape[1]), scope.less())}, axis=0)"


def _product(draw: Draw, shape: Shape, scope: Scope) -> str:
    inner = draw(st.sampled_from("nm"))
    left, right = _two(draw, (shape[0], inner), (inner, shape[1]), scope)
    return f"(({left})*({right}))"


def _outer(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape[:1], shape[1:], scope)
    return str(draw(st.sampled_from([f"(({left})*({right})')", f"outer({left}, {right})"])))


def _softmax_axis(draw: Draw, shape: Shape, scope: Scope) -> str:
    name = draw(st.sampled_from(["softmax", "log_softmax"]))
    return f"{name}({formula(draw, shape, scope.less())}, axis={draw(st.sampled_from('01'))})"


def _flipped(draw: Draw, shape: Shape, scope: Scope) -> str:
    return f"flip({formula(draw, shape, scope.less())})"


def _unvec(draw: Draw, shape: Shape, scope: Scope) -> str:
    m, n = shape
    inner = draw(st.sampled_from([shape, shape[::-1]]))
    return f"unvec(vec({formula(draw, inner, scope.less())}), {m}, {n})"


def _block(draw: Draw, shape: Shape, scope: Scope) -> str:
    m, n = shape
    other = draw(st.sampled_from("nm"))
    left, right = _two(draw, shape, (m, other), scope)
    if draw(st.booleans()):
        return f"[{left}, {right}][:,1:{n}]"
    return f"[{right}, {left}][:,{other}+1:{other}+{n}]"


def _kron(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, draw(st.sampled_from([("m", "n"), ("n", "m")])), scope)
    return f"kron({left}, {right})[1:{shape[0]},1:{shape[1]}]"


def _convolution2d(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape, ("m", "n"), scope)
    return f"conv2d(conv2d_full({left}, {right}), {formula(draw, ('m', 'n'), scope.less(3))})"


def _rows_scaled(draw: Draw, shape: Shape, scope: Scope) -> str:
    left, right = _two(draw, shape[:1], shape, scope)
    return f"(diag({left})*({right}))"


def _square_of(draw: Draw, shape: Shape, scope: Scope) -> str:
    (n, _) = shape
    kind = draw(st.sampled_from(["eye", "diag", "inv", "power", "adj", "diagdiag", "high"]))
    if kind == "eye":
        return f"eye({n})"
    if kind == "diag":
        return f"diag({formula(draw, (n,), scope.less())})"
    square = formula(draw, shape, scope.less())
    if kind == "inv":
        return str(draw(st.sampled_from([
            f"inv(({square})*({square})' + eye({n}))", f"(({square})'*({square}) + eye({n}))^-1",
        ])))  # fmt: skip
    return {
        "power": f"({square})^2",
        "adj": f"adj({square} + 2*eye({n}))",
        "diagdiag": f"diag(diag({square}))",
        "high": f"({square})^3",
    }[kind]


def _rules(shape: Shape) -> list[Rule]:
    if not shape:
        return [_reduction, _reduction, _dot, _quadratic, _of_square, _trace, _entry, _applied,
                _size, _tensor_entry]  # fmt: skip
    if len(shape) == 1:
        if shape == ("3",):
            return [_cross, _softmax, _stacked_slice]
        rules = [_matrix_vector, _matrix_vector, _column, _softmax, _row_transposed, _along,
                 _diagonal, _solved, _stacked_slice]  # fmt: skip
        if shape == ("n",) or shape == ("m",):
            rules += [_of_vec, _applied_vector, _convolution, _tensor_slice]
        return rules
    if shape[0] == "1":
        return [_transposed, _row, _row_times, _along_rows]
    rules = [_transposed, _product, _product, _outer, _softmax_axis, _flipped, _unvec, _block,
             _kron, _convolution2d, _rows_scaled]  # fmt: skip
    if shape[0] == shape[1]:
        rules += [_square_of, _square_of]
    return rules


# Points


class Point(NamedTuple):
    """Arrays for the variables and callables for the abstract functions, by name."""

    values: Mapping[str, Any]
    sizes: Mapping[str, int]


def point(seed: int) -> Point:
    """Return a point with entries of both signs between 0.2 and 1.5 in size."""
    rng = np.random.default_rng(seed)

    def array(*shape: int) -> Any:
        return rng.uniform(0.2, 1.5, shape) * rng.choice([-1.0, 1.0], shape)

    m, n, k = SIZES["m"], SIZES["n"], SIZES["k"]
    square = array(n, n)
    values: dict[str, Any] = {
        "a": array(), "b": array(), "x": array(n), "y": array(n), "z": array(m), "v": array(3),
        "w": array(3), "A": array(m, n), "B": array(m, n), "E": array(n, k), "C": array(n, n),
        "S": square + square.T, "P": square @ square.T + np.eye(n), "D": np.diag(array(n)),
        "T": array(m, n, k),
    }  # fmt: skip
    return Point(values | abstract_functions(rng), SIZES)


def abstract_functions(rng: np.random.Generator) -> dict[str, Any]:
    """Return smooth stand-ins for the abstract functions, with derivatives to order 3."""
    m, n = SIZES["m"], SIZES["n"]
    c, d = rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)
    w, q = rng.uniform(-1, 1, (m, n)), rng.uniform(-1, 1, (m, n))
    sin, cos = np.sin, np.cos
    waves: tuple[Callable[[Any], Any], ...] = (
        lambda t: sin(t) + t * t / 4, lambda t: cos(t) + t / 2, lambda t: -sin(t) + 0.5,
        lambda t: -cos(t), lambda t: sin(t),
    )  # fmt: skip
    result: dict[str, Any] = {}
    for order, wave in enumerate(waves):
        mark = "'" * order
        result["f" + mark] = wave
        result["g" + mark] = _ridge(wave, c, order)
        result["h" + mark] = _ridges(wave, w, order)
        result["q" + mark] = _matrix_ridge(wave, q, order)
        result["r" + mark] = lambda t, wave=wave, order=order: d**order * wave(d * t)
    for first in range(4):
        for second in range(4 - first):
            mark = "'1" * first + "'2" * second
            result["p" + mark] = lambda s, t, k=first + second, u=2**second: u * waves[k](s + 2 * t)
    return result


def _ridge(wave: Callable[[Any], Any], c: Any, order: int) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        result: Any = wave(c @ x)
        for _ in range(order):
            result = np.multiply.outer(result, c)
        return result[None, :] if order == 1 else result

    return value


def _ridges(wave: Callable[[Any], Any], w: Any, order: int) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        result = wave(w @ x)
        letters = "jklp"[:order]
        if not order:
            return result
        spec = "i," + ",".join("i" + letter for letter in letters) + "->i" + letters
        return np.einsum(spec, result, *[w] * order)

    return value


def _matrix_ridge(wave: Callable[[Any], Any], q: Any, order: int) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        result: Any = wave(np.sum(q * x))
        for _ in range(order):
            result = np.multiply.outer(result, q)
        return result.T if order == 1 else result

    return value


def kink_distance(formula: Expression, evaluate: Callable[[Expression], Any]) -> float:
    """Return how far the point is from the nearest kink, jump or zero of a product.

    Two entries that tie in a largest entry count, and so does what ties always, as in
    max(x, x): there the derivative is a convention that differences do not know.
    """
    distance = np.inf
    for node in postorder([formula], lambda node: node.arguments):
        gaps = _gaps(node, evaluate)
        if gaps is not None:
            distance = min(distance, float(np.min(np.abs(gaps), initial=np.inf)))
    return distance


def _gaps(node: Expression, evaluate: Callable[[Expression], Any]) -> Any:
    if node.head == "compare":
        left, right = (evaluate(argument) for argument in node.arguments)
        return left - right
    if node.head != "call":
        return None
    name, axis = node.value
    row = ROWS[name, len(node.arguments)]
    if name == "where" or (row.derivatives and not row.kink and name != "elu"):
        return None
    if row.derivatives and len(node.arguments) == 2:
        left, right = (evaluate(argument) for argument in node.arguments)
        return left - right
    if row.derivatives or name in ("prod", "norm1"):
        return evaluate(node.arguments[0])
    if name in ("max", "min", "norminf"):
        value = evaluate(node.arguments[0])
        if name == "norminf":
            value = np.concatenate([np.abs(value).ravel(), -np.abs(value).ravel()])
            axis = None
        lines = [value.ravel()] if axis is None else list(np.moveaxis(value, axis, -1))
        ordered = np.sort(np.array(lines), axis=-1)
        return np.diff(ordered, axis=-1)
    if row.definition and row.kink:
        return np.linalg.norm(evaluate(node.arguments[0]))
    return None
