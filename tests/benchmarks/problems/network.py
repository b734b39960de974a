"""Fully connected networks: the gradient by all weights, the Hessian by one layer's."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from tests.benchmarks.problem import Problem, normal


def problems(layers: int = 10, width: int = 300, small: int = 40) -> list[Problem]:
    return [deep(layers, width), one_layer(small)]


def deep(layers: int, width: int) -> Problem:
    names = [f"W_{k}" for k in range(1, layers + 1)]
    text = "x"
    for name in names:
        text = f"tanh({name}*{text})"
    where = "; ".join([*[f"{name}: matrix(n, n)" for name in names], "x, y: vector(n)"])
    answers = matcalc.diff(f"norm2({text} - y)^2", names, where, "mixed")
    values = {name: normal(width, width) / np.sqrt(width) for name in names}

    def loss(library: Any) -> Any:
        def of(*values: Any) -> Any:
            *weights, x, y = values
            for weight in weights:
                x = library.tanh(weight @ x)
            return ((x - y) ** 2).sum()

        return of

    return Problem(
        f"network of {layers} layers, gradients, {width}",
        {**values, "x": normal(width), "y": normal(width)[::-1].copy()},
        compile_together(list(answers.values())),
        backpropagation,
        lambda jax: jax.grad(loss(jax.numpy), tuple(range(layers))),
        lambda torch: torch.func.grad(loss(torch), tuple(range(layers))),
    )


def backpropagation(*values: Any) -> Any:
    *weights, x, y = values
    outputs = [x]
    for weight in weights:
        outputs.append(np.tanh(weight @ outputs[-1]))
    back = 2 * (outputs[-1] - y)
    gradients = []
    for weight, before, after in zip(weights[::-1], outputs[-2::-1], outputs[:0:-1], strict=True):
        back = back * (1 - after**2)
        gradients.append(np.outer(back, before))
        back = back @ weight
    return gradients[::-1]


def one_layer(n: int) -> Problem:
    def loss(library: Any) -> Any:
        return lambda W, x, b, y: ((library.tanh(W @ x + b) - y) ** 2).sum()

    def by_hand(W: Any, x: Any, b: Any, y: Any) -> Any:
        t = np.tanh(W @ x + b)
        s = 1 - t**2
        result = np.zeros((n, n, n, n))
        blocks = np.einsum("ijik->ijk", result)
        np.multiply((2 * s * (s - 2 * t * (t - y)))[:, None, None], np.outer(x, x), out=blocks)
        return result

    hessian = matcalc.hessian(
        "norm2(tanh(W*x + b) - y)^2", "W", "W: matrix(m, n); x: vector(n); b, y: vector(m)"
    )
    return Problem(
        f"network of one layer, Hessian, {n}",
        {"W": normal(n, n) / np.sqrt(n), "x": normal(n), "b": normal(n) / 10, "y": -normal(n)},
        hessian.compile(),
        by_hand,
        lambda jax: jax.hessian(loss(jax.numpy)),
        lambda torch: torch.func.hessian(loss(torch)),
    )
