"""Formulas and their derivatives, as a user of the Python interface holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from matcalc.arguments import checked
from matcalc.calculus.intermediates import Intermediate, rewrite
from matcalc.calculus.projections import Convention
from matcalc.collection import uncollected
from matcalc.errors import MatcalcError, shortened
from matcalc.expressions.names import names_in
from matcalc.expressions.nodes import Expression
from matcalc.expressions.traversal import postorder
from matcalc.facts import Fact, facts, structure_facts, zero_facts
from matcalc.limits import counted
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.sharing import Names
from matcalc.notation.text import to_text
from matcalc.syntax.inference import Inferred
from matcalc.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.calculus.tensors import Tensor
    from matcalc.checking.verification import Verification
    from matcalc.derivation.steps import Derivation, Detail, Manner, Step


class Formula(NamedTuple):
    """A formula as typed, with the kinds and sizes of all its names.

    >>> import matcalc
    >>> formula = matcalc.parse("A*x + b", where="A: matrix(m, n); b: vector(m)")
    >>> str(formula), formula.shape, formula.assumptions
    ('A*x + b', ('m',), ('x: vector(n)',))
    >>> formula.evaluate(A=[[1, 2], [3, 4], [5, 6]], x=[1, -1], b=[1, 1, 1])
    array([0., 0., 0.])
    """

    text: str
    where: str
    inferred: Inferred

    @property
    def expression(self) -> Expression:
        """The typed formula."""
        return self.inferred.expression

    @property
    def shape(self) -> tuple[str, ...]:
        """The shape; () of a scalar, ('n',) of a vector, ('1', 'n') of a row."""
        return tuple(map(str, self.expression.shape))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was inferred of undeclared names, as declarations."""
        return self.inferred.assumptions

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read where it could be read in another way."""
        told = [Fact("W101", note) for note in self.inferred.notes]
        return tuple(told + [Fact("W102", note) for note in self.inferred.choices])

    @property
    def intermediates(self) -> tuple[Intermediate, ...]:
        """The intermediate variables of the chain rule, one operator each, innermost first.

        >>> import matcalc
        >>> steps = matcalc.parse("max(0, w·x + b)").intermediates
        >>> [f"{u.name} = {to_text(u.operation)}" for u in steps]
        ['u1 = w·x', 'u2 = u1 + b', 'u3 = max(0, u2)']
        """
        return tuple(rewrite(self.expression, self.names))

    @property
    def names(self) -> frozenset[str]:
        """Every name that the formula, or what was read with it, uses or declares."""
        inferred = self.inferred
        roots = [inferred.expression, *inferred.others, *inferred.variables.values()]
        found = names_in(postorder(roots, lambda node: node.arguments))
        return frozenset(found.union(inferred.functions))

    @property
    def naming(self) -> Names:
        """The names that the formula gave to parts, and those that are no longer free."""
        named = self.inferred.named
        return Names({part: name for name, part in named.items()}, self.names)

    def evaluate(self, /, **values: Any) -> Any:
        """Return the value as a NumPy array; see `Derivative.evaluate`."""
        return _evaluate(self.expression, self.inferred, values)

    def code(self, target: str = "numpy") -> str:
        """Return the source of a function that computes the value; see `Derivative.code`."""
        from matcalc.programs import emit

        return emit(self, target)

    def compile(self, target: str = "numpy") -> Callable[..., Any]:
        """Return the function that `code` is the source of."""
        from matcalc.code.emission import compiled
        from matcalc.programs import program

        return compiled(program(self, target))

    def __str__(self) -> str:
        return to_text(self.expression, names=self.naming)

    def _repr_latex_(self) -> str:
        from matcalc.notation.latex import to_latex

        return rf"$\displaystyle {to_latex(self.expression)}$"


class Derivative(NamedTuple):
    """A derivative, or its product with a given tensor: a formula, and what it rests on.

    `variable` is what the formula was derived by, `entry` the indices if that was one
    entry of it. `operation` is 'diff', 'vjp' or 'jvp', and `seed` the formula that the
    latter two are applied to. A product has the shape of its variable (vjp) or of the
    formula (jvp), and no layout. `others` has the second variable of a Hessian's block, or
    the further ones of a jvp; `structure` the convention for structured variables. `notation`
    is 'matrix', 'kronecker' or 'index', `tensor` the engine's form of the answer.
    """

    formula: Formula
    wrt: str
    variable: Expression
    expression: Expression
    layout: str
    order: int = 1
    entry: tuple[Expression, ...] = ()
    operation: str = "diff"
    seed: str = ""
    others: tuple[Target, ...] = ()
    structure: Convention = "entries"
    notation: str = "matrix"
    tensor: Tensor | None = None

    @property
    def shape(self) -> tuple[str, ...]:
        """The answer's shape in its layout; as an array, a vector has shape (n,)."""
        return tuple(map(str, self.expression.shape))

    @property
    def flattened(self) -> bool:
        """Whether the answer is ∂vec(Y)/∂vec(X)ᵀ, in denominator layout transposed."""
        unstacked = self.expression.head == "call" and self.expression.value[0] == "unvec"
        return self.notation == "kronecker" and not (unstacked and len(self.shape) > 2)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was inferred of undeclared names, as declarations."""
        return self.formula.assumptions

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How the formula was read, where it is not differentiable, and what is known of it."""
        return self.facts()

    def facts(self, *, ascii: bool = False) -> tuple[Fact, ...]:  # noqa: A002
        """Return the notes, on request in ASCII."""
        variables = self.variables
        convention = structure_facts(variables, self.operation, self.structure)
        formula = self.formula.expression
        found = facts(formula, variables, self.order, [self.expression], ascii=ascii)
        curvature = self._curvature(smooth=not found, ascii=ascii)
        return (*self.warnings, *self.formula.notes, *convention, *curvature, *found)

    @property
    def warnings(self) -> tuple[Fact, ...]:
        """The notes that say that the question was probably not meant like this, which come first.

        >>> import matcalc
        >>> [fact.message for fact in matcalc.diff("x^2", "b", "b, x: scalar").warnings]
        ['the formula does not contain b: the derivative is zero']
        """
        return zero_facts(self.formula.expression, self.variables)

    @property
    def variables(self) -> list[Expression]:
        """What the formula was derived by, each variable once."""
        return list(dict.fromkeys([self.variable, *[t.variable for t in self.others]]))

    def _curvature(self, *, smooth: bool, ascii: bool) -> tuple[Fact, ...]:  # noqa: A002
        """Return that the Hessian is semidefinite, if this is one and it is known to be so."""
        formula = self.formula.expression
        if self.operation != "diff" or self.order != 2 or formula.shape:
            return ()
        target = Target(self.wrt, self.variable, self.entry)
        for second in self.others:
            if (second.variable, second.entry) != (self.variable, self.entry):
                return ()
            target = second
        from matcalc.convexity import convexity

        among = target.structure if target.structure != "diagonal" and not self.entry else ""
        text = convexity(
            self.expression, formula, target.text, smooth=smooth, among=among, ascii=ascii
        )
        return (Fact("C101", text),) if text else ()

    @property
    def name(self) -> str:
        """The name of the variable, also where only an entry of it moves."""
        name: str = self.variable.value.name
        return name

    @counted()
    @uncollected()
    def text(self, *, ascii: bool = False) -> str:  # noqa: A002
        """Return the answer as text that `matcalc.parse` reads, on request in ASCII."""
        return to_text(self.expression, ascii=ascii, names=self.formula.naming)

    @counted()
    @uncollected()
    def latex(self, *, cases: bool = False) -> str:
        """Return the answer as LaTeX, on request with `cases` where there are kinks."""
        from matcalc.notation.latex import to_latex

        return to_latex(self.expression, cases=cases, names=self.formula.naming)

    def json(self) -> str:
        """Return the answer and all that it rests on as one JSON object."""
        from matcalc.derivatives import Derivatives

        return Derivatives({self.wrt: self}).json()

    def evaluate(self, /, **values: Any) -> Any:
        """Return the answer's value as a NumPy array in the layout's shape.

        Dimensions are read off the arrays; those that the arrays leave open are given by
        keyword too. Names that do not occur are ignored.

        >>> import matcalc
        >>> matcalc.diff("x'*A*x", wrt="x").evaluate(A=[[1, 2], [3, 4]], x=[1, 1])
        array([[ 7., 13.]])
        """
        return _evaluate(self.expression, self.formula.inferred, values)

    def code(
        self, target: str = "numpy", *, value_and: bool = False, compressed: bool = False
    ) -> str:
        """Return the source of a function of NumPy, JAX or torch that computes the answer.

        It takes the formula's variables by name; `value_and` returns its value too. Of a
        Hessian, `compressed` returns the arrays it is made of, as a `Compressed` object.

        >>> import matcalc
        >>> source = matcalc.diff("w·x + b", "w").code()
        >>> print(source[source.index("def gradient") :].splitlines()[0])
        def gradient(w, x, b):
        """
        from matcalc.programs import source_of

        return source_of(self, target, value_and, compressed).text

    def compile(
        self, target: str = "numpy", *, value_and: bool = False, compressed: bool = False
    ) -> Callable[..., Any]:
        """Return the function that `code` is the source of.

        >>> import matcalc
        >>> matcalc.diff("x'*A*x", wrt="x").compile()(A=[[1, 2], [3, 4]], x=[1, 1])
        array([[ 7., 13.]])
        >>> hessian = matcalc.hessian("normF(A - U*V')^2", "U").compile(compressed=True)
        >>> hessian(A=[[1, 2], [3, 4]], U=[[1], [1]], V=[[1], [2]]).core
        array([[10.]])
        """
        from matcalc.code.emission import compiled
        from matcalc.programs import source_of

        return compiled(source_of(self, target, value_and, compressed))

    @checked
    def derivation(self, manner: Manner | None = None, detail: Detail = "normal") -> Derivation:
        """Return the derivation, by Jacobians, backward, or by differentials.

        >>> import matcalc
        >>> for step in matcalc.diff("tr(A*X)", "X").derivation("differentials").steps:
        ...     print(f"{step}  ({step.rule.name})")
        u1 = A*X  (intermediate variables)
        y = tr(u1)  (intermediate variables)
        du1 = A*dX  (product of matrices)
        dy = tr(du1)  (trace)
        dy = tr(A*dX)  (substitution)
        ∂y/∂X = A  (first identification theorem)
        """
        from matcalc.derivation.deriving import derive

        return derive(self, manner, detail)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the derivation, in the manner that suits the shapes.

        >>> import matcalc
        >>> for step in matcalc.diff("w·x", wrt="w").steps:
        ...     print(f"{step}  ({step.rule.name})")
        y = w·x  (intermediate variables)
        ∂y/∂w = x'  (dot product)
        ∂y/∂w = x'  (the answer)
        """
        return self.derivation().steps

    def verify(self) -> Verification:
        """Check the answer entry by entry, by SymPy, at two small unequal sizes."""
        from matcalc.checking.verification import verify

        return verify(self)

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def _repr_markdown_(self) -> str | None:
        return self._derived("markdown")

    def _repr_html_(self) -> str | None:
        return self._derived("html")

    def _derived(self, kind: Literal["markdown", "html"]) -> str | None:
        """Return the derivation for a notebook; None if only the answer can be shown."""
        from matcalc.notes.document import part

        try:
            return part(self.derivation(), kind)
        except MatcalcError:
            return None


def notation_of(formula: Formula) -> Notation:
    """Return what writes all answers to a question, so that their parts are written once."""
    style = Style.of(formula.text, formula.expression)
    shapes = {name: v.shape for name, v in formula.inferred.variables.items()}
    return Notation(style, formula.names, shapes)


def _evaluate(expression: Expression, inferred: Inferred, values: dict[str, Any]) -> Any:
    from matcalc.code.backends import NUMPY
    from matcalc.code.evaluation import evaluate
    from matcalc.code.sizes import read_sizes

    given = [
        (node, NUMPY.array(values[name]))
        for name, node in inferred.variables.items()
        if name in values
    ]
    try:
        return evaluate(expression, values, read_sizes(given, {}))
    except (MemoryError, OverflowError, ValueError) as error:
        message = f"the value is too large to compute: {shortened(str(error))}"
        raise MatcalcError("E504", message) from None
