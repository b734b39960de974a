"""The checked-in parser tables are those of the grammars."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def test_tables_correspond_to_the_grammars(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lark")
    monkeypatch.syspath_prepend(str(TOOLS))
    import generate_parsers

    for name in generate_parsers.NAMES:
        path = generate_parsers.GENERATED / f"{name}.py"
        assert path.read_text(encoding="utf-8") == generate_parsers.generate(name)


def test_parsing_does_not_import_lark() -> None:
    modules = "matcalc.syntax.formula, matcalc.syntax.declarations"
    code = f"import sys, {modules}; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=TOOLS.parent).returncode == 0
