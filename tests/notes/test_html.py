"""Pages of HTML: well-formed MathML Core, which a browser renders without a network."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from matcalc import note
from matcalc.notes.mathml import mathml
from tests.notes.derivations import of_cases, sample
from tests.programs import program

CORE = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover"
    " mtable mtr mtd mstyle mpadded mphantom".split()
)

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
).split()

WRITTEN = [
    (r"\operatorname{log\_softmax}(a)", "log_softmax(a)"),
    (r"\boldsymbol{\delta}_{1}", "𝜹1"),
    (r"\mathbf{loss} + \mathbf{1}_{n}", "𝐥𝐨𝐬𝐬+𝟏n"),
    (r"\mathrm{d} \mathbf{X}", "d𝐗"),
    (r"\log\det(\mathbf{X})", "logdet(𝐗)"),
    (r"\begin{bmatrix} [a > 0] \\ [b > 0] \end{bmatrix}", "[[a>0][b>0]]"),
]


@pytest.mark.parametrize(("latex", "text"), WRITTEN)
def test_letters(latex: str, text: str) -> None:
    root = ElementTree.fromstring(mathml(latex))
    assert "".join(root.itertext()).replace("\u2062", "") == text


def test_pages_are_well_formed_and_only_in_mathml_core() -> None:
    text = note([*sample(), *of_cases(5)], "html", "Derivations")
    body = text[text.index("<body>") : text.index("</html>")].replace("<br>", "<br/>")
    root = ElementTree.fromstring(body)
    formulas = list(root.iter("math"))
    assert len(formulas) > 1000
    for formula in formulas:
        assert {node.tag for node in formula.iter()} <= CORE
        variants = {node.get("mathvariant", "normal") for node in formula.iter()}
        assert variants == {"normal"}
        assert not [node for node in formula.iter("mi") if "\\" in (node.text or "")]


def test_chromium_renders_a_page(tmp_path: Path) -> None:
    chromium = program("chromium")
    page, picture = tmp_path / "note.html", tmp_path / "note.png"
    page.write_text(note(sample(), "html", "Derivations"), "utf-8")
    words = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]
    shot = [*words, "--window-size=1000,3000", f"--screenshot={picture}", page.as_uri()]
    subprocess.run(shot, capture_output=True, timeout=120, check=True)
    assert picture.stat().st_size > 50_000
    printed = [*words, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'n.pdf'}"]
    subprocess.run([*printed, page.as_uri()], capture_output=True, timeout=120, check=True)
    assert (tmp_path / "n.pdf").read_bytes().startswith(b"%PDF")


def test_functions_stand_apart_and_sums_have_limits() -> None:
    shown = mathml(r"\left\|\mathbf{V} \operatorname{relu}(\sum_{i=1}^{n} x_{i} \cos(a))\right\|")
    assert '<mi>𝐕</mi><mspace width="0.17em" /><mi>relu</mi>' in shown
    assert '<mspace width="0.17em" /><mi>cos</mi>' in shown
    assert "<munderover><mo>∑</mo>" in shown
