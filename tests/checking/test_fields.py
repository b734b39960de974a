"""The identity test in finite fields is sound, and says how sure it is."""

import random

import pytest

import matcalc
from matcalc.calculus.lowering import tensor_of
from matcalc.checking.fields import Verified, holds, random_prime

WHERE = "A, B: square(n); x, y: vector(n); S: symmetric(n); c: scalar"
SIZES = [{"n": 4}, {"n": 5}]


def identity(left: str, right: str, seed: int = 0) -> Verified | None:
    formulas = [matcalc.parse(text, WHERE) for text in (left, right)]
    tensors = [tensor_of(formula.expression) for formula in formulas]
    variables = formulas[0].inferred.variables
    return holds(tensors[0], tensors[1], variables, SIZES, random.Random(seed))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x'*inv(A + x*y')*y", "s = y'*inv(A)*x; x'*inv(A)*y - x'*inv(A)*x*y'*inv(A)*y/(1 + s)"),
        ("(c + x'*y)^3", "c^3 + 3*c^2*x'*y + 3*c*(x'*y)^2 + (x'*y)^3"),
        ("det(A*B)", "det(B)*det(A)"),
        ("tr(A*S*A')", "tr(S*A'*A)"),
        ("n*tr(A) - tr(A)", "(n - 1)*tr(A)"),
        ("sum(sigmoid(A*x) .* (1 - sigmoid(A*x)))", "s = sigmoid(A*x); sum(s) - s'*s"),
    ],
)
def test_identities_hold(left: str, right: str) -> None:
    found = identity(left, right)
    assert found is not None and found.bits >= 80


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("tr(A*B*A*B)", "tr(A*A*B*B)"),
        ("2*tr(A)", "2*tr(A) + 2305843009213693951*tr(A)"),
        ("det(A)", "(tr(A)^3 - 3*tr(A)*tr(A^2) + 2*tr(A^3))/6"),
        ("n*tr(A)", "4*tr(A)"),
        ("tr(A*S)", "tr(A*B)"),
        ("exp(c)", "1 + c"),
        ("c/c", "c/c + 1e-30"),
    ],
)
def test_other_formulas_do_not(left: str, right: str) -> None:
    assert all(identity(left, right, seed) is None for seed in range(3))


def test_a_matrix_without_inverse_verifies_nothing() -> None:
    assert identity("x'*inv(x*x')*x", "x'*inv(x*x')*x + 1") is None


def test_primes_are_random_and_prime() -> None:
    generator = random.Random(5)
    primes = {random_prime(generator) for _ in range(5)}
    assert len(primes) == 5
    assert all(pow(base, p - 1, p) == 1 for p in primes for base in (2, 3, 5, 7))
