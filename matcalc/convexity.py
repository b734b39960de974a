"""Whether a Hessian is positive semidefinite, read off its form.

After Klaus, Merk, Wiedom, Laue & Giesen (NeurIPS 2022): a Hessian that is a sum of terms
M'*D*M, with D diagonal and nonnegative, is positive semidefinite. A term is a product of
tensors with labelled axes, so that M and M' need not stand there as matrices: it has the
form if an exchange of labels swaps its two sides (`calculus/mirrors.py`). What lies on
labels that stay is D. A factor that joins a label to its mirror image is a kernel, and
kernels multiply entry by entry (Schur 1911). What a term of the other sign takes away may
be less than another term has, by the inequality of Cauchy & Schwarz.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.calculus.expansion import distributed
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.mirrors import Mirrored, Pairs, Term, mirrored, terms
from matcalc.calculus.products import product
from matcalc.calculus.sums import add
from matcalc.calculus.symmetry import symmetric
from matcalc.calculus.templates import opened_call
from matcalc.calculus.tensors import Label, Labels, Tensor, constant, constant_value, delta, is_zero
from matcalc.calculus.work import Factor
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.functions import ROWS
from matcalc.expressions.nodes import Expression
from matcalc.expressions.table.row import Row
from matcalc.expressions.traversal import postorder
from matcalc.notation.matrices import Notation
from matcalc.notation.text import to_text
from matcalc.signs import ANYTHING, Range, range_of

MOST_NODES = 250
MOST_TERMS = 16
MOST_EXPANDED = 6
DEEPEST = 8
LONGEST_TEXT = 80

_one = Fraction(1)


class Form(NamedTuple):
    """A form that makes a matrix positive semidefinite: a core between M' and M, or alone."""

    core: str
    detail: str = ""
    sides: bool = False

    def __str__(self) -> str:
        if self.core == "S" and not self.sides:
            return self.detail
        text = f"M'*({self.core})*M" if " " in self.core else f"M'*{self.core}*M"
        text = (text if self.core else "M'*M") if self.sides else self.core
        return f"{text} with {self.detail}" if self.detail else text


class Definite(NamedTuple):
    """A semidefinite matrix: the sum of the forms, times the sign."""

    sign: int
    forms: tuple[Form, ...]


def convexity(
    hessian: Expression,
    formula: Expression,
    name: str,
    *,
    smooth: bool,
    among: str = "",
    ascii: bool = False,  # noqa: A002
) -> str:
    """Return in one sentence that a Hessian is semidefinite and why, or ''.

    The Hessian is that of a scalar formula by the variable `name`, its axes those of the
    variable twice. With `smooth` it exists everywhere, so that the function is convex (or
    concave). With `among` only such directions count as are symmetric matrices.

    >>> import matcalc
    >>> hessian = matcalc.hessian("sum(exp(A*x))", "x")
    >>> print(convexity(hessian.expression, hessian.formula.expression, "x", smooth=True))
    the Hessian is positive semidefinite, M'*diag(d)*M with d = exp(A*x) >= 0: convex in x
    """
    found = definiteness(hessian, formula, is_symmetric=bool(among), ascii=ascii)
    if found is None:
        return ""
    smooth = smooth and all(node.head != "abstract" for node in postorder([formula], _arguments))
    if hessian.shape:
        which = "positive" if found.sign > 0 else "negative"
        text = f"the Hessian is {which} semidefinite" + (
            f" among {among} matrices" if among else ""
        )
    else:
        text = f"the second derivative is non{'negative' if found.sign > 0 else 'positive'}"
    if not smooth:
        text += " where it exists"
    if hessian.shape:
        sign = "" if found.sign > 0 else "minus "
        between = f" {sign or 'plus '}"
        text += f", {sign}" + between.join([str(form) for form in found.forms])
    if not smooth:
        return text
    return f"{text}: {'convex' if found.sign > 0 else 'concave'} in {name}"


def definiteness(
    hessian: Expression,
    formula: Expression,
    *,
    is_symmetric: bool = False,
    ascii: bool = False,  # noqa: A002
) -> Definite | None:
    """Return that a Hessian is semidefinite wherever the formula is defined, or None."""
    if len(postorder([hessian], _arguments)) > MOST_NODES:
        return None
    tensor = tensor_of(hessian)
    if is_zero(tensor):
        return None
    half = len(tensor.shape) // 2
    pairings: list[Pairs] = [tuple([(k, half + k) for k in range(half)])]
    if is_symmetric and half == 2:
        pairings.append(((0, 3), (1, 2)))
    search = _Search(_positive_arguments(formula), ascii)
    found = search.definite(tensor, pairings)
    if found is None:
        expanded = _expanded(tensor)
        found = search.definite(expanded, pairings) if expanded is not tensor else None
    return found


def _arguments(node: Expression) -> tuple[Expression, ...]:
    return node.arguments


def _positive_arguments(formula: Expression) -> frozenset[Expression]:
    """Return what is positive wherever the formula has derivatives: log(x) needs x > 0."""
    order = postorder([formula], _arguments)
    if any(node.head == "call" and _row(node).chooses == "condition" for node in order):
        return frozenset()  # what is not chosen may be undefined
    found = []
    for node in order:
        if node.head == "call" and _row(node).domain == "x > 0":
            found.append(node.arguments[0])
            continue
        if node.head == "call" and _row(node).definition:
            node = opened_call(node)  # sqrt(x) is a power
        if node.head == "power":
            exponent = node.arguments[1]
            if exponent.head == "number" and exponent.value.denominator != 1:
                found.append(node.arguments[0])
    return frozenset(found)


def _row(call: Expression) -> Row:
    return ROWS[call.value[0], len(call.arguments)]


def _expanded(tensor: Tensor) -> Tensor:
    """Return the tensor with the sums of matrices in its products multiplied out."""
    axes = tuple(range(len(tensor.shape)))
    pending = [(tensor, axes, _one)]
    done: list[tuple[Tensor, Labels, Fraction]] = []
    while pending:
        if len(pending) + len(done) > MOST_EXPANDED:
            return tensor
        node, labels, weight = pending.pop()
        if node.kind == "sum":
            pending += [
                (t, tuple([labels[k] for k in names]), weight * w) for t, names, w in node.operands
            ]
            continue
        chosen = _sum_of_matrices(node)
        if chosen is None:
            done.append((node, labels, weight))
        else:
            pending += [(part, labels, weight) for part in distributed(node, chosen)]
    return add(done, axes, dict(enumerate(tensor.shape)))


def _sum_of_matrices(node: Tensor) -> int | None:
    """Return the place of a factor that is one."""
    if node.kind != "product":
        return None
    for k, (tensor, labels, power) in enumerate(node.operands):
        if tensor.kind == "sum" and len(labels) > 1 and power == 1:
            return k
    return None


class _Search:
    """What is asked about one Hessian; `positive` is known of the parts of its formula."""

    def __init__(self, positive: frozenset[Expression], ascii: bool) -> None:  # noqa: A002
        self.positive = positive
        self.ascii = ascii
        self.notation = Notation()

    def definite(
        self, tensor: Tensor, pairings: Sequence[Pairs], depth: int = 0
    ) -> Definite | None:
        """Return whether the terms are semidefinite by one sign, by any of the pairings."""
        parts = terms(tensor)
        if depth > DEEPEST or len(parts) > MOST_TERMS:
            return None
        parts = _joined_diagonals(parts, pairings[0])
        found = [self._of_term(term, pairings, depth) for term in parts]
        for sign in (1, -1):
            forms = self._of_sign(found, sign)
            if forms:
                return Definite(sign, tuple(dict.fromkeys(forms)))
        return None

    def _of_term(
        self, term: Term, pairings: Sequence[Pairs], depth: int
    ) -> tuple[Term, Mirrored | None, Definite | None]:
        last = None
        for pairs in pairings:
            for last in mirrored(term, pairs):
                verdict = self._of_mirrored(last, depth)
                if verdict:
                    return term, last, verdict
        return term, last, None

    def _of_sign(
        self, found: Sequence[tuple[Term, Mirrored | None, Definite | None]], sign: int
    ) -> list[Form]:
        """Return the forms of all terms if those of the other sign take away no more."""
        hosts = [(m, d) for _, m, d in found if m is not None and d is not None and d.sign == sign]
        guests = [m for _, m, d in found if d is None or d.sign != sign]
        forms = []
        for guest in guests:
            if guest is None:
                return []
            for k, (host, _) in enumerate(hosts):
                form = self._absorbed(host, guest, sign)
                if form:
                    forms.append(form)
                    del hosts[k]
                    break
            else:
                return []
        return [*forms, *[form for _, d in hosts for form in d.forms]]

    # One term

    def _of_mirrored(self, found: Mirrored, depth: int) -> Definite | None:
        sign = self._sign_of_weights(found) * (1 if found.term.coefficient > 0 else -1)
        if not sign:
            return None
        inner: list[Definite] = []
        for tensor, _, exponent in found.kernels:
            kernel = self._kernel(tensor, depth + 1)
            if not kernel or exponent.denominator != 1 or exponent < 1:
                return None
            sign *= kernel.sign ** int(exponent)
            inner.append(kernel)
        return Definite(sign, tuple(self._forms(found, inner)))

    def _sign_of_weights(self, found: Mirrored) -> int:
        sign = 1
        for tensor, _, exponent in found.weights:
            sign *= self._sign_of_power(tensor, exponent)
        return sign

    def _sign_of_power(self, tensor: Tensor, exponent: Fraction) -> int:
        if exponent.denominator != 1 or exponent % 2 == 0:
            return 1  # where it is defined
        entries = self._range(tensor)
        if entries.is_nonnegative:
            return 1
        return -1 if entries.is_nonpositive else 0

    def _range(self, tensor: Tensor) -> Range:
        formula = self._formula(tensor)
        return ANYTHING if formula is None else range_of(formula, self.positive)

    def _formula(self, tensor: Tensor) -> Expression | None:
        """Return a part as a formula; not every part has one of its own."""
        try:
            return self.notation.formula(tensor)
        except MatcalcError:
            return None

    def _kernel(self, tensor: Tensor, depth: int) -> Definite | None:
        """Return whether a matrix is semidefinite."""
        if depth > DEEPEST:
            return None
        if tensor.kind == "delta":
            return Definite(1, (Form("eye"),))
        if tensor.kind in ("product", "sum"):
            return self.definite(tensor, [((0, 1),)], depth)
        if self._is_positive(tensor, depth):
            return Definite(1, (Form("S", f"S = {self._text(tensor)} positive semidefinite"),))
        return None

    def _is_positive(self, tensor: Tensor, depth: int) -> bool:
        """Tell whether a matrix that is a single function or variable is semidefinite."""
        if tensor.kind == "variable":
            return bool(tensor.value.structure == "spd")
        if tensor.kind == "matrix_power" and len(tensor.shape) == 2:
            exponent = constant_value(tensor.operands[1].tensor)
            if exponent is not None and exponent % 2 == 0 and symmetric(tensor.operands[0].tensor):
                return True
        elif tensor.kind != "matrix" or ROWS[tensor.value, 1].of_spd != "spd":
            return False
        inner = self._kernel(tensor.operands[0].tensor, depth + 1)
        return inner is not None and inner.sign > 0

    # What a term of the other sign takes away

    def _absorbed(self, host: Mirrored, guest: Mirrored, sign: int) -> Form | None:
        """Return the form of host - guest where that is semidefinite.

        The guest is w*(sum_f u_f p_f)(sum_f u_f p_f)', the host a sum over f of p_f p_f'
        with a weight: u_f itself, if u is a softmax, or at least w times the sum of u_f^2.
        """
        own = self._sign_of_weights(guest) * (1 if guest.term.coefficient > 0 else -1)
        if own != -sign or guest.kernels:
            return None
        for label in guest.sides:
            near = {label, *guest.fixed}
            vector = [f for f in guest.left if label in f[1] and near.issuperset(f[1])]
            form = self._covariance(host, guest, label, vector)
            form = form or self._projection(host, guest, label, vector)
            if form:
                return form._replace(sides=len(guest.left) > len(vector))
        return None

    def _covariance(
        self, host: Mirrored, guest: Mirrored, label: Label, vector: list[Factor]
    ) -> Form | None:
        if len(vector) != 1 or vector[0][2] != 1:
            return None
        ((tensor, labels, _),) = vector
        softmax = self._formula(tensor)
        if softmax is None or softmax.head != "call" or softmax.value[0] != "softmax":
            return None
        # the entries that add up to one are those along the label
        if len(labels) > 1 and labels[softmax.value[1]] != label:
            return None
        glued = _glued(guest, label, vector, [*guest.weights, *vector])
        ratio = _ratio(_whole(host.term), glued)
        if ratio is None or ratio / guest.term.coefficient > -1:
            return None
        return Form("diag(s) - s*s'", f"s = {self._text(tensor)}")

    def _projection(
        self, host: Mirrored, guest: Mirrored, label: Label, vector: list[Factor]
    ) -> Form | None:
        if any(labels for _, labels, _ in [*host.weights, *guest.weights]):
            return None
        if host.kernels or any(labels != (label,) for _, labels, _ in vector):
            return None
        bare = [factor for factor in host.term.factors if factor[1]]
        unweighted = _whole(host.term._replace(factors=tuple(bare), coefficient=_one))
        scale = _ratio(unweighted, _glued(guest, label, vector, []))
        if scale is None:
            return None
        # host / guest has to be at least the sum of all u^2
        inverse = [(tensor, labels, -power) for tensor, labels, power in guest.weights]
        quotient = -host.term.coefficient * scale / guest.term.coefficient
        most = product([*host.weights, *inverse], (), None, quotient)
        squares = [(tensor, labels, 2 * power) for tensor, labels, power in vector]
        least = product(squares, (), {label: guest.term.sizes[label]})
        if not self._range(add([(most, (), _one), (least, (), -_one)], (), {})).is_nonnegative:
            return None
        sizes = {label: guest.term.sizes[label]}
        shown = self._text(product(vector, (label,), sizes))
        return Form("eye - c*u*u'", f"u = {shown} and c*u'*u <= 1")

    # Words

    def _forms(self, found: Mirrored, inner: Sequence[Definite]) -> Iterator[Form]:
        diagonal = _on_diagonal(found)
        sides = bool(found.left)
        if len(inner) == 1 and not diagonal:
            yield from [form._replace(sides=form.sides or sides) for form in inner[0].forms]
        elif inner:
            yield Form("S", "S a product of positive semidefinite matrices", sides)
        elif diagonal:
            yield self._diagonal_form(found, diagonal, sides)
        else:
            yield Form("", "", True) if found.sides else Form("c*eye", "c >= 0")

    def _diagonal_form(self, found: Mirrored, diagonal: list[Factor], sides: bool) -> Form:
        labels = tuple(dict.fromkeys([label for factor in diagonal for label in factor[1]]))
        if len(labels) > 2:
            return Form("diag(d)", "d >= 0", sides)
        sign = 1
        for tensor, _, exponent in diagonal:
            sign *= self._sign_of_power(tensor, exponent)
        sizes = {label: found.term.sizes[label] for label in labels}
        weight = product(diagonal, labels, sizes, sign)
        return Form("diag(d)", f"d = {self._text(weight)} >= 0", sides)

    def _text(self, tensor: Tensor) -> str:
        formula = self._formula(tensor)
        text = "..." if formula is None else to_text(formula, ascii=self.ascii)
        return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ..."


def _joined_diagonals(parts: list[Term], pairs: Pairs) -> list[Term]:
    """Add up the terms of a matrix that are diagonal: s - s^2 = s*(1 - s)."""
    if len(pairs) != 1:
        return parts
    diagonal = [term for term in parts if _entries(term, pairs)]
    if len(diagonal) < 2:
        return parts
    ((row, column),) = pairs
    weights = [_entries(term, pairs) for term in diagonal]
    powers = [{(t, n): e for t, n, e in factors if n == (row,)} for factors in weights]
    common = [key for key in powers[0] if all(key in other for other in powers)]
    shared: list[Factor] = [(*key, min(other[key] for other in powers)) for key in common]
    inverse: list[Factor] = [(t, n, -e) for t, n, e in shared]
    sizes = {row: diagonal[0].sizes[row]}
    rest = [
        (
            product([*factors, *inverse], (row,), _without(term, column), term.coefficient),
            (row,),
            _one,
        )
        for term, factors in zip(diagonal, weights, strict=True)
    ]
    identity: Factor = (delta(sizes[row]), (row, column), _one)
    total: Factor = (add(rest, (row,), sizes), (row,), _one)
    sizes = {label: parts[0].sizes[label] for label in (row, column)}
    joined = Term(_one, (identity, *shared, total), sizes)
    return [joined, *[term for term in parts if term not in diagonal]]


def _without(term: Term, label: Label) -> dict[Label, Dimension]:
    return {n: d for n, d in term.sizes.items() if n != label}


def _entries(term: Term, pairs: Pairs) -> list[Factor]:
    """Return the factors of a diagonal matrix's entries, at least a 1; [] of other terms."""
    ((row, column),) = pairs
    identity = [f for f in term.factors if f[0].kind == "delta" and set(f[1]) == {row, column}]
    if not identity:
        return []
    rest = [f for f in term.factors if f not in identity]
    renamed = [(t, tuple([row if n == column else n for n in names]), e) for t, names, e in rest]
    return [(constant(1), (), _one), *renamed]


def _on_diagonal(found: Mirrored) -> list[Factor]:
    """Return the weights that vary along the diagonal; the others are scalars."""
    near = {n for n in found.fixed if isinstance(n, int)}
    near |= {n for _, names, _ in found.left for n in names if n in found.fixed}
    return [factor for factor in found.weights if not near.isdisjoint(factor[1])]


def _whole(term: Term) -> Tensor:
    """Return the term as a tensor; its free axes are labelled by numbers."""
    return product(term.factors, _free(term), term.sizes, term.coefficient)


def _free(term: Term) -> tuple[Label, ...]:
    return tuple(sorted([label for label in term.sizes if isinstance(label, int)]))


def _glued(
    guest: Mirrored, label: Label, vector: Sequence[Factor], weights: Sequence[Factor]
) -> Tensor:
    """Return the guest without the vector, a label put equal to its image, and other weights."""
    image = guest.sides[label]
    swap = {**guest.sides, label: label}
    left = [factor for factor in guest.left if factor not in vector]
    right = [(t, tuple([swap.get(n, n) for n in labels]), e) for t, labels, e in left]
    sizes = _without(guest.term, image)
    factors: list[Factor] = [*left, *right, *weights]
    if isinstance(label, int):  # both are free: a diagonal matrix
        factors.append((delta(guest.term.sizes[label]), (label, image), _one))
    return product(factors, _free(guest.term), sizes)


def _ratio(a: Tensor, b: Tensor) -> Fraction | None:
    """Return the number c with a = c*b, or None."""
    (p, left), (q, right) = _content(a), _content(b)
    return p / q if left is right and q else None


def _content(tensor: Tensor) -> tuple[Fraction, Tensor]:
    axes = tuple(range(len(tensor.shape)))
    if tensor.kind != "product" or is_zero(tensor):
        return _one, tensor
    coefficient = tensor.value[0]
    return coefficient, product([(tensor, axes, _one)], axes, None, 1 / coefficient)
