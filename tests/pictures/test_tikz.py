"""TikZ compiles with tikz and amsmath alone."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from matcalc.pictures import picture
from tests.pictures.samples import SAMPLES, applied, derivation, network, recurrent

TITLE = "}\\input{x}^^M\n\\end"


def test_it_is_one_environment_of_absolute_coordinates() -> None:
    source = picture(derivation("sum in a sine"), "tikz")
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    assert lines[0].startswith(r"\begin{tikzpicture}")
    assert lines[-1] == r"\end{tikzpicture}"
    assert "#" not in source
    assert source.count("dash pattern") == 4
    assert r"\frac{\partial u_{2}}{\partial x} = 1" in source
    assert r"$x \to u_{1} \to u_{2} \to y$" in source
    assert source.count(" controls ") == 4


def test_titles_are_comments() -> None:
    lines = picture(applied(), "tikz", TITLE).splitlines()
    assert lines[0].startswith("% }")
    assert not any("input" in line for line in lines[1:])


def test_names_are_ascii() -> None:
    for name in SAMPLES:
        body = picture(derivation(name), "tikz").split("\n", 1)[1]
        assert body.isascii()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_pdflatex_takes_everything(tmp_path: Path) -> None:
    made = [*map(derivation, SAMPLES), applied(), network(20), recurrent(8)]
    pictures = [rf"\newpage\fbox{{{picture(one, 'tikz', TITLE)}}}" for one in made]
    body = "\n".join(pictures)
    size = r"\usepackage[paperwidth=400cm,paperheight=400cm]{geometry}"
    document = (
        rf"\documentclass{{article}}{size}\usepackage{{amsmath,tikz}}\begin{{document}}{body}"
    )
    (tmp_path / "all.tex").write_text(document + r"\end{document}", encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    output = done.stdout.decode(errors="replace")
    assert (done.returncode, re.findall(r"^!.*", output, re.M)) == (0, [])
    assert re.findall(r"^(?:Over|Under)full.*", output, re.M) == []
