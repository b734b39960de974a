"""Every shape rule: what it gives, and the error where shapes do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension, integer, name
from matcalc.expressions.functions import DEFINED, ELEMENTARY, PRIMITIVE, STRUCTURAL
from matcalc.expressions.nodes import HEADS, Application, Signature
from matcalc.expressions.shapes import RULES, Misfit, Shape, arities, derivative_shape, result_shape

M, N, K = name("m"), name("n"), name("k")
THREE = integer(3)


def shape(text: str) -> Shape:
    """Read a shape as in 'm n', '1 n', '' or 'm*n k+1'."""
    return tuple(_dimension(part) for part in text.split())


def _dimension(text: str) -> Dimension:
    total = integer(0)
    for term in text.replace("-", "+-").split("+"):
        product = integer(1)
        for factor in term.removeprefix("-").split("*"):
            product = product * (integer(int(factor)) if factor.isdigit() else name(factor))
        total = total + (-product if term.startswith("-") else product)
    return total


FITS = [
    ("add", None, ["n", "", "n"], "n"),
    ("add", None, ["", ""], ""),
    ("add", None, ["1 n", "1 n"], "1 n"),
    ("hadamard", None, ["m n", ""], "m n"),
    ("divide", None, ["", "n"], "n"),
    ("power", None, ["n", "n"], "n"),
    ("negate", None, ["m n k"], "m n k"),
    ("compare", "<", ["n", ""], "n"),
    ("multiply", None, ["", "m n k"], "m n k"),
    ("multiply", None, ["m n", ""], "m n"),
    ("multiply", None, ["m k", "k n"], "m n"),
    ("multiply", None, ["m k", "k"], "m"),
    ("multiply", None, ["1 k", "k"], ""),
    ("multiply", None, ["1 k", "k n"], "1 n"),
    ("multiply", None, ["n", "1 m"], "n m"),
    ("multiply", None, ["m 1", "1 n"], "m n"),
    ("multiply", None, ["1 n", "n 1"], "1 1"),
    ("dot", None, ["n", "n"], ""),
    ("dot", None, ["1 n", "n"], ""),
    ("dot", None, ["", "m n"], "m n"),
    ("kron", None, ["m n", "k 3"], "m*k 3*n"),
    ("kron", None, ["m", "n"], "m*n"),
    ("kron", None, ["m", "1 n"], "m n"),
    ("kron", None, ["", "n"], "n"),
    ("matrix_power", None, ["n n", ""], "n n"),
    ("transpose", None, [""], ""),
    ("transpose", None, ["n"], "1 n"),
    ("transpose", None, ["1 n"], "n"),
    ("transpose", None, ["m n"], "n m"),
    ("transpose", None, ["n 1"], "1 n"),
    ("eye", N, [], "n n"),
    ("ones", (M, N), [], "m n"),
    ("zeros", (N,), [], "n"),
    ("commutation", (M, N), [], "m*n m*n"),
    ("pi", None, [], ""),
    ("delta", None, ["", ""], ""),
    ("index_sum", "i", ["", "", "m n"], "m n"),
    ("tensor", (("i", "j"), (M, THREE)), ["", "", "", "", ""], "m 3"),
    ("subscript", ("entry",), ["n", ""], ""),
    ("subscript", ("entry",), ["1 n", ""], ""),
    ("subscript", (("range", K),), ["n", "", ""], "k"),
    ("subscript", (("range", K),), ["1 n", "", ""], "1 k"),
    ("subscript", ("all",), ["n"], "n"),
    ("subscript", ("entry", "all"), ["m n", ""], "1 n"),
    ("subscript", ("all", "entry"), ["m n", ""], "m"),
    ("subscript", ("entry", "entry"), ["m n", "", ""], ""),
    ("subscript", ("entry", ("range", K)), ["m n", "", "", ""], "1 k"),
    ("subscript", (("range", K), "all"), ["m n", "", ""], "k n"),
    ("subscript", ("all", "all", "entry"), ["m n k", ""], "m n"),
    ("subscript", ("entry", "all", "all"), ["m n k", ""], "n k"),
    ("stack", (1, 1), ["n", ""], "n+1"),
    ("stack", (1, 1), ["", ""], "2"),
    ("stack", (2,), ["", ""], "1 2"),
    ("stack", (2,), ["1 n", ""], "1 n+1"),
    ("stack", (1, 1), ["1 n", "1 n"], "2 n"),
    ("stack", (2,), ["n", "n"], "n 2"),
    ("stack", (2,), ["m n", "m"], "m n+1"),
    ("stack", (1, 1), ["m n", "1 n"], "m+1 n"),
    ("stack", (2, 2), ["m n", "m", "1 n", ""], "m+1 n+1"),
    ("stack", (2, 2), ["", "", "", ""], "2 2"),
    ("stack", (1,), ["m n"], "m n"),
    ("call", ("sum", None), ["m n k"], ""),
    ("call", ("sum", 0), ["m n"], "1 n"),
    ("call", ("logsumexp", 1), ["m n"], "m"),
    ("call", ("max", None), ["n"], ""),
    ("call", ("max", None), ["", "n"], "n"),
    ("call", ("where", None), ["n", "n", ""], "n"),
    ("call", ("sqrt", None), ["n"], "n"),
    ("call", ("softmax", None), ["n"], "n"),
    ("call", ("softmax", None), ["1 n"], "1 n"),
    ("call", ("softmax", 1), ["m n"], "m n"),
    ("call", ("inv", None), ["n n"], "n n"),
    ("call", ("logdet", None), ["n n"], ""),
    ("call", ("diag", None), ["n"], "n n"),
    ("call", ("diag", None), ["1 n"], "n n"),
    ("call", ("diag", None), ["n n"], "n"),
    ("call", ("vec", None), ["m n"], "m*n"),
    ("call", ("unvec", (M, N)), ["m*n"], "m n"),
    ("call", ("unvec", (M, N, K)), ["k*m*n"], "m n k"),
    ("call", ("unvec", (M, N, K)), ["m*n k"], "m n k"),
    ("call", ("unvec", (M, N, K)), ["m n*k"], "m n k"),
    ("call", ("unvec", (M, N, K, K)), ["m*n k*k"], "m n k k"),
    ("call", ("cross", None), ["3", "3"], "3"),
    ("call", ("flip", None), ["m n"], "m n"),
    ("call", ("conv", None), ["n", "k"], "n-k+1"),
    ("call", ("conv_full", None), ["n", "k"], "n+k-1"),
    ("call", ("conv2d", None), ["m n", "2 3"], "m-1 n-2"),
    ("call", ("conv2d_full", None), ["m n", "2 3"], "m+1 n+2"),
]


@pytest.mark.parametrize(("head", "value", "operands", "expected"), FITS)
def test_shape(head: str, value: Any, operands: list[str], expected: str) -> None:
    assert result_shape(head, value, tuple(map(shape, operands))) == shape(expected)


MISFITS = [
    ("multiply", None, ["n", "n"], "E301", "a * b multiplies n×1 by n×1 (inner sizes 1 and n)",
     "dot product a'*b, element-wise a .* b, outer product a*b'"),
    ("multiply", None, ["m n", "m"], "E301", "a * b multiplies m×n by m×1 (inner sizes n and m)",
     "a'*b"),
    ("multiply", None, ["n", "n m"], "E301", "a * b multiplies n×1 by n×m (inner sizes 1 and n)",
     "a'*b"),
    ("multiply", None, ["m n", "k n"], "E301", "a * b multiplies m×n by k×n (inner sizes n and k)",
     "a*b'"),
    ("multiply", None, ["n n n", "n"], "E301", "", "sum over an index"),
    ("dot", None, ["n", "m"], "E301", "a · b multiplies vectors of lengths n and m", ""),
    ("dot", None, ["n n", "n"], "E301", "a is a matrix (n×n)", "a*b"),
    ("add", None, ["n", "1 n"], "E302", "a + b joins n×1 and 1×n entry by entry", "a*b"),
    ("add", None, ["m n", "m"], "E302", "a + b joins m×n and m×1", "b*ones(n)'"),
    ("add", None, ["m n", "1 n"], "E302", "", "ones(m)*b"),
    ("hadamard", None, ["n", "m"], "E302", "a .* b joins n×1 and m×1", ""),
    ("compare", ">", ["n", "m"], "E302", "a > b", ""),
    ("stack", (2,), ["n", "m"], "E302", "a has n rows and b has m", ""),
    ("stack", (1, 1), ["1 n", "n"], "E302", "one row of blocks is n wide and the next 1", ""),
    ("matrix_power", None, ["m n", ""], "E304", "a^b needs a square matrix; a is m×n", "a .^ b"),
    ("matrix_power", None, ["n n", "n"], "E303", "the exponent b of a matrix is a vector", ".^"),
    ("call", ("inv", None), ["m n"], "E304", "inv takes a square matrix; a is m×n", ""),
    ("call", ("det", None), [""], "E305", "det takes a square matrix; a is a scalar", ""),
    ("call", ("diag", None), [""], "E305", "a is a scalar", ""),
    ("call", ("diag", None), ["m n"], "E304", "a is m×n", ""),
    ("call", ("softmax", None), ["m n"], "E305", "softmax of a matrix needs its axis", "axis=1"),
    ("call", ("sum", 0), ["n"], "E305", "axis=0 is said of matrices", "sum(a)"),
    ("call", ("cross", None), ["3", "4"], "E305", "b is a vector (4×1)", ""),
    ("call", ("conv", None), ["2", "3"], "E305", "larger", "conv_full(a, b)"),
    ("call", ("conv", None), ["n n", "n"], "E305", "conv takes vectors", ""),
    ("call", ("unvec", (M, N)), ["n"], "E305", "a has n entries", ""),
    ("call", ("unvec", (M, N)), ["m n"], "E305", "unvec takes a vector", ""),
    ("call", ("unvec", (M, N, K)), ["m n"], "E305", "from a matrix of m×k*n, m*n×k", ""),
    ("call", ("unvec", (M, N, K)), ["m n k"], "E305", "takes a vector or a matrix", ""),
    ("call", ("exp", None), ["n", "n"], "E306", "exp takes 1 argument, not 2", "exp(x)"),
    ("transpose", None, ["m n k"], "E305", "only matrices are transposed", ""),
    ("subscript", ("entry",), ["m n", ""], "E307", "takes 2 indices, not 1", "A[i,:]"),
    ("subscript", ("entry",), ["", ""], "E307", "a is a scalar and has no entries", ""),
    ("delta", None, ["n", ""], "E305", "an index is a number", ""),
]  # fmt: skip


@pytest.mark.parametrize(("head", "value", "operands", "code", "message", "hint"), MISFITS)
def test_misfit(
    head: str, value: Any, operands: list[str], code: str, message: str, hint: str
) -> None:
    with pytest.raises(MatcalcError) as raised:
        result_shape(head, value, tuple(map(shape, operands)))
    assert raised.value.code == code
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_misfit_is_told_of_the_operands_as_typed() -> None:
    with pytest.raises(Misfit) as raised:
        result_shape("multiply", None, ((N,), (N,)))
    named = raised.value.named(["x'' + 1", "y"], "@", ["(x + 1)", "y'"])
    assert named.message == "x'' + 1 @ y multiplies n×1 by n×1 (inner sizes 1 and n)"
    assert named.hint.startswith("dot product (x + 1)'*y', element-wise (x + 1) .* y'")
    assert named.hint.endswith("outer product (x + 1)*y")


def test_sizes_that_would_be_huge_are_refused() -> None:
    long = sum((name(f"n{i}") for i in range(1, 150)), name("n0"))
    with pytest.raises(MatcalcError, match="too long"):
        result_shape("kron", None, ((long,), (long,)))


def test_every_head_has_a_rule() -> None:
    assert set(RULES) == set(HEADS) - {"variable"}


def test_every_function_has_a_rule() -> None:
    heads = {"dot", "outer", "kron", "transpose", "power"}
    for row in (*DEFINED, *PRIMITIVE, *STRUCTURAL):
        assert row.name in heads or arities(row.name), row.name
    for elementary in ELEMENTARY:
        known = arities(elementary.name)
        assert elementary.name in heads or len(elementary.parameters) in known


F = Signature("f", elementwise=True)
G = Signature("g", elementwise=False, parameters=((N,),), result=(M,))
H = Signature("h", elementwise=False, parameters=((N,), ()), result=())


@pytest.mark.parametrize(
    ("function", "orders", "operands", "expected"),
    [
        (F, (), ["m n"], "m n"),
        (F, (0, 0), ["n"], "n"),
        (G, (), ["n"], "m"),
        (G, (0,), ["n"], "m n"),
        (G, (0, 0), ["n"], "m n n"),
        (H, (0,), ["n", ""], "1 n"),
        (H, (1,), ["n", ""], ""),
        (H, (0, 1), ["n", ""], "1 n"),
        (H, (0, 0), ["n", ""], "n n"),
    ],
)
def test_abstract(
    function: Signature, orders: tuple[int, ...], operands: list[str], expected: str
) -> None:
    value = Application(function, orders)
    assert result_shape("abstract", value, tuple(map(shape, operands))) == shape(expected)


@pytest.mark.parametrize(
    ("result", "by", "expected"),
    [
        ("", [""], ""),
        ("m", [""], "m"),
        ("m n", ["", ""], "m n"),
        ("", ["m n"], "n m"),
        ("m", ["n"], "m n"),
        ("m n", ["k"], "m n k"),
        ("", ["m n", "m n"], "m n m n"),
        ("", ["n", "n"], "n n"),
        ("m", ["n", "n"], "m n n"),
    ],
)
def test_derivative_shape(result: str, by: list[str], expected: str) -> None:
    assert derivative_shape(shape(result), list(map(shape, by))) == shape(expected)


def test_abstract_refuses_other_shapes() -> None:
    with pytest.raises(MatcalcError) as raised:
        result_shape("abstract", Application(G), ((K,),))
    assert raised.value.code == "E305"
    with pytest.raises(MatcalcError) as raised:
        result_shape("abstract", Application(H), ((N,),))
    assert raised.value.code == "E306"


def test_same_may_unify() -> None:
    equations = []

    def unify(left: Dimension, right: Dimension) -> bool:
        equations.append((left, right))
        return True

    assert result_shape("multiply", None, ((M, name("u")), (name("v"),)), unify) == (M,)
    assert equations == [(name("u"), name("v"))]
    assert result_shape("call", ("det", None), ((ONE, name("u")),), unify) == ()
