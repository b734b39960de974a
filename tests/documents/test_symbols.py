"""Derivative symbols in sides of equations."""

import pytest

from matcalc.documents.symbols import masked
from matcalc.errors import MatcalcError

LANGUAGE = [
    ("∂y/∂u", ["∂y/∂u"]),
    ("dy/du1*du1/dx", ["dy/du1", "du1/dx"]),
    ("∂²y/∂x²", ["∂²y/∂x²"]),
    ("d^2y/dx^2", ["d²y/dx²"]),
    ("(dy/dx)^2", ["dy/dx"]),
    ("∂(x'*A*x)/∂x", ["∂(x'*A*x)/∂x"]),
    ("d/dx (x^2)", ["d(x^2)/dx"]),
    ("∇y + ∇_w y + ∇_{W1} L", ["∇ y", "∇_w y", "∇_W1 L"]),
    ("a/d + cd/dx", []),
    ("2*d", []),
]
LATEX = [
    (r"\frac{\partial y}{\partial \mathbf{u}_1}", [r"∂y/∂\mathbf{u}_1"]),
    (r"\dfrac{\mathrm{d} y}{\mathrm{d} x}", ["dy/dx"]),
    (r"\frac{dy}{dx} \frac{a}{b}", ["dy/dx"]),
    (r"\frac{\mathrm d y}{\mathrm d x}", ["dy/dx"]),
    (r"\frac{\partial^2 y}{\partial x^2}", ["∂²y/∂x²"]),
    (r"\frac{\partial^{2} y}{\partial x \, \partial x^\top}", ["∂²y/∂x²"]),
    (r"\frac{\partial}{\partial x} \left( x^\top x \right)", [r"∂( x^\top x )/∂x"]),
    (r"\frac{\partial \log\det X}{\partial X}", [r"∂(\log\det X)/∂X"]),
    (r"\partial y / \partial w", ["∂y/∂w"]),
    (r"\nabla_{\mathbf{w}} L + \nabla^2 f", [r"∇_\mathbf{w} L", "∇² f"]),
    (r"\frac{\partial L}{\partial W^{(1)}}", [r"∂L/∂W^{(1)}"]),
]


@pytest.mark.parametrize(
    ("text", "expected", "latex"),
    [(*row, False) for row in LANGUAGE] + [(*row, True) for row in LATEX],
)
def test_symbols(text: str, expected: list[str], latex: bool) -> None:
    found = masked(text, (), {}, latex=latex)
    assert [str(symbol) for symbol in found.symbols.values()] == expected
    assert len(found.text) == len(text)


def test_a_name_is_no_symbol() -> None:
    assert not masked("dy/dx", ["dx"], {}, latex=False).symbols
    assert not masked(r"\frac{d y}{d x}", ["d"], {}, latex=True).symbols


def test_the_dot_between_jacobians_multiplies() -> None:
    assert masked("∂y/∂u · ∂u/∂x", (), {}, latex=False).text.split() == ["Ƃ", "*", "ƃ"]
    assert masked(r"a \cdot b", (), {}, latex=True).text == r"a \cdot b"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("∂y/∂x'", False),
        ("dy/dx^2", False),
        ("∂y/∂x[1]", False),
        ("∇y^2", False),
        (r"\partial y / \partial x^\top", True),
        (r"\nabla y^2", True),
    ],
)
def test_what_may_belong_to_the_name_or_the_derivative_is_refused(text: str, latex: bool) -> None:
    with pytest.raises(MatcalcError, match="E107") as caught:
        masked(text, (), {}, latex=latex)
    assert caught.value.hint.startswith("(")


@pytest.mark.parametrize(
    ("text", "latex"),
    [("(∂y/∂x)'", False), ("∇y'", False), (r"\frac{\partial y}{\partial x}^\top", True)],
)
def test_a_derivative_may_be_transposed(text: str, latex: bool) -> None:
    assert len(masked(text, (), {}, latex=latex).symbols) == 1
