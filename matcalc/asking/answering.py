"""Answer questions: differentiate, lay out, and write in matrix notation."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from fractions import Fraction

from matcalc.asking.answers import Answer, Answers
from matcalc.asking.operations import OPERATIONS
from matcalc.asking.questions import Question
from matcalc.asking.readings import Reading, notation_of
from matcalc.asking.targets import Target, loosened
from matcalc.calculus.accumulation import backward, forward, jacobian
from matcalc.calculus.layouts import Layout, arranged, sides
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.products import product
from matcalc.calculus.projections import Convention, projected
from matcalc.calculus.sums import add
from matcalc.calculus.tensors import Tensor
from matcalc.expressions.nodes import Expression, substitute
from matcalc.expressions.shapes import Shape
from matcalc.notation.answers import answer as answered
from matcalc.notation.answers import in_shape
from matcalc.notation.matrices import Notation
from matcalc.notation.pieces import Sides
from matcalc.records import Record

_ONE = Fraction(1)


class Found(Record):
    """An answer before it is written: its tensor and shape, and what it is of; see `Answer`."""

    name: Hashable
    target: Target
    tensor: Tensor
    shape: Shape
    layout: str = ""
    order: int = 1
    sides: Sides | None = None
    others: tuple[Target, ...] = ()


def answer(question: Question) -> Answers:
    """Return the answers to a question, one a variable, pair of variables, or question.

    >>> from matcalc.asking.questions import ask
    >>> from matcalc.notation.text import to_text
    >>> [to_text(one.expression) for one in answer(ask("diff", "w·x + b", ["w", "b"])).answers]
    ["x'", '1']
    """
    modes = {"diff": _derivatives, "vjp": _pulled_back, "jvp": _pushed_forward}
    if question.operation.blocks and len(question.targets) > 1:
        found = list(_blocks(question))
    else:
        found = list(modes[question.operation.mode](question))
    notation = notation_of(question.reading)
    return Answers(
        tuple([one.name for one in found]),
        tuple([_written(question, one, notation) for one in found]),
    )


def derived(reading: Reading, target: Target, layout: Layout, order: int = 1) -> Answer:
    """Return the derivative of a formula that was read, by one of its variables."""
    question = Question(OPERATIONS["diff"], reading, (target,), layout=layout, order=order)
    return answer(question).answers[0]


# Differentiating


def _loose(question: Question) -> Mapping[Expression, Expression]:
    return {target.variable: loosened(target.variable) for target in question.targets}


def _value(question: Question) -> Tensor:
    return tensor_of(substitute(question.reading.expression, _loose(question)))


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


def _derivatives(question: Question) -> Iterator[Found]:
    result = question.reading.expression.shape
    row, structure = question.operation, question.structure
    layout, order = row.layout or question.layout, row.order or question.order
    first = _by(_value(question), question.targets, structure)
    for target, tensor in zip(question.targets, first, strict=True):
        for _ in range(order - 1):
            (tensor,) = _by(tensor, [target], structure)
        tensor, shape = arranged(tensor, result, target.shape, order, layout)
        groups = sides(result, target.shape, order, layout)
        yield Found(target.text, target, tensor, shape, layout, order, groups and Sides(*groups))


def _blocks(question: Question) -> Iterator[Found]:
    """Yield the blocks of a Hessian, row by row; each pair is differentiated once."""
    targets, structure = question.targets, question.structure
    known: dict[tuple[int, int], Tensor] = {}
    for i, gradient in enumerate(_by(_value(question), targets, structure)):
        for j, tensor in enumerate(_by(gradient, targets[i:], structure), i):
            rank = len(gradient.shape)
            axes = tuple(range(len(tensor.shape)))
            known[j, i] = product([(tensor, axes, _ONE)], axes[rank:] + axes[:rank])
            known[i, j] = tensor
    for i, first in enumerate(targets):
        for j, second in enumerate(targets):
            shape = first.shape + second.shape
            groups = sides(first.shape, second.shape, 1, "numerator")
            name = (first.text, second.text)
            yield Found(
                name, first, known[i, j], shape, "mixed", 2, groups and Sides(*groups), (second,)
            )


def _pulled_back(question: Question) -> Iterator[Found]:
    cotangent = tensor_of(substitute(question.seeds[0], _loose(question)))
    moving = [target.moving for target in question.targets]
    pulled = backward(_value(question), moving, cotangent)
    for target, tensor in zip(question.targets, pulled, strict=True):
        if target.entry:
            direction = target.direction(question.structure)
            labels = tuple(range(len(direction.shape)))
            tensor = product([(tensor, labels, _ONE), (direction, labels, _ONE)], ())
        else:
            tensor = projected(tensor, target.pairs(), target.structure, question.structure)
        yield Found(target.text, target, tensor, target.shape)


def _pushed_forward(question: Question) -> Iterator[Found]:
    loose = _loose(question)
    directions: dict[Tensor, Tensor] = {}
    for target, seed in zip(question.targets, question.seeds, strict=True):
        direction = tensor_of(substitute(seed, loose))
        if target.entry:
            unit = target.direction()
            labels = tuple(range(len(unit.shape)))
            direction = product([(unit, labels, _ONE), (direction, (), _ONE)], labels)
        moving = target.moving
        directions[moving] = _sum_of([*filter(None, [directions.get(moving)]), direction])
    tensor = forward(_value(question), list(directions), list(directions.values()))
    first, *others = question.targets
    name = ", ".join([target.text for target in question.targets])
    shape = question.reading.expression.shape
    yield Found(name, first, tensor, shape, others=tuple(others))


def _sum_of(tensors: Sequence[Tensor]) -> Tensor:
    axes = tuple(range(len(tensors[0].shape)))
    return add([(t, axes, _ONE) for t in tensors], axes, dict(enumerate(tensors[0].shape)))


# Writing


def _written(question: Question, found: Found, notation: Notation) -> Answer:
    tensor, shape = found.tensor, found.shape
    structured = [target.variable for target in question.targets if target.structure]
    if structured:
        # the point has the structure: S' = S may simplify what every entry by itself gave
        loose = in_shape(notation, tensor, shape)
        tensor = tensor_of(substitute(loose, {loosened(v): v for v in structured}))
    expression, picked = answered(notation, tensor, shape, found.sides, question.notation)
    return Answer(
        question.reading,
        ", ".join([target.text for target in (found.target, *found.others)]),
        found.target.variable,
        expression,
        found.layout,
        found.order,
        found.target.entry,
        question.operation.mode,
        ", ".join(question.given),
        found.others,
        question.structure,
        picked,
        tensor,
    )
