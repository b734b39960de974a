"""Modules import downwards only; an answer is printed without the heavy packages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "matcalc"

# From the bottom up. Modules of one layer may import each other.
LAYERS = (
    ("errors", "limits", "arguments", "collection", "records"),
    ("expressions",),
    ("syntax",),
    ("calculus",),
    ("notation",),
    ("laws",),
    (
        "code",
        "checking",
        "signs",
        "facts",
        "definedness",
        "convexity",
        "targets",
        "backpropagation",
    ),
    ("derivative", "derivatives", "derivation", "notes", "api", "claims", "programs"),
    ("pictures", "documents"),
    ("cli", "testing", "pytest_plugin"),
)
HEIGHTS = {name: height for height, names in enumerate(LAYERS) for name in names}
ENTRY = {"__init__", "__main__"}
HEAVY = {"numpy", "sympy", "mpmath", "lark", "latex2mathml"}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path) not in ENTRY]


def imports(tree: ast.AST, *, of_types: bool) -> list[str]:
    """Return what a module imports; `of_types` includes what only type checkers see."""
    found: list[str] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            stack += node.body if of_types else []
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        stack += ast.iter_child_nodes(node)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    own = HEIGHTS[part_of(path)]
    for name in imports(ast.parse(path.read_text("utf-8")), of_types=False):
        first, *rest = name.split(".")
        if first == "matcalc" and rest and rest[0] in HEIGHTS:
            assert HEIGHTS[rest[0]] <= own, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_when_used(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    at_import = ast.Module([n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], [])
    names = {name.split(".")[0] for name in imports(at_import, of_types=False)}
    if part_of(path) != "checking":
        assert not names & HEAVY


def test_every_part_has_a_layer() -> None:
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")} - ENTRY
    assert parts == set(HEIGHTS)
