"""Determinants, inverses and powers of small matrices over any field, by elimination."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Arrays = Any
Reduce = Callable[[Any], Any]
Pivot = Callable[[Sequence[Any]], int | None]


class Singular(ArithmeticError):
    """A matrix has no inverse, or a denominator is zero."""


def largest(column: Sequence[Any], zero: Any = 0) -> int | None:
    """Return the place of the largest entry, None if none is larger than `zero`."""
    best = max(range(len(column)), key=lambda k: abs(column[k]))
    return best if abs(column[best]) > zero else None


def determinant_and_inverse(
    matrix: Arrays,
    number: Callable[[int], Any],
    divide: Callable[[Any, Any], Any],
    reduce: Reduce,
    pivot: Pivot = largest,
) -> tuple[Any, Arrays | None]:
    """Return the determinant, and the inverse or None where that is zero.

    `pivot` chooses among the entries that are left of a column; None of it says that all are
    zero.

    >>> import numpy as np
    >>> from fractions import Fraction
    >>> a = np.array([[Fraction(0), Fraction(2)], [Fraction(1), Fraction(3)]])
    >>> d, inverse = determinant_and_inverse(a, Fraction, lambda a, b: a / b, lambda a: a)
    >>> str(d), [[str(x) for x in row] for row in inverse]
    ('-2', [['-3/2', '1'], ['1/2', '0']])
    """
    import numpy as np

    n = len(matrix)
    identity = np.full((n, n), number(0), dtype=object)
    for k in range(n):
        identity[k, k] = number(1)
    rows = np.concatenate([matrix, identity], axis=1)
    determinant = number(1)
    for k in range(n):
        below = pivot(list(rows[k:, k]))
        if below is None:
            return number(0), None
        if below:
            rows[[k, k + below]] = rows[[k + below, k]]
            determinant = -determinant
        determinant = reduce(determinant * rows[k, k])
        rows[k] = reduce(rows[k] * divide(number(1), rows[k, k]))
        for i in range(n):
            is_zero = rows[i, k] == 0  # an enclosure tells None where it is open
            if i != k and not is_zero:
                rows[i] = reduce(rows[i] - rows[i, k] * rows[k])
    return determinant, rows[:, n:]


def adjugate(matrix: Arrays, determinant: Callable[[Arrays], Any]) -> Arrays:
    """Return the adjugate, of cofactors, so that singular matrices have one too."""
    import numpy as np

    result = np.empty(matrix.shape, dtype=object)
    for i, j in np.ndindex(*matrix.shape):
        minor = np.delete(np.delete(matrix, j, axis=0), i, axis=1)
        result[i, j] = (-1) ** (i + j) * determinant(minor)
    return result
