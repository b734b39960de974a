"""Each slip is named where it is the right diagnosis, and what was meant is said."""

import pytest

import matcalc

A_X = "A: square(n); x: vector(n)"
LEAST = "A: matrix(m, n); x: vector(n); b: vector(m)"
LAYER = "W: matrix(m, n); x: vector(n); b, t: vector(m)"
DATA = "X: matrix(N, d); w: vector(d); y: vector(N); c: scalar"
INVERSE = "X: square(n); a, b: vector(n)"

# slip: (where, formula, variable, layout, claim, a part of the hint)
SLIPS = {
    "transposed": [
        ("a, x: vector(n)", "a'*x", "x", "denominator", "a'", "numerator layout"),
        ("A: matrix(m, n); x: vector(n)", "A*x", "x", "mixed", "A'", "denominator layout"),
        ("X: square(n)", "logdet(X)", "X", "numerator", "inv(X)'", "symmetric"),
        ("x: vector(n)", "norm2(x)^2", "x", "numerator", "x", "factor 2"),
        ("X: square(n)", "tr(X^2)", "X", "numerator", "X'", "factor 2"),
    ],
    "sign": [
        (LEAST, "norm2(A*x - b)^2", "x", "denominator", "2*A'*(b - A*x)", "negative"),
        (LEAST, "norm2(A*x - b)^2", "x", "denominator", "2*A'*(A*x + b)", "2*A'*(A*x - b)"),
        ("x: scalar", "x*sin(x)", "x", "numerator", "sin(x) - x*cos(x)", "sin(x) + x*cos(x)"),
        ("x: scalar", "exp(-x^2/2)", "x", "numerator", "-x*exp(x^2/2)", "exp(-x^2/2)"),
        ("y, z: vector(n)", "-y'*log_softmax(z)", "z", "mixed", "y - softmax(z)", "sum(y) = 1"),
        (A_X, "x'*A*x/(x'*x)", "x", "denominator",
         "(A + A')*x/(x'*x) + 2*(x'*A*x)*x/(x'*x)^2", "sign error"),
    ],
    "constant factor": [
        (LEAST, "norm2(A*x - b)^2", "x", "denominator", "A'*(A*x - b)", "factor 2 is missing"),
        ("x: scalar", "x^3", "x", "numerator", "x^2", "factor 3"),
        (DATA, "mean((X*w - y)^2)", "w", "denominator", "2*X'*(X*w - y)", "factor N"),
        (DATA, "sum((X*w - y)^2) + c*norm2(w)^2", "w", "denominator",
         "2*X'*(X*w - y) + c*w", "norm2(w)^2"),
        ("x: vector(n)", "x'*x", "x", "mixed", "2*x + 1e-30*x", "1.00000000000000000000"),
    ],
    "term": [
        (A_X, "x'*A*x", "x", "numerator", "x'*A", "product rule"),
        ("x: scalar", "x*sin(x)", "x", "numerator", "sin(x)", "x*cos(x)"),
        ("K: spd(n); y: vector(n)", "-1/2*y'*inv(K)*y - 1/2*logdet(K)", "K", "numerator",
         "1/2*inv(K)*y*y'*inv(K)", "logdet(K)"),
        ("x, y: vector(n)", "x'*y/(norm2(x)*norm2(y))", "x", "denominator",
         "y/(norm2(x)*norm2(y))", "quotient rule"),
        ("x: vector(n)", "(x'*x)*x", "x", "numerator", "(x'*x)*eye(n)", "2*x*x'"),
    ],
    "intermediate": [
        ("x: scalar", "u = x^2; x + u", "x", "numerator", "1", "u was treated as a constant"),
        ("x: scalar", "u = x^2; v = x + u; sin(v)", "x", "numerator", "cos(x + x^2)", "total"),
        ("x: scalar", "u = x^2; v = x*u; log(v)", "x", "numerator", "1/x", "through u"),
        ("x: vector(n)", "s = sum(x); s*x", "x", "numerator", "sum(x)*eye(n)", "through s"),
    ],
    "product": [
        ("W: square(n); x: vector(n)", "tanh(W*x)", "x", "numerator",
         "diag(1 - tanh(W*x)^2) .* W", "matrix product"),
        ("A, B: square(n); x: vector(n)", "A*B*x", "x", "numerator", "A .* B", "matrix product"),
        ("A, B, X: square(n)", "sum(A .* B .* X)", "X", "denominator", "A*B", "element-wise"),
    ],
    "order of factors": [
        ("A, B, X: square(n)", "tr(A*B*X)", "X", "mixed", "(B*A)'", "A*B"),
        ("A, B, X: square(n)", "tr(A*X*B)", "X", "mixed", "B'*A'", "A'*B'"),
        ("A, B: square(n); x: vector(n)", "A*B*x", "x", "numerator", "B*A", "commute"),
        ("w: vector(m*n); d: vector(m); a: vector(n)", "d'*unvec(w, m, n)*a", "w", "numerator",
         "kron(d', a')", "do not commute"),
    ],
    "outer product": [
        ("M: square(n); m, z: vector(n)", "normF(M)^2 + m'*M*z", "M", "mixed", "2*M + m'*z",
         "m*z' must"),
        ("x, y: vector(n); A: square(n)", "x'*A*y", "A", "mixed", "x'*y", "outer product"),
        ("x: vector(n)", "x/norm2(x)", "x", "numerator",
         "eye(n)/norm2(x) - x'*x/norm2(x)^3*eye(n)", "outer product"),
    ],
    "composition": [
        ("z: scalar", "sigmoid(z)", "z", "numerator", "sigmoid(1 - sigmoid(z))", "the product"),
        ("x: vector(n)", "sum(tanh(x).^2)", "x", "mixed", "2*tanh(1 - tanh(x)^2)", "composition"),
        ("a, x: vector(n)", "sigmoid(a'*x)", "x", "mixed", "sigmoid(1 - sigmoid(a'*x))*a",
         "composition"),
    ],
    "function at the wrong place": [
        ("c, d: vector(n)", "sum(d .* tanh(c))", "c", "mixed", "d .* (1 - tanh(tanh(c)).^2)",
         "at the output"),
        ("f: elementwise; x: vector(n)", "f(x)", "x", "numerator", "diag(f'(f(x)))", "output"),
        ("x: scalar", "sin(x^2)", "x", "numerator", "2*x*cos(x)", "at x, not at x^2"),
    ],
    "reduction": [
        ("S: spd(n)", "det(S)", "S", "numerator", "det(S)*tr(inv(S))", "inv(S) must"),
        ("x: vector(n)", "sum(x.^2)", "x", "mixed", "2*sum(x)", "nothing is added up"),
        ("X: matrix(m, n); y: vector(m)", "y'*X*X'*y", "X", "mixed", "2*y*sum(y'*X)", "y'*X must"),
    ],
    "extra term": [
        ("S: symmetric(n); v: vector(n); c: scalar", "v'*(S - c*eye(n))*v + c", "v", "mixed",
         "2*(S - c*eye(n))*v - 2*c*v", "-2*c*v"),
        ("x: scalar", "exp(x)", "x", "numerator", "exp(x) + x", "the term x too much"),
        (LEAST, "norm2(A*x - b)^2", "x", "mixed", "2*A'*(A*x - b) + b'*b", "b'*b"),
    ],
    "commuting": [
        ("A, X: square(n)", "tr(A*X^2)", "X", "numerator", "2*A*X", "A, X commute"),
        ("A, X: square(n)", "tr(A*X^3)", "X", "numerator", "3*A*X^2", "commute"),
        ("A, X: square(n)", "tr(X*A*X)", "X", "numerator", "2*X*A", "commute"),
    ],
    "only if symmetric": [
        (A_X, "x'*A*x", "x", "denominator", "2*A*x", "A is symmetric"),
        (A_X, "-x'*A*x", "x", "mixed", "2*A*x", "sign error; besides, right only if A"),
        (A_X, "-x'*A*x", "x", "numerator", "2*A*x", "transposed; besides, sign error; besides"),
        ("B: square(m); X: matrix(m, n)", "tr(X'*B*X)", "X", "denominator", "2*B*X", "B is"),
        ("A, B: square(n); x: vector(n)", "x'*(A .* B)*x", "x", "numerator", "2*x'*(A .* B)",
         "A, B are symmetric"),
        (INVERSE, "a'*inv(X)*b", "X", "denominator", "-inv(X)*a*b'*inv(X)", "inv(X)'"),
    ],
    "diag": [
        ("x: vector(n)", "x .* x", "x", "numerator", "2*x", "diag"),
        ("x: vector(n)", "exp(x)", "x", "numerator", "exp(x)", "diag"),
        ("x, y: vector(n)", "x .* y", "x", "numerator", "y", "diag"),
        ("x: vector(n)", "2*x", "x", "numerator", "2", "diag"),
    ],
    "sum": [
        ("x, y: vector(n); a: scalar", "sum(y .* exp(a*x))", "a", "numerator",
         "x .* y .* exp(a*x)", "sum"),
        (DATA, "sum(exp(X*w))", "w", "denominator", "diag(exp(X*w))*X", "sum"),
        ("X: matrix(m, n); a: scalar", "sum(a*X)", "a", "numerator", "X", "sum"),
    ],
    "ones": [
        ("x: vector(n)", "sum(x)", "x", "numerator", "1", "ones"),
        ("x: vector(n)", "sum(x)^2", "x", "numerator", "2*sum(x)", "ones"),
        ("X: matrix(m, n)", "sum(X)", "X", "denominator", "1", "ones"),
    ],
    "inner derivative": [
        ("x: scalar", "sin(x^2)", "x", "numerator", "cos(x^2)", "x^2"),
        ("x: scalar", "sin(3*x)", "x", "numerator", "cos(3*x)", "3*x"),
        ("x: scalar", "1/(1 + exp(-x))", "x", "numerator", "-exp(-x)/(1 + exp(-x))^2", "-x"),
        ("a, t: scalar", "relu(a*t)", "t", "numerator", "(1 + sign(a*t))/2", "a*t"),
        (A_X, "sum(sin(A*x))", "x", "mixed", "cos(A*x)", "A*x"),
        ("f: elementwise; x: vector(n)", "f(f(x))", "x", "numerator", "diag(f'(f(x)))", "f(x)"),
        ("A: matrix(m, n); x: vector(n)", "softmax(A*x)", "x", "numerator",
         "diag(softmax(A*x)) - softmax(A*x)*softmax(A*x)'", "A*x"),
    ],
    "outer derivative": [
        ("x: vector(n); A: matrix(m, n); g: vector(m) -> vector(k)", "g(A*x)", "x", "numerator",
         "A", "A*x"),
        ("A: matrix(m, n); x: vector(n)", "logsumexp(A*x)", "x", "numerator", "A", "A*x"),
        ("A: matrix(m, n); x: vector(n)", "norm2(A*x)", "x", "numerator", "A", "A*x"),
    ],
    "function derivative": [
        (LAYER, "sigmoid(W*x + b)", "x", "numerator", "diag(sigmoid(W*x + b))*W", "sigmoid"),
        (LAYER, "norm2(sigmoid(W*x + b) - t)^2/2", "W", "denominator",
         "(sigmoid(W*x + b) - t)*x'", "derivative of sigmoid is missing"),
        ("x: scalar", "sin(x^2)", "x", "numerator", "2*x*sin(x^2)", "sin itself"),
    ],
    "softmax": [
        ("A: matrix(m, n); x: vector(n)", "softmax(A*x)", "x", "numerator",
         "diag(softmax(A*x))*A", "diag(p) - p*p'"),
        ("x: vector(n)", "softmax(x)", "x", "numerator", "diag(softmax(x))", "diag(p) - p*p'"),
        ("Q: matrix(n, d); K: matrix(m, d); G: matrix(n, m)", "sum(G .* softmax(Q*K', axis=1))",
         "Q", "denominator", "(softmax(Q*K', axis=1) .* G)*K", "diagonal"),
    ],
    "product rule": [
        ("x: scalar", "x*sin(x)", "x", "numerator", "cos(x)", "product of the derivatives"),
        ("x: scalar", "x^2/sin(x)", "x", "numerator", "2*x/cos(x)", "quotient rule"),
        ("x: vector(n)", "sin(x) .* tanh(x)", "x", "numerator", "diag(cos(x) .* (1 - tanh(x)^2))",
         "product rule"),
        ("x: vector(n)", "sin(x) .* x.^2", "x", "numerator", "diag(2*x .* cos(x))",
         "product of the derivatives"),
    ],
    "power rule": [
        ("x: scalar", "sin(x)^3", "x", "numerator", "3*sin(x)^3*cos(x)", "lowered"),
        ("x: scalar", "x^3", "x", "numerator", "3*x^3", "lowered"),
        ("x: vector(n)", "sum(x.^4) + sum(x)", "x", "denominator", "4*x.^4 + 1", "lowered"),
    ],
    "factor": [
        (DATA, "sum(log(1 + exp(-(y .* (X*w)))))", "w", "denominator",
         "-(X'*sigmoid(-(y .* (X*w))))", "factor y"),
        ("X: square(n)", "det(X'*X)", "X", "numerator", "2*det(X)*inv(X)", "det(X)"),
        (LEAST, "norm2(A*x - b)", "x", "denominator", "A'*(A*x - b)", "norm2(A*x - b)"),
    ],
    "function": [
        ("X: square(n)", "logdet(X)", "X", "numerator", "det(X)*inv(X)", "det(X)"),
        ("x: vector(n)", "norm2(x)", "x", "numerator", "sign(x)'", "n = 1"),
        ("x: vector(n)", "norm2(x)", "x", "numerator", "2*x'", "norm2(x)^2"),
    ],
    "inverse": [
        ("K: spd(n); y: vector(n)", "y'*inv(K)*y", "K", "denominator", "-inv(K)*y*y'", "-Y*dX*Y"),
        ("K: spd(n); y: vector(n)", "y'*inv(K)*y", "K", "denominator", "-y*y'*inv(K)", "-Y*dX*Y"),
        ("K: square(n); A: square(n)", "tr(A*inv(K))", "K", "numerator", "-A*inv(K)", "-Y*dX*Y"),
    ],
    "power": [
        ("a, x: vector(n)", "tanh(a'*x)", "x", "denominator", "(1 - tanh(a'*x))^2*a",
         "1 - tanh(a'*x)^2"),
        (LAYER, "norm2(tanh(W*x + b) - t)^2/2", "b", "denominator",
         "(tanh(W*x + b) - t) .* (1 - tanh(W*x + b))", "tanh(W*x + b)^2"),
        ("x: scalar", "tan(x)", "x", "numerator", "1 + tan(x)", "tan(x)^2"),
    ],
    "variable": [
        ("x, w: vector(n)", "w'*x", "w", "numerator", "w'", "derivative by x"),
        ("x, y: vector(n)", "x .* y", "x", "numerator", "diag(x)", "derivative by y"),
        (INVERSE, "a'*inv(X)*b", "X", "denominator", "-inv(X)'*b*a'*inv(X)'", "interchanged"),
        ("A, B: square(n); x: vector(n)", "x'*A*x", "x", "mixed", "(B + B')*x", "B"),
        ("V: matrix(p, m); W: matrix(m, n); x: vector(n); y: vector(p)",
         "1/2*norm2(V*tanh(W*x) - y)^2", "V", "denominator", "(V*tanh(W*x) - y)*x'", "tanh(W*x)"),
    ],
    "condition": [
        ("x, y: vector(n)", "max(x, y)", "x", "numerator", "diag([x > 0])", "x >= y"),
        ("x, y: vector(n)", "min(x, y)", "x", "numerator", "diag([x < 0])", "x <= y"),
        ("x: vector(n); b: scalar", "sum(max(0, x - b))", "x", "denominator", "[x > 0]", "x > b"),
    ],
    "region": [
        ("x: scalar", "abs(x)", "x", "numerator", "1", "x > 0"),
        ("x: scalar", "sqrt(x^2)", "x", "numerator", "1", "x > 0"),
        ("x: scalar", "max(0, x - 10)", "x", "numerator", "0", "x - 10 < 0"),
        ("x: scalar", "where(x > 6, x^2, 12*x - 36)", "x", "numerator", "12", "x < 6"),
        ("w, x: vector(n); b: scalar", "max(0, w·x + b)", "w", "numerator", "x'", "w·x + b > 0"),
        ("a: scalar", "a*abs(a)", "a", "numerator", "2*a", "a > 0"),
        ("A: square(n)", "max(0, tr(A) - 500)", "A", "denominator", "0*A", "tr(A) - 500 < 0"),
    ],
    "kink": [
        ("x: scalar", "relu(x)", "x", "numerator", "[x >= 0]", "but for the kink"),
        ("x: scalar", "abs(x)", "x", "numerator", "where(x > 0, 1, -1)", "but for the kink"),
        ("x, y: vector(n)", "max(x, y)", "x", "numerator", "diag([x > y])", "but for the kink"),
    ],
    "special values": [
        (DATA, "X'*(y .* sigmoid(y .* (X*w)))", "w", "numerator",
         "z = y .* (X*w); X'*diag(sigmoid(z) .* sigmoid(-z))*X", "y^2 = 1"),
        ("y, z: vector(n)", "-y'*log_softmax(z)", "z", "denominator", "softmax(z) - y",
         "sum(y) = 1"),
        ("X: matrix(N, d); Y: matrix(N, k); W: matrix(d, k)",
         "-sum(Y .* log_softmax(X*W, axis=1))", "W", "denominator",
         "X'*(softmax(X*W, axis=1) - Y)", "rows of Y"),
    ],
    "size": [
        ("X: square(n)", "det(X)", "X", "denominator", "tr(X)*eye(n) - X'", "n = 2"),
        ("x: vector(n)", "mean(x)", "x", "mixed", "vector(1)/3", "n = 3"),
        ("x: vector(n)", "sum(x)^2", "x", "numerator", "2*x'", "n = 1"),
        ("X: square(n)", "det(X) - (tr(X)^3 - 3*tr(X)*tr(X^2) + 2*tr(X^3))/6", "X", "mixed",
         "0*X", "n = 3"),
    ],
    "convention": [
        ("S: symmetric(n)", "logdet(S)", "S", "mixed", "2*inv(S) - diag(diag(inv(S)))",
         "convention"),
        ("S: symmetric(n)", "tr(S^2)", "S", "denominator", "4*S - 2*diag(diag(S))", "convention"),
        ("S: symmetric(n); A: square(n)", "tr(A*S)", "S", "mixed", "(A + A')/2", "convention"),
    ],
    "approximation": [
        ("x: scalar", "sin(x)", "x", "numerator", "1 - x^2/2 + x^4/24", "near x = 0"),
        ("x: scalar", "exp(x)", "x", "numerator", "1 + x + x^2/2", "near x = 0"),
        ("x: scalar", "1/(1 - x)", "x", "numerator", "1 + 2*x + 3*x^2", "near x = 0"),
    ],
    "undefined": [
        ("x: vector(n)", "x'*x", "x", "mixed", "2*x + log(-1)*0*x", "no value"),
        ("x: vector(n); a: scalar", "x'*x", "x", "mixed", "2*x/(a - a)*(a - a)", "no value"),
        ("x: scalar", "x^2", "x", "numerator", "2*exp(log(x))", "no value"),
    ],
    "shape": [
        (A_X, "x'*A*x", "x", "mixed", "A", "vector"),
        ("x: vector(n)", "x", "x", "numerator", "x", "matrix"),
        ("X: square(n)", "inv(X)", "X", "numerator", "-inv(X)*inv(X)", "tensor"),
    ],
}  # fmt: skip

CASES = [(slip, *case) for slip, cases in SLIPS.items() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]}: {c[2]} | {c[5]}" for c in CASES])
def test_slip(case: tuple[str, ...]) -> None:
    slip, where, formula, variable, layout, claim, part = case
    verdict = matcalc.check(formula, variable, claim, where, layout)  # type: ignore[arg-type]
    assert verdict.verdict == "refuted"
    assert not verdict.ok
    assert (verdict.slip, part in verdict.hint) == (slip, True), str(verdict)


# claims whose own shapes do not fit: (where, formula, variable, layout, claim, part of the hint)
MISFITS = {
    "transposed factor": [
        ("A: square(n); x: vector(n)", "x'*A*x", "A", "mixed", "x*x", "outer product x*x'"),
        ("E: symmetric(n); y: vector(n); s: scalar", "y'*inv(s*E)*y", "s", "numerator",
         "-y'*inv(s*E)*E*inv(s*E)*y'", "inv(s*E)*y"),
        ("A: matrix(m, n); x: vector(n); b: vector(m)", "b'*A*x", "x", "mixed", "A*b", "A'*b"),
    ],
    "diag": [
        ("H: matrix(n, p); w: vector(p)", "sigmoid(H*w)", "w", "numerator",
         "sigmoid(H*w) .* (1 - sigmoid(H*w))*H", "diag(sigmoid(H*w) .* (1 - sigmoid(H*w)))*H"),
        ("W: matrix(m, n); x: vector(n)", "tanh(W*x)", "x", "numerator", "(1 - tanh(W*x)^2)*W",
         "diag(1 - tanh(W*x)^2)*W"),
    ],
    "product": [
        ("x, y: vector(n)", "sum(x.^2 .* y)", "x", "mixed", "2*x*y", ".* y"),
        ("X: matrix(m, n); w: vector(n)", "X*w", "w", "mixed", "X .* eye(n)", "X*eye(n)"),
    ],
    "variable": [
        ("L: matrix(n, m) -> scalar; x: matrix(n, d); w: matrix(d, m)", "L(x*w)", "x", "mixed",
         "L'(x*w)'*x'", "x' stands where w' must"),
        ("A: matrix(m, n); x: vector(n); b: vector(m)", "b'*A*x", "x", "mixed", "A'*x", "b must"),
    ],
    "row and column": [
        ("x: vector(n)", "x'*x", "x", "mixed", "x + x'", "a row and a column are added"),
        ("A: square(n); x: vector(n)", "x'*A*x", "x", "mixed", "A*x + x'*A", "(x'*A)'"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [(slip, *case) for slip, cases in MISFITS.items() for case in cases], ids=str
)
def test_what_does_not_fit(case: tuple[str, ...]) -> None:
    slip, where, formula, variable, layout, claim, part = case
    verdict = matcalc.check(formula, variable, claim, where, layout)  # type: ignore[arg-type]
    assert (verdict.verdict, verdict.slip) == ("refuted", slip), str(verdict)
    assert "do not fit" in verdict.reason
    assert part in verdict.hint, verdict.hint


def test_what_does_not_fit_and_nothing_mends_is_an_error() -> None:
    with pytest.raises(matcalc.MatcalcError, match="E301"):
        matcalc.check("x'*x", "x", "A*A", "A: matrix(m, n); x: vector(n)")


def test_every_slip_has_three_formulas() -> None:
    assert all(len(cases) >= 3 for cases in SLIPS.values())


def test_what_nothing_explains_has_no_slip() -> None:
    verdict = matcalc.check("sin(x^2)", "x", "x^5 - 7*cos(3*x)", "x: scalar")
    assert verdict.verdict == "refuted"
    assert verdict.slip == ""
    assert "2*x*cos(x^2)" in verdict.hint
