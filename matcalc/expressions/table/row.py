"""A row of the table: all that is known of a function. Passes ask for it, never for a name."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import NamedTuple


class Row(NamedTuple):
    r"""A function of the language; what a column leaves empty follows from the others.

    What the function is, of these the first that is there:

    - `derivatives`: it works entry by entry, with one formula a parameter;
    - `differential`: of a matrix, or along an axis: `dX` is the tangent of `X`, `Y` the
      function's own value (Magnus & Neudecker 1988);
    - `definition`: it is this formula in its parameters (beside one of the others: it equals it,
      and what has no value of its own is computed so);
    - none: it is linear, multilinear or a normal form's own, and lowered by a rule of its name.

    Its shape: `takes` ('any', 'tensor', 'vector', 'matrix', 'square' or 'sizes') and `gives`
    ('same', 'scalar', or a rule's name in `shapes`); `axis` may be said of a matrix. A matrix
    of one entry x gives `of_one_entry`. So many `sizes` or more follow the arguments; `usage`
    is how a call is written where the parameters do not tell.

    Where it holds: `domain` is a condition on the arguments (of a `polynomial` only on the
    derivative's form), on whose boundary there is a value if it is `closed`; `kink` one where it
    has no derivative and the formula gives the convention; `beside_number` are the derivatives
    where another argument is a number, if they differ there. What `vanishes` there is smooth as
    a power.

    Its values: `range` as an interval ('(0, 1]', 'oo' without end), `at` some of them
    ('0: 1/2, oo: 1'), `monotone` ('increasing', 'nondecreasing'), `parity` ('even', 'odd');
    `entries` tells what they are made of ('picked', 'padded', 'magnitudes', 'summed',
    'multiplied', 'products', 'products summed'), `chooses` which one is picked ('largest',
    'smallest', or by a 'condition'), `of_spd` what it is of a positive definite matrix, and
    what `turns` commutes with transposition.

    How it is computed: templates for NumPy, SymPy and mpmath in which {0}, {1}, ... stand for
    the arguments; `pieces` is SymPy's with positive(x) or larger(x, y) for a branch; `rational`
    says that mpmath's holds of fractions as well. `cost` is a rule of `counting`.

    `logarithm` is its logarithm as a formula that does not overflow where it does,
    `complement` that of 1 minus it, and `quotient` the quotient of such functions that it is.

    How it is written: `aliases` in text, `latex` as a template (empty: the name upright) and
    `spoken` what else LaTeX calls it. `rule` is the name of the rule that explains it and
    `statement` what that says, where they are not made of the columns above. `mistaken_for`
    has what it is taken for.
    """

    name: str
    parameters: tuple[str, ...] = ("X",)
    derivatives: tuple[str, ...] = ()
    domain: str = ""
    kink: str = ""
    latex: str = ""
    numpy: str = ""
    sympy: str = ""
    mpmath: str = ""
    source: str = "calculus of one variable"
    aliases: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    differential: str = ""
    definition: str = ""
    takes: str = "any"
    gives: str = "same"
    axis: bool = False
    of_one_entry: str = ""
    usage: str = ""
    sizes: int = 0
    polynomial: bool = False
    vanishes: bool = False
    range: str = ""
    at: str = ""
    monotone: str = ""
    parity: str = ""
    entries: str = ""
    chooses: str = ""
    of_spd: str = ""
    turns: bool = False
    rational: bool = False
    pieces: str = ""
    cost: str = ""
    rule: str = ""
    statement: str = ""
    mistaken_for: tuple[str, ...] = ()
    beside_number: tuple[str, ...] = ()
    closed: bool = False
    logarithm: str = ""
    complement: str = ""
    quotient: str = ""


@cache
def known_values(at: str) -> dict[Fraction | float, Fraction]:
    """Return the values that a row's `at` lists; an infinity stands for the limit there.

    >>> known_values("0: 1/2, oo: 1")[0]
    Fraction(1, 2)
    """
    pairs = [pair.split(":") for pair in at.split(",") if pair]
    return {_number(place): Fraction(value.strip()) for place, value in pairs}


def _number(text: str) -> Fraction | float:
    text = text.strip()
    return float(text.replace("oo", "inf")) if "oo" in text else Fraction(text)


class Interval(NamedTuple):
    """The ends of a row's `range`, None where there is none, and whether they are left out."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool
    high_open: bool


@cache
def interval(text: str) -> Interval:
    """Return the interval that a row's `range` is; without one all numbers.

    >>> interval("(-1, oo)")
    Interval(low=Fraction(-1, 1), high=None, low_open=True, high_open=False)
    """
    if not text:
        return Interval(None, None, False, False)
    low, high = [_number(end) for end in text[1:-1].split(",")]
    return Interval(
        low if isinstance(low, Fraction) else None,
        high if isinstance(high, Fraction) else None,
        text.startswith("(") and isinstance(low, Fraction),
        text.endswith(")") and isinstance(high, Fraction),
    )


def of_fractions(row: Row) -> Callable[..., Fraction | int]:
    """Return a `rational` row's function of fractions."""
    parameters = [f"a{k}" for k in range(len(row.parameters))]
    return _python(", ".join(parameters), row.mpmath.format(*parameters))


@cache
def _python(parameters: str, body: str) -> Callable[..., Fraction | int]:
    function: Callable[..., Fraction | int] = eval(f"lambda {parameters}: {body}")
    return function  # of the table's own text
