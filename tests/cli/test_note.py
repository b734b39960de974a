"""The command note: files of formulas, one formula, formats by name, and hostile titles."""

import os
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
        (["-"], "x'*x | x\nx*A*x' | x\n", "line 2: "),
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


NOTE = ["note", "x'*x", "--wrt", "x", "-o"]


def test_a_file_is_replaced_on_request_only(tmp_path: Path) -> None:
    path = tmp_path / "n.md"
    path.write_text("mine", "utf-8")
    path.chmod(0o640)
    outcome = command(*NOTE, str(path))
    assert (outcome.code, path.read_text("utf-8")) == (2, "mine")
    assert "E706" in outcome.err
    assert "--force" in outcome.err
    assert command(*NOTE, str(path), "--force").code == 0
    assert path.read_text("utf-8").startswith("# ")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["n.md"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    link = tmp_path / "n.md"
    for target in (outside, tmp_path / "nowhere"):
        outside.write_text("mine", "utf-8")
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert "E706" in command(*NOTE, str(link)).err
        assert command(*NOTE, str(link), "--force").code == 0
        assert not link.is_symlink()
        assert outside.read_text("utf-8") == "mine"
        assert not (tmp_path / "nowhere").exists()


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    file, link, hard = (tmp_path / name for name in ("in.txt", "link.txt", "hard.txt"))
    file.write_text(LINES, "utf-8")
    link.symlink_to(file)
    hard.hardlink_to(file)
    for path in (file, link, hard, tmp_path / ".." / tmp_path.name / "in.txt"):
        outcome = command("note", str(file), "-o", str(path), "--force")
        assert (outcome.code, file.read_text("utf-8")) == (2, LINES)
        assert "E706" in outcome.err


def test_the_file_stays_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "n.md"
    path.write_text("mine", "utf-8")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    outcome = command(*NOTE, str(path), "--force")
    assert (outcome.code, path.read_text("utf-8")) == (2, "mine")
    assert "E705" in outcome.err
    assert [file.name for file in tmp_path.iterdir()] == ["n.md"]


@pytest.mark.parametrize("path", ["/dev/full", "/no/such/folder/n.md", "/dev", "a\0b", ""])
def test_what_cannot_be_written(path: str) -> None:
    outcome = command(*NOTE, path)
    assert outcome.code == 2
    assert "E705" in outcome.err


def test_a_dash_is_standard_output() -> None:
    outcome = command(*NOTE, "-", "--format", "markdown")
    assert outcome.code == 0
    assert outcome.out.startswith("# ")


def test_pipes_do_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcalc.cli.inputs.WAIT", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "E705" in command(*NOTE, str(pipe)).err
    assert "E704" in command("diff", "--file", str(pipe), "--wrt", "x").err
    with open(pipe, "r+b", buffering=0) as both:
        both.write(b"x'*x")
        assert "nothing is written" in command("diff", "--file", str(pipe), "--wrt", "x").err
