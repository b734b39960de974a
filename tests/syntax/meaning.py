"""Hold a reading against what is meant: the same values of the formula and its derivative."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import numpy as np

import matcalc
from matcalc import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.syntax.latex_names import canonical

Row = dict[str, Any]


def verdict(row: Row) -> str:
    """Return '' where a row is read as it must be, else what is wrong."""
    try:
        read = matcalc.diff(row["typed"], row["wrt"], row["where"], "mixed")
        codes = {note.code for note in read.notes}
    except MatcalcError as error:
        allowed = row.get("refuse", [])
        if any(fnmatch.fnmatch(error.code, pattern) for pattern in allowed):
            return ""
        return f"refused: {error.code} {error.message}"
    if row["means"] is None:
        return f"read, as {read.formula.text}, assuming {read.assumptions}"
    meanings = [row["means"], *row.get("also", [])]
    wrong = next(filter(None, [_differs(read, meaning, row) for meaning in meanings[:1]]), "")
    if wrong and all(_differs(read, meaning, row) for meaning in meanings[1:]):
        return f"misread: {wrong}"
    missing = set(row["notes"]) - codes
    return f"without notes {sorted(missing)}" if missing else ""


def _differs(read: Any, meaning: Row, row: Row) -> str:
    variables = matcalc.parse(meaning["expr"], meaning["where"]).inferred.variables
    wrt = _same(meaning["wrt"].replace("{", "").replace("}", ""), variables, row)
    meant = matcalc.diff(meaning["expr"], wrt or meaning["wrt"], meaning["where"], "mixed")
    ours, theirs = read.formula.inferred.variables, meant.formula.inferred.variables
    names = {name: _same(name, theirs, row) for name in ours}
    said = "; ".join(read.assumptions)
    unknown = [name for name, other in names.items() if other is None]
    if [n for n in unknown if ours[n].shape or n not in row["dims"]]:
        return f"{unknown} unknown; {said}"
    values = _values(theirs, row, meaning)
    arrays = {name: values[other] for name, other in names.items() if other}
    scalars = {name: float(row["dims"][name]) for name in unknown}
    try:
        for one, other in ((read.formula, meant.formula), (read, meant)):
            first = np.asarray(one.evaluate(**{**row["dims"], **arrays, **scalars}))
            second = np.asarray(other.evaluate(**{**row["dims"], **values}))
            if first.shape != second.shape:
                return f"shape {first.shape} for {second.shape}; {said}"
            if not np.allclose(first, second, rtol=1e-8, equal_nan=False):
                return f"another value: {read.formula}; {said}"
    except MatcalcError as error:
        return f"{error}; {said}"
    return ""


def _same(name: str, meant: dict[str, Expression], row: Row) -> str | None:
    name = re.sub(r"\\(hat|bar)(\w+)", r"\2_\1", name)
    name = re.sub(r"\\(?:mathbf|bf|bm)? ?", "", name)
    for other in meant:
        spellings = [other, *row.get("rename", {}).get(other, [])]
        if canonical(name) in {canonical(spelling) for spelling in spellings}:
            return other
    return None


def _values(variables: dict[str, Expression], row: Row, meaning: Row) -> dict[str, Any]:
    generator = np.random.default_rng(7)
    domain = row.get("domain") or {}
    values = {}
    for name, node in variables.items():
        shape = tuple(_length(str(size), row["dims"]) for size in node.shape)
        values[name] = _drawn(generator, shape, domain.get(name), str(node.value.structure))
    return values


def _length(size: str, dims: dict[str, int]) -> int:
    product = 1
    for factor in size.split("*"):
        product *= int(factor) if factor.isdigit() else dims[factor]
    return product


def _drawn(generator: Any, shape: tuple[int, ...], kind: Any, structure: str) -> Any:
    array = generator.normal(size=shape)
    if isinstance(kind, list):
        return generator.uniform(*kind, size=shape)
    if isinstance(kind, dict):
        return np.full(shape, float(kind["value"]))
    if kind == "positive":
        return np.abs(array) + 0.2
    if kind == "negative":
        return -np.abs(array) - 0.2
    if kind == "integer":
        return np.array(3.0)
    if structure == "spd" or kind == "spd":
        return array @ array.T + len(array) * np.eye(len(array))
    if structure == "symmetric":
        return array + array.T
    if structure == "diagonal":
        return np.diag(np.diag(array))
    if kind == "invertible":
        return array + 3 * np.eye(len(array)) if array.ndim == 2 else array
    return array
