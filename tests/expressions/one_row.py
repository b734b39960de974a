"""Functions that the table has not: a row for each is added, and nothing else.

Run by `test_one_row.py` in a process of its own, before the table is read.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from matcalc.expressions.table import elementary, matrices, reductions
from matcalc.expressions.table.row import Row


class Added(NamedTuple):
    """A row, a call of its function, and what the function is in NumPy."""

    row: Row
    call: str
    where: str
    value: Callable[[Any], Any]


ENTRIES, SQUARE = "X: vector(n)", "X: square(n)"

ADDED = (
    Added(
        Row("softsign", ("x",), ("1/(1 + abs(x))^2",), definition="x/(1 + abs(x))"),
        "softsign(X)",
        ENTRIES,
        lambda x: x / (1 + abs(x)),
    ),
    Added(
        Row("sech", ("x",), ("-tanh(x)*sech(x)",), latex=r"\sech({0})", numpy="1/np.cosh({0})"),
        "sech(X)",
        ENTRIES,
        lambda x: 1 / np.cosh(x),
    ),
    Added(
        Row("csch", ("x",), ("-csch(x)/tanh(x)",), domain="x != 0", numpy="1/np.sinh({0})"),
        "csch(X)",
        ENTRIES,
        lambda x: 1 / np.sinh(x),
    ),
    Added(
        Row("normcdf", ("x",), ("exp(-x^2/2)/sqrt(2*pi)",), numpy="special.ndtr({0})",
            sympy="erfc(-{0}/sqrt(2))/2"),
        "normcdf(X)",
        ENTRIES,
        np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
    ),
    Added(
        Row("sumsq", definition="sum(X .^ 2)", takes="tensor", gives="scalar"),
        "sumsq(X)",
        ENTRIES,
        lambda x: (x**2).sum(),
    ),
    Added(
        Row("sumexp", definition="sum(exp(X)) + norm1(X)", takes="tensor", gives="scalar"),
        "sumexp(X)",
        SQUARE,
        lambda x: np.exp(x).sum() + abs(x).sum(),
    ),
    Added(
        Row("cof", differential="tr(inv(X)*dX)*Y - Y*dX'*inv(X)'", definition="det(X)*inv(X)'",
            takes="square", domain="det(X) != 0", turns=True),
        "cof(X)",
        SQUARE,
        lambda x: np.linalg.det(x) * np.linalg.inv(x).T,
    ),
    Added(
        Row("logcond", differential="2*tr(inv(X'*X)*X'*dX) - tr(inv(X)*dX)", takes="square",
            gives="scalar", definition="logdet(X'*X) - logdet(X)", domain="det(X) > 0"),
        "logcond(X)",
        SQUARE,
        lambda x: np.log(np.linalg.det(x)),
    ),
)  # fmt: skip


def install() -> None:
    """Add the rows, before the functions are looked up for the first time."""
    assert "matcalc.expressions.functions" not in sys.modules
    rows = [added.row for added in ADDED]
    elementary.ELEMENTARY += tuple(row for row in rows if row.derivatives)
    matrices.MATRICES += tuple(row for row in rows if row.differential)
    reductions.REDUCTIONS += tuple(
        row for row in rows if row.gives == "scalar" and not row.differential
    )


def point(where: str, seed: int) -> Any:
    """Return an array of three, away from zero; a square one has a positive determinant."""
    rng = np.random.default_rng(seed)
    if where == ENTRIES:
        return rng.uniform(0.3, 1.2, 3) * [1, -1, 1]
    array = rng.uniform(-0.4, 0.4, (3, 3)) + np.eye(3)
    return array if np.linalg.det(array) > 0 else array[::-1]


def differences(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the Jacobian of shape (result..., variable...), by central differences."""
    h = 1e-6
    columns = []
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = h
        columns.append((function(x + step) - function(x - step)) / (2 * h))
    stacked = np.stack([np.asarray(c) for c in columns], -1)
    return stacked.reshape(*stacked.shape[:-1], *x.shape)


def close(a: Any, b: Any, tolerance: float = 1e-6) -> None:
    """Hold two arrays against each other."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, (a.shape, b.shape)
    assert np.max(np.abs(a - b), initial=0) < tolerance * (1 + np.max(np.abs(b), initial=0)), (a, b)


def roads(added: Added, targets: list[str]) -> Iterator[str]:
    """Drive every road, and yield its name once it has held."""
    import matcalc
    from matcalc.notation.latex import to_latex

    _, call, where, value = added
    x = point(where, 1)
    formula = matcalc.parse(call, where)
    close(formula.evaluate(X=x), value(x), 1e-12)
    yield "evaluate"
    derivative = matcalc.diff(call, "X", where, layout="mixed")
    wanted = differences(value, x)
    close(derivative.evaluate(X=x), wanted)
    yield "diff"
    for layout in ("numerator", "denominator"):
        close(np.sort(matcalc.diff(call, "X", where, layout=layout).evaluate(X=x), None),
              np.sort(wanted, None))  # fmt: skip
        yield layout
    total = f"sum({call} .^ 2)"
    for order in (1, 2, 3) if where == ENTRIES else (1, 2):
        higher = matcalc.diff(total, "X", where, layout="mixed", order=order)
        if order > 1:
            lower = matcalc.diff(total, "X", where, layout="mixed", order=order - 1)
            close(higher.evaluate(X=x), differences(lambda at, d=lower: d.evaluate(X=at), x), 1e-5)
        yield f"order {order}"
    result = np.shape(value(x))
    upstream = np.asarray(value(x)) + 1
    tangent = point(where, 3)
    vjp = matcalc.vjp(call, "X", "G", where).evaluate(X=x, G=upstream)
    close(vjp, np.tensordot(upstream, wanted, len(result)))
    jvp = matcalc.jvp(call, "X", "V", where).evaluate(X=x, V=tangent)
    close(jvp, np.tensordot(wanted, tangent, x.ndim))
    yield "products"
    for target in targets:
        for part, expected in ((formula, value(x)), (derivative, derivative.evaluate(X=x))):
            close(np.asarray(part.compile(target)(X=given(target, x))), expected, 1e-10)
        yield f"code {target}"
    assert derivative.verify().ok, str(derivative.verify())
    yield "verify"
    assert matcalc.check(call, "X", str(derivative), where, layout="mixed").ok
    wrong = matcalc.check(call, "X", f"2*({derivative})", where, layout="mixed")
    assert wrong.verdict == "refuted", str(wrong)
    yield "check"
    assert stated(added.row) in explained(call, where)
    yield "explain"
    assert matcalc.parse(str(formula), where).expression is formula.expression
    assert (
        matcalc.parse(f"${to_latex(formula.expression)}$", where).expression is formula.expression
    )
    yield "text and LaTeX"


def stated(row: Row) -> str:
    """Return what an explanation says of a row."""
    if row.differential:
        return f"d {row.name}(U) = "
    return row.name if row.derivatives else f"{row.name}(X) = {row.definition}"


def explained(call: str, where: str) -> str:
    """Return what the command explains, lines joined."""
    from matcalc.cli.main import main

    out = io.StringIO()
    main(
        ["explain", f"2*sum({call} .^ 2)", "--wrt", "X", "--where", where], io.StringIO(), out, out
    )
    return " ".join(out.getvalue().split())


def given(target: str, x: Any) -> Any:
    """Return an array as a target takes it."""
    if target == "torch":
        import torch

        return torch.tensor(x)
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    return x


def main() -> None:
    """Print the roads that hold, for every row."""
    install()
    for added in ADDED:
        for road in roads(added, sys.argv[1:]):
            print(added.row.name, road, flush=True)


if __name__ == "__main__":
    main()
