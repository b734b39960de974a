"""Emitted code against code by hand: python -m tests.benchmarks.code [FILE].

Prints medians of times and their ratios, emitted by hand-written, and writes them as JSON.
Where they are importable, the jitted JAX code and the torch code of the same answer run too,
as do jax.grad and torch.func.grad of the formula's own code, which are what one would use
instead. The aim is a ratio of at most 1.1 to NumPy by hand.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import matcalc

RANDOM = np.random.default_rng(7)
SECONDS = 1.0  # of runs in pairs for each row


class Row(NamedTuple):
    """One comparison: the emitted function, the one by hand, and their arguments."""

    name: str
    emitted: Callable[..., Any]
    by_hand: Callable[..., Any]
    values: dict[str, Any]


def normal(*shape: int) -> Any:
    return RANDOM.standard_normal(shape)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def quadratic() -> list[Row]:
    values = {"A": normal(1000, 1000), "x": normal(1000)}
    where = "A: square(n); x: vector(n)"
    gradient = matcalc.gradient("x'*A*x", "x", where).compile()
    hessian = matcalc.hessian("x'*A*x", "x", where).compile()
    return [
        Row("quadratic form, gradient", gradient, lambda A, x: A @ x + A.T @ x, values),
        Row("quadratic form, Hessian", hessian, lambda A, x: A + A.T, values),
    ]


def logistic() -> list[Row]:
    values = {"X": normal(1000, 500), "w": normal(500) / 20, "y": np.sign(normal(1000))}
    text, where = "sum(log(1 + exp(-y .* (X*w))))", "X: matrix(N, n); y: vector(N)"

    def gradient(X: Any, w: Any, y: Any) -> Any:
        return -X.T @ (y * sigmoid(-y * (X @ w)))

    def hessian(X: Any, w: Any, y: Any) -> Any:
        s = sigmoid(y * (X @ w))
        return X.T @ ((s * (1 - s) * y**2)[:, None] * X)

    return [
        Row("logistic regression, gradient", matcalc.gradient(text, "w", where).compile(),
            gradient, values),
        Row("logistic regression, Hessian", matcalc.hessian(text, "w", where).compile(),
            hessian, values),
    ]  # fmt: skip


def factorisation() -> list[Row]:
    values = {"A": normal(200, 300), "U": normal(200, 5) / 3, "V": normal(300, 5) / 3}
    hessian = matcalc.hessian(
        "normF(A - tanh(U*V'))^2", "U", "A: matrix(m, n); U: matrix(m, k); V: matrix(n, k)"
    )

    def core(A: Any, U: Any, V: Any) -> Any:
        t = np.tanh(U @ V.T)
        s = 1 - t**2
        c = 2 * s * (s + 2 * t * (A - t))
        return np.einsum("ij,jk,jl->ikl", c, V, V, optimize=True)

    def full(A: Any, U: Any, V: Any) -> Any:
        m, k = U.shape
        result = np.zeros((m, k, m, k))
        places = np.arange(m)
        result[places, :, places, :] = core(A, U, V)
        return result

    return [
        Row("matrix factorisation, Hessian", hessian.compile(), full, values),
        Row("the same, compressed", hessian.compile(compressed=True), core, values),
    ]


def network() -> list[Row]:
    layers, width = 10, 300
    text = "x"
    for k in range(1, layers + 1):
        text = f"tanh(W_{k}*{text})"
    where = "; ".join([f"W_{k}: matrix(n, n)" for k in range(1, layers + 1)])
    names = [f"W_{k}" for k in range(1, layers + 1)]
    answers = matcalc.diff(f"norm2({text} - y)^2", names, f"{where}; x, y: vector(n)", "mixed")
    values = {name: normal(width, width) / np.sqrt(width) for name in names}
    values |= {"x": normal(width), "y": normal(width)}

    def by_hand(x: Any, y: Any, **weights: Any) -> Any:
        outputs = [x]
        for name in names:
            outputs.append(np.tanh(weights[name] @ outputs[-1]))
        back = 2 * (outputs[-1] - y)
        gradients = []
        for name, before, after in zip(names[::-1], outputs[-2::-1], outputs[:0:-1], strict=True):
            back = back * (1 - after**2)
            gradients.append(np.outer(back, before))
            back = weights[name].T @ back
        return gradients[::-1]

    from matcalc.programs import compile as compile_together

    emitted = compile_together(list(answers.values()))
    return [Row("network of ten layers, gradients", emitted, by_hand, values)]


def neuron() -> list[Row]:
    values = {"X": normal(100_000, 20), "w": normal(20), "b": np.array(0.1), "y": normal(100_000)}
    gradient = matcalc.gradient(
        "sum((y - max(0, X*w + b)).^2)/N", "w", "X: matrix(N, n); y: vector(N); b: scalar"
    )

    def by_hand(X: Any, w: Any, b: Any, y: Any) -> Any:
        z = X @ w + b
        return 2 / len(y) * (X.T @ ((z > 0) * (z - y)))

    return [Row("neuron's loss, gradient", gradient.compile(), by_hand, values)]


def gaussian_process() -> list[Row]:
    root = normal(500, 500)
    values = {"K": root @ root.T / 500 + np.eye(500), "y": normal(500)}
    gradient = matcalc.gradient("1/2*y'*inv(K)*y + 1/2*logdet(K)", "K", "K: spd(n); y: vector(n)")

    def by_hand(K: Any, y: Any) -> Any:
        inverse = np.linalg.inv(K)
        a = inverse @ y
        return (inverse - np.outer(a, a)) / 2

    return [Row("GP marginal likelihood, gradient", gradient.compile(), by_hand, values)]


def softmax() -> list[Row]:
    def by_hand(x: Any) -> Any:
        e = np.exp(x - x.max())
        s = e / e.sum()
        return np.diag(s) - np.outer(s, s)

    emitted = matcalc.diff("softmax(x)", "x").compile()
    return [Row("softmax, Jacobian", emitted, by_hand, {"x": normal(1000)})]


def linear() -> list[Row]:
    values = {"X": normal(64, 4096), "W": normal(4096, 4096), "G": normal(64, 4096)}
    where = "X: matrix(N, D); W: matrix(D, M); b: vector(M)"
    product = matcalc.vjp("X*W + ones(N)*b'", "W", "G", where).compile()
    values["b"] = normal(4096)
    return [Row("linear layer, VJP", product, lambda X, W, G, b: X.T @ G, values)]


def convolution() -> list[Row]:
    values = {"X": normal(256, 256), "K": normal(5, 5), "G": normal(252, 252)}
    where = "X: matrix(m, n); K: matrix(p, q)"

    def by_kernel(X: Any, K: Any, G: Any) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(X, G.shape)
        return np.array([[np.vdot(G, window) for window in row] for row in windows])

    def by_image(X: Any, K: Any, G: Any) -> Any:
        result = np.zeros_like(X)
        for i, j in np.ndindex(*K.shape):
            result[i : i + G.shape[0], j : j + G.shape[1]] += K[i, j] * G
        return result

    return [
        Row("2-D convolution, VJP by K", matcalc.vjp("conv2d(X, K)", "K", "G", where).compile(),
            by_kernel, values),
        Row("2-D convolution, VJP by X", matcalc.vjp("conv2d(X, K)", "X", "G", where).compile(),
            by_image, values),
    ]  # fmt: skip


ROWS = (
    quadratic, logistic, factorisation, network, neuron, gaussian_process, softmax, linear,
    convolution,
)  # fmt: skip


AUTODIFF = (
    ("sum(log(1 + exp(-y .* (X*w))))", "w", "X: matrix(N, n); y: vector(N)",
     {"X": (1000, 500), "y": (1000,), "w": (500,)}),
    ("normF(A - tanh(U*V'))^2", "U", "A: matrix(m, n); U: matrix(m, k); V: matrix(n, k)",
     {"A": (200, 300), "U": (200, 5), "V": (300, 5)}),
    ("sum((y - max(0, X*w + b)).^2)/N", "w", "X: matrix(N, n); y: vector(N); b: scalar",
     {"X": (100_000, 20), "y": (100_000,), "w": (20,), "b": ()}),
    ("1/2*y'*inv(K)*y + 1/2*logdet(K)", "K", "K: spd(n); y: vector(n)",
     {"K": (500, 500), "y": (500,)}),
)  # fmt: skip


def against_autodiff() -> list[dict[str, Any]]:
    """Time our gradients and Hessians in JAX and torch against theirs, where they are there."""
    found = []
    for text, wrt, where, shapes in AUTODIFF:
        values = {name: normal(*shape) / 10 for name, shape in shapes.items()}
        if "K" in values:
            values["K"] = values["K"] @ values["K"].T + np.eye(500)
        for order in (1, 2) if wrt == "w" or wrt == "U" else (1,):
            answer = matcalc.diff(text, wrt, where, "mixed", order)
            for target in (in_jax, in_torch):
                row = target(matcalc.parse(text, where), answer, wrt, values, order)
                if row:
                    found.append({"name": f"order {order}: {text}", **row})
    return found


def in_jax(formula: Any, answer: Any, wrt: str, values: Any, order: int) -> Any:
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    value, function = formula.compile("jax"), jax.jit(answer.compile("jax"))
    derive = jax.grad if order == 1 else jax.hessian
    theirs = jax.jit(derive(lambda moving, rest: value(**{wrt: moving}, **rest)))
    given = {name: jax.numpy.asarray(v) for name, v in values.items()}
    rest = {name: v for name, v in given.items() if name != wrt}
    return against(
        "jax",
        lambda: function(**given).block_until_ready(),
        lambda: theirs(given[wrt], rest).block_until_ready(),
    )


def in_torch(formula: Any, answer: Any, wrt: str, values: Any, order: int) -> Any:
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    value, function = formula.compile("torch"), answer.compile("torch")
    derive = torch.func.grad if order == 1 else torch.func.hessian
    given = {name: torch.as_tensor(v) for name, v in values.items()}
    rest = {name: v for name, v in given.items() if name != wrt}
    theirs = derive(lambda moving: value(**{wrt: moving}, **rest))
    return against("torch", lambda: function(**given), lambda: theirs(given[wrt]))


def against(target: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> dict[str, Any]:
    agree = np.allclose(np.asarray(ours()), np.asarray(theirs()), rtol=1e-6, atol=1e-8)
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 3:
        times.append((timed(ours), timed(theirs)))
    ours_median, their_median = (statistics.median(t) for t in zip(*times, strict=True))
    return {
        "target": target,
        "agree": bool(agree),
        "emitted": ours_median,
        "autodiff": their_median,
        "ratio": ours_median / their_median,
    }


def timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def array(result: Any) -> Any:
    return result.core if hasattr(result, "core") else result


def compare(row: Row) -> dict[str, Any]:
    """Time both in turns, after holding their results against each other."""
    emitted, by_hand = (lambda: row.emitted(**row.values)), (lambda: row.by_hand(**row.values))
    ours, theirs = array(emitted()), array(by_hand())
    pairs = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
    agree = all(np.allclose(a, b, rtol=1e-8, atol=1e-8) for a, b in pairs)
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 5:
        times.append((timed(emitted), timed(by_hand)))
    ours_median, hand_median = (statistics.median(t) for t in zip(*times, strict=True))
    ratio = ours_median / hand_median
    return {
        "name": row.name,
        "agree": agree,
        "emitted": ours_median,
        "by hand": hand_median,
        "ratio": ratio,
        "runs": len(times),
    }


def main() -> None:
    found = [compare(row) for rows in ROWS for row in rows()]
    print(f"{'':36}{'emitted ms':>12}{'by hand ms':>12}{'ratio':>8}")
    for row in found:
        note = "" if row["agree"] else "  DIFFERENT"
        print(f"{row['name']:36}{1e3 * row['emitted']:12.3f}{1e3 * row['by hand']:12.3f}"
              f"{row['ratio']:8.2f}{note}")  # fmt: skip
    derived = against_autodiff()
    if derived:
        print(f"\n{'':44}{'emitted ms':>12}{'autodiff ms':>12}{'ratio':>8}")
    for row in derived:
        note = "" if row["agree"] else "  DIFFERENT"
        label = f"{row['target']:6}{row['name'][:36]}"
        print(f"{label:44}{1e3 * row['emitted']:12.3f}{1e3 * row['autodiff']:12.3f}"
              f"{row['ratio']:8.2f}{note}")  # fmt: skip
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps([*found, *derived], indent=1))


if __name__ == "__main__":
    main()
