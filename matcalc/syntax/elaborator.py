"""What every rule of elaboration uses: names, dimensions, drafts, errors and costs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from fractions import Fraction
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Declared, Signature
from matcalc.expressions.shapes import Misfit, Shape, result_shape
from matcalc.expressions.traversal import run
from matcalc.limits import limit
from matcalc.syntax import exact
from matcalc.syntax.drafts import Draft, Place, operand, text
from matcalc.syntax.exact import NOTHING, Exact
from matcalc.syntax.kinds import Kinds
from matcalc.syntax.tree import Span, Tree
from matcalc.syntax.unification import Unknowns, free_names, readable, unknowns

Task = Generator[Any, Any, Draft]
Rule = Callable[["Elaborator", Tree], Task]

NO_NAMES = {"True", "False", "None", "nan", "NaN", "inf", "Inf", "infinity", "Infinity", "null"}
_EXACT = {
    "add": exact.add,
    "negate": exact.negate,
    "multiply": exact.multiply,
    "divide": exact.divide,
}


class Elaborator:
    """Reads formulas one after the other, with the same names and dimensions.

    `rules` say how each kind of tree is read, `chosen` how many axes undeclared names have.
    `variables` are the drafts of declared and inferred variables by name, `notes` what a
    reader should be told about how the formulas were read, `charged` the unusual uses with
    the drafts that they rest on, `failed` the drafts that did not fit.
    """

    def __init__(
        self,
        declared: Mapping[str, tuple[Shape, str]],
        dimensions: frozenset[str],
        functions: Mapping[str, Signature],
        kinds: Kinds,
        rules: Mapping[str, Rule],
        chosen: Mapping[str, int],
    ) -> None:
        self.rules = rules
        self.chosen = chosen
        self.charged: list[tuple[str, tuple[Draft, ...]]] = []
        self.failed: tuple[Draft, ...] | None = None
        self.powers: list[Draft] = []
        self.reduced: list[Draft] = []
        self.samples: dict[str, str] = {}
        self.declared = declared
        self.dimensions = dimensions | kinds.dimensions
        self.functions = functions
        self.kinds = kinds
        self.unknowns = Unknowns()
        self.variables: dict[str, Draft] = {}
        self.inferred: dict[str, None] = {}
        self.bound: dict[str, Draft] = {}
        self.indices: dict[str, exact.Bounds] = {}
        self.sizing = False
        self.open: list[Draft] = []
        self.soft: list[tuple[Dimension, Dimension]] = []
        self.notes: dict[str, None] = {}
        self.source = ""

    def elaborate(self, tree: Tree, source: str) -> Draft:
        """Return the draft of a formula; raise MatcalcError with its place in the source."""
        self.source = source
        try:
            return self.finite(run(self.task(tree)))
        except MatcalcError as error:
            raise error.at(self.source, *tree.span) from None

    def task(self, tree: Tree) -> Task:
        """Return the task of elaborating one tree."""
        return self.rules[tree.kind](self, tree)

    # Errors

    def error(self, code: str, message: str, span: Span, hint: str = "") -> MatcalcError:
        """Return an error at a place in the source, unknown dimensions under letters."""
        # Read together, so that message and hint call an unknown by the same letter.
        message, _, hint = readable(f"{message}\0{hint}", self.letters).partition("\0")
        return MatcalcError(code, message, hint=hint).at(self.source, *span)

    def letters(self) -> Iterator[str]:
        """Return letters for unknown dimensions."""
        return free_names(self.names())

    def names(self) -> set[str]:
        """Return every name that means something in the formulas."""
        return {*self.declared, *self.functions, *self.dimensions, *self.kinds.order, *self.bound}

    def misfit(self, error: MatcalcError, place: Place, by_operand: bool) -> MatcalcError:
        """Return a shape error with the operands' own texts, at its place."""
        self.source = place.source
        span = place.tree.mark
        if span.start == span.end:
            span = place.tree.span
        if isinstance(error, Misfit):
            operands = place.operands
            if by_operand and error.operand is not None and error.operand < len(operands):
                span = operands[error.operand].span
            plain = [text(place.source, tree.span) for tree in operands] + ["…"] * 30
            atoms = [operand(place.source, tree) for tree in operands] + ["…"] * 30
            typed = place.source[slice(*place.tree.mark)]
            error = error.named(plain, typed if len(typed) < 3 else "", atoms)
        return self.error(error.code, error.message, span, error.hint)

    # Drafts

    def node(
        self,
        tree: Tree,
        head: str,
        arguments: tuple[Draft, ...],
        value: Any = None,
        operands: tuple[Tree, ...] | None = None,
        by_operand: bool = False,
        known: Exact | None = None,
    ) -> Draft:
        """Return a draft over drafts, its shape computed and unified."""
        place = Place(self.source, tree, tree.children if operands is None else operands)
        shapes = tuple([self.unknowns.resolved(self.finite(a).shape) for a in arguments])
        try:
            shape = result_shape(head, value, shapes, self.unknowns.unify)
        except MatcalcError as error:
            self.failed = arguments
            raise self.misfit(error, place, by_operand) from None
        if known is None:
            known = NOTHING
            rule = _EXACT.get(head)
            if rule is not None and not shape:
                known = rule(*[a.exact for a in arguments])  # type: ignore[operator]
        return Draft(head, value, arguments, shape, place, known)

    def leaf(
        self, tree: Tree, head: str, value: Any, shape: Shape = (), known: Exact = NOTHING
    ) -> Draft:
        """Return a draft without arguments."""
        return Draft(head, value, (), shape, Place(self.source, tree, ()), known)

    def number(self, tree: Tree, value: Fraction) -> Draft:
        """Return the draft of a number."""
        return self.leaf(tree, "number", value, (), exact.number(value))

    def finite(self, draft: Draft) -> Draft:
        """Return the draft, or raise E502 if it is a number too large to be written out."""
        if not draft.exact.huge:
            return draft
        self.source = draft.place.source
        raise self.error(
            "E502",
            f"{text(self.source, draft.place.tree.span)} has more than {limit('bits')} bits",
            draft.place.tree.mark,
            f"the environment raises the limit: MATCALC_BITS={2 * limit('bits')}",
        )

    def shape(self, draft: Draft) -> Shape:
        """Return the draft's shape as far as it is known."""
        return self.unknowns.resolved(draft.shape)

    def text(self, tree: Tree) -> str:
        """Return the source of a tree, shortened."""
        return text(self.source, tree.span)

    def note(self, message: str) -> None:
        """Add a note, once."""
        self.notes.setdefault(message)

    def rank(self, name: str) -> int:
        """Return how many axes an undeclared name has."""
        chosen = self.chosen.get(name)
        return self.kinds.rank(name) if chosen is None else chosen

    def unsized(self) -> list[str]:
        """Return the names that were declared without sizes."""
        return [
            name
            for name, (shape, _) in self.declared.items()
            if name in self.variables and any(map(unknowns, shape))
        ]

    def charge(self, use: str, *drafts: Draft) -> None:
        """Remember an unusual use, if another kind of an undeclared name could avoid it."""
        if self.chosen:
            self.charged.append((use, drafts))

    def add_variable(self, name: str, shape: Shape, structure: str) -> None:
        """Add a declared variable that no formula contains."""
        span = Span(0, 0)
        tree = Tree("name", name, (), span, span)
        self.variables[name] = self.leaf(tree, "variable", Declared(name, structure), shape)

    def is_new(self, name: str) -> bool:
        """Tell whether a name would be a variable that nothing declared or used so far."""
        constants = ("pi", "π", "eye", "I")
        known = (self.declared, self.variables, self.dimensions, self.functions, self.bound)
        return not any(name in names for names in (*known, constants, NAMES, NO_NAMES))

    # Sizes

    def size(self, tree: Tree) -> Generator[Any, Draft, Dimension]:
        """Elaborate an operand that must be a positive integer or a dimension."""
        draft = yield self.integer(tree)
        size = draft.exact.size
        if size is None or (size.value is not None and size.value < 1):
            raise self.error(
                "E312",
                f"{self.text(tree)} is not a size",
                tree.span,
                "a size is a positive integer or made of dimensions, as in ones(n+1)",
            )
        return size

    def integer(self, tree: Tree) -> Task:
        """Elaborate an operand in which a dimension's name is the dimension."""
        before, self.sizing = self.sizing, True
        draft = yield self.task(tree)
        self.sizing = before
        return self.finite(draft)
