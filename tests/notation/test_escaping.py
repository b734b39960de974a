"""Plain text in LaTeX and Markdown: no character gets through as a command."""

import re

from hypothesis import given
from hypothesis import strategies as st

from matcalc.notation.escaping import latex_escaped, markdown_escaped

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
