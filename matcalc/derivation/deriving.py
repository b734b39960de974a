"""Derive a derivative again, step by step, in one of three manners.

The intermediates are those that the engine is given; each local Jacobian shown is the
engine's, of one operation, and all manners end in the answer that `diff` gives.
"""

from __future__ import annotations

from matcalc.asking.answering import derived
from matcalc.asking.answers import Answer
from matcalc.asking.targets import Target
from matcalc.calculus.accumulation import jacobian
from matcalc.calculus.layouts import Layout
from matcalc.calculus.lowering import tensor_of
from matcalc.calculus.tensors import Tensor
from matcalc.derivation import rules
from matcalc.derivation.backward import backward_steps
from matcalc.derivation.differentials import differential_steps
from matcalc.derivation.jacobians import jacobian_steps, rewriting_steps
from matcalc.derivation.paths import chain_of
from matcalc.derivation.planning import GRADIENTS, RESULTS, depending, planned
from matcalc.derivation.settings import LARGEST, Setting
from matcalc.derivation.steps import (
    DETAILS,
    MANNERS,
    Chain,
    Derivation,
    Detail,
    Manner,
    Quantity,
    Step,
)
from matcalc.errors import MatcalcError
from matcalc.expressions.dimensions import ONE
from matcalc.expressions.functions import ROWS
from matcalc.expressions.names import BINDERS, free_indices
from matcalc.expressions.nodes import Expression, make, number, substitute, variable
from matcalc.expressions.relations import RELATIONS
from matcalc.expressions.traversal import postorder
from matcalc.laws.rule import Rule
from matcalc.laws.spelled import is_zero
from matcalc.notation.answers import in_shape
from matcalc.notation.building import cost, transpose
from matcalc.notation.matrices import Notation, Style
from matcalc.notation.sharing import Names
from matcalc.presenting.remarks import notes
from matcalc.records import replace

OPERATIONS: dict[str, Manner] = {"vjp": "backward", "jvp": "differentials"}
"""The manner of a product with the Jacobian, which is that of the product itself."""

MATRIX_FUNCTIONS = ("tr", "inv", "det", "logdet", "adj", "kron")


def derive(answer: Answer, manner: Manner | None = None, detail: Detail = "normal") -> Derivation:
    """Return the derivation of a derivative; its last step ends in the derivative.

    A vector-Jacobian product is derived backward, a Jacobian-vector product by
    differentials. Without a `manner`, vectors and scalars are derived by Jacobians, networks
    of matrices backward, traces, inverses and determinants by differentials.

    Raises MatcalcError (E702) for a manner or detail that there is not.

    >>> import matcalc
    >>> for step in derive(matcalc.diff("sin(x^2)", "x", "x: scalar")).steps:
    ...     print(step.statement)
    u1 = x^2
    y = sin(u1)
    du1/dx = 2*x
    dy/du1 = cos(u1)
    dy/dx = dy/du1 · du1/dx
    dy/du1 · du1/dx = cos(u1)*2*x
    cos(u1)*2*x = 2*x*cos(u1)
    2*x*cos(u1) = 2*x*cos(x^2)
    dy/dx = 2*x*cos(x^2)
    """
    if manner is not None and manner not in MANNERS:
        raise MatcalcError("E702", f"there is no manner {manner!s:.40}", hint=", ".join(MANNERS))
    if detail not in DETAILS:
        raise MatcalcError("E702", f"there is no detail {detail!s:.40}", hint=", ".join(DETAILS))
    _check_derivable(answer)
    before = None
    formula = answer.formula.expression
    if answer.order > 1:
        earlier = _of_lower_order(answer)
        before = derive(earlier, manner, detail)
        formula = earlier.expression
    target = (answer.target, *answer.others)[-1]
    setting, prelude = _setting(answer, target, formula, detail)
    manner = OPERATIONS.get(answer.operation) or manner or default_manner(setting)
    if target.entry and manner != "backward":
        setting = setting._replace(operands=_moving_with_entry(setting))
    return _derivation(answer, setting, manner, detail, before, prelude)


def _check_derivable(answer: Answer) -> None:
    """Refuse what is more than one derivation by one variable, entry by entry."""
    message = ""
    if answer.operation == "jvp" and answer.others:
        message = "a product with several tangents is derived for one variable at a time"
    elif answer.structure != "entries":
        message = f"the derivation by a {answer.variable.value.structure} matrix is entry by entry"
    elif answer.order > 1 and answer.variable.value.structure:
        message = "only a first derivative by a structured matrix is derived step by step"
    if message:
        name = answer.name
        raise MatcalcError(
            "E505", message, hint=f"declare {name} without structure, or derive by it alone"
        )


def _of_lower_order(answer: Answer) -> Answer:
    """Return what was derived last: of a Hessian's block, the gradient by its first variable."""
    return derived(answer.formula, answer.target, "mixed", answer.order - 1)


def _setting(
    answer: Answer, target: Target, formula: Expression, detail: Detail
) -> tuple[Setting, list[Step]]:
    inferred = answer.formula.inferred
    names = answer.formula.names
    structured = target.variable
    moving = variable(structured.value.name, structured.shape)
    formula = substitute(formula, {structured: moving})
    shapes = {name: v.shape for name, v in inferred.variables.items()}
    style = Style.of(answer.formula.text, answer.formula.expression)
    prelude = []
    plain = _with_matrices(Notation(style, names, shapes), formula, moving)
    if plain is not formula:
        prelude = [Step("intermediates", rules.WITH_MATRICES, formula, plain)]
        formula = plain
    results = RESULTS if answer.order == 1 else GRADIENTS
    given = {substitute(part, {structured: moving}): name for name, part in inferred.named.items()}
    steps = planned(formula, moving, detail, Names(given, names), results)
    direction = None
    wrt = moving
    if target.entry:
        wrt = variable(target.text, ())
        direction = replace(target, variable=moving).direction()
    operands: dict[Expression, tuple[Expression, ...]] = {}
    reached = {moving}
    for u in steps:
        parts = [
            wrt if leaf is moving else leaf
            for leaf in postorder([u.operation], lambda node: node.arguments)
            if leaf in reached
        ]
        if parts:
            reached.add(u.symbol)
            operands[u.symbol] = tuple(parts)
    taken = frozenset(names | {u.name for u in steps})
    shapes.update({u.name: u.symbol.shape for u in steps})
    notation = Notation(style, taken, shapes)
    layout: Layout = answer.layout or "mixed"  # type: ignore[assignment]
    setting = Setting(
        wrt,
        moving,
        target.entry,
        direction,
        layout,
        tuple(steps),
        operands,
        notation,
        taken,
        shapes,
    )
    return setting, prelude


def _moving_with_entry(setting: Setting) -> dict[Expression, tuple[Expression, ...]]:
    """Return the operands that move with the entry alone: x[1] does not move with x[2]."""
    reached = {setting.wrt}
    operands = {}
    for u in setting.moving:
        parts = [part for part in setting.operands[u.symbol] if part in reached]
        if setting.wrt in parts:
            slope = setting.locals(u)[setting.wrt]
            if is_zero(setting.formula(slope, u.symbol.shape)):
                parts.remove(setting.wrt)
        if parts:
            reached.add(u.symbol)
            operands[u.symbol] = tuple(parts)
    return operands


def _with_matrices(notation: Notation, formula: Expression, wrt: Expression) -> Expression:
    """Return the formula without running indices, where it has a matrix notation."""
    order = postorder([formula], lambda node: node.arguments)
    dependent = depending(order, wrt)
    if not any(node.head in BINDERS and node in dependent for node in order):
        return formula
    plain = in_shape(notation, tensor_of(formula), formula.shape)
    nodes = postorder([plain], lambda node: node.arguments)
    return formula if any(node.head in BINDERS for node in nodes) else plain


def default_manner(setting: Setting) -> Manner:
    """Return the manner that fits the shapes at hand."""
    moving = setting.moving
    shapes = [setting.variable.shape, *[u.symbol.shape for u in moving]]
    if all(len(shape) <= 1 or ONE in shape for shape in shapes):
        return "jacobians"
    functions = {
        node.value[0]
        for u in moving
        for node in postorder([u.operation], lambda n: n.arguments)
        if node.head == "call"
    }
    if setting.result.shape or functions.intersection(MATRIX_FUNCTIONS):
        return "differentials"
    return "backward"


def _derivation(
    given: Answer,
    setting: Setting,
    manner: Manner,
    detail: Detail,
    before: Derivation | None,
    prelude: list[Step],
) -> Derivation:
    quantities = {u.symbol: Quantity("intermediate", u.symbol) for u in setting.intermediates}
    chain = chain_of(setting.wrt, setting.result, setting.operands)
    naming = [
        Step("intermediates", rules.NAMING, u.symbol, u.operation) for u in setting.intermediates
    ]
    if before is not None:
        naming[-1] = replace(naming[-1], remark="the derivative found so far")
    answer = given.expression
    seed = given.formula.inferred.others[-1] if given.operation != "diff" else None
    symbol = _answer_symbol(setting, chain, given.operation, answer, quantities)
    if not chain.ways:
        steps = [Step("answer", rules.CONSTANT, symbol, answer)]
    elif manner == "jacobians":
        steps = _jacobians(setting, chain, symbol, answer, quantities)
    elif manner == "backward":
        steps = _backward(setting, symbol, answer, quantities, seed)
    else:
        steps = _differentials(setting, symbol, answer, quantities, seed)
    return Derivation(
        manner,
        detail,
        given.layout,
        given.formula.expression,
        setting.wrt,
        setting.result,
        {u.symbol: u.operation for u in setting.intermediates},
        setting.operands,
        quantities,
        chain,
        (*prelude, *naming, *steps),
        _cases(setting, answer),
        given.assumptions,
        tuple([fact.message for fact in notes(given)]),
        seed,
        before,
        given.formula.naming,
    )


def _answer_symbol(
    setting: Setting,
    chain: Chain,
    operation: str,
    answer: Expression,
    quantities: dict[Expression, Quantity],
) -> Expression:
    """Return the symbol of the derivative: ∂y/∂x, or the gradient in its variable's shape."""
    of, by = setting.result.value.name, setting.wrt.value.name
    if operation != "diff":
        pulled = operation == "vjp"
        symbol = setting.symbol(f"δ{by}" if pulled else f"d{of}", answer.shape)
        moved = setting.wrt if pulled else setting.result
        quantities[symbol] = Quantity("cotangent" if pulled else "tangent", moved)
        return symbol
    if setting.layout == "mixed" and setting.wrt.shape and not setting.result.shape:
        symbol = setting.symbol(f"∇{of}", answer.shape)
        quantities[symbol] = Quantity("cotangent", setting.wrt)
        return symbol
    symbol = setting.symbol(f"{chain.sign}{of}/{chain.sign}{by}", answer.shape)
    quantities.setdefault(symbol, Quantity("total", setting.result, setting.wrt))
    return symbol


def _has_branches(node: Expression) -> bool:
    """Tell whether a function has branches of its own: max, min, abs."""
    if node.head != "call":
        return False
    row = ROWS[node.value[0], len(node.arguments)]
    return row.chooses in ("largest", "smallest") or row.entries == "magnitudes"


def _cases(setting: Setting, answer: Expression) -> tuple[tuple[Expression, Expression], ...]:
    """Return what the answer is on both sides of its only kink, if it is one number's sign."""
    order = postorder([answer], lambda node: node.arguments)
    running = free_indices(order)
    found = [node for node in order if node.head == "compare"]
    choices = any(map(_has_branches, order))
    if len(found) != 1 or found[0].shape or running[found[0]] or choices:
        return ()
    (condition,) = found
    sides = []
    for value in (1, 0):
        formula = substitute(answer, {condition: number(value)})
        sides.append(in_shape(setting.notation, tensor_of(formula), answer.shape))
    opposite = make("compare", condition.arguments, RELATIONS[condition.value].opposite)
    return ((condition, sides[0]), (opposite, sides[1]))


# From the derivative in intermediates to the answer


def _jacobians(
    setting: Setting,
    chain: Chain,
    symbol: Expression,
    answer: Expression,
    quantities: dict[Expression, Quantity],
) -> list[Step]:
    """Put the intermediates back into the Jacobian, lay it out, and bring it to the answer."""
    steps, formula = jacobian_steps(setting, chain, quantities)
    whole = formula
    if not _is_large(formula):
        whole = setting.meaning(formula)
        if whole is not formula and not _is_large(whole):
            steps.append(Step("substitution", rules.SUBSTITUTION, formula, whole))
    if not _is_large(whole):
        if symbol.value.name.startswith("∇"):
            turned = _turned(whole)
            steps.append(Step("answer", rules.LAYOUT, symbol, turned))
            return [*steps, *rewriting_steps(turned, answer, "answer")]
        if whole is not answer:
            steps += rewriting_steps(whole, answer, "substitution")
    return [*steps, Step("answer", rules.ANSWER, symbol, answer)]


def _turned(row: Expression) -> Expression:
    """Return a gradient that was written as a row, or as the transpose of a matrix."""
    if len(row.shape) != 2:
        return row
    return row.arguments[0] if row.head == "transpose" else make("transpose", (row,))


def _is_large(formula: Expression) -> bool:
    return cost(formula) > LARGEST


# Backward


def _backward(
    setting: Setting,
    symbol: Expression,
    answer: Expression,
    quantities: dict[Expression, Quantity],
    seed: Expression | None,
) -> list[Step]:
    result = setting.result
    upstream = seed
    if seed is None and result.shape:
        upstream = setting.symbol("G", result.shape)
        quantities[upstream] = Quantity("cotangent", result)
    steps, formula = backward_steps(setting, upstream, quantities)
    final = steps[-1].before
    assert isinstance(final, Expression)
    if not _is_large(formula):
        whole = setting.meaning(formula)
        if not _is_large(whole) and whole is not steps[-1].after:
            steps.append(Step("substitution", rules.SUBSTITUTION, final, whole))
        if not _is_large(whole) and upstream is None:
            simple = setting.formula(_gradient(setting), setting.variable.shape)
            steps += rewriting_steps(whole, simple, "substitution")
    if seed is not None:
        if answer.shape != final.shape:
            return [*steps, Step("answer", rules.ENTRY, _entry_of(final, setting), answer)]
        if steps[-1].after is not answer:
            last = steps[-1].after
            if isinstance(last, Expression) and not _is_large(last):
                steps += rewriting_steps(last, answer, "substitution")
        return [*steps, Step("answer", rules.ANSWER, final, answer)]
    if upstream is not None:
        rule = rules.READ_OFF
    else:
        rule = rules.ANSWER if answer.shape == setting.variable.shape else rules.LAYOUT
    return [*steps, Step("answer", rule, symbol, answer)]


def _entry_of(cotangent: Expression, setting: Setting) -> Expression:
    """Return the entry of the variable's cotangent that the derivative is by."""
    places = setting.entry
    return make("subscript", (cotangent, *places), ("entry",) * len(places))


def _gradient(setting: Setting) -> Tensor:
    meaning = tensor_of(setting.intermediates[-1].meaning)
    (tensor,) = jacobian(meaning, [tensor_of(setting.variable)])
    return tensor


# Differentials


def _differentials(
    setting: Setting,
    symbol: Expression,
    answer: Expression,
    quantities: dict[Expression, Quantity],
    seed: Expression | None,
) -> list[Step]:
    steps, formula, change = differential_steps(setting, quantities, seed)
    final = steps[-1].before
    assert isinstance(final, Expression)
    if not _is_large(formula) and not _is_large(setting.meaning(formula)):
        whole = setting.meaning(formula)
        if whole is not steps[-1].after:
            steps.append(Step("substitution", rules.SUBSTITUTION, final, whole))
        if seed is not None:
            steps += rewriting_steps(whole, answer, "substitution")
            return [*steps, Step("answer", rules.ANSWER, final, answer)]
        read = _linear_form(setting, answer, change)
        if read is not None and read is not whole:
            steps += rewriting_steps(whole, read, "substitution")
    if seed is not None:
        return [*steps, Step("answer", rules.ANSWER, final, answer)]
    unstacked = answer.head == "call" and answer.value[0] == "unvec"
    stackable = max(len(final.shape), len(change.shape)) <= 2  # vec takes no tensor
    if unstacked and stackable and setting.layout != "denominator":
        (flat,) = answer.arguments
        stacked = make("multiply", (flat, _vec(change)))
        steps.append(Step("substitution", rules.VEC, _vec(final), stacked))
    return [*steps, Step("answer", _identification(setting), symbol, answer)]


def _vec(formula: Expression) -> Expression:
    return make("call", (formula,), ("vec", None)) if len(formula.shape) == 2 else formula


def _identification(setting: Setting) -> Rule:
    """Return the theorem that reads the derivative off the differential."""
    ranks = len(setting.result.shape), len(setting.wrt.shape)
    if ranks == (0, 2):
        return rules.IDENTIFICATION
    return rules.VEC_IDENTIFICATION if max(ranks) > 1 else rules.JACOBIAN_IDENTIFICATION


def _linear_form(setting: Setting, answer: Expression, change: Expression) -> Expression | None:
    """Return the result's differential with the answer in it: tr(G'*dX), J*dx; else None."""
    result, wrt = setting.result, setting.wrt
    shapes = (*wrt.shape, *result.shape)
    if (wrt.shape and len(shapes) > 2) or ONE in shapes:
        return None
    if (setting.layout == "denominator" and shapes) or (
        setting.layout == "mixed" and wrt.shape and not result.shape
    ):
        answer = transpose(answer)
    product = make("multiply", (answer, change))
    return make("call", (product,), ("tr", None)) if len(wrt.shape) == 2 else product
