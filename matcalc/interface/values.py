"""The value of a formula as a NumPy array, of the precision of what is given."""

from __future__ import annotations

from typing import Any

from matcalc.asking.readings import Reading
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.nodes import Expression


def value_of(expression: Expression, reading: Reading, values: dict[str, Any]) -> Any:
    """Return the value of a formula that is written in the variables of one that was read.

    Where all arrays of floating-point numbers that are given have one type, so has the value.
    """
    from matcalc.programs.backends import NUMPY
    from matcalc.programs.evaluation import evaluate
    from matcalc.programs.sizes import read_sizes

    variables = reading.inferred.variables
    known = [(v, NUMPY.array(values[name])) for name, v in variables.items() if name in values]
    try:
        found = evaluate(expression, values, read_sizes(known, {}))
    except (MemoryError, OverflowError, ValueError) as error:
        message = f"the value is too large to compute: {shortened(str(error))}"
        raise MatcalcError("E504", message) from None
    types = {getattr(values[name], "dtype", None) for name in variables if name in values}
    kinds = {kind for kind in types if kind is not None and kind.kind in "fc"}
    if len(kinds) == 1 and found.dtype.kind == "f":
        (kind,) = kinds
        return found.astype(kind) if kind.kind == "f" else found
    return found
