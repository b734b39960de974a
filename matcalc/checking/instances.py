"""A question about abstract functions, asked of functions with a name such as f(t) = t.^2.

A counterexample is to be worked out by a person: functions of one argument become powers and
sums, whose derivatives are written here as formulas; the points decide the rest.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from matcalc.checking.questions import Question
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, Signature, make, number
from matcalc.expressions.traversal import postorder

MOST = 4
"""So many choices of functions are tried at most."""


class Form(NamedTuple):
    """What stands for a function of t: its text, its value and its first derivatives."""

    text: str
    derivatives: tuple[Callable[[Expression, Expression], Expression], ...]


def bounded_instances(question: Question) -> Iterator[tuple[Question, dict[str, str]]]:
    """Yield the question about functions with values in (0, 1): log(1 - f(x)) has a value."""
    return instances(question, lambda function: [_BOUNDED] if function.elementwise else [])


def instances(
    question: Question, forms_of: Callable[[Signature], list[Form]] | None = None
) -> Iterator[tuple[Question, dict[str, str]]]:
    """Yield the question about functions with a name, and what each function is.

    There are none where a function has several arguments, or derivatives that no form has.
    """
    order = postorder(question.parts(), lambda node: node.arguments)
    nodes = [node for node in order if node.head == "abstract"]
    functions = {node.value.function.name: node.value.function for node in nodes}
    if not functions:
        return
    forms = [(forms_of or _forms)(function) for function in functions.values()]
    turns = [several[k:] + several[:k] for k, several in enumerate(forms)]
    for chosen in itertools.islice(itertools.product(*turns), MOST):
        named = dict(zip(functions, chosen, strict=True))
        try:
            changed = [_put_in(part, named) for part in question.parts()]
        except (MatcalcError, LookupError):
            continue
        formula, answer, claim = changed
        texts = {name: form.text for name, form in sorted(named.items())}
        yield question._replace(formula=formula, answer=answer, claim=claim), texts


def _put_in(formula: Expression, named: dict[str, Form]) -> Expression:
    """Return a formula with functions put in; LookupError where that cannot be."""
    results: dict[Expression, Expression] = {}
    for node in postorder([formula], lambda node: node.arguments):
        arguments = tuple([results[child] for child in node.arguments])
        if node.head != "abstract":
            results[node] = make(node.head, arguments, node.value) if arguments else node
            continue
        (argument,) = arguments
        derivative = named[node.value.function.name].derivatives[len(node.value.orders)]
        results[node] = derivative(argument, node)
        if results[node].shape != node.shape:
            raise LookupError(node.value.function.name)
    return results[formula]


def _forms(function: Signature) -> list[Form]:
    """Return what may stand for a function, the simplest first; [] of several arguments."""
    if function.elementwise:
        return [_power(2), _power(3)]
    if len(function.parameters) != 1:
        return []
    (given,) = function.parameters
    if not given and not function.result:
        return [_power(2), _power(3)]
    rows = [row for row in _ROWS if (len(given), len(function.result)) == row[:2]]
    return [form for *_, form in rows]


def _power(exponent: int) -> Form:
    """Return t^2 or t^3, entry by entry, and all its derivatives."""

    def derived(times: int, t: Expression) -> Expression:
        factor = number(math.perm(exponent, times))
        if times > exponent:
            return _times(number(0), t)
        if times == exponent:
            return _times(factor, make("ones", (), t.shape)) if t.shape else factor
        return _times(factor, functools.reduce(_entrywise, [t] * (exponent - times)))

    orders = [lambda t, node, k=k: derived(k, t) for k in range(exponent + 2)]
    return Form(f"t.^{exponent}", tuple(orders))


def _times(*factors: Expression) -> Expression:
    return functools.reduce(lambda a, b: make("multiply", (a, b)), factors)


def _entrywise(a: Expression, b: Expression) -> Expression:
    return make("hadamard", (a, b))


def _turned(a: Expression) -> Expression:
    return make("transpose", (a,))


def _sum(a: Expression) -> Expression:
    return make("call", (a,), ("sum", None))


def _ones(shape: Sequence[object]) -> Expression:
    return make("ones", (), tuple(shape))


def _bell(t: Expression) -> Expression:
    """Return exp(-t.^2)/2."""
    half = number(Fraction(1, 2))
    return _times(half, make("call", (make("negate", (_entrywise(t, t),)),), ("exp", None)))


_BOUNDED = Form("exp(-t.^2)/2", (
    lambda t, node: _bell(t),
    lambda t, node: _times(number(-2), _entrywise(t, _bell(t))),
))  # fmt: skip
_TWO = number(2)
_ROWS: tuple[tuple[int, int, Form], ...] = (
    (1, 1, Form("t.^2", (
        lambda t, node: _entrywise(t, t),
        lambda t, node: make("call", (_times(_TWO, t),), ("diag", None))))),
    (1, 1, Form("sum(t)*t", (
        lambda t, node: _times(_sum(t), t),
        lambda t, node: make("add", (_times(_sum(t), make("eye", (), t.shape[0])),
                                     _times(t, _turned(_ones(t.shape)))))))),
    (1, 1, Form("sum(t.^2) in every entry", (
        lambda t, node: _times(_sum(_entrywise(t, t)), _ones(node.shape)),
        lambda t, node: _times(_ones(node.shape[:1]), _TWO, _turned(t))))),
    (1, 0, Form("t'*t", (
        lambda t, node: _times(_turned(t), t),
        lambda t, node: _times(_TWO, _turned(t)),
        lambda t, node: _times(_TWO, make("eye", (), t.shape[0]))))),
    (2, 0, Form("sum(t.^2)", (
        lambda t, node: _sum(_entrywise(t, t)),
        lambda t, node: _times(_TWO, _turned(t))))),
    (0, 1, Form("t^2 in every entry", (
        lambda t, node: _times(t, t, _ones(node.shape)),
        lambda t, node: _times(_TWO, t, _ones(node.shape))))),
)  # fmt: skip
"""By the number of axes of argument and result, derivatives in numerator layout."""
