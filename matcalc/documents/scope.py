"""What the names and derivative symbols of a derivation stand for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from matcalc.asking.answering import derived
from matcalc.asking.answers import Answer
from matcalc.asking.readings import Reading
from matcalc.asking.targets import Target
from matcalc.calculus.layouts import Layout
from matcalc.documents.definitions import (
    Definition,
    Text,
    definitions,
    differentials,
    name_of,
    names_in_tree,
    ordered,
)
from matcalc.documents.differentials import tangent
from matcalc.documents.indices import indexed, with_samples
from matcalc.documents.lines import Derivation, Side
from matcalc.documents.notation import Symbol
from matcalc.documents.symbols import Masked, masked
from matcalc.errors import MatcalcError
from matcalc.expressions.nodes import Expression, substitute, variable
from matcalc.expressions.shapes import Shape
from matcalc.expressions.traversal import postorder
from matcalc.syntax.declarations import Declaration, ValueKind
from matcalc.syntax.formula import parse_formula
from matcalc.syntax.inference import Inferred, infer_several
from matcalc.syntax.tree import Span, Tree

MOST_READINGS = 8
"""How many readings of one side are tried, where its symbols have several meanings."""

LONGEST_SIDE = 10_000
"""Characters; longer sides are refused."""

_NOWHERE = Span(0, 0)


class Meaning(NamedTuple):
    """One meaning of a derivative symbol.

    `kind` is 'total', 'partial' (the other names in the definition are held constant) or
    'gradient'; `free` are the defined names that are variables of the derivative.
    """

    kind: str
    derivative: Answer
    free: frozenset[str]


class Scope:
    """The names of a derivation: what is declared or inferred, and what is defined.

    `own` has each definition in the names that it uses, those defined included as
    variables, which are the `leaves`. `failed` has the definitions that cannot be read.
    """

    def __init__(
        self,
        derivation: Derivation,
        reader: Text,
        layout: Layout,
        wrt: str,
        given: Mapping[str, Definition] | None = None,
        arguments: Mapping[str, str] = {},
        stated: Mapping[int, str] = {},
    ) -> None:
        self.derivation = derivation
        self.arguments = arguments
        self.reader = reader
        self.layout = layout
        self.wrt = wrt
        self.letters: dict[Symbol, str] = {}
        self.failed: dict[str, MatcalcError] = {}
        self.own: dict[str, Expression] = {}
        self.leaves: dict[str, Expression] = {}
        self.known: list[Declaration] = list(self.reader.declarations)
        self._meanings: dict[Symbol, list[Meaning]] = {}
        self._expanded: dict[tuple[str, frozenset[str]], Expression] = {}
        self._is_read = False
        if given is None:
            self.definitions = definitions(derivation, self.reader)
            self.differentials = differentials(derivation, self.reader)
        else:
            self.definitions, self.differentials = dict(given), dict(stated)
        self._read(derivation)

    def lay_out(self, layout: Layout) -> None:
        """Read the derivatives in another layout from now on."""
        self.layout = layout
        self._meanings.clear()

    # Reading the definitions

    def _read(self, derivation: Derivation) -> None:
        sides: dict[str, tuple[Masked, Tree]] = {}
        uses: dict[str, set[str]] = {}
        for name, definition in self.definitions.items():
            try:
                sides[name] = self._tree(definition.side)
            except MatcalcError as error:
                self.failed[name] = error
                continue
            uses[name] = names_in_tree(sides[name][1]) & self.definitions.keys()
            for symbol in sides[name][0].symbols.values():
                uses[name] |= self._names_of(symbol)
        order = self._order(derivation, uses)
        plain: list[str] = []
        for name in order:
            if not sides[name][0].symbols and uses[name] <= {*plain}:
                plain.append(name)
        formulas = {name: (sides[name][1], self.definitions[name].side.text) for name in plain}
        self.inferred = self._infer(formulas, self._others(derivation, formulas))
        self._is_read = True
        self._declare(self.inferred.variables.values())
        for name, part in self.inferred.named.items():
            if name in formulas:
                self._define(name, part)
        self._read_own(formulas)
        for name, (tree, _) in formulas.items():
            side = self.definitions[name].side
            try:
                self._refuse_differentials(tree, side)
            except MatcalcError as error:
                self.failed[name] = error
                for other in self._depending(formulas, name):
                    self.own.pop(other, None)
        for name in order:
            if name not in self.own and name not in self.failed:
                self._read_derived(name)

    def _tree(self, side: Side) -> tuple[Masked, Tree]:
        shown = self.mask(side)
        return shown, self._parsed(shown, side)

    def mask(self, side: Side) -> Masked:
        """Return the side with stand-ins for its derivative symbols."""
        if len(side.text) > LONGEST_SIDE:
            message = f"one side of an equation has more than {LONGEST_SIDE} characters"
            raise MatcalcError("E503", message, hint="name its parts")
        names = {*self.definitions, *[d.name for d in self.reader.declarations]}
        if self._is_read:
            names |= self.inferred.variables.keys()
        return masked(side.text, names, self.letters, latex=self.reader.latex)

    def _parsed(self, shown: Masked, side: Side) -> Tree:
        declared = None
        if shown.symbols:
            stand_ins = [
                Declaration(letter, ValueKind(self._shape_of(symbol)), _NOWHERE)
                for letter, symbol in shown.symbols.items()
            ]
            declared = [*self.reader.declarations, *stand_ins]
        try:
            if side.indices:
                return indexed(self.reader, shown.text, side.indices, declared)
            return self.reader.tree(shown.text, declared)
        except MatcalcError as error:
            raise _unmasked(error, shown, side) from None

    def _shape_of(self, symbol: Symbol) -> Shape:
        """Return the shape of a stand-in: it counts where entries are taken."""
        if symbol.entry and self._is_read:
            return self.meanings(symbol)[0].derivative.expression.shape
        return ()

    def _names_of(self, symbol: Symbol) -> set[str]:
        found = set()
        for text in (symbol.of, symbol.by):
            if text:
                try:
                    found |= names_in_tree(self.reader.tree(text))
                except MatcalcError:
                    continue
        return found & self.definitions.keys()

    def _order(self, derivation: Derivation, uses: dict[str, set[str]]) -> list[str]:
        try:
            return ordered(uses)
        except ValueError as cycle:
            path = str(cycle)
            side = self.definitions[path.split(" → ")[0]].side
            message = f"these definitions go round in a circle: {path}"
            raise MatcalcError("E802", message).at(
                derivation.source, side.start, side.start + len(side.text)
            ) from None

    def _others(
        self, derivation: Derivation, formulas: Mapping[str, tuple[Tree, str]]
    ) -> list[tuple[Tree, str]]:
        """Return formulas that are no definitions but tell kinds: what is derived, identities."""
        found = []
        numbers = {definition.chain for definition in self.definitions.values()}
        numbers |= self.differentials.keys()
        for number, chain in enumerate(derivation.chains):
            for side in chain:
                try:
                    shown = self.mask(side)
                    for symbol in shown.symbols.values():
                        if symbol.of.startswith("("):
                            found.append((self.reader.tree(symbol.of), symbol.of))
                    if number not in numbers and side is chain[0] and not shown.symbols:
                        found.append((self._parsed(shown, side), side.text))
                except MatcalcError:
                    continue  # told where the side is checked
        later = self.definitions.keys() - formulas.keys()
        return [(tree, text) for tree, text in found if not names_in_tree(tree) & later]

    def _infer(
        self, formulas: dict[str, tuple[Tree, str]], others: list[tuple[Tree, str]]
    ) -> Inferred:
        """Infer all kinds together; what does not fit is left out, and why is remembered."""
        nothing = (parse_formula("0"), "0")
        while True:
            named = [(_named(name, tree), text) for name, (tree, text) in formulas.items()]
            try:
                return infer_several([nothing, *named, *others], self.reader.declarations)
            except MatcalcError as error:
                bad = [n for n, (_, text) in formulas.items() if text == error.source]
                if bad:
                    self.failed[bad[0]] = error
                    gone = self._depending(formulas, bad[0])
                    for name in gone:
                        del formulas[name]
                    others = [o for o in others if not names_in_tree(o[0]) & gone]
                else:
                    kept = [o for o in others if o[1] != error.source]
                    if len(kept) == len(others):
                        raise
                    others = kept

    def _depending(self, formulas: Mapping[str, tuple[Tree, str]], name: str) -> set[str]:
        gone = {name}
        for other, (tree, _) in formulas.items():  # in an order in which uses come later
            if names_in_tree(tree) & gone:
                gone.add(other)
        return gone

    def _declare(self, variables: Iterable[Expression]) -> None:
        declared = {d.name for d in self.known}
        for node in variables:
            if node.value.name not in declared:
                kind = ValueKind(node.shape, node.value.structure)
                self.known.append(Declaration(node.value.name, kind, _NOWHERE))

    def _define(self, name: str, value: Expression) -> None:
        self.leaves[name] = variable(name, value.shape)
        self.known.append(Declaration(name, ValueKind(value.shape), _NOWHERE))

    def _read_own(self, formulas: Mapping[str, tuple[Tree, str]]) -> None:
        if formulas:
            read = infer_several(list(formulas.values()), self.known)
            self.own = dict(zip(formulas, (read.expression, *read.others), strict=True))

    def _read_derived(self, name: str) -> None:
        """Read a definition that contains derivatives."""
        try:
            several = list(self.readings(self.definitions[name].side))
            if len(several) > 1:
                message = "∂ may be the partial or the total derivative here"
                raise MatcalcError("E804", message, hint="write the total one with d: dy/dx")
        except MatcalcError as error:
            self.failed[name] = error
            return
        self._define(name, several[0])
        self.own[name] = several[0]

    # Values

    def named(self, name: str) -> Expression:
        """Return the variable that a name is, defined or not. Raises MatcalcError."""
        found = self.leaves.get(name) or self.inferred.variables.get(name)
        if found is None:
            raise MatcalcError("E804", f"{name} is not defined, so d{name} says nothing")
        return found

    def moving(self, side: Side) -> dict[Expression, Expression]:
        """Return what moves in a differential, each with its tangent: what stands as `d...`.

        Raises MatcalcError E804 if nothing does.
        """
        names = names_in_tree(self.reader.tree(side.text))
        known = {*self.leaves, *[declaration.name for declaration in self.reader.declarations]}
        found = sorted(name[1:] for name in names if name[:1] == "d" and name not in known)
        if not any(found):
            message = "on this side of a differential nothing moves"
            raise MatcalcError("E804", message, hint="df = 2*x'*dx").at(side.text, 0, 1)
        return {node: tangent(node) for node in map(self.named, filter(None, found))}

    def expand(self, expression: Expression, free: frozenset[str] = frozenset()) -> Expression:
        """Return a formula with the defined names replaced by their values, but for `free` ones."""
        names = [n for n in self._names_in(expression) if n not in free]
        values = {self.leaves[name]: self._value(name, free) for name in names}
        return substitute(expression, values) if values else expression

    def _value(self, name: str, free: frozenset[str]) -> Expression:
        key = (name, free)
        if key not in self._expanded:
            for needed in self._needed(name, free):
                own = self.own[needed]
                values = {
                    self.leaves[n]: self._expanded[n, free]
                    for n in self._names_in(own)
                    if n not in free
                }
                self._expanded[needed, free] = substitute(own, values) if values else own
        return self._expanded[key]

    def _needed(self, name: str, free: frozenset[str]) -> list[str]:
        uses: dict[str, set[str]] = {}
        stack = [name]
        while stack:
            one = stack.pop()
            if one not in uses and (one, free) not in self._expanded:
                uses[one] = {n for n in self._names_in(self.own[one]) if n not in free}
                stack += uses[one]
        return ordered(uses)

    def _names_in(self, expression: Expression) -> list[str]:
        nodes = postorder([expression], lambda node: node.arguments)
        return [
            node.value.name
            for node in nodes
            if node.head == "variable" and self.leaves.get(node.value.name) is node
        ]

    # Sides

    def readings(
        self,
        side: Side,
        shapes: Sequence[Shape] = (),
        claims: Mapping[Symbol, Expression] = {},
        further: Sequence[Declaration] = (),
    ) -> Iterator[Expression]:
        """Yield what a side may be, in the variables, defined and `further` names.

        Its derivative symbols are replaced by what they mean, or by what `claims` says.
        Raises MatcalcError if the side cannot be read, with its place in the side.
        """
        shown = self.mask(side)
        tree = with_samples(self._parsed(shown, side), self._matrices())
        self._refuse_unread(tree, shown, side)
        self._refuse_differentials(tree, side)
        choices = []
        for symbol in shown.symbols.values():
            if symbol in claims:
                choices.append([claims[symbol]])
            else:
                choices.append([m.derivative.expression for m in self.meanings(symbol)])
        refused: MatcalcError | None = None
        count = 0
        for values in itertools.islice(itertools.product(*choices), MOST_READINGS):
            try:
                yield self._read_side(tree, shown, side, values, shapes, further)
                count += 1
            except MatcalcError as error:
                refused = _unmasked(error, shown, side)
        if refused is not None and not count:
            raise refused

    def _matrices(self) -> frozenset[str]:
        """Return the matrices whose rows are samples: X, if no x is known."""
        if not self.reader.latex:
            return frozenset()
        names = {declaration.name for declaration in self.known}
        return frozenset(
            [
                d.name
                for d in self.known
                if isinstance(d.kind, ValueKind) and len(d.kind.shape) == 2
                if len(d.name) == 1 and d.name.isupper() and d.name.lower() not in names
            ]
        )

    def _read_side(
        self,
        tree: Tree,
        shown: Masked,
        side: Side,
        values: Sequence[Expression],
        shapes: Sequence[Shape],
        further: Sequence[Declaration],
    ) -> Expression:
        stand_ins = [
            Declaration(letter, ValueKind(value.shape), _NOWHERE)
            for letter, value in zip(shown.symbols, values, strict=True)
        ]
        expected = {0: lambda given: shapes} if shapes else {}
        given = {declaration.name for declaration in further}
        known = [*[d for d in self.known if d.name not in given], *further, *stand_ins]
        inferred = infer_several([(tree, side.text)], known, (), expected)
        own = {declaration.name for declaration in known}
        for name in inferred.variables:
            if name not in own:
                message = f"{name} is neither defined nor declared, nor in a definition"
                place = max(side.text.find(name), 0)
                error = MatcalcError("E801", message, hint="where: x: vector(n)")
                raise error.at(side.text, place, place + len(name))
        nodes = {
            variable(letter, value.shape): value
            for letter, value in zip(shown.symbols, values, strict=True)
        }
        return substitute(inferred.expression, nodes) if nodes else inferred.expression

    def _refuse_unread(self, tree: Tree, shown: Masked, side: Side) -> None:
        names = names_in_tree(tree)
        for symbol in shown.symbols.values():
            names |= self._names_of(symbol)
        for name in sorted(names & self.failed.keys()):
            raise self._unread(name).at(side.text, 0, len(side.text))
        for name in sorted(names & self.definitions.keys()):
            if name not in self.own:
                raise self._unread(name).at(side.text, 0, len(side.text))

    def _refuse_differentials(self, tree: Tree, side: Side) -> None:
        """Refuse f' of a defined scalar, and in LaTeX a d that nothing declares."""
        known = {declaration.name for declaration in self.reader.declarations}
        stack = [tree]
        while stack:
            node = stack.pop()
            stack += node.children[-1:] if node.kind == "indexed" else node.children
            child = node.children[0] if node.kind == "transpose" else node
            name = str(child.value) if child.kind == "name" else ""
            start, end = node.span
            if node.kind == "transpose" and name in self.leaves and not self.leaves[name].shape:
                message = f"{name} is a scalar: a prime does not transpose it, nor derive it here"
                raise MatcalcError("E107", message, hint=f"d{name}/dx").at(side.text, start, end)
            if name == "d" and self.reader.latex and name not in {*known, *self.definitions}:
                message = "d may be a variable, or part of a derivative that cannot be read"
                hint = r"\frac{dy}{dx}, or where: d: scalar"
                raise MatcalcError("E107", message, hint=hint).at(side.text, start, end)

    def _unread(self, name: str) -> MatcalcError:
        line = self.derivation.line(self.definitions[name].side.start)
        message = f"{name} rests on line {line}, which is not read"
        return MatcalcError("E804", message)

    # Derivative symbols

    def meanings(self, symbol: Symbol) -> list[Meaning]:
        """Return what a derivative symbol may mean; the layout is the scope's."""
        if symbol not in self._meanings:
            self._meanings[symbol] = self._meant(symbol)
        return self._meanings[symbol]

    def _meant(self, symbol: Symbol) -> list[Meaning]:
        own = self._derived(symbol)
        moving = self._moving(symbol, own)
        by = moving.value.name
        free = frozenset([by] if by in self.leaves else [])
        layout: Layout = "mixed" if symbol.entry else self.layout
        if symbol.sign == "∇":
            layouts: list[Layout] = ["mixed", self.layout]
            if symbol.order > 1:
                layouts = [self.layout]
            several = [self._meaning("gradient", own, moving, free, symbol, x) for x in layouts]
            same = several[0].derivative.shape == several[-1].derivative.shape
            return several[:1] if same else several
        total = self._meaning("total", own, moving, free, symbol, layout)
        if symbol.sign == "d" or symbol.order > 1:
            return [total]
        names = self._names_in(own)
        nodes = set(postorder([own], lambda node: node.arguments))
        other = [n for n in names if n != by and self._depends(n, moving, free)]
        if moving not in nodes or not other:
            return [total]
        held = frozenset(names) | free
        return [self._meaning("partial", own, moving, held, symbol, layout), total]

    def _depends(self, name: str, moving: Expression, free: frozenset[str]) -> bool:
        value = self._value(name, free)
        return moving in set(postorder([value], lambda node: node.arguments))

    def _derived(self, symbol: Symbol) -> Expression:
        """Return what is derived, in the names that it uses."""
        if symbol.of.startswith("("):
            tree = self.reader.tree(symbol.of)
            self._refuse_unread(tree, Masked(symbol.of, {}), Side(symbol.of, 0))
            return infer_several([(tree, symbol.of)], self.known).expression
        name = name_of(symbol.of, self.reader) or symbol.of
        if name in self.own:
            return self.own[name]
        if name in self.inferred.variables:
            return self.inferred.variables[name]
        if name in self.definitions:
            raise self._unread(name)
        message = f"{name} is not defined, so {symbol} says nothing"
        raise MatcalcError("E804", message, hint=f"{name} = x'*x")

    def _moving(self, symbol: Symbol, own: Expression) -> Expression:
        text = symbol.by or self.wrt or self.arguments.get(symbol.of.strip(), "")
        if text:
            name = name_of(text, self.reader) or text
            found = self.leaves.get(name) or self.inferred.variables.get(name)
            if found is None:
                message = f"{symbol} derives by {name}, which is no variable here"
                raise MatcalcError("E804", message)
            return found
        nodes = postorder([self.expand(own)], lambda node: node.arguments)
        variables = [node for node in nodes if node.head == "variable"]
        if len(variables) != 1:
            message = f"{symbol} does not say by what it derives"
            name = variables[0].value.name if variables else "x"
            raise MatcalcError("E804", message, hint=f"∇_{name} y, or wrt: {name}")
        return variables[0]

    def _meaning(
        self,
        kind: str,
        own: Expression,
        moving: Expression,
        free: frozenset[str],
        symbol: Symbol,
        layout: Layout,
    ) -> Meaning:
        expression = self.expand(own, free)
        variables = dict(self.inferred.variables) | {n: self.leaves[n] for n in free}
        named = {n: self.expand(self.leaves[n], free) for n in self.own if n not in free}
        named = {name: value for name, value in named.items() if value.arguments}
        inferred = self.inferred._replace(
            expression=expression, variables=variables, others=(), named=named
        )
        formula = Reading(symbol.of, "", inferred)
        target = Target(moving.value.name, moving)
        return Meaning(kind, derived(formula, target, layout, symbol.order), free)


def _named(name: str, tree: Tree) -> Tree:
    """Return the program that defines a name and has its value."""
    names: tuple[str, ...] = (name,)
    trees: tuple[Tree, ...] = (tree,)
    if tree.kind == "program":
        names, trees = (*tree.value, name), tree.children  # type: ignore[misc]
    last = Tree("name", name, (), tree.span, tree.mark)
    return Tree("program", names, (*trees, last), tree.span, tree.mark)


def _unmasked(error: MatcalcError, shown: Masked, side: Side) -> MatcalcError:
    """Return the error about the side as it was typed."""
    message, hint = error.message, error.hint
    for letter, symbol in shown.symbols.items():
        message, hint = (t.replace(letter, str(symbol)) for t in (message, hint))
    source = side.text if error.source == shown.text else error.source
    return MatcalcError(
        error.code, message, hint=hint, source=source,
        line=error.line, column=error.column, length=error.length,
    )  # fmt: skip
