"""Functions of square matrices, one row each: the differential, in `X`, `dX` and the value `Y`."""

from __future__ import annotations

from matcalc.expressions.table.row import Row

_MATRICES = "Magnus & Neudecker, chapter 8"
_COOKBOOK = "The Matrix Cookbook, eq. "

MATRICES = (
    Row("inv", differential="-Y*dX*Y", takes="square", domain="det(X) != 0",
        latex=r"{0}^{{-1}}", of_one_entry="1/x", turns=True, of_spd="spd", cost="cubic",
        source=_COOKBOOK + "40", rule="inverse", mistaken_for=("adj",)),
    Row("det", differential="Y*tr(inv(X)*dX)", takes="square", gives="scalar",
        domain="det(X) != 0", polynomial=True, latex=r"\det({0})", of_one_entry="x",
        turns=True, of_spd="(0, oo)", cost="cubic", source=_COOKBOOK + "41", rule="determinant",
        statement="d det(U) = tr(adj(U)*dU)",
        mistaken_for=("logdet", "tr")),
    Row("logdet", differential="tr(inv(X)*dX)", takes="square", gives="scalar",
        domain="det(X) > 0", latex=r"\log\det({0})", of_one_entry="log(x)", turns=True,
        cost="cubic", source=_COOKBOOK + "43", rule="log-determinant", mistaken_for=("det", "tr")),
    Row("adj", differential="tr(inv(X)*dX)*Y - inv(X)*dX*Y", takes="square",
        domain="det(X) != 0", polynomial=True, latex=r"\operatorname{{adj}}({0})",
        aliases=("adjugate",), of_one_entry="1", turns=True, of_spd="spd", cost="cubic",
        source=_MATRICES, mistaken_for=("inv",)),
    Row("tr", takes="square", gives="scalar", latex=r"\operatorname{{tr}}({0})",
        aliases=("trace",), spoken=("Tr",), entries="summed", cost="trace", rule="trace",
        statement="d tr(U) = tr(dU)", source=_COOKBOOK + "36", mistaken_for=("sum",)),
)  # fmt: skip
