"""Judge the statements of a document: called wrong is only what the author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matcalc.calculus.layouts import LAYOUTS, Layout
from matcalc.checking.verdicts import Verdict
from matcalc.claims import expected_shapes
from matcalc.documents.checking import Settings, Wrong, check_derivation
from matcalc.documents.findings import (
    CONDITION,
    DEFINITION,
    FOLLOWS,
    RIGHT,
    UNDECIDED,
    UNREAD,
    WRONG,
    Finding,
)
from matcalc.documents.lines import Side
from matcalc.documents.notation import Symbol
from matcalc.documents.papers import CLAIM, VALUE, Item, Paper
from matcalc.documents.scope import Scope
from matcalc.errors import MatcalcError
from matcalc.records import replace
from matcalc.syntax.declarations import Declaration, parse_declarations

PREFERRED: tuple[Layout, ...] = ("mixed", "denominator", "numerator")
"""Layouts in the order in which they are taken where a document's derivatives fit several."""

ENOUGH = 2
"""How many derivatives must have their shape in the layout before another shape is wrong."""

MOST_KINDS = 8
"""Of how many undeclared names other kinds are tried before a statement is called wrong."""

_OTHERS = ("scalar", "vector({0}_1)", "matrix({0}_1, {0}_2)")


class Judged(NamedTuple):
    """What is found in a document, and the layout in which its derivatives are."""

    findings: tuple[Finding, ...]
    assumed: tuple[str, ...]
    layout: str


def judged(paper: Paper, settings: Settings) -> Judged:
    """Return what is found of every statement, in order."""
    items = list(paper.items())
    votes = [(item, _layouts(item)) for item in items if item.kind == CLAIM]
    layout = settings.layout or _elected([fitting for _, fitting in votes])
    judge = _Judge(paper, settings, layout, [fitting for _, fitting in votes if fitting])
    findings = [finding for item in items for finding in judge.findings(item)]
    told = layout if any(votes) else ""
    return Judged(tuple(findings), tuple(judge.assumed), told)


# The layout


def _layouts(item: Item) -> frozenset[Layout]:
    """Return the layouts in which a derivative has its shape, or nothing if all do."""
    scope = item.scope
    if scope is None:
        return frozenset()
    try:
        shown = scope.mask(item.chain[0])
        [symbol] = shown.symbols.values()
        if symbol.entry or shown.text.strip() not in shown.symbols:
            return frozenset()
        fitting = [layout for layout in LAYOUTS if _fits(scope, symbol, item.chain[1], layout)]
    except (MatcalcError, ValueError):
        return frozenset()
    return frozenset(fitting) if len(fitting) < len(LAYOUTS) else frozenset()


def _fits(scope: Scope, symbol: Symbol, side: Side, layout: Layout) -> bool:
    scope.lay_out(layout)
    try:
        truth = scope.meanings(symbol)[-1].derivative
        shape = truth.expression.shape
        return any(r.shape == shape for r in scope.readings(side, expected_shapes(truth)))
    except MatcalcError:
        return False


def _elected(votes: Iterable[frozenset[Layout]]) -> Layout:
    counts = dict.fromkeys(PREFERRED, 0)
    for fitting in votes:
        for layout in fitting:
            counts[layout] += 1
    return max(PREFERRED, key=lambda layout: counts[layout])


# Verdicts


class _Judge:
    def __init__(
        self, paper: Paper, settings: Settings, layout: Layout, votes: list[frozenset[Layout]]
    ) -> None:
        self.paper = paper
        self.settings = settings._replace(layout=layout)
        self.layout = layout
        self.sure = settings.layout is not None or self._is_sure(votes)
        self.wrong: dict[Symbol, Wrong] = {}
        self.assumed: dict[str, None] = {}

    def _is_sure(self, votes: list[frozenset[Layout]]) -> bool:
        fitting = sum(self.layout in vote for vote in votes)
        return fitting >= ENOUGH and fitting > 2 * (len(votes) - fitting)

    def findings(self, item: Item) -> Iterator[Finding]:
        """Yield what is found of one statement."""
        if item.error is not None:
            yield self._unread(item, item.error)
        elif item.scope is None or item.derivation is None:
            yield self._plain(item, CONDITION)
        else:
            item.scope.lay_out(self.layout)
            found = self._checked(item, item.scope)
            if any(finding.outcome == RIGHT for finding in found):
                names = {d.name for d in item.declared}
                self.assumed |= dict.fromkeys(
                    a for a in item.scope.inferred.assumptions if a.split(":")[0] not in names
                )
            if not found:
                yield self._plain(item, DEFINITION)
            yield from found

    def _checked(self, item: Item, scope: Scope) -> list[Finding]:
        assert item.derivation is not None
        before = dict(self.wrong)
        found = [
            finding
            for finding in check_derivation(item.derivation, scope, self.settings, self.wrong)
            if finding.start >= item.chain[0].start
            and finding.end <= max(s.start + len(s.text) for s in item.chain)
        ]
        judged = self._softened(item, scope, found)
        if [f.outcome for f in judged] != [f.outcome for f in found]:
            self.wrong.clear()
            self.wrong.update(before)
        return judged

    def _softened(self, item: Item, scope: Scope, found: list[Finding]) -> list[Finding]:
        """Return the findings, those not called wrong that the author need not have meant so."""
        result: list[Finding] = []
        excused = False
        for finding in found:
            if finding.outcome == WRONG:
                finding = self._doubted(item, scope, finding, result)
                excused |= finding.outcome != WRONG
            elif finding.outcome == UNREAD:
                finding = self._mismatch(item, scope, finding)
                excused |= finding.outcome != WRONG
            elif finding.outcome == FOLLOWS and excused:
                finding = replace(finding, outcome=UNDECIDED, premise=0)
            result.append(finding)
        return result

    def _doubted(
        self, item: Item, scope: Scope, finding: Finding, before: list[Finding]
    ) -> Finding:
        assert finding.verdict is not None
        if not item.claimed and not any(f.outcome == RIGHT for f in before):
            return self._plain(item, CONDITION)
        slip = finding.verdict.slip
        if slip == "kink":
            return replace(finding, outcome=RIGHT, note="but for the kink")
        if slip == "undefined" or (finding.verdict.method == "shapes" and item.kind == VALUE):
            return _open(finding, finding.verdict.reason)
        if item.bounded:
            return _open(finding, "a condition stands beside it, which is not read")
        reason = self._excuse(item, scope, finding)
        return _open(finding, *reason) if reason else finding

    def _excuse(self, item: Item, scope: Scope, finding: Finding) -> tuple[str, str] | None:
        """Return why a statement need not be wrong, and what to add, or None."""
        defined = self.paper.definitions.keys() - scope.definitions.keys()
        if free := sorted(defined & scope.inferred.variables.keys()):
            return f"{free[0]} is defined, and stands for itself here", ""
        other = self._other_layout(item, finding)
        if other is not None and not self.sure:
            return (
                f"right in {other} layout; the document does not settle its layout",
                "% layout: " + other,
            )
        names = self._undeclared(item, scope)
        kinds = self._other_kind(item, names, finding)
        if kinds is not None:
            return (
                f"it rests on what a letter decided; it is not wrong for {kinds}",
                f"% where: {kinds}",
            )
        involved = set(scope.inferred.variables) | set(scope.definitions)
        for constraint in self.paper.constraints:
            if constraint.names & involved and constraint.sides[0].start < finding.start:
                line = item.derivation.line(constraint.sides[0].start) if item.derivation else 0
                return f"it may hold by the constraint in line {line}", ""
        return None

    def _other_layout(self, item: Item, finding: Finding) -> Layout | None:
        assert item.derivation is not None and item.scope is not None
        for layout in PREFERRED:
            if layout != self.layout:
                item.scope.lay_out(layout)
                again = self._again(item, item.scope, finding, layout)
                item.scope.lay_out(self.layout)
                if again == RIGHT:
                    return layout
        return None

    def _again(
        self, item: Item, scope: Scope, finding: Finding, layout: Layout | None = None
    ) -> str:
        """Return the outcome of a side in another scope or layout."""
        assert item.derivation is not None
        settings = self.settings._replace(layout=layout or self.layout)
        found = check_derivation(item.derivation, scope, settings, {})
        return next((f.outcome for f in found if f.start == finding.start), UNREAD)

    def _undeclared(self, item: Item, scope: Scope) -> list[str]:
        declared = {d.name for d in item.declared}
        return sorted(scope.inferred.variables.keys() - declared)

    def _other_kind(self, item: Item, names: list[str], finding: Finding) -> str | None:
        """Return a declaration of an undeclared name with which the statement is not wrong."""
        if len(names) > MOST_KINDS:
            return f"{names[0]}: …"
        assert item.derivation is not None and item.scope is not None
        shapes = {n: len(v.shape) for n, v in item.scope.inferred.variables.items()}
        for name in names:
            for rank, kind in enumerate(_OTHERS):
                if rank == shapes[name]:
                    continue
                text = f"{name}: {kind.format(name)}"
                scope = self._rescoped(item, list(parse_declarations(text)))
                if scope is not None and self._again(item, scope, finding) == RIGHT:
                    return text
        return None

    def _rescoped(self, item: Item, further: list[Declaration]) -> Scope | None:
        assert item.derivation is not None and item.scope is not None
        reader = item.scope.reader
        reader = reader._replace(declarations=(*reader.declarations, *further))
        try:
            scope = Scope(
                item.derivation, reader, self.layout, item.scope.wrt,
                item.scope.definitions, item.scope.arguments,
            )  # fmt: skip
        except MatcalcError:
            return None
        return scope

    # What is not read

    def _mismatch(self, item: Item, scope: Scope, finding: Finding) -> Finding:
        """Return what is found of a side that cannot be read: shapes may not fit."""
        error = finding.error
        assert error is not None
        if error.code == "E804" and "rests on line" in error.message:
            return replace(finding, outcome=FOLLOWS, premise=_line(error), note=error.message)
        if not error.code.startswith("E3") or item.kind not in (CLAIM, VALUE):
            return finding
        names = self._undeclared(item, scope)
        if names or not item.claimed or item.bounded:
            declaration = f"% where: {names[0]}: vector(n)" if names else ""
            return _open(finding, error.message, declaration)
        verdict = Verdict(
            "refuted", error.message, "shapes", self.layout, hint=error.hint or "", slip="shape"
        )
        mended = self._mended(item, scope, finding)
        if mended:
            hint = f"it is right with {mended}"
            verdict = replace(verdict, slip="transpose", hint=hint)
        return replace(finding, outcome=WRONG, verdict=verdict, error=None)

    def _mended(self, item: Item, scope: Scope, finding: Finding) -> str:
        r"""Return the factor that must be transposed for the side to be right, or ''."""
        assert item.derivation is not None
        [chain] = item.derivation.chains[-1:]
        number = next((k for k, side in enumerate(chain) if _covers(side, finding)), 0)
        if not number:
            return ""
        side = chain[number]
        for match in re.finditer(r"\\(?:mathbf|bm|boldsymbol)\s*\{[A-Z]\}|(?<![A-Za-z\\{])[A-Z]"
                                 r"(?![A-Za-z}])", side.text):  # fmt: skip
            mended = f"{match.group()}^\\top"
            text = side.text[: match.start()] + mended + side.text[match.end() :]
            derivation = item.derivation._replace(
                chains=(*item.derivation.chains[:-1], (chain[0], side._replace(text=text)))
            )
            found = check_derivation(derivation, scope, self.settings, {})
            if any(f.start == side.start and f.outcome == RIGHT for f in found):
                return mended
        return ""

    def _unread(self, item: Item, error: MatcalcError) -> Finding:
        head, side = item.chain[0], item.chain[-1]
        line = self._line(head.start)
        return Finding(UNREAD, line, head.start, side.start + len(side.text), head.text,
                       side.text, None, error)  # fmt: skip

    def _plain(self, item: Item, outcome: str) -> Finding:
        head, side = item.chain[0], item.chain[1] if len(item.chain) > 1 else item.chain[0]
        end = side.start + len(side.text)
        return Finding(outcome, self._line(head.start), head.start, end, head.text, side.text)

    def _line(self, place: int) -> int:
        return self.paper.file.count("\n", 0, self.paper.places[place]) + 1


def _covers(side: Side, finding: Finding) -> bool:
    return side.start <= finding.start <= side.start + len(side.text)


def _line(error: MatcalcError) -> int:
    found = re.search(r"rests on line (\d+)", error.message)
    return int(found[1]) if found else 0


def _open(finding: Finding, reason: str, hint: str = "") -> Finding:
    """Return a finding that is left undecided for a reason."""
    verdict = finding.verdict
    layout: Layout = verdict.layout if verdict else "numerator"  # type: ignore[assignment]
    said = Verdict("undecided", reason, "", layout, hint=f"add {hint}" if hint else "")
    return replace(finding, outcome=UNDECIDED, verdict=said, error=None, premise=0)
