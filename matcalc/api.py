"""The functions of the Python interface: read a formula, differentiate it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple, overload

from matcalc.calculus.accumulation import backward, forward, jacobian
from matcalc.calculus.directions import entry_direction
from matcalc.calculus.layouts import LAYOUTS, Layout, arranged, sides
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.tensors import Tensor
from matcalc.derivative import Derivative, Formula
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, substitute, variable
from matcalc.expressions.shapes import Shape, describe, sizes
from matcalc.notation.answers import CHOICES, Choice, answer, in_shape
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.pieces import Sides
from matcalc.syntax.declarations import Declaration, parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer_several
from matcalc.syntax.kinds import bindings
from matcalc.syntax.tree import Tree

HIGHEST_ORDER = 10

Names = list[str] | tuple[str, ...]


def parse(text: str, where: str = "") -> Formula:
    """Read a formula; `where` declares its names, what is left open is inferred.

    >>> parse("w·x + b").assumptions
    ('w, x: vector(n)', 'b: scalar')
    """
    return _read([text], where)[0]


@overload
def diff(
    text: str,
    wrt: str,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
) -> Derivative: ...
@overload
def diff(
    text: str,
    wrt: Names,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
) -> dict[str, Derivative]: ...
def diff(
    text: str,
    wrt: str | Names,
    where: str = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
) -> Derivative | dict[str, Derivative]:
    """Differentiate a formula by a variable, or by one entry of it such as 'x[2]'.

    Several variables, as a list or tuple, are answered in one pass, by name. The notation
    is 'matrix', 'kronecker' (flattened to ∂vec(Y)/∂vec(X)ᵀ, or its transpose in denominator
    layout), 'index' (entry by entry), or the first of these that there is. Raises MatcalcError
    E403 where the derivative has no notation of the kind asked for.

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
    """
    _check(layout, order, notation)
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    formula, targets = _read_with_targets(text, where, names)
    answers = _differentiate(formula, targets, layout, order, notation)
    if isinstance(wrt, str):
        return answers[0]
    return dict(zip(names, answers, strict=True))


@overload
def gradient(text: str, wrt: str, where: str = "") -> Derivative: ...
@overload
def gradient(text: str, wrt: Names, where: str = "") -> dict[str, Derivative]: ...
def gradient(text: str, wrt: str | Names, where: str = "") -> Derivative | dict[str, Derivative]:
    """Return the gradient of a scalar: it has the shape of the variable.

    >>> print(gradient("norm2(A*x - y)^2", "x"))
    2*A'*(A*x - y)
    """
    _need_scalar(text, where, "a gradient", "diff(…) gives the Jacobian")
    return diff(text, wrt, where, "mixed")


@overload
def hessian(text: str, wrt: str, where: str = "", notation: Choice = "auto") -> Derivative: ...
@overload
def hessian(
    text: str, wrt: Names, where: str = "", notation: Choice = "auto"
) -> dict[str, Derivative]: ...
def hessian(
    text: str, wrt: str | Names, where: str = "", notation: Choice = "auto"
) -> Derivative | dict[str, Derivative]:
    """Return the second derivative of a scalar; by a matrix, in the notation asked for.

    >>> print(hessian("x'*A*x", "x"))
    A + A'
    >>> print(hessian("tr(X'*A*X)", "X", notation="kronecker"))
    eye(n) ⊗ (A + A')
    """
    _need_scalar(text, where, "a Hessian", "diff(…, order=2) gives second derivatives")
    return diff(text, wrt, where, "numerator", 2, notation)


def vjp(text: str, wrt: str, upstream: str = "G", where: str = "") -> Derivative:
    """Return (∂y/∂x)ᵀ applied to a formula of y's shape: what backpropagation computes.

    The answer has the shape of x. An upstream name that is not declared takes y's shape.

    >>> print(vjp("W*X", wrt="W"))
    G*X'
    """
    formula, (target,), seed = _read_with_seed(text, where, wrt, upstream, as_result=True)
    result = formula.expression
    _match(seed, result.shape, upstream, text)
    moving = loosened(target.variable)
    loose = {target.variable: moving}
    value = tensor_of(substitute(result, loose))
    (tensor,) = backward(value, [tensor_of(moving)], tensor_of(substitute(seed, loose)))
    if target.entry:
        direction = target.direction()
        labels = tuple(range(len(direction.shape)))
        one = Fraction(1)
        tensor = product([(tensor, labels, one), (direction, labels, one)], ())
    return _answer(formula, target, tensor, _Wanted(target.shape), "vjp", upstream)


def jvp(text: str, wrt: str, tangent: str = "V", where: str = "") -> Derivative:
    """Return ∂y/∂x applied to a formula of x's shape: the directional derivative.

    The answer has the shape of y. A tangent name that is not declared takes x's shape.

    >>> print(jvp("inv(A)*b", wrt="A", where="A: square(n); b: vector(n)"))
    -inv(A)*V*inv(A)*b
    """
    formula, (target,), seed = _read_with_seed(text, where, wrt, tangent, as_result=False)
    _match(seed, target.shape, tangent, wrt)
    result = formula.expression
    moving = loosened(target.variable)
    loose = {target.variable: moving}
    direction = tensor_of(substitute(seed, loose))
    if target.entry:
        one = Fraction(1)
        unit = target.direction()
        labels = tuple(range(len(unit.shape)))
        direction = product([(unit, labels, one), (direction, (), one)], labels)
    tensor = forward(tensor_of(substitute(result, loose)), [tensor_of(moving)], [direction])
    return _answer(formula, target, tensor, _Wanted(result.shape), "jvp", tangent)


# Reading


class _Target:
    """What to derive by: a variable, or an entry of it."""

    def __init__(self, text: str, variable: Expression, entry: tuple[Expression, ...]) -> None:
        self.text = text
        self.variable = variable
        self.entry = entry

    @property
    def shape(self) -> Shape:
        return () if self.entry else self.variable.shape

    def direction(self) -> Tensor:
        """Return the variable's own direction in which the entry alone moves."""
        return entry_direction(self.variable, self.entry)


def _read(texts: Sequence[str], where: str) -> list[Formula]:
    declarations = parse_declarations(where)
    trees = [(parse_formula(text, declarations), text) for text in texts]
    inferred = infer_several(trees, declarations)
    return [Formula(texts[0], where, inferred)]


def _read_with_targets(
    text: str, where: str, names: Sequence[str]
) -> tuple[Formula, list[_Target]]:
    if not names:
        raise MatcalcError("E701", "there is no variable to derive by", hint='wrt="x"')
    declarations = parse_declarations(where)
    tree = parse_formula(text, declarations)
    targets = [parse_target(name, declarations) for name in names]
    entries = [(t, n) for t, n in zip(targets, names, strict=True) if t.kind == "subscript"]
    formulas = [(tree, text), *entries]
    if entries:  # an entry must not bring in a name of its own
        known = infer_several([(tree, text)], declarations)
        for target, name in entries:
            _variable(known, tree, str(target.children[0].value), name)
    inferred = infer_several(formulas, declarations)
    formula = Formula(text, where, inferred)
    return formula, _targets(formula, tree, targets, names, inferred.others)


def _read_with_seed(
    text: str, where: str, wrt: str, seed: str, as_result: bool
) -> tuple[Formula, list[_Target], Expression]:
    declarations = parse_declarations(where)
    tree, seed_tree = parse_formula(text, declarations), parse_formula(seed, declarations)
    target = parse_target(wrt, declarations)
    known = infer_several([(tree, text)], declarations)
    name = target.children[0].value if target.kind == "subscript" else target.value
    _variable(known, tree, str(name), wrt)
    formulas = [(tree, text), (target, wrt), (seed_tree, seed)]
    inferred = infer_several(formulas, declarations, [(2, 0 if as_result else 1)])
    formula = Formula(text, where, inferred)
    targets = _targets(formula, tree, [target], [wrt], inferred.others[:1])
    return formula, targets, inferred.others[1]


def parse_target(text: str, declarations: Iterable[Declaration] = ()) -> Tree:
    """Return the tree of a name, or of an entry such as x[2] or A[1,2]; refuse all else."""
    if not text.strip():
        raise MatcalcError("E701", "the variable to derive by is missing", hint="x, x[2], A[1,2]")
    try:
        tree = parse_formula(text, declarations)
    except MatcalcError as error:
        raise (_no_target(text) if error.code.startswith("E1") else error) from None
    if tree.kind == "noted":
        (tree,) = tree.children
    if tree.kind == "name":
        return tree
    kinds = [child.kind for child in tree.children]
    if tree.kind == "subscript" and kinds[0] == "name" and not {"all", "range"} & set(kinds):
        return tree
    raise _no_target(text)


def _no_target(text: str) -> MatcalcError:
    message = f"{_short(text)} is not a variable to derive by"
    hint = "a name, or one entry: x, x[2], A[1,2]; several names as a list"
    return MatcalcError("E202", message, hint=hint).at(text, 0, len(text))


def _targets(
    formula: Formula,
    tree: Tree,
    targets: Sequence[Tree],
    names: Sequence[str],
    others: Sequence[Expression],
) -> list[_Target]:
    entries = iter([other for other in others if other.head == "subscript"])
    found = []
    for target, name in zip(targets, names, strict=True):
        if target.kind == "subscript":
            entry = next(entries)
            if entry.shape:
                message = f"{_short(name)} is not one entry"
                raise MatcalcError("E202", message, hint="x[2], A[1,2]").at(name, 0, len(name))
            found.append(_Target(name, entry.arguments[0], entry.arguments[1:]))
        else:
            variable = _variable(formula.inferred, tree, str(target.value), name)
            found.append(_Target(name, variable, ()))
    return found


def _variable(inferred: Inferred, tree: Tree, name: str, text: str) -> Expression:
    """Return the variable of this name; say what the name is if it is none."""
    variable = inferred.variables.get(name)
    if variable is not None:
        return variable
    code, hint = "E201", ""
    if name in bindings(tree):
        code, message = "E202", f"{name} names a part of the formula; it is no variable"
        hint = f"give the formula that follows {name}, with {name} as a variable"
    elif name in inferred.functions:
        code, message = "E202", f"{name} is a function; one derives by its argument"
    elif any(name in d.names for v in inferred.variables.values() for d in v.shape):
        code, message = "E202", f"{name} is a dimension; one cannot derive by it"
    else:
        from difflib import get_close_matches

        message = f"{name} is not in the formula, nor declared"
        near = get_close_matches(name, inferred.variables, n=1, cutoff=0.5)
        hint = near[0] if near else ", ".join(list(inferred.variables)[:8])
        hint = f"did you mean {hint}?" if near else f"its variables are {hint}" if hint else ""
    start = text.find(name)
    raise MatcalcError(code, message, hint=hint).at(text, start, start + len(name))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"


def _check(layout: str, order: int, notation: str) -> None:
    if notation not in CHOICES:
        hint = ", ".join(CHOICES)
        raise MatcalcError("E702", f"there is no notation {_short(str(notation))}", hint=hint)
    if layout not in LAYOUTS:
        hint = ", ".join(LAYOUTS)
        raise MatcalcError("E702", f"there is no layout {_short(str(layout))}", hint=hint)
    if type(order) is not int or not 1 <= order <= HIGHEST_ORDER:
        message = f"there is no derivative of order {_short(str(order))}"
        raise MatcalcError("E702", message, hint=f"1 to {HIGHEST_ORDER}")


def _need_scalar(text: str, where: str, what: str, hint: str) -> None:
    shape = parse(text, where).expression.shape
    if shape:
        message = f"only a scalar has {what}; this is {describe(shape)}"
        raise MatcalcError("E306", message, hint=hint).at(text, 0, len(text))


def _match(seed: Expression, shape: Shape, text: str, model: str) -> None:
    if seed.shape != shape:
        message = (
            f"{_short(text)} has shape {_sizes(seed.shape)}; {_short(model)} has {_sizes(shape)}"
        )
        raise MatcalcError("E306", message).at(text, 0, len(text))


def _sizes(shape: Shape) -> str:
    return sizes(shape) if shape else "()"


# Differentiating


def _differentiate(
    formula: Formula, targets: Sequence[_Target], layout: Layout, order: int, notation: Choice
) -> list[Derivative]:
    result = formula.expression
    loose = {target.variable: loosened(target.variable) for target in targets}
    value = tensor_of(substitute(result, loose))
    whole = [target for target in targets if not target.entry]
    variables = [tensor_of(loose[target.variable]) for target in whole]
    jacobians = dict(zip(whole, jacobian(value, variables), strict=True)) if whole else {}
    answers = []
    for target in targets:
        if target.entry:
            tensor = _along(value, target, order)
        else:
            tensor = jacobians[target]
            variable = tensor_of(loose[target.variable])
            for _ in range(order - 1):
                (tensor,) = jacobian(tensor, [variable])
        tensor, shape = arranged(tensor, result.shape, target.shape, order, layout)
        groups = sides(result.shape, target.shape, order, layout)
        wanted = _Wanted(shape, groups and Sides(*groups), notation)
        answers.append(_answer(formula, target, tensor, wanted, "diff", "", layout, order))
    return answers


def _along(value: Tensor, target: _Target, order: int) -> Tensor:
    """Return the derivative by one entry."""
    variable = tensor_of(loosened(target.variable))
    direction = target.direction()
    for _ in range(order):
        value = forward(value, [variable], [direction])
    return value


def loosened(variable_: Expression) -> Expression:
    """Return the variable without its structure: every entry moves by itself."""
    return variable(variable_.value.name, variable_.shape)


class _Wanted(NamedTuple):
    """The answer's shape, which of its axes are vec(Y) and vec(X), and the notation."""

    shape: Shape
    sides: Sides | None = None
    notation: Choice = "auto"


def _answer(
    formula: Formula,
    target: _Target,
    tensor: Tensor,
    wanted: _Wanted,
    operation: str,
    seed: str,
    layout: str = "",
    order: int = 1,
) -> Derivative:
    style = Style.of(formula.text, formula.expression)
    shapes = {name: v.shape for name, v in formula.inferred.variables.items()}
    notation = Notation(style, formula.names, shapes)
    if target.variable.value.structure:
        # the point has the structure: S' = S may simplify what every entry by itself gave
        loose = in_shape(notation, tensor, wanted.shape)
        tensor = tensor_of(substitute(loose, {loosened(target.variable): target.variable}))
    expression, picked = answer(notation, tensor, *wanted)
    return Derivative(
        formula,
        target.text,
        target.variable,
        expression,
        layout,
        order,
        target.entry,
        operation,
        seed,
        picked,
        tensor,
    )
