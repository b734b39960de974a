"""The command `matcalc explain`: derive step by step, in one of several formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.cli.answers import answers_to
from matcalc.cli.arguments import Arguments
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.interface.derivative import Derivative
    from matcalc.interface.explanation import Explanation

Pairs = Sequence[tuple["Derivative", "Explanation"]]
"""Derivatives with their derivations."""


def _text(pairs: Pairs, ascii: bool, width: int, counted: bool) -> str:  # noqa: A002
    from matcalc.derivation.text import costs_text, derivation_text

    texts = []
    for _, derivation in pairs:
        texts.append(derivation_text(derivation, ascii, width))
        if counted:
            texts.append(costs_text(derivation.costs(), ascii, width))
    return "\n\n".join(texts) if not counted else "\n".join(texts)


def _json(pairs: Pairs, ascii: bool, counted: bool) -> str:  # noqa: A002
    from json import dumps

    from matcalc.asking.answers import Answers
    from matcalc.derivation.record import costs_record, derivation_record
    from matcalc.presenting.record import record_of

    derivatives = tuple([derivative for derivative, _ in pairs])
    answer = record_of(Answers(tuple([one.wrt for one in derivatives]), derivatives))
    for part, (_, derivation) in zip(answer["derivatives"], pairs, strict=True):
        part["derivation"] = derivation_record(derivation)
        if counted:
            part["costs"] = costs_record(derivation.costs())
    return dumps(answer, ensure_ascii=ascii) + "\n"


def _document(format: str) -> Callable[[Pairs, bool], str]:  # noqa: A002
    def printed(pairs: Pairs, ascii: bool) -> str:  # noqa: A002
        from matcalc.notes.document import document

        text = document([derivation for _, derivation in pairs], format)  # type: ignore[arg-type]
        return document_text(text, ascii)

    return printed


def document_text(text: str, ascii: bool) -> str:  # noqa: A002
    """Return a document, on request in ASCII, with entities that HTML and Markdown read."""
    return text.encode("ascii", "xmlcharrefreplace").decode() if ascii else text


def _picture(format: str) -> Callable[[Pairs, bool], str]:  # noqa: A002
    def printed(pairs: Pairs, ascii: bool) -> str:  # noqa: A002
        from matcalc.pictures import pictures

        derivations = [derivation for _, derivation in pairs]
        return document_text(pictures(derivations, format), ascii)  # type: ignore[arg-type]

    return printed


DOCUMENTS: dict[str, Callable[[Pairs, bool], str]] = {
    "latex": _document("latex"),
    "markdown": _document("markdown"),
    "html": _document("html"),
    **{name: _picture(name) for name in ("dot", "mermaid", "svg", "tikz")},
}
"""What prints derivations as documents and pictures, on request in ASCII."""

FORMATS = ("text", "latex", "markdown", "html", "json", *list(DOCUMENTS)[3:])


def explain(text: str, arguments: Arguments, width: int) -> Callable[[bool], str]:
    """Return what the command prints; of True, in ASCII."""
    format_ = arguments.values["format"]
    counted = arguments.is_given("cost")
    if counted and format_ not in ("text", "json"):
        raise MatcalcError("E701", "--cost goes with --format text or json")
    derivatives = derivatives_of(text, arguments)
    pairs = [(one, derivation_of(one, arguments)) for one in derivatives]
    if format_ == "text":
        return lambda ascii: _text(pairs, ascii, width, counted)
    if format_ == "json":
        return lambda ascii: _json(pairs, ascii, counted)
    return lambda ascii: DOCUMENTS[format_](pairs, ascii)


def derivatives_of(text: str, arguments: Arguments) -> list[Derivative]:
    """Return the derivatives, or products with them, that the command line asks for."""
    names = arguments.names()
    where = arguments.values.get("where", "")
    products = [name for name in ("upstream", "tangent") if arguments.is_given(name)]
    if not products:
        return list(answers_to("diff", text, names, where, arguments).answers)
    if len(products) > 1 or arguments.number("order") > 1:
        raise MatcalcError("E701", f"--{products[0]} goes without --tangent and --order")
    if products == ["upstream"]:
        return list(answers_to("vjp", text, names, where, arguments).answers)
    return [answers_to("jvp", text, [name], where, arguments).answers[0] for name in names]


def derivation_of(derivative: Derivative, arguments: Arguments) -> Explanation:
    """Return a derivative's derivation in the manner and detail of the command line."""
    manner: Any = arguments.values.get("manner")
    detail: Any = arguments.values["detail"]
    return derivative.derivation(manner, detail)
