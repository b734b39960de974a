r"""Declarations in the mathematics of the prose: `x \in \mathbb{R}^n`, `\Sigma \succ 0`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.documents.definitions import Text, name_of
from matcalc.documents.lines import Side
from matcalc.documents.statements import Statement
from matcalc.errors import MatcalcError
from matcalc.syntax.declarations import Declaration, ValueKind, parse_declarations

_READER = Text(latex=True, declarations=())
_REALS = (
    r"\\(?:mathbb|mathbf|mathrm|mathcal|Bbb)\s*(?:\{\s*[RSZNQ]\s*\}|[RSZNQ](?![A-Za-z]))|ℝ|\\Re"
)
_SPACE = re.compile(
    rf"(?P<set>{_REALS}|\\\{{\s*-?[01]\s*,\s*\+?1\s*\\\}}|[\[(]\s*-?[01]\s*,\s*1\s*[\])])"
    r"\s*(?:_\s*(?:\{[^{}]*\}|[+*>0]|\\geq?|\S))?\s*"
    r"(?:\^\s*(?P<power>\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|[A-Za-z0-9]))?\s*"
    r"(?:_\s*(?:\{[^{}]*\}|[+*]))?\s*"
)
_SYMMETRIC = re.compile(r"\\(?:mathbb|mathcal|mathbf)\s*\{?\s*S")
_TIMES = re.compile(r"\\times(?![A-Za-z])|×|\\cdot(?![A-Za-z])")
_COMMA = re.compile(r",(?![^{}]*\})")
_POSITIVE = {r"\succ": "spd", r"\succeq": "symmetric", r"\succcurlyeq": "symmetric"}
_ABOVE = {">", r"\gt", r"\ge", r"\geq", r"\geqslant", "≥", "<", r"\lt", r"\le", r"\leq", "≤"}
_IN = {r"\in", "∈"}
_SCRIPTED = re.compile(
    r"(?P<base>.*?)(?:_\s*\{?|\^\s*\{?\s*\()\s*(?P<index>[0-9A-Za-z]+)\s*\)?\s*\}?$"
)
_TRANSPOSED = re.compile(
    r"\s*\^\s*(?:\\top|T|\{\s*(?:\\top|T|\\intercal|\\math(?:sf|rm|bf)\s*(?:\{\s*T\s*\}|T))\s*\}"
    r"|\\intercal)\s*$"
)


def declarations(statement: Statement, shapes: dict[str, ValueKind]) -> Iterator[Declaration]:
    """Yield what a statement declares; `shapes` are the kinds that are known before it."""
    first, second, *_ = statement.sides
    relation = statement.relations[1]
    names = [part.strip() for part in _COMMA.split(first.text) if part.strip()]
    if relation in _IN:
        yield from _members(names, second.text)
    elif relation in _POSITIVE and second.text.strip() in ("0", r"\mathbf{0}", r"\mathbf 0"):
        for known in filter(None, map(_named, names)):
            yield from _structured(known, _POSITIVE[relation], shapes)
    elif relation in _ABOVE and _is_number(second):
        for known in filter(None, map(_named, names)):
            if known not in shapes:
                yield from _parsed(f"{known}: scalar")
    elif relation == "=" and len(statement.sides) == 2:
        found = _TRANSPOSED.search(second.text)
        if found and second.text[: found.start()].strip() == first.text.strip():
            name = _named(first.text)
            if name:
                yield from _structured(name, "symmetric", shapes)


def _is_number(side: Side) -> bool:
    return re.fullmatch(r"[-+]?[0-9.]+", side.text.strip()) is not None


def _named(text: str) -> str | None:
    return name_of(text, _READER)


def _members(names: list[str], space: str) -> Iterator[Declaration]:
    match = _SPACE.fullmatch(space.strip())
    if match is None:
        return
    power = (match["power"] or "").strip("{} ")
    sizes = [_size(part) for part in _TIMES.split(power)] if power else []
    if any(size is None for size in sizes) or len(sizes) > 4:
        return
    structure = _SYMMETRIC.match(match["set"]) is not None
    samples = _samples(names)
    if samples is not None:
        name, count = samples
        if len(sizes) == 1:
            yield from _parsed(f"{name}: matrix({count}, {sizes[0]})")
        elif not sizes:
            yield from _parsed(f"{name.lower()}: vector({count})")
        return
    if structure and len(sizes) == 1:
        kind = f"symmetric({sizes[0]})"
    else:
        kinds = {0: "scalar", 1: "vector", 2: "matrix"}
        kind = kinds.get(len(sizes), "tensor")
        kind += f"({', '.join(map(str, sizes))})" if sizes else ""
    for name in names:
        plain = _named(name)
        if plain is not None:
            yield from _parsed(f"{plain}: {kind}")


def _samples(names: list[str]) -> tuple[str, str] | None:
    r"""Return the matrix whose rows are `x_1, \dots, x_n`, and how many they are."""
    if len(names) < 3 or not any(re.fullmatch(r"\\[cl]?dots[bcmio]?", n) for n in names):
        return None
    first, last = _SCRIPTED.fullmatch(names[0]), _SCRIPTED.fullmatch(names[-1])
    if first is None or last is None or first["base"] != last["base"] or first["index"] != "1":
        return None
    base = _named(first["base"].strip())
    if base is None or len(base) != 1 or not base.islower():
        return None
    return base.upper(), last["index"]


def _size(text: str) -> str | None:
    plain = re.sub(r"\\(?:mathrm|text|mathit)\s*\{([A-Za-z_]+)\}", r"\1", text.strip())
    plain = re.sub(r"_\{?([A-Za-z0-9]+)\}?", r"_\1", plain.replace("\\", "").strip("{} "))
    return plain if re.fullmatch(r"[A-Za-z0-9_]+(?:\s*[+*-]\s*[A-Za-z0-9_]+)*", plain) else None


def _structured(name: str, structure: str, shapes: dict[str, ValueKind]) -> Iterator[Declaration]:
    known = shapes.get(name)
    if known is None:
        yield from _parsed(f"{name}: {structure}")
    elif len(known.shape) == 2 and len(set(known.shape)) == 1 and known.structure != "spd":
        yield from _parsed(f"{name}: {structure}({known.shape[0]})")


def _parsed(text: str) -> Iterator[Declaration]:
    try:
        yield from parse_declarations(text)
    except MatcalcError:
        return  # what cannot be declared is inferred
