"""The functions of the Python interface: read a formula, differentiate it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, overload

from matcalc.arguments import checked
from matcalc.calculus.accumulation import backward, forward, jacobian
from matcalc.calculus.layouts import LAYOUTS, Layout, arranged, sides
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.projections import CONVENTIONS, Convention, projected
from matcalc.calculus.sums import add
from matcalc.calculus.tensors import Tensor
from matcalc.collection import uncollected
from matcalc.definedness import refuse_undefined
from matcalc.derivative import Derivative, Formula, notation_of
from matcalc.derivatives import Derivatives
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.nodes import Expression, substitute
from matcalc.expressions.shapes import Shape, describe, sizes
from matcalc.limits import bounded, counted, limit
from matcalc.notation.answers import CHOICES, Choice, in_shape
from matcalc.notation.answers import answer as answered
from matcalc.notation.matrices import Notation
from matcalc.notation.pieces import Sides
from matcalc.syntax.declarations import parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import infer_several
from matcalc.targets import Question, Target, loosened, read_question

_ONE = Fraction(1)

Names = list[str] | tuple[str, ...]


@counted()
@uncollected()
@checked
def parse(text: str, where: str = "") -> Formula:
    """Read a formula; `where` declares its names, what is left open is inferred.

    >>> parse("w·x + b").assumptions
    ('w, x: vector(n)', 'b: scalar')
    """
    declarations = parse_declarations(where)
    inferred = infer_several([(parse_formula(text, declarations), text)], declarations)
    refuse_undefined(inferred)
    return Formula(text, where, inferred)


@overload
def diff(
    text: str,
    wrt: str,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def diff(
    text: str,
    wrt: Names,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivatives[str]: ...
@counted()
@uncollected()
@checked
def diff(
    text: str,
    wrt: str | Names,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative | Derivatives[str]:
    """Differentiate a formula by a variable, or by one entry of it such as 'x[2]'.

    Several variables, as a list or tuple, are answered in one pass, by name. By a variable
    with a structure every entry moves by itself; `structure` 'projected' gives the gradient
    among symmetric (or diagonal) matrices instead, 'cookbook' the derivative by the free
    entries of a symmetric one.

    The notation is 'matrix', 'kronecker' (flattened to ∂vec(Y)/∂vec(X)ᵀ, or its transpose in
    denominator layout), 'index' (entry by entry), or the first of these that there is.
    Raises MatcalcError E403 where the derivative has no notation of the kind asked for.

    >>> d = diff("max(0, w·x + b)", wrt="w")
    >>> print(d)
    [w·x + b > 0]*x'
    >>> d.shape, d.layout
    (('1', 'n'), 'numerator')
    >>> print(diff("x'*A*x", "x", where="A: symmetric(n)", layout="denominator"))
    2*A*x
    >>> {name: str(d) for name, d in diff("w·x + b", ["w", "b"]).items()}
    {'w': "x'", 'b': '1'}
    >>> print(diff("A*X*B", "X", notation="kronecker"))
    B' ⊗ A
    >>> print(diff("tr(A*S)", "S", "S: symmetric(n)", structure="projected"))
    (A + A')/2
    """
    _check(layout, order, notation)
    names = _listed(wrt)
    question, formula = _read(text, where, names)
    _check_structure(structure, question.targets)
    answers = _differentiate(question, formula, layout, order, notation, structure)
    if isinstance(wrt, str):
        return answers[0]
    return Derivatives(zip(names, answers, strict=True))


@overload
def gradient(
    text: str, wrt: str, where: str = "", *, structure: Convention = "entries"
) -> Derivative: ...
@overload
def gradient(
    text: str, wrt: Names, where: str = "", *, structure: Convention = "entries"
) -> Derivatives[str]: ...
@checked
def gradient(
    text: str, wrt: str | Names, where: str = "", *, structure: Convention = "entries"
) -> Derivative | Derivatives[str]:
    """Return the gradient of a scalar: it has the shape of the variable.

    >>> print(gradient("norm2(A*x - y)^2", "x"))
    2*A'*(A*x - y)
    """
    _need_scalar(text, where, "a gradient", "diff(…) gives the Jacobian")
    return diff(text, wrt, where, "mixed", structure=structure)


@overload
def hessian(
    text: str,
    wrt: str,
    where: str = "",
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def hessian(
    text: str,
    wrt: Names,
    where: str = "",
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivatives[tuple[str, str]]: ...
@counted()
@uncollected()
@checked
def hessian(
    text: str,
    wrt: str | Names,
    where: str = "",
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative | Derivatives[tuple[str, str]]:
    """Return the second derivative of a scalar; by several variables, all its blocks.

    By a matrix it is written in the notation asked for, as in `diff`.

    The block ('w', 'b') is the derivative by b of the gradient by w, in mixed layout: its
    shape is the shape of w followed by that of b. ('b', 'w') has the same entries with the
    axes of b first.

    >>> print(hessian("x'*A*x", "x"))
    A + A'
    >>> print(hessian("tr(X'*A*X)", "X", notation="kronecker"))
    eye(n) ⊗ (A + A')
    >>> blocks = hessian("(w·x + b)^2", ["w", "b"])
    >>> {pair: str(block) for pair, block in blocks.items()}
    {('w', 'w'): "2*x*x'", ('w', 'b'): '2*x', ('b', 'w'): '2*x', ('b', 'b'): '2'}
    """
    _need_scalar(text, where, "a Hessian", "diff(…, order=2) gives second derivatives")
    if isinstance(wrt, str):
        return diff(text, wrt, where, "numerator", 2, notation, structure=structure)
    _check("mixed", 2, notation)
    names = _listed(wrt)
    question, formula = _read(text, where, names)
    _check_structure(structure, question.targets)
    return Derivatives(
        [
            ((first.text, second.text), block)
            for first, second, block in _blocks(question, formula, notation, structure)
        ]
    )


@overload
def vjp(
    text: str,
    wrt: str,
    upstream: str = "G",
    where: str = "",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def vjp(
    text: str,
    wrt: Names,
    upstream: str = "G",
    where: str = "",
    *,
    structure: Convention = "entries",
) -> Derivatives[str]: ...
@counted()
@uncollected()
@checked
def vjp(
    text: str,
    wrt: str | Names,
    upstream: str = "G",
    where: str = "",
    *,
    structure: Convention = "entries",
) -> Derivative | Derivatives[str]:
    """Return (∂y/∂x)ᵀ applied to a formula of y's shape: what backpropagation computes.

    The answer has the shape of x. Several variables, as a list or tuple, are answered in
    one backward pass, by name. An upstream name that is not declared takes y's shape; what
    the upstream formula says of x itself does not move.

    >>> print(vjp("W*X", wrt="W"))
    G*X'
    >>> layer = "max(0, X*W + ones(n)*b')"
    >>> print(vjp(layer, ["W", "b"], where="X: matrix(n, p); b: vector(m)")["W"])
    X'*([ones(n)*b' + X*W > 0] .* G)
    """
    names = _listed(wrt)
    question, formula = _read(text, where, names, [upstream])
    _check_structure(structure, question.targets)
    (seed,) = question.seeds
    _match(seed, formula.expression.shape, upstream, text)
    loose = _loose(question)
    value = tensor_of(substitute(formula.expression, loose))
    cotangent = tensor_of(substitute(seed, loose))
    pulled = backward(value, [target.moving for target in question.targets], cotangent)
    answers = []
    notation = notation_of(formula)
    for target, tensor in zip(question.targets, pulled, strict=True):
        if target.entry:
            direction = target.direction(structure)
            labels = tuple(range(len(direction.shape)))
            tensor = product([(tensor, labels, _ONE), (direction, labels, _ONE)], ())
        else:
            tensor = projected(tensor, target.pairs(), target.structure, structure)
        answer = _Answer(target, target.shape, "vjp", (upstream,), structure=structure)
        answers.append(_written(notation, question, formula, answer, tensor))
    return answers[0] if isinstance(wrt, str) else Derivatives(zip(names, answers, strict=True))


@counted()
@uncollected()
@checked
def jvp(text: str, wrt: str | Names, tangent: str | Names = "V", where: str = "") -> Derivative:
    """Return ∂y/∂x applied to a formula of x's shape: the directional derivative.

    The answer has the shape of y. Several variables take as many tangents, in their order,
    and the answer is the sum over them: the derivative along all at once. A tangent name
    that is not declared takes its variable's shape.

    >>> print(jvp("inv(A)*b", wrt="A", where="A: square(n); b: vector(n)"))
    -inv(A)*V*inv(A)*b
    >>> print(jvp("W*x + b", ["W", "b"], ["V", "u"]))
    V*x + u
    """
    names, tangents = _listed(wrt), _listed(tangent)
    if len(names) != len(tangents):
        message = f"there are {len(names)} variables and {len(tangents)} tangents"
        raise MatcalcError("E701", message, hint="one tangent for each variable, in their order")
    question, formula = _read(text, where, names, tangents, upstream=False)
    loose = _loose(question)
    for target, seed, given in zip(question.targets, question.seeds, tangents, strict=True):
        _match(seed, target.shape, given, target.text)
    directions: dict[Tensor, Tensor] = {}
    for target, seed in zip(question.targets, question.seeds, strict=True):
        direction = tensor_of(substitute(seed, loose))
        if target.entry:
            unit = target.direction()
            labels = tuple(range(len(unit.shape)))
            direction = product([(unit, labels, _ONE), (direction, (), _ONE)], labels)
        moving = target.moving
        directions[moving] = _sum_of([*filter(None, [directions.get(moving)]), direction])
    value = tensor_of(substitute(formula.expression, loose))
    tensor = forward(value, list(directions), list(directions.values()))
    first, *others = question.targets
    answer = _Answer(first, formula.expression.shape, "jvp", tuple(tangents), tuple(others))
    return _written(notation_of(formula), question, formula, answer, tensor)


# Reading


def _listed(wrt: str | Names) -> list[str]:
    return [wrt] if isinstance(wrt, str) else list(wrt)


def _read(
    text: str, where: str, names: Sequence[str], seeds: Sequence[str] = (), *, upstream: bool = True
) -> tuple[Question, Formula]:
    question = read_question(text, where, names, seeds, upstream=upstream)
    return question, Formula(text, where, question.inferred)


def _check(layout: str, order: int, notation: str) -> None:
    if notation not in CHOICES:
        hint = ", ".join(CHOICES)
        raise MatcalcError("E702", f"there is no notation {shortened(str(notation))}", hint=hint)
    if layout not in LAYOUTS:
        hint = ", ".join(LAYOUTS)
        raise MatcalcError("E702", f"there is no layout {shortened(str(layout))}", hint=hint)
    if type(order) is not int or order < 1:
        message = f"there is no derivative of order {shortened(str(order))}"
        raise MatcalcError("E702", message, hint=f"1 to {limit('order')}")
    bounded("order", order)


def _check_structure(structure: str, targets: Sequence[Target]) -> None:
    if structure not in CONVENTIONS:
        hint = ", ".join(CONVENTIONS)
        raise MatcalcError("E702", f"there is no structure {shortened(str(structure))}", hint=hint)
    if structure != "entries" and not any(target.structure for target in targets):
        names = ", ".join(target.text for target in targets)
        message = f"{shortened(names)} is not declared symmetric, spd or diagonal"
        name = targets[0].variable.value.name
        raise MatcalcError("E702", message, hint=f"{name}: symmetric(n)")


def _need_scalar(text: str, where: str, what: str, hint: str) -> None:
    shape = parse(text, where).expression.shape
    if shape:
        message = f"only a scalar has {what}; this is {describe(shape)}"
        raise MatcalcError("E306", message, hint=hint).at(text, 0, len(text))


def _match(seed: Expression, shape: Shape, text: str, model: str) -> None:
    if seed.shape != shape:
        found, wanted = _sizes(seed.shape), _sizes(shape)
        message = f"{shortened(text)} has shape {found}; {shortened(model)} has {wanted}"
        raise MatcalcError("E306", message).at(text, 0, len(text))


def _sizes(shape: Shape) -> str:
    return sizes(shape) if shape else "()"


# Differentiating


def _loose(question: Question) -> Mapping[Expression, Expression]:
    return {target.variable: loosened(target.variable) for target in question.targets}


def _by(tensor: Tensor, targets: Sequence[Target], structure: Convention) -> list[Tensor]:
    """Return the derivatives by the targets, those by whole variables in one pass."""
    whole = [target for target in targets if not target.entry]
    found = jacobian(tensor, [target.moving for target in whole]) if whole else []
    jacobians = dict(zip(whole, found, strict=True))
    derivatives = []
    for target in targets:
        if target.entry:
            derivative = forward(tensor, [target.moving], [target.direction(structure)])
        else:
            pairs = target.pairs(len(tensor.shape))
            derivative = projected(jacobians[target], pairs, target.structure, structure)
        derivatives.append(derivative)
    return derivatives


def derived(formula: Formula, target: Target, layout: Layout, order: int = 1) -> Derivative:
    """Return the derivative of a formula that was read, by one of its variables.

    >>> formula = parse("w·x + b")
    >>> print(derived(formula, Target("w", formula.inferred.variables["w"]), "numerator"))
    x'
    """
    _check(layout, order, "auto")
    question = Question(formula.inferred, [target], ())
    return _differentiate(question, formula, layout, order, "auto", "entries")[0]


def _differentiate(
    question: Question,
    formula: Formula,
    layout: Layout,
    order: int,
    choice: Choice,
    structure: Convention,
) -> list[Derivative]:
    result = formula.expression
    value = tensor_of(substitute(result, _loose(question)))
    answers = []
    notation = notation_of(formula)
    first = _by(value, question.targets, structure)
    for target, tensor in zip(question.targets, first, strict=True):
        for _ in range(order - 1):
            (tensor,) = _by(tensor, [target], structure)
        tensor, shape = arranged(tensor, result.shape, target.shape, order, layout)
        groups = sides(result.shape, target.shape, order, layout)
        answer = _Answer(
            target,
            shape,
            "diff",
            (),
            (),
            structure,
            layout,
            order,
            groups and Sides(*groups),
            choice,
        )
        answers.append(_written(notation, question, formula, answer, tensor))
    return answers


def _blocks(
    question: Question, formula: Formula, choice: Choice, structure: Convention
) -> Iterator[tuple[Target, Target, Derivative]]:
    """Yield the blocks of a Hessian, row by row; each pair is differentiated once."""
    targets = question.targets
    value = tensor_of(substitute(formula.expression, _loose(question)))
    known: dict[tuple[int, int], Tensor] = {}
    for i, gradient_ in enumerate(_by(value, targets, structure)):
        for j, tensor in enumerate(_by(gradient_, targets[i:], structure), i):
            rank = len(gradient_.shape)
            axes = tuple(range(len(tensor.shape)))
            known[j, i] = product([(tensor, axes, _ONE)], axes[rank:] + axes[:rank])
            known[i, j] = tensor
    notation = notation_of(formula)
    for i, first in enumerate(targets):
        for j, second in enumerate(targets):
            shape = first.shape + second.shape
            groups = sides(first.shape, second.shape, 1, "numerator")
            answer = _Answer(
                first, shape, "diff", (), (second,), structure, "mixed", 2,
                groups and Sides(*groups), choice,
            )  # fmt: skip
            yield first, second, _written(notation, question, formula, answer, known[i, j])


def _sum_of(tensors: Sequence[Tensor]) -> Tensor:
    axes = tuple(range(len(tensors[0].shape)))
    return add([(t, axes, _ONE) for t in tensors], axes, dict(enumerate(tensors[0].shape)))


# Writing


class _Answer(NamedTuple):
    """What an answer is, apart from its value; see `Derivative`."""

    target: Target
    shape: Shape
    operation: str
    seeds: tuple[str, ...]
    others: tuple[Target, ...] = ()
    structure: Convention = "entries"
    layout: str = ""
    order: int = 1
    sides: Sides | None = None
    choice: Choice = "auto"


def _written(
    notation: Notation, question: Question, formula: Formula, answer: _Answer, tensor: Tensor
) -> Derivative:
    structured = [target.variable for target in question.targets if target.structure]
    if structured:
        # the point has the structure: S' = S may simplify what every entry by itself gave
        loose = in_shape(notation, tensor, answer.shape)
        tensor = tensor_of(substitute(loose, {loosened(v): v for v in structured}))
    expression, picked = answered(notation, tensor, answer.shape, answer.sides, answer.choice)
    return Derivative(
        formula,
        ", ".join([target.text for target in (answer.target, *answer.others)]),
        answer.target.variable,
        expression,
        answer.layout,
        answer.order,
        answer.target.entry,
        answer.operation,
        ", ".join(answer.seeds),
        answer.others,
        answer.structure,
        picked,
        tensor,
    )
