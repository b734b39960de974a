"""Tables of text: a name in the first column, right-aligned cells in the others."""

from __future__ import annotations

from collections.abc import Sequence

MISSING = "-"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows below their headings, each column as wide as its widest cell.

    >>> print(table(["", "ms"], [["by hand", "1.5"], ["emitted", "12.0"]]))
               ms
    by hand   1.5
    emitted  12.0
    """
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for name, *cells in [headings, *rows]:
        rest = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *rest]).rstrip())
    return "\n".join(lines)


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits after the point; a dash where there is none."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def milliseconds(seconds: float | None) -> str:
    """Return a time in milliseconds; a dash where there is none."""
    return MISSING if seconds is None else number(1000 * seconds, 3)


def ratio(above: float | None, below: float | None) -> float | None:
    """Return the quotient of two times, if there are both."""
    return None if above is None or below is None else above / below
