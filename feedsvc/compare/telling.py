"""A comparison in words, for people, and as JSON, for programs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from feedsvc.compare.changes import AddressChange, Comparison, EntryChange, FeedChange, Kind
from feedsvc.compare.side import Side
from feedsvc.feeds.query import Format
from feedsvc.model import Severity

SEVERITIES: dict[Kind, Severity] = {
    Kind.REDELIVERED: "error",
    Kind.DISAPPEARED: "warning",
    Kind.CHANGED: "info",
    Kind.NEW: "info",
}
_SHOWN_FEEDS = 3
_LONGEST_TITLE = 80
_FORMAT_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` stands before `text`, in its colour, where it is about an article."""

    text: str
    kind: Kind | None = None


def in_lines(comparison: Comparison, limit: int) -> Iterator[Line]:
    """First by article, then by feed; of each at most `limit` entries, the worst first."""
    articles = comparison.articles()
    if articles:
        yield Line("1 article" if len(articles) == 1 else f"{len(articles):,} articles")
        for one in articles[:limit]:
            yield Line(
                f"{_title(one.change)} ({_feeds(one.paths)}){_more(one.change)}", one.change.kind
            )
        yield from _and_more(len(articles) - limit)
        yield Line("")
    for feed in comparison.feeds:
        yield Line(_heading(feed))
        yield from (Line(f"  {_of_address(one)}") for one in feed.addresses)
        for change in feed.entries[:limit]:
            date = f", {change.entry.published:%Y-%m-%d}" if change.entry.published else ""
            is_new = change.kind is Kind.NEW
            yield Line(f"{_title(change)}{date if is_new else _more(change)}", change.kind)
        yield from _and_more(len(feed.entries) - limit)
    if comparison.feeds:
        yield Line("")


def summary(comparison: Comparison) -> str:
    """One line; articles are counted once, in however many feeds they are."""
    counts = _counts(comparison)
    compared = "1 feed" if comparison.compared == 1 else f"{comparison.compared:,} feeds"
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in reversed(Kind))
    states = Counter(feed.state for feed in comparison.feeds)
    of_feeds = (
        ("new", states["new"]),
        ("gone", states["gone"]),
        ("with another address", sum(feed.is_elsewhere for feed in comparison.feeds)),
        ("in fewer formats", sum(feed.has_fewer_formats for feed in comparison.feeds)),
    )
    feeds = ", ".join(f"{number:,} {what}" for what, number in of_feeds if number)
    return f"{compared} compared: {told}" + (f"; feeds: {feeds}" if feeds else "")


def as_json(comparison: Comparison, sides: Sequence[Side]) -> bytes:
    """All of it; docs/diff.md says what each member means."""
    counts = _counts(comparison)
    old, new = ({"name": one.name, "left_out": one.left_out} for one in sides)
    told = {
        "old": old,
        "new": new,
        "compared": comparison.compared,
        "counts": {kind.value: counts[kind] for kind in reversed(Kind)},
        "articles": [
            _as_member(one.change) | {"feeds": one.paths} for one in comparison.articles()
        ],
        "feeds": [
            {
                "path": feed.path,
                "state": feed.state,
                "entries": feed.size,
                "addresses": feed.addresses,
                "changes": [_as_member(one) for one in feed.entries],
            }
            for feed in comparison.feeds
        ],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _as_member(change: EntryChange) -> dict[str, object]:
    entry, before = change.entry, change.before
    told = {
        "kind": change.kind.value,
        "id": entry.identity,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "fields": change.fields,
        "comes_up_again": change.rises,
        "was_id": before.identity if before and change.kind is Kind.REDELIVERED else None,
        "known_by": change.because,
        "formats": change.formats,
    }
    return {name: value for name, value in told.items() if value not in (None, "", (), False)}


def _counts(comparison: Comparison) -> Counter[Kind]:
    return Counter(one.change.kind for one in comparison.articles())


def _heading(feed: FeedChange) -> str:
    entries = "1 entry" if feed.size == 1 else f"{feed.size:,} entries"
    if feed.state == "new":
        return f"{_plain(feed.path)}: a new feed, with {entries}"
    if feed.state == "gone":
        return f"{_plain(feed.path)}: gone, with {entries}"
    told = [f"{feed.counts[kind]:,} {kind}" for kind in reversed(Kind) if feed.counts[kind]]
    told += ["another address"] if feed.is_elsewhere else []
    told += ["fewer formats"] if feed.has_fewer_formats else []
    return f"{_plain(feed.path)}: {', '.join(told)}"


def _of_address(one: AddressChange) -> str:
    name = _FORMAT_NAMES[one.format]
    if one.what == "format":
        return f"no longer served as {name}: {_plain(one.old)}"
    return f"{name} {one.what}: {_plain(one.old) or 'none'} → {_plain(one.new) or 'none'}"


def _more(change: EntryChange) -> str:
    if change.kind is Kind.REDELIVERED and change.before is not None:
        formats = " and ".join(_FORMAT_NAMES[Format(one)] for one in change.formats)
        alone = f", in {formats} alone" if formats else ""
        ids = f"{_plain(change.before.identity)} → {_plain(change.entry.identity)}"
        return f": same {change.because}{alone}, id {ids}"
    again = ", comes up as new again" if change.rises else ""
    return f": {', '.join(change.fields)}{again}" if change.fields else ""


def _title(change: EntryChange) -> str:
    title = _plain(change.entry.title or change.entry.link or change.entry.identity)
    return title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}…"


def _feeds(paths: Sequence[str]) -> str:
    shown = [_plain(one) for one in paths[:_SHOWN_FEEDS]]
    more = len(paths) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else ", ".join(shown)


def _and_more(number: int) -> Iterator[Line]:
    if number > 0:
        yield Line(f"  … and {number:,} more")


def _plain(text: str) -> str:
    """As a terminal may show it: what comes from elsewhere may have signs that steer it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
