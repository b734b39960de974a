"""Documents: what they say, what nothing of the user's can do to them, how they grow."""

import re
from html.parser import HTMLParser

import pytest

import matcalc
from matcalc import note
from matcalc.derivation.outline import References, outlines, rule_text
from matcalc.notes.document import KINDS
from tests.notes.derivations import sample

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    r"\immediate\write18{touch pwned}",
    "```\n| a | b |",
    "]]>--></style><b>",
    "$x$ & 100% #1 ^^5c ~ _{",
    "\u202e\x1b[31m é 漢 𝔘 – “ß”",
    "",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_has_a_section_for_every_derivative(kind: str) -> None:
    derivatives = matcalc.diff("max(0, w·x + b)", ["w", "b"])
    text = note(derivatives, kind, "One neuron")  # type: ignore[arg-type]
    assert text.count("Derivative by") == 2
    assert "One neuron" in text
    for words in ("dot product", "vector chain rule", "not differentiable where", "numerator"):
        assert words in text


@pytest.mark.parametrize("kind", KINDS)
def test_one_derivative_and_derivations_do_too(kind: str) -> None:
    derivative = matcalc.diff("w·x", "w")
    whole = note(derivative, kind)  # type: ignore[arg-type]
    assert whole == note(derivative.derivation(), kind)  # type: ignore[arg-type]
    assert whole == note([derivative], kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_is_listed_once(kind: str) -> None:
    references = References()
    for derivation in sample():
        outlines(derivation, references)
    text = note(sample(), kind)  # type: ignore[arg-type]
    assert len(references.numbers) > 15
    assert all(text.count(f"[{n}]") >= 1 for n in references.numbers.values())
    assert len(set(map(rule_text, references.numbers))) == len(references.numbers)


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        note(matcalc.diff("w·x", "w"), "word")  # type: ignore[arg-type]
    assert caught.value.code == "E702"


class Tags(HTMLParser):
    """Collect what a page consists of, and see that elements close where they should."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("title", HOSTILE)
def test_nothing_of_a_title_becomes_html(title: str) -> None:
    tags = Tags()
    text = note(sample(), "html", title)
    tags.feed(text)
    assert not tags.open
    assert not tags.seen & {"script", "b1", "img", "iframe", "link", "object"}
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert not re.search(r"https?://|url\(|@import|src=|href=", text)
    assert "<script" not in text
    assert '" onmouseover="' not in text


@pytest.mark.parametrize("title", HOSTILE)
def test_nothing_of_a_title_becomes_markdown(title: str) -> None:
    text = note(matcalc.diff("w·x", "w"), "markdown", title)
    first, second, *_ = text.split("\n")
    assert first.startswith("# ")
    assert not second
    assert not re.search(r"(?<!\\)[`|<>$_*]", first)
    assert first.isprintable()


@pytest.mark.parametrize("title", HOSTILE)
def test_nothing_of_a_title_becomes_tex(title: str) -> None:
    text = note(matcalc.diff("w·x", "w"), "latex", title)
    line = next(line for line in text.split("\n") if line.startswith(r"{\LARGE"))
    assert line.isascii()
    assert r"\write" not in line
    assert r"\immediate" not in line
    assert "^^" not in line
    assert text.isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_network_takes_lines_in_proportion(kind: str) -> None:
    lengths = []
    for layers in (20, 40):
        network = "; ".join(f"h{i + 1} = tanh(W{i}*h{i} + b{i})" for i in range(layers))
        derivative = matcalc.diff(f"{network}; sum(h{layers})", "W0", "h0: vector(n)")
        lengths.append(len(note(derivative.derivation(detail="brief"), kind)))  # type: ignore[arg-type]
    assert lengths[1] < 2.2 * lengths[0]


def test_notebooks_show_answers_and_steps() -> None:
    formula, derivative = matcalc.parse("w·x"), matcalc.diff("w·x", "w")
    assert formula._repr_latex_() == r"$\displaystyle \mathbf{w} \cdot \mathbf{x}$"
    assert derivative._repr_latex_() == r"$\displaystyle \mathbf{x}^{\top}$"
    for shown in (derivative, derivative.derivation()):
        markdown, page = shown._repr_markdown_(), shown._repr_html_()
        assert markdown is not None
        assert page is not None
        assert "dot product" in markdown
        assert "dot product" in page
        assert "<html" not in page
    assert str(derivative.derivation()).startswith("Derivative by w: y = w·x\n")
