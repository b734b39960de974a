"""What follows from an array that is made anyway is not computed anew."""

import numpy as np
import pytest

import matcalc
from matcalc.programs.answers import compiled_program as compile_together
from matcalc.programs.answers import emit

WHERE = "X, Y: matrix(N, n); z, y: vector(n); c: scalar"


def values() -> dict[str, object]:
    rng = np.random.default_rng(5)
    return {
        "X": 3 * rng.normal(size=(4, 3)),
        "Y": rng.random((4, 3)),
        "z": rng.normal(size=3) * 300,
        "y": rng.normal(size=3),
        "c": np.array(2.0),
    }


@pytest.mark.parametrize(
    ("texts", "once", "never"),
    [
        (["max(z, 0)", "z > 0"], "np.maximum(z, 0)", "z > 0"),
        (["min(z, 0)", "z < 0"], "np.minimum(z, 0)", "z < 0"),
        (["softmax(z)", "log_softmax(z)"], "log_softmax(z, -1)", " softmax(z"),
        (["softmax(X, axis=0)", "log_softmax(X, axis=0)"], "log_softmax(X, 0)", " softmax(X"),
        (["softmax(z)", "logsumexp(z)"], "logsumexp(z, None)", "softmax("),
        (["softmax(X, axis=1)", "logsumexp(X, axis=1)"], "logsumexp(X, 1)", "softmax("),
        (["softmax(X, axis=0)", "logsumexp(X, axis=0)"], "logsumexp(X, 0)", "softmax("),
        (["(z > 0) .* y", "sum((z > 0) .* y)"], ".sum()", ".astype("),
        (["c*((z > 0) .* y)", "sum(c*((z > 0) .* y))"], ".sum()", ".astype("),
    ],
)
def test_it_is_computed_from_what_is_there(texts: list[str], once: str, never: str) -> None:
    formulas = [matcalc.parse(text, WHERE) for text in texts]
    source = emit(formulas)
    assert source.count(once) == 1
    lines = source[source.rindex("\ndef ") :].split("\n", 3)[3]
    if never != "z > 0" and never != "z < 0":
        assert never not in lines.replace(once, "")
    else:
        assert f"({never})" not in lines
    function = compile_together(formulas)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    known = values()
    found = function(**{name: known[name] for name in names})
    for formula, value in zip(formulas, found, strict=True):
        wanted = formula.evaluate(**{k: v for k, v in known.items() if k in formula.names})
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    "texts",
    [
        ["softmax(X, axis=0)", "log_softmax(X, axis=1)"],
        ["softmax(X, axis=0)", "logsumexp(X, axis=1)"],
        ["max(z, 1)", "z > 1"],
        ["max(z, 0)", "z >= 0"],
    ],
)
def test_what_does_not_follow_is_computed(texts: list[str]) -> None:
    formulas = [matcalc.parse(text, WHERE) for text in texts]
    known = {"X": values()["X"]} if "X" in texts[0] else {"z": np.array([-1.0, 0.0, 1.0])}
    for formula, value in zip(formulas, compile_together(formulas)(**known), strict=True):
        np.testing.assert_allclose(value, formula.evaluate(**known), rtol=1e-12)


def test_of_nan_the_mask_is_false_as_before() -> None:
    formulas = [matcalc.parse(text, WHERE) for text in ("max(z, 0)", "z > 0")]
    _, mask = compile_together(formulas)(z=np.array([np.nan, 1.0]))
    assert mask.tolist() == [0, 1]
