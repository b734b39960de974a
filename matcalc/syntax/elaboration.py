"""Elaborate a syntax tree to a draft: resolve its names, check and unify its shapes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from fractions import Fraction
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension
from matcalc.expressions.functions import NAMES
from matcalc.expressions.nodes import Declared, Signature
from matcalc.expressions.shapes import Misfit, Shape, describe, is_row, result_shape
from matcalc.expressions.traversal import run
from matcalc.syntax import exact
from matcalc.syntax.calls import call, derivative
from matcalc.syntax.drafts import Draft, Place, operand, text
from matcalc.syntax.exact import NOTHING, Exact
from matcalc.syntax.kinds import Kinds
from matcalc.syntax.tree import Span, Tree
from matcalc.syntax.unification import Unknowns, free_names, readable

Task = Generator[Any, Draft, Draft]

_NO_NAMES = {"True", "False", "None", "nan", "NaN", "inf", "Inf", "infinity", "Infinity", "null"}
_EXACT = {
    "add": exact.add,
    "negate": exact.negate,
    "multiply": exact.multiply,
    "divide": exact.divide,
}


class Elaborator:
    """Reads formulas one after the other, with the same names and dimensions.

    `variables` are the drafts of declared and inferred variables by name, `notes` what a
    reader should be told about how the formulas were read.
    """

    def __init__(
        self,
        declared: Mapping[str, tuple[Shape, str]],
        dimensions: frozenset[str],
        functions: Mapping[str, Signature],
        kinds: Kinds,
    ) -> None:
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
        return _TASKS[tree.kind](self, tree)

    # Errors

    def error(self, code: str, message: str, span: Span, hint: str = "") -> MatcalcError:
        """Return an error at a place in the source, unknown dimensions under letters."""
        return MatcalcError(
            code, readable(message, self.letters), hint=readable(hint, self.letters)
        ).at(self.source, *span)

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
            f"{text(self.source, draft.place.tree.span)} has more than a thousand digits",
            draft.place.tree.mark,
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

    def add_variable(self, name: str, shape: Shape, structure: str) -> None:
        """Add a declared variable that no formula contains."""
        span = Span(0, 0)
        tree = Tree("name", name, (), span, span)
        self.variables[name] = self.leaf(tree, "variable", Declared(name, structure), shape)

    def is_new(self, name: str) -> bool:
        """Tell whether a name would be a variable that nothing declared or used so far."""
        constants = ("pi", "π", "eye", "I")
        known = (self.declared, self.variables, self.dimensions, self.functions, self.bound)
        return not any(name in names for names in (*known, constants, NAMES, _NO_NAMES))

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


# Names and numbers


def _number(self: Elaborator, tree: Tree) -> Task:
    value = tree.value
    assert isinstance(value, Fraction)
    return self.number(tree, value)
    yield


def _name(self: Elaborator, tree: Tree) -> Task:
    return _resolve(self, tree, str(tree.value))
    yield


def _resolve(self: Elaborator, tree: Tree, name: str) -> Draft:
    if name in self.indices:
        return self.leaf(tree, "index", name, (), exact.index(self.indices[name]))
    if name in self.bound:
        return self.bound[name]
    if name in self.dimensions and (self.sizing or name not in self.declared):
        return _dimension(self, tree, name)
    if name in self.declared or name in self.variables:
        return variable(self, tree, name)
    if name in ("pi", "π"):
        return self.leaf(tree, "pi", None)
    if name in ("eye", "I"):
        return unknown_eye(self, tree)
    _refuse(self, tree, name)
    return variable(self, tree, name)


def _dimension(self: Elaborator, tree: Tree, name: str) -> Draft:
    if not self.sizing and name not in self.kinds.known:
        self.note(f"{name} is read as a dimension")
    size = Dimension((((name,), 1),))
    return self.leaf(tree, "size", size, (), exact.dimension(size))


def _refuse(self: Elaborator, tree: Tree, name: str) -> None:
    """Raise for the names that are no variables: functions and other languages' constants."""
    if name in self.functions or name in NAMES:
        usage = f"{name}(n)" if name in ("ones", "zeros") else f"{name}(x)"
        raise self.error(
            "E109", f"{name} is a function; its arguments are missing", tree.span, usage
        )
    if name in _NO_NAMES:
        hint = "write a number, or declare the name to use it"
        raise self.error("E201", f"{name} means nothing here", tree.span, hint)


def variable(self: Elaborator, tree: Tree, name: str) -> Draft:
    """Return the variable's draft, the same each time, of unknown dimensions if inferred."""
    draft = self.variables.get(name)
    if draft is None:
        structure = ""
        if name in self.declared:
            shape, structure = self.declared[name]
        else:
            shape = tuple(self.unknowns.fresh() for _ in range(self.kinds.rank(name)))
            self.inferred.setdefault(name)
        draft = self.leaf(tree, "variable", Declared(name, structure), shape)
        self.variables[name] = draft
    return draft


def unknown_eye(self: Elaborator, tree: Tree) -> Draft:
    """Return an identity matrix whose size comes from its use."""
    size = self.unknowns.fresh()
    draft = self.leaf(tree, "eye", size, (size, size))
    self.open.append(draft)
    return draft


# Operators


def _add(self: Elaborator, tree: Tree) -> Task:
    terms = []
    while tree.kind == "add":
        terms.append(tree)
        tree = tree.children[0]
    running = yield self.task(tree)
    drafts = [self.finite(running)]
    for whole in reversed(terms):
        right = whole.children[1]
        term = yield self.task(right)
        if whole.value == "-":
            term = _negated(self, right, self.finite(term))
        running = self.node(whole, "add", (running, term))
        drafts.append(term)
    if len(drafts) == 2:
        return running
    return Draft("add", None, tuple(drafts), running.shape, running.place, running.exact)


def _sign(self: Elaborator, tree: Tree) -> Task:
    draft = yield self.task(tree.children[0])
    return _negated(self, tree, self.finite(draft)) if tree.value == "-" else draft


def _negated(self: Elaborator, tree: Tree, draft: Draft) -> Draft:
    if draft.head == "number":
        return self.number(tree, -draft.value)
    return self.node(tree, "negate", (draft,))


_PRODUCTS = {"*": "multiply", "": "multiply", "@": "multiply", "/": "divide", "./": "divide"}
_PRODUCTS |= {".*": "hadamard", "·": "dot", "⊗": "kron"}


def _product(self: Elaborator, tree: Tree) -> Task:
    left = yield self.task(tree.children[0])
    right = yield self.task(tree.children[1])
    return product(self, tree, str(tree.value), left, right)


def product(self: Elaborator, tree: Tree, op: str, left: Draft, right: Draft) -> Draft:
    """Return the product of two drafts by one of the operators."""
    head = _PRODUCTS[op]
    self.finite(left), self.finite(right)
    if op == "·" and not (left.shape and right.shape):
        head = "multiply"
    elif op == "@" and not (left.shape and right.shape):
        scalar = tree.children[0 if not left.shape else 1]
        raise self.error(
            "E301",
            f"@ multiplies matrices and vectors; {self.text(scalar)} is a scalar",
            tree.mark,
            " * ".join(operand(self.source, child) for child in tree.children),
        )
    elif op == "/":
        _check_quotient(self, tree, left, right)
    elif op == "":
        _note_implicit(self, tree, right)
    return self.node(tree, head, (left, right))


def _check_quotient(self: Elaborator, tree: Tree, left: Draft, right: Draft) -> None:
    if not right.shape:
        return
    a, b = (operand(self.source, child) for child in tree.children)
    if not left.shape:
        if len(right.shape) == 2 and not is_row(self.shape(right)):
            self.note(f"{a}/{b} works entry by entry; the inverse is inv({b.strip('()')})")
        return
    hint = f"entry by entry: {a} ./ {b}"
    if len(right.shape) == 2:
        hint += f"; the inverse: {a}*inv({b.strip('()')})"
    divisor = f"{self.text(tree.children[1])} is {describe(self.shape(right))}"
    raise self.error("E301", f"/ divides by a scalar; {divisor}", tree.mark, hint)


def _note_implicit(self: Elaborator, tree: Tree, right: Draft) -> None:
    left, name = tree.children
    if left.kind == "product" and left.value == "/":
        self.note(f"{self.text(tree)} is read as ({self.text(left)})*{self.text(name)}")
    if right.head == "size":
        self.note(f"{self.text(tree)}: {self.text(name)} is read as a dimension")


def _transpose(self: Elaborator, tree: Tree) -> Task:
    draft = yield self.task(tree.children[0])
    if tree.children[0].kind == "number":
        raise self.error("E303", f"{self.text(tree.children[0])} is a number; only vectors and "
                         "matrices are transposed", tree.mark, "(A^-1)'")
    return self.node(tree, "transpose", (draft,), by_operand=True)


def _compare(self: Elaborator, tree: Tree) -> Task:
    left = yield self.task(tree.children[0])
    right = yield self.task(tree.children[1])
    return self.node(tree, "compare", (left, right), tree.value)


# Powers


def _power(self: Elaborator, tree: Tree) -> Task:
    base_tree, exponent_tree = tree.children
    base = yield self.task(base_tree)
    if self.kinds.is_transpose(tree, self.bound) and exponent_tree.value not in self.indices:
        if exponent_tree.value in self.kinds.order:
            message = "T is a variable in this formula, so this may be a power or a transpose"
            hint = f"{operand(self.source, base_tree)}' transposes"
            raise self.error("E303", message, tree.mark, hint)
        return self.node(tree, "transpose", (base,), operands=(base_tree,))
    _refuse_transposed_number(self, base_tree, exponent_tree)
    exponent = yield self.task(exponent_tree)
    if base.shape or exponent.shape:
        self.finite(base), self.finite(exponent)
        return _power_of_arrays(self, tree, base, exponent)
    known = exact.power(base.exact, exponent.exact)
    if known.huge:
        return Draft("power", None, (base, exponent), (), Place(self.source, tree, ()), known)
    if base.head == exponent.head == "number" and exact.is_short(known.constant):
        assert known.constant is not None
        return self.number(tree, known.constant)
    if base_tree.value == "e" and base_tree.kind == "name" and "e" in self.inferred:
        self.note("e is a variable; the exponential function is exp")
    return self.node(tree, "power", (base, exponent), known=known)


def _refuse_transposed_number(self: Elaborator, base: Tree, exponent: Tree) -> None:
    inner = exponent
    while inner.kind == "sign":
        inner = inner.children[0]
    if inner.kind == "transpose" and inner.children[0].kind == "number":
        power = self.source[base.span.start : inner.children[0].span.end].strip()
        message = f"{self.text(inner.children[0])} is a number; only vectors and matrices are transposed"
        raise self.error("E303", message, inner.mark, f"({power})'")


def _power_of_arrays(self: Elaborator, tree: Tree, base: Draft, exponent: Draft) -> Draft:
    a, b = (operand(self.source, child) for child in tree.children)
    shape = self.shape(base)
    matrix = len(shape) > 1 and not is_row(shape)
    entrywise = f"entry by entry: {a} .^ {b}"
    if tree.value == "^" and exponent.shape:
        if not base.shape:
            hint = f"exp({self.text(tree.children[1])})" if a == "e" else entrywise
            what = describe(self.shape(exponent))
            raise self.error("E303", f"{a} ^ {b} raises a scalar to {what}", tree.mark, hint)
        if matrix or len(exponent.shape) > 1:
            what = f"{b} is {describe(self.shape(exponent))}"
            raise self.error("E303", f"the exponent of ^ is a scalar; {what}", tree.mark, entrywise)
    if tree.value == ".^" or not matrix:
        return self.node(tree, "power", (base, exponent))
    known = exponent.exact
    if not known.integral:
        message = f"the power of a matrix is an integer, a dimension or an index; {b} is not"
        raise self.error("E303", message, tree.mark, entrywise)
    if known.constant is not None:
        exponent = self.number(tree.children[1], known.constant)
    return self.node(tree, "matrix_power", (base, exponent))


# Brackets


def _subscript(self: Elaborator, tree: Tree) -> Task:
    body = yield self.task(tree.children[0])
    value: list[Any] = []
    indices: list[Draft] = []
    for selector in tree.children[1:]:
        if selector.kind == "all":
            value.append("all")
        elif selector.kind == "range":
            low = yield self.integer(selector.children[0])
            high = yield self.integer(selector.children[1])
            value.append(("range", span_length(self, selector, low, high)))
            indices += [low, high]
        else:
            entry = yield self.integer(selector)
            if not entry.exact.integral:
                message = f"the index {self.text(selector)} is not an integer, a dimension or an index"
                hint = "an entry x[1], x[n]; a running index: sum(i = 1..n, x[i])"
                raise self.error("E307", message, selector.span, hint)
            value.append("entry")
            indices.append(entry)
    draft = self.node(
        tree, "subscript", (body, *indices), tuple(value), operands=tree.children[:1]
    )
    _note_lengths(self, body, value, indices)
    return draft


def span_length(self: Elaborator, tree: Tree, low: Draft, high: Draft) -> Dimension:
    """Return the length of low..high, both made of numbers and dimensions, or raise E307."""
    for draft, child in zip((low, high), tree.children[-2:], strict=True):
        if draft.exact.size is None:
            message = f"the bound {self.text(child)} is not made of numbers and dimensions"
            if draft.exact.bounds is not None:
                message = f"the bound {self.text(child)} contains an index; it may not"
            raise self.error("E307", message, child.span, "sum(i = 1..N, x[i]), x[1:k]")
    assert low.exact.size is not None and high.exact.size is not None
    length = high.exact.size - low.exact.size + ONE
    if length.value is not None and length.value < 1:
        message = f"nothing lies between {low.exact.size} and {high.exact.size}"
        raise self.error("E307", message, tree.children[-1].span)
    return length


def _note_lengths(self: Elaborator, body: Draft, value: list[Any], indices: list[Draft]) -> None:
    """Remember that an axis subscripted by i of i = 1..N is probably N long."""
    position = 0
    axes = body.shape[-len(value) :] if len(value) <= len(body.shape) else ()
    for axis, selector in zip(axes, value, strict=False):
        if selector == "entry":
            index = indices[position]
            if index.head == "index" and index.exact.bounds is not None:
                self.soft.append((axis, index.exact.bounds[1]))
        position += 1 if selector == "entry" else 0 if selector == "all" else 2


def _stack(self: Elaborator, tree: Tree) -> Task:
    cells = []
    for child in tree.children:
        cells.append((yield self.task(child)))
    if len(cells) == 1:
        return cells[0]
    return self.node(tree, "stack", tuple(cells), tree.value, by_operand=True)


# Names bound


def _indexed(self: Elaborator, tree: Tree) -> Task:
    value: Any = tree.value
    name, names = value
    if name not in ("sum", "tensor"):
        raise self.error("E306", f"{name} does not run an index; sum and tensor do", tree.mark)
    if len(set(names)) < len(names):
        raise self.error("E205", f"{name} binds an index twice", tree.mark)
    bounds: list[Draft] = []
    lengths: list[Dimension] = []
    inner = dict(self.indices)
    for index, low_tree, high_tree in zip(
        names, tree.children[:-1:2], tree.children[1::2], strict=True
    ):
        low = yield self.integer(low_tree)
        high = yield self.integer(high_tree)
        pair = tree._replace(children=(low_tree, high_tree))
        lengths.append(span_length(self, pair, low, high))
        bounds += [low, high]
        assert low.exact.size is not None and high.exact.size is not None
        inner[index] = (low.exact.size, high.exact.size)
    outer, self.indices = self.indices, inner
    sizing, self.sizing = self.sizing, False
    body = yield self.task(tree.children[-1])
    self.indices, self.sizing = outer, sizing
    if name == "tensor":
        return self.node(tree, "tensor", (*bounds, body), (tuple(names), tuple(lengths)))
    for position in reversed(range(len(names))):
        low, high = bounds[2 * position : 2 * position + 2]
        body = self.node(tree, "index_sum", (low, high, body), names[position])
    return body


def _program(self: Elaborator, tree: Tree) -> Task:
    mine: set[str] = set()
    start = tree.span.start
    names: Any = tree.value
    for name, child in zip(names, tree.children, strict=False):
        where = self.source.rfind(name, start, child.span.start)
        place = Span(where, where + len(name))
        start = child.span.end
        draft = yield self.task(child)
        if name in NAMES or name in self.functions:
            raise self.error("E204", f"{name} is a function and cannot be defined", place)
        if name in mine:
            raise self.error("E205", f"{name} is defined twice", place, "give each part its own name")
        if name in self.variables or name in self.declared:
            why = "declared" if name in self.declared else "used before"
            raise self.error("E205", f"{name} is {why} and cannot be defined", place)
        mine.add(name)
        self.bound[name] = self.finite(draft)
    return (yield self.task(tree.children[-1]))


_TASKS: dict[str, Callable[[Elaborator, Tree], Task]] = {
    "number": _number,
    "name": _name,
    "add": _add,
    "sign": _sign,
    "product": _product,
    "power": _power,
    "transpose": _transpose,
    "compare": _compare,
    "call": call,
    "derivative": derivative,
    "subscript": _subscript,
    "stack": _stack,
    "indexed": _indexed,
    "program": _program,
}
