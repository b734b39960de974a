r"""Read a document's statements in order: what each is, and what the names in it stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matcalc.documents.checking import Settings, check_derivation
from matcalc.documents.definitions import Definition, Text, name_of, names_in_tree
from matcalc.documents.findings import RIGHT, UNREAD, WRONG
from matcalc.documents.latex_symbols import closing, name_at
from matcalc.documents.lines import Derivation, Side
from matcalc.documents.placed import Placed, inserted, rewritten
from matcalc.documents.prose import declarations
from matcalc.documents.scope import Scope
from matcalc.documents.statements import Statement, formulas, statements
from matcalc.documents.symbols import find_symbols, masked
from matcalc.errors import MatcalcError
from matcalc.expressions.shapes import Shape
from matcalc.syntax.declarations import Declaration, ValueKind
from matcalc.syntax.tree import Span

CLAIM, VALUE, DEFINITION, CONDITION = "claim", "value", "definition", "condition"


_RUNNING = re.compile(r"\\(?:sum|prod)\s*_\s*\{?\s*([a-z](?:\s*,?\s*[a-z])*)(?![A-Za-z])")
"""What runs in the sums of a document."""

_HEADING = re.compile(
    r"\\(?:chapter|(?:sub)*section|paragraph|begin\{(?:example|exercise|problem|question|solution))"
    r"|^#+ |^\s*\*\*|\\item(?![A-Za-z])|\b(?:[Ee]xample|[Ee]xercise|[Pp]roblem|[Qq]uestion)\b",
    re.MULTILINE,
)
"""What begins another subject, in which names may have other values."""


class Known(NamedTuple):
    """A definition: its two sides, the names that it uses, its place, and its shape if known."""

    sides: tuple[Side, Side]
    uses: frozenset[str]
    number: int
    shape: Shape | None = None


class Item(NamedTuple):
    """A statement that is reported: what it is, its chain, and in which scope it is read.

    A 'claim' is of a derivative, a 'value' of a formula's value; an equation whose left
    side is no name, nor a derivative, may be a condition: it is not `claimed`.
    """

    kind: str
    chain: tuple[Side, ...]
    displayed: bool
    derivation: Derivation | None = None
    scope: Scope | None = None
    error: MatcalcError | None = None
    name: str = ""
    claimed: bool = True
    bounded: bool = False
    declared: tuple[Declaration, ...] = ()
    differential: bool = False


class Constraint(NamedTuple):
    """An equation that the author demands: its sides, and the names in it."""

    sides: tuple[Side, Side]
    names: frozenset[str]


class Paper:
    """A document in LaTeX: its text with all macros written out, and what is declared."""

    def __init__(
        self,
        text: str,
        places: Sequence[int],
        file: str,
        given: Sequence[Declaration],
        remarks: Sequence[tuple[int, Declaration]],
        settings: Settings,
    ) -> None:
        self.text, self.places, self.file, self.settings = text, places, file, settings
        self.given = {d.name: d for d in given}
        self.definitions: dict[str, Known] = {}
        self.used: set[str] = set()
        self.arguments: dict[str, str] = {}
        self.running = {*"".join(_RUNNING.findall(text))}
        self.constraints: list[Constraint] = []
        self.found = [
            statement
            for formula in formulas(text)
            for statement in statements(text, formula)
            if statement.sides[0].text
        ]
        self.declarations = [*remarks, *self._declared()]
        self.declarations.sort(key=lambda pair: pair[0])

    def _declared(self) -> Iterator[tuple[int, Declaration]]:
        shapes: dict[str, ValueKind] = {}
        for statement in self.found:
            if not statement.condition:
                for declaration in declarations(statement, shapes):
                    if isinstance(declaration.kind, ValueKind):
                        shapes[declaration.name] = declaration.kind
                    yield self.places[statement.sides[0].start], declaration

    def items(self) -> Iterator[Item]:
        """Yield what is to be reported, in order."""
        for statement in self.found:
            item = self._item(statement)
            if item is not None:
                yield item

    # What a statement is

    def _item(self, statement: Statement) -> Item | None:
        chain = self._chain(statement)
        if statement.condition or len(chain) < 2:
            equation = not {"=", "<-"}.isdisjoint(statement.relations)
            is_shown = statement.displayed and equation
            return Item(CONDITION, statement.sides, True) if is_shown else None
        relation = statement.relations[1]
        if relation == "<-":
            return Item(CONDITION, chain, True) if statement.displayed else None
        if r"\dots" in chain[-1].text or r"\ldots" in chain[-1].text:
            return None
        try:
            item = self._read(statement, chain, relation)
        except MatcalcError as error:
            is_shown = statement.displayed or _has_symbol(chain[0])
            return Item(CLAIM, chain, statement.displayed, error=error) if is_shown else None
        return item

    def _chain(self, statement: Statement) -> tuple[Side, ...]:
        """Return the sides that are said to be equal, without a zero at the end."""
        chain = [statement.sides[0]]
        for relation, side in zip(statement.relations[1:], statement.sides[1:], strict=True):
            if relation not in ("=", ":=", "<-") or not side.text:
                break
            chain.append(side)
        zero = re.compile(r"\{?\s*(?:0|\\(?:mathbf|boldsymbol|bm|vec)\s*\{?\s*0\s*\}?)(?:_.*)?\}?")
        while chain and zero.fullmatch(chain[-1].text.strip()):
            chain.pop()
        return tuple(chain)

    def _read(self, statement: Statement, chain: tuple[Side, ...], relation: str) -> Item | None:
        reader = self._reader(chain[0].start)
        head = chain[0]
        stated = self._differential(chain, reader)
        if stated is not None:
            return stated if statement.displayed else None
        defined = _function(head.text, reader)
        if defined is not None and defined[0] not in self.arguments:
            self.arguments[defined[0]] = defined[1]
        chain = tuple([self._plain(side) for side in chain])
        head = chain[0]
        name, indices = self._name(chain, reader)
        shown = statement.displayed
        if name is None or (name in self.definitions and relation != ":="):
            return self._claim(statement, chain, reader, name)
        uses = self._names(chain[1], reader)
        solved = name in self.used and relation != ":=" and not indices
        if name in uses or solved or (name in reader_names(reader) and _is_number(chain[1])):
            if shown:
                return Item(CONDITION, chain, shown)
            return None
        if not shown and _is_number(chain[1]):
            return None
        if indices:
            head = Side(head.text[: name_at(head.text, 0).base], head.start)  # type: ignore[union-attr]
            chain = (head, *[side._replace(indices=indices) for side in chain[1:]])
        if name in self.definitions:
            self._forget(name)
        kept = [d for d in reader.declarations if d.name != name]
        reader = reader._replace(declarations=tuple(kept))
        self.definitions[name] = Known((chain[0], chain[1]), frozenset(uses), head.start)
        self.used |= uses - self.definitions.keys()
        return self._in_scope(DEFINITION, statement, chain, reader, name)

    def _differential(self, chain: tuple[Side, ...], reader: Text) -> Item | None:
        """Return what is stated of a differential, as in `dY = dX W`, or None."""
        known = {*reader_names(reader), *self.definitions}
        match = _MOVES.match(chain[0].text)
        name = name_at(chain[0].text, match.end()) if match else None
        if match is None or name is None or name.end != len(chain[0].text.rstrip()):
            return None
        of = name_of(chain[0].text[match.end() : name.end], reader)
        sides = tuple([side._replace(text=_with_tangents(side.text, reader)) for side in chain])
        moves = any(one.text != other.text for one, other in zip(sides[1:], chain[1:], strict=True))
        if of not in known or "d" in known or not moves:
            return None
        plain = [Side(_MOVES.sub(" ", side.text), side.start) for side in chain]
        context = self._context(tuple(plain), reader, "")
        given = {n: Definition(n, k.sides[1], i) for i, (n, k) in enumerate(context.items())}
        chains = (*[k.sides for k in context.values()], sides)
        derivation = Derivation(self.text, chains, (), True, self.places, self.file)
        item = Item(CLAIM, sides, True, derivation, declared=reader.declarations)
        stated = {len(context): str(of)}
        try:
            scope = Scope(derivation, reader, "mixed", self.settings.wrt, given, {}, stated)
        except MatcalcError as error:
            return item._replace(error=error)
        return item._replace(scope=scope)

    def _claim(
        self, statement: Statement, chain: tuple[Side, ...], reader: Text, name: str | None
    ) -> Item | None:
        head, shown = chain[0], statement.displayed
        symbols = find_symbols(head.text, {*reader_names(reader), *self.definitions}, latex=True)
        if symbols and head.text.strip() == head.text[symbols[0].start : symbols[0].end].strip():
            return self._in_scope(CLAIM, statement, chain, reader, "")
        uses = set().union(*(self._names(side, reader) for side in chain[1:]))
        if name is not None:
            if name in uses or not shown:
                return Item(CONDITION, chain, shown) if shown else None
            return self._again(statement, chain, reader, name, uses)
        if not symbols and len(chain) == 2:
            names = frozenset(uses | self._names(head, reader))
            self.constraints.append(Constraint((chain[0], chain[1]), names))
        if not shown:
            return None
        item = self._in_scope(VALUE, statement, chain, reader, "")
        return item._replace(claimed=False)

    def _again(
        self,
        statement: Statement,
        chain: tuple[Side, ...],
        reader: Text,
        name: str,
        uses: set[str],
    ) -> Item:
        """Return what a name is said to be that has a value: the same, or another from now on.

        That both agree is a claim where the same names, and several, are in both, and no
        heading stands between; else a value that differs is a new definition.
        """
        sides = (chain[0], chain[1])
        item = self._in_scope(VALUE, statement, chain, reader, "")
        if item.scope is not None and item.derivation is not None:
            found = [f for f in check_derivation(item.derivation, item.scope, self.settings)
                     if f.start == chain[1].start]  # fmt: skip
            outcome = found[0].outcome if found else UNREAD
            if outcome == RIGHT:
                self.definitions[name] = Known(
                    (chain[0], chain[1]), frozenset(uses), chain[0].start
                )
                return item
            if outcome == WRONG and self._is_same(name, uses, chain[0].start):
                return item
        self._forget(name)
        self.definitions[name] = Known(sides, frozenset(uses), chain[0].start)
        return self._in_scope(DEFINITION, statement, chain, reader, name)

    def _is_same(self, name: str, uses: set[str], place: int) -> bool:
        old = self.definitions[name]
        free = [self._free({*names}) for names in (old.uses, uses)]
        between = self.text[old.number : place]
        return free[0] == free[1] and len(free[0]) > 1 and not _HEADING.search(between)

    def _free(self, names: set[str]) -> frozenset[str]:
        """Return the names on which names rest in the end."""
        found: set[str] = set()
        seen: set[str] = set()
        while names:
            name = names.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.definitions:
                names |= self.definitions[name].uses
            else:
                found.add(name)
        return frozenset(found)

    def _forget(self, name: str) -> None:
        """Drop a definition, and those that use it, by way of others too."""
        gone = {name}
        while gone:
            for one in gone:
                del self.definitions[one]
            gone = {n for n, known in self.definitions.items() if known.uses & gone}

    def _name(
        self, chain: tuple[Side, ...], reader: Text
    ) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Return the name that the first side is, with the indices if it is an entry."""
        text = chain[0].text
        name = name_of(text, reader)
        parts = name_at(text, 0)
        if parts is None or parts.end != len(text.rstrip()) or not parts.indices:
            return name, ()
        base = name_of(text[: parts.base], reader)
        known = {*reader_names(reader), *self.definitions}
        if name in known or base is None:
            return name, ()
        inside = chain[1].text
        shared = {
            name_of(inside[match.start() : found.base], reader)
            for match in re.finditer(r"\\?[A-Za-z]", inside)
            if (found := name_at(inside, match.start())) and found.indices
            and set(found.indices) & set(parts.indices)
        }  # fmt: skip
        if base in known or shared & known or self.running >= {*parts.indices}:
            return base, tuple([(index, "") for index in parts.indices])
        return name, ()

    # Names

    def _reader(self, place: int) -> Text:
        """Return how a side at a place is read: with the declarations in force there."""
        where = self.places[place]
        found: dict[str, Declaration] = {}
        for start, declaration in self.declarations:
            if start <= where or declaration.name not in found:
                found[declaration.name] = declaration
        found |= self.given
        kept = [d for n, d in found.items() if n not in self.definitions]
        shapes = {n: k.shape for n, k in self.definitions.items() if k.shape is not None}
        whole = [Declaration(n, ValueKind(shape), Span(0, 0)) for n, shape in shapes.items()]
        return Text(True, tuple(kept), tuple(whole))

    def _names(self, side: Side, reader: Text) -> set[str]:
        found: set[str] = set()
        shown = masked(side.text, {*reader_names(reader), *self.definitions}, {}, latex=True)
        for piece in (shown.text, *[part for s in shown.symbols.values() for part in (s.of, s.by)]):
            if piece:
                try:
                    found |= names_in_tree(reader.tree(piece))
                except MatcalcError:
                    found |= _words(piece, reader)
        return found - set(shown.symbols)

    def _plain(self, side: Side) -> Side:
        """Blank the arguments of functions that stand as they were defined; refuse others."""
        text = side.text
        for name, argument in self.arguments.items():
            text = _without_argument(text, name, argument)
        return side._replace(text=text)

    def _context(self, chain: tuple[Side, ...], reader: Text, without: str) -> dict[str, Known]:
        wanted = set().union(*(self._names(side, reader) for side in chain))
        found: dict[str, Known] = {}
        while wanted:
            name = wanted.pop()
            if name in self.definitions and name not in found and name != without:
                found[name] = self.definitions[name]
                wanted |= found[name].uses
        return dict(sorted(found.items(), key=lambda pair: pair[1].number))

    def _in_scope(
        self, kind: str, statement: Statement, chain: tuple[Side, ...], reader: Text, name: str
    ) -> Item:
        context = self._context(chain, reader, name)
        chains = [*[known.sides for known in context.values()], chain]
        given = {n: Definition(n, known.sides[1], k)
                 for k, (n, known) in enumerate(context.items())}  # fmt: skip
        if name:
            given[name] = Definition(name, chain[1], len(context))
        derivation = Derivation(self.text, tuple(chains), (), True, self.places, self.file)
        item = Item(kind, chain, statement.displayed, derivation, name=name,
                    bounded=statement.bounded, declared=reader.declarations)  # fmt: skip
        try:
            scope = Scope(
                derivation, reader, "mixed", self.settings.wrt, given, dict(self.arguments)
            )
        except MatcalcError as error:
            return item._replace(error=error)
        if name in scope.leaves:
            shape = scope.leaves[name].shape
            self.definitions[name] = self.definitions[name]._replace(shape=shape)
        return item._replace(scope=scope)


_MOVES = re.compile(
    r"(?<![A-Za-z\\{])(?:d|\\(?:mathrm|operatorname|text)\s*\{\s*d\s*\}|\\mathrm\s+d)\s*"
    r"(?=\\[A-Za-z]|[A-Za-z])"
)


def _with_tangents(text: str, reader: Text) -> str:
    """Return a side in which what stands as dX is one name."""
    parts: list[str] = []
    place = 0
    for match in _MOVES.finditer(text):
        found = name_at(text, match.end())
        name = name_of(text[match.end() : found.end], reader) if found else None
        if found is None or name is None or match.start() < place:
            continue
        parts += (text[place : match.start()], rf"\mathrm{{d{name}}}")
        place = found.end
    return "".join((*parts, text[place:]))


_STEP = re.compile(r"_\s*\{\s*(?P<index>[a-z])\s*(?P<sign>[+-])\s*(?P<by>[0-9])\s*\}")


def with_steps(given: Placed) -> Placed:
    r"""Return a text in which steps are parts of names: `h_{t-1}`, where t runs in no sum."""
    running = {*"".join(_RUNNING.findall(given.text))}

    def named(match: re.Match[str]) -> Placed | None:
        if match["index"] in running:
            return None
        sign = "p" if match["sign"] == "+" else "m"
        text = rf"_{{\text{{{match['index']}{sign}{match['by']}}}}}"
        return inserted(text, given.places[match.start()])

    return rewritten(given, _STEP, named)


def reader_names(reader: Text) -> set[str]:
    """Return the names that are declared."""
    return {declaration.name for declaration in reader.declarations}


def _words(text: str, reader: Text) -> set[str]:
    """Return the names that may stand in a text which cannot be read."""
    found = set()
    for match in re.finditer(r"\\?[A-Za-z]+", text):
        name = name_at(text, match.start())
        if name is not None:
            for end in (name.end, name.base):
                one = name_of(text[match.start() : end], reader)
                if one:
                    found.add(one)
    return found


def _has_symbol(side: Side) -> bool:
    return bool(find_symbols(side.text, (), latex=True))


def _is_number(side: Side) -> bool:
    return re.fullmatch(r"[-+]?[0-9.]+", side.text.strip()) is not None


def _function(text: str, reader: Text) -> tuple[str, str] | None:
    """Return the name and the argument in `f(x)`, or None."""
    name = name_at(text, 0)
    if name is None:
        return None
    inside = _argument(text, name.end)
    if inside is None or text[inside[1] :].strip():
        return None
    argument = text[inside[0] + 1 : inside[1] - 1]
    parts = [name_of(part, reader) for part in argument.replace(";", ",").split(",")]
    return (text[: name.end], _squeezed(argument)) if all(parts) else None


def _argument(text: str, place: int) -> tuple[int, int] | None:
    match = re.compile(r"\s*(?:\\left\s*)?\(").match(text, place)
    if match is None:
        return None
    end = closing(text, match.end() - 1)
    return match.end() - 1, end


def _squeezed(text: str) -> str:
    return re.sub(r"\\right\s*$|\s", "", text)


def _without_argument(text: str, name: str, argument: str) -> str:
    """Blank the argument of a function wherever it stands; refuse another argument."""
    pattern = re.compile(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z_])")
    parts: list[str] = []
    place = 0
    for match in pattern.finditer(text):
        inside = _argument(text, match.end())
        if inside is None or match.start() < place:
            continue
        start, end = inside
        if _squeezed(text[start + 1 : end - 1]) != argument:
            if text[match.end() : start].strip() == "" and _is_call(text, start, end):
                message = f"{name} is a function of {argument}; its value elsewhere is not read"
                raise MatcalcError("E804", message).at(text, match.start(), end)
            continue
        parts += (text[place : match.end()], " " * (end - match.end()))
        place = end
    return "".join((*parts, text[place:]))


def _is_call(text: str, start: int, end: int) -> bool:
    return "=" not in text[start:end]
