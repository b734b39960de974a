"""Run the command in this process, as the tests of the command line do."""

import io
from typing import NamedTuple

from matcalc.cli.main import main


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Stream(io.TextIOWrapper):
    """A text stream of some encoding over bytes, as standard streams are."""

    def __init__(self, encoding: str = "utf-8", data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding=encoding, newline="\n")

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


def command(*words: str, stdin: bytes = b"", encoding: str = "utf-8") -> Outcome:
    """Run `matcalc` with these words; an unexpected exception is a failure, not an answer."""
    out, err = Stream(encoding), Stream(encoding)
    code = main(list(words), Stream(data=stdin), out, err)
    assert "E901" not in out.text() + err.text()
    return Outcome(code, out.text(), err.text())
