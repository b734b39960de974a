"""LaTeX as MathML Core, which browsers set without scripts and without fonts of their own."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

_WORD = re.compile(r"\\(?:operatorname|mathrm)\{((?:[^{}\\]|\\_)*)\}")
_OPTION = re.compile(r"(\\begin\{\w+\}|\\\\)\s*\[")
"""A bracket that would be taken for an option of what stands before it."""

# MathML Core has no mathvariant but "normal": bold letters are characters of their own.
_BOLD_ITALIC = dict(zip("ϵϑϰϕϱϖ∂∇", "𝝐𝝑𝝒𝝓𝝔𝝕𝝏𝜵", strict=True))
_BOLD_ITALIC.update({chr(0x3B1 + k): chr(0x1D736 + k) for k in range(25)})
_BOLD_ITALIC.update({chr(0x391 + k): chr(0x1D71C + k) for k in range(25)})
_BOLD = {chr(ord("A") + k): chr(0x1D400 + k) for k in range(26)}
_BOLD.update({chr(ord("a") + k): chr(0x1D41A + k) for k in range(26)})
_BOLD.update({chr(ord("0") + k): chr(0x1D7CE + k) for k in range(10)})
_STYLES = {"bold": _BOLD, "bold-italic": {**_BOLD, **_BOLD_ITALIC}, "normal": {}}

_LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}


def mathml(latex: str) -> str:
    r"""Return a formula as a `math` element, for a line of text or a cell of a table.

    >>> mathml(r"\operatorname{tr}(\mathbf{A})")[:57]
    '<math displaystyle="true"><mrow><mi>tr</mi><mo stretchy="'
    """
    from latex2mathml.converter import convert_to_element

    words = _WORD.sub(lambda found: rf"\text{{{found[1]}}}".replace(r"\_", "_"), latex)
    words = _OPTION.sub(r"\1{}[", words)
    root = convert_to_element(words)
    root.attrib.clear()
    root.set("displaystyle", "true")
    for node in root.iter():
        node.text = unescape(node.text) if node.text else None
        for child in [c for c in node if c.tag == "mo" and not c.text]:
            node.remove(child)
    for node in root.iter():
        _style(node)
    for node in root.iter():
        _space(node)
        limits = _LIMITS.get(node.tag)
        if limits and node[0].text in ("∑", "∏"):
            node.tag = limits
    return ElementTree.tostring(root, encoding="unicode")


def _style(node: ElementTree.Element) -> None:
    """Write a letter in its own style, and letters of one word in one element."""
    variants = {child.get("mathvariant", "") for child in node}
    if len(node) > 1 and len(variants) == 1 and variants <= set(_STYLES) and not node.attrib:
        letters = "".join(child.text or "" for child in node)
        style = variants.pop()
        for child in list(node):
            node.remove(child)
        node.tag, node.text = "mi", letters
        node.set("mathvariant", style)
    style = node.get("mathvariant", "")
    if style in _STYLES:
        node.text = "".join(_STYLES[style].get(c, c) for c in node.text or "")
        del node.attrib["mathvariant"]
        if style == "normal" and len(node.text) == 1:
            node.set("mathvariant", "normal")
    if node.tag in ("mtext", "mo") and node.text and node.text.isidentifier():
        node.tag = "mi"
        node.attrib.clear()
        if len(node.text) == 1:
            node.set("mathvariant", "normal")
    align = node.attrib.pop("columnalign", "")
    if align:
        node.set("style", f"text-align: {align}")


def _space(node: ElementTree.Element) -> None:
    """Keep names of functions apart from factors before them, signs close to what they sign."""
    if node.tag not in ("mrow", "mtd", "math"):
        return
    children = list(node)
    for place in range(len(children) - 1, 0, -1):
        before, after = children[place - 1 : place + 1]
        if after.text == "−" and before.tag == "mo" and before.text not in (")", "]", "‖", "|"):
            after.set("form", "prefix")
        factor = before.tag not in ("mo", "mspace", "mtext") or before.text in (")", "]")
        if factor and _begins_with_word(after):
            node.insert(place, ElementTree.Element("mspace", width="0.17em"))


def _begins_with_word(node: ElementTree.Element) -> bool:
    while node.tag in ("mrow", "msub", "msup", "msubsup") and len(node):
        node = node[0]
    return node.tag == "mi" and len(node.text or "") > 1
