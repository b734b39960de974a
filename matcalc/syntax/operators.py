"""Elaborate operators: sums, products, powers, transposes and comparisons."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.expressions.shapes import describe, is_row
from matcalc.syntax import exact
from matcalc.syntax.drafts import Draft, Place, operand
from matcalc.syntax.elaborator import Elaborator, Rule, Task
from matcalc.syntax.tree import Tree
from matcalc.syntax.uses import bare, uses_in_product, uses_in_sum


def _add(reader: Elaborator, tree: Tree) -> Task:
    terms = []
    while tree.kind == "add":
        terms.append(tree)
        tree = tree.children[0]
    running: Draft = yield reader.task(tree)
    drafts = [reader.finite(running)]
    for whole in reversed(terms):
        right = whole.children[1]
        term = yield reader.task(right)
        if whole.value == "-":
            term = _negated(reader, right, reader.finite(term))
        running = reader.node(whole, "add", (running, term))
        drafts.append(term)
    if reader.chosen:
        for use, parts in uses_in_sum(drafts, [reader.shape(d) for d in drafts], reader.chosen):
            reader.charge(use, *parts)
    if len(drafts) == 2:
        return running
    return Draft("add", None, tuple(drafts), running.shape, running.place, running.exact)


def _sign(reader: Elaborator, tree: Tree) -> Task:
    draft: Draft = yield reader.task(tree.children[0])
    return _negated(reader, tree, reader.finite(draft)) if tree.value == "-" else draft


def _negated(reader: Elaborator, tree: Tree, draft: Draft) -> Draft:
    if draft.head == "number":
        return reader.number(tree, -draft.value)
    return reader.node(tree, "negate", (draft,))


_PRODUCTS = {"*": "multiply", "": "multiply", "@": "multiply", "/": "divide", "./": "divide"}
_PRODUCTS |= {".*": "hadamard", "·": "dot", "⊗": "kron"}


def _product(reader: Elaborator, tree: Tree) -> Task:
    left = yield reader.task(tree.children[0])
    right = yield reader.task(tree.children[1])
    return product(reader, tree, str(tree.value), left, right)


def product(reader: Elaborator, tree: Tree, op: str, left: Draft, right: Draft) -> Draft:
    """Return the product of two drafts by one of the operators."""
    head = _PRODUCTS[op]
    reader.finite(left), reader.finite(right)
    if op == "·":
        head = _dotted(reader, tree, left, right)
    elif op == "@" and not (left.shape and right.shape):
        scalar = tree.children[0 if not left.shape else 1]
        raise reader.error(
            "E301",
            f"@ multiplies matrices and vectors; {reader.text(scalar)} is a scalar",
            tree.mark,
            " * ".join(operand(reader.source, child) for child in tree.children),
        )
    elif op == "/":
        _check_quotient(reader, tree, left, right)
    elif op == "":
        _note_implicit(reader, tree, right)
    if head == "hadamard" and reader.chosen:
        for draft in (left, right):
            if not draft.shape and bare(draft, reader.chosen) and draft.head == "variable":
                reader.charge("scalar entry by entry", left, right)
    if head == "multiply":
        square_factors(reader, left, right)
        if reader.chosen:
            shapes = reader.shape(left), reader.shape(right)
            for use, parts in uses_in_product(left, right, *shapes, reader.chosen):
                reader.charge(use, *parts)
    return reader.node(tree, head, (left, right))


def _dotted(reader: Elaborator, tree: Tree, left: Draft, right: Draft) -> str:
    """Return what · is between these: the dot product of columns or rows, else the product."""
    shapes = reader.shape(left), reader.shape(right)
    if not all(shapes):
        return "multiply"
    rows = [is_row(shape) for shape in shapes]
    if rows in ([True, True], [False, False]) and all(rows[0] or len(s) == 1 for s in shapes):
        return "dot"
    reader.charge("dot of matrices", left, right)
    reader.note(f"{reader.text(tree)} is read as the product {_starred(reader, tree)}")
    return "multiply"


def _starred(reader: Elaborator, tree: Tree) -> str:
    return "*".join(operand(reader.source, child) for child in tree.children)


def _check_quotient(reader: Elaborator, tree: Tree, left: Draft, right: Draft) -> None:
    if not right.shape:
        return
    a, b = (operand(reader.source, child) for child in tree.children)
    if not left.shape:
        lone = left.head == "number"
        reader.charge("number over an array" if lone else "divided by an array", left, right)
        if len(right.shape) == 2 and not is_row(reader.shape(right)):
            reader.note(f"{a}/{b} works entry by entry; the inverse is inv({b.strip('()')})")
        return
    hint = f"entry by entry: {a} ./ {b}"
    if len(right.shape) == 2:
        hint += f"; the inverse: {a}*inv({b.strip('()')})"
    divisor = f"{reader.text(tree.children[1])} is {describe(reader.shape(right))}"
    raise reader.error("E301", f"/ divides by a scalar; {divisor}", tree.mark, hint)


def _note_implicit(reader: Elaborator, tree: Tree, right: Draft) -> None:
    left, name = tree.children
    if left.kind == "product" and left.value == "/":
        reader.note(f"{reader.text(tree)} is read as ({reader.text(left)})*{reader.text(name)}")
    if right.head == "size":
        reader.note(f"{reader.text(tree)}: {reader.text(name)} is read as a dimension")


def _transpose(reader: Elaborator, tree: Tree) -> Task:
    draft = yield reader.task(tree.children[0])
    if tree.children[0].kind == "number":
        raise _transposed_number(reader, tree, "(A^-1)'")
    if not draft.shape:
        reader.charge("transposed scalar", draft)
    return reader.node(tree, "transpose", (draft,), by_operand=True)


def _transposed_number(reader: Elaborator, tree: Tree, hint: str) -> MatcalcError:
    number = reader.text(tree.children[0])
    message = f"{number} is a number; only vectors and matrices are transposed"
    return reader.error("E303", message, tree.mark, hint)


def _compare(reader: Elaborator, tree: Tree) -> Task:
    left = yield reader.task(tree.children[0])
    right = yield reader.task(tree.children[1])
    return reader.node(tree, "compare", (left, right), tree.value)


# Powers


def _power(reader: Elaborator, tree: Tree) -> Task:
    base_tree, exponent_tree = tree.children
    base = yield reader.task(base_tree)
    if reader.kinds.is_transpose(tree, reader.bound) and exponent_tree.value not in reader.indices:
        if exponent_tree.value in reader.kinds.order:
            message = "T is a variable in this formula, so this may be a power or a transpose"
            hint = f"{operand(reader.source, base_tree)}' transposes"
            raise reader.error("E303", message, tree.mark, hint)
        if not base.shape:
            reader.charge("transposed scalar", base)
        return reader.node(tree, "transpose", (base,), operands=(base_tree,))
    _refuse_transposed_number(reader, base_tree, exponent_tree)
    exponent = yield reader.task(exponent_tree)
    if base.shape or exponent.shape:
        reader.finite(base), reader.finite(exponent)
        return _power_of_arrays(reader, tree, base, exponent)
    known = exact.power(base.exact, exponent.exact)
    if known.huge:
        return Draft("power", None, (base, exponent), (), Place(reader.source, tree, ()), known)
    if base.head == exponent.head == "number" and exact.is_short(known.constant):
        assert known.constant is not None
        return reader.number(tree, known.constant)
    if base_tree.value == "e" and base_tree.kind == "name" and "e" in reader.inferred:
        reader.note("e is a variable; the exponential function is exp")
    return reader.node(tree, "power", (base, exponent), known=known)


def _refuse_transposed_number(reader: Elaborator, base: Tree, exponent: Tree) -> None:
    inner = exponent
    while inner.kind == "sign":
        inner = inner.children[0]
    if inner.kind == "transpose" and inner.children[0].kind == "number":
        power = reader.source[base.span.start : inner.children[0].span.end].strip()
        raise _transposed_number(reader, inner, f"({power})'")


def _power_of_arrays(reader: Elaborator, tree: Tree, base: Draft, exponent: Draft) -> Draft:
    a, b = (operand(reader.source, child) for child in tree.children)
    shape = reader.shape(base)
    matrix = len(shape) > 1 and not is_row(shape)
    entrywise = f"entry by entry: {a} .^ {b}"
    if tree.value == "^" and len(exponent.shape) > 1 and not is_row(reader.shape(exponent)):
        what = f"{b} is {describe(reader.shape(exponent))}"
        message = f"the exponent of ^ is a scalar or a vector; {what}"
        raise reader.error("E303", message, tree.mark, entrywise)
    if tree.value == "^" and matrix and exponent.shape:
        what = f"{b} is {describe(reader.shape(exponent))}"
        message = f"the exponent of a matrix is a scalar; {what}"
        raise reader.error("E303", message, tree.mark, entrywise)
    if tree.value == ".^" or not matrix:
        if tree.value == "^" and shape:
            reader.charge("power of a vector", base)
        if exponent.shape:
            reader.charge("vector in an exponent", exponent)
        return reader.node(tree, "power", (base, exponent))
    return _power_of_matrix(reader, tree, base, exponent, entrywise)


def _power_of_matrix(
    reader: Elaborator, tree: Tree, base: Draft, exponent: Draft, entrywise: str
) -> Draft:
    """Return A^k: the matrix power if A is square for other reasons, else entry by entry."""
    known = exponent.exact
    b = operand(reader.source, tree.children[1])
    if not known.integral:
        message = f"the power of a matrix is an integer, a dimension or an index; {b} is not"
        raise reader.error("E303", message, tree.mark, entrywise)
    if known.constant is not None:
        exponent = reader.number(tree.children[1], known.constant)
    if known.constant is None or known.constant < 1:
        return reader.node(tree, "matrix_power", (base, exponent))
    rows, columns = reader.shape(base)
    if rows == columns:
        return reader.node(tree, "matrix_power", (base, exponent))
    power = reader.node(tree, "power", (base, exponent))
    reader.powers.append(power)
    return power


def square_factors(reader: Elaborator, left: Draft, right: Draft) -> None:
    """Make a power in a product of matrices the matrix power, if its base can be square."""
    for draft, other in ((left, right), (right, left)):
        if draft.head == "power" and other.shape and draft in reader.powers:
            rows, columns = reader.shape(draft)
            if reader.unknowns.unify(rows, columns):
                draft.head = "matrix_power"


def settle_powers(reader: Elaborator) -> None:
    """Decide the powers of matrices that only now are known to be square or not."""
    for draft in reader.powers:
        rows, columns = reader.shape(draft)
        if rows == columns:
            draft.head = "matrix_power"
        elif draft.head == "power":
            reader.source = draft.place.source
            typed = reader.text(draft.place.tree)
            base = reader.text(draft.place.tree.children[0])
            reader.note(f"{typed} is read entry by entry; {base} is not known to be square")
    for draft in reader.reduced:
        if draft.head == "matrix_power":
            reader.source = draft.place.source
            base, exponent = map(reader.text, draft.place.tree.children)
            typed = reader.text(draft.place.tree)
            reader.note(f"{typed} is the power of a matrix; entry by entry: {base} .^ {exponent}")


OPERATORS: dict[str, Rule] = {
    "add": _add,
    "sign": _sign,
    "product": _product,
    "power": _power,
    "transpose": _transpose,
    "compare": _compare,
}
