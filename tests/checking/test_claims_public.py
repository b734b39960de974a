"""Claims out of public threads: the verdict, and the diagnosis that was given there.

The diagnosis is known by its words: WORDS has what must be in the slip or the hint for each.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import matcalc

DATA = Path(__file__).parent.parent / "data" / "claims_public.json"
ROWS = {row["id"]: row for row in json.loads(DATA.read_text(encoding="utf-8"))}

WORDS = {
    "pub-pc-001": "outer product x*x'",
    "pub-pc-002": "only if A is symmetric",
    "pub-pc-004": "only if sum(t) = 1",
    "pub-pc-006b": "diag(p) - p*p'",
    "pub-pc-007": "right in denominator and mixed layout",
    "pub-pc-010": "right in denominator and mixed layout",
    "pub-pc-012": "x'*[2, 1; 1, 20]*x has the wrong factor: 1/2",
    "pub-pc-014": "tr(inv(S)) stands where inv(S) must",
    "pub-pc-016": "sign error",
    "pub-pc-020": "the inner product m'*z stands where the outer product m*z' must",
    "pub-pc-021": "symmetric: a transpose was forgotten",
    "pub-pc-023": "sign error",
    "pub-pc-024": "commute",
    "pub-pc-025": "commute",
    "pub-pc-033": "diag(p) - p*p'",
    "pub-pc-035": "has the factor softmax(z) .* (1 - softmax(z)) too much",
    "pub-pc-036": "shape",
    "pub-pc-038": "is a composition",
    "pub-pc-041": "P stands where R must",
    "pub-pc-043b": "the term -2*λ*v too much",
    "pub-pc-045": "factor 2 is missing",
    "pub-pc-047": "sign error",
    "pub-pc-051": "a transpose is wrong, inv(K)*y",
    "pub-pc-053": "through t",
    "pub-pc-058": "sign error",
    "pub-pc-063": "factor 2 is missing",
    "pub-pc-069": "diag is missing",
    "pub-pc-070": "the inner derivative, that of -x, is missing",
    "pub-pc-080": "2 times the derivative",
    "pub-pc-083": "shape",
    "pub-pc-086": "only if A is symmetric",
    "pub-pc-087": "symmetric",
    "pub-pc-096": "the derivative of softmax(z)[2], the outer one is missing",
    "pub-pc-098": "A'",
    "pub-pc-110": "sign error",
    "pub-rf-03b": "the factors do not commute",
    "pub-sl-01": "that of sigmoid(w*x)",
    "pub-sl-03": "that of sigmoid(V*sigmoid(W*x))",
    "pub-sl-07": "sign error: the claim is the negative of the derivative; besides, it is assumed "
    "that sum(y) = 1",
    "pub-sl-09": "the derivative of tanh(c) was taken at the output",
    "pub-sl-12": "outer product",
    "pub-sl-16": "the rows of Y add up to 1",
    "pub-sl-18": "the inner derivative, that of a*t, is missing",
    "pub-sl-21": "x' stands where w' must",
    "pub-sl-23": "x stands where w must",
    "pub-sl-25": "P stands where R must",
    "pub-sl-27": "sign error, and the constant factor 2 is missing",
    "pub-sl-29": "transposed; besides, sign error; besides, right only if A is symmetric",
    "pub-sl-31": "the factors do not commute",
    "pub-sl-33": "product of the derivatives",
    "pub-sl-35": "the denominator is not squared",
    "pub-sl-38": "that of norm2(A*x - y)^2",
    "pub-sl-40": "[x < 0] for [x > 0]",
    "pub-sl-42": "the sum is missing",
    "pub-sl-44": "factor 2 is missing",
    "pub-sl-46": "right in numerator layout",
    "pub-sl-47": "lacks the factor sqrt(d)",
    "pub-sl-49": "s was treated as a constant",
}

FALLS_SHORT = {
    "pub-pc-027b": "three slips, and shapes that do not fit: refused with the place",
    "pub-pc-055b": "one term of a*b was derived: only 'right only for n = 1' is said",
    "pub-pc-104": "refuted; that it is right where s is the sigmoid is not said",
    "pub-sl-05": "four factors are missing at once: nothing is named",
}
"""Rows of which the verdict or the diagnosis is not what was said there, and why."""


def verdict_on(row: dict[str, Any]) -> Any:
    return matcalc.check(
        row["expr"], row["wrt"], row["claim"], row["where"], row["layout"],
        order=row.get("order", 1),
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(ROWS) - set(FALLS_SHORT)))
def test_verdict(name: str) -> None:
    row = ROWS[name]
    verdict = verdict_on(row)
    if row["verdict"] == "right":
        assert verdict.ok, str(verdict)
    else:
        assert verdict.verdict == "refuted", str(verdict)
        assert WORDS[name] in f"{verdict.slip}: {verdict.hint}"


def test_what_falls_short_is_never_called_right() -> None:
    for name in FALLS_SHORT:
        assert ROWS[name]["verdict"] != "right"
        try:
            assert not verdict_on(ROWS[name]).ok
        except matcalc.MatcalcError as error:
            assert error.column
