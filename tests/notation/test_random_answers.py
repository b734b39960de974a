"""Printed answers, read back as text and as LaTeX, against plain arithmetic."""

import random

import numpy as np
import pytest

import matcalc
from matcalc.expressions.traversal import postorder
from tests.notation.arithmetic import Kink
from tests.notation.growing import WHERE, Garden
from tests.notation.truth import MODES, SIZES, agrees, answer_of, true_value, values_of

FOUND = (
    # a diagonal and a slice
    ("a*diag(C)[1:2]", "a"),
    ("a*tr(C[1:2,1:2])", "a"),
    ("a*sum(i = 1..n-1, C[i,i])", "a"),
    ("prod(diag(C)[1:2])", "C"),
    ("norm2(diag(C)[2:3])", "C"),
    ("sum(i = 1..n-1, P[i,i]^2)", "P"),
    ("a*vec(diag(x))", "a"),
    ("vec(diag(x)*C)", "x"),
    ("a*diag(unvec(vec(C'), n, n))[2:n]", "a"),
    # two unit vectors on one axis, and one on a slice
    ("[1; z]'*[z; b]", "b"),
    ("a*eye(n)[n,1]", "a"),
    ("a*eye(n)[:,2]'*eye(n)[:,n]", "a"),
    ("x[n]^2*x[2]", "x"),
    ("vec([1, 2; 2, b])[1:3]", "b"),
    ("vec(sin([1, 2; 2, b]))[2:4]'*vec([1, b; a, b])[1:3]", "b"),
    ("(x.^3)[1:2][2]", "x"),
    ("sin(x)[2:n][1]*x", "x"),
    # what is expanded, broadcast, empty of entries, or has one
    ("tr(S*S') + tr((a - S)*S)", "S"),
    ("((n-1)*S[2,2]*ones(k, k))^2", "S"),
    ("det(S[2,2]*ones(n, n) + eye(n))", "S"),
    ("tensor(i = 1..1, x[i+1] - x[i])", "x"),
    ("sum(T - T)", "T"),
    ("a*sum(ones(p, p+1))", "a"),
    ("x*sum(ones(p))", "x"),
    # Kronecker products beside tensors, and indices as exponents
    ("kron(flip(x*u' .* C), z)[1:n, 1:n]", "x"),
    ("kron(A, z)", "A"),
    ("sum(i = 1..n, x[i]^i)", "x"),
    # the weights of a vector made a matrix of another shape
    ("b*unvec(w .* (vec(A) - a), n, m)", "b"),
    ("logsumexp(unvec(softmax(vec(A)), n, m), axis=0)", "A"),
    ("b*unvec(w .* vec(A) .* vec(B), n, m)", "b"),
    # what goes on after log det
    ("a*logdet(P)^2", "a"),
    ("logdet(P)^2", "P"),
    ("a*logdet(P)*b*A", "a"),
)


def _marked(latex: str) -> str:
    """Return LaTeX that can be told from text."""
    return latex if "\\" in latex else f"${latex}$"


def _wrong(text: str, wrt: str, mode: str, seed: int = 1) -> list[str]:
    answer, where = answer_of(text, wrt, mode, WHERE)
    wrong = []
    for sizes in SIZES:
        values = values_of(answer, mode, sizes, seed)
        with np.errstate(all="ignore"):
            truth = true_value(answer, mode, values, sizes)
        if not np.all(np.isfinite(truth)) or np.abs(truth).max(initial=0) > 1e8:
            continue
        for printed in (str(answer), _marked(answer.latex())):
            if not agrees(printed, where, truth, values, sizes, mode):
                wrong.append(printed)
    return wrong


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "wrt"), FOUND)
def test_what_random_formulas_have_found_stays_right(text: str, wrt: str, mode: str) -> None:
    assert not _wrong(text, wrt, mode)


@pytest.mark.parametrize("seed", range(100, 160))
def test_a_random_formula_is_derived_right(seed: int) -> None:
    """What has no value at some sizes, or a kink where it is taken, counts for nothing."""
    chosen = random.Random(seed)
    text = Garden(seed).grow(chosen.randint(2, 6))
    nodes = postorder([matcalc.parse(text, where=WHERE).expression], lambda n: n.arguments)
    variables = sorted({node.value.name for node in nodes if node.head == "variable"} - {"T"})
    if variables:
        try:
            wrt, mode = chosen.choice(variables), chosen.choice(MODES[:-1])
            assert not _wrong(text, wrt, mode, seed), (text, wrt, mode)
        except (Kink, IndexError):
            pass
