"""Displays of LaTeX documents: which there are, and their equations."""

import pytest

from matcalc.documents.latex import displays


def chains(text: str) -> list[list[list[str]]]:
    found = []
    for derivation in displays(text, text, 0):
        found.append([[" ".join(s.text.split()) for s in chain] for chain in derivation.chains])
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\[ y = x^2. \] and $$ z = x, $$", [[["y", "x^2"]], [["z", "x"]]]),
        (r"\begin{align} y &= a \\ &= b \\ z &= c \end{align}", [[["y", "a", "b"], ["z", "c"]]]),
        (r"\begin{align*} y &= a \\ &\quad + b \end{align*}", [[["y", r"a \quad + b"]]]),
        (r"\begin{align} y &= a, & z &= b \\ v &=c&\quad w &= d \end{align}",
         [[["y", "a"], ["z", "b"], ["v", "c"], ["w", "d"]]]),
        (r"\begin{eqnarray} y &=& a \\ &=& b \end{eqnarray}", [[["y", "a", "b"]]]),
        (r"\[ y = a, \qquad z = b \]", [[["y", "a"], ["z", "b"]]]),
        (r"\begin{equation}\label{eq} y = a \nonumber \end{equation}", [[["y", "a"]]]),
        (r"\[ y = \begin{cases} 0 & z = 0 \\ 1 & z > 0 \end{cases} \]",
         [[["y", r"\begin{cases} 0 & z = 0 \\ 1 & z > 0 \end{cases}"]]]),
        (r"\[ x^2 \]", []),
        (r"% \[ y = 1 \]", []),
        (r"\begin{verbatim} \[ y = 1 \] \end{verbatim}", []),
        (r"\end{document} \[ y = 1 \]", []),
        (r"\[ y = 1", []),
        (r"\\[2pt] y = 1 \]", []),
        (r"\begin{align} y &= 1 \end{align*}", []),
    ],
)  # fmt: skip
def test_displays(text: str, expected: list[list[list[str]]]) -> None:
    assert chains(text) == expected


def test_declarations_stand_in_comments() -> None:
    text = "% where: x: scalar\n\\[ y = x \\]\n% where: z: scalar\n\\[ y = z \\]"
    settings = [[s.value.text for s in d.settings] for d in displays(text, text, 0)]
    assert settings == [["x: scalar"], ["x: scalar", "z: scalar"]]


@pytest.mark.parametrize("piece", [r"\[", "$$ ", r"\begin{align}", r"\quad ", " ", ",", "&", "{"])
def test_much_of_the_same_is_read_in_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert list(displays(text, text, 0)) == []
