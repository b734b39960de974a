"""Ten layers that classify a mini-batch: nine with a ReLU, a softmax; the loss and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from tests.benchmarks.problem import Problem, normal

SIZES = ((32, 64), (256, 300), (1024, 64))
CLASSES = 10


def formula(layers: int) -> str:
    """Return the program whose rows A_i are the outputs of layer i, and Z of the last."""
    program, before = [], "X"
    for i in range(1, layers):
        program.append(f"A_{i} = relu({before}*W_{i}' + ones(N)*b_{i}')")
        before = f"A_{i}"
    program.append(f"Z = {before}*W_{layers}' + ones(N)*b_{layers}'")
    return "; ".join([*program, "-sum(Y .* log_softmax(Z, axis=1))/N"])


def declarations(layers: int) -> str:
    weights = [f"W_{i}: matrix(d_{i}, d_{i - 1}); b_{i}: vector(d_{i})" for i in range(1, layers)]
    last = f"W_{layers}: matrix(k, d_{layers - 1}); b_{layers}: vector(k)"
    return "; ".join([*weights, last, "X: matrix(N, d_0); Y: matrix(N, k)"])


def outputs(relu: Any, X: Any, parameters: Any) -> Any:
    """Return the outputs of the last layer, in any library."""
    *hidden, (W, b) = zip(parameters[::2], parameters[1::2], strict=True)
    for V, c in hidden:
        X = relu(X @ V.T + c)
    return X @ W.T + b


def in_jax(jax: Any, layers: int) -> Any:
    def loss(X: Any, Y: Any, *parameters: Any) -> Any:
        Z = outputs(jax.nn.relu, X, parameters)
        return -(Y * jax.nn.log_softmax(Z)).sum() / len(X)

    both = jax.value_and_grad(loss, tuple(range(2, 2 + 2 * layers)))

    def value_and_gradients(*values: Any) -> Any:
        value, gradients = both(*values)
        return value, *gradients

    return value_and_gradients


def in_torch(torch: Any, layers: int) -> Any:
    def loss(X: Any, Y: Any, *parameters: Any) -> Any:
        Z = outputs(torch.relu, X, parameters)
        return -(Y * torch.log_softmax(Z, 1)).sum() / len(X)

    both = torch.func.grad_and_value(loss, tuple(range(2, 2 + 2 * layers)))

    def value_and_gradients(*values: Any) -> Any:
        gradients, value = both(*values)
        return value, *gradients

    return value_and_gradients


def backpropagation(X: Any, Y: Any, *parameters: Any) -> Any:
    *hidden, (W, b) = zip(parameters[::2], parameters[1::2], strict=True)
    inputs = [X]
    for V, c in hidden:
        Z = inputs[-1] @ V.T
        Z += c
        inputs.append(np.maximum(Z, 0, out=Z))
    Z = inputs[-1] @ W.T
    Z += b
    Z -= Z.max(axis=1, keepdims=True)
    exponentials = np.exp(Z)
    sums = exponentials.sum(axis=1, keepdims=True)
    loss = (Y * (np.log(sums) - Z)).sum() / len(X)
    back = (exponentials / sums * Y.sum(axis=1, keepdims=True) - Y) / len(X)
    gradients = []
    for W, A in zip(parameters[-2::-2], inputs[::-1], strict=True):
        gradients += [back.sum(axis=0), back.T @ A]
        if A is not X:
            back = back @ W
            back *= A > 0
    return loss, *gradients[::-1]


def problems(sizes: tuple[tuple[int, int], ...] = SIZES, layers: int = 10) -> list[Problem]:
    names = [f"{letter}_{i}" for i in range(1, layers + 1) for letter in "Wb"]
    answers = matcalc.gradient(formula(layers), names, declarations(layers))
    emitted = compile_together([*answers.values()], value_and=True)
    found = []
    for N, width in sizes:
        values = {"X": normal(N, width), "Y": np.eye(CLASSES)[np.arange(N) % CLASSES]}
        for i in range(1, layers + 1):
            rows = width if i < layers else CLASSES
            values[f"W_{i}"] = normal(rows + i, width)[i:] * np.sqrt(2 / width)
            values[f"b_{i}"] = normal(rows) / 10
        found.append(
            Problem(
                f"{layers} layers, mini-batch, {N} x {width}",
                values,
                emitted,
                backpropagation,
                lambda jax: in_jax(jax, layers),
                lambda torch: in_torch(torch, layers),
            )
        )
    return found
