"""Which names a derivation defines, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from matcalc.documents.lines import Derivation, Side
from matcalc.documents.symbols import find_symbols, masked
from matcalc.errors import MatcalcError
from matcalc.expressions.functions import NAMES
from matcalc.syntax.characters import LETTERS
from matcalc.syntax.declarations import Declaration, ValueKind, parse_declarations
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.latex import parse_latex
from matcalc.syntax.tree import Span, Tree

_HEAD = re.compile(
    rf"(?P<name>(?:\\[A-Za-z]+\s*)?(?:\{{[^{{}}]*\}}|[{LETTERS}0-9_])+)\s*"
    r"\((?P<arguments>[^()=]*)\)$"
)


class Definition(NamedTuple):
    """A name and the side that it stands for; `chain` is the equation's number."""

    name: str
    side: Side
    chain: int


class Text(NamedTuple):
    """How the sides of a derivation are read: in LaTeX or not, with what is declared.

    `whole` are words that are names, whatever their letters are.
    """

    latex: bool
    declarations: tuple[Declaration, ...]
    whole: tuple[Declaration, ...] = ()

    def tree(self, text: str, declarations: Iterable[Declaration] | None = None) -> Tree:
        """Return the syntax tree of a side."""
        known = self.declarations if declarations is None else declarations
        known = (*known, *self.whole)
        return parse_latex(text, known) if self.latex else parse_formula(text, known)


def without_arguments(derivation: Derivation, kept: Iterable[str] = ()) -> Derivation:
    """Blank the arguments in `f(x) = ...` and wherever f(x) stands: f names the value.

    The names of declared functions are `kept`.

    >>> from matcalc.documents.lines import read_lines
    >>> found = without_arguments(read_lines("f(x) = x^2", "f(x) = x^2", 0))
    >>> found.chains[0][0].text
    'f   '
    """
    kept = {*kept, *NAMES}
    patterns: dict[str, None] = {}
    for chain in derivation.chains:
        match = _HEAD.match(chain[0].text)
        if match and match["name"] not in kept and not match["name"].startswith("\\frac"):
            spaced = r"\s*".join(map(re.escape, re.sub(r"\s", "", match["arguments"])))
            name = re.escape(match["name"])
            patterns[rf"(?<![{LETTERS}0-9_])(d?{name}\s*)(\(\s*{spaced}\s*\))"] = None
    chains = derivation.chains
    for pattern in map(re.compile, patterns):
        chains = tuple([tuple([_blanked(side, pattern) for side in chain]) for chain in chains])
    return derivation._replace(chains=chains)


def _blanked(side: Side, pattern: re.Pattern[str]) -> Side:
    return side._replace(text=pattern.sub(lambda m: m[1] + " " * len(m[2]), side.text))


_DIFFERENTIAL = re.compile(rf"(?<![{LETTERS}0-9_])d(?P<of>[{LETTERS}][{LETTERS}0-9_]*)")


_WORD = re.compile(rf"[{LETTERS}][{LETTERS}0-9_]*")


def with_heads(derivation: Derivation, text: Text) -> Text:
    """Return how a derivation is read in which what it defines are names, and dX of its X."""
    declared = {declaration.name for declaration in text.declarations}
    sides = [side.text for chain in derivation.chains for side in chain]
    names = {word for side in sides for word in _WORD.findall(side)}
    found = {m.group() for side in sides for m in _DIFFERENTIAL.finditer(side) if m["of"] in names}
    heads = {chain[0].text.strip() for chain in derivation.chains}
    found |= {head for head in heads if _WORD.fullmatch(head)}
    kind = ValueKind(())
    whole = [Declaration(name, kind, Span(0, 0)) for name in sorted(found - declared - NAMES)]
    return text._replace(whole=tuple(whole))


def differentials(derivation: Derivation, text: Text) -> dict[int, str]:
    """Return the chains that state a differential, by number, and of which name.

    `dY = ...` does if Y is a name of the derivation, dY is not declared, and on the right
    stands a differential: that of a name which is not defined as something else.
    """
    declared = {declaration.name for declaration in text.declarations}
    heads = {k: name_of(chain[0].text, text) for k, chain in enumerate(derivation.chains)}
    open_ = {k: name for k, name in heads.items() if name and name[0] == "d" and name[1:]}
    if not declared.issuperset(open_.values()):
        open_ = {k: name for k, name in open_.items() if name not in declared}
        used = {k: _names_in_chain(derivation.chains[k][1:], text) for k in heads}
        names = declared.union(*used.values(), filter(None, heads.values()))
        defined = {name for k, name in heads.items() if name}
        known = {f"d{name}" for name in names} - declared - defined
        found: dict[int, str] = {}
        while more := {k for k, name in open_.items() if name[1:] in names and used[k] & known}:
            found |= {k: open_.pop(k)[1:] for k in sorted(more)}
            known |= {f"d{name}" for name in found.values()}
        return found
    return {}


def definitions(derivation: Derivation, text: Text) -> dict[str, Definition]:
    """Return what the derivation defines, by name.

    The first side of a chain defines a name if it is one, and neither declared nor that of
    a function, nor a differential. Raises MatcalcError E802 for a name that is defined twice, or
    declared too.
    """
    found: dict[str, Definition] = {}
    given = {declaration.name for declaration in text.declarations}
    stated = differentials(derivation, text)
    for number, (head, *sides) in enumerate(derivation.chains):
        name = name_of(head.text, text)
        if name is None or name in NAMES or number in stated:
            continue
        if name in given or name in found:
            message = f"{name} is defined twice"
            hint = "every equation of one derivation holds for the same values"
            if name in given:
                message, hint = f"{name} is declared, and defined too", "a definition says all"
            raise MatcalcError("E802", message, hint=hint).at(
                derivation.source, head.start, head.start + len(head.text.rstrip())
            )
        found[name] = Definition(name, sides[0], number)
    return found


def declared(derivation: Derivation, where: str) -> tuple[Declaration, ...]:
    """Return what `where` and the derivation's own lines declare.

    In a document a later display may declare a name anew; elsewhere that raises
    MatcalcError E802.
    """
    found = {d.name: d for d in parse_declarations(where)}
    for name, side in derivation.settings:
        if name != "where":
            continue
        try:
            several = parse_declarations(side.text)
        except MatcalcError as error:
            start = side.start + max(error.column - 1, 0)
            bare = MatcalcError(error.code, error.message, hint=error.hint)
            raise bare.at(derivation.source, start, start + error.length) from None
        for declaration in several:
            if declaration.name in found and not derivation.latex:
                message = f"{declaration.name} is declared twice"
                end = side.start + len(side.text)
                raise MatcalcError("E802", message).at(derivation.source, side.start, end)
            found[declaration.name] = declaration
    return tuple(found.values())


def _names_in_chain(chain: tuple[Side, ...], text: Text) -> set[str]:
    found: set[str] = set()
    for side in chain:
        shown = masked(side.text, (), {}, latex=text.latex)
        pieces = [shown.text, *[part for s in shown.symbols.values() for part in (s.of, s.by)]]
        for piece in filter(None, pieces):
            try:
                found |= names_in_tree(text.tree(piece))
            except MatcalcError:
                continue  # told where the side is checked
    return found


def name_of(text: str, reader: Text) -> str | None:
    """Return the name that a text is, or None if it is none."""
    if find_symbols(text, (), latex=reader.latex) or len(text) > 200:
        return None
    try:
        tree = reader.tree(text)
    except MatcalcError:
        return None
    if tree.kind == "noted":
        (tree,) = tree.children
    return str(tree.value) if tree.kind == "name" else None


def names_in_tree(tree: Tree) -> set[str]:
    """Return all names that a formula contains."""
    found: set[str] = set()
    stack = [tree]
    while stack:
        node = stack.pop()
        stack += node.children
        if node.kind in ("name", "sample"):
            found.add(str(node.value))
    return found


def ordered(uses: Mapping[str, set[str]]) -> list[str]:
    """Return names in an order in which each follows those that it uses.

    Raises ValueError with the names of a cycle.

    >>> ordered({"y": {"u", "x"}, "u": {"x"}})
    ['u', 'y']
    """
    order: list[str] = []
    done: set[str] = set()
    for root in uses:
        path: dict[str, None] = {}
        stack = [(root, False)]
        while stack:
            name, left = stack.pop()
            if left:
                del path[name]
                done.add(name)
                order.append(name)
                continue
            if name in path:
                names = list(path)
                raise ValueError(" → ".join([*names[names.index(name) :], name]))
            if name in done:
                continue
            path[name] = None
            stack.append((name, True))
            stack += [(n, False) for n in sorted(uses[name] & uses.keys()) if n not in done]
    return order
