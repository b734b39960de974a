"""The README tells the truth: its commands print what it says, its lists are complete."""

import doctest
import re
from pathlib import Path

import matcalc
from matcalc.expressions.functions import ALIASES, NAMES
from tools.update_outputs import README, ROOT, function_list, output, updated_readme

TEXT = README.read_text("utf-8")


def test_outputs_and_lists_are_up_to_date() -> None:
    assert updated_readme(TEXT) == TEXT, "run python tools/update_outputs.py, look, commit"


def test_python_examples() -> None:
    parser = doctest.DocTestParser()
    test = parser.get_doctest(TEXT, {}, "README.md", "README.md", 0)
    assert test.examples
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test).failed == 0


def test_first_command() -> None:
    first = re.search(r"^    pip install \. && (matcalc diff .*)$", TEXT, re.MULTILINE)
    assert first
    assert output(first[1]).splitlines()[0] == "[w·x + b > 0]*x'"


def test_test_command_is_what_ci_runs() -> None:
    command = "pip install '.[test]' && python -m pytest"
    assert f"    {command}\n" in TEXT
    assert f"\n{command} ||" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_function_is_listed() -> None:
    listed = set(re.findall(r"\w+", "\n".join(function_list())))
    assert listed >= NAMES | set(ALIASES)


def test_version_is_in_the_changelog() -> None:
    assert f"\n## {matcalc.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_relative_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        if "://" not in target:
            assert (ROOT / Path(target)).exists(), target
