"""Tensors have the values of the formulas they came from, in every arithmetic."""

import random
from fractions import Fraction

import numpy as np
import pytest

import matcalc
from matcalc.calculus.lowering import tensor_of
from matcalc.checking.precise import Point, context, value_at
from matcalc.checking.reals import entries_at, tensor_at

WHERE = (
    "A: matrix(m, n); B: matrix(n, k); C: square(n); x: vector(n); z: vector(m); c: scalar; "
    "f: elementwise; g: vector(n) -> vector(m); h: matrix(m, n) -> scalar; T: tensor(m, n, k)"
)
SIZES = {"m": 2, "n": 3, "k": 4}
FORMULAS = (
    "A*B", "x'*C*x", "A .* (z*x')", "diag(x)*C", "diag(C)", "tr(C)", "kron(A, B)", "vec(A)",
    "exp(A*x) ./ (1 + x'*x)", "max(x)", "min(A)", "logsumexp(A, axis=1)", "prod(x)", "softmax(x)",
    "inv(C)*x", "C^3*x", "C^-2", "det(C)", "adj(C)", "[x > 0] .* x", "x[2]*A[1,:]", "A[:,2:3]",
    "f(x)", "f'(C)", "g(x)", "g'(x)", "h(A)", "h'(A)", "sum(i = 1..n, i*x[i]^2)", "cross(x[1:3], "
    "x[1:3])", "conv(x, x[1:2])", "conv_full(x, x[1:2])", "flip(A)", "[x; c]", "[A; x']",
    "commutation(m, n)", "tensor(i = 1..m, j = 1..n, k = 1..n, A[i,j]*x[k])", "T[:,:,2]", "n*c/m",
    "norm2(x)", "abs(C)", "where(x > c, x, 2*x)", "sum(A, axis=0)", "mean(A, axis=1)", "(x'*x)^c",
    "log_softmax(A, axis=0)", "pi*c", "sum(i = 1..n, f(x[i])*g(x*i)[1])", "unvec(vec(A), n, m)",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_tensors_and_formulas_have_the_same_values(text: str) -> None:
    formula = matcalc.parse(text, WHERE)
    generator = random.Random(text)
    values = {}
    for name, node in formula.inferred.variables.items():
        array = np.empty([d.evaluate(SIZES) for d in node.shape], dtype=object)
        for index in np.ndindex(*array.shape):
            array[index] = Fraction(generator.randint(-40, 40) * 2 + 1, 32)
        values[name] = array
    point = Point(SIZES, values)
    typed = value_at(formula.expression, point)
    tensor = tensor_at(tensor_of(formula.expression), point, 200)
    assert entries_at(formula.expression, point, 200).shape == typed.shape
    tolerance = context().mpf(2) ** -40
    for a, b in zip(typed.flat, tensor.reshape(typed.shape).flat, strict=True):
        both_undefined = context().isnan(a) and context().isnan(b)
        assert both_undefined or abs(a - b) <= tolerance * (1 + abs(a))
