"""What a line of a derivation is justified by."""

from __future__ import annotations

from matcalc.records import Record


class Rule(Record):
    """A rule of differentiation or rewriting: its name, what it says, and where it is from."""

    name: str
    statement: str = ""
    source: str = ""
