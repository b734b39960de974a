"""The pytest plugin: what is collected, and what a failure shows."""

from importlib.metadata import entry_points

import numpy  # noqa: F401  # inner runs forget what they import, and this loads only once
import pytest

pytest_plugins = ["pytester"]

RIGHT = "where: x: scalar\ny = x^2\ndy/dx = 2*x\n"
WRONG = "where: x: scalar\ny = x^2\ndy/dx = 3*x\n"
BLOCKS = f"# Notes\n\n```matcalc\n{RIGHT}```\n\n```matcalc\n{WRONG}```\n"


@pytest.fixture
def files(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".mc", good=RIGHT, bad=WRONG, empty="# nothing")
    pytester.makefile(".md", notes=BLOCKS)
    return pytester


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """Run pytest with the plugin, which an installed copy brings along."""
    installed = entry_points(group="pytest11", name="matcalc")
    plugin = () if installed else ("-p", "matcalc.pytest_plugin")
    return pytester.runpytest_inprocess(*plugin, *words)


def test_derivations_are_tests(files: pytest.Pytester) -> None:
    result = run(files)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*bad.mc:3: wrong: dy/dx = 3?x*",
            "*|         ^^^*",
            "*empty.mc: there is nothing to check*",
        ]
    )


@pytest.mark.parametrize("words", [("--matcalc",), ("-o", "matcalc_markdown=true")])
def test_markdown_on_request(files: pytest.Pytester, words: tuple[str, ...]) -> None:
    result = run(files, "notes.md", *words)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*notes.md:12: wrong: dy/dx = 3?x*"])


def test_markdown_is_left_alone_otherwise(files: pytest.Pytester) -> None:
    run(files, "--collect-only", "-q").stdout.no_fnmatch_line("*notes*")
