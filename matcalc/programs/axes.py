"""Arrays along running indices: a value has an axis for each index it depends on, then its own.

So a sum over indices is one product of arrays, and no loop over entries.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.limits import bounded

LARGEST = 10**7
"""Arrays along indices with more entries are computed in parts."""

Names = tuple[str, ...]


class TooLarge(Exception):
    """An array along indices would not fit well into memory."""


def check_size(lengths: Sequence[int], own: Sequence[int] = ()) -> None:
    """Raise TooLarge for an array along indices of these lengths that parts would make smaller."""
    bounded("axes", len(lengths))
    if prod(lengths) > 1 and prod(lengths) * prod(own) > LARGEST:
        raise TooLarge


def aligned(array: Any, names: Names, wanted: Names, own: int) -> Any:
    """Return the array with axes of length 1 for the indices it lacks, and `own` more axes."""
    given = array.shape[: len(names)]
    lengths = dict(zip(names, given, strict=True))
    rest = array.shape[len(names) :] or (1,) * own
    return array.reshape(tuple([lengths.get(name, 1) for name in wanted]) + rest)


def spread(array: Any, lengths: Sequence[int]) -> Any:
    """Return the array with its first axes of length 1 repeated to these lengths."""
    import numpy as np

    return np.broadcast_to(array, (*lengths, *array.shape[len(lengths) :]))


def by_entries(
    rule: Callable[[list[Any]], Any],
    operands: Sequence[tuple[Any, Names]],
    names: Names,
    lengths: Sequence[int],
) -> Any:
    """Apply a rule that knows no indices for each value of them."""
    import numpy as np

    results = []
    for place in itertools.product(*map(range, lengths)):
        at = dict(zip(names, place, strict=True))
        results.append(rule([a[tuple([at[name] for name in own])] for a, own in operands]))
    stacked = np.stack(results)
    return stacked.reshape((*lengths, *stacked.shape[1:]))


def gathered(
    array: Any, names: Names, axes: Sequence[int], places: Sequence[Any], wanted: Names
) -> Any:
    """Return the array with `axes` of its own replaced by the entries at `places`.

    The places are whole numbers from 0, with axes for the `wanted` indices.
    """
    import numpy as np

    count = len(names)
    picked = [count + axis for axis in axes]
    front = np.moveaxis(array, picked, range(count, count + len(picked)))
    own = [
        np.arange(array.shape[k]).reshape([-1 if other == name else 1 for other in wanted])
        for k, name in enumerate(names)
    ]
    return front[(*own, *places)]


def whole_numbers(array: Any, what: str) -> Any:
    """Return the whole numbers that the entries are, exactly or up to rounding."""
    import numpy as np

    if array.dtype.kind == "f":
        whole = np.rint(array)
        if (abs(whole - array) < 1e-6).all():
            return np.asarray(whole, int)
    return np.array([_whole(entry, what) for entry in array.ravel()], int).reshape(array.shape)


def _whole(number: Any, what: str) -> int:
    try:
        whole = round(number.real if hasattr(number, "dtype") else number)
        if abs(whole - number) < 1e-6:
            return int(whole)
    except (TypeError, ValueError, OverflowError):
        pass
    raise MatcalcError("E305", f"{what} is a whole number, not {number}")


def contracted(factors: Sequence[tuple[Any, Names]], names: Names) -> Any:
    """Multiply arrays entry by entry and sum over every index that is not among `names`.

    One index after the other is summed over, that one first which fewest entries meet.

    >>> import numpy as np
    >>> a = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> contracted([(a, ("i", "j")), (a, ("j", "k"))], ("i", "k")).tolist()
    [[7.0, 10.0], [15.0, 22.0]]
    """
    lengths = {
        name: length
        for array, own in factors
        for name, length in zip(own, array.shape, strict=True)
    }
    left = list(factors)
    summed = [name for name in lengths if name not in names]
    while summed:
        meetings = {name: _meeting(left, name) for name in summed}
        name = min(summed, key=lambda x: prod(lengths[y] for y in meetings[x]))
        group = [factor for factor in left if name in factor[1]]
        rest = tuple([other for other in meetings[name] if other != name])
        check_size([lengths[other] for other in rest])
        left = [factor for factor in left if name not in factor[1]]
        left.append((_product(group, rest), rest))
        summed.remove(name)
    check_size([lengths[name] for name in names])
    return _product(left, names)


def _meeting(factors: Sequence[tuple[Any, Names]], name: str) -> Names:
    """Return the indices of the factors that have this one."""
    return tuple(dict.fromkeys(x for _, own in factors if name in own for x in own))


def _product(factors: Sequence[tuple[Any, Names]], names: Names) -> Any:
    import numpy as np

    letters = {
        name: k for k, name in enumerate(dict.fromkeys(x for _, own in factors for x in own))
    }
    operands: list[Any] = []
    for array, own in factors:
        operands += [array, [letters[name] for name in own]]
    return np.asarray(np.einsum(*operands, [letters[name] for name in names]))


def halves(ranges: Sequence[range]) -> Iterator[tuple[range, ...]]:
    """Yield the ranges with the longest one cut in two."""
    longest = max(range(len(ranges)), key=lambda k: len(ranges[k]))
    values = ranges[longest]
    middle = len(values) // 2
    for part in (values[:middle], values[middle:]):
        yield (*ranges[:longest], part, *ranges[longest + 1 :])
