"""`dY = ...` is a statement about Y: right, wrong with the slip, or not to be read."""

from __future__ import annotations

import pytest

from matcalc.documents.documents import check_text

GIVEN = """where: S: spd(n); X: square(n); A: square(n); x: vector(n); c: scalar
f = logdet(S)
Y = X*A*X
g = x'*A*x
u = 2*X
h = tr(X'*u)
v = sin(c*x)
"""


def found(lines: str) -> list[tuple[str, str]]:
    report = check_text(GIVEN + lines, "a.mc")
    return [(f.outcome, f.verdict.slip if f.verdict is not None else "") for f in report.findings]


@pytest.mark.parametrize(
    "line",
    [
        "df = tr(inv(S)*dS)",
        "df = tr(dS*inv(S)')",
        "dY = dX*A*X + X*A*dX",
        "dY = X*dA*X",
        "dY = X*dA*X + dX*A*X + X*A*dX",
        "dg = x'*(A + A')*dx",
        "dg = dx'*A*x + x'*A*dx = x'*(A + A')*dx",
        "dg = dx'*A*x + x'*A*dx + x'*dA*x",
        "du = 2*dX",
        "dh = 4*tr(X'*dX)",
        "dh = tr(dX'*u) + tr(X'*du)",
        "dh = 2*tr(X'*du)",
        "dv = cos(c*x) .* (c*dx + x*dc)",
        "dv = c*diag(cos(c*x))*dx",
    ],
)
def test_right(line: str) -> None:
    assert all(outcome == "right" for outcome, _ in found(line))


@pytest.mark.parametrize(
    ("line", "slip"),
    [
        ("df = 5*tr(inv(S)*dS)", "constant factor"),
        ("df = -tr(inv(S)*dS)", "sign"),
        ("dY = dX*A*X", "term"),
        ("dY = dX*A*X - X*A*dX", "sign"),
        ("dg = 2*x'*A*dx", "only if symmetric"),
        ("du = dX", "constant factor"),
        ("dh = 3*tr(X'*du)", "constant factor"),
        ("dY = A*dX*X + X*A*dX", ""),
    ],
)
def test_wrong(line: str, slip: str) -> None:
    ((outcome, named),) = found(line)
    assert outcome == "wrong"
    assert not slip or named == slip


def test_in_a_chain_a_wrong_side_is_found() -> None:
    outcomes = [outcome for outcome, _ in found("dg = x'*(A + A')*dx = 2*x'*A*dx")]
    assert outcomes == ["right", "wrong"]


def test_several_lines_may_state_the_same_differential() -> None:
    lines = "df = tr(inv(S)*dS)\ndf = 5*tr(inv(S)*dS)"
    assert [outcome for outcome, _ in found(lines)] == ["right", "wrong"]


def test_undeclared_names_have_differentials_too() -> None:
    text = "f = logdet(X)\ndf = 5*tr(inv(X)*dX)"
    (finding,) = check_text(text, "a.mc").findings
    assert finding.outcome == "wrong"


def test_a_side_that_does_not_say_what_moves_is_not_read() -> None:
    outcomes = [outcome for outcome, _ in found("dg = x'*(A + A')*dx = x'*x")]
    assert outcomes == ["right", "unread"]


def test_a_name_that_begins_with_d_may_be_defined() -> None:
    text = "where: x, y: vector(n)\ndx = x - y\nf = dx'*dx\nf - x'*x = y'*y - 2*x'*y"
    assert [f.outcome for f in check_text(text, "a.mc").findings] == ["right"]
