"""Every equality of a derivation: right, wrong, following from a wrong line, or unread."""

import itertools
import random

import pytest
import sympy

from matcalc.documents.checking import Settings
from matcalc.documents.documents import check_text
from matcalc.errors import MatcalcError


def outcomes(text: str, name: str = "a.mc", **settings: object) -> list[str]:
    report = check_text(text, name, Settings(**settings))  # type: ignore[arg-type]
    return [finding.outcome for finding in report.findings]


def codes(text: str, name: str = "a.mc") -> list[str]:
    report = check_text(text, name)
    return [finding.error.code if finding.error else "" for finding in report.findings]


# Partial and total derivatives


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("∂y/∂x = 1", "right"),
        ("∂y/∂x = 1 + 2*x", "right"),
        ("dy/dx = 1 + 2*x", "right"),
        ("dy/dx = 1", "wrong"),
        ("∂y/∂x = 2*x", "wrong"),
        ("dy/dx = ∂y/∂x + ∂y/∂u*du/dx", "right"),
        ("dy/dx = ∂y/∂u*du/dx", "wrong"),
        ("dy/dx = dy/dx", "right"),
        ("∂y/∂u = 1", "right"),
        ("∂u/∂x = 2*x", "right"),
        ("∇y = 1 + 2*x", "right"),
        ("∇_u y = 1", "right"),
        ("∂²y/∂x² = 2", "right"),
        ("∂²y/∂x² = 0", "wrong"),
        ("y - x = x^2", "right"),
        ("x + u = x^2", "wrong"),
        ("u = 3*x", "unread"),
    ],
)
def test_partial_and_total(line: str, outcome: str) -> None:
    text = f"where: x: scalar\nu = x^2\ny = x + u\n{line}"
    assert outcomes(text) == [outcome]


def test_what_a_partial_derivative_is_taken_for_is_told() -> None:
    report = check_text("where: x: scalar\nu = x^2\ny = x + u\n∂y/∂x = 1", "a.mc")
    assert "partial derivative" in str(report)


def test_once_understood_a_symbol_keeps_its_meaning() -> None:
    assert outcomes("where: x: scalar\nu = x^2\ny = x + u\n∂y/∂x = 1 = 1 + 2*x")[-1] != "right"


FORMS = ["{a}*{b}", "{a} + {b}^2", "sin({a})*{b}", "{a}^2*{b} - {a}", "exp({a}) + {a}*{b}"]


@pytest.mark.parametrize("seed", range(4))
def test_random_scalar_graphs_agree_with_sympy(seed: int) -> None:
    generator = random.Random(seed)
    names = ["x"]
    own: dict[str, str] = {}
    for name in ("u", "v", "y"):
        a, b = generator.choice(names), names[-1]
        own[name] = generator.choice(FORMS).format(a=a, b=b)
        names.append(name)
    symbols = {name: sympy.Symbol(name) for name in names}
    values = {name: sympy.sympify(text, locals=symbols) for name, text in own.items()}
    expected = []
    lines = ["where: x: scalar", *[f"{name} = {text}" for name, text in own.items()]]
    for top, bottom in itertools.combinations(names, 2):
        top, bottom = bottom, top
        whole = values[top]
        for name in ("v", "u"):
            if name not in (top, bottom):
                whole = whole.subs(symbols[name], values[name])
        total = sympy.diff(whole, symbols[bottom])
        partial = sympy.diff(values[top], symbols[bottom])
        lines.append(f"d{top}/d{bottom} = {total}".replace("**", "^"))
        expected.append("right")
        lines.append(f"d{top}/d{bottom} = {total + symbols['x']}".replace("**", "^"))
        expected.append("wrong")
        if partial != 0:
            lines.append(f"∂{top}/∂{bottom} = {partial}".replace("**", "^"))
            expected.append("right")
    assert outcomes("\n".join(lines)) == expected, lines


# Chains, and lines that follow from wrong ones


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["dy/dx = 2*x = x + x = 2*x"], ["right"] * 3),
        (["dy/dx = 3*x = x + 2*x = 2*x"], ["wrong", "follows", "right"]),
        (["dy/dx = 3*x = 4*x"], ["wrong", "wrong"]),
        (["dy/dx = 3*x", "2*dy/dx = 6*x", "2*dy/dx = 5*x"], ["wrong", "follows", "wrong"]),
        (["dy/dx = 3*x", "dy/dx = x + 2*x", "dy/dx = 2*x"], ["wrong", "follows", "right"]),
        (["(x + 1)^2 = x^2 + 1 = 1 + x^2 = 1 + 2*x + x^2"], ["wrong", "follows", "right"]),
        (["z = x + y = x + x^2 = x^2"], ["right", "wrong"]),
    ],
)
def test_chains(lines: list[str], expected: list[str]) -> None:
    assert outcomes("\n".join(["where: x: scalar", "y = x^2", *lines])) == expected


def test_the_premise_is_named() -> None:
    text = "where: x: scalar\nu = x^2\ny = sin(u)\ndu/dx = 3*x\ndy/dx = dy/du*du/dx\n  = cos(u)*3*x"
    report = check_text(text, "a.mc")
    assert [f.outcome for f in report.findings] == ["wrong", "right", "follows"]
    assert [f.premise for f in report.findings] == [0, 0, 4]
    assert "a.mc:6: follows from line 4, which is wrong" in str(report)


def test_the_caret_stands_under_the_wrong_side() -> None:
    report = check_text("y = x'*x\n∂y/∂x = 2*x' = x'", "a.mc")
    lines = str(report).split("\n")
    place = lines.index("  | ∂y/∂x = 2*x' = x'")
    assert lines[place + 1] == "  |                ^^"
    assert "slip: constant factor" in str(report)


# Kinks


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("∂y/∂z = [z > 0]", "right"),
        ("∂y/∂z = [z >= 0]", "wrong"),
        ("∂y/∂z = (1 + sign(z))/2", "wrong"),
        ("∂y/∂w = [z >= 0]*x'", "wrong"),
        ("∂y/∂w = [z > 0]*x'", "right"),
        ("2*[z > 0] = 2*[z >= 0]", "wrong"),
        ("max(0, z) = (z + abs(z))/2", "right"),
    ],
)
def test_kinks(line: str, outcome: str) -> None:
    text = f"where: w, x: vector(n); b: scalar\nz = w·x + b\ny = max(0, z)\n{line}"
    assert outcomes(text) == [outcome]


# Matrices and layouts


@pytest.mark.parametrize(
    ("claim", "layout", "slip"),
    [
        ("x'*(A + A')", "numerator", ""),
        ("(A + A')*x", "denominator", ""),
        ("(A + A')*x", "numerator", "transposed"),
        ("2*x'*A", "numerator", "only if symmetric"),
    ],
)
def test_layouts(claim: str, layout: str, slip: str) -> None:
    text = f"layout: {layout}\ny = x'*A*x\n∂y/∂x = {claim}"
    [finding] = check_text(text, "a.mc").findings
    assert finding.verdict is not None
    assert finding.verdict.slip == slip
    assert outcomes(text) == ["wrong" if slip else "right"]
    assert outcomes(f"y = x'*A*x\n∂y/∂x = {claim}", layout=layout) == outcomes(text)


def test_a_gradient_is_a_column_or_the_layouts_row() -> None:
    for right in ("2*x", "2*x'"):
        assert outcomes(f"y = x'*x\n∇y = {right}") == ["right"]
    assert outcomes("y = x'*x\n∇y = 3*x") == ["wrong"]
    assert outcomes("y = a*x'*x\n∇y = 2*a*x") == ["unread"]
    assert outcomes("y = a*x'*x\n∇y = 2*a*x", wrt="x") == ["right"]
    assert outcomes("wrt: x\ny = a*x'*x\n∇y = 2*a*x") == ["right"]


def test_a_definition_may_contain_derivatives() -> None:
    text = "where: x: vector(n)\nL = sum(x.^3)\ng = ∂L/∂x\n∂g/∂x = 6*diag(x)\ng*x = 3*L"
    assert outcomes(text, layout="numerator")[-1] == "right"
    ambiguous = "where: x: scalar\nu = x^2\ny = x + u\ng = ∂y/∂x\ng = 1"
    assert "E802" in codes(ambiguous)
    assert codes(ambiguous.removesuffix("\ng = 1") + "\n2*g = 2") == ["E804", "E804"]


def test_a_definition_with_derivatives_tells_no_kinds_before_it_is_read() -> None:
    text = "where: x: vector(n)\nH = ∂²(sum(x.^4))/∂x²\nx'*H*x = 12*sum(x.^4)\nH = 1"
    assert codes(text) == ["E802"]
    report = check_text(text.removesuffix("\nH = 1"), "a.mc")
    assert (report.ok, report.assumed) == (True, ())


def test_consistent_is_not_enough_if_strict() -> None:
    text = "where: x: vector(n)\ny = sum(tanh(x))\n∂y/∂x = (1/cosh(x)^2)'"
    assert outcomes(text) == ["right"]
    assert outcomes(text, strict=True) == ["undecided"]


# What cannot be read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = x\ny = x + 1\ndy/dx = 1", ["E802"]),
        ("y = u\nu = y + 1\ndy/dx = 1", ["E802"]),
        ("y = y + 1\ndy/dx = 1", ["E802"]),
        ("where: y: scalar\ny = x + 1\ndy/dx = 1", ["E802"]),
        ("where: x: scalar\nwhere: x: vector(n)\ny = x\ndy/dx = 1", ["E802"]),
        ("where: x: vector(n\ny = x'*x\n∂y/∂x = 2*x'", ["E105"]),
        ("layout: rows\ny = x'*x\n∂y/∂x = 2*x'", ["E702"]),
        ("y = sinn(x)\n∂y/∂x = 2*x'\n∂(x'*x)/∂x = 2*x'", ["E203", "E804", ""]),
        ("y = x'*x\n∂q/∂x = 1", ["E804"]),
        ("y = x'*x\n∂y/∂q = 1", ["E804"]),
        ("y = x'*x\n∂y/∂x = 2*q'", ["E801"]),
        ("y = x'*x\n∂y/∂x = 2*x*x", ["E301"]),
        ("y = x'*x\n∂y/∂x = 2*x' +", ["E104"]),
        ("y = x'*x\n∂y/∂x = 1e-3000000*x'", ["E502"]),
        ("y = x'*x\n∂y/∂x = \x1b[31mx'", ["E606"]),
    ],
)
def test_what_cannot_be_read(text: str, expected: list[str]) -> None:
    found = codes(text)
    assert len(found) == len(expected)
    for code, wanted in zip(found, expected, strict=True):
        assert code[:2] == wanted[:2]


@pytest.mark.parametrize(
    "line",
    [
        r"f' &= 2x",
        r"f^{\prime} &= 2x",
        "df &= 2x",
    ],
)
def test_other_notations_of_derivatives_are_refused(line: str) -> None:
    text = rf"% where: x: scalar{chr(10)}\begin{{align}} f(x) &= x^2 \\ {line} \end{{align}}"
    assert codes(text, "a.tex") == ["", "E107"]


def test_what_rests_on_another_notation_is_not_read() -> None:
    text = "where: x: scalar\nf = x^2\ng = f'\nh = g + x\ndh/dx = 1\ndf/dx = 2*x"
    assert outcomes(text) == ["unread", "unread", "unread", "right"]


def test_errors_stand_at_their_place() -> None:
    text = "y = x'*x\n∂y/∂x = 2*x' + ∂y/∂x*sinn(x)"
    [finding] = check_text(text, "a.mc").findings
    assert (finding.line, text[finding.start : finding.end]) == (2, "sinn")


@pytest.mark.parametrize("text", ["", "# nothing", "y = x'*x", "where: x: scalar"])
def test_nothing_to_check_is_refused(text: str) -> None:
    with pytest.raises(MatcalcError, match="E805"):
        check_text(text, "a.mc")
