"""Formulas with known derivatives: the literature's, held against independent numbers.

`tests/data/cases` has the formulas of the seed papers, of Wikipedia's tables, of The Matrix
Cookbook and of machine learning, with answers where the literature has them, and numbers
from an independent evaluator (`reference.npz`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.calculus.layouts import LAYOUTS
from matcalc.checking.verification import verify, verify_answer
from matcalc.notation.text import count_nodes

CASES = Path(__file__).parent / "data" / "cases"
FILES = ("seeds", "wikipedia", "cookbook", "ml")

Case = dict[str, Any]

LONGER_THAN_THE_TEXTBOOK = frozenset(
    f"{case} {form}"
    for case, forms in {
        "ds-aff-W-y1": ("numerator", "denominator"),  # [x, zeros(n)] shows the blocks
        "ds-aff-W-y2": ("numerator", "denominator"),
        "wp-d-pow": ("jvp",),  # a sum over an index, which we write out
        "wp-ms-exp-series": ("denominator",),
        "wp-sm-trAXn-sum": ("numerator", "denominator"),
        "wp-ss-trexp-series": ("numerator", "denominator"),
        "wp-ss-trgxA": ("numerator", "denominator"),
    }.items()
    for form in forms
)
"""Cases in which our answer is known to be longer."""


def load(name: str) -> list[Case]:
    """Return the cases of a file."""
    cases: list[Case] = json.loads((CASES / f"{name}.json").read_text())
    return cases


ALL = [case for name in FILES for case in load(name)]
REFERENCE = np.load(CASES / "reference.npz")
INPUTS: dict[str, dict[int, dict[str, Any]]] = {}
for _key in REFERENCE.files:
    _id, _point, *_rest = _key.split("/")
    _values = INPUTS.setdefault(_id, {}).setdefault(int(_point), {})
    if _rest[0] == "in":
        _values[_rest[1]] = REFERENCE[_key]

DERIVATIVES = [case for case in ALL if "op" not in case]
PRODUCTS = [case for case in ALL if "op" in case]


def name(case: Case) -> str:
    """Return the case's name in reports."""
    return str(case["id"])


def derivative(case: Case, layout: Any) -> Any:
    """Return our answer."""
    return matcalc.diff(case["expr"], case["wrt"], case["where"], layout, case["order"])


def product(case: Case) -> Any:
    """Return our answer to a case of a vector-Jacobian or Jacobian-vector product."""
    if case["op"] == "vjp":
        return matcalc.vjp(case["expr"], case["wrt"], case["upstream"], case["where"])
    return matcalc.jvp(case["expr"], case["wrt"], case["tangent"], case["where"])


def read_back(answer: Any, case: Case, text: str = "") -> Any:
    """Return the printed answer, or another text about the same names, as a formula."""
    where = "; ".join([part for part in (case["where"], *answer.assumptions) if part])
    return matcalc.parse(text or str(answer), where=where)


def assert_close(value: Any, wanted: Any) -> None:
    """Hold values against the reference: same shape, and 1e-8 of the largest entry."""
    assert value.shape == wanted.shape
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-6)
    np.testing.assert_allclose(value, wanted, rtol=1e-8, atol=1e-8 * scale)


def points(case: Case) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the points of the reference with all sizes."""
    for point, values in INPUTS.get(case["id"], {}).items():
        yield point, {**case["dims"], **values}


ON_TIES = ("ml-ppo-clip",)
"""Cases whose point lies where two branches are equal all around: the reference took neither."""


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", [c for c in DERIVATIVES if c["id"] not in ON_TIES], ids=name)
def test_answers_have_the_reference_values(case: Case, layout: Any) -> None:
    answer = derivative(case, layout)
    formula = read_back(answer, case)
    assert formula.shape == answer.shape
    for point, values in points(case):
        wanted = REFERENCE.get(f"{case['id']}/{point}/{layout}")
        if wanted is not None:
            assert_close(formula.evaluate(**values), wanted)


@pytest.mark.parametrize("case", [c for c in DERIVATIVES if c["id"] in ON_TIES], ids=name)
def test_answers_on_ties_are_difference_quotients(case: Case) -> None:
    answer = derivative(case, "denominator")
    formula = matcalc.parse(case["expr"], case["where"])
    for _, values in points(case):
        x, step = np.asarray(values[case["wrt"]]), 1e-6
        wanted = [
            np.subtract(
                *[formula.evaluate(**{**values, case["wrt"]: x + h}) for h in (move, -move)]
            )
            / (2 * step)
            for move in step * np.eye(len(x))
        ]
        np.testing.assert_allclose(answer.evaluate(**values), wanted, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("case", PRODUCTS, ids=name)
def test_products_have_the_reference_values(case: Case) -> None:
    answer = product(case)
    formula = read_back(answer, case)
    for point, values in points(case):
        wanted = REFERENCE.get(f"{case['id']}/{point}/answer")
        if wanted is not None:
            assert_close(formula.evaluate(**values), wanted)


def is_abstract(case: Case) -> bool:
    """Tell whether the case is about functions that are known by their signature only."""
    return case["id"] not in INPUTS


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("case", [c for c in DERIVATIVES if is_abstract(c)], ids=name)
def test_answers_with_abstract_functions_are_verified_and_the_textbook_agrees(
    case: Case, layout: Any
) -> None:
    answer = derivative(case, layout)
    verification = verify(answer)
    assert verification.ok, verification.text
    if case[layout] is not None:
        textbook = read_back(answer, case, case[layout]).expression
        claimed = verify_answer(
            answer.formula.expression, answer.variable, textbook, layout, case["order"]
        )
        assert claimed.ok, claimed.text


@pytest.mark.parametrize("case", [c for c in PRODUCTS if is_abstract(c)], ids=name)
def test_products_with_abstract_functions_are_verified(case: Case) -> None:
    verification = verify(product(case))
    assert verification.ok, verification.text


def sizes() -> Iterator[tuple[str, int, int, str, str]]:
    """Yield (case and layout, our size, the textbook's, our answer, the textbook's).

    Answers that the textbook gives at a kink or for a part of the domain are left out.
    """
    for case in [*load("seeds"), *load("wikipedia")]:
        if "kink" in case or "local" in case:
            continue
        if "op" in case:
            if case.get("answer"):
                yield sized(f"{case['id']} {case['op']}", product(case), case, case["answer"])
            continue
        for layout in ("numerator", "denominator"):
            if case[layout] is not None:
                yield sized(f"{case['id']} {layout}", derivative(case, layout), case, case[layout])


def sized(label: str, answer: Any, case: Case, textbook: str) -> tuple[str, int, int, str, str]:
    """Count the nodes of the printed answer and of the textbook's."""
    ours, theirs = (read_back(answer, case, text).expression for text in (str(answer), textbook))
    return label, count_nodes(ours), count_nodes(theirs), str(answer), textbook


def test_answers_are_no_longer_than_the_textbooks() -> None:
    table = list(sizes())
    longer = [row for row in table if row[1] > row[2]]
    unknown = [row for row in longer if row[0] not in LONGER_THAN_THE_TEXTBOOK]
    assert not unknown, "\n".join(map(str, unknown))
    assert len(longer) <= 0.05 * len(table)
