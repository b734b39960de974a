"""Plain text in LaTeX and Markdown: no character gets through as a command."""

import re

from hypothesis import given
from hypothesis import strategies as st

from matcalc.derivation.outline import References
from matcalc.notation.escaping import latex_escaped, markdown_escaped, markup_escaped
from matcalc.notes.html import document

COMMANDS = re.compile(
    r"\\(textbackslash|textasciicircum|textasciitilde|dots)\{\}|\\[{}$&#%_]|\$[^$]*\$"
    r"|\\[`'^~\"=.uvrcHk]\{\\?[A-Za-z]?\}|\\(ss|o|O|ae|AE|l|L|i)\{\}"
)


@given(st.text())
def test_no_text_brings_tex_of_its_own(text: str) -> None:
    latex = latex_escaped(text)
    assert latex.isascii()
    assert not re.search(r"[\\$&#%^_~]", COMMANDS.sub("", latex)), latex
    assert "\n" not in latex


@given(st.text())
def test_no_text_brings_markdown_of_its_own(text: str) -> None:
    shown = markdown_escaped(text)
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]|$~#]", re.sub(r"\\.", "", shown)), shown
    assert not re.search(r"[<>\n]", shown)


def test_letters_of_many_languages() -> None:
    assert latex_escaped("Gauß, Poincaré, Łojasiewicz, Erdős, λ") == (
        r"Gau\ss{}, Poincar\'{e}, \L{}ojasiewicz, Erd\H{o}s, $\lambda$"
    )


@given(st.text())
def test_no_text_brings_markup_or_controls_of_its_own(text: str) -> None:
    shown = markup_escaped(text)
    assert shown.isprintable()
    assert not re.search(r"[<>\"']|&(?!(amp|lt|gt|quot|#x27);)", shown)


HOSTILE = "a\x1b]0;t\x07<script>alert(1)</script>\u202e&\"'"


def test_the_title_of_a_page_is_text() -> None:
    page = document([], References(), HOSTILE)
    assert "<script>" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
