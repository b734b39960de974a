"""Answers, and all that they rest on, as one JSON object."""

from __future__ import annotations

from typing import Any

from matcalc.asking.answers import Answer, Answers
from matcalc.presenting.remarks import joint_notes, notes
from matcalc.presenting.texts import shown, shown_latex
from matcalc.records import fields_of

SCHEMA = 1
"""The version of the JSON that `json_of` and the command write."""


def json_of(answers: Answers) -> str:
    """Return the record of the answers as JSON."""
    import json

    return json.dumps(record_of(answers), ensure_ascii=False)


def record_of(answers: Answers) -> dict[str, Any]:
    """Return an object of schema `SCHEMA`.

    Where the answers share parts these are told under "shared", and the notes, which
    then are about all answers together, under "notes".
    """
    formula = answers.formula
    text, latex = shown(answers), shown_latex(answers)
    written = []
    for one, its_text, its_latex in zip(answers.answers, text.answers, latex.answers, strict=True):
        found = [] if answers.program else [fields_of(fact) for fact in notes(one)]
        written.append(_described(one) | {"text": its_text, "latex": its_latex, "notes": found})
    record = {
        "schema": SCHEMA,
        "ok": True,
        "formula": formula.text,
        "where": formula.where,
        "assumed": list(formula.assumptions),
        "derivatives": written,
    }
    if answers.program:
        record["shared"] = [
            {"name": name, "text": part, "latex": f"{symbol} = {its_latex}"}
            for (name, part), (symbol, its_latex) in zip(text.parts, latex.parts, strict=True)
        ]
        record["notes"] = [fields_of(fact) for fact in joint_notes(answers)]
    return record


def _described(answer: Answer) -> dict[str, Any]:
    return {
        "operation": answer.operation,
        **({"seed": answer.seed} if answer.seed else {}),
        "wrt": answer.wrt,
        "order": answer.order,
        "layout": answer.layout,
        "shape": list(answer.shape),
        "notation": answer.notation,
    }
