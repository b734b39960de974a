"""Work is counted: what would take for ever ends in an answer or in the error of a limit."""

import pytest

import matcalc
from matcalc.limits import LIMITS, bounded, counted, limit, seconds_left, spend

SCALAR = "x: scalar"


def program(first: str, step: str, times: int, last: str) -> str:
    lines = [first, *[step.format(before=k, after=k + 1) for k in range(times)], last]
    return "; ".join(lines)


LARGE = [
    *[(f, f[-2], "", 10) for f in ("logsumexp(x)", "softmax(x)", "norm2(x)", "det(X)", "inv(X)")],
    ("(mean(X)*((tr(X)*X).^-1)^3)[1,2]", "X", "", 2),
    (program("u0 = A ⊗ A", "u{after} = u{before} ⊗ u{before}", 23, "u23[1,1]"), "A", "", 1),
    (program("u0 = [A, A; A, A]", "u{after} = [u{before}, u{before}; u{before}, u{before}]", 9,
             "sum(u9)"), "A", "A: square(n)", 1),
    (program("t0 = x", "t{after} = t{before}*sin(t{before})", 300, "t300"), "x", SCALAR, 1),
    ("softmax(" * 30 + "x" + ")" * 30, "x", "", 2),
    ("[" + "; ".join([", ".join(["a"] * 150)] * 150) + "]", "a", "a: scalar", 1),
    (" + ".join(f"sin({k}*x)" for k in range(12_000)), "x", SCALAR, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "where", "order"), LARGE, ids=lambda v: str(v)[:20])
def test_work_is_bounded(
    text: str, wrt: str, where: str, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCALC_SECONDS", "100000")  # the clock of a busy machine says nothing
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.diff(text, wrt, where, order=order)
    assert caught.value.code in ("E503", "E506")
    assert "MATCALC_" in caught.value.hint


def test_a_long_network_is_within_the_limit() -> None:
    layers = [f"h{k + 1} = tanh(W{k}*h{k} + b{k})" for k in range(300)]
    where = "; ".join(f"W{k}: square(n); b{k}: vector(n)" for k in range(300)) + "; x: vector(n)"
    text = "; ".join(["h0 = x", *layers, "sum(h300)"])
    assert matcalc.diff(text, "x", where).shape == ("1", "n")


def test_a_limit_is_raised_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCALC_GROWTH", "0")
    monkeypatch.setenv("MATCALC_NODES", "100")
    with pytest.raises(matcalc.MatcalcError, match="E506"):
        matcalc.hessian("sum(softplus(X*w + b))", ["w", "b"])
    monkeypatch.setenv("MATCALC_NODES", "300000")
    assert matcalc.hessian("sum(softplus(X*w + b))", ["w", "b"])


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_is_read_and_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MATCALC_{name.upper()}", "7")
    assert limit(name) == 7
    with pytest.raises(matcalc.MatcalcError, match=LIMITS[name].code):
        bounded(name, 8)
    for text in ("", "-1", "many", "1.5", "9" * 30):
        monkeypatch.setenv(f"MATCALC_{name.upper()}", text)
        with pytest.raises(matcalc.MatcalcError, match="E702"):
            limit(name)


def test_a_call_counts_what_it_calls_and_no_more() -> None:
    spend(10**9)  # outside of calls nothing is counted

    def twice() -> None:
        for _ in range(2):
            with counted():
                spend(limit("nodes") * 2 // 3)

    with counted(), pytest.raises(matcalc.MatcalcError, match="E506"):
        twice()
    with counted():
        spend(1)


def test_the_clock_is_the_last_net() -> None:
    with counted(0), pytest.raises(matcalc.MatcalcError, match="E504"):
        spend(10_000)
    with counted(1), counted(100):
        assert seconds_left() <= 1
    assert seconds_left() == float("inf")
