"""The functions of the language, looked up by name: what is known of one stands in its row.

The rows are in `table`, by what they do: `elementary`, `matrices`, `reductions`,
`rearrangements`, `constants`. To add a function, add a row.
"""

from __future__ import annotations

from matcalc.expressions.table.constants import CONSTANT as CALLED_CONSTANTS
from matcalc.expressions.table.elementary import ELEMENTARY as BY_ENTRIES
from matcalc.expressions.table.matrices import MATRICES
from matcalc.expressions.table.rearrangements import REARRANGEMENTS
from matcalc.expressions.table.reductions import REDUCTIONS
from matcalc.expressions.table.row import Row

TABLE: tuple[Row, ...] = (*BY_ENTRIES, *MATRICES, *REDUCTIONS, *REARRANGEMENTS)
ROWS = {(row.name, len(row.parameters)): row for row in TABLE}

ELEMENTARY = tuple(row for row in TABLE if row.derivatives)
PRIMITIVE = tuple(row for row in TABLE if row.differential)
DEFINED = tuple(
    row for row in TABLE if row.definition and not row.derivatives and not row.differential
)
STRUCTURAL = tuple(
    row for row in TABLE if not row.derivatives and not row.differential and not row.definition
)

CONSTANTS = tuple(dict.fromkeys(row.name for row in CALLED_CONSTANTS))
ALIASES = {alias: row.name for row in TABLE for alias in row.aliases}
NAMES = frozenset([row.name for row in TABLE] + list(ALIASES) + list(CONSTANTS)) - {"power"}


def _counts() -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    for row in (*TABLE, *CALLED_CONSTANTS):
        if row.parameters:
            counts.setdefault(row.name, []).append(len(row.parameters) + row.sizes)
    return {name: sorted(found) for name, found in counts.items()}


COUNTS = _counts()
"""How many arguments, and sizes behind them, what is called takes."""

CALLED = {row.name: row for row in (*TABLE, *CALLED_CONSTANTS)}
"""A row for every name, whatever the number of arguments: what it is called with."""

EUCLIDEAN = frozenset(row.name for row in TABLE if row.definition == "sqrt(sum(X .^ 2))")
"""The norms that are the root of a sum of squares, of vectors and of matrices."""
