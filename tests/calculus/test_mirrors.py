"""Which products look the same from both sides, and what is in their middle."""

import pytest

import matcalc
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.mirrors import Mirrored, Pairs, mirrored, terms

WHERE = (
    "A, B: matrix(m, n); C: square(n); S: symmetric(n); P: spd(n); x, y: vector(n); "
    "v: vector(m); a: scalar"
)

PAIR: Pairs = ((0, 1),)


def exchanges(text: str, pairs: Pairs = PAIR) -> list[Mirrored]:
    """Return the exchanges of labels of a formula that is one product."""
    (term,) = terms(tensor_of(matcalc.parse(text, WHERE).expression))
    return list(mirrored(term, pairs))


@pytest.mark.parametrize(
    ("text", "left", "weights", "kernels"),
    [
        ("A'*A", 1, 0, 0),
        ("A'*diag(v)*A", 1, 1, 0),
        ("x*x'", 1, 0, 0),
        ("A*P*A'", 1, 0, 1),
        ("A*C'*C*A'", 2, 0, 0),
        ("P .* S", 0, 0, 2),
        ("diag(x)", 0, 1, 0),
        ("2*a*A'*A", 1, 1, 0),
        ("diag(x)*P*diag(x)", 1, 0, 1),
    ],
)
def test_mirrored(text: str, left: int, weights: int, kernels: int) -> None:
    shapes = [(len(m.left), len(m.weights), len(m.kernels)) for m in exchanges(text)]
    assert (left, weights, kernels) in shapes


@pytest.mark.parametrize("text", ["A'*B", "x*y'", "C", "C*C", "diag(x)*C", "A'*A*C", "C*P*C"])
def test_not_mirrored(text: str) -> None:
    assert exchanges(text) == []


def test_two_pairs_of_axes() -> None:
    hessian = matcalc.hessian("norm2(A*C)^2", "C", WHERE).expression
    (term,) = terms(tensor_of(hessian))
    straight: Pairs = ((0, 2), (1, 3))
    crossed: Pairs = ((0, 3), (1, 2))
    assert list(mirrored(term, straight))
    assert not list(mirrored(term, crossed))


def test_terms_of_a_multiple_of_a_sum() -> None:
    formula = matcalc.parse("3*(P + 2*(x*x' - S))", WHERE).expression
    assert sorted(term.coefficient for term in terms(tensor_of(formula))) == [-6, 3, 6]
