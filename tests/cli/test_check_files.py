"""The command `matcalc check` for files: exit codes, places, and JSON."""

import json
from pathlib import Path

import pytest

from tests.cli.command import command

RIGHT = "u = x^2\ny = sin(u)\ndy/dx = cos(u)*2*x\n"


def written(folder: Path, text: str, name: str = "notes.mc") -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (RIGHT, (), 0),
        (RIGHT.replace("2*x", "3*x"), (), 1),
        (RIGHT.replace("2*x", "2*q"), (), 2),
        (RIGHT.replace("2*x", "2*q") + "du/dx = 3*x", (), 1),
        ("y = where(abs(x - 1/3) < 1e-9, x, 0)\ndy/dx = 0", (), 3),
        ("where: x: vector(n)\ny = sum(tanh(x))\n∂y/∂x = (1/cosh(x)^2)'", ("--strict",), 3),
        ("y = a*x^2\n∇y = 2*a*x", ("--wrt", "x"), 0),
        ("where: x: vector(n)\ny = x'*x\n∂y/∂x = 2*x", ("--layout", "denominator"), 0),
        ("# nothing", (), 2),
    ],
)
def test_exit_codes(tmp_path: Path, text: str, options: tuple[str, ...], code: int) -> None:
    where = () if "where" in text[:5] else ("--where", "x, a: scalar")
    outcome = command("check", written(tmp_path, text), *where, *options)
    assert outcome.code == code, outcome


def test_ways_to_name_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT)
    where = ("--where", "x: scalar")
    expected = command("check", path, *where).out
    assert expected.startswith(f"{path}:3: right (")
    assert command("check", "--file", path, *where).out == expected
    from_stream = command("check", "-", *where, stdin=RIGHT.encode())
    assert from_stream.out == expected.replace(path, "standard input")
    assert command("check", path, "--file", path).code == 2


def test_with_a_claim_a_file_holds_the_formula(tmp_path: Path) -> None:
    path = written(tmp_path, "x'*x")
    assert command("check", "--file", path, "--wrt", "x", "--claim", "2*x'").code == 0


def test_a_file_that_is_missing() -> None:
    outcome = command("check", "no_such_file.mc")
    assert outcome.code == 2
    assert "E704" in outcome.err


def test_json(tmp_path: Path) -> None:
    path = written(tmp_path, "```matcalc\ny = x'*x\n∂y/∂x = 3*x' = 2*q'\n```\n", "notes.md")
    outcome = command("check", path, "--format", "json")
    record = json.loads(outcome.out)
    assert (record["schema"], record["ok"], record["file"]) == (1, False, path)
    wrong, unread = record["findings"]
    assert (wrong["outcome"], wrong["line"], wrong["left"], wrong["right"]) == (
        "wrong", 3, "∂y/∂x", "3*x'",
    )  # fmt: skip
    assert wrong["verdict"]["slip"] == "constant factor"
    assert (unread["outcome"], unread["error"]["code"]) == ("unread", "E801")


def test_nothing_controls_the_terminal(tmp_path: Path) -> None:
    outcome = command("check", written(tmp_path, "y = x'*x\n∂y/∂x = \x1b[31m2*x'"))
    assert outcome.code == 2
    assert "\x1b" not in outcome.out


def test_on_an_ascii_terminal(tmp_path: Path) -> None:
    outcome = command("check", written(tmp_path, "y = x'*x\n∂y/∂x = x'"), encoding="ascii")
    assert outcome.code == 1
    assert "wrong" in outcome.out


def test_help() -> None:
    assert "Markdown" in command("check", "--help").out
    assert "check FILE" in command("--help").out
