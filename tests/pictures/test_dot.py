"""DOT follows Graphviz's grammar, whatever the names and titles are."""

import re
import shutil
import subprocess

import pytest

from matcalc.pictures import picture
from matcalc.pictures.graph import graph_of
from tests.pictures.samples import SAMPLES, applied, derivation, network, recurrent

STRING = r'"(?:[^"\\\n]|\\["\\n])*"'
VALUE = rf"(?:{STRING}|[\w.]+)"
ATTRIBUTES = rf"{VALUE}={VALUE}(?:, {VALUE}={VALUE})*"
LINES = [
    rf"  (?:\w+={VALUE}; ?)+",
    rf"  (?:node|edge|n\d+|n\d+ -> n\d+) \[(?:{ATTRIBUTES})?\];",
    r'  label=<(?:<font color="#\w{6}">[^<>]*</font><br align="left"/>)+>;',
]
TITLE = '"]; evil [label="'


def checked(source: str) -> str:
    first, *lines, last = source.splitlines()
    assert re.fullmatch(rf"digraph {STRING} \{{", first)
    assert last == "}"
    for line in lines:
        assert any(re.fullmatch(" *" + form.strip(), line) for form in LINES), line
    return source


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_is_a_statement(name: str) -> None:
    made = derivation(name)
    graph = graph_of(made)
    source = checked(picture(made, "dot"))
    assert len(re.findall(r"^  n\d+ \[", source, re.M)) == len(graph.nodes)
    assert len(re.findall(r"^  n\d+ -> n\d+ \[", source, re.M)) == len(graph.edges)


def test_titles_stay_inside_their_quotes() -> None:
    assert "evil" not in re.sub(STRING, "", checked(picture(applied(), "dot", TITLE)))
    assert "evil" not in re.sub(STRING, "", checked(picture(applied(), "dot", TITLE + "\\")))


def test_an_edge_has_the_colours_of_its_paths() -> None:
    source = picture(derivation("product"), "dot")
    assert 'n0 -> n1 [label=" ∂u1/∂x = 2*x ", fontcolor="#9a4a00", color="#b9470c"];' in source
    assert '<font color="#0a62a9">x → y</font>' in source
    shared = picture(derivation("sum in a sine"), "dot")
    assert 'color="#0a62a9:#b9470c"' in shared


def test_backward_arrows_point_at_the_operand() -> None:
    assert picture(derivation("two layers"), "dot").count("dir=back") == 7


@pytest.mark.skipif(shutil.which("dot") is None, reason="there is no dot")
def test_graphviz_takes_everything() -> None:
    made = [*map(derivation, SAMPLES), network(10), recurrent(10)]
    for one in made:
        source = picture(one, "dot", TITLE)
        subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True)
