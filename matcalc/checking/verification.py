"""Check an answer as Parr & Howard did theirs: entry by entry, with SymPy, at small sizes.

Every variable is filled with explicit scalars x_1, x_2, ...; the formula's entries are
differentiated by SymPy, which knows none of matcalc's rules, and held against the answer's
entries at rational points in fifty digits. Two size assignments with unequal sizes tell a
matrix from its transpose.
"""

from __future__ import annotations

import itertools
import math
import operator
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from matcalc.asking.answers import Answer
from matcalc.asking.targets import Target
from matcalc.calculus.templates import template
from matcalc.checking.precise import ARITHMETIC
from matcalc.errors import MatcalcError
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import function_name
from matcalc.expressions.nodes import Application, Expression
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.traversal import postorder
from matcalc.limits import limit
from matcalc.programs.backends import SYMPY, Backend, compiled
from matcalc.programs.evaluation import evaluate
from matcalc.records import Record

DIGITS = 50
TOLERANCE = 1e-25
POINTS = 3
TRIES = 24
REFUSALS = 60
LARGEST_WORK = 200_000
"""How many nodes SymPy is given, times how often they are differentiated."""
SECONDS = 20.0
MOST_ENTRIES = 4_000

Sizes = dict[str, int]


class Verification(Record):
    """Whether an answer is right; `ok` is None where it could not be told.

    `sizes` are the size assignments that were tried, `entries` the number of entries that
    were compared, `mismatch` says which entry differs, and both values.
    """

    ok: bool | None
    sizes: tuple[Sizes, ...]
    entries: int
    mismatch: str
    text: str

    def __bool__(self) -> bool:
        return self.ok is True

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Verification: {self.text}>"


class Claim(NamedTuple):
    """An answer to verify: that it is the derivative of `formula` by `variable`.

    `entry` has the indices if the variable is one entry. A product of the derivative with
    `seeds` has operation 'vjp' or 'jvp', and no layout. `others` has the second variable of
    a Hessian's block, or the further ones of a jvp, with a seed each; `structure` is the
    convention for structured variables. `flattened` says that the answer is ∂vec(Y)/∂vec(X)ᵀ,
    transposed in denominator layout.
    """

    formula: Expression
    variable: Expression
    answer: Expression
    layout: str = "numerator"
    order: int = 1
    entry: tuple[Expression, ...] = ()
    operation: str = "diff"
    seeds: tuple[Expression, ...] = ()
    others: tuple[Target, ...] = ()
    structure: str = "entries"
    flattened: bool = False

    def parts(self) -> list[Expression]:
        """Return all formulas of the claim."""
        targets = [part for t in self.targets() for part in (t.variable, *t.entry)]
        return [self.formula, self.answer, *targets, *self.seeds]

    def targets(self) -> list[Target]:
        """Return all variables, or entries, that the formula is differentiated by."""
        return [Target(self.variable.value.name, self.variable, self.entry), *self.others]


class _TooMuch(Exception):
    """The entries are too many or too large; the text says which."""


class _Undefined(Exception):
    """No point was found at which the formula is defined; other sizes may have one."""


def verify(answer: Answer) -> Verification:
    """Check a derivative as `matcalc.diff`, `vjp` or `jvp` gave it.

    >>> import matcalc
    >>> print(verify(matcalc.diff("A*x", "x", where="A: matrix(m, n); x: vector(n)")))
    SymPy agrees in all 12 entries, at m = 2, n = 3 and at m = 3, n = 2
    """
    count = 1 + len(answer.others) if answer.seed else 0
    read = answer.formula.inferred.others
    return verify_claim(
        Claim(
            answer.formula.expression,
            answer.variable,
            answer.expression,
            answer.layout,
            answer.order,
            answer.entry,
            answer.operation,
            read[len(read) - count :],
            answer.others,
            answer.structure,
            answer.flattened,
        )
    )


def verify_answer(
    formula: Expression, wrt: Expression, answer: Expression, layout: str, order: int = 1
) -> Verification:
    """Check that `answer` is the derivative of the formula by the variable `wrt`."""
    return verify_claim(Claim(formula, wrt, answer, layout, order))


def verify_claim(claim: Claim) -> Verification:
    """Compare the claim with SymPy's derivatives at two size assignments, one thread at a time."""
    with ARITHMETIC:
        return _verified(claim)


def _verified(claim: Claim) -> Verification:
    deadline = time.monotonic() + SECONDS
    tried: list[Sizes] = []
    entries = 0
    refused = 0
    failure = "no sizes fit the formula"
    for sizes in _assignments(claim):
        try:
            count, mismatch = _compare(claim, sizes, deadline)
        except (MatcalcError, _Undefined) as error:
            failure = str(error)
            refused += 1
            if refused == REFUSALS:
                break
            continue
        except _TooMuch as reason:
            return Verification(None, tuple(tried), entries, "", f"not verified: {reason}")
        tried.append(sizes)
        entries += count
        if mismatch:
            text = f"SymPy disagrees at {_sizes_text(sizes)}: {mismatch}"
            return Verification(False, tuple(tried), entries, mismatch, text)
        if len(tried) == 2 or not sizes:
            break
    if not tried:
        return Verification(None, (), 0, "", f"not verified: {failure}")
    places = " and ".join(f"at {_sizes_text(sizes)}" for sizes in tried if sizes)
    text = f"SymPy agrees in {'all ' if entries > 1 else ''}{entries} entr"
    text += ("ies" if entries > 1 else "y") + (f", {places}" if places else "")
    return Verification(True, tuple(tried), entries, "", text)


def _sizes_text(sizes: Sizes) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sorted(sizes.items()))


# Sizes


def _assignments(claim: Claim) -> Iterator[Sizes]:
    """Yield unequal sizes, small ones first, at which all dimensions are positive."""
    nodes = postorder(claim.parts(), lambda node: node.arguments)
    dimensions = {d for node in nodes for d in node.shape}
    dimensions |= {node.value for node in nodes if node.head == "size"}
    names = sorted({name for d in dimensions for name in d.names})
    if not names:
        yield {}
        return
    lengths = {d for node in nodes for d in node.shape}
    for values in _distinct(len(names)):
        sizes = dict(zip(names, values, strict=True))
        if all(d.evaluate(sizes) > 0 for d in lengths):
            yield sizes


def _distinct(count: int) -> Iterator[tuple[int, ...]]:
    """Yield tuples of different sizes: (2, 3), (3, 2), then larger ones.

    >>> list(itertools.islice(_distinct(2), 4))
    [(2, 3), (3, 2), (2, 4), (4, 2)]
    """
    values = range(2, 10)
    chosen = sorted(itertools.combinations(values, min(count, 4)), key=lambda c: (max(c), sum(c)))
    for few in itertools.islice(chosen, 40):
        for order in itertools.islice(itertools.permutations(few), 24):
            yield tuple(itertools.islice(itertools.cycle(order), count))


# Entries


def _compare(claim: Claim, sizes: Sizes, deadline: float) -> tuple[int, str]:
    """Return the number of entries compared, and a mismatch or ''."""
    nodes = postorder(claim.parts(), lambda node: node.arguments)
    variables = {node.value.name: node for node in nodes if node.head == "variable"}
    for node in nodes:
        _check_entries(node, sizes)
    arrays = {name: _symbols(node, sizes) for name, node in variables.items()}
    loose = {
        t.variable.value.name: _symbols(t.variable, sizes, loose=True) for t in claim.targets()
    }
    applications = {node.value: node for node in nodes if node.head == "abstract"}
    functions = _Functions(list(applications), sizes)
    moving = {**arrays, **functions.callables, **loose}
    backend = _backend()
    result = evaluate(claim.formula, moving, sizes, backend)
    expected = _derivative(claim, result, sizes, moving, deadline)
    shape = tuple([d.evaluate(sizes) for d in claim.answer.shape])
    if expected.shape != shape:
        return 0, f"the answer's shape is {shape}, and must be {expected.shape}"

    def given(point: Point) -> Any:
        import numpy as np

        numbers = {
            name: np.array([_number(point.get(s, s)) for s in array.flat]).reshape(array.shape)
            for name, array in arrays.items()
        }
        return evaluate(claim.answer, {**numbers, **functions.stand_ins}, sizes, _arithmetic())

    points = _points(variables, arrays, loose)
    mismatch = _difference(expected, given, result, points, functions.numbers, deadline)
    return expected.size, mismatch


def _derivative(
    claim: Claim, result: Any, sizes: Sizes, arrays: Mapping[str, Any], deadline: float
) -> Any:
    """Return SymPy's derivatives of the result's entries, in the claim's arrangement."""
    import numpy as np

    targets = claim.targets()
    if claim.operation == "jvp":
        total = result * 0
        for target, seed in zip(targets, claim.seeds, strict=True):
            derivative = _by_targets(claim, result, [target], sizes, arrays, deadline)
            tangent = np.asarray(evaluate(seed, arrays, sizes, _backend()))
            flat = derivative.reshape(-1, tangent.size) @ tangent.reshape(-1, 1)
            total = total + flat.reshape(result.shape)
        return np.asarray(total, dtype=object)
    if claim.operation == "diff" and claim.others:
        block = _by_targets(claim, result, targets, sizes, arrays, deadline)
        rows = arrays[targets[0].variable.value.name].shape if not targets[0].entry else ()
        return _flattened(claim, block, rows, sizes) if claim.flattened else block
    derivative = _by_targets(claim, result, targets * claim.order, sizes, arrays, deadline)
    shape = derivative.shape[result.ndim :][: (derivative.ndim - result.ndim) // claim.order]
    if claim.flattened:
        rows = shape if claim.order == 2 and not result.shape else result.shape
        return _flattened(claim, derivative, rows, sizes)
    if claim.operation == "diff":
        return _arranged(derivative, result.shape, shape, claim.order, claim.layout)
    (seed,) = claim.seeds
    cotangent = np.asarray(evaluate(seed, arrays, sizes, _backend()))
    flat = cotangent.reshape(1, -1) @ derivative.reshape(cotangent.size, -1)
    return flat.reshape(shape)


def _flattened(claim: Claim, derivative: Any, rows: tuple[int, ...], sizes: Sizes) -> Any:
    """Return ∂vec(Y)/∂vec(X)ᵀ, where the first axes, of lengths `rows`, are Y's."""
    import numpy as np

    flat = derivative.reshape((int(np.prod(rows, dtype=int)), -1), order="F")
    flat = flat.T if claim.layout == "denominator" else flat
    shape = [d.evaluate(sizes) for d in claim.answer.shape]
    return flat.reshape(shape) if flat.size == np.prod(shape) else flat


def _by_targets(
    claim: Claim, result: Any, targets: Sequence[Target], sizes: Sizes,
    arrays: Mapping[str, Any], deadline: float,
) -> Any:  # fmt: skip
    """Return the derivatives by one target after the other, whose axes come last."""
    import numpy as np

    derivative = result
    count = result.size
    work = sum(_weight(entry) for entry in result.flat)
    for target in targets:
        moving = arrays[target.variable.value.name]
        place = [int(evaluate(index, arrays, sizes, SYMPY)[()]) - 1 for index in target.entry]
        projected = target.structure and claim.structure != "entries"
        if place and not projected:
            moving = np.array(moving.reshape(-1)[place[0]] if len(place) == 1 else
                              moving[tuple(place)])  # fmt: skip
        count, work = count * moving.size, work * moving.size
        if count > MOST_ENTRIES:
            raise _TooMuch(f"the derivative has {count} entries at {_sizes_text(sizes)}")
        if work > LARGEST_WORK:
            raise _TooMuch("the formula's entries are too large for SymPy")
        derivative = _by_every(derivative, moving, deadline)
        if projected:
            derivative = _projected(derivative, target.structure, claim.structure)
            derivative = derivative[(..., *place)] if place else derivative
            derivative = np.asarray(derivative, dtype=object)
        if sum(map(_weight, set(derivative.flat))) > LARGEST_WORK:
            raise _TooMuch("the derivative's entries are too large for SymPy")
    return derivative


def _projected(array: Any, structure: str, convention: str) -> Any:
    """Return derivatives by a structured matrix, whose axes come last, by a convention."""
    import numpy as np

    diagonal = array * np.eye(array.shape[-1], dtype=int)
    if structure == "diagonal":
        return diagonal
    both = array + np.swapaxes(array, -1, -2)
    return both / 2 if convention == "projected" else both - diagonal


def _by_every(array: Any, variable: Any, deadline: float) -> Any:
    """Return the array's derivatives by all entries of the variable, which come last."""
    import numpy as np

    rows = np.empty((array.size, variable.size), dtype=object)
    known: dict[tuple[Any, Any], Any] = {}
    for i, entry in enumerate(array.flat):
        for j, scalar in enumerate(variable.flat):
            key = (entry, scalar)
            if key not in known:
                _check_time(deadline)
                known[key] = entry.diff(scalar) if scalar in entry.free_symbols else entry * 0
            rows[i, j] = known[key]
    return rows.reshape(array.shape + variable.shape)


def _check_entries(node: Expression, sizes: Sizes) -> None:
    """Refuse a part of a formula that has too many entries, before any is made."""
    entries = 1
    for dimension in node.shape:
        entries *= dimension.evaluate(sizes)
    if entries > limit("entries"):
        raise _TooMuch(f"a part of the formula has {entries} entries")


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _TooMuch(f"SymPy took longer than {SECONDS:.0f} seconds")


def _weight(entry: Any) -> int:
    """Return how many nodes an expression has, shared ones once, and at least one."""
    return len(postorder([entry], lambda node: node.args))


def _arranged(
    derivative: Any, result: tuple[int, ...], variable: tuple[int, ...], order: int, layout: str
) -> Any:
    """Return a derivative with axes (result..., variable..., ...) as the layout has them."""
    import numpy as np

    if len(result) == 2 and result[0] == 1:  # a row counts as the vector
        derivative, result = derivative[0], result[1:]
    denominator = layout == "denominator"
    if not variable:
        if denominator and len(result) in (1, 2):
            return derivative.reshape(1, -1) if len(result) == 1 else derivative.T
        return derivative
    if order == 1 and not result and len(variable) < 3:
        if layout != "numerator":
            return derivative
        return derivative.reshape(1, -1) if len(variable) == 1 else derivative.T
    if denominator:
        last = range(derivative.ndim - len(result), derivative.ndim)
        return np.moveaxis(derivative, range(len(result)), last)
    return derivative


# Scalars in place of variables


def _symbols(variable: Expression, sizes: Sizes, loose: bool = False) -> Any:
    """Return an array of real scalars x_1, x_2, ... or A_1_2; structure makes some equal."""
    import numpy as np
    import sympy

    name, structure = variable.value
    shape = tuple([d.evaluate(sizes) for d in variable.shape])
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        written = place
        if structure and not loose:
            if structure == "diagonal" and place[0] != place[1]:
                array[place] = sympy.Integer(0)
                continue
            written = tuple(sorted(place))
        indices = "".join(f"_{k + 1}" for k in written)
        array[place] = sympy.Symbol(name + indices, real=True)
    return array


Point = dict[Any, Any]


def _points(
    variables: Mapping[str, Expression], arrays: Mapping[str, Any], loose: Mapping[str, Any]
) -> Iterator[Point]:
    """Yield rational points that have each variable's structure, in turn of several kinds."""
    import numpy as np
    import sympy

    generator = random.Random(20180205)
    kinds: tuple[Callable[[], float], ...] = (
        lambda: generator.choice((-1, 1)) * generator.uniform(0.2, 1.5),
        lambda: generator.uniform(0.2, 1.5),
        lambda: generator.uniform(0.05, 0.6) * generator.choice((-1, 1)),
        lambda: generator.uniform(0.1, 0.9),
        lambda: generator.uniform(1.1, 2.5),
        lambda: -generator.uniform(0.2, 1.5),
    )

    def draw(kind: int) -> Any:
        return sympy.Rational(round(kinds[kind]() * 9973), 9973)

    names = sorted(variables)
    for turn in range(TRIES):
        point: Point = {}
        for name in names:
            # at first all variables are of one kind, later each of its own
            kind = turn % len(kinds)
            if turn >= 2 * len(kinds):
                kind = generator.randrange(len(kinds))
            array, structure = arrays[name], variables[name].value.structure
            values = np.empty(array.shape, dtype=object)
            for place in np.ndindex(*array.shape):
                values[place] = draw(kind)
            values = _structured(values, structure)
            if len(array.shape) == 2 and array.shape[0] == array.shape[1] and turn % 2:
                values = values + 2 * np.eye(len(values), dtype=int)
            symbols = loose.get(name, array)
            point.update(zip(symbols.flat, values.flat, strict=True))
            point.update(zip(array.flat, values.flat, strict=True))
        yield {symbol: value for symbol, value in point.items() if symbol.is_Symbol}


def _structured(values: Any, structure: str) -> Any:
    import numpy as np

    if structure == "symmetric":
        return values + values.T
    if structure == "spd":
        return values @ values.T + np.eye(len(values), dtype=int)
    if structure == "diagonal":
        return values * np.eye(len(values), dtype=int)
    return values


# Comparing numbers


def _difference(
    expected: Any, given: Callable[[Point], Any], result: Any, points: Iterator[Point],
    functions: Mapping[str, Any], deadline: float,
) -> str:  # fmt: skip
    """Return '' if the entries agree at several points, else an entry where they differ.

    A point counts if the formula's own entries are real and finite there, and off its kinks.
    """
    import mpmath
    import numpy as np
    import sympy

    ties = sorted({tie.args[0] for entry in result.flat for tie in entry.atoms(_step())}, key=str)
    wanted = [*expected.flat, *result.flat, *ties]
    symbols: list[Any] = sorted(
        set().union(*[entry.free_symbols for entry in wanted]), key=lambda symbol: symbol.name
    )
    if any(entry.has(sympy.zoo, sympy.oo, sympy.nan) for entry in wanted):
        raise _Undefined("the formula is defined nowhere at these sizes")
    numbers = {**functions, **_artefacts(mpmath)}
    compute = sympy.lambdify(symbols, wanted, [numbers, "mpmath"], cse=True)
    found = 0
    for point in points:
        _check_time(deadline)
        right = _stable(compute, symbols, point)
        if right is None or any(abs(tie) < TOLERANCE for tie in right[len(wanted) - len(ties) :]):
            continue
        with mpmath.workdps(DIGITS + 20):
            answers = _real(lambda point=point: given(point).flat)  # type: ignore[misc]
        if answers is None:
            continue
        found += 1
        for place, left, value in zip(np.ndindex(*expected.shape), answers, right, strict=False):
            if abs(left - value) > TOLERANCE * (1 + abs(value)):
                return _mismatch(place, value, left, symbols, point, mpmath)
        if found == POINTS:
            return ""
    if not found:
        raise _Undefined("no point was found at which the formula is defined")
    return ""


def _stable(compute: Any, symbols: Sequence[Any], point: Point) -> list[Any] | None:
    """Return the values at a point, or None outside of the domain.

    What rounding decides, such as the inverse of a singular matrix, has no value: more
    digits would change it.
    """
    import mpmath

    both = []
    for digits in (DIGITS, DIGITS + 20):
        with mpmath.workdps(digits):
            both.append(_real(lambda: compute(*[_number(point[s]) for s in symbols])))
        if both[-1] is None:
            return None
    rough, values = both
    assert rough is not None and values is not None
    stable = all(
        abs(value - other) <= TOLERANCE * (1 + abs(value))
        for value, other in zip(values, rough, strict=True)
    )
    return values if stable else None


def _real(compute: Callable[[], Iterable[Any]]) -> list[Any] | None:
    """Return the numbers that are computed if all are real and finite, else None."""
    import mpmath

    try:
        values = [+mpmath.mpmathify(value) for value in compute()]  # a constant is rounded now
    except (ArithmeticError, ValueError, TypeError, MatcalcError):
        return None
    real = all(mpmath.isfinite(value) and mpmath.im(value) == 0 for value in values)
    return [mpmath.re(value) for value in values] if real else None


def _number(value: Any) -> Any:
    """Return a rational number in floating point of the current precision."""
    import mpmath

    return mpmath.mpf(int(value.p)) / int(value.q)


def _mismatch(
    place: tuple[int, ...], left: Any, right: Any, symbols: Sequence[Any], point: Point, mpmath: Any
) -> str:
    index = ",".join(str(k + 1) for k in place)
    entry = f"entry [{index}]" if place else "the value"
    where = ", ".join(f"{s} = {mpmath.nstr(mpmath.mpf(point[s].p) / point[s].q, 4)}"
                      for s in symbols[:6])  # fmt: skip
    where += ", ..." if len(symbols) > 6 else ""
    numbers = f"{mpmath.nstr(right, 8)} in the answer and {mpmath.nstr(left, 8)} by SymPy"
    return f"{entry} is {numbers}" + (f", where {where}" if where else "")


# Functions with kinks: one step function, whose derivative is zero


def _backend() -> Backend:
    """Return SymPy's backend with kinks written by steps, which SymPy leaves alone."""
    return SYMPY._replace(
        elementwise=_elementwise,
        compare=_compared,
        largest=lambda a, axis: _folded("max", a, axis),
        smallest=lambda a, axis: _folded("min", a, axis),
    )


def _step() -> Any:
    """Return the function [x > 0] of which SymPy only knows that its derivative is 0."""
    import sympy

    return _opaque("Positive", lambda function, place: sympy.Integer(0))


_classes: dict[str, Any] = {}


def _opaque(name: str, derivative: Callable[[Any, int], Any]) -> Any:
    """Return a SymPy function of this name with a given derivative."""
    import sympy

    if name not in _classes:

        def fdiff(self: Any, argindex: int = 1) -> Any:
            return derivative(self, argindex - 1)

        members = {"fdiff": fdiff, "_eval_is_real": lambda self: True}
        _classes[name] = type(name, (sympy.Function,), members)
    return _classes[name]


def _elementwise(name: str, arity: int) -> Callable[..., Any]:
    """Return a function of SymPy's numbers, its branches told by `_positive`."""
    import sympy

    pieces = template(name, arity, "pieces")
    if "positive(" not in pieces and "larger(" not in pieces:
        return SYMPY.elementwise(name, arity)
    names = {**vars(sympy), "positive": _positive, "larger": _larger}
    return _entrywise(compiled(pieces, arity, names.get), arity)


def _positive(x: Any) -> Any:
    if x.is_Number:
        return x * 0 + (1 if x > 0 else 0)
    return _step()(x)


def _nonzero(x: Any) -> Any:
    return _positive(x) + _positive(-x)


def _larger(a: Any, b: Any) -> Any:
    """Return the larger one; a tie goes to a number, else to the first."""
    first, other = (b, a) if b.is_number else (a, b)
    return first + (other - first) * _positive(other - first)


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    ">": lambda a, b: _positive(a - b),
    "<": lambda a, b: _positive(b - a),
    ">=": lambda a, b: 1 - _positive(b - a),
    "<=": lambda a, b: 1 - _positive(a - b),
    "==": lambda a, b: 1 - _nonzero(a - b),
    "!=": lambda a, b: _nonzero(a - b),
}


def _compared(operator: str, a: Any, b: Any) -> Any:
    import numpy as np

    return np.frompyfunc(_COMPARED[operator], 2, 1)(a, b)


def _folded(name: str, a: Any, axis: int) -> Any:
    """Return the largest or smallest along an axis: the mean of the entries that none exceeds."""
    import numpy as np

    lines = np.moveaxis(a, axis, -1)
    result = np.empty(lines.shape[:-1], dtype=object)
    for place in np.ndindex(*result.shape):
        line = list(lines[place])
        sign = 1 if name == "max" else -1
        leads = [
            math.prod(
                [1 - _positive(sign * (other - entry)) for other in line if other is not entry]
            )
            for entry in line
        ]
        result[place] = sum(map(operator.mul, line, leads)) / sum(leads)
    return result


def _artefacts(mpmath: Any) -> dict[str, Any]:
    """Return what SymPy's derivatives of kinked functions are off the kinks, in numbers."""
    return {
        "Positive": lambda x: 1 if mpmath.re(x) > _tiny() else 0,
        "Heaviside": lambda x, *half: 1 if mpmath.re(x) > 0 else 0,
        "DiracDelta": lambda x, *order: 0,
    }


# The answer in numbers


@cache
def _arithmetic() -> Backend:
    """Return the backend of numbers in mpmath's current precision."""
    import mpmath
    import numpy as np

    def fold(choose: Callable[..., Any]) -> Callable[[Any, int], Any]:
        return lambda a, axis: np.apply_along_axis(lambda line: choose(*line), axis, a)

    exponential = np.frompyfunc(mpmath.exp, 1, 1)
    logarithm = np.frompyfunc(mpmath.log, 1, 1)

    def softmax(a: Any, axis: int) -> Any:
        return exponential(a) / exponential(a).sum(axis=axis, keepdims=True)

    return SYMPY._replace(
        array=lambda value: np.array(value, dtype=object),
        number=lambda value: _boxed(mpmath.mpf(value.numerator) / value.denominator),
        pi=lambda: _boxed(+mpmath.pi),
        elementwise=_elementwise_number,
        compare=_compared_numbers,
        matrix=_matrix_of_numbers,
        largest=fold(max),
        smallest=fold(min),
        logsumexp=lambda a, axis: logarithm(exponential(a).sum(axis=axis)),
        softmax=softmax,
        euclidean=lambda a: mpmath.sqrt((a * a).sum()),
    )


def _boxed(value: Any) -> Any:
    return SYMPY.box(value)


@cache
def _elementwise_number(name: str, arity: int) -> Callable[..., Any]:
    """Return a function of the table, from the row's template for mpmath."""
    import mpmath

    if ROWS[name, arity].chooses == "condition":
        return _entrywise(lambda c, a, b: a if abs(c) > _tiny() else b, 3)
    return _entrywise(compiled(template(name, arity, "mpmath"), arity, vars(mpmath).get), arity)


def _entrywise(function: Callable[..., Any], arity: int) -> Callable[..., Any]:
    import numpy as np

    entrywise: Callable[..., Any] = np.frompyfunc(function, arity, 1)
    return entrywise


def _tiny() -> Any:
    import mpmath

    return mpmath.mpf(10) ** -30


def _compared_numbers(operator: str, a: Any, b: Any) -> Any:
    """Compare numbers of which rounding may have parted what is equal."""
    import mpmath
    import numpy as np

    tiny, signs = _tiny(), RELATIONS[operator].signs

    def entry(x: Any, y: Any) -> Any:
        return mpmath.mpf(int((x - y > tiny) - (x - y < -tiny) in signs))

    return np.frompyfunc(entry, 2, 1)(a, b)


def _matrix_of_numbers(name: str, a: Any) -> Any:
    import mpmath
    import numpy as np

    matrix = mpmath.matrix(a.tolist())
    if name == "det":
        return mpmath.det(matrix)
    if name == "logdet":
        return mpmath.log(mpmath.det(matrix))
    if name == "inv":
        return np.array(mpmath.inverse(matrix).tolist(), dtype=object).reshape(a.shape)
    adjugate = np.empty(a.shape, dtype=object)
    for i, j in np.ndindex(*a.shape):
        minor = np.delete(np.delete(a, j, axis=0), i, axis=1)
        determinant = mpmath.det(mpmath.matrix(minor.tolist())) if minor.size else mpmath.mpf(1)
        adjugate[i, j] = (-1) ** (i + j) * determinant
    return adjugate


# Abstract functions


Component = Callable[[str, tuple[int, ...], tuple[int, ...]], Callable[..., Any]]


class _Functions:
    """Stand-ins for abstract functions: opaque in SymPy, sums of waves in numbers.

    Each component of a function's value is a SymPy function of the entries of all
    arguments, of which SymPy knows no more than that its derivatives are functions too.
    """

    def __init__(self, applications: Sequence[Application], sizes: Sizes) -> None:
        self.sizes = sizes
        self.numbers: dict[str, Callable[..., Any]] = {}
        self.callables = {
            function_name(a): self._callable(a, self._component) for a in applications
        }
        self.stand_ins = {function_name(a): self._callable(a, _wave_of) for a in applications}

    def _callable(self, application: Application, component: Component) -> Callable[..., Any]:
        function, orders = application
        if function.elementwise:
            import numpy as np

            return np.frompyfunc(component(function.name, (), (0,) * len(orders)), 1, 1)
        return lambda *arguments: self._value(application, arguments, component)

    def _value(
        self, application: Application, arguments: Sequence[Any], component: Component
    ) -> Any:
        """Return the derivative's entries, in the shape that numerator layout gives it."""
        import numpy as np

        function, orders = application
        shape = tuple([d.evaluate(self.sizes) for d in function.result])
        entries = [entry for argument in arguments for entry in argument.flat]
        starts = [0, *itertools.accumulate(argument.size for argument in arguments)]
        axes = [argument.shape for argument in arguments]
        full = shape + tuple(n for order in orders for n in axes[order])
        value = np.empty(full, dtype=object)
        for place in np.ndindex(*full):
            rest = list(place[len(shape) :])
            by = []
            for order in orders:
                own, rest = rest[: len(axes[order])], rest[len(axes[order]) :]
                offset = int(np.ravel_multi_index(own, axes[order])) if own else 0
                by.append(starts[order] + offset)
            scalar = component(function.name, place[: len(shape)], tuple(sorted(by)))
            value[place] = scalar(*entries)
        seen = [axes[order] for order in orders if axes[order]]
        if len(seen) == 1 and not shape and len(seen[0]) < 3:
            return value.reshape(1, -1) if len(seen[0]) == 1 else value.T
        return value

    def _component(self, name: str, place: tuple[int, ...], by: tuple[int, ...]) -> Any:
        written = "_".join([name, *map(str, place), "by", *map(str, by)])

        def slope(applied: Any, argument: int) -> Any:
            higher = self._component(name, place, tuple(sorted((*by, argument))))
            return higher(*applied.args)

        self.numbers[written] = _wave_of(name, place, by)
        _classes.pop(written, None)
        return _opaque(written, slope)


def _wave_of(name: str, place: tuple[int, ...], by: tuple[int, ...]) -> Callable[..., Any]:
    return lambda *arguments: _wave(f"{name} {place}", by, arguments)


def _wave(seed: str, by: tuple[int, ...], arguments: Sequence[Any]) -> Any:
    """Return a derivative of a sum of three sines with random frequencies and phases."""
    import mpmath

    generator = random.Random(seed)
    total = mpmath.mpf(0)
    for _ in arguments or (0,):
        frequencies = [mpmath.mpf(generator.randint(-90, 90)) / 70 for _ in arguments]
        phase = mpmath.mpf(generator.randint(0, 60)) / 10 + mpmath.pi / 2 * len(by)
        angle = mpmath.fdot(frequencies, arguments) + phase
        total += mpmath.sin(angle) * mpmath.fprod(frequencies[k] for k in by)
    return total
