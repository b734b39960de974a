"""Products of arrays with named axes, against NumPy's einsum."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import matcalc
from matcalc.expressions.dimensions import name
from matcalc.expressions.nodes import variable
from matcalc.programs import operations as ops
from matcalc.programs.einsums import Term, einsum
from matcalc.programs.emission import Function, Result, compiled, emit, target_of

SIZES = dict(zip("abcdefgh", (2, 3, 5, 7, 4, 6, 3, 2), strict=True))


def source(spec: str) -> Any:
    inputs, out = spec.split("->")
    variables, terms = [], []
    for place, letters in enumerate(inputs.split(",")):
        shape = tuple([name(letter) for letter in letters])
        variables.append(variable(f"X{place}", shape))
        array = ops.make("input", (), (f"X{place}", ""), shape)
        terms.append(Term(array, tuple(map(ord, letters))))
    shape = tuple([name(letter) for letter in out])
    result = Result(einsum(terms, tuple(map(ord, out))), shape)
    return emit([Function("value", "", tuple(variables), (result,))], target_of("numpy"))


def check(spec: str) -> None:
    rng = np.random.default_rng(3)
    inputs = spec.split("->")[0].split(",")
    arrays = [rng.standard_normal([SIZES[x] for x in letters]) for letters in inputs]
    wanted = np.einsum(spec, *arrays)
    got = compiled(source(spec))(*arrays)
    assert np.shape(got) == wanted.shape
    assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


SPECS = [
    ("ab,bc,cd->ad", 2),
    ("ab,cb,cd->ad", 2),
    ("ab,bc,c->a", 2),
    ("a,ab,bc,c->", 3),
    ("ab,b,bc->ac", 1),
    ("ab,b,b,bc,c->a", 2),
    ("ab,bc,ca->", 1),
    ("ab,bc,cd,da->", 2),
    ("ab,bc,de,ef->acdf", 2),
    ("ab,bc,de,ef,f->acd", 3),
    ("ab,ac,ad->bcd", 0),
    ("ab,ab,ab->", 0),
    ("ab,bc->", 1),
    ("abc,ad,be->dec", 0),
    ("aab,bc,c->a", 2),
    ("a,b,c->abc", 0),
    ("ab,c->", 0),
]


@pytest.mark.parametrize(("spec", "products"), SPECS)
def test_matrices_are_multiplied(spec: str, products: int) -> None:
    check(spec)
    assert source(spec).text.count(" @ ") == products


@given(st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=6), st.data())
def test_any_product(inputs: list[str], data: Any) -> None:
    used = sorted(set("".join(inputs)))
    out = data.draw(st.lists(st.sampled_from(used), unique=True, max_size=4))
    check(f"{','.join(inputs)}->{''.join(out)}")


def test_long_products_of_matrices_have_few_indices_left() -> None:
    count = 300
    names = [f"A_{k}" for k in range(count)]
    where = f"{', '.join(names)}: square(n)"
    answer = matcalc.diff("*".join(names), "A_150", where)
    text = answer.code()
    assert text.count(" @ ") == count - 3 and "einsum" not in text
    rng = np.random.default_rng(1)
    arrays = {key: np.linalg.qr(rng.standard_normal((2, 2)))[0] for key in names}
    before, after = (np.linalg.multi_dot([arrays[key] for key in part])
                     for part in (names[:150], names[151:]))  # fmt: skip
    assert_allclose(answer.compile()(**arrays), np.einsum("ik,lj->ijkl", before, after))


def test_no_more_multiplications_than_the_order_of_the_matrices_allows() -> None:
    """d(A*B*X*C*D)/dX: A*B and C*D before they meet."""
    where = (
        "A: matrix(2, 90); B: matrix(90, 3); X: matrix(3, 4); C: matrix(4, 80); D: matrix(80, 5)"
    )
    text = matcalc.diff("A*B*X*C*D", "X", where).code()
    assert "A @ B" in text and text.count(" @ ") == 2
    assert math.prod([2, 3, 4, 5]) == 120 and "einsum" not in text
