"""Atom 1.0: RFC 4287, with archives (RFC 5005) and tombstones (RFC 6721)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from feedsvc.validate import markup, modules, values
from feedsvc.validate.dates import atom_date, rfc_3339
from feedsvc.validate.findings import Finding, finding, quoted
from feedsvc.validate.markup import garbled, html_content, plain_text
from feedsvc.validate.relations import REGISTERED
from feedsvc.validate.structure import Shape, check_shape, names
from feedsvc.validate.tree import Node


def _atom(text: str) -> frozenset[str]:
    return frozenset(f"atom:{name}" for name in text.split())


_ABOUT = "generator icon logo rights subtitle"
_FEED = Shape(
    "RFC 4287 §4.1.1",
    once=_atom("id title updated"),
    at_most_once=_atom(_ABOUT),
    often=_atom("author category contributor link entry"),
)
_ENTRY = Shape(
    "RFC 4287 §4.1.2",
    once=_atom("id title updated"),
    at_most_once=_atom("content published rights source summary"),
    often=_atom("author category contributor link"),
)
_SOURCE = Shape(
    "RFC 4287 §4.2.11",
    at_most_once=_atom(f"id title updated {_ABOUT}"),
    often=_atom("author category contributor link"),
)
_TEXT = Shape("RFC 4287 §3.1", optional=names("type"), holds="anything")
_DATE = Shape("RFC 4287 §3.3", holds="text")
_PERSON = Shape("RFC 4287 §3.2", once=_atom("name"), at_most_once=_atom("uri email"))
_IRI = Shape("RFC 4287 §2", holds="text")
_PARTS = {
    "atom:title": _TEXT,
    "atom:subtitle": _TEXT,
    "atom:summary": _TEXT,
    "atom:rights": _TEXT,
    "atom:updated": _DATE,
    "atom:published": _DATE,
    "atom:author": _PERSON,
    "atom:contributor": _PERSON,
    "atom:name": _IRI,
    "atom:email": _IRI,
    "atom:uri": _IRI,
    "atom:id": _IRI,
    "atom:icon": _IRI,
    "atom:logo": _IRI,
    "atom:link": Shape(
        "RFC 4287 §4.2.7",
        required=names("href"),
        optional=names("rel type hreflang title length"),
        holds="foreign",
    ),
    "atom:category": Shape(
        "RFC 4287 §4.2.2",
        required=names("term"),
        optional=names("scheme label"),
        holds="foreign",
    ),
    "atom:generator": Shape("RFC 4287 §4.2.4", optional=names("uri version"), holds="text"),
    "atom:content": Shape("RFC 4287 §4.1.3", optional=names("type src"), holds="anything"),
}


# What HTML holds as well; the grammar of RFC 4287 is older.
_IN_XHTML = (
    "{http://www.w3.org/1999/xhtml}",
    "{http://www.w3.org/2000/svg}",
    "{http://www.w3.org/1998/Math/MathML}",
)


def check_atom(root: Node, now: datetime) -> Iterator[Finding]:
    """Everything about one document whose element is `feed` or `entry`."""
    yield from modules.languages(root)
    children = root.children()
    if root.name == "atom:entry":
        yield from _entry(root, children, now, has_author=False)
        return
    yield from check_shape(root, children, _FEED, "atom:")
    links = [child for child in children if child.name == "atom:link"]
    yield from modules.feed_links(root, links, _FEED.source)
    yield from _alternates(links, _FEED.source)
    yield from modules.schedule(children)
    entries = [child for child in children if child.name == "atom:entry"]
    yield from _late_metadata(children)
    has_author = any(child.name == "atom:author" for child in children)
    for child in children:
        if child.name == "at:deleted-entry":
            yield from _tombstone(child, now)
        elif child.name != "atom:entry":
            yield from _part(child, now)
    if not entries:
        yield finding("entries-none", root.spot, "an entry", "none", "practice")
    ids = []
    for entry in entries:
        inner = entry.children()
        yield from _entry(entry, inner, now, has_author=has_author)
        ids += [(part.text.strip(), part.spot) for part in inner if part.name == "atom:id"]
    yield from modules.same_ids(ids, "RFC 4287 §4.1.1")


def _entry(
    entry: Node, children: tuple[Node, ...], now: datetime, *, has_author: bool
) -> Iterator[Finding]:
    yield from check_shape(entry, children, _ENTRY, "atom:")
    parts = {child.name: child for child in reversed(children)}
    source = parts.get("atom:source")
    inner = source.children() if source else ()
    if not (
        has_author or "atom:author" in parts or any(one.name == "atom:author" for one in inner)
    ):
        expected = "an author, here or of the feed"
        yield finding("author-missing", entry.spot, expected, "none", "RFC 4287 §4.1.2")
    links = [child for child in children if child.name == "atom:link"]
    yield from _alternates(links, _ENTRY.source)
    content = parts.get("atom:content")
    if content is None:
        if not any(link.get("rel") in (None, "alternate") for link in links):
            expected = "content or a link rel=alternate"
            yield finding("content-missing", entry.spot, expected, "neither", _ENTRY.source)
    else:
        yield from _content(content, has_summary="atom:summary" in parts)
    for child in children:
        if child.name == "atom:source":
            yield from check_shape(child, inner, _SOURCE, "atom:")
            for part in inner:
                yield from _part(part, now)
        else:
            yield from _part(child, now)
    yield from _order(parts)
    yield from modules.media(entry)


def _order(parts: dict[str, Node]) -> Iterator[Finding]:
    """An entry that changed before it was there."""
    if "atom:published" in parts and "atom:updated" in parts:
        updated = parts["atom:updated"]
        moment, first = rfc_3339(updated.text), rfc_3339(parts["atom:published"].text)
        if moment is not None and first is not None and moment < first:
            expected = "a date not before published"
            yield finding(
                "date-order", updated.spot, expected, quoted(updated.text), "RFC 4287 §4.2.15"
            )


def _late_metadata(children: tuple[Node, ...]) -> Iterator[Finding]:
    """Readers that take entries as they come know the feed before them: so the grammar, too."""
    names_of = [child.name for child in children]
    if "atom:entry" in names_of:
        for child in children[names_of.index("atom:entry") :]:
            if child.name not in ("atom:entry", "at:deleted-entry"):
                expected = "everything about the feed before its entries"
                found = f"<{child.local}> behind one"
                yield finding("metadata-late", child.spot, expected, found, "RFC 4287 §4.1.1")
                return


def _alternates(links: list[Node], source: str) -> Iterator[Finding]:
    """No two alternate links with the same type and hreflang."""
    seen = set()
    for link in links:
        if link.get("rel") in (None, "alternate"):
            kind = (link.get("type"), link.get("hreflang"))
            if kind in seen:
                expected = "one alternate link of a type and hreflang"
                yield finding("link-repeated", link.spot, expected, "another", source)
            seen.add(kind)


def _part(node: Node, now: datetime) -> Iterator[Finding]:
    """One child of a feed, an entry or a source."""
    name = node.name
    shape = _PARTS.get(name)
    if shape is None:
        return
    yield from check_shape(node, node.children(), shape, "atom:")
    match name:
        case "atom:id":
            yield from _id(node)
        case "atom:icon" | "atom:logo" | "atom:uri":
            yield from values.address(node.text, node.spot, shape.source, base=node.base)
        case "atom:updated" | "atom:published":
            yield from atom_date(node.text, node.spot, shape.source, now)
        case "atom:title" | "atom:subtitle" | "atom:summary" | "atom:rights":
            yield from _text(node)
        case "atom:author" | "atom:contributor":
            for child in node.children():
                yield from _part(child, now)
        case "atom:name" if not node.text.strip():
            yield finding("value-empty", node.spot, "a name", "nothing", "RFC 4287 §3.2.1")
        case "atom:email" if not values.is_email(node.text.strip()):
            expected = "an e-mail address"
            yield finding(
                "email-invalid", node.spot, expected, quoted(node.text), "RFC 4287 §3.2.3"
            )
        case "atom:link":
            yield from _link(node)
        case "atom:category":
            scheme = node.get("scheme")
            if scheme is not None:  # an IRI, which unlike a reference no base completes
                yield from values.address(scheme, node.at("scheme"), shape.source)
            if node.get("term") == "":
                yield finding("value-empty", node.at("term"), "a term", "nothing", shape.source)
        case "atom:generator":
            yield from _optional_address(node, "uri", shape.source)


def _id(node: Node) -> Iterator[Finding]:
    """RFC 4287 §4.2.6: an absolute IRI, never resolved against anything."""
    source, text = "RFC 4287 §4.2.6", node.text.strip()
    if text and not values.is_absolute(text):
        yield finding("id-relative", node.spot, "an absolute IRI", quoted(text), source)
    else:
        yield from values.address(node.text, node.spot, source, is_name=True)


def _link(node: Node) -> Iterator[Finding]:
    source = "RFC 4287 §4.2.7"
    yield from _optional_address(node, "href", source)
    rel, kind, length = node.get("rel"), node.get("type"), node.get("length")
    language = node.get("hreflang")
    if rel is not None and not values.is_absolute(rel) and rel.lower() not in REGISTERED:
        expected = "a registered relation or an IRI"
        yield finding("rel-unknown", node.at("rel"), expected, quoted(rel), "RFC 4287 §4.2.7.2")
    if kind is not None:
        yield from values.media_type(kind, node.at("type"), source)
    if length is not None:
        yield from values.number(length, node.at("length"), source)
    if language is not None:
        yield from values.language(language, node.at("hreflang"), source)


def _optional_address(node: Node, attribute: str, source: str) -> Iterator[Finding]:
    text = node.get(attribute)
    if text is not None:
        yield from values.address(text, node.at(attribute), source, base=node.base)


def _text(node: Node) -> Iterator[Finding]:
    """RFC 4287 §3.1: plain text, escaped HTML, or one XHTML div."""
    kind = "text" if node.get("type") is None else str(node.get("type"))
    if kind not in ("text", "html", "xhtml"):
        expected = "text, html or xhtml"
        yield finding("text-type-unknown", node.at("type"), expected, quoted(kind), _TEXT.source)
    elif kind == "xhtml":
        yield from _xhtml(node)
    else:
        yield from _written(node, kind)


def _written(node: Node, kind: str) -> Iterator[Finding]:
    """Text without child elements: those would be markup that wasn't escaped."""
    children, source = node.children(), "RFC 4287 §3.1.1"
    if children:
        expected = "escaped text, or type=xhtml"
        yield finding("markup-unescaped", node.spot, expected, f"<{children[0].local}>", source)
        return
    if kind == "html":
        yield from html_content(node.text, node.spot, node.base)
    elif node.name != "atom:content":
        yield from plain_text(node.text, node.spot, source)
    if node.name == "atom:title" and not node.text.strip():
        yield finding("value-empty", node.spot, "a title", "nothing", "RFC 4287 §4.2.14")
    yield from garbled(node.text, node.spot)


def _xhtml(node: Node) -> Iterator[Finding]:
    children = node.children()
    yield from markup.elements(node.element.iter(), node.spot, node.base)
    if [child.name for child in children] != ["xhtml:div"] or node.text.strip():
        found = ", ".join(f"<{child.local}>" for child in children) or quoted(node.text)
        yield finding("xhtml-div", node.spot, "one XHTML <div>", found, "RFC 4287 §3.1.1.3")
        return
    for element in node.element.iterdescendants("*"):
        if not element.tag.startswith(_IN_XHTML):
            expected, found = "XHTML alone in it", f"<{element.tag.rpartition('}')[2]}>"
            yield finding("xhtml-div", node.spot, expected, found, "RFC 4287 §3.1.1.3")
            return


def _content(node: Node, *, has_summary: bool) -> Iterator[Finding]:
    """RFC 4287 §4.1.3: in place or elsewhere; what isn't text has to be summed up."""
    declared, src, source = node.get("type"), node.get("src"), "RFC 4287 §4.1.3.2"
    if src is not None:
        yield from _optional_address(node, "src", source)
        if node.text.strip() or len(node.children()):
            yield finding("content-src", node.spot, "no content beside src", "some", source)
        if not has_summary:
            yield finding("summary-missing", node.spot, "a summary", "none", "RFC 4287 §4.1.2")
        if declared is not None:
            yield from values.media_type(declared, node.at("type"), source)
        return
    kind = (declared or "text").lower()
    if kind == "xhtml":
        yield from _xhtml(node)
    elif kind in ("text", "html") or kind.startswith("text/"):
        yield from _written(node, "html" if kind == "text/html" else kind)
    else:
        faults = list(values.media_type(kind, node.at("type"), "RFC 4287 §4.1.3.1"))
        yield from faults
        if not faults and not kind.endswith(("+xml", "/xml")) and not has_summary:
            yield finding("summary-missing", node.spot, "a summary", "none", "RFC 4287 §4.1.2")


def _tombstone(node: Node, now: datetime) -> Iterator[Finding]:
    """RFC 6721 §3: which entry was deleted, and when."""
    source = "RFC 6721 §3"
    for name in ("ref", "when"):
        if node.get(name) is None:
            yield finding(
                "attribute-missing", node.at(name), f"the attribute {name}", "none", source
            )
    ref, when = node.get("ref"), node.get("when")
    if ref is not None and not values.is_absolute(ref.strip()):
        yield finding("id-relative", node.at("ref"), "an absolute IRI", quoted(ref), source)
    if when is not None:
        yield from atom_date(when, node.at("when"), source, now)
