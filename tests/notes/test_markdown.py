"""Markdown: mathematics that GitHub's, Jupyter's and Pandoc's readers leave as it is."""

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from matcalc import note
from matcalc.notes.markdown import mathematics
from tests.notes.derivations import of_cases, sample

NOT_ON_GITHUB = (r"\operatorname", r"\phantom", r"\mbox", r"\def", r"\newcommand", r"\tag")

MATHEMATICS = [
    (r"a_{1} \\ b", r"a _{1} \cr b"),
    (r"\left\|x\right\|_2", r"\left\Vert x\right\Vert  _2"),
    (r"\left|a\right|", r"\left\vert a\right\vert "),
    (r"\operatorname{log\_softmax}(x)", r"\mathop{\mathrm{log\ softmax}}(x)"),
    (r"\operatorname{sum}_{a}(x)", r"\mathop{\mathrm{sum}}\nolimits _{a}(x)"),
    (r"x \, \mathrm{relu}(x)", r"x \  \mathrm{relu}(x)"),
]


@pytest.mark.parametrize(("latex", "shown"), MATHEMATICS)
def test_mathematics(latex: str, shown: str) -> None:
    assert mathematics(latex) == shown


def displays(text: str) -> list[str]:
    """Return the displayed formulas; each has its own lines between lines of $$."""
    parts = re.split(r"^\$\$$", text, flags=re.MULTILINE)
    assert len(parts) % 2
    return parts[1::2]


def test_nothing_in_mathematics_is_a_mark_of_markdown() -> None:
    text = note([*sample(), *of_cases(5)], "markdown")
    found = displays(text) + re.findall(r"(?<!\\)\$(?!\$)([^$\n]+)\$", text)
    assert len(found) > 500
    for latex in found:
        assert not re.search(r"\\[^A-Za-z\s]", latex), latex
        assert not re.search(r"[^ ]_|[*`~|<>](?! )", latex), latex
        assert "](" not in latex
        assert not any(command in latex for command in NOT_ON_GITHUB), latex
        assert latex.count("{") == latex.count("}")
        for line in latex.split("\n"):
            assert not re.match(r"\s*([-+#>=]|\d+[.)])(\s|$)", line), line


def test_a_reader_of_markdown_leaves_mathematics_as_it_is() -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    text = note([*sample(), *of_cases(5)], "markdown")
    found = [f"$${latex}$$" for latex in displays(text)]
    found += re.findall(r"(?<!\\)(?<!\$)\$[^$\n]+\$(?!\$)", text)
    for latex in found:
        read = unescape(re.sub(r"</?p>", "", reader.render(latex)))
        assert read.split() == latex.split()


def test_displays_stand_between_empty_lines() -> None:
    lines = note(sample(), "markdown").split("\n")
    marks = [number for number, line in enumerate(lines) if line == "$$"]
    for opening, closing in zip(marks[::2], marks[1::2], strict=True):
        assert not lines[opening - 1]
        assert not lines[closing + 1]
        assert all(lines[opening + 1 : closing])
