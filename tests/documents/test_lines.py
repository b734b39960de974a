"""Derivations as plain lines: chains, remarks, settings, and what is no equation."""

import pytest

from matcalc.documents.lines import read_lines
from matcalc.errors import MatcalcError


def chains(text: str) -> list[list[str]]:
    return [[side.text for side in chain] for chain in read_lines(text, text, 0).chains]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = a = b", [["y", "a", "b"]]),
        ("y = a\n  = b  # why\n= c", [["y", "a", "b", "c"]]),
        ("y = a\n    + b\nz = c", [["y", "a\n    + b".replace("\n", " ")], ["z", "c"]]),
        ("y = [a == b] = [c <= d]", [["y", "[a == b]", "[c <= d]"]]),
        ("y = sum(i = 1..N, x[i])", [["y", "sum(i = 1..N, x[i])"]]),
        ("# only a remark\n\ny = a", [["y", "a"]]),
        ("1. Their derivatives\n   ∂y/∂x = x'   dot product [1]\n\n[1] The source, a = b",
         [["∂y/∂x", "x'"]]),
        ("y = 2   x", [["y", "2   x"]]),
        ("y = 2   power rule [1]", [["y", "2"]]),
        ("y = x   + z", [["y", "x   + z"]]),
    ],
)  # fmt: skip
def test_chains(text: str, expected: list[list[str]]) -> None:
    assert chains(text) == expected


def test_every_side_stands_at_its_place() -> None:
    text = "where: x: scalar\r\n  y = x^2 = x*x\r\n    = x\n    * x"
    found = read_lines(text, text, 0)
    assert found.setting("where") == "x: scalar"
    for chain in found.chains:
        for side in chain:
            there = text[side.start : side.start + len(side.text)]
            assert there.replace("\n", " ") == side.text


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("y == 3", 1, 1),
        ("y = a\n\n  b", 3, 3),
        ("\n= a", 2, 1),
        ("y = = a", 1, 5),
        ("y = ", 1, 4),
    ],
)
def test_what_is_no_equation_is_refused(text: str, line: int, column: int) -> None:
    with pytest.raises(MatcalcError, match="E803") as caught:
        read_lines(text, text, 0)
    assert (caught.value.line, caught.value.column) == (line, column)
