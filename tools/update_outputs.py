"""Write what the README and the examples print, and the README's lists, as they are now.

A test fails where they are not up to date. Look at the difference before committing it:

    python tools/update_outputs.py
"""

from __future__ import annotations

import ast
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXAMPLES = ROOT / "examples"
OUTPUTS = ROOT / "tests" / "data" / "examples"


def updated_readme(text: str) -> str:
    """Return the README with every output and generated list renewed."""
    text = re.sub(r"(?<=```console\n)(.*?)(?=```)", _sessions, text, flags=re.DOTALL)
    lists = (
        ("functions", function_list()),
        ("limits", limit_list()),
        ("modules", module_list()),
    )
    for name, lines in lists:
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after
    return text


def _sessions(block: re.Match[str]) -> str:
    commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
    return "\n".join(f"$ {command}\n{output(command)}" for command in commands)


def output(command: str) -> str:
    """Return what a `matcalc` command prints, errors last."""
    from matcalc.cli.main import main

    name, *words = shlex.split(command)
    if name != "matcalc":
        raise ValueError(f"the README runs {name}")
    out, err = io.StringIO(), io.StringIO()
    main(words, io.StringIO(), out, err)
    return out.getvalue() + err.getvalue()


def function_list() -> Iterator[str]:
    """Yield the functions of the table, by the way they are differentiated."""
    from matcalc.expressions.functions import (
        CONSTANTS,
        DEFINED,
        ELEMENTARY,
        PRIMITIVE,
        STRUCTURAL,
    )

    def names(rows: tuple[tuple[object, ...], ...]) -> str:
        shown = []
        for row in rows:
            others = ", ".join(getattr(row, "aliases", ()))
            shown.append(f"`{row[0]}`" + (f" ({others})" if others else ""))
        return ", ".join(dict.fromkeys(shown))

    yield f"- Entry by entry: {names(tuple(r for r in ELEMENTARY if r.name != 'power'))}"
    yield f"- Of whole vectors and matrices: {names((*PRIMITIVE, *DEFINED))}"
    yield f"- Sums, products and rearrangements: {names(STRUCTURAL)}"
    yield f"- Constants: {', '.join(f'`{name}`' for name in CONSTANTS)}, `pi`, `I`"


def limit_list() -> Iterator[str]:
    """Yield the table of limits: what is counted, its default, the error where it is exceeded."""
    from matcalc.limits import LIMITS

    yield "| counted | default | error | raised by |"
    yield "| --- | --- | --- | --- |"
    for name, row in LIMITS.items():
        yield f"| {row.what} | {row.default:,} | {row.code} | `MATCALC_{name.upper()}` |"


def module_list() -> Iterator[str]:
    """Yield one line a module: its path, and the first sentence that it says of itself."""
    yield "| module | |"
    yield "| --- | --- |"
    for path in sorted((ROOT / "matcalc").rglob("*.py")):
        relative = path.relative_to(ROOT / "matcalc")
        if path.name.startswith("__") or "generated" in relative.parts:
            continue
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        sentence = " ".join(docstring.split("\n\n")[0].split()).rstrip(".").replace("|", "\\|")
        yield f"| `{relative}` | {sentence} |"


def example_output(path: Path) -> str:
    """Return what an example prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, env=environment, timeout=120, check=True
    )
    return done.stdout.decode()


def main() -> None:
    """Rewrite the README and the examples' outputs."""
    README.write_text(updated_readme(README.read_text("utf-8")), "utf-8")
    for path in sorted(EXAMPLES.glob("*.py")):
        (OUTPUTS / f"{path.stem}.txt").write_text(example_output(path), "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
