"""Derivatives by several variables: one program, as long as the network, which reads back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

import matcalc
from matcalc.errors import MatcalcError
from matcalc.notation.sharing import joint_program, program
from matcalc.notation.text import program_text
from matcalc.presenting.texts import shown
from tests.cli.command import command
from tests.strategies import WHERE, formulas, point
from tests.test_properties import LAYOUT, SEEDS, VARIABLES, examples, words


def network(layers: int, function: str = "relu") -> tuple[str, list[str], str]:
    """Return the squared error of a network, its variables, and their declarations."""
    text = "x"
    for k in range(1, layers + 1):
        text = f"{function}(W_{k}*{text} + b_{k})"
    numbers = range(1, layers + 1)
    names = [*[f"W_{k}" for k in numbers], *[f"b_{k}" for k in numbers], "x"]
    where = [f"W_{k}: square(n); b_{k}: vector(n)" for k in numbers]
    return f"norm2({text} - y)^2", names, "; ".join([*where, "x, y: vector(n)"])


def values_of(names: list[str], seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {name: (3, 3) if name.startswith("W") else (3,) for name in [*names, "y"]}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("function", ["relu", "tanh"])
@pytest.mark.parametrize("layout", ["mixed", "numerator"])
def test_the_parts_and_an_answer_read_back(function: str, layout: Any) -> None:
    text, names, where = network(6, function)
    answers = matcalc.diff(text, names, where, layout)
    at = values_of(names)
    found = shown(answers)
    parts, texts = found.parts, found.answers
    assert parts
    header = "; ".join([f"{name} = {part}" for name, part in parts])
    for derivative, text in zip(answers.values(), texts, strict=True):
        again = matcalc.parse(f"{header}; {text}", where)
        np.testing.assert_allclose(again.evaluate(**at), derivative.evaluate(**at), rtol=1e-9)
        assert again.shape == derivative.shape


def test_backpropagation_is_what_a_textbook_writes() -> None:
    text, names, where = network(3)
    assert str(matcalc.gradient(text, names, where)).splitlines() == [
        "z1 = W_1*x + b_1;",
        "z2 = W_2*relu(z1) + b_2;",
        "z3 = W_3*relu(z2) + b_3;",
        "z4 = 2*([z3 > 0] .* (z3 - y));",
        "z5 = [z2 > 0] .* (W_3'*z4);",
        "z6 = [z1 > 0] .* (W_2'*z5);",
        "W_1: z6*x'",
        "W_2: z5*relu(z1)'",
        "W_3: z4*relu(z2)'",
        "b_1: z6",
        "b_2: z5",
        "b_3: z4",
        "x: W_1'*z6",
    ]


def test_size_is_linear_in_the_layers() -> None:
    sizes = []
    for layers in (20, 40, 80):
        text, names, where = network(layers)
        answers = matcalc.gradient(text, names, where)
        sizes.append([len(str(answers)), len(answers.latex()), len(answers.json())])
    for small, middle, large in zip(*sizes, strict=True):
        assert (large - middle) / (middle - small) < 2.2


def test_short_answers_stay_apart() -> None:
    answers = matcalc.diff("norm2(A*x - y)^2", ["x", "A"])
    assert answers.program is None
    assert str(answers) == "x: 2*(A*x - y)'*A\nA: 2*x*(A*x - y)'"
    assert dict(answers) == {"x": answers["x"], "A": answers["A"]}


def test_notes_are_told_once_by_the_names_of_the_parts() -> None:
    text, names, where = network(4)
    found = command("diff", text, "--wrt", ",".join(names), "--where", where)
    assert found.code == 0
    assert found.out.count("W401") == 4
    assert "W401: not differentiable where z4 == 0 (entry by entry)" in found.out
    latex = command("diff", text, "--wrt", ",".join(names), "--where", where, "--format", "latex")
    assert latex.out.startswith("\\begin{aligned}\n\\mathbf{z}_{1} &= \\mathbf{W}_{1} \\mathbf{x}")
    assert latex.out.count("% W401") == 4


def test_a_notebook_shows_one_program() -> None:
    text, names, where = network(4)
    shown = matcalc.gradient(text, names, where)._repr_latex_()
    assert shown.startswith("$\\displaystyle \\begin{aligned}\n\\mathbf{z}_{1} &= ")
    assert "\\text{W\\_1:} &\\; \\mathbf{z}_{8} \\mathbf{x}^{\\top} \\\\\n" in shown
    assert "%" not in shown


def test_json_tells_the_parts() -> None:
    text, names, where = network(4)
    found = json.loads(command("diff", text, "--wrt", ",".join(names), "--where", where,
                               "--format", "json").out)  # fmt: skip
    assert found["shared"][0]["text"] == "W_1*x + b_1"
    assert found["shared"][0]["latex"].startswith("\\mathbf{z}_{1} = ")
    assert [part["wrt"] for part in found["derivatives"]] == names
    assert len(found["notes"]) == 4
    short = json.loads(matcalc.diff("w·x + b", ["w", "b"]).json())
    assert "shared" not in short


def test_code_computes_all() -> None:
    text, names, where = network(4, "tanh")
    answers = matcalc.gradient(text, names, where)
    at = values_of(names)
    value, *gradients = answers.compile(value_and=True)(**at)
    np.testing.assert_allclose(value, matcalc.parse(text, where).evaluate(**at))
    for derivative, gradient in zip(answers.values(), gradients, strict=True):
        np.testing.assert_allclose(gradient, derivative.evaluate(**at), rtol=1e-9)
    assert answers.code("jax").count("jnp.tanh") == 4


def test_missing_variables_are_warned_of_once() -> None:
    found = command("diff", "x^2", "--wrt", "x,b", "--where", "x, b: scalar")
    assert found.out.startswith("x: 2*x\n")
    assert found.err == "warning[W201]: the formula does not contain b: the derivative is zero\n"


def test_blocks_of_a_hessian_share_parts() -> None:
    text = "; ".join([*[f"z{k} = sin(z{k - 1} + {k}*x*y)" for k in range(1, 9)], "z8*y"])
    blocks = matcalc.hessian(text, ["x", "y"], "x, y, z0: scalar")
    assert blocks.program is not None
    found = shown(blocks)
    parts, texts = found.parts, found.answers
    header = "; ".join([f"{name} = {part}" for name, part in parts])
    at = {"x": 0.3, "y": -0.7, "z0": 0.2}
    for block, text_ in zip(blocks.values(), texts, strict=True):
        again = matcalc.parse(f"{header}; {text_}", "x, y, z0: scalar").evaluate(**at)
        np.testing.assert_allclose(again, block.evaluate(**at), rtol=1e-9)


@examples(40)
@given(formulas(), SEEDS, LAYOUT)
def test_programs_of_several_answers_read_back(text: str, seed: int, layout: Any) -> None:
    names = [name for name in VARIABLES if name in words(text)]
    assume(len(names) > 1)
    try:
        answers = matcalc.diff(text, names, WHERE, layout)
    except MatcalcError:
        assume(False)
    expressions = [derivative.expression for derivative in answers.values()]
    parts, texts = program_text(program(expressions, answers.formula.naming))
    header = "".join([f"{name} = {part}; " for name, part in parts])
    at = point(seed)
    for derivative, answer in zip(answers.values(), texts, strict=True):
        again = matcalc.parse(header + answer, WHERE)
        given_ = at.values | {name: at.sizes[name] for name in at.sizes}
        with np.errstate(all="ignore"):
            wanted = derivative.evaluate(**given_)
            np.testing.assert_allclose(again.evaluate(**given_), wanted, rtol=1e-7, atol=1e-9)
    joint = joint_program([expressions], answers.formula.naming)
    assert joint is None or joint.size * 2 < sum(
        [program([e], answers.formula.naming).size for e in expressions]
    )


def test_a_thousand_layers() -> None:
    text, names, where = network(1000)
    answers = matcalc.gradient(text, names, where)
    found = shown(answers)
    parts, texts = found.parts, found.answers
    assert len(parts) == 2000
    assert len(str(answers)) < 120_000
    header = " ".join([f"{name} = {part};" for name, part in parts])
    at = {name: 0.8 * value for name, value in values_of(names).items()}
    first = matcalc.parse(f"{header} {texts[0]}", where).evaluate(**at)
    _, *gradients = answers.compile(value_and=True)(**at)
    np.testing.assert_allclose(gradients[0], first, rtol=1e-9, atol=1e-300)
    assert len(gradients) == 2001


def test_matrices_of_one_column_keep_their_shape() -> None:
    where = "X: matrix(n, N); A: matrix(m, n); B: matrix(1, m); C: matrix(p, 1); D: matrix(3, p)"
    text = "sum((D*arctan(C*arctan(B*arctan(A*X)))).^2)"
    for layout in ("numerator", "mixed", "denominator"):
        answers = matcalc.diff(text, ["X", "D", "C", "B", "A"], where, layout)  # type: ignore[call-overload]
        found = shown(answers)
        parts, texts = found.parts, found.answers
        header = "".join([f"{name} = {part}; " for name, part in parts])
        for derivative, answer in zip(answers.values(), texts, strict=True):
            assert matcalc.parse(header + answer, where).shape == derivative.shape
