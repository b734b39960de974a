"""LaTeX documents: pdflatex takes them all, in one run, with next to nothing too wide."""

import re
import subprocess
from pathlib import Path

import matcalc
from matcalc import note
from tests.notes.derivations import of_cases, sample
from tests.notes.test_document import HOSTILE
from tests.programs import program


def compiled(text: str, folder: Path) -> str:
    """Return what pdflatex says of a document."""
    pdflatex = program("pdflatex")
    (folder / "note.tex").write_text(text, "utf-8")
    words = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "note"]
    done = subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False)
    log = (folder / "note.log").read_text("latin-1")
    assert done.returncode == 0, log[-2000:]
    assert (folder / "note.pdf").stat().st_size > 10_000
    return log


def widths(log: str) -> list[float]:
    """Return by how many points lines are too wide."""
    return [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide", log)]


def test_only_the_packages_that_are_promised() -> None:
    text = note(matcalc.diff("w·x", "w"))
    assert set(re.findall(r"\\usepackage\{(\w+)\}", text)) == {"amsmath", "amssymb", "bm"}


def test_pdflatex_takes_every_kind_of_derivation_and_fits_them_on_the_page(tmp_path: Path) -> None:
    assert not widths(compiled(note(sample(), "latex", "Samples"), tmp_path))


def test_pdflatex_takes_every_title(tmp_path: Path) -> None:
    neuron = matcalc.diff("w·x", "w")
    text = note(neuron, "latex", " / ".join(HOSTILE))
    compiled(text, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".tex", ".log", ".aux", ".pdf"}


def test_pdflatex_takes_all_of_the_literature(tmp_path: Path) -> None:
    log = compiled(note(of_cases(), "latex", "The literature"), tmp_path)
    assert len([width for width in widths(log) if width > 10]) <= 4
