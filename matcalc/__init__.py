"""Symbolic matrix calculus: derivatives of formulas in vectors and matrices, exactly.

    >>> import matcalc
    >>> d = matcalc.diff("max(0, w·x + b)", wrt="w")
    >>> print(d)
    [w·x + b > 0]*x'

Ask:

    diff(text, wrt, where)              the derivative, in a layout, of any order
    gradient, hessian                   of a scalar: shaped as the variable; the second derivative
    vjp(text, wrt, upstream, where)     the transposed Jacobian applied to what comes from above
    jvp(text, wrt, tangent, where)      the Jacobian applied to a direction
    check(text, wrt, claim, where)      whether a derivative worked out by hand is right
    explain(text, wrt, where)           the derivation, step by step, with the rule of each
    code(text, wrt, where, target)      the source of a function of NumPy, JAX or torch
    note(derivatives, format)           derivations as a document: LaTeX, Markdown or HTML
    parse(text, where)                  a formula, to be asked several times

`text` is a formula as in your notes, in plain notation or LaTeX, or a `Formula`; `wrt` a variable
or a list of them; `where` declares kinds and sizes: "w, x: vector(n); b: scalar", or a mapping.

A `Derivative` has `.text() .latex() .json() .shape .layout .notes .assumptions`, computes with
`.evaluate(w=…) .compile("numpy") .code("torch")`, and shows `.steps .derivation() .check(claim)`.
Several `Derivatives` are a mapping by name that has the same. Every mistake is a `MatcalcError`
with its line, a caret and a hint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.checking.verdicts import Verdict
    from matcalc.interface.derivative import Derivative
    from matcalc.interface.derivatives import Derivatives
    from matcalc.interface.explanation import Explanation
    from matcalc.interface.formula import Formula
    from matcalc.interface.functions import (
        check,
        code,
        diff,
        explain,
        gradient,
        hessian,
        jvp,
        note,
        parse,
        vjp,
    )

__version__ = "0.1.0"

__all__ = [
    "Derivative",
    "Derivatives",
    "Explanation",
    "Formula",
    "MatcalcError",
    "Verdict",
    "__version__",
    "check",
    "code",
    "diff",
    "explain",
    "gradient",
    "hessian",
    "jvp",
    "note",
    "parse",
    "vjp",
]

_MODULES = {
    "Derivative": "matcalc.interface.derivative",
    "Derivatives": "matcalc.interface.derivatives",
    "Explanation": "matcalc.interface.explanation",
    "Formula": "matcalc.interface.formula",
    "Verdict": "matcalc.checking.verdicts",
}


def __getattr__(name: str) -> Any:
    """Import the interface when it is first used: `import matcalc` alone costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'matcalc' has no attribute {name!r}")
    from importlib import import_module

    module = _MODULES.get(name, "matcalc.interface.functions")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
