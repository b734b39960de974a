r"""Say what LaTeX means: is x_i a name, an entry or a sample; is a(b) a product or a call.

The declarations decide, then the running indices, then how a name is used elsewhere in the
formula. What stays open is refused with the alternatives; what was decided by custom alone
is told in a note.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from matcalc.expressions.functions import ELEMENTARY, TABLE
from matcalc.expressions.traversal import run
from matcalc.syntax.absent import absent_hint
from matcalc.syntax.automaton import Refused
from matcalc.syntax.complaints import clip
from matcalc.syntax.costs import letters_of
from matcalc.syntax.latex_evidence import Evidence, gather
from matcalc.syntax.latex_names import Known
from matcalc.syntax.latex_trees import SCRIPTED, factors, head, innermost, is_bare, is_label
from matcalc.syntax.text_tokens import FUNCTION_LETTERS
from matcalc.syntax.tree import Span, Tree

Task = Generator[Any, Tree, Tree]


class Meanings(NamedTuple):
    """What the declarations say: the shapes of values, the functions, every name in use."""

    shapes: Mapping[str, tuple[Any, ...]]
    functions: frozenset[str]
    known: Known


class Reading(NamedTuple):
    """A formula in the language's own trees, with what was decided by custom.

    `bold` are the names in bold type.
    """

    tree: Tree
    notes: tuple[str, ...]
    bold: tuple[str, ...]


def read(tree: Tree, text: str, styles: Mapping[int, str], meanings: Meanings) -> Reading:
    """Return what a raw tree means; raise Refused where it may mean several things."""
    reader = _Reader(text, styles, meanings, gather(tree, styles))
    meant = run(reader.task(tree))
    return Reading(
        meant, tuple(reader.notes), (*reader.ranks, *(f"{n}_" for n in reader.bold_samples))
    )


# What the table calls by other names when subscripted: \|x\|_1, \log_2 x.
_NORMS = {"1": "norm1", "2": "norm2", "F": "normF", "∞": "norminf"}
_LOGARITHMS = {
    match[1]: row.name for row in TABLE if (match := re.match(r"\\log_\{*(\d+)\}*\(", row.latex))
}
_CHOOSING = {row.name for row in ELEMENTARY if row.chooses in ("largest", "smallest")}
_SPECTRAL = {
    ("lambda", "max"): "eigmax", ("lambda", "min"): "eigmin", ("lambda", ""): "eigvals",
    ("sigma", "max"): "norm_spec", ("sigma", ""): "svals",
}  # fmt: skip


class _Reader:
    def __init__(
        self, text: str, styles: Mapping[int, str], meanings: Meanings, evidence: Evidence
    ) -> None:
        self.text = text
        self.styles = styles
        self.shapes, self.functions, self.known = meanings
        self.evidence = evidence
        self.notes: dict[str, None] = {}
        self.ranks: dict[str, int] = {}
        self.bold_samples: dict[str, None] = {}
        self.indices: dict[str, str] = {}  # running indices here, with their last values' texts

    def task(self, tree: Tree) -> Task:
        """Return the task of reading one raw tree."""
        rule = _RULES.get(tree.kind)
        return rule(self, tree) if rule else self.generic(tree)

    def generic(self, tree: Tree) -> Task:
        children = []
        for child in tree.children:
            children.append((yield self.task(child)))
        return tree._replace(children=tuple(children))

    def refuse(self, message: str, hint: str, span: Span, code: str = "E107") -> Refused:
        return Refused(code, message, hint, (span.start, span.end))

    def typed(self, tree: Tree) -> str:
        start, end = tree.span
        return clip(" ".join(self.text[start : min(end, start + 200)].split()))

    def is_declared(self, name: str) -> bool:
        return name in self.known.names

    # Names

    def name(self, tree: Tree) -> Task:
        name, style = str(tree.value), self.styles.get(tree.span.start, "")
        if name == "∞":
            raise self.refuse("infinity is not a number here", r"\|x\|_{\infty}", tree.span)
        if name in ("0", "1"):
            return _called("vector", (_integer(int(name), tree.span),), tree.span)
        if name == "e" and style == "upright" and not self.is_declared(name):
            return _called("exp", (_integer(1, tree.span),), tree.span)
        self.embolden(name, style)
        return tree
        yield

    def embolden(self, name: str, style: str) -> None:
        r"""Remember that \mathbf{a} is a vector and \mathbf{A} a matrix."""
        if style == "bold" and not self.is_declared(name) and name not in ("I", "pi"):
            self.ranks.setdefault(name, 2 if name[0].isupper() else 1)

    def group(self, tree: Tree) -> Task:
        if len(tree.children) > 1:
            message = "a comma stands in the arguments of a function"
            hint = "declare the function, or stack: \\begin{bmatrix} a \\\\ b \\end{bmatrix}"
            raise self.refuse(message, hint, tree.span, "E103")
        inner = yield self.task(tree.children[0])
        return inner._replace(span=tree.span)

    def primed(self, tree: Tree) -> Task:
        inner = yield self.task(tree.children[0])
        for _ in range(tree.value):  # type: ignore[call-overload]
            inner = Tree("transpose", None, (inner,), tree.span, tree.mark)
        return inner

    def dots(self, tree: Tree) -> Task:
        raise self.refuse("nothing is left out in a formula", "\\sum_{i=1}^{n} x_i", tree.span)
        yield

    def partial(self, tree: Tree) -> Task:
        message = "derivatives are not written in the formula"
        raise self.refuse(message, "name the variable by --wrt x", tree.mark)
        yield

    # Functions

    def called(self, tree: Tree) -> Task:
        value: Any = tree.value
        name, scripts, bare = value
        arguments = []
        for child in tree.children:
            arguments.append((yield self.task(child)))
        keywords: tuple[tuple[str, Tree], ...] = ()
        power = None
        for kind, trees in scripts:
            label = self.typed(trees[0]) if len(trees) == 1 else ""
            if kind == "upper":
                power = trees[0]
            elif name == "log" and label in _LOGARITHMS:
                name = _LOGARITHMS[label]
            elif name == "log":
                message = f"there is no logarithm of base {label or '…'}"
                raise self.refuse(message, "\\frac{\\log x}{\\log b}", tree.mark)
            elif name == "unvec":
                for size in trees:
                    arguments.append((yield self.task(size)))
            elif trees[0].kind == "compare" and self.typed(trees[0].children[0]).endswith("axis}"):
                keywords = (("axis", (yield self.task(trees[0].children[1]))),)
            else:
                hint = f"\\operatorname{{{name}}}(x)"
                raise self.refuse(f"{name} takes no subscript", hint, trees[0].span)
        if bare and name in _CHOOSING and arguments[0].kind != "name":
            raise self.refuse(f"brackets are missing: \\{name}(…)", f"\\{name}(0, x)", tree.span)
        if name == "pow" and len(arguments) == 2:
            return Tree("power", "^", tuple(arguments), tree.span, tree.mark)
        inner = arguments[0]
        if name == "log" and inner.kind == "reading" and inner.value == "abs":
            return Tree("logbars", None, (inner,), tree.span, tree.mark)
        if name in ("softmax", "log_softmax", "exp") and not keywords:
            result = Tree("reading", name, (inner,), tree.span, tree.mark)
            return (yield self.raised(result, name, power))
        if name == "log" and bare and inner.kind == "call" and inner.value == ("det", ()):
            name, arguments = "logdet", list(inner.children)
        result = Tree("call", (name, keywords), tuple(arguments), tree.span, tree.mark)
        return (yield self.raised(result, name, power))

    def raised(self, result: Tree, name: str, power: Tree | None) -> Task:
        r"""Return \sin^2(x) as the square of the value."""
        if power is None:
            return result
        exponent = yield self.task(power)
        if exponent.kind == "sign":
            message = f"\\{name}^{{-1}} may be the inverse function or the reciprocal"
            hint = f"\\frac{{1}}{{\\{name}(x)}}, \\arc{name}(x)"
            raise self.refuse(message, hint, power.span)
        return Tree("power", "^", (result, exponent), result.span, result.mark)

    def bars(self, tree: Tree) -> Task:
        inner = yield self.task(tree.children[0])
        return Tree("reading", "abs", (inner,), tree.span, tree.mark)

    def angle(self, tree: Tree) -> Task:
        left = yield self.task(tree.children[0])
        right = yield self.task(tree.children[1])
        return Tree("inner", None, (left, right), tree.span, tree.mark)

    def norm(self, tree: Tree) -> Task:
        selectors: Any = tree.value
        inner = yield self.task(tree.children[0])
        if not selectors:
            return Tree("reading", "norm2", (inner,), tree.span, tree.mark)
        label = ""
        if len(selectors) == 1 and selectors[0].kind in ("name", "number"):
            label = str(selectors[0].value)
        name = _NORMS.get(label)
        if name is None:
            message = "there is no such norm"
            hint = "\\|x\\|_1, \\|x\\|_2, \\|x\\|_{\\infty}, \\|A\\|_F, x^{\\top} A x"
            raise self.refuse(message, hint, selectors[0].span)
        if name == "norm2":
            return Tree("reading", name, (inner,), tree.span, tree.mark)
        return _called(name, (inner,), tree.span, tree.mark)

    # Powers and fractions

    def power(self, tree: Tree) -> Task:
        base, exponent = tree.children
        if base.kind == "name" and base.value == "e" and not self.is_declared("e"):
            style = self.styles.get(base.span.start, "")
            if style != "bold":
                if style != "upright" and "e" in self.evidence.bare:
                    message = "e is a variable elsewhere in this formula"
                    raise self.refuse(message, "\\exp(x), or declare e", base.span)
                turning = any(p.kind == "name" and p.value == "i" for p in factors(exponent))
                if turning and not (self.is_declared("i") or "i" in self.indices):
                    message = "all values are real; i is no imaginary unit"
                    raise self.refuse(message, "\\exp(x)", exponent.span)
                inner = yield self.task(exponent)
                self.notes.setdefault(f"{self.typed(tree)} is read as the exponential function")
                return Tree("reading", "exponential", (inner,), tree.span, tree.mark)
        if base.kind == "name" and is_label(tree):
            return (yield self.labelled(tree))
        if self.is_transposing(exponent):
            inner = yield self.task(base)
            return Tree("transpose", None, (inner,), tree.span, tree.mark)
        if exponent.kind == "name" and exponent.value == "†":
            inner = yield self.task(base)
            return _called("pinv", (inner,), tree.span, tree.mark)
        self.check_exponent(tree, base, exponent)
        if exponent.kind == "sign":
            (turned,) = exponent.children
            if exponent.value == "-" and self.is_transposing(turned):
                one = _integer(1, turned.span)
                inverse = tree._replace(children=(base, exponent._replace(children=(one,))))
                inner = yield self.task(inverse)
                return Tree("transpose", None, (inner,), tree.span, tree.mark)
        read_base = yield self.task(base)
        read_exponent = yield self.task(exponent)
        if read_exponent.kind == "name" and read_exponent.value in ("H", "*"):
            message = "all values are real; there is only the transpose"
            raise self.refuse(message, "A^{\\top}", exponent.span)
        return tree._replace(children=(read_base, read_exponent))

    def is_transposing(self, exponent: Tree) -> bool:
        """Tell whether ^T or ^t transposes: t is no number, nor a running index."""
        name = exponent.value
        if exponent.kind != "name" or name not in ("T", "t") or self.is_declared(str(name)):
            return False
        return name == "T" or not (name in self.evidence.alone or name in self.evidence.runs)

    def check_exponent(self, tree: Tree, base: Tree, exponent: Tree) -> None:
        """Refuse y^i with a running i, which may be a power or the i-th y."""
        if base.kind != "name" or exponent.kind != "name" or exponent.value not in self.indices:
            return
        name = str(base.value)
        is_vector = letters_of(name).vector == 0
        if name in self.shapes:
            is_vector = len(self.shapes[name]) == 1
        if not is_vector:
            return
        y, i = self.typed(base), exponent.value
        message = f"{self.typed(tree)} may be a power of {y} or its entry {i}"
        raise self.refuse(message, f"{y}_{i}, {y}^{{({i})}}; a power: ({y})^{i}", tree.span)

    def labelled(self, tree: Tree) -> Task:
        """Read W^{(1)}, which is a name, and x^{(i)}, which is a sample as x_i is."""
        base, group = tree.children
        label = group.children[0] if len(group.children) == 1 else group
        if label.kind not in ("number", "name"):
            b, e = self.typed(base), clip(self.text[group.span.start + 1 : group.span.end - 1])
            message = f"{self.typed(tree)} may be a power or a label"
            raise self.refuse(message, f"{b}^{{{e}}}, {b}_{{{e}}}", tree.mark)
        script = Tree("script", None, (base, label), tree.span, tree.mark)
        meant = yield self.task(script)
        if meant.kind == "name":
            self.notes.setdefault(f"{self.typed(tree)} is read as the name {meant.value}")
        return meant

    def fraction(self, tree: Tree) -> Task:
        upper, lower = tree.children
        if not self.is_declared("d") and all(
            re.match(
                r"(?:\{\s*)?d\s*(?:\^\s*\S+\s*)?[A-Za-z\\}]",
                self.text[t.span.start : t.span.start + 80] + "}",
            )
            and _first_name(t) == "d"
            for t in (upper, lower)
        ):
            message = "derivatives are not written in the formula"
            raise self.refuse(message, "name the variable by --wrt x", tree.mark)
        left = yield self.task(upper)
        right = yield self.task(lower)
        return Tree("product", "/", (left, right), tree.span, tree.mark)

    def product(self, tree: Tree) -> Task:
        left, right = tree.children
        parts = self.units(factors(right)) if right.kind == "juxtaposed" else []
        if len(parts) > 1 and tree.value in ("/", ".*", "./", "⊗"):
            first, rest = parts[0], self.typed(right)
            if tree.value != "/":
                whole = self.text[tree.mark.start : tree.mark.end]
                message = f"{whole} and the product after it: it is not said which comes first"
                a = self.typed(left)
                hint = f"{a} {whole} ({rest}), ({a} {whole} {self.typed(first)}) …"
                raise self.refuse(message, hint, tree.mark)
            last = left.children[1] if left.kind == "juxtaposed" else left
            if first.kind != "number" or last.kind not in ("number", "sign", "group"):
                a = self.typed(left)
                message = f"{clip(f'{a}/{rest}')}: it is not said how far the denominator goes"
                b = self.typed(first)
                hint = f"\\frac{{{a}}}{{{b}}} …, \\frac{{{a}}}{{{rest}}}"
                raise self.refuse(message, hint, tree.mark)
            quotient = Tree("product", "/", (left, first), Span(left.span.start, first.span.end),
                            tree.mark)  # fmt: skip
            self.notes.setdefault(
                f"{self.typed(tree)} is read as ({self.typed(quotient)}) times the rest"
            )
            return (yield self.chained([quotient, *parts[1:]]))
        return (yield self.generic(tree))

    # Juxtaposition

    def juxtaposed(self, tree: Tree) -> Task:
        return (yield self.chained(self.units(factors(tree))))

    def chained(self, parts: list[Tree]) -> Task:
        """Read factors side by side, from left to right."""
        result = yield self.task(parts[0])
        for factor in parts[1:]:
            right = yield self.task(factor)
            gap = Span(result.span.end, result.span.end)
            span = Span(result.span.start, right.span.end)
            result = Tree("product", "*", (result, right), span, gap)
        return result

    def units(self, parts: list[Tree]) -> list[Tree]:
        """Put a function and its brackets together; refuse what may be a call or a product."""
        found: list[Tree] = []
        position = 0
        while position < len(parts):
            factor = parts[position]
            call, used = self.function(parts, position)
            if call is not None:
                factor, position = call, used
            elif position and _runs_on(head(parts[position - 1])[0], factor):
                before = next(t for t in head(parts[position - 1])[0] if is_bare(t))
                f = self.text[before.mark.start : before.mark.end]
                inner = self.typed(before.children[0])
                message = f"it is not said how far the argument of {clip(f)} goes"
                hint = f"{f}({inner} {self.typed(factor)}), ({f} {inner}) {self.typed(factor)}"
                raise self.refuse(message, hint, before.mark)
            elif position:
                self.check_factor(parts[position - 1], factor)
            found.append(factor)
            position += 1
        return found

    def function(self, parts: list[Tree], position: int) -> tuple[Tree | None, int]:
        """Return the call that begins here, and the position of its last factor."""
        start, orders, primes = position, [], 0
        above, front = head(parts[start])
        while front.kind == "partial" and position + 1 < len(parts):
            orders.append(int(str(front.value)[:9]) - 1)
            position += 1
            front = parts[position]
        if front.kind == "power" and front.children[1].kind == "group":
            (label, *others) = front.children[1].children
            if label.kind == "number" and not others and label.value <= 1000:  # type: ignore[operator]
                front, primes = front.children[0], int(label.value)  # type: ignore[call-overload]
        elif front.kind == "primed":
            front, primes = front.children[0], int(front.value)  # type: ignore[call-overload]
        following = parts[position + 1] if position + 1 < len(parts) else None
        opening = innermost(following) if following is not None else None
        name = None
        if opening is not None and opening.value != "{":
            name = self.called_name(front)
        if orders and name not in self.functions:
            message = "derivatives are not written in the formula"
            raise self.refuse(message, "name the variable by --wrt x", parts[start].span)
        if name is None or following is None or opening is None:
            return None, start
        if primes and name not in self.functions:
            return None, start
        if name == "" and opening.children[0].kind != "compare":
            return None, start
        span = Span(parts[start].span.start, opening.span.end)
        mark = parts[position].span
        if name == "":  # an indicator
            call = opening.children[0]._replace(span=span)
        elif orders or primes:
            places = tuple(orders) or (0,) * primes
            call = Tree("derivative", (name, places), opening.children, span, mark)
        else:
            call = Tree("call", (name, ()), opening.children, span, mark)
        call = _replaced(following, call)
        for outer in reversed(above):
            over = Span(outer.span.start, call.span.end)
            call = outer._replace(children=(call,), span=over)
        return call, position + 1

    def called_name(self, head: Tree) -> str | None:
        r"""Return the function that a name in front of brackets is, '' for \mathbb{1}."""
        if head.kind == "script":
            label = self.label(head)
            return label if label in self.functions else None
        if head.kind != "name":
            return None
        name = str(head.value)
        if name in self.functions:
            return name
        style = self.styles.get(head.span.start, "")
        if name == "1" or (name == "I" and style == "outlined"):
            return ""
        if name == "sigma" and not self.is_declared(name):
            if name in self.evidence.alone:
                message = "\\sigma is a variable elsewhere in this formula"
                hint = "\\operatorname{sigmoid}(z), \\sigma \\cdot (z)"
                raise self.refuse(message, hint, head.span)
            self.notes.setdefault("\\sigma(…) is read as the function sigmoid")
            return "sigmoid"
        if style == "upright" and len(name) > 1 and not self.is_declared(name):
            return name  # refused as an unknown function
        return None

    def check_factor(self, front: Tree, factor: Tree) -> None:
        """Refuse f(x), f^2(x) and f_1(x) where nothing says whether that is a call or a product."""
        opening = innermost(factor)
        name = front
        while name.kind in ("power", "script"):
            name = name.children[0]
        if name.kind != "name" or opening is None or opening.value != "(":
            return
        letter = str(name.value)
        if front.kind == "script":
            self.check_spectral(front, letter)
            if self.running(list(front.children[1:])) or self.label(front) in self.known.names:
                return
        if self.is_declared(letter) or letter in ("pi", "e"):
            return
        stands = letter in self.evidence.alone or letter in self.evidence.bases
        if stands and front.kind != "power":
            return
        is_capital = letters_of(letter).matrix == 0 and letter != "Gamma"
        if is_capital and len(opening.children) == 1:
            return
        lone = len(opening.children) > 1 or opening.children[0].kind in ("name", "number", "script")
        if lone or letter in FUNCTION_LETTERS:
            f, inner = self.typed(front), self.typed(opening)[1:-1]
            message = f"{f}({inner}) may be a product or the value of a function"
            hint = f"a product: {f} \\cdot ({inner}); a function: {letter}: elementwise"
            raise self.refuse(message, hint, front.span, "E109")

    def check_spectral(self, front: Tree, letter: str) -> None:
        r"""Refuse \lambda_{\max}(A) and \sigma_1(A) by name."""
        label = self.typed(front.children[1]) if len(front.children) == 2 else ""
        name = _SPECTRAL.get((letter, label.strip("{}\\")), _SPECTRAL.get((letter, "")))
        if name is None or self.is_declared(letter) or self.label(front) in self.known.names:
            return
        message = f"{self.typed(front)}(…) is the function {name}, which is not there yet"
        raise self.refuse(message, absent_hint(name), front.span, "E203")

    # Subscripts

    def script(self, tree: Tree) -> Task:
        base, *selectors = tree.children
        if selectors[0].kind == "compare" and base.kind == "group" and base.value == "[":
            return (yield self.tensor(tree))
        if base.kind == "name":
            return (yield self.subscripted_name(tree))
        if base.kind == "number" and base.value == 1 and selectors[0].kind == "compare":
            return (yield self.task(selectors[0]))
        body = yield self.task(base)
        return (yield self.entry(tree, body, self.indexed(selectors)))

    def running(self, selectors: list[Tree]) -> list[str]:
        """Return a running index of each selector that has one."""
        found = [self.evidence.running.get(id(selector)) for selector in selectors]
        return [index for index in found if index is not None]

    def indexed(self, selectors: list[Tree]) -> list[Tree]:
        """Return the selectors, running indices side by side as several: ij."""
        if len(selectors) == 1 and selectors[0].kind == "juxtaposed":
            parts = factors(selectors[0])
            letters = all(part.kind == "name" for part in parts)
            if letters and any(part.value in self.evidence.runs for part in parts):
                return parts
        return selectors

    def entry(self, tree: Tree, body: Tree, selectors: list[Tree]) -> Task:
        children = [body]
        for selector in selectors:
            children.append((yield self.task(selector)))
        return Tree("subscript", None, tuple(children), tree.span, tree.mark)

    def subscripted_name(self, tree: Tree) -> Task:
        base, *selectors = tree.children
        name, style = str(base.value), self.styles.get(base.span.start, "")
        selectors = self.indexed(selectors)
        constant = self.constant(tree, name, style, selectors)
        if constant is not None:
            return (yield self.task(constant))
        label = self.label(tree)
        if label is not None and self.is_declared(label):
            return tree._replace(kind="name", value=label, children=())
        running = self.running(selectors)
        for part in running:
            if part not in self.indices:
                message = f"{part} runs in a sum that ends before {self.typed(tree)}"
                hint = "\\sum_{i=1}^{n} (x_i + y_i)"
                raise self.refuse(message, hint, tree.span)
        rank = len(self.shapes[name]) if name in self.shapes else None
        self.embolden_sample(name, style, len(selectors))
        if len(selectors) > 1 or selectors[0].kind in ("all", "range"):
            return (yield self.entry(tree, base, selectors))
        (selector,) = selectors
        if running and rank in (None, 1, 2):
            index = yield self.task(selector)
            return Tree("sample", name, (index,), tree.span, tree.mark)
        if rank == 2:
            raise self.row_or_column(tree, base, selector)
        if running or rank == 1 or label is None:
            return (yield self.entry(tree, base, selectors))
        if name in self.evidence.bases and rank is None:
            self.notes.setdefault(f"{self.typed(tree)} is read as an entry of {name}")
            return (yield self.entry(tree, base, selectors))
        if name in self.evidence.alone:
            self.notes.setdefault(f"{self.typed(tree)} is read as a name, not as an entry")
        self.embolden(label, style)
        return tree._replace(kind="name", value=label, children=())

    def embolden_sample(self, name: str, style: str, count: int) -> None:
        r"""Remember that the \mathbf{x}_i are vectors."""
        if style == "bold" and count == 1 and name not in self.shapes:
            self.bold_samples[name] = None

    def row_or_column(self, tree: Tree, base: Tree, selector: Tree) -> Refused:
        a, s = self.typed(base), self.typed(selector)
        message = f"{self.typed(tree)} may be a row or a column of {a}"
        hint = f"{a}_{{{s},:}}, {a}_{{:,{s}}}"
        if selector.kind == "number" and len(str(selector.value)) == 2:
            message = f"{self.typed(tree)} may be an entry of {a}, or a row"
            hint = f"{a}_{{{s[0]},{s[1]}}}, {hint}"
        return self.refuse(message, hint, tree.span)

    def label(self, tree: Tree) -> str | None:
        r"""Return the name that x_{1}, x_{\text{old}} or W_{ab} would be, or None."""
        base, *selectors = tree.children
        parts = [str(base.value)] if base.kind == "name" else []
        for selector in selectors:
            if selector.kind in ("name", "number"):
                parts.append(str(selector.value))
            elif selector.kind == "add" and all(
                p.kind in ("name", "number") for p in selector.children
            ):
                left, right = (str(part.value) for part in selector.children)
                parts.append(f"{left}{'p' if selector.value == '+' else 'm'}{right}")
            elif selector.kind == "juxtaposed" and all(
                part.kind == "name" for part in factors(selector)
            ):
                parts.append("".join(str(part.value) for part in factors(selector)))
            else:
                return None
        name = "_".join(parts)
        if not re.fullmatch(r"[^\W\d]\w*", name):
            return None
        return self.known.find(name) or name

    def constant(self, tree: Tree, name: str, style: str, selectors: list[Tree]) -> Tree | None:
        """Return ones, zeros, the identity, the commutation matrix or a Kronecker delta."""
        first = selectors[0]
        if name in ("0", "1"):
            if name == "1" and first.kind == "compare":
                return first
            return _called("ones" if name == "1" else "zeros", tuple(selectors), tree.span)
        if self.is_declared(name):
            return None
        if name == "I" and len(selectors) == 1:
            return _called("eye", tuple(selectors), tree.span)
        sizes = not self.running(selectors) and "all" not in (s.kind for s in selectors)
        if len(selectors) == 2 and name == "K" and style == "bold" and sizes:
            self.notes.setdefault(f"{self.typed(tree)} is read as a commutation matrix")
            return _called("commutation", tuple(selectors), tree.span)
        if len(selectors) == 2 and name == "δ" and style != "bold":
            return _called("delta", tuple(selectors), tree.span)
        return None

    # Running indices

    def big(self, tree: Tree) -> Task:
        value: Any = tree.value
        name, scripts = value
        lower = next((trees for kind, trees in scripts if kind == "lower"), None)
        upper = next((trees[0] for kind, trees in scripts if kind == "upper"), None)
        (body,) = tree.children
        if lower is None and upper is None and name == "prod" and body.kind != "juxtaposed":
            return _called("prod", ((yield self.task(body)),), tree.span, tree.mark)
        if lower is None:
            message = f"\\{name} says no index"
            hint = f"\\{name}_{{i=1}}^{{n}} x_i, \\operatorname{{{name}}}(x)"
            raise self.refuse(message, hint, tree.mark)
        names, low, conditions = self.lower(list(lower))
        if not names:
            hint = f"\\{name}_{{i=1}}^{{n}} x_i"
            raise self.refuse("the index and its bounds are missing", hint, lower[0].span)
        first = _integer(1, tree.mark) if low is None else (yield self.task(low))
        last = Tree("open", None, (), tree.mark, tree.mark)
        if upper is not None:
            last = yield self.task(upper)
        outer = self.indices
        self.indices = outer | dict.fromkeys(names, "")
        result = yield self.task(body)
        for condition in reversed(conditions):
            asked = yield self.task(condition)
            result = Tree("given", None, (asked, result), tree.span, condition.mark)
        self.indices = outer
        for index in reversed(names):
            result = Tree("indexed", (name, (index,)), (first, last, result), tree.span, tree.mark)
        return result

    def lower(self, parts: list[Tree]) -> tuple[list[str], Tree | None, list[Tree]]:
        r"""Return the indices, their start and the conditions of i=1, of i,j and of i \ne j."""
        names: list[str] = []
        conditions: list[Tree] = []
        low = None
        for part in parts:
            if part.kind == "compare" and part.value != "==":
                conditions.append(part)
                found = [side for side in part.children if side.kind == "name"]
                names += [
                    str(side.value) for side in found
                    if side.value not in self.indices and side.value not in names
                ]  # fmt: skip
                continue
            more, start = self.summed([part])
            if not more:
                return [], None, []
            names += [one for one in more if one not in names]
            low = start if start is not None else low
        return names, low, conditions

    def summed(self, lower: list[Tree]) -> tuple[list[str], Tree | None]:
        """Return the indices under a big operator, and where they start if that is said."""
        low = None
        if lower[-1].kind == "compare" and lower[-1].value == "==":
            index, low = lower[-1].children
            lower = [*lower[:-1], index]
        if len(lower) == 1 and lower[0].kind == "juxtaposed":
            lower = factors(lower[0])
        names = [self.index_name(part) for part in lower]
        known = [name for name in names if name is not None]
        return (known, low) if len(known) == len(names) else ([], None)

    def index_name(self, tree: Tree) -> str | None:
        """Return the name of an index, i or i_1; None of anything else."""
        if tree.kind == "script":
            return self.label(tree)
        return str(tree.value) if tree.kind == "name" else None

    def tensor(self, tree: Tree) -> Task:
        r"""Read [x_i y_j z_k]_{i=1,\dots,m,\; j=1,\dots,n,\; k=1,\dots,p}."""
        base, *selectors = tree.children
        names: list[str] = []
        bounds: list[Tree] = []
        while selectors:
            first, *selectors = selectors
            name = self.index_name(first.children[0]) if first.kind == "compare" else None
            if name is None or len(selectors) < 2 or selectors[0].kind != "dots":
                message = "a tensor says its indices"
                raise self.refuse(message, "[x_i y_j]_{i=1,\\dots,m,\\; j=1,\\dots,n}", tree.mark)
            names.append(name)
            bounds += (first.children[1], selectors[1])
            del selectors[:2]
        read = []
        for bound in bounds:
            read.append((yield self.task(bound)))
        outer = self.indices
        ends = [self.typed(last) for last in bounds[1::2]]
        self.indices = outer | dict(zip(names, ends, strict=True))
        body = yield self.task(base.children[0])
        self.indices = outer
        return Tree("indexed", ("tensor", tuple(names)), (*read, body), tree.span, tree.mark)

    # Programs

    def program(self, tree: Tree) -> Task:
        lefts: Any = tree.value
        names = []
        for left in lefts:
            name = self.label(left) if left.kind == "script" else left.value
            if left.kind not in ("script", "name") or not isinstance(name, str):
                raise self.refuse("only a name is defined", "z = A x; z^{\\top} z", left.span)
            names.append(name)
        self.known = Known([*self.known.names, *names])
        children = []
        for child in tree.children:
            children.append((yield self.task(child)))
        return tree._replace(value=tuple(names), children=tuple(children))


_RULES = {
    "name": _Reader.name,
    "group": _Reader.group,
    "primed": _Reader.primed,
    "dots": _Reader.dots,
    "partial": _Reader.partial,
    "called": _Reader.called,
    "abs": _Reader.bars,
    "angle": _Reader.angle,
    "norm": _Reader.norm,
    "power": _Reader.power,
    "fraction": _Reader.fraction,
    "product": _Reader.product,
    "juxtaposed": _Reader.juxtaposed,
    "script": _Reader.script,
    "big": _Reader.big,
    "program": _Reader.program,
}


# Trees


def _called(name: str, operands: tuple[Tree, ...], span: Span, mark: Span | None = None) -> Tree:
    return Tree("call", (name, ()), operands, span, mark or span)


def _integer(value: int, span: Span) -> Tree:
    return Tree("number", Fraction(value), (), span, span)


def _replaced(tree: Tree, call: Tree) -> Tree:
    """Return the tree with its innermost brackets replaced by the call."""
    above = []
    while tree.kind in SCRIPTED:
        above.append(tree)
        tree = tree.children[0]
    for outer in reversed(above):
        span = Span(call.span.start, outer.span.end)
        call = outer._replace(children=(call, *outer.children[1:]), span=span)
    return call


def _runs_on(above: list[Tree], following: Tree) -> bool:
    r"""Tell whether a factor may still belong to a bare function's argument: \log x y."""
    if not any(map(is_bare, above)):
        return False
    argument = above[-1].children[0]
    while argument.kind in ("power", "script") and argument.children[1].value != "T":
        argument = argument.children[0]
    ends = argument.kind in ("name", "number", "called", "call", "abs", "norm", "fraction", "group")
    return not (ends and _is_function(following))


def _is_function(tree: Tree) -> bool:
    while tree.kind == "power":
        tree = tree.children[0]
    return tree.kind in ("called", "big")


def _first_name(tree: Tree) -> object:
    while tree.kind in ("juxtaposed", "power"):
        tree = tree.children[0]
    return tree.value if tree.kind == "name" else None
