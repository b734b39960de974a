"""The command as a process: pipes, full devices, closed streams, odd environments."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "matcalc"]


def environment(**changes: str | None) -> dict[str, str]:
    values = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
    return {name: value for name, value in values.items() if value is not None}


def process(
    *words: str, script: str = "", **changes: str | None
) -> subprocess.CompletedProcess[bytes]:
    if script:
        words = ("sh", "-c", script.replace("matcalc", " ".join(COMMAND)))
        return subprocess.run(
            words, capture_output=True, env=environment(**changes), timeout=60, check=False
        )
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, env=environment(**changes), timeout=60, check=False
    )


def test_answer_and_refusal() -> None:
    good = process("diff", "max(0, w·x + b)", "--wrt", "w")
    assert good.returncode == 0
    assert good.stdout.decode().splitlines()[0] == "[w·x + b > 0]*x'"
    bad = process("diff", "x*A*x'", "--wrt", "x")
    assert bad.returncode == 2
    assert bad.stdout == b""
    assert bad.stderr.startswith(b"error[E301]")
    assert b"Traceback" not in bad.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"HOME": None, "TMPDIR": "/nonexistent"},
        {"TERM": "dumb"},
        {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_odd_environments(changes: dict[str, str | None]) -> None:
    outcome = process("diff", "x'*A*x", "--wrt", "x", **changes)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert b"\x1b" not in outcome.stdout
    refused = process("diff", "max(0, w·x + b)*x", "--wrt", "q", **changes)
    assert refused.returncode == 2
    assert b"\x1b" not in refused.stderr
    assert b"Traceback" not in refused.stderr


def test_closed_pipe_is_silent() -> None:
    outcome = process(script='matcalc diff "x\'*x" --wrt x | head -c 0')
    assert outcome.stderr == b""
    lines = 'yes "x\'*x | x" | head -n 2000 | matcalc batch - | head -n 1'
    outcome = process(script=lines)
    assert (outcome.stdout, outcome.stderr) == (b"1: 2*x'\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_full_device_is_reported() -> None:
    outcome = process(script='matcalc diff "x\'*x" --wrt x > /dev/full')
    assert outcome.returncode == 2
    assert outcome.stderr.startswith(b"error[E705]")
    assert outcome.stderr.count(b"\n") == 1


def test_closed_streams() -> None:
    closed_output = process(script='matcalc diff "x\'*x" --wrt x >&-')
    assert closed_output.returncode == 2
    assert b"Traceback" not in closed_output.stderr
    closed_input = process(script="matcalc diff - --wrt x <&-")
    assert closed_input.returncode == 2
    assert closed_input.stderr.startswith(b"error[E704]")
    assert process(script="matcalc diff 'sin' --wrt x 2>&-").returncode == 2


def test_endless_input_is_bounded() -> None:
    outcome = process(script="yes x | matcalc diff - --wrt x")
    assert outcome.returncode == 2
    assert b"error[E503]" in outcome.stderr


def test_bytes_that_are_no_text() -> None:
    outcome = process(script="matcalc diff \"$(printf 'x\\377')\" --wrt x")
    assert outcome.returncode == 2
    assert outcome.stderr.startswith(b"error[E604]")


def test_interrupt() -> None:
    with subprocess.Popen(
        [*COMMAND, "diff", "-", "--wrt", "x"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=20)
    assert running.returncode == 130
    assert complaint == b""


def test_answers_load_neither_numpy_nor_sympy() -> None:
    program = (
        "import sys; from matcalc.cli.main import main;"
        "main(['diff', 'max(0, w·x + b)', '--wrt', 'w,b']);"
        "main(['diff', 'sin', '--wrt', 'x']);"
        "main(['diff', 'logdet(X)', '--wrt', 'X', '--format', 'latex']);"
        "main(['diff', \"x'*A*x\", '--wrt', 'x', '--order', '2', '--format', 'json']);"
        "heavy = {'numpy', 'sympy', 'mpmath', 'lark', 'argparse', 'inspect', 'asyncio'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment(), check=True
    )
    assert done.stdout.decode().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "module", ["matcalc.cli.main", "matcalc.cli.reports", "matcalc.interface.functions"]
)
def test_an_interrupt_during_start_up_is_silent(module: str) -> None:
    program = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "sys.argv = ['matcalc', 'diff', 'x*x', '--wrt', 'x']\n"
        "from matcalc.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
