"""The laws by which formulas are rewritten line by line, read from left to right."""

from __future__ import annotations

from functools import cache

from matcalc.laws.law import Law, Pattern, pattern

COOKBOOK = "The Matrix Cookbook, eq. "
MAGNUS = "Magnus & Neudecker, chapter "

LAWS = (
    # Diagonal matrices
    Law("a product of diagonal matrices", "diag(u)*diag(v)", "diag(u .* v)"),
    Law("a diagonal matrix times a vector", "diag(u)*v", "u .* v"),
    Law("a row times a diagonal matrix", "u'*diag(v)", "(u .* v)'"),
    Law("a row times a diagonal matrix", "r*diag(v)", "(r' .* v)'"),
    Law("a sum of diagonal matrices", "diag(u) + diag(v)", "diag(u + v)"),
    Law("a sum of diagonal matrices", "diag(u) - diag(v)", "diag(u - v)"),
    Law("a multiple of a diagonal matrix", "c*diag(u)", "diag(c*u)"),
    Law("a multiple of a diagonal matrix", "-diag(u)", "diag(-u)"),
    Law("a multiple of a diagonal matrix", "diag(u)/c", "diag(u/c)"),
    Law("the identity as a diagonal matrix", "diag(ones(n))", "eye(n)"),
    Law("the diagonal of a diagonal matrix", "diag(diag(u))", "u"),
    # Ones
    Law("ones add up", "ones(n)'*u", "sum(u)"),
    Law("ones add up", "u'*ones(n)", "sum(u)"),
    Law("ones add up the rows", "ones(m)'*A", "sum(A, axis=0)"),
    Law("ones add up the columns", "A*ones(n)", "sum(A, axis=1)"),
    Law("a diagonal matrix, added up", "sum(diag(u), axis=0)", "u'"),
    Law("a diagonal matrix, added up", "sum(diag(u), axis=1)", "u"),
    Law("scaled rows, added up", "sum(diag(x)*A, axis=0)", "x'*A"),
    Law("scaled columns, added up", "sum(A*diag(u), axis=1)", "A*u"),
    Law("a sum of squares", "sum(u .^ 2)", "u'*u"),
    Law("a mean is a sum", "mean(u)", "sum(u)/n"),
    Law("a mean is a sum", "mean(A, axis=0)", "sum(A, axis=0)/m"),
    Law("a mean is a sum", "mean(A, axis=1)", "sum(A, axis=1)/n"),
    Law("a multiple, added up", "sum(c*u)", "c*sum(u)"),
    Law("a multiple, added up", "sum(-u)", "-sum(u)"),
    # Traces
    Law("the trace of a multiple", "tr(c*S)", "c*tr(S)", COOKBOOK + "14"),
    Law("the trace of a multiple", "tr(-S)", "-tr(S)", COOKBOOK + "14"),
    Law("the trace of a multiple", "tr(S/c)", "tr(S)/c", COOKBOOK + "14"),
    Law("the trace of an outer product", "tr(u*v')", "v'*u", COOKBOOK + "13"),
    Law("a sum of products as a trace", "sum(A .* B)", "tr(A'*B)", MAGNUS + "2"),
    Law("the trace with a diagonal matrix", "tr(S*diag(u))", "diag(S)'*u", MAGNUS + "2"),
    Law("the diagonal of a product", "diag(A*B')", "sum(A .* B, axis=1)", MAGNUS + "2"),
    Law("the trace of a Kronecker product", "tr(S ⊗ P)", "tr(S)*tr(P)", COOKBOOK + "515"),
    Law("the trace of a Hadamard product", "tr(S .* T)", "tr(diag(diag(T))*S)", MAGNUS + "2"),
    # Determinants and inverses
    Law("the adjugate", "adj(S)/det(S)", "inv(S)", COOKBOOK + "145", "det(S) != 0"),
    Law("the adjugate", "adj(S)", "det(S)*inv(S)", COOKBOOK + "145", "det(S) != 0"),
    Law("the determinant of a product", "det(S*T)", "det(S)*det(T)", COOKBOOK + "24"),
    Law("the determinant of a power", "det(S^2)", "det(S)^2", COOKBOOK + "26"),
    Law("the determinant of a power", "det(S^3)", "det(S)^3", COOKBOOK + "26"),
    Law("the determinant of an inverse", "det(inv(S))", "1/det(S)", COOKBOOK + "25"),
    Law("the determinant of a transpose", "det(S')", "det(S)", COOKBOOK + "22"),
    Law("the inverse of a product", "inv(S*T)", "inv(T)*inv(S)", COOKBOOK + "1"),
    Law("the inverse of a power", "inv(S^2)", "inv(S)^2", COOKBOOK + "1"),
    Law("the inverse of a power", "inv(S^3)", "inv(S)^3", COOKBOOK + "1"),
    Law("the inverse of a multiple", "inv(c*S)", "inv(S)/c", COOKBOOK + "1", "c != 0"),
    Law("the inverse of an inverse", "inv(inv(S))", "S"),
    Law("a sign over an absolute value", "sign(a)/abs(a)", "1/a", "", "a != 0"),
    Law("a product of inverses", "inv(S)*inv(S)", "inv(S)^2", "", "det(S) != 0"),
    Law("a matrix times its inverse", "S*inv(S)", "eye(n)", COOKBOOK + "144", "det(S) != 0"),
    Law("a matrix times its inverse", "inv(S)*S", "eye(n)", COOKBOOK + "144", "det(S) != 0"),
    # Kronecker products
    Law("scalars in front of a Kronecker product", "(c*A) ⊗ F", "c*(A ⊗ F)", COOKBOOK + "507"),
    Law("scalars in front of a Kronecker product", "A ⊗ (c*F)", "c*(A ⊗ F)", COOKBOOK + "507"),
    # Norms
    Law("a norm squared", "norm2(u)^2", "u'*u"),
    Law("a norm squared", "normF(A)^2", "tr(A'*A)"),
    Law("a root squared", "sqrt(a)^2", "a", "", "a >= 0"),
    Law("an inner product", "u·v", "u'*v"),
    # Exponentials
    Law("the sigmoid from the other side", "exp(-a)/(1 + exp(-a))", "sigmoid(-a)"),
    Law("the sigmoid from the other side", "exp(u) ./ (ones(n) + exp(u))", "sigmoid(u)"),
    Law("the sigmoid from the other side", "1 - sigmoid(a)", "sigmoid(-a)"),
    Law("the sigmoid from the other side", "1 - sigmoid(u)", "sigmoid(-u)"),
    Law("the sigmoid from the other side", "sigmoid(a) - 1", "-sigmoid(-a)"),
    Law("the sigmoid from the other side", "sigmoid(u) - 1", "-sigmoid(-u)"),
    Law("definition of the sigmoid", "1/(1 + exp(-a))", "sigmoid(a)"),
    Law("definition of the sigmoid", "1 ./ (ones(n) + exp(u))", "sigmoid(-u)"),
    Law("definition of softmax", "exp(u)/sum(exp(u))", "softmax(u)"),
    Law("definition of softmax", "exp(u)'/sum(exp(u))", "softmax(u)'"),
    # Choices
    Law("one choice", "b*where(a, 1, 0) + c*where(a, 0, 1)", "where(a, b, c)"),
    Law("one choice", "u .* where(w, 1, 0) + v .* where(w, 0, 1)", "where(w, u, v)"),
    Law("one choice", "c*where(w, 0, 1)", "where(w, 0, c)"),
    Law("one choice", "u .* where(w, 0, 1) + where(w, v, 0)", "where(w, v, u)"),
)  # fmt: skip


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return all laws with their sides read."""
    return tuple(map(pattern, LAWS))
