"""Symbolic matrix calculus: derivatives of formulas in vectors and matrices, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.api import diff, gradient, hessian, jvp, parse, vjp
    from matcalc.derivative import Derivative, Formula
    from matcalc.programs import compile, emit  # noqa: A004

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "Formula",
    "MatcalcError",
    "__version__",
    "compile",
    "diff",
    "emit",
    "gradient",
    "hessian",
    "jvp",
    "parse",
    "vjp",
]

_MODULES = {
    "Derivative": "matcalc.derivative",
    "Formula": "matcalc.derivative",
    "compile": "matcalc.programs",
    "diff": "matcalc.api",
    "emit": "matcalc.programs",
    "gradient": "matcalc.api",
    "hessian": "matcalc.api",
    "jvp": "matcalc.api",
    "parse": "matcalc.api",
    "vjp": "matcalc.api",
}


def __getattr__(name: str) -> Any:
    """Import the interface when it is first used: `import matcalc` alone costs nothing."""
    if name not in _MODULES:
        raise AttributeError(f"module 'matcalc' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
