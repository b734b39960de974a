"""The notebook of the examples runs from top to bottom, and what it shows can be shown."""

import ast
import json
from typing import Any

from tools.update_outputs import EXAMPLES

NOTEBOOK = json.loads((EXAMPLES / "tour.ipynb").read_text("utf-8"))
DISPLAYS = ("_repr_html_", "_repr_markdown_", "_repr_latex_")


def run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and return the value of its last line if that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "cell", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_every_cell_runs_and_shows_its_value() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            value = run("".join(cell["source"]), names)
            shown += [getattr(value, name)() for name in DISPLAYS if hasattr(value, name)]
    assert len(shown) > 5
    assert all(isinstance(text, str) and text for text in shown)
    assert any("<math" in text for text in shown)


def test_the_notebook_is_one_and_stores_no_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    identifiers = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(identifiers)) == len(identifiers)
    for cell in NOTEBOOK["cells"]:
        assert cell["cell_type"] in ("code", "markdown")
        assert not cell.get("outputs")
