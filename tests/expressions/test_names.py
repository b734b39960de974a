"""Functions are known by name in the table only; elsewhere a row is asked for what it tells.

What is counted are comparisons with a function's name, and tables whose keys are names. A
module may have as many as `ALLOWED` says, for its reason; the number only falls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import matcalc
from matcalc.calculus.tensors import KINDS
from matcalc.expressions.functions import CONSTANTS, ROWS
from matcalc.expressions.nodes import HEADS
from matcalc.syntax.tree import KINDS as TREES

PACKAGE = Path(matcalc.__file__).parent
HOME = ("expressions/functions.py", "expressions/table/", "syntax/generated/")
# Names of nodes, tensors, trees and kinds of values are no functions' names.
STRUCTURE = {*HEADS, *KINDS, *TREES, *CONSTANTS}
NAMES = {name for name, _ in ROWS} - STRUCTURE

KERNELS = "an implementation of each primitive function, once for each kind of numbers"
LAWS = "laws between particular functions, such as exp(x - logsumexp(x)) = softmax(x)"
OPERATIONS = "array operations, which are called as in NumPy"
NOTATION = "functions that have a notation of their own: X^-1, diag, cases"
TYPED = "words of a notation that is read"
KEYWORD = "the word where, of declarations"
SLIPS = "slips that people make with particular functions"
ALLOWED: dict[str, tuple[int, str]] = {
    "arguments.py": (1, KEYWORD),
    "asking/answers.py": (1, NOTATION),
    "calculus/identities.py": (5, LAWS),
    "calculus/lowering.py": (1, KERNELS),
    "calculus/matrices.py": (5, LAWS),
    "calculus/sums.py": (7, LAWS),
    "checking/enclosing.py": (2, KERNELS),
    "checking/enclosing_backend.py": (4, KERNELS),
    "checking/fields.py": (2, KERNELS),
    "checking/missteps.py": (2, SLIPS),
    "checking/precise.py": (4, KERNELS),
    "checking/reals.py": (2, KERNELS),
    "checking/repairs.py": (1, SLIPS),
    "checking/verification.py": (4, KERNELS),
    "cli/note.py": (1, KEYWORD),
    "convexity.py": (1, LAWS),
    "derivation/deriving.py": (1, LAWS),
    "derivation/planning.py": (1, LAWS),
    "documents/definitions.py": (1, KEYWORD),
    "expressions/nodes.py": (1, NOTATION),
    "facts.py": (1, LAWS),
    "laws/arithmetic.py": (1, LAWS),
    "laws/normal.py": (4, LAWS),
    "notation/building.py": (6, NOTATION),
    "notation/determinants.py": (3, NOTATION),
    "notation/graphs.py": (1, NOTATION),
    "notation/kronecker.py": (1, NOTATION),
    "notation/letters.py": (1, NOTATION),
    "notation/matrices.py": (2, NOTATION),
    "notation/terms.py": (2, NOTATION),
    "presenting/record.py": (1, KEYWORD),
    "programs/arrays.py": (6, KERNELS),
    "programs/backends.py": (5, KERNELS),
    "programs/definiteness.py": (4, OPERATIONS),
    "programs/elementary.py": (5, OPERATIONS),
    "programs/evaluation.py": (1, KERNELS),
    "programs/factorization.py": (2, OPERATIONS),
    "programs/logarithms.py": (2, OPERATIONS),
    "programs/operations.py": (4, OPERATIONS),
    "programs/reuse.py": (1, OPERATIONS),
    "programs/targets.py": (6, OPERATIONS),
    "syntax/absent.py": (1, TYPED),
    "syntax/bars.py": (1, TYPED),
    "syntax/calls.py": (1, TYPED),
    "syntax/declarations.py": (1, TYPED),
    "syntax/kinds.py": (2, TYPED),
    "syntax/latex_names.py": (2, TYPED),
    "syntax/latex_readings.py": (12, TYPED),
    "syntax/latex_tokens.py": (1, TYPED),
    "syntax/sums.py": (2, TYPED),
    "syntax/text_trees.py": (4, TYPED),
}


def literals(node: ast.expr) -> list[str]:
    """Return the names that an expression lists."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [name for element in node.elts for name in literals(element)]
    return []


def named(node: ast.AST) -> list[str]:
    """Return the functions' names that a node compares with, or looks up by."""
    found: list[str] = []
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if not any(ast.unparse(side).endswith(("head", "kind")) for side in sides):
            found = [name for side in sides for name in literals(side)]
    elif isinstance(node, ast.Dict):
        found = [name for key in node.keys if key for name in literals(key)]
    elif isinstance(node, ast.Set):
        found = literals(node)
    elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
        "frozenset",
        "set",
        "dict.fromkeys",
    ):
        found = [name for argument in node.args[:1] for name in literals(argument)]
    elif isinstance(node, ast.MatchValue):
        found = literals(node.value)
    return [name for name in found if name in NAMES]


def count(path: Path) -> int:
    """Return how often a module compares with functions' names."""
    return sum(bool(named(node)) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def modules() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(HOME):
            yield name


@pytest.mark.parametrize("name", list(modules()))
def test_names_are_known_in_the_table_only(name: str) -> None:
    allowed, reason = ALLOWED.get(name, (0, "ask the row for a trait"))
    assert count(PACKAGE / name) <= allowed, reason
