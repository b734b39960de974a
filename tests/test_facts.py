"""Kinks and domains: every row of the table that has one tells it."""

import random

import pytest

import matcalc
from matcalc.expressions.functions import DEFINED, ELEMENTARY, PRIMITIVE

NOTES = [
    ("max(0, w·x + b)", "w", ["W401 w·x + b == 0; there the slope of max is taken as 0"]),
    (
        "max(a, b)",
        "a",
        ["W401 a == b; there the slope of max is taken as that of its first argument"],
    ),
    ("sum(abs(x))", "x", ["W401 x == 0 (entry by entry); there the slope of abs is taken as 0"]),
    ("norm1(x)", "x", ["W401 x == 0 (entry by entry); there the slope of abs is taken as 0"]),
    ("leaky_relu(a)", "a", ["W401 a == 0; there the slope of leaky_relu is taken as 1/100"]),
    (
        "norm2(x - x)",
        "x",
        ["W401 x - x is the same everywhere: norm2 of it is constant, with derivative 0"],
    ),
    ("norm2(A*x - y)", "x", ["W401 A*x - y == 0 (all entries)"]),
    ("max(x)", "x", ["W401 two entries tie: max(x)"]),
    ("norminf(x)", "x", ["W401 two entries tie: max(abs(x))"]),
    ("sqrt(a)", "a", ["W402 a > 0; at equality the slope is infinite"]),
    ("sqrt((a - 1)^2)", "a", ["W402 (a - 1)^2 != 0"]),
    ("(x'*x)^(1/2)", "x", ["W402 x'*x != 0"]),
    ("sqrt(1 - 2*a)", "a", ["W402 1 - 2*a > 0; at equality the slope is infinite"]),
    ("sqrt(sum((x - mean(x)).^2))", "x", ["W402 sum((x - mean(x))^2) != 0"]),
    ("sqrt(a^3)", "a", ["W402 a^3 > 0"]),
    ("a^(3/2)", "a", ["W402 a >= 0"]),
    ("a^b", "b", ["W402 a > 0"]),
    ("log(a)", "a", ["W402 a > 0"]),
    ("log(det(X))", "X", ["W402 det(X) > 0"]),
    ("A^-1*x", "A", ["W402 det(A) != 0"]),
    ("inv(A)*x", "A", ["W402 det(A) != 0"]),
    ("x[1]/x[2]", "x", ["W402 x[2] != 0"]),
    ("1/x", "x", ["W402 x != 0 (entry by entry)"]),
    ("x.^-2", "x", ["W402 x != 0 (entry by entry)"]),
    ("arcsin(a)", "a", ["W402 abs(a) < 1"]),
    ("sum(i = 1..n, log(x[i]))", "x", ["W402 x[i] > 0 for every i"]),
    (
        "sum(i = 1..n, abs(x[i]))",
        "x",
        ["W401 x[i] == 0 for some i; there the slope of abs is taken as 0"],
    ),
    ("where(a > 0, a, 0)", "a", ["W401 a == 0"]),
    ("where(a == 0, 1, sin(a)/a)", "a", ["W401 a == 0", "W402 a != 0"]),
    ("X^-3*b", "X", ["W402 det(X) != 0"]),
    ("x/norm2(x)", "x", ["W401 x == 0 (all entries)", "W402 norm2(x) != 0"]),
    ("log(sum(x))", "x", ["W402 sum(x) > 0"]),
    ("logdet(A'*X*A)", "X", ["W402 det(A'*X*A) > 0"]),
    ("sqrt(x'*x)", "x", ["W402 x'*x != 0"]),
    ("[x > y]", "x", ["W401 x == y (entry by entry)"]),
    ("arccosh(a)", "a", ["W402 a > 1"]),
    ("x .^ y", "x", ["W402 x > 0 (entry by entry)"]),
    ("1/(x'*B*x)", "x", ["W402 x'*B*x != 0"]),
    ("(-2)^a", "a", ["W402 the answer holds nowhere: -2 > 0 is false"]),
    ("tan(a)", "a", ["W402 cos(a) != 0"]),
    (
        "max(min(a, 1), b)",
        "a",
        [
            "W401 a == 1; there the slope of min is taken as 0",
            "W401 min(a, 1) == b; there the slope of max is taken as that of its first argument",
        ],
    ),
]

ELSEWHERE = "; the derivative exists elsewhere too, this form of it does not"

FORMS = [  # polynomials, whose derivatives exist everywhere: what the printed form needs
    ("det(X)", "X", []),
    ("abs(det(X))", "X", ["W401 det(X) == 0; there the slope of abs is taken as 0"]),
    ("det(X)^2", "X", [f"W402 det(X) != 0{ELSEWHERE}"]),
    ("det(A*X)", "X", [f"W402 det(A*X) != 0{ELSEWHERE}"]),
    ("adj(X)*b", "X", [f"W402 det(X) != 0{ELSEWHERE}"]),
    ("prod(x)", "x", [f"W402 x != 0 (entry by entry){ELSEWHERE}"]),
]

NOTHING = [
    ("min(r, max(r, 0))", "r", "r: scalar"),
    ("b*min(r, max(r, 0))", "r", "r, b: scalar"),
    ("abs(a)*abs(a)*a", "a", ""),
    ("max(a, a)", "a", ""),
    ("max(a, 2*a - a)*b", "a", ""),
    ("abs(a - a + 1)", "a", ""),
    ("x'*A*x", "x", ""),
    ("max(0, b)*a", "a", ""),
    ("1/(1 + exp(-a))", "a", ""),
    ("log(1 + exp(a))", "a", ""),
    ("sqrt(x'*x + 1)", "x", ""),
    ("norm2(A*x - y)^2", "x", ""),
    ("max(0, a)^2", "a", ""),
    ("abs(a)^2", "a", ""),
    ("logdet(P)", "P", "P: spd(n)"),
    ("a^2 + a^3", "a", ""),
    ("x^n*a", "x", "x: scalar; a: scalar; u: vector(n)"),
    ("1/b", "a", "a, b: scalar"),
    ("sqrt(x'*P*x + 1)", "x", "P: spd(n)"),
    ("log(2 - tanh(a))", "a", ""),
    ("arcsin(sin(a)/2)", "a", ""),
    ("1/(cosh(a) - 1/2)", "a", ""),
]


def told(derivative: matcalc.Derivative) -> list[str]:
    return [
        f"{fact.code} {fact.message}".replace("not differentiable where ", "").replace(
            "the answer holds where ", ""
        )
        for fact in derivative.notes
        if fact.code.startswith("W4")
    ]


@pytest.mark.parametrize(("text", "wrt", "notes"), NOTES, ids=[n[0] for n in NOTES])
def test_notes(text: str, wrt: str, notes: list[str]) -> None:
    assert told(matcalc.diff(text, wrt)) == notes


@pytest.mark.parametrize(("text", "wrt", "notes"), FORMS, ids=[n[0] for n in FORMS])
def test_forms_of_polynomials(text: str, wrt: str, notes: list[str]) -> None:
    assert told(matcalc.diff(text, wrt, "A, X: square(n); b, x: vector(n)")) == notes


@pytest.mark.parametrize(("text", "wrt", "where"), NOTHING, ids=[n[0] for n in NOTHING])
def test_nothing_to_note(text: str, wrt: str, where: str) -> None:
    assert told(matcalc.diff(text, wrt, where)) == []


@pytest.mark.parametrize(
    "row",
    [row for row in (*ELEMENTARY, *PRIMITIVE, *DEFINED) if row.kink or row.domain],
    ids=lambda row: row.name,
)
def test_every_row_tells_its_kink_and_its_domain(row) -> None:  # type: ignore[no-untyped-def]
    if not row.derivatives:
        kind = {"square": "square(n)", "matrix": "matrix(m, n)"}.get(row.takes, "vector(n)")
        derivative = matcalc.diff(f"{row.name}(v)", "v", f"v: {kind}")
    else:
        arguments = "v, u" if len(row.parameters) == 2 else "v"
        derivative = matcalc.diff(f"{row.name}({arguments})", "v", "u, v: scalar")
    notes = told(derivative)
    assert any(note.startswith("W401") for note in notes) is bool(row.kink)
    assert any(note.startswith("W402") for note in notes) is (
        bool(row.domain) and row.name != "det"
    )


def test_second_derivatives_have_the_kinks_of_the_first() -> None:
    assert told(matcalc.diff("elu(a)", "a")) == []
    assert told(matcalc.diff("elu(a)", "a", order=2)) == ["W401 a == 0"]
    assert told(matcalc.diff("max(0, a)^2", "a", order=2))


def test_deep_formulas_do_not_tell_everything() -> None:
    text = "relu(A*" * 50 + "x" + ")" * 50
    notes = told(matcalc.diff(text, "x", "A: square(n); x: vector(n)"))
    assert len(notes) == 9
    assert notes[-1] == "W401 and 42 more such conditions"


PIECES = ("r", "2*r", "1", "0", "-r", "r - 1")
STEPS = (
    "max({0}, {1})", "min({0}, {1})", "abs({0}) + {1}", "relu({0}) - {1}", "({0})*max({1}, 0)",
    "{0} + step({1})", "where({0} > 0, {0}, {1})", "norm2([{0}; {1}])",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_where_nothing_is_noted_the_slopes_on_both_sides_agree(seed: int) -> None:
    rng = random.Random(seed)
    formula = rng.choice(PIECES)
    for _ in range(rng.randint(1, 3)):
        parts = [formula, rng.choice(PIECES)]
        rng.shuffle(parts)
        formula = rng.choice(STEPS).format(*parts)
    where, step = "r: scalar", 1e-7
    if told(matcalc.diff(formula, "r", where)):
        return
    value = matcalc.parse(formula, where=where)
    for r in (-1.0, -0.5, 0.0, 1 / 3, 0.5, 1.0, 1.5, 2.0):  # where pieces may meet
        here, left, right = (float(value.evaluate(r=at)) for at in (r, r - step, r + step))
        assert (right - here) / step == pytest.approx((here - left) / step, abs=1e-4), (formula, r)
