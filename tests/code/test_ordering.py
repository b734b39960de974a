"""The order of contraction: as few multiplications as opt_einsum finds."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import opt_einsum
import pytest

from matcalc.programs.ordering import MOST_TENSORS, contraction_order, cost

SPECS = [
    "ij,jk,k->i",
    "i,ij,jk,kl->l",
    "ij,jk,kl,lm->im",
    "ij,kj,kl,ml->im",
    "mi,m,mj->ij",
    "mi,m,mj,j->i",
    "ij,j,jk,k,kl->il",
    "ij,jk,kl,li->",
    "ij,jk,lm,mn->iknl",
    "ijk,il,jm,kn->lmn",
    "ijk,i,j,k->",
    "ij,ik,il,i->jkl",
    "ab,cd,ef,ag,ch,ei->bdfghi",
    "ab,bc,cd,de,ef,fg,gh,h->a",
]
SIZES = [
    dict.fromkeys("abcdefghijklmn", 64),
    {letter: 2 + 7 * k % 11 for k, letter in enumerate("abcdefghijklmn")},
    {letter: 1000 if k % 2 else 3 for k, letter in enumerate("abcdefghijklmn")},
    {letter: 10 * k + 1 for k, letter in enumerate("nmlkjihgfedcba")},
]


def pairs(path: Sequence[tuple[int, ...]], count: int) -> list[tuple[int, int]]:
    """Return opt_einsum's path, whose places are those of the tensors left, in our places."""
    left = list(range(count))
    found = []
    for step in path:
        a, b = [left.pop(k) for k in sorted(step, reverse=True)]
        found.append((b, a))
        left.append(count + len(found) - 1)
    return found


def total(order: Sequence[tuple[int, int]], tensors: list[str], out: str, sizes: Any) -> int:
    made: dict[int, set[str]] = {k: set(letters) for k, letters in enumerate(tensors)}
    count = 0
    for place, (a, b) in enumerate(order, len(tensors)):
        together = made.pop(a) | made.pop(b)
        count += cost(together, sizes)
        made[place] = together & set(out).union(*made.values())
    assert len(made) == 1
    return count


def compared(spec: str, sizes: dict[str, int], method: str) -> tuple[int, int]:
    inputs, out = spec.split("->")
    tensors = inputs.split(",")
    shapes = [tuple([sizes[x] for x in letters]) for letters in tensors]
    path, _ = opt_einsum.contract_path(spec, *shapes, shapes=True, optimize=method)
    ours = contraction_order(tensors, out, sizes)
    theirs = pairs(path, len(tensors)) if all(len(step) == 2 for step in path) else ours
    return total(ours, tensors, out, sizes), total(theirs, tensors, out, sizes)


@pytest.mark.parametrize("sizes", SIZES, ids=["equal", "mixed", "thin", "growing"])
@pytest.mark.parametrize("spec", SPECS)
def test_no_order_takes_fewer_multiplications(spec: str, sizes: dict[str, int]) -> None:
    ours, optimal = compared(spec, sizes, "optimal")
    assert ours <= optimal


def test_orders_of_many_tensors_are_no_worse_than_greedy_ones() -> None:
    generator = np.random.default_rng(4)
    letters = "abcdefghijklmnopqrst"
    for _ in range(20):
        sizes = {letter: int(generator.integers(2, 50)) for letter in letters}
        inputs = [f"{a}{b}" for a, b in itertools.pairwise(letters[: MOST_TENSORS + 8])]
        inputs += [letters[int(k)] for k in generator.integers(1, MOST_TENSORS + 6, 3)]
        ours, theirs = compared(f"{','.join(inputs)}->a{letters[len(inputs) - 3]}", sizes, "greedy")
        assert ours <= 1.5 * theirs


def test_the_best_order_of_three() -> None:
    assert contraction_order(["ij", "jk", "k"], "i", dict.fromkeys("ijk", 9)) == [(1, 2), (0, 3)]
    assert contraction_order(["ij"], "i", {"i": 2, "j": 2}) == []
