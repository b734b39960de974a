"""Medians of times: of several calls in turns, of one call by itself, and of none too long."""

from __future__ import annotations

import signal
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Call = Callable[[], Any]


class TooLong(BaseException):
    """A call did not end in its time; no Exception, which the call might catch."""


def timed(call: Call) -> tuple[float, Any]:
    """Return how many seconds the call took, and what it returned."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def in_turns(calls: Mapping[str, Call], turns: int, seconds: float) -> dict[str, float]:
    """Return the median time of each call.

    They take turns of at least so many seconds and one run, so that what else the machine does
    hits all alike.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            end = time.perf_counter() + seconds
            while not times[name] or time.perf_counter() < end:
                times[name].append(timed(call)[0])
    return {name: statistics.median(found) for name, found in times.items()}


def median(call: Call, runs: int) -> float:
    """Return the median time of so many runs."""
    return statistics.median([timed(call)[0] for _ in range(runs)])


def within(seconds: float, call: Call) -> Any:
    """Return what the call returns; raise TooLong if it takes longer than these seconds."""

    def stop(number: int, frame: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
