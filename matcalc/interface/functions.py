"""The functions of the Python interface: read a formula, differentiate it, check, explain."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from matcalc.arguments import checked
from matcalc.asking.answering import answer
from matcalc.asking.questions import Names, ask
from matcalc.asking.readings import Asked, Where, read
from matcalc.calculus.layouts import Layout
from matcalc.calculus.projections import Convention
from matcalc.collection import uncollected
from matcalc.errors import MatcalcError, shortened
from matcalc.interface.derivative import Derivative
from matcalc.interface.derivatives import Derivatives, derivatives_of
from matcalc.interface.formula import Formula, formula_of
from matcalc.limits import counted
from matcalc.notation.answers import Choice

if TYPE_CHECKING:
    from matcalc.checking.verdicts import Verdict
    from matcalc.derivation.steps import Derivation, Detail, Manner
    from matcalc.interface.explanation import Explanation
    from matcalc.notes.document import Format


@counted()
@uncollected()
@checked
def parse(text: Asked, where: Where = "") -> Formula:
    """Read a formula; `where` declares its names, what is left open is inferred.

    Declarations are a text, 'x: vector(n); b: scalar', or a mapping from names to kinds.

    >>> parse("w·x + b").assumptions
    ('w, x: vector(n)', 'b: scalar')
    """
    return formula_of(read(text, where))


@overload
def diff(
    text: Asked,
    wrt: str,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def diff(
    text: Asked,
    wrt: Names,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivatives[str]: ...
@checked
def diff(
    text: Asked,
    wrt: str | Names,
    where: Where = "",
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
    >>> print(diff("x'*A*x", "x", where={"A": "symmetric(n)"}, layout="denominator"))
    2*A*x
    >>> {name: str(d) for name, d in diff("w·x + b", ["w", "b"]).items()}
    {'w': "x'", 'b': '1'}
    >>> print(diff("A*X*B", "X", notation="kronecker"))
    B' ⊗ A
    >>> print(diff("tr(A*S)", "S", "S: symmetric(n)", structure="projected"))
    (A + A')/2
    """
    options = {"layout": layout, "order": order, "notation": notation, "structure": structure}
    return answered("diff", text, wrt, where, options)


@overload
def gradient(
    text: Asked, wrt: str, where: Where = "", *, structure: Convention = "entries"
) -> Derivative: ...
@overload
def gradient(
    text: Asked, wrt: Names, where: Where = "", *, structure: Convention = "entries"
) -> Derivatives[str]: ...
@checked
def gradient(
    text: Asked, wrt: str | Names, where: Where = "", *, structure: Convention = "entries"
) -> Derivative | Derivatives[str]:
    """Return the gradient of a scalar: it has the shape of the variable.

    >>> print(gradient("norm2(A*x - y)^2", "x"))
    2*A'*(A*x - y)
    """
    return answered("gradient", text, wrt, where, {"structure": structure})


@overload
def hessian(
    text: Asked,
    wrt: str,
    where: Where = "",
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def hessian(
    text: Asked,
    wrt: Names,
    where: Where = "",
    notation: Choice = "auto",
    *,
    structure: Convention = "entries",
) -> Derivatives[tuple[str, str]]: ...
@checked
def hessian(
    text: Asked,
    wrt: str | Names,
    where: Where = "",
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
    return answered("hessian", text, wrt, where, {"notation": notation, "structure": structure})


@overload
def vjp(
    text: Asked,
    wrt: str,
    upstream: str = "G",
    where: Where = "",
    *,
    structure: Convention = "entries",
) -> Derivative: ...
@overload
def vjp(
    text: Asked,
    wrt: Names,
    upstream: str = "G",
    where: Where = "",
    *,
    structure: Convention = "entries",
) -> Derivatives[str]: ...
@checked
def vjp(
    text: Asked,
    wrt: str | Names,
    upstream: str = "G",
    where: Where = "",
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
    return answered("vjp", text, wrt, where, {"structure": structure}, upstream)


@checked
def jvp(text: Asked, wrt: str | Names, tangent: str | Names = "V", where: Where = "") -> Derivative:
    """Return ∂y/∂x applied to a formula of x's shape: the directional derivative.

    The answer has the shape of y. Several variables take as many tangents, in their order,
    and the answer is the sum over them: the derivative along all at once. A tangent name
    that is not declared takes its variable's shape.

    >>> print(jvp("inv(A)*b", wrt="A", where="A: square(n); b: vector(n)"))
    -inv(A)*V*inv(A)*b
    >>> print(jvp("W*x + b", ["W", "b"], ["V", "u"]))
    V*x + u
    """
    (found,) = together("jvp", text, wrt, where, {}, tangent).answers
    return found


@checked
def check(
    text: Asked,
    wrt: str,
    claim: str,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    seed: int = 0,
    limit: float | None = None,
) -> Verdict:
    """Tell whether a claim is the derivative of a formula and, if not, what went wrong.

    The claim may be a program, and may use what a program names. It has the shape of the
    layout, or is the generalized Jacobian flattened, ∂vec(Y)/∂vec(X)'. After `limit`
    seconds the verdict is 'undecided'. Raises MatcalcError for what cannot be read.

    >>> verdict = check("x'*A*x", "x", "x'*(A + A')")
    >>> verdict.ok, verdict.verdict
    (True, 'proved')
    >>> check("x'*A*x", "x", "2*x'*A")
    <Verdict refuted: the claim differs from the derivative; only if symmetric>
    """
    return diff(text, wrt, where, layout, order).check(claim, seed=seed, limit=limit)


@overload
def explain(
    text: Asked,
    wrt: str,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    *,
    manner: Manner | None = None,
    detail: Detail = "normal",
) -> Explanation: ...
@overload
def explain(
    text: Asked,
    wrt: Names,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    *,
    manner: Manner | None = None,
    detail: Detail = "normal",
) -> dict[str, Explanation]: ...
@checked
def explain(
    text: Asked,
    wrt: str | Names,
    where: Where = "",
    layout: Layout = "numerator",
    order: int = 1,
    *,
    manner: Manner | None = None,
    detail: Detail = "normal",
) -> Explanation | dict[str, Explanation]:
    """Derive step by step, with the rule and the source of every step.

    The manner is 'jacobians', 'backward', 'differentials', or what suits the shapes; the
    detail is 'brief', 'normal' or 'full'. Products with a Jacobian are explained by
    `vjp(…).derivation()`. Several variables are explained by name.

    >>> explain("w·x", "w").steps[1]
    <Step ∂y/∂w = x' (dot product)>
    """
    options = {"layout": layout, "order": order}
    return answered("diff", text, wrt, where, options).derivation(manner, detail)


@checked
def code(
    text: Asked,
    wrt: str | Names | None = None,
    where: Where = "",
    target: str = "numpy",
    layout: Layout = "numerator",
    order: int = 1,
    *,
    value: bool = False,
    compressed: bool = False,
    autograd: bool = False,
) -> str:
    """Return the source of a function of NumPy, JAX or torch: derivatives, or the value.

    `value` returns the formula's value too, before the derivatives. Of a Hessian,
    `compressed` returns the arrays it is made of. `autograd` writes a function that torch
    or JAX differentiates by ours, by all variables.

    Raises MatcalcError E404 where the formula cannot be written as array operations.

    >>> print(code("w·x + b", "w").splitlines()[-1].strip())
    return x[None, :]
    """
    from matcalc.programs.answers import differentiable

    if sum([value, compressed, autograd]) > 1:
        raise MatcalcError("E701", "value, compressed and autograd exclude each other")
    if wrt is None:
        if compressed:
            raise MatcalcError("E701", "the variable to derive by is missing", hint='wrt="x"')
        formula = parse(text, where)
        return differentiable(formula, target).text if autograd else formula.code(target)
    if autograd:
        raise MatcalcError("E701", "autograd is by all variables", hint="leave out wrt")
    found = answered("diff", text, wrt, where, {"layout": layout, "order": order})
    if not compressed:
        return found.code(target, value_and=value)
    if isinstance(found, Derivatives) and len(found) > 1:
        raise MatcalcError("E701", "a compressed Hessian is by one variable", hint='wrt="x"')
    (one,) = found.answers if isinstance(found, Derivatives) else (found,)
    return one.code(target, compressed=True)


@checked
def note(
    derivatives: Derivative | Derivation | Iterable[Any] | Mapping[Any, Any],
    format: Format = "latex",  # noqa: A002
    title: str = "Derivation",
) -> str:
    r"""Return a document that derives each of the derivatives, in a section of its own.

    Derivatives are derived in the manner that suits them; a derivation says its own. The
    LaTeX compiles with pdflatex, the page of HTML loads nothing.

    Raises MatcalcError (E702) for a format that there is not.

    >>> page = note(diff("w·x + b", ["w", "b"]), format="markdown", title="A neuron")
    >>> [line for line in page.splitlines() if line.startswith("#")]
    ['# A neuron', '## Derivative by $\\mathbf{w}$', '## Derivative by $b$', '## Rules']
    """
    from matcalc.derivation.steps import Derivation
    from matcalc.notes.document import document

    found: list[Any] = []
    if isinstance(derivatives, Derivative | Derivation):
        found = [derivatives]
    elif isinstance(derivatives, Mapping):
        found = list(derivatives.values())
    else:
        several = isinstance(derivatives, list | tuple | Generator)
        found = list(derivatives) if several else [derivatives]
    derivations = [one.derivation() if isinstance(one, Derivative) else one for one in found]
    if not all(isinstance(one, Derivation) for one in derivations):
        message = f"a note is of derivatives, not of {shortened(repr(derivatives))}"
        raise MatcalcError("E702", message, hint="matcalc.diff(…), or a list of such")
    return document(derivations, format, title)


# What the functions, and the command, do


@counted()
@uncollected()
def together(
    name: str,
    text: Asked,
    wrt: str | Names,
    where: Where,
    options: Mapping[str, Any],
    seed: str | Names = (),
) -> Derivatives[Any]:
    """Return what an operation answers to one variable or to several; see `OPERATIONS`."""
    return derivatives_of(answer(ask(name, text, wrt, where, seed, **options)))


def answered(
    name: str,
    text: Asked,
    wrt: str | Names,
    where: Where,
    options: Mapping[str, Any],
    seed: str | Names = (),
) -> Derivative | Derivatives[Any]:
    """Return the answer to a question: of one name a derivative, else all of them by name."""
    found = together(name, text, wrt, where, options, seed)
    return found.answers[0] if isinstance(wrt, str) else found
