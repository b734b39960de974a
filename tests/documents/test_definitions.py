"""Definitions in the order of their use."""

import pytest

from matcalc.documents.definitions import ordered


def test_an_order_follows_the_uses() -> None:
    uses = {"y": {"u", "v"}, "v": {"u"}, "u": {"x"}, "w": set[str]()}
    order = ordered(uses)
    assert sorted(order) == sorted(uses)
    assert order.index("u") < order.index("v") < order.index("y")


def test_long_chains_do_not_recurse() -> None:
    uses = {f"u{k}": {f"u{k + 1}"} for k in range(20_000)}
    assert len(ordered(uses)) == 20_000


def test_a_circle_is_named() -> None:
    with pytest.raises(ValueError, match="u → v → u"):
        ordered({"y": {"u"}, "u": {"v"}, "v": {"u"}})
