"""A matrix that is solved with, inverted and whose determinant is taken is factored once.

A Cholesky factor serves where the matrix is known to be positive definite: its helper
refuses a matrix that is not symmetric, of which it would read one half only, and one that
is not definite, by an error or, where values cannot be looked at, by nan. In NumPy a
matrix that is symmetric by the declaration of a variable is checked wherever it is solved
with, inverted or its determinant taken, which costs more than the check; products and
sums take declarations at their word, as `evaluate` does. Of any other
matrix, several solutions share an LU factorization where the target has one; NumPy has
none and solves for independent right-hand sides at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from matcalc.expressions.dimensions import integer
from matcalc.programs import operations as ops
from matcalc.programs.definiteness import POSITIVE, Known, definiteness
from matcalc.programs.elementary import called
from matcalc.programs.operations import Operation
from matcalc.programs.sharing import Results, in_order, rewritten
from matcalc.programs.targets import Target

FACTORED = ("solve", "inv", "logdet", "det", "adj")


def factored_once(roots: Sequence[Operation], target: Target) -> list[Operation]:
    """Return the operations with each matrix factored once, as the target does it best."""
    if not any(node.head in FACTORED for node in in_order(roots)):
        return list(roots)
    roots = _by_cholesky(_inverted_once(roots), target)
    return _by_lu(roots) if "lu" in target.forms else _solved_together(roots)


def _plain(matrix: Operation) -> Operation:
    """Return a matrix, or the one that it is the transpose of."""
    return matrix.arguments[0] if matrix.head == "transpose" else matrix


def _inverted_once(roots: Sequence[Operation]) -> list[Operation]:
    """Use an inverse that is needed as a matrix in place of solving with that matrix too."""
    order = in_order(roots)
    inverted = {node.arguments[0] for node in order if node.head == "inv"}

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head != "solve":
            return None
        matrix, right = (results[argument] for argument in node.arguments)
        if node.arguments[0] in inverted:
            return ops.matmul(ops.inverse(matrix), right)
        if ops.transpose(node.arguments[0]) in inverted:
            return ops.matmul(ops.transpose(ops.inverse(ops.transpose(matrix))), right)
        return None

    return rewritten(roots, order, rule) if inverted else list(roots)


# Positive definite matrices


def _by_cholesky(roots: Sequence[Operation], target: Target) -> list[Operation]:
    order = in_order(roots)
    known = definiteness(order)
    paying = _definite(order, known, target)
    checked = _declared_symmetric(order, known) if "symmetric" in target.helpers else set()

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head not in FACTORED:
            return None
        plain = _plain(node.arguments[0])
        if plain not in paying and plain not in checked:
            return None
        matrix, *right = (results[argument] for argument in (plain, *node.arguments[1:]))
        if not paying.get(plain):
            if plain in checked:
                matrix = ops.make("symmetric", (matrix,), None, matrix.shape)
            return ops.make(node.head, (matrix, *right), None, node.shape)
        factor = ops.make("cholesky", (matrix,), None, matrix.shape)
        return _BY_FACTOR[node.head](factor, *right)

    return rewritten(roots, order, rule) if paying or checked else list(roots)


def _declared_symmetric(order: Sequence[Operation], known: Known) -> set[Operation]:
    """Return the matrices that are symmetric since a variable is declared to be."""
    declared: set[Operation] = set()
    for node in order:
        structured = node.head == "input" and node.value[1]
        if structured or not declared.isdisjoint(node.arguments):
            declared.add(node)
    return {node for node in declared if known[node] or ops.is_symmetric(node)}


def _definite(order: Sequence[Operation], known: Known, target: Target) -> dict[Operation, bool]:
    """Return the definite matrices, and whether their Cholesky factor pays.

    A semidefinite one is definite where its inverse or log-determinant exists; that its
    determinant is 0 is no fault. One solution alone NumPy finds faster without the factor.
    """
    uses: dict[Operation, set[tuple[str, Operation | None]]] = defaultdict(set)
    for node in order:
        if node.head in FACTORED:
            uses[_plain(node.arguments[0])].add((node.head, (*node.arguments, None)[1]))
    paying: dict[Operation, bool] = {}
    for matrix, found in uses.items():
        heads = [head for head, _ in found]
        if known[matrix] == POSITIVE or (known[matrix] and not {"det", "adj"} & {*heads}):
            paying[matrix] = heads != ["solve"] or "lu" in target.forms
    return paying


def _solution(factor: Operation, right: Operation) -> Operation:
    return ops.make("cholesky_solve", (factor, right), None, right.shape)


def _inverse(factor: Operation) -> Operation:
    return ops.make("cholesky_inverse", (factor,), None, factor.shape)


def _diagonal(factor: Operation) -> Operation:
    return ops.make("diagonal", (factor,), None, factor.shape[:1])


def _determinant(factor: Operation) -> Operation:
    return ops.power(ops.make("prod", (_diagonal(factor),)), ops.number(2))


def _log_determinant(factor: Operation) -> Operation:
    return ops.multiply(ops.number(2), ops.total(called("log", _diagonal(factor))))


def _adjugate(factor: Operation) -> Operation:
    return ops.multiply(_determinant(factor), _inverse(factor))


_BY_FACTOR: dict[str, Callable[..., Operation]] = {
    "solve": _solution,
    "inv": _inverse,
    "logdet": _log_determinant,
    "det": _determinant,
    "adj": _adjugate,
}


# Other matrices


def _by_lu(roots: Sequence[Operation]) -> list[Operation]:
    """Share an LU factorization between several solutions, also with the transpose."""
    order = in_order(roots)
    uses = Counter(_plain(node.arguments[0]) for node in order if node.head == "solve")

    def rule(node: Operation, results: Results) -> Operation | None:
        if node.head != "solve" or uses[_plain(node.arguments[0])] < 2:
            return None
        matrix, right = results[_plain(node.arguments[0])], results[node.arguments[1]]
        factors = ops.make("lu", (matrix,), None, matrix.shape)
        turned = int(node.arguments[0].head == "transpose")
        return ops.make("lu_solve", (factors, right), turned, node.shape)

    return rewritten(roots, order, rule)


def _solved_together(roots: Sequence[Operation]) -> list[Operation]:
    """Solve with a matrix for several vectors at once, where none needs another's solution."""
    order = in_order(roots)
    depths: dict[Operation, int] = {}
    groups: dict[tuple[Operation, int], list[Operation]] = defaultdict(list)
    for node in order:
        depth = max((depths[argument] for argument in node.arguments), default=0)
        depths[node] = depth + (node.head == "solve")
        if node.head == "solve" and len(node.shape) == 1:
            groups[node.arguments[0], depth].append(node)
    together = {node: group for group in groups.values() if len(group) > 1 for node in group}

    def rule(node: Operation, results: Results) -> Operation | None:
        group = together.get(node)
        if group is None:
            return None
        rights = tuple([results[member.arguments[1]] for member in group])
        shape = (*node.shape, integer(len(group)))
        columns = ops.make("columns", rights, None, shape)
        solved = ops.make("solve", (results[node.arguments[0]], columns), None, shape)
        place = ops.number(group.index(node) + 1)
        return ops.make("subscript", (solved, place), ("all", "entry"), node.shape)

    return rewritten(roots, sorted(order, key=lambda node: depths[node]), rule)
