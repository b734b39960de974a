"""What must hold of a random formula; truth is plain NumPy and its finite differences."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

import matcalc
from matcalc.calculus.layouts import LAYOUTS
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_text
from matcalc.programs.evaluation import evaluate
from tests import differences
from tests.checking.mutations import MUTATIONS
from tests.honesty.formulas import WHERE, Shape, Term, drawn
from tests.roads import split_program
from tests.samples import structured
from tests.strategies import SIZES, abstract_functions

STEPS = (4e-3, 2e-3, 1e-3)
LARGEST = 1e4
NO_ANSWER = ("E303", "E404", "E5")
"""Codes of clear refusals: a second derivative or code that there is none of, and limits."""


class Skipped(Exception):
    """Nothing can be said: the point is on a kink, out of the domain, or the value is huge."""


class Question(NamedTuple):
    """A random formula at a random point, and the variable to derive by."""

    seed: str
    term: Term
    shape: Shape
    wrt: str
    point: dict[str, Any]

    @property
    def text(self) -> str:
        return self.term.text

    def random(self) -> random.Random:
        """Return what draws choices that only this question has."""
        return random.Random(self.seed)


@lru_cache(4)
def question(seed: str) -> Question:
    """Return the question of a seed."""
    term, shape = drawn(seed)
    formula = matcalc.parse(term.text, WHERE)
    generator = random.Random(seed)
    rng = np.random.default_rng(generator.randrange(2**32))
    point: dict[str, Any] = abstract_functions(rng) | dict(SIZES)
    for name, node in declared().items():
        array = rng.uniform(0.2, 1.4, [d.evaluate(SIZES) for d in node.shape])
        point[name] = structured(array * rng.choice([-1.0, 1.0], array.shape), node)
    used = sorted(set(formula.inferred.variables) - set(formula.inferred.functions))
    wrt = generator.choice([name for name in used if name in point] or ["a"])
    return Question(seed, term, shape, wrt, point)


@cache
def declared() -> dict[str, Expression]:
    """Return the variables that formulas are drawn in."""
    text = "a + b + sum(x) + sum(y) + sum(z) + v·w + tr(A*B') + sum(E) + tr(C*S*P*D) + sum(H)"
    return dict(matcalc.parse(text, WHERE).inferred.variables)


def true_value(given: Question, **moved: Any) -> Any:
    """Return the value that the formula means."""
    with np.errstate(all="ignore"):
        return np.asarray(given.term.value({**given.point, **moved}), float)


def true_derivative(given: Question) -> differences.Estimate:
    """Return the Jacobian by differences; skip where they do not converge."""
    value = true_value(given)
    if not np.isfinite(value).all() or np.max(np.abs(value), initial=0) > LARGEST:
        raise Skipped
    estimate = differences.jacobian(
        lambda moved: true_value(given, **{given.wrt: moved}), given.point[given.wrt], STEPS
    )
    if estimate.error > 1e-6 or np.max(np.abs(estimate.value), initial=0) > LARGEST:
        raise Skipped
    return estimate


def near(value: Any, wanted: Any, error: float, label: str) -> None:
    """Hold an array against what it must be."""
    value, wanted = np.asarray(value, float), np.asarray(wanted, float)
    assert value.shape == wanted.shape, f"{label}: shape {value.shape}, not {wanted.shape}"
    tolerance = error * max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    worst = float(np.max(np.abs(value - wanted), initial=0.0))
    assert worst <= tolerance, f"{label}: {value.tolist()}, not {wanted.tolist()}"


def reads_back(answer: Any, given: Question, wanted: Any) -> None:
    """Hold what is printed, as text and as LaTeX, against a value."""
    latex = answer.latex() if hasattr(answer, "latex") else to_latex(answer.expression)
    for text in (str(answer), f"${latex}$"):
        try:
            value = matcalc.parse(text, WHERE).evaluate(**given.point)
        except MatcalcError as error:
            raise AssertionError(
                f"does not read back: {text}: {error.code} {error.message}"
            ) from None
        near(value, wanted, 1e-8, f"reads back as another: {text}")


# Properties


def value_is_true(given: Question) -> None:
    """The value is that of plain NumPy, and of what is printed."""
    wanted = true_value(given)
    if not np.isfinite(wanted).all() or np.max(np.abs(wanted), initial=0) > LARGEST:
        raise Skipped
    formula = matcalc.parse(given.text, WHERE)
    near(formula.evaluate(**given.point), wanted, 1e-8, "value")
    reads_back(formula, given, wanted)


def derivative_is_true(given: Question) -> None:
    """The derivative in a layout is that of differences, and so are its text and LaTeX."""
    estimate = true_derivative(given)
    layout = given.random().choice(LAYOUTS)
    answer = matcalc.diff(given.text, given.wrt, WHERE, layout)
    shape, moving = true_value(given).shape, np.shape(given.point[given.wrt])
    wanted = differences.arrange(estimate.value, shape, moving, 1, layout)
    value = answer.evaluate(**given.point)
    near(value, wanted, 1e-5, f"{layout} derivative by {given.wrt}: {answer}")
    reads_back(answer, given, value)


def second_derivative_is_true(given: Question) -> None:
    """The second derivative is that of differences of the first."""
    estimate = true_derivative(given)
    shape, moving = true_value(given).shape, np.shape(given.point[given.wrt])
    if estimate.value.size * max(np.size(given.point[given.wrt]), 1) > 150 or given.wrt in "SPD":
        raise Skipped
    first = matcalc.diff(given.text, given.wrt, WHERE, "mixed")
    again = differences.jacobian(
        lambda moved: first.evaluate(**{**given.point, given.wrt: moved}),
        given.point[given.wrt], STEPS,
    )  # fmt: skip
    if again.error > 1e-6:
        raise Skipped
    layout = given.random().choice(LAYOUTS)
    answer = matcalc.diff(given.text, given.wrt, WHERE, layout, 2)
    wanted = differences.arrange(
        again.value,
        shape[1:] if shape[:1] == (1,) and len(shape) == 2 else shape,
        moving,
        2,
        layout,
    )
    near(answer.evaluate(**given.point), wanted, 1e-5, f"second {layout} derivative: {answer}")


def products_are_true(given: Question) -> None:
    """vjp and jvp are products with the Jacobian of differences."""
    jacobian = true_derivative(given).value
    shape, moving = true_value(given).shape, np.shape(given.point[given.wrt])
    rng = np.random.default_rng(given.random().randrange(2**32))
    upstream, tangent = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, moving)
    flat = jacobian.reshape(int(np.prod(shape)), -1)
    pulled = matcalc.vjp(given.text, given.wrt, "G_", WHERE)
    near(
        pulled.evaluate(**given.point, G_=upstream),
        (upstream.reshape(-1) @ flat).reshape(moving), 1e-5, f"vjp by {given.wrt}: {pulled}",
    )  # fmt: skip
    pushed = matcalc.jvp(given.text, given.wrt, "V_", WHERE)
    near(
        pushed.evaluate(**given.point, V_=tangent),
        (flat @ tangent.reshape(-1)).reshape(shape), 1e-5, f"jvp by {given.wrt}: {pushed}",
    )  # fmt: skip


def code_is_true(given: Question) -> None:
    """Emitted code has the value and the derivative of differences."""
    estimate = true_derivative(given)
    formula = matcalc.parse(given.text, WHERE)
    near(_run(formula, given), true_value(given), 1e-8, "code")
    answer = matcalc.diff(given.text, given.wrt, WHERE, "mixed")
    shape, moving = true_value(given).shape, np.shape(given.point[given.wrt])
    wanted = differences.arrange(estimate.value, shape, moving, 1, "mixed")
    near(_run(answer, given), wanted, 1e-5, f"code of the derivative by {given.wrt}: {answer}")


def _run(answer: Any, given: Question) -> Any:
    from tests.roads import parameters

    function = answer.compile()
    taken = parameters(function)
    named = {name: v for name, v in given.point.items() if name.replace("'", "_d") in taken}
    with np.errstate(all="ignore"):
        return function(**named)


def check_is_true(given: Question) -> None:
    """The answer is not refuted as a claim, nor rewritten; what differs is not accepted."""
    true_derivative(given)
    answer = matcalc.diff(given.text, given.wrt, WHERE, "mixed")
    if len(answer.shape) > 3 or len(given.text) > 120 or len(str(answer)) > 300:
        raise Skipped
    shared, last = split_program(str(answer))
    value = np.asarray(answer.evaluate(**given.point), float)
    for claim in (last, f"({last})*3/2 - ({last})/2"):
        verdict = _verdict(given, shared + claim)
        assert verdict != "refuted", f"a right claim by {given.wrt} is refuted: {shared}{claim}"
    generator = given.random()
    change = generator.choice(sorted(MUTATIONS))
    for wrong in list(MUTATIONS[change](answer.expression))[:2]:
        other = to_text(wrong)
        moved = np.asarray(evaluate(wrong, given.point), float)
        if moved.shape != value.shape or not np.isfinite(moved).all():
            continue
        if np.max(np.abs(moved - value)) > 1e-3 * (1 + np.max(np.abs(value))):
            verdict = _verdict(given, other)
            accepted = verdict in ("proved", "verified", "consistent")
            assert not accepted, f"a wrong claim by {given.wrt} is {verdict}: {other}"


def _verdict(given: Question, claim: str) -> str:
    return matcalc.check(given.text, given.wrt, claim, WHERE, layout="mixed").verdict


def curvature_is_true(given: Question) -> None:
    """What is called convex or concave has a Hessian of that sign at every point."""
    if given.shape or given.wrt not in "abxyzvw":
        raise Skipped
    answer = matcalc.hessian(given.text, given.wrt, WHERE)
    said = [fact.message for fact in answer.notes if fact.code == "C101"]
    if not said:
        raise Skipped
    sign = -1 if "concave" in said[0] else 1
    rng = np.random.default_rng(given.random().randrange(2**32))
    for _ in range(5):
        size = np.shape(given.point[given.wrt])
        value = answer.evaluate(**{**given.point, given.wrt: rng.uniform(-2, 2, size)})
        if np.isfinite(value).all():
            lowest = np.linalg.eigvalsh(sign * np.atleast_2d(value)).min()
            scale = 1 + np.abs(value).max()
            assert lowest > -1e-9 * scale, f"{said[0]}, but the Hessian has {lowest}"


def explanation_ends(given: Question) -> None:
    """An explanation can be given."""
    answer = matcalc.diff(given.text, given.wrt, WHERE)
    assert answer.steps


PROPERTIES: dict[str, Callable[[Question], None]] = {
    "value": value_is_true,
    "derivative": derivative_is_true,
    "second": second_derivative_is_true,
    "products": products_are_true,
    "code": code_is_true,
    "check": check_is_true,
    "curvature": curvature_is_true,
    "explanation": explanation_ends,
}


def outcome(name: str, seed: str) -> str:
    """Return '' if the property holds of a seed's formula, 'skipped', 'refused', or what fails."""
    try:
        given = question(seed)
    except MatcalcError as error:
        return f"a legal formula is refused: {drawn(seed)[0].text}: {error.code} {error.message}"
    try:
        PROPERTIES[name](given)
    except Skipped:
        return "skipped"
    except AssertionError as error:
        return f"{given.text} :: {error}"
    except MatcalcError as error:
        if error.code.startswith(NO_ANSWER):
            return "refused"
        return f"{given.text} by {given.wrt} :: {error.code} {error.message}"
    except Exception as error:  # what no user may see
        return f"{given.text} by {given.wrt} :: {type(error).__name__} {error}"
    return ""
