"""Files: goldens of right and wrong derivations, Markdown, LaTeX documents."""

from pathlib import Path

import pytest

import matcalc
from matcalc.documents.checking import Settings
from matcalc.documents.documents import check_text
from matcalc.errors import MatcalcError

DATA = Path(__file__).parents[1] / "data"
WRONG = {"forgotten_path.mc": ["wrong", "follows", "right"],
         "forgotten_path.tex": ["wrong", "follows", "right"]}  # fmt: skip
DERIVED = [  # formulas whose derivations, step by step, are derivation files
    ("w .* x", "w", "w, x: vector(n)"),
    ("sin(x^2)", "x", "x: scalar"),
    ("log(sin(x^3)^2)", "x", "x: scalar"),
    ("x + x^2", "x", "x: scalar"),
    ("sin(x + x^2)", "x", "x: scalar"),
    ("x*x^2", "x", "x: scalar"),
    ("max(0, w·x + b)", "w", "w, x: vector(n); b: scalar"),
    ("max(0, w·x + b)", "b", "w, x: vector(n); b: scalar"),
]


@pytest.mark.parametrize("path", sorted((DATA / "derivations").iterdir()), ids=lambda p: p.name)
def test_goldens(path: Path) -> None:
    report = check_text(path.read_text("utf-8"), path.name)
    outcomes = [f.outcome for f in report.findings if f.outcome != "definition"]
    if path.name in WRONG:
        assert outcomes[-3:] == WRONG[path.name]
        assert set(outcomes[:-3]) == {"right"}
        assert report.worst == "wrong"
    else:
        assert report.ok, str(report)
        assert len(outcomes) >= 3


@pytest.mark.parametrize(("formula", "wrt", "where"), DERIVED)
def test_our_own_derivations_hold(formula: str, wrt: str, where: str) -> None:
    steps = matcalc.diff(formula, wrt, where).steps
    report = check_text("\n".join(map(str, steps)), "a.mc", Settings(where))
    assert report.ok, str(report)


MARKDOWN = """# Notes

    y = 3 is prose, and so is this block:

```python
y = 3
```

```matcalc
y = x'*A*x
∂y/∂x = 2*x'*A
```

> ~~~matcalc title
> where: x: scalar
> y = x^2
> dy/dx = 3*x
> ~~~

````markdown
```matcalc
∂y/∂x = this is shown, not checked
```
````

```matcalc
where: A: symmetric(n)
y = x'*A*x
∂y/∂x = 2*x'*A
```

``` matcalc
\\begin{align} y &= x^\\top x \\\\ \\nabla y &= 2 x \\end{align}
```
"""


def test_markdown_blocks_are_derivations_of_their_own() -> None:
    report = check_text(MARKDOWN, "notes.md")
    found = [(f.line, f.outcome) for f in report.findings if f.outcome != "definition"]
    assert found == [(11, "wrong"), (17, "wrong"), (29, "right"), (33, "right")]
    assert "notes.md:11: wrong" in str(report)


def test_a_block_that_is_never_closed_ends_with_the_file() -> None:
    report = check_text("```matcalc\ny = x'*x\n∂y/∂x = x'", "notes.md")
    assert [f.outcome for f in report.findings] == ["wrong"]


@pytest.mark.parametrize("name", ["a.md", "a.tex", "a.mc"])
def test_a_file_without_equalities_is_refused(name: str) -> None:
    with pytest.raises(MatcalcError, match="E805"):
        check_text("```python\n```" if name != "a.mc" else "", name)


def document(*displays: str) -> list[str]:
    text = "\n".join(rf"\[ {display} \]" for display in displays)
    settings = Settings("x, a: scalar")
    found = check_text(text, "a.tex", settings).findings
    return [finding.outcome for finding in found if finding.outcome != "definition"]


def test_displays_know_the_definitions_before_them() -> None:
    assert document("u = x^2, \\quad y = u + a", r"\frac{dy}{dx} = 2x") == ["right"]
    assert document("u = x^2", "y = u", "u = x^3", r"\frac{du}{dx} = 3x^2") == ["right"]


def test_a_definition_is_forgotten_when_what_it_uses_is_defined_anew() -> None:
    assert document("u = x^2", "y = u", "u = x^3", r"\frac{dy}{dx} = 2x") == ["unread"]
    again = ("u = x^2", "y = u", "u = x^3", "y = u", r"\frac{dy}{dx} = 3x^2")
    assert document(*again) == ["right"]


def test_what_cannot_be_read_does_not_count_as_right() -> None:
    found = document(r"p = \int_0^1 x", "y = x^2", r"\frac{dy}{dx} = 2x", r"\frac{dp}{dx} = 1")
    assert found == ["unread", "right", "follows"]


def test_values_of_functions() -> None:
    text = "f(x) = x^2\ndf/dx = 2*x\ndf(x)/dx = 3*x\nf(x)*x = x^3"
    report = check_text(text, "a.mc", Settings("x: scalar"))
    assert [f.outcome for f in report.findings] == ["right", "wrong", "right"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "y = " + "(" * 9_000 + "x" + ")" * 9_000,
        "y = x\n" + "∂y/∂x = " * 30 + "1",
        "y = " + "x + " * 4_000 + "x\ndy/dx = 1",
        "\n".join(f"u{k} = u{k + 1}" for k in range(400)) + "\nu400 = u0\n",
        r"\begin{align} y &= \input{/etc/passwd} \\ \frac{dy}{dx} &= 1 \end{align}",
        r"\[ y = \frac{" * 800,
        "f(x) = x\n" * 2_000,
        "y = \u202ex\ndy/dx = 1",
        "∂/∂ = ∂",
        "∇ = ∇",
        "= = =",
    ],
    ids=range(12),
)
def test_hostile_texts_are_never_right(text: str) -> None:
    for name in ("a.mc", "a.tex", "a.md"):
        try:
            report = check_text(text, name)
        except MatcalcError:
            continue
        assert not report.ok
