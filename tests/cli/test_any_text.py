"""Whatever is typed gets an answer or an error that names its place: never a traceback."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.command import command

PIECES = st.sampled_from(
    "x y A B a b n 2 0 1/2 0.5 ( ) [ ] ' ^ ^2 ^-1 .^ * .* / ./ + - · @ , ; : = < == sum( exp( "
    "log( max( abs( norm2( tr( det( inv( diag( softmax( [i,j] [1] [1:2] eye ones( ᵀ ²".split()
)
SOUP = st.lists(PIECES, max_size=12).map("".join)
ANYTHING = st.text(max_size=20).filter(lambda text: text != "-")
KINDS = st.sampled_from(["", "x: vector(n)", "A: square(n); x: vector(n)", "x: scalar", "x: ("])


@settings(max_examples=300)
@given(st.one_of(SOUP, ANYTHING), KINDS, st.sampled_from(["x", "A", "x[1]", "A[1,2]"]))
def test_any_formula(text: str, where: str, wrt: str) -> None:
    outcome = command(
        "diff", "--format=json", "--where", where, "--wrt", wrt, "-", stdin=encoded(text)
    )
    record = json.loads(outcome.out)
    assert outcome.code == (0 if record["ok"] else 2)
    if not record["ok"] and record["error"]["line"]:
        error = record["error"]
        assert 1 <= error["line"] <= error["source"].count("\n") + 1
        assert 1 <= error["column"] <= len(error["source"].split("\n")[error["line"] - 1]) + 1


@given(
    st.lists(st.one_of(ANYTHING, st.sampled_from(["diff", "--wrt", "--", "--help"])), max_size=5)
)
def test_any_command_line(words: list[str]) -> None:
    outcome = command(*words)
    assert outcome.code in (0, 2)
    assert outcome.out or outcome.err


@given(ANYTHING, ANYTHING)
def test_any_variable_and_declarations(wrt: str, where: str) -> None:
    assert command("diff", "--wrt", wrt, "--where", where, "x'*x").code in (0, 2)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
