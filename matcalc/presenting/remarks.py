"""What to know of answers: how the formula was read, where it holds, how it is curved."""

from __future__ import annotations

from matcalc.asking.answers import Answer, Answers
from matcalc.asking.readings import Reading
from matcalc.facts import Fact, facts, structure_facts, zero_facts


def reading_notes(reading: Reading) -> tuple[Fact, ...]:
    """Return how a formula was read where it could be read in another way."""
    told = [Fact("W101", note) for note in reading.inferred.notes]
    return tuple(told + [Fact("W102", note) for note in reading.inferred.choices])


def warnings(given: Answer | Answers) -> tuple[Fact, ...]:
    """Return that the question was probably not meant like this."""
    return zero_facts(given.formula.expression, given.variables)


def notes(answer: Answer, *, ascii: bool = False) -> tuple[Fact, ...]:  # noqa: A002
    """Return all that is to be known of an answer, warnings first, on request in ASCII."""
    variables = answer.variables
    convention = structure_facts(variables, answer.operation, answer.structure)
    formula = answer.formula.expression
    found = facts(formula, variables, answer.order, [answer.expression], ascii=ascii)
    curvature = _curvature(answer, smooth=not found, ascii=ascii)
    reading = reading_notes(answer.formula)
    return (*warnings(answer), *reading, *convention, *curvature, *found)


def joint_notes(answers: Answers, *, ascii: bool = False) -> tuple[Fact, ...]:  # noqa: A002
    """Return the notes on all answers together."""
    first = answers.answers[0]
    variables = answers.variables
    convention = structure_facts(variables, first.operation, first.structure)
    found = facts(
        answers.formula.expression,
        variables,
        first.order,
        [one.expression for one in answers.answers],
        ascii=ascii,
        named={part: name for name, part in answers.program.parts} if answers.program else {},
    )
    return (*warnings(answers), *reading_notes(answers.formula), *convention, *found)


def _curvature(answer: Answer, *, smooth: bool, ascii: bool) -> tuple[Fact, ...]:  # noqa: A002
    """Return that the Hessian is semidefinite, if this is one and it is known to be so."""
    formula = answer.formula.expression
    if answer.operation != "diff" or answer.order != 2 or formula.shape:
        return ()
    target = answer.target
    for second in answer.others:
        if (second.variable, second.entry) != (answer.variable, answer.entry):
            return ()
        target = second
    from matcalc.convexity import convexity

    among = target.structure if target.structure != "diagonal" and not answer.entry else ""
    text = convexity(
        answer.expression, formula, target.text, smooth=smooth, among=among, ascii=ascii
    )
    return (Fact("C101", text),) if text else ()
