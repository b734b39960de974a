"""Characters are refused by what they are, never normalised, never echoed if they hide."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from matcalc.errors import MatcalcError
from matcalc.syntax.characters import LETTERS, NOTATION, OPERATORS, check_characters, is_allowed
from matcalc.syntax.formula import parse_formula

GRAMMARS = Path(__file__).resolve().parents[2] / "grammar"

ERRORS = [
    # text, code, column, part of the hint
    ("ѕum(x)", "E601", 1, "sum"),
    ("maхimum + 1", "E601", 1, "maximum"),
    ("x + softmaх(y)", "E601", 5, "softmax"),
    ("ｘ + x", "E601", 1, "x"),
    ("𝐱'*x", "E601", 1, "x"),
    ("2*𝛼", "E601", 3, "α"),
    ("\u212a*x", "E601", 1, "K"),
    ("\u2126", "E601", 1, "Ω"),
    ("ﬁ(x)", "E601", 1, "fi"),
    ("µ", "E601", 1, "μ"),
    ("f（x)", "E601", 2, "("),
    ("１+x", "E601", 1, "1"),
    ("x\u0302 + y", "E603", 2, "x_hat"),
    ("w\u0302 + y", "E603", 2, "ŵ"),
    ("x\u20d7", "E603", 2, "x_vec"),
    ("ẋ", "E603", 1, "x_dot"),
    ("x \u202e+ y", "E602", 3, "U+202E"),
    ("x\u2028+ y", "E602", 2, "U+2028"),
    ("x \x1b[31m+ y", "E602", 3, "U+001B"),
    ("x \x01 y", "E602", 3, "U+0001"),
    ("x\x00", "E602", 2, "U+0000"),
    ("x\u200b", "E602", 2, "U+200B"),
    ("\ud800", "E602", 1, "U+D800"),
    ("x + 😀", "E102", 5, ""),
    ("漢 + * x", "E102", 1, "Latin and Greek"),
    ("xⁿ", "E107", 2, "^n"),
    ("x₁", "E107", 2, "_1"),
    ("½*x", "E107", 1, "1/2"),
    ("∇f", "E107", 1, "--wrt"),
    ("√x", "E107", 1, "sqrt("),
    ("x – y", "E107", 3, "-"),
    ("x’*y", "E107", 2, "'"),
    ("a ∗ b", "E107", 3, "*"),
]


@pytest.mark.parametrize(("text", "code", "column", "hint"), ERRORS)
def test_errors(text: str, code: str, column: int, hint: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        check_characters(text)
    error = caught.value
    assert (error.code, error.line, error.column) == (code, 1, column)
    assert hint in error.hint
    assert error.message.isprintable()
    assert error.hint.isprintable()


@pytest.mark.parametrize(
    "text", ["", "x\n\t+\r\ny", "ŵ'*x² − α·β ⊗ Γᵀ", "x\u00a0+\u2009y", "ϕ + ϵ"]
)
def test_what_is_allowed(text: str) -> None:
    check_characters(text)


def test_no_letter_is_another_in_disguise() -> None:
    for number in range(0x80, 0x3000):
        character = chr(number)
        if is_allowed(character) and character.isalpha() and character not in "ᵀϑϕϖϰϱϵ":
            assert unicodedata.normalize("NFKC", character) == character


def test_the_grammars_have_the_same_letters() -> None:
    for grammar in GRAMMARS.glob("*.lark"):
        if grammar.stem in ("formula", "declarations"):
            lines = grammar.read_text(encoding="utf-8").splitlines()
            (name,) = [line for line in lines if line.startswith("NAME: /(?![0-9_])")]
            assert f"[{LETTERS}0-9" in name


def test_every_operator_and_letter_is_lexed() -> None:
    for operator in OPERATORS:
        try:
            parse_formula(f"x{operator}¹")
        except MatcalcError as error:
            assert error.code != "E102"
    for number in range(0x80, 0x400):
        character = chr(number)
        if is_allowed(character) and re.fullmatch(f"[{LETTERS}]", character):
            assert parse_formula(character).value == character


def test_no_notation_is_refused_that_is_allowed() -> None:
    for characters, *_ in NOTATION:
        assert not any(is_allowed(character) for character in characters)
