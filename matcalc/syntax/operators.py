"""Elaborate operators: sums, products, powers, transposes and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError
from matcalc.expressions.shapes import describe, is_row
from matcalc.syntax import exact
from matcalc.syntax.drafts import Draft, Place, operand
from matcalc.syntax.tree import Tree

if TYPE_CHECKING:
    from matcalc.syntax.elaboration import Elaborator

Task = Generator[Any, Draft, Draft]


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
        raise _transposed_number(self, tree, "(A^-1)'")
    return self.node(tree, "transpose", (draft,), by_operand=True)


def _transposed_number(self: Elaborator, tree: Tree, hint: str) -> MatcalcError:
    number = self.text(tree.children[0])
    message = f"{number} is a number; only vectors and matrices are transposed"
    return self.error("E303", message, tree.mark, hint)


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
        raise _transposed_number(self, inner, f"({power})'")


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


OPERATORS: dict[str, Callable[[Elaborator, Tree], Task]] = {
    "add": _add,
    "sign": _sign,
    "product": _product,
    "power": _power,
    "transpose": _transpose,
    "compare": _compare,
}
