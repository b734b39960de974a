"""What an emitted function takes: its parameters, and the checks of their shapes."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matcalc.expressions.dimensions import Dimension
from matcalc.expressions.nodes import Expression
from matcalc.programs.operations import Operation
from matcalc.programs.targets import TARGETS

WRITTEN = (
    "math",
    "itertools",
    "dtype",
    "arrays",
    "reason",
    "Compressed",
    "Part",
    "register",
    "needed",
)
"""What emitted functions are made of, beside Python's names and the targets' own."""


def _defined(text: str) -> list[str]:
    r"""Return the names that a piece of source defines for the functions below it.

    >>> _defined("import numpy as np\n\ndef erf(x):\n    y = x")
    ['numpy', 'np', 'erf']
    """
    begin = r"^def |^class |^import |^from \S+ import |\bas "
    return re.findall(rf"(?:{begin})(\w+)", text, re.MULTILINE)


RESERVED = frozenset(dir(builtins)).union(
    WRITTEN,
    *[
        _defined(text)
        for target in TARGETS.values()
        for text in (target.imports, *target.helpers.values())
    ],
    *[target.helpers for target in TARGETS.values()],
)
"""Names that no parameter may take, lest it hide what the function calls."""


class Parameters(NamedTuple):
    """The parameters' names in order, what is called otherwise than typed, and the checks.

    `functions` has the parameter of every abstract function, `taken` all names in use.
    """

    names: tuple[str, ...]
    renamed: dict[str, str]
    functions: dict[str, str]
    dimensions: dict[str, str]
    checks: tuple[str, ...]
    taken: frozenset[str]


def special_names(order: Iterable[Operation]) -> set[str]:
    """Return the names of scipy.special's functions that are called."""
    called = [node.value for node in order if node.head == "call"]
    return {name.removeprefix("special.") for name in called if name.startswith("special.")}


def parameters(variables: Sequence[Expression], order: Iterable[Operation]) -> Parameters:
    """Return the parameters of a function of these variables with these operations.

    The lengths are read off the arrays; those that no array tells are parameters too.
    """
    order = list(order)
    taken: set[str] = set(RESERVED) | special_names(order)
    renamed: dict[str, str] = {}
    names = [_fresh(v.value.name, v.value.name, taken, renamed) for v in variables]
    functions: dict[str, str] = {}
    sizes: set[str] = {name for v in variables for d in v.shape for name in d.names}
    for node in order:
        if node.head == "function" and node.value not in functions:
            plain = node.value.replace("'", "_d") if "'" in node.value else node.value
            functions[node.value] = _fresh(node.value, plain, taken, renamed)
        for dimension in _dimensions(node):
            sizes |= dimension.names
    own: dict[str, str] = {}
    dimensions = {name: _fresh(name, name, taken, own) for name in sorted(sizes)}
    checks, known = _checks(variables, names, dimensions)
    missing = [name for name in dimensions if name not in known]
    renamed.update((name, own[name]) for name in missing if name in own)
    parameters_ = [*names, *functions.values(), *[dimensions[name] for name in missing]]
    return Parameters(
        tuple(parameters_), renamed, functions, dimensions, tuple(checks), frozenset(taken)
    )


def read_later(checks: Sequence[str], rest: Sequence[str]) -> list[str]:
    """Return the checks without the lengths that neither they nor the rest make use of.

    >>> read_later(["n = x.shape[0]", "p, q = A.shape"], ["return np.ones(q)"])
    ['q = A.shape[1]']
    """
    names = {name for line in rest for name in re.findall(r"\w+", line)}
    kept: list[str] = []
    for line in reversed(checks):
        read = re.fullmatch(r"(\w+)(?:, (\w+))? = (\w+)\.shape(?:\[\d+\])?", line)
        if read:
            places = [k for k, name in enumerate(read.groups()[:2]) if name in names]
            if not places:
                continue
            if read[2] and len(places) == 1:
                (place,) = places
                line = f"{read[place + 1]} = {read[3]}.shape[{place}]"
        names.update(re.findall(r"\w+", line))
        kept.append(line)
    return kept[::-1]


def needed_only(entry: Parameters, lines: Sequence[str]) -> Parameters:
    """Return the parameters without the lengths that the lines make no use of.

    Such is the length of an abstract function's result that only other such functions take.
    """
    used = {name for line in lines for name in re.findall(r"\w+", line)}
    lengths = {*entry.dimensions.values()} - used
    return entry._replace(names=tuple([name for name in entry.names if name not in lengths]))


def _fresh(name: str, plain: str, taken: set[str], renamed: dict[str, str]) -> str:
    """Return a name for a parameter that nothing else has; note it if it differs."""
    import unicodedata

    chosen = unicodedata.normalize("NFKC", plain)
    while keyword.iskeyword(chosen) or chosen in taken or not chosen.isidentifier():
        chosen += "_"
    taken.add(chosen)
    if chosen != name:
        renamed[name] = chosen
    return chosen


def _dimensions(node: Operation) -> list[Dimension]:
    found = list(node.shape)
    if isinstance(node.value, Dimension):
        found.append(node.value)
    elif isinstance(node.value, tuple):
        for part in node.value:
            if isinstance(part, Dimension):
                found.append(part)
            elif isinstance(part, tuple):
                found += [inner for inner in part if isinstance(inner, Dimension)]
    return found


def dimension_text(dimension: Dimension, entry: Parameters) -> str:
    """Return a dimension as Python writes it."""
    return _text(dimension, entry.dimensions)


def _text(dimension: Dimension, names: dict[str, str]) -> str:
    text = ""
    for monomial, coefficient in sorted(dimension.terms, key=lambda t: (not t[0], t[1] < 0)):
        sign = " - " if coefficient < 0 else " + "
        factors = [names[name] for name in monomial]
        if abs(coefficient) != 1 or not monomial:
            factors.insert(0, str(abs(coefficient)))
        product = "*".join(factors)
        text = f"{text}{sign}{product}" if text else f"{'-' * (coefficient < 0)}{product}"
    return text or "0"


def _checks(
    variables: Sequence[Expression], names: Sequence[str], dimensions: dict[str, str]
) -> tuple[list[str], set[str]]:
    """Return the lines that check shapes and read lengths off them, and what they read."""
    lines: list[str] = []
    source: dict[str, str] = {}
    waiting: list[tuple[Dimension, str, str]] = []
    for variable, name in zip(variables, names, strict=True):
        shape = variable.shape
        texts = [_text(d, dimensions) for d in shape]
        wanted = f"({', '.join(texts)}{',' * (len(texts) == 1)})"
        told = sorted({x for d in shape for x in d.names if x in source})
        conditions = [f"{name}.ndim != {len(shape)}" if shape else f"{name}.ndim"]
        if shape and all(d.names <= source.keys() for d in shape):
            conditions = [f"{name}.shape != {wanted}"]
        else:
            conditions += [
                f"{name}.shape[{axis}] != {texts[axis]}"
                for axis, d in enumerate(shape)
                if d.names <= source.keys()
            ]
        kind = wanted if shape else "(), a scalar"
        reasons = " and ".join(
            [f"{dimensions[x]} = {{{dimensions[x]}}} as in {source[x]}" for x in told]
        )
        message = f"{name} has shape {{tuple({name}.shape)}}, expected {kind}"
        lines.append(f"if {' or '.join(conditions)}:")
        if reasons:
            lines.append(f'    reason = f"{reasons}"')
            message += " with {reason}"
        lines.append(f'    raise ValueError(f"{message}")')
        for axis, dimension in enumerate(shape):
            place = f"{name}.shape[{axis}]"
            (ident,) = dimension.names if len(dimension.names) == 1 else ("",)
            if ident and ident not in source and dimension.terms == (((ident,), 1),):
                lines.append(f"{dimensions[ident]} = {place}")
                if axis == 1 == len(shape) - 1 and lines[-2].endswith(f" = {name}.shape[0]"):
                    lines[-2:] = [f"{texts[0]}, {texts[1]} = {name}.shape"]
                source[ident] = name
            elif not dimension.names <= source.keys() or len(dimension.names) == 0:
                if dimension.names:
                    waiting.append((dimension, place, name))
            elif any(source[x] == name for x in dimension.names):
                waiting.append((dimension, place, name))
    lines += _waiting(waiting, source, dimensions)
    return lines, set(source)


def _waiting(
    waiting: list[tuple[Dimension, str, str]], source: dict[str, str], dimensions: dict[str, str]
) -> list[str]:
    """Solve lengths such as n - p + 1 for what is not known yet, and check the others."""
    lines: list[str] = []
    while waiting:
        rest = []
        for dimension, place, name in waiting:
            unknown = sorted(dimension.names - source.keys())
            if not unknown:
                text = _text(dimension, dimensions)
                message = f"{place} is {{{place}}}, expected {text} = {{{text}}}"
                lines += [f"if {place} != {text}:", f'    raise ValueError(f"{message}")']
            elif len(unknown) == 1 and _slope(dimension, unknown[0]):
                slope = _slope(dimension, unknown[0])
                others = Dimension(tuple([t for t in dimension.terms if t[0] != (unknown[0],)]))
                left = _text(others if slope < 0 else -others, dimensions)
                sign = "-" if slope < 0 else "+"
                variable = dimensions[unknown[0]]
                solved = f"{left} {sign} {place}"
                line = f"{variable} = {solved}"
                if abs(slope) != 1:
                    line = f"{variable} = ({solved})//{abs(slope)}"
                source[unknown[0]] = name
                lines.append(line)
                text = _text(dimension, dimensions)
                lines += [
                    f"if {place} != {text} or {variable} < 1:",
                    f'    raise ValueError(f"{name} has shape {{tuple({name}.shape)}}, '
                    f'where {text} is expected")',
                ]
            else:
                rest.append((dimension, place, name))
        if len(rest) == len(waiting):
            return lines
        waiting = rest
    return lines


def _slope(dimension: Dimension, name: str) -> int:
    """Return the factor of a name that the polynomial is linear in, else 0."""
    with_name = [(m, c) for m, c in dimension.terms if name in m]
    if len(with_name) == 1 and with_name[0][0] == (name,):
        return with_name[0][1]
    return 0
