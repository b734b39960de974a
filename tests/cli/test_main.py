"""The command line: what it prints where, and how it exits."""

import json
import os
from pathlib import Path

import pytest

from matcalc import __version__
from matcalc.calculus.layouts import LAYOUTS
from matcalc.cli.commands import COMMANDS, LAYOUT
from tests.cli.command import command

NEURON = "max(0, w·x + b)"


def test_answer_is_the_first_line() -> None:
    outcome = command("diff", NEURON, "--wrt", "w")
    assert outcome.code == 0
    assert not outcome.err
    assert outcome.out.splitlines() == [
        "[w·x + b > 0]*x'",
        "  layout: numerator, shape (1, n)",
        "  assumed: w, x: vector(n); b: scalar",
        "  W401: not differentiable where w·x + b == 0; there the slope of max is taken as 0",
    ]


def test_several_variables_are_told_apart() -> None:
    for words in (["--wrt", "w,b"], ["--wrt", "w", "--wrt", "b"], ["--wrt=w, b"]):
        lines = command("diff", NEURON, *words).out.splitlines()
        assert lines[0] == "w: [w·x + b > 0]*x'"
        assert "b: [w·x + b > 0]" in lines
        assert lines[-1] == "assumed: w, x: vector(n); b: scalar"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["-x'*x", "--wrt", "x"], "-2*x'"),
        (["--wrt", "x", "--", "--x'*x"], "2*x'"),
        (["--wrt=x", "x'*A*x", "--where=A: symmetric(n)", "--layout=mixed"], "2*A*x"),
        (["x'*A*x", "--wrt", "A[1,2]"], "x[1]*x[2]"),
        (["x'*A*x", "--wrt", "A[1,2],x", "--layout", "denominator"], "A[1,2]: x[1]*x[2]"),
        (["x'*A*x", "--wrt", "x", "--order", "2", "--where", "A: symmetric(n)"], "2*A"),
        (["x'*y", "--wrt", "x", "--where", "x: vector(3)", "--where", "y: vector(3)"], "y'"),
    ],
)
def test_options_and_operands(words: list[str], first: str) -> None:
    outcome = command("diff", *words)
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, first)


def test_the_value_of_a_flag_stands_behind_an_equals_sign() -> None:
    outcome = command("diff", "logdet(S)", "--wrt", "S", "--structure", "cookbook")
    assert (outcome.code, outcome.err.splitlines()[-1]) == (2, "  = hint: --structure=cookbook")


def test_notation_is_said_where_it_is_not_plain() -> None:
    words = ["A*X*B", "--wrt", "X", "--where", "A: matrix(m, n); X: matrix(n, p); B: matrix(p, q)"]
    assert command("diff", *words).out.splitlines() == [
        "unvec(B' ⊗ A, m, q, n, p)",
        "  layout: numerator, shape (m, q, n, p), notation: kronecker",
        "  inside unvec stands ∂vec(Y)/∂vec(X)ᵀ",
    ]
    assert command("diff", *words, "--notation", "kronecker").out.splitlines() == [
        "B' ⊗ A",
        "  layout: numerator, shape (m*q, n*p), notation: kronecker",
        "  flattened: ∂vec(Y)/∂vec(X)ᵀ",
    ]
    entries = command("diff", *words, "--notation=index", "--layout=denominator").out.splitlines()
    assert entries[1] == "  layout: denominator, shape (n, p, m, q), notation: index"
    plain = command("diff", *words, "--notation=matrix")
    assert (plain.code, plain.out) == (2, "")
    assert "error[E403]: this derivative has no matrix notation" in plain.err
    (answer,) = json.loads(command("diff", *words, "--format=json").out)["derivatives"]
    assert (answer["notation"], answer["shape"]) == ("kronecker", ["m", "q", "n", "p"])
    ascii_ = command("diff", *words, "--layout=denominator", encoding="ascii").out.splitlines()
    assert ascii_[0] == "unvec(kron(B, A'), n, p, m, q)"
    assert ascii_[2] == "  inside unvec stands d vec(Y)/d vec(X)', transposed"


def test_formula_from_standard_input() -> None:
    outcome = command("diff", "-", "--wrt", "x", stdin=b"\xef\xbb\xbfx'*x\r\n")
    assert outcome.out.splitlines()[0] == "2*x'"


def test_formula_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "formula.txt"
    file.write_text("\ufeffz = A*x - y;\nz'*z\n", "utf-8")
    assert command("diff", "--file", str(file), "--wrt", "x").out.startswith("2*(A*x - y)'*A\n")


def test_latex() -> None:
    plain = command("diff", NEURON, "--wrt", "w", "--format", "latex").out.splitlines()
    assert plain[0].endswith(r"\mathbf{x}^{\top}")
    assert all(line.startswith("% ") for line in plain[1:])
    cases = command("diff", NEURON, "--wrt", "w", "--format", "latex", "--cases").out
    assert r"\begin{cases}" in cases


def test_json() -> None:
    outcome = command("diff", NEURON, "--wrt", "w,b", "--format", "json")
    record = json.loads(outcome.out)
    assert (record["schema"], record["ok"], record["formula"]) == (1, True, NEURON)
    assert record["assumed"] == ["w, x: vector(n)", "b: scalar"]
    by_w, by_b = record["derivatives"]
    assert (by_w["text"], by_w["shape"]) == ("[w·x + b > 0]*x'", ["1", "n"])
    assert by_w["notes"][0]["code"] == "W401"
    assert by_b["wrt"] == "b"


def test_variable_that_does_not_occur_is_warned_of() -> None:
    outcome = command("diff", "x'*x", "--wrt", "w", "--where", "x, w: vector(n)")
    assert outcome.code == 0
    assert outcome.out.startswith("zeros(1, n)\n")
    assert "warning[W201]" in outcome.err


def test_ascii_streams_get_ascii() -> None:
    outcome = command("diff", NEURON, "--wrt", "w", encoding="ascii")
    assert outcome.out.startswith("[dot(w, x) + b > 0]*x'\n")
    greek = command("diff", "sum(λ*x)", "--wrt", "x", encoding="ascii")
    assert greek.code == 0
    assert greek.out.isascii()
    assert command("diff", "λ*λ'*x", "--wrt", "q", encoding="ascii").err.isascii()


USAGE_ERRORS = [
    (["dif", "x'*x"], "E703", "diff"),
    (["x'*x", "--wrt", "x"], "E703", "matcalc diff"),
    (["--wrt", "x"], "E701", "--help"),
    (["diff", "x'*x"], "E701", "--wrt x"),
    (["diff", "--wrt", "x"], "E701", "matcalc diff"),
    (["diff", "x'*x", "--wrt"], "E701", "--wrt NAMES"),
    (["diff", "x'*x", "--wrt", "--where"], "E701", "--wrt NAMES"),
    (["diff", "x'*x", "--wtr", "x"], "E701", "--wrt"),
    (["diff", "--x'*x", "--wrt", "x"], "E701", "put --"),
    (["diff", "x'*x", "y", "--wrt", "x"], "E701", "quote"),
    (["diff", "x'*x", "--wrt", "x", "--cases=1"], "E701", ""),
    (["diff", "x'*x", "--wrt", "x", "--format", "yaml"], "E702", "text, latex, json"),
    (["diff", "x'*x", "--wrt", "x", "--layout", "nominator"], "E702", "numerator"),
    (["diff", "x'*x", "--wrt", "x", "--order", "two"], "E702", "--order 1"),
    (["diff", "x'*x", "--wrt", "x", "--order", "0"], "E702", "1 to 10"),
    (["diff", "x'*x", "--wrt", "x", "--layout", "mixed", "--layout", "mixed"], "E701", ""),
    (["diff", "x'*x", "--wrt", ""], "E701", "x[2]"),
    (["diff", "x'*x", "--wrt", "x,,y"], "E701", "x[2]"),
    (["diff", "x'*x", "--wrt", "x", "--file", "f"], "E701", "one of them"),
    (["diff", "--file", "/nowhere/f", "--wrt", "x"], "E704", ""),
    (["diff", "--file", "a\0b", "--wrt", "x"], "E704", ""),
    (["diff", "--file", "/dev/zero", "--wrt", "x"], "E503", ""),
    (["diff", "\udcff", "--wrt", "x"], "E604", ""),
    (["batch"], "E701", ""),
    (["batch", "/nowhere/f"], "E704", ""),
    (["check", "x'*x", "--wrt", "x", "--seed", "abc"], "E70", ""),
]


@pytest.mark.parametrize(("words", "code", "hint"), USAGE_ERRORS, ids=lambda v: repr(v)[:60])
def test_usage_errors(words: list[str], code: str, hint: str) -> None:
    outcome = command(*words)
    assert outcome.code == 2
    assert not outcome.out
    assert f"error[{code}" in outcome.err
    assert hint in outcome.err


def test_binary_input_is_refused() -> None:
    outcome = command("diff", "-", "--wrt", "x", stdin=bytes.fromhex("7f454c4600ff"))
    assert outcome.code == 2
    assert "error[E604]" in outcome.err


def test_errors_as_json() -> None:
    for words in (["x*A*x'", "--format", "json"], ["x*A*x'", "--format=json"]):
        outcome = command("diff", *words, "--wrt", "x")
        assert outcome.code == 2
        assert not outcome.err
        record = json.loads(outcome.out)
        assert (record["schema"], record["ok"]) == (1, False)
        assert {"code", "message", "source", "line", "column", "length", "hint"} == set(
            record["error"]
        )


def test_help_and_version() -> None:
    assert command("--version").out == f"matcalc {__version__}\n"
    assert command("--help").code == command("-h").code == 0
    for name, known in COMMANDS.items():
        outcome = command(name, "--help")
        assert outcome.code == 0
        assert known.examples[0] in outcome.out
        for option in known.options:
            assert f"--{option.name}" in outcome.out
    outcome = command()
    assert outcome.code == 2
    assert "usage: matcalc" in outcome.err


def test_help_is_no_help_behind_dashes() -> None:
    assert command("diff", "--wrt", "x", "--", "-h'*x").out.splitlines()[0] == "-h'"


def test_layouts_are_the_engine_s() -> None:
    assert LAYOUT.choices == LAYOUTS


def test_batch(tmp_path: Path) -> None:
    file = tmp_path / "batch.txt"
    file.write_text("x'*x | x\nx*A*x' | x\n\n# a remark\nx'*A*x | x | A: symmetric(n)\nsum(x)\n")
    outcome = command("batch", str(file))
    assert outcome.code == 2
    answers = [line for line in outcome.out.splitlines() if not line.startswith(" ")]
    assert answers == ["1: 2*x'", "5: 2*x'*A"]
    assert "2: error[E301]" in outcome.err
    assert "6: error[E701]" in outcome.err
    records = [
        json.loads(line) for line in command("batch", str(file), "--format=json").out.splitlines()
    ]
    assert [(r["line"], r["ok"]) for r in records] == [(1, True), (2, False), (5, True), (6, False)]


def test_batch_of_good_lines_exits_with_0() -> None:
    assert command("batch", "-", stdin=b"x'*x | x\r\nx'*y | x, y\r\n").code == 0


def test_internal_errors_are_reported_not_thrown(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from matcalc.cli.main import main
    from matcalc.interface import functions

    def broken(*arguments: object, **options: object) -> None:
        raise KeyError("\x1b[31m")

    monkeypatch.setattr(functions, "together", broken)
    out, err = io.StringIO(), io.StringIO()
    assert main(["diff", "x", "--wrt", "x"], None, out, err) == 3
    assert "error[E901]: internal error: KeyError at test_main.py" in err.getvalue()
    assert "\x1b" not in err.getvalue()


def test_environment_is_left_alone() -> None:
    before = dict(os.environ)
    command("diff", NEURON, "--wrt", "w")
    assert dict(os.environ) == before


def test_verification() -> None:
    outcome = command("diff", NEURON, "--wrt", "w,b", "--verify")
    assert outcome.code == 0
    by_w, by_b = outcome.out.splitlines()[-2:]
    assert by_w.startswith("w: SymPy agrees in all ")
    assert by_b.startswith("b: SymPy agrees in all ")
    record = json.loads(command("diff", NEURON, "--wrt=w", "--verify", "--format=json").out)
    assert record["derivatives"][0]["verification"]["ok"] is True
    assert command("diff", NEURON, "--wrt=w", "--verify", "--format=latex").code == 2


@pytest.mark.parametrize(
    ("verdicts", "code"), [([True, True], 0), ([True, None], 3), ([None, False], 1)], ids=str
)
def test_exit_code_of_verification(
    verdicts: list[bool | None], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matcalc.checking import verification

    rest = iter(verdicts)

    def verify(derivative: object) -> verification.Verification:
        return verification.Verification(next(rest), (), 0, "", "as told")

    monkeypatch.setattr(verification, "verify", verify)
    assert command("diff", NEURON, "--wrt", "w,b", "--verify").code == code
