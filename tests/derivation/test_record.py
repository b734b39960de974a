"""Derivations as JSON: everything is there, and all text reads back."""

import json

import matcalc
from matcalc.derivation.record import derivation_record
from tests.notes.derivations import sample


def test_records_are_json_with_all_steps() -> None:
    for derivation in sample():
        record = json.loads(json.dumps(derivation_record(derivation)))
        assert len(record["steps"]) == len(derivation.steps)
        assert record["answer"]["shape"] == record["steps"][-1]["after"]["shape"]
        assert len(record["intermediates"]) == len(derivation.definitions)
        for step in record["steps"]:
            assert step["before"]["latex"]
            assert step["after"]["latex"]
            assert set(step["rule"]) == {"name", "statement", "source"}


def test_orders_and_paths() -> None:
    record = derivation_record(matcalc.diff("x'*A*x", "x", order=2).derivation())
    (earlier,) = record["earlier"]
    assert earlier["chain"]["paths"] == [["x", "y"], ["x", "u1", "y"]]
    assert earlier["chain"]["number_of_paths"] == 2
    assert record["answer"]["text"] == "A + A'"
