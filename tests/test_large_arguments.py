"""Values and derivatives at points where exp overflows, against mpmath's of any size."""

import inspect

import mpmath
import numpy as np
import pytest

import matcalc

FAR = (-1000, -30, 0, 30, 1000)

# a formula in the scalars x and y, and its value by mpmath, whose exponents are unbounded
SCALARS = {
    "log(exp(x) + exp(y))": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "log(2*exp(x) + exp(-x) + 3)": lambda x, y: mpmath.log(2 * mpmath.exp(x) + mpmath.exp(-x) + 3),
    "log(cosh(x - y))": lambda x, y: mpmath.log(mpmath.cosh(x - y)),
    "log(1 + exp(x))": lambda x, y: mpmath.log1p(mpmath.exp(x)),
    "log(1 + exp(-y*x))": lambda x, y: mpmath.log1p(mpmath.exp(-x * y)),
    "1/(1 + exp(-x))": lambda x, y: 1 / (1 + mpmath.exp(-x)),
    "exp(x)/(1 + exp(x))": lambda x, y: 1 / (1 + mpmath.exp(-x)),
    "y*exp(x)/(exp(x) + exp(y))": lambda x, y: y / (1 + mpmath.exp(y - x)),
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))": lambda x, y: mpmath.tanh(x),
    "log(sigmoid(x))": lambda x, y: -mpmath.log1p(mpmath.exp(-x)),
    "log(1 - sigmoid(x))": lambda x, y: -mpmath.log1p(mpmath.exp(x)),
    "log(sqrt(exp(x))*exp(y)^2)": lambda x, y: x / 2 + 2 * y,
}


@pytest.mark.parametrize("target", ["evaluate", "numpy", "jax", "torch"])
@pytest.mark.parametrize("formula", SCALARS)
def test_scalars(formula, target):
    where = "x, y: scalar"
    value = matcalc.parse(formula, where=where)
    slope = matcalc.diff(formula, "x", where)
    _compare(formula, [(value, 0), (slope, 1)], target)


def _compare(formula, answers, target):
    function = SCALARS[formula]
    for answer, order in answers:
        compute = _computed(answer, target)
        for x in FAR:
            for y in (-999, 2, 1000):
                with mpmath.workdps(2000):
                    wanted = function(mpmath.mpf(x), mpmath.mpf(y))
                    if order:
                        step = mpmath.mpf(10) ** -900
                        ends = [function(x + s * step, mpmath.mpf(y)) for s in (1, -1)]
                        wanted = (ends[0] - ends[1]) / (2 * step)
                got = float(compute(x=float(x), y=float(y)))
                assert got == pytest.approx(float(wanted), rel=1e-9, abs=1e-12), (x, y, order)


def _computed(answer, target):
    if target == "evaluate":
        return answer.evaluate
    pytest.importorskip(target)
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    compiled = answer.compile(target)
    taken = inspect.signature(compiled).parameters

    def compute(**values):
        values = {name: value for name, value in values.items() if name in taken}
        if target == "torch":
            import torch

            values = {n: torch.tensor(v, dtype=torch.float64) for n, v in values.items()}
        return np.asarray(compiled(**values))

    return compute


Z = np.array([[1000.0, -1000, 999], [0, 1, 2]])
SOFTMAX = np.exp(Z - Z.max(axis=1, keepdims=True))
SOFTMAX /= SOFTMAX.sum(axis=1, keepdims=True)
LOGSUMEXP = Z.max(axis=1) + np.log(np.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1))

ARRAYS = [
    # formula, its value, its gradient
    ("sum(log(sum(exp(Z), axis=1)))", LOGSUMEXP.sum(), SOFTMAX),
    ("sum(log(exp(Z) ./ (sum(exp(Z), axis=1)*ones(K)')))",
     (Z - LOGSUMEXP[:, None]).sum(), 1 - 3 * SOFTMAX),
    ("-log(exp(Z[1,2])/sum(exp(Z[1,:])))", LOGSUMEXP[0] - Z[0, 1],
     np.array([SOFTMAX[0] - [0, 1, 0], [0, 0, 0]])),
    ("sum(log(cosh(Z)))", (np.abs(Z) + np.log1p(np.exp(-2 * np.abs(Z))) - np.log(2)).sum(),
     np.tanh(Z)),
]  # fmt: skip


@pytest.mark.parametrize("target", ["evaluate", "numpy", "jax", "torch"])
@pytest.mark.parametrize(("formula", "value", "gradient"), ARRAYS)
def test_arrays(formula, value, gradient, target):
    where = "Z: matrix(N, K)"
    answers = [matcalc.parse(formula, where=where), matcalc.gradient(formula, "Z", where)]
    for answer, wanted in zip(answers, (value, gradient), strict=True):
        np.testing.assert_allclose(_computed(answer, target)(Z=Z), wanted, rtol=1e-9, atol=1e-12)
