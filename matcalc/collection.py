"""Garbage is collected after a computation, not while its graphs grow."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search for cyclic garbage, which looks at all that is kept again and again.

    Formulas and tensors have no cycles. Also a decorator of functions. Of several at a time,
    in whatever threads, the first switches the search off and the last on again.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    """
    _enter()
    try:
        yield
    finally:
        _leave()


_LOCK = threading.Lock()
_inside = 0
_enabled = False


def _enter() -> None:
    global _inside, _enabled
    with _LOCK:
        if not _inside:
            _enabled = gc.isenabled()
            gc.disable()
        _inside += 1


def _leave() -> None:
    global _inside
    with _LOCK:
        _inside -= 1
        if not _inside and _enabled:
            gc.enable()
