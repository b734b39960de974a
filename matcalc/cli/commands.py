"""The commands, their options and their help, as tables."""

from __future__ import annotations

from matcalc.cli.arguments import Command, Option
from matcalc.cli.explain import FORMATS


def _targets() -> tuple[str, ...]:
    """Return what code is written for, looked up when it is asked for."""
    from matcalc.programs.targets import TARGETS

    return tuple(TARGETS)


WHERE = Option(
    "where", "DECLARATIONS", "kinds and sizes: 'x: vector(n); A: matrix(m, n)'", join="; "
)
LAYOUT = Option(
    "layout",
    "LAYOUT",
    "the layout of the derivative",
    ("numerator", "denominator", "mixed"),
    "numerator",
)
NOTATION = Option(
    "notation",
    "NOTATION",
    "matrix notation, ∂vec(Y)/∂vec(X)ᵀ with ⊗, entries, or the first there is",
    ("auto", "matrix", "kronecker", "index"),
    "auto",
)
ORDER = Option("order", "K", "the order of the derivative", default="1")
FORMAT = Option("format", "FORMAT", "how to print", ("text", "latex", "json"), "text")
STRUCTURE = Option(
    "structure",
    "",
    "by a symmetric, spd or diagonal matrix: the gradient among such matrices (projected), "
    "or the derivative by the free entries (cookbook)",
    ("projected", "cookbook"),
    bare="projected",
)
CASES = Option("cases", "", "in LaTeX, write kinks with the cases environment")

NAMES = Option("wrt", "NAMES", "the variables, or entries of them: w,b or A[1,2]", join=",")
FILE = Option("file", "FILE", "read the formula from a file")
VERIFY = Option("verify", "", "check the answer entry by entry, with SymPy")

DIFF = Command(
    "diff",
    "EXPR",
    "Differentiate a formula: EXPR, or - for standard input, or --file FILE.",
    (NAMES, WHERE, LAYOUT, NOTATION, ORDER, STRUCTURE, FORMAT, CASES, FILE, VERIFY),
    (
        'matcalc diff "max(0, w·x + b)" --wrt w',
        "matcalc diff \"x'*A*x\" --wrt x,A --where 'A: symmetric(n)' --layout denominator",
        'echo "norm2(A*x - y)^2" | matcalc diff - --wrt x --format latex',
    ),
)
GRADIENT = Command(
    "gradient",
    "EXPR",
    "Differentiate a scalar; the answer has the shape of the variable.",
    (NAMES, WHERE, STRUCTURE, FORMAT, CASES, FILE, VERIFY),
    (
        'matcalc gradient "norm2(A*x - y)^2" --wrt x',
        'matcalc gradient "sum(log(1 + exp(-y .* (X*w + b))))" --wrt w,b',
    ),
)
HESSIAN = Command(
    "hessian",
    "EXPR",
    "Differentiate a scalar twice; by several variables, print all blocks of the Hessian.",
    (NAMES, WHERE, NOTATION, STRUCTURE, FORMAT, CASES, FILE, VERIFY),
    (
        'matcalc hessian "norm2(A*x - y)^2" --wrt x',
        'matcalc hessian "sum(softplus(X*w + b))" --wrt w,b',
    ),
)
VJP = Command(
    "vjp",
    "EXPR",
    "Multiply the transposed Jacobian with an upstream gradient, as backpropagation does.",
    (
        NAMES,
        Option("upstream", "G", "a formula of EXPR's shape; a new name takes it", default="G"),
        WHERE,
        STRUCTURE,
        FORMAT,
        CASES,
        FILE,
        VERIFY,
    ),
    (
        "matcalc vjp \"max(0, X*W + ones(n)*b')\" --wrt X,W,b --where 'b: vector(m)'",
        'matcalc vjp "A*x" --wrt x --upstream "A*x - y"',
    ),
)
JVP = Command(
    "jvp",
    "EXPR",
    "Differentiate along tangents, one for each variable, in their order.",
    (
        NAMES,
        Option(
            "tangent",
            "NAMES",
            "formulas of the variables' shapes; a new name takes one",
            default="V",
            join=",",
        ),
        WHERE,
        FORMAT,
        CASES,
        FILE,
        VERIFY,
    ),
    (
        "matcalc jvp \"inv(A)*b\" --wrt A --where 'A: square(n); b: vector(n)'",
        'matcalc jvp "W*x" --wrt W,x --tangent V,u',
    ),
)
MANNER = Option(
    "manner",
    "MANNER",
    "how to derive; without it, as suits the shapes",
    ("jacobians", "backward", "differentials"),
)
DETAIL = Option(
    "detail", "DETAIL", "how many intermediate variables", ("brief", "normal", "full"), "normal"
)

EXPLAIN = Command(
    "explain",
    "EXPR",
    "Derive step by step: EXPR, or - for standard input, or --file FILE.",
    (
        NAMES,
        WHERE,
        LAYOUT,
        NOTATION,
        ORDER,
        MANNER,
        DETAIL,
        Option("upstream", "G", "derive the transposed Jacobian applied to G, by each variable"),
        Option("tangent", "V", "derive the Jacobian applied to V, by each variable"),
        Option("cost", "", "count the multiplications forward, in reverse, and in the best order"),
        Option(
            "format",
            "FORMAT",
            "how to print",
            FORMATS,
            "text",
        ),
        FILE,
    ),
    (
        'matcalc explain "max(0, w·x + b)" --wrt w',
        'matcalc explain "norm2(A*x - y)^2" --wrt A --manner differentials',
        'matcalc explain "logdet(X\'*X)" --wrt X --format html > derivation.html',
    ),
)
NOTE = Command(
    "note",
    "FILE|EXPR",
    "Write one document: of every line of FILE (- for standard input), EXPR | NAMES\n"
    "[| DECLARATIONS], or of the formula EXPR if --wrt is given.",
    (
        NAMES,
        WHERE,
        LAYOUT,
        NOTATION,
        ORDER,
        MANNER,
        DETAIL,
        Option(
            "format",
            "FORMAT",
            "the kind of document; without it, as the output's name says, else latex",
            ("latex", "markdown", "html"),
        ),
        Option("title", "TITLE", "the title of the document"),
        Option("output", "FILE", "write to a file (also -o FILE); - is standard output", short="o"),
        Option("force", "", "replace the file that is there"),
    ),
    (
        "matcalc note formulas.txt --title 'Gradients' -o gradients.tex",
        'matcalc note "x\'*A*x" --wrt x,A --format html > note.html',
    ),
)
BATCH = Command(
    "batch",
    "FILE",
    "Answer every line of FILE, or of standard input (-): EXPR | NAMES [| DECLARATIONS].",
    (LAYOUT, NOTATION, ORDER, FORMAT, CASES),
    ("matcalc batch formulas.txt", 'echo "x\'*A*x | x" | matcalc batch - --format json'),
)
CHECK = Command(
    "check",
    "EXPR",
    "Tell whether --claim is the derivative of a formula, and if not, what went wrong. "
    "Without --claim, EXPR is a file: each equality of its derivation is checked (of Markdown, "
    "the blocks fenced as matcalc; of LaTeX, the displays).",
    (
        Option("wrt", "NAME", "the variable, or an entry of it: w or A[1,2]"),
        Option("claim", "FORMULA", "the derivative to check; it may be a program"),
        WHERE,
        LAYOUT,
        ORDER,
        Option("strict", "", "accept no claim for which only points speak"),
        Option("seed", "N", "where the random points begin; no verdict depends on it", default="0"),
        Option("limit", "SECONDS", "when to give up", default="20"),
        Option("format", "FORMAT", "how to print", ("text", "json"), "text"),
        FILE,
    ),
    (
        'matcalc check "max(0, w·x + b)" --wrt w --claim "[w·x + b > 0]*x\'"',
        'matcalc check "x\'*A*x" --wrt x --claim "2*A*x" --layout denominator',
        "matcalc check notes.tex --where 'w, x: vector(n)'",
    ),
)
CODE = Command(
    "code",
    "EXPR",
    "Write a function that computes the derivatives of a formula, or its value.",
    (
        Option("wrt", "NAMES", "the variables; without them, the formula's value", join=","),
        WHERE,
        Option("target", "TARGET", "what to write for", _targets, "numpy"),
        LAYOUT,
        ORDER,
        Option("value", "", "return the value too, before the derivatives"),
        Option("compressed", "", "of a Hessian, return only the arrays it is made of"),
        Option("autograd", "", "write a function that torch or JAX differentiates by ours"),
        FILE,
    ),
    (
        'matcalc code "sum(log(1 + exp(-y .* (X*w))))" --wrt w --value',
        'matcalc code "relu(W*x + b)" --target torch --autograd',
    ),
)
COMMANDS = {
    command.name: command
    for command in (DIFF, GRADIENT, EXPLAIN, HESSIAN, VJP, JVP, CHECK, CODE, NOTE, BATCH)
}

HELP = f"""usage: matcalc COMMAND ... [--help]

Derivatives of formulas in scalars, vectors and matrices, in matrix notation.

  diff EXPR --wrt NAMES      differentiate a formula
  gradient EXPR --wrt NAMES  differentiate a scalar, shaped as the variable
  explain EXPR --wrt NAMES   derive it step by step
  hessian EXPR --wrt NAMES   differentiate a scalar twice, all blocks
  vjp EXPR --wrt NAMES       multiply the transposed Jacobian with an upstream gradient
  jvp EXPR --wrt NAMES       differentiate along a tangent
  check EXPR --wrt NAME --claim FORMULA
                             tell whether a derivative is right, and what went wrong
  check FILE                 check a whole derivation: plain lines, Markdown or LaTeX
  code EXPR --wrt NAMES      write a function that computes the derivatives
  note FILE                  write the derivations of every line of a file as one document
  batch FILE                 differentiate every line of a file

example: {DIFF.examples[0]}
"""
