"""Mermaid's lines are of few forms, and no label has a character that it reads otherwise."""

import re

import pytest

import matcalc
from matcalc.pictures import picture, pictures
from matcalc.pictures.graph import graph_of
from tests.pictures.samples import SAMPLES, derivation, network

LABEL = r"\"(?:[^\x00-\x7f]|[\w ,=+()'/.:\[\]-]|#\d+;|<br>)+\""
FORMS = [
    rf"n\d+(?:\(\[{LABEL}\]\)|\[{LABEL}\]|\[\[{LABEL}\]\]|\({LABEL}\))",
    rf"n\d+ -->(?:\|{LABEL}\|)? n\d+",
    r"n\d+ -\.-> n\d+",
    r"linkStyle \d+ stroke:#\w{6}(?:,stroke-dasharray:[\d ]+)?",
    r"style n\d+ stroke-dasharray:3",
    rf"(?:path\d|remark)\[{LABEL}\]",
    r"style path\d fill:none,stroke:#\w{6}(?:,stroke-dasharray:[\d ]+)?",
    r"acc(?:Title|Descr): [^#;{}<>%\\]+",
]


def checked(source: str) -> list[str]:
    first, *lines = source.splitlines()
    assert first in ("flowchart TB", "flowchart BT")
    for line in lines:
        assert any(re.fullmatch(f"  {form}", line) for form in FORMS), line
    return [first, *[line.strip() for line in lines]]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_is_a_statement(name: str) -> None:
    made = derivation(name)
    graph = graph_of(made)
    lines = checked(picture(made, "mermaid"))
    links = [line for line in lines if "->" in line]
    assert len(links) == sum(max(1, len(edge.paths)) for edge in graph.edges)
    styled = [int(line.split()[1]) for line in lines if line.startswith("linkStyle")]
    assert styled == sorted(set(styled))
    assert all(number < len(links) for number in styled)


def test_backward_arrows_run_upwards() -> None:
    lines = checked(picture(derivation("two layers"), "mermaid"))
    assert lines[0] == "flowchart BT"
    assert 'n12 -->|"δ4"| n10' in lines


@pytest.mark.parametrize("title", ['"]; evil[label="', "%%{init: {}}%%", "a\nclick n0 b", "#59;;"])
def test_titles_are_text(title: str) -> None:
    lines = checked(picture(network(2), "mermaid", title))
    assert not any(line.startswith(("click", "evil", "%%")) for line in lines)


def test_several_variables_are_one_flowchart() -> None:
    both = [matcalc.diff("norm2(W*x + b)^2 + sum(b .* b)", name).derivation() for name in "Wb"]
    lines = pictures(both, "mermaid").splitlines()
    assert [line for line in lines if line.startswith("flowchart")] == lines[:1]
    arrows = [line for line in lines if "-->" in line or "-.->" in line]
    styled = [int(line.split()[1]) for line in lines if line.startswith("  linkStyle")]
    assert len(styled) == len(set(styled)) and max(styled, default=0) < len(arrows)
    names = [re.match(r"  (\w+)[(\[]", line) for line in lines]
    declared = [name[1] for name in names if name]
    assert len(declared) == len(set(declared))
    for line in arrows:
        start, end = re.match(r"  (\w+) .*> ?(?:\|.*\| )?(\w+)$", line).groups()  # type: ignore
        assert {start, end} <= set(declared)
