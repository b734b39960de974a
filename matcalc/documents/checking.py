"""Check a written derivation: every equality, against the derivatives of its definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from matcalc.calculus.layouts import LAYOUTS, Layout
from matcalc.checking.answering import verdict_of
from matcalc.checking.verdicts import Verdict
from matcalc.claims import LIMIT, expected_shapes
from matcalc.documents.differentials import differential, of_variables
from matcalc.documents.equalities import equality
from matcalc.documents.findings import (
    FOLLOWS,
    RIGHT,
    UNDECIDED,
    UNREAD,
    WRONG,
    Finding,
)
from matcalc.documents.lines import Derivation, Side
from matcalc.documents.notation import Symbol
from matcalc.documents.scope import Meaning, Scope
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, substitute
from matcalc.syntax.declarations import Declaration, ValueKind
from matcalc.syntax.tree import Span

_BEHIND = re.compile(r"_\{[^{}]*\}\s*\S")
"""What stands behind the entry of a stand-in."""


class Settings(NamedTuple):
    """How a derivation is read unless it says otherwise, and how long one equality may take.

    Without a `layout` a document has the one that most of its derivatives fit, a derivation
    the numerator's. `strict` leaves undecided what only points speak for.
    """

    where: str = ""
    layout: Layout | None = None
    wrt: str = ""
    seed: int = 0
    limit: float = LIMIT
    strict: bool = False


class Wrong(NamedTuple):
    """A wrong statement: its line, and what it says that the derivative is."""

    line: int
    value: Expression


def check_derivation(
    derivation: Derivation,
    scope: Scope,
    settings: Settings,
    wrong: dict[Symbol, Wrong] | None = None,
) -> list[Finding]:
    """Return what is found of every equality, in order.

    `wrong` has the wrong statements before it, and takes up those of the derivation.
    """
    return _Checker(derivation, scope, settings, wrong).findings()


def layout_of(derivation: Derivation, settings: Settings) -> Layout:
    """Return the layout in which a derivation is read; raise MatcalcError E702 if there is none."""
    layout: Any = derivation.setting("layout") or settings.layout or "numerator"
    if layout not in LAYOUTS:
        raise MatcalcError("E702", f"there is no layout {layout[:40]}", hint=", ".join(LAYOUTS))
    return layout  # type: ignore[no-any-return]


class _Checker:
    def __init__(
        self,
        derivation: Derivation,
        scope: Scope,
        settings: Settings,
        wrong: dict[Symbol, Wrong] | None,
    ) -> None:
        self.derivation = derivation
        self.scope = scope
        self.settings = settings
        self.wrong: dict[Symbol, Wrong] = {} if wrong is None else wrong
        self.open = {"undecided", "consistent"} if settings.strict else {"undecided"}

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        names = {d.chain: name for name, d in self.scope.definitions.items()}
        for number, chain in enumerate(self.derivation.chains):
            if number in self.scope.differentials:
                found += self._differential(self.scope.differentials[number], chain)
            elif number in names:
                found += self._definition(names[number], chain)
            else:
                found += self._chain(chain)
        return found

    def _definition(self, name: str, chain: tuple[Side, ...]) -> Iterator[Finding]:
        """Check what follows the definition in its chain."""
        head, value, *others = chain
        if name in self.scope.failed:
            yield self._unread(head, value, self.scope.failed[name])
        elif name not in self.scope.own:
            error = MatcalcError("E804", f"{name} uses a definition that cannot be read")
            yield self._unread(head, value, error)
        elif others:
            truth = _Value(self, [self.scope.own[name]])
            yield from self._sides(truth, value, others)

    def _chain(self, chain: tuple[Side, ...]) -> Iterator[Finding]:
        head, *sides = chain
        try:
            symbol = self._only_symbol(head)
            if symbol is not None:
                truth: _Truth = _Derivative(self, self.scope.meanings(symbol))
                sides = [side._replace(indices=self.free_indices(head)) for side in sides]
            else:
                truth = _Value(self, list(self.scope.readings(head)))
        except MatcalcError as error:
            yield self._unread(head, head, error)
            return
        findings = list(self._sides(truth, head, sides))
        yield from findings
        last = findings[-1]
        if symbol is not None and last.outcome in (WRONG, FOLLOWS):
            value = next(iter(self.scope.readings(sides[-1])))
            self.wrong[symbol] = Wrong(last.premise or last.line, value)

    def _differential(self, name: str, chain: tuple[Side, ...]) -> Iterator[Finding]:
        """Check what is stated of the differential of a name."""
        head, *sides = chain
        try:
            truth = _Differential(self, self.scope.named(name))
        except MatcalcError as error:
            yield self._unread(head, head, error)
            return
        yield from self._sides(truth, head, sides)

    def _only_symbol(self, side: Side) -> Symbol | None:
        shown = self.scope.mask(side)
        letters = list(shown.symbols)
        is_only = shown.text.split("_")[0].strip() in letters and not _BEHIND.search(shown.text)
        return shown.symbols[letters[0]] if is_only else None

    def free_indices(self, head: Side) -> tuple[tuple[str, str], ...]:
        """Return the indices of a derivative by entries, each with its last value."""
        shown = self.scope.mask(head)
        if not shown.indices:
            return ()
        [symbol] = shown.symbols.values()
        shape = self.scope.meanings(symbol)[0].derivative.expression.shape
        if len(set(shown.indices)) != len(shape):
            message = "these indices do not say which entry is meant"
            raise MatcalcError("E804", message).at(head.text, 0, len(head.text))
        return tuple(zip(shown.indices, map(str, shape), strict=True))

    def _sides(self, truth: _Truth, head: Side, sides: list[Side]) -> Iterator[Finding]:
        """Hold each side against the truth; one that is wrong, against the side before it."""
        before = head
        previous: Finding | None = None
        for side in sides:
            try:
                finding = self._side(truth, head, before, side, previous)
            except MatcalcError as error:
                finding = self._unread(before, side, error)
            yield finding
            before, previous = side, finding

    def _side(
        self, truth: _Truth, head: Side, before: Side, side: Side, previous: Finding | None
    ) -> Finding:
        verdict, note = truth.verdict(side)
        line = self.derivation.line(side.start)
        outcome, premise = RIGHT, 0
        was_wrong = previous is not None and previous.outcome in (WRONG, FOLLOWS)
        if verdict.verdict in self.open:
            outcome = UNDECIDED
        elif verdict.ok and was_wrong:
            assert previous is not None
            text = f"right nevertheless: it is not what line {previous.line} says"
            note = f"{note}; {text}" if note else text
        elif not verdict.ok:
            premise = self._premise(head, before, side, previous if was_wrong else None)
            outcome = FOLLOWS if premise else WRONG
        left = before.text if previous is not None else head.text
        return Finding(
            outcome, line, side.start, side.start + len(side.text), left, side.text,
            verdict, None, premise, note,
        )  # fmt: skip

    def _premise(self, head: Side, before: Side, side: Side, previous: Finding | None) -> int:
        """Return the wrong line from which a wrong side follows, or 0 if it follows from none."""
        scope = self.scope
        claims = {symbol: wrong.value for symbol, wrong in self.wrong.items()}
        for given in ({}, claims) if previous is not None else (claims,):
            symbols = [*scope.mask(before).symbols.values(), *scope.mask(side).symbols.values()]
            used = [symbol for symbol in symbols if symbol in given]
            if not used and previous is None:
                continue
            try:
                pairs = [
                    (one, other)
                    for one in scope.readings(before, (), given)
                    for other in scope.readings(side, (one.shape,), given)
                ]
            except MatcalcError:
                continue
            if any(self.equality(one, other).ok for one, other in pairs):
                if previous is not None:
                    return previous.premise or previous.line
                return min(self.wrong[symbol].line for symbol in used)
        return 0

    def _unread(self, left: Side, side: Side, error: MatcalcError) -> Finding:
        start, end = side.start, side.start + len(side.text.rstrip())
        if error.source == side.text and error.line:
            lines = side.text.split("\n")
            start += sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
            end = min(end, start + error.length) if start < end else start + 1
        line = self.derivation.line(start)
        return Finding(UNREAD, line, start, end, left.text, side.text, None, error)

    # Verdicts

    def equality(self, left: Expression, right: Expression) -> Verdict:
        """Return the verdict on the equality of two formulas in variables and defined names."""
        left, right = self.scope.expand(left), self.scope.expand(right)
        settings = self.settings
        return equality(left, right, self.scope.layout, settings.seed, settings.limit)

    def differential(
        self, value: Expression, tangents: Mapping[Expression, Expression], claim: Expression
    ) -> Verdict:
        """Return the verdict on what should be the differential of a formula."""
        settings, moved = self.settings, differential(value, tangents)
        return equality(
            moved, claim, self.scope.layout, settings.seed, settings.limit, diagnosed=True
        )

    def derivative(self, meaning: Meaning, side: Side) -> Verdict:
        """Return the verdict on a side that should be a derivative."""
        scope, free = self.scope, meaning.free
        truth = meaning.derivative
        names = {n: scope.expand(scope.leaves[n], free) for n in scope.own if n not in free}
        best: Verdict | None = None
        for claim in scope.readings(side, expected_shapes(truth)):
            verdict = verdict_of(
                truth, scope.expand(claim, free), names, self.settings.seed, self.settings.limit
            )
            on_branches = verdict.slip in ("kink", "undefined")
            if free and not verdict.ok and not on_branches:  # it may hold by the definitions
                same = self.equality(truth.expression, claim)
                verdict = same if same.ok else verdict
            if verdict.ok:
                return verdict
            best = verdict if best is None else best
        assert best is not None
        return best


class _Derivative:
    """A truth that is a derivative; what it means is settled by the first right side."""

    def __init__(self, checker: _Checker, meanings: list[Meaning]) -> None:
        self.checker = checker
        self.meanings = meanings

    def verdict(self, side: Side) -> tuple[Verdict, str]:
        """Return the verdict on a side, and how the derivative was understood."""
        verdicts = [self.checker.derivative(meaning, side) for meaning in self.meanings]
        several = len(self.meanings) > 1
        held = [m for m, v in zip(self.meanings, verdicts, strict=True) if v.ok]
        if held:
            self.meanings = held
            note = ""
            if several and len(held) == 1 and held[0].kind == "partial":
                note = "as the partial derivative, the other names held constant"
            return next(v for v in verdicts if v.ok), note
        fitting = [v for v in verdicts if v.method != "shapes"]
        return (fitting or verdicts)[-1], ""


class _Value:
    """A truth that is a formula's value."""

    def __init__(self, checker: _Checker, values: list[Expression]) -> None:
        self.checker = checker
        self.values = values

    def verdict(self, side: Side) -> tuple[Verdict, str]:
        """Return the verdict on a side."""
        held: list[Expression] = []
        verdicts = []
        for value in self.values:
            for other in self.checker.scope.readings(side, (value.shape,)):
                verdicts.append(self.checker.equality(value, other))
                if verdicts[-1].ok:
                    held.append(value)
                    break
        if held:
            self.values = held
            return next(v for v in verdicts if v.ok), ""
        return verdicts[-1], ""


class _Differential:
    """A truth that is the differential of a name, along what stands as `d...` in a side."""

    def __init__(self, checker: _Checker, name: Expression) -> None:
        self.checker = checker
        self.name = name

    def verdict(self, side: Side) -> tuple[Verdict, str]:
        """Return the verdict on a side, and how it was understood."""
        scope = self.checker.scope
        tangents = scope.moving(side)
        further = [
            Declaration(d.value.name, ValueKind(d.shape, d.value.structure), Span(0, 0))
            for d in tangents.values()
        ]
        claim = next(scope.readings(side, (self.name.shape,), {}, further))
        free = frozenset(n.value.name for n in tangents if n.value.name in scope.leaves)
        value = scope.expand(self.name, free - {self.name.value.name})
        verdict = self.checker.differential(value, tangents, scope.expand(claim, free))
        if verdict.ok or not free:
            return verdict, ""
        defined = {node: scope.expand(node) for node in tangents}
        base = of_variables(defined.values())
        along = {tangents[n]: differential(defined[n], base) for n in tangents if n not in base}
        moved = substitute(scope.expand(claim), along)
        total = self.checker.differential(scope.expand(self.name), base, moved)
        return (total, "by the definitions") if total.ok else (verdict, "")


_Truth = _Derivative | _Value | _Differential
