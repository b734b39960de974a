"""Emitted code where lengths are declared to be 1: a 1 x 1 matrix, one row, one column."""

import inspect
import re
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import matcalc
from matcalc.errors import MatcalcError
from matcalc.programs.answers import compiled_program as compile_together
from tests import strategies
from tests.test_properties import examples, words

WHERE = (
    "A: square(1); M: matrix(1, 1); P: spd(1); S: symmetric(1); D: diagonal(1); R: matrix(1, n); "
    "K: matrix(n, 1); C: square(n); v, u: vector(1); x: vector(n); s: scalar"
)

_RNG = np.random.default_rng(3)
VALUES = {
    "A": [[1.7]], "M": [[-0.6]], "P": [[2.0]], "S": [[0.8]], "D": [[1.3]],
    "R": _RNG.uniform(0.3, 1, (1, 3)), "K": _RNG.uniform(0.3, 1, (3, 1)),
    "C": _RNG.uniform(0.3, 1, (3, 3)) + 2 * np.eye(3), "v": [0.7], "u": [-1.2],
    "x": [0.4, 0.9, -0.5], "s": 0.3, "n": 3,
}  # fmt: skip

FORMULAS = """
tr(inv(P)) | tr(inv(P + A*A')) | sum(inv(A + A*A')) | v'*inv(A)*v | tr(inv(A)*M) | inv(A)
(v - u)'*inv(exp(s)*P + eye(1))*(v - u)/2 + logdet(exp(s)*P + eye(1))/2 | inv(inv(A)*M)*v
det(A) | det(A*M) | logdet(P) | logdet(P .* P) | det(K'*K) | adj(A) | adj(A)*v | tr(adj(A + M))
A^2 | A^-1*v | A^-2 | tr(A^3) | M^0 | v'*A^2*v | A^-3*M | eye(1)*v | commutation(1, 1)*v
A*M | A*M*D*S*P*v | R*C*K | R*C*x | K*R | K*A*R | K'*x*R*x | K*v | v*R | v*x' | x*v'*A | R*K*A
tr(A) | tr(R*K) | tr(K*R) | tr(A*M) | diag(A) | diag(v) | diag(v)*A | diag(diag(A)) | diag(K*R)
diag(v)*inv(A)*v | R*diag(x)*K
kron(A, R) | kron(K, A) | kron(v, R) | kron(v, x) | kron(A, M)*v
softmax(R, axis=0) | softmax(R, axis=1) | softmax(K, axis=0) | softmax(K, axis=1) | softmax(v)
softmax(A, axis=0) | log_softmax(A, axis=1) | log_softmax(K, axis=0) | log_softmax(R, axis=1)
sum(R, axis=0) | sum(R, axis=1) | sum(K, axis=0) | sum(K, axis=1) | mean(A, axis=0) | mean(R)
max(R, axis=0) | max(K, axis=0) | logsumexp(A, axis=1) | logsumexp(K, axis=0) | prod(v) | prod(A)
[A, M] | [A; M] | [v; x] | [R; R] | [K, K] | [A, R] | [v; s] | [A, M; M, A]
A[1,1] | A[1,:] | A[:,1] | A[1:1,:] | A[1:1,1:1] | A[1:1,1] | R[1,2] | R[:,2] | R[1,:] | R[1,2:3]
R[1:1,2] | K[2,1] | K[2,:] | K[:,1] | K[2:3,1] | K[1:2,:] | v[1] | v[1:1] | R'[2] | K'[1,2]
outer(A[:,1], x) | outer(v, v) | dot(v, u) | vec(A) | vec(R) | unvec(v, 1, 1) | unvec(vec(K), n, 1)
unvec(vec(K), 1, n) | flip(A) | conv2d(C, A) | conv2d(A, M) | conv(x, v) | conv_full(v, x)
norm2(A) | norm1(R) | norminf(K) | normF(A*v) | norm2(v) | A .* M + v'*u | A/s + M*s | 1/A
max(A, M) | relu(A*v + u) | [A > M] | where(A > M, R*K, A) | exp(A) .* A | A*exp(v) - u | R + K'
sum(i = 1..1, A[i,i]*v[i]) | sum(i = 1..1, inv(A)[i,i]) | sum(i = 1..n, R[1,i]*K[i,1]) | (A*v)'*u
sum(i = 1..1, v[i]*A)*inv(A) | tr(inv(A)*inv(M)) | softplus(eye(1))*v | inv(D)*v | inv(diag(v))*u
"""


def assert_computes(answers: list[Any], function: Any, values: dict[str, Any], label: str) -> None:
    """Hold what a function computes against `evaluate`."""
    marked = {name.replace("'", "_d"): name for name in values if "'" in name}
    inner = inspect.unwrap(function)
    if "named" in inspect.signature(inner).parameters:
        (inner,) = [
            cell.cell_contents for cell in inner.__closure__ if callable(cell.cell_contents)
        ]
    own = [marked.get(name, name) for name in inspect.signature(inner).parameters]
    found = function(**{name: values[name] for name in own})
    for got, answer in zip([found] if len(answers) == 1 else found, answers, strict=True):
        wanted = np.asarray(answer.evaluate(**values))
        got = np.asarray(got)
        assert got.shape == wanted.shape, label
        if np.isfinite(wanted).all():
            scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-8 * scale, err_msg=label)


def assert_code(text: str, where: str, values: dict[str, Any], moving: list[str]) -> None:
    """Check the code of a formula and of its derivatives, single and joint."""
    formula = matcalc.parse(text, where)
    assert_computes([formula], formula.compile(), values, text)
    for wrt in moving:
        for layout in ("numerator", "denominator", "mixed"):
            answer = matcalc.diff(text, wrt, where, layout)
            label = f"{text} by {wrt}, {layout}"
            assert_computes([answer], answer.compile(), values, label)
        both = compile_together(answer, value_and=True)
        assert_computes([formula, answer], both, values, label)
    if moving:
        joint = matcalc.diff(text, moving, where, "mixed")
        together = compile_together(joint, value_and=True)
        assert_computes([formula, *joint.values()], together, values, f"{text}, together")
    if moving and not formula.expression.shape:
        blocks = matcalc.hessian(text, moving[:2], where)
        together = compile_together(blocks)
        assert_computes([*blocks.values()], together, values, f"{text}, blocks")
        for pair, block in blocks.items():
            assert_computes([block], block.compile(), values, f"{text} by {pair}")


@pytest.mark.parametrize("text", [part.strip() for part in re.split(r"[|\n]", FORMULAS.strip())])
def test_code_of_what_has_one_row_or_column(text: str) -> None:
    values = {name: np.asarray(value) for name, value in VALUES.items()}
    moving = [name for name in VALUES if name in words(text) and name != "n"]
    assert_code(text, WHERE, values, moving)


@examples(150)
@given(strategies.formulas(budget=8), st.sampled_from(["n", "m", "k", "mn", "mnk"]), st.data())
def test_code_of_random_formulas_with_lengths_of_one(
    text: str, ones: str, data: st.DataObject
) -> None:
    def declared(part: str) -> str:
        return re.sub(rf"\b[{ones}]\b", "1", part)

    with patch.dict(strategies.SIZES, dict.fromkeys(ones, 1)):
        at = strategies.point(data.draw(st.integers(0, 9)))
    values = {**at.values, **at.sizes, **dict.fromkeys(ones, 1)}
    text, where = declared(text), declared(strategies.WHERE)
    present = [name for name in "axzvAECSPDT" if name in words(text)]
    chosen = (
        data.draw(st.lists(st.sampled_from(present), max_size=2, unique=True)) if present else []
    )
    with np.errstate(all="ignore"):
        try:
            assert_code(text, where, values, chosen)
        except MatcalcError:  # what a length of 1 makes a scalar no longer fits, as in x'*a
            return
