"""Every step of every derivation is true, in numbers, and the last one is the answer."""

from __future__ import annotations

from typing import Any

import pytest

import matcalc
from matcalc.calculus import partials
from matcalc.derivation.steps import DETAILS, MANNERS, Derivation
from tests.derivation.truth import Numbers, false_steps
from tests.test_cases import ALL, INPUTS, Case, derivative, name, product

TIES = ("ml-ppo-clip",)
"""Cases whose point lies where the two sides of a min are equal on an open set."""


def values_of(case: Case) -> dict[str, Any]:
    """Return the reference's first point, with all sizes."""
    return {**case["dims"], **INPUTS.get(case["id"], {}).get(0, {})}


def entry_of(case: Case) -> tuple[int, ...]:
    """Return the places of the entry that a case is derived by, from 0."""
    _, _, places = case["wrt"].rstrip("]").partition("[")
    return tuple(int(place) - 1 for place in places.split(",")) if places else ()


def numbers_of(case: Case) -> Numbers:
    """Return what the derivations of a case are held against."""
    return Numbers(values_of(case), entry_of(case))


def assert_true(derivation: Derivation, case: Case, numbers: Numbers) -> None:
    """Hold both sides of every step against each other."""
    if derivation.before is not None:
        assert_true(derivation.before, case, numbers)
    if case["id"] in INPUTS and case["id"] not in TIES and not case.get("kink"):
        found = false_steps(derivation, numbers)
        assert not found, [str(step) for step, _, _ in found]


@pytest.mark.parametrize("case", ALL, ids=name)
def test_steps_are_true_and_end_in_the_answer(case: Case) -> None:
    numbers = numbers_of(case)
    answer = product(case) if "op" in case else derivative(case, "numerator")
    for manner in MANNERS:
        derivation = answer.derivation(manner)
        assert derivation.steps[-1].after is answer.expression, manner
        assert_true(derivation, case, numbers)


@pytest.mark.parametrize("case", [case for case in ALL if "op" not in case][::3], ids=name)
def test_every_layout_and_detail(case: Case) -> None:
    numbers = numbers_of(case)
    for layout in ("denominator", "mixed"):
        answer = derivative(case, layout)
        for detail in DETAILS:
            derivation = answer.derivation(detail=detail)
            assert derivation.steps[-1].after is answer.expression, (layout, detail)
            assert_true(derivation, case, numbers)


@pytest.mark.parametrize("kind", ["product", "sum", "apply", "matrix", "reduce"])
def test_a_wrong_rule_is_caught(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Double every local Jacobian of one kind: some step is false now."""
    right = partials._RULES[kind]

    def wrong(*arguments: Any) -> Any:
        for partial in right(*arguments):
            yield partial._replace(coefficient=2 * partial.coefficient)

    monkeypatch.setitem(partials._RULES, kind, wrong)
    caught = 0
    for case in ALL[::7]:
        if "op" in case or case["id"] not in INPUTS or case.get("kink") or case["order"] > 1:
            continue
        derivation = derivative(case, "numerator").derivation()
        caught += bool(false_steps(derivation, numbers_of(case)))
    assert caught > 0


def test_what_there_is_not_is_refused() -> None:
    answer = matcalc.diff("x^2", "x", "x: scalar")
    for arguments in ({"manner": "guess"}, {"detail": "all"}):
        with pytest.raises(matcalc.MatcalcError) as caught:
            answer.derivation(**arguments)
        assert caught.value.code == "E702"
