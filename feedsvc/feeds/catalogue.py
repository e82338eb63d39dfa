"""What feeds there are, and what a query means: for programs, as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import unquote

import msgspec

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.naming import in_words, name_feed
from feedsvc.feeds.query import FeedQuery, Format, feed_of
from feedsvc.feeds.select import ArticleView, FeedSelection, select
from feedsvc.feeds.site import Site
from feedsvc.model import Article, Facet

_NEWEST = 5

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """A JSON document, and when it changes by itself."""

    body: bytes
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed as `list_feeds` tells of it; `urls` by format."""

    kind: str
    title: str
    urls: dict[str, str]
    entries: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What `list_feeds` tells, read again; `home_page_url` ends in a slash."""

    home_page_url: str
    feeds: tuple[ListedFeed, ...]

    def path(self, url: str) -> str:
        """`url` as addresses of the site are compared: below its root, not percent-encoded."""
        return unquote(url.removeprefix(self.home_page_url))


@dataclass(frozen=True, slots=True)
class Meaning:
    """A query in words, what its feed holds now, and how many stories match."""

    words: str
    selection: FeedSelection
    matches: int


class CatalogueView(ArticleView, Protocol):
    """What a store answers to who lists everything."""

    def newest(self, facet: Facet) -> dict[str, datetime]: ...


def list_feeds(view: CatalogueView, site: Site, addresses: Addresses, limit: int) -> Told:
    """Every feed: of everything, saved ones, and each topic, provider, category, type, author
    and language with something to show.
    """
    selected = [(FeedQuery(), "everything")]
    selected += [(FeedQuery(saved=name), "saved") for name in site.saved]
    feeds: list[Json] = []
    moments: list[datetime | None] = []
    for query, kind in selected:
        selection = select(query, view, site, limit)
        dates = [one.published for one in selection.articles if one.published is not None]
        numbers = _numbers(selection.total, max(dates, default=None))
        feeds.append(_feed(query, view, site, addresses, kind) | numbers)
        moments.append(selection.until)
    feeds += [feed for facet in Facet for feed in _listed(facet, view, site, addresses)]
    until = min((moment for moment in moments if moment is not None), default=None)
    return _told({"title": site.title, "home_page_url": addresses.base_url, "feeds": feeds}, until)


def read_listing(body: bytes) -> Listing:
    """What `list_feeds` told, here or elsewhere. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(body, type=Listing)


def _listed(facet: Facet, view: CatalogueView, site: Site, addresses: Addresses) -> Iterator[Json]:
    newest = view.newest(facet)
    for count in view.counts(facet):
        query = feed_of(facet, count.slug)
        feed = _feed(query, view, site, addresses, facet.value) | {"name": count.slug}
        yield feed | _numbers(count.count, newest.get(count.slug))


def _feed(
    query: FeedQuery, view: CatalogueView, site: Site, addresses: Addresses, kind: str
) -> Json:
    naming = name_feed(query, view, site)
    return {
        "kind": kind,
        "name": query.saved,
        "title": naming.title,
        "description": naming.description,
        "home_page_url": addresses.page(query),
        "urls": _urls(query, site, addresses),
    }


def _numbers(entries: int, newest: datetime | None) -> Json:
    return {"entries": entries, "newest": newest}


def _urls(query: FeedQuery, site: Site, addresses: Addresses) -> dict[str, str]:
    return {name: addresses.feed(query, Format(name)) for name in site.formats}


def look_at(query: FeedQuery, view: ArticleView, site: Site, limit: int) -> Meaning:
    """What `query` means. Raises what `select` raises."""
    selection = select(query, view, site, limit)
    found = view.find(query.filter_at(view.viewpoint.now, site.zone))
    return Meaning(in_words(query, view), selection, found.total)


def explain(
    query: FeedQuery, view: ArticleView, site: Site, addresses: Addresses, limit: int
) -> Told:
    """What `query` means, with its addresses and the five newest of the stories that match; of a
    paced or folded feed, of those that it shows. Raises what `select` raises.
    """
    meaning = look_at(query, view, site, limit)
    if query.pace is not None or query.folds:
        newest = sorted(meaning.selection.articles, key=_age)[:_NEWEST]
    else:
        found = view.find(query.filter_at(view.viewpoint.now, site.zone))
        newest = list(view.articles(found.hits(first=0, count=_NEWEST)))
    return _told(
        {
            "title": meaning.words,
            "feed_title": meaning.selection.title,
            "parameters": [list(pair) for pair in sorted(query.as_parameters())],
            "home_page_url": addresses.page(query),
            "urls": _urls(query, site, addresses),
            "matches": meaning.matches,
            "newest": [
                {
                    "id": article.id,
                    "title": article.title,
                    "url": addresses.link(article),
                    "published": article.published,
                }
                for article in newest
            ],
        },
        meaning.selection.until,
    )


def _age(article: Article) -> float:
    return -article.published.timestamp() if article.published else math.inf


def _told(value: object, until: datetime | None) -> Told:
    """Times as RFC 3339."""
    return Told(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n", until)
