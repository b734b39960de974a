"""The paper's manner: local Jacobians, multiplied along each path and added over paths.

Parr & Howard, section 4.5: introduce intermediate variables, differentiate each by what it
is made of, multiply the results, and put the intermediate variables back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.calculus.tensors import Tensor
from matcalc.derivation import rules
from matcalc.derivation.settings import Setting, is_matrix_algebra
from matcalc.derivation.steps import Chain, Part, Paths, Quantity, Step
from matcalc.expressions.nodes import Expression, make, substitute
from matcalc.laws.connecting import connected
from matcalc.notation.building import cost
from matcalc.notation.text import to_text

MOST_INSERTED = 8
"""With more intermediates, a total derivative keeps its name in those after it."""

LARGEST_INSERTED = 200
"""Costlier formulas are not written out before they are simplified."""

Quantities = dict[Expression, Quantity]


def jacobian_steps(
    setting: Setting, chain: Chain, quantities: Quantities
) -> tuple[list[Step], Expression]:
    """Return the steps to the derivative in intermediates, and that derivative's formula.

    New symbols are entered in `quantities`.
    """
    partials = _Partials(setting, chain, quantities)
    steps = partials.steps
    if chain.ways == 1:
        combined, formula = _along_the_path(partials)
    else:
        combined, formula = _totals(partials)
    return [*steps, *combined], formula


class _Partials:
    """The local Jacobians of one derivation: symbols, formulas, and their steps."""

    def __init__(self, setting: Setting, chain: Chain, quantities: Quantities) -> None:
        self.setting = setting
        self.chain = chain
        self.quantities = quantities
        self.formulas: dict[Expression, Expression] = {}
        self.symbols: dict[tuple[Expression, Expression], Expression] = {}
        self.steps: list[Step] = []
        sign = "d" if chain.rule is rules.SINGLE_VARIABLE else "∂"
        for u in setting.moving:
            for operand, local in setting.locals(u).items():
                formula = setting.jacobian_formula(local, u.symbol, operand)
                formula = setting.named(formula, u)
                symbol = self._symbol(sign, u.symbol, operand, formula)
                quantities[symbol] = Quantity("partial", u.symbol, operand)
                self.symbols[u.symbol, operand] = symbol
                self.formulas[symbol] = formula
                rule = setting.rule(u, operand)
                self.steps.append(Step("partials", rule, symbol, formula))

    def _symbol(self, sign: str, of: Expression, by: Expression, formula: Expression) -> Expression:
        name = f"{sign}{of.value.name}/{sign}{by.value.name}"
        return self.setting.symbol(name, formula.shape)

    def total(self, of: Expression, formula: Expression) -> Expression:
        """Return the symbol of a total derivative by the variable."""
        symbol = self._symbol(self.chain.sign, of, self.setting.wrt, formula)
        self.quantities[symbol] = Quantity("total", of, self.setting.wrt)
        return symbol

    def product(self, factors: Sequence[Expression]) -> Expression:
        """Return a product of Jacobians that are matrices, given outermost first."""
        ordered = factors[::-1] if self.setting.layout == "denominator" else factors
        whole = ordered[0]
        for factor in ordered[1:]:
            whole = make("multiply", (whole, factor))
        return whole


def _along_the_path(partials: _Partials) -> tuple[list[Step], Expression]:
    """One path: the product of all local Jacobians."""
    setting = partials.setting
    (path,) = partials.chain.paths
    pairs = list(zip(path[1:], path, strict=False))[::-1]
    factors = tuple([partials.symbols[pair] for pair in pairs])
    tangent = setting.seed()
    found = {setting.wrt: tangent}
    for u in setting.moving:
        found[u.symbol] = setting.pushed(u, found)
    simple = setting.jacobian_formula(found[setting.result], setting.result, setting.wrt)
    simple = setting.named(simple)
    if len(factors) == 1:
        return [], partials.formulas[factors[0]]
    total = partials.total(setting.result, simple)
    paths = Paths((factors,), setting.layout == "denominator")
    steps = [Step("combination", partials.chain.rule, total, paths)]
    raw = None
    if is_matrix_algebra(path):
        raw = partials.product([partials.formulas[factor] for factor in factors])
    steps += _simplified(paths, raw, simple)
    return steps, simple


def _simplified(before: Paths, raw: Expression | None, simple: Expression) -> Iterator[Step]:
    if raw is None:
        yield Step("combination", rules.INSERTION, before, simple)
        return
    yield Step("combination", rules.INSERTION, before, raw)
    yield from rewriting_steps(raw, simple, "combination")


def rewriting_steps(start: Expression, end: Expression, part: Part) -> Iterator[Step]:
    """Yield the lines from one formula to an equal one, each by a law."""
    current = start
    for rule, formula in connected(start, end):
        if formula is end or to_text(formula) != to_text(current):
            yield Step(part, rule, current, formula)
            current = formula


def _totals(partials: _Partials) -> tuple[list[Step], Expression]:
    """Several paths: the total derivative of every intermediate, in order."""
    setting = partials.setting
    inserted = len(setting.moving) <= MOST_INSERTED
    tensors: dict[Expression, Tensor] = {setting.wrt: setting.seed()}
    symbols: dict[Expression, Expression] = {}
    values: dict[Expression, Expression] = {}
    whole: dict[Expression, Expression] = {}
    steps: list[Step] = []
    for u in setting.moving:
        tensor = setting.pushed(u, tensors)
        formula = setting.named(setting.jacobian_formula(tensor, u.symbol, setting.wrt))
        operands = setting.operands[u.symbol]
        tensors[u.symbol], values[u.symbol] = tensor, formula
        if operands == (setting.wrt,):  # the partial derivative is the total one
            symbols[u.symbol] = partials.symbols[u.symbol, setting.wrt]
            continue
        total = symbols[u.symbol] = partials.total(u.symbol, formula)
        terms = []
        for operand in operands:
            head = partials.symbols[u.symbol, operand]
            terms.append((head,) if operand is setting.wrt else (head, symbols[operand]))
        paths = Paths(tuple(terms), setting.layout == "denominator")
        steps.append(Step("combination", partials.chain.rule, total, paths))
        raw = None
        if is_matrix_algebra((setting.wrt, u.symbol, *operands)):
            raw = _sum([_term(partials, u.symbol, operand, values) for operand in operands])
        if inserted:
            steps += _simplified(paths, raw, formula)
            continue
        kept = formula
        if raw is not None:
            kept = _sum([_term(partials, u.symbol, operand, symbols) for operand in operands])
        steps.append(Step("combination", rules.INSERTION, paths, kept))
        whole[total] = substitute(kept, {**partials.formulas, **whole})
    if not inserted:
        steps += _together(total, whole[total], values[setting.result])
    return steps, values[setting.result]


def _together(total: Expression, whole: Expression, simple: Expression) -> Iterator[Step]:
    """Put the total derivatives that kept their names into the last one."""
    if cost(whole) > LARGEST_INSERTED:
        whole = simple
    yield Step("combination", rules.TOGETHER, total, whole)
    yield from rewriting_steps(whole, simple, "combination")


def _term(
    partials: _Partials,
    of: Expression,
    operand: Expression,
    values: dict[Expression, Expression],
) -> Expression:
    local = partials.formulas[partials.symbols[of, operand]]
    if operand is partials.setting.wrt:
        return local
    return partials.product([local, values[operand]])


def _sum(terms: Sequence[Expression]) -> Expression:
    return make("add", tuple(terms)) if len(terms) > 1 else terms[0]
