"""The table of functions: one row each, the only place that knows a function by its name.

A derivative is written in matcalc's own language, in the row's parameters. `Elementary`
rows work entry by entry; `Defined` rows are a formula in terms of other rows; `Primitive`
rows are the few functions whose derivative is neither, given as a differential (Magnus &
Neudecker 1988): `dX` is the tangent of the argument `X`, `Y` the function's own value.
"""

from __future__ import annotations

from typing import NamedTuple


class Elementary(NamedTuple):
    """A function applied entry by entry.

    `derivatives` has one formula a parameter. `domain` is a condition that the arguments
    must meet (empty: none), `kink` one where the function has no derivative and the
    formula gives the convention. `latex`, `numpy`, `sympy` and `mpmath` are templates in which
    {0}, {1}, ... stand for the printed arguments; an empty `latex` prints the name upright, an
    empty `mpmath` is what `sympy` says.
    """

    name: str
    parameters: tuple[str, ...]
    derivatives: tuple[str, ...]
    domain: str = ""
    kink: str = ""
    latex: str = ""
    numpy: str = ""
    sympy: str = ""
    mpmath: str = ""
    source: str = "calculus of one variable"
    aliases: tuple[str, ...] = ()


_X = ("x",)
_AB = ("a", "b")

ELEMENTARY = (
    Elementary("abs", _X, ("sign(x)",), kink="x == 0", latex=r"\left|{0}\right|",
               numpy="np.abs({0})", sympy="Abs({0})", mpmath="fabs({0})"),
    Elementary("sign", _X, ("0",), kink="x == 0", numpy="np.sign({0})", sympy="sign({0})"),
    Elementary("exp", _X, ("exp(x)",), latex=r"\exp({0})",
               numpy="np.exp({0})", sympy="exp({0})", source="DLMF 4.7"),
    Elementary("log", _X, ("1/x",), domain="x > 0", latex=r"\log({0})",
               numpy="np.log({0})", sympy="log({0})", aliases=("ln",), source="DLMF 4.7"),
    Elementary("log2", _X, ("1/(x*log(2))",), domain="x > 0", latex=r"\log_2({0})",
               numpy="np.log2({0})", sympy="log({0})/log(2)", source="DLMF 4.7"),
    Elementary("log10", _X, ("1/(x*log(10))",), domain="x > 0", latex=r"\log_{{10}}({0})",
               numpy="np.log10({0})", sympy="log({0})/log(10)", source="DLMF 4.7"),
    Elementary("log1p", _X, ("1/(1 + x)",), domain="x > -1",
               numpy="np.log1p({0})", sympy="log(1 + {0})", source="DLMF 4.7"),
    Elementary("expm1", _X, ("exp(x)",), numpy="np.expm1({0})", sympy="exp({0}) - 1",
               source="DLMF 4.7"),
    Elementary("sin", _X, ("cos(x)",), latex=r"\sin({0})",
               numpy="np.sin({0})", sympy="sin({0})", source="DLMF 4.20"),
    Elementary("cos", _X, ("-sin(x)",), latex=r"\cos({0})",
               numpy="np.cos({0})", sympy="cos({0})", source="DLMF 4.20"),
    Elementary("tan", _X, ("1 + tan(x)^2",), domain="cos(x) != 0", latex=r"\tan({0})",
               numpy="np.tan({0})", sympy="tan({0})", source="DLMF 4.20"),
    Elementary("sinh", _X, ("cosh(x)",), latex=r"\sinh({0})",
               numpy="np.sinh({0})", sympy="sinh({0})", source="DLMF 4.34"),
    Elementary("cosh", _X, ("sinh(x)",), latex=r"\cosh({0})",
               numpy="np.cosh({0})", sympy="cosh({0})", source="DLMF 4.34"),
    Elementary("tanh", _X, ("1 - tanh(x)^2",), latex=r"\tanh({0})",
               numpy="np.tanh({0})", sympy="tanh({0})", source="DLMF 4.34"),
    Elementary("arcsin", _X, ("1/sqrt(1 - x^2)",), domain="abs(x) < 1", latex=r"\arcsin({0})",
               numpy="np.arcsin({0})", sympy="asin({0})", aliases=("asin",), source="DLMF 4.24"),
    Elementary("arccos", _X, ("-1/sqrt(1 - x^2)",), domain="abs(x) < 1", latex=r"\arccos({0})",
               numpy="np.arccos({0})", sympy="acos({0})", aliases=("acos",), source="DLMF 4.24"),
    Elementary("arctan", _X, ("1/(1 + x^2)",), latex=r"\arctan({0})",
               numpy="np.arctan({0})", sympy="atan({0})", aliases=("atan",), source="DLMF 4.24"),
    Elementary("arcsinh", _X, ("1/sqrt(x^2 + 1)",),
               numpy="np.arcsinh({0})", sympy="asinh({0})", aliases=("asinh",), source="DLMF 4.38"),
    Elementary("arccosh", _X, ("1/sqrt(x^2 - 1)",), domain="x > 1",
               numpy="np.arccosh({0})", sympy="acosh({0})", aliases=("acosh",), source="DLMF 4.38"),
    Elementary("arctanh", _X, ("1/(1 - x^2)",), domain="abs(x) < 1",
               numpy="np.arctanh({0})", sympy="atanh({0})", aliases=("atanh",), source="DLMF 4.38"),
    Elementary("erf", _X, ("2/sqrt(pi)*exp(-x^2)",),
               numpy="erf({0})", sympy="erf({0})", source="DLMF 7.2.1"),
    Elementary("relu", _X, ("[x > 0]",), kink="x == 0",
               numpy="np.maximum({0}, 0)", sympy="Max({0}, 0)", mpmath="max({0}, 0)",
               source="Parr & Howard, section 5"),
    Elementary("sigmoid", _X, ("sigmoid(x)*(1 - sigmoid(x))",), latex=r"\sigma({0})",
               numpy="sigmoid({0})", sympy="1/(1 + exp(-{0}))", aliases=("logistic",)),
    Elementary("softplus", _X, ("sigmoid(x)",),
               numpy="np.logaddexp(0, {0})", sympy="log(1 + exp({0}))"),
    Elementary("silu", _X, ("sigmoid(x)*(1 + x*(1 - sigmoid(x)))",),
               numpy="{0}*sigmoid({0})", sympy="{0}/(1 + exp(-{0}))"),
    Elementary("gelu", _X, ("(1 + erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)",),
               numpy="{0}*(1 + erf({0}/np.sqrt(2)))/2", sympy="{0}*(1 + erf({0}/sqrt(2)))/2"),
    Elementary("elu", _X, ("where(x > 0, 1, exp(x))",),
               numpy="np.where({0} > 0, {0}, np.expm1(np.minimum({0}, 0)))",
               sympy="Piecewise(({0}, {0} > 0), (exp({0}) - 1, True))",
               mpmath="{0} if {0} > 0 else expm1({0})"),
    Elementary("leaky_relu", _X, ("where(x > 0, 1, 1/100)",), kink="x == 0",
               numpy="np.maximum({0}, {0}/100)",
               sympy="Piecewise(({0}, {0} > 0), ({0}/100, True))",
               mpmath="max({0}, {0}/100)"),
    Elementary("step", _X, ("0",), kink="x == 0",
               numpy="({0} > 0)*1.0", sympy="Piecewise((1, {0} > 0), (0, True))",
               mpmath="int({0} > 0)"),
    Elementary("max", _AB, ("[a > b]", "[b > a]"), kink="a == b", latex=r"\max({0}, {1})",
               numpy="np.maximum({0}, {1})", sympy="Max({0}, {1})", mpmath="max({0}, {1})",
               source="Parr & Howard, section 5"),
    Elementary("min", _AB, ("[a < b]", "[b < a]"), kink="a == b", latex=r"\min({0}, {1})",
               numpy="np.minimum({0}, {1})", sympy="Min({0}, {1})", mpmath="min({0}, {1})",
               source="Parr & Howard, section 5"),
    Elementary("where", ("c", "a", "b"), ("0", "where(c, 1, 0)", "where(c, 0, 1)"),
               numpy="np.where({0}, {1}, {2})",
               sympy="Piecewise(({1}, Ne({0}, 0)), ({2}, True))",
               mpmath="{1} if {0} else {2}"),
    Elementary("power", _AB, ("b*a^(b - 1)", "a^b*log(a)"),
               numpy="np.power({0}, {1})", sympy="({0})**({1})"),
)  # fmt: skip


class Defined(NamedTuple):
    """A function that is a formula in terms of others, in the parameter `X`.

    `axis` says which forms there are: '' only the whole, 'axis' also along an axis.
    """

    name: str
    definition: str
    takes: str
    kink: str = ""
    latex: str = ""
    aliases: tuple[str, ...] = ()


DEFINED = (
    Defined("sqrt", "X .^ (1/2)", "any", latex=r"\sqrt{{{0}}}"),
    Defined("norm1", "sum(abs(X))", "tensor", latex=r"\left\|{0}\right\|_1"),
    Defined("norm2", "sqrt(sum(X .^ 2))", "tensor", kink="X == 0",
            latex=r"\left\|{0}\right\|_2", aliases=("norm",)),
    Defined("normF", "sqrt(sum(X .^ 2))", "matrix", kink="X == 0",
            latex=r"\left\|{0}\right\|_F"),
    Defined("norminf", "max(abs(X))", "tensor", latex=r"\left\|{0}\right\|_\infty"),
    Defined("transpose", "X'", "matrix"),
)  # fmt: skip


class Primitive(NamedTuple):
    """A function of whole vectors or matrices whose differential is part of the table.

    A `polynomial` has derivatives everywhere; `domain` is then that of the differential as
    it is written here.
    """

    name: str
    differential: str
    takes: str
    domain: str = ""
    kink: str = ""
    latex: str = ""
    source: str = "Magnus & Neudecker, chapter 8"
    aliases: tuple[str, ...] = ()
    polynomial: bool = False


PRIMITIVE = (
    Primitive("inv", "-Y*dX*Y", "square", domain="det(X) != 0", latex=r"{0}^{{-1}}"),
    Primitive("det", "Y*tr(inv(X)*dX)", "square", domain="det(X) != 0", latex=r"\det({0})",
              polynomial=True),
    Primitive("logdet", "tr(inv(X)*dX)", "square", domain="det(X) > 0",
              latex=r"\log\det({0})"),
    Primitive("adj", "tr(inv(X)*dX)*Y - inv(X)*dX*Y", "square", domain="det(X) != 0",
              latex=r"\operatorname{{adj}}({0})", aliases=("adjugate",),
              polynomial=True),
    Primitive("prod", "Y*sum(dX ./ X)", "axis", domain="X != 0", latex=r"\prod {0}",
              polynomial=True),
    Primitive("max", "sum([X == Y] .* dX)", "axis", kink="two entries tie", latex=r"\max({0})"),
    Primitive("min", "sum([X == Y] .* dX)", "axis", kink="two entries tie", latex=r"\min({0})"),
    Primitive("logsumexp", "sum(exp(X - Y) .* dX)", "axis", source="Boyd & Vandenberghe, 3.1.5"),
)  # fmt: skip


class Structural(NamedTuple):
    """A linear or multilinear function: its derivative is read off its own indices.

    `axis` tells which axes may be said: '' none, 'optional' for a matrix, 'needed' for one.
    """

    name: str
    arity: tuple[int, ...]
    latex: str = ""
    aliases: tuple[str, ...] = ()


STRUCTURAL = (
    Structural("sum", (1,)),
    Structural("mean", (1,)),
    Structural("dot", (2,)),
    Structural("outer", (2,)),
    Structural("cross", (2,)),
    Structural("softmax", (1,)),
    Structural("log_softmax", (1,)),
    Structural("tr", (1,), latex=r"\operatorname{{tr}}({0})", aliases=("trace",)),
    Structural("diag", (1,)),
    Structural("vec", (1,)),
    Structural("unvec", (3,)),
    Structural("kron", (2,)),
    Structural("flip", (1,)),
    Structural("conv", (2,)),
    Structural("conv2d", (2,)),
    Structural("conv_full", (2,)),
    Structural("conv2d_full", (2,)),
)

CONSTANTS = ("eye", "ones", "zeros", "vector", "matrix", "commutation", "delta", "tensor")

ELEMENTARY_BY_NAME = {(row.name, len(row.parameters)): row for row in ELEMENTARY}
DEFINED_BY_NAME = {row.name: row for row in DEFINED}
PRIMITIVE_BY_NAME = {row.name: row for row in PRIMITIVE}
STRUCTURAL_BY_NAME = {row.name: row for row in STRUCTURAL}

ALIASES = {
    alias: row.name
    for table in (ELEMENTARY, DEFINED, PRIMITIVE, STRUCTURAL)
    for row in table
    for alias in row.aliases
}

NAMES = frozenset(
    [row.name for table in (ELEMENTARY, DEFINED, PRIMITIVE, STRUCTURAL) for row in table]
    + list(ALIASES)
    + list(CONSTANTS)
) - {"power"}
