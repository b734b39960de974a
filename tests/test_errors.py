"""Errors as a reader sees them: the line, the caret under the place, nothing that controls."""

import pytest

from matcalc.errors import MatcalcError, cells, error_text, visible


def shown(source: str, start: int, end: int) -> list[str]:
    error = MatcalcError("E301", "no").at(source, start, end)
    return error_text(error).splitlines()[1:]


@pytest.mark.parametrize(
    ("source", "start", "end", "line", "marks"),
    [
        ("x * x", 2, 3, "x * x", "  ^"),
        ("x + yy", 4, 6, "x + yy", "    ^^"),
        ("漢 + x", 4, 5, "漢 + x", "     ^"),
        ("x\u0302 + y", 5, 6, "x\\u0302 + y", None),
        ("\tx * x", 3, 4, "\tx * x", "\t  ^"),
        ("x \x1b[31m", 2, 3, "x \\x1b[31m", "  ^^^^"),
        ("x \u202e+ y", 2, 3, "x \\u202e+ y", "  ^^^^^^"),
        ("a;\nx * x", 5, 6, "x * x", "  ^"),
        ("x +", 3, 3, "x +", "   ^"),
    ],
)
def test_caret(source: str, start: int, end: int, line: str, marks: str | None) -> None:
    first, second = shown(source, start, end)
    if marks is None:  # a combining mark prints, and takes no column
        assert second.index("^") == 4 + len("x + ")
        return
    assert (first, second) == (f"  | {line}", f"  | {marks}")


@pytest.mark.parametrize("place", [0, 40, 500, 99_998])
def test_long_lines_are_cut_around_the_place(place: int) -> None:
    source = "x" * place + "@" + "y" * (99_999 - place)
    first, second = shown(source, place, place + 1)
    assert len(first) < 120
    assert first[second.index("^")] == "@"


def test_long_places_are_cut() -> None:
    first, second = shown("x" * 5_000, 0, 5_000)
    assert len(first) < 120
    assert len(second) < 120


def test_visible_text_controls_nothing() -> None:
    every = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2028, 0xFEFF]))
    assert all(c.isprintable() or c == "\t" for c in visible(every))
    assert visible("ŵ·x ≤ ½ 漢") == "ŵ·x ≤ ½ 漢"


def test_cells() -> None:
    assert [cells(c) for c in "a漢ｘ\u0301λ"] == [1, 2, 2, 0, 1]
