"""What a line of a derivation is justified by."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule of differentiation or rewriting: its name, what it says, and where it is from."""

    name: str
    statement: str = ""
    source: str = ""
