r"""What a file is: LaTeX, Markdown with its kin, a notebook, or a derivation of ours.

Of each the mathematics and the prose around it are one text in LaTeX; programs are blanked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from matcalc.documents.placed import Placed, blanked, inserted, joined, rewritten, whole
from matcalc.errors import MatcalcError

MARKDOWN = (".md", ".markdown", ".qmd", ".rmd")
TEX = (".tex", ".sty")
NOTEBOOK = (".ipynb",)

_FENCE = re.compile(r"[ \t>]*(?P<fence>```+|~~~+)[ \t]*(?P<word>[^\s`]*)")
_QUOTED = re.compile(r"^[ \t]*>[ \t>]*", re.MULTILINE)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?:.|\n(?!\s*\n))*?(?<!`)\1(?!`)")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_HTML = re.compile(r"<!--(.*?)-->", re.DOTALL)
_FRONT = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_VERBATIM = re.compile(r"\\begin\{((?:verbatim|lstlisting|comment|minted)\*?)\}")


class Block(NamedTuple):
    """A derivation of ours in a file."""

    text: Placed


class Contents(NamedTuple):
    """A file's text in LaTeX, its remarks apart, its blocks, and where its cells begin."""

    latex: Placed
    remarks: tuple[Placed, ...]
    blocks: tuple[Block, ...]
    cells: tuple[tuple[int, int], ...] = ()


def contents(text: str, name: str) -> Contents | None:
    """Return what a file holds, or None of a plain derivation.

    Raises MatcalcError E805 for a notebook that is none.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in MARKDOWN:
        return _markdown(whole(text))
    if suffix in NOTEBOOK:
        return _notebook(text)
    if suffix in TEX:
        return _tex(whole(text))
    return None


def _tex(given: Placed) -> Contents:
    text = given.text
    verbatim = list(_verbatim(text))
    text = blanked(text, verbatim)
    comments = [match.span() for match in _COMMENT.finditer(text)]
    remarks = [given.part(start + 1, end) for start, end in comments]
    text = blanked(text, comments)
    finish = text.find(r"\end{document}")
    if finish >= 0:
        text = blanked(text, [(finish, len(text))])
        remarks = [remark for remark in remarks if remark.places[0] < given.places[finish]]
    return Contents(given._replace(text=text), tuple(remarks), ())


def _verbatim(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    while match := _VERBATIM.search(text, place):
        closing = rf"\end{{{match[1]}}}"
        end = text.find(closing, match.end())
        if end < 0:
            return
        place = end + len(closing)
        yield match.start(), place


def _markdown(given: Placed) -> Contents:
    spans: list[tuple[int, int]] = [match.span() for match in _FRONT.finditer(given.text)]
    blocks: list[Block] = []
    signs: list[tuple[int, str]] = []
    for begin, start, end, finish, word, quoted in _fenced(given.text):
        if word == "math":
            signs += [(begin, r"\["), (end, r"\]")]
            spans += [(begin, start), (end, finish)]
            continue
        spans.append((begin, finish))
        if word == "matcalc":
            part = given.part(start, end)
            text = _QUOTED.sub(lambda m: " " * len(m.group()), part.text) if quoted else part.text
            blocks.append(Block(part._replace(text=text)))
    text = blanked(given.text, spans)
    text = blanked(text, [match.span() for match in _CODE.finditer(text)])
    remarks = [given.part(*match.span(1)) for match in _HTML.finditer(text)]
    text = blanked(text, [match.span() for match in _HTML.finditer(text)])
    for place, sign in signs:
        text = text[:place] + sign + text[place + len(sign) :]
    return Contents(given._replace(text=text), tuple(remarks), tuple(blocks))


def _fenced(source: str) -> Iterator[tuple[int, int, int, int, str, bool]]:
    """Yield the fenced blocks: where they and their texts begin and end, and their word."""
    fence = word = ""
    quoted = False
    begin = start = place = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+\Z", source):
        match = _FENCE.match(line)
        if not fence and match:
            fence, word, begin, start = match["fence"], match["word"], place, place + len(line)
            quoted = ">" in line[: match.start("fence")]
        elif fence and match and match["fence"].startswith(fence) and not match["word"]:
            yield begin, start, place, place + len(line), word, quoted
            fence = ""
        place += len(line)
    if fence:
        yield begin, start, len(source), len(source), word, quoted


# Notebooks

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SOURCE = re.compile(r'"source"\s*:\s*')
_CHARACTER = re.compile(r"(?:\\ud[89ab][0-9a-f]{2}\\u[0-9a-f]{4}|\\u[0-9a-f]{4}|\\.|.)", re.I)


def _notebook(text: str) -> Contents:
    try:
        cells = json.loads(text)["cells"]
        sources = [(str(cell["cell_type"]), cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MatcalcError("E805", "this is no notebook that can be read") from None
    parts: list[Placed] = []
    remarks: list[Placed] = []
    blocks: list[Block] = []
    begins: list[tuple[int, int]] = []
    place = 0
    for number, (kind, source) in enumerate(sources, 1):
        strings = [source] if isinstance(source, str) else list(map(str, source))
        cell, place = _cell(text, strings, place)
        begins.append((number, cell.places[0]))
        if kind == "markdown":
            one = _markdown(cell)
            parts += [one.latex, inserted("\n\n", place)]
            remarks += one.remarks
            blocks += one.blocks
    return Contents(joined(parts, len(text)), tuple(remarks), tuple(blocks), tuple(begins))


def _cell(text: str, strings: list[str], place: int) -> tuple[Placed, int]:
    """Return a cell's text with its places; and where the search for the next goes on."""
    for key in _SOURCE.finditer(text, place):
        parts: list[Placed] = []
        end = key.end()
        for string in strings:
            match = _STRING.search(text, end)
            if match is None or json.loads(match.group()) != string:
                break
            parts.append(_decoded(text, match.start() + 1, match.end() - 1))
            end = match.end()
        else:
            return joined(parts, end), end
    return Placed("".join(strings), [place] * (sum(map(len, strings)) + 1)), place


def _decoded(text: str, start: int, end: int) -> Placed:
    raw = Placed(text[start:end], range(start, end + 1))
    return rewritten(
        raw, _CHARACTER,
        lambda m: inserted(json.loads(f'"{m.group()}"'), start + m.start())
        if m.group().startswith("\\") else None,
    )  # fmt: skip
