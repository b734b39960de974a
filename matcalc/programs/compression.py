"""Hessians that stay factored: arrays, and which axes of the Hessian run together.

Laue, Mitterreiter & Giesen (AAAI 2020): a Hessian by a matrix is mostly zeros, at places
that its deltas tell. It is kept, multiplied and solved with by what is left without them.
"""

from __future__ import annotations

import math
import sys
from functools import cache
from importlib import import_module
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

    Its arrays are those of NumPy, JAX or torch, and so is what its methods take and return.

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
        total = _expanded(self.parts[0], self.shape)
        for part in self.parts[1:]:
            total = total + _expanded(part, self.shape)
        return total

    def matvec(self, v: Any) -> Any:
        """Return the Hessian times an array of the variable's shape."""
        np = _library(self.parts[0].array)
        v = self._checked(v)
        total: Any = 0
        for part in self.parts:
            rows, columns = part.axes[: self._half], part.axes[self._half :]
            distinct = len(set(rows)) == len(set(columns)) == len(rows)
            if not distinct or not set(rows) <= {*part.labels, *columns}:
                total = total + np.tensordot(_expanded(part, self.shape), v, self._half)
            else:
                total = total + _product(f"{part.labels},{columns}->{rows}", part.array, v)
        return total

    def solve(self, v: Any) -> Any:
        """Return the array that the Hessian times it is v; block by block where it can be."""
        np = _library(self.parts[0].array)
        v = self._checked(v)
        half = self._half
        array, labels, axes = self.parts[0]
        rows, columns = axes[:half], axes[half:]
        distinct = len(set(rows)) == len(set(columns)) == half
        if len(self.parts) > 1 or not distinct:
            size = math.prod(self.shape[:half])
            matrix, right = self.full().reshape(size, size), v.reshape(size, 1)
            return np.linalg.solve(matrix, right).reshape(self.shape[:half])
        blocks = [x for x in rows if x in columns and x in labels]
        alike = [x for x in rows if x in columns and x not in labels]
        inner_rows = [x for x in rows if x not in columns]
        inner_columns = [x for x in columns if x not in rows]
        lengths = dict(zip(axes, self.shape, strict=True))

        def count(letters: list[str]) -> int:
            return math.prod([lengths[x] for x in letters])

        order = [*blocks, *inner_rows, *inner_columns]
        cores = _stretched(array, labels, "".join(order))
        cores = np.broadcast_to(cores, tuple([lengths[x] for x in order]))
        cores = cores.reshape(
            *[lengths[x] for x in blocks], count(inner_rows), count(inner_columns)
        )
        given = "".join([*blocks, *inner_rows, *alike])
        right = np.einsum(f"{rows}->{given}", v).reshape(*cores.shape[:-1], count(alike))
        found = "".join([*blocks, *inner_columns, *alike])
        solved = np.linalg.solve(cores, right).reshape([lengths[x] for x in found])
        return np.einsum(f"{found}->{columns}", solved)

    def _checked(self, v: Any) -> Any:
        v = _library(self.parts[0].array).asarray(v)
        wanted = self.shape[: self._half]
        if tuple(v.shape) != wanted:
            raise ValueError(f"an array of shape {wanted} is expected, not {tuple(v.shape)}")
        return v


def _library(array: Any) -> Any:
    """Return the module of functions for an array: of torch, JAX, or else NumPy."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch and isinstance(array, torch.Tensor):
        return torch
    if jax and isinstance(array, jax.Array):
        return jax.numpy
    import numpy as np

    return np


def _product(spec: str, array: Any, v: Any) -> Any:
    """Return the einsum, which NumPy does by matrix products on request."""
    np = _library(array)
    if np.__name__ == "numpy":
        return np.einsum(spec, array, v, optimize=True)
    return np.einsum(spec, array, v)


def _stretched(array: Any, labels: str, letters: str) -> Any:
    """Return the array with axes in the letters' order, of length 1 where it lacks one."""
    order = "".join([x for x in letters if x in labels])
    array = _library(array).einsum(f"{labels}->{order}", array)
    return array[tuple([slice(None) if x in labels else None for x in letters])]


def _expanded(part: Part, shape: tuple[int, ...]) -> Any:
    """Return a part as one array, zero where axes of one letter differ."""
    np = _library(part.array)
    letters = "".join(dict.fromkeys(part.axes))
    array = _stretched(part.array, part.labels, letters)
    if np.__name__ == "numpy":
        full = np.zeros(shape, array.dtype)
        np.einsum(f"{part.axes}->{letters}", full)[...] = array
        return full
    lengths = tuple([shape[part.axes.index(x)] for x in letters])
    spec, operands, axes = letters, [np.broadcast_to(array, lengths)], list(part.axes)
    for place, letter in enumerate(part.axes):
        if letter in axes[:place]:
            axes[place] = chr(ord("A") + place)
            spec += f",{letter}{axes[place]}"
            operands.append(np.eye(shape[place], dtype=array.dtype))
    return np.einsum(f"{spec}->{''.join(axes)}", *operands)


@cache
def register() -> None:
    """Let a function that JAX transforms take and return compressed Hessians."""
    jax = import_module("jax")
    jax.tree_util.register_pytree_node(
        Part, lambda part: ((part.array,), part[1:]), lambda text, arrays: Part(*arrays, *text)
    )
    jax.tree_util.register_pytree_node(
        Compressed,
        lambda hessian: (hessian.parts, hessian.shape),
        lambda shape, parts: Compressed(tuple(parts), shape),
    )
