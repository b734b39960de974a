"""Derivations of every kind, as the tests of documents need them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matcalc
from matcalc import Derivative
from matcalc.derivation.steps import Derivation

CASES = Path(__file__).parents[1] / "data" / "cases"

Case = dict[str, Any]


def cases() -> Iterator[Case]:
    """Yield every formula of the literature with a known derivative."""
    for name in ("seeds", "wikipedia", "cookbook", "ml"):
        yield from json.loads((CASES / f"{name}.json").read_text("utf-8"))


def derived(case: Case) -> Derivative:
    """Return the derivative of a case."""
    text, wrt, where = case["expr"], case["wrt"], case["where"]
    if case.get("op") == "vjp":
        return matcalc.vjp(text, wrt, case["upstream"], where)
    if case.get("op") == "jvp":
        return matcalc.jvp(text, wrt, case["tangent"], where)
    return matcalc.diff(text, wrt, where, order=case["order"] or 1)


@cache
def of_cases(step: int = 1) -> list[Derivation]:
    """Return the derivations of the cases, or of every so many of them."""
    return [derived(case).derivation() for case in list(cases())[::step]]


@cache
def sample() -> list[Derivation]:
    """Return one derivation of every manner, layout, detail and shape."""
    network = "h = relu(W*x + b); o = V*h + c; norm2(o - y)^2"
    sizes = "b: vector(k); c: vector(m)"
    neurons = "1/N*sum(i = 1..N, (y[i] - max(0, w'*X[i,:]' + b))^2)"
    programs = "; ".join(f"h{i + 1} = tanh(W{i}*h{i} + b)" for i in range(12))
    deep = matcalc.diff(f"{programs}; sum(h12)", "W0", "h0, b: vector(n)")
    return [
        matcalc.diff("max(0, w·x + b)", "w").derivation(),
        matcalc.diff("max(0, w·x + b)", "w").derivation(detail="full"),
        matcalc.diff("sin(x + x^2)", "x", "x: scalar").derivation(),
        matcalc.diff(network, "W", sizes).derivation(),
        matcalc.diff(network, "W", sizes, "mixed").derivation("differentials", "brief"),
        matcalc.diff(network, "x", sizes, "denominator").derivation("jacobians"),
        matcalc.diff(neurons, "w", "X: matrix(N, n)", "denominator").derivation(),
        matcalc.diff("norm2(A*x - y)^2", "A").derivation("jacobians"),
        matcalc.diff("norm2(A*x - y)^2", "x[2]").derivation(),
        matcalc.diff("logdet(X'*A*X)", "X").derivation(),
        matcalc.diff("x'*A*x", "x", order=2).derivation(),
        matcalc.diff("X*W", "W", "X: matrix(N, D); W: matrix(D, M)").derivation(),
        matcalc.diff("log_softmax(x_hat .* alpha_1)[2]", "alpha_1",
                     "alpha_1, x_hat: vector(n)").derivation(),
        matcalc.diff("[[a > 0]*x; [b > 0]*x]", "x", "a, b: scalar").derivation(),
        matcalc.diff("w·x", "v", "v: vector(n)").derivation(),
        matcalc.vjp("W*X", "W").derivation(),
        matcalc.jvp("inv(A)*b", "A", where="A: square(n); b: vector(n)").derivation(),
        deep.derivation(detail="brief"),
    ]  # fmt: skip
