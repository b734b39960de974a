"""One function draws in every format."""

import pytest

from matcalc.errors import MatcalcError
from matcalc.pictures import picture
from matcalc.pictures.drawing import FORMATS
from tests.pictures.samples import SAMPLES, derivation


@pytest.mark.parametrize("name", SAMPLES)
def test_pictures_are_reproducible(name: str) -> None:
    for form in FORMATS:
        assert picture(derivation(name), form) == picture(derivation(name), form)


def test_other_formats_are_refused() -> None:
    with pytest.raises(MatcalcError) as refused:
        picture(derivation("itself"), "png")  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.hint) == ("E702", "dot, mermaid, svg, tikz")
