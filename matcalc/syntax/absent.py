"""Functions that are not there: what to write instead, where there is something."""

from __future__ import annotations

ABSENT = {
    "expm": "exp(A) is no matrix exponential: it works entry by entry",
    "logm": "log(A) is no matrix logarithm: it works entry by entry",
    "sqrtm": "sqrt(A) is no root of the matrix: it works entry by entry",
    "pinv": "of full column rank: inv(X'*X)*X'; of full row rank: X'*inv(X*X')",
    "eigvals": "the sum of all is tr(A), their product det(A)",
    "eigmax": "x'*A*x/(x'*x) at the eigenvector x",
    "eigmin": "x'*A*x/(x'*x) at the eigenvector x",
    "svals": "the sum of their squares is normF(A)^2",
    "norm_spec": "the Frobenius norm: normF(A)",
    "norm_nuc": "the Frobenius norm: normF(A)",
    "chol": "A itself in place of L*L'",
    "solve": "inv(A)*b",
    "var": "mean((x - mean(x)).^2)",
    "std": "sqrt(mean((x - mean(x)).^2))",
    "clip": "min(max(x, lo), hi)",
    "huber": "where(abs(x) <= d, x.^2/2, d*(abs(x) - d/2))",
    "logit": "log(x ./ (1 - x))",
    "logsigmoid": "-softplus(-x)",
    "mish": "x .* tanh(softplus(x))",
    "softsign": "x ./ (1 + abs(x))",
    "hardtanh": "min(max(x, -1), 1)",
    "logaddexp": "log(exp(x) + exp(y))",
    "hypot": "sqrt(x.^2 + y.^2)",
    "arctan2": "arctan(y ./ x) for positive x",
    "sec": "1 ./ cos(x)",
    "csc": "1 ./ sin(x)",
    "cot": "1 ./ tan(x)",
    "cbrt": "x.^(1/3)",
    "exp2": "2.^x",
    "erfc": "1 - erf(x)",
    "normcdf": "(1 + erf(x/sqrt(2)))/2",
    "normpdf": "exp(-x.^2/2)/sqrt(2*pi)",
    "xlogy": "x .* log(y)",
    "entr": "-x .* log(x)",
    "rel_entr": "x .* log(x ./ y)",
    "selu": "1.0507*where(x > 0, x, 1.67326*(exp(x) - 1))",
    "celu": "where(x > 0, x, a*(exp(x/a) - 1))",
    "triu": "",
    "tril": "",
    "gamma": "",
    "lgamma": "",
    "digamma": "",
    "polygamma": "",
    "einsum": "sum(i = 1..n, A[i,j]*B[i,j])",
    "argmax": "the value is max(x)",
    "argmin": "the value is min(x)",
}
"""What is known by these names elsewhere; a row of the table takes the place of one here."""


def absent_hint(name: str) -> str:
    """Return what to write in place of a function that is not there.

    >>> absent_hint("clip")
    'min(max(x, lo), hi)'
    """
    return ABSENT.get(name, "")
