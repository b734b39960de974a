"""Emitted code with abstract functions: it takes their derivatives as `evaluate` does."""

import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from tests.test_properties import words

RNG = np.random.default_rng(0)
WAVES: tuple[Callable[[Any], Any], ...] = (
    np.sin, np.cos, lambda t: -np.sin(t), lambda t: -np.cos(t), np.sin,
)  # fmt: skip
Axes = tuple[int | str, ...]

WHERE = (
    "W: matrix(m, n); C: square(n); x, c: vector(n); z: vector(m); s, t: scalar; U: matrix(m, 1); "
    "R: matrix(1, n); v: vector(1); f: elementwise"
)
SHAPES: dict[str, Axes] = {
    "W": ("m", "n"), "C": ("n", "n"), "x": ("n",), "c": ("n",), "z": ("m",), "s": (), "t": (),
    "U": ("m", 1), "R": (1, "n"), "v": (1,),
}  # fmt: skip
ARGUMENTS: dict[Axes, list[str]] = {
    (): ["s", "sin(s)*t", "c·f(C*x)", "x[1]*s"],
    ("m",): ["z", "f(W*x)", "W*sin(x)", "s*z"],
    ("n",): ["x", "f(C*x)", "W'*z", "s*x"],
    ("m", "n"): ["W", "f(W)", "W*C", "z*x'"],
    ("m", 1): ["f(U)", "U*s"],
    (1,): ["v", "s*v"],
}
SIGNATURES: list[tuple[str, list[Axes], Axes]] = [
    ("vector(m) -> scalar", [("m",)], ()),
    ("matrix(m, n) -> scalar", [("m", "n")], ()),
    ("matrix(m, 1) -> scalar", [("m", 1)], ()),
    ("vector(1) -> scalar", [(1,)], ()),
    ("scalar, scalar -> scalar", [(), ()], ()),
    ("vector(m), vector(n) -> scalar", [("m",), ("n",)], ()),
    ("scalar, vector(n) -> scalar", [(), ("n",)], ()),
    ("matrix(m, n), vector(n) -> scalar", [("m", "n"), ("n",)], ()),
    ("scalar -> vector(m)", [()], ("m",)),
    ("vector(n) -> vector(1)", [("n",)], (1,)),
    ("scalar, vector(n) -> vector(m)", [(), ("n",)], ("m",)),
    ("matrix(m, n), vector(n) -> vector(m)", [("m", "n"), ("n",)], ("m",)),
    ("scalar -> matrix(m, n)", [()], ("m", "n")),
    ("vector(n) -> matrix(m, n)", [("n",)], ("m", "n")),
    ("vector(n) -> matrix(1, m)", [("n",)], (1, "m")),
    ("vector(n) -> matrix(m, 1)", [("n",)], ("m", 1)),
    ("matrix(m, n) -> matrix(n, m)", [("m", "n")], ("n", "m")),
]


def ridges(shapes: Sequence[tuple[int, ...]], result: tuple[int, ...]) -> dict[str, Any]:
    """Return q(X, ...) = sin(<A, X> + ...) entry by entry, and its derivatives by marks.

    Of a scalar, the first derivative by a vector is a row and by a matrix is transposed.
    """
    weights = [RNG.uniform(-1, 1, result + shape) for shape in shapes]

    def derivative(by: tuple[int, ...]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            products = [
                np.tensordot(weight, np.asarray(argument), axes=len(shape))
                for weight, argument, shape in zip(weights, arguments, shapes, strict=True)
            ]
            value = np.asarray(WAVES[len(by)](sum(products)))
            for k in by:
                between = (1,) * (value.ndim - len(result))
                weight = weights[k].reshape(result + between + shapes[k])
                value = value.reshape(value.shape + (1,) * len(shapes[k])) * weight
            moving = [shapes[k] for k in by if shapes[k]]
            if len(moving) == 1 and not result and len(moving[0]) < 3:
                value = value[None, :] if value.ndim == 1 else value.T
            return value

        return call

    several = len(shapes) > 1
    return {
        "q" + "".join([f"'{k + 1}" if several else "'" for k in by]): derivative(by)
        for order in range(4)
        for by in itertools.combinations_with_replacement(range(len(shapes)), order)
    }


def assert_computes(answers: list[Any], function: Any, values: dict[str, Any]) -> None:
    """Hold what a function computes against `evaluate`."""
    needed: set[str] = set()
    for cell in function.__closure__ or ():  # the wrapper that takes f' for f_d
        if callable(cell.cell_contents):
            needed = {*inspect.signature(cell.cell_contents).parameters}
    needed = needed or {*inspect.signature(function).parameters}
    given = {name: v for name, v in values.items() if name.replace("'", "_d") in needed}
    found = function(**given)
    for got, answer in zip([found] if len(answers) == 1 else found, answers, strict=True):
        wanted = np.asarray(answer.evaluate(**values))
        assert np.shape(got) == wanted.shape, answer
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9, err_msg=str(answer))


def texts(parameters: list[Axes], result: Axes, pick: int) -> list[str]:
    """Return formulas with a call, and what a chain rule makes of it."""
    operands = [ARGUMENTS[p][(pick + k) % len(ARGUMENTS[p])] for k, p in enumerate(parameters)]
    call = f"q({', '.join(operands)})"
    if not result:
        return [call, f"({call})^2", f"f({call})", f"s*f({call})*({call})"]
    return [call, f"sum(f({call}))", f"sum(({call}) .* ({call}))"]


@pytest.mark.parametrize(("m", "picks"), [(2, (0, 1)), (3, (2, 3))])
@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature[0])
def test_derivatives(
    signature: tuple[str, list[Axes], Axes], m: int, picks: tuple[int, int]
) -> None:
    declared, parameters, result = signature
    sizes = {"m": m, "n": 3}

    def lengths(axes: Axes) -> tuple[int, ...]:
        return tuple([d if isinstance(d, int) else sizes[d] for d in axes])

    values = {name: RNG.uniform(-1, 1, lengths(shape)) for name, shape in SHAPES.items()}
    values |= ridges([lengths(p) for p in parameters], lengths(result)) | sizes
    values |= {"f" + "'" * order: wave for order, wave in enumerate(WAVES)}
    where = f"{WHERE}; q: {declared}"
    for text in [text for pick in picks for text in texts(parameters, result, pick)]:
        formula = matcalc.parse(text, where)
        assert_computes([formula], formula.compile(), values)
        moving = [name for name in SHAPES if name in words(text)][:3]
        for wrt in moving:
            for layout in ("numerator", "mixed"):
                answer = matcalc.diff(text, wrt, where, layout)
                assert_computes([answer], answer.compile(), values)
        joint = matcalc.diff(text, moving, where, "mixed")
        together = compile_together(joint, value_and=True)
        assert_computes([formula, *joint.values()], together, values)
        if not formula.expression.shape:
            blocks = matcalc.hessian(text, moving[:2], where)
            assert_computes([*blocks.values()], compile_together(blocks), values)
            for block in blocks.values():
                assert_computes([block], block.compile(), values)


def test_second_derivatives_of_compositions() -> None:
    where = "x: vector(n); g: vector(n) -> vector(m); q: vector(m) -> scalar"
    values = ridges([(3,)], (2,))
    values = {name.replace("q", "g"): value for name, value in values.items()}
    values |= ridges([(2,)], ()) | {"x": np.array([0.4, -0.3, 0.8]), "m": 2}
    answer = matcalc.hessian("q(g(x))", "x", where)
    assert_computes([answer], answer.compile(), values)
