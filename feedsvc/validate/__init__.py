"""What is wrong with a feed, anybody's: RSS 2.0, Atom 1.0, JSON Feed 1.1.

Bytes come in, a `Report` goes out; nothing here prints. `fetch.py` gets a feed from the web and
`http.py` says what is wrong with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import IO, Any

from feedsvc.validate import document
from feedsvc.validate.atom import check_atom
from feedsvc.validate.findings import Finding, Spot, finding
from feedsvc.validate.jsonfeed import check_json_feed
from feedsvc.validate.rss import check_rss
from feedsvc.validate.structure import namespaces
from feedsvc.validate.titles import references_in_titles
from feedsvc.validate.tree import Node, root_of

__all__ = ["Finding", "Report", "validate", "validate_file"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a document is, and what is wrong with it.

    `format` is `None` where nobody can tell. `own_address` is what it says it is to be had at,
    `identities` are the addresses of its entries with their ids.
    """

    format: str | None
    entries: int
    findings: tuple[Finding, ...]
    own_address: str | None = None
    identities: tuple[tuple[str, str], ...] = ()

    @property
    def is_valid(self) -> bool:
        return not any(one.severity == "error" for one in self.findings)


def validate(body: bytes, content_type: str | None = None, *, now: datetime) -> Report:
    """Check one document. `content_type` is what it was served as, if it was."""
    charset = charset_of(content_type)
    first = list(document.bytes_of(body, charset))
    match document.looks_like(body):
        case "xml":
            report = _validate_xml(body, charset, now)
        case "json":
            report = _validate_json(body, now)
        case _:
            report = Report(None, 0, (document.no_feed(body),))
    found = list(report.findings)
    if any(one.rule.startswith("encoding-") and one.severity == "error" for one in first):
        # What the parser says of the same bytes adds nothing.
        found = [one for one in found if one.rule not in _OF_ENCODING]
    findings = (*first, *sorted(found, key=lambda one: one.line or 0))
    return Report(report.format, report.entries, findings, report.own_address, report.identities)


def validate_file(file: IO[bytes], now: datetime) -> Report:
    """Check a document that is no answer of a server. Raises OSError."""
    body = file.read(document.LIMIT_BYTES + 1)
    if len(body) <= document.LIMIT_BYTES:
        return validate(body, now=now)
    expected = f"at most {document.LIMIT_BYTES:,} bytes"
    fault = finding("feed-too-large", Spot("document"), expected, "more", "practice")
    return Report(None, 0, (fault,))


_OF_ENCODING = ("encoding-wrong", "encoding-unknown", "xml-malformed")


def charset_of(content_type: str | None) -> str | None:
    """The charset parameter of a Content-Type (RFC 9110 §8.3)."""
    if not content_type:
        return None
    message = Message()
    message["Content-Type"] = " ".join(content_type.split())
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) and charset else None


def _validate_xml(body: bytes, charset: str | None, now: datetime) -> Report:
    element, faults = document.parse_xml(body, charset)
    if element is None:
        return Report(None, 0, tuple(faults))
    root = root_of(element)
    faults += namespaces(root)
    match root.name:
        case "rss":
            faults += references_in_titles(document.text_of(body, charset))
            return _of_rss(root, [*faults, *check_rss(root, now)])
        case "atom:feed" | "atom:entry":
            return _of_atom(root, [*faults, *check_atom(root, now)])
    return Report(None, 0, (*faults, document.unknown_format(_known_as(root))))


def _known_as(root: Node) -> str:
    tag = str(root.element.tag)
    if tag == "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF":
        return "RSS 1.0 (RDF)"
    if tag.startswith("{http://purl.org/atom/ns#}"):
        return "Atom 0.3"
    if tag.rpartition("}")[2].lower() == "html":
        return "an HTML page"
    return f"the element <{tag}>"


def _of_rss(root: Node, findings: list[Finding]) -> Report:
    channel = root.element.find("channel")
    items = [] if channel is None else channel.findall("item")
    pairs = tuple((_text(item, "link"), _text(item, "guid")) for item in items)
    own = None if channel is None else _self_link(channel)
    return Report("RSS 2.0", len(items), tuple(findings), own, _both(pairs))


_ATOM = "{http://www.w3.org/2005/Atom}"


def _of_atom(root: Node, findings: list[Finding]) -> Report:
    if root.name == "atom:entry":
        return Report("Atom 1.0", 1, tuple(findings), _self_link(root.element))
    entries = root.element.findall(f"{_ATOM}entry")
    pairs = []
    for entry in entries:
        links = [
            link.get("href", "")
            for link in entry.findall(f"{_ATOM}link")
            if link.get("rel") in (None, "alternate")
        ]
        pairs.append((links[0] if links else "", _text(entry, f"{_ATOM}id")))
    own = _self_link(root.element)
    return Report("Atom 1.0", len(entries), tuple(findings), own, _both(tuple(pairs)))


def _text(element: Any, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _self_link(element: Any) -> str | None:
    for link in element.findall(f"{_ATOM}link"):
        if link.get("rel") == "self":
            href: str | None = link.get("href")
            return href
    return None


def _both(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if all(pair))


def _validate_json(body: bytes, now: datetime) -> Report:
    value, faults = document.parse_json(body)
    if not isinstance(value, dict) or not value.keys() & {"version", "items"}:
        if not any(one.rule == "json-malformed" for one in faults):
            faults.append(document.unknown_format("other JSON"))
        return Report(None, 0, tuple(faults))
    items = value.get("items")
    entries = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    pairs = tuple((str(one.get("url") or ""), str(one.get("id") or "")) for one in entries)
    own = value.get("feed_url")
    return Report(
        "JSON Feed 1.1",
        len(entries),
        (*faults, *check_json_feed(value, now)),
        own if isinstance(own, str) else None,
        _both(pairs),
    )
