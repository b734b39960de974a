"""Products, and functions that put entries elsewhere, one row each; linear in every argument."""

from __future__ import annotations

from matcalc.expressions.table.row import Row

_AB = ("A", "B")

REARRANGEMENTS = (
    Row("transpose", definition="X'", takes="tensor", entries="picked"),
    Row("dot", _AB, takes="vector", gives="scalar", entries="products summed", cost="dot"),
    Row("outer", _AB, takes="vector", entries="products"),
    Row("cross", _AB, takes="vector", gives="crossed", cost="crossed"),
    Row("kron", _AB, entries="products"),
    Row("diag", gives="diagonal", latex=r"\operatorname{{diag}}({0})", spoken=("Diag",),
        entries="padded", cost="free"),
    Row("vec", takes="matrix", gives="stacked", entries="picked", cost="free"),
    Row("unvec", gives="unstacked", sizes=2, entries="picked", cost="free",
        usage="unvec(x, m, n), unvec(A, m, n, k)"),
    Row("flip", gives="turned", turns=True, entries="picked", cost="free"),
    Row("conv", _AB, takes="vector", gives="valid", entries="products summed", cost="convolution"),
    Row("conv2d", _AB, takes="matrix", gives="valid", entries="products summed",
        cost="convolution"),
    Row("conv_full", _AB, takes="vector", gives="full", cost="convolution"),
    Row("conv2d_full", _AB, takes="matrix", gives="full", cost="convolution"),
)  # fmt: skip
