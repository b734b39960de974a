"""A formula or more for every head of a formula, at unequal sizes."""

from __future__ import annotations

import matcalc
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from tests.samples import Sample

WHERE = (
    "a, b: scalar; x: vector(n); z: vector(m); A: matrix(m, n); B: matrix(n, m); C: square(n); "
    "S: symmetric(n); P: spd(n); D: diagonal(n); T: tensor(m, n, k); "
    "f: elementwise; g: vector(n) -> scalar; h: vector(n) -> vector(m); "
    "p: scalar, scalar -> scalar; q: matrix(m, n) -> scalar; r: scalar -> vector(n)"
)

TEXTS = (
    "3/7*A", "n*A/m", "pi*x", "ones(m, n) .* A", "zeros(m, n) + A", "eye(n)*x", "a*eye(n)",
    "commutation(m, n)*vec(A)", "commutation(n, m)*vec(B)", "a*commutation(m, n)",
    "commutation(m, n)", "A*commutation(n, 1)", "A + ones(m, n) - a", "-A", "a*x", "A*x", "x'*C",
    "A*B", "x .* x", "a .* C", "C ./ (C .* C + 1)", "x / (a^2 + 1)", "1/(x .^ 2 + 1)", "x·x",
    "kron(A, B)", "A ⊗ x", "x .^ 3", "x .^ (-2)", "C^3", "C^-1", "C^-2", "P^m", "A'", "x'",
    "(x*z')'", "where(x > a, x, 2*x)", "[x > 1/3] .* x", "[x != a] .* x", "T[1,:,2]", "T[:,:,k]",
    "sum(i = 2..n, i*x[i]^2)", "sum(i = 1..n-1, x[i]*x[i+1])",

    "sum(i = 1..m, A[i,:]'*z[i])", "tensor(i = 1..m, j = 1..n, l = 1..k, A[i,j]^2*T[i,j,l])",
    "sum(i = 1..n-1, j = 1..n, delta(i + 1, j)*C[i,j]^2)", "A[1,:]", "A[:,2]", "A[2,3]",
    "A[:,2:n]", "A[1:m,2:3]", "x[2:n]", "x[n]", "[x; z; a]", "[A; x']", "[A, z; x', a]",
    "[A, 2*A]", "[x', a]", "S*x", "P*x", "D*x", "tr(S*C)", "logdet(P)", "diag(D)", "T .* T",
    "f(A)", "f(a*x)", "g(x)", "h(x)", "q(a*A)", "p(a, b)", "r(a)", "z'*h(2*x)", "f'(x) .* x",
    "g'(x)*C",
)  # fmt: skip


def samples() -> list[Sample]:
    """Return the formulas by each of their variables."""
    result = []
    for text in TEXTS:
        variables = matcalc.parse(text, WHERE).inferred.variables
        moving = [name for name, node in variables.items() if node in set(nodes(text))]
        result.append(Sample(text, WHERE, tuple(moving)))
    return result


def nodes(text: str) -> list[Expression]:
    """Return every part of a formula."""
    return postorder([matcalc.parse(text, WHERE).expression], lambda node: node.arguments)
