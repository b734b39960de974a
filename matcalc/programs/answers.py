"""Formulas and their derivatives as source code and as functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import count
from typing import Any

from matcalc.arguments import checked
from matcalc.asking.answering import answer as answered
from matcalc.asking.answers import Answer, Answers
from matcalc.asking.questions import ask
from matcalc.asking.readings import Reading
from matcalc.collection import uncollected
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.nodes import Expression, variable
from matcalc.expressions.shapes import is_row
from matcalc.expressions.traversal import postorder
from matcalc.limits import counted
from matcalc.notation.text import to_text
from matcalc.programs.batches import reshaped
from matcalc.programs.contractions import LETTERS, cores, tensor_program
from matcalc.programs.costs import work
from matcalc.programs.emission import Function, Result, Source, compiled, results, target_of
from matcalc.programs.emission import emit as emit_functions

LONGEST_SUMMARY = 90

One = Reading | Answer
Given = One | Answers | Sequence[One]


def emit(answers: Given, target: str = "numpy", *, value_and: bool = False) -> str:
    """Return the source of a function that computes one answer, or several together.

    Several return a tuple and share their work; `value_and` puts the formula's value first.
    Raises MatcalcError E404 where the formula cannot be written as array operations.

    >>> from matcalc import diff
    >>> print(emit(diff("w·x + b", "w")).partition("return w")[0].splitlines()[-1].strip())
    return x[None, :]
    """
    return program(answers, target, value_and=value_and).text


def compiled_program(
    answers: Given, target: str = "numpy", *, value_and: bool = False
) -> Callable[..., Any]:
    """Return the function whose source `emit` writes; it takes the variables by keyword.

    >>> from matcalc import diff
    >>> by = diff("x'*A*x", ["x", "A"], layout="mixed")
    >>> function = compiled_program(list(by.values()), value_and=True)
    >>> value, by_x, by_a = function(x=[1, 2], A=[[1, 0], [3, 1]])
    >>> by_x
    array([8., 7.])
    """
    return compiled(program(answers, target, value_and=value_and))


@uncollected()
@checked
def program(answers: Given, target: str, *, value_and: bool = False) -> Source:
    """Return the source with the names of what it defines."""
    chosen = target_of(target)
    if not isinstance(answers, Reading | Answer | Answers):
        answers = _listed(answers)
    with counted(text="".join([one.text for one in _readings(answers)])):
        return emit_functions([_function(answers, value_and)], chosen)


def _readings(answers: Reading | Answer | Answers | list[One]) -> list[Reading]:
    """Return the formulas that code is about."""
    several = answers if isinstance(answers, list) else [answers]
    return [one if isinstance(one, Reading) else one.formula for one in several]


def _listed(given: object) -> list[One]:
    """Return several formulas and derivatives; refuse what is something else."""
    found: list[Any] = list(given) if isinstance(given, list | tuple | Generator) else [given]
    if not found:
        raise MatcalcError("E701", "there is no formula to write code for")
    if not all(isinstance(one, One) for one in found):
        message = f"code is written for formulas and derivatives, not {shortened(repr(given))}"
        raise MatcalcError("E702", message, hint="matcalc.diff(…), matcalc.parse(…), or a list")
    return found


def _function(answers: Given, value_and: bool, name: str = "") -> Function:
    several: list[One] = []
    by_layers = None
    if isinstance(answers, Reading | Answer):
        several.append(answers)
    else:
        several.extend(answers.answers if isinstance(answers, Answers) else answers)
    derivatives = [answer for answer in several if isinstance(answer, Answer)]
    if isinstance(answers, Answers):
        by_layers = answers.layered
    elif len(derivatives) == len(several):
        by_layers = Answers((), tuple(derivatives)).layered
    variables = _variables(several)
    forms = [[None if is_indexed(answer) else answer.expression for answer in several]]
    if by_layers is not None:
        forms.append([*by_layers])
    values = [_formula(several[0]).expression] if value_and else []
    computed = [_results(values, form, several, variables) for form in forms]
    found = min(computed, key=lambda arrays: work([result.operation for result in arrays]))
    chosen = name or ("value_and_" if value_and else "") + _name(several)
    return Function(chosen, _summary(several, value_and), tuple(variables), tuple(found))


def _results(
    values: Sequence[Expression],
    form: Sequence[Expression | None],
    several: Sequence[One],
    variables: Sequence[Expression],
) -> list[Result]:
    """Return the arrays of values and answers; None is an answer computed from its tensor."""
    written = [*values, *[expression for expression in form if expression is not None]]
    direct = iter(results(written))
    found = [next(direct) for _ in values]
    for expression, answer in zip(form, several, strict=True):
        found.append(indexed_result(answer, variables) if expression is None else next(direct))
    return found


@checked
def source_of(answer: Answer, target: str, value_and: bool, compressed: bool) -> Source:
    """Return the source of one derivative, of a Hessian compressed on request."""
    if not compressed:
        return program(answer, target, value_and=value_and)
    return compressed_hessian(answer, target, value_and)


def compressed_hessian(answer: Answer, target: str, value_and: bool) -> Source:
    """Return the source of a function that gives a Hessian as a `Compressed` tensor.

    The formula's value comes before it on request. Raises MatcalcError (E702) for what is no
    second derivative of a scalar by a vector or matrix.
    """
    shape = answer.variable.shape
    if answer.order != 2 or answer.formula.expression.shape or not shape or answer.entry:
        message = "only the Hessian of a scalar by a vector or matrix is compressed"
        raise MatcalcError("E702", message)
    if answer.tensor is None or answer.flattened:
        raise MatcalcError("E702", "a flattened Hessian is not compressed", hint="notation auto")
    variables = _variables([answer])
    found = cores(answer.tensor, {v.value.name: v for v in variables})
    parts, arrays = [], []
    for core in found:
        axes = iter(core.axes)
        order = [
            ("one", k % len(shape)) if d == ONE else next(axes) for k, d in enumerate(shape * 2)
        ]
        letters = {label: LETTERS[k] for k, label in enumerate(dict.fromkeys(order))}
        parts.append(
            ("".join([letters[x] for x in core.labels]), "".join([letters[x] for x in order]))
        )
        arrays.append(Result(core.operation, core.operation.shape))
    values = results([answer.formula.expression] if value_and else [])
    function = Function(
        "value_and_hessian" if value_and else "hessian",
        _summary([answer], value_and),
        tuple(variables),
        (*values, *arrays),
        tuple(parts),
        shape * 2,
    )
    return emit_functions([function], target_of(target))


@checked
def differentiable(formula: Reading, target: str) -> Source:
    """Return the source of the formula as a function that torch or JAX differentiates by ours.

    A `torch.autograd.Function`, or a `jax.custom_vjp`: its backward pass is the VJP by every
    variable, computed together. Raises MatcalcError (E702) for another target.
    """
    if target not in _ENDINGS:
        message = f"there is no automatic differentiation in {str(target)[:40]}"
        raise MatcalcError("E702", message, hint="torch or jax")
    variables = _variables([formula])
    free = (name for k in count() if (name := f"G{k or ''}") not in formula.names)
    seed = next(free)  # GG would be read as G*G
    if not variables:
        raise MatcalcError("E701", "the formula has no variable to derive by")
    names = [v.value.name for v in variables]
    value = _function(formula, False)
    pulled = answered(ask("vjp", formula, names, seed=seed))
    backward = _function(pulled, False, "vjp")
    upstream = variable(seed, formula.expression.shape)
    backward = backward._replace(variables=(*variables, upstream), optional=target == "torch")
    returned = "gradients" if len(variables) > 1 else "(gradients,)"
    source = emit_functions([value, backward], target_of(target), _ENDINGS[target] % returned)
    if len(source.parameters) != len(variables):
        message = "only a function of arrays with lengths that they tell is differentiable"
        raise MatcalcError("E404", message)
    return source._replace(name="formula", renamed={})


_ENDINGS = {
    "torch": '''class Formula(torch.autograd.Function):
    """The formula, with derivatives by hand."""

    @staticmethod
    def forward(ctx, *variables):
        ctx.save_for_backward(*variables)
        return value(*variables)

    @staticmethod
    def backward(ctx, upstream):
        gradients = vjp(*ctx.saved_tensors, upstream, ctx.needs_input_grad)
        return %s


formula = Formula.apply
''',
    "jax": '''@jax.custom_vjp
def formula(*variables):
    """Return the value, with derivatives by hand."""
    return value(*variables)


def _forward(*variables):
    return value(*variables), variables


def _backward(variables, upstream):
    gradients = vjp(*variables, upstream)
    return %s


formula.defvjp(_forward, _backward)
''',
}


def _formula(answer: One) -> Reading:
    return answer if isinstance(answer, Reading) else answer.formula


def _variables(answers: Sequence[One]) -> list[Expression]:
    """Return the variables in the order in which the formulas name them."""
    roots = [_formula(answer).expression for answer in answers]
    roots += [answer.expression for answer in answers]
    roots += [answer.variable for answer in answers if isinstance(answer, Answer)]
    nodes = postorder(roots, lambda node: node.arguments)
    named: dict[str, Expression] = {}
    for node in nodes:
        if node.head == "variable":
            named.setdefault(node.value.name, node)
    return list(named.values())


def is_indexed(answer: One) -> bool:
    """Tell whether an answer is computed from the tensor, not from its notation."""
    if isinstance(answer, Reading) or answer.tensor is None or answer.flattened:
        return False
    return answer.notation == "index" or len(answer.expression.shape) > 2


def indexed_result(answer: Any, variables: Sequence[Expression]) -> Result:
    """Return the answer as computed from the engine's tensor."""
    shape = answer.expression.shape
    array = tensor_program(answer.tensor, {v.value.name: v for v in variables})
    return Result(reshaped(array, shape[1:] if is_row(shape) else shape), shape)


def _name(answers: Sequence[One]) -> str:
    """Return a name for the function, after what it computes."""
    if len(answers) > 1:
        return "derivatives"
    (answer,) = answers
    if isinstance(answer, Reading):
        return "value"
    if answer.operation != "diff":
        return answer.operation
    of_scalar = not answer.formula.expression.shape
    if answer.order == 1:
        return "gradient" if of_scalar else "jacobian"
    return "hessian" if of_scalar and answer.order == 2 else "derivative"


def _summary(answers: Sequence[One], value_and: bool) -> str:
    """Return what the function returns, in one line; a long formula is not repeated."""
    first = answers[0]
    text = to_text(_formula(first).expression)
    for name in (text, "the formula"):
        summary = _sentence(answers, value_and, name)
        if len(summary) <= LONGEST_SUMMARY and "\\" not in summary:
            break
    return summary


def _sentence(answers: Sequence[One], value_and: bool, text: str) -> str:
    first = answers[0]
    if isinstance(first, Reading):
        return f"Return {text}."
    begin = "the value and " if value_and else ""
    names = [answer.wrt for answer in answers if isinstance(answer, Answer)]
    by = ", ".join(names) if len(names) < 5 else f"{names[0]}, ..., {names[-1]}"
    if first.operation != "diff":
        return f"Return {begin}the {first.operation} by {by} of {text}, applied to {first.seed}."
    order = {1: "derivative", 2: "second derivative"}.get(
        first.order, f"derivative of order {first.order}"
    )
    return f"Return {begin}the {order} by {by} of {text}, in {first.layout} layout."
