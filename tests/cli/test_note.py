"""The command note: files of formulas, one formula, formats by name, and hostile titles."""

from pathlib import Path

import pytest

from tests.cli.command import command

LINES = "# two formulas\nx'*A*x | x,A\n\nlogdet(X) | X | X: spd(n)\n"


def test_a_file_becomes_one_document(tmp_path: Path) -> None:
    file = tmp_path / "formulas.txt"
    file.write_text(LINES, "utf-8")
    outcome = command("note", str(file), "--title", "Two formulas")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count(r"\section*{Derivative") == 3
    assert "Two formulas" in outcome.out
    assert command("note", "-", "--title", "Two formulas", stdin=LINES.encode()).out == outcome.out


@pytest.mark.parametrize(
    ("name", "begin"), [("n.tex", "\\documentclass"), ("n.md", "# "), ("n.html", "<!DOCTYPE html>")]
)
@pytest.mark.parametrize("option", ["-o", "--output"])
def test_the_output_s_name_tells_the_format(
    tmp_path: Path, name: str, begin: str, option: str
) -> None:
    path = tmp_path / name
    outcome = command("note", "x'*x", "--wrt", "x", option, str(path))
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert path.read_text("utf-8").startswith(begin)


@pytest.mark.parametrize("name", ["html", "markdown", "latex"])
@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", '" onmouseover="alert(1)', r"\immediate\write18{touch x}"],
)
def test_hostile_titles(name: str, title: str) -> None:
    words = ["x'*x", "--wrt", "x", "--where", "x: vector(n)", "--format", name, "--title", title]
    outcome = command("note", *words)
    assert outcome.code == 0
    assert "<script>alert" not in outcome.out
    if name == "html":
        assert '" onmouseover="' not in outcome.out
    if name == "latex":
        assert r"\write" not in outcome.out


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        ([], "", "error[E701]"),
        (["no-such-file"], "", "error[E704]"),
        (["-"], "\n# nothing\n", "error[E701]"),
        (["-"], "x'*x | x\nx*x | x\n", "line 2: "),
        (["-"], "x'*x\n", "line 1: "),
        (["-", "--where", "x: vector(n)"], "x'*x | x", "error[E701]"),
        (["x'*x", "--wrt", "x", "-o", "/no/such/folder/n.tex"], "", "error[E705]"),
    ],
)
def test_refusals(words: list[str], stdin: str, message: str) -> None:
    outcome = command("note", *words, stdin=stdin.encode())
    assert outcome.code == 2
    assert not outcome.out
    assert message in outcome.err
