"""Bytes of a feed -> what a reader finds in them. Pure; they may come from anywhere, so XML is
read without a DTD, without entities and without the network.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
from lxml import etree

from feedsvc.compare.feed import Entry
from feedsvc.errors import SideError
from feedsvc.feeds.query import Format

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_MEDIA = "{http://search.yahoo.com/mrss/}content"


@dataclass(frozen=True, slots=True)
class Document:
    """One page of a feed; `older` is the address of the next one, "" where there is none."""

    address: str
    id: str
    older: str
    entries: tuple[Entry, ...]


def read_document(body: bytes, format: Format) -> Document:
    """Read a feed. Raises `SideError` if it is none of that format."""
    if format is Format.JSON:
        return _read_json(body)
    root = _read_xml(body)
    return _read_rss(root) if format is Format.RSS else _read_atom(root)


class _Attachment(msgspec.Struct):
    url: str = ""


class _Item(msgspec.Struct):
    id: str | int | float = ""
    url: str = ""
    title: str = ""
    content_html: str = ""
    content_text: str = ""
    summary: str = ""
    image: str = ""
    date_published: str = ""
    date_modified: str = ""
    attachments: list[_Attachment] = []


class _JsonFeed(msgspec.Struct):
    version: str
    feed_url: str = ""
    next_url: str = ""
    items: list[_Item] = []


def _read_json(body: bytes) -> Document:
    try:
        feed = msgspec.json.decode(body, type=_JsonFeed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SideError(f"expected a JSON Feed: {error}") from None
    entries = (
        Entry(
            id=str(item.id),
            link=item.url,
            title=item.title,
            published=_iso(item.date_published),
            updated=_iso(item.date_modified),
            text=_digest(item.content_html or item.content_text, item.summary),
            enclosures=_distinct([one.url for one in item.attachments] + [item.image]),
        )
        for item in feed.items
    )
    return Document(feed.feed_url, "", feed.next_url, tuple(entries))


def _read_xml(body: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SideError(f"expected XML: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise SideError("expected XML without a document type declaration")
    return root


def _read_rss(root: Any) -> Document:
    channel = root.find("channel") if root.tag == "rss" else None
    if channel is None:
        raise SideError(f"expected RSS, found an element {root.tag}")
    entries = (
        Entry(
            id=_text(item, "guid"),
            link=_text(item, "link"),
            title=_text(item, "title"),
            published=_rfc822(_text(item, "pubDate")),
            text=_digest(_text(item, _CONTENT), _text(item, "description")),
            enclosures=_distinct(
                one.get("url", "") for one in (*item.findall("enclosure"), *item.findall(_MEDIA))
            ),
        )
        for item in channel.findall("item")
    )
    links = channel.findall(f"{_ATOM}link")
    return Document(_link(links, "self"), "", _link(links, "prev-archive"), tuple(entries))


def _read_atom(root: Any) -> Document:
    if root.tag != f"{_ATOM}feed":
        raise SideError(f"expected Atom, found an element {root.tag}")
    links = root.findall(f"{_ATOM}link")
    return Document(
        _link(links, "self"),
        _text(root, f"{_ATOM}id"),
        _link(links, "prev-archive"),
        tuple(map(_atom_entry, root.findall(f"{_ATOM}entry"))),
    )


def _atom_entry(entry: Any) -> Entry:
    links = entry.findall(f"{_ATOM}link")
    attached = [one.get("href", "") for one in links if one.get("rel") == "enclosure"]
    media = [one.get("url", "") for one in entry.findall(_MEDIA)]
    return Entry(
        id=_text(entry, f"{_ATOM}id"),
        link=_link(links, "alternate"),
        title=_text(entry, f"{_ATOM}title"),
        published=_iso(_text(entry, f"{_ATOM}published")),
        updated=_iso(_text(entry, f"{_ATOM}updated")),
        text=_digest(_text(entry, f"{_ATOM}content"), _text(entry, f"{_ATOM}summary")),
        enclosures=_distinct([*attached, *media]),
    )


def _link(links: Any, rel: str) -> str:
    """The first with `rel`; one that names none is the alternate (RFC 4287 §4.2.7.2)."""
    found = (one.get("href", "") for one in links if one.get("rel", "alternate") == rel)
    return str(next(found, ""))


def _text(element: Any, name: str) -> str:
    child = element.find(name)
    if child is None:
        return ""
    # XHTML content has elements of its own.
    return str(etree.tostring(child, encoding="unicode")) if len(child) else str(child.text or "")


def _digest(content: str, summary: str) -> str:
    if not content and not summary:
        return ""
    return hashlib.blake2b(f"{content}\0{summary}".encode(), digest_size=16).hexdigest()


def _distinct(urls: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, urls)))


def _iso(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
