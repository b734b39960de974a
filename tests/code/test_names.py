"""Emitted code uses only names that it made: whatever a variable is called, it works."""

import builtins
import keyword
import re
from importlib.util import find_spec

import numpy as np
import pytest

import matcalc
from matcalc.programs.answers import differentiable
from matcalc.programs.entry import RESERVED, WRITTEN
from matcalc.programs.targets import TARGETS

OTHERS = """self cls ctx value vjp gradient gradients variables upstream formula Formula z1 z2 z1_
    G V hessian derivative derivatives jacobian
    np_ tuple_ ValueError_ z x y n torch jax jnp np lambda_
    __main__ os sys exit""".split()


def candidates() -> list[str]:
    """Return every name that could hide something: Python's, and all that helpers write."""
    texts = [t for target in TARGETS.values() for t in (target.imports, *target.helpers.values())]
    texts += [form.template for target in TARGETS.values() for form in target.forms.values()]
    words = re.findall(r"[A-Za-z]\w*", "\n".join(texts))
    return sorted(
        {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *words, *OTHERS, *RESERVED}
    )


def is_variable(name: str) -> bool:
    try:
        return name in matcalc.parse(f"norm2({name})", f"{name}: vector(3)").names
    except matcalc.MatcalcError as error:
        assert error.code[:2] in ("E1", "E2", "E3", "E6"), (name, error)
        return False


CALLED = "np jnp jax torch tuple ValueError float int len range abs min zip lambda".split()
NAMES = [name for name in candidates() if is_variable(name)]
TEXTS = [
    "sum(softmax({0}) .* sin({0}))",
    "logsumexp({0})*erf({0}[1])",
    "sigmoid({0}'*inv({0}*{0}' + 9*eye(3))*{0})",
    "logdet({0}*{0}' + eye(3))",
    "norm2(conv({0}, {0}[1:2]))", "max({0})*min({0}) + abs(prod({0}))",
]  # fmt: skip


def modules(target: str) -> bool:
    return find_spec(target) is not None


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:12])
def test_every_name_works(target: str, text: str) -> None:
    if not modules(target):
        pytest.skip(f"there is no {target}")
    rng = np.random.default_rng(7)
    helpers = {name for t in TARGETS.values() for name in t.helpers} | {*WRITTEN, *CALLED}
    whole = text is TEXTS[0] and target == "numpy"
    chosen = NAMES if whole else [name for name in NAMES if name in helpers]
    for begin in range(0, len(chosen), 20):
        names = chosen[begin : begin + 20]
        formula = " + ".join(text.format(name) for name in names)
        where = f"{', '.join(names)}: vector(3)"
        values = {name: rng.uniform(0.5, 2, 3) for name in names}
        gradients = matcalc.gradient(formula, names, where)
        found = gradients.compile(target)(**values)
        for name, array in zip(names, found if len(names) > 1 else (found,), strict=True):
            expected = gradients[name].evaluate(**values)
            np.testing.assert_allclose(np.asarray(array), expected, rtol=1e-4)


@pytest.mark.parametrize("target", ["jax", "torch"])
def test_every_name_works_under_automatic_differentiation(target: str) -> None:
    if not modules(target):
        pytest.skip(f"there is no {target}")
    for begin in range(0, len(NAMES), 120):
        names = NAMES[begin : begin + 120]
        formula = matcalc.parse(
            " + ".join(f"sum(softmax({name}))" for name in names), f"{', '.join(names)}: vector(3)"
        )
        source = differentiable(formula, target)
        space: dict[str, object] = {}
        exec(source.text, space)
        arrays = [np.ones(3)] * len(names)
        if target == "torch":
            import torch

            arrays = [torch.tensor(a, requires_grad=True) for a in arrays]  # type: ignore[misc]
        assert float(space["formula"](*arrays)) == pytest.approx(len(names))  # type: ignore[operator]
