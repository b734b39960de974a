"""Find the most usual reading: try kinds of the undeclared names in order of their costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from matcalc.errors import MatcalcError
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Signature
from matcalc.expressions.shapes import Shape
from matcalc.syntax.costs import CLOSE, COST, NEVER, STRANGE, letters_of
from matcalc.syntax.drafts import Draft
from matcalc.syntax.elaboration import RULES
from matcalc.syntax.elaborator import NO_NAMES, Elaborator
from matcalc.syntax.kinds import Kinds
from matcalc.syntax.search import Choice, Search
from matcalc.syntax.settling import settle
from matcalc.syntax.tree import Tree
from matcalc.syntax.uses import contained

Formula = tuple[Tree, str]
Expected = Callable[[Sequence[Shape]], Sequence[Shape]]

MOST_ATTEMPTS = 100
"""How many readings are tried before the best one so far is taken."""

MOST_NAMES = 24
"""With more undeclared names, what else would have fitted is not looked for."""


class Wanted(NamedTuple):
    """What a question tells of its formula: that it is a scalar, by what it is derived."""

    scalar: bool = False
    wrt: tuple[str, ...] = ()


NOTHING_WANTED = Wanted()


class Task(NamedTuple):
    """What is to be read, and all that is known of its names."""

    formulas: Sequence[Formula]
    declared: Mapping[str, tuple[Shape, str]]
    dimensions: frozenset[str]
    functions: dict[str, Signature]
    kinds: Kinds
    models: Mapping[int, Expected]
    asked: Wanted


class Attempt(NamedTuple):
    """A reading that fits: how it was read, and what it costs."""

    reader: Elaborator
    drafts: list[Draft]
    chosen: Choice
    cost: float


def cheapest(task: Task) -> tuple[Attempt, tuple[str, ...]]:
    """Return the most usual reading, and the notes on kinds that a letter alone decided.

    Raises the error of the first reading, with the kinds assumed in it, if none fits.
    """
    search = Search(_options(task))
    best = _search(task, search)
    several = 0 < len(search.options) <= MOST_NAMES
    return best, tuple(_choices(task, search, best)) if several else ()


def _options(task: Task) -> dict[str, dict[int, float]]:
    kinds = task.kinds
    known = {*task.declared, *task.dimensions, *task.functions, *kinds.dimensions}
    constants = {"pi", "π", "eye", "I", *NAMES, *NO_NAMES}
    followers = {
        str(tree.value)
        for position, (tree, _) in enumerate(task.formulas)
        if tree.kind == "name" and position in task.models
    }
    names = [n for n in kinds.order if n not in known and n not in constants]
    options = {name: kinds.options(name) for name in names if name not in followers}
    return options | {key: {0: 0.0, 1: COST["length of a vector"]} for key in kinds.bars}


def _search(task: Task, search: Search, without: tuple[str, int] | None = None) -> Attempt:
    """Try readings in order of their cost until the cheapest is known."""
    best: Attempt | None = None
    first: MatcalcError | None = None
    for tried in range(MOST_ATTEMPTS):
        found = search.best(without)
        if found is None or found[0] >= NEVER or (best is not None and found[0] >= best.cost):
            break
        cost, chosen = found
        try:
            attempt, is_new = _attempt(task, search, chosen)
        except MatcalcError as error:
            if not tried and error.code == "E107":
                raise
            first = first or error
            continue
        if best is None or attempt.cost < best.cost:
            best = attempt
        if not is_new or attempt.cost <= cost:
            break
    if first is not None and (best is None or (without is None and _is_strange(search, best))):
        raise first
    assert best is not None
    return best


def _is_strange(search: Search, attempt: Attempt) -> bool:
    """Tell whether a reading that fits is nothing that anybody would mean."""
    used = [use for use, parts in attempt.reader.charged if _keys(parts, attempt.chosen)]
    letters = [search.cost(key, value) for key, value in attempt.chosen.items()]
    return max([*(COST[use] for use in used), *letters], default=0) >= STRANGE


def _attempt(task: Task, search: Search, chosen: Choice) -> tuple[Attempt, bool]:
    """Read the formulas with chosen kinds; teach the search what these cost."""
    reader = Elaborator(
        task.declared, task.dimensions, task.functions, task.kinds, RULES, dict(chosen)
    )
    try:
        drafts = list(_elaborated(task, reader))
        settle(reader, drafts)
    except MatcalcError as error:
        failed = reader.failed
        local = failed is not None and not reader.unknowns.refused
        names = _keys(failed or (), chosen) if local else set(chosen)
        search.learn([(name, chosen[name]) for name in names], NEVER)
        raise _told(error, reader, names) from None
    is_new = False
    charges: dict[tuple[tuple[str, int], ...], float] = {}
    for use, parts in reader.charged:
        clause = tuple(sorted((name, chosen[name]) for name in _keys(parts, chosen)))
        charges[clause] = charges.get(clause, 0) + COST[use]
    for clause, extra in charges.items():
        is_new |= bool(clause) and search.learn(clause, extra)
    unary = sum(
        cost for key, value in chosen.items() for cost, v in search.options[key] if v == value
    )
    total = unary + sum(extra for clause, extra in charges.items() if clause)
    return Attempt(reader, drafts, chosen, total), is_new


def _keys(drafts: Iterable[Draft], chosen: Choice) -> set[str]:
    """Return the questions on which these drafts rest."""
    found: set[str] = set()
    for draft in drafts:
        found |= contained(draft)
    return {key for key in chosen if key in found or (len(key) == 1 and key.upper() in found)}


def _elaborated(task: Task, reader: Elaborator) -> Iterator[Draft]:
    drafts: list[Draft] = []
    for position, (tree, source) in enumerate(task.formulas):
        wanted: Sequence[Shape] = ()
        if position in task.models:
            wanted = task.models[position]([reader.shape(draft) for draft in drafts])
            if tree.kind == "name" and reader.is_new(str(tree.value)):
                reader.chosen[str(tree.value)] = len(wanted[0])  # type: ignore[index]
        draft = reader.elaborate(tree, source)
        drafts.append(draft)
        if not position:
            _charge_value(task, reader, draft)
        alike = [shape for shape in wanted if len(shape) == len(draft.shape)]
        if wanted and not alike:
            reader.charge("claim of another kind", *drafts)
        for shape in alike[:1]:
            # Where they differ after all, the caller has the better message.
            for left, right in zip(draft.shape, shape, strict=True):
                reader.unknowns.unify(left, right)
        yield draft


def _charge_value(task: Task, reader: Elaborator, draft: Draft) -> None:
    """Charge what the question does not expect of the first formula."""
    shape = reader.shape(draft)
    if shape and task.asked.scalar:
        reader.charge("scalar asked for", draft)
    if shape and _names_a_loss(task.formulas[0][0]):
        reader.charge("named a loss", draft)
    for name in task.asked.wrt:
        variable = reader.variables.get(name)
        if variable is not None and len(shape) + len(variable.shape) > 2:
            reader.charge("order three", draft, variable)


_LOSSES = frozenset("L J E ℓ ell loss cost mathcal{L} mathcal{J} mathcal{E} mathcal L".split())


def _names_a_loss(tree: Tree) -> bool:
    """Tell whether L = … or J(w) = … gives the formula the name of a loss."""
    while tree.kind in ("noted", "program"):
        tree = tree.children[-1]
    return tree.kind == "named" and tree.value in _LOSSES


# What is told


_KINDS = ("a scalar", "a vector", "a matrix")
_DECLARED = ("scalar", "vector", "matrix")


def _choices(task: Task, search: Search, best: Attempt) -> Iterator[str]:
    """Yield a note for each kind that a letter alone decided, with what would change it."""
    for name, rank in best.chosen.items():
        if name.startswith("|") or len(search.options[name]) < 2:
            continue
        own = search.cost(name, rank)
        others = [cost for cost, value in search.options[name] if value != rank]
        if min(others) - own >= CLOSE:
            continue
        margin = CLOSE + max(own, 0)
        other, fits = _other(task, search, best, (name, rank), margin)
        if other is not None:
            kinds = f"{_KINDS[rank]} by its letter; {_KINDS[other]} would fit too"
            yield f"{name} is read as {kinds}: --where '{name}: {_DECLARED[other]}'"
        elif not fits and rank == 0 and letters_of(name).letters == "h to z":
            yield f"{name} is read as a scalar, since no vector fits: --where '{name}: vector(n)'"


def _other(
    task: Task, search: Search, best: Attempt, without: tuple[str, int], margin: float
) -> tuple[int | None, bool]:
    """Return another kind that a name has in a reading nearly as usual, and whether any fits."""
    name, rank = without
    for _ in range(MOST_ATTEMPTS):
        found = search.best(without)
        if found is None or found[0] - best.cost >= margin:
            return None, rank != 0 or search.clauses.get(((name, 1),), 0) < NEVER
        cost, chosen = found
        try:
            attempt, is_new = _attempt(task, search, chosen)
        except MatcalcError:
            continue
        if not is_new or attempt.cost <= cost:
            return (chosen[name] if attempt.cost - best.cost < margin else None), True
    return None, True


def _told(error: MatcalcError, reader: Elaborator, names: Iterable[str]) -> MatcalcError:
    """Return a shape error with the kinds that were assumed, and how to change them."""
    if not error.code.startswith("E3"):
        return error
    told: list[str] = []
    for name in sorted(names):
        if name in reader.inferred and len(told) < 3:
            rank = len(reader.variables[name].shape)
            other = _DECLARED[1 if rank != 1 else 0]
            why = "its letter says so" if not reader.kinds.uses.get(name) else "by its use"
            kind = _KINDS[rank] if rank < 3 else "a tensor"
            told.append(f"{name} was taken for {kind}, {why}: --where '{name}: {other}'")
    if not told:
        return error
    hint = "; ".join([*filter(None, [error.hint]), *told])
    return MatcalcError(
        error.code, error.message, hint=hint, source=error.source,
        line=error.line, column=error.column, length=error.length,
    )  # fmt: skip


def describe_kind(shape: Shape, structure: str = "") -> str:
    """Return the kind that declares a variable of this shape.

    >>> from matcalc.expressions.dimensions import name
    >>> describe_kind((name("m"), name("n")))
    'matrix(m, n)'
    """
    if not shape:
        return "scalar"
    if len(shape) == 2 and (structure or shape[0] == shape[1]):
        return f"{structure or 'square'}({shape[0]})"
    kind = {1: "vector", 2: "matrix"}.get(len(shape), "tensor")
    return f"{kind}({', '.join(map(str, shape))})"
