"""JSON Feed 1.1 (and 1.0, which it replaces): members, their types, what they mean.

Places are JSON pointers (RFC 6901): `/items/0/id`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedsvc.validate import values
from feedsvc.validate.dates import atom_date, rfc_3339
from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.markup import garbled, html_content, plain_text
from feedsvc.validate.modules import same_ids

SPEC = "JSON Feed 1.1"
_VERSIONS = ("https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1")
_EXTENSION = re.compile(r"_[A-Za-z][^.]*")

Check = Callable[[Any, Spot, datetime], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one kind of object: each with what checks its value."""

    checks: dict[str, Check]
    required: tuple[str, ...] = ()
    deprecated: tuple[str, ...] = ()


def check_json_feed(feed: dict[str, Any], now: datetime) -> Iterator[Finding]:
    """Everything about one document whose value is an object with `version` or `items`."""
    for one in _object(feed, Spot(""), now, _FEED):
        # In 1.0 `author` is what there is.
        if one.rule != "member-deprecated" or feed.get("version") != _VERSIONS[1]:
            yield one
    if "feed_url" not in feed:
        yield finding("self-missing", Spot("/feed_url"), "the address of the feed", "none", SPEC)
    elif isinstance(feed["feed_url"], str) and feed.get("next_url") == feed["feed_url"]:
        found = quoted(feed["feed_url"])
        yield finding("next-url-loop", Spot("/next_url"), "another address", found, SPEC)
    items = feed.get("items")
    if not isinstance(items, list):
        return
    if not items:
        yield finding("entries-none", Spot("/items"), "an item", "none", "practice")
    ids = [
        (item["id"], Spot(f"/items/{index}/id"))
        for index, item in enumerate(items)
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]
    yield from same_ids(ids, SPEC)


def _object(value: Any, spot: Spot, now: datetime, members: Members) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield _type_fault("an object", value, spot)
        return
    for name in members.required:
        if name not in value:
            yield finding("member-missing", _below(spot, name), f"the member {name}", "none", SPEC)
    for name, inner in value.items():
        place = _below(spot, name)
        if name in members.checks:
            yield from members.checks[name](inner, place, now)
            if name in members.deprecated:
                yield finding("member-deprecated", place, f"{name}s", name, SPEC)
        elif name.startswith("_"):
            if not _EXTENSION.fullmatch(name):
                expected = "a name with a _, a letter and no period"
                yield finding("extension-invalid", place, expected, quoted(name), SPEC)
            elif not isinstance(inner, dict):
                yield finding("extension-invalid", place, "an object", _kind(inner), SPEC)
        else:
            meant = values.meant(name, frozenset(members.checks))
            expected = "a known name or one with _" + (f", perhaps {meant}" if meant else "")
            yield finding("member-unknown", place, expected, quoted(name), SPEC)


def _item(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _object(value, spot, now, _ITEM)
    if not isinstance(value, dict):
        return
    if "content_html" not in value and "content_text" not in value:
        expected = "content_html or content_text"
        yield finding("content-missing", spot, expected, "neither", SPEC)
    first, last = value.get("date_published"), value.get("date_modified")
    if isinstance(first, str) and isinstance(last, str):
        published, modified = rfc_3339(first), rfc_3339(last)
        if published is not None and modified is not None and modified < published:
            place, expected = _below(spot, "date_modified"), "a date not before date_published"
            yield finding("date-order", place, expected, quoted(last), SPEC)


def _author(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _object(value, spot, now, _AUTHOR)
    if isinstance(value, dict) and not value.keys() & _AUTHOR.checks.keys():
        yield finding("author-empty", spot, "a name, url or avatar", "none", SPEC)


# ------------------------------------------------------------------------------ single members


def _string(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _type_fault("a string", value, spot)


def _words(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        if not value.strip():
            yield finding("value-empty", spot, "text", "nothing", SPEC)
        yield from garbled(value, spot)


def _title(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _words(value, spot, now)
    if isinstance(value, str):
        yield from plain_text(value, spot, SPEC)


def _id(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _words(value, spot, now)
    if isinstance(value, str):
        yield from values.trimmed(value, spot, SPEC)


def _html(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        yield from html_content(value, spot)
        yield from garbled(value, spot)


def _address(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        yield from values.address(value, spot, SPEC)


def _date(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        yield from atom_date(value, spot, SPEC, now)


def _language(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        yield from values.language(value, spot, SPEC)


def _media_type(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    yield from _string(value, spot, now)
    if isinstance(value, str):
        yield from values.media_type(value, spot, SPEC)


def _boolean(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    if not isinstance(value, bool):
        yield _type_fault("true or false", value, spot)


def _number(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _type_fault("a number", value, spot)
    elif value < 0:
        yield finding("number-invalid", spot, "0 or more", quoted(str(value)), SPEC)


def _version(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
    if value == _VERSIONS[1]:
        yield finding("version-old", spot, _VERSIONS[0], quoted(value), SPEC)
    elif value != _VERSIONS[0]:
        found = quoted(value) if isinstance(value, str) else _kind(value)
        yield finding("version-unknown", spot, _VERSIONS[0], found, SPEC)


def _list(check: Check) -> Check:
    def each(value: Any, spot: Spot, now: datetime) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield _type_fault("an array", value, spot)
            return
        for index, one in enumerate(value):
            yield from check(one, _below(spot, str(index)), now)

    return each


def _of(members: Members) -> Check:
    return lambda value, spot, now: _object(value, spot, now, members)


_AUTHOR = Members({"name": _words, "url": _address, "avatar": _address})
_HUB = Members({"type": _words, "url": _address}, required=("type", "url"))
_ATTACHMENT = Members(
    {
        "url": _address, "mime_type": _media_type, "title": _words,
        "size_in_bytes": _number, "duration_in_seconds": _number,
    },
    required=("url", "mime_type"),
)  # fmt: skip
_ITEM = Members(
    {
        "id": _id, "url": _address, "external_url": _address, "title": _title,
        "content_html": _html, "content_text": _string, "summary": _words, "image": _address,
        "banner_image": _address, "date_published": _date, "date_modified": _date,
        "author": _author, "authors": _list(_author), "tags": _list(_words),
        "language": _language, "attachments": _list(_of(_ATTACHMENT)),
    },
    required=("id",),
    deprecated=("author",),
)  # fmt: skip
_FEED = Members(
    {
        "version": _version, "title": _title, "home_page_url": _address, "feed_url": _address,
        "description": _words, "user_comment": _words, "next_url": _address, "icon": _address,
        "favicon": _address, "author": _author, "authors": _list(_author),
        "language": _language, "expired": _boolean, "hubs": _list(_of(_HUB)),
        "items": _list(_item),
    },
    required=("version", "title", "items"),
    deprecated=("author",),
)  # fmt: skip


def _type_fault(expected: str, value: Any, spot: Spot) -> Finding:
    return finding("member-type", spot, expected, _kind(value), SPEC)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
    return "an object"


def _below(spot: Spot, name: str) -> Spot:
    """RFC 6901 §3 escapes ~ and /."""
    return Spot(f"{spot.place}/{name.replace('~', '~0').replace('/', '~1')}")
