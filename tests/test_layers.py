"""Modules import downwards only; an answer is printed without the heavy packages."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "matcalc"

# From the bottom up, one part a layer. A part imports itself and those before it: at the top of a
# file, inside of functions, and for types.
LAYERS = (
    "errors",
    "records",
    "limits",
    "arguments",
    "collection",
    "expressions",
    "syntax",
    "calculus",
    "notation",
    "laws",
    "signs",
    "facts",
    "definedness",
    "convexity",
    "backpropagation",
    "asking",
    "presenting",
    "programs",
    "derivation",
    "checking",
    "claims",
    "notes",
    "pictures",
    "documents",
    "interface",
    "testing",
    "pytest_plugin",
    "cli",
)
HEIGHTS = {name: height for height, name in enumerate(LAYERS)}
ENTRY = {"__init__", "__main__"}
HEAVY = {"numpy", "sympy", "mpmath", "lark", "latex2mathml"}

CIRCLES = {"calculus", "notation", "syntax"}
"""Parts inside of which modules still import each other in circles."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path) not in ENTRY]


def imports(tree: ast.AST) -> list[str]:
    """Return what a module imports, anywhere in it."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def parts_imported(path: Path) -> set[str]:
    """Return the parts of the package that a module imports."""
    names = [name.split(".") for name in imports(ast.parse(path.read_text("utf-8")))]
    return {rest[0] for first, *rest in names if first == "matcalc" and rest}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    own = part_of(path)
    for name in parts_imported(path) & HEIGHTS.keys() - {own}:
        assert HEIGHTS[name] < HEIGHTS[own], f"{path.relative_to(PACKAGE)} imports {name}"


def graph(part: str) -> dict[str, set[str]]:
    """Return the modules of one part, and which of them each imports."""
    paths = [path for path in modules() if part_of(path) == part]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}
    found = {}
    for name, path in names.items():
        used = imports(ast.parse(path.read_text("utf-8")))
        inside = {n for u in used for n in (u, u.rpartition(".")[0]) if n in names}
        found[name] = inside - {name}
    return found


@pytest.mark.parametrize("part", [part for part in LAYERS if part not in CIRCLES])
def test_no_circle_is_inside_of_a_part(part: str) -> None:
    TopologicalSorter(graph(part)).prepare()


@pytest.mark.parametrize("part", sorted(CIRCLES))
def test_a_part_without_a_circle_is_told(part: str) -> None:
    with pytest.raises(CycleError):
        TopologicalSorter(graph(part)).prepare()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_when_used(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    at_import = ast.Module([n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], [])
    names = {name.split(".")[0] for name in imports(at_import)}
    if part_of(path) != "checking":
        assert not names & HEAVY


def test_every_part_has_a_layer() -> None:
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")} - ENTRY
    assert parts == set(HEIGHTS)
