"""How much one call may do: what is counted, how far, and how to raise it.

Every limit is a row of `LIMITS`. The environment raises (or lowers) one: `MATCALC_NODES=9000000`
for `nodes`. Work is counted and never timed, so that an answer does not depend on how busy the
machine is; the clock is the last net.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

from matcalc.errors import MatcalcError, shortened


class Limit(NamedTuple):
    """One limit: the code of its error, its default, and what it counts, in words."""

    code: str
    default: int
    what: str
    hint: str = ""


_SHARE = "name shared parts: z = A*x; z'*z"

LIMITS = {
    "input": Limit("E503", 1_000_000, "characters (or bytes of a file) to read", _SHARE),
    "symbols": Limit("E503", 44_000, "symbols in a formula", _SHARE),
    "nesting": Limit("E501", 1_000, "brackets within brackets (of functions tenfold)", _SHARE),
    "bits": Limit("E502", 3_400, "bits in an exact number"),
    "axes": Limit("E501", 32, "axes of a tensor"),
    "order": Limit("E501", 10, "derivatives taken of one formula"),
    "nodes": Limit("E506", 300_000, "nodes made or visited on the way to an answer"),
    "growth": Limit("E506", 40, "more nodes for each character of the formula"),
    "entries": Limit("E508", 60_000, "entries of an array that is looked at one by one"),
    "run": Limit("E508", 10_000_000, "values of an index that runs"),
    "seconds": Limit("E504", 60, "seconds of one call"),
}


def limit(name: str) -> int:
    """Return a limit: what the environment says, else its default.

    >>> limit("order")
    10
    """
    text = os.environ.get(f"MATCALC_{name.upper()}")
    if text is None:
        return LIMITS[name].default
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 18):
        message = f"MATCALC_{name.upper()} is a whole number, not {shortened(text)}"
        raise MatcalcError("E702", message, hint=f"MATCALC_{name.upper()}={LIMITS[name].default}")
    return int(text)


def exceeded(name: str, found: int, most: int | None = None) -> MatcalcError:
    """Return the error for a limit that is exceeded; `found` is what was measured.

    `most` is the limit where it grows with the formula.

    >>> print(exceeded("axes", 40))
    error[E501]: there are 40 axes of a tensor; the limit is 32
      = hint: the environment raises the limit: MATCALC_AXES=64
    """
    row = LIMITS[name]
    most = limit(name) if most is None else most
    many = f"{found}" if found < 10**18 else f"more than {most}"
    message = f"there are {many} {row.what}; the limit is {most}"
    raised = f"the environment raises the limit: MATCALC_{name.upper()}={2 * most}"
    return MatcalcError(row.code, message, hint=f"{row.hint}; {raised}" if row.hint else raised)


def bounded(name: str, found: int) -> int:
    """Return what was measured; raise the limit's error where it is exceeded.

    >>> bounded("axes", 3)
    3
    """
    if found > limit(name):
        raise exceeded(name, found)
    return found


# Work


class _Account(threading.local):
    """What the call that runs on a thread has spent, and when to look at the limits again."""

    is_open = False
    spent = 0
    look = 1 << 62
    most = 1 << 62
    end = float("inf")


_account = _Account()

LOOKS = 1_024
"""Nodes between two looks at the clock."""


@contextmanager
def counted(seconds: float | None = None, text: str = "") -> Iterator[None]:
    """Count what a call spends, from here to its end; also a decorator.

    What a call calls is on its account, and its clock ends no later. It may do more in
    proportion to the `text` that it is about, as to one that it reads.

    >>> with counted():
    ...     spend()
    """
    account = _account
    before = dict(account.__dict__)
    end = monotonic() + (limit("seconds") if seconds is None else seconds)
    account.end = min(account.end, end)
    if not account.is_open:
        account.is_open = True
        account.spent = 0
        account.most = limit("nodes") + limit("growth") * len(text)
        account.look = min(LOOKS, account.most)
    try:
        yield
    finally:
        spent = account.spent
        account.__dict__.clear()
        account.__dict__.update(before)
        if account.is_open:
            account.spent = spent


def allow(text: str) -> None:
    """Let the call that runs do more, in proportion to a text that it reads."""
    _account.most += limit("growth") * len(text)


def spend(amount: int = 1) -> None:
    """Count more nodes; raise E506 (or E504, by the clock) where a limit is exceeded."""
    account = _account
    account.spent += amount
    if account.spent > account.look:
        _look(account)


def _look(account: _Account) -> None:
    if account.spent > account.most:
        raise exceeded("nodes", account.spent, account.most)
    if monotonic() > account.end:
        raise out_of_time()
    account.look = max(account.spent, min(account.spent + LOOKS, account.most))


def seconds_left() -> float:
    """Return how long the call that runs may still take; infinity outside of calls."""
    return max(0.0, _account.end - monotonic())


def out_of_time() -> MatcalcError:
    """Return the error for a call that takes too long."""
    message = "this takes longer than the limit of time allows"
    hint = f"the environment raises it: MATCALC_SECONDS={2 * limit('seconds')}"
    return MatcalcError(LIMITS["seconds"].code, message, hint=hint)
