"""Several variables at once: products with Jacobians, and the blocks of a Hessian."""

import json
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError
from matcalc.records import replace
from tests.cli.command import command
from tests.differences import jacobian

LAYER = "max(0, X*W + ones(n)*b')"
WHERE = "X: matrix(n, p); W: matrix(p, m); b: vector(m)"
rng = np.random.default_rng(11)
VALUES = {"X": rng.normal(size=(5, 3)), "W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
UPSTREAM = rng.normal(size=(5, 2))

PAIRS = [
    (LAYER, WHERE, VALUES),
    ("tanh(X*W)*b", WHERE, VALUES),
    ("softmax(X*W*b)", WHERE, VALUES),
    ("tr(inv(C)*E)*C*x", "C, E: square(n); x: vector(n)",
     {"C": rng.normal(size=(3, 3)) + 3 * np.eye(3), "E": rng.normal(size=(3, 3)),
      "x": rng.normal(size=3)}),
    ("conv(x, k) .* log(z)", "x: vector(6); k: vector(2); z: vector(5)",
     {"x": rng.normal(size=6), "k": rng.normal(size=2), "z": rng.uniform(1, 2, size=5)}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "values"), PAIRS, ids=[p[0] for p in PAIRS])
def test_products_with_finite_differences(text: str, where: str, values: dict[str, Any]) -> None:
    formula = matcalc.parse(text, where)
    upstream = rng.normal(size=formula.evaluate(**values).shape)
    tangents = {name: rng.normal(size=value.shape) for name, value in values.items()}
    pulled = matcalc.vjp(text, list(values), "Up", where)
    assert list(pulled) == list(values)
    pushed = 0.0
    for name, value in values.items():
        estimate = jacobian(
            lambda at, name=name: formula.evaluate(**{**values, name: at}),  # type: ignore[misc]
            value,
        )
        wanted = np.tensordot(upstream, estimate.value, upstream.ndim)
        answer = pulled[name].evaluate(**values, Up=upstream)
        np.testing.assert_allclose(answer, wanted, rtol=1e-6, atol=1e-7)
        pushed = pushed + np.tensordot(estimate.value, tangents[name], value.ndim)
    names = [f"T{name}" for name in values]
    along = matcalc.jvp(text, list(values), names, where)
    given = {f"T{name}": tangent for name, tangent in tangents.items()}
    np.testing.assert_allclose(along.evaluate(**values, **given), pushed, rtol=1e-6, atol=1e-7)


def test_a_layer_in_one_call() -> None:
    answers = matcalc.vjp(LAYER, ["X", "W", "b"], where=WHERE)
    mask = (VALUES["X"] @ VALUES["W"] + VALUES["b"] > 0) * UPSTREAM
    given = {**VALUES, "G": UPSTREAM}
    np.testing.assert_allclose(answers["X"].evaluate(**given), mask @ VALUES["W"].T)
    np.testing.assert_allclose(answers["W"].evaluate(**given), VALUES["X"].T @ mask)
    np.testing.assert_allclose(answers["b"].evaluate(**given), mask.sum(axis=0))
    assert [d.shape for d in answers.values()] == [("n", "p"), ("p", "m"), ("m",)]


PLAIN = [
    ("x*w", "x: matrix(N, D); w: matrix(D, M)", {"x": "G*w'", "w": "x'*G"}),
    ("X*W + ones(n)*b'", WHERE, {"b": "sum(G, axis=0)'"}),
    ("max(0, X)", "X: matrix(m, n)", {"X": "[X > 0] .* G"}),
]


@pytest.mark.parametrize(("text", "where", "wanted"), PLAIN, ids=[p[0] for p in PLAIN])
def test_backpropagation_as_taught(text: str, where: str, wanted: dict[str, str]) -> None:
    answers = matcalc.vjp(text, list(wanted), where=where)
    assert {name: str(d) for name, d in answers.items()} == wanted


def test_upstream_and_tangent_stand_still() -> None:
    """What they say of the variable is a constant."""
    back = matcalc.vjp("x .* x", ["x"], "x")["x"]
    assert str(back) == "2*x^2"
    assert str(matcalc.jvp("x .* x", "x", "x")) == "2*x^2"
    assert str(matcalc.vjp("A*x", "x", "A*x")) == "A'*A*x"
    assert str(matcalc.jvp("x'*S*x", "x", "S*x", "S: symmetric(n)")) == "2*x'*S^2*x"
    for answer in (back, matcalc.jvp("W*x", ["W", "x"], ["W", "x"]), matcalc.jvp("x'*x", "x", "x")):
        assert answer.verify().ok


@pytest.mark.parametrize(
    "derivative",
    [
        *matcalc.vjp(LAYER, ["X", "W", "b"], "X*W", WHERE).values(),
        matcalc.jvp(LAYER, ["X", "b"], ["V", "u"], WHERE),
        matcalc.jvp("x'*A*x", ["x[1]", "x[2]", "A"], ["s", "t", "V"]),
        *matcalc.hessian("(w·x + b)^3 + tr(W*W)*b", ["w", "b", "W", "w[2]"]).values(),
        *matcalc.hessian("x'*S*x*a", ["S", "x", "a"], "S: symmetric(n)").values(),
    ],
    ids=lambda d: f"{d.operation} {d.wrt}",
)
def test_sympy_agrees(derivative: matcalc.Derivative) -> None:
    verification = derivative.verify()
    assert verification.ok, verification
    where = "; ".join(
        [part for part in (derivative.formula.where, *derivative.assumptions) if part]
    )
    assert matcalc.parse(str(derivative), where).shape == derivative.shape
    assert not replace(derivative, expression=matcalc.parse("2").expression).verify().ok


def test_blocks() -> None:
    blocks = matcalc.hessian("sum(exp(X*w + b)) + w'*A*w", ["w", "b"], "A: square(n)")
    assert list(blocks) == [("w", "w"), ("w", "b"), ("b", "w"), ("b", "b")]
    assert [block.shape for block in blocks.values()] == [("n", "n"), ("n",), ("n",), ()]
    assert {block.layout for block in blocks.values()} == {"mixed"}
    values = {
        "X": rng.normal(size=(4, 3)),
        "A": rng.normal(size=(3, 3)),
        "w": rng.normal(size=3),
        "b": 0.3,
    }
    whole = matcalc.hessian("sum(exp(X*w[1:3] + w[4])) + w[1:3]'*A*w[1:3]", "w", "w: vector(4)")
    wanted = whole.evaluate(**{**values, "w": np.append(values["w"], 0.3)})
    given = {pair: block.evaluate(**values) for pair, block in blocks.items()}
    np.testing.assert_allclose(given["w", "w"], wanted[:3, :3])
    np.testing.assert_allclose(given["w", "b"], wanted[:3, 3])
    np.testing.assert_allclose(given["b", "w"], wanted[3, :3])
    np.testing.assert_allclose(given["b", "b"], wanted[3, 3])


def test_partner_blocks_are_transposes() -> None:
    where = "x: vector(n); A: matrix(m, n); y: vector(m)"
    blocks = matcalc.hessian("norm2(A*x - y)^2", ["A", "x", "y"], where)
    assert blocks["x", "A"].shape == ("n", "m", "n")
    values = {"A": rng.normal(size=(2, 3)), "x": rng.normal(size=3), "y": rng.normal(size=2)}
    for (first, second), block in blocks.items():
        rank = values[first].ndim
        partner = blocks[second, first].evaluate(**values)
        moved = np.moveaxis(partner, range(-rank, 0), range(rank))
        np.testing.assert_allclose(block.evaluate(**values), moved)


MISTAKES = [
    (lambda: matcalc.jvp("W*x", ["W", "x"]), "E701"),
    (lambda: matcalc.jvp("W*x", "x", ["u", "v"]), "E701"),
    (lambda: matcalc.jvp("W*x", ["W", "x"], ["x", "W"]), "E306"),
    (lambda: matcalc.vjp("W*x", ["W", "q"]), "E201"),
    (lambda: matcalc.vjp("W*x", []), "E701"),
    (lambda: matcalc.hessian("W*x", ["W", "x"]), "E306"),
]


@pytest.mark.parametrize(("ask", "code"), MISTAKES)
def test_mistakes(ask: Any, code: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        ask()
    assert caught.value.code == code


def test_on_the_command_line() -> None:
    words = ["--wrt", "w,b", "--where", "X: matrix(N, d); b: scalar"]
    lines = command("hessian", "sum(exp(X*w + b))", *words).out.splitlines()
    labels = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert labels == ["w, w", "w, b", "b, w", "b, b", "assumed"]
    one = command("hessian", "x'*A*x", "--wrt", "x").out.splitlines()
    assert one[0] == "A + A'"
    back = command("vjp", LAYER, "--wrt", "W,b", "--where", WHERE, "--upstream", "2*X*W")
    assert back.out.splitlines()[0] == "W: 2*X'*([ones(n)*b' + X*W > 0] .* (X*W))"
    assert "layout" not in back.out
    along = command("jvp", "W*x", "--wrt", "W,x", "--tangent", "V,u")
    assert along.out.splitlines()[0] == "V*x + W*u"
    assert command("jvp", "W*x", "--wrt", "W,x").code == 2
    record = json.loads(command("jvp", "W*x", "--wrt=W,x", "--tangent=V,u", "--format=json").out)
    (answer,) = record["derivatives"]
    assert (answer["operation"], answer["seed"], answer["wrt"]) == ("jvp", "V, u", "W, x")
    assert command("vjp", "W*x", "--wrt=W", "--verify").code == 0
    assert "\\mathbf" in command("vjp", "W*x", "--wrt=W", "--format=latex").out


def test_structure_on_the_command_line() -> None:
    words = ["tr(A*S)", "--wrt", "S", "--where", "S: symmetric(n)"]
    assert command("diff", *words).out.startswith("A\n")
    assert command("diff", *words, "--structure").out.startswith("(A + A')/2\n")
    cookbook = command("diff", *words, "--structure=cookbook")
    assert cookbook.out.startswith("A + A' - diag(diag(A))\n")
    assert "W301" in cookbook.out
    assert "E702" in command("diff", *words, "--structure=upper").err
    assert "E702" in command("diff", "tr(A*S)", "--wrt=A", "--structure").err
    assert "E701" in command("diff", *words, "--structure", "--structure").err
