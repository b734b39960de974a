"""The start-up benchmark runs; it judges nothing, since machines differ."""

from tests.benchmarks.startup import RUNS, table


def test_table_has_a_line_a_run() -> None:
    text = table(1)
    print(text)
    assert all(name in text for name in RUNS)
