"""What probably went wrong in a refuted claim, by name and in a sentence.

A slip is named only if the claim, so mended, is right, or the derivation with the slip gives
the claim, at all points of the evidence; or the claim is right on the points that it names.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.checking.cases import Case, Search, Slip
from matcalc.checking.derivations import (
    broken_chains,
    inner_slips,
    intermediates,
    other_variables,
    products_of_derivatives,
    slipped_derivations,
)
from matcalc.checking.evidence import same
from matcalc.checking.factors import multiples, odd_multiples, scalar_multiples
from matcalc.checking.mending import (
    damaged,
    differences,
    foreign_variables,
    mended,
    turned_signs,
)
from matcalc.checking.pairs import multiplied, restricted, turned, turned_shapes
from matcalc.checking.reshaping import shape_alone, wrong_shapes
from matcalc.checking.restrictions import (
    commuting,
    conventions,
    large_sizes,
    near_zero,
    regions,
    right_at_one,
    special_values,
)
from matcalc.checking.transpositions import only_if_symmetric, other_layouts
from matcalc.checking.values import TooLarge
from matcalc.errors import MatcalcError


def diagnose(case: Case, searches: Sequence[Search] = ()) -> Slip | None:
    """Return the slip that explains a refuted claim, or None."""
    first = case.evidence.first
    if first and all(same(c.derivative, c.claim) for c in first):
        return Slip("approximation", "the claim is off by less than one part in 2^150")
    for search in searches or _SEARCHES:
        try:
            for slip in search(case):
                return slip._replace(hint=slip.hint + _size_remark(case, slip))
        except (MatcalcError, TooLarge):
            continue
    return None


def _size_remark(case: Case, slip: Slip) -> str:
    """Return that the claim is right for vectors and matrices of one entry, where that helps."""
    if slip.name not in ("function", "product", "order of factors"):
        return ""
    return next((f" ({found.hint})" for found in right_at_one(case)), "")


_SEARCHES: tuple[Search, ...] = (
    other_layouts,
    wrong_shapes,
    turned_shapes,
    shape_alone,
    conventions,
    intermediates,
    inner_slips,
    multiples,
    only_if_symmetric,
    regions,
    turned_signs,
    products_of_derivatives,
    slipped_derivations,
    odd_multiples,
    other_variables,
    large_sizes,
    broken_chains,
    scalar_multiples,
    mended,
    commuting,
    foreign_variables,
    special_values,
    damaged,
    turned,
    multiplied,
    restricted,
    differences,
    near_zero,
    right_at_one,
)
"""The searches in order: what is most telling, and what is most specific, comes first."""

OF_VALUES: tuple[Search, ...] = (
    multiples,
    only_if_symmetric,
    regions,
    turned_signs,
    odd_multiples,
    scalar_multiples,
    mended,
    commuting,
    special_values,
    differences,
)
"""Those that ask for no variable: what may be wrong with a formula for a value."""
