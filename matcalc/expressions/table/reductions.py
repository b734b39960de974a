"""Functions that make fewer numbers of many, of all entries or along an axis, one row each."""

from __future__ import annotations

from matcalc.expressions.table.row import Row

_BOYD = "Boyd & Vandenberghe, 3.1.5"
_PAPER = "Parr & Howard, section 4.4"

REDUCTIONS = (
    Row("prod", differential="Y*sum(dX ./ X)", takes="tensor", gives="scalar", axis=True,
        domain="X != 0", polynomial=True, latex=r"\prod {0}", entries="multiplied",
        cost="multiplied", source="Magnus & Neudecker, chapter 8"),
    Row("max", differential="sum([X == Y] .* dX)/sum([X == Y])", takes="tensor",
        gives="scalar", axis=True, kink="two entries tie", latex=r"\max({0})", entries="picked",
        chooses="largest",
        cost="added", source="Magnus & Neudecker, chapter 8", mistaken_for=("sum", "min")),
    Row("min", differential="sum([X == Y] .* dX)/sum([X == Y])", takes="tensor",
        gives="scalar", axis=True, kink="two entries tie", latex=r"\min({0})", entries="picked",
        chooses="smallest",
        cost="added", source="Magnus & Neudecker, chapter 8", mistaken_for=("max",)),
    Row("logsumexp", differential="sum(exp(X - Y) .* dX)", takes="tensor", gives="scalar",
        axis=True, cost="normalized", source=_BOYD, mistaken_for=("sum",)),
    Row("norm1", definition="sum(abs(X))", takes="tensor", gives="scalar", cost="norm",
        latex=r"\left\|{0}\right\|_1", mistaken_for=("norm2",)),
    Row("norm2", definition="sqrt(sum(X .^ 2))", takes="tensor", gives="scalar", kink="X == 0",
        vanishes=True, parity="even", cost="norm", latex=r"\left\|{0}\right\|_2",
        aliases=("norm",), mistaken_for=("norm1",)),
    Row("normF", definition="sqrt(sum(X .^ 2))", takes="tensor", gives="scalar", kink="X == 0",
        vanishes=True, parity="even", cost="norm", latex=r"\left\|{0}\right\|_F",
        mistaken_for=("norm1",)),
    Row("norminf", definition="max(abs(X))", takes="tensor", gives="scalar", cost="norm",
        latex=r"\left\|{0}\right\|_\infty"),
    Row("sum", takes="tensor", gives="scalar", axis=True, entries="summed", cost="added",
        rule="vector sum reduction", statement="∂sum(u)/∂u = ones'", source=_PAPER,
        mistaken_for=("tr",)),
    Row("mean", takes="tensor", gives="scalar", axis=True, entries="picked", cost="averaged",
        rule="vector mean", statement="∂mean(u)/∂u = ones'/n", source=_PAPER),
    Row("softmax", takes="vector", gives="normalized", axis=True, turns=True, range="(0, 1]",
        rule="softmax", statement="ds = s .* du - s*(s'*du)", cost="normalized", source=_BOYD,
        mistaken_for=("exp",)),
    Row("log_softmax", takes="vector", gives="normalized", axis=True, turns=True,
        range="(-oo, 0]", rule="log-softmax", statement="dl = du - sum(softmax(u) .* du)",
        cost="normalized", source=_BOYD),
)  # fmt: skip
