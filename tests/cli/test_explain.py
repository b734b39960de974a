"""The command explain: its formats, manners, products with a Jacobian, and refusals."""

import json

import pytest

from matcalc.cli.commands import EXPLAIN
from matcalc.cli.explain import FORMATS
from matcalc.pictures.drawing import FORMATS as PICTURES
from tests.cli.command import command

NEURON = "max(0, w·x + b)"


def test_several_variables_are_derived_one_after_another() -> None:
    outcome = command("explain", NEURON, "--wrt", "w,b")
    assert outcome.code == 0
    first, second = outcome.out.split("\n\n\n")
    assert first.startswith("Derivative by w: y = max(0, w·x + b)\n")
    assert "path: w → u1 → u2 → y" in first
    assert "∂y/∂w = [w·x + b > 0]*x'" in first
    assert second.startswith("Derivative by b")
    assert "single-variable chain rule" in second


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_printed(name: str) -> None:
    outcome = command("explain", "w·x", "--wrt", "w", "--format", name)
    assert (outcome.code, outcome.err) == (0, "")
    assert "dot product" in outcome.out or name in PICTURES
    assert "w" in outcome.out


def test_the_formats_are_those_of_the_option() -> None:
    (option,) = [option for option in EXPLAIN.options if option.name == "format"]
    assert option.choices == tuple(FORMATS)


def test_json_is_that_of_diff_with_derivations() -> None:
    record = json.loads(command("explain", NEURON, "--wrt=w,b", "--format=json").out)
    plain = json.loads(command("diff", NEURON, "--wrt=w,b", "--format=json").out)
    assert record["schema"] == 1
    for explained, answered in zip(record["derivatives"], plain["derivatives"], strict=True):
        assert explained.pop("derivation")["answer"]["text"] == answered["text"]
        assert explained == answered


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["W*X", "--wrt", "W", "--upstream", "G"], "δW = G*X'"),
        (["W*X", "--wrt", "W", "--tangent", "V"], "dy = V*X"),
        (["norm2(A*x)^2", "--wrt=x", "--manner=backward"], "Backward from the result"),
        (["norm2(A*x)^2", "--wrt=x", "--manner", "differentials"], "first identification theorem"),
        (["w·x", "--wrt", "w", "--detail", "full"], "u1 = w .* x"),
        (["x'*A*x", "--wrt", "x", "--order", "2"], "Second derivative"),
        (["x'*A*x", "--wrt", "x", "--layout", "mixed"], "∇y = "),
        (["x'*x", "--wrt", "x[2]"], "Derivative by x[2]"),
    ],
)
def test_options(words: list[str], shown: str) -> None:
    outcome = command("explain", *words)
    assert outcome.code == 0
    assert shown in outcome.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["w·x"], "E701"),
        (["w·x", "--wrt", "v"], "E201"),
        (["w·x", "--wrt", "w", "--manner", "magic"], "E702"),
        (["w·x", "--wrt", "w", "--format", "word"], "E702"),
        (["w·x", "--wrt", "w", "--upstream", "g", "--tangent", "v"], "E701"),
        (["w·x", "--wrt", "w", "--upstream", "g", "--order", "2"], "E701"),
        (["w*x", "--wrt", "w", "--where", "w, x: vector(n)"], "E301"),
    ],
)
def test_refusals(words: list[str], code: str) -> None:
    outcome = command("explain", *words)
    assert outcome.code == 2
    assert f"error[{code}]" in outcome.err
    record = json.loads(command("explain", *words, "--format=json").out or "{}")
    assert record.get("ok", False) is False


def test_narrow_encodings_get_ascii() -> None:
    assert command("explain", NEURON, "--wrt", "w", encoding="ascii").out.isascii()
    page = command("explain", NEURON, "--wrt", "w", "--format=html", encoding="ascii").out
    assert page.isascii()
    assert "\\u" not in page
    assert "<mi>&#119856;</mi>" in page
