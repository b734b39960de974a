"""What every printed form of a derivation says, in the order in which it says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matcalc.derivation.rules import NAMING
from matcalc.derivation.steps import Derivation, Member, Step
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape
from matcalc.laws.rule import Rule
from matcalc.notation.sharing import Names
from matcalc.notation.text import count_nodes, to_text

PARTS = ("intermediates", "partials", "combination", "substitution", "answer")

TITLES = {
    "intermediates": "Intermediate variables",
    "partials": "Their derivatives",
    "combination": "Combine",
    "substitution": "Substitute",
    "answer": "Answer",
}

LONGEST_FORMULA = 120
"""Nodes of a formula that is shown as a whole before its intermediate variables are."""

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth",
            "Tenth")  # fmt: skip


class Row(NamedTuple):
    """One equation; without a left side it goes on from the one before it.

    `shape` is that of both sides, where it is to be said. `rule` is None where nothing is
    derived; `number` is the rule's in the list of rules, or 0. An answer has the names that
    its parts are printed with.
    """

    left: Member | None
    right: Member
    shape: Shape | None
    rule: Rule | None
    number: int
    remark: str
    naming: Names | None = None


class Part(NamedTuple):
    """The equations of one part, its title, why it is so, and the paths that it combines."""

    key: str
    title: str
    reason: str
    paths: tuple[tuple[Expression, ...], ...]
    rows: tuple[Row, ...]


class Outline(NamedTuple):
    """The derivation of one order; `title` is empty if there is no other."""

    derivation: Derivation
    title: str
    parts: tuple[Part, ...]


class References:
    """The rules that a document cites, numbered in the order of their first citation."""

    def __init__(self) -> None:
        self.numbers: dict[Rule, int] = {}

    def number(self, rule: Rule) -> int:
        """Return the rule's number; 0 if it has no more to say than its name."""
        if not rule.source and not rule.statement:
            return 0
        return self.numbers.setdefault(rule, len(self.numbers) + 1)


def outlines(derivation: Derivation, references: References) -> list[Outline]:
    """Return the derivations of all orders up to this one, the first order first.

    >>> import matcalc
    >>> derivation = matcalc.diff("sin(x)", "x", "x: scalar").derivation()
    >>> [part.title for part in outlines(derivation, References())[0].parts]
    ['Intermediate variables', 'Their derivatives', 'Answer']
    """
    chain = [derivation]
    while chain[0].before is not None:
        chain.insert(0, chain[0].before)
    found = []
    for place, one in enumerate(chain):
        title = f"{ORDINALS[place]} derivative" if len(chain) > 1 else ""
        found.append(Outline(one, title, _parts(one, references)))
    return found


def _parts(derivation: Derivation, references: References) -> tuple[Part, ...]:
    parts = []
    for key in PARTS:
        steps = [step for step in derivation.steps if step.part == key]
        if steps:
            paths = derivation.chain.paths if key == _chained(derivation) else ()
            rows = _rows(steps, references)
            if key == "answer":
                rows = (*rows[:-1], rows[-1]._replace(naming=derivation.naming))
            if rows:
                parts.append(Part(key, *_title(derivation, key), paths, rows))
    return tuple(parts)


def _chained(derivation: Derivation) -> str:
    """Return the part that follows the paths from the variable to the result."""
    return "combination" if derivation.manner == "jacobians" else "partials"


def _title(derivation: Derivation, part: str) -> tuple[str, str]:
    """Return the title of a part, and of the one with the chain rule, why it is this rule."""
    chain = derivation.chain
    if part == "combination":
        return f"Combine by the {chain.rule.name}", chain.reason
    if part == "partials" and derivation.manner == "backward":
        return "Backward from the result", f"δ is its derivative by each; {chain.reason}"
    if part == "partials" and derivation.manner == "differentials":
        return "Differentials, from the variable to the result", chain.reason
    return TITLES[part], ""


def _rows(steps: Sequence[Step], references: References) -> tuple[Row, ...]:
    rows: list[Row] = []
    previous: Member | None = None
    for step in steps:
        if _reads_alike(step):
            previous = step.after if step.before == previous else previous
            continue
        left = None if step.before == previous else step.before
        previous = step.after
        rule = None if step.rule == NAMING else step.rule
        number = references.number(rule) if rule else 0
        rows.append(Row(left, step.after, _shape_said(step), rule, number, step.remark))
    return tuple(rows)


def _reads_alike(step: Step) -> bool:
    """Tell whether both sides are written alike, as a*(b*c) and (a*b)*c may be."""
    before, after = step.before, step.after
    if not isinstance(before, Expression) or not isinstance(after, Expression):
        return False
    return to_text(before) == to_text(after)


def _shape_said(step: Step) -> Shape | None:
    """Return the shape of an intermediate or of a local derivative; scalars need not say it."""
    if step.part not in ("intermediates", "partials") or not isinstance(step.before, Expression):
        return None
    return step.before.shape or None


# Sentences


def headed(derivation: Derivation) -> tuple[Expression, Expression | None]:
    """Return the symbol of what is derived and its formula, None if its parts must do."""
    formula = derivation.formula if count_nodes(derivation.formula) <= LONGEST_FORMULA else None
    while derivation.before is not None:
        derivation = derivation.before
    return derivation.result, formula


def task(derivation: Derivation) -> tuple[str, str]:
    """Return what is asked: the words before the variable and behind it.

    The second are empty unless a formula follows, which a Jacobian is applied to.
    """
    if derivation.seed is not None:
        kind = "Transposed Jacobian" if derivation.manner == "backward" else "Jacobian"
        return f"{kind} by", "applied to"
    order, earlier = 0, derivation.before
    while earlier is not None:
        order, earlier = order + 1, earlier.before
    return f"{ORDINALS[order]} derivative by" if order else "Derivative by", ""


def shape_text(shape: Shape) -> str:
    """Return a shape as text: (1, n)."""
    return f"({', '.join(map(str, shape))})"


def path_text(path: Sequence[Expression]) -> str:
    """Return a path from the variable to the result: w → u1 → y."""
    return " → ".join(str(symbol.value.name) for symbol in path)


def reason_text(row: Row) -> str:
    """Return the rule of an equation, its number in the list of rules, and what is special."""
    if row.rule is None:
        return row.remark
    mark = f" [{row.number}]" if row.number else ""
    return f"{row.rule.name}{mark}{'; ' + row.remark if row.remark else ''}"


def rule_text(rule: Rule) -> str:
    """Return what the list of rules says of one."""
    said = f": {rule.statement}" if rule.statement else ""
    return f"{rule.name}{said}{' (' + rule.source + ')' if rule.source else ''}"


def conclusion(derivation: Derivation) -> tuple[str, ...]:
    """Return what belongs to the answer: its layout and shape, kinks and domain."""
    answer = derivation.steps[-1].after
    assert isinstance(answer, Expression)
    layout = f"layout: {derivation.layout}, " if derivation.layout else ""
    return (f"{layout}shape {shape_text(answer.shape)}", *derivation.notes)
