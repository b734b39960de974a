"""Symbolic matrix calculus: derivatives of formulas in vectors and matrices, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.api import diff, gradient, hessian, jvp, parse, vjp
    from matcalc.checking.verdicts import Verdict
    from matcalc.claims import check
    from matcalc.derivative import Derivative, Formula
    from matcalc.derivatives import Derivatives
    from matcalc.notes.document import note
    from matcalc.programs import compile, emit  # noqa: A004

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "Derivatives",
    "Formula",
    "MatcalcError",
    "Verdict",
    "__version__",
    "check",
    "compile",
    "diff",
    "emit",
    "gradient",
    "hessian",
    "jvp",
    "note",
    "parse",
    "vjp",
]

_MODULES = {
    "Derivative": "matcalc.derivative",
    "Derivatives": "matcalc.derivatives",
    "Formula": "matcalc.derivative",
    "Verdict": "matcalc.checking.verdicts",
    "check": "matcalc.claims",
    "compile": "matcalc.programs",
    "diff": "matcalc.api",
    "emit": "matcalc.programs",
    "gradient": "matcalc.api",
    "hessian": "matcalc.api",
    "jvp": "matcalc.api",
    "note": "matcalc.notes.document",
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
