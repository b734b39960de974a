"""The roads that a formula takes through the package: each must come to the same value."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.checking.precise import Point, value_at
from matcalc.errors import MatcalcError
from matcalc.notation.latex import to_latex
from tests import differences, oracle
from tests.samples import Sample, derivatives, point, tied
from tests.strategies import SIZES

Answer = matcalc.Formula | matcalc.Derivative


def assert_same(value: Any, wanted: Any, label: object, error: float = 1e-9) -> None:
    """Hold an array against another, its shape and its numbers."""
    value, wanted = np.asarray(value, float), np.asarray(wanted, float)
    assert value.shape == wanted.shape, f"{label}: shape {value.shape} for {wanted.shape}"
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))))
    np.testing.assert_allclose(value, wanted, rtol=0, atol=error * scale, err_msg=str(label))


def answers(sample: Sample) -> list[Answer]:
    """Return the formula and its derivatives by each argument."""
    return [matcalc.parse(sample.text, sample.where), *derivatives(sample)]


# Roads


def by_evaluation(sample: Sample) -> None:
    """The value is NumPy's, and the derivatives are those of its finite differences."""
    values = _values(sample)
    formula, *parts = answers(sample)
    value = formula.evaluate(**values)
    call = re.fullmatch(r"(\w+)\(((?:\w+, )*\w+)(?:, axis=(\d))?\)", sample.text)
    known = call and oracle.function(call[1], call[2].count(",") + 1)
    if call and known:
        axis = {"axis": int(call[3])} if call[3] else {}
        given = [values[argument] for argument in call[2].split(", ")]
        assert_same(value, known(*given, **axis), sample)
    for part in parts:
        estimate = differences.jacobian(
            lambda moved, at=part.wrt: formula.evaluate(**{**values, at: moved}), values[part.wrt],
            (2e-3, 1e-3, 5e-4),
        )  # fmt: skip
        shape = np.shape(value)
        wanted = differences.arrange(estimate.value, shape, values[part.wrt].shape, 1, "mixed")
        assert_same(part.evaluate(**values), wanted, f"{part} of {sample}", 1e-6)


def by_code(target: str) -> Callable[[Sample], None]:
    """Emitted code has the value, off ties and at them."""

    def road(sample: Sample) -> None:
        convert = converter(target)
        if target != "numpy" and has_functions(sample):
            return  # the functions given here are NumPy's
        for answer in answers(sample):
            function = answer.compile(target)
            taken = parameters(function)
            for values in (_values(sample), *tied(sample)):
                with np.errstate(all="ignore"):
                    wanted = _evaluated(answer, values)
                    if wanted is None:
                        continue
                    got = np.asarray(
                        function(
                            **{
                                name: convert(value)
                                for name, value in values.items()
                                if name.replace("'", "_d") in taken
                            }
                        )
                    )
                assert_same(got, wanted, f"{answer} of {sample} in {target}")

    return road


def has_functions(sample: Sample) -> bool:
    """Tell whether there is an abstract function in the formula."""
    return bool(matcalc.parse(sample.text, sample.where).inferred.functions)


def parameters(function: Any) -> set[str]:
    """Return the names that emitted code takes; f_d stands for f'."""
    inner = [cell.cell_contents for cell in function.__closure__ or ()]
    for part in inner:  # the wrapper that takes f' for f_d
        if callable(part):
            return {*inspect.signature(part).parameters}
    return {*inspect.signature(function).parameters}


def converter(target: str) -> Callable[[Any], Any]:
    """Return what makes a library's array of a NumPy array; skip where it is not installed."""
    if target == "numpy":
        return lambda value: value
    library: Any = pytest.importorskip(target)
    if target == "jax":
        library.config.update("jax_enable_x64", True)
        return lambda value: value
    library.set_num_threads(1)
    return lambda value: library.tensor(value) if hasattr(value, "dtype") else value


def by_kronecker_products(sample: Sample) -> None:
    """Written with ⊗, vec and K, the derivative is the flattened one, in code too."""
    values = _values(sample)
    for part in derivatives(sample):
        shape, wrt = matcalc.parse(sample.text, sample.where).shape, part.variable.shape
        if len(shape) != 2 or len(wrt) != 2 or shape[0] == "1":
            continue
        try:
            flat = matcalc.diff(sample.text, part.wrt, sample.where, notation="kronecker")
        except MatcalcError as error:
            assert error.code == "E403", sample  # has none, and says so
            continue
        value = part.evaluate(**values)
        rows, columns = np.prod(value.shape[:2]), np.prod(value.shape[2:])
        wanted = value.transpose(1, 0, 3, 2).reshape(rows, columns)
        assert_same(flat.evaluate(**values), wanted, f"{flat} of {sample}")
        if not has_functions(sample):
            function = flat.compile()
            given = {name: values[name] for name in parameters(function) if name in values}
            assert_same(function(**given), wanted, f"code of {flat} of {sample}")


def by_precise_numbers(sample: Sample) -> None:
    """The arithmetic of the checks has the value too."""
    if has_functions(sample):
        return  # it takes other ones
    for answer in answers(sample):
        for values in (_values(sample), *tied(sample)):
            with np.errstate(all="ignore"):
                wanted = _evaluated(answer, values)
            if wanted is None:
                continue
            arrays = {name: a for name, a in values.items() if isinstance(a, np.ndarray | float)}
            exact = {name: _fractions(array) for name, array in arrays.items()}
            got = value_at(answer.expression, Point(SIZES, exact))
            assert_same(np.array(got, float), wanted, f"{answer} of {sample}")


def by_verification(sample: Sample) -> None:
    """SymPy derives the same."""
    for part in derivatives(sample):
        verified = part.verify()
        assert verified.ok is True, f"{part} of {sample}: {verified}"


def by_check(sample: Sample) -> None:
    """An answer is accepted as a claim, read back as it stands and rewritten.

    Where it has four axes or more, which takes long, the sum of squares is asked about.
    """
    text = sample.text
    if not sample.arguments:
        return
    wrt = sample.arguments[-1]
    part = matcalc.diff(text, wrt, sample.where, "mixed")
    if len(part.shape) > 3:
        text = f"sum(({text}) .^ 2)"
        part = matcalc.diff(text, wrt, sample.where, "mixed")
    shared, last = split_program(str(part))
    for claim in (last, f"({last})*3 - 2*({last})"):
        verdict = matcalc.check(text, wrt, shared + claim, sample.where, layout="mixed")
        assert verdict.ok, f"{shared}{claim} of {sample}: {verdict.reason}"


def split_program(text: str) -> tuple[str, str]:
    """Return the definitions of a printed answer, and the formula that uses them."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == ";" and depth == 0:
            start = place + 2
    return text[:start], text[start:]


def by_text(sample: Sample) -> None:
    """What is printed reads back to the same value."""
    for answer in answers(sample):
        _reads_back(str(answer), answer, sample)


def by_latex(sample: Sample) -> None:
    """What is printed in LaTeX reads back to the same value."""
    for answer in answers(sample):
        latex = (
            answer.latex()
            if isinstance(answer, matcalc.Derivative)
            else to_latex(answer.expression)
        )
        _reads_back(f"${latex}$", answer, sample)


def by_steps(sample: Sample) -> None:
    """The explanation ends in the answer."""
    for part in derivatives(sample):
        last = part.steps[-1]
        assert last is not None


ROADS: dict[str, Callable[[Sample], None]] = {
    "evaluate": by_evaluation,
    "numpy": by_code("numpy"),
    "jax": by_code("jax"),
    "torch": by_code("torch"),
    "kronecker": by_kronecker_products,
    "precise": by_precise_numbers,
    "verify": by_verification,
    "check": by_check,
    "text": by_text,
    "latex": by_latex,
    "explain": by_steps,
}


# Helpers


def _values(sample: Sample) -> Mapping[str, Any]:
    values = point(sample)
    assert values is not None
    return values


def _evaluated(answer: Answer, values: Mapping[str, Any]) -> Any:
    """Return a value; None where there is none."""
    try:
        value = answer.evaluate(**values)
    except MatcalcError:
        return None
    return value if np.isfinite(value).all() else None


def _fractions(array: Any) -> Any:
    exact = np.empty(np.shape(array), object)
    for place in np.ndindex(*exact.shape):
        exact[place] = Fraction(float(np.asarray(array)[place]))
    return exact


def _reads_back(text: str, answer: Answer, sample: Sample) -> None:
    values = _values(sample)
    try:
        back = matcalc.parse(text, sample.where)
    except MatcalcError as error:
        raise AssertionError(f"{text} of {sample} does not read back: {error}") from None
    assert back.shape == answer.shape, f"{text} of {sample}: {back.shape} for {answer.shape}"
    assert_same(back.evaluate(**values), answer.evaluate(**values), f"{text} of {sample}")
