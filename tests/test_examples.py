"""Every example runs, and prints what it is known to print."""

from pathlib import Path

import pytest

from tools.update_outputs import EXAMPLES, OUTPUTS, example_output


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    assert example_output(path) == (OUTPUTS / f"{path.stem}.txt").read_text("utf-8")


def test_the_first_example_is_the_paper_s() -> None:
    text = (OUTPUTS / "neuron_and_loss.txt").read_text("utf-8")
    assert "]:  [w·x + b > 0]*x'" in text
    assert "not differentiable where w·x + b == 0" in text
