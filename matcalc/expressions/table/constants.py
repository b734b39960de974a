"""What is called like a function and depends on sizes or indices only, one row each."""

from __future__ import annotations

from matcalc.expressions.table.row import Row

CONSTANT = (
    Row("eye", ("n",), takes="sizes", usage="eye(n)"),
    Row("ones", ("n",), takes="sizes", usage="ones(n), ones(m, n)"),
    Row("ones", ("m", "n"), takes="sizes", usage="ones(n), ones(m, n)"),
    Row("zeros", ("n",), takes="sizes", usage="zeros(n), zeros(m, n)"),
    Row("zeros", ("m", "n"), takes="sizes", usage="zeros(n), zeros(m, n)"),
    Row("vector", ("c",), usage="vector(1)"),
    Row("matrix", ("c",), usage="matrix(1)"),
    Row("commutation", ("m", "n"), takes="sizes", usage="commutation(m, n)"),
    Row("delta", ("i", "j"), usage="delta(i, j)"),
    Row("tensor", (), usage="tensor(i = 1..m, j = 1..n, k = 1..p, x[i]*A[j,k])"),
)
