"""Hessians that stay factored: arrays, and which axes of the Hessian run together.

Laue, Mitterreiter & Giesen (AAAI 2020): a Hessian by a matrix is mostly zeros, at places
that its deltas tell. It is kept, multiplied and solved with by what is left without them.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Part(NamedTuple):
    """An array, a letter for each of its axes, and the letters of the Hessian's axes.

    With axes "ijik", labels "jk" and array B the part is H[i,j,i,k] = B[j,k], zero elsewhere.
    """

    array: Any
    labels: str
    axes: str


class Compressed(NamedTuple):
    """A Hessian as a sum of parts; it has the shape of the variable twice.

    >>> import numpy as np
    >>> hessian = Compressed((Part(np.array([[2.0, 1], [1, 3]]), "jk", "ijik"),), (4, 2, 4, 2))
    >>> hessian.full().shape, hessian.core.shape
    ((4, 2, 4, 2), (2, 2))
    >>> x = np.arange(8.0).reshape(4, 2)
    >>> bool(np.allclose(hessian.solve(hessian.matvec(x)), x))
    True
    """

    parts: tuple[Part, ...]
    shape: tuple[int, ...]

    @property
    def core(self) -> Any:
        """The array, or a tuple of them, that the Hessian is made of."""
        arrays = tuple([part.array for part in self.parts])
        return arrays[0] if len(arrays) == 1 else arrays

    @property
    def _half(self) -> int:
        return len(self.shape) // 2

    def full(self) -> Any:
        """Return the Hessian as one array."""
        import numpy as np

        total = np.zeros(self.shape, np.result_type(*[part.array for part in self.parts]))
        for array, labels, axes in self.parts:
            letters = "".join(dict.fromkeys(axes))
            view = np.einsum(f"{axes}->{letters}", total)
            view += _stretched(array, labels, letters)
        return total

    def matvec(self, v: Any) -> Any:
        """Return the Hessian times an array of the variable's shape."""
        import numpy as np

        v = self._checked(v)
        total: Any = 0
        for array, labels, axes in self.parts:
            rows, columns = axes[: self._half], axes[self._half :]
            distinct = len(set(rows)) == len(set(columns)) == len(rows)
            if not distinct or not set(rows) <= {*labels, *columns}:
                full = Compressed((Part(array, labels, axes),), self.shape).full()
                total = total + np.tensordot(full, v, self._half)
            else:
                total = total + np.einsum(f"{labels},{columns}->{rows}", array, v, optimize=True)
        return total

    def solve(self, v: Any) -> Any:
        """Return the array that the Hessian times it is v; block by block where it can be."""
        import numpy as np

        v = self._checked(v)
        half = self._half
        array, labels, axes = self.parts[0]
        rows, columns = axes[:half], axes[half:]
        distinct = len(set(rows)) == len(set(columns)) == half
        if len(self.parts) > 1 or not distinct:
            size = v.size
            return np.linalg.solve(self.full().reshape(size, size), v.ravel()).reshape(v.shape)
        blocks = [x for x in rows if x in columns and x in labels]
        alike = [x for x in rows if x in columns and x not in labels]
        inner_rows = [x for x in rows if x not in columns]
        inner_columns = [x for x in columns if x not in rows]
        lengths = dict(zip(axes, self.shape, strict=True))

        def count(letters: list[str]) -> int:
            return int(np.prod([lengths[x] for x in letters], dtype=int))

        order = [*blocks, *inner_rows, *inner_columns]
        cores = _stretched(array, labels, "".join(order))
        cores = np.broadcast_to(cores, [lengths[x] for x in order])
        cores = cores.reshape(
            *[lengths[x] for x in blocks], count(inner_rows), count(inner_columns)
        )
        given = [*blocks, *inner_rows, *alike]
        right = v.transpose([rows.index(x) for x in given])
        right = right.reshape(*cores.shape[:-1], count(alike))
        found = [*blocks, *inner_columns, *alike]
        solved = np.linalg.solve(cores, right).reshape([lengths[x] for x in found])
        return solved.transpose([found.index(x) for x in columns])

    def _checked(self, v: Any) -> Any:
        import numpy as np

        v = np.asarray(v)
        wanted = self.shape[: self._half]
        if v.shape != wanted:
            raise ValueError(f"an array of shape {wanted} is expected, not {v.shape}")
        return v


def _stretched(array: Any, labels: str, letters: str) -> Any:
    """Return the array with axes in the letters' order, of length 1 where it lacks one."""
    import numpy as np

    array = np.asarray(array).transpose([labels.index(x) for x in letters if x in labels])
    return array[tuple([slice(None) if x in labels else None for x in letters])]
