"""Points have the structures they should have, and differ as they should."""

import itertools
import random

import numpy as np
import pytest

import matcalc
from matcalc.checking.points import assignments, sample, spread, structured, whole_points

WHERE = "S: symmetric(n); P: spd(n); D: diagonal(n); A: matrix(m, n); c: scalar"
FORMULA = matcalc.parse("tr(S*P*D*A'*A)*c", WHERE)
VARIABLES = FORMULA.inferred.variables


def test_sizes_are_small_unequal_and_positive() -> None:
    found = list(itertools.islice(assignments([FORMULA.expression]), 6))
    assert all(sizes["m"] != sizes["n"] for sizes in found)
    assert {frozenset(sizes.values()) for sizes in found[:2]} == {frozenset([2, 3])}
    short = matcalc.parse("x[1:k]", "x: vector(k + 2)")
    assert all(s["k"] > 0 for s in itertools.islice(assignments([short.expression]), 9))


def test_several_sizes_are_spread() -> None:
    several = spread(assignments([FORMULA.expression]), 5)
    assert len(several) == 5 and len({tuple(s.items()) for s in several}) == 5
    assert any(s["m"] > s["n"] for s in several) and any(s["m"] < s["n"] for s in several)


@pytest.mark.parametrize("turn", range(12))
def test_declared_structure_is_kept(turn: int) -> None:
    values = sample(VARIABLES, {"m": 2, "n": 3}, random.Random(turn), turn).values
    assert (values["S"] == values["S"].T).all()
    assert (values["P"] == values["P"].T).all()
    assert (np.linalg.eigvalsh(values["P"].astype(float)) > 0).all()
    assert (values["D"] == np.diag(np.diag(values["D"]))).all()
    assert values["A"].shape == (2, 3) and values["c"].shape == ()


def test_commuting_matrices_commute() -> None:
    formula = matcalc.parse("A*B*C", "A, B, C: square(n)")
    names = dict.fromkeys("ABC", "commuting")
    values = sample(formula.inferred.variables, {"n": 3}, random.Random(1), 0, names).values
    for one, other in itertools.combinations(values.values(), 2):
        assert (one @ other == other @ one).all()


def test_other_structures() -> None:
    array = np.array([[1, -2], [3, 4]], dtype=object)
    assert structured(array, "sign").tolist() == [[1, -1], [1, 1]]
    assert structured(array, "positive").tolist() == [[1, 2], [3, 4]]
    assert all(structured(array * 1.0, "normalised").sum(axis=1) == 1)


def test_whole_points_begin_small() -> None:
    first = next(whole_points(VARIABLES, {"m": 2, "n": 3})).values
    assert all(abs(v) <= 9 for v in first["A"].flat)
    assert all(v.denominator == 1 for v in first["P"].flat)
