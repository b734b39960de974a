"""SVG is well-formed, says what it shows, and keeps all of its text inside."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

import matcalc
from matcalc.pictures import picture, pictures
from matcalc.pictures.strokes import STROKES
from matcalc.pictures.svg import width_of
from tests.pictures.samples import SAMPLES, applied, derivation, network, recurrent

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{NAMESPACE}text")]


@pytest.mark.parametrize("name", SAMPLES)
def test_all_text_is_inside(name: str) -> None:
    root = ElementTree.fromstring(picture(derivation(name), "svg"))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter(f"{NAMESPACE}text"):
        room = width_of(element.text or "")
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x if element.get("class") == "mc-left" else x - room / 2
        assert left > 0
        assert left + room < width + 0.1
        assert 0 < y < height


def test_it_shows_nodes_labels_and_paths() -> None:
    root = ElementTree.fromstring(picture(derivation("sum in a sine"), "svg"))
    assert sorted(texts(root)) == sorted(
        ["∂u1/∂x = 2*x", "∂u2/∂x = 1", "∂u2/∂u1 = 1", "∂y/∂u2 = cos(u2)", "x", "u1 = x^2"]
        + ["u2 = x + u1", "y = sin(u2)", "x → u2 → y", "x → u1 → u2 → y"]
    )
    classes = [path.get("class") for path in root.iter(f"{NAMESPACE}path")]
    assert (classes.count("mc-p0"), classes.count("mc-p1")) == (3, 4)  # one in the legend


def test_it_is_named_and_described() -> None:
    root = ElementTree.fromstring(picture(applied(), "svg"))
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{NAMESPACE}title", "The data flow from x to y")
    assert description.tag == f"{NAMESPACE}desc"
    assert description.text is not None
    assert description.text.endswith(". y = A*x")
    assert root.attrib["role"] == "img"


TITLES = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "]]>&amp;",
    "a\x00\x1b\n\u202eb",
)


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_text(title: str) -> None:
    source = picture(derivation("product"), "svg", title)
    root = ElementTree.fromstring(source)
    assert root[0].text == "".join(c for c in title if c.isprintable())
    assert "<script" not in source
    assert not [e for e in root.iter() for name in e.attrib if name.startswith("on")]


def test_nothing_outside_is_referred_to() -> None:
    source = picture(network(3), "svg")
    assert re.findall(r"https?://[^\"']+", source) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<(script|image|use|foreignObject|a)\b|@import|url\(|\bid=", source)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it."""
    lights = []
    for colour in (one, other):
        full = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
        parts = [int(full[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_strokes_and_text_stand_out_on_both_grounds() -> None:
    source = picture(derivation("product"), "svg")
    light, dark = source.split("@media(prefers-color-scheme:dark)")
    for part, of in ((light, "light"), (dark, "dark")):
        ground = re.findall(r"\.mc-ground\{fill:(#\w+)\}", part)[0]
        written = re.findall(r" text[.\w-]*\{fill:(#\w+)", part)
        assert len(written) == 3
        assert all(contrast(colour, ground) > 4.5 for colour in written)
        assert all(contrast(getattr(stroke, of), ground) > 4.5 for stroke in STROKES)


def test_size_is_linear_in_the_number_of_layers() -> None:
    for family in (network, recurrent):
        sizes = [len(picture(family(count), "svg")) for count in (12, 24, 48)]
        assert sizes[2] - sizes[1] < 2.4 * (sizes[1] - sizes[0])


def test_several_pictures_have_one_root() -> None:
    answers = matcalc.diff("a*x'*W*x", ["W", "x", "a"])
    drawn = pictures([answer.derivation() for answer in answers.values()], "svg")
    root = ElementTree.fromstring(drawn)
    inner = [child for child in root if child.tag.endswith("svg")]
    ends = [float(one.get("y", "0")) + float(one.get("height", "0")) for one in inner]
    tops = [float(one.get("y", "0")) for one in inner]
    assert len(inner) == 3
    assert tops == pytest.approx([0, *ends[:-1]], abs=0.2)
    assert ends[-1] == pytest.approx(float(root.get("height", "0")), abs=0.2)
