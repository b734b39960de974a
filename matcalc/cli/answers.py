"""Ask what the command line asks, with the options of the operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcalc.cli.arguments import Arguments, split_names


def answers_to(name: str, text: str, names: Sequence[str], where: str, arguments: Arguments) -> Any:
    """Return the answers of an operation, by its name, by all variables."""
    from matcalc.asking.operations import OPERATIONS
    from matcalc.interface.functions import together

    row = OPERATIONS[name]
    values = arguments.values
    options: dict[str, Any] = {name: values[name] for name in row.options if name in values}
    if "order" in options:
        options["order"] = arguments.number("order")
    seed = [values[row.along]] if row.along else []
    if row.along == "tangent":
        seed = split_names(values["tangent"])
    return together(name, text, list(names), where, options, seed)
