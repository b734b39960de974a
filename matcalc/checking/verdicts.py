"""What can be said of a claim: whether it holds, how that is known, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.records import Record, fields_of

HOLDING = frozenset(["proved", "verified", "consistent"])


class Counterexample(Record):
    """Values of the variables at which the claim is wrong, and both values there.

    `functions` tells what stands for abstract functions. `entry` is the place of the first
    entry that differs, counted from 1; () of a scalar.
    """

    sizes: Mapping[str, int]
    variables: Mapping[str, Any]
    functions: Mapping[str, str]
    derivative: Any
    claim: Any
    entry: tuple[int, ...] = ()

    def __str__(self) -> str:
        places = [f"{name} = {value}" for name, value in self.sizes.items()]
        places += [f"{name} = {_shown(value)}" for name, value in self.variables.items()]
        places += [f"{name}(t) = {text}" for name, text in self.functions.items()]
        where = f"at {', '.join(places)}: " if places else ""
        return f"{where}the derivative is {_shown(self.derivative)}, the claim {_shown(self.claim)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


class Verdict(Record):
    """The verdict on a claim; it is true where the claim is accepted.

    `verdict` is 'proved', 'verified', 'consistent', 'refuted' or 'undecided'; `ok` tells
    that it is one of the first three. `method` says how it was reached, `bound` how likely
    an error of it is at most (empty: none, or none known). `domain` has the conditions under
    which the formula has a derivative. Of a refuted claim, `counterexample` shows both
    values, `slip` names what probably went wrong, and `hint` says it in a sentence.
    """

    verdict: str
    reason: str
    method: str
    layout: str
    bound: str = ""
    domain: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    hint: str = ""
    slip: str = ""
    derivative: str = ""
    assumptions: tuple[str, ...] = ()
    seed: int = 0

    @property
    def ok(self) -> bool:
        """Whether the claim is accepted."""
        return self.verdict in HOLDING

    def __bool__(self) -> bool:
        return self.ok

    def record(self) -> dict[str, Any]:
        """Return the verdict as a JSON object."""
        example = self.counterexample
        return {
            "schema": 1,
            **fields_of(self),
            "ok": self.ok,
            "counterexample": None if example is None else fields_of(example),
        }

    def json(self) -> str:
        """Return the verdict as JSON text."""
        import json

        return json.dumps(self.record(), ensure_ascii=False)

    def __repr__(self) -> str:
        slip = f"; {self.slip}" if self.slip else ""
        return f"<Verdict {self.verdict}: {self.reason}{slip}>"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.reason}"]
        if self.counterexample is not None:
            lines.append(f"  counterexample: {self.counterexample}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        bound = f", {self.bound}" if self.bound else ""
        lines.append(f"  layout: {self.layout}; method: {self.method}{bound}; seed {self.seed}")
        if self.assumptions:
            lines.append(f"  assumed: {'; '.join(self.assumptions)}")
        lines += [f"  domain: {condition}" for condition in self.domain]
        return "\n".join(lines)
