"""HTML in feeds: what means nothing outside of its page, what readers take out, what shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.values import is_absolute

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
# Whole paragraphs whose tags are text: escaped once too often.
_ESCAPED_TAG = re.compile(r"\s*&lt;(p|div|a|img|br|h[1-6]|ul|ol|span|table|figure)\b.*&gt;", re.S)
# UTF-8 that was read as Windows-1252, what couldn't be read, and controls of no use in text.
_GARBLED = re.compile("Ã[\u0080-\u00bf]|â€[\u0080-\u203a]|\ufffd|[\u0080-\u0084\u0086-\u009f]")
_ADDRESSES = ("href", "src", "poster")
_SCRIPT = re.compile(r"\s*javascript:", re.I)
_REMOVED = frozenset({"script", "object", "embed", "applet", "base", "meta", "link", "form"})


def html_content(text: str, spot: Spot, base: str = "") -> Iterator[Finding]:
    """What is wrong with HTML that a reader shows; `base` is what relative addresses are to."""
    if _ESCAPED_TAG.match(text) and "<" not in text:
        yield finding(
            "escaped-twice", spot, "markup that is escaped once", quoted(text), "practice"
        )
    if "<" in text:
        yield from elements(_elements(text), spot, base)


def elements(tree: Iterable[Any], spot: Spot, base: str) -> Iterator[Finding]:
    """What is wrong with parsed HTML or XHTML."""
    relative: list[str] = []
    active: list[str] = []
    for element in tree:
        if isinstance(element.tag, str):
            relative += _relative(element)
            tag = element.tag.rpartition("}")[2]
            active += [f"<{tag}>"] if tag in _REMOVED else []
            active += [name for name in element.attrib if name.startswith("on")]
            active += ["javascript:"] if _SCRIPT.match(element.get("href") or "") else []
    if relative and not is_absolute(base):
        yield finding(
            "content-relative", spot, "absolute addresses", _several(relative), "practice"
        )
    if active:
        yield finding("content-script", spot, "text and media alone", _several(active), "practice")


def plain_text(text: str, spot: Spot, source: str) -> Iterator[Finding]:
    """Plain text that looks like HTML: readers show it as it is, or else not at all."""
    match = _MARKUP.search(text)
    if match:
        yield finding("text-markup", spot, "plain text", quoted(match[0]), source)


def garbled(text: str, spot: Spot) -> Iterator[Finding]:
    """Text that went through a wrong encoding."""
    match = _GARBLED.search(text)
    if match:
        around = text[max(0, match.start() - 10) : match.end() + 10]
        yield finding("text-garbled", spot, "text in its encoding", quoted(around), "practice")


def alternate_feeds(page: str) -> list[str]:
    """The feeds that an HTML page names in its head."""
    return [
        element.get("href", "")
        for element in _elements(page)
        if element.tag == "link"
        and "alternate" in element.get("rel", "").lower().split()
        and re.search(r"application/(rss\+xml|atom\+xml|feed\+json)", element.get("type", ""))
    ]


def _elements(markup: str) -> list[Any]:
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(markup.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return []
    return [] if root is None else list(root.iter())


def _relative(element: Any) -> Iterator[str]:
    for name in _ADDRESSES:
        address = (element.get(name) or "").strip()
        if address and not is_absolute(address):
            yield address
    for candidate in (element.get("srcset") or "").split(", "):
        address = candidate.strip().partition(" ")[0]
        if address and not is_absolute(address):
            yield address


def _several(values: list[str]) -> str:
    rest = f" and {len(values) - 1} more" if len(values) > 1 else ""
    return quoted(values[0]) + rest
