"""What makes a reading usual: one table of costs, of letters and of uses.

A reading gives every undeclared name a kind. It costs what its letters cost and what the
uses in it cost; among the readings in which the formula fits, the cheapest is taken. A
row's example shows the reading that costs something, and what is taken instead.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from matcalc.syntax.greek import WORDS

NEVER = 1e9
"""The cost of what does not fit."""

CLOSE = 2.0
"""Readings that cost less than this much more than the best one are told (W102)."""


STRANGE = 4.0
"""A use or a letter that costs so much makes no reading of what would not fit otherwise."""


class Letters(NamedTuple):
    """What a kind costs a name by its letter: as a scalar, a vector, a matrix, a tensor."""

    letters: str
    scalar: float
    vector: float
    matrix: float
    tensor: float = 20


# matcalc's letters are matrixcalculus.org's; Greek ones have no kind of their own.
LETTERS = (
    Letters("a to g", 0, 1, 4),
    Letters("h to z", 1.5, 0, 4),
    Letters("A to Z", 3.5, 4, 0),
    Letters("alpha to omega", 0, 1, 4),
    Letters("Alpha to Omega", 1, 4, 0),
    Letters("bold a to z", 8, 0, 8),
    Letters("bold A to Z", 8, 3, 0),
    Letters("bold alpha to omega", 8, 0, 3),
)


class Use(NamedTuple):
    """A use that is unusual: its name, its cost, and an example of what is not meant."""

    name: str
    cost: float
    example: str


USES = (
    # a name that is transposed, normed, or dotted with a vector is not a scalar
    Use("transposed scalar", 4, "beta' with beta a scalar"),
    Use("reduced scalar", 4, "norm2(a), sum(a), tr(a) with a scalar a"),
    Use("dotted scalar", 2, "a·x with a scalar a: a dot joins two vectors"),
    Use("trace of a number", 2, "tr(1/A) with a scalar A"),
    Use("scalar entry by entry", 2, "x .* a with a scalar a"),
    Use("matrix expected", 5, "inv(a), det(a) with a an a that is no matrix"),
    Use("vector expected", 3, "softmax(A), cross(a, b) of what are no vectors"),
    # what scales is a scalar
    Use("scalar behind", 2, "A*b with a scalar b: a scale stands in front, so b is a vector"),
    Use("scalar for a vector", 4, "A*x with a scalar x"),
    Use("scaled name", 4, "C*sum(x) with a matrix C, n/2*log(a) with a vector n"),
    Use("scaled row", 2, "x'*a with a scalar a, theta'*x_i with an entry x_i"),
    Use("lone scalar", 2, "x*y with a scalar x and a vector y: then both are scalars"),
    Use("number over an array", 1, "1/x with a vector x"),
    Use("scale that is a column", 2, "y*w'*x with a vector y: the number w'*x is scaled"),
    Use("divided by an array", 5, "sum(x)/N with a matrix N"),
    # what is added to a vector is a vector
    Use("spread over a vector", 3, "A*x - b with a scalar b"),
    Use("spread over a matrix", 2.5, "A + b with a scalar b"),
    Use("spread over a row", 4, "x + y' with a scalar x"),
    Use("vector among numbers", 3, "w'*x + b with a vector b"),
    Use("no intercept", 2, "X*w + b with a vector b: rows of X are samples"),
    Use("power of a vector", 2, "x^2 with a vector x: entry by entry one types x.^2"),
    Use("vector in an exponent", 2.5, "2^x with a vector x"),
    Use("dot of matrices", 0.5, "A·B, x·x': a product that is no dot product"),
    Use("length of a vector", 1, "|x| as the length of a vector x: its entries' abs is meant"),
    Use("samples", 1, "x_i under a sum as a vector, where it may be an entry"),
    # the question
    Use("order three", 0.4, "W*x by W"),
    Use("scalar asked for", 3.2, "a gradient of exp(x) with a vector x"),
    Use("named a loss", 2.5, "L = x .* y"),
    Use("claim of another kind", 3, "the claim 2*x on x^2 with a scalar x"),
)

COST = {use.name: use.cost for use in USES}

_BY_LETTERS = {row.letters: row for row in LETTERS}


def letters_of(name: str, bold: bool = False) -> Letters:
    """Return the row of the table that a name falls under.

    A Greek letter may be spelt out: `lambda_1` is what `λ₁` would be.

    >>> [letters_of(name).letters for name in ("a", "x_1", "W1", "σ", "Sigma_2")]
    ['a to g', 'h to z', 'A to Z', 'alpha to omega', 'Alpha to Omega']
    """
    word = name.rstrip("0123456789").split("_")[0]
    letter = unicodedata.normalize("NFD", name)[0]
    greek = word in WORDS or not letter.isascii()
    if greek:
        alphabet = "alpha to omega" if letter.islower() else "Alpha to Omega"
    elif letter.islower():
        alphabet = "a to g" if letter < "h" else "h to z"
    else:
        alphabet = "A to Z"
    if bold:
        row = "bold A to Z" if letter.isupper() else "bold a to z"
        return _BY_LETTERS["bold alpha to omega" if greek and letter.islower() else row]
    return _BY_LETTERS[alphabet]
