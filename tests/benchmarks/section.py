"""What a section of the benchmark hands back: what is printed, and what the JSON file keeps."""

from __future__ import annotations

from typing import Any, NamedTuple


class Section(NamedTuple):
    """A printed table, and its numbers, unrounded and in seconds."""

    text: str
    records: Any
