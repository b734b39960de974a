"""Derivations to draw: one path and several, all manners, held variables, long networks."""

from __future__ import annotations

from matcalc import diff, vjp
from matcalc.derivation.deriving import derive
from matcalc.derivation.steps import Derivation, Detail, Manner

SAMPLES: dict[str, tuple[str, str, str, Manner | None, Detail]] = {
    "neuron": ("max(0, w·x + b)", "w", "", None, "normal"),
    "sum in a sine": ("sin(x + x^2)", "x", "x: scalar", None, "normal"),
    "product": ("x*x^2", "x", "x: scalar", None, "normal"),
    "two entries": ("[log(x^2); sin(3*x)]", "x", "x: scalar", None, "normal"),
    "least squares": ("norm2(A*x - b)^2", "x", "b: vector(m)", None, "normal"),
    "by an entry": ("norm2(A*x - b)^2", "A[1,2]", "b: vector(m)", "jacobians", "normal"),
    "by an entry, backward": ("norm2(A*x - b)^2", "x[2]", "b: vector(m)", "backward", "normal"),
    "tensors": ("norm2(A*x - y)^2", "A", "", "jacobians", "normal"),
    "differentials": ("logdet(X'*A*X)", "X", "", None, "normal"),
    "two layers": (
        "h = relu(W*x + b); o = V*h + c; norm2(o - y)^2",
        "W",
        "b: vector(k); c: vector(m)",
        "backward",
        "normal",
    ),
    "residual": (
        "h = x + relu(W*x); g = h + relu(V*h); norm2(g - t)^2",
        "x",
        "W, V: matrix(n,n); t: vector(n)",
        "backward",
        "normal",
    ),
    "seven paths": (
        "sin(x)*cos(x)*exp(x)*tanh(x) + log(x)*x + x^3",
        "x",
        "x: scalar",
        None,
        "full",
    ),
    "upstream": ("relu(X*W)", "W", "X: matrix(N,D); W: matrix(D,M)", "backward", "normal"),
    "constant": ("sin(z_hat_1)", "x", "x: vector(n)", None, "normal"),
    "backward constant": ("sin(y)", "x", "x: vector(n)", "backward", "normal"),
    "itself": ("x", "x", "x: vector(n)", None, "normal"),
    "Greek": (
        "exp(-ξ_1'*Σ*ξ_1/2)*ß",
        "ξ_1",
        "Σ: matrix(n,n); ξ_1: vector(n); ß: scalar",
        None,
        "full",
    ),
    "wide": (
        "sum([" + "; ".join(f"x^{k}*a{k}" for k in range(2, 14)) + "])",
        "x",
        "x: scalar",
        None,
        "normal",
    ),
}


def derivation(name: str) -> Derivation:
    formula, wrt, where, manner, detail = SAMPLES[name]
    return derive(diff(formula, wrt, where), manner, detail)


def applied() -> Derivation:
    """A vector-Jacobian product with a formula upstream."""
    return derive(vjp("A*x", "x", upstream="2*g", where="g: vector(m)"))


def network(layers: int) -> Derivation:
    """A network of this many layers, each with weights of its own, by the first ones."""
    lines = ["h1 = tanh(W1*x + b1)"]
    lines += [f"h{k} = tanh(W{k}*h{k - 1} + b{k})" for k in range(2, layers + 1)]
    biases = ", ".join(f"b{k}" for k in range(1, layers + 1))
    program = "; ".join([*lines, f"norm2(h{layers} - t)^2"])
    return derive(diff(program, "W1", f"{biases}, t: vector(n)"), "backward", "brief")


def recurrent(steps: int) -> Derivation:
    """A network that applies the same weights again and again, by these weights."""
    lines = ["h1 = tanh(W*x)", *[f"h{k} = tanh(W*h{k - 1})" for k in range(2, steps + 1)]]
    program = "; ".join([*lines, f"norm2(h{steps} - t)^2"])
    return derive(diff(program, "W", "W: matrix(n,n); x, t: vector(n)"), "backward")
