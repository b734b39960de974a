"""Run derivations as tests: `.mc` files and, on request, `matcalc` blocks in Markdown.

With `--matcalc`, or `matcalc_markdown = true` in the ini file, Markdown files are collected
too. Every file, and every block, is one test.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from matcalc.documents.placed import Placed

MARKDOWN = (".md", ".markdown")


class WrongDerivation(Exception):
    """A derivation of which not all could be shown; its text is the report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini value by which Markdown is collected."""
    text = "check the blocks in Markdown files that are fenced as matcalc"
    parser.getgroup("matcalc").addoption("--matcalc", action="store_true", help=text)
    parser.addini("matcalc_markdown", text, type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect files of derivations, and Markdown files if that is asked for."""
    config = parent.config
    suffix = file_path.suffix.lower()
    markdown = config.getoption("matcalc") or config.getini("matcalc_markdown")
    if suffix == ".mc" or (suffix in MARKDOWN and markdown):
        return DerivationFile.from_parent(parent, path=file_path)
    return None


class DerivationFile(pytest.File):
    """A file of one derivation, or of several blocks."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield a test for the file, or for each of its blocks."""
        from matcalc.documents.documents import derivations
        from matcalc.documents.lines import line_of

        source = self.path.read_text("utf-8-sig")
        for part in derivations(source, self.path.name):
            line = line_of(source, part.places[0])
            name = f"line {line}" if self.path.suffix.lower() in MARKDOWN else self.path.name
            yield DerivationItem.from_parent(self, name=name, source=source, part=part)


class DerivationItem(pytest.Item):
    """One derivation."""

    def __init__(self, *, source: str, part: Placed, **others: Any) -> None:
        super().__init__(**others)
        self.source = source
        self.part = part

    def runtest(self) -> None:
        """Check the derivation."""
        from matcalc.documents.checking import Settings
        from matcalc.documents.documents import check_part
        from matcalc.documents.findings import failure_text

        inside = self.path.is_relative_to(self.config.rootpath)
        name = str(self.path.relative_to(self.config.rootpath) if inside else self.path)
        report = check_part(self.source, self.part, name, Settings())
        if not report.findings:
            raise WrongDerivation(f"{name}: there is nothing to check")
        if not report.ok:
            raise WrongDerivation(failure_text(report))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report of a wrong derivation; other exceptions as ever."""
        if isinstance(excinfo.value, WrongDerivation):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the derivation stands."""
        from matcalc.documents.lines import line_of

        line = line_of(self.source, self.part.places[0])
        return self.path, line - 1, f"derivation in {self.path.name}, line {line}"
