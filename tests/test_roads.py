"""Every head of a formula and every row of the table of functions, on every road.

A road is evaluation, code for a library, SymPy's verdict, the arithmetic of the checks, a
claim, LaTeX and text out and in, an explanation. Samples are found, not listed: a new row
is tried on every road, and a new head without a formula fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from matcalc.expressions import functions
from matcalc.expressions.nodes import HEADS
from tests import heads, samples
from tests.roads import ROADS
from tests.samples import Sample

SLOW = ("verify", "check")
"""On these roads a row goes in one form of each spelling, and by its own name only."""


def taken(road: str, name: str) -> Iterable[Sample]:
    """Return the samples of a name that go on a road."""
    found = samples.samples(name)
    if road not in SLOW:
        return found
    if name in functions.ALIASES:
        return ()
    return [next(forms) for _, forms in itertools.groupby(
        sorted(found, key=lambda sample: sample.text), key=lambda sample: sample.text
    )]  # fmt: skip


@pytest.mark.parametrize("name", samples.names())
@pytest.mark.parametrize("road", ROADS)
def test_every_function_takes_every_road(road: str, name: str) -> None:
    for sample in taken(road, name):
        ROADS[road](sample)


@pytest.mark.parametrize("sample", heads.samples(), ids=lambda sample: sample.text)
@pytest.mark.parametrize("road", ROADS)
def test_every_head_takes_every_road(road: str, sample: Sample) -> None:
    ROADS[road](sample)


@pytest.mark.parametrize("name", samples.names())
def test_every_function_has_samples(name: str) -> None:
    found = samples.samples(name)
    assert {len(sample.arguments) for sample in found} >= {
        count for count in samples.counts(name) if count < 3
    }
    assert found, f"no kinds of arguments are known that {name} takes"


def test_every_head_has_a_formula() -> None:
    assert {node.head for text in heads.TEXTS for node in heads.nodes(text)} == set(HEADS)


def test_aliases_are_the_functions_that_they_name() -> None:
    def forms(name: str) -> set[str]:
        return {str(sample).replace(f"{name}(", "(") for sample in samples.samples(name)}

    for alias, name in functions.ALIASES.items():
        assert forms(alias) == forms(name)
