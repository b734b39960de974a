"""Source code that computes formulas: one line for each part that is used twice."""

from __future__ import annotations

import linecache
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple
from weakref import finalize

from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE, Dimension, at_least, integer
from matcalc.expressions.nodes import Expression
from matcalc.expressions.shapes import Shape, is_row
from matcalc.expressions.traversal import postorder
from matcalc.programs import operations as ops
from matcalc.programs.arrays import array_program
from matcalc.programs.diagonals import TEMPORARY, without_diagonal_matrices
from matcalc.programs.entry import (
    Parameters,
    dimension_text,
    needed_only,
    parameters,
    read_later,
    special_names,
)
from matcalc.programs.factorization import factored_once
from matcalc.programs.gram import of_one_array
from matcalc.programs.operations import Operation
from matcalc.programs.reuse import reused
from matcalc.programs.sharing import shared
from matcalc.programs.targets import (
    ANY,
    ATOM,
    MATMUL,
    PRODUCT,
    SUM,
    TARGETS,
    UNARY,
    Form,
    Target,
    constant_form,
)

LONGEST_LINE = 84
"""Longer expressions are cut into named parts."""

MOST_IN_A_LINE = 4
"""Of more results each is a line of its own."""

INDENT = "    "

SEVERAL = -1


class Result(NamedTuple):
    """One array that a function returns."""

    operation: Operation
    shape: Shape


class Function(NamedTuple):
    """A function to emit: its name, what it says of itself, what it takes and returns.

    `variables` are its array parameters in order. Where there are `parts`, the last results
    are those of a `Compressed` tensor of shape `whole`: for each its labels and its axes.
    Of `optional` results the function computes those that a last parameter, `needed`, asks
    for, the others are None.
    """

    name: str
    summary: str
    variables: tuple[Expression, ...]
    results: tuple[Result, ...]
    parts: tuple[tuple[str, str], ...] = ()
    whole: Shape = ()
    optional: bool = False


class Source(NamedTuple):
    """Source code: the text, the function's name, and the parameters by the user's names."""

    text: str
    name: str
    parameters: tuple[str, ...]
    renamed: Mapping[str, str]


def target_of(name: str) -> Target:
    """Return the target of this name; raise MatcalcError (E702) if there is none."""
    target = TARGETS.get(name)
    if target is None:
        message = f"there is no target {str(name)[:40]}"
        raise MatcalcError("E702", message, hint=", ".join(TARGETS))
    return target


def results(expressions: Sequence[Expression]) -> tuple[Result, ...]:
    """Return the arrays that the formulas are."""
    programs = array_program(expressions)
    return tuple([Result(p, e.shape) for p, e in zip(programs, expressions, strict=True)])


def emit(functions: Sequence[Function], target: Target, ending: str = "") -> Source:
    """Return the source of a module with these functions, named after the first.

    >>> import matcalc
    >>> formula = matcalc.parse("x'*A*x").expression
    >>> A, x = sorted([node for node in postorder([formula], lambda n: n.arguments)
    ...                if node.head == "variable"], key=lambda node: node.value.name)
    >>> made = emit([Function("value", "", (A, x), results([formula]))], target_of("numpy"))
    >>> print(made.text.splitlines()[-1].strip())
    return x @ (A @ x)
    """
    written = [_definition(function, target) for function in functions]
    text = "\n\n".join([*[text for text, _ in written], *([ending] if ending else [])])
    text = "\n\n".join([*_helpers(text, functions, target), text])
    modules = [f"import {name}\n" for name in ("itertools", "math") if f"{name}." in text]
    head = f"{''.join(modules)}\n{target.imports}" if modules else target.imports
    if functions[0].parts:
        head += "\n\nfrom matcalc.programs.compression import Compressed, Part"
        head += ", register\n\nregister()" if target.registers else ""
    entry = written[0][1]
    return Source(f"{head}\n\n\n{text}", functions[0].name, entry.names, entry.renamed)


def _definition(function: Function, target: Target) -> tuple[str, Parameters]:
    results = zip(_computed(function, target), function.results, strict=True)
    roots = [_returned(operation, result.shape) for operation, result in results]
    order = postorder(roots, lambda node: node.arguments)
    owners = _owners(order, roots)
    order = _each_when_ready(order, owners)
    entry = parameters(function.variables, postorder(roots, _with_inner))
    writer = _Writer(target, entry, order, roots, owners if function.optional else {})
    texts = [writer.inlined(root) for root in roots]
    returned = ", ".join(texts)
    if function.parts:
        arrays = texts[len(texts) - len(function.parts) :]
        parts = [
            f"Part({text}, {labels!r}, {axes!r})"
            for text, (labels, axes) in zip(arrays, function.parts, strict=True)
        ]
        lengths = ", ".join([dimension_text(d, entry) for d in function.whole])
        tensor = f"Compressed(({', '.join(parts)}{',' * (len(parts) == 1)}), ({lengths}))"
        returned = ", ".join([*texts[: len(texts) - len(parts)], tensor])
    begin = _beginning(function, entry, writer.uses_dtype, target)
    many = len(roots) > MOST_IN_A_LINE and target.frees
    computed = [*writer.lines, f"return {returned}"]
    computed = _freed(computed, writer.matrices) if many else computed
    rest = [*_places(order, entry), *computed]
    lines = [*read_later(entry.checks, rest), *rest]
    entry = needed_only(entry, lines)
    lines = [*begin, *lines]
    body = "\n".join([INDENT + line if line else "" for line in lines])
    names = [*entry.names, *(["needed"] if function.optional else [])]
    return f"def {function.name}({', '.join(names)}):\n{body}\n", entry


def _with_inner(node: Operation) -> tuple[Operation, ...]:
    """Return what a node is computed from, and what it does for every place."""
    return (*node.arguments, node.value[0]) if node.head == "each" else node.arguments


def _owners(order: Sequence[Operation], roots: Sequence[Operation]) -> dict[Operation, int]:
    """Return for what serves one root alone which of them that is."""
    owners: dict[Operation, int] = {}
    for place, root in enumerate(roots):
        owners[root] = SEVERAL if root in owners else place
    for node in reversed(order):
        for argument in node.arguments:
            same = owners.setdefault(argument, owners[node]) == owners[node]
            owners[argument] = owners[node] if same else SEVERAL
    return {node: owner for node, owner in owners.items() if owner != SEVERAL}


def _each_when_ready(
    order: Sequence[Operation], owners: Mapping[Operation, int]
) -> list[Operation]:
    """Return the operations in an order that has every result as soon as it can be computed.

    What it is computed from is still in the cache then, and need not be kept.
    """
    ready: dict[int, int] = {}
    places = {node: place for place, node in enumerate(order)}
    for node in order:
        if node in owners:
            shared = [places[a] for a in node.arguments if a not in owners]
            ready[owners[node]] = max([ready.get(owners[node], -1), *shared])

    def place(node: Operation) -> tuple[int, int]:
        return (ready[owners[node]] if node in owners else places[node], places[node])

    return sorted(order, key=place)


def _freed(lines: Sequence[str], matrices: Collection[str]) -> list[str]:
    """Return the lines with those in between that free each matrix after its last use.

    Memory that stays in use makes the system hand out more of it, page by page.
    """
    later: set[str] = set()
    found: list[str] = []
    for line in reversed(lines):
        names = dict.fromkeys(re.findall(r"\w+", line))
        done = [name for name in names if name in matrices and name not in later and found]
        found += [f"del {', '.join(done)}", line] if done else [line]
        later.update(names)
    return found[::-1]


def _beginning(
    function: Function, entry: Parameters, uses_dtype: bool, target: Target
) -> list[str]:
    lines = [f'"""{function.summary}"""'] if function.summary else []
    names = [entry.renamed.get(v.value.name, v.value.name) for v in function.variables]
    if names:
        single = "," * (len(names) == 1)
        lines.append(f"{', '.join(names)}{single} = arrays({', '.join(names)})")
    if uses_dtype:
        lines.append(f"dtype = {names[0]}.dtype" if names else f"dtype = {target.dtype}")
    return lines


def _helpers(body: str, functions: Sequence[Function], target: Target) -> list[str]:
    """Return the helper functions that the body calls, and those that they call."""
    found: dict[str, str] = {}
    operations = [result.operation for function in functions for result in function.results]
    special = special_names(postorder(operations, _with_inner))
    imported = {name: target.special_function(name) for name in sorted(special) if target.special}
    helpers = {**imported, **target.helpers}
    pending = [body]
    while pending:
        text = pending.pop()
        for name, source in helpers.items():
            begin = text.find(f"{name}(")
            while begin > 0 and (text[begin - 1].isalnum() or text[begin - 1] in "._"):
                begin = text.find(f"{name}(", begin + 1)
            if begin >= 0 and name not in found:
                found[name] = source
                pending.append(source)
    return [found[name].strip("\n") + "\n" for name in helpers if name in found]


def _computed(function: Function, target: Target) -> list[Operation]:
    roots = reused(shared([result.operation for result in function.results]))
    roots = factored_once(roots, target)
    return without_diagonal_matrices(of_one_array(roots)) if target.in_place else roots


def _returned(operation: Operation, shape: Shape) -> Operation:
    """Return the operation in its final shape, as an array that the caller may write to."""
    if operation.head == "broadcast":
        operation = ops.floats(operation)
        (inner,) = operation.arguments
        if operation.value == "all":
            value = ops.constant_value(inner)
            head = "zeros" if value == 0 else "ones" if value == 1 else "filled"
            arguments = () if head != "filled" else (inner,)
            return ops.make(head, arguments, None, shape)
        return ops.make("copied", (ops.made(operation).arguments[0],), None, shape)
    operation = ops.floats(operation)
    if operation.head == "full":
        operation = ops.make("copied", operation.arguments, None, operation.shape)
    if operation.kind == ops.CONSTANT:
        return ops.make("scalar", (operation,))
    if is_row(shape):
        return ops.make("as_row", (operation,), None, shape)
    if operation.shape != shape:
        return ops.make("reshape", (operation,), None, shape)
    return operation


def _places(order: Iterable[Operation], entry: Parameters) -> list[str]:
    """Return the checks of entries and ranges that need not lie within the array."""
    lines: dict[str, None] = {}
    for node in order:
        for low, high, length in _ranges(node):
            conditions = []
            inside = [at_least(low, ONE), at_least(length, high)]
            texts = [dimension_text(d, entry) for d in (low, high, length)]
            if inside[0] is not True:
                conditions.append(f"{texts[0]} < 1")
            if inside[1] is not True:
                conditions.append(f"{texts[1]} > {texts[2]}")
            if conditions:
                lines[f"if {' or '.join(conditions)}:"] = None
                message = f"the place {texts[1]} = {{{texts[1]}}} is not within {{{texts[2]}}}"
                lines[f'{INDENT}raise IndexError(f"{message}")'] = None
    return list(lines)


def _ranges(node: Operation) -> list[tuple[Dimension, Dimension, Dimension]]:
    if node.head == "pick":
        axis, offset, short = node.value
        length = node.arguments[0].shape[axis]
        return [(offset + ONE, offset + (short or ONE), length)]
    if node.head != "subscript":
        return []
    found = []
    array, *indices = node.arguments
    given = iter([_dimension(index) for index in indices])
    for selector, length in zip(node.value, array.shape, strict=True):
        if selector == "entry":
            low = high = next(given)
        elif selector == "all":
            continue
        else:
            low, high = next(given), next(given)
        if low is None or high is None:
            continue
        found.append((low, high, length))
    return found


def _dimension(node: Operation) -> Dimension | None:
    """Return a constant as a dimension, None if it is none."""
    if node.head == "size":
        return node.value  # type: ignore[no-any-return]
    if node.head == "number" and node.value.denominator == 1:
        return integer(int(node.value))
    if node.head in ("add", "subtract"):
        a, b = (_dimension(argument) for argument in node.arguments)
        if a is not None and b is not None:
            return a + b if node.head == "add" else a - b
    return None


class _Text(NamedTuple):
    text: str
    level: int


class _Writer:
    """The lines of a body, written in order; what is used twice gets a name."""

    def __init__(
        self,
        target: Target,
        entry: Parameters,
        order: Sequence[Operation],
        roots: Sequence[Operation],
        owners: Mapping[Operation, int],
    ) -> None:
        self.target = target
        self.entry = entry
        self.lines: list[str] = []
        self.uses_dtype = False
        self.matrices: set[str] = set()
        self._texts: dict[Operation, _Text] = {}
        self._names = (name for k in count(1) if (name := f"z{k}") not in entry.taken)
        uses = Counter(argument for node in order for argument in node.arguments)
        uses.update(roots)
        self._uses = uses
        returned = set(roots)
        inline = returned if len(roots) <= MOST_IN_A_LINE else set()
        for node in order:
            text = self._written(node)
            # a part that is used twice is worth a line if it costs something
            long = len(text.text) > LONGEST_LINE and node not in returned
            several = uses[node] > 1 or (node in returned and node not in inline)
            named = long or (several and not _is_free(node))
            if node in owners and (named or node in returned):
                text = _Text(f"{text.text} if needed[{owners[node]}] else None", ANY)
            self._texts[node] = self._named(text) if named else text
            if named and len(node.shape) > 1 and node not in returned:
                self.matrices.add(self._texts[node].text)

    def inlined(self, node: Operation) -> str:
        """Return the text of a node, without parentheses around it."""
        return self._texts[node].text

    def _named(self, text: _Text) -> _Text:
        name = next(self._names)
        self.lines.append(f"{name} = {text.text}")
        return _Text(name, ATOM)

    def _written(self, node: Operation) -> _Text:
        match node.head:
            case "input":
                name = node.value[0]
                return _Text(self.entry.renamed.get(name, name), ATOM)
            case "number":
                return _number(node.value)
            case "size":
                text = dimension_text(node.value, self.entry)
                return _Text(text, ATOM if text.isidentifier() else SUM)
            case "pi":
                return _Text("math.pi", ATOM)
            case "subscript":
                return self._subscript(node)
            case "pick":
                return self._pick(node)
            case "align":
                return self._align(node)
            case "function":
                name = self.entry.functions[node.value]
                return _Text(f"{name}({self._all(node)})", ATOM)
            case "call":
                return self._called(node)
            case "plus_diagonal":
                return self._plus_diagonal(node)
            case "each":
                return self._each(node)
            case "matmul" if self.target.turns_products and _is_turned(node):
                matrix, vector = node.arguments[0].arguments[0], node.arguments[1]
                left, right = self._operand(vector, UNARY), self._operand(matrix, UNARY)
                return _Text(f"{left} @ {right}", MATMUL)
        return self._formed(node, self.target.forms[node.head])

    def _plus_diagonal(self, node: Operation) -> _Text:
        """Write to the array itself where nothing else reads it, else to a copy."""
        array, diagonal = node.arguments
        own = array.head in TEMPORARY and self._uses[array] == 1
        matrix = self._operand(array, ANY) if own else f"{self._operand(array, ATOM)}.copy()"
        return _Text(f"plus_diagonal({matrix}, {self._operand(diagonal, ANY)})", ATOM)

    def _each(self, node: Operation) -> _Text:
        """Write what is done for every place of the last axes as a function of its own."""
        inner, ranks = node.value
        names = [next(self._names) for _ in ranks]
        for part in postorder([inner], lambda part: part.arguments):
            taken = part.head == "argument"
            self._texts[part] = _Text(names[part.value], ATOM) if taken else self._written(part)
        function = f"lambda {', '.join(names)}: {self.inlined(inner)}"
        shape = self._details(node)["shape"]
        return _Text(f"each({function}, {ranks}, {shape}, {self._all(node)})", ATOM)

    def _operand(self, node: Operation, level: int) -> str:
        text = self._texts[node]
        return text.text if text.level >= level else f"({text.text})"

    def _all(self, node: Operation) -> str:
        return ", ".join([self._operand(argument, ANY) for argument in node.arguments])

    def _formed(self, node: Operation, form: Form) -> _Text:
        if node.head == "full" and node.arguments[0].kind == ops.CONSTANT:
            form = self.target.forms["filled"]
        operands = [
            self._operand(argument, level)
            for argument, level in zip(node.arguments, form.operands, strict=False)
        ]
        text = form.template.format(*operands, **self._details(node))
        if "dtype" in text:
            self.uses_dtype = True
        return _Text(text, form.level)

    def _details(self, node: Operation) -> dict[str, Any]:
        """Return what templates say beyond the operands."""
        details: dict[str, Any] = {"value": node.value, "all": self._all(node)}
        lengths = [dimension_text(d, self.entry) for d in node.shape]
        details["shape"] = f"({', '.join(lengths)}{',' * (len(lengths) == 1)})"
        details["axis"] = "" if node.value is None else str(node.value)
        if node.shape:
            details["length"] = lengths[0]
        details["optimize"] = ", optimize=True" if len(node.arguments) > 1 else ""
        if node.head == "concatenate":
            details["along"] = f", {node.value}" if node.value else ""
        if node.head == "windows":
            details["window"] = lengths[node.value + 1]
        if node.head == "commutation":
            details["m"], details["n"] = (dimension_text(d, self.entry) for d in node.value)
        if node.head in ("unit", "select"):
            details["offset"] = dimension_text(node.value, self.entry)
        if node.head == "select":
            details["shape"] = ", ".join(lengths)
        if node.head == "count":
            details["start"] = dimension_text(node.value, self.entry)
            details["stop"] = dimension_text(node.value + node.shape[0], self.entry)
        return details

    def _called(self, node: Operation) -> _Text:
        name, arguments = node.value, node.arguments
        if f"{name}_complement" in self.target.helpers and arguments[0].head == "negate":
            name, arguments = f"{name}_complement", arguments[0].arguments
        operands = [self._operand(argument, ANY) for argument in arguments]
        if node.kind == ops.CONSTANT:
            return _Text(f"{constant_form(node.value)}({', '.join(operands)})", ATOM)
        if not self.target.numbers:
            operands = [
                self.target.forms["scalar"].template.format(text)
                if argument.kind == ops.CONSTANT
                else text
                for text, argument in zip(operands, node.arguments, strict=True)
            ]
            self.uses_dtype |= any(a.kind == ops.CONSTANT for a in node.arguments)
        if self.target.special:
            name = name.removeprefix("special.")
        plain = name in self.target.helpers or name != node.value
        function = name if plain else f"{self.target.module}.{name}"
        return _Text(f"{function}({', '.join(operands)})", ATOM)

    def _subscript(self, node: Operation) -> _Text:
        array, *indices = node.arguments
        given = iter(indices)
        places = []
        for selector in node.value:
            if selector == "all":
                places.append(":")
            elif selector == "entry":
                places.append(self._before(next(given)))
            else:
                low, high = next(given), next(given)
                first = self._before(low)
                places.append(f"{'' if first == '0' else first}:{self._operand(high, ANY)}")
        return _Text(f"{self._operand(array, ATOM)}[{', '.join(places)}]", ATOM)

    def _before(self, index: Operation) -> str:
        """Return an index that counts from 0."""
        dimension = _dimension(index)
        if dimension is not None:
            return dimension_text(dimension - ONE, self.entry)
        return f"{self._operand(index, SUM)} - 1"

    def _pick(self, node: Operation) -> _Text:
        axis, offset, short = node.value
        first = dimension_text(offset, self.entry)
        if short is not None:
            first = f"{first}:{dimension_text(offset + short, self.entry)}"
        array = self._operand(node.arguments[0], ATOM)
        return _Text(f"{array}[{':, ' * axis}{first}]", ATOM)

    def _align(self, node: Operation) -> _Text:
        permutation, present = node.value
        if permutation == tuple(range(len(permutation))) and all(present[present.index(True) :]):
            return self._texts[node.arguments[0]]  # leading axes come by themselves
        text = self._operand(node.arguments[0], ATOM)
        if permutation != tuple(range(len(permutation))):
            text = f"{text}.{self.target.permute}({', '.join(map(str, permutation))})"
        first = present.index(True)
        if all(present[first:]):
            return _Text(text, ATOM)
        places = ", ".join([":" if here else "None" for here in present[first:]])
        return _Text(f"{text}[{places}]", ATOM)


def _is_turned(product: Operation) -> bool:
    """Tell whether a product is of a transposed matrix and a vector.

    XLA on a CPU turns the whole matrix over first; written from the left it does not.
    """
    matrix, vector = product.arguments
    return matrix.head == "transpose" and len(vector.shape) == 1


def _is_free(node: Operation) -> bool:
    """Tell whether writing the node again costs nothing: a name, a number, a view of a name."""
    if node.head in ("transpose", "column", "as_row", "row"):
        return node.arguments[0].head == "input"
    return node.head in ("input", "number", "size", "pi")


def _number(value: Fraction) -> _Text:
    """Return a number as Python writes it, exact where a float is."""
    if value.denominator == 1 and abs(value) < 2**53:
        text = str(value.numerator)
    else:
        try:
            decimal = float(value)
        except OverflowError:
            return _Text("-math.inf" if value < 0 else "math.inf", UNARY if value < 0 else ATOM)
        small = max(abs(value.numerator), value.denominator) < 10**6
        if small and Fraction(decimal) != value and Fraction(repr(decimal)) != value:
            return _Text(f"{value.numerator}/{value.denominator}", PRODUCT)
        text = repr(decimal)
    return _Text(text, UNARY if value < 0 else ATOM)


_modules = count(1)


def compiled(source: Source) -> Callable[..., Any]:
    """Return the function of the source; the user's names that Python lacks are taken too."""
    file = f"<matcalc {next(_modules)}: {source.name}>"
    space: dict[str, Any] = {"__name__": "matcalc.emitted"}
    exec(compile(source.text, file, "exec"), space)
    function: Callable[..., Any] = space[source.name]
    linecache.cache[file] = (len(source.text), None, source.text.splitlines(True), file)
    finalize(function, linecache.cache.pop, file, None)
    if not source.renamed:
        return function
    names = source.renamed

    def renamed(*values: Any, **named: Any) -> Any:
        return function(*values, **{names.get(name, name): v for name, v in named.items()})

    renamed.__doc__ = function.__doc__
    renamed.__name__ = source.name
    return renamed
