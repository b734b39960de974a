"""The options that several commands share."""

from __future__ import annotations

from matcalc.cli.arguments import Option

WHERE = Option(
    "where", "DECLARATIONS", "kinds and sizes: 'x: vector(n); A: matrix(m, n)'", join="; "
)
WRT = Option("wrt", "NAMES", "the variables, or entries of them: w,b or A[1,2]", join=",")
LAYOUT = Option(
    "layout",
    "LAYOUT",
    "the layout of the derivative",
    ("numerator", "denominator", "mixed"),
    "numerator",
)
ORDER = Option("order", "K", "the order of the derivative", default="1")
FILE = Option("file", "FILE", "read the formula from a file")
MANNER = Option(
    "manner",
    "MANNER",
    "how to derive; without it, as suits the shapes",
    ("jacobians", "backward", "differentials"),
)
DETAIL = Option(
    "detail", "DETAIL", "how many intermediate variables", ("brief", "normal", "full"), "normal"
)
